"""Random parts of generated twins, cut from their patch tokens: more pictures out of each.

A view is a rectangle of patches, the same one for both twins, that keeps as much of the defect as a
few random tries allow. Place and extent of the defect are worked out anew for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from promptlab.backbones.lite.dataset import Group
from promptlab.synthetic.scene import Scene, name_place

__all__ = ["Views", "draw_views"]

TRIES = 6
WHOLE = 0.25
"""How often whole images are taken."""


@dataclass(frozen=True)
class Views:
    """Parts of twin images: row ``2 i`` normal, row ``2 i + 1`` abnormal."""

    grid: tuple[int, int]
    tokens: Float[Tensor, "image patch token"]
    coverage: Float[Tensor, "image patch"]
    scenes: tuple[Scene, ...]


def draw_views(group: Group, pairs: int, *, smallest: float, rng: np.random.Generator) -> Views:
    """Draw pairs and a rectangle of patches for each, all of one shape.

    Args:
        group: images of one size.
        pairs: how many pairs, all different.
        smallest: the least share of the rows, and of the columns, in a view; 1 for whole images.
        rng: source of randomness.
    """
    drawn = rng.choice(len(group.facts) // 2, pairs, replace=False)
    rows = np.stack([2 * drawn, 2 * drawn + 1], axis=1).ravel()
    shares = np.ones(2) if rng.random() < WHOLE else rng.uniform(smallest, 1, 2)
    height, width = (max(4, round(s * side)) for s, side in zip(shares, group.grid, strict=True))
    coverage = group.coverage[rows].float()
    scenes = tuple(group.facts[row] for row in rows)
    if (height, width) == group.grid:
        return Views(group.grid, group.tokens[rows].float(), coverage, scenes)
    defects = coverage[1::2].numpy().reshape(pairs, *group.grid)
    members = np.repeat(_choose_members(defects, (height, width), rng), 2, axis=0)
    inside = torch.from_numpy(members)
    return Views(
        grid=(height, width),
        tokens=group.tokens[torch.from_numpy(rows)[:, None], inside].float(),
        coverage=coverage.gather(1, inside),
        scenes=_describe(scenes, coverage.gather(1, inside), (height, width)),
    )


def _choose_members(
    defects: Float[np.ndarray, "pair row col"], shape: tuple[int, int], rng: np.random.Generator
) -> Int[np.ndarray, "pair member"]:
    """Choose the patches of each pair's view: of some random places the one with most defect."""
    height, width = shape
    pairs, rows, cols = defects.shape
    top = rng.integers(0, rows - height + 1, (pairs, TRIES))
    left = rng.integers(0, cols - width + 1, (pairs, TRIES))
    sums = np.zeros((pairs, rows + 1, cols + 1))
    sums[:, 1:, 1:] = defects.cumsum(1).cumsum(2)
    pair = np.arange(pairs)[:, None]
    kept = (
        sums[pair, top + height, left + width] - sums[pair, top, left + width]
        - sums[pair, top + height, left] + sums[pair, top, left]
    )  # fmt: skip
    best = kept.argmax(1)[:, None]
    corner = np.take_along_axis(top * cols + left, best, 1)
    members: Int[np.ndarray, "pair member"] = (
        corner + (np.arange(height)[:, None] * cols + np.arange(width)).ravel()
    )
    return members


def _describe(
    scenes: Sequence[Scene], coverage: Float[Tensor, "image patch"], grid: tuple[int, int]
) -> tuple[Scene, ...]:
    """Say where in the view each defect is and how much of the view it covers."""
    covered: Bool[np.ndarray, "image row col"] = (coverage > 0.02).numpy().reshape(-1, *grid)
    extents = coverage.mean(1).tolist()
    return tuple(
        replace(scene, place=name_place(part), extent=extent) if scene.defects else scene
        for scene, part, extent in zip(scenes, covered, extents, strict=True)
    )
