"""Leather, wood, paper and soft or moulded polymers."""

from collections.abc import Mapping

import cv2
import numpy as np

from promptlab.synthetic.canvas import (
    Coverage,
    Rendered,
    Renderer,
    Size,
    blend,
    coordinates,
    pick_colour,
    smooth_noise,
    white_noise,
)
from promptlab.synthetic.fields import (
    cells,
    choose,
    edge_distance,
    fraction,
    glow,
    grain,
    per_index,
    ramp,
    rotated,
    shade,
    solid,
    spread,
    streaks,
    unit,
)

__all__ = ["ORGANIC"]


def leather(rng: np.random.Generator, size: Size) -> Rendered:
    """Render grained leather: pebbled cells between creases, with broad soft shading."""
    u = unit(size)
    name, base = pick_colour(
        rng, ("brown", "brown", "brown", "black", "red", "beige", "grey", "white", "orange", "blue")
    )
    labels, borders = cells(rng, size, rng.uniform(18, 75), jitter=1.0)
    creases = cv2.GaussianBlur(borders, (0, 0), max(0.6, rng.uniform(0.7, 1.5) * u))
    creases = creases / (creases.max() + np.float32(1e-6))
    slope = cv2.Sobel(creases, cv2.CV_32F, 1, 0) + cv2.Sobel(creases, cv2.CV_32F, 0, 1)
    pebble = per_index(rng, labels.astype(np.float32), sigma=0.04)
    soft = smooth_noise(rng, size, cells=(2, 5, 24)) * np.float32(rng.uniform(0.02, 0.07))
    depth = np.float32(rng.uniform(0.2, 0.65))
    light = 1 - depth * creases + depth * np.float32(0.25) * slope + pebble + soft
    return solid(shade(base, light * grain(rng, size, sigma=0.5, strength=0.04)), name)


def wood(rng: np.random.Generator, size: Size) -> Rendered:
    """Render sawn wood: distorted annual rings, fibres and pores, sometimes planks."""
    u = unit(size)
    name, base = pick_colour(rng, ("brown", "brown", "beige", "beige", "orange", "grey"))
    base = np.clip(base * rng.uniform(0.75, 0.9) + 18, 0, 245).astype(np.float32)
    upright = bool(rng.integers(2))
    x, y = coordinates(size)
    across, along = (x, y) if upright else (y, x)
    bend = smooth_noise(rng, size, cells=(1, 2, 4)) * np.float32(rng.uniform(4, 22) * u)
    spacing = rng.uniform(7, 40) * u
    slant = np.float32(rng.normal(0, 0.06))
    phase = (across + bend + slant * along) / np.float32(spacing)
    phase = phase + streaks(rng, size, length=200 * u, width=14 * u, upright=upright) * np.float32(
        0.2
    )
    rings = fraction(phase)
    late = np.exp(-((1 - rings) / np.float32(rng.uniform(0.15, 0.5)))) + np.clip(
        1 - rings * 8, 0, 1
    )
    light = 1 - np.float32(rng.uniform(0.12, 0.4)) * late
    fibres = streaks(rng, size, length=rng.uniform(15, 50) * u, width=1.2, upright=upright)
    light = light + np.float32(rng.uniform(0.03, 0.09)) * fibres
    pores = streaks(rng, size, length=rng.uniform(6, 16) * u, width=1.5, upright=upright)
    light = light - np.float32(rng.uniform(0, 0.25)) * np.clip(pores - 1.7, 0, 1)
    if rng.random() < 0.25:
        plank = rng.uniform(45, 120) * u
        number = np.floor(across / plank)
        edge = edge_distance(across / plank, plank)
        light = light * (1 + per_index(rng, number, sigma=0.08))
        light = light * (
            np.float32(0.35) + np.float32(0.65) * np.clip(edge / max(1, 1.5 * u), 0, 1)
        )
    warm = ramp(base * np.asarray([0.8, 0.66, 0.5], np.float32), base, np.clip(light, 0, 1))
    picture = shade(warm, np.float32(0.35) + np.float32(0.65) * light)
    if rng.random() < 0.3:
        picture = rotated(picture, rng.uniform(-0.3, 0.3))
    return solid(picture, name)


