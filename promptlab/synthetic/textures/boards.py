"""Boards and floors of cork, wood and bamboo."""

import math
from collections.abc import Mapping

import cv2
import numpy as np
from jaxtyping import Float32, Int32

from promptlab.synthetic.canvas import (
    Coverage,
    Number,
    Picture,
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
    glow,
    grain,
    peak,
    per_index,
    ramp,
    sampled,
    shade,
    solid,
    streaks,
    unit,
    warped,
)
from promptlab.synthetic.textures.layouts import herringbone
from promptlab.synthetic.textures.timber import WOODS, timber

__all__ = ["BOARDS"]

_CORKS: Dyes = (
    ("beige", (200.0, 160.0, 112.0)),
    ("brown", (164.0, 118.0, 76.0)),
    ("brown", (96.0, 68.0, 50.0)),
)
_CANES: Dyes = (
    ("beige", (214.0, 186.0, 124.0)),
    ("yellow", (206.0, 172.0, 88.0)),
    ("brown", (140.0, 92.0, 52.0)),
    ("green", (136.0, 148.0, 78.0)),
)


def _strewn(
    rng: np.random.Generator, size: Size, count: int, *, length: Number, width: Number
) -> tuple[Int32[np.ndarray, "sliver 4 2"], Float32[np.ndarray, " sliver"]]:
    """Return the corners of ``count`` slivers thrown at random, and their directions."""
    angle = rng.uniform(0, math.pi, count).astype(np.float32)
    reach = float(length) / 2 * rng.uniform(0.55, 1.3, (count, 1))
    half = float(width) / 2 * rng.uniform(0.4, 1.5, (count, 1))
    taper = rng.uniform(0.6, 1.3, (count, 4)) * half
    skew = rng.uniform(0.8, 1.1, (count, 4)) * reach
    along, across = skew * (-1, 1, 1, -1), taper * (-1, -1, 1, 1)
    cosine, sine = np.cos(angle)[:, None], np.sin(angle)[:, None]
    centre = rng.uniform(-0.03, 1.03, (2, count, 1)) * np.reshape((size[1], size[0]), (2, 1, 1))
    corners = np.stack(
        [centre[0] + along * cosine - across * sine, centre[1] + along * sine + across * cosine],
        axis=-1,
    )
    return np.round(corners).astype(np.int32), angle


def cork(rng: np.random.Generator, size: Size) -> Rendered:
    """Render cork: pressed granules, fine or coarse, or slices of bark with short dark pores."""
    u = unit(size)
    name, base = dyed(rng, _CORKS)
    if rng.random() < 0.75:
        across = rng.uniform(14, 62)
        labels, borders = cells(rng, size, across, jitter=1.0)
        number = labels.astype(np.float32)
        seams = cv2.GaussianBlur(borders, (0, 0), max(0.6, 0.8 * u))
        dark = per_index(rng, number) > rng.uniform(0.9, 2.2)
        light = 1 + per_index(rng, number, sigma=rng.uniform(0.05, 0.13))
        light = light - np.float32(rng.uniform(0.15, 0.45)) * seams - dark * np.float32(0.28)
        light = warped(rng, light, cells=(int(across * 1.5),), amount=0.16 * min(size) / across)
    else:
        upright = bool(rng.integers(2))
        bands = streaks(rng, size, length=120 * u, width=6 * u, upright=upright)
        pores = streaks(rng, size, length=11 * u, width=3.5 * u, upright=not upright)
        light = 1 + np.float32(0.06) * bands
        light = light - np.float32(0.4) * np.clip(pores - np.float32(1.3), 0, 1)
        light = warped(rng, light, cells=(6, 20), amount=3 * u)
    specks = np.clip(white_noise(rng, size, sigma=max(0.6, 0.9 * u)) - np.float32(1.7), 0, 1)
    cloud = smooth_noise(rng, size, cells=(12, 50), decay=0.9) * np.float32(0.035)
    light = light + cloud - np.float32(rng.uniform(0.2, 0.6)) * specks
    picture = ramp(base * np.asarray([0.42, 0.32, 0.26], np.float32), base, np.clip(light, 0, 1.3))
    return solid(shade(picture, grain(rng, size, sigma=0.5, strength=0.035)), name)


