"""Technical sheets and soft goods: composites, gratings, profiled metal, film, nets, pile cloth."""

import math
from collections.abc import Mapping, Sequence

import cv2
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
    rotated,
    shade,
    solid,
    streaks,
    tinted,
    unit,
)

__all__ = ["TECHNICAL"]

_HALF = np.float32(0.5)
_STRAIGHT = (0.0, math.pi / 2)
# Fraction bits of the fibres' positions, which OpenCV reads as fixed-point numbers.
_SHIFT = 4


def _laid(
    rng: np.random.Generator, size: Size, *, angle: Number, bend: Number = 0.0
) -> tuple[Coverage, Coverage]:
    """Return turned coordinates with a random origin outside the picture, smoothly displaced."""
    height, width = size
    origin = (-rng.uniform(1, 2) * width, -rng.uniform(1, 2) * height)
    x, y = coordinates(size, angle=angle, centre=origin)
    if bend > 0:
        x = x + smooth_noise(rng, size, cells=(2, 5)) * np.float32(bend)
        y = y + smooth_noise(rng, size, cells=(2, 5)) * np.float32(bend)
    return x, y


def _cycle(index: Coverage, length: int) -> Coverage:
    """Return ``index`` modulo ``length``, several times faster than numpy does it."""
    remainder: Coverage = index - np.float32(length) * np.floor(index / np.float32(length))
    return remainder


def _lattice(
    x: Coverage, y: Coverage, wide: Number, high: Number, *, stagger: Number = 0.0
) -> tuple[Coverage, Coverage, Coverage, Coverage]:
    """Return the offset from the middle of the nearest cell, and the cell's column and row.

    ``stagger`` moves every second row by that share of a cell.
    """
    row = np.floor(y / np.float32(high))
    shifted = x / np.float32(wide) + _cycle(row, 2) * np.float32(stagger)
    across = (fraction(shifted) - _HALF) * np.float32(wide)
    down = (fraction(y / np.float32(high)) - _HALF) * np.float32(high)
    return across, down, np.floor(shifted), row


def _facing(height: Coverage, light: Number) -> Coverage:
    """Return how steeply a height field (in pixels) faces the light; 0 where it is level."""
    # Sobel's 3x3 kernel sums 8 unit differences.
    slope_x = cv2.Sobel(height, cv2.CV_32F, 1, 0, scale=1 / 8)
    slope_y = cv2.Sobel(height, cv2.CV_32F, 0, 1, scale=1 / 8)
    cosine, sine = np.float32(math.cos(light)), np.float32(math.sin(light))
    facing: Coverage = -(slope_x * cosine + slope_y * sine)
    return facing


def _peak(field: Coverage, place: Number, width: Number) -> Coverage:
    """Return a bump of height 1 where ``field`` equals ``place``."""
    bump: Coverage = np.exp(-(((field - np.float32(place)) / np.float32(width)) ** 2))
    return bump


def _lit(colour: Colour) -> Colour:
    """Return ``colour``, brighter where it is so dark that its relief would not show."""
    return colour + np.float32(max(0.0, 46 - float(colour.mean())))


def _pale(colour: Colour) -> Colour:
    """Return the paler tone of fibres that catch the light."""
    paler: Colour = np.minimum(colour * np.float32(1.2) + 22, 250).astype(np.float32)
    return paler


def _coat(rng: np.random.Generator, names: Sequence[str]) -> tuple[str, Colour]:
    """Return the name and colour of bare (grey) or painted metal."""
    name, colour = pick_colour(rng, names)
    return name, tinted(rng, rng.uniform(95, 205)) if name == "grey" else _lit(colour)


