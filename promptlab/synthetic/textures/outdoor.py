"""Walls, roofs and grounds out of doors: plaster, shingles, paving, turf."""

import math
from collections.abc import Mapping

import cv2
import numpy as np
from jaxtyping import Float32

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
    Dyes,
    cells,
    choose,
    dyed,
    edge_distance,
    fraction,
    grain,
    hillshade,
    per_index,
    ramp,
    sampled,
    shade,
    solid,
    spread,
    streaks,
    unit,
    warped,
)
from promptlab.synthetic.textures.layouts import herringbone
from promptlab.synthetic.textures.timber import WOODS, timber

__all__ = ["OUTDOOR"]

_PAVING: Dyes = (
    ("grey", (132.0, 132.0, 134.0)),
    ("grey", (164.0, 162.0, 156.0)),
    ("black", (62.0, 62.0, 66.0)),
    ("beige", (182.0, 164.0, 134.0)),
    ("brown", (128.0, 98.0, 78.0)),
    ("red", (150.0, 84.0, 70.0)),
)
_GRASSES: Dyes = (
    ("green", (66.0, 124.0, 50.0)),
    ("green", (86.0, 142.0, 58.0)),
    ("green", (42.0, 96.0, 48.0)),
    ("blue", (48.0, 92.0, 158.0)),
    ("brown", (146.0, 120.0, 76.0)),
)


def _lookup(table: Float32[np.ndarray, " entry"], index: Coverage) -> Coverage:
    """Return one value of ``table`` per whole number, always the same for the same number."""
    values: Coverage = table[np.mod(index.astype(np.int32), len(table))]
    return values


def plaster(rng: np.random.Generator, size: Size) -> Rendered:
    """Render plaster: sprayed grit, pressed-down splashes, trowel sweeps, or rubbed grooves."""
    u = unit(size)
    name, base = pick_colour(
        rng, ("white", "white", "beige", "beige", "yellow", "grey", "orange", "pink", "blue")
    )
    base = base * np.float32(0.55) + np.float32(92)
    kind = rng.random()
    if kind < 0.35:
        grit = white_noise(rng, size, sigma=rng.uniform(1.2, 3.4) * max(u, 0.5))
        height = np.maximum(grit, np.float32(-0.4)) * np.float32(rng.uniform(1.0, 2.0) * u)
    elif kind < 0.6:
        splash = smooth_noise(rng, size, cells=(9, 18, 36), decay=0.8)
        height = np.clip((splash - np.float32(rng.uniform(-0.2, 0.5))) * 3, 0, 1)
        height = cv2.GaussianBlur(height, (0, 0), max(0.6, u)) * np.float32(3.0 * u)
    elif kind < 0.8:
        labels, _ = cells(rng, size, rng.uniform(4, 8), jitter=1.0)
        turn = per_index(rng, labels.astype(np.float32), sigma=1.5)
        x, y = coordinates(size)
        bow = smooth_noise(rng, size, cells=(3, 6)) * np.float32(8 * u)
        ridges = streaks(rng, size, length=70 * u, width=rng.uniform(3, 6) * u, upright=False)
        along, across = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
        height = sampled(ridges, along, across + bow) * np.float32(1.1 * u)
        height = cv2.GaussianBlur(height, (0, 0), max(0.8, 1.2 * u))
    else:
        grooves = streaks(
            rng, size, length=rng.uniform(8, 18) * u, width=2.6 * u, upright=bool(rng.integers(2))
        )
        grooves = warped(rng, grooves, cells=(8, 20), amount=2 * u)
        height = -np.clip(grooves - np.float32(rng.uniform(0, 0.8)), 0, 1) * np.float32(2.2 * u)
    fine = white_noise(rng, size, sigma=max(0.6, 0.8 * u)) * np.float32(rng.uniform(0.05, 0.25))
    light = hillshade(height + fine, gain=rng.uniform(0.35, 0.9), light=rng.uniform(0, 2 * math.pi))
    slow = np.float32(rng.uniform(0.01, 0.05)) * smooth_noise(rng, size, cells=(2, 4))
    # Hollows get less of the sky's light than bumps.
    hollow = np.float32(0.06) * (height / np.float32(u) - (height / np.float32(u)).mean())
    return solid(shade(base, light + slow + np.clip(hollow, -0.25, 0.12)), name)


