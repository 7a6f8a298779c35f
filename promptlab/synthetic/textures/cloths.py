"""Films, nets and thick cloths."""

import math
from collections.abc import Mapping

import numpy as np

from promptlab.synthetic.canvas import (
    Colour,
    Coverage,
    Number,
    Picture,
    Rendered,
    Renderer,
    Size,
    blend,
    pick_colour,
    smooth_noise,
    strokes,
    towards_light,
    white_noise,
)
from promptlab.synthetic.fields import (
    HALF,
    brightened,
    choose,
    cycle,
    fraction,
    glow,
    grain,
    peak,
    per_index,
    shade,
    solid,
    streaks,
    unit,
)
from promptlab.synthetic.textures.layouts import STRAIGHT, backing, laid, lattice

__all__ = ["CLOTHS"]


def _pale(colour: Colour) -> Colour:
    """Return the paler tone of fibres that catch the light."""
    paler: Colour = np.minimum(colour * np.float32(1.2) + 22, 250).astype(np.float32)
    return paler


def _fibres(
    rng: np.random.Generator, size: Size, *, count: int, length: Number, curl: Number
) -> Coverage:
    """Return the coverage of loose curved fibres."""
    height, width = size
    steps = 6
    heading = rng.uniform(0, 2 * math.pi, (count, 1))
    heading = heading + np.cumsum(rng.normal(0, float(curl), (count, steps)), axis=1)
    moves = np.stack([np.cos(heading), np.sin(heading)], axis=2) * (float(length) / steps)
    starts = rng.uniform(0, 1, (count, 1, 2)) * (width, height)
    return strokes(size, starts + np.cumsum(moves, axis=1), 0.9 * unit(size))


def bubblewrap(rng: np.random.Generator, size: Size) -> Rendered:
    """Render bubble wrap over a ground: rows of clear domes with rims, glints and soft creases."""
    u = unit(size)
    name, film = pick_colour(rng, ("white", "white", "grey", "pink", "green", "blue", "black"))
    ground = backing(rng, size, film, ("white", "grey", "beige", "brown", "black", "blue"))
    pitch = max(10.0, rng.uniform(14, 46) * u)
    angle = choose(rng, STRAIGHT) + rng.normal(0, 0.12)
    x, y = laid(rng, size, angle=angle, bend=rng.uniform(0, 0.07) * pitch)
    stagger = choose(rng, (0.5, 0.5, 0.5, 0.0))
    high = pitch * (0.88 if stagger else 1.0)
    across, down, column, row = lattice(x, y, pitch, high, stagger=stagger)
    radius = np.float32(pitch * rng.uniform(0.36, 0.43))
    right, below = across / radius, down / radius
    distance = np.hypot(right, below)
    inside = np.clip((1 - distance) * radius + HALF, 0, 1)
    number = column * 97 + row
    light = rng.uniform(0, 2 * math.pi)
    cosine, sine = np.float32(math.cos(light)), np.float32(math.sin(light))
    towards = right * cosine + below * sine + per_index(rng, number, sigma=0.05)
    aside = below * cosine - right * sine + per_index(rng, number, sigma=0.08)
    picture = blend(ground, film, np.full(size, rng.uniform(0.25, 0.7), np.float32))
    creases = np.exp(-np.abs(smooth_noise(rng, size, cells=(8, 16, 30), decay=0.7)) * 6)
    bulge = np.float32(rng.uniform(0.1, 0.3)) * towards * np.minimum(distance, 1)
    shading = 1 + inside * bulge - np.float32(rng.uniform(0.15, 0.4)) * peak(distance, 1.0, 0.1)
    shading = shading + (1 - inside) * np.float32(rng.uniform(0, 0.18)) * (creases - HALF)
    picture = shade(picture, shading)
    crescent = peak(distance, 0.8, 0.1) * np.clip(-towards, 0, 1) ** 2
    glint = peak(towards, rng.uniform(0.4, 0.65), rng.uniform(0.07, 0.16))
    glint = glint * peak(aside, rng.uniform(-0.2, 0.2), rng.uniform(0.12, 0.4))
    shine = np.float32(rng.uniform(20, 90)) * crescent + np.float32(rng.uniform(60, 200)) * glint
    picture = picture + (shine * inside)[..., None]
    picture = (
        picture + (glow(rng, size, widths=(0.2, 0.6)) * np.float32(rng.uniform(0, 30)))[..., None]
    )
    return solid(shade(picture, grain(rng, size, sigma=0.7, strength=0.02)), name)


def _cord(
    picture: Picture,
    paint: Colour,
    aside: Coverage,
    along: Coverage,
    *,
    thick: float,
    twist: float,
) -> Picture:
    """Return the picture with parallel twisted cords, ``aside`` pixels from their middle lines."""
    offset = aside / np.float32(thick)
    coverage = np.clip((1 - np.abs(offset)) * np.float32(thick) + HALF, 0, 1)
    shadow = np.clip(np.float32(1.9) - np.abs(offset - np.float32(0.9)), 0, 1)
    strands = np.sin(2 * np.pi * along / np.float32(2.2 * thick) + 2 * offset)
    light = np.sqrt(np.clip(np.float32(1.1) - offset * offset, 0, 1)) * np.float32(0.55) + HALF
    light = light - np.float32(0.15) * offset + np.float32(twist) * strands
    seen = (1 - coverage) * (1 - np.float32(0.3) * shadow)
    corded: Picture = shade(picture, seen) + shade(paint, light * coverage)
    return corded