def _ground(rng: np.random.Generator, size: Size, front: Colour, names: Sequence[str]) -> Picture:
    """Return a mottled ground that is clearly brighter or darker than what lies before it."""
    _, base = pick_colour(rng, names)
    if abs(float(base.mean() - front.mean())) < 50:
        base = base * np.float32(0.3) if front.mean() > 110 else np.float32(255) - base * _HALF
    mottle = smooth_noise(rng, size, cells=choose(rng, ((1, 2), (3, 8, 20), (12, 40))), decay=0.8)
    light = 1 + np.float32(rng.uniform(0.02, 0.14)) * mottle
    return shade(base, light * grain(rng, size, sigma=0.7, strength=0.03))


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
    points = np.round((starts + np.cumsum(moves, axis=1)) * (1 << _SHIFT)).astype(np.int32)
    canvas = np.zeros(size, np.uint8)
    thick = max(1, round(0.9 * unit(size)))
    cv2.polylines(canvas, list(points), False, 255, thick, cv2.LINE_AA, _SHIFT)
    return canvas.astype(np.float32) / np.float32(255)


def carbonfibre(rng: np.random.Generator, size: Size) -> Rendered:
    """Render woven carbon composite: flat shiny tows in plain or twill weave, often lacquered."""
    u = unit(size)
    base = tinted(rng, rng.uniform(26, 80))
    other = base * np.float32(rng.uniform(0.8, 1.1))
    if rng.random() < 0.2:
        other = pick_colour(rng, ("yellow", "red", "blue", "grey", "green"))[1]
    repeat, floats = choose(rng, ((2, 1), (4, 2), (4, 2), (4, 2), (4, 3)))
    tow = max(5.0, rng.uniform(7, 28) * u)
    angle = choose(rng, (0.0, 0.0, math.pi / 4)) + rng.normal(0, 0.06)
    x, y = _laid(rng, size, angle=angle, bend=rng.uniform(0, 0.12) * tow)
    warp, weft = np.floor(x / tow), np.floor(y / tow)
    step = _cycle(warp - weft, repeat)
    over = step < floats
    # How far along its float (the stretch on top of the cloth) a pixel lies, from 0 to 1.
    along = np.where(
        over,
        (step + 1 - fraction(y / tow)) / floats,
        (step - floats + fraction(x / tow)) / (repeat - floats),
    ).astype(np.float32)
    across = np.where(over, fraction(x / tow), fraction(y / tow))
    fibre = np.floor(np.where(over, x, y) * np.float32(1 / max(1.1, tow / 14)))
    sheen = np.where(over, _peak(along, rng.uniform(0.1, 0.9), 0.35), _peak(along, 0.5, 0.5))
    level = np.where(over, np.float32(rng.uniform(0.9, 1.5)), np.float32(rng.uniform(0.6, 1.0)))
    light = level * (_HALF + np.float32(rng.uniform(0.4, 1.1)) * sheen)
    light = light * (1 + per_index(rng, fibre, sigma=rng.uniform(0.05, 0.14)))
    light = light * (np.float32(0.6) + np.float32(0.4) * np.sqrt(np.sin(np.pi * across)))
    picture = shade(ramp(other, base, over.astype(np.float32)), light)
    lacquer = glow(rng, size, widths=(0.08, 0.6)) * np.float32(max(0.0, rng.uniform(-30, 70)))
    picture = (picture + lacquer[..., None]) * np.float32(rng.uniform(0.9, 1.3))
    return solid(
        shade(picture, grain(rng, size, sigma=0.5, strength=0.03)),
        "black" if base.mean() < 58 else "grey",
    )