def shingles(rng: np.random.Generator, size: Size) -> Rendered:
    """Render roof shingles: rows of bitumen tabs, wooden shakes or rounded scales."""
    u = unit(size)
    kind = choose(rng, ("bitumen", "shake", "scale"))
    bitumen = ("grey", "black", "brown", "red", "green", "blue")
    name, base = dyed(rng, WOODS[2:]) if kind == "shake" else pick_colour(rng, bitumen)
    if kind != "shake":
        # Mineral granules are dull: half of the colour, half of its grey.
        base = base * np.float32(0.55) + base.mean() * np.float32(0.45)
    rise = rng.uniform(24, 50) * u
    wide = rise * (rng.uniform(0.5, 1.3) if kind == "shake" else rng.uniform(0.8, 1.7))
    x, y = coordinates(size, angle=rng.normal(0, 0.025))
    # From here in tabs and rows; 40 keeps their numbers positive in a turned picture.
    x = x / np.float32(wide) + np.float32(40 + rng.uniform())
    y = y / np.float32(rise) + np.float32(40 + rng.uniform())
    loose = {"bitumen": 0.0, "shake": 0.35, "scale": 0.02}[kind]
    # Drawn once for 1024 tabs, as a tab is looked up for its own row and for the row below.
    cuts = (0.5 + loose * rng.uniform(-1, 1, 1024)).astype(np.float32)
    drops = (loose * rng.uniform(0, 0.3, 1024)).astype(np.float32)
    curve = np.float32(rng.uniform(0.35, 0.6) if kind == "scale" else 0.0)

    def tab(row: Coverage) -> tuple[Coverage, Coverage, Coverage]:
        """Return each pixel's distance to the next gap, tab number and lower edge in ``row``."""
        place = x + np.mod(row, 2) * np.float32(0.5)
        cell = np.floor(place)
        off = place - cell - _lookup(cuts, cell * 17 + row * 131)
        number = (cell + (off > 0)) * 29 + row * 173
        gap = np.abs(off)
        bow = np.clip(1 - 2 * np.minimum(gap, 0.5), 0, 1) ** 2
        return gap, number, 1 - curve * bow - _lookup(drops, number)

    row = np.floor(y)
    row = row + (y - row > tab(row)[2])
    gap, number, _ = tab(row)
    below = (y - row + 1 - tab(row - 1)[2]) * np.float32(rise)
    tone = per_index(rng, number, sigma=rng.uniform(0.04, 0.14))
    if kind == "shake":
        light = timber(rng, size, x * wide + number * 11, y * rise + number * 5, 0.11)
    else:
        light = grain(rng, size, sigma=max(0.5, 0.7 * u), strength=rng.uniform(0.03, 0.14))
    slit = np.clip(np.float32(max(0.9, rng.uniform(1, 2) * u)) - gap * np.float32(wide), 0, 1)
    shadow = np.exp(-below / np.float32(rng.uniform(2, 5) * u))
    light = (light + tone) * (1 - np.float32(0.6) * shadow) * (1 - np.float32(0.6) * slit)
    slope = 1 + np.float32(rng.uniform(0, 0.2)) * (below / np.float32(rise) - np.float32(0.5))
    return solid(shade(base * np.float32(0.9) + 8, light * slope), name)


def cobblestone(rng: np.random.Generator, size: Size) -> Rendered:
    """Render paving: round field stones, rows or arcs of cut stones, or a herringbone of pavers."""
    u = unit(size)
    name, base = dyed(rng, _PAVING)
    kind = rng.random()
    warp_x = smooth_noise(rng, size, cells=(10, 22)) * np.float32(1.1 * u)
    warp_y = smooth_noise(rng, size, cells=(10, 22)) * np.float32(1.1 * u)
    if kind < 0.35:
        labels, borders = cells(rng, size, rng.uniform(5, 12), jitter=rng.uniform(0.5, 0.8))
        free = (1 - borders).astype(np.uint8)
        edge = cv2.distanceTransform(free, cv2.DIST_L2, cv2.DIST_MASK_5)
        edge = cv2.GaussianBlur(edge, (0, 0), max(0.7, 1.6 * u)) + np.float32(0.5) * warp_x
        number = labels.astype(np.float32)
    elif kind < 0.8:
        edge, number = _setts(rng, size, warp_x, warp_y)
    else:
        x, y = coordinates(size, angle=choose(rng, (0.0, math.pi / 4)) + rng.normal(0, 0.03))
        _, _, edge, number = herringbone(x, y, width=rng.uniform(17, 34) * u, ratio=2)
    gap = rng.uniform(1.0, 2.6) * u
    face = np.clip((edge - np.float32(gap)) / np.float32(max(1.0, 1.2 * u)), 0, 1)
    round_off = (rng.uniform(2.5, 9) if kind < 0.8 else 1.5) * u
    rough = smooth_noise(rng, size, cells=(14, 34, 70), decay=0.8)
    height = np.float32(round_off) * (1 - np.exp(-np.maximum(edge, 0) / np.float32(round_off)))
    dome = cv2.GaussianBlur(height, (0, 0), max(0.7, 0.4 * round_off))
    dome = dome + rough * np.float32(rng.uniform(0.1, 0.4) * u)
    light = hillshade(dome, gain=rng.uniform(0.35, 0.7), light=rng.uniform(0, 2 * math.pi))
    light = light + per_index(rng, number, sigma=rng.uniform(0.05, 0.16))
    dyes = (
        ("grey", (84.0, 80.0, 74.0)),
        ("beige", (150.0, 134.0, 108.0)),
        ("green", (72.0, 82.0, 50.0)),
    )
    sand = shade(dyed(rng, dyes)[1], grain(rng, size, sigma=max(0.5, 0.7 * u), strength=0.14))
    picture = blend(sand, shade(base, np.clip(light, 0.3, 1.6)), face)
    return solid(shade(picture, grain(rng, size, sigma=0.5, strength=0.06)), name)


