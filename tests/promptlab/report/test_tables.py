from collections.abc import Callable

import pytest
from records import run_of

from promptlab.report.tables import make_comparison, make_table, percent
from promptlab.results import CategoryResult, MetricValue, ResultTable


def result(**metrics: float | None) -> CategoryResult:
    values = {
        name: MetricValue(value=value, reason="" if value is not None else f"no {name}")
        for name, value in metrics.items()
    }
    return CategoryResult(metrics=values, n_normal=3, n_abnormal=2, n_masked=0)


def test_percent_has_one_decimal() -> None:
    assert percent(0.5) == "50.0"
    assert percent(0.99951) == "100.0"


def test_table_writes_value_interval_and_counts(make_table_of: Callable[..., ResultTable]) -> None:
    table = make_table({"run": make_table_of({"mono": 0.84})}, oracle=["image_f1_max"])
    group = table.groups[0]
    assert (group.name, group.detail) == ("mono", "3\u00a0normal, 2\u00a0abnormal")
    cell = group.rows[0].cells[0]
    assert (cell.text, cell.interval, cell.order) == ("84.0", "80.0\u201388.0", 0.84)
    assert [(column.label, column.oracle) for column in table.columns] == [
        ("image AUROC", False),
        ("image F1\u2011max", True),
    ]


def test_table_puts_metrics_undefined_everywhere_below(
    make_table_of: Callable[..., ResultTable],
) -> None:
    table = make_table({"run": make_table_of({"mono": 0.8})})
    assert table.absent == ("AUPRO: no image has a mask",)


def test_table_numbers_the_reasons_of_single_gaps() -> None:
    first = ResultTable(
        mean={"a": 0.5, "b": 0.4},
        categories={"x": result(a=0.5, b=None), "y": result(a=None, b=0.4), "z": result(a=None)},
    )
    table = make_table({"run": first})
    notes = {(group.name, row.cells[0].note, row.cells[1].note)
             for group in table.groups for row in group.rows}  # fmt: skip
    assert notes == {("x", None, 1), ("y", 2, None), ("z", 2, 3)}
    assert table.notes == ("no b", "no a", "it was not measured")


def test_mean_row_says_over_how_many_categories_it_is() -> None:
    partly = ResultTable(
        mean={"a": 0.5, "b": 0.4},
        categories={"x": result(a=0.5, b=0.4), "y": result(a=None, b=0.4)},
    )
    mean = make_table({"run": partly}).mean
    assert mean is not None
    assert [(cell.text, cell.interval) for cell in mean.rows[0].cells] == [
        ("50.0", "over 1 of 2"),
        ("40.0", ""),
    ]


def test_one_category_has_no_mean_row(make_table_of: Callable[..., ResultTable]) -> None:
    assert make_table({"run": make_table_of({"mono": 0.8})}).mean is None


@pytest.mark.parametrize("variant", ["run", "baseline"])
def test_every_category_has_a_row_per_variant(
    make_table_of: Callable[..., ResultTable], variant: str
) -> None:
    tables = {name: make_table_of({"mono": 0.8, "poly": 0.7}) for name in ("run", "baseline")}
    for group in make_table(tables).groups:
        assert variant in {row.variant for row in group.rows}


def test_comparison_has_a_group_per_run_and_its_gain_first() -> None:
    gained = run_of("b", {"x": 0.8, "y": 0.6}, baseline={"x": 0.5, "y": 0.5}, gain=(0.2, -0.1, 0.3))
    table = make_comparison([run_of("a", {"x": 0.5}), gained], baseline="WinCLIP")
    assert [column.label for column in table.columns] == [
        "gain in image AUROC, points", "image AUROC",
    ]  # fmt: skip
    assert [
        (group.name, [(row.variant, [cell.text for cell in row.cells]) for row in group.rows])
        for group in table.groups
    ] == [
        ("a", [("This run", ["is the baseline", "50.0"])]),
        ("b", [("This run", ["+20.0", "70.0"]), ("WinCLIP", ["", "50.0"])]),
    ]
    assert table.groups[1].rows[0].cells[0].interval == "\u221210.0 to +30.0"
    assert table.mean is None
