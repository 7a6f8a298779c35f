"""Line-like defects: scratch, crack, cut, thread, crease, frayed fibres."""

import math

import cv2
import numpy as np

from promptlab.synthetic.canvas import (
    Coverage,
    Picture,
    Point,
    Points,
    blend,
    polygon,
    stroke,
    white_noise,
)
from promptlab.synthetic.defects.subject import (
    Subject,
    at_point,
    contrasting_colour,
    length,
    line_width,
    local_colour,
    shaded,
    shifted,
    spot,
    wander,
)

__all__ = ["crack", "crease", "cut", "frayed", "scratch", "thread"]


def scratch(subject: Subject, rng: np.random.Generator) -> Picture:
    """Paint one scratch, a few crossing ones, or a scuff of many parallel lines."""
    picture = subject.picture
    centre, reach = spot(subject, rng), length(subject, rng, 0.06, 0.7)
    wiggle = float(rng.choice([0.004, 0.03, 0.1]))
    curve = wander(rng, centre, reach, wiggle=wiggle)
    bright = rng.random() < 0.6
    scuff = rng.random() < 0.2
    for index in range(int(rng.integers(4, 12)) if scuff else int(rng.choice([1, 1, 1, 2, 3]))):
        if index and scuff:
            curve = curve + rng.normal(0, 0.015 * subject.side, 2)
        elif index:
            curve = wander(rng, spot(subject, rng), reach * rng.uniform(0.4, 1), wiggle=wiggle)
        line = stroke(subject.size, curve, line_width(subject, rng, 0.8, 2.6))
        alpha = _broken(line, rng) * subject.coverage * np.float32(rng.uniform(0.45, 1))
        furrow = picture * np.float32(rng.uniform(0.25, 0.6))
        ridge = picture * np.float32(rng.uniform(1.2, 1.7)) + np.float32(rng.uniform(25, 60))
        if rng.random() < 0.5:
            # A furrow seen under side light: its far wall is in the shade.
            edge = shifted(alpha, (subject.side / 200, subject.side / 200))
            picture = blend(picture, ridge if not bright else furrow, edge * np.float32(0.4))
        picture = blend(picture, ridge if bright else furrow, alpha)
    return picture


def crack(subject: Subject, rng: np.random.Generator) -> Picture:
    """Paint a jagged dark crack with branches, or a star of cracks from one point."""
    centre = spot(subject, rng, edge=rng.random() < 0.3)
    reach = length(subject, rng, 0.1, 0.9)
    width = min(line_width(subject, rng, 0.8, 3.2), max(1.0, 0.025 * reach))
    if rng.random() < 0.2:
        count = int(rng.integers(3, 8))
        arms = [_split(rng, centre, reach * rng.uniform(0.2, 0.5)) for _ in range(count)]
        lines = [_tapered(subject, arm, width) for arm in arms]
    else:
        main = _jagged(rng, centre, reach, steps=int(rng.integers(12, 30)))
        lines = [stroke(subject.size, main, width)]
        for _ in range(int(rng.integers(0, 6))):
            fork = main[rng.integers(2, len(main))]
            branch = _split(rng, (fork[0], fork[1]), reach * rng.uniform(0.1, 0.4))
            lines.append(_tapered(subject, branch, width * 0.7))
    alpha = np.maximum.reduce(lines) * subject.coverage
    lip = shifted(alpha, (width * 0.6, width * 0.6)) * (1 - alpha) * subject.coverage
    picture = blend(
        subject.picture, subject.picture * np.float32(1.3) + np.float32(20), lip * np.float32(0.45)
    )
    depth = np.float32(rng.uniform(0.06, 0.4))
    return blend(picture, subject.picture * depth, alpha * np.float32(rng.uniform(0.75, 1)))


def cut(subject: Subject, rng: np.random.Generator) -> Picture:
    """Paint a straight slit, wide in the middle, with a bright lip."""
    picture = subject.picture
    angle, reach = rng.uniform(0, math.pi), length(subject, rng, 0.06, 0.5)
    for _ in range(int(rng.choice([1, 1, 1, 2, 3]))):
        centre = spot(subject, rng)
        width = max(2.0, reach * rng.uniform(0.015, 0.08))
        slit = polygon(subject.size, _lens(centre, angle + rng.normal(0, 0.06), reach, width))
        alpha = slit * subject.coverage
        offset = 0.5 * width + subject.side / 220
        lip = shifted(slit, (offset, offset)) * (1 - alpha) * subject.coverage
        bright = picture * np.float32(1.25) + np.float32(35)
        picture = blend(picture, bright, lip * np.float32(rng.uniform(0.3, 0.75)))
        dark = picture * np.float32(rng.uniform(0.06, 0.3))
        picture = blend(picture, dark, alpha)
    return picture


def thread(subject: Subject, rng: np.random.Generator) -> Picture:
    """Lay one or two curly fibres with their shadow on the object."""
    picture = subject.picture
    for _ in range(int(rng.choice([1, 1, 1, 2]))):
        reach, width = length(subject, rng, 0.12, 0.9), line_width(subject, rng, 0.9, 3)
        curve = _curl(rng, spot(subject, rng), reach)
        fibre = stroke(subject.size, curve, width) * subject.coverage
        offset = subject.side / 110
        shadow = cv2.GaussianBlur(shifted(fibre, (offset, offset)), (0, 0), 0.8 * offset / 2 + 0.3)
        strength = np.float32(rng.uniform(0.2, 0.6))
        picture = shaded(picture, 1 - strength * shadow * subject.coverage)
        colour = contrasting_colour(rng, picture, fibre)
        picture = blend(picture, colour, fibre * np.float32(rng.uniform(0.75, 1)))
    return picture


