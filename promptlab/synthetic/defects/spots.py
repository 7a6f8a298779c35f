"""Spot-like defects that lie in or on the material: hole, poke, dent, bubble and all soiling."""

import math

import cv2
import numpy as np

from promptlab.synthetic.canvas import (
    Coverage,
    Picture,
    blend,
    coordinates,
    disc,
    polygon,
    relief,
    smooth_noise,
    stroke,
    white_noise,
)
from promptlab.synthetic.defects.subject import (
    Subject,
    blob,
    contrasting_colour,
    length,
    shaded,
    shifted,
    spot,
    wander,
)

__all__ = [
    "bubble",
    "burn",
    "contamination",
    "dent",
    "discoloration",
    "glue",
    "hole",
    "poke",
    "rust",
    "smear",
    "stain",
]


def hole(subject: Subject, rng: np.random.Generator) -> Picture:
    """Pierce one or two holes; they show darkness or, in objects, what lies behind."""
    picture = subject.picture
    for _ in range(int(rng.choice([1, 1, 1, 1, 2, 3]))):
        radius = length(subject, rng, 0.012, 0.12)
        opening = blob(
            subject, rng, centre=spot(subject, rng), radius=radius, irregularity=rng.uniform(0, 0.5)
        )
        rim_width = max(1.0, radius * rng.uniform(0.1, 0.35))
        rim = cv2.GaussianBlur(opening, (0, 0), rim_width) * (1 - opening) * subject.coverage
        picture = shaded(picture, 1 + np.float32(rng.choice([-0.6, -0.4, 0.5])) * rim)
        light = rng.uniform(0, 2 * math.pi)
        if subject.behind is not None and rng.random() < 0.35:
            inside = shaded(
                subject.behind, relief(opening, width=rim_width, gain=-0.6, light=light)
            )
        else:
            depth = np.float32(rng.uniform(0.02, 0.22))
            wall = relief(opening, width=radius * 0.5, gain=-0.7, light=light)
            inside = shaded(picture * depth + np.float32(6), wall)
        picture = blend(picture, inside, opening)
    return picture


def poke(subject: Subject, rng: np.random.Generator) -> Picture:
    """Prick one to five tiny dark points with a raised ring."""
    picture = subject.picture
    for _ in range(int(rng.choice([1, 1, 1, 2, 3, 5]))):
        centre, radius = spot(subject, rng), max(1.2, length(subject, rng, 0.008, 0.028))
        ring = disc(subject.size, centre, radius * 2)
        ring = cv2.GaussianBlur(ring, (0, 0), radius * 0.5) * subject.coverage
        tone = np.float32(rng.choice([-0.35, -0.2, 0.35]))
        picture = shaded(picture, 1 + tone * ring)
        point = disc(subject.size, centre, radius) * subject.coverage
        picture = blend(picture, picture * np.float32(rng.uniform(0.05, 0.3)), point)
    return picture


def dent(subject: Subject, rng: np.random.Generator) -> Picture:
    """Shade a smooth depression or bump as side light would."""
    radius = length(subject, rng, 0.03, 0.2)
    shape = blob(
        subject, rng, centre=spot(subject, rng), radius=radius, irregularity=0.25,
        softness=radius * rng.uniform(0.2, 0.45),
    )  # fmt: skip
    light = rng.uniform(0, 2 * math.pi)
    slope = math.cos(light) * cv2.Sobel(shape, cv2.CV_32F, 1, 0) + math.sin(light) * cv2.Sobel(
        shape, cv2.CV_32F, 0, 1
    )
    slope = (slope * subject.coverage / (np.abs(slope).max() + 1e-6)).astype(np.float32)
    gain, glint = np.float32(rng.uniform(0.3, 0.75)), np.float32(rng.uniform(12, 45))
    picture: Picture = shaded(subject.picture, 1 + gain * slope) + glint * slope[..., None]
    if rng.random() < 0.4:
        picture = shaded(picture, 1 - np.float32(rng.uniform(0.05, 0.25)) * shape)
    return picture


