"""Bottles, medicine, labels, caps and household goods."""

import math
from collections.abc import Mapping

import numpy as np

from promptlab.synthetic.canvas import (
    Rendered,
    Renderer,
    Size,
    pick_colour,
    smooth_noise,
)
from promptlab.synthetic.fields import choose, fraction, grain, peak, shade, tinted
from promptlab.synthetic.objects.rounds import upright_round
from promptlab.synthetic.objects.scene import Scene, random_text, turn
from promptlab.synthetic.objects.surfaces import metal, moulded
from promptlab.synthetic.textures import TEXTURES

__all__ = ["PACKAGED"]


def bottle(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a bottle mouth from above: concentric glass rings with lamp reflections."""
    scene = Scene(rng, size, fill=(0.65, 0.97))
    name = choose(rng, ("brown", "brown", "green", "black", "white"))
    glass = {
        "brown": (96, 58, 34),
        "green": (44, 92, 58), "black": (38, 38, 42), "white": (176, 186, 188)
    }[name]  # fmt: skip
    radius, theta = scene.polar()
    mouth, lip = rng.uniform(0.45, 0.62), rng.uniform(0.7, 0.82)
    knots = np.asarray([0, mouth * 0.9, mouth, mouth + 0.04, lip, lip + 0.05, 0.96, 1.0])
    level = np.asarray([0.15, 0.3, 0.5, 1.5, 1.2, 0.45, 0.8, 0.5]) * rng.uniform(0.7, 1.3, 8)
    profile = np.interp(radius, knots, level).astype(np.float32)
    body = scene.circle(0, 0, 1)
    scene.add(body, shade(np.asarray(glass, np.float32), profile))
    for _ in range(int(rng.integers(3, 9))):
        place = choose(rng, (mouth + 0.03, lip, lip - 0.06, 0.95, mouth * 0.8))
        ring = peak(radius, place, rng.uniform(0.01, 0.04))
        arc = np.cos(theta * int(rng.integers(1, 4)) + rng.uniform(0, 6.28))
        scene.light_up(ring * np.clip(arc * 3 - 0.8, 0, 1), rng.uniform(40, 190))
    rim = peak(radius, (mouth + lip) / 2, 0.05)
    scene.light_up(rim, rng.uniform(0, 120))
    return scene.done(name)


def juicebottle(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a filled bottle from the side: neck, fill level, labels with a fruit and words."""
    scene = Scene(rng, size, fill=(0.88, 0.99), tilt=0.06)
    half, neck = rng.uniform(0.3, 0.42), rng.uniform(0.12, 0.17)
    shoulder = rng.uniform(-0.5, -0.2)
    profile = [
        (neck, -0.97), (neck, -0.72), (half * 0.8, shoulder), (half, shoulder + 0.15), (half, 0.92),
        (half * 0.9, 0.98),
    ]  # fmt: skip
    mirrored = [(-x, y) for x, y in reversed(profile)]
    body = scene.shape(profile + mirrored)
    x, y = scene.local()
    widths = np.interp(y, [p[1] for p in profile], [p[0] for p in profile]).astype(np.float32)
    lit = upright_round(scene, x / widths)
    glass = scene.behind * np.float32(0.6) + np.float32(55)
    scene.add(body, shade(glass, lit))
    name, liquid = pick_colour(
        rng, ("yellow", "orange", "red", "green", "purple", "white", "brown")
    )
    level = rng.uniform(-0.85, shoulder + 0.1)
    filled = np.clip((y - np.float32(level)) * np.float32(scene.reach), 0, 1)
    scene.mark(filled * np.float32(0.9), shade(liquid, lit))
    top = scene.box((neck * 1.15, 0.09), centre=(0, -0.9), corner=0.02)
    if rng.random() < 0.6:
        scene.add(top, shade(moulded(scene)[1], upright_round(scene, x / np.float32(neck * 1.2))))
    if rng.random() < 0.85:
        _, paper = pick_colour(rng, ("white", "white", "beige", "yellow", "green"))
        middle, tall = rng.uniform(0.15, 0.4), rng.uniform(0.16, 0.34)
        scene.mark(scene.box((half * 0.88, tall), centre=(0, middle)), shade(paper, lit))
        motif = scene.ellipse((half * 0.4, half * 0.4), centre=(0, middle - tall * 0.25))
        scene.mark(motif, shade(liquid * np.float32(0.9), lit))
        word = random_text(rng, int(rng.integers(3, 6)))
        ink = pick_colour(rng, ("black", "red", "green", "blue"))[1]
        scene.text(word, place=(0, middle + tall * 0.62), height=0.11, paint=ink)
        if rng.random() < 0.5:
            strip = scene.box((half * 0.75, 0.06), centre=(0, min(0.85, middle + tall + 0.12)))
            scene.mark(strip, shade(paper * np.float32(0.95), lit))
    return scene.done(name)


def capsule(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a two-part medicine capsule: two colours, a seam, a print, glossy ends."""
    scene = Scene(rng, size, fill=(0.6, 0.97))
    name, first = moulded(scene)
    _, second = moulded(scene) if rng.random() < 0.75 else (name, first)
    half = rng.uniform(0.3, 0.42)
    seam = rng.uniform(-0.12, 0.12)
    rear = scene.box((0.97, half * 0.95), corner=half)
    gloss, gain = rng.uniform(0.15, 0.7), rng.uniform(0.5, 0.8)
    scene.add(rear, second, bevel=half, gain=gain, gloss=gloss, dome=True)
    x, _ = scene.local()
    front = scene.box((0.985, half), corner=half)
    front = front * np.clip((np.float32(seam) - x) * np.float32(scene.reach), 0, 1)
    whole = scene.box((0.985, half), corner=half)
    keep = scene.picture.copy()
    scene.add(whole, first, bevel=half, gain=gain, gloss=gloss, dome=True)
    cap = np.clip((x - np.float32(seam)) * np.float32(scene.reach) + np.float32(0.5), 0, 1)
    scene.picture = scene.picture + (keep - scene.picture) * cap[..., None]
    scene.coverage = np.maximum(front, rear)
    scene.light_up(peak(x, seam, 0.02), -40)
    for place in (-0.5, 0.5):
        if rng.random() < 0.5:
            word = random_text(rng, int(rng.integers(2, 4)))
            ink = pick_colour(rng, ("black", "white", "blue", "red"))[1]
            scene.text(word, place=(place, 0), height=half * 0.6, paint=ink)
    return scene.done(name)


def pill(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a tablet: round or oblong, score line, imprint, speckles."""
    scene = Scene(rng, size)
    name, surface = moulded(
        scene, ("white", "white", "white", "yellow", "pink", "blue", "orange", "beige", "green")
    )
    if rng.random() < 0.5:
        _, spot = pick_colour(rng)
        specks = np.clip(smooth_noise(rng, size, cells=(40, 70)) - np.float32(1.3), 0, 1)
        surface = (
            surface + (spot - surface) * (specks * np.float32(rng.uniform(0.1, 0.8)))[..., None]
        )
    ratio = 1.0 if rng.random() < 0.5 else rng.uniform(0.4, 0.7)
    body = scene.ellipse((1, ratio)) if rng.random() < 0.6 else scene.box((1, ratio), corner=ratio)
    bevel = rng.uniform(0.15, 0.6) * ratio
    scene.add(body, surface, bevel=bevel, gain=0.55, gloss=rng.uniform(0, 0.25), dome=True)
    kind = rng.random()
    if kind < 0.45:
        groove = scene.line([(0, -0.85 * ratio), (0, 0.85 * ratio)], 0.05)
        scene.light_up(groove, -45)
        scene.light_up(scene.line([(0.04, -0.8 * ratio), (0.04, 0.8 * ratio)], 0.03), 25)
    if kind > 0.3:
        word = random_text(rng, int(rng.integers(1, 5)))
        printed = rng.random() < 0.4
        ink = pick_colour(rng, ("black", "red", "blue"))[1]
        ink = ink if printed else surface.mean((0, 1)) * np.float32(0.72)
        scene.text(word, place=(0.02, 0), height=min(0.4, ratio * 0.5), paint=ink)
    return scene.done(name)


def toothbrush(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a toothbrush head from above: tufts of bristles in rows on a rounded head."""
    scene = Scene(rng, size, fill=(0.8, 0.99))
    name, surface = moulded(scene)
    head = scene.box((0.62, 0.3), centre=(-0.35, 0), corner=0.28)
    handle = scene.box((0.5, rng.uniform(0.1, 0.15)), centre=(0.6, 0), corner=0.08)
    scene.add(np.maximum(head, handle), surface, bevel=0.12, gain=0.5, gloss=0.2, dome=True)
    rows, columns = int(rng.integers(3, 5)), int(rng.integers(7, 11))
    colours = [pick_colour(rng)[1], pick_colour(rng, ("white", "blue", "green"))[1]]
    tufts = [np.zeros(size, np.float32) for _ in colours]
    for i in range(rows):
        for j in range(columns):
            x = -0.88 + 1.08 * (j + 0.5) / columns
            y = (i - (rows - 1) / 2) * 0.46 / rows
            kind = (j // 2 + i) % 2
            shift = rng.normal(0, 0.012, 2)
            tuft = scene.circle(x + shift[0], y + shift[1], 0.42 / columns + 0.012)
            tufts[kind] = np.maximum(tufts[kind], tuft)
    fibres = grain(rng, size, sigma=max(0.7, 0.008 * scene.reach), strength=0.16)
    for colour, coverage in zip(colours, tufts, strict=True):
        scene.add(coverage, shade(colour, fibres), bevel=0.05, gain=0.6, dome=True)
    return scene.done(name)


def zipper(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a closed zipper: interlocked teeth between two woven tapes, filling the view."""
    cloth = TEXTURES[choose(rng, ("fabric", "twill"))](rng, size)
    upright = rng.random() < 0.6
    scene = Scene(rng, size, fill=(1.0, 1.0), tilt=0.04, background=cloth.picture)
    scene.angle += math.pi / 2 if upright else 0.0
    scene.coverage = np.ones(size, np.float32)
    _, teeth = metal(scene) if rng.random() < 0.6 else moulded(scene)
    x, y = scene.local()
    half, pitch = rng.uniform(0.12, 0.26), rng.uniform(0.07, 0.16)
    tape = (np.abs(y) < half * 1.9).astype(np.float32)
    scene.shade_by(1 - tape * np.float32(rng.uniform(0, 0.35)))
    for side, shift in ((-1.0, 0.0), (1.0, 0.5)):
        phase = fraction(x / np.float32(pitch) + np.float32(shift)) - np.float32(0.5)
        reach = np.float32(half) - np.abs(y - np.float32(side * half * 0.62))
        tooth = np.clip(reach * np.float32(scene.reach), 0, 1) * np.clip(
            (np.float32(0.3) - np.abs(phase)) * np.float32(pitch * scene.reach) + 0.5, 0, 1
        )
        scene.add(tooth, teeth, bevel=pitch * 0.25, gain=0.6)
    for place in (half * 2.1, -half * 2.1):
        dash = (fraction(x * 9) < 0.65).astype(np.float32)
        seam = peak(y, place, 0.012) * dash
        scene.light_up(seam, rng.uniform(-45, 45))
    if rng.random() < 0.2:
        slider = scene.box((0.2, half * 1.3), centre=(rng.uniform(-0.6, 0.6), 0), corner=0.08)
        scene.add(slider, metal(scene)[1], bevel=0.07, gain=0.6)
    picture = scene.done(cloth.colour)
    return Rendered(picture.picture, np.ones(size, np.float32), cloth.colour, cloth.picture)


def candle(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a candle: a tea light from above or a pillar from the side."""
    scene = Scene(rng, size, tilt=0.15)
    name, wax = moulded(scene, ("white", "white", "beige", "red", "pink", "yellow", "green"))
    ink = tinted(rng, 40)
    if rng.random() < 0.6:
        scene.add(scene.circle(0, 0, 1), metal(scene)[1], bevel=0.06, gain=0.6)
        wavy = 1 + np.float32(0.02) * smooth_noise(rng, size, cells=(3, 6))
        scene.add(scene.circle(0, 0, 0.9), shade(wax, wavy), bevel=0.06, gain=-0.3)
        scene.light_up(scene.circle(0, 0, rng.uniform(0.1, 0.3)), -14)
        tip = [(0.0, 0.0), (rng.normal(0, 0.1), rng.normal(0, 0.1))]
        scene.add(scene.line(tip, 0.06), ink, bevel=0.03, gain=0.4)
        return scene.done(name)
    half = rng.uniform(0.3, 0.6)
    x, _ = scene.local()
    scene.add(scene.line([(0, -0.95), (rng.normal(0, 0.03), -0.6)], 0.045), ink)
    lit = upright_round(scene, x / np.float32(half))
    body = np.maximum(
        scene.box((half, 0.78), centre=(0, 0.2), corner=0.03),
        scene.ellipse((half, half * 0.25), centre=(0, -0.58)),
    )
    scene.add(body, shade(wax, lit))
    scene.mark(scene.ellipse((half * 0.95, half * 0.2), centre=(0, -0.58)), wax * np.float32(1.06))
    return scene.done(name)


def button(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a sewing button: rim, dished middle, two or four holes, sometimes pearly."""
    scene = Scene(rng, size)
    name, surface = moulded(scene)
    if rng.random() < 0.4:
        swirl = smooth_noise(rng, size, cells=(2, 5, 12), decay=0.7)
        surface = shade(surface, 1 + np.float32(rng.uniform(0.05, 0.15)) * swirl)
    gloss = rng.uniform(0.1, 0.5)
    rim = rng.uniform(0.1, 0.25)
    scene.add(scene.circle(0, 0, 1), surface, bevel=rim, gain=0.5, gloss=gloss, dome=True)
    dish = scene.circle(0, 0, 1 - rim * 1.2)
    scene.add(dish, surface * np.float32(rng.uniform(0.85, 1)), bevel=0.1, gain=-0.5)
    count = int(choose(rng, (2, 4, 4)))
    for x, y in turn(count, radius=rng.uniform(0.2, 0.3)):
        hole = scene.circle(x, y, rng.uniform(0.07, 0.11))
        scene.cut(hole)
    return scene.done(name)


def cap(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a bottle cap from above: knurled screw cap or crimped crown cork, with a print."""
    scene = Scene(rng, size)
    name, surface = moulded(scene) if rng.random() < 0.7 else metal(scene)
    radius, theta = scene.polar()
    count = int(rng.integers(21, 60))
    wave = np.cos(count * theta)
    edge = np.float32(0.96) + np.float32(rng.uniform(0.01, 0.04)) * wave
    body = np.clip((edge - radius) * np.float32(scene.reach) + np.float32(0.5), 0, 1)
    scene.add(body, surface, bevel=0.1, gain=0.5)
    top = rng.uniform(0.74, 0.86)
    scene.shade_by(1 + np.float32(0.22) * wave * (radius > top))
    face = scene.circle(0, 0, top)
    scene.add(face, surface * np.float32(rng.uniform(0.95, 1.1)), bevel=0.07, gain=0.45)
    ink = pick_colour(rng)[1]
    kind = rng.random()
    if kind < 0.35:
        ring = scene.circle(0, 0, 0.62) * (1 - scene.circle(0, 0, rng.uniform(0.45, 0.56)))
        scene.mark(ring, ink)
    if kind < 0.7:
        word = random_text(rng, int(rng.integers(2, 6)))
        scene.text(word, place=(0, 0), height=rng.uniform(0.2, 0.34), paint=ink)
    elif kind < 0.85:
        scene.mark(scene.shape(turn(int(rng.integers(3, 7)), radius=0.4)), ink)
    return scene.done(name)


def label(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a printed label: words, bars of a bar code, a logo, a coloured band."""
    scene = Scene(rng, size, fill=(0.7, 0.99), tilt=0.5)
    name, paper = moulded(scene, ("white", "white", "white", "beige", "yellow", "orange", "green"))
    half = (0.97, rng.uniform(0.5, 0.9))
    corner = choose(rng, (0.0, 0.08, 0.2))
    scene.add(scene.box(half, corner=corner), paper, bevel=0.015, gain=0.15)
    ink = pick_colour(rng, ("black", "black", "black", "blue", "red"))[1]
    if rng.random() < 0.5:
        band = scene.box((0.97, 0.14), centre=(0, -half[1] + 0.14), corner=min(corner, 0.1))
        scene.mark(band, pick_colour(rng)[1])
    if rng.random() < 0.6:
        _bar_code(scene, ink, bottom=half[1] - 0.1, right=rng.uniform(0.3, 0.85))
    if rng.random() < 0.5:
        place, radius = (rng.uniform(-0.7, -0.4), rng.uniform(-0.2, 0.3)), rng.uniform(0.12, 0.22)
        scene.mark(scene.circle(*place, radius), pick_colour(rng)[1])
    _print_lines(scene, ink, half)
    if rng.random() < 0.3:
        frame = scene.box((0.9, half[1] - 0.07)) * (1 - scene.box((0.88, half[1] - 0.09)))
        scene.mark(frame, ink)
    return scene.done(name)


def _print_lines(scene: Scene, ink: np.ndarray, half: tuple[float, float]) -> None:
    rng = scene.rng
    for row in range(int(rng.integers(1, 5))):
        word = random_text(rng, int(rng.integers(3, 10)))
        place = (rng.uniform(-0.15, 0.15), -half[1] + 0.28 + row * 0.24)
        scene.text(word, place=place, height=rng.uniform(0.1, 0.2), paint=ink)


def _bar_code(scene: Scene, ink: np.ndarray, *, bottom: float, right: float) -> None:
    """Print vertical bars of random widths."""
    x, y = scene.local()
    widths = scene.rng.integers(1, 4, 30)
    bars = np.repeat(np.arange(30) % 2, widths).astype(np.float32)
    left = right - 0.85
    index = np.clip((x - np.float32(left)) / np.float32(0.85) * len(bars), -1, len(bars)).astype(
        int
    )
    padded = np.concatenate([bars, np.zeros(2, np.float32)])
    inside = (np.abs(y - np.float32(bottom - 0.15)) < 0.15).astype(np.float32)
    scene.mark(padded[index] * inside, ink)


PACKAGED: Mapping[str, Renderer] = {
    "bottle": bottle,
    "juicebottle": juicebottle,
    "capsule": capsule,
    "pill": pill,
    "toothbrush": toothbrush,
    "zipper": zipper,
    "candle": candle,
    "button": button,
    "cap": cap,
    "label": label,
}
