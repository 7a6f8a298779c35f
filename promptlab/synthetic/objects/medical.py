"""Medical supplies."""

import math
from collections.abc import Mapping

import cv2
import numpy as np

from promptlab.synthetic.canvas import (
    Coverage,
    Point,
    Rendered,
    Renderer,
    Size,
    pick_colour,
    towards_light,
)
from promptlab.synthetic.fields import choose, fraction, peak, shade, tinted
from promptlab.synthetic.objects.details import scale_strokes
from promptlab.synthetic.objects.rounds import add_wires, lathe, round_off
from promptlab.synthetic.objects.scene import Scene, random_text
from promptlab.synthetic.objects.surfaces import CLEAR, moulded, plated, tinned, tinted_glass

__all__ = ["MEDICAL"]


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
    strokes = scale_strokes(
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
    barrel, lit = lathe(scene, profile, gloss=0.4)
    keep = scene.picture.copy()
    scene.add(barrel, tinted_glass(scene, CLEAR, rng.uniform(0.3, 0.6)))
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
    round_off(scene, barrel, np.float32(0.4) + np.float32(0.6) * lit)


def _needle(scene: Scene, front: float, half: float) -> None:
    """Add what sits on the tip: a hub with a needle, a coloured cap, or nothing."""
    rng = scene.rng
    kind = rng.random()
    if kind < 0.3:
        tip, lit = lathe(scene, [(front - 0.22, 0.045), (front + 0.03, 0.07)])
        scene.add(tip, shade(tinted(rng, 215), lit))
        return
    _, colour = pick_colour(rng, ("blue", "green", "orange", "pink", "yellow", "white"))
    if kind > 0.65:
        cap, lit = lathe(scene, [(-0.98, half * 0.35), (front, half * 0.6)])
        clear = rng.random() < 0.4
        scene.add(cap, shade(tinted_glass(scene, CLEAR, 0.6) if clear else colour, lit))
        return
    add_wires(scene, [[(-0.98, 0), (front, 0)]], 0.025, tinned(scene))
    hub, lit = lathe(scene, [(front - 0.2, 0.045), (front - 0.1, 0.06), (front, half * 0.55)])
    scene.add(hub, shade(colour, lit))


def blisterpack(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a blister pack: foil or tinted sheet with rows of clear pockets that hold pills."""
    scene = Scene(rng, size, fill=(0.8, 0.99), tilt=choose(rng, (0.4, math.pi)))
    columns, rows = int(rng.integers(2, 6)), int(rng.integers(1, 4))
    ratio = min(0.85, max(0.4, rows / columns * rng.uniform(0.8, 1.15)))
    half = (0.95, ratio * 0.95)
    name, sheet = (
        plated(scene) if rng.random() < 0.7 else moulded(scene, ("white", "grey", "orange"))
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
    rim = peak(distance, 0.12, 0.08) * wells
    towards = towards_light(distance, scene.light, span=span)
    scene.light_up(rim * np.clip(towards, -0.4, 1), rng.uniform(40, 140))
    crest = peak(distance, 0.5, 0.07)
    scene.light_up(crest * np.clip(towards * 3 - 1.6, 0, 1), rng.uniform(30, 150))


MEDICAL: Mapping[str, Renderer] = {
    "syringe": syringe,
    "blisterpack": blisterpack,
}
