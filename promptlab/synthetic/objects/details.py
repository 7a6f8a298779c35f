"""Small things on a surface: dots and grains, embossing, an inset border, a scale."""

import math
from collections.abc import Sequence

import cv2
import numpy as np

from promptlab.synthetic.canvas import Coverage, Number, Points, ellipses, relief
from promptlab.synthetic.objects.scene import Scene

__all__ = ["dots", "emboss", "inset", "scale_strokes", "scattered"]


def dots(scene: Scene, places: Points, halves: Points, angles: Sequence[float]) -> Coverage:
    """Return the coverage of many small ellipses; ``halves`` are their half axes."""
    turned = np.asarray(angles) + scene.angle
    return ellipses(scene.size, scene.pixels(places), halves * scene.reach, turned)


def scattered(
    scene: Scene, count: int, *, radius: Number, extent: Number = 0.85, stretch: Number = 1.0
) -> Coverage:
    """Return the coverage of ``count`` grains, seeds or spots at random places."""
    rng = scene.rng
    places = rng.uniform(-float(extent), float(extent), (count, 2))
    long = float(radius) * rng.uniform(0.7, 1.3, count)
    halves = np.stack([long * float(stretch), long], axis=1)
    return dots(scene, places, halves, rng.uniform(0, math.pi, count).tolist())


def emboss(scene: Scene, coverage: Coverage, *, width: Number, gain: Number) -> None:
    """Raise (or sink, ``gain`` < 0) a part of the object without painting it."""
    span = float(width) * scene.reach
    scene.shade_by(relief(coverage, width=span, gain=gain, light=scene.light))


def inset(coverage: Coverage, depth: Number, *, soft: Number = 1.0) -> Coverage:
    """Return the part of a shape that lies ``depth`` pixels inside it."""
    inside = (coverage > 0.5).astype(np.uint8)
    distance = cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_3)
    inner: Coverage = np.clip((distance - np.float32(depth)) / np.float32(soft) + 0.5, 0, 1)
    return inner


def scale_strokes(
    scene: Scene,
    along: Coverage,
    depth: Coverage,
    *,
    pitch: Coverage | float,
    count: int,
    lengths: tuple[float, float],
) -> Coverage:
    """Return the strokes of a scale, every fifth of them long.

    Args:
        scene: Where it is printed.
        along: Every pixel's place on the scale, in strokes; the first stroke is at 0.
        depth: Every pixel's distance from the line that the strokes start at.
        pitch: Distance of two strokes.
        count: Number of the last stroke.
        lengths: Lengths of long and short strokes.
    """
    number = np.rint(along)
    major = number % 5 == 0
    aside = np.where(major, np.float32(0.014), np.float32(0.008)) - np.abs(along - number) * pitch
    end = np.where(major, *np.asarray(lengths, np.float32)) - depth
    inside = np.minimum(np.minimum(depth, end), aside) * np.float32(scene.reach)
    marks: Coverage = np.clip(inside + np.float32(0.5), 0, 1)
    marks *= (number >= 0) & (number <= count)
    return marks
