"""A store of sentence embeddings on disk, so that no sentence is encoded twice."""

import json
from collections.abc import Sequence
from pathlib import Path

import torch
from jaxtyping import Float
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from promptlab.backbones.lite.text import load_sentence_encoder
from promptlab.files import atomic_path

__all__ = ["embed_sentences"]

STORE_EVERY = 4096


def embed_sentences(texts: Sequence[str], folder: Path) -> Float[Tensor, "prompt 384"]:
    """Return sentence embeddings; only sentences that the folder's store lacks are encoded."""
    path = folder / "sentences.safetensors"
    known = _read_store(path) if path.is_file() else {}
    missing = [text for text in dict.fromkeys(texts) if text not in known]
    encoder = load_sentence_encoder() if missing else None
    for start in range(0, len(missing), STORE_EVERY):
        part = missing[start : start + STORE_EVERY]
        if encoder is not None:
            known.update(zip(part, encoder.encode(part).half(), strict=True))
        state = {"sentences": torch.stack(list(known.values()))}
        with atomic_path(path) as temporary:
            save_file(state, temporary, metadata={"texts": json.dumps(list(known))})
    return torch.stack([known[text] for text in texts]).float()


def _read_store(path: Path) -> dict[str, Tensor]:
    with safe_open(path, framework="pt") as store:
        texts = json.loads(store.metadata()["texts"])
        return dict(zip(texts, store.get_tensor("sentences"), strict=True))
