"""Plugs, lamps and instruments."""

import math
from collections.abc import Mapping

import cv2
import numpy as np

from promptlab.synthetic.canvas import (
    Colour,
    Coverage,
    Picture,
    Rendered,
    Renderer,
    Size,
    blend,
    pick_colour,
)
from promptlab.synthetic.fields import choose, fraction, peak, sampled, shade, tinted
from promptlab.synthetic.objects.details import scale_strokes
from promptlab.synthetic.objects.rounds import lathe
from promptlab.synthetic.objects.scene import Scene
from promptlab.synthetic.objects.surfaces import (
    CLEAR,
    GOLD,
    ground_level,
    inky,
    metal,
    moulded,
    plated,
    tinned,
    tinted_glass,
)

__all__ = ["DEVICES"]

_WARM = np.asarray([250, 206, 120], np.float32)


def usbplug(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a USB plug: metal shell, moulded grip, ribbed relief and cord, or its mouth."""
    scene = Scene(rng, size, fill=(0.78, 0.98))
    name, grip = moulded(scene, ("black", "black", "white", "white", "grey", "blue", "red"))
    _, shell = plated(scene)
    shell = shell * np.float32(1.1)
    if rng.random() < 0.25:
        return _plug_mouth(scene, name, grip, shell)
    half = rng.uniform(0.24, 0.32)
    small = rng.random() < 0.4
    tall, tip = (half * 0.62, -0.78) if small else (half, -0.97)
    cord = scene.line([(0.4, 0), (0.8, 0), (1.05, rng.uniform(-0.1, 0.1))], half * 0.62)
    scene.add(cord, grip, bevel=half * 0.3, gain=0.7, dome=True)
    relief, lit = lathe(scene, [(0.35, half * 0.75), (0.8, half * 0.42)], gloss=0.1)
    x, _ = scene.local()
    ribs = np.float32(1) - np.float32(0.4) * (fraction(x / np.float32(0.075)) < 0.4)
    scene.add(relief, shade(grip, lit * ribs))
    corner = tall * 0.6 if small else 0.03
    case = scene.box((0.35, tall), centre=(tip + 0.35, 0), corner=corner)
    scene.add(case, shell, bevel=tall * (0.8 if small else 0.1), gain=0.5, dome=small)
    if not small:
        scene.light_up(scene.line([(tip, 0), (-0.4, 0)], 0.012), choose(rng, (0, -50)))
        holes = [scene.box((0.075, 0.075), centre=(tip + 0.32, s * half * 0.5)) for s in (-1, 1)]
        scene.mark(holes[0] + holes[1], tinted(rng, rng.uniform(20, 70)))
    wide = half * rng.uniform(1.15, 1.4)
    block = scene.box((0.42, wide), centre=(0.04, 0), corner=rng.uniform(0.03, 0.2))
    gloss = rng.uniform(0, 0.4)
    scene.add(block, grip, bevel=rng.uniform(0.08, 0.2), gain=0.55, gloss=gloss, dome=True)
    if rng.random() < 0.6:
        _trident(scene, tinted(rng, 60 if name in ("white", "grey") else 205))
    elif rng.random() < 0.6:
        scene.light_up(scene.box((0.25, wide * 0.6), centre=(0.04, 0), corner=0.05), -22)
    return scene.done(name)


def _trident(scene: Scene, ink: Colour) -> None:
    """Print the sign of the bus: a stem with three branches."""
    scene.mark(scene.line([(0.28, 0), (-0.22, 0)], 0.025), ink)
    scene.mark(scene.shape([(-0.3, 0), (-0.2, -0.05), (-0.2, 0.05)]), ink)
    scene.mark(scene.line([(0.18, 0), (0.08, -0.11), (-0.02, -0.11)], 0.022), ink)
    scene.mark(scene.line([(0.12, 0), (0.02, 0.11), (-0.08, 0.11)], 0.022), ink)
    dots = scene.circle(0.28, 0, 0.055) + scene.circle(-0.02, -0.11, 0.035)
    scene.mark(np.clip(dots + scene.box((0.03, 0.03), centre=(-0.1, 0.11)), 0, 1), ink)


def _plug_mouth(scene: Scene, name: str, grip: Picture, shell: Picture | Colour) -> Rendered:
    """Draw the plug end-on: the grip behind, the shell, the tongue and its contacts."""
    rng = scene.rng
    scene.add(scene.box((0.98, 0.58), corner=rng.uniform(0.08, 0.3)), grip, bevel=0.12, gain=0.5)
    round_ = choose(rng, (0.02, 0.02, 0.26))
    scene.add(scene.box((0.76, 0.32), corner=round_ * 1.2), shell, bevel=0.03, gain=0.5)
    scene.mark(scene.box((0.71, 0.27), corner=round_), tinted(rng, 22))
    _, tongue = pick_colour(rng, ("black", "white", "blue", "grey"))
    middle = 0.0 if round_ > 0.1 else 0.13
    scene.mark(scene.box((0.64, 0.1), centre=(0, middle), corner=0.02), tongue)
    count = 4 if round_ < 0.1 else 9
    contacts = np.zeros(scene.size, np.float32)
    for x in np.linspace(-0.46, 0.46, count):
        contact = scene.box((0.28 / count, 0.03), centre=(x, middle - 0.08))
        contacts = np.maximum(contacts, contact)
    scene.mark(contacts, GOLD)
    return scene.done(name)


def lightbulb(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a light bulb: clear with a filament, frosted or half plastic, on a screw base."""
    scene = Scene(rng, size, fill=(0.85, 0.99))
    globe, neck = rng.uniform(0.42, 0.58), rng.uniform(0.2, 0.26)
    base = rng.uniform(0.3, 0.45)
    _screw_base(scene, base, neck)
    style = choose(rng, ("clear", "clear", "frosted", "frosted", "plastic"))
    name = choose(rng, ("white", "white", "white", "yellow", "orange", "red", "blue", "green"))
    name = name if style == "frosted" else "white"
    tint = pick_colour(rng, (name,))[1] if style != "clear" else CLEAR
    density = rng.uniform(0.2, 0.45) if style == "clear" else rng.uniform(0.88, 0.98)
    turns = np.linspace(0, math.pi * 0.68, 24)
    stretch = choose(rng, (1.0, 1.0, 0.85, 1.35 if globe < 0.45 else 1.0))
    middle = -0.97 + globe * stretch
    ball = np.stack([middle - globe * stretch * np.cos(turns), globe * np.sin(turns)], axis=1)
    throat = [(max(0.2, ball[-1, 0] + 0.05), neck), (base + 0.02, neck)]
    bulb, body = lathe(scene, np.concatenate([ball, throat]))
    lit = np.float32(0.75) + np.float32(0.25) * body if style == "clear" else np.sqrt(body)
    scene.add(bulb, shade(tinted_glass(scene, tint, density), lit))
    if style == "clear":
        _filament(scene, middle, base, globe)
        rim = bulb - cv2.erode(bulb, np.ones((3, 3)), iterations=max(1, round(scene.reach * 0.02)))
        scene.light_up(rim, rng.uniform(-70, -30))
    elif style == "plastic":
        collar, sheen = lathe(scene, [(middle + globe * 0.3, globe * 0.97), (base + 0.03, neck)])
        grooves = fraction(scene.local()[1] * np.float32(14)) < 0.4
        fins = 1 - np.float32(choose(rng, (0.0, 0.2))) * grooves
        scene.add(collar, shade(moulded(scene, ("white", "white", "grey"))[1], sheen * fins))
    way = scene.light - scene.angle
    spot = (middle + 0.5 * globe * math.cos(way), 0.5 * globe * math.sin(way))
    glare = scene.ellipse((globe * 0.16, globe * 0.1), centre=spot)
    glare = cv2.GaussianBlur(glare, (0, 0), max(0.6, scene.reach * rng.uniform(0.01, 0.06)))
    scene.light_up(glare, rng.uniform(40, 170))
    return scene.done(name)


def _screw_base(scene: Scene, base: float, neck: float) -> None:
    """Add the rippled metal socket, its insulator and the contact at its foot."""
    threads = np.linspace(base, 0.86, 40)
    ripple = neck * 0.92 * (1 + 0.05 * np.sin((threads - base) * 2 * math.pi / 0.11))
    foot = [(0.861, neck * 0.8), (0.92, neck * 0.45), (0.94, neck * 0.3), (0.98, neck * 0.2)]
    profile = np.concatenate([np.stack([threads, ripple], axis=1), foot])
    socket, lit = lathe(scene, profile, gloss=0.5)
    brass = GOLD if scene.rng.random() < 0.3 else tinned(scene)
    x, y = scene.local()
    # One wave for each thread of the outline, which is 0.11 long, leaning like a helix.
    coils = np.float32(1) + np.float32(0.22) * np.sin((x + y * np.float32(0.07)) * np.float32(57))
    scene.add(socket, shade(brass, lit * coils))
    scene.mark(scene.box((0.035, neck), centre=(0.9, 0)), tinted(scene.rng, 35))


def _filament(scene: Scene, middle: float, base: float, globe: float) -> None:
    """Show the glass stem, two support wires and the filament inside a clear bulb."""
    rng = scene.rng
    stem = [
        (base, -0.1),
        (middle + globe * 0.5, -0.045),
        (middle + globe * 0.5, 0.045),
        (base, 0.1),
    ]
    scene.mark(scene.shape(stem) * np.float32(0.4), tinted(rng, 225))
    reach, start = globe * rng.uniform(0.3, 0.5), middle + globe * 0.5
    wires = [scene.line([(start, s * 0.02), (middle, s * reach)], 0.02) for s in (-1, 1)]
    scene.mark(np.maximum(*wires), inky(scene))
    across = np.linspace(-reach, reach, 90)
    curl = middle - 0.05 * np.sin(across / reach * choose(rng, (1.6, 4.7, 60.0)))
    glow = ground_level(scene) < 100 and rng.random() < 0.6
    thread = scene.line(np.stack([curl, across], axis=1), 0.025 if not glow else 0.035)
    scene.mark(thread, _WARM if glow else inky(scene))
    if glow:
        halo = cv2.GaussianBlur(thread, (0, 0), max(1.0, 0.08 * scene.reach))
        scene.light_up(np.clip(halo * 3, 0, 1), rng.uniform(30, 90))


def gauge(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a dial: a pressure gauge with scale, zones and needle, or a clock face."""
    scene = Scene(rng, size, fill=(0.8, 0.99), tilt=choose(rng, (0.15, 0.15, math.pi)))
    clock = rng.random() < 0.4
    name, bezel = plated(scene) if rng.random() < 0.4 else pick_colour(rng)
    if not clock and rng.random() < 0.5:
        stem = scene.box((0.13, 0.15), centre=(0, 1.02), corner=0.02)
        scene.add(stem, GOLD if rng.random() < 0.5 else bezel, bevel=0.06, gain=0.6)
    face_edge = rng.uniform(0.74, 0.86)
    scene.add(scene.circle(0, 0, rng.uniform(0.9, 0.97)), bezel, bevel=0.09, gain=0.6, dome=True)
    light_face = rng.random() < 0.75
    face = tinted(rng, rng.uniform(215, 245) if light_face else rng.uniform(20, 50), tint=4)
    scene.add(scene.circle(0, 0, face_edge), face, bevel=0.04, gain=-0.4)
    ink = tinted(rng, 30 if light_face else 225)
    sweep = 2 * math.pi if clock else rng.uniform(3.6, 4.9)
    steps = 12 if clock else int(rng.integers(4, 9))
    start = -math.pi / 2 if clock else math.pi / 2 + (2 * math.pi - sweep) / 2
    if not clock and rng.random() < 0.5:
        _zones(scene, start, sweep, face_edge)
    step, rim = sweep / steps, face_edge * 0.94
    scene.mark(_dial_scale(scene, rim, start=start, step=step, steps=steps), ink)
    unit_step = choose(rng, (1, 2, 5, 10, 20))
    every = choose(rng, (1, 3)) if clock else 1
    for i in range(0, steps if clock else steps + 1, every):
        place = rim * 0.7 * np.asarray([math.cos(start + step * i), math.sin(start + step * i)])
        words = str(i or 12) if clock else str(i * unit_step)
        scene.text(words, place=(place[0], place[1]), height=0.14, paint=ink)
    word = choose(rng, ("bar", "psi", "kPa", "MPa", "C", "V", "A")) if not clock else "QUARTZ"
    scene.text(word, place=(0, 0.28), height=0.09, paint=ink)
    _hands(scene, start, sweep, rim, clock=clock, ink=ink)
    x, y = scene.local()
    way = scene.light - scene.angle
    glare = np.clip(x * math.cos(way) + y * math.sin(way), 0, 1) * scene.circle(0, 0, face_edge)
    scene.light_up(glare, rng.uniform(0, 40))
    return scene.done(name)


def _dial_scale(scene: Scene, rim: float, *, start: float, step: float, steps: int) -> Coverage:
    """Return the strokes round a dial, ``steps`` long ones with four short ones between two."""
    fine = np.float32(step / 5)
    radius, theta = scene.polar()
    along = np.mod(theta - np.float32(start - step / 10), np.float32(2 * math.pi)) / fine
    return scale_strokes(
        scene,
        along - np.float32(0.5),
        np.float32(rim) - radius,
        pitch=radius * fine,
        count=steps * 5,
        lengths=(rim * 0.14, rim * 0.06),
    )


def _zones(scene: Scene, start: float, sweep: float, edge: float) -> None:
    """Colour parts of the scale green, yellow and red."""
    radius, theta = scene.polar()
    along = np.mod(theta - np.float32(start), np.float32(2 * math.pi)) / np.float32(sweep)
    ring = (np.abs(radius - edge * 0.9) < edge * 0.035).astype(np.float32)
    first, second = sorted(scene.rng.uniform(0.3, 0.9, 2))
    for low, high, colour in ((0, first, "green"), (first, second, "yellow"), (second, 1, "red")):
        scene.mark(ring * (along >= low) * (along < high), pick_colour(scene.rng, (colour,))[1])


def _hands(
    scene: Scene, start: float, sweep: float, reach: float, *, clock: bool, ink: Colour
) -> None:
    """Draw the needle of a gauge, or two or three hands of a clock, and the hub."""
    rng = scene.rng
    red = pick_colour(rng, ("red", "orange"))[1]
    lengths = [(0.5, 0.075), (0.75, 0.05)] if clock else [(rng.uniform(0.7, 0.88), 0.06)]
    colours = [ink, ink] if clock else [ink if rng.random() < 0.6 else red]
    if clock and rng.random() < 0.5:
        lengths, colours = [*lengths, (0.85, 0.022)], [*colours, red]
    for (length, wide), colour in zip(lengths, colours, strict=True):
        angle = start + sweep * rng.uniform(0.02, 0.98)
        way = np.asarray([math.cos(angle), math.sin(angle)])
        side = np.asarray([-way[1], way[0]]) * wide / 2
        tail, tip = -way * 0.2 * reach, way * length * reach
        hand = np.stack([tail + side, tip + side * 0.3, tip - side * 0.3, tail - side])
        scene.add(scene.shape(hand), colour)
    hub = scene.circle(0, 0, rng.uniform(0.05, 0.1))
    scene.add(hub, tinted(rng, rng.uniform(60, 215)), bevel=0.05, gain=0.5)


def lens(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a glass lens: bare with a ground edge, in a metal ring, or in a printed barrel."""
    scene = Scene(rng, size, fill=(0.65, 0.97))
    radius, theta = scene.polar()
    kind = choose(rng, ("bare", "bare", "ring", "barrel", "barrel"))
    name, edge = "white", rng.uniform(0.93, 0.98)
    if kind == "ring":
        name, mount = metal(scene) if rng.random() < 0.6 else moulded(scene, ("black", "white"))
        scene.add(scene.circle(0, 0, 1), mount, bevel=0.08, gain=0.6, dome=True)
        edge = rng.uniform(0.78, 0.9)
    elif kind == "barrel":
        name, edge = "black", rng.uniform(0.4, 0.62)
        _barrel(scene, edge, theta)
    scene.add(scene.circle(0, 0, edge + 0.015), tinted(rng, 60 if kind == "barrel" else 175))
    paint = _refracted(scene, radius, edge) if kind != "barrel" else _deep(scene, radius / edge)
    glassy = scene.circle(0, 0, edge)
    bright = peak(radius / np.float32(edge), 1, 0.06)
    scene.mark(glassy, shade(paint, 1 - bright * np.float32(rng.uniform(0.2, 0.6))))
    _reflections(scene, glassy, radius / np.float32(edge), edge)
    return scene.done(name)


def _reflections(scene: Scene, glassy: Coverage, share: Coverage, edge: float) -> None:
    """Put on the glass the reflection of a sky, a lamp or window, and of the far surface."""
    rng = scene.rng
    x, y = scene.local()
    way = scene.light - scene.angle
    along = (x * math.cos(way) + y * math.sin(way)) / np.float32(edge)
    aside = (y * math.cos(way) - x * math.sin(way)) / np.float32(edge)
    coat = pick_colour(rng, ("purple", "green", "blue", "orange", "white", "white"))[1]
    sky = np.clip(along * np.float32(0.5) + np.float32(0.5), 0, 1) ** 2 * glassy
    scene.mark(sky * np.float32(rng.uniform(0.1, 0.45)), coat)
    if rng.random() < 0.5:
        bent = along + np.float32(rng.uniform(0.2, 0.5)) * aside * aside
        half = np.clip((bent - np.float32(rng.uniform(-0.1, 0.3))) * scene.reach / 3, 0, 1)
        scene.light_up(half * (share < rng.uniform(0.85, 0.95)) * glassy, rng.uniform(12, 45))
    places = choose(rng, ((0.5,), (0.6, -0.5), (0.62, 0.35, -0.45)))
    paned = rng.random() < 0.4
    for number, place in enumerate(places):
        wide, tall = rng.uniform(0.05, 0.13), rng.uniform(0.12, 0.3)
        curved = along - np.float32(place) + aside * aside * np.float32(0.5 * place)
        u, v = curved / np.float32(wide), aside / np.float32(tall)
        lamp = np.maximum(np.abs(u), np.abs(v)) if paned else np.hypot(u, v)
        alpha = np.clip((1 - lamp) * np.float32(rng.uniform(1.5, 5)), 0, 1) * glassy
        if paned:
            alpha = alpha * np.clip(np.minimum(np.abs(u), np.abs(v)) * 12 - 0.5, 0, 1)
        tone = coat if number else tinted(rng, 245)
        scene.mark(alpha * np.float32(rng.uniform(0.35, 0.9) / (number + 1)), tone)
    crescent = np.clip((share - 0.75) * 6, 0, 1) * np.clip(-along * 2 - 0.6, 0, 1)
    scene.light_up(crescent * glassy, rng.uniform(15, 80))


def _refracted(scene: Scene, radius: Coverage, edge: float) -> Picture:
    """Return the background magnified through a lens, slightly tinted."""
    rng = scene.rng
    height, width = scene.size
    power = rng.uniform(0.15, 0.5)
    zoom = 1 - np.float32(power) * (1 - np.clip(radius / np.float32(edge), 0, 1) ** 2)
    x = np.arange(width, dtype=np.float32)[None, :] - np.float32(scene.centre[0])
    y = np.arange(height, dtype=np.float32)[:, None] - np.float32(scene.centre[1])
    from_x, from_y = x * zoom + np.float32(scene.centre[0]), y * zoom + np.float32(scene.centre[1])
    seen = sampled(scene.behind, from_x, from_y)
    veil = np.full(scene.size, rng.uniform(0.18, 0.4), np.float32)
    return blend(seen, tinted(rng, 211, tint=10), veil)


def _deep(scene: Scene, share: Coverage) -> Picture:
    """Return the dark inside of a compound lens: stepped rings and a coloured coating."""
    rng = scene.rng
    knots = np.cumsum(rng.uniform(0.1, 0.3, 6))
    level = np.interp(share, knots / knots[-1], rng.uniform(8, 62, 6)).astype(np.float32)
    coat = pick_colour(rng, ("purple", "blue", "green", "orange"))[1]
    glow = np.clip(1 - np.abs(share - np.float32(rng.uniform(0.2, 0.8))) * 3, 0, 1)
    inside: Picture = (
        level[..., None] + coat * (glow * np.float32(rng.uniform(0.1, 0.45)))[..., None]
    )
    return inside


def _barrel(scene: Scene, edge: float, theta: Coverage) -> None:
    """Add the barrel of a camera lens: ribbed grip, front ring, letters round the glass."""
    rng = scene.rng
    _, black = moulded(scene, ("black", "black", "grey"))
    scene.add(scene.circle(0, 0, 1), black, bevel=0.06, gain=0.5)
    if rng.random() < 0.5:
        scene.shade_by(1 + np.float32(0.3) * np.sign(np.sin(theta * int(rng.integers(40, 90)))))
    front = rng.uniform(0.86, 0.93)
    scene.add(scene.circle(0, 0, front), black, bevel=0.04, gain=0.6)
    scene.add(scene.circle(0, 0, edge + 0.05), black * np.float32(0.7), bevel=0.03, gain=-0.5)
    words = f"{choose(rng, (24, 35, 50, 85))}MM 1:{choose(rng, (2, 4))}"
    ink, middle = tinted(rng, rng.uniform(150, 235)), (front + edge + 0.05) / 2
    for i, letter in enumerate(words):
        angle = -math.pi * 0.85 + 0.16 * i
        place = (middle * math.cos(angle), middle * math.sin(angle))
        scene.text(letter, place=place, height=0.11, paint=ink)
    if rng.random() < 0.4:
        ring = scene.circle(0, 0, front - 0.02) * (1 - scene.circle(0, 0, front - 0.05))
        scene.mark(ring, pick_colour(rng, ("red", "yellow", "blue", "white"))[1])


DEVICES: Mapping[str, Renderer] = {
    "usbplug": usbplug,
    "lightbulb": lightbulb,
    "gauge": gauge,
    "lens": lens,
}
