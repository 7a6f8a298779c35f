"""Prompt sets on disk: JSON lines that people can edit and compare, and short YAML files.

A JSONL file holds one category and one source or more: first a header object, then one prompt per
line. Hand-written YAML ``{category, normal: [...], abnormal: [...]}`` is read too. Does not know
language models.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import yaml

from promptlab.errors import PromptError, suggest
from promptlab.files import write_text
from promptlab.prompts.promptset import Prompt, PromptSet, Provenance, merge
from promptlab.types import State
from promptlab.yamltext import load_yaml

__all__ = [
    "PromptRow",
    "prompt_file_name",
    "prompt_files",
    "read_prompt_set",
    "read_prompts",
    "read_rows",
    "write_prompt_set",
]

FORMAT = "promptlab-prompts"
VERSION = 1
_STATES = {state.name.lower(): state for state in State}
_SUFFIXES = (".jsonl", ".yaml", ".yml")


@dataclass(frozen=True)
class PromptRow:
    """One line of a prompt file as it stands there, before the rules of prompts are applied."""

    where: str
    """File and line."""
    text: str
    state: State
    source: str
    provenance: Provenance | None = None

    def prompt(self) -> Prompt:
        """Return the prompt.

        Raises:
            PromptError: naming the place, when the text breaks a rule.
        """
        try:
            return Prompt(self.text.strip(), self.state, self.source, self.provenance)
        except PromptError as error:
            raise PromptError(f"{self.where}: {error}") from error


def prompt_file_name(category: str, source: str) -> str:
    """Return a file name that is safe on every system.

    >>> prompt_file_name("metal_nut", "gguf:smollm2/completion")
    'metal_nut.gguf-smollm2-completion.jsonl'
    """
    return f"{_slug(category)}.{_slug(source)}.jsonl"


def write_prompt_set(path: Path, prompt_set: PromptSet) -> None:
    """Write a prompt set as JSON lines, atomically."""
    header = {"format": FORMAT, "version": VERSION, "category": prompt_set.category}
    lines = [header, *(_as_row(prompt) for prompt in prompt_set.prompts)]
    write_text(path, "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))


def read_prompt_set(path: Path) -> PromptSet:
    """Read one prompt file, JSONL or YAML by its suffix.

    Raises:
        PromptError: naming file and line, when the file is absent, not UTF-8, of another format
            or version, or a prompt in it breaks a rule.
    """
    category, rows = read_rows(path)
    prompts = [(row.where, row.prompt()) for row in rows]
    seen: dict[tuple[State, str], str] = {}
    for where, prompt in prompts:
        key = (prompt.state, prompt.text)
        if key in seen:
            raise PromptError(
                f"{where}: the prompts of one state must differ, but {prompt.text!r} is already "
                f"at {seen[key]}; delete one."
            )
        seen[key] = where
    try:
        return PromptSet(category, tuple(prompt for _, prompt in prompts))
    except PromptError as error:
        raise PromptError(f"{path}: {error}") from error


def read_rows(path: Path) -> tuple[str, tuple[PromptRow, ...]]:
    """Read the category and the lines of a prompt file, whether or not they make a prompt set.

    Raises:
        PromptError: naming file and line, when the file is absent, not UTF-8, or of another format
            or version.
    """
    if path.suffix not in _SUFFIXES:
        raise PromptError(
            f"a prompt file must end in {', '.join(_SUFFIXES)}, but got {path}; rename it."
        )
    text = _read_text(path)
    parse = _parse_jsonl if path.suffix == ".jsonl" else _parse_yaml
    category, rows = parse(path, text)
    return category, tuple(rows)


def prompt_files(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Return prompt files in order, those of a folder sorted.

    Raises:
        PromptError: when there is none.
    """
    found: list[Path] = []
    for path in paths:
        inside = sorted(path.iterdir()) if path.is_dir() else [path]
        found += [each for each in inside if not path.is_dir() or each.suffix in _SUFFIXES]
    if not found:
        listed = ", ".join(map(str, paths))
        raise PromptError(f"there must be prompt sets to read, but {listed} holds none.")
    return tuple(found)


def read_prompts(path: Path, category: str) -> PromptSet:
    """Read the prompts of one category from a file, or pool them from the files of a folder.

    Raises:
        PromptError: when nothing there speaks of ``category``, or a file is broken.
    """
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix in _SUFFIXES)
    elif path.exists():
        files = [path]
    else:
        raise PromptError(f"prompts must be a file or a folder, but {path} does not exist.")
    sets = [read_prompt_set(file) for file in files]
    found = [one for one in sets if one.category == category]
    if not found:
        raise PromptError(
            f"{path} must hold prompts of category {category!r}, but has none; "
            f"{suggest(category, {one.category for one in sets})}"
        )
    return merge(found)


