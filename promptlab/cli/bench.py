"""`promptlab bench`: how fast the parts are, beside public peers and the machine's own limits."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from promptlab.cli.console import ExampleCommand, print_json, print_table, progress, say

if TYPE_CHECKING:
    from promptlab.bench.suite import Report

__all__ = ["bench"]

_COLUMNS = ("work", "beside", "measured", "goal", "met", "seconds", "its seconds")


@click.command(
    cls=ExampleCommand,
    examples="""
    promptlab bench
    promptlab bench --short
    promptlab bench --only metrics --only startup --json
    """,
)
@click.option("--short", is_flag=True, help="Small cases and few repeats, for a look.")
@click.option(
    "--only",
    multiple=True,
    type=click.Choice(("startup", "metrics", "store", "lite", "encode", "sweep")),
    help="Measure these parts only.",
)
@click.option("--markdown", is_flag=True, help="Print the table as the README has it.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def bench(*, short: bool, only: tuple[str, ...], markdown: bool, as_json: bool) -> None:
    """Measure speed, as ratios to public peers and to this machine's own limits.

    Nothing is downloaded. Peers that are not installed are named as skipped. A missed goal is
    printed, never an error: the machine may be busy.
    """
    from promptlab.bench.suite import GROUPS, run_suite, show  # noqa: PLC0415

    with progress() as report:
        found = run_suite(only or GROUPS, short=short, progress=report)
    if as_json:
        rows = [{"group": group, **asdict(row)} for group, row in found.rows]
        content = {"machine": found.machine, "short": short, "rows": rows, "seconds": found.seconds}
        print_json(json.dumps(content, indent=2))
    elif markdown:
        click.echo(_markdown([show(row) for _, row in found.rows]))
    else:
        print_table("", _COLUMNS, [show(row) for _, row in found.rows])
    _say_machine(found)


def _markdown(rows: "list[tuple[str, ...]]") -> str:
    lines = ["| " + " | ".join(_COLUMNS) + " |", "|---|---|---|---|---|---:|---:|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def _say_machine(found: "Report") -> None:
    for name, what in found.machine.items():
        say(f"{name}: {what}")
    missed = sum(row.met is False for _, row in found.rows)
    left = sum(row.met is None for _, row in found.rows)
    counts = f"{len(found.rows)} rows, {missed} goals missed, {left} skipped"
    say(f"{counts}, in {found.seconds:.0f} s")
