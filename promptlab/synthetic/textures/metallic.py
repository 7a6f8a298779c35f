"""Metal sheets: brushed, plain, perforated."""

import math
from collections.abc import Mapping

import cv2
import numpy as np

from promptlab.synthetic.canvas import (
    Coverage,
    Rendered,
    Renderer,
    Size,
    blend,
    coordinates,
    pick_colour,
    smooth_noise,
)
from promptlab.synthetic.fields import (
    cells,
    choose,
    fraction,
    glow,
    grain,
    peak,
    ramp,
    rotated,
    shade,
    solid,
    streaks,
    tinted,
    unit,
)

__all__ = ["METALLIC"]

_ALLOYS = {
    "grey": (1.0, 1.0, 1.02),
    "yellow": (1.2, 1.0, 0.62),
    "orange": (1.25, 0.82, 0.6),
    "black": (0.3, 0.3, 0.31),
}


def brushed(rng: np.random.Generator, size: Size) -> Rendered:
    """Render brushed metal: fine parallel scratches under a soft band of reflected light."""
    u = unit(size)
    name = choose(rng, ("grey",) * 8 + ("yellow", "orange", "black"))
    base = np.asarray(_ALLOYS[name], np.float32) * np.float32(rng.uniform(95, 200))
    upright = bool(rng.integers(2))
    fine = streaks(rng, size, length=rng.uniform(20, 90) * u, upright=upright)
    coarse = streaks(rng, size, length=160 * u, width=rng.uniform(2, 6) * u, upright=upright)
    light = 1 + np.float32(rng.uniform(0.02, 0.09)) * fine + np.float32(0.03) * coarse
    light = light + glow(rng, size, widths=(0.15, 0.6)) * np.float32(rng.uniform(0, 0.35))
    picture = shade(base, light)
    if rng.random() < 0.4:
        picture = rotated(picture, rng.uniform(-0.5, 0.5))
    return solid(picture, name)


def steel(rng: np.random.Generator, size: Size) -> Rendered:
    """Render plain steel sheet: rolled, cast, zinc-coated or tread plate."""
    u = unit(size)
    base = tinted(rng, rng.uniform(65, 185))
    kind = rng.random()
    light: Coverage = 1 + np.float32(rng.uniform(0.02, 0.1)) * smooth_noise(
        rng, size, cells=(3, 8, 20, 60), decay=0.7
    )
    if kind < 0.25:
        light = light + np.float32(0.04) * streaks(
            rng, size, length=250 * u, width=rng.uniform(1, 5) * u, upright=bool(rng.integers(2))
        )
    elif kind < 0.4:
        labels, _ = cells(rng, size, rng.uniform(6, 18), jitter=1.0)
        spangle = rng.normal(0, rng.uniform(0.05, 0.13), int(labels.max()) + 1)
        light = light + spangle.astype(np.float32)[labels]
    elif kind < 0.55:
        light = light * _tread(rng, size)
    light = light + glow(rng, size, widths=(0.1, 0.6)) * np.float32(rng.uniform(0, 0.3))
    return solid(shade(base, light * grain(rng, size, sigma=0.5, strength=0.03)), "grey")


def _tread(rng: np.random.Generator, size: Size) -> Coverage:
    """Return the shading of a tread plate: raised lozenges in alternating directions."""
    u = unit(size)
    pitch = rng.uniform(18, 36) * u
    x, y = coordinates(size, angle=choose(rng, (0.0, math.pi / 4)))
    sign = 1 - 2 * np.mod(np.floor(x / pitch) + np.floor(y / pitch), 2)
    across, down = fraction(x / pitch) - np.float32(0.5), fraction(y / pitch) - np.float32(0.5)
    long, short = across + sign * down, across - sign * down
    bump = np.exp(-((long / np.float32(0.45)) ** 4) - (short / np.float32(0.16)) ** 2)
    slope = (
        cv2.Sobel(bump, cv2.CV_32F, 1, 1, ksize=3)
        if rng.random() < 0.3
        else cv2.Sobel(bump, cv2.CV_32F, 0, 1, ksize=3)
    )
    raised: Coverage = np.float32(1) + np.float32(0.12 * max(u, 0.5)) * slope
    raised += np.float32(0.15) * bump
    return raised


