"""Scalar fields, colours and small choices that textures and objects are built from."""

from collections.abc import Sequence
from typing import TypeAlias, TypeVar

import cv2
import numpy as np
from jaxtyping import Float32, Int32

from promptlab.synthetic.canvas import (
    RGB,
    Colour,
    Coverage,
    Number,
    Picture,
    Rendered,
    Size,
    coordinates,
    smooth_noise,
    towards_light,
    white_noise,
)

__all__ = [
    "HALF",
    "Dyes",
    "bent",
    "brightened",
    "cells",
    "choose",
    "cycle",
    "dyed",
    "edge_distance",
    "fraction",
    "glow",
    "grain",
    "hillshade",
    "peak",
    "per_index",
    "ramp",
    "rotated",
    "sampled",
    "shade",
    "solid",
    "spread",
    "streaks",
    "tinted",
    "unit",
    "warped",
    "zigzag",
]

T = TypeVar("T")
Dyes: TypeAlias = Sequence[tuple[str, tuple[Number, Number, Number]]]
_Field: TypeAlias = Float32[np.ndarray, "height width *channels"]

HALF = np.float32(0.5)


def unit(size: Size) -> float:
    """Return the length that is one pixel in a picture of 224 pixels."""
    return min(size) / 224


def choose(rng: np.random.Generator, options: Sequence[T]) -> T:
    """Return one of ``options``, as the Python value it is (numpy's choice converts it)."""
    return options[int(rng.integers(len(options)))]


def ramp(low: Colour | RGB, high: Colour | RGB, amount: Coverage) -> Picture:
    """Return the colours between ``low`` (amount 0) and ``high`` (amount 1)."""
    start, end = np.asarray(low, np.float32), np.asarray(high, np.float32)
    picture: Picture = start + (end - start) * amount[..., None]
    return picture


def shade(picture: Picture | Colour, factor: Coverage) -> Picture:
    """Return ``picture`` times a factor per pixel."""
    shaded: Picture = picture * factor[..., None]
    return shaded


def solid(picture: Picture, colour: str) -> Rendered:
    """Return a rendered texture: the clipped picture, covered everywhere."""
    clipped = np.clip(picture, 0, 255).astype(np.float32, copy=False)
    return Rendered(clipped, np.ones(clipped.shape[:2], np.float32), colour)


def spread(field: Coverage) -> Coverage:
    """Return ``field`` scaled so that its 2nd and 98th percentile become 0 and 1, clipped."""
    low, high = np.percentile(field[::3, ::3], (2, 98))
    scaled: Coverage = np.clip((field - np.float32(low)) / np.float32(high - low + 1e-6), 0, 1)
    return scaled


def fraction(field: Coverage) -> Coverage:
    """Return the fractional part, in [0, 1)."""
    part: Coverage = field - np.floor(field)
    return part


def cycle(index: Coverage, length: int) -> Coverage:
    """Return ``index`` modulo ``length``, several times faster than numpy does it."""
    remainder: Coverage = index - np.float32(length) * np.floor(index / np.float32(length))
    return remainder


def zigzag(along: Coverage, pitch: Number) -> Coverage:
    """Return triangular ridges from 0 to 1, one every ``pitch``."""
    ridges: Coverage = 2 * np.abs(fraction(along / np.float32(pitch)) - HALF)
    return ridges


def edge_distance(field: Coverage, pitch: Number) -> Coverage:
    """Return the distance to the nearest whole number of ``field``, where 1 is ``pitch`` long."""
    return (HALF - np.abs(fraction(field) - HALF)) * np.float32(pitch)


def peak(field: Coverage, place: Number, width: Number) -> Coverage:
    """Return a bump of height 1 where ``field`` equals ``place``: a ring, a line, a highlight."""
    bump: Coverage = np.exp(-(((field - np.float32(place)) / np.float32(width)) ** 2))
    return bump


def hillshade(height: Coverage, *, gain: Number, light: Number) -> Coverage:
    """Return the shading of a height field in pixels: 1 where level, brighter towards ``light``."""
    return np.float32(1) + np.clip(np.float32(gain) * towards_light(height, light), -0.6, 0.6)


def bent(
    rng: np.random.Generator,
    x: Coverage,
    y: Coverage,
    amount: Number,
    *,
    cells: Sequence[int] = (2, 5),
    decay: float = 0.5,
) -> tuple[Coverage, Coverage]:
    """Return coordinates displaced smoothly by ``amount``: no real cloth lies perfectly straight.

    ``cells`` and ``decay`` are those of ``smooth_noise``.
    """
    size = x.shape[0], x.shape[1]
    x = x + smooth_noise(rng, size, cells=cells, decay=decay) * np.float32(amount)
    y = y + smooth_noise(rng, size, cells=cells, decay=decay) * np.float32(amount)
    return x, y


def sampled(field: _Field, x: Coverage, y: Coverage) -> _Field:
    """Return a picture or a field read at other places; mirrored beyond its edges."""
    read: _Field = cv2.remap(
        field, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REFLECT,
    )  # fmt: skip
    return read


