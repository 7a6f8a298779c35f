"""Sentences that no generated image shows, from the sentence encoder's own list of words.

Training keeps them neutral: a prompt that has nothing to do with the image must not tell a normal
image from a defective one. A hand-written list is too short for that; 21,000 words are not. Words
near those that speak of states are left out, and so are those that evaluation uses.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float
from torch import Tensor

from promptlab.backbones.lite.sentences import embed_sentences
from promptlab.synthetic.canvas import PALETTE
from promptlab.synthetic.captions import nonsense_pairs
from promptlab.synthetic.wording import ABNORMAL, DEFECT_WORDINGS, NEGATED, NORMAL

__all__ = ["EVALUATED", "make_sentences", "pick_words", "state_words", "unrelated_sentences"]

EVALUATED = frozenset(["dog", "dogs", "cat", "cats", "car", "cars", "boat", "boats", "red", "blue"])
"""Words of the unrelated prompts that evaluation uses: they must stay unseen."""
NEAR = 0.4
"""A word whose embedding has this cosine to a word for a state may speak of it."""
DRAWN = 6000
"""Words drawn from the vocabulary before those near a state are dropped."""
_TEMPLATES = (
    "a photo of a {w}", "a photo of a {w}", "a photo of the {w}", "{w}", "a {w}", "the {w}",
    "a {w} and a {v}", "{w} {v}", "a {k} {w}", "a {k} {w}", "a photo of a {k} {w}",
    "a picture of a {w} with a {v}",
)  # fmt: skip


def unrelated_sentences(
    vocabulary: Sequence[str], rng: np.random.Generator, store: Path
) -> tuple[str, ...]:
    """Return the hand-written unrelated sentences and those made of neutral words."""
    drawn = [str(word) for word in rng.choice(vocabulary, min(DRAWN, len(vocabulary)), False)]
    states = state_words()
    embedded = embed_sentences([*drawn, *states], store)
    words = pick_words(drawn, embedded[: len(drawn)], embedded[len(drawn) :])
    written = sorted({text for pair in nonsense_pairs() for text in pair})
    return tuple(dict.fromkeys([*written, *make_sentences(words, rng)]))


def state_words() -> tuple[str, ...]:
    """Return adjectives and nouns that training captions use for states."""
    found: list[str] = []
    for wording in (NORMAL, ABNORMAL, *DEFECT_WORDINGS):
        found += [*wording.adjectives, *wording.nouns]
    return tuple(dict.fromkeys([*found, *NEGATED]))


def pick_words(
    words: Sequence[str],
    embedded: Float[Tensor, "word 384"],
    states: Float[Tensor, "state 384"],
) -> tuple[str, ...]:
    """Return the words that neither speak of a state nor are evaluated."""
    nearest = (embedded @ states.T).amax(1)
    keep = zip(words, (nearest < NEAR).tolist(), strict=True)
    return tuple(word for word, far in keep if far and word not in EVALUATED)


def make_sentences(words: Sequence[str], rng: np.random.Generator) -> Iterator[str]:
    """Yield one sentence about each word; some name a second word or a colour as well."""
    colours = sorted(set(PALETTE) - EVALUATED)
    for word in words:
        template = _TEMPLATES[int(rng.integers(len(_TEMPLATES)))]
        text = template.format(w=word, v=rng.choice(words), k=rng.choice(colours))
        yield re.sub(r"\ba (?=[aeiou])", "an ", text)
