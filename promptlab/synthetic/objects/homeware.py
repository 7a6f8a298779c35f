"""Things of a household: cups, plates, tin cans, soap."""

import math
from collections.abc import Mapping

import numpy as np

from promptlab.synthetic.canvas import (
    Colour,
    Coverage,
    Number,
    Picture,
    Rendered,
    Renderer,
    Size,
    blend,
    pick_colour,
    smooth_noise,
)
from promptlab.synthetic.fields import choose, fraction, peak, ramp, shade, streaks, tinted
from promptlab.synthetic.objects.details import dots, emboss, inset, scattered
from promptlab.synthetic.objects.rounds import upright_round
from promptlab.synthetic.objects.scene import Scene, random_text, turn
from promptlab.synthetic.objects.surfaces import moulded

__all__ = ["HOMEWARE"]


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
    lit = upright_round(scene, around)
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
        foam = np.clip(np.maximum(crema, peak(radius, level, 0.05) * np.float32(0.5)), 0, 1)
        paint = ramp(drink, drink * np.float32(0.55) + np.asarray([104, 82, 54], np.float32), foam)
        filled = np.clip((np.float32(level) - radius) * np.float32(scene.reach), 0, 1)
        scene.mark(filled, np.clip(paint, 0, 250).astype(np.float32))
    else:
        scene.light_up(peak(radius, rng.uniform(0.5, 0.65), 0.05), -rng.uniform(8, 25))
    arc = np.clip(lean * 3 / np.float32(wide) - np.float32(1.6), 0, 1)
    scene.light_up(peak(radius, 1 - wall / 2, 0.02) * arc, rng.uniform(20, 110))
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
        scene.mark(dots(scene, spots, np.full((lobes, 2), 0.045) * (1, flat), [0.0] * lobes), ink)
    elif motif == "petals":
        tip = np.abs(np.sin(theta * np.float32(lobes / 2))) * np.float32(0.8 - well)
        scene.mark(np.clip((tip - np.abs(radius - well - tip / 2 - 0.05) * 1.6) * 25, 0, 1), ink)
    elif motif == "centre":
        petals = np.float32(0.25) + np.float32(0.12) * np.cos(theta * int(rng.integers(3, 9)))
        scene.mark(np.clip((petals - radius) * np.float32(scene.reach), 0, 1), ink)
    # The far wall of the well faces the light, the near one is in its own shade.
    scene.light_up(peak(radius, well, step) * towards, -rng.uniform(12, 45))
    scene.light_up(peak(radius, 0.93, 0.025) * np.clip(towards, 0, 1), rng.uniform(0, 60))
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
    lit = upright_round(scene, around)
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
        rim = peak(down, place, 0.02)
        scene.light_up(rim, rng.uniform(10, 50))
        scene.light_up(peak(down, place - math.copysign(0.05, place), 0.015), -30)
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
        bead = peak(radius, place, wide) - peak(radius, place + 1.6 * wide, wide)
        scene.light_up(bead * towards, rng.uniform(25, 70))
    if rng.random() < 0.65:
        if rng.random() < 0.5:
            tear = scene.ellipse((0.3, 0.24), centre=(0.42, 0))
            emboss(scene, tear, width=0.03, gain=-0.45)
        else:
            scene.light_up(peak(radius, 0.8, 0.008), -60)
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


def _pressed_text(scene: Scene, words: str, *, height: Number, paint: Colour) -> None:
    """Press letters into the surface: a dark and a bright edge, then the letter itself."""
    edge = 0.02
    for sign, factor in ((1.0, 0.72), (-1.0, 1.2)):
        turned = scene.light - scene.angle
        place = (sign * edge * math.cos(turned), sign * edge * math.sin(turned))
        scene.text(words, place=place, height=height, paint=np.clip(paint * factor, 0, 255))
    scene.text(words, place=(0.0, 0.0), height=height, paint=paint * np.float32(0.94))


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
        flecks = scattered(scene, int(rng.integers(20, 90)), radius=0.014, stretch=2.0, extent=0.95)
        scene.mark(flecks * np.float32(0.8), pick_colour(rng, ("green", "brown", "purple"))[1])
    stamp = choose(rng, ("none", "word", "word", "frame", "dish", "ridges"))
    inner = inset(body, scene.reach * rng.uniform(0.16, 0.24))
    if stamp in ("frame", "dish"):
        emboss(scene, inner, width=rng.uniform(0.03, 0.14), gain=choose(rng, (-0.25, 0.25)))
    elif stamp == "ridges":
        scene.shade_by(1 + inner * np.sin(y * np.float32(rng.uniform(18, 40))) * np.float32(0.07))
    if stamp in ("word", "frame"):
        word = random_text(rng, int(rng.integers(2, 6)))
        height = min(0.42, 2.1 / len(word) * 0.55) * rng.uniform(0.7, 1)
        _pressed_text(scene, word, height=height, paint=scene.picture[scene.coverage > 0.5].mean(0))
    return scene.done(name)


HOMEWARE: Mapping[str, Renderer] = {
    "cup": cup,
    "saucer": saucer,
    "can": can,
    "soap": soap,
}
