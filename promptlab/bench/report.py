"""A benchmark's report as JSON and as the README's table; measures nothing."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from promptlab.bench.rows import Row
from promptlab.errors import DataError

__all__ = ["COLUMNS", "Report", "markdown_of", "read_report", "show", "to_json"]

COLUMNS = ("work", "beside", "measured", "goal", "met", "seconds", "its seconds")


@dataclass(frozen=True)
class Report:
    """What was measured, on what."""

    machine: Mapping[str, str]
    short: bool
    """Smaller cases and fewer repeats: ratios to look at, not to quote."""
    rows: tuple[tuple[str, Row], ...]
    """Each with its group."""
    seconds: float


def to_json(report: Report) -> str:
    """Return the report as one JSON object."""
    rows = [{"group": group, **asdict(row)} for group, row in report.rows]
    content = {**vars(report), "machine": dict(report.machine), "rows": rows}
    return json.dumps(content, indent=2)


def read_report(path: Path) -> Report:
    """Read what `to_json` wrote.

    Raises:
        DataError: when the file holds something else.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        rows = tuple((row.pop("group"), Row(**row)) for row in content.pop("rows"))
        return Report(rows=rows, **content)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"a benchmark's report must be a file that `promptlab bench --out` wrote, but reading "
            f"{path} failed ({error}); measure again."
        ) from error


def show(row: Row) -> tuple[str, ...]:
    """Return a row's cells, as `COLUMNS` names them."""
    if row.value is None:
        return (row.work, row.reference, row.note, row.goal, "", "", "")
    value = f"{row.value:.2g}" if abs(row.value) < 10 else f"{row.value:,.0f}"
    seconds = [
        "" if each is None else f"{each:.3g}" for each in (row.seconds, row.reference_seconds)
    ]
    met = {True: "yes", False: "no", None: ""}[row.met]
    return (row.work, row.reference, f"{value} {row.unit}", row.goal, met, *seconds)


def markdown_of(report: Report) -> str:
    """Return the table of the README, with a last line that names the machine and versions."""
    lines = ["| " + " | ".join(COLUMNS) + " |", "|---|---|---|---|---|---:|---:|"]
    lines += ["| " + " | ".join(show(row)) + " |" for _, row in report.rows]
    machine = ", ".join(f"{name} {what}" for name, what in report.machine.items())
    return "\n".join([*lines, "", f"Measured in {report.seconds:.0f} s on: {machine}.", ""])
