import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from promptlab.bench import suite
from promptlab.bench.rows import Row, faster, skipped
from promptlab.cli.bench import bench


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Two rows instead of minutes of measuring; what was asked for is kept."""
    seen: list[bool] = []

    def measure(*, short: bool) -> list[Row]:
        seen.append(short)
        return [
            faster("ours", "theirs", ours=1.0, theirs=3.0, goal=4),
            skipped("ours", "peer", "not installed"),
        ]

    monkeypatch.setattr(suite, "_measure_of", lambda _: measure)
    return seen


def test_bench_prints_a_table_and_never_fails_on_time(asked: list[bool]) -> None:
    done = CliRunner().invoke(bench, ["--only", "lite", "--short"])
    assert done.exit_code == 0
    assert asked == [True]
    assert "3 x faster" in done.stdout
    assert "skipped: not installed" in done.stdout
    assert "2 rows, 1 goals missed, 1 skipped" in done.stderr


def test_bench_prints_json_with_machine_and_rows(asked: list[bool]) -> None:
    done = CliRunner().invoke(bench, ["--only", "lite", "--only", "metrics", "--json"])
    content = json.loads(done.stdout)
    assert asked == [False, False]
    assert {"processor", "threads", "torch"} <= set(content["machine"])
    assert [row["group"] for row in content["rows"]] == ["metrics", "metrics", "lite", "lite"]
    assert content["rows"][0]["value"] == 3
    assert content["rows"][1]["value"] is None


def test_bench_prints_markdown(asked: list[bool]) -> None:
    done = CliRunner().invoke(bench, ["--only", "lite", "--markdown"])
    head, rule, first, *_ = done.stdout.strip().splitlines()
    assert head.count("|") == rule.count("|") == first.count("|")
    assert first == "| ours | theirs | 3 x faster | >= 4 | no | 1 | 3 |"


def test_bench_shows_what_it_wrote_and_measures_nothing(asked: list[bool], tmp_path: Path) -> None:
    out = str(tmp_path / "bench.json")
    first = CliRunner().invoke(bench, ["--only", "lite", "--markdown", "--out", out])
    again = CliRunner().invoke(bench, ["--show", out, "--markdown"])
    assert again.stdout == first.stdout
    assert "| ours |" in again.stdout
    assert len(asked) == 1
