"""Technical sheets: composite, profiled and coated metal, gratings, heat sinks, wafers."""

import math
from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from promptlab.synthetic.canvas import (
    Colour,
    Coverage,
    Picture,
    Rendered,
    Renderer,
    Size,
    blend,
    coordinates,
    pick_colour,
    smooth_noise,
    towards_light,
)
from promptlab.synthetic.fields import (
    HALF,
    bent,
    brightened,
    cells,
    choose,
    cycle,
    fraction,
    glow,
    grain,
    peak,
    per_index,
    ramp,
    rotated,
    shade,
    solid,
    streaks,
    tinted,
    unit,
)
from promptlab.synthetic.textures.layouts import STRAIGHT, backing, laid, lattice

__all__ = ["SHEETS"]


def _coat(rng: np.random.Generator, names: Sequence[str]) -> tuple[str, Colour]:
    """Return the name and colour of bare (grey) or painted metal."""
    name, colour = pick_colour(rng, names)
    return name, tinted(rng, rng.uniform(95, 205)) if name == "grey" else brightened(colour)


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
    x, y = laid(rng, size, angle=angle, bend=rng.uniform(0, 0.12) * tow)
    warp, weft = np.floor(x / tow), np.floor(y / tow)
    step = cycle(warp - weft, repeat)
    over = step < floats
    # How far along its float (the stretch on top of the cloth) a pixel lies, from 0 to 1.
    along = np.where(
        over,
        (step + 1 - fraction(y / tow)) / floats,
        (step - floats + fraction(x / tow)) / (repeat - floats),
    ).astype(np.float32)
    across = np.where(over, fraction(x / tow), fraction(y / tow))
    fibre = np.floor(np.where(over, x, y) * np.float32(1 / max(1.1, tow / 14)))
    sheen = np.where(over, peak(along, rng.uniform(0.1, 0.9), 0.35), peak(along, 0.5, 0.5))
    level = np.where(over, np.float32(rng.uniform(0.9, 1.5)), np.float32(rng.uniform(0.6, 1.0)))
    light = level * (HALF + np.float32(rng.uniform(0.4, 1.1)) * sheen)
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
    x, y = laid(rng, size, angle=angle)
    across, down, column, row = lattice(x, y, pitch, pitch)
    level = cycle(column + row, 2) > 0
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
    facing = towards_light(raised, rng.uniform(0, 2 * math.pi))
    light: Coverage = 1 + np.float32(rng.uniform(0.35, 0.8)) * facing
    light = light + np.float32(rng.uniform(0, 0.7)) * peak(facing, 0.55, 0.2)
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
    ragged = rng.uniform(0.03, 0.09) * min(size) / across
    from_x, from_y = bent(rng, x, y, ragged, cells=(12, 30, 70), decay=0.7)
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
        2 * np.pi * (ahead + np.abs(fraction(aside / (6 * pitch)) - HALF) * pitch) / pitch
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
    angle = choose(rng, STRAIGHT) + rng.normal(0, 0.07)
    x, y = laid(rng, size, angle=angle, bend=rng.uniform(0, 0.6) * u)
    every, gap = int(rng.integers(1, 4)), rng.uniform(50, 130) * u
    across, down, column, _ = lattice(x, y, pitch, gap)
    wave = np.cos(2 * np.pi * across / np.float32(pitch))
    steep, rise = choose(rng, ((1.0, 0.0), (1.0, 0.0), (2.2, 0.0), (3.5, 0.3), (5.0, -3.5)))
    profile = np.clip(wave * np.float32(steep) + np.float32(rise), -1, 1)
    profile = cv2.GaussianBlur(profile, (0, 0), max(0.6, 0.02 * pitch))
    facing = towards_light(
        profile * np.float32(pitch * rng.uniform(0.1, 0.17)),
        angle + choose(rng, (0.0, math.pi)) + rng.uniform(-0.9, 0.9),
    )
    # Steep walls would turn black or white: real ones also catch light from the sky around.
    facing = np.tanh(facing)
    light = 1 + np.float32(rng.uniform(0.3, 0.65)) * facing + np.float32(0.1) * profile
    shine = rng.uniform(0, 0.6) if name == "grey" else rng.uniform(0, 0.25)
    light = light + np.float32(shine) * peak(facing, rng.uniform(0.1, 0.5), 0.14)
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
        chosen = (cycle(column, every) == 0) & (profile > 0)
        washer = np.clip(head * np.float32(1.6) - distance + HALF, 0, 1) * chosen
        picture = blend(picture, base * np.float32(0.45), washer)
        screw = np.clip(head - distance + HALF, 0, 1) * chosen
        dome = 1 - (across + down) / (2 * head) * HALF
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
    first = (fraction(x / pitch + y / high) - HALF) * np.float32(high)
    second = (fraction(x / pitch - y / high) - HALF) * np.float32(high)
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
    across, down, _, _ = lattice(x, y, pitch, cross)
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
    picture = backing(rng, size, base, ("black", "black", "grey", "brown", "green", "beige"))
    angle = choose(rng, STRAIGHT) + rng.normal(0, 0.05)
    x, y = laid(rng, size, angle=angle)
    kind = choose(rng, (_expanded, _bars))
    within, tilt, level, thick = kind(rng, x, y, max(8.0, rng.uniform(13, 44) * u))
    metal = np.clip(within + HALF, 0, 1)
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
    angle = choose(rng, STRAIGHT) + rng.normal(0, 0.05)
    x, y = laid(rng, size, angle=angle)
    kind = choose(rng, ("plates", "plates", "crosscut", "pins", "round"))
    cross = pitch if kind in ("pins", "round") else pitch * rng.uniform(2.5, 6)
    across, down, column, row = lattice(x, y, pitch, cross)
    half = pitch * rng.uniform(0.14, 0.3)
    ridge = kind == "plates"
    end = np.float32(2 * cross if ridge else half if kind == "pins" else cross / 2 - 0.2 * pitch)
    # The camera sees the fins' sides too: more of them, the farther a fin is from its axis.
    middle = float(x.mean()) + rng.uniform(-0.4, 0.4) * min(size)
    lean = (x - np.float32(middle)) * np.float32(rng.uniform(0.3, 1.3) * pitch / min(size))
    # Distance from the strip between a fin's top edge and its displaced foot.
    beside = np.maximum(np.abs(across + lean * HALF) - np.abs(lean) * HALF, 0)
    if kind == "round":
        half = pitch * rng.uniform(0.2, 0.36)
        distance = np.hypot(across, down) - np.float32(half)
        side = np.hypot(beside, down) - np.float32(half)
    else:
        distance = np.maximum(np.abs(across) - np.float32(half), np.abs(down) - end)
        side = np.maximum(np.abs(beside) - np.float32(half), np.abs(down) - end)
    top = np.clip(HALF - distance, 0, 1)
    flank = np.clip(HALF - side, 0, 1)
    floor_light = np.float32(rng.uniform(0.08, 0.4))
    gap = np.clip(distance / np.float32(0.5 * pitch), 0, 1) * np.float32(rng.uniform(-0.1, 0.25))
    picture = shade(base, floor_light + gap)
    picture = blend(picture, base * np.float32(rng.uniform(0.3, 0.7)), flank)
    light = 1 + per_index(rng, column * 61 + (0 if ridge else row), sigma=0.04)
    light = light + np.float32(rng.uniform(0, 0.5)) * peak(distance, -1, 0.9)
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


SHEETS: Mapping[str, Renderer] = {
    "carbonfibre": carbonfibre,
    "treadplate": treadplate,
    "galvanised": galvanised,
    "corrugated": corrugated,
    "grating": grating,
    "heatsink": heatsink,
    "wafer": wafer,
}
