"""Tools, locks, fittings and other ironmongery."""

import math
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
from jaxtyping import Float

from promptlab.synthetic.canvas import (
    Coverage,
    Number,
    Picture,
    Point,
    Points,
    Rendered,
    Renderer,
    Size,
    blend,
)
from promptlab.synthetic.fields import choose, fraction, glow, shade, tinted
from promptlab.synthetic.objects.scene import Scene, metal, moulded, random_text, turn

__all__ = ["HARDWARE"]

# The corners of an outline made from the points of a path: another number of them.
_Outline: TypeAlias = Float[np.ndarray, "corner 2"]


def _finish(
    scene: Scene, names: Sequence[str] = ("black", "white", "red", "blue"), *, painted: float = 0.15
) -> tuple[str, Picture]:
    """Return the colour name and surface of a part of bare metal or, at times, painted metal."""
    return moulded(scene, names) if scene.rng.random() < painted else metal(scene)


def _plain_steel(scene: Scene) -> Picture:
    """Return even steel, which costs less than a textured one, for the small parts."""
    level = tinted(scene.rng, scene.rng.uniform(60, 210))
    return shade(level, np.ones(scene.size, np.float32))


def _union(*parts: Coverage) -> Coverage:
    together = parts[0].copy()
    for part in parts[1:]:
        np.maximum(together, part, out=together)
    return together


def _placed(points: Sequence[Point] | Points, centre: Point, heading: Number = 0.0) -> Points:
    """Return points turned by ``heading`` about the origin, then moved to ``centre``."""
    cosine, sine = math.cos(heading), math.sin(heading)
    turned = np.asarray(points, np.float64) @ np.asarray([[cosine, sine], [-sine, cosine]])
    moved: Points = turned + np.asarray(centre, np.float64)
    return moved


def _arc(centre: Point, radius: Number, start: Number, end: Number) -> Points:
    angles = np.linspace(float(start), float(end), 26)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1) * float(radius)
    return circle + np.asarray(centre, np.float64)


def _band(path: Points, halves: Sequence[Number]) -> _Outline:
    """Return the outline of a band along a curve, its half widths spread evenly over the path."""
    steps = np.gradient(path, axis=0)
    steps /= np.linalg.norm(steps, axis=1, keepdims=True) + 1e-9
    sideways = np.stack([-steps[:, 1], steps[:, 0]], axis=1)
    at = np.linspace(0, len(halves) - 1, len(path))
    sideways *= np.interp(at, np.arange(len(halves)), np.asarray(halves, np.float64))[:, None]
    return np.concatenate([path + sideways, (path - sideways)[::-1]])


def _turned(
    scene: Scene,
    profile: Sequence[Point],
    surface: Picture,
    *,
    swell: Coverage | float = 1.0,
    pattern: Coverage | float = 1.0,
    gloss: float = 0.2,
) -> None:
    """Put on a part of revolution about the first axis.

    Args:
        scene: Where to put it.
        profile: Half widths along the axis, from its start to its end.
        surface: Its surface.
        swell: Factor on the half width, at most 1.15: threads and flutes.
        pattern: Factor on the brightness.
        gloss: Strength of the line of reflected light.
    """
    places, halves = np.asarray(profile, np.float64).T
    here = _around(scene, (float(places[0]), float(places[-1])), float(halves.max()) * 1.15)
    x, y = (field[here] for field in scene.local())
    half = np.interp(x, places, halves).astype(np.float32)
    half = half * np.broadcast_to(np.float32(swell), scene.size)[here]
    reach, soft = np.float32(scene.reach), np.float32(0.5)
    inside = np.clip((half - np.abs(y)) * reach + soft, 0, 1)
    inside = inside * np.clip((x - np.float32(places[0])) * reach + soft, 0, 1)
    inside = inside * np.clip((np.float32(places[-1]) - x) * reach + soft, 0, 1)
    across = np.clip(y / np.maximum(half, np.float32(1e-3)), -1, 1)
    side = np.float32(math.sin(scene.light - scene.angle))
    lit = np.float32(0.45) + np.float32(0.6) * np.sqrt(1 - across * across)
    lit = lit + np.float32(0.3) * side * across
    shine = ((across - np.float32(0.55) * side) / np.float32(0.16)) ** 2
    lit = lit + np.float32(gloss) * np.exp(-shine)
    body = np.zeros(scene.size, np.float32)
    body[here] = inside
    paint = surface.copy()
    paint[here] = shade(surface[here], lit * np.broadcast_to(np.float32(pattern), scene.size)[here])
    scene.add(body, paint)


def _around(scene: Scene, span: tuple[float, float], half: float) -> tuple[slice, slice]:
    """Return the rows and columns that hold a box along the first axis, to compute less."""
    corners = scene.pixels([(x, y) for x in span for y in (-half, half)])
    left, top = np.maximum(np.floor(corners.min(0)).astype(int) - 2, 0)
    right, bottom = np.maximum(np.ceil(corners.max(0)).astype(int) + 3, 1)
    height, width = scene.size
    rows = slice(min(int(top), height - 1), int(bottom))
    return rows, slice(min(int(left), width - 1), int(right))


