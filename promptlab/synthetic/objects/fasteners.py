"""Fasteners and small turned or stamped metal parts."""

import math
from collections.abc import Mapping

import numpy as np

from promptlab.synthetic.canvas import Rendered, Renderer, Size
from promptlab.synthetic.fields import shade, tinted, zigzag
from promptlab.synthetic.objects.scene import Scene, random_text, turn
from promptlab.synthetic.objects.surfaces import metal, moulded

__all__ = ["FASTENERS"]


def _threaded_hole(scene: Scene, radius: float) -> None:
    """Cut a hole whose wall shows two or three turns of thread."""
    dark = tinted(scene.rng, scene.rng.uniform(30, 80))
    scene.mark(scene.circle(0, 0, radius * 1.12), dark * np.float32(1.5))
    for step in (1.04, 0.96):
        scene.mark(scene.circle(0, 0, radius * step), dark * np.float32(2.2))
        scene.mark(scene.circle(0, 0, radius * (step - 0.05)), dark)
    scene.cut(scene.circle(0, 0, radius * 0.9))


def hexnut(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a hexagon nut from above: chamfered face and threaded hole."""
    scene = Scene(rng, size)
    name, surface = metal(scene)
    body = scene.shape(turn(6))
    scene.add(body, surface, bevel=0.08, gain=rng.uniform(0.2, 0.5))
    face = scene.circle(0, 0, rng.uniform(0.8, 0.88))
    scene.add(face * body, surface * np.float32(rng.uniform(1.0, 1.2)), bevel=0.04, gain=0.2)
    _threaded_hole(scene, rng.uniform(0.4, 0.56))
    return scene.done(name)


def flangenut(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a star-shaped flanged nut: lobes round a bored boss, as die-cast tee nuts."""
    scene = Scene(rng, size)
    name, surface = metal(scene)
    radius, theta = scene.polar()
    lobes = int(rng.integers(4, 9))
    depth = rng.uniform(0.08, 0.22)
    edge = np.float32(1 - depth) + np.float32(depth) * np.cos(lobes * theta)
    edge = edge + np.float32(rng.uniform(0, 0.05)) * np.cos(2 * lobes * theta)
    body = np.clip((edge - radius) * np.float32(scene.reach) + np.float32(0.5), 0, 1)
    scene.add(body, surface, bevel=0.1, gain=rng.uniform(0.25, 0.6))
    boss = scene.circle(0, 0, rng.uniform(0.48, 0.6))
    scene.add(boss, surface * np.float32(rng.uniform(0.8, 1.15)), bevel=0.07, gain=0.4)
    if rng.random() < 0.4:
        for x, y in turn(lobes, radius=0.72, phase=0.0):
            scene.mark(scene.circle(x, y, 0.05), tinted(rng, 55))
    _threaded_hole(scene, rng.uniform(0.26, 0.4))
    return scene.done(name)


def washer(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a washer: plain or lock-split."""
    scene = Scene(rng, size)
    name, surface = metal(scene)
    body = scene.circle(0, 0, 1)
    scene.add(body, surface, bevel=0.05, gain=rng.uniform(0.2, 0.5))
    scene.cut(scene.circle(0, 0, rng.uniform(0.35, 0.68)))
    if rng.random() < 0.2:
        scene.cut(scene.line([(0.3, 0.02), (1.1, 0.1)], 0.05))
    return scene.done(name)


def oring(rng: np.random.Generator, size: Size) -> Rendered:
    """Render an O-ring: a glossy round cord, closed to a circle or slightly oval."""
    scene = Scene(rng, size, fill=(0.6, 0.95))
    name, surface = moulded(scene, ("black", "black", "black", "red", "blue", "green", "white"))
    thick = rng.uniform(0.16, 0.34)
    oval = rng.uniform(0.86, 1)
    outer = scene.ellipse((1, oval))
    inner = scene.ellipse((1 - thick, oval - thick))
    ring = outer * (1 - inner)
    gloss = rng.uniform(0.05, 0.5)
    scene.add(ring, surface, bevel=thick / 2, gain=0.6, gloss=gloss, dome=True)
    return scene.done(name)


def gear(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a spur gear: teeth, hub, bore, sometimes spokes or lightening holes."""
    scene = Scene(rng, size)
    name, surface = metal(scene) if rng.random() < 0.7 else moulded(scene)
    teeth = int(rng.integers(9, 34))
    root = 1 - min(0.22, 4.4 / teeth) * rng.uniform(0.7, 1)
    points = []
    for tooth in range(teeth):
        for share, radius in ((-0.3, root), (-0.16, 1.0), (0.16, 1.0), (0.3, root)):
            angle = 2 * math.pi * (tooth + share) / teeth
            points.append((radius * math.cos(angle), radius * math.sin(angle)))
    scene.add(scene.shape(points), surface, bevel=0.05, gain=rng.uniform(0.3, 0.6))
    hub = rng.uniform(0.28, 0.42)
    if rng.random() < 0.6:
        web = scene.circle(0, 0, root - 0.12) * (1 - scene.circle(0, 0, hub))
        scene.mark(web, surface * np.float32(rng.uniform(0.6, 0.9)))
    if rng.random() < 0.5:
        middle = (root - 0.12 + hub) / 2
        for x, y in turn(int(rng.integers(3, 8)), radius=middle):
            scene.cut(scene.circle(x, y, rng.uniform(0.5, 0.9) * (middle - hub)))
    bore = rng.uniform(0.1, 0.22)
    scene.cut(scene.circle(0, 0, bore))
    if rng.random() < 0.5:
        scene.cut(scene.box((0.045, 0.06), centre=(0, -bore)))
    return scene.done(name)


def _drive(scene: Scene, radius: float) -> None:
    """Sink a screw drive into a head at the origin."""
    dark = tinted(scene.rng, scene.rng.uniform(15, 60))
    kind = int(scene.rng.integers(5))
    if kind == 0:
        sunk = scene.box((radius * 0.95, radius * 0.13))
    elif kind == 1:
        arm = radius * 0.62
        sunk = np.maximum(scene.box((arm, arm * 0.24)), scene.box((arm * 0.24, arm)))
    elif kind == 2:
        sunk = scene.shape(turn(6, radius=radius * 0.55))
    elif kind == 3:
        star = [
            (r * radius * math.cos(i * math.pi / 6), r * radius * math.sin(i * math.pi / 6))
            for i, r in enumerate((0.58, 0.42) * 6)
        ]
        sunk = scene.shape(star)
    else:
        return
    scene.mark(sunk, dark)
    x, y = scene.local()
    slope = (x * np.float32(math.cos(scene.light)) + y * np.float32(math.sin(scene.light))) / radius
    scene.light_up(sunk * np.clip(-slope, 0, 1), 90)


def bolthead(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a bolt or screw head from above: round or hexagonal, with or without a drive."""
    scene = Scene(rng, size)
    name, surface = metal(scene)
    if rng.random() < 0.4:
        scene.add(scene.circle(0, 0, 1), surface, bevel=0.06, gain=0.3)
    if rng.random() < 0.5:
        head = scene.shape(turn(6, radius=0.84))
        scene.add(head, surface, bevel=0.07, gain=rng.uniform(0.3, 0.6))
        scene.add(scene.circle(0, 0, 0.7), surface * np.float32(1.06), bevel=0.03, gain=0.2)
        if rng.random() < 0.5:
            word = random_text(rng, int(rng.integers(2, 4)))
            scene.text(word, place=(0, 0), height=0.32, paint=tinted(rng, 70))
    else:
        head = scene.circle(0, 0, 0.84)
        scene.add(head, surface, bevel=rng.uniform(0.2, 0.8), gain=0.6, gloss=0.2, dome=True)
        _drive(scene, 0.8)
    return scene.done(name)


def screw(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a screw from the side: head, shank, thread, tip."""
    scene = Scene(rng, size, fill=(0.78, 0.99))
    name, surface = metal(scene)
    core, turns = rng.uniform(0.1, 0.16), int(rng.integers(9, 20))
    crest = core * rng.uniform(1.2, 1.5)
    head_end, tip_start = -0.72, rng.uniform(0.55, 0.95)
    shank_end = rng.uniform(head_end, 0.05)
    x, y = scene.local()
    tooth = zigzag((x + y * np.float32(0.25)) * np.float32(turns / 1.7), 1.0)
    threaded = (x > shank_end).astype(np.float32)
    half = np.float32(core) + threaded * np.float32(crest - core) * tooth
    taper = np.clip((1 - x) / np.float32(1 - tip_start + 1e-3), 0, 1)
    inside = (half * taper - np.abs(y)) * np.float32(scene.reach) + np.float32(0.5)
    body = np.clip(inside, 0, 1) * ((x > head_end) & (x < 1))
    round_off = np.sqrt(np.clip(1 - (y / np.float32(crest)) ** 2, 0, 1))
    lean = y / np.float32(crest) * np.float32(-math.sin(scene.light - scene.angle))
    lit = np.float32(0.45) + np.float32(0.6) * round_off - np.float32(0.3) * lean
    lit = lit * (1 + threaded * (tooth - np.float32(0.5)) * np.float32(0.8))
    scene.add(body, shade(surface, lit))
    wide = rng.uniform(0.22, 0.36)
    kind = int(rng.integers(3))
    if kind == 0:
        head = scene.shape(
            [(-1, -wide), (-0.94, -wide), (-0.7, -core), (-0.7, core), (-0.94, wide), (-1, wide)]
        )
    elif kind == 1:
        head = scene.box((0.13, wide), centre=(-0.86, 0), corner=0.1)
    else:
        head = scene.ellipse((0.28, wide), centre=(-0.72, 0)) * (x < -0.7)
    across = y / np.float32(wide)
    sheen = np.float32(0.6) + np.float32(0.55) * np.sqrt(np.clip(1 - across * across, 0, 1))
    scene.add(head, shade(surface, sheen), bevel=0.05, gain=0.4)
    return scene.done(name)


def spring(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a coil spring lying on its side: slanted wire turns over darker back turns."""
    scene = Scene(rng, size, fill=(0.7, 0.98))
    name, surface = metal(scene)
    turns = int(rng.integers(6, 15))
    half, wire = rng.uniform(0.22, 0.42), rng.uniform(0.35, 0.7) * 1.8 / turns
    step = 1.8 / turns
    starts = [-0.9 + step * i for i in range(turns)]
    back = np.zeros(size, np.float32)
    front = np.zeros(size, np.float32)
    curve = np.linspace(-math.pi / 2, math.pi / 2, 9)
    for start in starts:
        rising = np.stack(
            [start + step * (0.25 + curve / math.pi / 2), half * np.sin(curve)], axis=1
        )
        falling = np.stack(
            [start + step * (0.75 + curve / math.pi / 2), -half * np.sin(curve)], axis=1
        )
        front = np.maximum(front, scene.line(rising, wire))
        back = np.maximum(back, scene.line(falling, wire))
    dark = surface * np.float32(0.45)
    scene.add(back, dark, bevel=wire / 2, gain=0.6, dome=True)
    gloss = rng.uniform(0.1, 0.5)
    scene.add(front, surface, bevel=wire / 2, gain=0.8, gloss=gloss, dome=True)
    return scene.done(name)


def bearing(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a ball bearing: outer and inner race, balls or a seal between them."""
    scene = Scene(rng, size)
    name, surface = metal(scene)
    outer, inner, bore = 0.8, rng.uniform(0.52, 0.58), rng.uniform(0.3, 0.42)
    scene.add(scene.circle(0, 0, 1), surface, bevel=0.06, gain=0.4)
    track = scene.circle(0, 0, outer)
    if rng.random() < 0.55:
        scene.mark(track, tinted(rng, rng.uniform(15, 50)))
        balls = np.zeros(size, np.float32)
        middle, ball = (outer + inner) / 2, (outer - inner) / 2
        for x, y in turn(int(rng.integers(7, 13)), radius=middle, phase=rng.uniform(0, 1)):
            balls = np.maximum(balls, scene.circle(x, y, ball))
        scene.add(balls, surface, bevel=ball, gain=0.7, gloss=0.7, dome=True)
    else:
        scene.mark(track, moulded(scene, ("black", "orange", "grey", "blue"))[1])
        word = random_text(rng, 5)
        scene.text(word, place=(0, -(outer + inner) / 2), height=0.13, paint=tinted(rng, 200))
    scene.add(scene.circle(0, 0, inner), surface, bevel=0.05, gain=0.4)
    scene.cut(scene.circle(0, 0, bore))
    return scene.done(name)


FASTENERS: Mapping[str, Renderer] = {
    "hexnut": hexnut,
    "flangenut": flangenut,
    "washer": washer,
    "oring": oring,
    "gear": gear,
    "screw": screw,
    "bolthead": bolthead,
    "spring": spring,
    "bearing": bearing,
}
