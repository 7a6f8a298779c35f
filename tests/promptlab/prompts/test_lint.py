import json
from pathlib import Path

import pytest

from promptlab.errors import PromptError
from promptlab.prompts.lint import Finding, LintRules, leaked_name, lint_file

HEADER = {"format": "promptlab-prompts", "version": 1, "category": "bottle"}
GOOD = [
    ("normal", "a bottle with an even surface"),
    ("normal", "a clean bottle"),
    ("abnormal", "a bottle with a chipped rim"),
    ("abnormal", "a cracked bottle"),
]


def write(folder, rows):
    path = folder / "bottle.jsonl"
    lines = [HEADER, *({"state": state, "text": text} for state, text in rows)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def lint(folder, *rows, **rules):
    path = write(folder, [*GOOD, *rows])
    found = lint_file(path, LintRules(**{"least": 2, **rules}))
    return [(Path(one.where).name, one.level, one.rule, one.detail) for one in found]


def test_lint_file_when_all_is_well(tmp_path):
    assert lint(tmp_path) == []


@pytest.mark.parametrize(
    ("row", "level", "rule", "detail"),
    [
        (("normal", "a clean bottle"), "error", "duplicate", "is already at"),
        (("abnormal", "a clean bottle"), "error", "in both states", "is already at"),
        (("normal", "a {category} of glass"), "error", "unfilled slot", "'{category}' in"),
        (("normal", "a [noun] of glass"), "error", "unfilled slot", "'[noun]' in"),
        (("normal", "a bottle of TODO"), "error", "unfilled slot", "'TODO' in"),
        (
            ("normal", "a bottle with a crack"),
            "error",
            "wrong state (normal): speaks of a defect",
            "'crack' in",
        ),
        (
            ("abnormal", "a flawless bottle"),
            "error",
            "wrong state (abnormal): speaks of a normal state",
            "'flawless' in",
        ),
        (("normal", "a clear vase"), "warning", "does not name the category", "'a clear vase'"),
        (("normal", "the clean bottle"), "warning", "near-duplicate", "says the same as 'a clean"),
    ],
)
def test_lint_file_finds(tmp_path, row, level, rule, detail):
    found = lint(tmp_path, row)

    assert (level, rule) in [(one[1], one[2]) for one in found]
    assert any(detail in one[3] for one in found)


def test_lint_file_names_the_line(tmp_path):
    assert lint(tmp_path, ("normal", "a {category} of glass"))[0][0] == "bottle.jsonl:6"


def test_lint_file_when_too_few(tmp_path):
    path = write(tmp_path, GOOD[:2])

    assert lint_file(path, LintRules()) == (
        Finding(str(path), "warning", "too few", "2 normal prompts; at least 4 are needed"),
        Finding(str(path), "error", "too few", "0 abnormal prompts; at least 4 are needed"),
    )


def test_lint_file_when_longer_than_the_backbone_reads(tmp_path):
    found = lint(
        tmp_path,
        ("normal", "a very tall and slender bottle"),
        count_tokens=lambda text: len(text.split()),
        max_tokens=5 + 1,
    )

    assert found == []
    found = lint(tmp_path, count_tokens=lambda text: len(text.split()), max_tokens=5)
    assert [(one[1], one[2]) for one in found] == [("error", "over-long")] * 2


def test_lint_file_when_the_data_sets_own_names_leak(tmp_path):
    row = ("abnormal", "a bottle with contaminations that are large")
    names = {"bottle": ("broken_large", "contamination"), "cable": ("crack",)}

    found = lint(tmp_path, row, defects=names)

    assert [(one[1], one[2]) for one in found] == [("warning", "leakage")]
    assert "'contamination'" in found[0][3]
    row = ("abnormal", "a large broken bottle")
    assert [one[1] for one in lint(tmp_path, row, defects=names)] == ["error"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("wires that are bent", "bent_wire"),
        ("a bottle of another colour", "color"),
        ("scratched paint", "scratches"),
        ("a grey stroke", "gray_stroke"),
    ],
)
def test_leaked_name(text, name):
    assert leaked_name(text, ["missing_cable", name]) == name


def test_leaked_name_when_only_a_part_is_there():
    assert leaked_name("a cut in the sheath", ["cut_inner_insulation"]) == ""


def test_lint_file_when_it_cannot_be_read(tmp_path):
    with pytest.raises(PromptError, match="must be readable"):
        lint_file(tmp_path / "none.jsonl", LintRules())
