"""Defects of shape and arrangement: bent, twist, missing, chip, swap, misplaced."""

import math

import cv2
import numpy as np

from promptlab.synthetic.canvas import (
    Coverage,
    Picture,
    Point,
    Points,
    blend,
    coordinates,
    polygon,
    relief,
    smooth_noise,
)
from promptlab.synthetic.defects.subject import (
    Subject,
    at_point,
    blob,
    length,
    local_colour,
    shaded,
    spot,
)

__all__ = ["bent", "chip", "misplaced", "missing", "swap", "twist"]


def bent(subject: Subject, rng: np.random.Generator) -> Picture:
    """Bend one end of the object, or push a part of it sideways."""
    centre = spot(subject, rng)
    if subject.behind is not None and rng.random() < 0.6:
        return _warped(subject, *_hinge(subject, rng, centre))
    radius = length(subject, rng, 0.12, 0.35)
    x, y = coordinates(subject.size, centre=centre)
    bulge = np.exp(-(x**2 + y**2) / np.float32(2 * (radius * 0.55) ** 2))
    turn, push = rng.uniform(0, 2 * math.pi), radius * rng.uniform(0.3, 0.65)
    return _warped(
        subject,
        bulge * np.float32(push * math.cos(turn)),
        bulge * np.float32(push * math.sin(turn)),
    )


def twist(subject: Subject, rng: np.random.Generator) -> Picture:
    """Swirl a round region about its middle."""
    centre, radius = spot(subject, rng), length(subject, rng, 0.07, 0.25)
    x, y = coordinates(subject.size, centre=centre)
    falloff = np.exp(-(((x**2 + y**2) / np.float32((radius * 0.75) ** 2)) ** 1.5))
    turn = falloff * np.float32(rng.choice([-1, 1]) * rng.uniform(0.8, 2.2))
    cosine, sine = np.cos(turn), np.sin(turn)
    return _warped(subject, cosine * x - sine * y - x, sine * x + cosine * y - y)


def missing(subject: Subject, rng: np.random.Generator) -> Picture:
    """Break a piece off and show what is behind; without a background, leave a recess."""
    if subject.behind is None:
        return chip(subject, rng)
    centre = np.asarray(spot(subject, rng, edge=True), np.float64)
    if rng.random() < 0.4:
        outline = _torn_half(subject, rng, centre)
    else:
        outline = _shard(rng, (centre[0], centre[1]), length(subject, rng, 0.04, 0.2))
    gap = polygon(subject.size, outline)
    # Cover the object's antialiased fringe too, or a ghost of its outline remains.
    reach = cv2.dilate(subject.coverage, np.ones((3, 3), np.uint8))
    fringe = cv2.GaussianBlur(gap, (0, 0), max(0.8, subject.side / 160)) * subject.coverage
    tone = np.float32(rng.choice([-0.45, -0.25, 0.35]))
    picture = shaded(subject.picture, 1 + tone * fringe)
    return blend(picture, subject.behind, gap * reach)


def chip(subject: Subject, rng: np.random.Generator) -> Picture:
    """Knock a flake out: a jagged recess with a rough fracture surface."""
    centre = spot(subject, rng, edge=subject.behind is not None and rng.random() < 0.6)
    radius = length(subject, rng, 0.025, 0.15)
    flake = polygon(subject.size, _shard(rng, centre, radius)) * subject.coverage
    base = local_colour(subject.picture, flake)
    bright = base.mean() < 60 or (base.mean() < 190 and rng.random() < 0.5)
    tone = base * np.float32(rng.uniform(1.25, 1.6) if bright else rng.uniform(0.35, 0.7))
    rough = 1 + np.float32(0.14) * smooth_noise(rng, subject.size, cells=(20, 50), decay=0.8)
    wall = relief(flake, width=max(2.0, radius * 0.35), gain=-0.6, light=rng.uniform(0, 6.28))
    return blend(subject.picture, (rough * wall)[..., None] * (tone + np.float32(12)), flake)


def swap(subject: Subject, rng: np.random.Generator) -> Picture:
    """Replace a patch by another material."""
    centre, radius = spot(subject, rng), length(subject, rng, 0.05, 0.22)
    if rng.random() < 0.4:
        patch = polygon(subject.size, _rectangle(rng, centre, radius)) * subject.coverage
    else:
        patch = blob(subject, rng, centre=centre, radius=radius, irregularity=0.5)
    return blend(subject.picture, subject.foreign(rng), patch)