def paper(rng: np.random.Generator, size: Size) -> Rendered:
    """Render paper: faint fibre clouds, sometimes laid lines or a printed ruling."""
    u = unit(size)
    name, base = pick_colour(rng, ("white", "white", "white", "beige", "yellow", "pink", "blue"))
    base = base if name == "white" else base * np.float32(0.4) + np.float32(140)
    cloud = smooth_noise(rng, size, cells=(15, 40, 90), decay=0.9)
    light = 1 + np.float32(rng.uniform(0.008, 0.03)) * cloud
    light = light * grain(rng, size, sigma=0.5, strength=0.01)
    picture = shade(base, light)
    x, y = coordinates(size, angle=rng.normal(0, 0.05))
    if rng.random() < 0.25:
        pitch = rng.uniform(14, 32) * u
        line = np.abs(fraction(y / pitch) - np.float32(0.5)) * np.float32(pitch)
        lines = np.clip(np.float32(max(0.5, 0.7 * u)) + np.float32(0.5) - line, 0, 1)
        if rng.random() < 0.4:
            line = np.abs(fraction(x / pitch) - np.float32(0.5)) * np.float32(pitch)
            lines = np.maximum(lines, np.clip(np.float32(1) - line, 0, 1))
        picture = blend(
            picture, pick_colour(rng, ("blue", "grey", "red"))[1], lines * np.float32(0.5)
        )
    return solid(picture, name)


def cardboard(rng: np.random.Generator, size: Size) -> Rendered:
    """Render corrugated cardboard: brown kraft liner with faint flutes and fibre specks."""
    u = unit(size)
    base = np.asarray([186, 146, 102], np.float32) * np.float32(rng.uniform(0.7, 1.15))
    base = base * rng.normal(1, 0.03, 3).astype(np.float32)
    upright = bool(rng.integers(2))
    x, y = coordinates(size, angle=rng.normal(0, 0.02))
    pitch = max(4.0, rng.uniform(7, 18) * u)
    flutes = np.sin(2 * np.pi * (x if upright else y) / pitch) * np.float32(rng.uniform(0, 0.045))
    fibres = smooth_noise(rng, size, cells=(12, 40, 90), decay=0.9) * np.float32(0.03)
    specks = np.clip(white_noise(rng, size, sigma=0.8) - 2.4, 0, 1) * np.float32(0.25)
    return solid(shade(base, 1 + flutes + fibres - specks), "brown")


def plastic(rng: np.random.Generator, size: Size) -> Rendered:
    """Render moulded plastic: smooth and glossy, eroded, or ribbed."""
    u = unit(size)
    name, base = pick_colour(rng)
    light: Coverage = 1 + np.float32(rng.uniform(0.01, 0.08)) * smooth_noise(
        rng, size, cells=(1, 2)
    )
    kind = rng.random()
    if kind < 0.35:
        sigma = rng.uniform(0.8, 2.2) * max(u, 0.5)
        erosion = white_noise(rng, size, sigma=sigma)
        light = light + np.float32(rng.uniform(0.02, 0.08)) * erosion
    elif kind < 0.5:
        x, _ = coordinates(size, angle=choose(rng, (0.0, 1.5708)) + rng.normal(0, 0.03))
        pitch = max(4.0, rng.uniform(8, 30) * u)
        light = light + np.float32(rng.uniform(0.05, 0.2)) * np.sin(2 * np.pi * x / pitch)
    gloss = glow(rng, size, widths=(0.06, 0.4)) * np.float32(rng.uniform(0, 60))
    picture = shade(base, light * grain(rng, size, sigma=0.6, strength=0.012)) + gloss[..., None]
    return solid(picture, name)


