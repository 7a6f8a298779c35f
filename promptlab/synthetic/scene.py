"""Scenes: a photograph of a category, with or without a defect, and the truth about it.

Twin scenes share object, view and harmless marks and differ in the defect alone; half of the time
they differ in their light too, so that light is no cue. Knows nothing of captions or encoders.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from jaxtyping import Bool, UInt8

from promptlab.errors import ConfigError, suggest
from promptlab.synthetic.canvas import Picture, Rendered, Size
from promptlab.synthetic.catalogue import CATEGORIES, CORE, HELD_OUT, render
from promptlab.synthetic.defects import DEFECTS, LINE_DEFECTS, Subject, plausible_defects
from promptlab.synthetic.distractors import add_distractor
from promptlab.synthetic.finish import Light, View, draw_light, draw_view
from promptlab.synthetic.textures import TEXTURES

__all__ = ["Scene", "name_place", "normal_scene", "twin_scenes"]

Mask = Bool[np.ndarray, "height width"]

_SECOND_DEFECT = 0.2
_DISTRACTOR = 0.3
_NEW_LIGHT = 0.5
_ATTEMPTS = 6
# Bounds on the changed area: pixels of a 224 x 224 picture, and share of the picture.
_FEWEST_PIXELS = 12
_LARGEST_SHARE = 0.6
# A change fainter than this (after averaging out the grain) would be a defect nobody can see.
_VISIBLE = 18.0
# How far gaps in the change are closed, as a share of the shorter side: lines stay thin, and warped
# texture, which matches itself here and there, becomes one region.
_CLOSING = dict.fromkeys(LINE_DEFECTS, 0.004) | dict.fromkeys(("bent", "twist", "misplaced"), 0.03)
# Fixed by name, so that more textures do not change the pictures that are there.
_MATERIALS = tuple(sorted(set(TEXTURES) & CORE - HELD_OUT))


@dataclass(frozen=True)
class Scene:
    """One photograph and the truth about it.

    Attributes:
        image: RGB pixels.
        mask: Where a defect changed the object; all False when normal.
        category: What it shows, one of ``CATEGORIES``.
        defects: Kinds of its defects; empty when normal.
        colour: Name of the main colour; empty when the photograph is grey.
        place: Where the defect lies: centre, top, bottom, left, right or "top left" and the like;
            empty when normal or when the defect spans most of the picture.
        extent: Share of the picture that the mask covers.
    """

    image: UInt8[np.ndarray, "height width 3"]
    mask: Bool[np.ndarray, "height width"]
    category: str
    defects: tuple[str, ...]
    colour: str
    place: str
    extent: float

    @property
    def states(self) -> frozenset[str]:
        """What captions may say of its state: the kinds of defect, or normal."""
        return frozenset(self.defects or ("normal",))


@dataclass(frozen=True)
class _Condition:
    """A state of the rendered object: its kinds of defect, how it looks, and where they are."""

    defects: tuple[str, ...]
    picture: Picture
    mask: Mask


def normal_scene(category: str, rng: np.random.Generator, size: Size) -> Scene:
    """Photograph one normal example of a category.

    Args:
        category: One of ``CATEGORIES``.
        rng: Source of randomness; the same state gives the same scene.
        size: Height and width in pixels.

    Raises:
        ConfigError: If the category is unknown.
    """
    base = _base(category, rng, size)
    normal = _Condition((), base.picture, np.zeros(size, np.bool_))
    return _photograph(category, base.colour, normal, draw_view(rng, size), draw_light(rng), rng)


def twin_scenes(
    category: str, rng: np.random.Generator, size: Size, *, defect: str | None = None
) -> tuple[Scene, Scene]:
    """Photograph the same example of a category without and with a defect.

    Args:
        category: One of ``CATEGORIES``.
        rng: Source of randomness; the same state gives the same scenes.
        size: Height and width in pixels.
        defect: Kind of the defect; drawn from the plausible ones, one or two, by default. Where
            the wanted kind stays invisible or too large, another one is taken.

    Raises:
        ConfigError: If the category or the defect is unknown.
    """
    if defect is not None and defect not in DEFECTS:
        raise ConfigError(f"unknown defect {defect!r}; {suggest(defect, DEFECTS)}")
    base = _base(category, rng, size)
    subject = Subject(base.picture, base.coverage, base.behind, lambda draw: _foreign(draw, base))
    normal = _Condition((), base.picture, np.zeros(size, np.bool_))
    damaged = _damaged(subject, rng, category, defect)
    if defect is None and rng.random() < _SECOND_DEFECT:
        damaged = _damaged_again(subject, damaged, category, rng)
    view, light = _view_of(damaged.mask, rng), draw_light(rng)
    first = _photograph(category, base.colour, normal, view, light, rng)
    if rng.random() < _NEW_LIGHT:
        light = draw_light(rng)
    return first, _photograph(category, base.colour, damaged, view, light, rng)


def _base(category: str, rng: np.random.Generator, size: Size) -> Rendered:
    if category not in CATEGORIES:
        raise ConfigError(f"unknown category {category!r}; {suggest(category, CATEGORIES)}")
    base = render(category, rng, size)
    if rng.random() < _DISTRACTOR:
        return replace(base, picture=add_distractor(base.picture, base.coverage, rng))
    return base


def _foreign(rng: np.random.Generator, base: Rendered) -> Picture:
    """Draw another material, never a held-out one, that differs visibly from the object."""
    height, width = base.coverage.shape
    own = np.einsum("hwc,hw->c", base.picture, base.coverage) / max(1.0, base.coverage.sum())
    picture = render(str(rng.choice(_MATERIALS)), rng, (height, width)).picture
    if np.abs(picture.mean(axis=(0, 1)) - own).max() < 20:
        picture = render(str(rng.choice(_MATERIALS)), rng, (height, width)).picture
    return picture


def _damaged(
    subject: Subject, rng: np.random.Generator, category: str, defect: str | None
) -> _Condition:
    """Paint a defect that can be seen; after some failures try the other kinds."""
    kinds = list(rng.permutation(plausible_defects(category)))
    if defect is not None:
        kinds = [defect, *(kind for kind in kinds if kind != defect)]
    height, width = subject.size
    fewest = _FEWEST_PIXELS * (subject.side / 224) ** 2
    for kind in kinds:
        for _ in range(_ATTEMPTS):
            picture = np.clip(DEFECTS[kind](subject, rng), 0, 255)
            mask = _changed(subject, picture, kind=str(kind))
            if fewest <= mask.sum() <= _LARGEST_SHARE * height * width:
                return _Condition((str(kind),), picture, mask)
    raise ConfigError(
        f"no defect is visible on {category!r} at size {subject.size}; use a larger size"
    )


def _damaged_again(
    subject: Subject, damaged: _Condition, category: str, rng: np.random.Generator
) -> _Condition:
    """Paint a second defect over the first, unless together they are too large."""
    worse = _damaged(replace(subject, picture=damaged.picture), rng, category, None)
    mask = damaged.mask | worse.mask
    if mask.mean() > _LARGEST_SHARE:
        return damaged
    return _Condition(tuple(dict.fromkeys(damaged.defects + worse.defects)), worse.picture, mask)


def _changed(subject: Subject, after: Picture, *, kind: str) -> Mask:
    """Return the region a person would outline: clear changes, gaps closed, spots filled.

    The threshold follows the strength of the change, so the faint foot of a soft stain stays out;
    the mask is empty where nobody could see the change.
    """
    side = subject.side
    difference = after - np.clip(subject.picture, 0, 255)
    averaged = np.abs(cv2.GaussianBlur(difference, (0, 0), max(0.5, 0.8 * side / 224))).max(axis=2)
    clear = averaged[averaged > 8]
    strength = float(np.percentile(clear, 90)) if clear.size else 0.0
    if strength < _VISIBLE:
        return np.zeros(averaged.shape, np.bool_)
    change = np.abs(difference).max(axis=2) if kind in LINE_DEFECTS else averaged
    pixels = (change > max(10.0, 0.25 * strength)).astype(np.uint8)
    reach = max(1, round(side * _CLOSING.get(kind, 0.012)))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    closed = cv2.morphologyEx(pixels, cv2.MORPH_CLOSE, kernel)
    if kind in LINE_DEFECTS:
        return closed.astype(np.bool_)
    # Fill the object's own area only: a ring stained all round keeps its hole.
    return _filled(closed, side) & (closed.astype(np.bool_) | (subject.coverage > 0.5))


def _filled(region: UInt8[np.ndarray, "height width"], side: int) -> Mask:
    """Fill enclosed gaps and drop specks next to larger changes."""
    outlines, _ = cv2.findContours(region, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    areas = [cv2.contourArea(outline) + len(outline) / 2 for outline in outlines]
    smallest = min(0.03 * max(areas, default=0.0), (side * 0.02) ** 2)
    kept = [outline for outline, area in zip(outlines, areas, strict=True) if area >= smallest]
    filled = np.zeros_like(region)
    cv2.drawContours(filled, kept, -1, 1, cv2.FILLED)
    return filled.astype(np.bool_)


def _view_of(mask: Mask, rng: np.random.Generator) -> View:
    """Draw a view that keeps most of the defect in the picture."""
    height, width = mask.shape
    view = draw_view(rng, (height, width))
    if view.apply(mask.astype(np.float32)).sum() < 0.6 * mask.sum():
        return replace(view, angle=0.0, zoom=1.0)
    return view


def _photograph(
    category: str,
    colour: str,
    condition: _Condition,
    view: View,
    light: Light,
    rng: np.random.Generator,
) -> Scene:
    seen = view.apply(condition.mask.astype(np.float32)) > 0.4
    return Scene(
        image=light.apply(view.apply(condition.picture), rng),
        mask=seen,
        category=category,
        defects=condition.defects,
        colour="" if light.grey else colour,
        place=name_place(seen),
        extent=float(seen.mean()),
    )


def name_place(mask: Mask) -> str:
    """Name the ninth of the picture that holds the middle of a mask; empty when it spans most."""
    rows, columns = np.nonzero(mask)
    if rows.size == 0 or max(np.ptp(rows) / mask.shape[0], np.ptp(columns) / mask.shape[1]) > 0.6:
        return ""
    vertical = ("top", "", "bottom")[_third(rows.mean() / mask.shape[0])]
    horizontal = ("left", "", "right")[_third(columns.mean() / mask.shape[1])]
    return f"{vertical} {horizontal}".strip() or "centre"


def _third(share: float) -> int:
    return 0 if share < 0.38 else 2 if share > 0.62 else 1