def misplaced(subject: Subject, rng: np.random.Generator) -> Picture:
    """Put a piece of the object where it does not belong, turned or shifted."""
    centre, radius = spot(subject, rng), length(subject, rng, 0.06, 0.22)
    height, width = subject.size
    if rng.random() < 0.5:
        patch = polygon(subject.size, _rectangle(rng, centre, radius))
    else:
        patch = blob(subject, rng, centre=centre, radius=radius, irregularity=0.3)
    source = spot(subject, rng)
    angle = float(rng.choice([0, 90, 180, rng.uniform(15, 345)]))
    matrix = cv2.getRotationMatrix2D((float(source[0]), float(source[1])), angle, 1)
    offset = np.asarray(centre, np.float64) - np.asarray(source, np.float64)
    matrix = np.asarray(matrix, np.float64) + np.stack([0 * offset, 0 * offset, offset], axis=1)
    moved: Picture = cv2.warpAffine(
        subject.picture, matrix, (width, height), borderMode=cv2.BORDER_REFLECT
    )
    # The piece brings no background along.
    piece = cv2.warpAffine(subject.coverage, matrix, (width, height), borderMode=cv2.BORDER_REFLECT)
    alpha = patch * subject.coverage * piece
    edge = cv2.GaussianBlur(alpha, (0, 0), max(0.8, subject.side / 200)) * (1 - alpha)
    picture = shaded(subject.picture, 1 - np.float32(0.5) * edge * subject.coverage)
    return blend(picture, moved, alpha)


def _warped(subject: Subject, shift_x: Coverage, shift_y: Coverage) -> Picture:
    """Move the object's pixels; behind an object the background stays where it is."""
    x, y = coordinates(subject.size)
    map_x, map_y = (x + shift_x).astype(np.float32), (y + shift_y).astype(np.float32)
    moved: Picture = cv2.remap(
        subject.picture, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    )
    if subject.behind is None:
        return moved
    outline = cv2.remap(
        subject.coverage, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    )
    # Only where something moved: elsewhere the object's own antialiasing and shadow stay.
    moves = np.clip(np.abs(shift_x) + np.abs(shift_y) - 0.3, 0, 1).astype(np.float32)
    emptied = cv2.dilate(subject.coverage, np.ones((3, 3), np.uint8)) * moves
    picture = blend(subject.picture, subject.behind, emptied)
    return blend(picture, moved, outline * moves)


def _hinge(subject: Subject, rng: np.random.Generator, pivot: Point) -> tuple[Coverage, Coverage]:
    """Return the displacement that turns everything beyond a pivot by 8 to 30 degrees."""
    covered = np.argwhere(subject.coverage > 0.5)
    middle = covered.mean(axis=0)[::-1] if covered.size else np.asarray(pivot)
    outwards = np.asarray(pivot, np.float64) - middle
    heading = math.atan2(outwards[1], outwards[0]) + rng.normal(0, 0.3)
    along, across = coordinates(subject.size, angle=heading, centre=pivot)
    ramp = np.clip(along / np.float32(subject.side * rng.uniform(0.04, 0.15)), 0, 1)
    angle = ramp * np.float32(rng.choice([-1, 1]) * math.radians(rng.uniform(8, 30)))
    cosine, sine = np.cos(angle), np.sin(angle)
    shift_along = cosine * along - sine * across - along
    shift_across = sine * along + cosine * across - across
    c, s = np.float32(math.cos(heading)), np.float32(math.sin(heading))
    beyond = (along > 0).astype(np.float32)
    return (
        (c * shift_along - s * shift_across) * beyond,
        (s * shift_along + c * shift_across) * beyond,
    )


def _torn_half(subject: Subject, rng: np.random.Generator, edge: Point | np.ndarray) -> Points:
    """Return the half plane beyond a jagged line just inside the object's edge."""
    covered = np.argwhere(subject.coverage > 0.5)
    middle = covered.mean(axis=0)[::-1] if covered.size else np.asarray(edge)
    outwards = np.asarray(edge, np.float64) - middle
    distance = float(np.hypot(*outwards)) + 1e-6
    normal = outwards / distance
    start = middle + normal * distance * rng.uniform(0.55, 0.92)
    steps = np.linspace(-1, 1, 25)
    jag = np.cumsum(rng.normal(0, 0.012 * subject.side, steps.size))
    jag -= jag.mean()
    along = np.array([-normal[1], normal[0]])
    span = 2.0 * max(subject.size)
    line = start + steps[:, None] * along * subject.side * 0.8 + jag[:, None] * normal
    far = np.stack([line[-1] + along * 0.1 + normal * span, line[0] + normal * span])
    return np.concatenate([line, far])


def _shard(rng: np.random.Generator, centre: Point, radius: float) -> Points:
    """Return a jagged polygon of five to fourteen corners."""
    corners = int(rng.integers(5, 15))
    turn = np.linspace(0, 2 * math.pi, corners, endpoint=False) + rng.normal(0, 0.12, corners)
    reach = radius * np.clip(rng.normal(1, 0.28, corners), 0.4, 1.7)
    points = np.stack([np.cos(turn), np.sin(turn) * rng.uniform(0.6, 1)], axis=1) * reach[:, None]
    angle = rng.uniform(0, math.pi)
    cosine, sine = math.cos(angle), math.sin(angle)
    return at_point(points @ np.array([[cosine, sine], [-sine, cosine]]), centre)


def _rectangle(rng: np.random.Generator, centre: Point, radius: float) -> Points:
    """Return a rectangle of random shape, upright half of the time."""
    half = np.array([radius * rng.uniform(0.7, 1.3), radius * rng.uniform(0.4, 1)])
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    angle = 0.0 if rng.random() < 0.5 else rng.uniform(0, math.pi)
    cosine, sine = math.cos(angle), math.sin(angle)
    return at_point(corners @ np.array([[cosine, sine], [-sine, cosine]]), centre)
