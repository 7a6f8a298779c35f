"""Woven, knitted and tufted surfaces, and wire meshes."""

import math
from collections.abc import Mapping

import cv2
import numpy as np

from promptlab.synthetic.canvas import (
    Colour,
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
    choose,
    cycle,
    fraction,
    grain,
    per_index,
    ramp,
    shade,
    solid,
    spread,
    streaks,
    unit,
    zigzag,
)

__all__ = ["WOVEN"]


def _weave(
    rng: np.random.Generator, size: Size, *, period: float, angle: float, float_length: int
) -> tuple[Coverage, Coverage, Coverage, Coverage]:
    """Return height, warp-on-top, and the number of each pixel's warp and weft yarn.

    ``float_length`` 1 is plain weave, 2 and 3 are twills.
    """
    x, y = bent(rng, *coordinates(size, angle=angle), rng.uniform(0, 0.35) * period)
    warp, weft = np.floor(x / period), np.floor(y / period)
    over = np.mod(warp + weft, float_length + 1) < max(1, float_length // 2 + float_length % 2)
    across_warp = np.sin(np.pi * fraction(x / period))
    across_weft = np.sin(np.pi * fraction(y / period))
    top = np.where(over, across_warp, across_weft)
    along = np.where(over, across_weft, across_warp)
    height = np.sqrt(top) * (np.float32(0.65) + np.float32(0.35) * along)
    return height.astype(np.float32), over.astype(np.float32), warp, weft


def fabric(rng: np.random.Generator, size: Size) -> Rendered:
    """Render plain-woven cloth: one colour, two colours, stripes or checks."""
    u = unit(size)
    name, main = pick_colour(rng)
    second = (
        main * np.float32(rng.uniform(0.55, 1.0)) if rng.random() < 0.6 else pick_colour(rng)[1]
    )
    period = max(2.6, rng.uniform(3, 11) * u)
    angle = rng.normal(0, 0.08) + choose(rng, (0.0, 0.0, math.pi / 4))
    height, over, warp, weft = _weave(rng, size, period=period, angle=angle, float_length=1)
    uneven = np.where(over > 0, per_index(rng, warp), per_index(rng, weft)) * np.float32(0.05)
    style = rng.random()
    if style < 0.5:
        use_second = np.float32(1) - over
    else:
        repeat = int(rng.integers(4, 14))
        striped_warp = np.mod(warp, repeat) < repeat // 2
        striped_weft = np.mod(weft, repeat) < repeat // 2 if style < 0.75 else striped_warp
        use_second = np.where(over > 0, striped_warp, striped_weft).astype(np.float32)
    picture = ramp(main, second, use_second)
    depth = np.float32(rng.uniform(0.25, 0.65))
    light = (
        1 - depth + depth * height + uneven + np.float32(0.05) * white_noise(rng, size, sigma=0.6)
    )
    return solid(shade(picture, light), name)


def twill(rng: np.random.Generator, size: Size) -> Rendered:
    """Render twill or denim: diagonal ribs, often with a paler weft."""
    u = unit(size)
    name, main = pick_colour(
        rng, ("blue", "blue", "black", "grey", "brown", "beige", "green", "red")
    )
    period = max(2.6, rng.uniform(2.5, 6.5) * u)
    angle = rng.normal(0, 0.06)
    height, over, warp, _ = _weave(
        rng, size, period=period, angle=angle, float_length=int(rng.integers(2, 4))
    )
    weft = np.clip(main * 0.5 + rng.uniform(60, 110), 0, 250).astype(np.float32)
    weft = weft if rng.random() < 0.5 else main * np.float32(0.75)
    picture = ramp(weft, main, over)
    fade = np.float32(rng.uniform(0.02, 0.09)) * smooth_noise(rng, size, cells=(3, 8))
    slub = np.float32(0.06) * per_index(rng, warp)
    light = np.float32(0.55) + np.float32(0.5) * height + fade + slub
    return solid(shade(picture, light * grain(rng, size, sigma=0.6, strength=0.06)), name)


def knit(rng: np.random.Generator, size: Size) -> Rendered:
    """Render stocking-stitch knitwear: columns of V-shaped loops, sometimes striped."""
    u = unit(size)
    name, main = pick_colour(rng)
    pitch = max(6.0, rng.uniform(9, 24) * u)
    rise = pitch * rng.uniform(0.65, 0.95)
    x, y = bent(rng, *coordinates(size, angle=rng.normal(0, 0.08)), pitch * 0.12)
    leg = zigzag(x, pitch)
    phase = (y + leg * np.float32(rise * rng.uniform(0.7, 1.1))) / np.float32(rise)
    loop = np.sqrt(np.abs(np.sin(np.pi * phase))) * np.sqrt(np.abs(np.sin(np.pi * leg)) + 0.02)
    plies = np.sin(2 * np.pi * (phase * 2 + leg * 2)) * np.float32(0.07)
    rows = np.floor(phase)
    colours = np.zeros_like(x)
    if rng.random() < 0.4:
        repeat = int(rng.integers(3, 9))
        colours = (np.mod(rows, repeat) < rng.integers(1, repeat)).astype(np.float32)
    picture = ramp(main, pick_colour(rng)[1], colours)
    fuzz = np.float32(0.08) * white_noise(rng, size, sigma=0.8 * max(u, 0.6))
    return solid(shade(picture, np.float32(0.35) + np.float32(0.7) * loop + plies + fuzz), name)


def basket(rng: np.random.Generator, size: Size) -> Rendered:
    """Render wickerwork: flat strands with visible fibres, crossing over and under."""
    u = unit(size)
    name, main = pick_colour(rng, ("brown", "beige", "beige", "orange", "yellow", "white", "grey"))
    period = max(6.0, rng.uniform(10, 30) * u)
    angle = choose(rng, (0.0, math.pi / 4)) + rng.normal(0, 0.06)
    x, y = bent(rng, *coordinates(size, angle=angle), period * 0.1)
    columns, rows = np.floor(x / period), np.floor(y / period)
    over = np.mod(columns + rows, 2) > 0
    top = np.where(over, np.sin(np.pi * fraction(x / period)), np.sin(np.pi * fraction(y / period)))
    along = np.where(
        over, np.sin(np.pi * fraction(y / period)), np.sin(np.pi * fraction(x / period))
    )
    height = np.minimum(top * np.float32(1.6), 1) * (np.float32(0.55) + np.float32(0.45) * along)
    position = np.where(over, x, y) * np.float32(2 * math.pi / max(2.2, period / 6))
    fibres = np.sin(position) * np.float32(0.06)
    tone = np.where(over, per_index(rng, columns), per_index(rng, rows)) * np.float32(0.07)
    light = np.float32(0.25) + np.float32(0.8) * height + fibres + tone
    return solid(shade(main, light * grain(rng, size, sigma=0.7, strength=0.05)), name)


def carpet(rng: np.random.Generator, size: Size) -> Rendered:
    """Render carpet: cut pile with mottled fibres, or rows of loops."""
    u = unit(size)
    name, main = pick_colour(rng)
    pile = spread(white_noise(rng, size, sigma=rng.uniform(0.8, 2.0) * max(u, 0.5)))
    mottle = smooth_noise(rng, size, cells=(4, 14, 40), decay=0.8) * np.float32(0.08)
    light = np.float32(0.5) + np.float32(0.55) * pile + mottle
    if rng.random() < 0.35:
        pitch = max(3.0, rng.uniform(5, 11) * u)
        x, y = bent(rng, *coordinates(size, angle=rng.normal(0, 0.1)), pitch * 0.3)
        loops = np.abs(np.sin(np.pi * x / pitch)) * (
            np.float32(0.6) + np.float32(0.4) * np.abs(np.sin(np.pi * y / (1.5 * pitch)))
        )
        light = light * np.float32(0.5) + loops * np.float32(0.55)
    flecks = (white_noise(rng, size, sigma=1.0 * max(u, 0.5)) > rng.uniform(0.6, 3)).astype(
        np.float32
    )
    flecks *= np.float32(0.7)
    picture = blend(shade(main, light), shade(pick_colour(rng)[1], light), flecks)
    return solid(picture, name)


def mesh(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a wire mesh before a plain ground: square or diamond, welded or woven."""
    u = unit(size)
    name, wire = pick_colour(rng, ("grey", "grey", "black", "white", "yellow", "green"))
    ground = _contrasting(rng, wire)
    pitch = max(7.0, rng.uniform(11, 36) * u)
    angle = choose(rng, (0.0, 0.0, math.pi / 4)) + rng.normal(0, 0.05)
    x, y = bent(rng, *coordinates(size, angle=angle), pitch * 0.04)
    ratio = rng.uniform(0.6, 1.0) if rng.random() < 0.4 else 1.0
    wave = pitch * rng.uniform(0.05, 0.14) if rng.random() < 0.6 else 0.0
    rows, columns = np.floor(y / (pitch * ratio)), np.floor(x / pitch)
    upright = x + np.float32(wave) * np.cos(np.pi * y / (pitch * ratio)) * _sign(columns)
    level = y + np.float32(wave) * np.cos(np.pi * x / pitch) * _sign(rows)
    thick = max(0.9, pitch * rng.uniform(0.05, 0.17))
    ground_picture = shade(ground, grain(rng, size, sigma=1.5, strength=rng.uniform(0, 0.05)))
    ground_picture = shade(
        ground_picture, 1 + np.float32(0.06) * smooth_noise(rng, size, cells=(2, 3))
    )
    picture = ground_picture
    for field, step in ((upright, pitch), (level, pitch * ratio)):
        offset = (fraction(field / step) - np.float32(0.5)) * np.float32(step)
        coverage = np.clip(np.float32(thick + 0.5) - np.abs(offset), 0, 1)
        shaped = np.float32(0.6) + np.float32(0.45) * np.sqrt(
            np.clip(1 - (offset / np.float32(thick + 1)) ** 2, 0, 1)
        )
        shaped = shaped + np.float32(0.18) * np.clip(offset / np.float32(thick), -1, 1)
        shadow = np.clip(np.float32(thick * 1.8) - np.abs(offset + np.float32(thick * 0.8)), 0, 1)
        picture = shade(picture, 1 - np.float32(0.35) * shadow * (1 - coverage))
        picture = blend(picture, shade(wire, shaped), coverage)
    return solid(shade(picture, grain(rng, size, sigma=0.6, strength=0.03)), name)


def _sign(index: Coverage) -> Coverage:
    sign: Coverage = 1 - 2 * cycle(index, 2)
    return sign


def _contrasting(rng: np.random.Generator, colour: Colour) -> Colour:
    _, other = pick_colour(rng, ("black", "white", "grey", "beige", "brown"))
    if abs(float(other.mean() - colour.mean())) < 45:
        other = np.clip(255 - other, 8, 245).astype(np.float32)
    return other if abs(float(other.mean() - colour.mean())) > 45 else other * np.float32(0.3)


def pattern(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a printed repeat of dots, bars, rings and leaves, as on wallpaper or cloth."""
    u = unit(size)
    side = max(16, round(rng.uniform(20, 62) * u))
    name, main = pick_colour(rng)
    tile = np.ones((side, side, 3), np.float32) * main
    for _ in range(int(rng.integers(1, 5))):
        ink = tuple(float(v) for v in pick_colour(rng)[1])
        x, y = (int(v) for v in rng.integers(0, side, 2))
        kind = int(rng.integers(5))
        radius = max(1, int(side * rng.uniform(0.06, 0.28)))
        if kind == 0:
            cv2.circle(tile, (x, y), radius, ink, -1, cv2.LINE_AA)
        elif kind == 1:
            cv2.circle(tile, (x, y), radius, ink, max(1, radius // 4), cv2.LINE_AA)
        elif kind == 2:
            cv2.line(tile, (x, 0), (x, side), ink, max(1, radius // 2))
        elif kind == 3:
            cv2.rectangle(tile, (x, y), (x + radius, y + radius), ink, -1)
        else:
            turn = float(rng.uniform(0, 180))
            axes = (radius, max(1, radius // 3))
            cv2.ellipse(tile, (x, y), axes, turn, 0.0, 360.0, ink, -1, cv2.LINE_AA)
    height, width = size
    copies = np.tile(tile, (height // side + 2, width // side + 2, 1))
    top, left = (int(v) for v in rng.integers(0, side, 2))
    picture = np.ascontiguousarray(copies[top : top + height, left : left + width])
    if rng.random() < 0.4:
        thread = streaks(rng, size, length=20 * u, width=1.2, upright=bool(rng.integers(2)))
        picture = shade(picture, 1 + np.float32(0.05) * thread)
    return solid(shade(picture, grain(rng, size, sigma=0.7, strength=0.03)), name)


WOVEN: Mapping[str, Renderer] = {
    "fabric": fabric,
    "twill": twill,
    "knit": knit,
    "mesh": mesh,
    "carpet": carpet,
    "basket": basket,
    "pattern": pattern,
}