def _slug(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_]+", "-", name).strip("-")[:80] or "unnamed"


def _as_row(prompt: Prompt) -> dict[str, object]:
    row: dict[str, object] = {
        "state": prompt.state.name.lower(),
        "text": prompt.text,
        "source": prompt.source,
    }
    if prompt.provenance is not None:
        row["provenance"] = asdict(prompt.provenance)
    return row


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise PromptError(
            f"{path}: a prompt file must be UTF-8, but byte {error.start} is not; save it as UTF-8."
        ) from error
    except OSError as error:
        raise PromptError(
            f"{path}: a prompt file must be readable, but {error.strerror or error}."
        ) from error


def _parse_jsonl(path: Path, text: str) -> tuple[str, list[PromptRow]]:
    rows = list(_json_rows(path, text))
    if not rows:
        raise PromptError(f"{path}: a prompt file must start with a header line, but is empty.")
    where, header = rows[0]
    _check_keys(where, header, allowed=("format", "version", "category"))
    if (header.get("format"), header.get("version")) != (FORMAT, VERSION):
        raise PromptError(
            f"{where}: the first line must be "
            f'{{"format": "{FORMAT}", "version": {VERSION}, "category": …}}, '
            f"but got format {header.get('format')!r}, version {header.get('version')!r}."
        )
    category = _string(where, header, "category")
    return category, [_as_row_of(where, row) for where, row in rows[1:]]


def _json_rows(path: Path, text: str) -> Iterator[tuple[str, Mapping[str, object]]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise PromptError(
                f"{where}: each line must be one JSON object, but {error.msg} at column "
                f"{error.colno}."
            ) from error
        except (ValueError, RecursionError) as error:  # a number of 5,000 digits, deep nesting
            raise PromptError(
                f"{where}: each line must be one JSON object, but {error}."
            ) from error
        if not isinstance(row, dict):
            raise PromptError(f"{where}: each line must be one JSON object, but got {line[:60]!r}.")
        yield where, row


def _as_row_of(where: str, row: Mapping[str, object]) -> PromptRow:
    _check_keys(where, row, allowed=("state", "text", "source", "provenance"))
    provenance = row.get("provenance")
    return PromptRow(
        where,
        _string(where, row, "text"),
        state=_state(where, row.get("state")),
        source=_string(where, row, "source") if "source" in row else "human",
        provenance=None if provenance is None else _as_provenance(where, provenance),
    )


def _as_provenance(where: str, value: object) -> Provenance:
    types = {field.name: field.type for field in fields(Provenance)}
    if not isinstance(value, dict):
        raise PromptError(f"{where}: 'provenance' must be an object, but got {value!r}.")
    _check_keys(where, value, allowed=tuple(types))
    wrong = [
        name
        for name, kind in types.items()
        if not isinstance(value.get(name), (int, float) if kind is float else (kind,))  # type: ignore[arg-type]
    ]
    if wrong:
        raise PromptError(
            f"{where}: 'provenance' must be complete, but {', '.join(wrong)} is missing or of "
            "another type; correct it or delete the whole object."
        )
    return Provenance(**value)


def _parse_yaml(path: Path, text: str) -> tuple[str, list[PromptRow]]:
    try:
        content = load_yaml(text)
    except yaml.YAMLError as error:
        raise PromptError(f"{path}: must be YAML, but {' '.join(str(error).split())}.") from error
    if not isinstance(content, dict):
        raise PromptError(f"{path}: must hold category, normal and abnormal, but got {content!r}.")
    _check_keys(str(path), content, allowed=("category", "source", *_STATES))
    source = _string(str(path), content, "source") if "source" in content else "human"
    rows: list[PromptRow] = []
    for name, state in _STATES.items():
        texts = content.get(name, [])
        if not isinstance(texts, list) or not all(isinstance(one, str) for one in texts):
            raise PromptError(f"{path}: {name!r} must be a list of sentences, but got {texts!r}.")
        for number, one in enumerate(texts, start=1):
            where = f"{path}: {name} number {number}"
            rows.append(PromptRow(where, one, state=state, source=source))
    return _string(str(path), content, "category"), rows


def _check_keys(where: str, row: Mapping[str, object], *, allowed: tuple[str, ...]) -> None:
    for key in row:
        if key not in allowed:
            raise PromptError(f"{where}: unknown key {key!r}; {suggest(str(key), allowed)}")


def _string(where: str, row: Mapping[str, object], key: str) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not value.strip():
        raise PromptError(f"{where}: {key!r} must be a non-empty text, but got {value!r}.")
    return value


def _state(where: str, value: object) -> State:
    if not isinstance(value, str) or value not in _STATES:
        raise PromptError(
            f"{where}: 'state' must be normal or abnormal, but got {value!r}; "
            f"{suggest(str(value), _STATES)}"
        )
    return _STATES[value]
