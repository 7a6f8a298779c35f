"""Nails, rivets, hinges and hooks."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from promptlab.synthetic.canvas import Picture, Point, Rendered, Renderer, Size, union
from promptlab.synthetic.fields import choose, tinted, zigzag
from promptlab.synthetic.objects.outlines import arc_path, placed
from promptlab.synthetic.objects.rounds import add_rod, add_turned
from promptlab.synthetic.objects.scene import Scene
from promptlab.synthetic.objects.surfaces import coated, metal, plain_steel

__all__ = ["FITTINGS"]


def _screw_holes(scene: Scene, places: Sequence[Point], radius: float) -> None:
    """Make countersunk holes, open or with a screw in each."""
    rng = scene.rng
    sinks = union(*(scene.circle(x, y, radius) for x, y in places))
    if rng.random() < 0.7:
        ground = scene.picture.mean((0, 1)) * np.float32(0.3) + np.float32(60)
        scene.add(sinks, ground, bevel=radius * 0.6, gain=-0.6)
        scene.cut(union(*(scene.circle(x, y, radius * 0.55) for x, y in places)))
        return
    scene.add(sinks, tinted(rng, 150), bevel=radius * 0.5, gain=0.4)
    slots, arm = np.zeros(scene.size, np.float32), 0.6 * radius
    for x, y in places:
        for heading in rng.uniform(0, math.pi) + np.asarray([0, math.pi / 2]):
            ends = placed([(-arm, 0), (arm, 0)], (x, y), heading)
            slots = union(slots, scene.line(ends, radius * 0.3))
    scene.mark(slots, tinted(rng, 35))


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
        ridges = zigzag(x, pitch) * ((x > ribbed[0]) & (x < ribbed[1]))
        profile = [(-0.98, half), (1 - taper, half), (1.0, 0.004)]
        swell, pattern = 1 + np.float32(0.12) * ridges, 1 - np.float32(0.35) * ridges
        add_turned(scene, profile, surface, swell=swell, pattern=pattern, gloss=0.3)
        if tilted > 0:
            head = scene.ellipse((tilted, wide), centre=(tilted - 1, 0))
            scene.add(head, surface * np.float32(1.1), bevel=0.03, gain=0.4)
            continue
        rim = [(-1.0, wide * 0.92), (thin - 1, wide), (thin - 0.98, wide * 0.9)]
        add_turned(scene, [*rim, (thin - 0.9, half)], surface)
    return scene.done(name)


def rivet(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a rivet: blind with its mandrel, solid or tubular from the side, or a set head."""
    scene = Scene(rng, size, fill=(0.6, 0.98))
    name, surface = coated(scene, ("black", "white", "red", "blue", "brown"))
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
        steel = plain_steel(scene)
        add_turned(scene, [(0.5, thin), (0.94, thin), (0.97, thin * 1.5), (1.0, thin * 1.2)], steel)
        add_turned(scene, [(-1.0, thin * 0.2), (-0.93, thin), (start, thin)], steel)
        add_turned(scene, [(start, half), (0.85, half), (0.9, half * 0.8)], surface)
    else:
        start, tail = -0.98, rng.uniform(0.55, 0.98)
        add_turned(scene, [(start, half), (tail - 0.04, half), (tail, half * 0.9)], surface)
        if rng.random() < 0.4:
            mouth = scene.ellipse((0.07, half * 0.9), centre=(tail - 0.05, 0))
            scene.add(mouth, surface * np.float32(1.1), bevel=0.02)
            scene.mark(scene.ellipse((0.05, half * 0.65), centre=(tail - 0.05, 0)), tinted(rng, 35))
    add_turned(scene, [(start + x, y) for x, y in head], surface, gloss=0.3)
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
    name, surface = coated(scene, ("black", "white", "brown", "yellow"), painted=0.25)
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
            leaf = union(leaf, scene.circle(side * 0.88, 0, tip * 1.05))
            holes += [(side * x, 0.0) for x in np.linspace(0.3, 0.88, int(rng.integers(2, 5)))]
        body = union(body, leaf)
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
    seams = zigzag(along + np.float32(high), 2 * high / count)
    seams = np.clip((np.float32(0.99 - 0.03 * count) - seams) * 30, 0, 1)
    if rng.random() < 0.4:
        end = high + thick * 0.8
        tip = thick * 0.4
        add_turned(scene, [(-end, tip), (-high, thick), (high, thick), (end, tip)], surface)
    pattern = np.float32(0.35) + np.float32(0.65) * seams
    add_turned(scene, [(-high, thick), (high, thick)], surface, pattern=pattern, gloss=0.25)


