"""The largest values of each row, found without sorting the rest."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

__all__ = ["largest"]

_WORTH_THREADS = 2**18
"""From so many values on, threads gain more than their start costs."""


def largest(values: Float[Tensor, "*lead entry"], count: int) -> Float[Tensor, "*lead count"]:
    """Return the ``count`` largest values of each row, the smallest of them first.

    Args:
        values: left as they are.
        count: from 1 to the length of a row.
    """
    if values.device.type != "cpu":
        return values.topk(count, dim=-1).values.flip(-1)
    rows = values.numpy().reshape(-1, values.shape[-1])
    threads = torch.get_num_threads() if rows.size >= _WORTH_THREADS else 1
    take = partial(_largest_of, count=count)
    if threads == 1:
        found = take(rows)
    else:
        with ThreadPoolExecutor(threads) as pool:
            found = np.concatenate(list(pool.map(take, np.array_split(rows, threads))))
    return torch.from_numpy(found).reshape(*values.shape[:-1], count)


def _largest_of(
    rows: Float[np.ndarray, "row entry"], *, count: int
) -> Float[np.ndarray, "row count"]:
    # NumPy's partition takes a third of the time of torch's topk on a processor.
    parted = np.partition(rows, rows.shape[1] - count, axis=1)
    return np.sort(parted[:, -count:], axis=1)