def warped(
    rng: np.random.Generator, field: _Field, *, cells: Sequence[int], amount: Number
) -> _Field:
    """Return a picture or a brightness with every place moved smoothly by ``amount`` pixels."""
    x, y = coordinates((field.shape[0], field.shape[1]))
    return sampled(field, *bent(rng, x, y, amount, cells=cells))


def per_index(rng: np.random.Generator, index: Coverage, *, sigma: Number = 1.0) -> Coverage:
    """Return one Gaussian value per distinct integer of ``index`` (a field of whole numbers)."""
    whole = (index - index.min()).astype(np.int32)
    values = rng.normal(0, float(sigma), int(whole.max()) + 1).astype(np.float32)
    chosen: Coverage = values[whole]
    return chosen


def cells(
    rng: np.random.Generator, size: Size, across: Number, *, jitter: float = 0.9
) -> tuple[Int32[np.ndarray, "height width"], Coverage]:
    """Return Voronoi cells: a label per pixel and the borders (1 on a border, else 0).

    Args:
        rng: Source of randomness.
        size: Height and width.
        across: Cells across the shorter side.
        jitter: 0 puts the seeds on a staggered grid, 1 moves them by up to half a step each way.
    """
    height, width = size
    step = max(min(size) / float(across), 2.0)
    rows, columns = int(height / step) + 3, int(width / step) + 3
    row, column = np.mgrid[0:rows, 0:columns].astype(np.float32)
    shift_x, shift_y = rng.uniform(-jitter / 2, jitter / 2, (2, rows, columns))
    x = ((column - 0.5 + (row % 2) / 2 + shift_x) * step).astype(int).ravel()
    y = ((row - 0.5 + shift_y) * step).astype(int).ravel()
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    seeds = np.ones(size, np.uint8)
    seeds[y[inside], x[inside]] = 0
    _, labels = cv2.distanceTransformWithLabels(
        seeds, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    borders = np.zeros(size, np.float32)
    borders[:, 1:] = labels[:, 1:] != labels[:, :-1]
    borders[1:] = np.maximum(borders[1:], labels[1:] != labels[:-1])
    return labels.astype(np.int32, copy=False), borders


def streaks(
    rng: np.random.Generator, size: Size, *, length: Number, width: Number = 1.0, upright: bool
) -> Coverage:
    """Return unit-std noise stretched along one axis, as grain of wood or of brushed metal."""
    height, breadth = size
    along, across = max(float(length), 1.0), max(float(width), 1.0)
    cell_y, cell_x = (along, across) if upright else (across, along)
    shape = (max(2, int(height / cell_y)), max(2, int(breadth / cell_x)))
    coarse = rng.standard_normal(shape, dtype=np.float32)
    field: Coverage = cv2.resize(coarse, (breadth, height), interpolation=cv2.INTER_CUBIC)
    field /= field.std() + np.float32(1e-6)
    return field


def rotated(picture: Picture, angle: float) -> Picture:
    """Return ``picture`` turned by ``angle`` about its centre, enlarged to fill the corners."""
    height, width = picture.shape[:2]
    ratio = max(height, width) / min(height, width)
    scale = abs(np.cos(angle)) + ratio * abs(np.sin(angle))
    matrix = cv2.getRotationMatrix2D(
        (width / 2, height / 2), float(np.degrees(angle)), float(scale)
    )
    turned: Picture = cv2.warpAffine(
        picture, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    )
    return turned


def glow(rng: np.random.Generator, size: Size, *, widths: tuple[float, float]) -> Coverage:
    """Return a soft bright band of height 1 at a random place, as a lamp's reflection."""
    x, _ = coordinates(size, angle=rng.uniform(0, 6.283), centre=(size[1] / 2, size[0] / 2))
    place = rng.uniform(-0.5, 0.5) * min(size)
    spread_px = rng.uniform(*widths) * min(size)
    band: Coverage = np.exp(-(((x - place) / spread_px) ** 2))
    return band


def tinted(
    rng: np.random.Generator, grey: Number, *, tint: Number = 1.8
) -> Float32[np.ndarray, "3"]:
    """Return a nearly neutral colour of brightness ``grey``."""
    return np.clip(float(grey) + rng.normal(0, float(tint), 3), 5, 250).astype(np.float32)


def dyed(
    rng: np.random.Generator, dyes: Dyes, *, brightness: float = 0.07, hue: float | None = None
) -> tuple[str, Colour]:
    """Return the name of one of ``dyes`` and its colour, jittered in brightness and in hue."""
    name, rgb = choose(rng, dyes)
    if hue is None:
        # Neutral stuff shifts its hue less: one sees a lavender grey at once.
        hue = 1.5 if max(rgb) - min(rgb) < 20 else 3.5
    jittered = np.asarray(rgb) * rng.normal(1, brightness) + rng.normal(0, hue, 3)
    return name, np.clip(jittered, 8, 248).astype(np.float32)


def brightened(colour: Colour) -> Colour:
    """Return ``colour``, brighter where it is so dark that its relief would not show."""
    return colour + np.float32(max(0.0, 46 - float(colour.mean())))


def grain(rng: np.random.Generator, size: Size, *, sigma: Number, strength: Number) -> Coverage:
    """Return a brightness factor around 1 with fine noise."""
    return np.float32(1) + np.float32(strength) * white_noise(rng, size, sigma=sigma)
