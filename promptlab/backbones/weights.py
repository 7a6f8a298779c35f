"""Where downloadable backbones get their weights, and what identifies them."""

import hashlib
from collections.abc import Mapping

import torch
from torch import Tensor

from promptlab.errors import BackboneError

__all__ = ["LITE_REMEDY", "digest_tensors", "require_hub"]

LITE_REMEDY = "or use the backbone lite, which comes with promptlab"

_PATIENCE = 5.0
"""Seconds to wait for a hub's first word; its client would retry for about a minute."""


def digest_tensors(tensors: Mapping[str, Tensor]) -> str:
    """Return the SHA-256 over names, shapes, types and values, in the order of names.

    The same weights give the same digest whether they came from a folder or a hub, in one file
    or in shards.
    """
    digest = hashlib.sha256()
    for name in sorted(tensors):
        values = tensors[name].detach().cpu().contiguous()
        digest.update(f"{name} {tuple(values.shape)} {values.dtype}\n".encode())
        digest.update(values.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def require_hub(repository: str, *, remedy: str) -> None:
    """Ask the model hub once, briefly, for a repository before downloading from it.

    Raises:
        BackboneError: when it cannot be reached or does not have the repository.
    """
    from huggingface_hub import HfApi  # noqa: PLC0415 - only backbones with a hub need it

    try:
        HfApi().model_info(repository, timeout=_PATIENCE)
    except Exception as error:  # the client's HTTP library, hence its errors, changes by release
        reason = str(error).strip().split("\n")[0] or type(error).__name__
        raise BackboneError(
            f"a backbone's weights must be on this machine or downloadable, but {repository!r} is "
            f"neither ({reason}); {remedy}, {LITE_REMEDY}."
        ) from error
