"""Hand tools and keys: wrenches, keys, blades, drill bits."""

import math
from collections.abc import Mapping
from typing import TypeAlias

import numpy as np

from promptlab.synthetic.canvas import (
    Coverage,
    Picture,
    Point,
    Points,
    Rendered,
    Renderer,
    Size,
    union,
)
from promptlab.synthetic.fields import choose, fraction, glow, peak, tinted, zigzag
from promptlab.synthetic.objects.outlines import band_outline, placed
from promptlab.synthetic.objects.rounds import add_turned
from promptlab.synthetic.objects.scene import Scene, random_text, turn
from promptlab.synthetic.objects.surfaces import coated, metal, moulded

__all__ = ["TOOLS"]


def _opening(scene: Scene, kind: str, x: float, radius: float, heading: float) -> Coverage:
    """Return the opening of a wrench's head: the jaw of an open end, or a ring's polygon."""
    if kind == "open":
        half = radius * 0.48
        jaw = [(-0.5 * radius, 0), (-0.25 * radius, half), (2 * radius, half)]
        jaw += [(px, -py) for px, py in reversed(jaw)]
        return scene.shape(placed(jaw, (x, 0), heading))
    if kind == "ring":
        star = [(r * px, r * py) for (px, py), r in zip(turn(24), (0.7, 0.6) * 12, strict=True)]
        return scene.shape(placed(np.asarray(star) * radius, (x, 0), heading))
    return scene.shape(placed(turn(6, radius=0.66 * radius), (x, 0), heading))


