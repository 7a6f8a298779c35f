"""Drawing primitives of the picture generator: noise, coordinates, shapes, shading, colours.

Pictures are float32 RGB arrays in 0..255, coverages float32 arrays in 0..1, sizes
``(height, width)``, points ``(x, y)`` in pixels; angles are radians, clockwise on screen because
y points down. Knows nothing of materials, objects or defects.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

import cv2
import numpy as np
from jaxtyping import Float, Float32, Int32

__all__ = [
    "PALETTE",
    "RGB",
    "Colour",
    "Coverage",
    "Number",
    "Picture",
    "Point",
    "Points",
    "Rendered",
    "Renderer",
    "Size",
    "blend",
    "blob_outline",
    "coordinates",
    "disc",
    "ellipses",
    "pick_colour",
    "polygon",
    "relief",
    "slopes",
    "smooth_noise",
    "stroke",
    "strokes",
    "towards_light",
    "union",
    "white_noise",
]

# The pictures are small and rendered by one process per core: OpenCV's own threads cost more than
# they gain, and fixing their number keeps results independent of the machine.
cv2.setNumThreads(1)

Picture: TypeAlias = Float32[np.ndarray, "height width 3"]
Coverage: TypeAlias = Float32[np.ndarray, "height width"]
Points: TypeAlias = Float[np.ndarray, "point 2"]
Colour: TypeAlias = Float32[np.ndarray, "3"]
RGB: TypeAlias = tuple[float, float, float]
Size: TypeAlias = tuple[int, int]
Number: TypeAlias = float | int | np.floating | np.integer
Point: TypeAlias = tuple[Number, Number]

PALETTE: Mapping[str, RGB] = MappingProxyType(
    {
        "red": (184.0, 44.0, 42.0),
        "green": (58.0, 134.0, 66.0),
        "blue": (46.0, 84.0, 172.0),
        "yellow": (224.0, 192.0, 58.0),
        "orange": (222.0, 124.0, 44.0),
        "brown": (122.0, 80.0, 50.0),
        "black": (34.0, 34.0, 37.0),
        "white": (230.0, 229.0, 225.0),
        "grey": (136.0, 136.0, 138.0),
        "beige": (208.0, 188.0, 152.0),
        "purple": (114.0, 62.0, 146.0),
        "pink": (226.0, 144.0, 170.0),
    }
)

# Fixed-point fraction bits of OpenCV's drawing calls: shapes get sub-pixel positions.
_SHIFT = 4


@dataclass(frozen=True)
class Rendered:
    """One rendered picture.

    Attributes:
        picture: The picture.
        coverage: Share of each pixel that belongs to the category; all ones for textures.
        colour: Name of the main colour, a key of ``PALETTE``.
        behind: The background alone (objects only), to show where a part is missing.
    """

    picture: Picture
    coverage: Coverage
    colour: str
    behind: Picture | None = None


Renderer: TypeAlias = Callable[[np.random.Generator, Size], Rendered]


def white_noise(rng: np.random.Generator, size: Size, *, sigma: Number = 0.0) -> Coverage:
    """Return Gaussian noise of unit standard deviation, blurred by ``sigma`` pixels."""
    noise: Coverage = rng.standard_normal(size, dtype=np.float32)
    if sigma <= 0:
        return noise
    blurred: Coverage = cv2.GaussianBlur(noise, (0, 0), float(sigma))
    blurred /= blurred.std() + np.float32(1e-6)
    return blurred


def smooth_noise(
    rng: np.random.Generator,
    size: Size,
    *,
    cells: Sequence[int] = (4, 8, 16, 32),
    decay: float = 0.5,
) -> Coverage:
    """Return a sum of bicubic octaves with zero mean and unit standard deviation.

    Args:
        rng: Source of randomness.
        size: Height and width.
        cells: Noise cells across the shorter side, one number per octave.
        decay: Weight of an octave relative to the one before.
    """
    height, width = size
    total = np.zeros(size, np.float32)
    for octave, count in enumerate(cells):
        cell = min(size) / count
        shape = (max(2, round(height / cell) + 1), max(2, round(width / cell) + 1))
        lattice = rng.standard_normal(shape, dtype=np.float32)
        total += np.float32(decay**octave) * cv2.resize(
            lattice, (width, height), interpolation=cv2.INTER_CUBIC
        )
    total -= total.mean()
    total /= total.std() + np.float32(1e-6)
    return total


def coordinates(
    size: Size, *, angle: Number = 0.0, centre: Point | None = None
) -> tuple[Coverage, Coverage]:
    """Return pixel coordinates along two axes turned by ``angle`` about ``centre``.

    Without ``centre`` the origin is the top left pixel. The first axis points along
    ``(cos angle, sin angle)``, the second along ``(-sin angle, cos angle)``.
    """
    height, width = size
    origin_x, origin_y = (0.0, 0.0) if centre is None else (float(centre[0]), float(centre[1]))
    x = (np.arange(width, dtype=np.float32) - np.float32(origin_x))[None, :]
    y = (np.arange(height, dtype=np.float32) - np.float32(origin_y))[:, None]
    cosine, sine = np.float32(math.cos(angle)), np.float32(math.sin(angle))
    return cosine * x + sine * y, cosine * y - sine * x


def blend(under: Picture, over: Picture | Colour | RGB, alpha: Coverage) -> Picture:
    """Return ``under * (1 - alpha) + over * alpha``."""
    top = np.asarray(over, np.float32)
    result: Picture = under + (top - under) * alpha[..., None]
    return result


def slopes(height: Coverage, *, span: Number = 1.0) -> tuple[Coverage, Coverage]:
    """Return the slopes of a height field, counted in units of ``span`` pixels, along x and y."""
    # Sobel's 3x3 kernel sums 8 unit differences.
    scale = float(span) / 8
    slope_x = cv2.Sobel(height, cv2.CV_32F, 1, 0, scale=scale)
    slope_y = cv2.Sobel(height, cv2.CV_32F, 0, 1, scale=scale)
    return slope_x, slope_y


def towards_light(height: Coverage, light: Number, *, span: Number = 1.0) -> Coverage:
    """Return how steeply a height field faces the light: its slope, 0 where it is level."""
    slope_x, slope_y = slopes(height, span=span)
    cosine, sine = np.float32(math.cos(light)), np.float32(math.sin(light))
    facing: Coverage = -(slope_x * cosine + slope_y * sine)
    return facing


def relief(coverage: Coverage, *, width: Number, gain: Number, light: Number) -> Coverage:
    """Return the shading of a bevelled edge: 1 on flat parts, up to ``1 +- gain`` on the bevel.

    Args:
        coverage: The shape, raised above its surroundings (``gain`` < 0: recessed).
        width: Width of the bevel in pixels.
        gain: Strength.
        light: Direction towards the light.
    """
    span = max(float(width), 1.0)
    inside = (coverage > 0.5).astype(np.uint8)
    distance = cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_3)
    height = cv2.GaussianBlur(np.minimum(distance, span), (0, 0), max(0.7, span / 5))
    # The slope of the bevel itself is 1.
    shading: Coverage = np.float32(1) + np.float32(gain) * towards_light(height, light)
    return shading


def polygon(size: Size, points: Points | Sequence[Point]) -> Coverage:
    """Return the antialiased coverage of a filled polygon."""
    canvas = np.zeros(size, np.uint8)
    cv2.fillPoly(canvas, [_fixed(points)], 255, cv2.LINE_AA, _SHIFT)
    return canvas.astype(np.float32) / np.float32(255)


def disc(size: Size, centre: Point, radius: Number) -> Coverage:
    """Return the antialiased coverage of a disc: 1 inside, falling to 0 over one pixel."""
    height, width = size
    x, y, reach = float(centre[0]), float(centre[1]), float(radius)
    coverage = np.zeros(size, np.float32)
    left, right = max(0, math.floor(x - reach)), min(width, math.ceil(x + reach) + 1)
    top, bottom = max(0, math.floor(y - reach)), min(height, math.ceil(y + reach) + 1)
    if left >= right or top >= bottom:
        return coverage
    columns = np.arange(left, right, dtype=np.float32)[None, :] - np.float32(x)
    rows = np.arange(top, bottom, dtype=np.float32)[:, None] - np.float32(y)
    distance = np.sqrt(columns * columns + rows * rows)
    coverage[top:bottom, left:right] = np.clip(np.float32(reach + 0.5) - distance, 0, 1)
    return coverage


def stroke(size: Size, points: Points | Sequence[Point], thickness: Number) -> Coverage:
    """Return the antialiased coverage of a polyline, at least one pixel thick."""
    return strokes(size, np.asarray(points, np.float64)[None], thickness)


def strokes(size: Size, lines: Float[np.ndarray, "line point 2"], thickness: Number) -> Coverage:
    """Return the antialiased coverage of polylines of as many points each."""
    canvas = np.zeros(size, np.uint8)
    thick = max(1, round(float(thickness)))
    cv2.polylines(canvas, list(_fixed(lines)), False, 255, thick, cv2.LINE_AA, _SHIFT)
    return canvas.astype(np.float32) / np.float32(255)


def ellipses(
    size: Size, centres: Points, halves: Points, angles: Float[np.ndarray, " point"]
) -> Coverage:
    """Return the antialiased coverage of many ellipses, given their half axes and directions."""
    canvas = np.zeros(size, np.uint8)
    places = np.round(centres * (1 << _SHIFT)).astype(int).tolist()
    # Half a pixel is the least that does not vanish.
    axes = np.maximum(np.round(halves * (1 << _SHIFT)), 8).astype(int).tolist()
    for place, axis, angle in zip(places, axes, np.degrees(angles).tolist(), strict=True):
        cv2.ellipse(canvas, place, axis, angle, 0, 360, 255, -1, cv2.LINE_AA, _SHIFT)
    return canvas.astype(np.float32) / np.float32(255)


def union(*parts: Coverage) -> Coverage:
    """Return the coverage of all ``parts`` together."""
    together = parts[0].copy()
    for part in parts[1:]:
        np.maximum(together, part, out=together)
    return together


def blob_outline(
    rng: np.random.Generator,
    centre: Point,
    radius: Number,
    *,
    irregularity: float,
    elongation: float = 1.0,
) -> Points:
    """Return the outline of an irregular blob: a circle whose radius varies smoothly.

    Args:
        rng: Source of randomness.
        centre: Centre of the blob.
        radius: Mean radius in pixels.
        irregularity: Relative variation of the radius; 0 gives an ellipse, 0.5 a ragged spot.
        elongation: Ratio of the long to the short axis; the long axis points anywhere.
    """
    turn = np.linspace(0, 2 * math.pi, 48, endpoint=False)
    shape = np.ones_like(turn)
    for harmonic in range(2, 8):
        amplitude = irregularity * rng.normal(0, 0.8) / harmonic
        shape += amplitude * np.cos(harmonic * turn + rng.uniform(0, 2 * math.pi))
    reach = float(radius) * np.clip(shape, 0.25, 2.0)
    stretch = math.sqrt(elongation)
    along, across = reach * np.cos(turn) * stretch, reach * np.sin(turn) / stretch
    angle = rng.uniform(0, math.pi)
    x = float(centre[0]) + along * math.cos(angle) - across * math.sin(angle)
    y = float(centre[1]) + along * math.sin(angle) + across * math.cos(angle)
    return np.stack([x, y], axis=1)


def pick_colour(rng: np.random.Generator, names: Sequence[str] | None = None) -> tuple[str, Colour]:
    """Return a colour name, drawn from ``names`` or the whole palette, and a jittered RGB."""
    choices = tuple(PALETTE) if names is None else tuple(names)
    name = choices[int(rng.integers(len(choices)))]
    # Neutral colours shift their hue less: a greenish black would no longer be called black.
    hue = 2.5 if max(PALETTE[name]) - min(PALETTE[name]) < 12 else 8.0
    rgb = np.asarray(PALETTE[name]) * rng.normal(1, 0.08) + rng.normal(0, hue, 3)
    rgb = rgb + (rng.normal(0, 8) if hue < 8 else 0.0)
    return name, np.clip(rgb, 6, 250).astype(np.float32)


def _fixed(
    points: Points | Sequence[Point] | Float[np.ndarray, "line point 2"],
) -> Int32[np.ndarray, "... 2"]:
    return np.round(np.asarray(points, np.float64) * (1 << _SHIFT)).astype(np.int32)
