"""`promptlab report`: one page to look at and to send."""

from pathlib import Path

import click

from promptlab.cli.console import ExampleCommand, say

__all__ = ["report"]

FIGURE_KINDS = ("png", "svg", "pdf")


@click.command(
    cls=ExampleCommand,
    examples="""
    promptlab report runs/quickstart-20261123-150000
    promptlab report runs/elpv runs/synthetic runs/my-sweep --out report.html
    promptlab report runs/my-sweep --open
    promptlab report runs/elpv --figure gallery.pdf
    promptlab report --markdown experiments/records/*.json runs/ablation/grid.json
    """,
)
@click.argument("sources", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="HTML file [default: report.html in the first folder].",
)
@click.option(
    "--figure",
    type=click.Path(path_type=Path),
    help="Also write the first run's images and maps as one figure (PNG, SVG or PDF).",
)
@click.option("--markdown", is_flag=True, help="Only print runs and grids as Markdown tables.")
@click.option("--open", "show", is_flag=True, help="Open the page in a browser.")
def report(
    *,
    sources: tuple[Path, ...],
    out: Path | None,
    figure: Path | None,
    markdown: bool,
    show: bool,
) -> None:
    """Make one self-contained HTML page of run folders and study folders.

    The page needs no network: tables, plots, anomaly maps, prompts and provenance are inside.
    """
    if markdown:
        _print_markdown(sources)
        return
    from promptlab.report.build import build_report  # noqa: PLC0415 - imports plotting libraries

    path = build_report(sources, out or sources[0] / "report.html")
    say(f"report: {path}")
    if figure is not None:
        _write_figure(sources[0], figure)
        say(f"figure: {figure}")
    if show:
        click.launch(str(path.resolve()))


def _print_markdown(sources: tuple[Path, ...]) -> None:
    """Print all runs as one table, and each grid as a table of its own."""
    from promptlab.report.markdown import grid_table, markdown_table  # noqa: PLC0415
    from promptlab.results import is_grid, read_grid, read_record  # noqa: PLC0415

    runs = [read_record(source) for source in sources if not is_grid(source)]
    tables = [grid_table(read_grid(source)) for source in sources if is_grid(source)]
    click.echo("\n".join([*([markdown_table(runs)] if runs else []), *tables]), nl=False)


def _write_figure(run: Path, path: Path) -> None:
    from promptlab.files import atomic_path  # noqa: PLC0415
    from promptlab.gallery import read_gallery  # noqa: PLC0415
    from promptlab.plots import anomaly_gallery, house_style  # noqa: PLC0415

    kind = path.suffix.removeprefix(".").lower()
    if kind not in FIGURE_KINDS:
        raise click.UsageError(
            f"--figure must end in {', '.join('.' + one for one in FIGURE_KINDS)}, but got {path}."
        )
    shown = [one for one in read_gallery(run) if one.kind == "highest abnormal"]
    with house_style(), atomic_path(path) as temporary:
        anomaly_gallery(shown).savefig(temporary, format=kind, dpi=150)
