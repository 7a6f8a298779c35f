"""Electronic and electrical parts."""

import math
from collections.abc import Mapping

import numpy as np

from promptlab.synthetic.canvas import Coverage, Rendered, Renderer, Size, pick_colour
from promptlab.synthetic.fields import choose, shade, tinted
from promptlab.synthetic.objects.rounds import Roundness, round_shading
from promptlab.synthetic.objects.scene import Scene, random_text, turn
from promptlab.synthetic.objects.surfaces import metal, moulded

__all__ = ["ELECTRONICS"]

_COPPER = np.asarray([196, 122, 74], np.float32)
_WRAPPED = Roundness(dark=0.35, bright=0.65, side=0.25, spot=0.4)


def _strands(scene: Scene, x: float, y: float, *, radius: float, rings: int) -> Coverage:
    """Return the coverage of wire ends packed in concentric rings."""
    ends = scene.circle(x, y, radius / (rings * 2 + 1) * 0.95)
    for ring in range(1, rings + 1):
        reach = radius * 2 * ring / (rings * 2 + 1)
        for dx, dy in turn(6 * ring, radius=reach, phase=scene.rng.uniform(0, 1)):
            ends = np.maximum(ends, scene.circle(x + dx, y + dy, radius / (rings * 2 + 1) * 0.93))
    return ends


