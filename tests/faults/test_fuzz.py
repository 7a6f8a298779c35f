"""Thousands of spoiled inputs: one-line errors, no hang, nothing written outside the run folder."""

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from promptlab.errors import PromptLabError
from promptlab.files import write_text
from promptlab.grid import load_grid
from promptlab.prompts.clean import CleaningRules, clean_lines, parse_answer
from promptlab.prompts.files import read_prompt_set, write_prompt_set
from promptlab.prompts.promptset import Prompt
from promptlab.results import new_run_folder
from promptlab.types import State

FUZZED = settings(
    max_examples=2000,
    deadline=None,  # of the wall clock, which other programs slow down; see `only`
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)

CONFIG = """\
name: fuzz
seed: 3
dataset: {name: mvtec, root: data, categories: [nut, bolt], limit: 8}
backbone: {name: lite, image_size: [64, 96], device: cpu}
prompts:
  sources:
    - {kind: static, name: winclip}
    - {kind: llm, llm: "gguf:smollm2", template: describe, per_state: 4}
    - {kind: file, path: my/prompts}
  per_state: 3
scorer: [mean, {name: contextual, params: {share: 0.25}}]
aligner: {name: fine_grained, params: {ridge: 1.0}}
fusion: {global: 0.5, local: 0.5}
few_shot: {k: 1}
metrics: {pixel_size: 64, bootstrap: 10}
sweep:
  search_categories: [nut]
  report_categories: [bolt]
  space: {fusion.local: {float: [0, 1]}}
grid: {aligner.params.ridge: [0.1, 1]}
"""
PROMPTS_YAML = """\
category: nut
source: human
normal:
  - a nut with an even surface
  - a clean nut
abnormal: ["a cracked nut", 'a bent nut']
"""
PROMPTS_JSONL = """\
{"format": "promptlab-prompts", "version": 1, "category": "nut"}
{"state": "normal", "text": "a clean nut", "source": "human"}
{"state": "abnormal", "text": "a cracked nut", "source": "llm", "provenance": {"llm": "gguf:x", \
"template": "t", "template_version": 1, "seed": 0, "temperature": 0.9, "date": "", \
"promptlab_version": "0", "answer_digest": ""}}
"""
ANSWER = """\
Sure! Here are 3 descriptions:
1. a nut with a crack across it
2. **a bent nut** - "bad"
```json
["a stained nut", {"text": "a nut with rust"}]
```
"""
PATIENCE = 5.0
"""Seconds of computing that one input may take."""
NASTY = [
    *("", "null", "~", "true", "-1", "0", "1e999", ".nan", ".inf", "9" * 5000, "0x", "2001-99-99"),
    *(
        "[]",
        "{}",
        "[[]]",
        "{a: b}",
        "[" * 2000,
        "*a",
        "&a [*a]",
        "!!python/name:os.system",
        "!!set",
    ),
    *("../../../etc/passwd", "/etc/passwd", "~root/x", "a/../../b", "..", "C:\\x", "\\\\host\\x"),
    *("<script>alert(1)</script>", "{{7*7}}", "${HOME}", "$(touch x)", "%s%n", "a\x00b", "\ud800"),
    *("\u202e", "é" * 300, "\n", "\t", ": ", "- ", "? ", "# ", "|", ">", "'", '"', "`", "@", "%"),
    *('{"text":', '"\\ud800"', "[1,", "```", "1.", "- -", "{noun}", "{}", "{0}", "x" * 20_000),
]
KEYS = [
    *("name", "seed", "dataset", "root", "limit", "categories", "kind", "path", "sources", "grid"),
    *("per_state", "params", "scorer", "space", "text", "state", "category", "format", "version"),
]


def spoiled(text: str) -> st.SearchStrategy[str]:
    """Draw copies of a text with a few cuts, repeats, swaps and nasty insertions."""
    place = st.integers(0, len(text))
    piece = st.one_of(
        st.sampled_from(NASTY),
        st.sampled_from(KEYS),
        st.text(max_size=4),
        st.builds("\n{}: {}\n".format, st.sampled_from(KEYS), st.sampled_from(NASTY)),
    )
    edit = st.tuples(st.sampled_from(["insert", "cut", "double", "value"]), place, place, piece)

    def apply(edits: list[tuple[str, int, int, str]]) -> str:
        made = text
        for kind, one, other, new in edits:
            low, high = sorted((min(one, len(made)), min(other, len(made), one + 40)))
            if kind == "insert":
                made = made[:low] + new + made[low:]
            elif kind == "cut":
                made = made[:low] + made[high:]
            elif kind == "double":
                made = made[:high] + made[low:high] + made[high:]
            else:
                start = made.find(": ", low) + 2
                ends = [made.find(mark, start) for mark in ",}\n"]
                end = min([end for end in ends if end >= 0], default=len(made))
                made = made[:start] + new + made[end:]
        return made

    return st.lists(edit, min_size=1, max_size=4).map(apply)


