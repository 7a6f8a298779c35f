"""Prompts that no language model wrote: published ensembles and hand-written banks, as data.

Each is a YAML file in ``library/`` with its version, source and citation. Does not know files of
users, language models or backbones.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict

from promptlab.errors import PromptError, suggest
from promptlab.prompts.nouns import category_noun, fill_noun
from promptlab.prompts.promptset import Prompt, PromptSet
from promptlab.types import State

__all__ = ["available_static", "compose", "static_prompts"]

T = TypeVar("T", bound=BaseModel)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Texts(_Strict):
    normal: tuple[str, ...]
    abnormal: tuple[str, ...]

    def of(self, state: State) -> tuple[str, ...]:
        return self.normal if state == State.NORMAL else self.abnormal


class _Bank(_Texts):
    also: tuple[str, ...] = ()


class _Published(_Strict):
    name: str
    version: int
    source: Literal["paper", "human"]
    citation: str


class _Ensemble(_Published):
    states: _Texts
    templates: tuple[str, ...]


class _Curated(_Published):
    banks: Mapping[str, _Bank]
    generic: _Texts


def available_static() -> tuple[str, ...]:
    """Return the names that `static_prompts` knows."""
    return ("curated", "winclip")


def static_prompts(name: str, category: str, *, noun: str | None = None) -> PromptSet:
    """Return the prompts of a published or hand-written source for one category.

    Args:
        name: one of `available_static`.
        category: the category's name in the data set.
        noun: how sentences name it; None: `category_noun`.

    Raises:
        PromptError: when no source is called ``name``.
    """
    noun = noun or category_noun(category)
    if name == "winclip":
        ensemble = _load(name, _Ensemble)
        states = {state: ensemble.states.of(state) for state in State}
        return compose(states, ensemble.templates, category=category, noun=noun, source=name)
    if name == "curated":
        texts = _bank(_load(name, _Curated), noun)
        return PromptSet(
            category,
            tuple(
                Prompt(fill_noun(text, noun), state, name)
                for state in State
                for text in texts.of(state)
            ),
        )
    raise PromptError(f"unknown static prompts {name!r}; {suggest(name, available_static())}")


def compose(
    states: Mapping[State, Sequence[str]],
    templates: Sequence[str],
    *,
    category: str,
    noun: str,
    source: str,
) -> PromptSet:
    """Put every state phrase of the noun into every template (WinCLIP, section 4.1).

    >>> states = {State.NORMAL: ["{}"], State.ABNORMAL: ["broken {}"]}
    >>> pair = compose(states, ["a {}."], category="nut", noun="metal nut", source="mine")
    >>> [prompt.text for prompt in pair.prompts]
    ['a metal nut.', 'a broken metal nut.']
    """
    return PromptSet(
        category,
        tuple(
            Prompt(template.replace("{}", phrase.replace("{}", noun)), state, source)
            for state in State
            for phrase in states[state]
            for template in templates
        ),
    )


def _bank(curated: _Curated, noun: str) -> _Texts:
    """Return the bank whose name is the noun or ends it ("polycrystalline solar cell")."""
    names = {name: bank for key, bank in curated.banks.items() for name in (key, *bank.also)}
    fitting = [name for name in names if f" {noun.lower()}".endswith(f" {name}")]
    return names[max(fitting, key=len)] if fitting else curated.generic


@cache
def _load(name: str, kind: type[T]) -> T:
    text = files("promptlab.prompts").joinpath("library", f"{name}.yaml").read_text("utf-8")
    return kind.model_validate(yaml.safe_load(text))