def rubber(rng: np.random.Generator, size: Size) -> Rendered:
    """Render matt rubber: dark and fine-grained, flat, studded or grooved."""
    u = unit(size)
    name, base = pick_colour(rng, ("black", "black", "black", "grey", "red", "blue", "green"))
    sigma = rng.uniform(0.6, 1.6) * max(u, 0.5)
    light = 1 + np.float32(rng.uniform(0.05, 0.16)) * white_noise(rng, size, sigma=sigma)
    x, y = coordinates(size, angle=choose(rng, (0.0, 0.785)) + rng.normal(0, 0.03))
    pitch = max(6.0, rng.uniform(12, 36) * u)
    kind = rng.random()
    if kind < 0.3:
        distance = np.hypot(
            fraction(x / pitch) - np.float32(0.5), fraction(y / pitch) - np.float32(0.5)
        )
        stud = np.clip((np.float32(0.3) - distance) * np.float32(pitch), 0, 1)
        light = light + np.float32(0.35) * stud * (1 - np.float32(1.5) * distance)
    elif kind < 0.5:
        light = light + np.float32(0.3) * np.clip(np.sin(2 * np.pi * x / pitch) * 3, -1, 1)
    return solid(shade(base * np.float32(0.9) + np.float32(6), light), name)


def sponge(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a sponge: open pores of two sizes with dark bottoms and lit rims."""
    u = unit(size)
    name, base = pick_colour(rng, ("yellow", "yellow", "green", "blue", "pink", "beige", "orange"))
    fine = white_noise(rng, size, sigma=rng.uniform(1.0, 2.2) * max(u, 0.5))
    coarse = white_noise(rng, size, sigma=rng.uniform(2.5, 5.5) * u)
    open_fine = np.clip((fine - np.float32(rng.uniform(0.6, 1.2))) * 2, 0, 1)
    open_coarse = np.clip((coarse - np.float32(rng.uniform(0.9, 1.6))) * 3, 0, 1)
    pores = np.maximum(open_fine * np.float32(0.7), open_coarse)
    rims = cv2.Sobel(cv2.GaussianBlur(pores, (0, 0), 0.8), cv2.CV_32F, 0, 1, scale=0.15)
    light = 1 - np.float32(rng.uniform(0.4, 0.65)) * pores - np.float32(0.5) * rims
    light = light * grain(rng, size, sigma=0.5, strength=0.04)
    return solid(shade(base, light), name)


def foam(rng: np.random.Generator, size: Size) -> Rendered:
    """Render expanded foam: pressed beads with thin dark seams, or fine closed cells."""
    u = unit(size)
    name, base = pick_colour(rng, ("white", "white", "white", "grey", "blue", "pink", "black"))
    labels, borders = cells(rng, size, rng.uniform(12, 50), jitter=0.7)
    seams = cv2.GaussianBlur(borders, (0, 0), max(0.6, 1.0 * u))
    seams = seams / (seams.max() + np.float32(1e-6))
    bead = per_index(rng, labels.astype(np.float32), sigma=0.025)
    depth = np.float32(rng.uniform(0.12, 0.35))
    slope = cv2.Sobel(seams, cv2.CV_32F, 1, 1) * np.float32(0.12)
    light = 1 + bead - depth * seams + slope
    return solid(shade(base, light * grain(rng, size, sigma=0.6, strength=0.02)), name)


def painted(rng: np.random.Generator, size: Size) -> Rendered:
    """Render a painted surface: flat lacquer, orange peel, roller or brush marks."""
    u = unit(size)
    name, base = pick_colour(rng)
    light: Coverage = 1 + np.float32(rng.uniform(0.01, 0.07)) * smooth_noise(
        rng, size, cells=(2, 3)
    )
    kind = rng.random()
    if kind < 0.3:
        peel = smooth_noise(rng, size, cells=(30, 60), decay=0.7)
        light = light + np.float32(rng.uniform(0.02, 0.07)) * spread(peel)
    elif kind < 0.55:
        upright = bool(rng.integers(2))
        brush = streaks(rng, size, length=90 * u, width=rng.uniform(1.5, 4) * u, upright=upright)
        light = light + np.float32(rng.uniform(0.02, 0.06)) * brush
    gloss = glow(rng, size, widths=(0.1, 0.5)) * np.float32(rng.uniform(0, 45))
    picture = shade(base, light * grain(rng, size, sigma=0.5, strength=0.012)) + gloss[..., None]
    return solid(picture, name)


ORGANIC: Mapping[str, Renderer] = {
    "leather": leather,
    "wood": wood,
    "paper": paper,
    "cardboard": cardboard,
    "plastic": plastic,
    "rubber": rubber,
    "sponge": sponge,
    "foam": foam,
    "painted": painted,
}
