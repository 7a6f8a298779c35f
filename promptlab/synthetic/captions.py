"""The training captions, and the phrases that only evaluation uses.

Knows how sentences are put together from the words of ``names`` and ``wording``, and the meaning
each gets; whether a caption is true of a scene is decided in ``truth``.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TypeAlias

import numpy as np

from promptlab.errors import ConfigError, suggest
from promptlab.synthetic.canvas import PALETTE
from promptlab.synthetic.catalogue import CATEGORIES, HELD_OUT
from promptlab.synthetic.defects import DEFECTS, LINE_DEFECTS, plausible_defects
from promptlab.synthetic.names import CATEGORY_NAMES, COLOUR_NAMES, GENERIC_NAMES, GROUPS
from promptlab.synthetic.nonsense import nonsense_pairs
from promptlab.synthetic.truth import STATES, Caption, Extent, Scope, is_true, truth_matrix
from promptlab.synthetic.wording import (
    ABNORMAL,
    DEFECT_WORDINGS,
    HELD_OUT_ABNORMAL,
    HELD_OUT_NORMAL,
    NEGATED,
    NEGATIONS,
    NORMAL,
    NOT_NORMAL,
    Wording,
)

__all__ = [
    "CATEGORY_NAMES",
    "Caption",
    "build_captions",
    "defect_prompts",
    "held_out_phrases",
    "is_true",
    "nonsense_pairs",
    "truth_matrix",
]

_ALL = frozenset(CATEGORIES)
_NORMAL = frozenset({"normal"})
_ABNORMAL = frozenset(DEFECTS)
_ANY = frozenset(STATES)
_SPOTS = _ABNORMAL - LINE_DEFECTS

_PHOTOS = (
    "{}", "{}", "{}", "{}", "a {}", "the {}", "a photo of a {}", "a photo of a {}",
    "a photo of the {}", "a close-up photo of a {}", "a close-up photo of the {}",
    "a cropped photo of a {}", "a cropped photo of the {}", "a picture of a {}",
    "an image of a {}", "an industrial inspection image of a {}", "a bright photo of a {}",
    "a dark photo of the {}", "a blurry photo of a {}", "a low resolution photo of a {}",
    "a jpeg corrupted photo of a {}", "a good photo of a {}", "a photo of my {}",
    "there is a {} in the scene", "this is a {}", "this is one {} in the scene",
    "a macro photograph of a {}", "a {} for visual inspection", "a photo of one {}",
    "a photo of a {} for anomaly detection", "a photo of a {} for visual inspection",
    "the picture shows a {}", "camera view of a {}", "top view of a {}", "we see a {} here",
    "inspection result: {}", "an example of a {}", "a quality control photo of a {}",
)  # fmt: skip
_ON = (
    "{c} with {n}", "{c} with {n}", "a {c} with {n}", "{n} on the {c}", "{n} on a {c}",
    "a {c} showing {n}", "a {c} that has {n}", "the {c} has {n}", "{n} visible on the {c}",
    "a photo of a {c} with {n}", "a close-up photo of a {c} with {n}", "{n} on {c}",
    "an image of a {c} with {n}", "a photo of {n} on a {c}", "there is {n} on the {c}",
    "the inspection found {n} on the {c}", "a {c} damaged by {n}", "the {c} shows {n}",
)  # fmt: skip
_PLACED = (
    "{n} {p} of the {c}", "there is {n} {p} of the {c}", "a {c} with {n} {p}", "{n} {p}",
    "a photo of a {c} with {n} {p}", "the {c} has {n} {p}",
)  # fmt: skip
_PLACES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "centre": ("in the centre", "in the middle", "near the center"),
        "top": ("near the top", "in the upper part", "at the top"),
        "bottom": ("near the bottom", "in the lower part", "at the bottom"),
        "left": ("on the left side", "near the left edge", "in the left part"),
        "right": ("on the right side", "near the right edge", "in the right part"),
        "top left": ("near the top left", "in the top left corner", "in the upper left part"),
        "top right": ("near the top right", "in the top right corner", "in the upper right part"),
        "bottom left": ("near the bottom left", "in the lower left corner"),
        "bottom right": ("near the bottom right", "in the lower right corner"),
    }
)
_SIZES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"small": ("small", "tiny", "minor"), "large": ("large", "big", "extensive")}
)
# How many phrases of each kind are drawn for a noun of each scope.
_NORMAL_PHRASES = {"generic": 120, "material": 30, "category": 11}
_ABNORMAL_PHRASES = {"generic": 120, "material": 30, "category": 11}
_DEFECT_PHRASES = {"generic": 18, "material": 2, "category": 2}
_NEGATED_PHRASES = {"generic": 90, "material": 14, "category": 4}
_PLACED_PHRASES = {"generic": 110, "material": 12, "category": 4}
_NEUTRAL_PHRASES = {"generic": 12, "material": 10, "category": 6}


@dataclass(frozen=True)
class _Noun:
    """A noun, and of what it is true."""

    text: str
    categories: frozenset[str]
    scope: Scope
    colour: str | None = None


_Phrase: TypeAlias = Callable[[np.random.Generator, _Noun], Caption]


def build_captions(
    rng: np.random.Generator, categories: Collection[str] = CATEGORIES
) -> tuple[Caption, ...]:
    """Return the training captions: unique texts, no category that is held out.

    Where the same text arises for several nouns or concepts, its meanings are joined.

    Args:
        rng: Source of randomness.
        categories: What captions may speak of.
    """
    found: dict[str, Caption] = {}
    for noun in _nouns(HELD_OUT.union(categories)):
        for caption in _about(noun, rng):
            key = caption.text.lower().rstrip(".")
            known = found.get(key)
            found[key] = caption if known is None else _joined(known, caption)
    return tuple(found.values())


def held_out_phrases() -> Mapping[str, tuple[str, ...]]:
    """Return normal and abnormal phrasings, with a slot ``{c}``, none of which is trained on."""
    return MappingProxyType({"normal": HELD_OUT_NORMAL, "abnormal": HELD_OUT_ABNORMAL})


def defect_prompts(defect: str, noun: str) -> tuple[str, ...]:
    """Return phrases that name one kind of defect on a noun.

    Raises:
        ConfigError: If the defect is unknown.
    """
    if defect not in DEFECTS:
        raise ConfigError(f"unknown defect {defect!r}; {suggest(defect, DEFECTS)}")
    wording = min(
        (wording for wording in DEFECT_WORDINGS if defect in wording.states),
        key=lambda wording: len(wording.states),
    )
    thing = wording.nouns[0]
    prompts = [
        f"{_a(noun)} with {thing}",
        f"a photo of {_a(noun)} with {thing}",
        f"{thing} on the {noun}",
        wording.sentences[0].format(c=noun),
    ]
    if wording.adjectives[0:1]:
        prompts.append(f"a photo of {_a(f'{wording.adjectives[0]} {noun}')}")
    else:
        prompts.append(f"a close-up photo of {thing} on {_a(noun)}")
    return tuple(prompts)


def _nouns(known: frozenset[str]) -> Iterator[_Noun]:
    for text in GENERIC_NAMES:
        yield _Noun(text, _ALL, "generic")
    for group, names in GROUPS:
        members = group & known
        for text in names if len(members) > 1 else ():
            yield _Noun(text, members, "material")
    ordered = [category for category in CATEGORIES if category in known]
    trained = [category for category in ordered if category not in HELD_OUT]
    texts = dict.fromkeys(name for category in trained for name in CATEGORY_NAMES[category])
    for text in texts:
        # A name that categories share ("nut") is true of each of them.
        sharing = frozenset(c for c in ordered if text in CATEGORY_NAMES[c])
        yield _Noun(text, sharing, "category")


def _about(noun: _Noun, rng: np.random.Generator) -> Iterator[Caption]:
    """Draw all captions about one noun."""
    plan: list[tuple[int, _Phrase]] = [
        (_NORMAL_PHRASES[noun.scope], _normal),
        (_ABNORMAL_PHRASES[noun.scope], _abnormal),
        (_NEGATED_PHRASES[noun.scope], _negated),
        (_PLACED_PHRASES[noun.scope], _placed),
        (_NEUTRAL_PHRASES[noun.scope], _neutral),
    ]
    for count, phrase in plan:
        for _ in range(count):
            yield _finished(phrase(rng, noun), rng)
    plausible = {kind for category in noun.categories for kind in plausible_defects(category)}
    for wording in DEFECT_WORDINGS:
        if plausible.isdisjoint(wording.states):
            continue
        for _ in range(_DEFECT_PHRASES[noun.scope]):
            yield _finished(_worded(rng, noun, wording, wording.states), rng)
    if noun.scope != "category":
        return
    for colour in PALETTE:
        name = _pick(rng, COLOUR_NAMES.get(colour, (colour,)))
        tinted = replace(noun, text=f"{name} {noun.text}", colour=colour)
        for phrase in (_neutral, _normal if rng.random() < 0.5 else _abnormal):
            yield _finished(phrase(rng, tinted), rng)


def _normal(rng: np.random.Generator, noun: _Noun) -> Caption:
    return _worded(rng, noun, NORMAL, _NORMAL)


def _abnormal(rng: np.random.Generator, noun: _Noun) -> Caption:
    if rng.random() < 0.12:
        return _caption(noun, _slots(_pick(rng, NOT_NORMAL), c=noun.text), _ABNORMAL)
    return _worded(rng, noun, ABNORMAL, _ABNORMAL)


def _neutral(rng: np.random.Generator, noun: _Noun) -> Caption:
    return _caption(noun, _photo(rng, noun.text), _ANY)


def _negated(rng: np.random.Generator, noun: _Noun) -> Caption:
    first, second = (str(word) for word in rng.choice(NEGATED, 2, replace=False))
    text = _slots(_pick(rng, NEGATIONS), c=noun.text, n=first, m=second)
    return _caption(noun, text, _NORMAL)


def _placed(rng: np.random.Generator, noun: _Noun) -> Caption:
    """Say where a defect is, how large it is, or both."""
    general = rng.random() < 0.4
    wording = ABNORMAL if general else DEFECT_WORDINGS[int(rng.integers(len(DEFECT_WORDINGS)))]
    states = _ABNORMAL if general else wording.states
    thing = _pick(rng, [n for n in wording.nouns if n.startswith(("a ", "an "))] or wording.nouns)
    size: Extent | None = None
    # Lines cover few pixels however long they are, so area says nothing of their size.
    sizeable = thing.startswith(("a ", "an ")) and (general or states <= _SPOTS)
    if sizeable and "small" not in thing and "tiny" not in thing and rng.random() < 0.6:
        size = "small" if rng.random() < 0.5 else "large"
        thing = _a(f"{_pick(rng, _SIZES[size])} {thing.split(' ', 1)[1]}")
        states = states & _SPOTS
    if size is not None and rng.random() < 0.3:
        text = _slots(_pick(rng, _ON), c=noun.text, n=thing)
        return replace(_caption(noun, text, states), size=size)
    place = _pick(rng, tuple(_PLACES))
    words = {"c": noun.text, "n": thing, "p": _pick(rng, _PLACES[place])}
    text = _slots(_pick(rng, _PLACED), **words)
    return replace(_caption(noun, text, states), place=place, size=size)


def _worded(
    rng: np.random.Generator, noun: _Noun, wording: Wording, states: frozenset[str]
) -> Caption:
    """Say a concept with an adjective, an ending, a noun or a whole sentence."""
    parts = (wording.adjectives, wording.endings, wording.nouns, wording.sentences)
    kinds = [kind for kind, words in enumerate(parts) if words]
    kind = kinds[int(rng.integers(len(kinds)))]
    word = _pick(rng, parts[kind])
    if kind == 0:
        if states == _NORMAL and rng.random() < 0.2:
            word = f"{word} and {_pick(rng, [a for a in wording.adjectives if a != word])}"
        text = _photo(rng, f"{word} {noun.text}")
    elif kind == 1:
        text = _photo(rng, f"{noun.text} {word}")
    elif kind == 2:
        text = _slots(_pick(rng, _ON), c=noun.text, n=word)
    else:
        text = _slots(word, c=noun.text)
    return _caption(noun, text, states)


def _caption(noun: _Noun, text: str, states: frozenset[str]) -> Caption:
    # A sentence without the noun ("an evenly distributed texture") claims nothing about it.
    if noun.text not in text:
        return Caption(text, _ALL, states)
    return Caption(text, noun.categories, states, noun.colour, noun.scope)


def _joined(one: Caption, other: Caption) -> Caption:
    """Join the meanings of two captions with the same text."""
    return replace(
        one,
        categories=one.categories | other.categories,
        states=one.states | other.states,
        scope=one.scope if len(one.categories) >= len(other.categories) else other.scope,
    )


def _finished(caption: Caption, rng: np.random.Generator) -> Caption:
    """Write a quarter of the captions as sentences."""
    if rng.random() >= 0.25:
        return caption
    text = caption.text[0].upper() + caption.text[1:]
    return replace(caption, text=text + ("." if rng.random() < 0.6 else ""))


def _photo(rng: np.random.Generator, noun: str) -> str:
    template = _pick(rng, _PHOTOS)
    return template.replace("a {}", _a(noun)).replace("{}", noun)


def _slots(template: str, **words: str) -> str:
    text = template.replace("a {c}", _a(words["c"]))
    return text.format(**words)


def _a(noun: str) -> str:
    """Put the indefinite article before a noun."""
    return f"{'an' if noun[0].lower() in 'aeiou' else 'a'} {noun}"


def _pick(rng: np.random.Generator, options: Sequence[str]) -> str:
    return options[int(rng.integers(len(options)))]
