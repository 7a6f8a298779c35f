"""How a material is laid out: bent axes, lattices, bonds, and the ground seen through it."""

import math
from collections.abc import Sequence

import numpy as np

from promptlab.synthetic.canvas import (
    Colour,
    Coverage,
    Number,
    Picture,
    Size,
    coordinates,
    pick_colour,
    smooth_noise,
)
from promptlab.synthetic.fields import HALF, bent, choose, cycle, fraction, grain, shade

__all__ = ["STRAIGHT", "backing", "herringbone", "laid", "lattice"]

STRAIGHT = (0.0, math.pi / 2)


def laid(
    rng: np.random.Generator, size: Size, *, angle: Number, bend: Number = 0.0
) -> tuple[Coverage, Coverage]:
    """Return turned coordinates with a random origin outside the picture, smoothly displaced."""
    height, width = size
    origin = (-rng.uniform(1, 2) * width, -rng.uniform(1, 2) * height)
    x, y = coordinates(size, angle=angle, centre=origin)
    return bent(rng, x, y, bend) if bend > 0 else (x, y)


def lattice(
    x: Coverage, y: Coverage, wide: Number, high: Number, *, stagger: Number = 0.0
) -> tuple[Coverage, Coverage, Coverage, Coverage]:
    """Return the offset from the middle of the nearest cell, and the cell's column and row.

    ``stagger`` moves every second row by that share of a cell.
    """
    row = np.floor(y / np.float32(high))
    shifted = x / np.float32(wide) + cycle(row, 2) * np.float32(stagger)
    across = (fraction(shifted) - HALF) * np.float32(wide)
    down = (fraction(y / np.float32(high)) - HALF) * np.float32(high)
    return across, down, np.floor(shifted), row


def herringbone(
    x: Coverage, y: Coverage, *, width: Number, ratio: int
) -> tuple[Coverage, Coverage, Coverage, Coverage]:
    """Lay boards ``ratio`` times as long as wide in a herringbone.

    Returns the place across and along each board, the distance to its edge (all in pixels), and
    its number.
    """
    x, y = x / np.float32(width), y / np.float32(width)
    column, row = np.floor(x), np.floor(y)
    step = np.mod(column - row, 2 * ratio)
    level = step < ratio
    place = np.where(level, step, 2 * ratio - 1 - step)
    along = place + np.where(level, x - column, y - row)
    across = np.where(level, y - row, x - column)
    start = np.where(level, (column - place) * 31 + row * 7, column * 13 + (row - place) * 57 + 3)
    edge = np.minimum(np.minimum(across, 1 - across), np.minimum(along, ratio - along))
    scale = np.float32(width)
    return across * scale, along * scale, edge * scale, start


def backing(rng: np.random.Generator, size: Size, front: Colour, names: Sequence[str]) -> Picture:
    """Return a mottled ground that is clearly brighter or darker than what lies before it."""
    _, base = pick_colour(rng, names)
    if abs(float(base.mean() - front.mean())) < 50:
        base = base * np.float32(0.3) if front.mean() > 110 else np.float32(255) - base * HALF
    mottle = smooth_noise(rng, size, cells=choose(rng, ((1, 2), (3, 8, 20), (12, 40))), decay=0.8)
    light = 1 + np.float32(rng.uniform(0.02, 0.14)) * mottle
    return shade(base, light * grain(rng, size, sigma=0.7, strength=0.03))
