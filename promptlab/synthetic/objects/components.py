"""Discrete electrical parts, instruments, optics and medical supplies."""

import math
from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from promptlab.synthetic.canvas import (
    RGB,
    Colour,
    Coverage,
    Number,
    Picture,
    Point,
    Points,
    Rendered,
    Renderer,
    Size,
    blend,
    pick_colour,
)
from promptlab.synthetic.fields import choose, fraction, shade, tinted
from promptlab.synthetic.objects.scene import Scene, metal, moulded, random_text, turn

__all__ = ["COMPONENTS"]

_COPPER = np.asarray([190, 112, 62], np.float32)
_GOLD = np.asarray([206, 168, 88], np.float32)
_WARM = np.asarray([250, 206, 120], np.float32)
_CLEAR: RGB = (206.0, 214.0, 216.0)


def _ground(scene: Scene) -> float:
    """Return about how bright the background is."""
    return float(scene.behind[::4, ::4].mean())


def _tinned(scene: Scene) -> Colour:
    """Return the colour of bare wire and contacts, apart from the background."""
    ground, level = _ground(scene), scene.rng.uniform(120, 215)
    if abs(level - ground) < 30:
        level = ground + 45 if ground < 150 else ground - 60
    return tinted(scene.rng, level)


def _glass(scene: Scene, tint: Colour | RGB, density: Number) -> Picture:
    """Return the background seen through tinted glass; density 1 is opaque."""
    return blend(scene.behind, tint, np.full(scene.size, density, np.float32))


def _rounded(scene: Scene, across: Coverage, *, gloss: Number = 0.3) -> Coverage:
    """Return the shading of a cylinder along the first axis; ``across`` is -1 to 1 over it."""
    inside = np.clip(across, -1, 1)
    lean = np.float32(math.sin(scene.light - scene.angle))
    lit = np.float32(0.4) + np.float32(0.65) * np.sqrt(1 - inside * inside * np.float32(0.95))
    sheen = np.exp(-(((inside - lean * np.float32(0.45)) / np.float32(0.12)) ** 2))
    shading: Coverage = lit + lean * inside * np.float32(0.22) + np.float32(gloss) * sheen
    return shading


def _lathe(
    scene: Scene, profile: Sequence[Point] | Points, *, gloss: Number = 0.3
) -> tuple[Coverage, Coverage]:
    """Return coverage and shading of a body turned about the first axis.

    ``profile`` lists its places along the axis, in rising order, with the radius at each.
    """
    knots = np.asarray(profile, np.float64)
    outline = np.concatenate([knots, knots[::-1] * (1, -1)])
    x, y = scene.local()
    radius = np.interp(x, knots[:, 0], np.maximum(knots[:, 1], 0.02)).astype(np.float32)
    return scene.shape(outline), _rounded(scene, y / radius, gloss=gloss)


def _round_off(scene: Scene, body: Coverage, lit: Coverage) -> None:
    """Shade a body, with all that is printed on it, by what ``_lathe`` returned."""
    scene.shade_by(1 + (lit - 1) * body)


def _wires(scene: Scene, paths: Sequence[Sequence[Point]], thickness: float, paint: Colour) -> None:
    """Add bare round wires."""
    for path in paths:
        wire = scene.line(path, thickness)
        scene.add(wire, paint, bevel=thickness / 2, gain=0.6, gloss=0.2, dome=True)


def _scale(
    scene: Scene,
    along: Coverage,
    depth: Coverage,
    *,
    pitch: Coverage | float,
    count: int,
    lengths: tuple[float, float],
) -> Coverage:
    """Return the strokes of a scale, every fifth of them long.

    Args:
        scene: Where it is printed.
        along: Every pixel's place on the scale, in strokes; the first stroke is at 0.
        depth: Every pixel's distance from the line that the strokes start at.
        pitch: Distance of two strokes.
        count: Number of the last stroke.
        lengths: Lengths of long and short strokes.
    """
    number = np.rint(along)
    major = number % 5 == 0
    aside = np.where(major, np.float32(0.014), np.float32(0.008)) - np.abs(along - number) * pitch
    end = np.where(major, *np.asarray(lengths, np.float32)) - depth
    inside = np.minimum(np.minimum(depth, end), aside) * np.float32(scene.reach)
    marks: Coverage = np.clip(inside + np.float32(0.5), 0, 1)
    marks *= (number >= 0) & (number <= count)
    return marks


def _plated(scene: Scene) -> tuple[str, Picture | Colour]:
    """Return the colour name and surface of a metal part, often a plain one."""
    return metal(scene) if scene.rng.random() < 0.4 else ("grey", _tinned(scene))


def _inky(scene: Scene) -> Colour:
    """Return the grey of a thin wire that shows through glass before the background."""
    return tinted(scene.rng, 215 if _ground(scene) < 100 else 55)


def resistor(rng: np.random.Generator, size: Size) -> Rendered:
    """Render an axial resistor: leads, a dog-bone or straight body, colour bands or a print."""
    scene = Scene(rng, size, fill=(0.85, 0.98))
    half, long = rng.uniform(0.18, 0.27), rng.uniform(0.45, 0.62)
    knee, drop = long + rng.uniform(0.08, 0.2), choose(rng, (0.0, 0.0, rng.uniform(0.45, 0.7)))
    path = [(-0.98, 0.0), (0.98, 0.0)]
    if drop > 0:
        path = [(-knee, drop), (-knee, 0), (knee, 0), (knee, drop)]
    _wires(scene, [path], rng.uniform(0.035, 0.06), _tinned(scene))
    if drop == 0 and rng.random() < 0.25:
        tape = scene.box((0.09, 0.6), centre=(-0.88, 0)) + scene.box((0.09, 0.6), centre=(0.88, 0))
        scene.add(tape, pick_colour(rng, ("white", "beige", "blue", "red"))[1], bevel=0.01)
    if rng.random() < 0.15:
        name, paint = moulded(scene, ("white", "white", "grey", "green"))
        scene.add(scene.box((long, half), corner=0.02), paint, bevel=0.06, gain=0.45)
        rating = f"{choose(rng, (5, 7, 10))}W {int(rng.integers(1, 99))}"
        scene.text(rating, place=(0, 0), height=half * 0.8, paint=tinted(rng, 40))
        return scene.done(name)
    name, paint = moulded(scene, ("beige", "beige", "blue", "blue", "brown", "green", "grey"))
    place = np.linspace(-1, 1, 41)
    waist = 1 - choose(rng, (0.0, 0.12, 0.25)) * np.clip((0.62 - np.abs(place)) / 0.15, 0, 1)
    ends = np.sqrt(1 - 0.97 * np.clip((np.abs(place) - 0.85) / 0.15, 0, 1) ** 2)
    profile = np.stack([place * long, waist * ends * half], axis=1)
    body, lit = _lathe(scene, profile, gloss=rng.uniform(0, 0.5))
    scene.add(body, paint)
    wide = rng.uniform(0.055, 0.08)
    spots = choose(rng, ([-0.72, -0.36, -0.06, 0.7], [-0.72, -0.42, -0.16, 0.1, 0.7]))
    for spot in spots:
        colour = _GOLD if spot > 0.6 and rng.random() < 0.6 else pick_colour(rng)[1]
        scene.mark(scene.box((wide * long, half), centre=(spot * long, 0)), colour)
    _round_off(scene, body, lit)
    return scene.done(name)


