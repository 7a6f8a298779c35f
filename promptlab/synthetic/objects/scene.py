"""The stage on which an object is drawn: background, pose, light, and layers put on it.

Object coordinates: origin at the object's centre, unit = its half extent, first axis along its
own long axis. Knows nothing of particular objects.
"""

import math
from collections.abc import Sequence

import cv2
import numpy as np
from jaxtyping import Float, Float32

from promptlab.synthetic.canvas import (
    Colour,
    Coverage,
    Number,
    Picture,
    Point,
    Points,
    Rendered,
    Size,
    blend,
    coordinates,
    disc,
    pick_colour,
    polygon,
    relief,
    slopes,
    stroke,
)
from promptlab.synthetic.fields import choose, grain, shade, tinted, unit
from promptlab.synthetic.textures import TEXTURES

__all__ = ["BACKGROUNDS", "Scene", "backdrop", "random_text", "turn"]

# No texture kept out of training (catalogue.HELD_OUT) may appear here.
BACKGROUNDS: tuple[str, ...] = (
    "fabric", "twill", "wood", "wood", "tile", "carpet", "brushed", "steel", "concrete", "concrete",
    "paper", "paper", "plastic", "plastic", "painted", "leather", "foam", "asphalt", "ceramic",
    "perforated", "mesh",
)  # fmt: skip


def backdrop(rng: np.random.Generator, size: Size) -> Picture:
    """Return a background: plain, coloured or textured, with a gradient and a soft vignette."""
    kind = rng.random()
    if kind < 0.62:
        level = choose(rng, (rng.uniform(8, 50), rng.uniform(90, 165), rng.uniform(195, 250)))
        colour = tinted(rng, level, tint=3.0) if kind < 0.5 else pick_colour(rng)[1]
        picture = shade(colour, grain(rng, size, sigma=0.6, strength=rng.uniform(0, 0.025)))
    else:
        picture = TEXTURES[choose(rng, BACKGROUNDS)](rng, size).picture
        picture = picture * np.float32(rng.uniform(0.5, 1.1)) + np.float32(rng.uniform(0, 25))
        if rng.random() < 0.4:
            picture = cv2.GaussianBlur(picture, (0, 0), max(0.5, rng.uniform(0.6, 3) * unit(size)))
    x, y = coordinates(size, angle=rng.uniform(0, 6.283), centre=(size[1] / 2, size[0] / 2))
    scale = np.float32(1 / max(size))
    slope = np.float32(rng.uniform(0, 0.3)) * x * scale
    fall = np.float32(rng.uniform(0, 0.4)) * (x * x + y * y) * scale * scale
    lit: Picture = np.clip(shade(picture, 1 + slope - fall), 0, 255)
    return lit


def random_text(rng: np.random.Generator, length: int) -> str:
    """Return random capitals and digits, as a print on a product."""
    letters = "ABCDEFGHKLMNPRSTUXZ0123456789"
    return "".join(letters[int(i)] for i in rng.integers(0, len(letters), length))


def turn(count: int, *, radius: Number = 1.0, phase: Number = 0.0) -> list[tuple[float, float]]:
    """Return the corners of a regular polygon about the origin."""
    angles = [float(phase) + 2 * math.pi * i / count for i in range(count)]
    return [(float(radius) * math.cos(a), float(radius) * math.sin(a)) for a in angles]


