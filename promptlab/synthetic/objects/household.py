"""Food, crockery and small goods of a household, each in several designs."""

import math
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import cv2
import numpy as np
from jaxtyping import Float, Float32

from promptlab.synthetic.canvas import (
    Colour,
    Coverage,
    Number,
    Picture,
    Points,
    Rendered,
    Renderer,
    Size,
    blend,
    pick_colour,
    relief,
    smooth_noise,
    white_noise,
)
from promptlab.synthetic.fields import choose, fraction, grain, ramp, shade, spread, streaks, tinted
from promptlab.synthetic.objects.food import _around
from promptlab.synthetic.objects.packaged import _cylinder
from promptlab.synthetic.objects.scene import Scene, moulded, random_text, turn

__all__ = ["HOUSEHOLD"]

# Fixed-point fraction bits of OpenCV's drawing calls.
_SHIFT = 4
# A colour name and its RGB in whole numbers.
_Named: TypeAlias = tuple[str, tuple[int, int, int]]
_GOLDEN_ANGLE = math.pi * (3 - math.sqrt(5))


def _one_of(rng: np.random.Generator, colours: Sequence[_Named]) -> tuple[str, Colour]:
    """Return a colour name and its jittered RGB, drawn from pairs of them."""
    name, rgb = choose(rng, colours)
    varied = np.asarray(rgb) * rng.normal(1, 0.06) + rng.normal(0, 4, 3)
    return name, np.clip(varied, 8, 248).astype(np.float32)


def _dots(scene: Scene, places: Points, halves: Points, angles: Sequence[float]) -> Coverage:
    """Return the coverage of many small ellipses; ``halves`` are their half axes."""
    canvas = np.zeros(scene.size, np.uint8)
    centres = np.round(scene.pixels(places) * (1 << _SHIFT)).astype(int)
    axes = np.maximum(np.round(halves * scene.reach * (1 << _SHIFT)), 8).astype(int)
    turned = np.degrees(np.asarray(angles) + scene.angle)
    for centre, axis, angle in zip(centres.tolist(), axes.tolist(), turned.tolist(), strict=True):
        cv2.ellipse(canvas, centre, axis, angle, 0, 360, 255, -1, cv2.LINE_AA, _SHIFT)
    return canvas.astype(np.float32) / np.float32(255)


def _scattered(
    scene: Scene, count: int, *, radius: Number, extent: Number = 0.85, stretch: Number = 1.0
) -> Coverage:
    """Return the coverage of ``count`` grains, seeds or spots at random places."""
    rng = scene.rng
    places = rng.uniform(-float(extent), float(extent), (count, 2))
    long = float(radius) * rng.uniform(0.7, 1.3, count)
    halves = np.stack([long * float(stretch), long], axis=1)
    return _dots(scene, places, halves, rng.uniform(0, math.pi, count).tolist())


def _emboss(scene: Scene, coverage: Coverage, *, width: Number, gain: Number) -> None:
    """Raise (or sink, ``gain`` < 0) a part of the object without painting it."""
    span = float(width) * scene.reach
    scene.shade_by(relief(coverage, width=span, gain=gain, light=scene.light))


def _pressed_text(scene: Scene, words: str, *, height: Number, paint: Colour) -> None:
    """Press letters into the surface: a dark and a bright edge, then the letter itself."""
    edge = 0.02
    for sign, factor in ((1.0, 0.72), (-1.0, 1.2)):
        turned = scene.light - scene.angle
        place = (sign * edge * math.cos(turned), sign * edge * math.sin(turned))
        scene.text(words, place=place, height=height, paint=np.clip(paint * factor, 0, 255))
    scene.text(words, place=(0.0, 0.0), height=height, paint=paint * np.float32(0.94))


def _inset(coverage: Coverage, depth: Number, *, soft: Number = 1.0) -> Coverage:
    """Return the part of a shape that lies ``depth`` pixels inside it."""
    inside = (coverage > 0.5).astype(np.uint8)
    distance = cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_3)
    inner: Coverage = np.clip((distance - np.float32(depth)) / np.float32(soft) + 0.5, 0, 1)
    return inner


def _ring(radius: Coverage, place: Number, width: Number) -> Coverage:
    """Return a soft ring of height 1 at a radius."""
    ring: Coverage = np.exp(-(((radius - np.float32(place)) / np.float32(width)) ** 2))
    return ring


def _radial(rng: np.random.Generator, radius: Coverage, theta: Coverage, rays: int) -> Coverage:
    """Return noise that runs outwards from the centre, as in the flesh of a slice."""
    lattice = cv2.GaussianBlur(rng.standard_normal((9, rays), dtype=np.float32), (0, 0), 0.6)
    along = np.clip(radius, 0, 1) * np.float32(8)
    around = (theta + np.float32(math.pi)) * np.float32((rays - 1) / (2 * math.pi))
    noise: Coverage = cv2.remap(lattice, around, along, cv2.INTER_LINEAR)
    return noise


