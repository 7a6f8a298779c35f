"""Ways of taking language away from a prompt set, piece by piece.

Pure functions from prompt set to prompt set. Each keeps the number of prompts, but for those that
become equal.
"""

import re
from collections.abc import Iterable, Sequence

import numpy as np

from promptlab.prompts.nouns import article
from promptlab.prompts.promptset import Prompt, PromptSet
from promptlab.types import State

__all__ = ["nonsense", "other_noun", "renamed", "shuffled", "swapped"]

_OTHER = {State.NORMAL: State.ABNORMAL, State.ABNORMAL: State.NORMAL}
_ONSETS = "b bl br d dr f fl g gl gr k kl kr m n p pl pr s sk sl sm sn st t tr v z".split()  # noqa: SIM905 - a table
_VOWELS = ("a", "e", "i", "o", "u", "oo", "ai")
_CODAS = ("b", "d", "f", "g", "k", "l", "m", "n", "nt", "p", "rk", "s", "sk", "t", "x", "z")
# What makes a sentence of words; without these, text would be a list and not like any prompt.
_GRAMMAR = frozenset(
    (
        *("a", "an", "the", "of", "in", "on", "at", "to", "with", "and", "or", "for", "from"),
        *("by", "its", "it", "is", "are", "that", "which", "whose", "as", "has", "have"),
        *("this", "between", "under", "over", "beside", "near"),
    )
)
_WORD = re.compile(r"[A-Za-z]+")


def swapped(prompts: PromptSet) -> PromptSet:
    """Return the set with normal and abnormal exchanged."""
    return _set(prompts, ((one.text, _OTHER[one.state]) for one in prompts.prompts))


def renamed(prompts: PromptSet, noun: str, new: str) -> PromptSet:
    """Return the set with another noun for the category, articles mended.

    >>> both = [("a bottle", State.NORMAL), ("bottles with a crack", State.ABNORMAL)]
    >>> one = PromptSet("bottle", tuple(Prompt(*each, source="x") for each in both))
    >>> renamed(one, "bottle", "object").texts(State.NORMAL)
    ('an object',)
    """
    found = re.compile(rf"\b(?:(an?) )?{re.escape(noun)}(s|es)?\b", re.IGNORECASE)

    def put(match: re.Match[str]) -> str:
        first = "" if match[1] is None else f"{article(new)} "
        first = first.capitalize() if match[0][:1].isupper() else first
        return f"{first}{new}{'s' if match[2] else ''}"

    return _set(prompts, ((found.sub(put, one.text), one.state) for one in prompts.prompts))


def other_noun(prompts: PromptSet, noun: str, others: Sequence[str]) -> list[PromptSet]:
    """Return the set once for each noun of another category."""
    return [renamed(prompts, noun, other) for other in others]


def shuffled(prompts: PromptSet, *, rng: np.random.Generator) -> PromptSet:
    """Return the set with its sentences dealt anew to the states, as many to each as before.

    Each state of the new set holds the same share of the old one's normal sentences, as far as
    counts allow, so that chance leaves no trace of which state was which.
    """
    old = {state: rng.permutation(np.array(prompts.texts(state))).tolist() for state in State}
    total = sum(len(texts) for texts in old.values())
    states: list[tuple[str, State]] = []
    for texts in old.values():
        normal = round(len(texts) * len(old[State.NORMAL]) / total)
        normal = min(max(normal, 1 if len(texts) > 1 else 0), len(texts))
        states += [(text, State.NORMAL) for text in texts[:normal]]
        states += [(text, State.ABNORMAL) for text in texts[normal:]]
    return _set(prompts, states)


def nonsense(prompts: PromptSet, *, rng: np.random.Generator) -> PromptSet:
    """Return the set with every word of meaning replaced by an invented one.

    Articles, prepositions and the like stay. A word is always replaced by the same invention, so
    the new set repeats its words where the old one did.
    """
    invented: dict[str, str] = {}

    def put(match: re.Match[str]) -> str:
        word = match[0].lower()
        if word in _GRAMMAR:
            return match[0]
        while word not in invented:
            new = _invent(rng, syllables=1 + (len(word) > 5))
            if new not in invented.values() and new not in _GRAMMAR:
                invented[word] = new
        return invented[word]

    return _set(prompts, ((_WORD.sub(put, one.text), one.state) for one in prompts.prompts))


def _invent(rng: np.random.Generator, *, syllables: int) -> str:
    parts = [str(rng.choice(choices)) for _ in range(syllables) for choices in (_ONSETS, _VOWELS)]
    return "".join([*parts, str(rng.choice(_CODAS))])


def _set(prompts: PromptSet, content: Iterable[tuple[str, State]]) -> PromptSet:
    unique = dict.fromkeys(content)
    return PromptSet(
        prompts.category, tuple(Prompt(text, state, "audit") for text, state in unique)
    )
