"""The one cleaning pipeline for every answer of a language model.

From the raw answer to lines, from lines to prompts; each dropped line is kept with its reason.
Pure functions. Does not know language models, templates or files. Survival is not truth: a kept
line is well formed and speaks of the right state, and may still describe something impossible.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from promptlab.prompts.state_words import Evidence, state_evidence
from promptlab.types import State

__all__ = ["Cleaned", "CleaningRules", "Dropped", "clean_lines", "parse_answer"]

_BULLET = re.compile(
    r"^(?:[-*\u2022\u2013\u2014+>]+|\(?\d{1,3}[.):]|\(?[a-z][.)])\s+", re.IGNORECASE
)
_RUN = 4
_Why = tuple[str, str]
_NOT_SEEN = re.compile(r"\b(?:smell|odou?r|scent|sound|noise|taste)s?\b", re.IGNORECASE)
_QUOTES = "\"'`\u201c\u201d\u2018\u2019"
_MARKUP = re.compile(r"[<>{}\[\]|\\^~#*_=@]|https?:|www\.")
_META = re.compile(
    r"\b(?:here (?:are|is)|sure|certainly|as an ai|i cannot|i can't|i'm sorry|sentence|sentences|"
    r"phrase|phrases|prompt|description|descriptions|describe|describes|example|examples|"
    r"the (?:photo|image) shows|note that|in summary|instruction|instructions|ignore|"
    r"api[ _]key|environment variable|password)\b",
    re.IGNORECASE,
)
# Words that carry the grammar of German, French, Spanish, Italian, Dutch and Portuguese, and are no
# English words.
_FOREIGN = re.compile(
    r"\b(?:der|das|eine|einer|einem|mit|und|ohne|ist|auf|dem|den|une|avec|et|sur|dans|sans|le|les|"
    r"du|est|con|el|los|las|una|sin|en|di|della|il|gli|nel|senza|het|een|van|zonder|op|uma|com|sem|"
    r"em)\b",
    re.IGNORECASE,
)
_WORDS = re.compile(r"[A-Za-z0-9'-]+")
_HANGING = re.compile(
    r"\b(?:a|an|the|and|or|of|with|in|on|at|to|from|by|for|that|which|is|are|was|has|its|their)$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class CleaningRules:
    """What a prompt must satisfy; the numbers are those of the study of small models."""

    noun: str
    """What each prompt must name; empty: prompts fit any category."""
    state: State
    min_words: int = 3
    max_words: int = 20
    loop_ratio: float = 0.6
    """Distinct words / words below this is a loop."""
    duplicate_overlap: float = 0.8
    """Jaccard overlap of words from which on two prompts say the same."""
    strict: bool = False
    """For models too small to be trusted: a word must speak for the state, no word that carries
    meaning may come twice, and only defects may be denied."""
    request: str = ""
    """The LLM request; a run of its words in an answer is a copy, not an answer."""
    banned: frozenset[str] = frozenset()
    """Nouns of a template's own examples, which small models repeat."""
    count_tokens: Callable[[str], int] | None = None
    max_tokens: int = 77


@dataclass(frozen=True)
class Dropped:
    """A line that did not become a prompt, and why."""

    text: str
    reason: str
    """The rule it broke; the same text for every line that broke it."""
    detail: str = ""
    """The words that broke it, where that helps."""


@dataclass(frozen=True)
class Cleaned:
    """What survived, in order, and what did not."""

    kept: tuple[str, ...]
    dropped: tuple[Dropped, ...]


def parse_answer(answer: str) -> tuple[str, ...]:
    r"""Split an answer into lines without bullets, numbers and quotes; read JSON lists too.

    >>> parse_answer("1. a red nut\n2) a blue nut")
    ('a red nut', 'a blue nut')
    >>> parse_answer('```json\n["a red nut", "a blue nut"]\n```')
    ('a red nut', 'a blue nut')
    """
    body = re.sub(r"^```[a-z]*\s*|\s*```$", "", answer.strip())
    lines = _json_strings(body)
    return tuple(text for text in (_strip(line) for line in lines or body.splitlines()) if text)


def clean_lines(
    lines: Iterable[str], rules: CleaningRules, *, earlier: Iterable[str] = ()
) -> Cleaned:
    """Keep the lines that obey the rules and differ from one another and from ``earlier``."""
    kept: list[str] = []
    dropped: list[Dropped] = []
    known = [(text, _word_set(text, rules.noun)) for text in earlier]
    for line in lines:
        text = _strip(line)
        why = _why_not(text, rules) or _why_known(text, known, rules)
        if why:
            dropped.append(Dropped(text, *why))
        else:
            kept.append(text)
            known.append((text, _word_set(text, rules.noun)))
    return Cleaned(tuple(kept), tuple(dropped))


def _json_strings(body: str) -> list[str]:
    """Return the sentences of a JSON answer, whatever its nesting; [] if it is none."""
    if not body.startswith(("[", "{")):
        return []
    try:
        return list(_sentences(json.loads(body)))
    except (ValueError, RecursionError):  # ValueError: a number of 5,000 digits, too
        return []


