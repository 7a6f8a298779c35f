"""Square windows of patches: which patches each one covers. Knows grids, not images or tokens."""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Int
from torch import Tensor

__all__ = ["SquareWindows", "check_scales", "square_windows"]


class SquareWindows(NamedTuple):
    """All windows of one side length, in row-major order of their upper left patch."""

    members: Bool[Tensor, "window patch"]
    indices: Int[Tensor, "window member"]
    """Row-major indices of the patches of each window, ascending."""


def square_windows(grid: tuple[int, int], side: int, *, stride: int = 1) -> SquareWindows:
    """Return the ``side`` by ``side`` windows of a grid, ``stride`` patches apart.

    One patch apart they are WinCLIP's (section 4.2). Farther apart they start at the upper left
    and may leave the last rows and columns uncovered.

    >>> square_windows((2, 3), 2).indices.tolist()
    [[0, 1, 3, 4], [1, 2, 4, 5]]
    >>> square_windows((2, 5), 2, stride=2).indices.tolist()
    [[0, 1, 5, 6], [2, 3, 7, 8]]

    Raises:
        ValueError: when the grid has no window of that side.
    """
    rows, columns = grid
    if not 1 <= side <= min(rows, columns):
        raise ValueError(
            f"a window's side must be between 1 and the shorter side of the patch grid, but got "
            f"{side} for a grid of {rows}x{columns}; use smaller window scales or larger images."
        )
    patches = torch.arange(rows * columns).view(rows, columns)
    indices = patches.unfold(0, side, stride).unfold(1, side, stride).reshape(-1, side * side)
    members = torch.zeros(len(indices), rows * columns, dtype=torch.bool)
    return SquareWindows(members.scatter(1, indices, value=True), indices)


def check_scales(scales: tuple[int, ...]) -> None:
    """Check an aligner's window sides.

    Raises:
        ValueError: when there is none, one is below 1, or one comes twice.
    """
    if not scales or min(scales) < 1 or len(set(scales)) < len(scales):
        raise ValueError(
            f"scales must be one or more different window sides of at least 1 patch, "
            f"but got {scales}; use for example (2, 3)."
        )