def capacitor(rng: np.random.Generator, size: Size) -> Rendered:
    """Render an electrolytic capacitor: from the side, the scored top, or a surface-mount can."""
    scene = Scene(rng, size, fill=(0.7, 0.98))
    kind = rng.random()
    value = f"{choose(rng, (10, 22, 47, 100, 220, 470))}uF"
    volts = f"{choose(rng, (16, 25, 35, 50, 63))}V"
    if kind < 0.25:
        return _mounted_can(scene, value, volts)
    name, sleeve = moulded(scene, ("black", "black", "blue", "brown", "green", "purple", "grey"))
    if kind < 0.5:
        return _scored_top(scene, name, sleeve)
    half = rng.uniform(0.34, 0.55)
    legs = [[(0.7, y * half), (rng.uniform(0.9, 0.99), y * half)] for y in (-0.45, 0.45)]
    _wires(scene, legs, 0.06, _tinned(scene))
    profile = [
        (-0.93, half * 0.9), (-0.9, half), (0.5, half), (0.54, half * 0.87), (0.6, half * 0.87),
        (0.64, half), (0.74, half), (0.78, half * 0.9),
    ]  # fmt: skip
    body, lit = _lathe(scene, profile, gloss=rng.uniform(0, 0.5))
    scene.add(body, sleeve)
    rims = scene.box((0.03, half), centre=(-0.9, 0)) + scene.box((0.015, half), centre=(0.77, 0))
    scene.mark(rims, tinted(rng, 190))
    ink = pick_colour(rng, ("white", "white", "beige", "yellow"))[1]
    if name == "grey":
        ink = tinted(rng, 40)
    stripe = rng.uniform(0.4, 0.62) * half * choose(rng, (-1, 1))
    scene.mark(scene.box((0.79, half * 0.2), centre=(-0.07, stripe)), ink)
    for x in np.linspace(-0.65, 0.45, 4):
        minus = scene.box((0.09, 0.02), centre=(x, stripe))
        scene.mark(minus, sleeve)
    scene.text(f"{value} {volts}", place=(-0.1, -stripe * 0.35), height=half * 0.34, paint=ink)
    _round_off(scene, body, lit)
    return scene.done(name)


def _scored_top(scene: Scene, name: str, sleeve: Picture) -> Rendered:
    """Draw a can from above: bare aluminium with a scored vent inside the shrunk sleeve."""
    rng = scene.rng
    scene.add(scene.circle(0, 0, 1), sleeve, bevel=0.1, gain=0.6, dome=True, gloss=0.3)
    _, theta = scene.polar()
    scene.mark((np.abs(theta) < rng.uniform(0.2, 0.35)).astype(np.float32), tinted(rng, 200))
    top = rng.uniform(0.76, 0.9)
    scene.add(scene.circle(0, 0, top), _plated(scene)[1] * np.float32(1.15), bevel=0.05, gain=0.4)
    reach, arms = top * rng.uniform(0.6, 0.9), int(choose(rng, (2, 3, 4)))
    spokes = [scene.line([(0, 0), end], 0.05) for end in turn(arms, radius=reach)]
    score: Coverage = np.max(spokes, axis=0)
    scene.light_up(score, -55)
    scene.light_up(_shifted(score, 0.03 * scene.reach), 40)
    return scene.done(name)


def _shifted(coverage: Coverage, pixels: float) -> Coverage:
    matrix = np.asarray([[1, 0, pixels], [0, 1, pixels]], np.float32)
    moved: Coverage = cv2.warpAffine(coverage, matrix, coverage.shape[::-1])
    return moved


def _mounted_can(scene: Scene, value: str, volts: str) -> Rendered:
    """Draw a surface-mount can from above: base with two cut corners, can, black segment."""
    rng = scene.rng
    pads = scene.box((0.98, 0.13), corner=0.03)
    scene.add(pads, _tinned(scene), bevel=0.03, gain=0.4)
    chamfer = rng.uniform(0.5, 0.7)
    corners = [(-0.86, -0.86), (chamfer, -0.86), (0.86, -chamfer), (0.86, chamfer),
               (chamfer, 0.86), (-0.86, 0.86)]  # fmt: skip
    scene.add(scene.shape(corners), moulded(scene, ("black", "black", "brown"))[1], bevel=0.05)
    can = scene.circle(0, 0, 0.8)
    scene.add(can, _plated(scene)[1] * np.float32(1.2), bevel=0.1, gain=0.5)
    x, _ = scene.local()
    ink = pick_colour(rng, ("black", "black", "blue", "purple"))[1]
    scene.mark(scene.circle(0, 0, 0.74) * (x < -rng.uniform(0.3, 0.45)), ink)
    for row, word in enumerate((value[:-2], volts, random_text(rng, 3))):
        scene.text(word, place=(0.12, (row - 1) * 0.34), height=0.24, paint=ink)
    return scene.done("grey")


_LED_COLOURS = ("red", "green", "blue", "yellow", "orange", "white")