def cable(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a cable: a cut end with insulated cores, or a length of cord on a table."""
    if rng.random() < 0.45:
        return _cord(rng, size)
    scene = Scene(rng, size, fill=(0.6, 0.98))
    name, sheath = moulded(scene, ("grey", "white", "black", "orange", "beige"))
    scene.add(scene.circle(0, 0, 1), sheath, bevel=0.08, gain=0.35)
    scene.mark(scene.circle(0, 0, rng.uniform(0.86, 0.92)), sheath * np.float32(0.8))
    cores = int(rng.integers(2, 5))
    radius = {2: 0.42, 3: 0.39, 4: 0.34}[cores]
    rings = int(rng.integers(1, 3))
    colours = rng.permutation(["green", "blue", "brown", "grey", "yellow", "red", "black"])
    for number, (x, y) in enumerate(turn(cores, radius=0.85 - radius, phase=0.5)):
        core = scene.circle(x, y, radius)
        insulation = np.ones((*size, 3), np.float32) * pick_colour(rng, [str(colours[number])])[1]
        scene.add(core, insulation, bevel=0.06, gain=0.3)
        scene.mark(scene.circle(x, y, radius * 0.68), tinted(rng, 30))
        ends = _strands(scene, x, y, radius=radius * 0.66, rings=rings)
        copper = _COPPER * np.float32(rng.uniform(0.8, 1.15))
        scene.add(ends, copper, bevel=0.05, gain=0.5)
    return scene.done(name)


def _cord(rng: np.random.Generator, size: Size) -> Rendered:
    scene = Scene(rng, size, fill=(0.75, 0.98))
    name, surface = moulded(scene)
    thick = rng.uniform(0.15, 0.28)
    along = np.linspace(-1, 1, 40)
    height = sum(
        rng.normal(0, 0.4) / k * np.sin(math.pi * along * k + rng.uniform(0, 6)) for k in (1, 2, 3)
    )
    path = np.stack([along * 0.93, np.clip(height, -0.8, 0.8)], axis=1)
    if rng.random() < 0.3:
        angle = np.linspace(0, rng.uniform(7, 15), 120)
        radius = np.linspace(0.85, rng.uniform(0.45, 0.7), 120)
        path = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
        thick *= 0.6
    for start, end in ((path[:3], 0.4), (path[-3:], 0.4)):
        scene.add(scene.line(start * 1.04, thick * end), _COPPER, bevel=thick / 5, dome=True)
    line = scene.line(path, thick)
    if rng.random() < 0.3:
        x, y = scene.local()
        braid = np.sin(x * 40) * np.sin(y * 40) * np.float32(0.15)
        surface = shade(surface, 1 + braid)
    gloss = rng.uniform(0, 0.4)
    scene.add(line, surface, bevel=thick / 2, gain=0.8, gloss=gloss, dome=True)
    return scene.done(name)


def chip(rng: np.random.Generator, size: Size) -> Rendered:
    """Render an integrated circuit: black body, legs on two or four sides, print and notch."""
    scene = Scene(rng, size, fill=(0.6, 0.98))
    _, legs = metal(scene)
    half = (rng.uniform(0.6, 0.85), rng.uniform(0.35, 0.7))
    count = int(rng.integers(4, 15))
    leads = np.zeros(size, np.float32)
    pitch = 2 * half[0] / count
    length = rng.uniform(0.1, 0.22)
    for i in range(count):
        x = -half[0] + pitch * (i + 0.5)
        for y in (-half[1] - length / 2, half[1] + length / 2):
            leads = np.maximum(leads, scene.box((pitch * 0.27, length / 2 + 0.03), centre=(x, y)))
    if rng.random() < 0.4:
        rows = max(2, int(2 * half[1] / pitch))
        for i in range(rows):
            y = -half[1] + 2 * half[1] * (i + 0.5) / rows
            for x in (-half[0] - length / 2, half[0] + length / 2):
                leads = np.maximum(
                    leads, scene.box((length / 2 + 0.03, pitch * 0.27), centre=(x, y))
                )
    scene.add(leads, legs * np.float32(1.15), bevel=0.03, gain=0.4)
    name, body = moulded(scene, ("black", "black", "black", "grey"))
    scene.add(scene.box(half, corner=0.03), body, bevel=0.05, gain=0.4)
    ink = tinted(rng, rng.uniform(130, 220))
    for row in range(int(rng.integers(0, 4))):
        words = random_text(rng, int(rng.integers(4, 8)))
        scene.text(words, place=(0, (row - 1) * 0.24), height=0.17, paint=ink)
    if rng.random() < 0.7:
        dot = scene.circle(-half[0] * 0.82, half[1] * 0.75, 0.05)
        scene.mark(dot, tinted(rng, choose(rng, (15.0, 150.0))))
    return scene.done(name)


def transistor(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a three-legged transistor, mounted upright before a perforated board or alone."""
    scene = Scene(rng, size, fill=(0.8, 0.98), tilt=choose(rng, (0.1, math.pi)))
    _, legs = metal(scene)
    for x in (-0.26, 0.0, 0.26):
        bend = x * rng.uniform(0.9, 1.5)
        leg = scene.line([(x, 0.1), (x, 0.35), (bend, 0.5), (bend, 0.98)], 0.09)
        scene.add(leg, legs * np.float32(1.1), bevel=0.045, gain=0.6, dome=True)
    name, body = moulded(scene, ("black", "black", "grey"))
    if rng.random() < 0.5:
        tab = scene.box((0.5, 0.4), centre=(0, -0.6), corner=0.04)
        scene.add(tab, legs, bevel=0.04, gain=0.4)
        scene.cut(scene.circle(0, -0.76, 0.13))
        case = scene.box((0.5, 0.44), centre=(0, -0.18), corner=0.03)
    else:
        case = scene.box((0.46, 0.58), centre=(0, -0.3), corner=rng.uniform(0.05, 0.4))
        case = case * (scene.local()[1] < 0.24)
    scene.add(case, body, bevel=0.07, gain=0.5)
    ink = tinted(rng, rng.uniform(110, 210))
    for row in range(int(rng.integers(1, 4))):
        word = random_text(rng, int(rng.integers(3, 6)))
        scene.text(word, place=(0, -0.36 + row * 0.18), height=0.13, paint=ink)
    return scene.done(name)


def pcb(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a printed circuit board, filling the view or lying on a table."""
    whole = rng.random() < 0.5
    scene = Scene(rng, size, fill=(1.0, 1.0) if whole else (0.75, 0.98), tilt=0.3)
    name, mask = moulded(scene, ("green", "green", "green", "blue", "black", "red"))
    half = (0.98, rng.uniform(0.55, 0.98))
    board = np.ones(size, np.float32) if whole else scene.box(half, corner=0.05)
    scene.add(board, mask, bevel=0.02, gain=0.3)
    spread = max(size) / min(size) * 1.2 if whole else 0.85
    extent = (spread, spread if whole else half[1] * 0.85)
    trace = mask * np.float32(1.3) + np.float32(10)
    for _ in range(int(rng.integers(8, 22))):
        x, y = rng.uniform(-1, 1, 2) * extent
        dx, dy = rng.uniform(-0.5, 0.5, 2)
        path = [(x, y), (x + dx, y), (x + dx + dy, y + dy), (x + dx + dy, y + dy + dx)]
        scene.mark(scene.line(path, rng.uniform(0.012, 0.03)), trace)
    gold = tinted(rng, 190) * np.asarray([1.05, 0.95, 0.6], np.float32)
    pads = np.zeros(size, np.float32)
    holes = np.zeros(size, np.float32)
    for _ in range(int(rng.integers(6, 26))):
        x, y = rng.uniform(-1, 1, 2) * extent
        pads, holes = (
            np.maximum(pads, scene.circle(x, y, 0.04)),
            np.maximum(holes, scene.circle(x, y, 0.018)),
        )
    scene.mark(pads, gold)
    scene.mark(holes, tinted(rng, 25))
    for _ in range(int(rng.integers(6, 22))):
        x, y = (float(v) for v in rng.uniform(-0.95, 0.95, 2) * extent)
        _component(scene, x, y, board)
    for _ in range(int(rng.integers(1, 5))):
        x, y = (float(v) for v in rng.uniform(-0.9, 0.9, 2) * extent)
        word = random_text(rng, int(rng.integers(2, 6)))
        scene.text(word, place=(x, y), height=0.08, paint=tinted(rng, 220))
    return scene.done(name)


def _component(scene: Scene, x: float, y: float, board: Coverage) -> None:
    """Solder a small part onto the board: resistor, chip or electrolytic capacitor."""
    rng = scene.rng
    kind = int(rng.integers(4))
    if kind == 3:
        round_part = scene.circle(x, y, rng.uniform(0.07, 0.15)) * board
        scene.add(round_part, tinted(rng, rng.uniform(60, 200)), bevel=0.05, gain=0.5)
        return
    long, short = rng.uniform(0.06, 0.2), rng.uniform(0.04, 0.12)
    half = (long, short) if rng.random() < 0.5 else (short, long)
    ends = scene.box(half, centre=(x, y)) * board
    scene.add(ends, tinted(rng, rng.uniform(150, 220)), bevel=0.02, gain=0.4)
    inner = (half[0] * 0.72, half[1]) if half[0] > half[1] else (half[0], half[1] * 0.72)
    _, colour = pick_colour(rng, ("black", "black", "brown", "beige", "blue"))
    scene.add(scene.box(inner, centre=(x, y)) * board, colour, bevel=0.025, gain=0.4)


def connector(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a plug connector: housing with one or two rows of pins or sockets."""
    scene = Scene(rng, size, fill=(0.65, 0.98))
    name, surface = moulded(scene, ("white", "black", "beige", "green", "blue", "grey", "orange"))
    rows, columns = int(rng.integers(1, 4)), int(rng.integers(2, 9))
    pitch = 1.8 / max(columns, 2)
    half = (0.98, min(0.9, rows * pitch / 2 + 0.12))
    scene.add(scene.box(half, corner=0.06), surface, bevel=0.06, gain=0.45)
    if rng.random() < 0.6:
        latch = scene.box((rng.uniform(0.15, 0.4), 0.09), centre=(0, -half[1] - 0.06), corner=0.03)
        scene.add(latch, surface, bevel=0.04, gain=0.45)
    sockets = np.zeros(size, np.float32)
    pins = np.zeros(size, np.float32)
    hole = pitch * rng.uniform(0.28, 0.4)
    for i in range(rows):
        for j in range(columns):
            place = ((j - (columns - 1) / 2) * pitch, (i - (rows - 1) / 2) * pitch)
            sockets = np.maximum(sockets, scene.box((hole, hole), centre=place, corner=hole * 0.2))
            pins = np.maximum(pins, scene.box((hole * 0.4, hole * 0.4), centre=place))
    scene.mark(sockets, surface * np.float32(rng.uniform(0.25, 0.5)))
    if rng.random() < 0.8:
        scene.add(pins, metal(scene)[1] * np.float32(1.1), bevel=0.03, gain=0.5)
    return scene.done(name)


def battery(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a battery: a round cell on its side with a coloured wrap, or a coin cell."""
    scene = Scene(rng, size, fill=(0.7, 0.98))
    _, silver = metal(scene)
    name, wrap = moulded(scene)
    if rng.random() < 0.25:
        scene.add(scene.circle(0, 0, 1), silver, bevel=0.07, gain=0.4)
        scene.add(scene.circle(0, 0, 0.82), silver * np.float32(1.1), bevel=0.04, gain=0.3)
        scene.text("+", place=(0, -0.45), height=0.3, paint=tinted(rng, 60))
        word = random_text(rng, 6)
        scene.text(word, place=(0, 0.1), height=0.2, paint=tinted(rng, 70))
        return scene.done("grey")
    half = rng.uniform(0.24, 0.42)
    _, y = scene.local()
    lean, gloss = np.float32(math.sin(scene.light - scene.angle)), rng.uniform(0, 0.5)
    across = y / np.float32(half)
    lit = round_shading(across, lean, _WRAPPED, gloss=gloss)
    scene.add(scene.box((0.08, half * 0.35), centre=(0.94, 0), corner=0.02), shade(silver, lit))
    scene.add(scene.box((0.92, half), centre=(-0.04, 0), corner=0.05), shade(wrap, lit))
    ends = scene.box((0.05, half), centre=(-0.91, 0)) + scene.box((0.04, half), centre=(0.85, 0))
    scene.mark(np.clip(ends, 0, 1), shade(silver, lit))
    if rng.random() < 0.7:
        band = scene.box((rng.uniform(0.1, 0.35), half), centre=(rng.uniform(0.2, 0.45), 0))
        scene.mark(band, shade(moulded(scene)[1], lit))
    word = random_text(rng, int(rng.integers(3, 7)))
    ink = pick_colour(rng, ("white", "black", "yellow"))[1]
    scene.text(word, place=(-0.3, 0), height=half * 0.7, paint=ink)
    scene.text("+", place=(0.72, 0), height=0.2, paint=ink)
    return scene.done(name)


ELECTRONICS: Mapping[str, Renderer] = {
    "cable": cable,
    "chip": chip,
    "transistor": transistor,
    "pcb": pcb,
    "connector": connector,
    "battery": battery,
}