def bubble(subject: Subject, rng: np.random.Generator) -> Picture:
    """Raise a cluster of round blisters with a highlight and a dark foot."""
    picture = subject.picture
    centre, spread = spot(subject, rng), length(subject, rng, 0.03, 0.2)
    light = rng.uniform(0, 2 * math.pi)
    for index in range(int(rng.choice([1, 2, 4, 7, 12]))):
        radius = max(2.0, length(subject, rng, 0.012, 0.06))
        x, y = np.asarray(centre) + (rng.normal(0, spread, 2) if index else 0)
        dome = disc(subject.size, (x, y), radius) * subject.coverage
        side = relief(dome, width=radius * 0.8, gain=rng.uniform(0.4, 0.9), light=light)
        picture = shaded(picture, 1 + (side - 1) * dome)
        foot = (disc(subject.size, (x, y), radius * 1.15) - dome).clip(0, 1) * subject.coverage
        picture = shaded(picture, 1 - np.float32(0.35) * foot)
        glint = (x + 0.4 * radius * math.cos(light), y + 0.4 * radius * math.sin(light))
        shine = disc(subject.size, glint, max(0.8, radius * 0.22)) * dome
        picture = blend(picture, (250.0, 250.0, 248.0), shine * np.float32(rng.uniform(0.4, 0.9)))
    return picture


def stain(subject: Subject, rng: np.random.Generator) -> Picture:
    """Soak in a blotch, sometimes with a drying edge and splashes around it."""
    centre, radius = spot(subject, rng), length(subject, rng, 0.025, 0.22)
    fade = max(0.6, radius * rng.uniform(0.03, 0.25))
    wet = blob(subject, rng, centre=centre, radius=radius, softness=fade)
    for _ in range(int(rng.choice([0, 0, 2, 5]))):
        place = np.asarray(centre) + rng.normal(0, radius * 1.3, 2)
        drop = blob(
            subject, rng, centre=(place[0], place[1]), radius=radius * rng.uniform(0.08, 0.3),
            softness=fade * 0.4,
        )  # fmt: skip
        wet = np.maximum(wet, drop)
    tint = contrasting_colour(rng, subject.picture, wet, difference=70)
    mottle = 0.8 + 0.12 * smooth_noise(rng, subject.size, cells=(8, 24))
    alpha = wet * np.clip(mottle, 0.4, 1).astype(np.float32) * np.float32(rng.uniform(0.6, 1))
    soaked = subject.picture * (np.float32(0.25) + np.float32(0.6) * tint / np.float32(255))
    layer = soaked * np.float32(0.6) + tint * np.float32(rng.choice([0.15, 0.4]))
    picture = blend(subject.picture, layer.astype(np.float32), alpha)
    if rng.random() < 0.35:
        border = cv2.Canny((wet > 0.5).astype(np.uint8) * 255, 50, 150).astype(np.float32) / 255
        ring = cv2.GaussianBlur(border, (0, 0), max(0.8, subject.side / 180)) * subject.coverage
        picture = shaded(picture, 1 - np.float32(0.7) * ring)
    return picture


