"""Sheet-metal, cast and moulded parts: plates, pipes, castings, coins, tires."""

import math
from collections.abc import Mapping

import numpy as np

from promptlab.synthetic.canvas import Rendered, Renderer, Size, smooth_noise
from promptlab.synthetic.fields import choose, fraction, glow, peak, shade, tinted
from promptlab.synthetic.objects.scene import Scene, random_text, turn
from promptlab.synthetic.objects.surfaces import coated, metal, moulded

__all__ = ["MACHINED"]


def plate(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a sheet-metal bracket: holes, slots, bent legs and specular marks are normal."""
    scene = Scene(rng, size, fill=(0.65, 0.98))
    name, surface = coated(scene, ("black", "white", "grey"), painted=0.3)
    half = (rng.uniform(0.75, 0.95), rng.uniform(0.35, 0.75))
    body = scene.box(half, corner=rng.uniform(0, 0.3))
    for _ in range(int(rng.integers(0, 4))):
        side = choose(rng, (-1.0, 1.0))
        x, wide = rng.uniform(-0.7, 0.7), rng.uniform(0.08, 0.2)
        leg = scene.box((wide, rng.uniform(0.15, 0.3)), centre=(x, side * half[1]), corner=0.05)
        body = np.maximum(body, leg)
    scene.add(body, surface, bevel=0.04, gain=rng.uniform(0.2, 0.6))
    for _ in range(int(rng.integers(0, 3))):
        y = rng.uniform(-0.8, 0.8) * half[1]
        fold = scene.line([(-1, y), (1, y)], 0.03)
        scene.light_up(fold, rng.uniform(-50, 70))
    for _ in range(int(rng.integers(1, 7))):
        x, y = rng.uniform(-0.8, 0.8) * half[0], rng.uniform(-0.7, 0.7) * half[1]
        radius = rng.uniform(0.04, 0.16)
        if rng.random() < 0.35:
            slot = (radius * rng.uniform(1.5, 3), radius * 0.7)
            hole = scene.box(slot, centre=(x, y), corner=radius)
        else:
            hole = scene.circle(x, y, radius)
            scene.mark(
                scene.circle(x, y, radius * 1.35), surface * np.float32(rng.uniform(0.7, 1.3))
            )
        scene.cut(hole)
    for _ in range(int(rng.integers(0, 3))):
        scene.light_up(glow(rng, size, widths=(0.02, 0.12)), rng.uniform(20, 90))
    return scene.done(name)


def pipe(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a pipe: lying with its open end visible, an elbow, or seen end-on."""
    scene = Scene(rng, size, fill=(0.7, 0.98))
    name, surface = metal(scene) if rng.random() < 0.6 else moulded(scene)
    kind, wall = rng.random(), rng.uniform(0.72, 0.9)
    gloss = rng.uniform(0, 0.5)
    if kind < 0.25:
        scene.add(scene.circle(0, 0, 1), surface, bevel=0.05, gain=0.4)
        if rng.random() < 0.5:
            scene.mark(scene.circle(0, 0, wall), surface * np.float32(0.3))
        scene.cut(scene.circle(0, 0, wall * 0.97))
        return scene.done(name)
    half = rng.uniform(0.22, 0.4)
    if kind < 0.5:
        turns = np.linspace(0, math.pi / 2, 20)
        bend = np.stack([0.55 * np.sin(turns), 0.55 - 0.55 * np.cos(turns)], axis=1) - (0.05, 0.4)
        path = np.concatenate([[(-0.75, -0.4)], bend, [(0.5, 0.75)]])
        body = scene.line(path, half * 1.5)
        scene.add(body, surface, bevel=half * 0.75, gain=0.8, gloss=gloss, dome=True)
        for centre, size_ in (((-0.75, -0.4), (0.1, half)), ((0.5, 0.75), (half, 0.1))):
            scene.add(scene.box(size_, centre=centre, corner=0.03), surface, bevel=0.1, gain=0.5)
        return scene.done(name)
    body = np.maximum(
        scene.box((0.82, half), centre=(-0.06, 0)),
        scene.ellipse((half * 0.35, half), centre=(-0.86, 0)),
    )
    scene.add(body, surface, bevel=half, gain=0.8, gloss=gloss, dome=True)
    mouth = half * rng.uniform(0.3, 0.45)
    scene.add(scene.ellipse((mouth, half), centre=(0.76, 0)), surface * np.float32(1.1), bevel=0.03)
    inner = scene.ellipse((mouth * wall, half * wall), centre=(0.76, 0))
    scene.mark(inner, surface * np.float32(0.22))
    for _ in range(int(rng.integers(0, 3))):
        ring = scene.box((0.06, half * 1.08), centre=(rng.uniform(-0.7, 0.5), 0), corner=0.02)
        scene.add(ring, surface, bevel=half * 0.6, gain=0.7, dome=True)
    return scene.done(name)


def casting(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a cast impeller or cover from above: rough grey disc, ribs, hub, bolt holes."""
    scene = Scene(rng, size, fill=(0.7, 0.98))
    level = tinted(rng, rng.uniform(85, 185))
    rough = smooth_noise(rng, size, cells=(8, 30, 80), decay=0.9)
    surface = scene.distinct(shade(level, 1 + np.float32(rng.uniform(0.02, 0.09)) * rough))
    scene.add(scene.circle(0, 0, 1), surface, bevel=0.08, gain=0.45)
    rim = rng.uniform(0.72, 0.9)
    dish = scene.circle(0, 0, rim)
    scene.add(dish, surface * np.float32(rng.uniform(0.7, 1.15)), bevel=0.06, gain=-0.45)
    count, swirl = int(rng.integers(3, 8)), rng.uniform(-1.4, 1.4)
    hub = rng.uniform(0.2, 0.36)
    if rng.random() < 0.75:
        ribs = np.zeros(size, np.float32)
        reach = np.linspace(hub, rim * 0.97, 12)
        for i in range(count):
            angle = 2 * math.pi * i / count + swirl * (reach - hub)
            path = np.stack([reach * np.cos(angle), reach * np.sin(angle)], axis=1)
            ribs = np.maximum(ribs, scene.line(path, rng.uniform(0.05, 0.08)))
        scene.add(ribs, surface * np.float32(1.12), bevel=0.03, gain=0.6)
    scene.add(scene.circle(0, 0, hub), surface * np.float32(1.1), bevel=0.05, gain=0.5)
    if rng.random() < 0.5:
        for x, y in turn(count, radius=(rim + 1) / 2, phase=0.3):
            scene.mark(scene.circle(x, y, (1 - rim) * 0.28), tinted(rng, 30))
    scene.mark(scene.circle(0, 0, hub * 0.5), tinted(rng, rng.uniform(20, 60)))
    return scene.done("grey" if level.mean() > 80 else "black")


def coin(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a coin: raised rim, beads, a struck motif, letters round the edge."""
    scene = Scene(rng, size)
    name, surface = metal(scene)
    scene.add(scene.circle(0, 0, 1), surface, bevel=0.04, gain=0.4)
    field = scene.circle(0, 0, 0.9)
    scene.add(field, surface * np.float32(0.95), bevel=0.03, gain=-0.4)
    if rng.random() < 0.5:
        beads = np.zeros(size, np.float32)
        for x, y in turn(int(rng.integers(28, 48)), radius=0.84):
            beads = np.maximum(beads, scene.circle(x, y, 0.025))
        scene.add(beads, surface * np.float32(1.15))
    radius, theta = scene.polar()
    folds = int(rng.integers(1, 6))
    wave = np.cos(folds * theta + rng.uniform(0, 6)) * np.float32(rng.uniform(0.05, 0.16))
    bumps = smooth_noise(rng, size, cells=(8, 14)) * np.float32(0.05)
    motif = np.clip((np.float32(0.42) + wave + bumps - radius) * np.float32(scene.reach), 0, 1)
    scene.add(motif, surface * np.float32(1.08), bevel=0.07, gain=0.7)
    inside = smooth_noise(rng, size, cells=(14, 24))
    scene.shade_by(1 + np.float32(0.12) * motif * np.clip(inside * 2, -1, 1))
    word = random_text(rng, 11)
    for i, letter in enumerate(word):
        angle = math.pi * (0.85 + 1.3 * i / len(word))
        place = (0.68 * math.cos(angle), 0.68 * math.sin(angle))
        scene.text(letter, place=place, height=0.15, paint=surface.mean((0, 1)) * np.float32(0.6))
    if rng.random() < 0.5:
        value = str(int(choose(rng, (1, 2, 5, 10, 20, 50))))
        scene.text(value, place=(0, 0), height=0.45, paint=surface.mean((0, 1)) * np.float32(0.55))
    return scene.done(name)


def tire(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a tire: from the side with tread, sidewall and hub, or the tread from the top."""
    scene = Scene(rng, size, fill=(0.7, 0.98))
    _, surface = moulded(scene, ("black", "black", "grey"))
    if rng.random() < 0.35:
        return _tread(scene, surface)
    radius, theta = scene.polar()
    blocks = int(rng.integers(20, 56))
    notch = np.sign(np.sin(blocks * theta)) * np.float32(rng.uniform(0.005, 0.03))
    body = np.clip((np.float32(0.97) + notch - radius) * np.float32(scene.reach) + 0.5, 0, 1)
    scene.add(body, surface, bevel=rng.uniform(0.1, 0.25), gain=0.5, dome=True, gloss=0.1)
    shoulder = rng.uniform(0.82, 0.9)
    lugs = np.clip((np.sin(blocks * theta + radius * rng.uniform(-20, 20)) - 0.2) * 6, 0, 1)
    lugs = lugs * (radius > shoulder)
    scene.shade_by(1 - np.float32(0.55) * lugs)
    hub = rng.uniform(0.42, 0.66)
    for _ in range(int(rng.integers(1, 5))):
        ring = peak(radius, rng.uniform(hub, shoulder), 0.012)
        scene.light_up(ring, rng.uniform(-30, 45))
    word = random_text(rng, int(rng.integers(5, 12)))
    start = rng.uniform(0, 6)
    for i, letter in enumerate(word):
        angle, middle = start + i * 0.17, (hub + shoulder) / 2
        place = (middle * math.cos(angle), middle * math.sin(angle))
        scene.text(letter, place=place, height=0.11, paint=tinted(rng, rng.uniform(70, 220)))
    if rng.random() < 0.4:
        scene.cut(scene.circle(0, 0, hub))
        return scene.done("black")
    _, rim = metal(scene)
    scene.add(scene.circle(0, 0, hub), rim, bevel=0.05, gain=0.4)
    spokes = int(rng.integers(4, 10))
    gaps = np.clip((np.cos(spokes * theta) - np.float32(rng.uniform(-0.4, 0.3))) * 8, 0, 1)
    gaps = gaps * (radius < hub * 0.88) * (radius > hub * 0.34)
    scene.mark(gaps.astype(np.float32), tinted(rng, 20))
    scene.mark(scene.circle(0, 0, hub * 0.12), tinted(rng, 60))
    return scene.done("black")


def _tread(scene: Scene, surface: np.ndarray) -> Rendered:
    rng = scene.rng
    half = (0.95, rng.uniform(0.35, 0.6))
    x, y = scene.local()
    scene.add(scene.box(half, corner=0.18), surface)
    wall = np.sqrt(np.clip(1 - (x / np.float32(1.0)) ** 2, 0.03, 1))
    scene.shade_by(np.float32(0.35) + np.float32(0.75) * wall)
    blocks, lean = rng.uniform(3, 8), rng.uniform(-1.2, 1.2)
    grooves = np.zeros(scene.size, np.float32)
    ribs = int(rng.integers(2, 5))
    for i in range(ribs):
        place = half[1] * (2 * (i + 0.5) / ribs - 1) * 0.8
        grooves = np.maximum(grooves, peak(y, place, 0.03))
    phase = fraction(
        np.arcsin(np.clip(x, -1, 1)) * np.float32(blocks) + np.abs(y) * np.float32(lean * 4)
    )
    grooves = np.maximum(grooves, (phase < 0.22).astype(np.float32))
    scene.shade_by(1 - np.float32(0.65) * grooves)
    return scene.done("black")


MACHINED: Mapping[str, Renderer] = {
    "plate": plate,
    "pipe": pipe,
    "casting": casting,
    "coin": coin,
    "tire": tire,
}