_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_ALLOWED: list[str] = []
_SEEN: list[str] = []


def _watch(event: str, args: tuple[object, ...]) -> None:
    """Note what is written outside of the allowed folders, while there are some."""
    if not _ALLOWED:
        return
    paths: tuple[object, ...] = ()
    opens = event == "open" and isinstance(args[2], int) and args[2] & _WRITES
    if opens or event in ("os.mkdir", "os.remove", "os.rmdir", "os.truncate", "os.symlink"):
        paths = args[:1]
    elif event in ("os.rename", "os.link"):
        paths = args[:2]
    elif event in ("os.system", "subprocess.Popen", "os.exec", "os.posix_spawn", "socket.connect"):
        _SEEN.append(f"{event}{args}")
    for path in paths:
        where = os.path.realpath(os.fsdecode(path)) if isinstance(path, str | bytes) else ""
        if where and not f"{where}/".startswith((*_ALLOWED, "/dev/null")):
            _SEEN.append(f"{event} {where}")


@pytest.fixture(scope="module", autouse=True)
def watch() -> None:
    sys.addaudithook(_watch)  # stays until the process ends, and does nothing outside of `only`


@contextmanager
def only(folder: Path) -> Iterator[None]:
    """Fail when the block writes anywhere but into a folder, or computes for long."""
    _SEEN.clear()
    _ALLOWED.append(f"{folder.resolve()}{os.sep}")
    begun = time.process_time()
    try:
        yield
    finally:
        _ALLOWED.clear()
    assert _SEEN == []
    assert time.process_time() - begun < PATIENCE


def one_line(error: PromptLabError) -> None:
    assert "\n" not in str(error)
    assert str(error)


def put(path: Path, text: str) -> None:
    path.write_bytes(text.encode("utf-8", "surrogatepass"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@FUZZED
@given(text=spoiled(CONFIG))
def test_spoiled_configs_are_refused_in_one_line_or_valid(folder: Path, text: str) -> None:
    path = folder / "config.yaml"
    put(path, text)
    with only(folder):
        try:
            grid = load_grid(path)
        except PromptLabError as error:
            one_line(error)
            return
        for cell in grid.cells:
            json.loads(cell.config.model_dump_json(by_alias=True))
        made = new_run_folder(folder, grid.name)
        assert made.parent == folder
        made.rmdir()


@pytest.mark.parametrize(("suffix", "text"), [(".yaml", PROMPTS_YAML), (".jsonl", PROMPTS_JSONL)])
def test_spoiled_prompt_files_are_refused_in_one_line_or_valid(
    folder: Path, suffix: str, text: str
) -> None:
    valid = 0

    @settings(FUZZED, max_examples=1000)
    @given(spoiled(text))
    def check(spoilt: str) -> None:
        nonlocal valid
        path = folder / f"prompts{suffix}"
        put(path, spoilt)
        with only(folder):
            try:
                read = read_prompt_set(path)
            except PromptLabError as error:
                one_line(error)
                return
            valid += 1
            write_prompt_set(folder / "again.jsonl", read)
            assert read_prompt_set(folder / "again.jsonl") == read
            write_text(folder / "digest", read.digest)

    check()
    assert valid > 50


@FUZZED
@given(text=st.one_of(spoiled(ANSWER), st.text(max_size=300)))
def test_spoiled_answers_are_cleaned(folder: Path, text: str) -> None:
    rules = CleaningRules("nut", State.ABNORMAL, count_tokens=lambda words: len(words.split()))
    with only(folder):
        cleaned = clean_lines(parse_answer(text), rules)
        for line in cleaned.kept:
            prompt = Prompt(line, State.ABNORMAL, "llm")
            write_text(folder / "line", prompt.text)
        for dropped in cleaned.dropped:
            assert "\n" not in dropped.reason
            json.dumps(dropped.text)


def test_the_watch_sees_what_is_written_outside(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="evil"), only(folder):
        (tmp_path / "evil").write_text("x")