def treadplate(rng: np.random.Generator, size: Size) -> Rendered:
    """Render tread plate: raised lozenges, groups of bars in turning directions, or studs."""
    u = unit(size)
    name, base = _coat(rng, ("grey",) * 6 + ("black", "yellow", "green", "red", "blue"))
    pitch = max(9.0, rng.uniform(17, 48) * u)
    angle = choose(rng, (0.0, math.pi / 4, math.pi / 4)) + rng.normal(0, 0.05)
    x, y = _laid(rng, size, angle=angle)
    across, down, column, row = _lattice(x, y, pitch, pitch)
    level = _cycle(column + row, 2) > 0
    long, short = np.where(level, across, down), np.where(level, down, across)
    bars = choose(rng, (1, 1, 1, 2, 3, 5))
    step = 0.86 * pitch / bars
    bar = np.clip(np.floor(short / np.float32(step) + np.float32(bars / 2)), 0, bars - 1)
    aside = short - (bar - np.float32((bars - 1) / 2)) * np.float32(step)
    reach = pitch * rng.uniform(0.4, 0.52 if bars == 1 else 0.46)
    half = min(0.42 * step, pitch * rng.uniform(0.1, 0.17))
    if bars == 1 and rng.random() < 0.25:
        reach = half = pitch * rng.uniform(0.22, 0.36)
    power = choose(rng, (1.4, 2.0, 5.0))
    body = 1 - np.abs(long / np.float32(reach)) ** np.float32(power)
    body = np.clip(body - (aside / np.float32(half)) ** 2, 0, 1)
    raised = np.minimum(np.sqrt(body), np.float32(rng.uniform(0.5, 1))) * np.float32(0.8 * half)
    raised = cv2.GaussianBlur(raised, (0, 0), max(0.6, 0.08 * half))
    facing = _facing(raised, rng.uniform(0, 2 * math.pi))
    light: Coverage = 1 + np.float32(rng.uniform(0.35, 0.8)) * facing
    light = light + np.float32(rng.uniform(0, 0.7)) * _peak(facing, 0.55, 0.2)
    light = light + np.float32(rng.uniform(0, 0.25)) * np.sqrt(body)
    light = light * (1 + np.float32(0.05) * smooth_noise(rng, size, cells=(3, 9, 40), decay=0.7))
    light = light + glow(rng, size, widths=(0.15, 0.6)) * np.float32(rng.uniform(0, 0.35))
    light = light * grain(rng, size, sigma=rng.uniform(0.4, 1.2), strength=rng.uniform(0.02, 0.06))
    return solid(shade(base, np.maximum(light, np.float32(0.1))), name)


def galvanised(rng: np.random.Generator, size: Size) -> Rendered:
    """Render hot-dip zinc: spangle crystals, each with its own sheen and feathery arms."""
    u = unit(size)
    height, width = size
    base = tinted(rng, rng.uniform(100, 195)) * np.asarray([0.98, 1.0, 1.03], np.float32)
    stretch = choose(rng, (1.0, 1.0, rng.uniform(1.3, 2.2)))
    across = rng.uniform(4, 22)
    labels, borders = cells(rng, (height, max(8, round(width / stretch))), across, jitter=1.0)
    # Looking the labels up at displaced places gives the crystals ragged, natural outlines.
    x, y = coordinates(size)
    ragged = np.float32(rng.uniform(0.03, 0.09) * min(size) / across)
    from_x = x + smooth_noise(rng, size, cells=(12, 30, 70), decay=0.7) * ragged
    from_y = y + smooth_noise(rng, size, cells=(12, 30, 70), decay=0.7) * ragged
    column = np.clip(from_x / np.float32(stretch), 0, labels.shape[1] - 1).astype(np.intp)
    line = np.clip(from_y, 0, height - 1).astype(np.intp)
    crystal, seam = labels[line, column], borders[line, column]
    count = int(labels.max()) + 1
    turn = rng.uniform(0, math.pi, count).astype(np.float32)[crystal]
    tone = rng.normal(0, rng.uniform(0.04, 0.11), count).astype(np.float32)[crystal]
    ahead = from_x * np.cos(turn) + from_y * np.sin(turn)
    aside = from_y * np.cos(turn) - from_x * np.sin(turn)
    pitch = np.float32(max(2.2, rng.uniform(3, 8) * u))
    arms = np.sin(
        2 * np.pi * (ahead + np.abs(fraction(aside / (6 * pitch)) - _HALF) * pitch) / pitch
    )
    light = 1 + tone + np.float32(rng.uniform(0.02, 0.1)) * arms
    light = light - np.float32(rng.uniform(-0.06, 0.1)) * cv2.GaussianBlur(seam, (0, 0), 0.7)
    light = light + np.float32(rng.uniform(0.01, 0.05)) * smooth_noise(rng, size, cells=(2, 6, 20))
    light = light + glow(rng, size, widths=(0.1, 0.6)) * np.float32(rng.uniform(0, 0.3))
    return solid(shade(base, light * grain(rng, size, sigma=0.5, strength=0.03)), "grey")


