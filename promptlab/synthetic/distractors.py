"""Harmless variation of normal objects: glints, printed marks, drilled holes, seams, uneven light.

Both scenes of a twin pair receive the same one, so "there is something" is not yet a defect.
"""

import math

import cv2
import numpy as np

from promptlab.synthetic.canvas import (
    Coverage,
    Picture,
    blend,
    coordinates,
    disc,
    relief,
    smooth_noise,
    stroke,
)

__all__ = ["add_distractor"]


def add_distractor(picture: Picture, coverage: Coverage, rng: np.random.Generator) -> Picture:
    """Return the picture with one harmless variation inside the object."""
    paint = (_glint, _print, _holes, _seam, _uneven)[int(rng.integers(5))]
    return paint(picture, coverage, rng)


def _middle(coverage: Coverage) -> np.ndarray:
    """Return the middle of the object as (x, y)."""
    covered = np.argwhere(coverage > 0.5)
    return (covered.mean(axis=0) if covered.size else np.array(coverage.shape) / 2)[::-1]


def _spot(coverage: Coverage, rng: np.random.Generator) -> np.ndarray:
    """Draw a point of the object as (x, y)."""
    covered = np.flatnonzero(coverage > 0.5)
    if covered.size == 0:
        return _middle(coverage)
    row, column = divmod(int(covered[rng.integers(covered.size)]), coverage.shape[1])
    return np.array([column, row], np.float64)


def _glint(picture: Picture, coverage: Coverage, rng: np.random.Generator) -> Picture:
    """Reflect a lamp: a soft white spot or streak."""
    side = min(coverage.shape)
    x, y = coordinates(
        (coverage.shape[0], coverage.shape[1]),
        angle=rng.uniform(0, math.pi), centre=tuple(_spot(coverage, rng)),
    )  # fmt: skip
    long, wide = side * rng.uniform(0.03, 0.3), side * rng.uniform(0.02, 0.07)
    glow = np.exp(-((x / np.float32(long)) ** 2) - (y / np.float32(wide)) ** 2) * coverage
    return blend(picture, (255.0, 255.0, 252.0), glow * np.float32(rng.uniform(0.3, 0.9)))


def _print(picture: Picture, coverage: Coverage, rng: np.random.Generator) -> Picture:
    """Print a short code or a ring on the object."""
    height, width = coverage.shape
    side = min(height, width)
    canvas = np.zeros((height, width), np.uint8)
    x, y = _spot(coverage, rng)
    scale = side / 224 * rng.uniform(0.35, 0.8)
    if rng.random() < 0.75:
        letters = "".join(rng.choice(list("ABCDEFGHKLMNPRSTUVXZ0123456789-"), rng.integers(2, 8)))
        weight = max(1, round(scale * rng.uniform(1, 2.5)))
        span, _ = cv2.getTextSize(letters, cv2.FONT_HERSHEY_SIMPLEX, scale, weight)
        corner = (int(x - span[0] / 2), int(y + span[1] / 2))
        cv2.putText(
            canvas, letters, corner, cv2.FONT_HERSHEY_SIMPLEX, scale, 255, weight, cv2.LINE_AA
        )
    else:
        radius, weight = side * rng.uniform(0.03, 0.08), max(1, round(side / 110))
        cv2.circle(canvas, (int(x), int(y)), int(radius), 255, weight, cv2.LINE_AA)
    ink = canvas.astype(np.float32) / np.float32(255) * coverage
    bright = float(np.median(picture[coverage > 0.5])) if (coverage > 0.5).any() else 128.0
    colour = np.float32(rng.uniform(10, 60) if bright > 110 else rng.uniform(200, 245))
    return blend(picture, np.full(3, colour, np.float32), ink * np.float32(rng.uniform(0.5, 0.95)))


def _holes(picture: Picture, coverage: Coverage, rng: np.random.Generator) -> Picture:
    """Drill round holes in a regular arrangement about the middle of the object."""
    height, width = coverage.shape
    side = min(height, width)
    middle = _middle(coverage)
    count, turn = int(rng.integers(2, 5)), rng.uniform(0, 2 * math.pi)
    ring = 0.7 * math.sqrt(float(coverage.sum()) / math.pi) * rng.uniform(0.4, 1)
    radius, light = side * rng.uniform(0.012, 0.035), rng.uniform(0, 2 * math.pi)
    tone = np.float32(rng.uniform(0.1, 0.35))
    for index in range(count):
        angle = turn + 2 * math.pi * index / count
        centre = middle + ring * np.array([math.cos(angle), math.sin(angle)])
        opening = disc((height, width), (centre[0], centre[1]), radius) * coverage
        wall = relief(opening, width=max(1.0, radius * 0.5), gain=-0.5, light=light)
        picture = blend(picture, picture * (tone * wall)[..., None], opening)
    return picture


def _seam(picture: Picture, coverage: Coverage, rng: np.random.Generator) -> Picture:
    """Join two parts: one straight line, or a stitched one, all across the object."""
    height, width = coverage.shape
    angle, reach = rng.choice([0, math.pi / 2]) + rng.normal(0, 0.03), float(height + width)
    middle = _middle(coverage) + rng.normal(0, 0.06 * min(height, width), 2)
    half = np.array([math.cos(angle), math.sin(angle)]) * reach
    weight = max(1.0, min(height, width) / 224 * rng.uniform(1, 2.5))
    line = stroke((height, width), np.stack([middle - half, middle + half]), weight)
    if rng.random() < 0.4:
        along, _ = coordinates((height, width), angle=angle)
        period = np.float32(min(height, width) * rng.uniform(0.025, 0.06))
        line = line * ((along / period) % 1 < 0.65)
    tone = np.float32(rng.choice([-0.5, -0.3, 0.35]))
    joined: Picture = picture * (1 + tone * line.astype(np.float32) * coverage)[..., None]
    return joined


def _uneven(picture: Picture, coverage: Coverage, rng: np.random.Generator) -> Picture:
    """Vary the brightness slowly over the object, as lamps and natural materials do."""
    height, width = coverage.shape
    field = smooth_noise(rng, (height, width), cells=(2, 4))
    gain = np.float32(rng.uniform(0.05, 0.14))
    varied: Picture = picture * (1 + gain * field.clip(-2, 2) * coverage)[..., None]
    return varied
