"""Stone, ceramic, glass and road surfaces."""

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
    white_noise,
)
from promptlab.synthetic.fields import (
    bent,
    cells,
    choose,
    edge_distance,
    glow,
    grain,
    per_index,
    ramp,
    shade,
    solid,
    streaks,
    tinted,
    unit,
)

__all__ = ["MINERAL"]


def concrete(rng: np.random.Generator, size: Size) -> Rendered:
    """Render concrete: mottled grey with pores and fine sand, sometimes with formwork lines."""
    u = unit(size)
    base = tinted(rng, rng.uniform(85, 195)) * np.asarray([1.0, 0.985, 0.95], np.float32)
    mottle = smooth_noise(rng, size, cells=(3, 9, 27, 70), decay=rng.uniform(0.5, 0.9))
    light = 1 + np.float32(rng.uniform(0.03, 0.12)) * mottle
    light = light * grain(rng, size, sigma=0.0, strength=rng.uniform(0.02, 0.07))
    pores = np.clip(white_noise(rng, size, sigma=rng.uniform(0.8, 2) * max(u, 0.6)) - 2.6, 0, 1)
    light = light * (1 - np.float32(rng.uniform(0.2, 0.7)) * np.minimum(pores * 2, 1))
    if rng.random() < 0.15:
        light *= 1 + np.float32(0.05) * streaks(
            rng, size, length=300 * u, width=18 * u, upright=bool(rng.integers(2))
        )
    return solid(shade(base, light), "grey")


def marble(rng: np.random.Generator, size: Size) -> Rendered:
    """Render polished marble: cloudy ground with branching veins."""
    name, base = pick_colour(rng, ("white", "white", "grey", "beige", "green", "black"))
    cloud = smooth_noise(rng, size, cells=(2, 4, 8, 20), decay=0.6)
    folds = smooth_noise(rng, size, cells=(2, 4, 8, 16, 40), decay=0.55)
    veins = np.exp(-np.abs(folds) * np.float32(rng.uniform(5, 14)))
    fine = np.exp(-np.abs(smooth_noise(rng, size, cells=(4, 8, 16, 32), decay=0.6)) * 18)
    ink = base * np.float32(0.5) if base.mean() > 90 else np.minimum(base + 120, 240)
    picture = shade(base, 1 + np.float32(0.06) * cloud)
    picture = blend(picture, ink, np.clip(veins * np.float32(0.65) + fine * np.float32(0.25), 0, 1))
    return solid(picture, name)


