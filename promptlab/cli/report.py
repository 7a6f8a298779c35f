"""`promptlab report`: one page to look at and to send."""

from pathlib import Path

import click

from promptlab.cli.console import ExampleCommand, say

__all__ = ["report"]


@click.command(
    cls=ExampleCommand,
    examples="""
    promptlab report runs/quickstart-20261123-150000
    promptlab report runs/elpv runs/synthetic runs/my-sweep --out report.html
    promptlab report runs/my-sweep --open
    """,
)
@click.argument("sources", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="HTML file [default: report.html in the first folder].",
)
@click.option("--open", "show", is_flag=True, help="Open the page in a browser.")
def report(*, sources: tuple[Path, ...], out: Path | None, show: bool) -> None:
    """Make one self-contained HTML page of run folders and study folders.

    The page needs no network: tables, plots, anomaly maps, prompts and provenance are inside.
    """
    from promptlab.report import build_report  # noqa: PLC0415 - imports plotting libraries

    path = build_report(sources, out or sources[0] / "report.html")
    say(f"report: {path}")
    if show:
        click.launch(str(path.resolve()))