def perforated(rng: np.random.Generator, size: Size) -> Rendered:
    """Render perforated sheet: round, square or slotted holes in a straight or staggered grid."""
    u = unit(size)
    name, paint = pick_colour(rng, ("grey", "grey", "grey", "white", "black", "blue", "yellow"))
    base = tinted(rng, rng.uniform(100, 210)) if name == "grey" else paint
    hole = tinted(rng, rng.uniform(8, 50)) if base.mean() > 70 else tinted(rng, 190.0)
    pitch = max(6.0, rng.uniform(11, 38) * u)
    x, y = coordinates(size, angle=choose(rng, (0.0, 0.0, math.pi / 4)) + rng.normal(0, 0.04))
    x, y = x + np.float32(rng.uniform(0, pitch)), y + np.float32(rng.uniform(0, pitch))
    staggered = 0.5 if rng.random() < 0.5 else 0.0
    stretch = rng.uniform(1.5, 2.5) if rng.random() < 0.25 else 1.0
    row = np.floor(y / pitch)
    across = fraction(x / (pitch * stretch) + np.mod(row, 2) * np.float32(staggered)) - 0.5
    across = across * np.float32(stretch)
    down = fraction(y / pitch) - np.float32(0.5)
    across = np.sign(across) * np.maximum(np.abs(across) - np.float32((stretch - 1) / 2), 0)
    radius = np.float32(rng.uniform(0.2, 0.4))
    square = rng.random() < 0.2
    distance = np.maximum(np.abs(across), np.abs(down)) if square else np.hypot(across, down)
    inside = np.clip((radius - distance) * np.float32(pitch) + np.float32(0.5), 0, 1)
    rim = peak(distance - radius, 0.03, 0.06)
    light: Coverage = 1 + np.float32(0.04) * smooth_noise(rng, size, cells=(3, 20))
    light = light + glow(rng, size, widths=(0.2, 0.6)) * np.float32(rng.uniform(0, 0.3))
    light = light + rim * down * np.float32(rng.uniform(-1.2, 1.2))
    depth = np.clip(down / radius, -1, 1) * np.float32(0.25) + 1
    picture = blend(shade(base, light), shade(hole, depth), inside)
    return solid(shade(picture, grain(rng, size, sigma=0.5, strength=0.02)), name)


def honeycomb(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a honeycomb core: hexagonal cells with thin walls, deep and shaded inside."""
    u = unit(size)
    name, wall = pick_colour(rng, ("yellow", "grey", "grey", "white", "brown", "orange", "beige"))
    pitch = max(8.0, rng.uniform(13, 38) * u)
    x, y = coordinates(size, angle=rng.uniform(0, math.pi / 3))
    x = x + smooth_noise(rng, size, cells=(3, 7)) * np.float32(0.06 * pitch)
    # Two rectangular lattices of hexagon centres; the nearer centre decides the cell.
    step = np.asarray([1.0, math.sqrt(3)], np.float32) * np.float32(pitch)
    centred = []
    for shift in (0.0, 0.5):
        across = (fraction(x / step[0] + np.float32(shift)) - np.float32(0.5)) * step[0]
        down = (fraction(y / step[1] + np.float32(shift)) - np.float32(0.5)) * step[1]
        centred.append((across, down))
    nearer = np.hypot(*centred[0]) < np.hypot(*centred[1])
    across = np.where(nearer, centred[0][0], centred[1][0])
    down = np.where(nearer, centred[0][1], centred[1][1])
    reach = np.maximum(
        np.abs(across),
        np.abs(across) * np.float32(0.5) + np.abs(down) * np.float32(math.sqrt(3) / 2),
    )
    to_wall = np.float32(pitch / 2) - reach
    thick = max(0.9, pitch * rng.uniform(0.04, 0.11))
    walls = np.clip(np.float32(thick + 0.5) - to_wall, 0, 1)
    light = rng.uniform(0, 2 * math.pi)
    slant = (across * np.float32(math.cos(light)) + down * np.float32(math.sin(light))) / pitch
    inside = wall * np.float32(rng.uniform(0.15, 0.55))
    picture = ramp(inside, inside, walls) * (1 + slant[..., None] * np.float32(0.9))
    picture = blend(picture, shade(wall, 1 + np.float32(0.06) * smooth_noise(rng, size)), walls)
    return solid(shade(picture, grain(rng, size, sigma=0.6, strength=0.03)), name)


METALLIC: Mapping[str, Renderer] = {
    "brushed": brushed,
    "steel": steel,
    "perforated": perforated,
    "honeycomb": honeycomb,
}