def tile(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a speckled floor tile: stone chips of two or three colours, or laid glazed tiles."""
    if rng.random() < 0.2:
        return _laid_tiles(rng, size)
    u = unit(size)
    name, base = pick_colour(rng, ("grey", "white", "beige", "brown", "green", "blue", "black"))
    labels, _ = cells(rng, size, rng.uniform(18, 70), jitter=1.0)
    value = per_index(rng, labels.astype(np.float32))
    value = value + np.float32(0.5) * smooth_noise(rng, size, cells=(30, 60), decay=0.8)
    share = rng.uniform(0.3, 1.2)
    light = np.clip(base + rng.normal(20, 45), 5, 245).astype(np.float32)
    dark = base * np.float32(rng.uniform(0.35, 0.75))
    picture = ramp(base, light, np.clip((value - share) * 6, 0, 1))
    picture = blend(picture, dark, np.clip((-value - share - 0.3) * 6, 0, 1))
    picture = cv2.GaussianBlur(picture, (0, 0), max(0.5, 0.9 * u))
    return solid(shade(picture, grain(rng, size, sigma=0.0, strength=0.015)), name)


def _laid_tiles(rng: np.random.Generator, size: Size) -> Rendered:
    u = unit(size)
    name, base = pick_colour(rng)
    pitch = rng.uniform(22, 80) * u
    x, y = coordinates(size, angle=rng.normal(0, 0.04))
    x, y = x + np.float32(rng.uniform(0, pitch)), y + np.float32(rng.uniform(0, pitch))
    column, row = np.floor(x / pitch), np.floor(y / pitch)
    inner = np.minimum(edge_distance(x / pitch, pitch), edge_distance(y / pitch, pitch))
    joint = max(1.0, rng.uniform(1, 2.5) * u)
    glazed = np.clip(inner - np.float32(joint) + 0.5, 0, 1)
    tone = per_index(rng, column * 131 + row, sigma=rng.uniform(0.01, 0.1))
    rim = np.clip(inner / np.float32(4 * u + 1), 0, 1) * np.float32(0.15) + np.float32(0.87)
    _, grout = pick_colour(rng, ("white", "grey", "beige", "black"))
    face = shade(base, (1 + tone) * rim)
    picture = ramp(grout, grout, glazed) + (face - grout) * glazed[..., None]
    picture = (
        picture + (glow(rng, size, widths=(0.1, 0.4)) * np.float32(rng.uniform(0, 40)))[..., None]
    )
    return solid(shade(picture, grain(rng, size, sigma=0.7, strength=0.02)), name)


def asphalt(rng: np.random.Generator, size: Size) -> Rendered:
    """Render asphalt or gravel: packed stones in dark binder."""
    base = tinted(rng, rng.uniform(50, 125))
    labels, borders = cells(rng, size, rng.uniform(35, 90), jitter=1.0)
    tone = per_index(rng, labels.astype(np.float32), sigma=rng.uniform(0.12, 0.3))
    binder = np.float32(rng.uniform(0.2, 0.55)) * borders
    rough = smooth_noise(rng, size, cells=(4, 12), decay=0.7) * np.float32(0.05)
    light = (1 + tone) * (1 - binder) + rough
    light = light * grain(rng, size, sigma=0.5, strength=0.1)
    return solid(shade(base, np.clip(light, 0.15, 2.2)), "grey")


def brick(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a brick wall: running bond, uneven bricks, sandy mortar."""
    u = unit(size)
    name, base = pick_colour(rng, ("red", "brown", "orange", "grey", "white", "beige"))
    length = rng.uniform(36, 96) * u
    course = length * rng.uniform(0.3, 0.5)
    x, y = coordinates(size, angle=rng.normal(0, 0.03))
    x, y = bent(rng, x, y, 0.6 * u, cells=(20,))
    x, y = x + np.float32(length), y + np.float32(length)
    row = np.floor(y / course)
    along = x / length + np.mod(row, 2) * np.float32(0.5)
    inner = np.minimum(edge_distance(along, length), edge_distance(y / course, course))
    gap = max(0.8, rng.uniform(0.9, 2.2) * u)
    face = np.clip((inner - np.float32(gap)) / np.float32(max(1.0, u)), 0, 1)
    tone = per_index(rng, np.floor(along) * 37 + row * 411, sigma=rng.uniform(0.05, 0.16))
    rough = smooth_noise(rng, size, cells=(20, 50), decay=0.8) * np.float32(0.07)
    _, mortar = pick_colour(rng, ("grey", "beige", "white"))
    ground = shade(mortar, grain(rng, size, sigma=0.6, strength=0.08) * np.float32(0.85))
    picture = blend(ground, shade(base, 1 + tone + rough), face)
    return solid(shade(picture, grain(rng, size, sigma=0.6, strength=0.04)), name)


def glass(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a glass pane: a smooth tinted gradient with soft reflections, sometimes frosted."""
    name = choose(rng, ("grey", "blue", "green"))
    tint = {"grey": (1.0, 1.0, 1.0), "blue": (0.85, 0.97, 1.08), "green": (0.88, 1.05, 0.95)}[name]
    base = np.asarray(tint, np.float32) * np.float32(rng.uniform(60, 215))
    picture = shade(base, 1 + np.float32(0.08) * smooth_noise(rng, size, cells=(1, 2)))
    for _ in range(int(rng.integers(1, 4))):
        band = glow(rng, size, widths=(0.03, 0.25)) * np.float32(rng.uniform(8, 50))
        picture = picture + band[..., None]
    if rng.random() < 0.3:
        frost = smooth_noise(rng, size, cells=(40, 80), decay=0.9) * np.float32(0.06)
        picture = shade(picture, 1 + frost)
    return solid(picture, name)


def ceramic(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a smooth grey ceramic or ferrite face: soft shading, machining lines, dark rims."""
    u = unit(size)
    base = tinted(rng, rng.uniform(60, 190), tint=2.0)
    light = 1 + np.float32(rng.uniform(0.02, 0.12)) * smooth_noise(rng, size, cells=(1, 3, 6))
    light = light * grain(rng, size, sigma=rng.uniform(0, 1), strength=rng.uniform(0.01, 0.05))
    upright = bool(rng.integers(2))
    if rng.random() < 0.5:
        lines = streaks(rng, size, length=260 * u, width=rng.uniform(1, 4) * u, upright=upright)
        light = light * (1 + np.float32(rng.uniform(0.01, 0.06)) * lines)
    height, width = size
    x, y = coordinates(size, angle=rng.normal(0, 0.02))
    for distance in (x, width - x, y, height - y):
        if rng.random() < 0.3:
            rim = np.float32(rng.uniform(4, 22) * u)
            soft = np.float32(rng.uniform(1, 8) * u + 0.5)
            edge = 1 / (1 + np.exp(np.clip((distance - rim) / soft, -30, 30)))
            light = light * (1 - np.float32(rng.uniform(0.3, 0.85)) * edge)
    if rng.random() < 0.3:
        light = light + glow(rng, size, widths=(0.1, 0.5)) * np.float32(rng.uniform(0.05, 0.4))
    return solid(shade(base, light), "black" if base.mean() < 75 else "grey")


def solarcell(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a solar cell, in daylight or in electroluminescence: grains, fingers, busbars."""
    u = unit(size)
    glowing = rng.random() < 0.5
    poly = rng.random() < 0.55
    name = "grey" if glowing else choose(rng, ("blue", "black"))
    level = rng.uniform(85, 190)
    base = tinted(rng, level, tint=1.5)
    if not glowing:
        blue = (38.0, 62.0, 128.0) if name == "blue" else (30.0, 34.0, 48.0)
        base = np.asarray(blue, np.float32) * np.float32(rng.uniform(0.8, 1.4))
    light: Coverage = np.ones(size, np.float32)
    if poly:
        labels, _ = cells(rng, size, rng.uniform(7, 22), jitter=1.0)
        tone = per_index(rng, labels.astype(np.float32), sigma=rng.uniform(0.05, 0.16))
        blot = smooth_noise(rng, size, cells=(6, 14, 30), decay=0.8)
        dark = np.clip(blot - np.float32(rng.uniform(0.3, 1.5)), 0, 2) * np.float32(0.18)
        light = light + tone - (dark if glowing else 0)
    else:
        light = light + np.float32(rng.uniform(0.01, 0.06)) * smooth_noise(rng, size, cells=(2, 5))
    upright = bool(rng.integers(2))
    x, y = coordinates(size, angle=rng.normal(0, 0.01))
    across, along, span, reach = (x, y, size[1], size[0]) if upright else (y, x, size[0], size[1])
    pitch = max(2.5, rng.uniform(2.5, 6) * u)
    fingers = np.clip(np.cos(2 * np.pi * along / pitch) * 2 - 1, 0, 1)
    picture = shade(base, light)
    metal = tinted(rng, rng.uniform(15, 60) if glowing else rng.uniform(150, 220), tint=2.0)
    picture = blend(picture, metal, fingers * np.float32(rng.uniform(0.05, 0.35)))
    count = int(rng.integers(2, 6))
    thick = np.float32(max(0.7, rng.uniform(1, 3.2) * u))
    for bar in range(count):
        place = np.float32(span * (bar + 0.5) / count + rng.normal(0, 0.5 * u))
        coverage = np.clip(thick + np.float32(0.5) - np.abs(across - place), 0, 1)
        picture = blend(picture, metal, coverage * np.float32(rng.uniform(0.75, 1)))
    margin = np.minimum(
        np.minimum(across, span - across), np.minimum(along, reach - along)
    ) / np.float32(min(size))
    if rng.random() < 0.6:
        fall = np.clip(margin * np.float32(rng.uniform(5, 30)), 0, 1)
        picture = shade(picture, np.float32(0.55) + np.float32(0.45) * fall)
    if not poly and rng.random() < 0.6:
        corner = np.abs(x - size[1] / 2) / size[1] + np.abs(y - size[0] / 2) / size[0]
        cut = np.clip((corner - np.float32(rng.uniform(0.88, 0.97))) * min(size), 0, 1)
        picture = blend(picture, tinted(rng, choose(rng, (12.0, 230.0))), cut.astype(np.float32))
    return solid(shade(picture, grain(rng, size, sigma=0.6, strength=0.03)), name)


MINERAL: Mapping[str, Renderer] = {
    "tile": tile,
    "concrete": concrete,
    "marble": marble,
    "asphalt": asphalt,
    "brick": brick,
    "glass": glass,
    "ceramic": ceramic,
    "solarcell": solarcell,
}