def chipboard(rng: np.random.Generator, size: Size) -> Rendered:
    """Render chipboard: large flat strands pressed crosswise, or a mat of fine chips."""
    u = unit(size)
    name, base = dyed(rng, WOODS[:4])
    if rng.random() < 0.55:
        light = _oriented_strands(rng, size)
    else:
        layers = 26
        length = rng.uniform(5, 13) * u
        width = max(1.5, length * rng.uniform(0.2, 0.45))
        count = int(0.13 * size[0] * size[1] / (length * width))
        flat = np.full(size, 0.85, np.float32)
        for tone in rng.normal(1, rng.uniform(0.1, 0.17), layers):
            corners, _ = _strewn(rng, size, count, length=length, width=width)
            cv2.fillPoly(flat, list(corners), float(tone))
        light = cv2.GaussianBlur(flat, (0, 0), max(0.55, 0.6 * u))
        dust = smooth_noise(rng, size, cells=(5, 60), decay=0.9) * np.float32(0.03)
        light = light + dust
    picture = ramp(base * np.asarray([0.36, 0.27, 0.2], np.float32), base, np.clip(light, 0, 1.4))
    return solid(shade(picture, grain(rng, size, sigma=0.5, strength=0.035)), name)


def _oriented_strands(rng: np.random.Generator, size: Size) -> Coverage:
    """Return the brightness of overlapping wood strands, each with its own grain and shadow."""
    u = unit(size)
    length, width = rng.uniform(38, 85) * u, rng.uniform(9, 20) * u
    count = min(520, int(4.5 * size[0] * size[1] / (length * width)))
    corners, angle = _strewn(rng, size, count, length=length, width=width)
    tone = rng.normal(1, rng.uniform(0.07, 0.14), count)
    drawn = np.zeros((*size, 3), np.float32)
    drawn[..., 0] = 0.75
    for number in range(count):
        paint = (float(tone[number]), float(angle[number]), float(number + 1))
        cv2.fillConvexPoly(drawn, corners[number], paint)
    shades, direction, index = (np.ascontiguousarray(drawn[..., i]) for i in range(3))
    x, y = coordinates(size)
    cosine, sine = np.cos(direction), np.sin(direction)
    fibre = timber(rng, size, y * cosine - x * sine, x * cosine + y * sine, rng.uniform(0.05, 0.1))
    # The strand on top has the higher number: its edge throws a shadow on one side only.
    shadow = np.clip(cv2.Sobel(index, cv2.CV_32F, 1, 1, ksize=3), 0, 1)
    shadow = cv2.GaussianBlur(shadow, (0, 0), max(0.6, 0.8 * u))
    flat = cv2.GaussianBlur(shades, (0, 0), max(0.5, 0.5 * u))
    light: Coverage = flat * fibre - np.float32(rng.uniform(0.15, 0.4)) * shadow
    return light


