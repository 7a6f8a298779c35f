import json
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes import TinyBackbone, write_mvtec
from llm_servers import good, serving

import promptlab.backbones
from promptlab.cli import main
from promptlab.prompts.ensemble import static_prompts
from promptlab.prompts.files import read_prompt_set, write_prompt_set

pytestmark = [
    pytest.mark.enable_socket,
    pytest.mark.allow_hosts(["127.0.0.1"]),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(promptlab.backbones, "load_backbone", lambda *_, **__: TinyBackbone())

    def call(*words: object) -> tuple[int, str, str]:
        try:
            main([str(word) for word in words])
            status = 0
        except SystemExit as stopped:
            status = int(str(stopped.code or 0))
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return call


@pytest.fixture
def plates(tmp_path: Path) -> Path:
    path = tmp_path / "sets" / "plate.jsonl"
    write_prompt_set(path, static_prompts("curated", "plate"))
    return path


def spoil(path: Path, old: str, new: str) -> None:
    path.write_text(path.read_text().replace(old, new, 1))


@pytest.mark.parametrize("command", ["lint", "stats", "diff"])
def test_help_has_an_example(run: Run, command: str) -> None:
    status, out, _ = run("prompts", command, "--help")
    assert status == 0
    assert f"  promptlab prompts {command}" in out.split("Examples:")[1]


def test_lint_when_all_is_well(run: Run, plates: Path) -> None:
    assert run("prompts", "lint", plates.parent) == (0, "", "1 files, 0 errors, 0 warnings\n")


def test_lint_finds_no_error_in_the_baseline(run: Run, tmp_path: Path) -> None:
    # "for anomaly detection" is in seven normal sentences of WinCLIP's list.
    write_prompt_set(tmp_path / "bottle.jsonl", static_prompts("winclip", "bottle"))

    status, out, err = run("prompts", "lint", tmp_path)

    assert status == 0
    # Near-duplicates on purpose: each template comes with "a" and with "the".
    assert len(out.splitlines()) == 5
    assert out.startswith(f"{tmp_path / 'bottle.jsonl'}:3: warning: near-duplicate: 'a cropped")
    assert "more warnings are near-duplicate; --json lists all." in err


def test_lint_leaves_with_status_1_when_there_is_an_error(run: Run, plates: Path) -> None:
    spoil(plates, "a broken plate", "a {category} that is broken")

    status, out, err = run("prompts", "lint", plates)

    assert status == 1
    assert "error: unfilled slot: '{category}' in" in out
    assert "1 files, 1 errors" in err


def test_lint_as_json_looks_for_leaks_and_long_prompts(
    run: Run, plates: Path, tmp_path: Path
) -> None:
    root = write_mvtec(tmp_path / "data")

    status, out, _ = run(
        *("prompts", "lint", plates, "--json", "--backbone", "lite"),
        *("--dataset", "mvtec", "--root", root),
    )

    assert status == 0
    # The curated bank says "hole", which is the tiny set's folder; no prompt has over 16 tokens.
    assert [(one["level"], one["rule"]) for one in json.loads(out)["findings"]] == [
        ("warning", "leakage")
    ]


def test_diff(run: Run, plates: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.jsonl"
    write_prompt_set(other, static_prompts("curated", "plate"))
    spoil(other, "a broken plate", "a smashed plate")

    status, out, err = run("prompts", "diff", plates, other)
    _, as_json, _ = run("prompts", "diff", plates, other, "--json")

    assert (status, out) == (
        0,
        "+ abnormal: a smashed plate\n- abnormal: a broken plate\n",
    )
    assert err.startswith("2 changes; digests ")
    assert [one["kind"] for one in json.loads(as_json)["changes"]] == ["added", "removed"]


def test_stats(run: Run, plates: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The tiny text tower stands in for the sentence model too.
    monkeypatch.setattr(
        "promptlab.sentences.sentence_vectors",
        lambda texts: TinyBackbone().encode_text(texts).numpy(),
    )

    status, out, _ = run("prompts", "stats", plates, "--backbone", "lite", "--json")

    assert status == 0
    first, second = json.loads(out)["sets"]
    assert (first["encoder"], second["encoder"]) == ("sentence-transformers", "tiny")
    assert (first["n_normal"], first["n_abnormal"]) == (8, 12)
    assert 0 <= second["overlap"] <= 1
    assert run("prompts", "stats", plates)[0] == 0


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (("--max-usd", "0"), 2, "max_usd: Input should be greater than 0, but got 0.0"),
        (("--prices", "none.yaml"), 2, "--prices must be a YAML file, but none.yaml"),
        (("--form", "poem"), 2, "Invalid value for '--form'"),
    ],
)
def test_generate_when_an_option_is_wrong(
    run: Run, tmp_path: Path, words: tuple[str, ...], status: int, message: str
) -> None:
    found, _, err = run(
        *("prompts", "generate", "--llm", "gguf:smollm2", "--category", "nut"),
        *("--out", tmp_path, *words),
    )
    assert found == status
    assert message in err


def test_generate_keeps_answers_that_can_be_replayed(run: Run, tmp_path: Path) -> None:
    with serving(good) as server:
        llm = f"openai:tiny@{server.url}"
        words = ("prompts", "generate", "--category", "bottle", "--per-state", 2, "--json")
        kept = tmp_path / "answers.jsonl"
        status, out, err = run(*words, "--llm", llm, "--record", kept, "--out", tmp_path / "a")
        assert (status, f"answers: {kept}" in err) == (0, True)
        asked = len(server.seen)
    first = json.loads(out)

    status, out, _ = run(*words, "--llm", f"recorded:{kept}", "--out", tmp_path / "b")

    again = json.loads(out)
    assert status == 0
    assert asked == first["requests"] == 2
    assert (first["normal"], first["abnormal"], first["complete"]) == (2, 2, True)
    assert (first["input_tokens"], first["output_tokens"]) == (200, 40)
    assert (first["cost_usd"], first["form"], first["dropped"]) == (None, "lines", {})
    assert again["digest"] == first["digest"]
    assert read_prompt_set(Path(again["file"])) == read_prompt_set(Path(first["file"]))


def test_generate_asks_at_the_temperature_given(run: Run, tmp_path: Path) -> None:
    with serving(good) as server:
        llm = f"openai:tiny@{server.url}"
        words = ("prompts", "generate", "--category", "bottle", "--per-state", 2, "--llm", llm)
        assert run(*words, "--temperature", 0.25, "--out", tmp_path)[0] == 0
        assert {body["temperature"] for body, _ in server.seen} == {0.25}


def test_generate_never_replaces_other_prompts(run: Run, plates: Path) -> None:
    words = ("prompts", "generate", "--static", "curated", "--category", "plate")
    folder = plates.parent
    assert run(*words, "--out", folder)[0] == 0
    (path,) = (one for one in folder.iterdir() if one != plates)
    assert run(*words, "--out", folder)[0] == 0  # the same prompts
    spoil(path, "a broken plate", "a plate that I found broken")
    edited = path.read_text()

    status, _, err = run(*words, "--out", folder)

    assert status == 1
    assert f"{path} exists and holds other prompts; choose another --out" in err
    assert path.read_text() == edited
    assert run(*words, "--force", "--out", folder)[0] == 0
    assert path.read_text() != edited


def test_generate_records_no_answers_of_a_library(run: Run, tmp_path: Path) -> None:
    words = ("prompts", "generate", "--static", "curated", "--category", "plate")
    status, _, err = run(*words, "--record", tmp_path / "x", "--out", tmp_path)
    assert (status, "--static has none" in err) == (2, True)