def corrugated(rng: np.random.Generator, size: Size) -> Rendered:
    """Render profiled metal sheet: waves, trapezia or narrow ribs, with laps and rows of screws."""
    u = unit(size)
    name, base = _coat(rng, ("grey",) * 4 + ("white", "red", "green", "blue", "brown", "beige"))
    pitch = max(8.0, rng.uniform(14, 60) * u)
    angle = choose(rng, _STRAIGHT) + rng.normal(0, 0.07)
    x, y = _laid(rng, size, angle=angle, bend=rng.uniform(0, 0.6) * u)
    every, gap = int(rng.integers(1, 4)), rng.uniform(50, 130) * u
    across, down, column, _ = _lattice(x, y, pitch, gap)
    wave = np.cos(2 * np.pi * across / np.float32(pitch))
    steep, rise = choose(rng, ((1.0, 0.0), (1.0, 0.0), (2.2, 0.0), (3.5, 0.3), (5.0, -3.5)))
    profile = np.clip(wave * np.float32(steep) + np.float32(rise), -1, 1)
    profile = cv2.GaussianBlur(profile, (0, 0), max(0.6, 0.02 * pitch))
    facing = _facing(
        profile * np.float32(pitch * rng.uniform(0.1, 0.17)),
        angle + choose(rng, (0.0, math.pi)) + rng.uniform(-0.9, 0.9),
    )
    # Steep walls would turn black or white: real ones also catch light from the sky around.
    facing = np.tanh(facing)
    light = 1 + np.float32(rng.uniform(0.3, 0.65)) * facing + np.float32(0.1) * profile
    shine = rng.uniform(0, 0.6) if name == "grey" else rng.uniform(0, 0.25)
    light = light + np.float32(shine) * _peak(facing, rng.uniform(0.1, 0.5), 0.14)
    light = light + np.float32(0.03) * smooth_noise(rng, size, cells=(2, 5, 16))
    light = light + np.float32(0.02) * streaks(
        rng, size, length=200 * u, width=2 * u, upright=angle < 1
    )
    if rng.random() < 0.4:
        lap = fraction(y / np.float32(2.6 * gap)) * np.float32(2.6 * gap)
        light = light * (1 - np.float32(0.45) * np.exp(-lap / np.float32(2.2 * u + 0.5)))
        light = light * (1 + per_index(rng, np.floor(y / np.float32(2.6 * gap)), sigma=0.05))
    picture = shade(base, light)
    if rng.random() < 0.45:
        head = np.float32(max(1.6, min(0.16 * pitch, rng.uniform(2.2, 4.5) * u)))
        distance = np.hypot(across, down)
        chosen = (_cycle(column, every) == 0) & (profile > 0)
        washer = np.clip(head * np.float32(1.6) - distance + _HALF, 0, 1) * chosen
        picture = blend(picture, base * np.float32(0.45), washer)
        screw = np.clip(head - distance + _HALF, 0, 1) * chosen
        dome = 1 - (across + down) / (2 * head) * _HALF
        picture = blend(picture, shade(tinted(rng, rng.uniform(120, 190)), dome), screw)
    return solid(shade(picture, grain(rng, size, sigma=0.6, strength=0.025)), name)


def _expanded(
    rng: np.random.Generator, x: Coverage, y: Coverage, pitch: float
) -> tuple[Coverage, Coverage, Coverage, float]:
    """Return expanded metal: distance inside a strand, its tilt, its brightness, its half width.

    Strands run along both diagonals of lozenges and are broad where they meet.
    """
    high = pitch * rng.uniform(0.38, 0.7)
    thick = high * rng.uniform(0.1, 0.2)
    first = (fraction(x / pitch + y / high) - _HALF) * np.float32(high)
    second = (fraction(x / pitch - y / high) - _HALF) * np.float32(high)
    joint = np.exp(-(first * first + second * second) / np.float32(0.06 * high * high))
    falling = np.abs(first) < np.abs(second)
    nearest = np.minimum(np.abs(first), np.abs(second)) - joint * np.float32(thick * 0.6)
    contrast = np.float32(rng.uniform(-0.2, 0.2))
    level = np.where(falling, 1 + contrast, 1 - contrast)
    return np.float32(thick) - nearest, np.where(falling, first, -second), level, thick


