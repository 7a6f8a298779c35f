"""Balls for games, each with its own seams or dimples."""

import math
from collections.abc import Mapping

import cv2
import numpy as np
from jaxtyping import Float, Float32

from promptlab.synthetic.canvas import (
    Coverage,
    Number,
    Picture,
    Rendered,
    Renderer,
    Size,
    pick_colour,
)
from promptlab.synthetic.fields import choose, grain, shade, tinted
from promptlab.synthetic.objects.details import dots, emboss
from promptlab.synthetic.objects.scene import Scene, random_text
from promptlab.synthetic.objects.surfaces import moulded

__all__ = ["BALLS"]

_GOLDEN_ANGLE = math.pi * (3 - math.sqrt(5))


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
    dimples = dots(scene, places * 0.98, halves, angles)
    emboss(scene, dimples, width=wide * 0.9, gain=-rng.uniform(0.2, 0.4))
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


BALLS: Mapping[str, Renderer] = {
    "ball": ball,
}