def _ridges(along: Coverage, pitch: float) -> Coverage:
    """Return triangular ridges from 0 to 1, one every ``pitch``."""
    ridges: Coverage = 2 * np.abs(fraction(along / np.float32(pitch)) - np.float32(0.5))
    return ridges


def _screw_holes(scene: Scene, places: Sequence[Point], radius: float) -> None:
    """Make countersunk holes, open or with a screw in each."""
    rng = scene.rng
    sinks = _union(*(scene.circle(x, y, radius) for x, y in places))
    if rng.random() < 0.7:
        ground = scene.picture.mean((0, 1)) * np.float32(0.3) + np.float32(60)
        scene.add(sinks, ground, bevel=radius * 0.6, gain=-0.6)
        scene.cut(_union(*(scene.circle(x, y, radius * 0.55) for x, y in places)))
        return
    scene.add(sinks, tinted(rng, 150), bevel=radius * 0.5, gain=0.4)
    slots, arm = np.zeros(scene.size, np.float32), 0.6 * radius
    for x, y in places:
        for heading in rng.uniform(0, math.pi) + np.asarray([0, math.pi / 2]):
            ends = _placed([(-arm, 0), (arm, 0)], (x, y), heading)
            slots = _union(slots, scene.line(ends, radius * 0.3))
    scene.mark(slots, tinted(rng, 35))


def _opening(scene: Scene, kind: str, x: float, radius: float, heading: float) -> Coverage:
    """Return the opening of a wrench's head: the jaw of an open end, or a ring's polygon."""
    if kind == "open":
        half = radius * 0.48
        jaw = [(-0.5 * radius, 0), (-0.25 * radius, half), (2 * radius, half)]
        jaw += [(px, -py) for px, py in reversed(jaw)]
        return scene.shape(_placed(jaw, (x, 0), heading))
    if kind == "ring":
        star = [(r * px, r * py) for (px, py), r in zip(turn(24), (0.7, 0.6) * 12, strict=True)]
        return scene.shape(_placed(np.asarray(star) * radius, (x, 0), heading))
    return scene.shape(_placed(turn(6, radius=0.66 * radius), (x, 0), heading))


