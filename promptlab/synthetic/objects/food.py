"""Food and leaves: rounded, organic shapes."""

import math
from collections.abc import Mapping

import numpy as np

from promptlab.synthetic.canvas import (
    Points,
    Rendered,
    Renderer,
    Size,
    blob_outline,
    pick_colour,
    smooth_noise,
    white_noise,
)
from promptlab.synthetic.fields import choose, shade, spread, tinted
from promptlab.synthetic.objects.outlines import arc_path, blob, placed
from promptlab.synthetic.objects.scene import Scene

__all__ = ["FOOD"]


def _crescent(bend: float, spread_angle: float) -> Points:
    """Return a circular arc in object coordinates, centred on the object."""
    return arc_path((-bend * 0.55, 0.0), bend, -spread_angle, spread_angle, count=30)


def foodnut(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a hazelnut or almond: brown ribbed shell with a paler, rougher base."""
    scene = Scene(rng, size)
    base = np.asarray(choose(rng, ((128, 76, 40), (150, 98, 58), (104, 62, 36))), np.float32)
    x, y = scene.local()
    ribs = np.sin(y * np.float32(rng.uniform(14, 30)) + smooth_noise(rng, size, cells=(3, 6)))
    fine = smooth_noise(rng, size, cells=(10, 30), decay=0.8)
    surface = shade(base, 1 + np.float32(0.07) * ribs + np.float32(0.06) * fine)
    body = scene.shape(blob(rng, 0.08, rng.uniform(1.0, 1.7)))
    scene.add(body, surface, bevel=0.8, gain=0.8, gloss=rng.uniform(0, 0.35), dome=True)
    if rng.random() < 0.6:
        edge = np.float32(rng.uniform(-0.6, -0.2)) + np.float32(0.06) * ribs
        scar = np.clip((edge - x) * np.float32(scene.reach / 3), 0, 1)
        scene.mark(
            scar * np.float32(0.75), shade(base * np.float32(1.45), 1 + np.float32(0.1) * fine)
        )
    return scene.done("brown")


def cashew(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a cashew kernel: a pale curved bean with faint grooves."""
    scene = Scene(rng, size, fill=(0.65, 0.97))
    base = np.asarray([222, 194, 146], np.float32) * np.float32(rng.uniform(0.75, 1.08))
    path = _crescent(rng.uniform(0.55, 0.72), rng.uniform(1.0, 1.6))
    body = np.zeros(size, np.float32)
    thick = np.linspace(rng.uniform(0.24, 0.3), rng.uniform(0.3, 0.4), len(path))
    for (x, y), radius in zip(path, thick, strict=True):
        body = np.maximum(body, scene.circle(x, y, radius * 0.95))
    mottle = smooth_noise(rng, size, cells=(6, 18, 40), decay=0.7) * np.float32(0.04)
    scene.add(body, shade(base, 1 + mottle), bevel=0.3, gain=0.7, gloss=0.1, dome=True)
    groove = scene.line(path * 0.98 + (0.04, 0.0), 0.03)
    scene.light_up(groove, rng.uniform(-35, -8))
    return scene.done("beige")


def egg(rng: np.random.Generator, size: Size) -> Rendered:
    """Render an egg: matt, smooth, one end pointed, sometimes speckled."""
    scene = Scene(rng, size)
    name = choose(rng, ("white", "beige", "brown"))
    base = {"white": (232, 226, 216), "beige": (216, 182, 148), "brown": (178, 122, 84)}[name]
    turns = np.linspace(0, 2 * math.pi, 80, endpoint=False)
    wide = rng.uniform(0.7, 0.8)
    half = wide * (1 - rng.uniform(0.1, 0.2) * np.cos(turns))
    body = scene.shape(np.stack([np.cos(turns), half * np.sin(turns)], axis=1))
    mottle = smooth_noise(rng, size, cells=(10, 40), decay=0.9) * np.float32(0.015)
    surface = shade(np.asarray(base, np.float32), 1 + mottle)
    if rng.random() < 0.35:
        specks = white_noise(rng, size, sigma=max(0.8, 0.02 * scene.reach))
        dots = np.clip((specks - np.float32(rng.uniform(1.6, 2.6))) * 3, 0, 1)
        surface = shade(surface, 1 - np.float32(0.5) * dots)
    scene.add(body, scene.distinct(surface), bevel=0.8, gain=0.7, gloss=0.08, dome=True)
    return scene.done(name)


def cookie(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a biscuit: baked crumb, browned rim, with chips, docking holes or a scalloped edge."""
    scene = Scene(rng, size)
    base = np.asarray([204, 150, 88], np.float32) * np.float32(rng.uniform(0.65, 1.1))
    radius, theta = scene.polar()
    crumb = smooth_noise(rng, size, cells=(14, 40, 80), decay=0.9) * np.float32(0.07)
    brown = 1 - np.float32(rng.uniform(0.1, 0.4)) * np.clip(radius, 0, 1) ** 4
    kind = rng.random()
    if kind < 0.35:
        waves = int(rng.integers(16, 34))
        edge = np.float32(0.95) + np.float32(0.04) * np.cos(waves * theta)
        body = np.clip((edge - radius) * np.float32(scene.reach) + np.float32(0.5), 0, 1)
    elif kind < 0.55:
        body = scene.box((0.95, rng.uniform(0.6, 0.9)), corner=0.1)
    else:
        body = scene.shape(blob(rng, rng.uniform(0.03, 0.12)))
    scene.add(body, shade(base, (1 + crumb) * brown), bevel=0.16, gain=0.5, dome=True)
    if rng.random() < 0.5:
        dark = np.asarray([62, 38, 26], np.float32)
        for _ in range(int(rng.integers(5, 18))):
            place, chip = rng.uniform(-0.65, 0.65, 2), rng.uniform(0.04, 0.1)
            outline = blob_outline(rng, (float(place[0]), float(place[1])), chip, irregularity=0.3)
            scene.add(scene.shape(outline) * body, dark, bevel=0.04, gain=0.5)
    else:
        holes = np.zeros(size, np.float32)
        for x in np.linspace(-0.55, 0.55, int(rng.integers(3, 6))):
            for y in np.linspace(-0.5, 0.5, 4):
                holes = np.maximum(holes, scene.circle(x, y, 0.035))
        scene.mark(holes * np.float32(0.8), base * np.float32(0.45))
    return scene.done("brown")


def macaroni(rng: np.random.Generator, size: Size) -> Rendered:
    """Render elbow macaroni: a bent ribbed tube with an open end, alone or two or three."""
    scene = Scene(rng, size, fill=(0.82, 0.99))
    base = np.asarray([226, 186, 96], np.float32) * np.float32(rng.uniform(0.8, 1.08))
    count = int(choose(rng, (1, 1, 2, 3)))
    for i in range(count):
        path = _crescent(
            rng.uniform(0.6, 0.75) * (1 if count == 1 else 0.62), rng.uniform(0.9, 1.4)
        )
        turned = rng.uniform(0, 6.28) if count > 1 else 0.0
        shift = ((i - (count - 1) / 2) * 0.7, rng.uniform(-0.25, 0.25))
        path = placed(path, shift if count > 1 else (0.0, 0.0), turned)
        thick = rng.uniform(0.34, 0.44) * (1 if count == 1 else 0.62)
        body = scene.line(path, thick)
        scene.add(body, base, bevel=thick / 2, gain=0.7, gloss=rng.uniform(0, 0.3), dome=True)
        for scale in (0.92, 1.0, 1.08):
            middle = path.mean(0)
            scene.light_up(scene.line((path - middle) * scale + middle, 0.015) * body, -16)
        scene.mark(scene.circle(path[-1][0], path[-1][1], thick * 0.3), base * np.float32(0.35))
    return scene.done("yellow")


def fruit(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a fruit or vegetable: apple, orange, lemon, tomato, plum or potato."""
    scene = Scene(rng, size)
    name = choose(rng, ("red", "green", "yellow", "orange", "purple", "brown"))
    _, base = pick_colour(rng, [name])
    _, other = pick_colour(rng, ("yellow", "green", "red", name, name))
    mix = spread(smooth_noise(rng, size, cells=(2, 4, 9))) * np.float32(rng.uniform(0, 0.55))
    surface = base + (other - base) * mix[..., None]
    if name in ("orange", "yellow"):
        peel = white_noise(rng, size, sigma=max(0.7, 0.018 * scene.reach)) * np.float32(0.05)
        surface = shade(surface, 1 + peel)
    else:
        dots = np.clip((white_noise(rng, size, sigma=1.0) - 2.2) * 2, 0, 1)
        surface = shade(surface, 1 + np.float32(rng.uniform(-0.25, 0.25)) * dots)
    body = scene.shape(blob(rng, rng.uniform(0.03, 0.12), rng.uniform(1, 1.45)))
    gloss = 0.05 if name == "brown" else rng.uniform(0.1, 0.6)
    scene.add(body, scene.distinct(surface), bevel=0.85, gain=0.8, gloss=gloss, dome=True)
    if rng.random() < 0.6 and name != "brown":
        x, y = (float(v) for v in rng.uniform(-0.35, 0.35, 2))
        dimple = np.exp(-(((scene.local()[0] - x) ** 2 + (scene.local()[1] - y) ** 2) / 0.03))
        scene.light_up(dimple, -45)
        stem = [(x, y), (x + rng.uniform(-0.2, 0.2), y - rng.uniform(0.1, 0.3))]
        scene.add(scene.line(stem, 0.06), tinted(rng, 80), bevel=0.03, gain=0.5)
    return scene.done(name)


def leaf(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a leaf: midrib, side veins, smooth or toothed or lobed margin."""
    scene = Scene(rng, size, fill=(0.7, 0.98))
    name, base = pick_colour(rng, ("green", "green", "green", "yellow", "brown", "red"))
    along = np.linspace(0, 1, 70)
    wide = rng.uniform(0.32, 0.65)
    half = wide * np.sin(math.pi * along ** rng.uniform(0.65, 1.3))
    teeth = int(rng.integers(5, 22))
    half = half * (1 + rng.uniform(0, 0.22) * np.abs(np.sin(math.pi * teeth * along)))
    bend = rng.uniform(-0.15, 0.15) * np.sin(math.pi * along)
    upper = np.stack([along * 1.75 - 0.8, half + bend], axis=1)
    lower = np.stack([along * 1.75 - 0.8, bend - half], axis=1)[::-1]
    mottle = smooth_noise(rng, size, cells=(4, 12, 40), decay=0.8) * np.float32(0.08)
    surface = scene.distinct(shade(base, 1 + mottle))
    middle = np.stack([along * 1.75 - 0.8, bend], axis=1)
    scene.add(scene.line([(-1, 0.04), (-0.8, 0)], 0.05), surface * np.float32(0.8))
    scene.add(scene.shape(np.concatenate([upper, lower])), surface, bevel=0.1, gain=0.25)
    pale = surface * np.float32(1.25) + np.float32(12)
    scene.mark(scene.line(middle, 0.03), pale)
    for share in np.linspace(0.1, 0.85, int(rng.integers(5, 12))):
        index = int(share * 69)
        start, reach = middle[index], half[index] * 0.95
        for side in (-1.0, 1.0):
            tip = (float(start[0]) + reach * 0.7, float(start[1]) + side * reach)
            scene.mark(scene.line([(float(start[0]), float(start[1])), tip], 0.012) * 0.7, pale)
    return scene.done(name)


FOOD: Mapping[str, Renderer] = {
    "foodnut": foodnut,
    "cashew": cashew,
    "egg": egg,
    "cookie": cookie,
    "macaroni": macaroni,
    "fruit": fruit,
    "leaf": leaf,
}
