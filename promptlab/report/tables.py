"""Result tables as the page shows them: percent with one decimal, intervals, notes for the rest.

Knows numbers and their words; does not know HTML.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from promptlab.plots import metric_label
from promptlab.results import CategoryResult, MetricValue, ResultTable, RunRecord

__all__ = ["Cell", "Column", "Group", "Row", "Table", "make_comparison", "make_table", "percent"]

NO_REASON = "the record gives no reason"


@dataclass(frozen=True)
class Column:
    """One metric."""

    label: str
    oracle: bool


@dataclass(frozen=True)
class Cell:
    """One value; without a number, the number of the note that says why."""

    text: str
    interval: str = ""
    order: float | None = None
    """What sorting compares; None sorts last."""
    note: int | None = None


@dataclass(frozen=True)
class Row:
    """The values of one variant, such as a run or its baseline."""

    variant: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Group:
    """One category, or the mean: a row per variant."""

    name: str
    detail: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Table:
    """All that a table shows."""

    columns: tuple[Column, ...]
    groups: tuple[Group, ...]
    mean: Group | None
    """None when there is one category only."""
    notes: tuple[str, ...]
    absent: tuple[str, ...]
    """Metrics that no variant defines anywhere, with the reasons: they get no column."""


def make_table(variants: Mapping[str, ResultTable], *, oracle: Sequence[str] = ()) -> Table:
    """Lay out the results of one variant or more, category by category.

    Args:
        variants: name -> results; the first one decides how the table sorts.
        oracle: metrics whose threshold saw the test labels.
    """
    tables = tuple(variants.values())
    names = _unique(name for table in tables for one in table.categories.values()
                    for name in one.metrics)  # fmt: skip
    shown = [name for name in names if _is_defined(tables, name)]
    notes: list[str] = []
    groups = tuple(
        Group(
            name=category,
            detail=_counts(
                next(t.categories[category] for t in tables if category in t.categories)
            ),
            rows=tuple(
                Row(variant, tuple(_cell(_find(table, category, name), notes) for name in shown))
                for variant, table in variants.items()
                if category in table.categories
            ),
        )
        for category in _unique(c for table in tables for c in table.categories)
    )
    return Table(
        columns=tuple(Column(_unbroken(metric_label(name)), name in oracle) for name in shown),
        groups=groups,
        mean=_mean_group(variants, shown, notes) if len(groups) > 1 else None,
        notes=tuple(notes),
        absent=_absences(tables, [name for name in names if name not in shown]),
    )


def make_comparison(records: Sequence[RunRecord], *, baseline: str) -> Table:
    """Lay out runs below one another: means over their categories, and the gain in image AUROC.

    Args:
        records: the runs.
        baseline: what WinCLIP's ensemble is called.
    """
    names = _unique(name for record in records for name in record.results.mean)
    shown = [n for n in names if any(one.results.mean.get(n) is not None for one in records)]
    oracle = {name for record in records for name in record.oracle_metrics}
    notes: list[str] = []

    def means(table: ResultTable) -> list[Cell]:
        reason = "no category of this run defines it"
        values = (MetricValue(value=table.mean.get(name), reason=reason) for name in shown)
        return [_cell(value, notes) for value in values]

    groups = []
    for record in records:
        rows = [Row("This run", (_gain_cell(record), *means(record.results)))]
        if record.gain is not None:
            rows.append(Row(baseline, (Cell(""), *means(record.baseline))))
        detail = f"{record.dataset.images:,} images of {record.dataset.name}"
        groups.append(Group(record.name, detail, tuple(rows)))
    columns = [Column(_unbroken(metric_label(name)), name in oracle) for name in shown]
    return Table(
        columns=(Column("gain in image AUROC, points", oracle=False), *columns),
        groups=tuple(groups),
        mean=None,
        notes=tuple(notes),
        absent=(),
    )


def percent(value: float) -> str:
    """Return a fraction in percent with one decimal, without the sign.

    >>> percent(0.8432)
    '84.3'
    """
    return f"{100 * value:.1f}"


def _cell(value: MetricValue, notes: list[str]) -> Cell:
    if value.value is None:
        reason = value.reason or NO_REASON
        if reason not in notes:
            notes.append(reason)
        return Cell("\u2013", note=notes.index(reason) + 1)
    interval = ""
    if value.low is not None and value.high is not None:
        interval = f"{percent(value.low)}\u2013{percent(value.high)}"
    return Cell(percent(value.value), interval, order=value.value)


def _gain_cell(record: RunRecord) -> Cell:
    if record.gain is None:
        return Cell("is the baseline")
    gain = record.gain.mean
    if gain.value is None:
        return Cell("\u2013")
    interval = ""
    if gain.low is not None and gain.high is not None:
        interval = f"{100 * gain.low:+.1f} to {100 * gain.high:+.1f}".replace("-", "\u2212")
    return Cell(f"{100 * gain.value:+.1f}".replace("-", "\u2212"), interval, order=gain.value)


def _mean_group(
    variants: Mapping[str, ResultTable], shown: Sequence[str], notes: list[str]
) -> Group:
    rows = []
    for variant, table in variants.items():
        cells = []
        for name in shown:
            defined = sum(_find(table, c, name).value is not None for c in table.categories)
            reason = "" if defined else "no category defines it"
            cell = _cell(MetricValue(value=table.mean.get(name), reason=reason), notes)
            if 0 < defined < len(table.categories):
                cell = Cell(cell.text, f"over {defined} of {len(table.categories)}", cell.order)
            cells.append(cell)
        rows.append(Row(variant, tuple(cells)))
    count = max(len(table.categories) for table in variants.values())
    return Group(name="Mean", detail=f"over {count} categories", rows=tuple(rows))


def _absences(tables: Sequence[ResultTable], names: Sequence[str]) -> tuple[str, ...]:
    """Say, reason by reason, which metrics are undefined everywhere."""
    by_reason: dict[str, list[str]] = {}
    for name in names:
        reasons = _unique(
            one.metrics[name].reason or NO_REASON
            for table in tables
            for one in table.categories.values()
            if name in one.metrics
        )
        by_reason.setdefault("; ".join(reasons), []).append(metric_label(name))
    return tuple(f"{', '.join(labels)}: {reason}" for reason, labels in by_reason.items())


def _is_defined(tables: Sequence[ResultTable], name: str) -> bool:
    return any(
        _find(table, c, name).value is not None for table in tables for c in table.categories
    )


def _find(table: ResultTable, category: str, name: str) -> MetricValue:
    missing = MetricValue(value=None, reason="it was not measured")
    return table.categories[category].metrics.get(name, missing)


def _counts(result: CategoryResult) -> str:
    counts = [f"{result.n_normal} normal", f"{result.n_abnormal} abnormal"]
    if result.n_masked:
        counts.append(f"{result.n_masked} with mask")
    return ", ".join(count.replace(" ", "\u00a0") for count in counts)


def _unbroken(label: str) -> str:
    """Keep F1-max on one line of a narrow column."""
    return label.replace("-", "\u2011")


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
