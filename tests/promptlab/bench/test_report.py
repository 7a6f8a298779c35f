import json

import pytest

from promptlab.bench.report import Report, markdown_of, read_report, to_json
from promptlab.bench.rows import faster, skipped
from promptlab.errors import DataError

REPORT = Report(
    machine={"processor": "abacus", "threads": "2"},
    short=False,
    rows=(
        ("metrics", faster("ours", "theirs", ours=0.5, theirs=60.0, goal=200)),
        ("sweep", skipped("ours", "peer", "it is not installed")),
    ),
    seconds=12.4,
)


def test_a_report_is_the_same_when_read_back(tmp_path):
    path = tmp_path / "bench.json"
    path.write_text(to_json(REPORT))
    assert read_report(path) == REPORT


@pytest.mark.parametrize("content", ["", "[]", '{"rows": []}', '{"rows": [{"work": 1}]}'])
def test_read_report_refuses_other_files(tmp_path, content):
    path = tmp_path / "bench.json"
    path.write_text(content)
    with pytest.raises(DataError, match="must be a file that `promptlab bench --out` wrote"):
        read_report(path)


def test_json_names_the_group_of_each_row():
    assert [row["group"] for row in json.loads(to_json(REPORT))["rows"]] == ["metrics", "sweep"]


def test_markdown_has_a_line_for_each_row_and_names_the_machine():
    assert markdown_of(REPORT).splitlines() == [
        "| work | beside | measured | goal | met | seconds | its seconds |",
        "|---|---|---|---|---|---:|---:|",
        "| ours | theirs | 120 x faster | >= 200 | no | 0.5 | 60 |",
        "| ours | peer | skipped: it is not installed |  |  |  |  |",
        "",
        "Measured in 12 s on: processor abacus, threads 2.",
    ]