def wrench(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a wrench: open, ring, hexagonal or adjustable heads on a bar with a stamped word."""
    scene = Scene(rng, size, fill=(0.8, 0.99))
    name, surface = coated(scene, ("black", "red", "blue"), painted=0.12)
    adjustable = rng.random() < 0.2
    pairs = (("open", "open"), ("ring", "open"), ("ring", "ring"), ("ring", "ring"), ("hex", "hex"))
    kinds = ("tail", "open") if adjustable else choose(rng, pairs)
    heads = rng.uniform(0.2, 0.28), rng.uniform(0.23, 0.32)
    half = rng.uniform(0.07, 0.12)
    body = scene.shape(
        band_outline(np.asarray([(-0.85, 0), (0.0, 0), (0.8, 0)]), (half * 0.9, half, half))
    )
    for kind, sign, radius in zip(kinds, (-1, 1), heads, strict=True):
        x = sign * (1 - radius)
        lean = rng.uniform(-0.3, 0.3) if kind == "open" else rng.uniform(0, 1)
        if kind == "tail":
            tail = scene.circle(-0.85, 0, half * 1.2)
            body = union(body, tail) * (1 - scene.circle(-0.85, 0, half * 0.6))
            continue
        body = union(body, scene.ellipse((radius, radius * rng.uniform(0.9, 1)), centre=(x, 0)))
        heading = lean + (0 if sign > 0 else math.pi)
        body = body * (1 - _opening(scene, kind, x, radius, heading))
    scene.add(body, surface, bevel=rng.uniform(0.03, 0.07), gain=rng.uniform(0.3, 0.6))
    dark = surface.mean((0, 1)) * np.float32(0.5)
    if adjustable:
        _worm(scene, 1 - heads[1], heads[1])
    if rng.random() < 0.25:
        name, grip = moulded(scene, ("red", "blue", "black", "orange", "green"))
        grip_half = (0.36, half * 1.15)
        scene.add(scene.box(grip_half, centre=(-0.1, 0), corner=0.06), grip, bevel=0.07, gain=0.5)
    elif rng.random() < 0.6:
        panel = scene.box((rng.uniform(0.25, 0.45), half * 0.62), corner=half)
        scene.add(panel, surface * np.float32(rng.uniform(0.8, 1.1)), bevel=0.025, gain=-0.4)
        scene.text(random_text(rng, 6), place=(0, 0), height=half * 0.7, paint=dark)
    scene.light_up(glow(rng, size, widths=(0.03, 0.15)), rng.uniform(0, 70))
    return scene.done(name)


def _worm(scene: Scene, x: float, radius: float) -> None:
    """Draw the knurled screw and the seam of an adjustable wrench's jaw."""
    dark = tinted(scene.rng, 30)
    at = x - radius * 0.75
    scene.mark(scene.box((radius * 0.2, radius * 0.3), centre=(at, 0)), dark)
    roller = scene.box((radius * 0.14, radius * 0.28), centre=(at, 0), corner=0.02)
    scene.add(roller, tinted(scene.rng, 140), bevel=radius * 0.14, gain=0.7, dome=True)
    _, y = scene.local()
    scene.shade_by(1 - np.float32(0.5) * roller * zigzag(y, radius * 0.1))
    seam = [(at, radius * 0.42), (x - radius * 0.2, radius * 0.42), (x - radius * 0.1, radius)]
    scene.mark(scene.line(seam, 0.014), dark)


def _bitting(rng: np.random.Generator, half: float, start: float, end: float) -> list[Point]:
    """Return one cut edge of a key's blade, from its shoulder to its tip."""
    count = int(rng.integers(4, 8))
    pitch = (end - start) / count
    edge: list[Point] = [(start, half)]
    for x in start + pitch * (np.arange(count) + 0.5):
        low = half * rng.uniform(0.2, 0.95)
        edge += [(x - pitch * 0.2, low), (x + pitch * 0.2, low)]
        edge.append((x + pitch * 0.5, min(half, low + pitch * rng.uniform(0.2, 0.5))))
    return edge


def _bow(scene: Scene, middle: Point, radius: float) -> Coverage:
    """Return the shape of a key's head: round, oval, square, polygonal or four-lobed."""
    rng = scene.rng
    kind = int(rng.integers(5))
    if kind == 0:
        return scene.circle(*middle, radius)
    if kind == 1:
        return scene.ellipse((radius, radius * rng.uniform(1.1, 1.25)), centre=middle)
    if kind == 2:
        half = (radius, radius * rng.uniform(0.8, 1.1))
        return scene.box(half, centre=middle, corner=radius * 0.5)
    if kind == 3:
        corners = turn(choose(rng, (6, 8)), radius=radius)
        return scene.shape(placed(corners, middle, math.pi / 8))
    lobes = placed(turn(4, radius=radius * 0.42), middle)
    return union(*(scene.circle(x, y, radius * 0.58) for x, y in lobes))


def key(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a door key: flat with a cut or dimpled blade, or an old one with ring and bit."""
    scene = Scene(rng, size, fill=(0.75, 0.98))
    name, surface = coated(scene, ("yellow", "black", "red", "blue"))
    if rng.random() < 0.25:
        return _old_key(scene, name, surface)
    bow, half = rng.uniform(0.3, 0.42), rng.uniform(0.1, 0.16)
    middle = (bow - 1, 0.0)
    head = _bow(scene, middle, bow)
    gap = scene.circle(-1 + bow * 0.42, 0, bow * rng.uniform(0.18, 0.28))
    if rng.random() < 0.3:
        gap = scene.box((0.05, bow * 0.5), centre=(-1 + bow * 0.4, 0), corner=0.05)
    kind, start, end = rng.random(), 2 * bow - 1, rng.uniform(0.84, 0.92)
    flat: list[Point] = [(start, half), (end, half)]
    lower = flat if kind < 0.25 else _bitting(rng, half, start, end)
    upper = lower if rng.random() < 0.4 else flat
    outline = [*upper, (0.98, 0.03), *((x, -y) for x, y in reversed(lower))]
    shank = union(scene.shape(outline), scene.box((0.09, half * 1.2), centre=(start, 0)))
    scene.add(union(head, shank) * (1 - gap), surface, bevel=0.035, gain=rng.uniform(0.3, 0.6))
    for _ in range(int(rng.integers(1, 3))):
        y = rng.uniform(-0.25, 0.3) * half
        scene.mark(scene.line([(start + 0.12, y), (0.9, y)], 0.035), surface * np.float32(0.6))
        scene.light_up(scene.line([(start + 0.12, y + 0.03), (0.9, y + 0.03)], 0.012), 50)
    if kind < 0.25:
        for x in np.linspace(start + 0.2, end - 0.05, int(rng.integers(4, 8))):
            dimple = scene.circle(x, rng.uniform(-0.5, 0.5) * half, half * 0.3)
            scene.add(dimple, surface * np.float32(0.8), bevel=0.03, gain=-0.6)
    if rng.random() < 0.35:
        name, cover = moulded(scene)
        scene.add(head * (1 - gap), cover, bevel=0.08, gain=0.5, dome=rng.random() < 0.5)
        surface = cover
    if rng.random() < 0.6:
        paint = surface.mean((0, 1)) * np.float32(0.5)
        scene.text(random_text(rng, 4), place=(-1 + bow * 1.3, 0), height=bow * 0.25, paint=paint)
    return scene.done(name)


def _old_key(scene: Scene, name: str, surface: Picture) -> Rendered:
    """Finish an old key: a bow of one or three rings, a round shank with collars, a notched bit."""
    rng = scene.rng
    thick, bow = rng.uniform(0.07, 0.11), rng.uniform(0.24, 0.34)
    rings = [(0.0, 0.0)] if rng.random() < 0.5 else turn(3, radius=bow * 0.55, phase=math.pi / 3)
    radius = bow if len(rings) == 1 else bow * 0.58
    places = [(x + bow - 1, y) for x, y in rings]
    hollow = union(*(scene.circle(x, y, radius - thick) for x, y in places))
    ring = union(*(scene.circle(x, y, radius) for x, y in places)) * (1 - hollow)
    scene.add(ring, surface, bevel=thick / 2, gain=0.7, dome=True, gloss=0.2)
    half, high = rng.uniform(0.05, 0.08), rng.uniform(0.25, 0.36)
    bit = scene.box((0.15, high / 2), centre=(0.74, high / 2), corner=0.02)
    for _ in range(int(rng.integers(1, 4))):
        notch = (rng.uniform(0.6, 0.88), high * choose(rng, (0.55, 1.0)))
        bit = bit * (1 - scene.box((0.025, high * 0.2), centre=notch))
    scene.add(bit, surface * np.float32(0.9), bevel=0.03, gain=0.5)
    add_turned(scene, [(2 * bow - 1 - thick, half), (0.97, half), (1, half * 0.5)], surface)
    for x in (2 * bow - 0.97, 2 * bow - 0.86, 0.52)[: int(rng.integers(1, 4))]:
        add_turned(scene, [(x - 0.04, half), (x, half * 1.5), (x + 0.04, half)], surface)
    return scene.done(name)


def _ground_edge(scene: Scene, body: Coverage, edge: Points, width: float, paint: Picture) -> None:
    """Grind a strip of a blade along ``edge`` and mark where the flat side begins."""
    strip = scene.shape(band_outline(edge, (width, width))) * body
    scene.mark(strip, paint * np.float32(scene.rng.uniform(1.15, 1.4)))
    scene.light_up(scene.line(band_outline(edge, (width, width))[: len(edge)], 0.012), -45)
    scene.light_up(scene.line(edge, 0.02), 50)


def blade(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a blade: utility, snap-off, two-edged razor or scalpel, with a ground edge."""
    scene = Scene(rng, size, fill=(0.75, 0.98))
    name, surface = coated(scene, ("black", "yellow", "blue"), painted=0.12)
    cutter = choose(rng, (_utility, _snap_off, _razor, _scalpel))
    half = rng.uniform(0.27, 0.38)
    body, edges, place = cutter(scene, half)
    scene.add(body, surface, bevel=0.02, gain=rng.uniform(0.15, 0.4))
    width = half * rng.uniform(0.15, 0.35)
    for edge in edges:
        _ground_edge(scene, body, edge, width, surface)
    if cutter is _snap_off:
        for x in np.linspace(-0.5, 0.75, int(rng.integers(5, 9))):
            score = [(x - 0.06, -half), (x + 0.06, half)]
            scene.light_up(scene.line(score, 0.02), -60)
    if rng.random() < 0.6:
        paint = surface.mean((0, 1)) * np.float32(0.5)
        scene.text(random_text(rng, 5), place=place, height=half * 0.3, paint=paint)
    scene.light_up(glow(rng, size, widths=(0.04, 0.25)), rng.uniform(0, 70))
    return scene.done(name)


_Cutter: TypeAlias = tuple[Coverage, list[Points], Point]
"""Shape of a blade, its cutting edges, and the place of its print."""


def _utility(scene: Scene, half: float) -> _Cutter:
    rng = scene.rng
    back = rng.uniform(0.5, 0.8)
    body = scene.shape([(-1, -half), (1, -half), (back, half), (-back, half)])
    for x in choose(rng, ((-0.18, 0.18), (0.0,), (-0.4, 0.0, 0.4))):
        body = body * (1 - scene.box((0.06, 0.11), centre=(x, half), corner=0.05))
    for x in choose(rng, ((), (0.0,), (-0.45, 0.45))):
        body = body * (1 - scene.circle(x, 0.05, 0.07))
    edge = np.asarray([(-0.97, -half), (0.0, -half), (0.97, -half)])
    return body, [edge], (0, -half * 0.35)


def _snap_off(scene: Scene, half: float) -> _Cutter:
    high = half * 0.62
    body = scene.shape([(-0.8, high), (-0.97, -high), (0.98, -high), (0.72, high)])
    edge = np.asarray([(-0.95, -high), (0.0, -high), (0.98, -high)])
    return body * (1 - scene.circle(-0.68, 0, high * 0.35)), [edge], (-0.3, 0)


def _razor(scene: Scene, half: float) -> _Cutter:
    rng, high = scene.rng, half * 1.5
    body = union(scene.box((0.86, high)), scene.box((1, high * 0.7), corner=0.05))
    slot = scene.box((rng.uniform(0.6, 0.75), 0.05), corner=0.05)
    radius = rng.uniform(0.09, 0.13)
    slot = union(slot, *(scene.circle(x, 0, radius) for x in (-0.42, 0, 0.42)))
    edges = [np.asarray([(-0.86, sign * high), (0.86, sign * high)]) for sign in (-1, 1)]
    return body * (1 - slot), edges, (0, high * 0.45)


def _scalpel(scene: Scene, half: float) -> _Cutter:
    along = np.linspace(0, 1, 16)
    belly = -half * np.sqrt(1 - along ** scene.rng.uniform(2, 5))
    edge = np.stack([0.1 + 0.9 * along, belly], axis=1)
    back = [(0.9, half * 0.3), (-1, half * 0.3), (-1, -half * 0.9)]
    body = scene.shape(np.concatenate([edge, back]))
    slot = union(
        scene.box((0.3, half * 0.14), centre=(-0.5, -half * 0.3), corner=0.05),
        scene.box((0.12, half * 0.24), centre=(-0.72, -half * 0.3), corner=0.05),
    )
    return body * (1 - slot), [edge], (0.15, -half * 0.25)


def drillbit(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a drill bit: twist or masonry bit with helical flutes, spade bit or step drill."""
    scene = Scene(rng, size, fill=(0.8, 0.99))
    name, surface = coated(scene, ("black", "yellow", "grey"), painted=0.3)
    kind, half = rng.random(), rng.uniform(0.085, 0.15)
    if kind < 0.38:
        (_spade_bit if kind < 0.2 else _step_drill)(scene, surface, half)
        return scene.done(name)
    x, y = scene.local()
    start, tip = rng.uniform(-0.5, -0.2), 1 - half * rng.uniform(0.5, 1.3)
    shank = half * rng.uniform(0.8, 1.15)
    around = np.arcsin(np.clip(y / np.float32(half), -1, 1)) / np.float32(math.pi)
    wave = fraction(x * np.float32(rng.uniform(1.6, 3.2)) + around)
    groove = np.clip((wave - np.float32(rng.uniform(0.3, 0.5))) * 12, 0, 1)
    groove = groove * np.clip((1 - wave) * 12, 0, 1)
    margin = peak(wave, 0.08, 0.05)
    _, chuck = metal(scene) if rng.random() < 0.3 else (name, surface)
    pattern = np.float32(1.05) - np.float32(0.6) * groove * wave + np.float32(0.35) * margin
    profile = [(start, shank), (start + 0.08, half), (tip, half), (1.0, 0.01)]
    add_turned(scene, profile, surface, swell=1 - np.float32(0.16) * groove, pattern=pattern)
    ribs = 1 - np.float32(0.4) * (np.abs(y) < shank * 0.3) * (x < -0.6) * (rng.random() < 0.25)
    add_turned(scene, [(-1, shank * 0.9), (-0.98, shank), (start, shank)], chuck, pattern=ribs)
    if kind < 0.55:
        tip_half = half * rng.uniform(1.1, 1.3)
        carbide = [(0.86, tip_half), (0.93, tip_half), (1.0, 0.0), (0.93, -tip_half)]
        scene.add(scene.shape([*carbide, (0.86, -tip_half)]), tinted(rng, 110), bevel=0.03)
    if rng.random() < 0.4:
        paint = chuck.mean((0, 1)) * np.float32(0.45)
        scene.text(random_text(rng, 4), place=((start - 1) / 2, 0), height=shank, paint=paint)
    return scene.done(name)


def _spade_bit(scene: Scene, surface: Picture, half: float) -> None:
    """Draw a flat paddle with a point and two spurs on a slim shank."""
    rng = scene.rng
    wide, neck = rng.uniform(0.25, 0.42), half * 0.6
    add_turned(scene, [(-1, half), (-0.75, half), (-0.74, neck), (0.4, neck)], surface)
    side = [(0.25, neck), (0.42, wide), (0.8, wide), (0.84, wide * 0.95), (0.76, neck)]
    body = scene.shape([*side, (1.0, 0.0), *((x, -y) for x, y in reversed(side))])
    if rng.random() < 0.5:
        body = body * (1 - scene.circle(0.58, 0, wide * 0.3))
    scene.add(body, surface, bevel=0.03, gain=0.5)
    scene.light_up(scene.line([(0.76, neck), (0.82, wide * 0.9)], 0.02), 60)


def _step_drill(scene: Scene, surface: Picture, half: float) -> None:
    """Draw a stepped cone with one straight flute."""
    rng = scene.rng
    steps = int(rng.integers(4, 10))
    places = np.linspace(-0.25, 0.92, steps + 1)
    profile: list[Point] = [(-1.0, half), (-0.26, half)]
    for i, wide in enumerate(np.linspace(rng.uniform(0.3, 0.45), half * 0.7, steps)):
        profile += [(places[i] + 0.01, wide), (places[i + 1] - 0.02, wide)]
    add_turned(scene, [*profile, (1.0, 0.01)], surface, gloss=0.4)
    scene.light_up(scene.shape([(-0.24, half * 0.2), (-0.24, half * 1.8), (0.95, 0)]), -70)


TOOLS: Mapping[str, Renderer] = {
    "wrench": wrench,
    "key": key,
    "blade": blade,
    "drillbit": drillbit,
}