def netting(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a rope or nylon net before a ground: slack cords, knotted or merely crossing."""
    u = unit(size)
    name, paint = pick_colour(rng, ("white", "beige", "green", "black", "blue", "orange", "grey"))
    picture = backing(
        rng, size, paint, ("green", "green", "blue", "grey", "black", "brown", "white")
    )
    pitch = max(10.0, rng.uniform(16, 60) * u)
    angle = choose(rng, (math.pi / 4, math.pi / 4, 0.0)) + rng.normal(0, 0.1)
    x, y = laid(rng, size, angle=angle, bend=rng.uniform(0.04, 0.2) * pitch)
    high = pitch * rng.uniform(0.75, 1.0)
    across, down, column, row = lattice(x, y, pitch, high)
    thick = max(0.9, min(pitch * rng.uniform(0.03, 0.13), 6 * u))
    twist = rng.uniform(0.05, 0.3) if thick > 1.6 else 0.0
    slack = np.float32(rng.uniform(0, 0.05) * pitch)
    # Every second cord bows the other way between its knots.
    across = across + slack * np.cos(2 * np.pi * down / np.float32(high)) * (
        1 - 2 * cycle(column, 2)
    )
    down = down + slack * np.cos(2 * np.pi * across / np.float32(pitch)) * (1 - 2 * cycle(row, 2))
    picture = _cord(picture, paint, across, y, thick=thick, twist=twist)
    picture = _cord(picture, paint, down, x, thick=thick, twist=twist)
    if rng.random() < 0.7:
        radius = thick * rng.uniform(1.5, 2.2)
        squash = rng.uniform(0.7, 1.0)
        distance = np.hypot(across, down / np.float32(squash)) / np.float32(radius)
        knot = np.clip((1 - distance) * np.float32(radius) + HALF, 0, 1)
        light = np.float32(1.05) - np.float32(0.4) * distance**2
        light = light + np.float32(0.15) * np.sin(3 * (across + down) / np.float32(thick))
        picture = blend(picture, shade(paint, light), knot)
    return solid(shade(picture, grain(rng, size, sigma=0.6, strength=0.04)), name)


def corduroy(rng: np.random.Generator, size: Size) -> Rendered:
    """Render corduroy: rounded ribs of cut pile, even or in pairs, over a ground weave."""
    u = unit(size)
    name, main = pick_colour(
        rng, ("brown", "brown", "beige", "green", "blue", "black", "red", "orange", "grey", "pink")
    )
    wale = max(4.5, rng.uniform(5, 22) * u)
    angle = choose(rng, STRAIGHT) + rng.normal(0, 0.12)
    x, y = laid(rng, size, angle=angle, bend=rng.uniform(0.04, 0.22) * wale)
    ragged = white_noise(rng, size, sigma=max(0.7, 0.05 * wale)) * np.float32(0.05 * wale)
    place = fraction((x + ragged) / np.float32(wale))
    split = np.float32(choose(rng, (1.0, 1.0, 1.0, 0.68)))
    narrow = place > split
    share = np.where(narrow, (place - split) / (1 - split + np.float32(1e-6)), place / split)
    rib = np.sin(np.pi * np.clip(share, 0, 1)) ** np.float32(rng.uniform(0.4, 1.1))
    rib = rib * np.where(narrow, np.float32(0.8), np.float32(1))
    thread = max(2.2, rng.uniform(2.5, 4) * u)
    weave = np.cos(2 * np.pi * y / np.float32(thread)) * (1 - rib)
    pile = white_noise(rng, size, sigma=rng.uniform(0.6, 1.3) * max(u, 0.6))
    tufts = np.cos(
        2 * np.pi * y / np.float32(thread * 1.7) + per_index(rng, np.floor(x / wale)) * 3
    )
    slant = (share - HALF) * np.float32(rng.uniform(-0.45, 0.45))
    folds = smooth_noise(rng, size, cells=(1, 2, 4)) * np.float32(rng.uniform(0.02, 0.12))
    depth = np.float32(rng.uniform(0.35, 0.75))
    light = 1 - depth + depth * rib + slant + folds + np.float32(0.08) * weave
    light = light + (np.float32(rng.uniform(0.05, 0.11)) * pile + np.float32(0.04) * tufts) * rib
    picture = shade(brightened(main), np.maximum(light, np.float32(0.12)) * np.float32(1.1))
    # The tips of the pile catch the light: a paler, slightly bleached tone on the crests.
    bleach = np.clip(rib - HALF, 0, 1) * np.float32(rng.uniform(0, 0.35))
    return solid(blend(picture, main * HALF + np.float32(110), bleach), name)


def felt(rng: np.random.Generator, size: Size) -> Rendered:
    """Render felt or fleece: matted fibres, often of two colours, flat or in soft clumps."""
    u = unit(size)
    name, main = pick_colour(rng)
    light: Coverage = 1 + np.float32(rng.uniform(0.02, 0.06)) * smooth_noise(
        rng, size, cells=(3, 9, 30), decay=0.8
    )
    kind = choose(rng, ("wool", "wool", "melange", "fleece"))
    if kind == "fleece":
        clumps = white_noise(rng, size, sigma=rng.uniform(1.5, 4.5) * max(u, 0.5))
        facing = towards_light(clumps * np.float32(2.5 * u), rng.uniform(0, 2 * math.pi))
        light = light + np.float32(0.06) * clumps + np.clip(facing, -1, 1) * np.float32(0.22)
    light = light + np.float32(rng.uniform(0.03, 0.08)) * white_noise(
        rng, size, sigma=rng.uniform(0.7, 1.2) * max(u, 0.6)
    )
    main = brightened(main)
    picture = shade(main, light)
    second = main * np.float32(0.7) if kind != "melange" else pick_colour(rng)[1]
    count, length = int(rng.integers(500, 1100)), rng.uniform(14, 40) * u
    curl = rng.uniform(0.15, 0.6)
    for paint, strength in ((second, 0.5), (_pale(main), 0.35)):
        threads = _fibres(rng, size, count=count, length=length, curl=curl)
        picture = blend(picture, shade(paint, light), threads * np.float32(strength))
    if rng.random() < 0.2:
        lines = streaks(rng, size, length=60 * u, width=4 * u, upright=bool(rng.integers(2)))
        picture = shade(picture, 1 + np.float32(0.04) * lines)
    return solid(shade(picture, 1 + np.float32(0.06) * smooth_noise(rng, size, cells=(1, 2))), name)


def burlap(rng: np.random.Generator, size: Size) -> Rendered:
    """Render jute sacking: coarse uneven yarns, open weave, loose fibres, sometimes a print."""
    u = unit(size)
    name, main = pick_colour(rng, ("beige", "beige", "beige", "brown", "brown", "grey", "green"))
    pitch = max(4.5, rng.uniform(6, 19) * u)
    x, y = laid(rng, size, angle=rng.normal(0, 0.08), bend=rng.uniform(0.06, 0.22) * pitch)
    across, down, warp, weft = lattice(x, y, pitch, pitch * rng.uniform(0.85, 1.15))
    over = cycle(warp + weft, 2) > 0
    dark = main * np.float32(rng.uniform(0.12, 0.45))
    ground = dark if rng.random() < 0.7 else _pale(main)
    picture: Picture = np.broadcast_to(ground, (*size, 3))
    width = rng.uniform(0.36, 0.46)
    yarns = []
    for aside, along, index, upright in ((across, down, warp, True), (down, across, weft, False)):
        uneven = per_index(rng, index, sigma=0.06) + np.float32(0.04) * streaks(
            rng, size, length=30 * u, width=pitch, upright=upright
        )
        half = np.float32(pitch) * np.clip(np.float32(width) + uneven, 0.2, 0.5)
        offset = aside / half
        ply = np.sin(2 * np.pi * (along + aside) / np.float32(max(2.4, 0.3 * pitch)))
        light = np.sqrt(np.clip(np.float32(1.05) - offset * offset, 0, 1))
        light = np.float32(0.35) + np.float32(0.6) * light + np.float32(0.07) * ply
        light = light * (1 + per_index(rng, index, sigma=0.07))
        light = light * (1 - np.float32(0.8) * (along / np.float32(pitch)) ** 2)
        yarns.append((light, np.clip((1 - np.abs(offset)) * half + HALF, 0, 1)))
    (warp_light, warp_cover), (weft_light, weft_cover) = yarns
    for on_top, dim in ((~over, np.float32(0.75)), (over, np.float32(1.1))):
        light = np.where(on_top, warp_light, weft_light) * dim
        picture = blend(picture, shade(main, light), np.where(on_top, warp_cover, weft_cover))
    if rng.random() < 0.3:
        _, ink = pick_colour(rng, ("red", "blue", "green", "black"))
        band, stripe = rng.uniform(60, 160) * u, rng.uniform(6, 20) * u
        printed = fraction(x / np.float32(band)) < np.float32(stripe / band)
        tone = picture.mean(axis=2) / np.float32(main.mean())
        picture = blend(picture, shade(ink, tone), printed * np.float32(rng.uniform(0.5, 0.85)))
    hair = _fibres(rng, size, count=int(rng.integers(40, 160)), length=16 * u, curl=0.35)
    picture = blend(picture, _pale(main), hair * np.float32(0.45))
    return solid(shade(picture, grain(rng, size, sigma=0.6, strength=0.06)), name)


CLOTHS: Mapping[str, Renderer] = {
    "bubblewrap": bubblewrap,
    "netting": netting,
    "corduroy": corduroy,
    "felt": felt,
    "burlap": burlap,
}