def plywood(rng: np.random.Generator, size: Size) -> Rendered:
    """Render plywood: a peeled face veneer with flame figure, or the stacked plies of its edge."""
    name, base = dyed(rng, WOODS)
    upright = bool(rng.integers(2))
    x, y = coordinates(size, angle=rng.normal(0, 0.02) + (0 if upright else math.pi / 2))
    if rng.random() < 0.65:
        # Contour lines of a field that is long along the grain look like a peeled log.
        stretch = rng.uniform(0.14, 0.35)
        plain = smooth_noise(rng, size, cells=(2, 4, 8), decay=0.33)
        figure = sampled(plain, x + size[1], y * np.float32(stretch) + size[0])
        phase = figure * np.float32(rng.uniform(2.0, 6.5))
        late = fraction(phase + np.float32(0.05) * smooth_noise(rng, size, cells=(12,)))
        lines = np.exp((late - 1) / np.float32(rng.uniform(0.12, 0.4)))
        light = 1 - np.float32(rng.uniform(0.07, 0.26)) * lines
        light = light * timber(rng, size, x, y, rng.uniform(0.02, 0.06))
    else:
        light = _plies(rng, size, x, y)
    picture = ramp(base * np.asarray([0.5, 0.38, 0.3], np.float32), base, np.clip(light, 0, 1.3))
    slow = 1 + np.float32(0.03) * smooth_noise(rng, size, cells=(2, 4))
    return solid(shade(picture, slow * grain(rng, size, sigma=0.5, strength=0.02)), name)


def _plies(rng: np.random.Generator, size: Size, across: Coverage, along: Coverage) -> Coverage:
    """Return the brightness of a board's edge: long-grained and end-grained plies in turn."""
    u = unit(size)
    thick = rng.uniform(9, 30) * u
    waves = smooth_noise(rng, size, cells=(1, 3)) * np.float32(0.5 * u)
    layer = (across + waves) / np.float32(thick) + np.float32(rng.uniform(0, 2) + 100)
    number = np.floor(layer)
    end = np.mod(number, 2)
    pores = white_noise(rng, size, sigma=max(0.6, 0.8 * u)) * np.float32(rng.uniform(0.04, 0.1))
    long_grain = timber(rng, size, across + number * np.float32(37 * u), along, 0.06)
    light = np.where(end > 0, np.float32(rng.uniform(0.68, 0.88)) + pores, long_grain)
    light = light + per_index(rng, number, sigma=0.04)
    glue = np.clip(np.float32(max(0.8, u)) - edge_distance(layer, thick), 0, 1)
    joined: Coverage = light * (1 - np.float32(rng.uniform(0.2, 0.5)) * glue)
    return joined


def bamboo(rng: np.random.Generator, size: Size) -> Rendered:
    """Render bamboo: a fence of round canes, a stitched mat of slats, or a pressed panel."""
    u = unit(size)
    name, base = dyed(rng, _CANES)
    kind = rng.random()
    pitch = (rng.uniform(17, 46) if kind < 0.35 else rng.uniform(6, 20)) * u
    turn = 0 if rng.random() < 0.6 else math.pi / 2
    x, y = coordinates(size, angle=rng.normal(0, 0.02) + turn)
    strip = x / np.float32(pitch) + np.float32(200 + rng.uniform())
    number = np.floor(strip)
    middle = (fraction(strip) - np.float32(0.5)) * 2
    tone = 1 + per_index(rng, number, sigma=rng.uniform(0.03, 0.12))
    light = tone * timber(
        rng, size, x + number * np.float32(23 * u), y + per_index(rng, number, sigma=90 * u), 0.05
    )
    # Nodes: every cane has its own distance between them and its own first one.
    gap = np.float32(rng.uniform(50, 110) * u) * (1 + per_index(rng, number, sigma=0.08))
    node = y / gap + per_index(rng, number, sigma=3.0)
    off = (fraction(node) - np.float32(0.5)) * gap
    wide = np.float32(max(1.0, rng.uniform(1.2, 2.6) * u))
    ring = peak(off, 0, wide)
    lip = peak(off, 2 * wide, wide)
    light = light - np.float32(rng.uniform(0.15, 0.4)) * ring + np.float32(0.12) * lip
    if kind < 0.7:
        power = 2 if kind < 0.35 else 6
        light = light * (1 - np.float32(0.62) * np.abs(middle) ** power)
        sheen = peak(middle, -rng.uniform(-0.4, 0.4), 0.25)
        light = light + np.float32(rng.uniform(0, 0.18)) * sheen
    joint = np.clip(np.float32(max(0.9, u)) - edge_distance(strip, pitch), 0, 1)
    light = light * (1 - np.float32(0.7 if kind < 0.7 else 0.3) * joint)
    picture = ramp(base * np.asarray([0.3, 0.24, 0.18], np.float32), base, np.clip(light, 0, 1.3))
    if 0.35 < kind < 0.7:
        picture = _stitched(rng, picture, strip, y)
    return solid(shade(picture, grain(rng, size, sigma=0.5, strength=0.025)), name)


