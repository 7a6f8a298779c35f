"""Outlines and centre lines of parts, as points in object coordinates."""

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from jaxtyping import Float

from promptlab.synthetic.canvas import Number, Point, Points, blob_outline

__all__ = ["arc_path", "band_outline", "blob", "placed"]

# The corners of an outline made from the points of a path: another number of them.
_Outline: TypeAlias = Float[np.ndarray, "corner 2"]


def blob(rng: np.random.Generator, irregularity: float, elongation: float = 1.0) -> Points:
    """Return a blob outline in object coordinates that stays inside the unit circle."""
    outline = blob_outline(rng, (0.0, 0.0), 1.0, irregularity=irregularity, elongation=elongation)
    fitted: Points = outline / np.hypot(outline[:, 0], outline[:, 1]).max()
    return fitted


def arc_path(
    centre: Point, radius: Number, start: Number, end: Number, *, count: int = 26
) -> Points:
    """Return ``count`` points on a circle from the angle ``start`` to the angle ``end``."""
    angles = np.linspace(float(start), float(end), count)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1) * float(radius)
    return circle + np.asarray(centre, np.float64)


def band_outline(path: Points, halves: Sequence[Number]) -> _Outline:
    """Return the outline of a band along a curve, its half widths spread evenly over the path."""
    steps = np.gradient(path, axis=0)
    steps /= np.linalg.norm(steps, axis=1, keepdims=True) + 1e-9
    sideways = np.stack([-steps[:, 1], steps[:, 0]], axis=1)
    at = np.linspace(0, len(halves) - 1, len(path))
    sideways *= np.interp(at, np.arange(len(halves)), np.asarray(halves, np.float64))[:, None]
    return np.concatenate([path + sideways, (path - sideways)[::-1]])


def placed(points: Sequence[Point] | Points, centre: Point, heading: Number = 0.0) -> Points:
    """Return points turned by ``heading`` about the origin, then moved to ``centre``."""
    cosine, sine = math.cos(heading), math.sin(heading)
    turned = np.asarray(points, np.float64) @ np.asarray([[cosine, sine], [-sine, cosine]])
    moved: Points = turned + np.asarray(centre, np.float64)
    return moved
