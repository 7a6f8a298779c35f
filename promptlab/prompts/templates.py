"""Request templates: versioned YAML files that say how a language model is asked for prompts.

A template holds LangChain templates, one for each state, and how its answers are to be read.
Does not know which model will be asked.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from promptlab.errors import PromptError, suggest
from promptlab.prompts.nouns import article
from promptlab.types import State
from promptlab.yamltext import load_yaml

if TYPE_CHECKING:
    from langchain_core.prompt_values import PromptValue

__all__ = [
    "Form",
    "RequestTemplate",
    "available_templates",
    "load_template",
    "render",
    "render_prefix",
    "request_text",
]

Form = Literal["lines", "structured"]
"""How an answer is written: sentences on lines, or JSON by a schema."""
SLOTS = ("article", "category", "count", "format")
_LINES = "Write one sentence per line, without numbering, headings or comments."
_GROUPED_LINES = (
    "Write each heading on a line of its own that ends with a colon, and below it its sentences, "
    "one per line, without numbering or comments."
)
_STRUCTURED = "Answer in the structure that you are given, without comments."


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Message(_Strict):
    role: Literal["system", "human", "ai"]
    content: Annotated[str, Field(min_length=1)]


class _Requests(_Strict):
    normal: str | tuple[_Message, ...]
    abnormal: str | tuple[_Message, ...]


class RequestTemplate(_Strict):
    """How a language model is asked for the prompts of either state."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    version: Annotated[int, Field(ge=1)]
    source: Literal["paper", "llm", "human", "oracle"]
    kind: Literal["completion", "chat"]
    slots: tuple[str, ...]
    requests: _Requests
    prefix: str = ""
    """What a completion continues; glued before each answer, so that it becomes a prompt."""
    stop: tuple[str, ...] = ()
    max_tokens: Annotated[int, Field(ge=1)] = 800
    answers_per_request: Annotated[int, Field(ge=1)] = 12
    """How many prompts one answer is asked for: the slot ``count``."""
    strict: bool = False
    """Clean as for models too small to be trusted; see `promptlab.prompts.clean`."""
    banned: frozenset[str] = frozenset()
    """Nouns of the template's own examples; answers that repeat one are dropped."""
    groups: bool = False
    """Whether sentences come under headings, such as a list of defects."""

    @property
    def names_category(self) -> bool:
        """Whether requests name the category; else one answer serves every category."""
        return "category" in self.slots

    @cached_property
    def label(self) -> str:
        """Name and version, as in ``describe@1``."""
        return f"{self.name}@{self.version}"

    @model_validator(mode="after")
    def _fits_together(self) -> "RequestTemplate":
        problems = [*self._form_problems(), *self._slot_problems()]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _form_problems(self) -> Iterator[str]:
        for state in State:
            is_text = isinstance(_of(self.requests, state), str)
            if is_text != (self.kind == "completion"):
                form = "one text" if self.kind == "completion" else "a list of messages"
                yield f"requests.{state.name.lower()} of kind {self.kind} must be {form}"

    def _slot_problems(self) -> Iterator[str]:
        for slot in sorted({*self.slots} - {*SLOTS}):
            yield f"unknown slot {slot!r} ({suggest(slot, SLOTS)[:-1]})"
        for state in State:
            used = set().union(*map(_slots_in, _texts(_of(self.requests, state))))
            where = f"requests.{state.name.lower()}"
            for slot in sorted({*self.slots} - used):
                yield f"slot {slot!r} is declared but {where} does not use it"
            for slot in sorted(used - {*self.slots}):
                yield f"{where} uses slot {slot!r}, which is not declared in slots"
        for slot in sorted(_slots_in(self.prefix) - {*self.slots}):
            yield f"prefix uses slot {slot!r}, which is not declared in slots"


def available_templates() -> tuple[str, ...]:
    """Return the names of the templates that ship with promptlab."""
    folder = files("promptlab.prompts").joinpath("templates")
    return tuple(sorted(file.name[:-5] for file in folder.iterdir() if file.name[-5:] == ".yaml"))


def load_template(name: str) -> RequestTemplate:
    """Load a template by name, or a user's own by the path of its YAML file.

    Raises:
        PromptError: when there is none, or it breaks rules; all broken rules at once.
    """
    if name in available_templates():
        text = files("promptlab.prompts").joinpath("templates", f"{name}.yaml").read_text("utf-8")
    elif Path(name).suffix in (".yaml", ".yml"):
        try:
            text = Path(name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise PromptError(
                f"a request template must be a readable UTF-8 file, but {name}: {error}."
            ) from error
    else:
        raise PromptError(
            f"unknown request template {name!r}; {suggest(name, available_templates())} "
            "A template of your own is given by the path of its .yaml file."
        )
    return _parse(name, text)


def render(
    template: RequestTemplate,
    state: State,
    *,
    noun: str,
    count: int | None = None,
    form: Form = "lines",
) -> "PromptValue":
    """Fill the slots and return LangChain's value for one LLM request."""
    # LangChain takes a third of a second to import; reading prompt sets must not pay for it.
    from langchain_core.prompts import ChatPromptTemplate, PromptTemplate  # noqa: PLC0415

    wording = _GROUPED_LINES if template.groups else _LINES
    values = _values(noun, count or template.answers_per_request)
    values["format"] = wording if form == "lines" else _STRUCTURED
    asked = _of(template.requests, state)
    if isinstance(asked, str):
        return PromptTemplate.from_template(asked).invoke(values)
    messages = [(message.role, message.content) for message in asked]
    return ChatPromptTemplate.from_messages(messages).invoke(values)


def render_prefix(template: RequestTemplate, *, noun: str) -> str:
    """Return what each answer continues; empty for chat templates."""
    return template.prefix.format(**_values(noun, template.answers_per_request))


def request_text(request: "PromptValue") -> str:
    """Return the whole LLM request as one text: what caches and recordings are keyed by."""
    messages = [[message.type, message.content] for message in request.to_messages()]
    return request.to_string() if _is_text(request) else json.dumps(messages, ensure_ascii=False)


def _is_text(request: "PromptValue") -> bool:
    from langchain_core.prompt_values import StringPromptValue  # noqa: PLC0415 - as in render

    return isinstance(request, StringPromptValue)


def _parse(where: str, text: str) -> RequestTemplate:
    try:
        content = load_yaml(text)
        return RequestTemplate.model_validate(content)
    except yaml.YAMLError as error:
        raise PromptError(f"{where}: must be YAML, but {' '.join(str(error).split())}.") from error
    except ValidationError as error:
        problems = "; ".join(_plain(problem) for problem in error.errors())
        raise PromptError(f"{where}: a request template breaks rules: {problems}.") from error


def _plain(problem: Mapping[str, object]) -> str:
    place = problem["loc"]
    where = ".".join(map(str, place)) if isinstance(place, tuple) else ""
    message = str(problem["msg"]).removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        message = f"unknown key; {suggest(where, RequestTemplate.model_fields)[:-1]}"
    return f"{where}: {message}" if where else message


def _values(noun: str, count: int) -> dict[str, str]:
    return {"article": article(noun), "category": noun, "count": str(count)}


def _of(requests: _Requests, state: State) -> str | tuple[_Message, ...]:
    return requests.normal if state == State.NORMAL else requests.abnormal


def _texts(asked: str | tuple[_Message, ...]) -> list[str]:
    return [asked] if isinstance(asked, str) else [message.content for message in asked]


def _slots_in(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}