def _stitched(rng: np.random.Generator, picture: Picture, strip: Coverage, y: Coverage) -> Picture:
    """Return a mat with the threads that tie its slats, going over and under them."""
    u = unit(picture.shape[:2])
    step = rng.uniform(45, 120) * u
    thick = np.float32(max(1.0, rng.uniform(1.0, 2.2) * u))
    row = y / np.float32(step) + np.float32(rng.uniform())
    off = edge_distance(row, step)
    over = np.clip(np.sin(np.pi * strip) * 4, -1, 1) * np.float32(0.5) + np.float32(0.5)
    alpha = np.clip(thick + np.float32(0.5) - off, 0, 1) * over
    return blend(picture, pick_colour(rng, ("white", "beige", "black", "brown"))[1], alpha)


def parquet(rng: np.random.Generator, size: Size) -> Rendered:
    """Render parquet: herringbone, staggered strips, or squares of strips turned in turn."""
    u = unit(size)
    name, base = dyed(rng, WOODS)
    width = rng.uniform(12, 34) * u
    kind = rng.random()
    angle = (math.pi / 4 if kind < 0.45 else choose(rng, (0.0, math.pi / 2))) + rng.normal(0, 0.03)
    x, y = coordinates(size, angle=angle)
    x, y = x + np.float32(rng.uniform(0, 200) * u), y + np.float32(rng.uniform(0, 200) * u)
    if kind < 0.45:
        across, along, edge, number = herringbone(x, y, width=width, ratio=int(rng.integers(3, 7)))
    elif kind < 0.75:
        length = width * rng.uniform(4, 9)
        column = np.floor(x / width)
        joint = y / np.float32(length) + per_index(rng, column, sigma=2.0)
        edge = np.minimum(edge_distance(x / width, width), edge_distance(joint, length))
        across, along, number = x, y, column * 31 + np.floor(joint)
    else:
        strips = int(rng.integers(3, 7))
        block = np.float32(max(36 * u, width * strips * 0.7))
        turned = np.mod(np.floor(x / block) + np.floor(y / block), 2) > 0
        across, along = np.where(turned, y, x), np.where(turned, x, y)
        slat = across * np.float32(strips) / block
        edge = np.minimum(edge_distance(slat, block / strips), edge_distance(along / block, block))
        number = np.floor(slat) * 31 + np.floor(along / block)
    shift = per_index(rng, number, sigma=80 * u)
    light = timber(rng, size, across + shift, along - shift, rng.uniform(0.05, 0.13))
    light = light + per_index(rng, number, sigma=rng.uniform(0.04, 0.13))
    joint = np.clip(np.float32(max(0.8, rng.uniform(0.8, 1.5) * u)) - edge, 0, 1)
    light = light * (1 - np.float32(rng.uniform(0.35, 0.75)) * joint)
    picture = ramp(base * np.asarray([0.34, 0.25, 0.18], np.float32), base, np.clip(light, 0, 1.35))
    gloss = glow(rng, size, widths=(0.15, 0.5)) * np.float32(max(0.0, rng.uniform(-20, 35)))
    return solid(
        shade(picture, grain(rng, size, sigma=0.5, strength=0.02)) + gloss[..., None], name
    )


BOARDS: Mapping[str, Renderer] = {
    "cork": cork,
    "chipboard": chipboard,
    "plywood": plywood,
    "bamboo": bamboo,
    "parquet": parquet,
}
