"""Boards, stone slabs, renders, roofs and floors: flat materials that buildings are made of."""

import math
from collections.abc import Mapping, Sequence
from typing import TypeAlias

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
    Renderer,
    Size,
    blend,
    coordinates,
    pick_colour,
    smooth_noise,
    white_noise,
)
from promptlab.synthetic.fields import (
    cells,
    choose,
    fraction,
    glow,
    grain,
    per_index,
    ramp,
    shade,
    solid,
    spread,
    streaks,
    tinted,
    unit,
)

__all__ = ["BUILDING"]

Field: TypeAlias = Float32[np.ndarray, "height width *channels"]
Dyes: TypeAlias = Sequence[tuple[str, RGB]]

_CORKS: Dyes = (
    ("beige", (200.0, 160.0, 112.0)),
    ("brown", (164.0, 118.0, 76.0)),
    ("brown", (96.0, 68.0, 50.0)),
)
_WOODS: Dyes = (
    ("beige", (216.0, 184.0, 138.0)),
    ("beige", (204.0, 168.0, 118.0)),
    ("orange", (196.0, 138.0, 82.0)),
    ("brown", (150.0, 100.0, 64.0)),
    ("brown", (104.0, 70.0, 48.0)),
    ("grey", (150.0, 140.0, 128.0)),
)
_CANES: Dyes = (
    ("beige", (214.0, 186.0, 124.0)),
    ("yellow", (206.0, 172.0, 88.0)),
    ("brown", (140.0, 92.0, 52.0)),
    ("green", (136.0, 148.0, 78.0)),
)
_GRANITES: Dyes = (
    ("grey", (150.0, 150.0, 150.0)),
    ("white", (206.0, 204.0, 198.0)),
    ("black", (52.0, 52.0, 55.0)),
    ("pink", (186.0, 140.0, 126.0)),
    ("beige", (196.0, 174.0, 142.0)),
    ("brown", (124.0, 88.0, 72.0)),
)
_SLATES: Dyes = (
    ("grey", (98.0, 102.0, 108.0)),
    ("black", (54.0, 57.0, 62.0)),
    ("blue", (76.0, 90.0, 112.0)),
    ("green", (92.0, 106.0, 94.0)),
    ("purple", (102.0, 86.0, 98.0)),
    ("brown", (122.0, 98.0, 78.0)),
)
_TRAVERTINES: Dyes = (
    ("beige", (214.0, 194.0, 160.0)),
    ("beige", (226.0, 212.0, 188.0)),
    ("white", (226.0, 222.0, 212.0)),
    ("brown", (164.0, 128.0, 94.0)),
    ("grey", (172.0, 166.0, 158.0)),
)
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


def _dyed(rng: np.random.Generator, dyes: Dyes) -> tuple[str, Colour]:
    """Return the name of one of ``dyes`` and its colour, jittered."""
    name, rgb = choose(rng, dyes)
    # Neutral stuff shifts its hue less: one sees a lavender grey at once.
    hue = 1.5 if max(rgb) - min(rgb) < 20 else 3.5
    jittered = np.asarray(rgb) * rng.normal(1, 0.07) + rng.normal(0, hue, 3)
    return name, np.clip(jittered, 8, 248).astype(np.float32)


def _lit(height: Coverage, *, gain: Number, light: Number) -> Coverage:
    """Return the shading of a height field in pixels: 1 where level, brighter towards ``light``."""
    # Sobel's 3x3 kernel sums 8 unit differences.
    slope_x = cv2.Sobel(height, cv2.CV_32F, 1, 0, scale=1 / 8)
    slope_y = cv2.Sobel(height, cv2.CV_32F, 0, 1, scale=1 / 8)
    towards = slope_x * np.float32(math.cos(light)) + slope_y * np.float32(math.sin(light))
    return np.float32(1) - np.clip(np.float32(gain) * towards, -0.6, 0.6)