def crease(subject: Subject, rng: np.random.Generator) -> Picture:
    """Paint fold lines: a bright and a dark flank along a slightly curved line."""
    picture = subject.picture
    for _ in range(int(rng.choice([1, 1, 2, 3, 5]))):
        curve = wander(
            rng, spot(subject, rng), length(subject, rng, 0.25, 1), wiggle=0.05, steps=16
        )
        width = line_width(subject, rng, 1.2, 3.6)
        soft = cv2.GaussianBlur(stroke(subject.size, curve, width), (0, 0), width * 0.7)
        soft = _broken(soft / (soft.max() + np.float32(1e-6)), rng)
        turn = rng.uniform(0, 2 * math.pi)
        far = shifted(soft, (1.3 * width * math.cos(turn), 1.3 * width * math.sin(turn)))
        gain = np.float32(rng.uniform(0.2, 0.5))
        flanks = gain * (soft - far) * subject.coverage
        picture = shaded(picture, 1 + flanks) + np.float32(25) * flanks[..., None]
    return picture


def frayed(subject: Subject, rng: np.random.Generator) -> Picture:
    """Pull a bundle of short wavy fibres out of the weave, over a thinned spot."""
    centre, reach = spot(subject, rng), length(subject, rng, 0.06, 0.3)
    seam = wander(rng, centre, reach, wiggle=0.1)
    bald = cv2.GaussianBlur(stroke(subject.size, seam, reach * 0.2), (0, 0), reach * 0.08 + 0.5)
    picture = shaded(subject.picture, 1 - np.float32(0.45) * bald * subject.coverage)
    base = local_colour(subject.picture, bald + np.float32(1e-6))
    for _ in range(int(rng.integers(10, 32))):
        start = seam[rng.integers(len(seam))] + rng.normal(0, 0.05 * reach, 2)
        fibre = wander(rng, (start[0], start[1]), reach * rng.uniform(0.2, 0.9), wiggle=0.16)
        line = stroke(subject.size, fibre, line_width(subject, rng, 0.5, 1.4)) * subject.coverage
        tone = base * np.float32(rng.choice([0.45, 1.25, 1.5])) + np.float32(10)
        picture = blend(picture, tone.astype(np.float32), line * np.float32(rng.uniform(0.6, 1)))
    return picture


def _broken(line: Coverage, rng: np.random.Generator) -> Coverage:
    """Make a line fade in and out, as the pressure of a scratching tip does."""
    height, width = line.shape
    noise = white_noise(rng, (height, width), sigma=max(1.0, min(height, width) / 30))
    fading: Coverage = line * np.clip(0.8 + 0.5 * noise, 0, 1).astype(np.float32)
    return fading


def _jagged(rng: np.random.Generator, centre: Point, reach: float, *, steps: int) -> Points:
    """Draw a zigzag that keeps its main direction, as cracks do."""
    drift = np.cumsum(rng.normal(0, 0.1, steps))
    headings = rng.uniform(0, 2 * math.pi) + drift + rng.normal(0, rng.uniform(0.3, 0.8), steps)
    pace = rng.uniform(0.4, 1.6, steps) * (reach / steps)
    moves = np.stack([np.cos(headings), np.sin(headings)], axis=1) * pace[:, None]
    points = np.concatenate([np.zeros((1, 2)), np.cumsum(moves, axis=0)])
    return at_point(points - points[steps // 2], centre)


def _split(rng: np.random.Generator, start: Point, reach: float) -> Points:
    """Draw a zigzag that begins at a point."""
    curve = _jagged(rng, start, reach, steps=10)
    return at_point(curve - curve[0], start)


def _tapered(subject: Subject, curve: Points, width: float) -> Coverage:
    """Draw a curve whose second half is half as wide."""
    middle = len(curve) // 2
    near = stroke(subject.size, curve[: middle + 1], width)
    line: Coverage = np.maximum(near, stroke(subject.size, curve[middle:], width / 2))
    return line


def _lens(centre: Point, angle: float, reach: float, width: float) -> Points:
    """Return the outline of a slit that is ``width`` wide in the middle and closed at both ends."""
    along = np.linspace(-1, 1, 13)
    across = width / 2 * (1 - along**2)
    x = np.concatenate([along, along[::-1]]) * reach / 2
    y = np.concatenate([across, -across[::-1]])
    cosine, sine = math.cos(angle), math.sin(angle)
    turned = np.stack([cosine * x - sine * y, sine * x + cosine * y], axis=1)
    return at_point(turned, centre)


def _curl(rng: np.random.Generator, centre: Point, reach: float) -> Points:
    """Draw a smooth curly curve: the curvature, not the heading, does the random walk."""
    steps = 48
    bending = np.cumsum(rng.normal(0, rng.uniform(0.005, 0.035), steps))
    curvature = np.clip(rng.normal(0, 0.06) + bending, -0.35, 0.35)
    headings = rng.uniform(0, 2 * math.pi) + np.cumsum(curvature)
    moves = np.stack([np.cos(headings), np.sin(headings)], axis=1) * (reach / steps)
    points = np.cumsum(moves, axis=0)
    return at_point(points - points[steps // 2], centre)