class Scene:
    """A picture under construction.

    Attributes:
        picture: What is drawn so far.
        behind: The background alone.
        coverage: The object's coverage so far.
        reach: Half extent of the object in pixels.
        light: Direction towards the light, in the picture.
    """

    def __init__(
        self,
        rng: np.random.Generator,
        size: Size,
        *,
        fill: tuple[float, float] = (0.5, 0.95),
        tilt: float = math.pi,
        background: Picture | None = None,
    ) -> None:
        """Draw background, pose and light.

        Args:
            rng: Source of randomness.
            size: Height and width.
            fill: Extent of the object as a share of the shorter side, drawn uniformly.
            tilt: Largest turn of the object, either way.
            background: Background to use in place of a random one.
        """
        height, width = size
        share = rng.uniform(*fill)
        room = (1 - share) / 2 * min(size)
        self.rng, self.size = rng, size
        self.reach = share * min(size) / 2
        self.centre = (
            width / 2 + rng.uniform(-0.6, 0.6) * room,
            height / 2 + rng.uniform(-0.6, 0.6) * room,
        )
        self.angle = rng.uniform(-tilt, tilt)
        self.light = rng.uniform(0, 2 * math.pi)
        self.behind = backdrop(rng, size) if background is None else background
        self.picture = self.behind.copy()
        self.coverage = np.zeros(size, np.float32)
        self._shadow = rng.uniform(0, 0.65), rng.uniform(0.01, 0.07), rng.uniform(0.01, 0.06)

    def distinct(self, surface: Picture) -> Picture:
        """Return ``surface``, made brighter or darker where it would drown in the background."""
        ground, own = self.behind.mean((0, 1)), surface.mean((0, 1))
        if float(np.abs(ground - own).max()) > 30:
            return surface
        factor = 1.45 if float(ground.mean()) < 120 else 0.62
        changed: Picture = np.clip(surface * np.float32(factor) + np.float32(8), 0, 255)
        return changed

    def local(self) -> tuple[Coverage, Coverage]:
        """Return every pixel's object coordinates."""
        x, y = coordinates(self.size, angle=self.angle, centre=self.centre)
        return x / np.float32(self.reach), y / np.float32(self.reach)

    def polar(self) -> tuple[Coverage, Coverage]:
        """Return every pixel's radius and angle in object coordinates."""
        x, y = self.local()
        return np.hypot(x, y), np.arctan2(y, x)

    def pixels(self, points: Points | Sequence[Point]) -> Float[np.ndarray, "point 2"]:
        """Return object coordinates turned into pixels."""
        given = np.asarray(points, np.float64)
        cosine, sine = math.cos(self.angle), math.sin(self.angle)
        rotation = np.asarray([[cosine, sine], [-sine, cosine]])
        placed: Points = given @ rotation * self.reach + np.asarray(self.centre, np.float64)
        return placed

    def shape(self, points: Points | Sequence[Point]) -> Coverage:
        """Return the coverage of a polygon in object coordinates."""
        return polygon(self.size, self.pixels(points))

    def circle(self, x: Number, y: Number, radius: Number) -> Coverage:
        """Return the coverage of a disc in object coordinates."""
        (place,) = self.pixels([(x, y)])
        return disc(self.size, (float(place[0]), float(place[1])), float(radius) * self.reach)

    def line(self, points: Points | Sequence[Point], thickness: Number) -> Coverage:
        """Return the coverage of a polyline in object coordinates."""
        return stroke(self.size, self.pixels(points), float(thickness) * self.reach)

    def box(self, half: Point, *, centre: Point = (0.0, 0.0), corner: Number = 0.0) -> Coverage:
        """Return the coverage of a rectangle with rounded corners in object coordinates."""
        wide, high = float(half[0]), float(half[1])
        bend = min(float(corner), wide, high)
        quarter = np.linspace(0, math.pi / 2, 7 if bend > 0 else 1)
        corners = ((1, 1), (-1, 1), (-1, -1), (1, -1))
        x, y = [], []
        for number, (sign_x, sign_y) in enumerate(corners):
            turned = quarter + number * math.pi / 2
            x.append(float(centre[0]) + sign_x * (wide - bend) + bend * np.cos(turned))
            y.append(float(centre[1]) + sign_y * (high - bend) + bend * np.sin(turned))
        outline = np.stack([np.concatenate(x), np.concatenate(y)], axis=1)
        return self.shape(outline)

    def ellipse(self, half: Point, *, centre: Point = (0.0, 0.0)) -> Coverage:
        """Return the coverage of an axis-aligned ellipse in object coordinates."""
        turns = np.linspace(0, 2 * math.pi, 72, endpoint=False)
        x = float(centre[0]) + float(half[0]) * np.cos(turns)
        y = float(centre[1]) + float(half[1]) * np.sin(turns)
        return self.shape(np.stack([x, y], axis=1))

    def shadow(self, coverage: Coverage) -> None:
        """Darken the picture where ``coverage`` casts its soft shadow."""
        strength, offset, softness = self._shadow
        if strength < 0.1:
            return
        away, sigma = offset * self.reach * 2, max(0.8, softness * self.reach * 2)
        shift = np.asarray(
            [[1, 0, -away * math.cos(self.light)], [0, 1, -away * math.sin(self.light)]], np.float32
        )
        here = _window(coverage, margin=away + 3 * sigma)
        part = coverage[here]
        moved = cv2.warpAffine(part, shift, (part.shape[1], part.shape[0]))
        soft = cv2.GaussianBlur(moved, (0, 0), sigma)
        self.picture[here] = shade(self.picture[here], 1 - np.float32(strength) * soft)

    def add(
        self,
        coverage: Coverage,
        paint: Picture | Colour,
        *,
        bevel: Number = 0.0,
        gain: Number = 0.35,
        gloss: Number = 0.0,
        dome: bool = False,
    ) -> None:
        """Put a part on the object: flat, with a bevelled edge, or rounded like a dome.

        Args:
            coverage: Where the part is.
            paint: Its surface.
            bevel: Width of the rounded edge, in object units.
            gain: Contrast of the shading.
            gloss: Strength of the highlight, for a dome; 0 is matt.
            dome: Round over the whole ``bevel`` instead of bending only the edge.
        """
        self.shadow(coverage)
        here = _window(coverage, margin=2.0)
        part = coverage[here]
        surface = _crop(paint, here)
        width = float(bevel) * self.reach
        if width > 0 and dome:
            factor, highlight = _rounded(part, span=width, light=self.light)
            surface = shade(surface, 1 + np.float32(gain) * factor)
            surface = surface + (np.float32(255 * float(gloss)) * highlight)[..., None]
        elif width > 0:
            surface = shade(surface, relief(part, width=width, gain=gain, light=self.light))
        under = self.picture[here]
        self.picture[here] = np.clip(under + (surface - under) * part[..., None], 0, 255)
        self.coverage[here] = np.maximum(self.coverage[here], part)

    def mark(self, coverage: Coverage, paint: Picture | Colour) -> None:
        """Draw on the object without adding to it: prints, slots, seams."""
        here = _window(coverage, margin=0.0)
        under = self.picture[here]
        alpha = (coverage[here] * self.coverage[here])[..., None]
        self.picture[here] = under + (_crop(paint, here) - under) * alpha

    def light_up(self, coverage: Coverage, amount: Number) -> None:
        """Brighten (or darken, ``amount`` < 0) the object by grey levels."""
        here = _window(coverage, margin=0.0)
        change = np.float32(amount) * coverage[here] * self.coverage[here]
        self.picture[here] = np.clip(self.picture[here] + change[..., None], 0, 255)

    def shade_by(self, factor: Coverage) -> None:
        """Multiply the object's brightness."""
        lit = 1 + (factor - 1) * self.coverage
        self.picture = np.clip(shade(self.picture, lit), 0, 255)

    def cut(self, coverage: Coverage) -> None:
        """Make a hole that shows the background, with the shadow of its rim."""
        soft = cv2.GaussianBlur(1 - coverage, (0, 0), max(0.8, 0.05 * self.reach))
        ground = shade(self.behind, 1 - np.float32(self._shadow[0] * 0.7) * soft)
        self.picture = blend(self.picture, ground, coverage)
        self.coverage = self.coverage * (1 - coverage)

    def text(self, words: str, *, place: Point, height: Number, paint: Colour) -> None:
        """Print ``words`` centred at ``place`` in letters of ``height`` object units."""
        scale = max(0.25, float(height) * self.reach / 22)
        thick = max(1, round(scale * 1.6))
        face = cv2.FONT_HERSHEY_SIMPLEX
        (width, rise), _ = cv2.getTextSize(words, face, scale, thick)
        flat = np.zeros(self.size, np.uint8)
        middle = (self.size[1] / 2, self.size[0] / 2)
        start = (round(middle[0] - width / 2), round(middle[1] + rise / 2))
        cv2.putText(flat, words, start, face, scale, 255, thick, cv2.LINE_AA)
        matrix = cv2.getRotationMatrix2D(middle, -math.degrees(self.angle), 1.0)
        (target,) = self.pixels([place])
        matrix[:, 2] += target - np.asarray(middle)
        turned = cv2.warpAffine(flat, matrix, (self.size[1], self.size[0]))
        self.mark(turned.astype(np.float32) / np.float32(255), paint)

    def done(self, colour: str) -> Rendered:
        """Return the finished picture."""
        picture = np.clip(self.picture, 0, 255).astype(np.float32, copy=False)
        return Rendered(picture, self.coverage, colour, self.behind)