def contamination(subject: Subject, rng: np.random.Generator) -> Picture:
    """Drop foreign particles with shade and shadow, or a cloud of powder."""
    if rng.random() < 0.25:
        return _powder(subject, rng)
    picture = subject.picture
    light = rng.uniform(0, 2 * math.pi)
    for _ in range(int(rng.choice([1, 1, 1, 2, 3, 6]))):
        centre, radius = spot(subject, rng), max(1.5, length(subject, rng, 0.012, 0.1))
        if rng.random() < 0.4:
            turn = np.sort(rng.uniform(0, 2 * math.pi, int(rng.integers(4, 8))))
            reach = radius * rng.uniform(0.6, 1.3, turn.size)
            corners = np.stack([np.cos(turn), np.sin(turn)], 1) * reach[:, None]
            corners += np.asarray(centre, np.float64)
            particle = polygon(subject.size, corners) * subject.coverage
        else:
            particle = blob(subject, rng, centre=centre, radius=radius, irregularity=0.8)
        offset = (-0.25 * radius * math.cos(light), -0.25 * radius * math.sin(light))
        shadow = cv2.GaussianBlur(shifted(particle, offset), (0, 0), max(0.8, radius * 0.2))
        picture = shaded(picture, 1 - np.float32(0.5) * shadow * subject.coverage)
        colour = contrasting_colour(rng, picture, particle)
        side = relief(particle, width=max(1.5, radius * 0.4), gain=0.5, light=light)
        grain = 1 + np.float32(0.06) * white_noise(rng, subject.size, sigma=0.8)
        picture = blend(picture, (side * grain)[..., None] * colour, particle)
    return picture


def discoloration(subject: Subject, rng: np.random.Generator) -> Picture:
    """Shift the hue or the brightness of a soft region."""
    radius = length(subject, rng, 0.05, 0.38)
    where = blob(
        subject, rng, centre=spot(subject, rng), radius=radius,
        softness=max(0.6, radius * rng.uniform(0.03, 0.3)),
    )  # fmt: skip
    strength = rng.uniform(0.25, 0.7)
    if rng.random() < 0.55:
        tint = contrasting_colour(rng, subject.picture, where, difference=80)
        grey = subject.picture.mean(axis=2, keepdims=True) / np.float32(160)
        changed = subject.picture * np.float32(1 - strength) + grey * tint * np.float32(strength)
    else:
        brighter = rng.random() < (0.75 if subject.picture.mean() < 90 else 0.4)
        factor = 1 + strength if brighter else 1 - 0.8 * strength
        changed = subject.picture * np.float32(factor) + np.float32(25 if brighter else 0)
    return blend(subject.picture, changed, where)


def rust(subject: Subject, rng: np.random.Generator) -> Picture:
    """Eat mottled orange-brown corrosion into the surface, with specks around it."""
    radius = length(subject, rng, 0.04, 0.3)
    where = blob(
        subject, rng, centre=spot(subject, rng), radius=radius, irregularity=1.0,
        softness=max(0.8, radius * 0.25),
    )  # fmt: skip
    coarse = smooth_noise(rng, subject.size, cells=(12, 30, 70), decay=0.8)
    alpha = np.clip((where - 0.45 + 0.28 * coarse * (where > 0.03)) * 4, 0, 1) * subject.coverage
    fine = np.clip(0.5 + 0.25 * white_noise(rng, subject.size, sigma=1.0), 0, 1)
    dark, light = np.array([86, 44, 22]), np.array([190, 104, 46])
    tone = (dark + (light - dark) * fine[..., None]).astype(np.float32)
    tone = tone * np.float32(rng.uniform(0.8, 1.2)) * (1 + np.float32(0.15) * coarse)[..., None]
    strength = np.float32(rng.uniform(0.65, 0.98))
    return blend(subject.picture, tone, alpha.astype(np.float32) * strength)


def burn(subject: Subject, rng: np.random.Generator) -> Picture:
    """Char a spot: black in the middle, brown and fading outwards."""
    centre, radius = spot(subject, rng), length(subject, rng, 0.03, 0.25)
    core = blob(subject, rng, centre=centre, radius=radius, softness=max(0.8, radius * 0.2))
    halo = cv2.GaussianBlur(core, (0, 0), max(1.5, radius * 0.4)) * subject.coverage
    scorched = subject.picture * np.array([0.62, 0.42, 0.26], np.float32)
    picture = blend(subject.picture, scorched, np.clip(1.6 * halo, 0, 1) * np.float32(0.8))
    soot = np.array([30, 23, 19], np.float32) * (
        1 + 0.25 * smooth_noise(rng, subject.size, cells=(20, 50))
    )[..., None].clip(0.2, 2).astype(np.float32)
    return blend(picture, soot, core * np.float32(rng.uniform(0.5, 0.95)))


