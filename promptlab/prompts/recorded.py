"""Recorded answers of a language model, written to a file and replayed from it.

JSON lines: a header that names the model, the template and its kind, then one answer per line,
keyed by the whole request and the seed of the draw. Does not know how requests are made.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from promptlab.errors import LLMError
from promptlab.files import write_text

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel, BaseLLM
    from langchain_core.prompt_values import PromptValue

__all__ = ["RecordedAnswer", "Recording", "read_recording", "replay", "write_recording"]

FORMAT = "promptlab-answers"
VERSION = 1


class RecordedAnswer(BaseModel):
    """One answer, and the request and seed it belongs to."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    request: str
    seed: int
    answer: str
    date: str


@dataclass(frozen=True)
class Recording:
    """Answers of one language model to one template."""

    llm: str
    template: str
    answers: tuple[RecordedAnswer, ...]
    form: Literal["lines", "structured"] = "lines"
    """How the answers were asked for."""


class _Header(BaseModel):
    model_config = ConfigDict(extra="forbid")
    format: str
    version: int
    llm: str
    template: str
    form: Literal["lines", "structured"] = "lines"


def write_recording(path: Path, recording: Recording) -> None:
    """Write answers as JSON lines, atomically."""
    header = {
        "format": FORMAT,
        "version": VERSION,
        "llm": recording.llm,
        "template": recording.template,
        "form": recording.form,
    }
    rows: Iterable[dict[str, object]] = [header, *(one.model_dump() for one in recording.answers)]
    write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def read_recording(path: Path) -> Recording:
    """Read recorded answers.

    Raises:
        LLMError: naming file and line, when the file is absent or not such a recording.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise LLMError(f"recorded: needs a readable UTF-8 file, but {path}: {error}.") from error
    number = 1
    try:
        header = _Header.model_validate_json(lines[0])
        answers = []
        for number, line in enumerate(lines[1:], start=2):  # noqa: B007 - named in the error
            if line.strip():
                answers.append(RecordedAnswer.model_validate_json(line))
    except ValidationError as error:
        first = error.errors()[0]
        raise LLMError(
            f"{path}:{number}: a recording must hold one JSON object per line, but "
            f"{'.'.join(map(str, first['loc']))} {first['msg']}; record it again."
        ) from error
    if (header.format, header.version) != (FORMAT, VERSION):
        raise LLMError(
            f"{path}:1: a recording must be of format {FORMAT} version {VERSION}, but is "
            f"{header.format} version {header.version}; record it again."
        )
    return Recording(header.llm, header.template, tuple(answers), header.form)


def replay(recording: Recording, *, kind: str) -> "BaseLLM | BaseChatModel":
    """Return a LangChain model that knows the recorded answers and nothing else."""
    # LangChain takes a third of a second to import, so only those who ask a model pay for it.
    from promptlab.prompts.local_models import Reply, wrap  # noqa: PLC0415
    from promptlab.prompts.templates import request_text  # noqa: PLC0415

    answers = {(one.request, one.seed): one for one in recording.answers}

    def look_up(request: "PromptValue", arguments: dict[str, Any]) -> Reply:
        text = request_text(request)
        found = answers.get((text, arguments["seed"]))
        if found is None:
            raise LLMError(
                f"recorded: answers must cover every request, but the recording of {recording.llm} "
                "lacks this one (another category, template, seed or number of prompts?); record "
                f"it again or ask the model itself. The request ends: {text[-60:]!r}."
            )
        return Reply(found.answer, date=found.date)

    return wrap(look_up, kind=kind)