def _window(coverage: Coverage, *, margin: float) -> tuple[slice, slice]:
    """Return the rows and columns that ``coverage`` touches, widened by ``margin``.

    Most parts are small: working on their window only makes a picture several times cheaper.
    """
    left, top, width, height = cv2.boundingRect((coverage > 0).astype(np.uint8))
    wide = math.ceil(margin)
    # An empty coverage still yields one pixel, which spares every caller the special case.
    rows = slice(max(0, top - wide), max(1, top + height + wide))
    return rows, slice(max(0, left - wide), max(1, left + width + wide))


def _crop(paint: Picture | Colour, here: tuple[slice, slice]) -> Float32[np.ndarray, "*window 3"]:
    return paint[here] if paint.ndim == 3 else paint


def _rounded(coverage: Coverage, *, span: float, light: float) -> tuple[Coverage, Coverage]:
    """Return diffuse shading around 0 and the highlight of a shape rounded over ``span`` pixels.

    The height over the outline is a quarter circle of the distance to it, so the normal is
    horizontal at the outline and vertical ``span`` pixels inside.
    """
    inside = (coverage > 0.5).astype(np.uint8)
    distance = cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_5)
    share = np.clip(distance / np.float32(max(span, 1.0)), 0, 1)
    height = np.sqrt(share * (2 - share)) * np.float32(max(span, 1.0))
    height = cv2.GaussianBlur(height, (0, 0), max(0.8, span / 7))
    slope_x, slope_y = slopes(height)
    norm = 1 / np.sqrt(1 + slope_x * slope_x + slope_y * slope_y)
    towards = slope_x * np.float32(math.cos(light)) + slope_y * np.float32(math.sin(light))
    # Light 45 degrees above the table: cosine between normal and light, centred on flat parts.
    cosine = np.maximum((1 - towards) * norm * np.float32(math.sqrt(0.5)), np.float32(0.12))
    diffuse = (cosine - np.float32(math.sqrt(0.5))) * np.float32(1.35)
    # Half way between light and camera: 22.5 degrees off the vertical.
    tilt = math.pi / 8
    half = (np.float32(math.cos(tilt)) - np.float32(math.sin(tilt)) * towards) * norm
    return diffuse, np.clip(half, 0, 1) ** 40
