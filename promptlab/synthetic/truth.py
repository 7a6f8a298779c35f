"""Captions and the single definition of when one is true of a scene.

A caption holds for some categories, states, colours, places and sizes; it is true when all of
these hold. Knows nothing of images or encoders beyond the truth that a ``Scene`` carries.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, TypeVar

import numpy as np
from jaxtyping import Bool

from promptlab.synthetic.defects import DEFECTS
from promptlab.synthetic.scene import Scene

__all__ = ["LARGE", "SMALL", "STATES", "Caption", "Extent", "Scope", "is_true", "truth_matrix"]

STATES: tuple[str, ...] = ("normal", *DEFECTS)
"""What a caption or a scene can say of the state."""

SMALL, LARGE = 0.006, 0.05
"""A defect is small below the first and large above the second share of the picture."""

Scope: TypeAlias = Literal["generic", "material", "category"]
Extent: TypeAlias = Literal["small", "large"]

_Actual = TypeVar("_Actual", bound=Hashable)
_Named = TypeVar("_Named", bound=Hashable)


@dataclass(frozen=True)
class Caption:
    """One sentence and the scenes of which it is true.

    Attributes:
        text: The sentence.
        categories: Categories for which it can be true.
        states: States for which it can be true, of ``STATES``.
        colour: Colour that it names, if any.
        scope: Whether it names anything, a group of materials or a category.
        place: Where it puts the defect, if anywhere: a value of ``Scene.place``.
        size: Size that it gives the defect, if any.
    """

    text: str
    categories: frozenset[str]
    states: frozenset[str]
    colour: str | None = None
    scope: Scope = "generic"
    place: str | None = None
    size: Extent | None = None

    @property
    def specific(self) -> bool:
        """Whether it names specific defects: fewer than eight kinds, and not normal."""
        return len(self.states) < 8 and "normal" not in self.states


def is_true(caption: Caption, scene: Scene) -> bool:
    """Say whether a caption is true of a scene.

    "near the top" is true of a defect at the top left; a place or size that the scene leaves open
    (a defect all over the picture, one of middling size) makes captions that name one false.
    """
    return (
        scene.category in caption.categories
        and not scene.states.isdisjoint(caption.states)
        and caption.colour in (None, scene.colour)
        and _place_holds(caption.place, scene.place)
        and _size_holds(caption.size, scene.extent)
    )


def truth_matrix(
    captions: Sequence[Caption], scenes: Sequence[Scene]
) -> Bool[np.ndarray, "scene caption"]:
    """Return ``is_true`` of every caption and scene."""
    # Captions share few distinct meanings per field: compare those, then spread to all captions.
    by_category = _table(
        [scene.category for scene in scenes],
        [caption.categories for caption in captions],
        lambda category, categories: category in categories,
    )
    by_state = _table(
        [scene.states for scene in scenes],
        [caption.states for caption in captions],
        lambda present, named: not present.isdisjoint(named),
    )
    by_colour = _table(
        [scene.colour for scene in scenes],
        [caption.colour for caption in captions],
        lambda colour, named: named in (None, colour),
    )
    by_place = _table(
        [scene.place for scene in scenes],
        [caption.place for caption in captions],
        lambda place, named: _place_holds(named, place),
    )
    by_size = _table(
        [scene.extent for scene in scenes],
        [caption.size for caption in captions],
        lambda extent, named: _size_holds(named, extent),
    )
    everything = (by_category, by_state, by_colour, by_place, by_size)
    return np.asarray(np.logical_and.reduce(everything), np.bool_)


def _place_holds(named: str | None, place: str) -> bool:
    return named is None or (place != "" and set(named.split()) <= set(place.split()))


def _size_holds(named: str | None, extent: float) -> bool:
    if named is None:
        return True
    return 0 < extent < SMALL if named == "small" else extent > LARGE


def _table(
    actual: Sequence[_Actual], named: Sequence[_Named], holds: Callable[[_Actual, _Named], bool]
) -> Bool[np.ndarray, "scene caption"]:
    """Evaluate a relation once for each pair of distinct values, then spread it to all pairs."""
    rows = {value: index for index, value in enumerate(dict.fromkeys(actual))}
    columns = {value: index for index, value in enumerate(dict.fromkeys(named))}
    table = np.array([[holds(row, column) for column in columns] for row in rows], np.bool_)
    table = table.reshape(len(rows), len(columns))
    row_of = np.array([rows[value] for value in actual], np.intp)
    column_of = np.array([columns[value] for value in named], np.intp)
    return table[row_of[:, None], column_of[None, :]]
