"""Discrete parts of a circuit: resistors, capacitors, diodes, fuses, relays, coils."""

import math
from collections.abc import Mapping

import cv2
import numpy as np

from promptlab.synthetic.canvas import (
    Colour,
    Coverage,
    Picture,
    Point,
    Rendered,
    Renderer,
    Size,
    pick_colour,
)
from promptlab.synthetic.fields import choose, fraction, peak, shade, tinted
from promptlab.synthetic.objects.rounds import add_wires, lathe, lying_round, round_off
from promptlab.synthetic.objects.scene import Scene, random_text, turn
from promptlab.synthetic.objects.surfaces import (
    CLEAR,
    GOLD,
    inky,
    moulded,
    plated,
    tinned,
    tinted_glass,
)

__all__ = ["COMPONENTS"]

_COPPER = np.asarray([190, 112, 62], np.float32)


def resistor(rng: np.random.Generator, size: Size) -> Rendered:
    """Render an axial resistor: leads, a dog-bone or straight body, colour bands or a print."""
    scene = Scene(rng, size, fill=(0.85, 0.98))
    half, long = rng.uniform(0.18, 0.27), rng.uniform(0.45, 0.62)
    knee, drop = long + rng.uniform(0.08, 0.2), choose(rng, (0.0, 0.0, rng.uniform(0.45, 0.7)))
    path = [(-0.98, 0.0), (0.98, 0.0)]
    if drop > 0:
        path = [(-knee, drop), (-knee, 0), (knee, 0), (knee, drop)]
    add_wires(scene, [path], rng.uniform(0.035, 0.06), tinned(scene))
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
    body, lit = lathe(scene, profile, gloss=rng.uniform(0, 0.5))
    scene.add(body, paint)
    wide = rng.uniform(0.055, 0.08)
    spots = choose(rng, ([-0.72, -0.36, -0.06, 0.7], [-0.72, -0.42, -0.16, 0.1, 0.7]))
    for spot in spots:
        colour = GOLD if spot > 0.6 and rng.random() < 0.6 else pick_colour(rng)[1]
        scene.mark(scene.box((wide * long, half), centre=(spot * long, 0)), colour)
    round_off(scene, body, lit)
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
    add_wires(scene, legs, 0.06, tinned(scene))
    profile = [
        (-0.93, half * 0.9), (-0.9, half), (0.5, half), (0.54, half * 0.87), (0.6, half * 0.87),
        (0.64, half), (0.74, half), (0.78, half * 0.9),
    ]  # fmt: skip
    body, lit = lathe(scene, profile, gloss=rng.uniform(0, 0.5))
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
    round_off(scene, body, lit)
    return scene.done(name)


