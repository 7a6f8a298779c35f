"""What a defect is painted on, and the few draws all defects share: where, how long, which colour.

Lengths scale with the shorter side, so a defect looks the same at every picture size.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np

from promptlab.synthetic.canvas import (
    Colour,
    Coverage,
    Number,
    Picture,
    Point,
    Points,
    Size,
    blob_outline,
    pick_colour,
    polygon,
)

__all__ = [
    "DefectPainter",
    "Subject",
    "at_point",
    "blob",
    "contrasting_colour",
    "length",
    "line_width",
    "local_colour",
    "shaded",
    "shifted",
    "spot",
    "wander",
]


@dataclass(frozen=True)
class Subject:
    """One normal picture that is to receive a defect.

    Attributes:
        picture: The picture.
        coverage: Share of each pixel that belongs to the object.
        behind: The background without the object; None for textures, which have none.
        foreign: Draws a picture of another material, of the same size.
    """

    picture: Picture
    coverage: Coverage
    behind: Picture | None
    foreign: Callable[[np.random.Generator], Picture]

    @property
    def size(self) -> Size:
        """Height and width."""
        height, width = self.coverage.shape
        return height, width

    @property
    def side(self) -> int:
        """The shorter side in pixels, the unit of all lengths."""
        return min(self.size)


DefectPainter: TypeAlias = Callable[[Subject, np.random.Generator], Picture]
"""Returns the picture with one defect; deterministic in the generator."""


def spot(subject: Subject, rng: np.random.Generator, *, edge: bool = False) -> Point:
    """Draw a point of the object, or of its outline when ``edge`` and there is one."""
    covered = (subject.coverage > 0.5).astype(np.uint8)
    if edge:
        outline = cv2.morphologyEx(covered, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
        covered = outline.astype(np.uint8) if outline.any() else covered
    indices = np.flatnonzero(covered)
    height, width = subject.size
    if indices.size == 0:
        return width / 2, height / 2
    row, column = divmod(int(indices[rng.integers(indices.size)]), width)
    return column + rng.uniform(-0.5, 0.5), row + rng.uniform(-0.5, 0.5)


def length(subject: Subject, rng: np.random.Generator, low: Number, high: Number) -> float:
    """Draw a length in pixels, log-uniform between two shares of the shorter side."""
    return subject.side * math.exp(rng.uniform(math.log(float(low)), math.log(float(high))))


def line_width(subject: Subject, rng: np.random.Generator, low: Number, high: Number) -> float:
    """Draw a line width; ``low`` and ``high`` are pixels of a 224 pixel picture."""
    return max(1.0, subject.side / 224 * rng.uniform(float(low), float(high)))


def wander(
    rng: np.random.Generator, centre: Point, reach: Number, *, wiggle: Number, steps: int = 24
) -> Points:
    """Draw a curve of length ``reach`` whose heading does a random walk, centred on a point."""
    headings = rng.uniform(0, 2 * math.pi) + np.cumsum(rng.normal(0, float(wiggle), steps))
    moves = np.stack([np.cos(headings), np.sin(headings)], axis=1) * (float(reach) / steps)
    points = np.concatenate([np.zeros((1, 2)), np.cumsum(moves, axis=0)])
    return at_point(points - points[len(points) // 2], centre)


def at_point(points: Points, centre: Point) -> Points:
    """Move points given relative to the origin to a centre."""
    moved: Points = points + np.asarray(centre, np.float64)
    return moved


def blob(
    subject: Subject,
    rng: np.random.Generator,
    *,
    centre: Point,
    radius: Number,
    irregularity: Number = 0.6,
    softness: Number = 0.0,
) -> Coverage:
    """Draw an irregular spot, faded over ``softness`` pixels and kept inside the object."""
    outline = blob_outline(
        rng,
        centre,
        radius,
        irregularity=float(irregularity),
        elongation=math.exp(rng.uniform(0, 0.8)),
    )
    shape = polygon(subject.size, outline)
    if softness > 0.4:
        shape = cv2.GaussianBlur(shape, (0, 0), float(softness))
    kept: Coverage = shape * subject.coverage
    return kept


def local_colour(picture: Picture, where: Coverage) -> Colour:
    """Return the mean colour under a coverage."""
    weight = where.sum() + np.float32(1e-6)
    mean: Colour = np.einsum("hwc,hw->c", picture, where).astype(np.float32) / weight
    return mean


def contrasting_colour(
    rng: np.random.Generator, picture: Picture, where: Coverage, *, difference: Number = 50
) -> Colour:
    """Draw a palette colour that differs visibly from the mean colour under a coverage."""
    mean = local_colour(picture, where)
    colour = pick_colour(rng)[1]
    for _ in range(8):
        if np.abs(colour - mean).max() >= difference:
            return colour
        colour = pick_colour(rng)[1]
    opposite: Colour = np.float32(255) - mean
    return opposite


def shaded(picture: Picture, factor: Coverage) -> Picture:
    """Multiply every pixel by a factor."""
    result: Picture = picture * factor[..., None]
    return result


def shifted(coverage: Coverage, offset: Point) -> Coverage:
    """Move a coverage by whole or part pixels; what leaves the picture is lost."""
    matrix = np.array([[1, 0, float(offset[0])], [0, 1, float(offset[1])]], np.float32)
    height, width = coverage.shape
    moved: Coverage = cv2.warpAffine(coverage, matrix, (width, height))
    return moved