def glue(subject: Subject, rng: np.random.Generator) -> Picture:
    """Leave a glossy translucent drop or strip."""
    centre, radius = spot(subject, rng), max(3.0, length(subject, rng, 0.025, 0.18))
    if rng.random() < 0.35:
        curve = wander(rng, centre, radius * rng.uniform(3, 6), wiggle=0.12)
        drop = cv2.GaussianBlur(
            stroke(subject.size, curve, radius * 0.6), (0, 0), max(0.8, radius * 0.08)
        )
        drop = drop * subject.coverage
    else:
        drop = blob(subject, rng, centre=centre, radius=radius, softness=max(0.7, radius * 0.06))
    light = rng.uniform(0, 2 * math.pi)
    under = cv2.GaussianBlur(subject.picture, (0, 0), max(1.0, radius * 0.12))
    tint = np.array([1, 1, rng.uniform(0.65, 1)], np.float32)
    body = (under * np.float32(0.72) + np.float32(rng.uniform(30, 75))) * tint
    gloss = relief(drop, width=max(2.0, radius * 0.4), gain=0.55, light=light)
    picture = blend(subject.picture, shaded(body, gloss), drop * np.float32(rng.uniform(0.7, 0.95)))
    slope = np.clip((gloss - 1.35) * 5, 0, 1).astype(np.float32) * drop
    return blend(picture, (252.0, 252.0, 250.0), slope * np.float32(0.8))


def smear(subject: Subject, rng: np.random.Generator) -> Picture:
    """Wipe a region along one direction, leaving streaks."""
    centre, radius = spot(subject, rng), length(subject, rng, 0.05, 0.3)
    where = blob(subject, rng, centre=centre, radius=radius, softness=max(1.0, radius * 0.12))
    angle = rng.uniform(0, math.pi)
    kernel = _line_kernel(max(7, round(radius * rng.uniform(0.5, 1.2))), angle)
    wiped: Picture = cv2.filter2D(subject.picture, -1, kernel, borderType=cv2.BORDER_REFLECT)
    streaks = cv2.filter2D(white_noise(rng, subject.size, sigma=0.7), -1, kernel)
    streaks = streaks / (streaks.std() + np.float32(1e-6))
    film = contrasting_colour(rng, subject.picture, where, difference=60)
    share = np.clip(0.22 + 0.2 * streaks, 0, 0.75).astype(np.float32)
    return blend(subject.picture, blend(wiped, film, share), where)


def _powder(subject: Subject, rng: np.random.Generator) -> Picture:
    """Scatter fine grains of one colour around a point."""
    centre, radius = spot(subject, rng), length(subject, rng, 0.06, 0.25)
    x, y = coordinates(subject.size, centre=centre)
    density = np.exp(-(x**2 + y**2) / np.float32(2 * (radius * 0.6) ** 2))
    grain = white_noise(
        rng, subject.size, sigma=max(0.7, subject.side / 224 * rng.uniform(0.6, 1.6))
    )
    alpha = np.clip((grain + 2.4 * density - 2.2) * 2.5, 0, 1) * (density > 0.05)
    alpha = (alpha * subject.coverage).astype(np.float32)
    colour = contrasting_colour(rng, subject.picture, density * subject.coverage, difference=70)
    return blend(subject.picture, colour, alpha)


def _line_kernel(span: int, angle: float) -> Coverage:
    """Return a motion-blur kernel: a line of ``span`` pixels that sums to one."""
    span |= 1
    middle = span // 2
    reach = np.array([math.cos(angle), math.sin(angle)]) * middle
    line = stroke((span, span), np.array([middle - reach, middle + reach]), 1)
    kernel: Coverage = line / line.sum()
    return kernel