def _scored_top(scene: Scene, name: str, sleeve: Picture) -> Rendered:
    """Draw a can from above: bare aluminium with a scored vent inside the shrunk sleeve."""
    rng = scene.rng
    scene.add(scene.circle(0, 0, 1), sleeve, bevel=0.1, gain=0.6, dome=True, gloss=0.3)
    _, theta = scene.polar()
    scene.mark((np.abs(theta) < rng.uniform(0.2, 0.35)).astype(np.float32), tinted(rng, 200))
    top = rng.uniform(0.76, 0.9)
    scene.add(scene.circle(0, 0, top), plated(scene)[1] * np.float32(1.15), bevel=0.05, gain=0.4)
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
    scene.add(pads, tinned(scene), bevel=0.03, gain=0.4)
    chamfer = rng.uniform(0.5, 0.7)
    corners = [(-0.86, -0.86), (chamfer, -0.86), (0.86, -chamfer), (0.86, chamfer),
               (chamfer, 0.86), (-0.86, 0.86)]  # fmt: skip
    scene.add(scene.shape(corners), moulded(scene, ("black", "black", "brown"))[1], bevel=0.05)
    can = scene.circle(0, 0, 0.8)
    scene.add(can, plated(scene)[1] * np.float32(1.2), bevel=0.1, gain=0.5)
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
    paint = scene.distinct(tinted_glass(scene, colour, rng.uniform(0.65, 0.97)))
    if kind < 0.45:
        flat = scene.local()[0] < rng.uniform(0.9, 0.95)
        scene.add(scene.circle(0, 0, 1) * flat, paint * np.float32(0.85), bevel=0.06, gain=0.5)
        scene.add(scene.circle(0, 0, 0.84), paint, bevel=0.5, gain=0.6, gloss=0.6, dome=True)
        scene.mark(scene.circle(0, 0, 0.34) * np.float32(0.5), colour * np.float32(1.3))
        scene.mark(scene.box((0.12, 0.12)) * np.float32(0.8), tinted(rng, 60))
        scene.mark(scene.line([(0, 0), (0.1, 0.36)], 0.02), GOLD)
        return scene.done(name)
    radius = rng.uniform(0.34, 0.44)
    tip, foot, silver = rng.uniform(-0.97, -0.75), rng.uniform(0.2, 0.32), tinned(scene)
    gap = rng.uniform(0.13, 0.18)
    splay = choose(rng, (0.0, 0.0, 0.12))
    legs = [[(foot, y), (foot + 0.3, y * (1 + splay)), (end, y * (1 + 2 * splay))]
            for y, end in ((-gap, 0.98), (gap, rng.uniform(0.8, 0.95)))]  # fmt: skip
    add_wires(scene, legs, 0.065, silver)
    bend = np.linspace(0, math.pi / 2, 12)
    squat = choose(rng, (1.0, 1.0, 0.5, 0.15))
    dome = np.stack([tip + radius * squat * (1 - np.cos(bend)), radius * np.sin(bend)], axis=1)
    flange = radius * rng.uniform(1.1, 1.2)
    rim = [(foot, radius), (foot + 0.01, flange), (foot + 0.12, flange)]
    body, lit = lathe(scene, np.concatenate([dome, rim]), gloss=rng.uniform(0.3, 0.9))
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
    scene.add(ends, GOLD if rng.random() < 0.3 else tinned(scene), bevel=0.03, gain=0.4)
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
    ends = GOLD * np.float32(0.95) if rng.random() < 0.3 else tinned(scene)
    if rng.random() < 0.2:
        add_wires(scene, [[(-1.0, 0), (1.0, 0)]], 0.05, tinned(scene))
    shine = rng.uniform(0.3, 0.8)
    tube, lit = lathe(scene, [(-0.8, half * 0.93), (0.8, half * 0.93)], gloss=shine)
    clear = rng.random() < 0.8
    name, ceramic = ("white", None) if clear else moulded(scene, ("white", "white", "beige"))
    glass = tinted_glass(scene, CLEAR, rng.uniform(0.25, 0.5))
    paint = glass if ceramic is None else ceramic
    softened = np.float32(0.6) + np.float32(0.4) * lit if clear else lit
    scene.add(tube, shade(paint, softened))
    if clear:
        along = np.linspace(-edge, edge, 120)
        sway, rounds = choose(rng, (0.0, rng.uniform(0.02, 0.1))), choose(rng, (0.5, 1, 24))
        path = np.stack([along, sway * np.sin(math.pi * rounds * (along / edge + 1))], axis=1)
        dark = inky(scene)
        scene.mark(scene.line(path, rng.uniform(0.015, 0.035)), dark)
        if rng.random() < 0.25:
            scene.add(scene.circle(0, 0, 0.06), dark, bevel=0.05, gain=0.6, dome=True)
        _, y = scene.local()
        lean = math.sin(scene.light - scene.angle) * 0.5 * half
        for place, glare in ((lean, 110), (-lean - 0.3 * half, 45)):
            line = peak(y, place, half * 0.1)
            scene.light_up(line * tube, rng.uniform(0.3, 1) * glare)
    else:
        words = f"F{rating}A 250V"
        scene.text(words, place=(0, 0), height=half * 0.6, paint=pick_colour(rng, ("black",))[1])
    for side in (-1, 1):
        knots = sorted((side * x, r * half) for x, r in ((edge, 1), (0.9, 1), (0.93, 0.9)))
        cap, sheen = lathe(scene, knots, gloss=0.6)
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
    scene.add(blades, plated(scene)[1] * np.float32(1.15), bevel=0.04, gain=0.4)
    name, colour = pick_colour(rng, ("red", "blue", "yellow", "green", "orange", "brown", "white"))
    paint = scene.distinct(tinted_glass(scene, colour, rng.uniform(0.75, 0.97)))
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
        scene.add(pins, tinned(scene), bevel=0.03, gain=0.5)
    clear = rng.random() < 0.3
    name, case = moulded(scene, ("blue", "blue", "black", "black", "white", "orange", "grey"))
    box = scene.box(half, corner=0.05)
    if clear:
        name = "white"
        scene.add(box, tinted_glass(scene, CLEAR, 0.6), bevel=0.04, gain=0.4)
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
    wound = shade(copper, lying_round(scene, (y - high * 0.3) / np.float32(high * 0.45)))
    turns = np.float32(1) + np.float32(0.2) * np.sin(x * np.float32(rng.uniform(90, 150)))
    scene.mark(scene.box((wide * 0.5, high * 0.45), centre=(-wide * 0.2, high * 0.3)),
               shade(wound, turns))  # fmt: skip
    springs = scene.line([(wide * 0.45, high * 0.8), (wide * 0.5, -high * 0.5)], 0.05)
    springs = np.maximum(
        springs, scene.line([(wide * 0.7, high), (wide * 0.68, -high * 0.4)], 0.05)
    )
    scene.mark(springs, GOLD)
    scene.mark(scene.circle(wide * 0.58, -high * 0.42, 0.07), tinted(rng, 205))