def wrench(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a wrench: open, ring, hexagonal or adjustable heads on a bar with a stamped word."""
    scene = Scene(rng, size, fill=(0.8, 0.99))
    name, surface = _finish(scene, ("black", "red", "blue"), painted=0.12)
    adjustable = rng.random() < 0.2
    pairs = (("open", "open"), ("ring", "open"), ("ring", "ring"), ("ring", "ring"), ("hex", "hex"))
    kinds = ("tail", "open") if adjustable else choose(rng, pairs)
    heads = rng.uniform(0.2, 0.28), rng.uniform(0.23, 0.32)
    half = rng.uniform(0.07, 0.12)
    body = scene.shape(
        _band(np.asarray([(-0.85, 0), (0.0, 0), (0.8, 0)]), (half * 0.9, half, half))
    )
    for kind, sign, radius in zip(kinds, (-1, 1), heads, strict=True):
        x = sign * (1 - radius)
        lean = rng.uniform(-0.3, 0.3) if kind == "open" else rng.uniform(0, 1)
        if kind == "tail":
            tail = scene.circle(-0.85, 0, half * 1.2)
            body = _union(body, tail) * (1 - scene.circle(-0.85, 0, half * 0.6))
            continue
        body = _union(body, scene.ellipse((radius, radius * rng.uniform(0.9, 1)), centre=(x, 0)))
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
    scene.shade_by(1 - np.float32(0.5) * roller * _ridges(y, radius * 0.1))
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
        return scene.shape(_placed(corners, middle, math.pi / 8))
    lobes = _placed(turn(4, radius=radius * 0.42), middle)
    return _union(*(scene.circle(x, y, radius * 0.58) for x, y in lobes))


def key(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a door key: flat with a cut or dimpled blade, or an old one with ring and bit."""
    scene = Scene(rng, size, fill=(0.75, 0.98))
    name, surface = _finish(scene, ("yellow", "black", "red", "blue"))
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
    shank = _union(scene.shape(outline), scene.box((0.09, half * 1.2), centre=(start, 0)))
    scene.add(_union(head, shank) * (1 - gap), surface, bevel=0.035, gain=rng.uniform(0.3, 0.6))
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
    hollow = _union(*(scene.circle(x, y, radius - thick) for x, y in places))
    ring = _union(*(scene.circle(x, y, radius) for x, y in places)) * (1 - hollow)
    scene.add(ring, surface, bevel=thick / 2, gain=0.7, dome=True, gloss=0.2)
    half, high = rng.uniform(0.05, 0.08), rng.uniform(0.25, 0.36)
    bit = scene.box((0.15, high / 2), centre=(0.74, high / 2), corner=0.02)
    for _ in range(int(rng.integers(1, 4))):
        notch = (rng.uniform(0.6, 0.88), high * choose(rng, (0.55, 1.0)))
        bit = bit * (1 - scene.box((0.025, high * 0.2), centre=notch))
    scene.add(bit, surface * np.float32(0.9), bevel=0.03, gain=0.5)
    _turned(scene, [(2 * bow - 1 - thick, half), (0.97, half), (1, half * 0.5)], surface)
    for x in (2 * bow - 0.97, 2 * bow - 0.86, 0.52)[: int(rng.integers(1, 4))]:
        _turned(scene, [(x - 0.04, half), (x, half * 1.5), (x + 0.04, half)], surface)
    return scene.done(name)


def _ground_edge(scene: Scene, body: Coverage, edge: Points, width: float, paint: Picture) -> None:
    """Grind a strip of a blade along ``edge`` and mark where the flat side begins."""
    strip = scene.shape(_band(edge, (width, width))) * body
    scene.mark(strip, paint * np.float32(scene.rng.uniform(1.15, 1.4)))
    scene.light_up(scene.line(_band(edge, (width, width))[: len(edge)], 0.012), -45)
    scene.light_up(scene.line(edge, 0.02), 50)


def blade(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a blade: utility, snap-off, two-edged razor or scalpel, with a ground edge."""
    scene = Scene(rng, size, fill=(0.75, 0.98))
    name, surface = _finish(scene, ("black", "yellow", "blue"), painted=0.12)
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
    body = _union(scene.box((0.86, high)), scene.box((1, high * 0.7), corner=0.05))
    slot = scene.box((rng.uniform(0.6, 0.75), 0.05), corner=0.05)
    radius = rng.uniform(0.09, 0.13)
    slot = _union(slot, *(scene.circle(x, 0, radius) for x in (-0.42, 0, 0.42)))
    edges = [np.asarray([(-0.86, sign * high), (0.86, sign * high)]) for sign in (-1, 1)]
    return body * (1 - slot), edges, (0, high * 0.45)


def _scalpel(scene: Scene, half: float) -> _Cutter:
    along = np.linspace(0, 1, 16)
    belly = -half * np.sqrt(1 - along ** scene.rng.uniform(2, 5))
    edge = np.stack([0.1 + 0.9 * along, belly], axis=1)
    back = [(0.9, half * 0.3), (-1, half * 0.3), (-1, -half * 0.9)]
    body = scene.shape(np.concatenate([edge, back]))
    slot = _union(
        scene.box((0.3, half * 0.14), centre=(-0.5, -half * 0.3), corner=0.05),
        scene.box((0.12, half * 0.24), centre=(-0.72, -half * 0.3), corner=0.05),
    )
    return body * (1 - slot), [edge], (0.15, -half * 0.25)


def drillbit(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a drill bit: twist or masonry bit with helical flutes, spade bit or step drill."""
    scene = Scene(rng, size, fill=(0.8, 0.99))
    name, surface = _finish(scene, ("black", "yellow", "grey"), painted=0.3)
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
    margin = np.exp(-(((wave - np.float32(0.08)) / np.float32(0.05)) ** 2))
    _, chuck = metal(scene) if rng.random() < 0.3 else (name, surface)
    pattern = np.float32(1.05) - np.float32(0.6) * groove * wave + np.float32(0.35) * margin
    profile = [(start, shank), (start + 0.08, half), (tip, half), (1.0, 0.01)]
    _turned(scene, profile, surface, swell=1 - np.float32(0.16) * groove, pattern=pattern)
    ribs = 1 - np.float32(0.4) * (np.abs(y) < shank * 0.3) * (x < -0.6) * (rng.random() < 0.25)
    _turned(scene, [(-1, shank * 0.9), (-0.98, shank), (start, shank)], chuck, pattern=ribs)
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
    _turned(scene, [(-1, half), (-0.75, half), (-0.74, neck), (0.4, neck)], surface)
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
    _turned(scene, [*profile, (1.0, 0.01)], surface, gloss=0.4)
    scene.light_up(scene.shape([(-0.24, half * 0.2), (-0.24, half * 1.8), (0.95, 0)]), -70)


def nail(rng: np.random.Generator, size: Size) -> Rendered:
    """Render one nail, or two: wire, ring-shank, roofing, finishing or square-cut."""
    scene = Scene(rng, size, fill=(0.78, 0.99))
    name, surface = metal(scene)
    half, kind = rng.uniform(0.05, 0.1), rng.random()
    if kind < 0.2:
        broad = half * rng.uniform(1.6, 2.4)
        body = scene.shape([(-0.9, broad), (0.97, half), (0.97, -half), (-0.9, -broad)])
        scene.add(body, surface, bevel=half, gain=0.6)
        head = scene.box((0.06, broad * 1.5), centre=(-0.94, 0), corner=0.03)
        scene.add(head, surface, bevel=0.04, gain=0.5)
        return scene.done(name)
    wide = half * (rng.uniform(1.2, 1.5) if kind < 0.35 else rng.uniform(2.2, 4.2))
    thin, taper = rng.uniform(0.03, 0.06), half * rng.uniform(2, 4)
    tilted = wide * rng.uniform(0.2, 0.6) if kind > 0.6 else 0.0
    ribbed = (rng.uniform(-0.6, -0.1), rng.uniform(0.3, 0.8)) if kind > 0.75 else (-0.9, -0.75)
    pitch = rng.uniform(0.03, 0.06)
    pose = scene.centre
    for number in range(1 if rng.random() < 0.75 else 2):
        if number:
            scene.angle += rng.uniform(0.3, 2.8)
            shift = rng.uniform(-0.25, 0.25, 2) * scene.reach
            scene.centre = (pose[0] + shift[0], pose[1] + shift[1])
        x, _ = scene.local()
        ridges = _ridges(x, pitch) * ((x > ribbed[0]) & (x < ribbed[1]))
        profile = [(-0.98, half), (1 - taper, half), (1.0, 0.004)]
        swell, pattern = 1 + np.float32(0.12) * ridges, 1 - np.float32(0.35) * ridges
        _turned(scene, profile, surface, swell=swell, pattern=pattern, gloss=0.3)
        if tilted > 0:
            head = scene.ellipse((tilted, wide), centre=(tilted - 1, 0))
            scene.add(head, surface * np.float32(1.1), bevel=0.03, gain=0.4)
            continue
        rim = [(-1.0, wide * 0.92), (thin - 1, wide), (thin - 0.98, wide * 0.9)]
        _turned(scene, [*rim, (thin - 0.9, half)], surface)
    return scene.done(name)


def rivet(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a rivet: blind with its mandrel, solid or tubular from the side, or a set head."""
    scene = Scene(rng, size, fill=(0.6, 0.98))
    name, surface = _finish(scene, ("black", "white", "red", "blue", "brown"))
    kind, half = rng.random(), rng.uniform(0.17, 0.3)
    if kind < 0.3:
        _set_head(scene, surface)
        return scene.done(name)
    wide = half * rng.uniform(1.7, 2.2)
    high = 0.12 if kind < 0.6 else rng.uniform(0.3, 0.5)
    rise = np.linspace(0, 1, 9)
    dome = wide * np.sqrt(1 - 0.98 * (1 - rise) ** 2)
    head: list[Point] = list(zip(high * rise, dome, strict=True))
    if rng.random() < 0.3:
        head = [(0.0, wide), (0.06, wide), (high + 0.06, half)]
    if kind < 0.6:
        start, thin = rng.uniform(-0.35, -0.1), half * rng.uniform(0.45, 0.6)
        steel = _plain_steel(scene)
        _turned(scene, [(0.5, thin), (0.94, thin), (0.97, thin * 1.5), (1.0, thin * 1.2)], steel)
        _turned(scene, [(-1.0, thin * 0.2), (-0.93, thin), (start, thin)], steel)
        _turned(scene, [(start, half), (0.85, half), (0.9, half * 0.8)], surface)
    else:
        start, tail = -0.98, rng.uniform(0.55, 0.98)
        _turned(scene, [(start, half), (tail - 0.04, half), (tail, half * 0.9)], surface)
        if rng.random() < 0.4:
            mouth = scene.ellipse((0.07, half * 0.9), centre=(tail - 0.05, 0))
            scene.add(mouth, surface * np.float32(1.1), bevel=0.02)
            scene.mark(scene.ellipse((0.05, half * 0.65), centre=(tail - 0.05, 0)), tinted(rng, 35))
    _turned(scene, [(start + x, y) for x, y in head], surface, gloss=0.3)
    return scene.done(name)


def _set_head(scene: Scene, surface: Picture) -> None:
    """Draw the head of a rivet from above, at times with the rest of its mandrel."""
    rng = scene.rng
    scene.add(scene.circle(0, 0, 1), surface, bevel=0.06, gain=0.45)
    crown, gloss = rng.uniform(0.6, 0.95), rng.uniform(0, 0.5)
    scene.add(scene.circle(0, 0, crown), surface, bevel=crown, gain=0.6, gloss=gloss, dome=True)
    if rng.random() < 0.7:
        bore = rng.uniform(0.15, 0.32)
        scene.add(scene.circle(0, 0, bore), tinted(rng, 45), bevel=0.03, gain=-0.4)
        mandrel = scene.circle(0, 0, bore * rng.uniform(0.55, 0.85))
        scene.add(mandrel, tinted(rng, rng.uniform(90, 170)), bevel=0.05, gain=0.5)


def hinge(rng: np.random.Generator, size: Size) -> Rendered:
    """Render an opened hinge: two leaves or straps with screw holes, knuckles round a pin."""
    scene = Scene(rng, size, fill=(0.7, 0.98))
    name, surface = _finish(scene, ("black", "white", "brown", "yellow"), painted=0.25)
    thick, kind = rng.uniform(0.08, 0.14), rng.random()
    # Butt hinges have two leaves, tee hinges a tall leaf and a strap, strap hinges two straps.
    butt, tee = kind < 0.6, 0.6 <= kind < 0.8
    high = rng.uniform(0.55, 0.98) if butt else rng.uniform(0.3, 0.5)
    corner = choose(rng, (0.02, 0.08, 0.25))
    body, holes = np.zeros(size, np.float32), []
    for side in (-1, 1):
        if butt or (tee and side < 0):
            wide, tall = (rng.uniform(0.6, 0.95), high) if butt else (rng.uniform(0.3, 0.42), 0.95)
            middle = (side * wide / 2, 0)
            leaf = scene.box((wide / 2 + 0.02, tall), centre=middle, corner=corner)
            column = np.linspace(-0.75, 0.75, int(rng.integers(2, 5))) * tall
            shift = rng.uniform(0, 0.15) * butt
            holes += [(side * (0.6 * wide + shift * (-1) ** i), y) for i, y in enumerate(column)]
        else:
            tip = high * rng.uniform(0.25, 0.5)
            outline = [(0, -high), (0.86, -tip), (0.86, tip), (0, high)]
            leaf = scene.shape([(side * x, y) for x, y in outline])
            leaf = _union(leaf, scene.circle(side * 0.88, 0, tip * 1.05))
            holes += [(side * x, 0.0) for x in np.linspace(0.3, 0.88, int(rng.integers(2, 5)))]
        body = _union(body, leaf)
    scene.add(body, surface, bevel=0.03, gain=rng.uniform(0.25, 0.5))
    _screw_holes(scene, holes, rng.uniform(0.05, 0.085))
    _knuckles(scene, surface, high, thick)
    return scene.done(name)


def _knuckles(scene: Scene, surface: Picture, high: float, thick: float) -> None:
    """Draw the barrel of a hinge across it, at times with finials on its pin."""
    rng = scene.rng
    scene.angle += math.pi / 2
    count = choose(rng, (3, 5, 5, 7))
    along, _ = scene.local()
    seams = _ridges(along + np.float32(high), 2 * high / count)
    seams = np.clip((np.float32(0.99 - 0.03 * count) - seams) * 30, 0, 1)
    if rng.random() < 0.4:
        end = high + thick * 0.8
        tip = thick * 0.4
        _turned(scene, [(-end, tip), (-high, thick), (high, thick), (end, tip)], surface)
    pattern = np.float32(0.35) + np.float32(0.65) * seams
    _turned(scene, [(-high, thick), (high, thick)], surface, pattern=pattern, gloss=0.25)


def _rod(
    scene: Scene, path: Points, halves: Sequence[Number], surface: Picture, *, caps: bool = True
) -> None:
    """Put on a bent rod of round section, whose half width may change along it."""
    body = scene.shape(_band(path, halves))
    if caps:
        ends = ((path[0], halves[0]), (path[-1], halves[-1]))
        body = _union(body, *(scene.circle(at[0], at[1], half) for at, half in ends))
    gloss = scene.rng.uniform(0.05, 0.45)
    scene.add(body, surface, bevel=max(map(float, halves)), gain=0.75, gloss=gloss, dome=True)


def hook(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a hook: S-hook, lifting hook, screw hook, fish hook or coat hook on a plate."""
    scene = Scene(rng, size, fill=(0.75, 0.98))
    name, surface = _finish(scene, ("black", "white", "red", "yellow", "orange"), painted=0.25)
    design = choose(rng, (_s_hook, _lifting_hook, _screw_hook, _fish_hook, _coat_hook))
    design(scene, surface, rng.uniform(0.07, 0.12))
    return scene.done(name)


def _s_hook(scene: Scene, surface: Picture, thick: float) -> None:
    """Draw two opposite bends joined by their common tangent."""
    bend = scene.rng.uniform(0.28, 0.36)
    middle = 0.98 - bend - thick
    tangent = math.acos(bend / middle)
    start = -math.pi * scene.rng.uniform(0.45, 0.7)
    first = _arc((-middle, 0), bend, start, tangent - 2 * math.pi)
    _rod(scene, np.concatenate([first, -first[::-1]]), [thick], surface)


def _lifting_hook(scene: Scene, surface: Picture, thick: float) -> None:
    """Draw an eye and a stout hook that tapers to its point, at times with a latch."""
    rng = scene.rng
    ring, bend = rng.uniform(0.22, 0.28), rng.uniform(0.38, 0.45)
    eye = scene.circle(ring - 1, 0, ring) * (1 - scene.circle(ring - 1, 0, ring * 0.5))
    scene.add(eye, surface, bevel=ring * 0.25, gain=0.7, dome=True)
    curve = _arc((0.98 - bend - thick * 1.5, 0), bend, math.pi, -math.pi * 0.62)
    path = np.concatenate([[(2 * ring - 1.08, 0.0)], [(2 * ring - 0.95, 0.0)], curve[3:]])
    if rng.random() < 0.5:
        latch = scene.line([(2 * ring - 0.92, 0), (0.62 - bend, -bend)], 0.07)
        scene.add(latch, tinted(rng, 170), bevel=0.03)
    _rod(scene, path, (thick, thick * 1.3, thick * 2, thick * 1.6, thick * 0.5), surface)


def _screw_hook(scene: Scene, surface: Picture, thick: float) -> None:
    """Draw a bent rod with a thread and a point, at times a collar."""
    rng = scene.rng
    bend = rng.uniform(0.3, 0.42)
    x, y = scene.pixels([(0, -bend / 2)])[0]
    scene.centre = (float(x), float(y))
    along, aside = scene.local()
    ridges = _ridges(along + aside * np.float32(0.2), rng.uniform(0.06, 0.1))
    swell, pattern = 1 - np.float32(0.25) * ridges, 1 - np.float32(0.5) * ridges
    profile = [(-1.0, 0.01), (-0.85, thick), (-0.3, thick)]
    _turned(scene, profile, surface, swell=swell, pattern=pattern)
    end = math.pi * rng.uniform(0.6, 1)
    curve = _arc((0.97 - bend - thick, bend), bend, -math.pi / 2, end)
    _rod(scene, np.concatenate([[(-0.35, 0.0)], curve]), [thick], surface)
    if rng.random() < 0.5:
        _turned(scene, [(-0.36, thick * 2), (-0.3, thick * 2.2), (-0.26, thick)], surface)


def _fish_hook(scene: Scene, surface: Picture, thick: float) -> None:
    """Draw a thin bent wire with an eye, a point and a barb."""
    bend, thin = scene.rng.uniform(0.28, 0.4), thick * 0.45
    eye = scene.circle(-0.9, -bend, 0.1) * (1 - scene.circle(-0.9, -bend, 0.1 - thin))
    scene.add(eye, surface, bevel=thin / 2, gain=0.6)
    curve = _arc((0.95 - bend - thin, 0), bend, -math.pi / 2, math.pi / 2)
    tip = 0.3 - bend
    barb = [(tip, bend + thin), (tip + 0.26, bend - thin), (tip + 0.2, bend - 0.13)]
    scene.add(scene.shape(barb), surface, bevel=0.02)
    path = np.concatenate([[(-0.82, -bend)], curve, [(tip, bend)]])
    _rod(scene, path, [thin] * len(curve) + [0.008], surface, caps=False)


def _coat_hook(scene: Scene, surface: Picture, thick: float) -> None:
    """Draw a plate with two screw holes and one or two knobbed prongs."""
    rng = scene.rng
    half = (rng.uniform(0.85, 0.98), rng.uniform(0.2, 0.32))
    body = scene.box(half, corner=choose(rng, (0.03, 0.1, 0.3)))
    scene.add(body, surface, bevel=0.05, gain=0.4)
    _screw_holes(scene, [(-half[0] * 0.78, 0), (half[0] * 0.78, 0)], 0.075)
    knob = thick * rng.uniform(1.1, 1.7)
    for side in choose(rng, ((-1, 1), (1,))):
        path = np.asarray([(-0.3, 0.0), (0.1, 0.0), (0.35, side * 0.2), (0.4, side * 0.55)])
        _rod(scene, path, (thick, thick * 0.8, thick * 0.8, thick), surface)
        ball = scene.circle(0.4, side * 0.58, knob)
        scene.add(ball, surface, bevel=knob, gain=0.7, gloss=0.3, dome=True)


def spoon(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a spoon from above: hollow bowl, slim neck, plain, moulded or engraved handle."""
    scene = Scene(rng, size, fill=(0.82, 0.99))
    name, surface = metal(scene)
    long, wide = rng.uniform(0.28, 0.4), rng.uniform(0.2, 0.29)
    turns = np.linspace(0, 2 * math.pi, 60, endpoint=False)
    egg = 1 + rng.uniform(-0.15, 0.15) * np.cos(turns)
    ring = np.stack([long * np.cos(turns), wide * np.sin(turns) * egg], axis=1)
    neck, end = rng.uniform(0.035, 0.06), rng.uniform(0.06, 0.13)
    spine = np.stack([np.linspace(long * 1.6 - 1, 1 - end, 12), np.zeros(12)], axis=1)
    handle = scene.shape(_band(spine, (neck * 1.6, neck, neck * 1.2, end * 0.8, end)))
    handle = _union(handle, scene.ellipse((end * rng.uniform(0.5, 1), end), centre=(1 - end, 0)))
    if rng.random() < 0.3:
        handle = handle * (1 - scene.circle(1 - end, 0, end * 0.4))
    scene.add(handle, surface, bevel=neck, gain=rng.uniform(0.4, 0.7))
    if rng.random() < 0.3:
        name, grip = moulded(scene)
        x, _ = scene.local()
        scene.add(handle * (x > rng.uniform(-0.1, 0.3)), grip, bevel=0.05, gain=0.5, dome=True)
    elif rng.random() < 0.6:
        lines = _band(spine[5:], (end * 0.3, end * 0.6))
        scene.light_up(scene.line(lines, 0.02), rng.uniform(-70, -30))
        for x in np.linspace(0.9 - end, 0.5, int(rng.integers(0, 7))):
            scene.light_up(scene.ellipse((0.03, end * 0.3), centre=(x, 0)), rng.uniform(-60, 60))
    scene.add(scene.shape(_placed(ring, (long - 1, 0))), surface, bevel=0.04, gain=0.5)
    hollow = scene.shape(_placed(ring * rng.uniform(0.86, 0.93), (long - 1, 0)))
    depth = rng.uniform(0.6, 1.0) * wide
    scene.add(
        hollow, surface * np.float32(0.9), bevel=depth, gain=-rng.uniform(0.5, 0.9), dome=True
    )
    spark = scene.ellipse(
        (long * 0.3, wide * 0.2), centre=(long - 1.05, wide * rng.uniform(-0.4, 0.4))
    )
    scene.light_up(spark, rng.uniform(0, 60))
    if rng.random() < 0.2:
        bars = ((long * 0.45, 0.025), (-0.4 * wide, 0.0, 0.4 * wide))
        scene.cut(_union(*(scene.box(bars[0], centre=(long - 1, y)) for y in bars[1])))
    return scene.done(name)


def chainlink(rng: np.random.Generator, size: Size) -> Rendered:
    """Render some links of a chain: face and edge in turn, or flat rings one through the next."""
    scene = Scene(rng, size, fill=(0.85, 1.0))
    name, surface = _finish(scene, ("black", "red", "white", "blue"), painted=0.12)
    count, bend = int(rng.integers(3, 8)), rng.normal(0, 0.25)
    flat, stud, seam = rng.random() < 0.4, rng.random() < 0.25, rng.random() < 0.4
    pitch = 2 / (count + 0.5)
    long = pitch * (rng.uniform(0.64, 0.72) if flat else rng.uniform(0.76, 0.84))
    half, wire = long * rng.uniform(0.32, 0.45), long * rng.uniform(0.16, 0.22)
    gloss = rng.uniform(0.05, 0.5)
    _, y = scene.local()
    before = np.zeros(size, np.float32)
    # Faces come first, edge-on links bridge them; flat rings are laid in their order.
    order = range(count) if flat else (*range(0, count, 2), *range(1, count, 2))
    for number in order:
        x = (number - (count - 1) / 2) * pitch
        centre = (x, bend * (x * x - 0.4))
        heading = math.atan(2 * bend * x) + 0.3 * flat
        opened = half if flat or number % 2 == 0 else 0.0
        link = scene.line(_placed(_loop(long - wire / 2, opened, oval=flat), centre, heading), wire)
        if stud and opened and not flat:
            bar = _placed([(0, -half), (0, half)], centre, heading)
            link = _union(link, scene.line(bar, wire * 0.8))
        kept = scene.picture.copy() if flat else scene.picture
        scene.add(link, surface, bevel=wire / 2, gain=0.75, gloss=gloss, dome=True)
        if flat:
            # One half of the ring before stays on top, which makes the rings interlock.
            scene.picture = blend(scene.picture, kept, before * (y > centre[1]))
            before = link
        if seam and opened:
            weld = [(0, half - wire * 0.5), (0, half + wire * 0.5)]
            scene.light_up(scene.line(_placed(weld, centre, heading), 0.02), -50)
    return scene.done(name)


def _loop(long: float, half: float, *, oval: bool) -> Points:
    """Return the closed centre line of a link: an oval, or two bends joined by straight sides."""
    turns = np.linspace(0, 2 * math.pi, 49)
    if oval:
        return np.stack([long * np.cos(turns), half * np.sin(turns)], axis=1)
    straight = max(0.0, long - half) * np.sign(np.cos(turns))
    return np.stack([straight + half * np.cos(turns), half * np.sin(turns)], axis=1)


def padlock(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a padlock: shackle over a solid, laminated or round body, keyhole or number wheels."""
    scene = Scene(rng, size, fill=(0.72, 0.92))
    name, surface = _finish(scene, ("yellow", "black", "blue", "red", "green"), painted=0.3)
    half, top = rng.uniform(0.5, 0.72), rng.uniform(-0.2, 0.1)
    low, kind, wire = 0.98 - top, rng.random(), rng.uniform(0.08, 0.12)
    span = half * rng.uniform(0.55, 0.75)
    bow = _arc((0, span + wire - 1), span, math.pi, 2 * math.pi)
    foot = top - rng.uniform(0, 0.12) if rng.random() < 0.15 else top + 0.3
    steel = scene.distinct(_plain_steel(scene))
    _rod(scene, np.concatenate([[(-span, top + 0.3)], bow, [(span, foot)]]), [wire], steel)
    body = scene.box((half, low / 2), centre=(0, top + low / 2), corner=rng.uniform(0.03, 0.3))
    if kind < 0.2:
        collar = scene.box((span + wire, 0.15), centre=(0, top + 0.15))
        body = _union(scene.circle(0, top + low / 2, low / 2), collar)
    scene.add(body, surface, bevel=rng.uniform(0.05, 0.14), gain=rng.uniform(0.35, 0.7))
    if 0.2 <= kind < 0.45:
        _, y = scene.local()
        sheets = _ridges(y, low / int(rng.integers(6, 12))) > 0.8
        scene.shade_by(1 - np.float32(0.45) * body * sheets)
        pegs = [
            scene.circle(x, y, 0.05) for x in (-0.82 * half, 0.82 * half) for y in (top + 0.1, 0.88)
        ]
        scene.add(_union(*pegs), steel, bevel=0.03, gain=0.5)
    (_number_wheels if kind > 0.75 else _keyhole)(scene, top, low, steel)
    if kind < 0.75 and rng.random() < 0.7:
        paint = surface.mean((0, 1)) * np.float32(choose(rng, (0.45, 1.5)))
        word = random_text(rng, int(rng.integers(3, 6)))
        scene.text(word, place=(0, top + low * 0.27), height=rng.uniform(0.1, 0.16), paint=paint)
    return scene.done(name)


def _number_wheels(scene: Scene, top: float, low: float, steel: Picture) -> None:
    rng, level = scene.rng, choose(scene.rng, (40, 200))
    if rng.random() < 0.5:
        window = scene.box((0.26, low * 0.36), centre=(0, top + low / 2), corner=0.04)
        scene.add(window, steel, bevel=0.03, gain=-0.4)
    for at in np.linspace(top + low * 0.25, top + low * 0.75, int(rng.integers(3, 5))):
        wheel = scene.box((0.2, low * 0.075), centre=(0, at), corner=0.02)
        scene.add(wheel, tinted(rng, level), bevel=0.04, gain=0.5)
        ink = tinted(rng, 235 if level < 120 else 25)
        scene.text(str(int(rng.integers(10))), place=(0, at), height=low * 0.11, paint=ink)


def _keyhole(scene: Scene, top: float, low: float, steel: Picture) -> None:
    rng = scene.rng
    hole, place = rng.uniform(0.05, 0.09), top + low * rng.uniform(0.55, 0.7)
    scene.add(scene.circle(0, place, hole * 2), steel, bevel=0.03, gain=0.4)
    slit = scene.box((hole * 0.4, hole), centre=(0, place + hole * 0.7), corner=0.01)
    scene.mark(_union(scene.circle(0, place, hole * 0.8), slit), tinted(rng, 25))


def impeller(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a fan wheel or propeller: swept blades round a hub, free, ringed or on a disc."""
    scene = Scene(rng, size, fill=(0.7, 0.98))
    name, surface = moulded(scene) if rng.random() < 0.3 else metal(scene)
    radius, theta = scene.polar()
    hub, kind = rng.uniform(0.2, 0.38), rng.random()
    count = int(rng.integers(3, 6)) if kind < 0.4 else int(rng.integers(6, 13))
    wheel = kind > 0.75
    sweep = rng.uniform(-1.4, 1.4) if not wheel else choose(rng, (-1, 1)) * rng.uniform(1, 2)
    turns = (theta - np.float32(sweep) * radius) * np.float32(count / (2 * math.pi))
    wave = fraction(turns) - np.float32(0.5)
    share = np.clip((radius - hub) / np.float32(1 - hub), 0, 1)
    broad = rng.uniform(0.1, 0.14) if wheel else rng.uniform(0.3, 0.44)
    flare = 1 - np.float32(rng.uniform(0, 0.5) * (not wheel)) * (1 - share)
    tip = 1.0 if wheel else np.sqrt(np.clip(1 - share ** rng.uniform(4, 16), 0, 1))
    arc = (
        (np.float32(broad) * flare * tip - np.abs(wave)) * radius * np.float32(2 * math.pi / count)
    )
    rim = 0.99 if kind < 0.55 else 0.93
    blades = np.clip(arc * np.float32(scene.reach) + np.float32(0.5), 0, 1)
    blades = blades * scene.circle(0, 0, rim)
    if wheel:
        plate = scene.circle(0, 0, 1)
        scene.add(plate, surface * np.float32(0.75), bevel=0.05, gain=0.4)
        for x, y in turn(count, radius=hub * 1.35, phase=0.2):
            scene.mark(scene.circle(x, y, 0.035), tinted(rng, 40))
    elif kind > 0.55:
        ring = scene.circle(0, 0, 1) * (1 - scene.circle(0, 0, rng.uniform(0.88, 0.93)))
        scene.add(ring, surface, bevel=0.04, gain=0.5)
    # A twisted blade turns from the light on one edge towards it on the other.
    twist = np.float32(rng.uniform(0.25, 0.8) * choose(rng, (-1, 1)) * (not wheel)) * wave / broad
    facing = np.float32(0.6) + np.float32(0.4) * np.cos(
        theta - np.float32(scene.light - scene.angle)
    )
    lit = np.float32(0.95) + np.float32(0.5) * twist * facing
    scene.add(blades, shade(surface, lit), bevel=0.03, gain=0.5)
    crown = rng.random() < 0.5
    scene.add(scene.circle(0, 0, hub), surface, bevel=hub if crown else 0.06, gain=0.5, dome=crown)
    bore = hub * rng.uniform(0.2, 0.45)
    if rng.random() < 0.75:
        scene.add(scene.circle(0, 0, bore * 1.5), surface * np.float32(1.1), bevel=0.03, gain=0.4)
        scene.mark(scene.circle(0, 0, bore), tinted(rng, rng.uniform(20, 60)))
    elif rng.random() < 0.6:
        scene.text(random_text(rng, 4), place=(0, 0), height=hub * 0.4, paint=tinted(rng, 40))
    return scene.done(name)


HARDWARE: Mapping[str, Renderer] = {
    "wrench": wrench,
    "key": key,
    "blade": blade,
    "drillbit": drillbit,
    "nail": nail,
    "rivet": rivet,
    "hinge": hinge,
    "hook": hook,
    "spoon": spoon,
    "chainlink": chainlink,
    "padlock": padlock,
    "impeller": impeller,
}
