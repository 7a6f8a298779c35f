from collections.abc import Callable

from promptlab.report.markdown import markdown_table
from promptlab.results import RunRecord


def test_markdown_table_gives_means_and_the_gain_with_its_interval(
    make_record: Callable[..., RunRecord],
) -> None:
    gain = {"mean": {"value": 0.095, "low": -0.01, "high": 0.2}, "categories": {}}
    table = markdown_table([make_record(gain=gain), make_record(name="a|b")]).splitlines()
    assert table[0].startswith("| run | images | image AUROC |")
    assert table[2] == "| quickstart | 10 | 75.0 | - | - | - | - | - | +9.5 [-1.0, +20.0] |"
    assert table[3] == "| a/b | 10 | 75.0 | - | - | - | - | - | baseline |"
    assert len({line.count("|") for line in table}) == 1