def _sampled(field: Coverage, x: Coverage, y: Coverage) -> Coverage:
    """Return ``field`` read at other places; mirrored beyond its edges."""
    read: Coverage = cv2.remap(
        field, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REFLECT,
    )  # fmt: skip
    return read


def _warped(
    rng: np.random.Generator, field: Field, *, cells: Sequence[int], amount: Number
) -> Field:
    """Return a picture or a brightness with every place moved smoothly by ``amount`` pixels."""
    size = field.shape[0], field.shape[1]
    x, y = coordinates(size)
    x = x + np.float32(amount) * smooth_noise(rng, size, cells=cells)
    y = y + np.float32(amount) * smooth_noise(rng, size, cells=cells)
    moved: Field = cv2.remap(field, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return moved


def _timber(
    rng: np.random.Generator, size: Size, across: Coverage, along: Coverage, strength: Number
) -> Coverage:
    """Return the brightness of straight-grained wood, given each pixel's place in its board."""
    u = unit(size)
    sheet = np.float32(0.5) * streaks(rng, size, length=240 * u, width=5 * u, upright=True)
    sheet += np.float32(0.35) * streaks(rng, size, length=45 * u, width=1.3, upright=True)
    pores = streaks(rng, size, length=9 * u, width=1.4, upright=True)
    sheet -= np.float32(0.8) * np.clip(pores - np.float32(1.5), 0, 1)
    return np.float32(1) + np.float32(strength) * _sampled(sheet, across, along)


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


def _lookup(table: Float32[np.ndarray, " entry"], index: Coverage) -> Coverage:
    """Return one value of ``table`` per whole number, always the same for the same number."""
    values: Coverage = table[np.mod(index.astype(np.int32), len(table))]
    return values


def _edge_distance(field: Coverage, pitch: Number) -> Coverage:
    """Return the distance in pixels to the nearest whole number of ``field``."""
    return (np.float32(0.5) - np.abs(fraction(field) - np.float32(0.5))) * np.float32(pitch)


def _herringbone(
    x: Coverage, y: Coverage, *, width: Number, ratio: int
) -> tuple[Coverage, Coverage, Coverage, Coverage]:
    """Lay boards ``ratio`` times as long as wide in a herringbone.

    Returns the place across and along each board, the distance to its edge (all in pixels), and
    its number.
    """
    x, y = x / np.float32(width), y / np.float32(width)
    column, row = np.floor(x), np.floor(y)
    step = np.mod(column - row, 2 * ratio)
    level = step < ratio
    place = np.where(level, step, 2 * ratio - 1 - step)
    along = place + np.where(level, x - column, y - row)
    across = np.where(level, y - row, x - column)
    start = np.where(level, (column - place) * 31 + row * 7, column * 13 + (row - place) * 57 + 3)
    edge = np.minimum(np.minimum(across, 1 - across), np.minimum(along, ratio - along))
    scale = np.float32(width)
    return across * scale, along * scale, edge * scale, start


def cork(rng: np.random.Generator, size: Size) -> Rendered:
    """Render cork: pressed granules, fine or coarse, or slices of bark with short dark pores."""
    u = unit(size)
    name, base = _dyed(rng, _CORKS)
    if rng.random() < 0.75:
        across = rng.uniform(14, 62)
        labels, borders = cells(rng, size, across, jitter=1.0)
        number = labels.astype(np.float32)
        seams = cv2.GaussianBlur(borders, (0, 0), max(0.6, 0.8 * u))
        dark = per_index(rng, number) > rng.uniform(0.9, 2.2)
        light = 1 + per_index(rng, number, sigma=rng.uniform(0.05, 0.13))
        light = light - np.float32(rng.uniform(0.15, 0.45)) * seams - dark * np.float32(0.28)
        light = _warped(rng, light, cells=(int(across * 1.5),), amount=0.16 * min(size) / across)
    else:
        upright = bool(rng.integers(2))
        bands = streaks(rng, size, length=120 * u, width=6 * u, upright=upright)
        pores = streaks(rng, size, length=11 * u, width=3.5 * u, upright=not upright)
        light = 1 + np.float32(0.06) * bands
        light = light - np.float32(0.4) * np.clip(pores - np.float32(1.3), 0, 1)
        light = _warped(rng, light, cells=(6, 20), amount=3 * u)
    specks = np.clip(white_noise(rng, size, sigma=max(0.6, 0.9 * u)) - np.float32(1.7), 0, 1)
    cloud = smooth_noise(rng, size, cells=(12, 50), decay=0.9) * np.float32(0.035)
    light = light + cloud - np.float32(rng.uniform(0.2, 0.6)) * specks
    picture = ramp(base * np.asarray([0.42, 0.32, 0.26], np.float32), base, np.clip(light, 0, 1.3))
    return solid(shade(picture, grain(rng, size, sigma=0.5, strength=0.035)), name)


def chipboard(rng: np.random.Generator, size: Size) -> Rendered:
    """Render chipboard: large flat strands pressed crosswise, or a mat of fine chips."""
    u = unit(size)
    name, base = _dyed(rng, _WOODS[:4])
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
    fibre = _timber(rng, size, y * cosine - x * sine, x * cosine + y * sine, rng.uniform(0.05, 0.1))
    # The strand on top has the higher number: its edge throws a shadow on one side only.
    shadow = np.clip(cv2.Sobel(index, cv2.CV_32F, 1, 1, ksize=3), 0, 1)
    shadow = cv2.GaussianBlur(shadow, (0, 0), max(0.6, 0.8 * u))
    flat = cv2.GaussianBlur(shades, (0, 0), max(0.5, 0.5 * u))
    light: Coverage = flat * fibre - np.float32(rng.uniform(0.15, 0.4)) * shadow
    return light


def plywood(rng: np.random.Generator, size: Size) -> Rendered:
    """Render plywood: a peeled face veneer with flame figure, or the stacked plies of its edge."""
    name, base = _dyed(rng, _WOODS)
    upright = bool(rng.integers(2))
    x, y = coordinates(size, angle=rng.normal(0, 0.02) + (0 if upright else math.pi / 2))
    if rng.random() < 0.65:
        # Contour lines of a field that is long along the grain look like a peeled log.
        stretch = rng.uniform(0.14, 0.35)
        plain = smooth_noise(rng, size, cells=(2, 4, 8), decay=0.33)
        figure = _sampled(plain, x + size[1], y * np.float32(stretch) + size[0])
        phase = figure * np.float32(rng.uniform(2.0, 6.5))
        late = fraction(phase + np.float32(0.05) * smooth_noise(rng, size, cells=(12,)))
        lines = np.exp((late - 1) / np.float32(rng.uniform(0.12, 0.4)))
        light = 1 - np.float32(rng.uniform(0.07, 0.26)) * lines
        light = light * _timber(rng, size, x, y, rng.uniform(0.02, 0.06))
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
    long_grain = _timber(rng, size, across + number * np.float32(37 * u), along, 0.06)
    light = np.where(end > 0, np.float32(rng.uniform(0.68, 0.88)) + pores, long_grain)
    light = light + per_index(rng, number, sigma=0.04)
    glue = np.clip(np.float32(max(0.8, u)) - _edge_distance(layer, thick), 0, 1)
    joined: Coverage = light * (1 - np.float32(rng.uniform(0.2, 0.5)) * glue)
    return joined


def bamboo(rng: np.random.Generator, size: Size) -> Rendered:
    """Render bamboo: a fence of round canes, a stitched mat of slats, or a pressed panel."""
    u = unit(size)
    name, base = _dyed(rng, _CANES)
    kind = rng.random()
    pitch = (rng.uniform(17, 46) if kind < 0.35 else rng.uniform(6, 20)) * u
    turn = 0 if rng.random() < 0.6 else math.pi / 2
    x, y = coordinates(size, angle=rng.normal(0, 0.02) + turn)
    strip = x / np.float32(pitch) + np.float32(200 + rng.uniform())
    number = np.floor(strip)
    middle = (fraction(strip) - np.float32(0.5)) * 2
    tone = 1 + per_index(rng, number, sigma=rng.uniform(0.03, 0.12))
    light = tone * _timber(
        rng, size, x + number * np.float32(23 * u), y + per_index(rng, number, sigma=90 * u), 0.05
    )
    # Nodes: every cane has its own distance between them and its own first one.
    gap = np.float32(rng.uniform(50, 110) * u) * (1 + per_index(rng, number, sigma=0.08))
    node = y / gap + per_index(rng, number, sigma=3.0)
    off = (fraction(node) - np.float32(0.5)) * gap
    wide = np.float32(max(1.0, rng.uniform(1.2, 2.6) * u))
    ring = np.exp(-((off / wide) ** 2))
    lip = np.exp(-(((off - 2 * wide) / wide) ** 2))
    light = light - np.float32(rng.uniform(0.15, 0.4)) * ring + np.float32(0.12) * lip
    if kind < 0.7:
        power = 2 if kind < 0.35 else 6
        light = light * (1 - np.float32(0.62) * np.abs(middle) ** power)
        sheen = np.exp(-(((middle + np.float32(rng.uniform(-0.4, 0.4))) / np.float32(0.25)) ** 2))
        light = light + np.float32(rng.uniform(0, 0.18)) * sheen
    joint = np.clip(np.float32(max(0.9, u)) - _edge_distance(strip, pitch), 0, 1)
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
    off = _edge_distance(row, step)
    over = np.clip(np.sin(np.pi * strip) * 4, -1, 1) * np.float32(0.5) + np.float32(0.5)
    alpha = np.clip(thick + np.float32(0.5) - off, 0, 1) * over
    return blend(picture, pick_colour(rng, ("white", "beige", "black", "brown"))[1], alpha)


def parquet(rng: np.random.Generator, size: Size) -> Rendered:
    """Render parquet: herringbone, staggered strips, or squares of strips turned in turn."""
    u = unit(size)
    name, base = _dyed(rng, _WOODS)
    width = rng.uniform(12, 34) * u
    kind = rng.random()
    angle = (math.pi / 4 if kind < 0.45 else choose(rng, (0.0, math.pi / 2))) + rng.normal(0, 0.03)
    x, y = coordinates(size, angle=angle)
    x, y = x + np.float32(rng.uniform(0, 200) * u), y + np.float32(rng.uniform(0, 200) * u)
    if kind < 0.45:
        across, along, edge, number = _herringbone(x, y, width=width, ratio=int(rng.integers(3, 7)))
    elif kind < 0.75:
        length = width * rng.uniform(4, 9)
        column = np.floor(x / width)
        joint = y / np.float32(length) + per_index(rng, column, sigma=2.0)
        edge = np.minimum(_edge_distance(x / width, width), _edge_distance(joint, length))
        across, along, number = x, y, column * 31 + np.floor(joint)
    else:
        strips = int(rng.integers(3, 7))
        block = np.float32(max(36 * u, width * strips * 0.7))
        turned = np.mod(np.floor(x / block) + np.floor(y / block), 2) > 0
        across, along = np.where(turned, y, x), np.where(turned, x, y)
        slat = across * np.float32(strips) / block
        edge = np.minimum(
            _edge_distance(slat, block / strips), _edge_distance(along / block, block)
        )
        number = np.floor(slat) * 31 + np.floor(along / block)
    shift = per_index(rng, number, sigma=80 * u)
    light = _timber(rng, size, across + shift, along - shift, rng.uniform(0.05, 0.13))
    light = light + per_index(rng, number, sigma=rng.uniform(0.04, 0.13))
    joint = np.clip(np.float32(max(0.8, rng.uniform(0.8, 1.5) * u)) - edge, 0, 1)
    light = light * (1 - np.float32(rng.uniform(0.35, 0.75)) * joint)
    picture = ramp(base * np.asarray([0.34, 0.25, 0.18], np.float32), base, np.clip(light, 0, 1.35))
    gloss = glow(rng, size, widths=(0.15, 0.5)) * np.float32(max(0.0, rng.uniform(-20, 35)))
    return solid(
        shade(picture, grain(rng, size, sigma=0.5, strength=0.02)) + gloss[..., None], name
    )


def granite(rng: np.random.Generator, size: Size) -> Rendered:
    """Render granite: interlocked grains of feldspar, grey quartz and clustered black mica."""
    u = unit(size)
    name, base = _dyed(rng, _GRANITES)
    across = rng.uniform(34, 95)
    fine, _ = cells(rng, size, across, jitter=1.0)
    coarse, _ = cells(rng, size, across * rng.uniform(0.25, 0.5), jitter=1.0)
    value = per_index(rng, fine.astype(np.float32))
    cluster = smooth_noise(rng, size, cells=(6, 18, 40), decay=0.8)
    crystal = per_index(rng, coarse.astype(np.float32)) > rng.uniform(0.3, 1.6)
    tone = 1 + value * np.float32(rng.uniform(0.05, 0.12))
    picture = shade(base, tone)
    quartz = tinted(rng, np.clip(base.mean() * rng.uniform(0.6, 1.2) + 12, 40, 215), tint=3)
    picture = blend(picture, quartz, (np.sin(value * 9) > rng.uniform(0.1, 0.7)).astype(np.float32))
    pale = np.clip(base * np.float32(1.18) + 12, 0, 250)
    picture = blend(picture, shade(pale, tone), crystal * np.float32(0.85))
    mica = (value + np.float32(rng.uniform(0.4, 1.0)) * cluster) > rng.uniform(0.9, 1.9)
    flake = tinted(rng, rng.uniform(22, 60)) if base.mean() > 80 else tinted(rng, 135.0)
    picture = blend(picture, flake, mica * np.float32(0.9))
    picture = _warped(rng, picture, cells=(int(across * 1.4),), amount=0.22 * min(size) / across)
    picture = cv2.GaussianBlur(picture, (0, 0), max(0.5, 0.55 * u))
    gloss = glow(rng, size, widths=(0.15, 0.5)) * np.float32(max(0.0, rng.uniform(-25, 30)))
    return solid(
        shade(picture, grain(rng, size, sigma=0.0, strength=0.03)) + gloss[..., None], name
    )


def slate(rng: np.random.Generator, size: Size) -> Rendered:
    """Render slate: split layers with low terraces, or a finer cleft, in dark mineral tints."""
    u = unit(size)
    name, base = _dyed(rng, _SLATES)
    light_from = rng.uniform(0, 2 * math.pi)
    angle = rng.uniform(0, math.pi)
    x, y = coordinates(size, angle=angle, centre=(size[1] / 2, size[0] / 2))
    rough = smooth_noise(rng, size, cells=(2, 4, 9, 20, 45), decay=0.58)
    # Zoomed so far that the turned picture stays within the noise: mirrored layers would show.
    zoom = abs(math.cos(angle)) + max(size) / min(size) * abs(math.sin(angle))
    x, y = x * np.float32(rng.uniform(0.35, 1) / zoom), y / np.float32(zoom)
    stretched = _sampled(rough, x + size[1] / 2, y + size[0] / 2)
    step = np.float32(rng.uniform(0.35, 0.9))
    stair = stretched / step
    # Flat treads with short risers between: the layers in which slate splits.
    riser = np.clip((fraction(stair) - np.float32(0.86)) / np.float32(0.14), 0, 1)
    height = (np.floor(stair) + riser) * np.float32(rng.uniform(0.5, 1.7) * u)
    height = cv2.GaussianBlur(height.astype(np.float32), (0, 0), max(0.6, 0.7 * u))
    fine = smooth_noise(rng, size, cells=(18, 45, 90), decay=0.8)
    height = height + fine * np.float32(rng.uniform(0.2, 0.5) * u)
    height = height + stretched * np.float32(2.5 * u)
    light = _lit(height, gain=rng.uniform(0.35, 0.8), light=light_from)
    tone = per_index(rng, np.floor(stair), sigma=0.04) + np.float32(0.05) * stretched
    picture = shade(base, light + tone)
    if rng.random() < 0.35:
        # Iron and clay tint whole zones of a slab, with no outline that a stain would have.
        zone = spread(smooth_noise(rng, size, cells=(1, 2)) + stretched) * np.float32(0.4)
        picture = blend(picture, shade(_dyed(rng, _SLATES)[1], light + tone), zone)
    return solid(shade(picture, grain(rng, size, sigma=0.4, strength=0.035)), name)


def travertine(rng: np.random.Generator, size: Size) -> Rendered:
    """Render travertine: wavy layers or clouds, with long pores that are open or filled."""
    u = unit(size)
    name, base = _dyed(rng, _TRAVERTINES)
    layered = rng.random() < 0.7
    x, y = coordinates(size, angle=choose(rng, (0.0, 0.0, math.pi / 2)) + rng.normal(0, 0.08))
    bend = smooth_noise(rng, size, cells=(1, 3, 8, 20), decay=0.45)
    y = y + bend * np.float32(rng.uniform(2, 9) * u) + size[0]
    x = x + size[1]
    bands = streaks(rng, size, length=350 * u, width=rng.uniform(7, 20) * u, upright=False)
    bands += np.float32(0.6) * streaks(rng, size, length=160 * u, width=2.5 * u, upright=False)
    layers = _sampled(bands, x, y)
    cloud = smooth_noise(rng, size, cells=(3, 7, 16, 40), decay=0.7)
    share = np.float32(rng.uniform(0.7, 1.0) if layered else rng.uniform(0, 0.25))
    figure = share * layers + (1 - share) * cloud
    light = 1 + np.float32(rng.uniform(0.03, 0.075)) * figure
    warm = base * np.asarray([0.86, 0.74, 0.58], np.float32)
    picture = shade(ramp(base, warm, np.clip(figure * np.float32(0.35), 0, 0.7)), light)
    long = rng.uniform(7, 20) if layered else rng.uniform(4, 8)
    spots = streaks(rng, size, length=long * u, width=rng.uniform(2.5, 4.5) * u, upright=False)
    where = _sampled(spots, x, y) + np.float32(0.5) * layers
    pores = np.clip((where - np.float32(rng.uniform(1.7, 2.6))) * 3, 0, 1)
    pores = cv2.GaussianBlur(pores, (0, 0), max(0.5, 0.5 * u))
    if rng.random() < 0.6:
        picture = shade(picture, _lit(-pores * np.float32(3 * u), gain=0.5, light=math.pi / 2))
        picture = blend(picture, base * np.float32(rng.uniform(0.3, 0.6)), pores * 0.85)
    else:
        picture = blend(picture, base * np.float32(rng.uniform(0.86, 1.06)), pores * 0.8)
    return solid(shade(picture, grain(rng, size, sigma=0.5, strength=0.02)), name)


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
        height = _sampled(ridges, along, across + bow) * np.float32(1.1 * u)
        height = cv2.GaussianBlur(height, (0, 0), max(0.8, 1.2 * u))
    else:
        grooves = streaks(
            rng, size, length=rng.uniform(8, 18) * u, width=2.6 * u, upright=bool(rng.integers(2))
        )
        grooves = _warped(rng, grooves, cells=(8, 20), amount=2 * u)
        height = -np.clip(grooves - np.float32(rng.uniform(0, 0.8)), 0, 1) * np.float32(2.2 * u)
    fine = white_noise(rng, size, sigma=max(0.6, 0.8 * u)) * np.float32(rng.uniform(0.05, 0.25))
    light = _lit(height + fine, gain=rng.uniform(0.35, 0.9), light=rng.uniform(0, 2 * math.pi))
    slow = np.float32(rng.uniform(0.01, 0.05)) * smooth_noise(rng, size, cells=(2, 4))
    # Hollows get less of the sky's light than bumps.
    hollow = np.float32(0.06) * (height / np.float32(u) - (height / np.float32(u)).mean())
    return solid(shade(base, light + slow + np.clip(hollow, -0.25, 0.12)), name)


def shingles(rng: np.random.Generator, size: Size) -> Rendered:
    """Render roof shingles: rows of bitumen tabs, wooden shakes or rounded scales."""
    u = unit(size)
    kind = choose(rng, ("bitumen", "shake", "scale"))
    bitumen = ("grey", "black", "brown", "red", "green", "blue")
    name, base = _dyed(rng, _WOODS[2:]) if kind == "shake" else pick_colour(rng, bitumen)
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
        light = _timber(rng, size, x * wide + number * 11, y * rise + number * 5, 0.11)
    else:
        light = grain(rng, size, sigma=max(0.5, 0.7 * u), strength=rng.uniform(0.03, 0.14))
    slit = np.clip(np.float32(max(0.9, rng.uniform(1, 2) * u)) - gap * np.float32(wide), 0, 1)
    shadow = np.exp(-below / np.float32(rng.uniform(2, 5) * u))
    light = (light + tone) * (1 - np.float32(0.6) * shadow) * (1 - np.float32(0.6) * slit)
    slope = 1 + np.float32(rng.uniform(0, 0.2)) * (below / np.float32(rise) - np.float32(0.5))
    return solid(shade(base * np.float32(0.9) + 8, light * slope), name)


def cobblestone(rng: np.random.Generator, size: Size) -> Rendered:
    """Render paving: round field stones, rows or arcs of cut setts, or a herringbone of pavers."""
    u = unit(size)
    name, base = _dyed(rng, _PAVING)
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
        _, _, edge, number = _herringbone(x, y, width=rng.uniform(17, 34) * u, ratio=2)
    gap = rng.uniform(1.0, 2.6) * u
    face = np.clip((edge - np.float32(gap)) / np.float32(max(1.0, 1.2 * u)), 0, 1)
    round_off = (rng.uniform(2.5, 9) if kind < 0.8 else 1.5) * u
    rough = smooth_noise(rng, size, cells=(14, 34, 70), decay=0.8)
    height = np.float32(round_off) * (1 - np.exp(-np.maximum(edge, 0) / np.float32(round_off)))
    dome = cv2.GaussianBlur(height, (0, 0), max(0.7, 0.4 * round_off))
    dome = dome + rough * np.float32(rng.uniform(0.1, 0.4) * u)
    light = _lit(dome, gain=rng.uniform(0.35, 0.7), light=rng.uniform(0, 2 * math.pi))
    light = light + per_index(rng, number, sigma=rng.uniform(0.05, 0.16))
    dyes = (
        ("grey", (84.0, 80.0, 74.0)),
        ("beige", (150.0, 134.0, 108.0)),
        ("green", (72.0, 82.0, 50.0)),
    )
    sand = shade(_dyed(rng, dyes)[1], grain(rng, size, sigma=max(0.5, 0.7 * u), strength=0.14))
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
    beside, above = np.abs(off) * np.float32(wide), _edge_distance(y, rise)
    # Below the smaller of the two, most so in the corners: these become round.
    edge = 1 / np.sqrt(1 / (beside + np.float32(0.1)) ** 2 + 1 / (above + np.float32(0.1)) ** 2)
    return edge, (cell + (off > 0)) * 29 + row * 173


def turf(rng: np.random.Generator, size: Size) -> Rendered:
    """Render artificial turf: layered plastic blades, short or long, with thatch or grit."""
    u = unit(size)
    name, base = _dyed(rng, choose(rng, (_GRASSES[:3], _GRASSES[:3], _GRASSES)))
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


BUILDING: Mapping[str, Renderer] = {
    "cork": cork,
    "chipboard": chipboard,
    "plywood": plywood,
    "bamboo": bamboo,
    "parquet": parquet,
    "granite": granite,
    "slate": slate,
    "travertine": travertine,
    "plaster": plaster,
    "shingles": shingles,
    "cobblestone": cobblestone,
    "turf": turf,
}
