"""How a picture is finished: the camera's view of it (geometry) and its light (photometry).

Both are drawn once as plain values and can then be applied to several pictures, which is how twin
scenes share a view. Knows nothing of categories, defects or masks beyond their pixels.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import UInt8

from promptlab.synthetic.canvas import Coverage, Picture, Size, coordinates, white_noise

__all__ = ["Light", "View", "draw_light", "draw_view"]


@dataclass(frozen=True)
class View:
    """A rotation about the middle, a zoom, then quarter turns and a mirror image."""

    angle: float
    zoom: float
    quarters: int
    mirrored: bool

    def apply(self, picture: Picture | Coverage) -> Picture | Coverage:
        """Return the picture, or a coverage, as seen in this view."""
        seen = picture
        if self.angle or self.zoom != 1:
            height, width = picture.shape[:2]
            matrix = cv2.getRotationMatrix2D((width / 2, height / 2), self.angle, self.zoom)
            seen = cv2.warpAffine(picture, matrix, (width, height), borderMode=cv2.BORDER_REFLECT)
        seen = np.rot90(seen, self.quarters)
        return np.ascontiguousarray(seen[:, ::-1] if self.mirrored else seen)


@dataclass(frozen=True)
class Light:
    """Exposure, uneven light, colour cast and the flaws of a camera.

    Attributes:
        gain: Exposure.
        offset: Added to every pixel.
        slope: Brightness change across the picture.
        direction: Where it gets brighter.
        vignette: Darkening towards the corners.
        cast: Gain of each colour channel.
        blur: Blur in pixels of a 224 pixel picture.
        noise: Standard deviation of the sensor noise.
        quality: JPEG quality; 0 for none.
        grey: Whether the camera sees no colour.
    """

    gain: float
    offset: float
    slope: float
    direction: float
    vignette: float
    cast: tuple[float, float, float]
    blur: float
    noise: float
    quality: int
    grey: bool

    def apply(
        self, picture: Picture, rng: np.random.Generator
    ) -> UInt8[np.ndarray, "height width 3"]:
        """Return the photograph of a picture in this light; noise comes from ``rng``."""
        height, width = picture.shape[:2]
        middle = (width / 2, height / 2)
        x, y = coordinates((height, width), angle=self.direction, centre=middle)
        side = np.float32(max(height, width))
        field = 1 + np.float32(self.slope) * x / side
        field = field - np.float32(self.vignette) * (x**2 + y**2) / side**2
        tint = np.asarray(self.cast, np.float32) * np.float32(self.gain)
        photo = picture * field[..., None] * tint + np.float32(self.offset)
        if self.grey:
            luma = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)
            photo = np.repeat(luma[..., None], 3, axis=2)
        if self.blur > 0:
            photo = cv2.GaussianBlur(photo, (0, 0), max(0.3, self.blur * min(height, width) / 224))
        if self.noise > 0:
            photo = photo + np.float32(self.noise) * white_noise(rng, (height, width))[..., None]
        pixels = np.clip(photo, 0, 255).astype(np.uint8)
        return _compressed(pixels, self.quality) if self.quality else pixels


def draw_view(rng: np.random.Generator, size: Size) -> View:
    """Draw a view; pictures that are not square keep their orientation."""
    turned = rng.random() < 0.45
    zoomed = rng.random() < 0.35
    quarters = int(rng.integers(4)) if size[0] == size[1] else 2 * int(rng.integers(2))
    return View(
        angle=float(rng.normal(0, 9)) if turned else 0.0,
        zoom=math.exp(rng.uniform(-0.1, 0.16)) if zoomed else 1.0,
        quarters=quarters,
        mirrored=bool(rng.random() < 0.5),
    )


def draw_light(rng: np.random.Generator) -> Light:
    """Draw a light; 8 % of all photographs are grey, 40 % compressed."""
    cast = rng.normal(1, 0.04, 3)
    return Light(
        gain=rng.uniform(0.72, 1.25),
        offset=rng.normal(0, 8),
        slope=rng.uniform(0, 0.35),
        direction=rng.uniform(0, 2 * math.pi),
        vignette=rng.uniform(0, 0.3),
        cast=(float(cast[0]), float(cast[1]), float(cast[2])),
        blur=float(rng.choice([0, 0, rng.uniform(0.3, 1.1)])),
        noise=float(rng.choice([0, rng.uniform(1, 6)])),
        quality=int(rng.integers(45, 96)) if rng.random() < 0.4 else 0,
        grey=bool(rng.random() < 0.08),
    )


def _compressed(
    pixels: UInt8[np.ndarray, "height width 3"], quality: int
) -> UInt8[np.ndarray, "height width 3"]:
    swapped = np.ascontiguousarray(pixels[..., ::-1])
    _, data = cv2.imencode(".jpg", swapped, [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    return np.ascontiguousarray(decoded[..., ::-1])