def _setts(
    rng: np.random.Generator, size: Size, warp_x: Coverage, warp_y: Coverage
) -> tuple[Coverage, Coverage]:
    """Return the distance to the edge and the number of cut stones laid in rows or arcs."""
    u = unit(size)
    rise, wide = rng.uniform(17, 34) * u, rng.uniform(18, 40) * u
    x, y = coordinates(size, angle=choose(rng, (0.0, math.pi / 2)) + rng.normal(0, 0.04))
    if rng.random() < 0.45:
        span = rng.uniform(110, 190) * u
        fold = fraction(x / np.float32(span) + np.float32(rng.uniform())) - np.float32(0.5)
        y = y + np.float32(span * rng.uniform(0.9, 1.6)) * fold * fold
    y = (y + warp_y) / np.float32(rise) + np.float32(60)
    row = np.floor(y)
    place = (x + warp_x) / np.float32(wide) + per_index(rng, row, sigma=1.0) + np.float32(60)
    cell = np.floor(place)
    # One joint in each step of a row, anywhere in its middle: the stones differ in length.
    cuts = rng.uniform(0.3, 0.7, 1024).astype(np.float32)
    off = place - cell - _lookup(cuts, cell * 17 + row * 131)
    beside, above = np.abs(off) * np.float32(wide), edge_distance(y, rise)
    # Below the smaller of the two, most so in the corners: these become round.
    edge = 1 / np.sqrt(1 / (beside + np.float32(0.1)) ** 2 + 1 / (above + np.float32(0.1)) ** 2)
    return edge, (cell + (off > 0)) * 29 + row * 173


def turf(rng: np.random.Generator, size: Size) -> Rendered:
    """Render artificial turf: layered plastic blades, short or long, with thatch or grit."""
    u = unit(size)
    name, base = dyed(rng, choose(rng, (_GRASSES[:3], _GRASSES[:3], _GRASSES)))
    length = rng.uniform(7, 26) * u
    thick = max(1, round(rng.uniform(1.0, 2.2) * u))
    layers = 14
    count = int(min(330 * max(1.0, u), 0.28 * size[0] * size[1] / (length * thick)))
    ground = shade(base * np.float32(0.28), grain(rng, size, sigma=1.0 * u, strength=0.2))
    drawn = np.clip(ground, 0, 255).astype(np.uint8)
    lean, unruly = rng.uniform(0, 2 * math.pi), rng.uniform(0.4, 1.6)
    second = np.clip(base * rng.uniform(0.75, 1.25) + rng.normal(0, 10, 3), 5, 250)
    dead = np.asarray([168, 150, 96], np.float32) if rng.random() < 0.4 else base
    for layer in range(layers):
        root = rng.uniform(-0.04, 1.04, (count, 2)) * (size[1], size[0])
        angle = lean + rng.normal(0, unruly, count)
        bent = angle + rng.normal(0, 0.5, count)
        reach = (length / 2 * rng.uniform(0.5, 1.3, count))[:, None]
        middle = root + reach * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        tip = middle + reach * np.stack([np.cos(bent), np.sin(bent)], axis=1)
        blades = np.round(np.stack([root, middle, tip], axis=1)).astype(np.int32)
        paint = choose(rng, (base, base, base, second, dead if layer < layers // 2 else second))
        # Lower blades lie in the shadow of those drawn after them.
        tone = (0.5 + 0.6 * layer / layers) * rng.uniform(0.85, 1.2)
        ink = tuple(float(v) for v in np.clip(paint * tone, 0, 255))
        cv2.polylines(drawn, list(blades), False, ink, thick)
    picture = cv2.GaussianBlur(drawn.astype(np.float32), (0, 0), max(0.5, 0.5 * u))
    if rng.random() < 0.25:
        x, _ = coordinates(size, angle=rng.uniform(0, math.pi), centre=(size[1] / 2, size[0] / 2))
        half = rng.uniform(14, 34) * u
        line = np.clip((np.float32(half) - np.abs(x)) / np.float32(2 * u), 0, 1)
        grey = spread(picture.mean(axis=2))
        picture = blend(picture, ramp((120.0, 120.0, 116.0), (244.0, 243.0, 238.0), grey), line)
    slow = 1 + np.float32(rng.uniform(0.02, 0.07)) * smooth_noise(rng, size, cells=(2, 5))
    return solid(shade(picture, slow * grain(rng, size, sigma=0.5, strength=0.03)), name)


OUTDOOR: Mapping[str, Renderer] = {
    "plaster": plaster,
    "shingles": shingles,
    "cobblestone": cobblestone,
    "turf": turf,
}