def _sentences(content: object) -> Iterator[str]:
    """Yield the texts of lists; where a mapping has no list, its own (else they are headings)."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        for item in content:
            yield from _sentences(item)
    elif isinstance(content, dict):
        nested = [value for value in content.values() if isinstance(value, list | dict)]
        for value in nested or content.values():
            yield from _sentences(value)


def _strip(line: str) -> str:
    text = " ".join(line.split())
    text = _BULLET.sub("", text)
    text = text.rstrip(",").strip(_QUOTES + " ").replace("\u2019", "'")
    return text.rstrip(" .;,").strip(_QUOTES + " ")


def _why_not(text: str, rules: CleaningRules) -> _Why | None:
    """Return the first rule that the text breaks by itself."""
    state = _why_not_normal if rules.state == State.NORMAL else _why_not_abnormal
    return _why_malformed(text, rules) or _why_off_topic(text, rules) or state(text, rules)


def _why_malformed(text: str, rules: CleaningRules) -> _Why | None:
    words = [word.lower() for word in _WORDS.findall(text)]
    count, limit = rules.count_tokens, rules.max_tokens
    checks = (
        (text.endswith(":"), "a heading"),
        (len(words) < rules.min_words, f"fewer than {rules.min_words} words"),
        (len(words) > rules.max_words, f"more than {rules.max_words} words"),
        (not (text.isascii() and text.isprintable()), "not plain English letters"),
        (_MARKUP.search(text), "markup"),
        (text.endswith("?"), "a question"),
        (_META.search(text), "talks about the answer"),
        (len({*_FOREIGN.findall(text.lower())}) > 1, "not English"),
        (_NOT_SEEN.search(text), "speaks of what no camera sees"),
        (len({*words}) < rules.loop_ratio * len(words), "repeats itself"),
        (rules.strict and _repeats_a_word(words), "repeats a word"),
        (_HANGING.search(text), "breaks off"),
        (count is not None and count(text) > limit, f"more than {limit} tokens"),
    )
    return next(((reason, "") for broken, reason in checks if broken), None)


def _why_off_topic(text: str, rules: CleaningRules) -> _Why | None:
    words = [word.lower() for word in _WORDS.findall(text)]
    if rules.noun and not _names(text, rules.noun):
        return "does not name the category", ""
    copied = sorted(rules.banned & ({*words} - {*rules.noun.lower().split()}))
    if copied:
        return "copies an example", ", ".join(copied)
    run = _shared_run(words, rules)
    return ("copies the request", run) if run else None


def _why_not_normal(text: str, rules: CleaningRules) -> _Why | None:
    found = _evidence(text, rules)
    if found.abnormal:
        return "speaks of a defect", found.abnormal[0]
    if rules.strict and not found.normal:
        return "says nothing of a normal state", ""
    if rules.strict and found.idle_negations:
        return "denies something that is no defect", found.idle_negations[0]
    return None


def _why_not_abnormal(text: str, rules: CleaningRules) -> _Why | None:
    found = _evidence(text, rules)
    if found.abnormal or found.weak:
        return None
    if found.normal:
        return "speaks of a normal state", found.normal[0]
    return ("says nothing of a defect", "") if rules.strict else None


def _evidence(text: str, rules: CleaningRules) -> Evidence:
    """Weigh the words around the noun, which may hold a defect word itself ("split pin")."""
    if not rules.noun:
        return state_evidence(text)
    return state_evidence(re.sub(re.escape(rules.noun), "it", text, flags=re.IGNORECASE))


def _why_known(
    text: str, known: list[tuple[str, frozenset[str]]], rules: CleaningRules
) -> _Why | None:
    words = _word_set(text, rules.noun)
    for other, others in known:
        if len(words & others) >= rules.duplicate_overlap * max(len(words | others), 1):
            return "says the same as an earlier one", other
    return None


def _repeats_a_word(words: list[str]) -> bool:
    meaningful = [word for word in words if len(word) > 3 and word not in ("with", "that")]
    return len({*meaningful}) < len(meaningful)


def _shared_run(words: list[str], rules: CleaningRules) -> str:
    """Return words that stand in this order in the request too; the noun's own do not count."""
    noun = rules.noun.lower().split()
    asked = f" {' '.join(_WORDS.findall(rules.request.lower()))} "
    for start in range(len(words) - _RUN + 1):
        run = words[start : start + _RUN]
        if not {*run} & {*noun} and f" {' '.join(run)} " in asked:
            return " ".join(run)
    return ""


def _names(text: str, noun: str) -> bool:
    """Whether the text names the noun, in the singular or the plural."""
    return re.search(rf"\b{re.escape(noun)}(?:s|es)?\b", text, re.IGNORECASE) is not None


def _word_set(text: str, noun: str) -> frozenset[str]:
    """Words that carry meaning: without articles, and without the noun all prompts share."""
    words = {word.lower() for word in _WORDS.findall(text)}
    return frozenset(words - {"a", "an", "the"} - {*noun.lower().split()})
