"""Things to eat: vegetables, beans, slices of fruit, bread and pretzels, chocolate."""

import math
from collections.abc import Mapping

import cv2
import numpy as np

from promptlab.synthetic.canvas import (
    Colour,
    Coverage,
    Rendered,
    Renderer,
    Size,
    blend,
    pick_colour,
    smooth_noise,
    white_noise,
)
from promptlab.synthetic.fields import (
    Dyes,
    choose,
    dyed,
    fraction,
    grain,
    peak,
    ramp,
    shade,
    spread,
    tinted,
)
from promptlab.synthetic.objects.details import dots, emboss, inset, scattered
from promptlab.synthetic.objects.outlines import blob, placed
from promptlab.synthetic.objects.scene import Scene, random_text, turn

__all__ = ["GROCERIES"]


def _natural(rng: np.random.Generator, dyes: Dyes) -> tuple[str, Colour]:
    """Return a colour name and its jittered RGB; what has grown or was baked differs in hue."""
    return dyed(rng, dyes, brightness=0.06, hue=4.0)


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
    skins: Dyes = (
        ("beige", (204, 168, 108)), ("beige", (188, 150, 98)), ("brown", (150, 106, 66)),
        ("red", (156, 74, 74)), ("purple", (92, 62, 92)),
    )  # fmt: skip
    name, skin = _natural(rng, skins)
    flesh = np.asarray([228, 208, 140], np.float32) * np.float32(rng.uniform(0.9, 1.08))
    kind = choose(rng, ("whole", "whole", "whole", "peeled", "half"))
    body = scene.shape(blob(rng, rng.uniform(0.08, 0.2), rng.uniform(1.0, 1.75)))
    soft = smooth_noise(rng, size, cells=(3, 9, 40, 90), decay=0.75)
    if kind == "peeled":
        facets = np.round(smooth_noise(rng, size, cells=(3,)) * 1.5) * np.float32(0.025)
        scene.add(body, shade(flesh, 1 + facets), bevel=0.5, gain=0.6, gloss=0.12, dome=True)
        return scene.done("beige")
    net = np.clip(1 - np.abs(soft) * 4, 0, 1) * np.float32(rng.uniform(0, 0.16))
    surface = scene.distinct(shade(skin, 1 + np.float32(0.06) * soft + net))
    if kind == "half":
        scene.add(body, surface, bevel=0.1, gain=0.4)
        inner = inset(body, rng.uniform(0.02, 0.05) * scene.reach + 1)
        core = 1 + np.float32(0.015) * soft
        scene.mark(inner, shade(flesh, core))
        band = inset(body, 0.13 * scene.reach, soft=3) - inset(body, 0.17 * scene.reach, soft=3)
        scene.light_up(np.clip(band, 0, 1), -rng.uniform(4, 14))
        return scene.done("beige")
    scene.add(body, surface, bevel=0.85, gain=0.75, gloss=rng.uniform(0, 0.12), dome=True)
    count = int(rng.integers(3, 10))
    eyes = scattered(scene, count, radius=0.035, extent=0.6, stretch=rng.uniform(1.2, 2.2))
    emboss(scene, eyes, width=0.03, gain=-0.7)
    scene.light_up(eyes, -rng.uniform(8, 30))
    spots = scattered(scene, int(rng.integers(10, 90)), radius=0.011, extent=0.95)
    scene.mark(spots * np.float32(0.5), skin * np.float32(rng.uniform(0.55, 0.8)))
    return scene.done(name)