def _bars(
    rng: np.random.Generator, x: Coverage, y: Coverage, pitch: float
) -> tuple[Coverage, Coverage, Coverage, float]:
    """Return bearing bars and twisted cross rods, in the terms of ``_expanded``."""
    cross = pitch * choose(rng, (1.0, rng.uniform(1.4, 3.5), rng.uniform(3, 5)))
    across, down, _, _ = _lattice(x, y, pitch, cross)
    thick = pitch * rng.uniform(0.08, 0.18)
    rod = thick * rng.uniform(0.5, 1.0)
    twist = np.float32(rng.uniform(0, 0.35)) * np.sin(2 * np.pi * x / np.float32(3 * rod))
    beam = np.abs(across) < np.float32(thick + 0.5)
    nearest = np.minimum(np.abs(across), np.abs(down) + np.float32(thick - rod))
    tilt = np.where(beam, across, down * np.float32(thick / rod))
    level = np.where(beam, np.float32(1), np.float32(0.75) + twist)
    return np.float32(thick) - nearest, tilt, level, thick


def grating(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a metal grating before a ground: expanded metal, or bearing bars with cross rods."""
    u = unit(size)
    name, base = _coat(rng, ("grey",) * 6 + ("black", "yellow", "green", "white"))
    picture = _ground(rng, size, base, ("black", "black", "grey", "brown", "green", "beige"))
    angle = choose(rng, _STRAIGHT) + rng.normal(0, 0.05)
    x, y = _laid(rng, size, angle=angle)
    kind = choose(rng, (_expanded, _bars))
    within, tilt, level, thick = kind(rng, x, y, max(8.0, rng.uniform(13, 44) * u))
    metal = np.clip(within + _HALF, 0, 1)
    right, below = rng.uniform(-2, 2, 2) * thick
    matrix = np.asarray([[1, 0, right], [0, 1, below]], np.float32)
    shadow = cv2.warpAffine(metal, matrix, (size[1], size[0]), borderMode=cv2.BORDER_REPLICATE)
    shadow = cv2.GaussianBlur(shadow, (0, 0), max(0.7, 0.3 * thick))
    picture = shade(picture, 1 - np.float32(rng.uniform(0.2, 0.65)) * shadow)
    light = level + np.float32(rng.uniform(-0.4, 0.4) / thick) * np.clip(tilt, -thick, thick)
    light = light + glow(rng, size, widths=(0.2, 0.6)) * np.float32(rng.uniform(0, 0.3))
    light = light * (1 + np.float32(0.06) * smooth_noise(rng, size, cells=(4, 30)))
    picture = blend(picture, shade(base, light), metal)
    return solid(shade(picture, grain(rng, size, sigma=0.6, strength=0.03)), name)


def heatsink(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a heat sink from above: plate fins, cross-cut fins or pins over a shaded base."""
    u = unit(size)
    name, base = _coat(rng, ("grey",) * 5 + ("black", "black", "black", "blue", "orange", "yellow"))
    pitch = max(6.0, rng.uniform(9, 26) * u)
    angle = choose(rng, _STRAIGHT) + rng.normal(0, 0.05)
    x, y = _laid(rng, size, angle=angle)
    kind = choose(rng, ("plates", "plates", "crosscut", "pins", "round"))
    cross = pitch if kind in ("pins", "round") else pitch * rng.uniform(2.5, 6)
    across, down, column, row = _lattice(x, y, pitch, cross)
    half = pitch * rng.uniform(0.14, 0.3)
    ridge = kind == "plates"
    end = np.float32(2 * cross if ridge else half if kind == "pins" else cross / 2 - 0.2 * pitch)
    # The camera sees the fins' sides too: more of them, the farther a fin is from its axis.
    middle = float(x.mean()) + rng.uniform(-0.4, 0.4) * min(size)
    lean = (x - np.float32(middle)) * np.float32(rng.uniform(0.3, 1.3) * pitch / min(size))
    # Distance from the strip between a fin's top edge and its displaced foot.
    beside = np.maximum(np.abs(across + lean * _HALF) - np.abs(lean) * _HALF, 0)
    if kind == "round":
        half = pitch * rng.uniform(0.2, 0.36)
        distance = np.hypot(across, down) - np.float32(half)
        side = np.hypot(beside, down) - np.float32(half)
    else:
        distance = np.maximum(np.abs(across) - np.float32(half), np.abs(down) - end)
        side = np.maximum(np.abs(beside) - np.float32(half), np.abs(down) - end)
    top = np.clip(_HALF - distance, 0, 1)
    flank = np.clip(_HALF - side, 0, 1)
    floor_light = np.float32(rng.uniform(0.08, 0.4))
    gap = np.clip(distance / np.float32(0.5 * pitch), 0, 1) * np.float32(rng.uniform(-0.1, 0.25))
    picture = shade(base, floor_light + gap)
    picture = blend(picture, base * np.float32(rng.uniform(0.3, 0.7)), flank)
    light = 1 + per_index(rng, column * 61 + (0 if ridge else row), sigma=0.04)
    light = light + np.float32(rng.uniform(0, 0.5)) * _peak(distance, -1, 0.9)
    light = light + glow(rng, size, widths=(0.15, 0.6)) * np.float32(rng.uniform(0, 0.5))
    light = light + np.float32(0.03) * streaks(rng, size, length=80 * u, upright=angle < 1)
    picture = blend(picture, shade(base, light), top)
    return solid(shade(picture, grain(rng, size, sigma=0.5, strength=0.025)), name)


def _die(rng: np.random.Generator, high: int, wide: int) -> Picture:
    """Return the brightness of one die: blocks of memory and logic, pads, and the street around."""
    scale = 3
    tall, broad = high * scale, wide * scale
    die = np.full((tall, broad, 3), rng.uniform(0.7, 1.0), np.float32)
    for _ in range(int(rng.integers(5, 14))):
        top, left = int(rng.uniform(0, 0.8) * tall), int(rng.uniform(0, 0.8) * broad)
        block = die[top : top + int(rng.uniform(0.1, 0.5) * tall) + 2]
        block = block[:, left : left + int(rng.uniform(0.1, 0.5) * broad) + 2]
        block[:] = rng.uniform(0.45, 1.3) * rng.normal(1, 0.06, 3)
        kind, step = rng.random(), int(rng.integers(4, 12))
        if kind < 0.3:
            block[:, ::step] *= 0.6
        elif kind < 0.6:
            block[::step] *= 0.6
        elif kind < 0.8:
            block *= rng.normal(1, 0.2, (*block.shape[:2], 1)).astype(np.float32)
    street = max(scale, int(rng.uniform(0.02, 0.05) * min(tall, broad)))
    if rng.random() < 0.6:
        pad = max(scale, int(0.045 * min(tall, broad)))
        bright = np.float32(rng.uniform(1.3, 1.9))
        for place in np.linspace(street + pad, broad - street - 2 * pad, int(rng.integers(5, 12))):
            column = slice(int(place), int(place) + pad)
            die[street + pad : street + 2 * pad, column] = bright
            die[tall - street - 2 * pad : tall - street - pad, column] = bright
    level = np.float32(choose(rng, (rng.uniform(0.15, 0.5), rng.uniform(1.2, 1.6))))
    die[:street], die[:, :street] = level, level
    shrunk: Picture = cv2.resize(die, (wide, high), interpolation=cv2.INTER_AREA)
    return shrunk


def wafer(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a processed semiconductor wafer: one die repeated, under thin-film colours."""
    u = unit(size)
    height, width = size
    high = max(12, round(rng.uniform(18, 80) * u))
    wide = max(12, round(high * rng.uniform(0.6, 1.6)))
    die = _die(rng, high, wide)
    copies = np.tile(die, (height // high + 2, width // wide + 2, 1))
    top, left = int(rng.integers(high)), int(rng.integers(wide))
    picture = np.ascontiguousarray(copies[top : top + height, left : left + width])
    if rng.random() < 0.6:
        picture = rotated(picture, rng.normal(0, 0.06))
    name, film = pick_colour(
        rng, ("grey", "grey", "blue", "purple", "pink", "green", "yellow", "orange")
    )
    film = film * np.float32(0.6) + np.float32(rng.uniform(20, 80))
    # A thin film's colour turns with the angle of view: a slow drift to a neighbouring hue.
    drift = np.roll(film, 1) * np.float32(0.5) + film * np.float32(0.5)
    sheen = glow(rng, size, widths=(0.2, 0.8))
    amount = sheen * np.float32(rng.uniform(0, 0.7))
    picture = picture * ramp(film, drift, amount)
    light: Coverage = 1 + np.float32(rng.uniform(-0.25, 0.45)) * sheen
    light = light + np.float32(0.02) * smooth_noise(rng, size, cells=(1, 3))
    return solid(shade(picture, light * grain(rng, size, sigma=0.6, strength=0.025)), name)


def bubblewrap(rng: np.random.Generator, size: Size) -> Rendered:
    """Render bubble wrap over a ground: rows of clear domes with rims, glints and soft creases."""
    u = unit(size)
    name, film = pick_colour(rng, ("white", "white", "grey", "pink", "green", "blue", "black"))
    ground = _ground(rng, size, film, ("white", "grey", "beige", "brown", "black", "blue"))
    pitch = max(10.0, rng.uniform(14, 46) * u)
    angle = choose(rng, _STRAIGHT) + rng.normal(0, 0.12)
    x, y = _laid(rng, size, angle=angle, bend=rng.uniform(0, 0.07) * pitch)
    stagger = choose(rng, (0.5, 0.5, 0.5, 0.0))
    high = pitch * (0.88 if stagger else 1.0)
    across, down, column, row = _lattice(x, y, pitch, high, stagger=stagger)
    radius = np.float32(pitch * rng.uniform(0.36, 0.43))
    right, below = across / radius, down / radius
    distance = np.hypot(right, below)
    inside = np.clip((1 - distance) * radius + _HALF, 0, 1)
    number = column * 97 + row
    light = rng.uniform(0, 2 * math.pi)
    cosine, sine = np.float32(math.cos(light)), np.float32(math.sin(light))
    towards = right * cosine + below * sine + per_index(rng, number, sigma=0.05)
    aside = below * cosine - right * sine + per_index(rng, number, sigma=0.08)
    picture = blend(ground, film, np.full(size, rng.uniform(0.25, 0.7), np.float32))
    creases = np.exp(-np.abs(smooth_noise(rng, size, cells=(8, 16, 30), decay=0.7)) * 6)
    bulge = np.float32(rng.uniform(0.1, 0.3)) * towards * np.minimum(distance, 1)
    shading = 1 + inside * bulge - np.float32(rng.uniform(0.15, 0.4)) * _peak(distance, 1.0, 0.1)
    shading = shading + (1 - inside) * np.float32(rng.uniform(0, 0.18)) * (creases - _HALF)
    picture = shade(picture, shading)
    crescent = _peak(distance, 0.8, 0.1) * np.clip(-towards, 0, 1) ** 2
    glint = _peak(towards, rng.uniform(0.4, 0.65), rng.uniform(0.07, 0.16))
    glint = glint * _peak(aside, rng.uniform(-0.2, 0.2), rng.uniform(0.12, 0.4))
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
    coverage = np.clip((1 - np.abs(offset)) * np.float32(thick) + _HALF, 0, 1)
    shadow = np.clip(np.float32(1.9) - np.abs(offset - np.float32(0.9)), 0, 1)
    strands = np.sin(2 * np.pi * along / np.float32(2.2 * thick) + 2 * offset)
    light = np.sqrt(np.clip(np.float32(1.1) - offset * offset, 0, 1)) * np.float32(0.55) + _HALF
    light = light - np.float32(0.15) * offset + np.float32(twist) * strands
    seen = (1 - coverage) * (1 - np.float32(0.3) * shadow)
    corded: Picture = shade(picture, seen) + shade(paint, light * coverage)
    return corded


def netting(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a rope or nylon net before a ground: slack cords, knotted or merely crossing."""
    u = unit(size)
    name, paint = pick_colour(rng, ("white", "beige", "green", "black", "blue", "orange", "grey"))
    picture = _ground(
        rng, size, paint, ("green", "green", "blue", "grey", "black", "brown", "white")
    )
    pitch = max(10.0, rng.uniform(16, 60) * u)
    angle = choose(rng, (math.pi / 4, math.pi / 4, 0.0)) + rng.normal(0, 0.1)
    x, y = _laid(rng, size, angle=angle, bend=rng.uniform(0.04, 0.2) * pitch)
    high = pitch * rng.uniform(0.75, 1.0)
    across, down, column, row = _lattice(x, y, pitch, high)
    thick = max(0.9, min(pitch * rng.uniform(0.03, 0.13), 6 * u))
    twist = rng.uniform(0.05, 0.3) if thick > 1.6 else 0.0
    slack = np.float32(rng.uniform(0, 0.05) * pitch)
    # Every second cord bows the other way between its knots.
    across = across + slack * np.cos(2 * np.pi * down / np.float32(high)) * (
        1 - 2 * _cycle(column, 2)
    )
    down = down + slack * np.cos(2 * np.pi * across / np.float32(pitch)) * (1 - 2 * _cycle(row, 2))
    picture = _cord(picture, paint, across, y, thick=thick, twist=twist)
    picture = _cord(picture, paint, down, x, thick=thick, twist=twist)
    if rng.random() < 0.7:
        radius = thick * rng.uniform(1.5, 2.2)
        squash = rng.uniform(0.7, 1.0)
        distance = np.hypot(across, down / np.float32(squash)) / np.float32(radius)
        knot = np.clip((1 - distance) * np.float32(radius) + _HALF, 0, 1)
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
    angle = choose(rng, _STRAIGHT) + rng.normal(0, 0.12)
    x, y = _laid(rng, size, angle=angle, bend=rng.uniform(0.04, 0.22) * wale)
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
    slant = (share - _HALF) * np.float32(rng.uniform(-0.45, 0.45))
    folds = smooth_noise(rng, size, cells=(1, 2, 4)) * np.float32(rng.uniform(0.02, 0.12))
    depth = np.float32(rng.uniform(0.35, 0.75))
    light = 1 - depth + depth * rib + slant + folds + np.float32(0.08) * weave
    light = light + (np.float32(rng.uniform(0.05, 0.11)) * pile + np.float32(0.04) * tufts) * rib
    picture = shade(_lit(main), np.maximum(light, np.float32(0.12)) * np.float32(1.1))
    # The tips of the pile catch the light: a paler, slightly bleached tone on the crests.
    bleach = np.clip(rib - _HALF, 0, 1) * np.float32(rng.uniform(0, 0.35))
    return solid(blend(picture, main * _HALF + np.float32(110), bleach), name)


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
        facing = _facing(clumps * np.float32(2.5 * u), rng.uniform(0, 2 * math.pi))
        light = light + np.float32(0.06) * clumps + np.clip(facing, -1, 1) * np.float32(0.22)
    light = light + np.float32(rng.uniform(0.03, 0.08)) * white_noise(
        rng, size, sigma=rng.uniform(0.7, 1.2) * max(u, 0.6)
    )
    main = _lit(main)
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
    x, y = _laid(rng, size, angle=rng.normal(0, 0.08), bend=rng.uniform(0.06, 0.22) * pitch)
    across, down, warp, weft = _lattice(x, y, pitch, pitch * rng.uniform(0.85, 1.15))
    over = _cycle(warp + weft, 2) > 0
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
        yarns.append((light, np.clip((1 - np.abs(offset)) * half + _HALF, 0, 1)))
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


TECHNICAL: Mapping[str, Renderer] = {
    "carbonfibre": carbonfibre,
    "treadplate": treadplate,
    "galvanised": galvanised,
    "corrugated": corrugated,
    "grating": grating,
    "heatsink": heatsink,
    "wafer": wafer,
    "bubblewrap": bubblewrap,
    "netting": netting,
    "corduroy": corduroy,
    "felt": felt,
    "burlap": burlap,
}