def hook(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a hook: S-hook, lifting hook, screw hook, fish hook or coat hook on a plate."""
    scene = Scene(rng, size, fill=(0.75, 0.98))
    name, surface = coated(scene, ("black", "white", "red", "yellow", "orange"), painted=0.25)
    design = choose(rng, (_s_hook, _lifting_hook, _screw_hook, _fish_hook, _coat_hook))
    design(scene, surface, rng.uniform(0.07, 0.12))
    return scene.done(name)


def _s_hook(scene: Scene, surface: Picture, thick: float) -> None:
    """Draw two opposite bends joined by their common tangent."""
    bend = scene.rng.uniform(0.28, 0.36)
    middle = 0.98 - bend - thick
    tangent = math.acos(bend / middle)
    start = -math.pi * scene.rng.uniform(0.45, 0.7)
    first = arc_path((-middle, 0), bend, start, tangent - 2 * math.pi)
    add_rod(scene, np.concatenate([first, -first[::-1]]), [thick], surface)


def _lifting_hook(scene: Scene, surface: Picture, thick: float) -> None:
    """Draw an eye and a stout hook that tapers to its point, at times with a latch."""
    rng = scene.rng
    ring, bend = rng.uniform(0.22, 0.28), rng.uniform(0.38, 0.45)
    eye = scene.circle(ring - 1, 0, ring) * (1 - scene.circle(ring - 1, 0, ring * 0.5))
    scene.add(eye, surface, bevel=ring * 0.25, gain=0.7, dome=True)
    curve = arc_path((0.98 - bend - thick * 1.5, 0), bend, math.pi, -math.pi * 0.62)
    path = np.concatenate([[(2 * ring - 1.08, 0.0)], [(2 * ring - 0.95, 0.0)], curve[3:]])
    if rng.random() < 0.5:
        latch = scene.line([(2 * ring - 0.92, 0), (0.62 - bend, -bend)], 0.07)
        scene.add(latch, tinted(rng, 170), bevel=0.03)
    add_rod(scene, path, (thick, thick * 1.3, thick * 2, thick * 1.6, thick * 0.5), surface)


def _screw_hook(scene: Scene, surface: Picture, thick: float) -> None:
    """Draw a bent rod with a thread and a point, at times a collar."""
    rng = scene.rng
    bend = rng.uniform(0.3, 0.42)
    x, y = scene.pixels([(0, -bend / 2)])[0]
    scene.centre = (float(x), float(y))
    along, aside = scene.local()
    ridges = zigzag(along + aside * np.float32(0.2), rng.uniform(0.06, 0.1))
    swell, pattern = 1 - np.float32(0.25) * ridges, 1 - np.float32(0.5) * ridges
    profile = [(-1.0, 0.01), (-0.85, thick), (-0.3, thick)]
    add_turned(scene, profile, surface, swell=swell, pattern=pattern)
    end = math.pi * rng.uniform(0.6, 1)
    curve = arc_path((0.97 - bend - thick, bend), bend, -math.pi / 2, end)
    add_rod(scene, np.concatenate([[(-0.35, 0.0)], curve]), [thick], surface)
    if rng.random() < 0.5:
        add_turned(scene, [(-0.36, thick * 2), (-0.3, thick * 2.2), (-0.26, thick)], surface)


def _fish_hook(scene: Scene, surface: Picture, thick: float) -> None:
    """Draw a thin bent wire with an eye, a point and a barb."""
    bend, thin = scene.rng.uniform(0.28, 0.4), thick * 0.45
    eye = scene.circle(-0.9, -bend, 0.1) * (1 - scene.circle(-0.9, -bend, 0.1 - thin))
    scene.add(eye, surface, bevel=thin / 2, gain=0.6)
    curve = arc_path((0.95 - bend - thin, 0), bend, -math.pi / 2, math.pi / 2)
    tip = 0.3 - bend
    barb = [(tip, bend + thin), (tip + 0.26, bend - thin), (tip + 0.2, bend - 0.13)]
    scene.add(scene.shape(barb), surface, bevel=0.02)
    path = np.concatenate([[(-0.82, -bend)], curve, [(tip, bend)]])
    add_rod(scene, path, [thin] * len(curve) + [0.008], surface, caps=False)


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
        add_rod(scene, path, (thick, thick * 0.8, thick * 0.8, thick), surface)
        ball = scene.circle(0.4, side * 0.58, knob)
        scene.add(ball, surface, bevel=knob, gain=0.7, gloss=0.3, dome=True)


FITTINGS: Mapping[str, Renderer] = {
    "nail": nail,
    "rivet": rivet,
    "hinge": hinge,
    "hook": hook,
}
