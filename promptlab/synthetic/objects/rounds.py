"""Round bodies: their shading, and turned parts, rods and wires put on an object."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from promptlab.synthetic.canvas import Colour, Coverage, Number, Picture, Point, Points, union
from promptlab.synthetic.fields import peak, shade
from promptlab.synthetic.objects.outlines import band_outline
from promptlab.synthetic.objects.scene import Scene

__all__ = [
    "Roundness",
    "add_rod",
    "add_turned",
    "add_wires",
    "lathe",
    "lying_round",
    "round_off",
    "round_shading",
    "upright_round",
]


@dataclass(frozen=True)
class Roundness:
    """How the brightness of a cylinder runs over its width.

    Attributes:
        dark: Brightness at the rims.
        bright: How much brighter the middle is.
        side: How much brighter the rim towards the light is.
        spot: Place of the line of reflected light when the light comes from the side.
        width: Width of that line.
        bend: How far round the rims turn away, at most 1.
    """

    dark: float
    bright: float
    side: float
    spot: float
    width: float = 0.12
    bend: float = 0.95


_LYING = Roundness(dark=0.4, bright=0.65, side=0.22, spot=0.45)
_UPRIGHT = Roundness(dark=0.45, bright=0.6, side=0.4, spot=1.0, width=0.1, bend=1.0)


def round_shading(
    across: Coverage, lean: Number, roundness: Roundness, *, gloss: Number
) -> Coverage:
    """Return the shading of a cylinder whose width ``across`` runs over from -1 to 1.

    Args:
        across: Every pixel's place.
        lean: How much the light comes from the end 1 of ``across``, -1 to 1.
        roundness: How the brightness runs over the width.
        gloss: Strength of the line of reflected light.
    """
    inside = np.clip(across, -1, 1)
    body = np.sqrt(1 - inside * inside * np.float32(roundness.bend))
    lit = np.float32(roundness.dark) + np.float32(roundness.bright) * body
    lit = lit + lean * inside * np.float32(roundness.side)
    sheen = peak(inside, lean * np.float32(roundness.spot), roundness.width)
    shading: Coverage = lit + np.float32(gloss) * sheen
    return shading


def lying_round(scene: Scene, across: Coverage, *, gloss: Number = 0.3) -> Coverage:
    """Return the shading of a cylinder along the first axis; ``across`` is -1 to 1 over it."""
    lean = np.float32(math.sin(scene.light - scene.angle))
    return round_shading(across, lean, _LYING, gloss=gloss)


def upright_round(scene: Scene, across: Coverage) -> Coverage:
    """Return the shading of an upright cylinder; ``across`` runs from -1 to 1 over its width."""
    lean = np.float32(math.cos(scene.light) * 0.45)
    return round_shading(across, lean, _UPRIGHT, gloss=0.25)


def lathe(
    scene: Scene, profile: Sequence[Point] | Points, *, gloss: Number = 0.3
) -> tuple[Coverage, Coverage]:
    """Return coverage and shading of a body turned about the first axis.

    ``profile`` lists its places along the axis, in rising order, with the radius at each.
    """
    knots = np.asarray(profile, np.float64)
    outline = np.concatenate([knots, knots[::-1] * (1, -1)])
    x, y = scene.local()
    radius = np.interp(x, knots[:, 0], np.maximum(knots[:, 1], 0.02)).astype(np.float32)
    return scene.shape(outline), lying_round(scene, y / radius, gloss=gloss)


def round_off(scene: Scene, body: Coverage, lit: Coverage) -> None:
    """Shade a body, with all that is printed on it, by what ``lathe`` returned."""
    scene.shade_by(1 + (lit - 1) * body)


def add_turned(
    scene: Scene,
    profile: Sequence[Point],
    surface: Picture,
    *,
    swell: Coverage | float = 1.0,
    pattern: Coverage | float = 1.0,
    gloss: float = 0.2,
) -> None:
    """Put on a part of revolution about the first axis.

    Args:
        scene: Where to put it.
        profile: Half widths along the axis, from its start to its end.
        surface: Its surface.
        swell: Factor on the half width, at most 1.15: threads and flutes.
        pattern: Factor on the brightness.
        gloss: Strength of the line of reflected light.
    """
    places, halves = np.asarray(profile, np.float64).T
    here = _box_window(scene, (float(places[0]), float(places[-1])), float(halves.max()) * 1.15)
    x, y = (field[here] for field in scene.local())
    half = np.interp(x, places, halves).astype(np.float32)
    half = half * np.broadcast_to(np.float32(swell), scene.size)[here]
    reach, soft = np.float32(scene.reach), np.float32(0.5)
    inside = np.clip((half - np.abs(y)) * reach + soft, 0, 1)
    inside = inside * np.clip((x - np.float32(places[0])) * reach + soft, 0, 1)
    inside = inside * np.clip((np.float32(places[-1]) - x) * reach + soft, 0, 1)
    across = np.clip(y / np.maximum(half, np.float32(1e-3)), -1, 1)
    side = np.float32(math.sin(scene.light - scene.angle))
    lit = np.float32(0.45) + np.float32(0.6) * np.sqrt(1 - across * across)
    lit = lit + np.float32(0.3) * side * across
    lit = lit + np.float32(gloss) * peak(across, np.float32(0.55) * side, 0.16)
    body = np.zeros(scene.size, np.float32)
    body[here] = inside
    paint = surface.copy()
    paint[here] = shade(surface[here], lit * np.broadcast_to(np.float32(pattern), scene.size)[here])
    scene.add(body, paint)


def _box_window(scene: Scene, span: tuple[float, float], half: float) -> tuple[slice, slice]:
    """Return the rows and columns that hold a box along the first axis, to compute less."""
    corners = scene.pixels([(x, y) for x in span for y in (-half, half)])
    left, top = np.maximum(np.floor(corners.min(0)).astype(int) - 2, 0)
    right, bottom = np.maximum(np.ceil(corners.max(0)).astype(int) + 3, 1)
    height, width = scene.size
    rows = slice(min(int(top), height - 1), int(bottom))
    return rows, slice(min(int(left), width - 1), int(right))


def add_wires(
    scene: Scene, paths: Sequence[Sequence[Point]], thickness: float, paint: Colour
) -> None:
    """Add bare round wires."""
    for path in paths:
        wire = scene.line(path, thickness)
        scene.add(wire, paint, bevel=thickness / 2, gain=0.6, gloss=0.2, dome=True)


def add_rod(
    scene: Scene, path: Points, halves: Sequence[Number], surface: Picture, *, caps: bool = True
) -> None:
    """Put on a bent rod of round section, whose half width may change along it."""
    body = scene.shape(band_outline(path, halves))
    if caps:
        ends = ((path[0], halves[0]), (path[-1], halves[-1]))
        body = union(body, *(scene.circle(at[0], at[1], half) for at, half in ends))
    gloss = scene.rng.uniform(0.05, 0.45)
    scene.add(body, surface, bevel=max(map(float, halves)), gain=0.75, gloss=gloss, dome=True)
