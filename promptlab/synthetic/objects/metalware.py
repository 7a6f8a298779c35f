"""Metal goods: spoons, chains, padlocks, fan wheels."""

import math
from collections.abc import Mapping

import numpy as np

from promptlab.synthetic.canvas import Picture, Points, Rendered, Renderer, Size, blend, union
from promptlab.synthetic.fields import choose, fraction, shade, tinted, zigzag
from promptlab.synthetic.objects.outlines import arc_path, band_outline, placed
from promptlab.synthetic.objects.rounds import add_rod
from promptlab.synthetic.objects.scene import Scene, random_text, turn
from promptlab.synthetic.objects.surfaces import coated, metal, moulded, plain_steel

__all__ = ["METALWARE"]


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
    handle = scene.shape(band_outline(spine, (neck * 1.6, neck, neck * 1.2, end * 0.8, end)))
    handle = union(handle, scene.ellipse((end * rng.uniform(0.5, 1), end), centre=(1 - end, 0)))
    if rng.random() < 0.3:
        handle = handle * (1 - scene.circle(1 - end, 0, end * 0.4))
    scene.add(handle, surface, bevel=neck, gain=rng.uniform(0.4, 0.7))
    if rng.random() < 0.3:
        name, grip = moulded(scene)
        x, _ = scene.local()
        scene.add(handle * (x > rng.uniform(-0.1, 0.3)), grip, bevel=0.05, gain=0.5, dome=True)
    elif rng.random() < 0.6:
        lines = band_outline(spine[5:], (end * 0.3, end * 0.6))
        scene.light_up(scene.line(lines, 0.02), rng.uniform(-70, -30))
        for x in np.linspace(0.9 - end, 0.5, int(rng.integers(0, 7))):
            scene.light_up(scene.ellipse((0.03, end * 0.3), centre=(x, 0)), rng.uniform(-60, 60))
    scene.add(scene.shape(placed(ring, (long - 1, 0))), surface, bevel=0.04, gain=0.5)
    hollow = scene.shape(placed(ring * rng.uniform(0.86, 0.93), (long - 1, 0)))
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
        scene.cut(union(*(scene.box(bars[0], centre=(long - 1, y)) for y in bars[1])))
    return scene.done(name)


def chainlink(rng: np.random.Generator, size: Size) -> Rendered:
    """Render some links of a chain: face and edge in turn, or flat rings one through the next."""
    scene = Scene(rng, size, fill=(0.85, 1.0))
    name, surface = coated(scene, ("black", "red", "white", "blue"), painted=0.12)
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
        link = scene.line(placed(_loop(long - wire / 2, opened, oval=flat), centre, heading), wire)
        if stud and opened and not flat:
            bar = placed([(0, -half), (0, half)], centre, heading)
            link = union(link, scene.line(bar, wire * 0.8))
        kept = scene.picture.copy() if flat else scene.picture
        scene.add(link, surface, bevel=wire / 2, gain=0.75, gloss=gloss, dome=True)
        if flat:
            # One half of the ring before stays on top, which makes the rings interlock.
            scene.picture = blend(scene.picture, kept, before * (y > centre[1]))
            before = link
        if seam and opened:
            weld = [(0, half - wire * 0.5), (0, half + wire * 0.5)]
            scene.light_up(scene.line(placed(weld, centre, heading), 0.02), -50)
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
    name, surface = coated(scene, ("yellow", "black", "blue", "red", "green"), painted=0.3)
    half, top = rng.uniform(0.5, 0.72), rng.uniform(-0.2, 0.1)
    low, kind, wire = 0.98 - top, rng.random(), rng.uniform(0.08, 0.12)
    span = half * rng.uniform(0.55, 0.75)
    bow = arc_path((0, span + wire - 1), span, math.pi, 2 * math.pi)
    foot = top - rng.uniform(0, 0.12) if rng.random() < 0.15 else top + 0.3
    steel = scene.distinct(plain_steel(scene))
    add_rod(scene, np.concatenate([[(-span, top + 0.3)], bow, [(span, foot)]]), [wire], steel)
    body = scene.box((half, low / 2), centre=(0, top + low / 2), corner=rng.uniform(0.03, 0.3))
    if kind < 0.2:
        collar = scene.box((span + wire, 0.15), centre=(0, top + 0.15))
        body = union(scene.circle(0, top + low / 2, low / 2), collar)
    scene.add(body, surface, bevel=rng.uniform(0.05, 0.14), gain=rng.uniform(0.35, 0.7))
    if 0.2 <= kind < 0.45:
        _, y = scene.local()
        sheets = zigzag(y, low / int(rng.integers(6, 12))) > 0.8
        scene.shade_by(1 - np.float32(0.45) * body * sheets)
        pegs = [
            scene.circle(x, y, 0.05) for x in (-0.82 * half, 0.82 * half) for y in (top + 0.1, 0.88)
        ]
        scene.add(union(*pegs), steel, bevel=0.03, gain=0.5)
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
    scene.mark(union(scene.circle(0, place, hole * 0.8), slit), tinted(rng, 25))


def impeller(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a fan wheel or propeller: swept blades round a hub, free, ringed or on a disc."""
    scene = Scene(rng, size, fill=(0.7, 0.98))
    name, surface = coated(scene, None, painted=0.3)
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


METALWARE: Mapping[str, Renderer] = {
    "spoon": spoon,
    "chainlink": chainlink,
    "padlock": padlock,
    "impeller": impeller,
}
