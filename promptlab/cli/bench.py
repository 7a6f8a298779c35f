"""`promptlab bench`: how fast the parts are, beside public peers and the machine's own limits."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from promptlab.cli.console import ExampleCommand, print_json, print_table, progress, say

if TYPE_CHECKING:
    from promptlab.bench.report import Report

__all__ = ["bench"]


@click.command(
    cls=ExampleCommand,
    examples="""
    promptlab bench
    promptlab bench --short
    promptlab bench --only metrics --only startup --json
    promptlab bench --out bench.json
    promptlab bench --show bench.json --markdown
    """,
)
@click.option("--short", is_flag=True, help="Small cases and few repeats, for a look.")
@click.option(
    "--only",
    multiple=True,
    type=click.Choice(("startup", "metrics", "store", "lite", "encode", "sweep")),
    help="Measure these parts only.",
)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Write the JSON object here too."
)
@click.option(
    "--show",
    "shown",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Measure nothing: show what --out wrote.",
)
@click.option("--markdown", is_flag=True, help="Print the table as the README has it.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def bench(
    *,
    short: bool,
    only: tuple[str, ...],
    out: Path | None,
    shown: Path | None,
    markdown: bool,
    as_json: bool,
) -> None:
    """Measure speed, as ratios to public peers and to this machine's own limits.

    Nothing is downloaded. Peers that are not installed are named as skipped; anomalib is asked
    where $PROMPTLAB_ANOMALIB_PYTHON names the Python of an environment with it. A missed goal is
    printed, never an error: the machine may be busy.
    """
    from promptlab.bench.report import COLUMNS, markdown_of, read_report, show, to_json  # noqa: PLC0415
    from promptlab.files import write_text  # noqa: PLC0415

    found = read_report(shown) if shown else _measure(only, short=short)
    if out:
        write_text(out, to_json(found) + "\n")
    if as_json:
        print_json(to_json(found))
    elif markdown:
        click.echo(markdown_of(found), nl=False)
    else:
        print_table("", COLUMNS, [show(row) for _, row in found.rows])
    _say_machine(found)


def _measure(only: tuple[str, ...], *, short: bool) -> "Report":
    from promptlab.bench.suite import GROUPS, run_suite  # noqa: PLC0415

    with progress() as report:
        return run_suite(only or GROUPS, short=short, progress=report)


def _say_machine(found: "Report") -> None:
    for name, what in found.machine.items():
        say(f"{name}: {what}")
    missed = sum(row.met is False for _, row in found.rows)
    left = sum(row.met is None for _, row in found.rows)
    counts = f"{len(found.rows)} rows, {missed} goals missed, {left} skipped"
    say(f"{counts}, in {found.seconds:.0f} s")
