"""The trained weights as one file: token statistics, tower, text head and their recipe.

The file is safetensors; beside it ``lite.yaml`` states its SHA-256, so a damaged or half-copied
file is refused.
"""

import json
from dataclasses import asdict, dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import final

import torch
import yaml
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from promptlab.backbones.lite.tokens import TokenBuilder
from promptlab.backbones.lite.tower import TextHead, Tower, TowerConfig
from promptlab.errors import BackboneError
from promptlab.files import atomic_path, digest_file, write_text

__all__ = ["LiteWeights", "load_packaged", "load_weights", "save_weights"]

WEIGHTS_NAME = "lite.safetensors"


@final
@dataclass(frozen=True)
class LiteWeights:
    """Everything that training made."""

    tokens: TokenBuilder
    tower: Tower
    text: TextHead
    logit_scale: float
    digest: str
    """SHA-256 of the file; empty while it has not been written."""


def save_weights(path: Path, weights: LiteWeights, *, recipe_digest: str) -> str:
    """Write the weights (trained ones in half precision) and their digest; return the digest."""
    state = {
        **_prefixed("tokens", weights.tokens),
        **{name: value.half() for name, value in _prefixed("tower", weights.tower).items()},
        **{name: value.half() for name, value in _prefixed("text", weights.text).items()},
        "logit_scale": torch.tensor(weights.logit_scale),
    }
    metadata = {"config": json.dumps(asdict(weights.tower.config)), "recipe": recipe_digest}
    with atomic_path(path) as temporary:
        save_file(state, temporary, metadata=metadata)
    digest = digest_file(path)
    write_text(path.with_suffix(".yaml"), f"sha256: {digest}\nrecipe: {recipe_digest}\n")
    return digest


def load_weights(path: Path) -> LiteWeights:
    """Read weights that `save_weights` wrote, after checking their digest.

    Raises:
        BackboneError: the file is missing or is not the one its digest file speaks of.
    """
    stated = path.with_suffix(".yaml")
    if not path.is_file() or not stated.is_file():
        raise BackboneError(
            f"the lite backbone needs {WEIGHTS_NAME} and its digest file, but {path} is "
            "incomplete; reinstall promptlab, or train: python -m promptlab.backbones.lite.train"
        )
    expected = yaml.safe_load(stated.read_text(encoding="utf-8"))["sha256"]
    digest = digest_file(path)
    if digest != expected:
        raise BackboneError(
            f"{path.name} must have SHA-256 {expected[:16]}…, but has {digest[:16]}…; "
            "reinstall promptlab, or train again."
        )
    with safe_open(path, framework="pt") as stored:
        config = TowerConfig(**json.loads(stored.metadata()["config"]))
        state = {name: stored.get_tensor(name).float() for name in stored.keys()}  # noqa: SIM118
    tokens, tower, text = TokenBuilder(config.components), Tower(config), TextHead(config)
    for prefix, module in (("tokens", tokens), ("tower", tower), ("text", text)):
        start = f"{prefix}."
        module.load_state_dict(
            {name.removeprefix(start): v for name, v in state.items() if name.startswith(start)}
        )
        module.requires_grad_(False).eval()
    return LiteWeights(tokens, tower, text, state["logit_scale"].item(), digest)


def load_packaged() -> LiteWeights:
    """Read the weights that come with promptlab."""
    with as_file(files("promptlab.backbones.lite") / "weights") as folder:
        return load_weights(folder / WEIGHTS_NAME)


def _prefixed(prefix: str, module: nn.Module) -> dict[str, Tensor]:
    return {
        f"{prefix}.{name}": value.detach().cpu().contiguous()
        for name, value in module.state_dict().items()
    }
