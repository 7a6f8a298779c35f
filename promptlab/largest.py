"""The largest values of each row, found without sorting the rest."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

__all__ = ["largest"]


def largest(values: Float[Tensor, "*lead entry"], count: int) -> Float[Tensor, "*lead count"]:
    """Return the ``count`` largest values of each row, the smallest of them first.

    Args:
        values: left as they are.
        count: from 1 to the length of a row.
    """
    if values.device.type != "cpu":
        return values.topk(count, dim=-1).values.flip(-1)
    # NumPy's partition takes a third of the time of torch's topk on a processor.
    parted = np.partition(values.numpy(), values.shape[-1] - count, axis=-1)
    return torch.from_numpy(np.sort(parted[..., -count:], axis=-1))
