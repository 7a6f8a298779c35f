"""Prompt sets: the normal and abnormal prompts of one category, each with its provenance.

Knows the values and their digest. Does not know files (see `promptlab.prompts.files`), where the
prompts came from, or what a backbone makes of them.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from promptlab.errors import PromptError, suggest
from promptlab.prompts.selection import Embed, even_places, mmr_places, random_places
from promptlab.types import State

__all__ = ["SELECTIONS", "Prompt", "PromptSet", "Provenance", "merge"]

SELECTIONS = ("all", "random", "diverse")


_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""Controls of terminals, breaks of lines and paragraphs, halves of characters."""


@dataclass(frozen=True)
class Provenance:
    """How a language model came to write a prompt."""

    llm: str
    template: str
    template_version: int
    seed: int
    temperature: float
    date: str
    """When the answer was given (UTC, ISO 8601), not when it was last read from the cache."""
    promptlab_version: str
    answer_digest: str
    """SHA-256 of the raw answer, before cleaning."""


@dataclass(frozen=True)
class Prompt:
    """One finished sentence for the text encoder."""

    text: str
    state: State
    source: str
    """Who wrote it: ``winclip``, ``curated``, ``gguf:smollm2/completion``, …"""
    provenance: Provenance | None = None

    def __post_init__(self) -> None:
        problem = _problem(self.text)
        if problem:
            raise PromptError(f"a prompt must be one finished sentence, but {problem}.")


@dataclass(frozen=True)
class PromptSet:
    """The prompts of one category; both states are there and no state repeats a text."""

    category: str
    prompts: tuple[Prompt, ...]

    def __post_init__(self) -> None:
        if not self.category.strip():
            raise PromptError("a prompt set must name its category, but got an empty name.")
        missing = [state.name.lower() for state in State if not self.texts(state)]
        if missing:
            raise PromptError(
                f"a prompt set needs normal and abnormal prompts, but that of {self.category!r} "
                f"has no {' and no '.join(missing)} prompt; add at least one."
            )
        counts = Counter((prompt.state, prompt.text) for prompt in self.prompts)
        (state, text), most = counts.most_common(1)[0]
        if most > 1:
            raise PromptError(
                f"the prompts of one state must differ, but {self.category!r} holds the "
                f"{state.name.lower()} prompt {text!r} {most} times; keep one."
            )

    def texts(self, state: State) -> tuple[str, ...]:
        """Return the sentences of one state, in the set's order."""
        return tuple(prompt.text for prompt in self.prompts if prompt.state == state)

    @property
    def digest(self) -> str:
        """SHA-256 over category, states and texts; sources and dates do not count."""
        content = [self.category, *(list(self.texts(state)) for state in State)]
        return hashlib.sha256(json.dumps(content).encode("utf-8")).hexdigest()

    def subset(
        self,
        per_state: int | None = None,
        *,
        select: str = "all",
        rng: np.random.Generator | None = None,
        embed: Embed | None = None,
    ) -> "PromptSet":
        """Return at most ``per_state`` prompts of each state, in the set's order.

        Args:
            per_state: how many; a state that has fewer gives all it has. None: all.
            select: ``all`` takes prompts evenly spaced over the set, so that every source and
                state phrase is represented; ``random`` draws without replacement; ``diverse``
                takes those that are typical of their state and unlike one another, see
                `promptlab.prompts.selection.mmr_places`.
            rng: the generator for ``random``.
            embed: sentences to unit vectors, for ``diverse``.

        Raises:
            PromptError: when ``per_state`` is below 1, or ``select`` is unknown or lacks ``rng``
                or ``embed``.
        """
        if select not in SELECTIONS:
            raise PromptError(f"unknown prompt selection {select!r}; {suggest(select, SELECTIONS)}")
        if per_state is None:
            return self
        if per_state < 1:
            raise PromptError(f"per_state must be at least 1, but got {per_state}; null takes all.")
        if select == "random" and rng is None:
            raise PromptError("selection 'random' needs a generator, but got none; pass rng.")
        if select == "diverse" and embed is None:
            raise PromptError("selection 'diverse' needs embeddings, but got none; pass embed.")
        chosen: set[int] = set()
        for state in State:
            places = [i for i, prompt in enumerate(self.prompts) if prompt.state == state]
            if select == "random" and rng is not None:
                picked = random_places(len(places), per_state, rng=rng)
            elif select == "diverse" and embed is not None and per_state < len(places):
                picked = mmr_places(embed([self.prompts[i].text for i in places]), per_state)
            else:
                picked = even_places(len(places), per_state)
            chosen.update(places[i] for i in picked)
        return PromptSet(
            self.category, tuple(prompt for i, prompt in enumerate(self.prompts) if i in chosen)
        )


def merge(sets: Sequence[PromptSet]) -> PromptSet:
    """Pool prompt sets of one category; a text two sources share keeps its first source.

    Raises:
        PromptError: when there is no set, or the sets speak of different categories.
    """
    categories = sorted({one.category for one in sets})
    if len(categories) != 1:
        raise PromptError(
            "only prompt sets of one category can be pooled, but got "
            f"{', '.join(map(repr, categories)) or 'no set at all'}; pool each category by itself."
        )
    return PromptSet(
        categories[0], _first_of_each(prompt for one in sets for prompt in one.prompts)
    )


def _first_of_each(prompts: Iterable[Prompt]) -> tuple[Prompt, ...]:
    first: dict[tuple[State, str], Prompt] = {}
    for prompt in prompts:
        first.setdefault((prompt.state, prompt.text), prompt)
    return tuple(first.values())


def _problem(text: str) -> str:
    if not text.strip():
        return "got an empty text"
    if text != text.strip() or "\n" in text:
        return f"{text!r} has line breaks or blanks around it"
    if "{" in text or "}" in text:
        return f"{text!r} has an unfilled slot"
    if _CONTROLS.search(text):
        return f"{text!r} has control characters"
    return ""
