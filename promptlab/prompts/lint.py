"""What is wrong with a prompt file: everything at once, with file and line.

Reads files that `read_prompt_set` would refuse. Does not know backbones or data sets: token counts
and names of defect folders are given.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from promptlab.errors import PromptError
from promptlab.prompts.clean import CleaningRules, clean_lines
from promptlab.prompts.files import PromptRow, read_rows
from promptlab.prompts.nouns import category_noun
from promptlab.types import State

__all__ = ["Finding", "LintRules", "leaked_name", "lint_file"]

_SLOT = re.compile(r"\{[^}]*\}|\[[A-Za-z_ ]+\]|<[A-Za-z_ ]+>|\b(?:XXX+|TODO)\b|_{3,}")
_MINOR = ("says the same as an earlier one", "does not name the category")
_UNSOUND = ("speaks of a defect", "speaks of a normal state")
_SPELLING = (("colour", "color"), ("grey", "gray"))


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, or may be, and where."""

    where: str
    level: Literal["error", "warning"]
    """error: the set is not fit for use, or scores made with it could not be trusted."""
    rule: str
    detail: str


@dataclass(frozen=True)
class LintRules:
    """What a prompt file is held to."""

    noun: str | None = None
    """None: the category in words."""
    least: int = 4
    """Prompts per state."""
    count_tokens: Callable[[str], int] | None = None
    """The backbone's count; None: lengths in tokens are not looked at."""
    max_tokens: int = 77
    defects: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Category -> names of the data set's own defect folders; of a category that is not there,
    the names of all."""


def lint_file(path: Path, rules: LintRules) -> tuple[Finding, ...]:
    """Check one prompt file against all rules.

    Raises:
        PromptError: when the file cannot be read at all.
    """
    category, rows = read_rows(path)
    noun = rules.noun or category_noun(category)
    every = tuple(name for names in rules.defects.values() for name in names)
    defects = rules.defects.get(category, every)
    return (
        *_too_few(path, rows, rules.least),
        *_duplicates(rows),
        *(finding for row in rows for finding in _of_row(row, noun, rules, defects)),
        *_near_duplicates(rows, noun),
    )


def leaked_name(text: str, defects: Iterable[str]) -> str:
    """Return the first defect folder whose name's words all begin words of the text; "" if none.

    A prompt that names the test set's own folders was written by someone who saw its labels.

    >>> leaked_name("a cable with a cut in its inner insulation", ["cut_inner_insulation"])
    'cut_inner_insulation'
    >>> leaked_name("a cable with a cut", ["cut_inner_insulation"])
    ''
    """
    words = _words(text)
    for name in defects:
        parts = _words(name)
        if parts and all(any(word.startswith(_stem(part)) for word in words) for part in parts):
            return name
    return ""


def _too_few(path: Path, rows: Sequence[PromptRow], least: int) -> Iterator[Finding]:
    for state in State:
        count = sum(row.state == state for row in rows)
        if count < least:
            level: Literal["error", "warning"] = "warning" if count else "error"
            said = f"{count} {state.name.lower()} prompts; at least {least} are needed"
            yield Finding(str(path), level, "too few", said)


def _duplicates(rows: Sequence[PromptRow]) -> Iterator[Finding]:
    seen: dict[str, PromptRow] = {}
    for row in rows:
        first = seen.setdefault(row.text.strip(), row)
        if first is row:
            continue
        rule = "duplicate" if first.state == row.state else "in both states"
        yield Finding(row.where, "error", rule, f"{row.text!r} is already at {first.where}")


def _of_row(
    row: PromptRow, noun: str, rules: LintRules, defects: Sequence[str]
) -> Iterator[Finding]:
    slot = _SLOT.search(row.text)
    if slot:
        yield Finding(row.where, "error", "unfilled slot", f"{slot.group()!r} in {row.text!r}")
        return
    try:
        row.prompt()
    except PromptError as error:
        yield Finding(row.where, "error", "no sentence", str(error).removeprefix(f"{row.where}: "))
        return
    tokens = rules.count_tokens(row.text) if rules.count_tokens else 0
    if tokens > rules.max_tokens:
        said = f"{tokens} tokens, but the backbone cuts after {rules.max_tokens}: {row.text!r}"
        yield Finding(row.where, "error", "over-long", said)
    leaked = leaked_name(row.text, defects)
    if leaked:
        everyday = len(_words(leaked)) == 1
        said = f"{row.text!r} holds the name of the data set's defect folder {leaked!r}"
        yield Finding(row.where, "warning" if everyday else "error", "leakage", said)
    # No word limit and no duplicates here: the first is the tokens', the second needs all rows.
    cleaned = clean_lines([row.text], CleaningRules(noun, row.state, min_words=1, max_words=99))
    for line in cleaned.dropped:
        unsound = line.reason in _UNSOUND
        shown = f"{line.detail!r} in {row.text!r}" if line.detail else repr(row.text)
        yield Finding(
            row.where,
            "error" if unsound else "warning",
            f"wrong state ({row.state.name.lower()}): {line.reason}" if unsound else line.reason,
            shown,
        )


def _near_duplicates(rows: Sequence[PromptRow], noun: str) -> Iterator[Finding]:
    """Compare each prompt with the earlier ones of its state; equal texts were reported before."""
    for state in State:
        first = {row.text.strip(): row for row in reversed(rows) if row.state == state}
        rules = CleaningRules(noun, state, min_words=1, max_words=99)
        different: list[str] = []
        for row in reversed(first.values()):
            cleaned = clean_lines([row.text], rules, earlier=different)
            different += cleaned.kept
            for line in cleaned.dropped:
                if line.reason == _MINOR[0]:
                    said = f"{line.text!r} says the same as {line.detail!r}"
                    yield Finding(row.where, "warning", "near-duplicate", said)


def _words(text: str) -> list[str]:
    lowered = text.lower()
    for ours, theirs in _SPELLING:
        lowered = lowered.replace(ours, theirs)
    return re.findall(r"[a-z]+", lowered)


def _stem(word: str) -> str:
    """Cut what English adds to the ends of words, roughly: "scratches" and "scratched" are one."""
    for ending in ("ed", "es", "s", "ing"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word.removesuffix(ending)
    return word