def potato(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a potato: whole with eyes and netted skin, peeled, or cut in half."""
    scene = Scene(rng, size, fill=(0.55, 0.97))
    skins: tuple[_Named, ...] = (
        ("beige", (204, 168, 108)), ("beige", (188, 150, 98)), ("brown", (150, 106, 66)),
        ("red", (156, 74, 74)), ("purple", (92, 62, 92)),
    )  # fmt: skip
    name, skin = _one_of(rng, skins)
    flesh = np.asarray([228, 208, 140], np.float32) * np.float32(rng.uniform(0.9, 1.08))
    kind = choose(rng, ("whole", "whole", "whole", "peeled", "half"))
    body = scene.shape(_around(rng, rng.uniform(0.08, 0.2), rng.uniform(1.0, 1.75)))
    soft = smooth_noise(rng, size, cells=(3, 9, 40, 90), decay=0.75)
    if kind == "peeled":
        facets = np.round(smooth_noise(rng, size, cells=(3,)) * 1.5) * np.float32(0.025)
        scene.add(body, shade(flesh, 1 + facets), bevel=0.5, gain=0.6, gloss=0.12, dome=True)
        return scene.done("beige")
    net = np.clip(1 - np.abs(soft) * 4, 0, 1) * np.float32(rng.uniform(0, 0.16))
    surface = scene.distinct(shade(skin, 1 + np.float32(0.06) * soft + net))
    if kind == "half":
        scene.add(body, surface, bevel=0.1, gain=0.4)
        inner = _inset(body, rng.uniform(0.02, 0.05) * scene.reach + 1)
        core = 1 + np.float32(0.015) * soft
        scene.mark(inner, shade(flesh, core))
        band = _inset(body, 0.13 * scene.reach, soft=3) - _inset(body, 0.17 * scene.reach, soft=3)
        scene.light_up(np.clip(band, 0, 1), -rng.uniform(4, 14))
        return scene.done("beige")
    scene.add(body, surface, bevel=0.85, gain=0.75, gloss=rng.uniform(0, 0.12), dome=True)
    count = int(rng.integers(3, 10))
    eyes = _scattered(scene, count, radius=0.035, extent=0.6, stretch=rng.uniform(1.2, 2.2))
    _emboss(scene, eyes, width=0.03, gain=-0.7)
    scene.light_up(eyes, -rng.uniform(8, 30))
    spots = _scattered(scene, int(rng.integers(10, 90)), radius=0.011, extent=0.95)
    scene.mark(spots * np.float32(0.5), skin * np.float32(rng.uniform(0.55, 0.8)))
    return scene.done(name)


def carrot(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a carrot: tapering ringed root with stub or fern of leaves, or a round slice."""
    scene = Scene(rng, size, fill=(0.78, 0.99))
    roots: tuple[_Named, ...] = (
        ("orange", (226, 120, 40)), ("orange", (234, 138, 58)), ("orange", (206, 100, 40)),
        ("yellow", (226, 184, 78)), ("purple", (104, 50, 82)),
    )  # fmt: skip
    name, base = _one_of(rng, roots)
    if rng.random() < 0.25:
        radius, theta = scene.polar()
        share = rng.uniform(0.65, 1)
        radius = radius / np.float32(share)
        scene.add(scene.shape(_around(rng, 0.04) * share), base, bevel=0.06, gain=0.4)
        rays = _radial(rng, radius, theta, 70) * np.float32(0.05)
        core = np.clip((np.float32(rng.uniform(0.35, 0.55)) - radius) * 14, 0, 1)
        paint = shade(base, 1 + rays) + (core * np.float32(18))[..., None]
        scene.mark(np.clip((np.float32(0.93) - radius) * 30, 0, 1), paint)
        scene.light_up(_ring(radius, rng.uniform(0.4, 0.55), 0.03), -rng.uniform(6, 26))
        return scene.done(name)
    along = np.linspace(0, 1, 60)
    blunt, bend = rng.uniform(0.1, 0.75), rng.uniform(-0.1, 0.1)
    half = rng.uniform(0.19, 0.31) * (1 - along * (1 - blunt)) * np.sqrt(1 - along**6)
    half = half * np.minimum(1, 0.45 + np.sqrt(along * 5)) * (1 + 0.02 * rng.standard_normal(60))
    x, middle = along * 1.55 - 0.55, bend * np.sin(math.pi * along)
    fern = rng.random() < 0.5
    for _ in range(int(rng.integers(4, 9))):
        tip = (rng.uniform(-1.0, -0.85), rng.uniform(-0.35, 0.35)) if fern else (
            -0.66, rng.uniform(-0.05, 0.05))  # fmt: skip
        stalk = scene.line([(-0.5, 0), (-0.7, tip[1] * 0.4), tip], 0.045)
        if fern:
            spray = np.asarray(tip) + rng.normal(0, 0.05, (9, 2))
            ends = np.full((9, 2), 0.035) * (1, 0.5)
            stalk = np.maximum(stalk, _dots(scene, spray, ends, rng.uniform(0, 3, 9).tolist()))
        green = pick_colour(rng, ("green",))[1]
        scene.add(stalk, green, bevel=0.02, gain=0.4)
    outline = np.concatenate(
        [np.stack([x, middle + half], axis=1), np.stack([x, middle - half], axis=1)[::-1]]
    )
    across, _ = scene.local()
    rings = np.interp(across, np.linspace(-1, 1, 140), rng.standard_normal(140))
    part = spread(smooth_noise(rng, size, cells=(10, 25))) * np.float32(rng.uniform(0.05, 0.14))
    surface = scene.distinct(shade(base, 1 + part * rings.astype(np.float32)))
    gloss = rng.uniform(0, 0.25)
    scene.add(scene.shape(outline), surface, bevel=0.2, gain=0.75, gloss=gloss, dome=True)
    return scene.done(name)


def bread(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a slice of bread: crust around a porous crumb, with seeds or toasted at times."""
    scene = Scene(rng, size, fill=(0.6, 0.98))
    doughs: tuple[_Named, ...] = (
        ("beige", (232, 214, 172)), ("beige", (220, 192, 142)), ("white", (238, 228, 204)),
        ("brown", (162, 118, 78)), ("brown", (124, 88, 60)),
    )  # fmt: skip
    name, crumb = _one_of(rng, doughs)
    kind = choose(rng, ("tin", "tin", "round", "oval", "square"))
    if kind == "tin":
        top = rng.uniform(0.3, 0.45)
        lobe = scene.ellipse((rng.uniform(0.74, 0.84), top), centre=(0, top - 0.92))
        foot = scene.box((0.72, 0.72), centre=(0, rng.uniform(0.15, 0.22)), corner=0.1)
        body = np.maximum(lobe, foot)
    elif kind == "square":
        body = scene.box((0.72, rng.uniform(0.66, 0.72)), corner=rng.uniform(0.04, 0.14))
    else:
        body = scene.shape(_around(rng, 0.08, 1.1 if kind == "round" else rng.uniform(1.5, 2.2)))
    crust = np.minimum(crumb, np.float32(200)) * np.asarray([0.72, 0.55, 0.38], np.float32)
    crust = crust * np.float32(rng.uniform(0.75, 1.15))
    scene.add(body, shade(crust, grain(rng, size, sigma=1.2, strength=0.06)), bevel=0.05, gain=0.3)
    coarse, fine = rng.uniform(0.014, 0.035), 0.007
    large = np.clip(white_noise(rng, size, sigma=max(0.8, coarse * scene.reach)) - 1.1, 0, 1)
    small = white_noise(rng, size, sigma=max(0.6, fine * scene.reach))
    pores = np.float32(rng.uniform(0.12, 0.32)) * large + np.float32(0.035) * small
    toast = spread(smooth_noise(rng, size, cells=(2, 5, 12)))
    toast = toast * np.float32(choose(rng, (0.0, 0.0, rng.uniform(0.3, 0.8))))
    paint = shade(ramp(crumb, crust * np.float32(1.2), toast), 1 - pores)
    width = rng.uniform(0.025, 0.07) * scene.reach
    scene.mark(_inset(body, width, soft=max(1.5, width)), paint)
    if rng.random() < 0.4:
        seeds = _scattered(scene, int(rng.integers(10, 60)), radius=0.018, stretch=1.8)
        scene.mark(seeds, pick_colour(rng, ("brown", "black", "beige"))[1])
    return scene.done(name)


def _bean_colour(rng: np.random.Generator, coffee: bool) -> tuple[str, Colour]:
    """Draw the colour of a coffee bean or of a bean to cook."""
    roasts = (("brown", (92, 58, 38)), ("brown", (120, 78, 48)), ("black", (54, 38, 30)),
              ("green", (142, 150, 108)))  # fmt: skip
    pulses = (("red", (126, 38, 40)), ("white", (232, 224, 206)), ("black", (38, 34, 40)),
              ("beige", (204, 170, 134)), ("brown", (146, 92, 58)))  # fmt: skip
    return _one_of(rng, roasts if coffee else pulses)


def bean(rng: np.random.Generator, size: Size) -> Rendered:
    """Render one to three beans: coffee with its centre cut, or kidney beans with a hilum."""
    scene = Scene(rng, size, fill=(0.6, 0.97))
    coffee = rng.random() < 0.55
    name, base = _bean_colour(rng, coffee)
    mottle = smooth_noise(rng, size, cells=(6, 20, 50), decay=0.8)
    surface = shade(base, 1 + np.float32(0.05) * mottle)
    if not coffee and rng.random() < 0.4:
        flecks = np.clip(mottle * 3 - np.float32(rng.uniform(1, 3)), 0, 1)
        surface = blend(surface, base * np.float32(0.5), flecks)
    surface = scene.distinct(surface)
    count = choose(rng, (1, 1, 1, 2, 3))
    scale = 0.97 if count == 1 else 0.55
    turns = np.linspace(0, 2 * math.pi, 60, endpoint=False)
    for place in np.asarray([(0.0, 0.0)] if count == 1 else turn(count, radius=0.48, phase=0.4)):
        spin = rng.uniform(0, 2 * math.pi)
        wide = rng.uniform(0.6, 0.78) if coffee else rng.uniform(0.45, 0.58)
        # A dent over half the width makes that side hollow, as in a kidney.
        dent = 0.0 if coffee else rng.uniform(0.15, 0.4)
        y = wide * np.sin(turns) - dent * (1 - np.cos(turns) ** 2)
        outline = np.stack([np.cos(turns), y + dent / 2], axis=1) * scale
        rotation = np.asarray([[math.cos(spin), math.sin(spin)], [-math.sin(spin), math.cos(spin)]])
        body = scene.shape(outline @ rotation + place)
        gloss = rng.uniform(0.05, 0.5)
        scene.add(body, surface, bevel=0.7 * scale, gain=0.8, gloss=gloss, dome=True)
        if coffee:
            sway = rng.uniform(-0.1, 0.1) * np.sin(np.linspace(-3, 3, 30))
            path = np.stack([np.linspace(-0.93, 0.93, 30), sway], axis=1) * scale
            cut = scene.line(path @ rotation + place, rng.uniform(0.06, 0.12) * scale) * body
            _emboss(scene, cut, width=0.05 * scale, gain=-0.5)
            scene.mark(cut * np.float32(0.7), base * np.float32(choose(rng, (0.4, 0.55, 1.5))))
        else:
            scar = np.asarray([(0.0, wide - dent / 2)]) * scale * 0.78
            spot = np.asarray([(0.13, 0.045)]) * scale
            hilum = _dots(scene, scar @ rotation + place, spot, [spin]) * body
            scene.mark(hilum * np.float32(0.8), np.clip(base * np.float32(0.5) + 70, 0, 255))
    return scene.done(name)


def citrus(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a slice of orange, lemon, lime or grapefruit: peel, pith, juicy segments, pips."""
    scene = Scene(rng, size, fill=(0.6, 0.98))
    fruits: tuple[_Named, ...] = (
        ("orange", (238, 148, 40)), ("orange", (226, 122, 36)), ("yellow", (238, 216, 92)),
        ("green", (176, 198, 84)), ("pink", (226, 110, 96)), ("red", (160, 40, 48)),
    )  # fmt: skip
    name, juice = _one_of(rng, fruits)
    peels = {"green": (84, 136, 48), "yellow": (234, 200, 42), "red": (222, 110, 40)}
    peel = np.asarray(peels.get(name, (236, 142, 34)), np.float32)
    radius, theta = scene.polar()
    body = scene.shape(_around(rng, 0.02, rng.uniform(1.0, 1.06)))
    if rng.random() < 0.25:
        y = scene.local()[1] + np.float32(0.35)
        body = body * np.clip(y * np.float32(scene.reach), 0, 1)
    scene.add(body, shade(peel, grain(rng, size, sigma=1.0, strength=0.05)), bevel=0.04, gain=0.4)
    outer = rng.uniform(0.88, 0.95)
    pith = np.asarray([246, 236, 206], np.float32) * 0.75 + juice * np.float32(0.25)
    scene.mark(np.clip((np.float32(outer) - radius) * 25, 0, 1), pith)
    count = int(rng.integers(8, 13))
    edges = np.cumsum(rng.uniform(0.75, 1.25, count))
    edges = np.concatenate([[0], edges]) / edges[-1] * 2 * math.pi - math.pi
    place = np.interp(theta, edges, np.arange(count + 1)).astype(np.float32)
    side = fraction(place)
    gap = np.minimum(side, 1 - side) * np.float32(2 * math.pi / count) * radius
    bow = np.clip(1 - gap / np.float32(0.12), 0, 1) ** 2 * np.float32(0.06)
    reach = outer - rng.uniform(0.03, 0.1)
    depth = np.minimum(
        gap - np.float32(rng.uniform(0.008, 0.022)), np.float32(reach) - bow - radius
    )
    depth = np.minimum(depth, radius - np.float32(rng.uniform(0.05, 0.12)))
    pulp = np.clip(depth * np.float32(45), 0, 1)
    rays = _radial(rng, radius, theta, int(rng.integers(90, 180)))
    scene.mark(pulp, shade(juice, 1 + np.float32(rng.uniform(0.04, 0.11)) * rays))
    scene.light_up(pulp * np.clip(rays - np.float32(0.9), 0, 1), rng.uniform(0, 80))
    if rng.random() < 0.4:
        pips = int(rng.integers(1, 7))
        angles = (edges[:-1] + edges[1:])[rng.permutation(count)[:pips]] / 2
        where = np.stack([np.cos(angles), np.sin(angles)], axis=1) * 0.33
        seeds = _dots(scene, where, np.full((len(angles), 2), 0.09) * (1, 0.45), angles.tolist())
        scene.mark(seeds, np.asarray([226, 204, 150], np.float32))
        _emboss(scene, seeds, width=0.03, gain=0.4)
    return scene.done(name)


def pretzel(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a pretzel: a glossy brown rope tied in the classic knot, with or without salt."""
    scene = Scene(rng, size, fill=(0.72, 0.99))
    bakes = (("brown", (146, 84, 38)), ("brown", (172, 106, 52)), ("brown", (112, 62, 32)),
             ("orange", (196, 126, 62)))  # fmt: skip
    name, base = _one_of(rng, bakes)
    turns = np.linspace(-4, 4, 120)
    loop, drop = rng.uniform(0.36, 0.42), rng.uniform(0.27, 0.32)
    x = (3.3 - loop * turns**2) * np.sin(turns)
    y = (2.5 - drop * turns**2) * np.cos(turns)
    path = np.stack([x / np.abs(x).max(), (y - (y.max() + y.min()) / 2) / np.abs(x).max()], axis=1)
    thick = rng.uniform(0.19, 0.3)
    path = path * (1 - thick / 2)
    mottle = smooth_noise(rng, size, cells=(4, 12, 40), decay=0.8) * np.float32(0.06)
    surface = scene.distinct(shade(base, 1 + mottle))
    gloss = rng.uniform(0, 0.4)
    local_x, local_y = scene.local()
    # Two ropes meet in the belly, where the fade hides the end of the upper one.
    scene.add(
        scene.line(path[:80], thick), surface, bevel=thick / 2, gain=0.8, gloss=gloss, dome=True
    )
    before = scene.picture.copy()
    scene.add(
        scene.line(path[45:], thick), surface, bevel=thick / 2, gain=0.8, gloss=gloss, dome=True
    )
    belly = (local_y > np.float32(path[60, 1] - thick)).astype(np.float32)
    scene.picture = blend(scene.picture, before, belly * np.clip(0.5 - local_x * 8, 0, 1))
    if rng.random() < 0.35:
        slit = scene.line(path[54:67], thick * rng.uniform(0.3, 0.5))
        scene.mark(slit, np.asarray([226, 192, 136], np.float32))
        _emboss(scene, slit, width=0.05, gain=-0.3)
    if rng.random() < 0.75:
        count, grains = int(rng.integers(30, 110)), rng.uniform(0.018, 0.032)
        rope = _inset(scene.coverage, 0.03 * scene.reach)
        salt = _scattered(scene, count, radius=grains, extent=0.95, stretch=1.3) * rope
        scene.mark(salt, tinted(rng, 236))
        _emboss(scene, salt, width=0.02, gain=0.35)
    return scene.done(name)


def _tiles(
    scene: Scene,
    counts: tuple[int, int],
    pitch: tuple[float, float],
    half: tuple[float, float],
    corner: float,
) -> Coverage:
    """Return the coverage of a lattice of rounded rectangles, centred on the object."""
    beyond = []
    for axis, count, step, reach in zip(scene.local(), counts, pitch, half, strict=True):
        away = np.abs(fraction(axis / np.float32(step) + np.float32(count / 2)) - np.float32(0.5))
        beyond.append(away * np.float32(step) - np.float32(reach - corner))
    x, y = beyond
    outside = np.hypot(np.maximum(x, 0), np.maximum(y, 0)) + np.minimum(np.maximum(x, y), 0)
    edge = (np.float32(corner) - outside) * np.float32(scene.reach)
    tiles: Coverage = np.clip(edge + np.float32(0.5), 0, 1)
    return tiles


def chocolate(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a bar of chocolate: raised squares with sloping edges, plain, stamped or with nuts."""
    scene = Scene(rng, size, fill=(0.7, 0.99))
    kinds: tuple[_Named, ...] = (
        ("brown", (104, 62, 40)), ("brown", (124, 78, 50)), ("brown", (78, 46, 32)),
        ("black", (52, 34, 28)), ("beige", (234, 214, 170)), ("pink", (206, 128, 136)),
    )  # fmt: skip
    name, base = _one_of(rng, kinds)
    rows, columns = int(rng.integers(1, 5)), int(rng.integers(3, 8))
    tall = 0.97 if rows == columns else min(0.97, rows / columns * rng.uniform(0.85, 1.2))
    # A turned bar as tall as wide would leave the picture.
    fit = min(0.97, 1.15 / math.hypot(1, max(tall, 0.2)))
    half = (fit, fit * max(tall, 0.2))
    wavy = 1 + np.float32(0.03) * smooth_noise(rng, size, cells=(3, 8, 30))
    surface = scene.distinct(shade(base, wavy))
    scene.add(scene.box(half, corner=rng.uniform(0.01, 0.06)), surface, bevel=0.03, gain=0.4)
    rim = rng.uniform(0.015, 0.05)
    pitch = (2 * (half[0] - rim) / columns, 2 * (half[1] - rim) / rows)
    gap, corner = rng.uniform(0.012, 0.035), choose(rng, (0.01, 0.03, 0.06))
    gap = max(gap, 0.8 / scene.reach)
    piece = (pitch[0] / 2 - gap, pitch[1] / 2 - gap)
    inside = scene.box((pitch[0] * columns / 2, pitch[1] * rows / 2))
    squares = inside * _tiles(scene, (columns, rows), pitch, piece, corner)
    width = min(piece) * rng.uniform(0.25, 0.6)
    gloss = rng.uniform(0, 0.2)
    scene.add(squares, surface * np.float32(1.05), bevel=width, gain=0.6, gloss=gloss, dome=True)
    design = choose(rng, ("plain", "plain", "frame", "stamp", "nuts"))
    if design == "frame":
        share = rng.uniform(0.5, 0.75)
        small = (piece[0] * share, piece[1] * share)
        inner = inside * _tiles(scene, (columns, rows), pitch, small, corner)
        _emboss(scene, inner, width=0.03, gain=choose(rng, (-0.4, 0.4)))
    elif design == "stamp":
        places = [((j - (columns - 1) / 2) * pitch[0], (i - (rows - 1) / 2) * pitch[1])
                  for i in range(rows) for j in range(columns)]  # fmt: skip
        word, paint = random_text(rng, 1), base * np.float32(rng.uniform(0.75, 0.88))
        for place in places:
            scene.text(word, place=place, height=min(piece) * 0.8, paint=paint)
    elif design == "nuts":
        inside = _inset(scene.coverage, 0.05 * scene.reach)
        nuts = _scattered(scene, int(rng.integers(12, 40)), radius=0.05, stretch=1.4) * inside
        scene.mark(nuts * np.float32(0.8), np.asarray([190, 138, 88], np.float32))
        _emboss(scene, nuts, width=0.04, gain=0.3)
    return scene.done(name)


def _decorate(scene: Scene, wall: tuple[Coverage, Coverage], lit: Coverage, x: float) -> None:
    """Print bands, dots, a word or a star on an upright wall.

    Args:
        scene: Where to draw.
        wall: Coordinates around the wall and down the wall, of every pixel.
        lit: Shading of the wall.
        x: Middle of the wall in object coordinates.
    """
    rng = scene.rng
    around, down = wall
    flat = pick_colour(rng)[1]
    ink = shade(flat, lit)
    kind = choose(rng, ("none", "bands", "dots", "word", "dip", "star"))
    middle = rng.uniform(-0.05, 0.35)
    if kind == "bands":
        for _ in range(int(rng.integers(1, 4))):
            place, wide = rng.uniform(-0.4, 0.8), rng.uniform(0.02, 0.1)
            scene.mark(
                np.clip((np.float32(wide) - np.abs(down - np.float32(place))) * 40, 0, 1), ink
            )
    elif kind == "dots":
        count, reach = rng.uniform(3, 7), rng.uniform(0.2, 0.4)
        across, along = (fraction(part * np.float32(count)) - 0.5 for part in (around, down))
        scene.mark(np.clip((np.float32(reach) - np.hypot(across, along)) * 12, 0, 1), ink)
    elif kind == "word":
        word = random_text(rng, int(rng.integers(2, 5)))
        scene.text(word, place=(x, middle), height=rng.uniform(0.16, 0.28), paint=flat)
    elif kind == "dip":
        scene.mark(np.clip((down - np.float32(middle)) * 40, 0, 1), ink)
    elif kind == "star":
        corners = int(rng.integers(3, 8))
        tips = np.where(np.arange(corners * 2) % 2, 0.24, rng.uniform(0.1, 0.2))[:, None]
        scene.mark(scene.shape(np.asarray(turn(corners * 2)) * tips + (x, middle)), ink)


def _drink(rng: np.random.Generator) -> Colour:
    """Draw the colour of coffee, milk coffee, tea, milk or cocoa."""
    drinks = (
        (52, 32, 22), (152, 108, 72), (150, 78, 30), (236, 228, 212), (98, 60, 42),
    )  # fmt: skip
    return np.asarray(choose(rng, drinks), np.float32) * np.float32(rng.uniform(0.9, 1.1))


def cup(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a mug or cup with its handle, from the side or from above, empty or filled."""
    if rng.random() < 0.4:
        return _cup_from_above(Scene(rng, size, fill=(0.6, 0.98)))
    scene = Scene(rng, size, fill=(0.65, 0.97), tilt=0.12)
    name, glaze = moulded(scene)
    side, shift = choose(rng, (-1.0, 1.0)), 0.2
    half, foot = rng.uniform(0.52, 0.68), rng.uniform(0.6, 1.02)
    bulge, top = rng.uniform(-0.04, 0.1), rng.uniform(-0.85, -0.55)
    middle = -side * shift
    along = np.linspace(0, 1, 24)
    widths = half * (1 - (1 - foot) * along**2 + bulge * np.sin(math.pi * along))
    widths = widths * np.clip(1.08 - 0.25 * np.maximum(along - 0.9, 0) * 10 * (1 - foot / 2), 0, 1)
    y = top + (0.85 - top) * along
    x, down = scene.local()
    reach = np.interp(down, y, widths).astype(np.float32)
    around = (x - np.float32(middle)) / reach
    lit = _cylinder(scene, around)
    ear, hollow = rng.uniform(0.26, 0.36), rng.uniform(0.55, 0.72)
    grip = (middle + side * half * 0.95, rng.uniform(-0.05, 0.15) + top / 4)
    ears = [scene.ellipse((ear * 1.15 * k, (ear + 0.12) * k), centre=grip) for k in (1.0, hollow)]
    handle = ears[0] * (1 - ears[1])
    scene.add(handle, glaze, bevel=ear * 0.2, gain=0.6, gloss=0.2, dome=True)
    right = np.stack([widths, y], axis=1)
    bottom = np.stack(
        [np.cos(along * math.pi) * widths[-1], np.sin(along * math.pi) * 0.07 + 0.85], 1
    )
    left = np.stack([-widths, y], axis=1)[::-1]
    outline = np.concatenate([right, bottom, left])
    body = scene.shape(outline + np.asarray((middle, 0.0)))
    open_half = rng.uniform(0.05, 0.17)
    mouth = scene.ellipse((widths[0], open_half), centre=(middle, top))
    scene.add(np.maximum(body, mouth), shade(glaze, lit))
    _decorate(scene, (np.arcsin(np.clip(around, -1, 1)), down), lit, middle)
    _, lining = (name, glaze) if rng.random() < 0.5 else moulded(scene, ("white", "beige"))
    scene.mark(mouth, np.clip(lining * np.float32(1.08), 0, 250))
    inside = (widths[0] - 0.045, open_half * 0.82)
    scene.mark(scene.ellipse(inside, centre=(middle, top + 0.008)), lining * np.float32(0.68))
    if rng.random() < 0.5:
        level = (inside[0] * 0.96, inside[1] * 0.7)
        scene.mark(scene.ellipse(level, centre=(middle, top + inside[1] * 0.26)), _drink(rng))
    return scene.done(name)


def _cup_from_above(scene: Scene) -> Rendered:
    """Draw a cup from above: handle, wall, inside, perhaps a drink with froth."""
    rng, size = scene.rng, scene.size
    name, glaze = moulded(scene)
    _, lining = (name, glaze) if rng.random() < 0.5 else moulded(scene, ("white", "beige", "black"))
    x, wide = -0.2, rng.uniform(0.72, 0.79)
    grip = (rng.uniform(0.24, 0.36), rng.uniform(0.07, 0.13))
    handle = scene.box(grip, centre=(0.97 - grip[0], 0), corner=grip[1])
    scene.add(handle, glaze, bevel=grip[1], gain=0.6, gloss=0.25, dome=True)
    scene.add(scene.circle(x, 0, wide), glaze, bevel=0.07, gain=0.5, gloss=0.3, dome=True)
    local_x, local_y = scene.local()
    radius = np.hypot(local_x - np.float32(x), local_y) / np.float32(wide)
    wall = rng.uniform(0.06, 0.11)
    lean = np.float32(math.cos(scene.light - scene.angle)) * (local_x - np.float32(x))
    lean = lean + np.float32(math.sin(scene.light - scene.angle)) * local_y
    depth = 1 - np.float32(0.35) * np.clip(lean + np.float32(0.5), 0, 1)
    inner = np.clip((np.float32(1 - wall) - radius) * np.float32(scene.reach), 0, 1)
    scene.mark(inner, shade(lining, depth * np.float32(0.9)))
    if rng.random() < 0.7:
        level = rng.uniform(0.68, 0.86)
        froth = smooth_noise(rng, size, cells=(5, 14, 60), decay=0.9)
        drink = _drink(rng)
        crema = np.float32(rng.uniform(0, 0.45)) + np.float32(rng.uniform(0.02, 0.12)) * froth
        foam = np.clip(np.maximum(crema, _ring(radius, level, 0.05) * np.float32(0.5)), 0, 1)
        paint = ramp(drink, drink * np.float32(0.55) + np.asarray([104, 82, 54], np.float32), foam)
        filled = np.clip((np.float32(level) - radius) * np.float32(scene.reach), 0, 1)
        scene.mark(filled, np.clip(paint, 0, 250).astype(np.float32))
    else:
        scene.light_up(_ring(radius, rng.uniform(0.5, 0.65), 0.05), -rng.uniform(8, 25))
    arc = np.clip(lean * 3 / np.float32(wide) - np.float32(1.6), 0, 1)
    scene.light_up(_ring(radius, 1 - wall / 2, 0.02) * arc, rng.uniform(20, 110))
    return scene.done(name)


def saucer(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a crockery plate: rim, well and foot ring in glaze, with bands, petals or dots."""
    scene = Scene(rng, size, fill=(0.65, 0.98), tilt=0.3)
    names = ("white", "white", "white", "white", "beige", "blue", "green", "grey", "black", "pink")
    name, glaze = moulded(scene, names)
    flat = 1.0 if rng.random() < 0.6 else rng.uniform(0.5, 0.85)
    square = choose(rng, (2.0, 2.0, 2.0, 4.0))
    x, y = scene.local()
    y = y / np.float32(flat)
    radius = (np.abs(x) ** np.float32(square) + np.abs(y) ** np.float32(square)) ** np.float32(
        1 / square
    )
    theta = np.arctan2(y, x)
    lobes = int(rng.integers(8, 29))
    scallop = rng.uniform(0.01, 0.03) if rng.random() < 0.2 else 0.0
    edge = 0.98 - np.float32(scallop) * (1 - np.abs(np.sin(theta * np.float32(lobes / 2))))
    body = np.clip((edge - radius) * np.float32(scene.reach * flat) + np.float32(0.5), 0, 1)
    scene.add(body, glaze, bevel=0.05, gain=0.4)
    well, step = rng.uniform(0.48, 0.68), rng.uniform(0.02, 0.06)
    towards = np.cos(theta - np.float32(scene.light - scene.angle))
    scene.shade_by(1 + np.float32(0.035) * towards * np.clip(radius - np.float32(well), 0, 1) * 6)
    ink = pick_colour(rng, ("blue", "blue", "green", "red", "brown", "black", "yellow", "pink"))[1]
    for _ in range(int(rng.integers(0, 4))):
        place = choose(rng, (0.95, 0.9, 0.78, well + 0.06, well - 0.1))
        band = np.float32(rng.uniform(0.006, 0.03)) - np.abs(radius - np.float32(place))
        scene.mark(np.clip(band * np.float32(scene.reach), 0, 1), ink)
    motif = choose(rng, ("none", "none", "dots", "petals", "centre"))
    if motif == "dots":
        spots = np.asarray(turn(lobes, radius=(0.95 + well) / 2)) * (1, flat)
        scene.mark(_dots(scene, spots, np.full((lobes, 2), 0.045) * (1, flat), [0.0] * lobes), ink)
    elif motif == "petals":
        tip = np.abs(np.sin(theta * np.float32(lobes / 2))) * np.float32(0.8 - well)
        scene.mark(np.clip((tip - np.abs(radius - well - tip / 2 - 0.05) * 1.6) * 25, 0, 1), ink)
    elif motif == "centre":
        petals = np.float32(0.25) + np.float32(0.12) * np.cos(theta * int(rng.integers(3, 9)))
        scene.mark(np.clip((petals - radius) * np.float32(scene.reach), 0, 1), ink)
    # The far wall of the well faces the light, the near one is in its own shade.
    scene.light_up(_ring(radius, well, step) * towards, -rng.uniform(12, 45))
    scene.light_up(_ring(radius, 0.93, 0.025) * np.clip(towards, 0, 1), rng.uniform(0, 60))
    shine = np.hypot(x - np.float32(rng.uniform(-0.3, 0.3)), y - np.float32(rng.uniform(-0.3, 0.3)))
    scene.light_up(np.exp(-((shine / np.float32(rng.uniform(0.08, 0.3))) ** 2)), rng.uniform(0, 50))
    return scene.done(name)


def _tinplate(scene: Scene) -> tuple[str, Picture]:
    """Return the colour name and surface of smooth rolled sheet, tin or gold lacquered."""
    rng, size = scene.rng, scene.size
    sheet = streaks(rng, size, length=rng.uniform(20, 90), width=1.5, upright=rng.random() < 0.5)
    sheen = smooth_noise(rng, size, cells=(2, 4)) * np.float32(rng.uniform(0.01, 0.06))
    colour, name = tinted(rng, rng.uniform(110, 215)), "grey"
    if rng.random() < 0.2:
        colour, name = colour * np.asarray([1.1, 0.92, 0.52], np.float32), "yellow"
    factor = 1 + sheen + np.float32(rng.uniform(0.005, 0.03)) * sheet
    return name, scene.distinct(shade(colour, factor))


def can(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a tin can: a ribbed or labelled cylinder from the side, or its lid from above."""
    if rng.random() < 0.45:
        return _lid(Scene(rng, size, fill=(0.6, 0.98)))
    scene = Scene(rng, size, fill=(0.7, 0.98), tilt=0.1)
    name, tin = _tinplate(scene)
    half, open_half = rng.uniform(0.48, 0.72), rng.uniform(0.04, 0.16)
    tall = rng.uniform(0.6, 0.93) - open_half
    x, y = scene.local()
    around = x / np.float32(half)
    # Rings of a can bend as its lid does: lower in the middle of the picture.
    down = y - np.float32(open_half) * np.sqrt(np.clip(1 - around * around, 0, 1))
    lit = _cylinder(scene, around)
    ribs = np.zeros(size, np.float32)
    if rng.random() < 0.6:
        part = np.clip((np.float32(tall * rng.uniform(0.4, 0.8)) - np.abs(down)) * 25, 0, 1)
        ribs = part * np.sin(down * np.float32(rng.uniform(28, 60))) * np.float32(0.14)
    wall = scene.box((half, tall), centre=(0, 0))
    base = scene.ellipse((half, open_half), centre=(0, tall))
    lid = scene.ellipse((half, open_half), centre=(0, -tall))
    scene.add(np.maximum(wall, np.maximum(base, lid)), shade(tin, lit * (1 + ribs)))
    if rng.random() < 0.65:
        name, paper = moulded(scene)
        reach = tall * rng.uniform(0.7, 0.92)
        label = np.clip((np.float32(reach) - np.abs(down)) * np.float32(scene.reach), 0, 1)
        covered = lit * (1 + ribs * np.float32(choose(rng, (0.0, 0.4))))
        scene.mark(label, shade(paper, covered))
        _decorate(scene, (np.arcsin(np.clip(around, -1, 1)), down), covered * label, 0.0)
    for place in (-tall + 0.035, tall - 0.035):
        rim = _ring(down, place, 0.02)
        scene.light_up(rim, rng.uniform(10, 50))
        scene.light_up(_ring(down, place - math.copysign(0.05, place), 0.015), -30)
    scene.mark(lid, np.clip(tin * np.float32(1.1), 0, 250))
    groove = scene.ellipse((half * 0.92, open_half * 0.9), centre=(0, -tall))
    scene.mark(groove, tin * np.float32(rng.uniform(0.6, 0.85)))
    floor = scene.ellipse((half * 0.87, open_half * 0.8), centre=(0, -tall + open_half * 0.06))
    scene.mark(floor, tin * np.float32(0.96))
    return scene.done(name)


def _lid(scene: Scene) -> Rendered:
    """Draw the lid of a can: rim, beads, and at times a ring pull with its score line."""
    rng = scene.rng
    name, tin = _tinplate(scene)
    radius, theta = scene.polar()
    scene.add(scene.circle(0, 0, 1), tin, bevel=0.05, gain=0.6)
    scene.add(
        scene.circle(0, 0, 0.91), tin * np.float32(rng.uniform(0.8, 1)), bevel=0.05, gain=-0.6
    )
    towards = np.cos(theta - np.float32(scene.light - scene.angle))
    for _ in range(int(rng.integers(0, 5))):
        place, wide = rng.uniform(0.35, 0.82), rng.uniform(0.01, 0.03)
        bead = _ring(radius, place, wide) - _ring(radius, place + 1.6 * wide, wide)
        scene.light_up(bead * towards, rng.uniform(25, 70))
    if rng.random() < 0.65:
        if rng.random() < 0.5:
            tear = scene.ellipse((0.3, 0.24), centre=(0.42, 0))
            _emboss(scene, tear, width=0.03, gain=-0.45)
        else:
            scene.light_up(_ring(radius, 0.8, 0.008), -60)
        far = rng.uniform(0.42, 0.6)
        tab = scene.box((far / 2 + 0.1, 0.19), centre=(0.05 - far / 2, 0), corner=0.19)
        eye = scene.box((far / 2 - 0.08, 0.11), centre=(-far / 2 - 0.09, 0), corner=0.11)
        pull = tin if rng.random() < 0.8 else moulded(scene)[1]
        scene.add(tab * (1 - eye), np.clip(pull * np.float32(1.1), 0, 250), bevel=0.05, gain=0.6)
        scene.add(scene.circle(0, 0, 0.07), tin, bevel=0.05, gain=0.6, dome=True)
    elif rng.random() < 0.6:
        word = random_text(rng, int(rng.integers(3, 8)))
        ink = tinted(rng, 60)
        scene.text(word, place=(0, 0), height=0.16, paint=ink)
    return scene.done(name)


def soap(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a bar of soap: rounded block or oval, embossed, swirled, layered or with herbs."""
    scene = Scene(rng, size, fill=(0.6, 0.9))
    names = ("white", "white", "beige", "pink", "yellow", "green", "blue", "purple", "orange")
    name, colour = pick_colour(rng, names)
    _, second = pick_colour(rng, names)
    mild = np.float32(rng.uniform(0.35, 0.75))
    colour, second = (part * mild + np.float32(228) * (1 - mild) for part in (colour, second))
    surface = shade(colour, 1 + np.float32(0.012) * smooth_noise(rng, size, cells=(6, 30)))
    x, y = scene.local()
    finish = choose(rng, ("plain", "plain", "swirl", "layers", "herbs"))
    if finish == "swirl":
        warp = smooth_noise(rng, size, cells=(2, 5), decay=0.4)
        waves = np.sin(x * np.float32(rng.uniform(3, 7)) + warp * np.float32(rng.uniform(1, 2.2)))
        surface = blend(surface, second, np.clip(waves * 2, 0, 1) * np.float32(0.7))
    elif finish == "layers":
        warp = smooth_noise(rng, size, cells=(3, 7)) * np.float32(0.05)
        bands = np.clip((fraction(x * np.float32(rng.uniform(0.7, 2)) + warp) - 0.5) * 40, 0, 1)
        surface = blend(surface, second, bands * np.float32(0.8))
    ratio = rng.uniform(0.55, 0.85)
    shape = choose(rng, ("oval", "block", "block", "cushion"))
    corner = {"block": rng.uniform(0.06, 0.2), "cushion": ratio * 0.8}.get(shape, 0.0)
    body = (
        scene.ellipse((0.97, ratio)) if shape == "oval" else scene.box((0.97, ratio), corner=corner)
    )
    bevel, gloss = rng.uniform(0.12, 0.5), rng.uniform(0, 0.35)
    surface = scene.distinct(surface)
    scene.add(body, surface, bevel=bevel, gain=0.5, gloss=gloss, dome=True)
    if finish == "herbs":
        flecks = _scattered(
            scene, int(rng.integers(20, 90)), radius=0.014, stretch=2.0, extent=0.95
        )
        scene.mark(flecks * np.float32(0.8), pick_colour(rng, ("green", "brown", "purple"))[1])
    stamp = choose(rng, ("none", "word", "word", "frame", "dish", "ridges"))
    inner = _inset(body, scene.reach * rng.uniform(0.16, 0.24))
    if stamp in ("frame", "dish"):
        _emboss(scene, inner, width=rng.uniform(0.03, 0.14), gain=choose(rng, (-0.25, 0.25)))
    elif stamp == "ridges":
        scene.shade_by(1 + inner * np.sin(y * np.float32(rng.uniform(18, 40))) * np.float32(0.07))
    if stamp in ("word", "frame"):
        word = random_text(rng, int(rng.integers(2, 6)))
        height = min(0.42, 2.1 / len(word) * 0.55) * rng.uniform(0.7, 1)
        _pressed_text(scene, word, height=height, paint=scene.picture[scene.coverage > 0.5].mean(0))
    return scene.done(name)


def _sphere(scene: Scene) -> Float32[np.ndarray, "3 height width"]:
    """Return the point of a randomly turned unit sphere that every pixel shows."""
    x, y = scene.local()
    z = np.sqrt(np.clip(1 - x * x - y * y, 0, 1))
    turned, _ = np.linalg.qr(scene.rng.standard_normal((3, 3)))
    stacked = np.stack([x, y, z]).reshape(3, -1)
    points: Float32[np.ndarray, "3 height width"] = turned.astype(np.float32) @ stacked
    return points.reshape(3, *scene.size)


def _lattice(count: int) -> Float[np.ndarray, "point 3"]:
    """Return points spread evenly over the near half of the unit sphere."""
    z = 1 - (np.arange(count) + 0.5) / count
    angle, radius = np.arange(count) * _GOLDEN_ANGLE, np.sqrt(1 - z * z)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), z], axis=1)


def _seam(field: Coverage, width: Number) -> Coverage:
    """Return the line where a field on the ball is zero; ``width`` in units of the field."""
    line: Coverage = np.clip(1.5 - np.abs(field) * np.float32(1.5 / float(width)), 0, 1)
    return line


def ball(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a ball: golf, tennis, ping-pong, basketball, football or billiard."""
    scene = Scene(rng, size, fill=(0.5, 0.97))
    paint = choose(rng, (_golf, _golf, _tennis, _tennis, _plain, _basket, _football, _billiard))
    return scene.done(paint(scene, scene.circle(0, 0, 0.98)))


def _globe(scene: Scene, body: Coverage, surface: Picture, gloss: Number) -> None:
    """Put the ball on the background, shaded as a sphere."""
    scene.add(body, scene.distinct(surface), bevel=0.98, gain=0.75, gloss=gloss, dome=True)


def _golf(scene: Scene, body: Coverage) -> str:
    """Draw a golf ball: dimples, often a print."""
    rng = scene.rng
    name, surface = moulded(scene, ("white", "white", "white", "white", "yellow", "orange"))
    _globe(scene, body, surface, rng.uniform(0.1, 0.5))
    count = int(rng.integers(90, 190))
    x, y, z = _lattice(count).T
    spin, wide = rng.uniform(0, 6.28), rng.uniform(0.62, 0.8) * math.sqrt(2 / count)
    places = np.stack([x * np.cos(spin) - y * np.sin(spin), x * np.sin(spin) + y * np.cos(spin)], 1)
    halves = np.stack([wide * np.maximum(z, 0.1), np.full(count, wide)], axis=1)
    angles = np.arctan2(places[:, 1], places[:, 0]).tolist()
    dimples = _dots(scene, places * 0.98, halves, angles)
    _emboss(scene, dimples, width=wide * 0.9, gain=-rng.uniform(0.2, 0.4))
    if rng.random() < 0.6:
        word, ink = random_text(rng, int(rng.integers(1, 5))), pick_colour(rng)[1]
        scene.text(word, place=(0, rng.uniform(-0.2, 0.2)), height=0.22, paint=ink)
    return name


def _tennis(scene: Scene, body: Coverage) -> str:
    """Draw a tennis ball: felt and one curved seam."""
    rng, size = scene.rng, scene.size
    name, felt = pick_colour(rng, ("yellow", "yellow", "yellow", "green", "orange"))
    if name == "yellow":
        felt = np.asarray([206, 220, 62], np.float32) * np.float32(rng.uniform(0.85, 1.08))
    fuzz = grain(rng, size, sigma=max(0.7, 0.012 * scene.reach), strength=0.09)
    _globe(scene, body, shade(felt, fuzz), 0.0)
    x, y, z = _sphere(scene)
    bend = np.float32(rng.uniform(2.2, 3.2))
    slope = np.sqrt(1 + bend * bend * (x * x + y * y))
    seam = _seam((z - bend * x * y) / slope, rng.uniform(0.035, 0.06))
    scene.mark(seam * np.float32(0.95), tinted(rng, rng.uniform(205, 240)))
    return name


def _plain(scene: Scene, body: Coverage) -> str:
    """Draw a ping-pong ball: smooth, at times with an equator or a print."""
    rng = scene.rng
    name, surface = moulded(scene, ("white", "white", "orange", "orange", "red", "blue", "green"))
    _globe(scene, body, surface, rng.uniform(0.02, 0.3))
    if rng.random() < 0.4:
        scene.light_up(_seam(_sphere(scene)[0], 0.015), -rng.uniform(10, 35))
    if rng.random() < 0.6:
        ink = pick_colour(rng, ("black", "blue", "red", "green"))[1]
        scene.text(random_text(rng, int(rng.integers(2, 5))), place=(0, 0), height=0.22, paint=ink)
        scene.text("***", place=(0, -0.25), height=0.2, paint=ink)
    return name


def _basket(scene: Scene, body: Coverage) -> str:
    """Draw a basketball: pebbled skin and dark channels."""
    rng, size = scene.rng, scene.size
    name, skin = pick_colour(rng, ("orange", "orange", "brown"))
    pebbles = grain(rng, size, sigma=max(0.8, 0.015 * scene.reach), strength=0.05)
    _globe(scene, body, shade(skin, pebbles), rng.uniform(0, 0.2))
    x, y, z = _sphere(scene)
    arcs = np.abs(x) - np.float32(0.5) - np.float32(0.3) * z * z
    wide = rng.uniform(0.02, 0.035)
    lines = np.maximum(np.maximum(_seam(y, wide), _seam(z, wide)), _seam(arcs, wide * 1.2))
    scene.mark(lines * np.float32(0.9), tinted(rng, 40))
    return name


def _football(scene: Scene, body: Coverage) -> str:
    """Draw a football of twelve dark and twenty light panels."""
    rng = scene.rng
    name, surface = moulded(scene, ("white", "white", "white", "yellow", "orange"))
    _globe(scene, body, surface, rng.uniform(0.05, 0.35))
    golden = (1 + math.sqrt(5)) / 2
    signs = ((1, 1), (1, -1), (-1, 1), (-1, -1))
    plain = [(0.0, a, b * golden) for a, b in signs]
    corners = np.asarray([np.roll(p, k) for k in range(3) for p in plain]) / math.hypot(1, golden)
    cube = [(a, b, c) for a, b in signs for c in (1, -1)]
    wide = [(0.0, a * golden, b / golden) for a, b in signs]
    middles = np.asarray(cube + [np.roll(p, k) for k in range(3) for p in wide]) / math.sqrt(3)
    # A pentagon's plane lies a little farther out than a hexagon's: its panels are smaller.
    normals = np.concatenate([corners * 0.974, middles]).astype(np.float32)
    points = _sphere(scene)
    middle = points[:, round(scene.centre[1]), round(scene.centre[0])]
    facing = normals @ middle > -0.2
    near = normals[facing] @ points.reshape(3, -1)
    dark = near[: facing[:12].sum()].max(0).reshape(scene.size)
    first, second = (np.full(near.shape[1], -1, np.float32) for _ in range(2))
    for panel in near:
        second = np.maximum(second, np.minimum(first, panel))
        first = np.maximum(first, panel)
    gap = (first - second).reshape(scene.size)
    ink = pick_colour(rng, ("black", "black", "blue", "red"))[1]
    inside = (dark >= first.reshape(scene.size) - 1e-6).astype(np.float32)
    scene.mark(cv2.GaussianBlur(inside, (0, 0), 0.6) * np.float32(0.92), ink)
    scene.light_up(_seam(gap, 0.02), -rng.uniform(25, 70))
    return name


def _billiard(scene: Scene, body: Coverage) -> str:
    """Draw a billiard ball: glossy, a white disc with a number, at times a wide stripe."""
    rng = scene.rng
    name, colour = moulded(scene)
    white = tinted(rng, 226)
    _globe(scene, body, colour, rng.uniform(0.4, 0.8))
    points = _sphere(scene)
    if rng.random() < 0.4:
        ends = np.clip((np.abs(points[0]) - np.float32(0.55)) * np.float32(scene.reach), 0, 1)
        scene.mark(ends * np.float32(0.92), white)
    x, y = (float(v) for v in rng.uniform(-0.3, 0.3, 2))
    scene.mark(scene.circle(x, y, 0.32) * np.float32(0.95), white)
    scene.text(str(int(rng.integers(1, 16))), place=(x, y), height=0.3, paint=tinted(rng, 30))
    return name


HOUSEHOLD: Mapping[str, Renderer] = {
    "potato": potato,
    "carrot": carrot,
    "bread": bread,
    "bean": bean,
    "citrus": citrus,
    "pretzel": pretzel,
    "chocolate": chocolate,
    "cup": cup,
    "saucer": saucer,
    "can": can,
    "soap": soap,
    "ball": ball,
}