def led(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a light-emitting diode: a domed lens with two legs, its top, or a flat package."""
    scene = Scene(rng, size, fill=(0.7, 0.98))
    kind = rng.random()
    if kind < 0.25:
        return _flat_led(scene)
    name, colour = pick_colour(rng, _LED_COLOURS)
    paint = scene.distinct(_glass(scene, colour, rng.uniform(0.65, 0.97)))
    if kind < 0.45:
        flat = scene.local()[0] < rng.uniform(0.9, 0.95)
        scene.add(scene.circle(0, 0, 1) * flat, paint * np.float32(0.85), bevel=0.06, gain=0.5)
        scene.add(scene.circle(0, 0, 0.84), paint, bevel=0.5, gain=0.6, gloss=0.6, dome=True)
        scene.mark(scene.circle(0, 0, 0.34) * np.float32(0.5), colour * np.float32(1.3))
        scene.mark(scene.box((0.12, 0.12)) * np.float32(0.8), tinted(rng, 60))
        scene.mark(scene.line([(0, 0), (0.1, 0.36)], 0.02), _GOLD)
        return scene.done(name)
    radius = rng.uniform(0.34, 0.44)
    tip, foot, silver = rng.uniform(-0.97, -0.75), rng.uniform(0.2, 0.32), _tinned(scene)
    gap = rng.uniform(0.13, 0.18)
    splay = choose(rng, (0.0, 0.0, 0.12))
    legs = [[(foot, y), (foot + 0.3, y * (1 + splay)), (end, y * (1 + 2 * splay))]
            for y, end in ((-gap, 0.98), (gap, rng.uniform(0.8, 0.95)))]  # fmt: skip
    _wires(scene, legs, 0.065, silver)
    bend = np.linspace(0, math.pi / 2, 12)
    squat = choose(rng, (1.0, 1.0, 0.5, 0.15))
    dome = np.stack([tip + radius * squat * (1 - np.cos(bend)), radius * np.sin(bend)], axis=1)
    flange = radius * rng.uniform(1.1, 1.2)
    rim = [(foot, radius), (foot + 0.01, flange), (foot + 0.12, flange)]
    body, lit = _lathe(scene, np.concatenate([dome, rim]), gloss=rng.uniform(0.3, 0.9))
    scene.add(body, shade(paint, lit))
    top = tip + 0.75 * radius + 0.12
    scene.mark(scene.box((0.02, flange), centre=(foot, 0)) * np.float32(0.4), tinted(rng, 30))
    cup = [(foot, gap + 0.04), (top + 0.16, gap + 0.04), (top, 0.22), (top, -0.12), (foot, 0.04)]
    post = [(foot, -gap - 0.03), (top + 0.04, -gap - 0.05), (top + 0.1, -0.1), (foot, -0.08)]
    inner = np.maximum(scene.shape(cup), scene.shape(post)) * np.float32(rng.uniform(0.2, 0.55))
    scene.mark(inner, shade(silver, lit))
    return scene.done(name)


def _flat_led(scene: Scene) -> Rendered:
    """Draw a surface-mount diode: white package, plated ends, a well of phosphor."""
    rng = scene.rng
    half = (0.72, rng.uniform(0.5, 0.75))
    ends = np.zeros(scene.size, np.float32)
    for y in choose(rng, ((0.0,), (-0.3, 0.3), (-0.35, 0.0, 0.35))):
        ends = np.maximum(ends, scene.box((0.95, 0.11), centre=(0, y), corner=0.02))
    scene.add(ends, _GOLD if rng.random() < 0.3 else _tinned(scene), bevel=0.03, gain=0.4)
    name, case = moulded(scene, ("white", "white", "white", "beige", "black"))
    scene.add(scene.box(half, corner=0.04), case, bevel=0.06, gain=0.4)
    well = half[1] * rng.uniform(0.7, 0.85)
    shape = scene.circle(0, 0, well) if rng.random() < 0.6 else scene.box((0.56, well), corner=0.1)
    _, fill = pick_colour(rng, ("yellow", "yellow", "orange", "beige", "white"))
    scene.add(shape, fill, bevel=0.07, gain=-0.4)
    for x in choose(rng, ((0.0,), (-0.2, 0.2))):
        scene.mark(scene.box((0.08, 0.08), centre=(x, 0)) * np.float32(0.6), tinted(rng, 70))
    notch = [(0.72, half[1]), (0.72, half[1] - 0.2), (0.52, half[1])]
    scene.mark(scene.shape(notch), tinted(rng, choose(rng, (60.0, 150.0))))
    return scene.done(name)


def fuse(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a fuse: a glass or ceramic tube between metal ends, or a coloured blade fuse."""
    scene = Scene(rng, size, fill=(0.75, 0.98))
    rating = f"{choose(rng, (1, 2, 3, 5, 10, 15, 20, 30))}"
    if rng.random() < 0.2:
        return _blade_fuse(scene, rating)
    half, edge = rng.uniform(0.18, 0.32), rng.uniform(0.5, 0.68)
    ends = _GOLD * np.float32(0.95) if rng.random() < 0.3 else _tinned(scene)
    if rng.random() < 0.2:
        _wires(scene, [[(-1.0, 0), (1.0, 0)]], 0.05, _tinned(scene))
    shine = rng.uniform(0.3, 0.8)
    tube, lit = _lathe(scene, [(-0.8, half * 0.93), (0.8, half * 0.93)], gloss=shine)
    clear = rng.random() < 0.8
    name, ceramic = ("white", None) if clear else moulded(scene, ("white", "white", "beige"))
    glass = _glass(scene, _CLEAR, rng.uniform(0.25, 0.5))
    paint = glass if ceramic is None else ceramic
    softened = np.float32(0.6) + np.float32(0.4) * lit if clear else lit
    scene.add(tube, shade(paint, softened))
    if clear:
        along = np.linspace(-edge, edge, 120)
        sway, rounds = choose(rng, (0.0, rng.uniform(0.02, 0.1))), choose(rng, (0.5, 1, 24))
        path = np.stack([along, sway * np.sin(math.pi * rounds * (along / edge + 1))], axis=1)
        dark = _inky(scene)
        scene.mark(scene.line(path, rng.uniform(0.015, 0.035)), dark)
        if rng.random() < 0.25:
            scene.add(scene.circle(0, 0, 0.06), dark, bevel=0.05, gain=0.6, dome=True)
        _, y = scene.local()
        lean = math.sin(scene.light - scene.angle) * 0.5 * half
        for place, glare in ((lean, 110), (-lean - 0.3 * half, 45)):
            line = np.exp(-(((y - np.float32(place)) / np.float32(half * 0.1)) ** 2))
            scene.light_up(line * tube, rng.uniform(0.3, 1) * glare)
    else:
        words = f"F{rating}A 250V"
        scene.text(words, place=(0, 0), height=half * 0.6, paint=pick_colour(rng, ("black",))[1])
    for side in (-1, 1):
        knots = sorted((side * x, r * half) for x, r in ((edge, 1), (0.9, 1), (0.93, 0.9)))
        cap, sheen = _lathe(scene, knots, gloss=0.6)
        scene.add(cap, shade(ends, sheen))
        ring = scene.box((0.012, half), centre=(side * (edge + 0.06), 0))
        scene.light_up(ring, rng.uniform(-50, 20))
    return scene.done(name)


def _blade_fuse(scene: Scene, rating: str) -> Rendered:
    """Draw a plug-in fuse of a car: two flat blades under a translucent housing."""
    rng = scene.rng
    blades = scene.box((0.15, 0.5), centre=(-0.42, 0.45)) + scene.box(
        (0.15, 0.5), centre=(0.42, 0.45)
    )
    scene.add(blades, _plated(scene)[1] * np.float32(1.15), bevel=0.04, gain=0.4)
    name, colour = pick_colour(rng, ("red", "blue", "yellow", "green", "orange", "brown", "white"))
    paint = scene.distinct(_glass(scene, colour, rng.uniform(0.75, 0.97)))
    body = np.maximum(
        scene.box((0.9, 0.22), centre=(0, -0.68), corner=0.06),
        scene.box((0.68, 0.5), centre=(0, -0.4), corner=0.05),
    )
    scene.add(body, paint, bevel=0.07, gain=0.5)
    scene.light_up(scene.box((0.4, 0.1), centre=(0, -0.15), corner=0.04), rng.uniform(-45, 45))
    ink = tinted(rng, choose(rng, (35.0, 235.0)))
    scene.text(rating, place=(0, -0.6), height=0.34, paint=ink)
    return scene.done(name)


def relay(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a relay: a printed or a clear box with its coil inside, on a row of pins."""
    scene = Scene(rng, size, fill=(0.75, 0.98))
    half = (rng.uniform(0.7, 0.88), rng.uniform(0.4, 0.62))
    pinned = rng.random() < 0.65
    if pinned:
        pins = np.zeros(size, np.float32)
        for x in np.linspace(-0.8, 0.8, int(rng.integers(3, 8))) * half[0]:
            pin = scene.box((rng.uniform(0.02, 0.045), 0.16), centre=(x, half[1] + 0.1))
            pins = np.maximum(pins, pin)
        scene.add(pins, _tinned(scene), bevel=0.03, gain=0.5)
    clear = rng.random() < 0.3
    name, case = moulded(scene, ("blue", "blue", "black", "black", "white", "orange", "grey"))
    box = scene.box(half, corner=0.05)
    if clear:
        name = "white"
        scene.add(box, _glass(scene, _CLEAR, 0.6), bevel=0.04, gain=0.4)
        _relay_works(scene, half)
        scene.mark(box * np.float32(rng.uniform(0.08, 0.25)), tinted(rng, 225))
        edge = box - scene.box((half[0] - 0.05, half[1] - 0.05), corner=0.04)
        scene.light_up(edge, rng.uniform(15, 60))
    else:
        scene.add(box, case, bevel=rng.uniform(0.04, 0.1), gain=0.5)
        if rng.random() < 0.5:
            scene.light_up(scene.box((half[0], 0.02), centre=(0, half[1] - 0.13)), -35)
    ink = tinted(rng, 40 if name in ("white", "orange", "grey") else 225)
    volts = f"{choose(rng, (5, 12, 24))}VDC"
    rows = (random_text(rng, 8), volts, f"{choose(rng, (5, 10, 16))}A 250VAC")
    for row, word in enumerate(rows[: int(rng.integers(1, 3 if clear else 4))]):
        place = (0, half[1] * (-0.62 + row * 0.44))
        scene.text(word, place=place, height=half[1] * 0.27, paint=ink)
    if not clear and rng.random() < 0.5:
        y, left = half[1] * 0.72, -half[0] * 0.75
        contact = [(left, y), (left + 0.3, y), (left + 0.5, y - 0.09)]
        scene.mark(scene.line(contact, 0.025), ink)
        scene.mark(scene.line([(left + 0.5, y), (-left, y)], 0.025), ink)
        ring = scene.box((0.12, 0.06), centre=(0.35, y)) - scene.box((0.1, 0.04), centre=(0.35, y))
        scene.mark(np.clip(ring, 0, 1), ink)
    return scene.done(name)


def _relay_works(scene: Scene, half: Point) -> None:
    """Show the frame, the coil and the contact springs behind a clear case."""
    rng = scene.rng
    wide, high = float(half[0]), float(half[1])
    frame = scene.box((wide * 0.85, high * 0.8), centre=(0, high * 0.1), corner=0.03)
    scene.mark(frame, tinted(rng, rng.uniform(55, 120)))
    x, y = scene.local()
    copper = _COPPER * np.float32(rng.uniform(0.7, 1.15))
    wound = shade(copper, _rounded(scene, (y - high * 0.3) / np.float32(high * 0.45)))
    turns = np.float32(1) + np.float32(0.2) * np.sin(x * np.float32(rng.uniform(90, 150)))
    scene.mark(scene.box((wide * 0.5, high * 0.45), centre=(-wide * 0.2, high * 0.3)),
               shade(wound, turns))  # fmt: skip
    springs = scene.line([(wide * 0.45, high * 0.8), (wide * 0.5, -high * 0.5)], 0.05)
    springs = np.maximum(
        springs, scene.line([(wide * 0.7, high), (wide * 0.68, -high * 0.4)], 0.05)
    )
    scene.mark(springs, _GOLD)
    scene.mark(scene.circle(wide * 0.58, -high * 0.42, 0.07), tinted(rng, 205))


def coil(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a wound inductor: a toroid, a bobbin with cheeks, or a ferrite rod."""
    scene = Scene(rng, size, fill=(0.75, 0.98))
    colours = {"brown": _COPPER, "red": (168, 52, 38), "green": (52, 112, 70), "yellow": _GOLD}
    name = choose(rng, ("brown", "brown", "brown", "red", "green", "yellow"))
    wire = np.asarray(colours[name], np.float32) * np.float32(rng.uniform(0.85, 1.15))
    if rng.random() < 0.45:
        return _toroid(scene, name, wire)
    half, long = rng.uniform(0.26, 0.45), rng.uniform(0.45, 0.7)
    lead = rng.uniform(0.03, 0.05)
    drop = rng.uniform(0.55, 0.9)
    legs = [[(s * long * 0.93, 0.0), (s * (long - 0.03), drop), (s * (long + 0.05), 0.95)]
            for s in (-1, 1)]  # fmt: skip
    _wires(scene, legs, lead, wire)
    if rng.random() < 0.5:
        core, lit = _lathe(scene, [(-0.98, half * 0.75), (0.98, half * 0.75)], gloss=0.1)
        scene.add(core, shade(moulded(scene, ("black", "grey", "black"))[1], lit))
        cheeks = None
    else:
        cheeks = moulded(scene, ("black", "white", "beige", "red", "blue"))[1]
    body, lit = _lathe(scene, [(-long, half), (long, half)], gloss=0.35)
    x, y = scene.local()
    pitch = rng.uniform(0.03, 0.09)
    turns = fraction((x + y * np.float32(rng.uniform(-0.08, 0.08))) / np.float32(pitch))
    groove = np.float32(0.45) + np.float32(0.65) * np.sin(np.float32(math.pi) * turns)
    scene.add(body, shade(wire, groove))
    if rng.random() < 0.3:
        band = scene.box((rng.uniform(0.1, 0.3), half), centre=(rng.uniform(-0.1, 0.1), 0))
        scene.mark(band * np.float32(0.85), pick_colour(rng, ("yellow", "black"))[1])
    _round_off(scene, body, lit)
    if cheeks is not None:
        wide = rng.uniform(0.05, 0.12)
        for side in (-1, 1):
            knots = [(side * long - wide, half * 1.35), (side * long + wide, half * 1.35)]
            cheek, sheen = _lathe(scene, knots)
            scene.add(cheek, shade(cheeks, sheen), bevel=0.02, gain=0.3)
    return scene.done(name)


def _toroid(scene: Scene, name: str, wire: Colour) -> Rendered:
    """Draw a ring core wound round most of its way, with two wire ends."""
    rng = scene.rng
    outer, inner, turns = rng.uniform(0.72, 0.84), rng.uniform(0.3, 0.45), int(rng.integers(14, 48))
    radius, theta = scene.polar()
    start = rng.uniform(0.15, 0.9)
    ends = []
    for side in (-1, 1):
        foot = (outer * 0.9 * math.cos(start), outer * 0.9 * math.sin(start) * side)
        ends.append([foot, (math.cos(start * 0.7) * 0.9, 0.4 * side), (0.98, 0.3 * side)])
    _wires(scene, ends, 0.07 if turns < 28 else 0.045, wire)
    core = scene.circle(0, 0, outer * 0.95) * (1 - scene.circle(0, 0, inner * 1.1))
    _, ferrite = moulded(scene, ("black", "grey", "green", "yellow", "blue"))
    scene.add(core, ferrite, bevel=0.14, gain=0.5, dome=True, gloss=0.1)
    share = (np.abs(theta) - np.float32(start)) * np.float32(turns / (2 * math.pi - 2 * start))
    phase = fraction(np.where(theta > 0, share, share - np.float32(0.5)) * np.float32(2))
    bulge = np.sin(np.float32(math.pi) * phase)
    swell = np.float32(0.03) * bulge * scene.reach
    rim = np.minimum(outer - radius, radius - inner) * np.float32(scene.reach)
    wound = np.clip(rim + swell + np.float32(0.5), 0, 1) * (np.abs(theta) > start)
    shine = np.float32(0.35) + np.float32(0.75) * bulge
    width = (outer - inner) / 2
    scene.add(wound, shade(wire, shine), bevel=width, gain=0.7, gloss=0.25, dome=True)
    return scene.done(name)


def usbplug(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a USB plug: metal shell, moulded grip, ribbed relief and cord, or its mouth."""
    scene = Scene(rng, size, fill=(0.78, 0.98))
    name, grip = moulded(scene, ("black", "black", "white", "white", "grey", "blue", "red"))
    _, shell = _plated(scene)
    shell = shell * np.float32(1.1)
    if rng.random() < 0.25:
        return _plug_mouth(scene, name, grip, shell)
    half = rng.uniform(0.24, 0.32)
    small = rng.random() < 0.4
    tall, tip = (half * 0.62, -0.78) if small else (half, -0.97)
    cord = scene.line([(0.4, 0), (0.8, 0), (1.05, rng.uniform(-0.1, 0.1))], half * 0.62)
    scene.add(cord, grip, bevel=half * 0.3, gain=0.7, dome=True)
    relief, lit = _lathe(scene, [(0.35, half * 0.75), (0.8, half * 0.42)], gloss=0.1)
    x, _ = scene.local()
    ribs = np.float32(1) - np.float32(0.4) * (fraction(x / np.float32(0.075)) < 0.4)
    scene.add(relief, shade(grip, lit * ribs))
    corner = tall * 0.6 if small else 0.03
    case = scene.box((0.35, tall), centre=(tip + 0.35, 0), corner=corner)
    scene.add(case, shell, bevel=tall * (0.8 if small else 0.1), gain=0.5, dome=small)
    if not small:
        scene.light_up(scene.line([(tip, 0), (-0.4, 0)], 0.012), choose(rng, (0, -50)))
        holes = [scene.box((0.075, 0.075), centre=(tip + 0.32, s * half * 0.5)) for s in (-1, 1)]
        scene.mark(holes[0] + holes[1], tinted(rng, rng.uniform(20, 70)))
    wide = half * rng.uniform(1.15, 1.4)
    block = scene.box((0.42, wide), centre=(0.04, 0), corner=rng.uniform(0.03, 0.2))
    gloss = rng.uniform(0, 0.4)
    scene.add(block, grip, bevel=rng.uniform(0.08, 0.2), gain=0.55, gloss=gloss, dome=True)
    if rng.random() < 0.6:
        _trident(scene, tinted(rng, 60 if name in ("white", "grey") else 205))
    elif rng.random() < 0.6:
        scene.light_up(scene.box((0.25, wide * 0.6), centre=(0.04, 0), corner=0.05), -22)
    return scene.done(name)


def _trident(scene: Scene, ink: Colour) -> None:
    """Print the sign of the bus: a stem with three branches."""
    scene.mark(scene.line([(0.28, 0), (-0.22, 0)], 0.025), ink)
    scene.mark(scene.shape([(-0.3, 0), (-0.2, -0.05), (-0.2, 0.05)]), ink)
    scene.mark(scene.line([(0.18, 0), (0.08, -0.11), (-0.02, -0.11)], 0.022), ink)
    scene.mark(scene.line([(0.12, 0), (0.02, 0.11), (-0.08, 0.11)], 0.022), ink)
    dots = scene.circle(0.28, 0, 0.055) + scene.circle(-0.02, -0.11, 0.035)
    scene.mark(np.clip(dots + scene.box((0.03, 0.03), centre=(-0.1, 0.11)), 0, 1), ink)


def _plug_mouth(scene: Scene, name: str, grip: Picture, shell: Picture | Colour) -> Rendered:
    """Draw the plug end-on: the grip behind, the shell, the tongue and its contacts."""
    rng = scene.rng
    scene.add(scene.box((0.98, 0.58), corner=rng.uniform(0.08, 0.3)), grip, bevel=0.12, gain=0.5)
    round_ = choose(rng, (0.02, 0.02, 0.26))
    scene.add(scene.box((0.76, 0.32), corner=round_ * 1.2), shell, bevel=0.03, gain=0.5)
    scene.mark(scene.box((0.71, 0.27), corner=round_), tinted(rng, 22))
    _, tongue = pick_colour(rng, ("black", "white", "blue", "grey"))
    middle = 0.0 if round_ > 0.1 else 0.13
    scene.mark(scene.box((0.64, 0.1), centre=(0, middle), corner=0.02), tongue)
    count = 4 if round_ < 0.1 else 9
    contacts = np.zeros(scene.size, np.float32)
    for x in np.linspace(-0.46, 0.46, count):
        contact = scene.box((0.28 / count, 0.03), centre=(x, middle - 0.08))
        contacts = np.maximum(contacts, contact)
    scene.mark(contacts, _GOLD)
    return scene.done(name)


def lightbulb(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a light bulb: clear with a filament, frosted or half plastic, on a screw base."""
    scene = Scene(rng, size, fill=(0.85, 0.99))
    globe, neck = rng.uniform(0.42, 0.58), rng.uniform(0.2, 0.26)
    base = rng.uniform(0.3, 0.45)
    _screw_base(scene, base, neck)
    style = choose(rng, ("clear", "clear", "frosted", "frosted", "plastic"))
    name = choose(rng, ("white", "white", "white", "yellow", "orange", "red", "blue", "green"))
    name = name if style == "frosted" else "white"
    tint = pick_colour(rng, (name,))[1] if style != "clear" else _CLEAR
    density = rng.uniform(0.2, 0.45) if style == "clear" else rng.uniform(0.88, 0.98)
    turns = np.linspace(0, math.pi * 0.68, 24)
    stretch = choose(rng, (1.0, 1.0, 0.85, 1.35 if globe < 0.45 else 1.0))
    middle = -0.97 + globe * stretch
    ball = np.stack([middle - globe * stretch * np.cos(turns), globe * np.sin(turns)], axis=1)
    throat = [(max(0.2, ball[-1, 0] + 0.05), neck), (base + 0.02, neck)]
    bulb, body = _lathe(scene, np.concatenate([ball, throat]))
    lit = np.float32(0.75) + np.float32(0.25) * body if style == "clear" else np.sqrt(body)
    scene.add(bulb, shade(_glass(scene, tint, density), lit))
    if style == "clear":
        _filament(scene, middle, base, globe)
        rim = bulb - cv2.erode(bulb, np.ones((3, 3)), iterations=max(1, round(scene.reach * 0.02)))
        scene.light_up(rim, rng.uniform(-70, -30))
    elif style == "plastic":
        collar, sheen = _lathe(scene, [(middle + globe * 0.3, globe * 0.97), (base + 0.03, neck)])
        grooves = fraction(scene.local()[1] * np.float32(14)) < 0.4
        fins = 1 - np.float32(choose(rng, (0.0, 0.2))) * grooves
        scene.add(collar, shade(moulded(scene, ("white", "white", "grey"))[1], sheen * fins))
    way = scene.light - scene.angle
    spot = (middle + 0.5 * globe * math.cos(way), 0.5 * globe * math.sin(way))
    glare = scene.ellipse((globe * 0.16, globe * 0.1), centre=spot)
    glare = cv2.GaussianBlur(glare, (0, 0), max(0.6, scene.reach * rng.uniform(0.01, 0.06)))
    scene.light_up(glare, rng.uniform(40, 170))
    return scene.done(name)


def _screw_base(scene: Scene, base: float, neck: float) -> None:
    """Add the rippled metal socket, its insulator and the contact at its foot."""
    threads = np.linspace(base, 0.86, 40)
    ripple = neck * 0.92 * (1 + 0.05 * np.sin((threads - base) * 2 * math.pi / 0.11))
    foot = [(0.861, neck * 0.8), (0.92, neck * 0.45), (0.94, neck * 0.3), (0.98, neck * 0.2)]
    profile = np.concatenate([np.stack([threads, ripple], axis=1), foot])
    socket, lit = _lathe(scene, profile, gloss=0.5)
    brass = _GOLD if scene.rng.random() < 0.3 else _tinned(scene)
    x, y = scene.local()
    # One wave for each thread of the outline, which is 0.11 long, leaning like a helix.
    coils = np.float32(1) + np.float32(0.22) * np.sin((x + y * np.float32(0.07)) * np.float32(57))
    scene.add(socket, shade(brass, lit * coils))
    scene.mark(scene.box((0.035, neck), centre=(0.9, 0)), tinted(scene.rng, 35))


def _filament(scene: Scene, middle: float, base: float, globe: float) -> None:
    """Show the glass stem, two support wires and the filament inside a clear bulb."""
    rng = scene.rng
    stem = [
        (base, -0.1),
        (middle + globe * 0.5, -0.045),
        (middle + globe * 0.5, 0.045),
        (base, 0.1),
    ]
    scene.mark(scene.shape(stem) * np.float32(0.4), tinted(rng, 225))
    reach, start = globe * rng.uniform(0.3, 0.5), middle + globe * 0.5
    wires = [scene.line([(start, s * 0.02), (middle, s * reach)], 0.02) for s in (-1, 1)]
    scene.mark(np.maximum(*wires), _inky(scene))
    across = np.linspace(-reach, reach, 90)
    curl = middle - 0.05 * np.sin(across / reach * choose(rng, (1.6, 4.7, 60.0)))
    glow = _ground(scene) < 100 and rng.random() < 0.6
    thread = scene.line(np.stack([curl, across], axis=1), 0.025 if not glow else 0.035)
    scene.mark(thread, _WARM if glow else _inky(scene))
    if glow:
        halo = cv2.GaussianBlur(thread, (0, 0), max(1.0, 0.08 * scene.reach))
        scene.light_up(np.clip(halo * 3, 0, 1), rng.uniform(30, 90))


def gauge(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a dial: a pressure gauge with scale, zones and needle, or a clock face."""
    scene = Scene(rng, size, fill=(0.8, 0.99), tilt=choose(rng, (0.15, 0.15, math.pi)))
    clock = rng.random() < 0.4
    name, bezel = _plated(scene) if rng.random() < 0.4 else pick_colour(rng)
    if not clock and rng.random() < 0.5:
        stem = scene.box((0.13, 0.15), centre=(0, 1.02), corner=0.02)
        scene.add(stem, _GOLD if rng.random() < 0.5 else bezel, bevel=0.06, gain=0.6)
    face_edge = rng.uniform(0.74, 0.86)
    scene.add(scene.circle(0, 0, rng.uniform(0.9, 0.97)), bezel, bevel=0.09, gain=0.6, dome=True)
    light_face = rng.random() < 0.75
    face = tinted(rng, rng.uniform(215, 245) if light_face else rng.uniform(20, 50), tint=4)
    scene.add(scene.circle(0, 0, face_edge), face, bevel=0.04, gain=-0.4)
    ink = tinted(rng, 30 if light_face else 225)
    sweep = 2 * math.pi if clock else rng.uniform(3.6, 4.9)
    steps = 12 if clock else int(rng.integers(4, 9))
    start = -math.pi / 2 if clock else math.pi / 2 + (2 * math.pi - sweep) / 2
    if not clock and rng.random() < 0.5:
        _zones(scene, start, sweep, face_edge)
    step, rim = sweep / steps, face_edge * 0.94
    scene.mark(_dial_scale(scene, rim, start=start, step=step, steps=steps), ink)
    unit_step = choose(rng, (1, 2, 5, 10, 20))
    every = choose(rng, (1, 3)) if clock else 1
    for i in range(0, steps if clock else steps + 1, every):
        place = rim * 0.7 * np.asarray([math.cos(start + step * i), math.sin(start + step * i)])
        words = str(i or 12) if clock else str(i * unit_step)
        scene.text(words, place=(place[0], place[1]), height=0.14, paint=ink)
    word = choose(rng, ("bar", "psi", "kPa", "MPa", "C", "V", "A")) if not clock else "QUARTZ"
    scene.text(word, place=(0, 0.28), height=0.09, paint=ink)
    _hands(scene, start, sweep, rim, clock=clock, ink=ink)
    x, y = scene.local()
    way = scene.light - scene.angle
    glare = np.clip(x * math.cos(way) + y * math.sin(way), 0, 1) * scene.circle(0, 0, face_edge)
    scene.light_up(glare, rng.uniform(0, 40))
    return scene.done(name)


def _dial_scale(scene: Scene, rim: float, *, start: float, step: float, steps: int) -> Coverage:
    """Return the strokes round a dial, ``steps`` long ones with four short ones between two."""
    fine = np.float32(step / 5)
    radius, theta = scene.polar()
    along = np.mod(theta - np.float32(start - step / 10), np.float32(2 * math.pi)) / fine
    return _scale(
        scene,
        along - np.float32(0.5),
        np.float32(rim) - radius,
        pitch=radius * fine,
        count=steps * 5,
        lengths=(rim * 0.14, rim * 0.06),
    )


def _zones(scene: Scene, start: float, sweep: float, edge: float) -> None:
    """Colour parts of the scale green, yellow and red."""
    radius, theta = scene.polar()
    along = np.mod(theta - np.float32(start), np.float32(2 * math.pi)) / np.float32(sweep)
    ring = (np.abs(radius - edge * 0.9) < edge * 0.035).astype(np.float32)
    first, second = sorted(scene.rng.uniform(0.3, 0.9, 2))
    for low, high, colour in ((0, first, "green"), (first, second, "yellow"), (second, 1, "red")):
        scene.mark(ring * (along >= low) * (along < high), pick_colour(scene.rng, (colour,))[1])


def _hands(
    scene: Scene, start: float, sweep: float, reach: float, *, clock: bool, ink: Colour
) -> None:
    """Draw the needle of a gauge, or two or three hands of a clock, and the hub."""
    rng = scene.rng
    red = pick_colour(rng, ("red", "orange"))[1]
    lengths = [(0.5, 0.075), (0.75, 0.05)] if clock else [(rng.uniform(0.7, 0.88), 0.06)]
    colours = [ink, ink] if clock else [ink if rng.random() < 0.6 else red]
    if clock and rng.random() < 0.5:
        lengths, colours = [*lengths, (0.85, 0.022)], [*colours, red]
    for (length, wide), colour in zip(lengths, colours, strict=True):
        angle = start + sweep * rng.uniform(0.02, 0.98)
        way = np.asarray([math.cos(angle), math.sin(angle)])
        side = np.asarray([-way[1], way[0]]) * wide / 2
        tail, tip = -way * 0.2 * reach, way * length * reach
        hand = np.stack([tail + side, tip + side * 0.3, tip - side * 0.3, tail - side])
        scene.add(scene.shape(hand), colour)
    hub = scene.circle(0, 0, rng.uniform(0.05, 0.1))
    scene.add(hub, tinted(rng, rng.uniform(60, 215)), bevel=0.05, gain=0.5)


def lens(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a glass lens: bare with a ground edge, in a metal ring, or in a printed barrel."""
    scene = Scene(rng, size, fill=(0.65, 0.97))
    radius, theta = scene.polar()
    kind = choose(rng, ("bare", "bare", "ring", "barrel", "barrel"))
    name, edge = "white", rng.uniform(0.93, 0.98)
    if kind == "ring":
        name, mount = metal(scene) if rng.random() < 0.6 else moulded(scene, ("black", "white"))
        scene.add(scene.circle(0, 0, 1), mount, bevel=0.08, gain=0.6, dome=True)
        edge = rng.uniform(0.78, 0.9)
    elif kind == "barrel":
        name, edge = "black", rng.uniform(0.4, 0.62)
        _barrel(scene, edge, theta)
    scene.add(scene.circle(0, 0, edge + 0.015), tinted(rng, 60 if kind == "barrel" else 175))
    paint = _refracted(scene, radius, edge) if kind != "barrel" else _deep(scene, radius / edge)
    glassy = scene.circle(0, 0, edge)
    bright = np.exp(-(((radius / np.float32(edge) - 1) / np.float32(0.06)) ** 2))
    scene.mark(glassy, shade(paint, 1 - bright * np.float32(rng.uniform(0.2, 0.6))))
    _reflections(scene, glassy, radius / np.float32(edge), edge)
    return scene.done(name)


def _reflections(scene: Scene, glassy: Coverage, share: Coverage, edge: float) -> None:
    """Put on the glass the reflection of a sky, a lamp or window, and of the far surface."""
    rng = scene.rng
    x, y = scene.local()
    way = scene.light - scene.angle
    along = (x * math.cos(way) + y * math.sin(way)) / np.float32(edge)
    aside = (y * math.cos(way) - x * math.sin(way)) / np.float32(edge)
    coat = pick_colour(rng, ("purple", "green", "blue", "orange", "white", "white"))[1]
    sky = np.clip(along * np.float32(0.5) + np.float32(0.5), 0, 1) ** 2 * glassy
    scene.mark(sky * np.float32(rng.uniform(0.1, 0.45)), coat)
    if rng.random() < 0.5:
        bent = along + np.float32(rng.uniform(0.2, 0.5)) * aside * aside
        half = np.clip((bent - np.float32(rng.uniform(-0.1, 0.3))) * scene.reach / 3, 0, 1)
        scene.light_up(half * (share < rng.uniform(0.85, 0.95)) * glassy, rng.uniform(12, 45))
    places = choose(rng, ((0.5,), (0.6, -0.5), (0.62, 0.35, -0.45)))
    paned = rng.random() < 0.4
    for number, place in enumerate(places):
        wide, tall = rng.uniform(0.05, 0.13), rng.uniform(0.12, 0.3)
        curved = along - np.float32(place) + aside * aside * np.float32(0.5 * place)
        u, v = curved / np.float32(wide), aside / np.float32(tall)
        lamp = np.maximum(np.abs(u), np.abs(v)) if paned else np.hypot(u, v)
        alpha = np.clip((1 - lamp) * np.float32(rng.uniform(1.5, 5)), 0, 1) * glassy
        if paned:
            alpha = alpha * np.clip(np.minimum(np.abs(u), np.abs(v)) * 12 - 0.5, 0, 1)
        tone = coat if number else tinted(rng, 245)
        scene.mark(alpha * np.float32(rng.uniform(0.35, 0.9) / (number + 1)), tone)
    crescent = np.clip((share - 0.75) * 6, 0, 1) * np.clip(-along * 2 - 0.6, 0, 1)
    scene.light_up(crescent * glassy, rng.uniform(15, 80))


def _refracted(scene: Scene, radius: Coverage, edge: float) -> Picture:
    """Return the background magnified through a lens, slightly tinted."""
    rng = scene.rng
    height, width = scene.size
    power = rng.uniform(0.15, 0.5)
    zoom = 1 - np.float32(power) * (1 - np.clip(radius / np.float32(edge), 0, 1) ** 2)
    x = np.arange(width, dtype=np.float32)[None, :] - np.float32(scene.centre[0])
    y = np.arange(height, dtype=np.float32)[:, None] - np.float32(scene.centre[1])
    seen = cv2.remap(
        scene.behind,
        x * zoom + np.float32(scene.centre[0]),
        y * zoom + np.float32(scene.centre[1]),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REFLECT,
    )
    veil = np.full(scene.size, rng.uniform(0.18, 0.4), np.float32)
    return blend(seen, tinted(rng, 211, tint=10), veil)


def _deep(scene: Scene, share: Coverage) -> Picture:
    """Return the dark inside of a compound lens: stepped rings and a coloured coating."""
    rng = scene.rng
    knots = np.cumsum(rng.uniform(0.1, 0.3, 6))
    level = np.interp(share, knots / knots[-1], rng.uniform(8, 62, 6)).astype(np.float32)
    coat = pick_colour(rng, ("purple", "blue", "green", "orange"))[1]
    glow = np.clip(1 - np.abs(share - np.float32(rng.uniform(0.2, 0.8))) * 3, 0, 1)
    inside: Picture = (
        level[..., None] + coat * (glow * np.float32(rng.uniform(0.1, 0.45)))[..., None]
    )
    return inside


def _barrel(scene: Scene, edge: float, theta: Coverage) -> None:
    """Add the barrel of a camera lens: ribbed grip, front ring, letters round the glass."""
    rng = scene.rng
    _, black = moulded(scene, ("black", "black", "grey"))
    scene.add(scene.circle(0, 0, 1), black, bevel=0.06, gain=0.5)
    if rng.random() < 0.5:
        scene.shade_by(1 + np.float32(0.3) * np.sign(np.sin(theta * int(rng.integers(40, 90)))))
    front = rng.uniform(0.86, 0.93)
    scene.add(scene.circle(0, 0, front), black, bevel=0.04, gain=0.6)
    scene.add(scene.circle(0, 0, edge + 0.05), black * np.float32(0.7), bevel=0.03, gain=-0.5)
    words = f"{choose(rng, (24, 35, 50, 85))}MM 1:{choose(rng, (2, 4))}"
    ink, middle = tinted(rng, rng.uniform(150, 235)), (front + edge + 0.05) / 2
    for i, letter in enumerate(words):
        angle = -math.pi * 0.85 + 0.16 * i
        place = (middle * math.cos(angle), middle * math.sin(angle))
        scene.text(letter, place=place, height=0.11, paint=ink)
    if rng.random() < 0.4:
        ring = scene.circle(0, 0, front - 0.02) * (1 - scene.circle(0, 0, front - 0.05))
        scene.mark(ring, pick_colour(rng, ("red", "yellow", "blue", "white"))[1])


def syringe(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a syringe: clear barrel with a scale, plunger, liquid, needle, cap or bare tip."""
    scene = Scene(rng, size, fill=(0.9, 0.99))
    half, front, back = rng.uniform(0.16, 0.24), rng.uniform(-0.6, -0.5), rng.uniform(0.35, 0.5)
    stop = rng.uniform(front + 0.15, back - 0.25)
    rear = min(0.98, back + 0.2 + (stop - front) * 0.3)
    name, plastic = pick_colour(rng, ("white", "white", "blue", "green", "orange", "yellow"))
    rod = scene.box(((rear - stop) / 2, half * 0.45), centre=((rear + stop) / 2, 0))
    scene.add(rod, plastic, bevel=0.04, gain=0.5)
    scene.light_up(scene.line([(stop, 0), (rear, 0)], 0.03), -40)
    rest = scene.box((0.03, half * rng.uniform(1.0, 1.3)), centre=(rear - 0.02, 0), corner=0.02)
    scene.add(rest, plastic, bevel=0.025, gain=0.5)
    _needle(scene, front, half)
    _barrel_of_syringe(scene, half, front=front, stop=stop, back=back, rear=rear)
    flange = scene.box((0.025, half * rng.uniform(1.5, 1.9)), centre=(back, 0), corner=0.02)
    scene.add(flange, plastic * np.float32(0.4) + np.float32(120), bevel=0.025, gain=0.5)
    ink = tinted(rng, 30) if rng.random() < 0.8 else pick_colour(rng, ("blue", "red"))[1]
    count, step = int(rng.integers(2, 5)), choose(rng, (1, 2, 5, 10))
    scale = np.linspace(front + 0.1, back - 0.12, count + 1)
    x, y = scene.local()
    pitch = float(scale[1] - scale[0]) / 5
    strokes = _scale(
        scene,
        (x - np.float32(scale[0])) / np.float32(pitch),
        y + np.float32(half * 0.8),
        pitch=pitch,
        count=count * 5,
        lengths=(half * 0.85, half * 0.5),
    )
    scene.mark(strokes, ink)
    for number, place in enumerate(scale[1:], 1):
        scene.text(str(number * step), place=(place, half * 0.3), height=half * 0.42, paint=ink)
    return scene.done(name)


def _barrel_of_syringe(
    scene: Scene, half: float, *, front: float, stop: float, back: float, rear: float
) -> None:
    """Add the clear barrel over the plunger, with the stopper and often a liquid in it."""
    rng = scene.rng
    profile = [(front - 0.12, 0.05), (front - 0.02, 0.07), (front + 0.04, half), (back, half)]
    barrel, lit = _lathe(scene, profile, gloss=0.4)
    keep = scene.picture.copy()
    scene.add(barrel, _glass(scene, _CLEAR, rng.uniform(0.3, 0.6)))
    inside = scene.box(((rear - stop) / 2, half * 0.45), centre=((rear + stop) / 2, 0))
    scene.mark(inside * np.float32(0.6), keep)
    if rng.random() < 0.6:
        liquid = pick_colour(rng, ("yellow", "red", "blue", "orange", "green", "white"))[1]
        fill = scene.box(((stop - front) / 2 + 0.08, half * 0.9), centre=((stop + front) / 2, 0))
        scene.mark(fill * barrel * np.float32(rng.uniform(0.3, 0.75)), liquid)
    nose = [(stop - 0.08, 0), (stop - 0.03, half * 0.9), (stop + 0.1, half * 0.9)]
    plug = scene.shape([*nose, *((x, -y) for x, y in reversed(nose))])
    stopper = tinted(rng, choose(rng, (35.0, 35.0, 120.0)))
    scene.mark(plug, stopper)
    scene.mark(plug * scene.box((0.012, half), centre=(stop + 0.035, 0)), stopper * np.float32(0.5))
    _round_off(scene, barrel, np.float32(0.4) + np.float32(0.6) * lit)


def _needle(scene: Scene, front: float, half: float) -> None:
    """Add what sits on the tip: a hub with a needle, a coloured cap, or nothing."""
    rng = scene.rng
    kind = rng.random()
    if kind < 0.3:
        tip, lit = _lathe(scene, [(front - 0.22, 0.045), (front + 0.03, 0.07)])
        scene.add(tip, shade(tinted(rng, 215), lit))
        return
    _, colour = pick_colour(rng, ("blue", "green", "orange", "pink", "yellow", "white"))
    if kind > 0.65:
        cap, lit = _lathe(scene, [(-0.98, half * 0.35), (front, half * 0.6)])
        clear = rng.random() < 0.4
        scene.add(cap, shade(_glass(scene, _CLEAR, 0.6) if clear else colour, lit))
        return
    _wires(scene, [[(-0.98, 0), (front, 0)]], 0.025, _tinned(scene))
    hub, lit = _lathe(scene, [(front - 0.2, 0.045), (front - 0.1, 0.06), (front, half * 0.55)])
    scene.add(hub, shade(colour, lit))


def blisterpack(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a blister pack: foil or tinted sheet with rows of clear pockets that hold pills."""
    scene = Scene(rng, size, fill=(0.8, 0.99), tilt=choose(rng, (0.4, math.pi)))
    columns, rows = int(rng.integers(2, 6)), int(rng.integers(1, 4))
    ratio = min(0.85, max(0.4, rows / columns * rng.uniform(0.8, 1.15)))
    half = (0.95, ratio * 0.95)
    name, sheet = (
        _plated(scene) if rng.random() < 0.7 else moulded(scene, ("white", "grey", "orange"))
    )
    x, y = scene.local()
    weave = np.float32(rng.uniform(60, 110))
    emboss = np.float32(rng.uniform(0, 0.09)) * np.sin(x * weave) * np.sin(y * weave)
    sheet = shade(sheet * np.float32(1.1), 1 + emboss)
    scene.add(scene.box(half, corner=rng.uniform(0.03, 0.15)), sheet, bevel=0.02, gain=0.3)
    # A margin wide enough for a print lies at one end.
    border = choose(rng, (0.03, 0.15, 0.2))
    side = choose(rng, (-1, 1))
    pitch = (2 * (half[0] - border) / columns, 2 * half[1] / rows)
    column = (x + np.float32(half[0] - (side + 1) * border)) / np.float32(pitch[0])
    row = (y + np.float32(half[1])) / np.float32(pitch[1])
    place = (
        (fraction(column) - np.float32(0.5)) * np.float32(pitch[0]),
        (fraction(row) - np.float32(0.5)) * np.float32(pitch[1]),
    )
    inside = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
    if rng.random() < 0.5:
        tears = (np.abs(np.abs(place[0]) * 2 - pitch[0]) < 0.02) & (fraction(y * 16) < 0.6)
        scene.light_up((tears & inside).astype(np.float32), -60)
    _pockets(scene, place, pitch, inside.astype(np.float32))
    if border > 0.1:
        words = f"{random_text(rng, 4)}{int(rng.integers(10, 99))}"
        scene.text(words, place=(side * (border - half[0]), 0), height=0.08, paint=tinted(rng, 60))
    return scene.done(name)


def _pockets(
    scene: Scene, place: tuple[Coverage, Coverage], pitch: Point, inside: Coverage
) -> None:
    """Add a pocket with a tablet or capsule to every cell, given pixels' places in their cell."""
    rng = scene.rng
    room = (float(pitch[0]) * 0.4, float(pitch[1]) * 0.4)
    ratio = choose(rng, (0.4, 0.55, 1.0, 1.0))
    wide = min(room[0], room[1] * ratio) if ratio < 1 else min(room)
    pocket = (wide, wide / ratio)
    body = (pocket[0] * 0.78, pocket[1] * 0.8)
    wells, pills = (_oblong(scene, place, part) * inside for part in (pocket, body))
    scene.mark(wells * np.float32(rng.uniform(0.15, 0.5)), tinted(rng, 90))
    _, first = pick_colour(rng, ("white", "white", "yellow", "pink", "orange", "red", "green"))
    scene.add(pills, first, bevel=pocket[0] * 0.45, gain=0.5, gloss=0.1, dome=True)
    if ratio < 1 and rng.random() < 0.5:
        scene.mark(pills * (place[1] > 0) * np.float32(0.85), pick_colour(rng)[1])
    elif rng.random() < 0.4:
        score = (np.abs(place[1]) < 0.01) & (np.abs(place[0]) < body[0] * 0.7)
        scene.light_up(score * pills, -45)
    _pocket_shine(scene, wells, pocket[0])


def _oblong(scene: Scene, place: tuple[Coverage, Coverage], half: Point) -> Coverage:
    """Return the coverage of a round-ended oblong, given each pixel's place in it."""
    bend = np.float32(min(half))
    beyond = [
        np.maximum(np.abs(p) - np.float32(h) + bend, 0) for p, h in zip(place, half, strict=True)
    ]
    inside: Coverage = np.clip((bend - np.hypot(*beyond)) * np.float32(scene.reach) + 0.5, 0, 1)
    return inside


def _pocket_shine(scene: Scene, wells: Coverage, wide: float) -> None:
    """Light the walls and the domes of clear pockets."""
    rng = scene.rng
    span = max(1.0, wide * scene.reach)
    inside = (wells > 0.5).astype(np.uint8)
    distance = cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_3) / np.float32(span)
    rim = np.exp(-(((distance - np.float32(0.12)) / np.float32(0.08)) ** 2)) * wells
    slope_x = cv2.Sobel(distance, cv2.CV_32F, 1, 0, scale=span / 8)
    slope_y = cv2.Sobel(distance, cv2.CV_32F, 0, 1, scale=span / 8)
    lamp = np.float32(math.cos(scene.light)), np.float32(math.sin(scene.light))
    towards = -slope_x * lamp[0] - slope_y * lamp[1]
    scene.light_up(rim * np.clip(towards, -0.4, 1), rng.uniform(40, 140))
    crest = np.exp(-(((distance - np.float32(0.5)) / np.float32(0.07)) ** 2))
    scene.light_up(crest * np.clip(towards * 3 - 1.6, 0, 1), rng.uniform(30, 150))


COMPONENTS: Mapping[str, Renderer] = {
    "resistor": resistor,
    "capacitor": capacitor,
    "led": led,
    "fuse": fuse,
    "relay": relay,
    "coil": coil,
    "usbplug": usbplug,
    "lightbulb": lightbulb,
    "gauge": gauge,
    "lens": lens,
    "syringe": syringe,
    "blisterpack": blisterpack,
}