def carrot(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a carrot: tapering ringed root with stub or fern of leaves, or a round slice."""
    scene = Scene(rng, size, fill=(0.78, 0.99))
    roots: Dyes = (
        ("orange", (226, 120, 40)), ("orange", (234, 138, 58)), ("orange", (206, 100, 40)),
        ("yellow", (226, 184, 78)), ("purple", (104, 50, 82)),
    )  # fmt: skip
    name, base = _natural(rng, roots)
    if rng.random() < 0.25:
        _carrot_slice(scene, base)
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
            stalk = np.maximum(stalk, dots(scene, spray, ends, rng.uniform(0, 3, 9).tolist()))
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


def _carrot_slice(scene: Scene, base: Colour) -> None:
    """Draw a slice: rays round a paler core."""
    rng = scene.rng
    radius, theta = scene.polar()
    share = rng.uniform(0.65, 1)
    radius = radius / np.float32(share)
    scene.add(scene.shape(blob(rng, 0.04) * share), base, bevel=0.06, gain=0.4)
    rays = _radial(rng, radius, theta, 70) * np.float32(0.05)
    core = np.clip((np.float32(rng.uniform(0.35, 0.55)) - radius) * 14, 0, 1)
    paint = shade(base, 1 + rays) + (core * np.float32(18))[..., None]
    scene.mark(np.clip((np.float32(0.93) - radius) * 30, 0, 1), paint)
    scene.light_up(peak(radius, rng.uniform(0.4, 0.55), 0.03), -rng.uniform(6, 26))


def bread(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a slice of bread: crust around a porous crumb, with seeds or toasted at times."""
    scene = Scene(rng, size, fill=(0.6, 0.98))
    doughs: Dyes = (
        ("beige", (232, 214, 172)), ("beige", (220, 192, 142)), ("white", (238, 228, 204)),
        ("brown", (162, 118, 78)), ("brown", (124, 88, 60)),
    )  # fmt: skip
    name, crumb = _natural(rng, doughs)
    kind = choose(rng, ("tin", "tin", "round", "oval", "square"))
    if kind == "tin":
        top = rng.uniform(0.3, 0.45)
        lobe = scene.ellipse((rng.uniform(0.74, 0.84), top), centre=(0, top - 0.92))
        foot = scene.box((0.72, 0.72), centre=(0, rng.uniform(0.15, 0.22)), corner=0.1)
        body = np.maximum(lobe, foot)
    elif kind == "square":
        body = scene.box((0.72, rng.uniform(0.66, 0.72)), corner=rng.uniform(0.04, 0.14))
    else:
        body = scene.shape(blob(rng, 0.08, 1.1 if kind == "round" else rng.uniform(1.5, 2.2)))
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
    scene.mark(inset(body, width, soft=max(1.5, width)), paint)
    if rng.random() < 0.4:
        seeds = scattered(scene, int(rng.integers(10, 60)), radius=0.018, stretch=1.8)
        scene.mark(seeds, pick_colour(rng, ("brown", "black", "beige"))[1])
    return scene.done(name)


def _bean_colour(rng: np.random.Generator, coffee: bool) -> tuple[str, Colour]:
    """Draw the colour of a coffee bean or of a bean to cook."""
    roasts = (("brown", (92, 58, 38)), ("brown", (120, 78, 48)), ("black", (54, 38, 30)),
              ("green", (142, 150, 108)))  # fmt: skip
    pulses = (("red", (126, 38, 40)), ("white", (232, 224, 206)), ("black", (38, 34, 40)),
              ("beige", (204, 170, 134)), ("brown", (146, 92, 58)))  # fmt: skip
    return _natural(rng, roasts if coffee else pulses)


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
    for place in [(0.0, 0.0)] if count == 1 else turn(count, radius=0.48, phase=0.4):
        spin = rng.uniform(0, 2 * math.pi)
        wide = rng.uniform(0.6, 0.78) if coffee else rng.uniform(0.45, 0.58)
        # A dent over half the width makes that side hollow, as in a kidney.
        dent = 0.0 if coffee else rng.uniform(0.15, 0.4)
        y = wide * np.sin(turns) - dent * (1 - np.cos(turns) ** 2)
        outline = np.stack([np.cos(turns), y + dent / 2], axis=1) * scale
        body = scene.shape(placed(outline, place, spin))
        gloss = rng.uniform(0.05, 0.5)
        scene.add(body, surface, bevel=0.7 * scale, gain=0.8, gloss=gloss, dome=True)
        if coffee:
            sway = rng.uniform(-0.1, 0.1) * np.sin(np.linspace(-3, 3, 30))
            path = np.stack([np.linspace(-0.93, 0.93, 30), sway], axis=1) * scale
            cut = scene.line(placed(path, place, spin), rng.uniform(0.06, 0.12) * scale) * body
            emboss(scene, cut, width=0.05 * scale, gain=-0.5)
            scene.mark(cut * np.float32(0.7), base * np.float32(choose(rng, (0.4, 0.55, 1.5))))
        else:
            scar = np.asarray([(0.0, wide - dent / 2)]) * scale * 0.78
            spot = np.asarray([(0.13, 0.045)]) * scale
            hilum = dots(scene, placed(scar, place, spin), spot, [spin]) * body
            scene.mark(hilum * np.float32(0.8), np.clip(base * np.float32(0.5) + 70, 0, 255))
    return scene.done(name)


def citrus(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a slice of orange, lemon, lime or grapefruit: peel, pith, juicy segments, pips."""
    scene = Scene(rng, size, fill=(0.6, 0.98))
    fruits: Dyes = (
        ("orange", (238, 148, 40)), ("orange", (226, 122, 36)), ("yellow", (238, 216, 92)),
        ("green", (176, 198, 84)), ("pink", (226, 110, 96)), ("red", (160, 40, 48)),
    )  # fmt: skip
    name, juice = _natural(rng, fruits)
    peels = {"green": (84, 136, 48), "yellow": (234, 200, 42), "red": (222, 110, 40)}
    peel = np.asarray(peels.get(name, (236, 142, 34)), np.float32)
    radius, theta = scene.polar()
    body = scene.shape(blob(rng, 0.02, rng.uniform(1.0, 1.06)))
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
        seeds = dots(scene, where, np.full((len(angles), 2), 0.09) * (1, 0.45), angles.tolist())
        scene.mark(seeds, np.asarray([226, 204, 150], np.float32))
        emboss(scene, seeds, width=0.03, gain=0.4)
    return scene.done(name)


def pretzel(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a pretzel: a glossy brown rope tied in the classic knot, with or without salt."""
    scene = Scene(rng, size, fill=(0.72, 0.99))
    bakes = (("brown", (146, 84, 38)), ("brown", (172, 106, 52)), ("brown", (112, 62, 32)),
             ("orange", (196, 126, 62)))  # fmt: skip
    name, base = _natural(rng, bakes)
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
        emboss(scene, slit, width=0.05, gain=-0.3)
    if rng.random() < 0.75:
        count, grains = int(rng.integers(30, 110)), rng.uniform(0.018, 0.032)
        rope = inset(scene.coverage, 0.03 * scene.reach)
        salt = scattered(scene, count, radius=grains, extent=0.95, stretch=1.3) * rope
        scene.mark(salt, tinted(rng, 236))
        emboss(scene, salt, width=0.02, gain=0.35)
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
    kinds: Dyes = (
        ("brown", (104, 62, 40)), ("brown", (124, 78, 50)), ("brown", (78, 46, 32)),
        ("black", (52, 34, 28)), ("beige", (234, 214, 170)), ("pink", (206, 128, 136)),
    )  # fmt: skip
    name, base = _natural(rng, kinds)
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
        emboss(scene, inner, width=0.03, gain=choose(rng, (-0.4, 0.4)))
    elif design == "stamp":
        places = [((j - (columns - 1) / 2) * pitch[0], (i - (rows - 1) / 2) * pitch[1])
                  for i in range(rows) for j in range(columns)]  # fmt: skip
        word, paint = random_text(rng, 1), base * np.float32(rng.uniform(0.75, 0.88))
        for place in places:
            scene.text(word, place=place, height=min(piece) * 0.8, paint=paint)
    elif design == "nuts":
        inside = inset(scene.coverage, 0.05 * scene.reach)
        nuts = scattered(scene, int(rng.integers(12, 40)), radius=0.05, stretch=1.4) * inside
        scene.mark(nuts * np.float32(0.8), np.asarray([190, 138, 88], np.float32))
        emboss(scene, nuts, width=0.04, gain=0.3)
    return scene.done(name)


GROCERIES: Mapping[str, Renderer] = {
    "potato": potato,
    "carrot": carrot,
    "bread": bread,
    "bean": bean,
    "citrus": citrus,
    "pretzel": pretzel,
    "chocolate": chocolate,
}
