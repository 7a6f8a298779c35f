"""The rows of a comparison: sources of prompts, and the prompt sets they give for a category.

What a language model wrote for one noun is asked for once, whatever number of categories and
counts it serves. Does not know images.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from promptlab.backbones.base import Backbone
from promptlab.config import CompareConfig, ExperimentConfig
from promptlab.errors import LLMError, PromptLabError
from promptlab.prompts.ensemble import static_prompts
from promptlab.prompts.files import read_prompts
from promptlab.prompts.generate import (
    Effort,
    Generated,
    NothingUsableError,
    generate_prompts,
)
from promptlab.prompts.llm import default_template, parse_llm
from promptlab.prompts.promptset import PromptSet
from promptlab.prompts.selection import Embed
from promptlab.prompts.templates import load_template
from promptlab.prompts.traffic import Spent
from promptlab.types import Progress

__all__ = ["BASELINE", "Source", "Writer", "public_name", "reasons", "sources_of"]

BASELINE = "winclip"


@dataclass(frozen=True)
class Source:
    """One row: who writes the prompts, how it is asked, how many, and with which seeds."""

    name: str
    kind: str
    """``static``, ``file`` or ``llm``."""
    template: str | None = None
    per_state: int | None = None
    seeds: tuple[int | None, ...] = (None,)

    @property
    def label(self) -> str:
        """What tells the row from others, in one line."""
        parts = (self.name, self.template, self.per_state)
        return " / ".join(str(part) for part in parts if part is not None)


def sources_of(config: ExperimentConfig, chosen: CompareConfig) -> tuple[Source, ...]:
    """Return all rows, the baseline first; unknown models and templates are refused here.

    Raises:
        LLMError: when a language model's name is malformed.
        PromptError: when a template or static source is unknown.
    """
    static = [BASELINE, *(name for name in chosen.static if name != BASELINE)]
    for name in static:
        static_prompts(name, "object")
    sources = [Source(name, "static") for name in dict.fromkeys(static)]
    sources += [Source(str(path), "file") for path in chosen.files]
    seeds = tuple(config.seed + draw for draw in range(chosen.draws))
    for llm in chosen.llms:
        name = parse_llm(llm).name
        templates = [load_template(one or default_template(llm)) for one in chosen.templates]
        given = [one or default_template(llm) for one in chosen.templates]
        for wanted, template in zip(given, templates, strict=True):
            if template.kind == "completion" and parse_llm(llm).provider not in _COMPLETES:
                raise LLMError(
                    f"{name} answers chats only, but template {template.name} is of kind "
                    "completion; leave one of them out of compare."
                )
            sources += [Source(llm, "llm", wanted, count, seeds) for count in chosen.per_state]
    return tuple(dict.fromkeys(sources))


_COMPLETES = ("gguf", "hf", "openai", "recorded")


@dataclass(frozen=True)
class _Written:
    """What came of one sample of a language model for one noun."""

    made: Generated | None
    error: str = ""
    effort: Effort | None = None
    """Also of a sample that failed after it was asked."""


class Writer:
    """Gives the prompt sets of sources; each sample of a language model is asked for once.

    Args:
        config: the experiment.
        chosen: its compare section.
        backbone: for the limit of tokens.
        embed: sentences to vectors, for the selection ``diverse``.
        answers: the answer cache's file; None: the default one.
        progress: told about long work.
    """

    def __init__(
        self,
        config: ExperimentConfig,
        chosen: CompareConfig,
        *,
        backbone: Backbone,
        embed: Embed,
        answers: Path | None,
        progress: Progress,
    ) -> None:
        self._config = config
        self._chosen = chosen
        self._backbone = backbone
        self._embed = embed
        self._answers = answers
        self._progress = progress
        self._spent = Spent()
        self._written: dict[tuple[object, ...], _Written] = {}

    def prompts(
        self, source: Source, seed: int | None, category: str, *, noun: str
    ) -> tuple[PromptSet | None, str]:
        """Return one source's prompt set for a category, or why there is none."""
        try:
            if source.kind == "static":
                return static_prompts(source.name, category, noun=noun), ""
            if source.kind == "file":
                return read_prompts(Path(source.name), category), ""
        except PromptLabError as error:
            return None, str(error)
        written = self._ask(source, seed, noun)
        if written.made is None:
            return None, written.error
        pool = PromptSet(category, written.made.prompt_set.prompts)
        select = self._config.prompts.select
        rng = np.random.default_rng((self._config.seed, seed or 0))
        return pool.subset(source.per_state, select=select, rng=rng, embed=self._embed), ""

    def effort(self, source: Source, seed: int | None, nouns: dict[str, str]) -> list[Effort]:
        """Return what the model was asked for these categories; shared answers count once."""
        found = {id(one): one for one in self._effort(source, seed, nouns)}
        return list(found.values())

    def _effort(self, source: Source, seed: int | None, nouns: dict[str, str]) -> Iterator[Effort]:
        for noun in nouns.values():
            effort = self._ask(source, seed, noun).effort if source.kind == "llm" else None
            if effort is not None:
                yield effort

    def _ask(self, source: Source, seed: int | None, noun: str) -> _Written:
        """Ask for as many prompts as the largest row needs; smaller rows take some of them."""
        template = load_template(source.template or default_template(source.name))
        key = (source.name, source.template, seed, noun if template.names_category else "")
        if key not in self._written:
            self._written[key] = self._asked(
                lambda: generate_prompts(
                    source.name,
                    noun,
                    noun=noun,
                    template=source.template,
                    per_state=max(self._chosen.per_state),
                    seed=seed or 0,
                    temperature=self._chosen.temperature,
                    form=self._chosen.form,
                    traffic=self._chosen.traffic,
                    count_tokens=self._backbone.count_tokens,
                    max_tokens=self._backbone.max_text_tokens,
                    cache=self._answers,
                    spent=self._spent,
                    progress=self._progress,
                )
            )
        return self._written[key]

    @staticmethod
    def _asked(ask: Callable[[], Generated]) -> _Written:
        try:
            made = ask()
        except NothingUsableError as error:
            return _Written(None, str(error), error.effort)
        except PromptLabError as error:  # a model that fails is a finding, not the end
            return _Written(None, str(error))
        return _Written(made, effort=made)


def reasons(efforts: list[Effort]) -> dict[str, int]:
    """Count the dropped lines of several samples by reason, most frequent first."""
    counts = Counter(line.reason for made in efforts for line in made.dropped)
    return dict(counts.most_common())


def public_name(source: Source) -> str:
    """Return a source's name for records: no folder of this machine, no password."""
    if source.kind == "file":
        return Path(source.name).name
    if source.kind == "static":
        return source.name
    parsed = parse_llm(source.name)
    local = parsed.provider in ("gguf", "recorded") or (
        parsed.provider == "hf" and Path(parsed.model).is_dir()
    )
    return f"{parsed.provider}:{Path(parsed.model).name}" if local else parsed.name