def coil(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a wound inductor: a toroid, a bobbin with cheeks, or a ferrite rod."""
    scene = Scene(rng, size, fill=(0.75, 0.98))
    colours = {"brown": _COPPER, "red": (168, 52, 38), "green": (52, 112, 70), "yellow": GOLD}
    name = choose(rng, ("brown", "brown", "brown", "red", "green", "yellow"))
    wire = np.asarray(colours[name], np.float32) * np.float32(rng.uniform(0.85, 1.15))
    if rng.random() < 0.45:
        return _toroid(scene, name, wire)
    half, long = rng.uniform(0.26, 0.45), rng.uniform(0.45, 0.7)
    lead = rng.uniform(0.03, 0.05)
    drop = rng.uniform(0.55, 0.9)
    legs = [[(s * long * 0.93, 0.0), (s * (long - 0.03), drop), (s * (long + 0.05), 0.95)]
            for s in (-1, 1)]  # fmt: skip
    add_wires(scene, legs, lead, wire)
    if rng.random() < 0.5:
        core, lit = lathe(scene, [(-0.98, half * 0.75), (0.98, half * 0.75)], gloss=0.1)
        scene.add(core, shade(moulded(scene, ("black", "grey", "black"))[1], lit))
        cheeks = None
    else:
        cheeks = moulded(scene, ("black", "white", "beige", "red", "blue"))[1]
    body, lit = lathe(scene, [(-long, half), (long, half)], gloss=0.35)
    x, y = scene.local()
    pitch = rng.uniform(0.03, 0.09)
    turns = fraction((x + y * np.float32(rng.uniform(-0.08, 0.08))) / np.float32(pitch))
    groove = np.float32(0.45) + np.float32(0.65) * np.sin(np.float32(math.pi) * turns)
    scene.add(body, shade(wire, groove))
    if rng.random() < 0.3:
        band = scene.box((rng.uniform(0.1, 0.3), half), centre=(rng.uniform(-0.1, 0.1), 0))
        scene.mark(band * np.float32(0.85), pick_colour(rng, ("yellow", "black"))[1])
    round_off(scene, body, lit)
    if cheeks is not None:
        wide = rng.uniform(0.05, 0.12)
        for side in (-1, 1):
            knots = [(side * long - wide, half * 1.35), (side * long + wide, half * 1.35)]
            cheek, sheen = lathe(scene, knots)
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
    add_wires(scene, ends, 0.07 if turns < 28 else 0.045, wire)
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


COMPONENTS: Mapping[str, Renderer] = {
    "resistor": resistor,
    "capacitor": capacitor,
    "led": led,
    "fuse": fuse,
    "relay": relay,
    "coil": coil,
}
