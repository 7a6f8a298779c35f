"""`promptlab compare`: sources of prompts side by side; `--audit`: what language decides."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from promptlab.cli.console import ExampleCommand, percent, print_json, print_table, progress, say

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from promptlab.compare.record import AuditRecord, AuditRow, CompareRecord, CompareRow

__all__ = ["compare"]


@click.command(
    cls=ExampleCommand,
    examples="""
    promptlab compare experiments/configs/compare.yaml
    promptlab compare my.yaml --set compare.draws=5 --set 'compare.llms=["gguf:smollm2"]' --json
    promptlab compare experiments/configs/compare.yaml --audit --out runs/audit
    """,
)
@click.argument("config", type=click.Path(path_type=Path))
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override one key.")
@click.option("--audit", is_flag=True, help="Take language away step by step instead.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder [default: new in ./runs].")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables.")
def compare(
    *, config: Path, overrides: tuple[str, ...], audit: bool, out: Path | None, as_json: bool
) -> None:
    """Judge the images of CONFIG with every source of prompts in its compare section.

    Language models, request templates and prompt counts beside WinCLIP's ensemble, with intervals,
    paired tests, tokens, seconds and cost. With --audit: the same prompts with states swapped, the
    category's noun removed or another one, states shuffled, and invented words.
    """
    from promptlab.config import load_config  # noqa: PLC0415 - imports pydantic

    experiment = load_config(config, overrides)
    with progress() as report:
        from promptlab.compare.audit import audit_sources  # noqa: PLC0415 - imports torch
        from promptlab.compare.run import compare_sources  # noqa: PLC0415
        from promptlab.plots.compare import audit_figure, comparison_figure  # noqa: PLC0415
        from promptlab.runtime import limit_threads  # noqa: PLC0415

        limit_threads()
        if audit:
            folder, audited = audit_sources(
                experiment, parent=Path("runs"), folder=out, progress=report
            )
            _save(audit_figure(audited), folder / "audit.png")
        else:
            folder, compared = compare_sources(
                experiment, parent=Path("runs"), folder=out, progress=report
            )
            _save(comparison_figure(compared), folder / "compare.png")
    record = audited if audit else compared
    if as_json:
        print_json(record.model_dump_json())
    elif audit:
        _print_audit(audited)
    else:
        _print_comparison(compared)
    say(f"results: {folder}")


def _save(figure: "Figure", path: Path) -> None:
    from promptlab.files import atomic_path  # noqa: PLC0415
    from promptlab.plots.style import house_style  # noqa: PLC0415 - imports matplotlib

    with house_style(), atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", dpi=150)


def _print_comparison(record: "CompareRecord") -> None:
    """Print two tables, narrow enough for most terminals: what is reached, and what it takes."""
    metrics = [
        name
        for name in ("image_auroc", "image_ap", "pixel_auroc", "aupro")
        if any(getattr(row, name).value is not None for row in record.rows)
    ]
    reached, taken = [], []
    for row in record.rows:
        values = (getattr(row, name) for name in metrics)
        shown = [percent(value.value, value.low, value.high) for value in values]
        reached.append([row.label, *shown, _draws(row)])
        taken.append([row.label, _gain(row), _p(row), *_effort(row)])
    count = sum(record.categories.values())
    title = f"{record.name}: {record.dataset}, {count} images; percent, means over categories"
    print_table(title, ["prompts", *metrics, "draws: sd"], reached, numbers=True)
    click.echo()
    print_table(
        f"gain in image AUROC over {record.baseline}, points; effort of all draws",
        ["prompts", "gain", "p (Holm)", "kept/drawn", "tokens", "s", "USD"],
        taken,
        numbers=True,
    )
    for row in record.rows:
        reasons = ", ".join(f"{count} {reason}" for reason, count in list(row.dropped.items())[:4])
        if reasons:
            say(f"note: {row.label}: dropped {sum(row.dropped.values())} lines: {reasons}")
        if not row.complete and not row.error:
            say(f"note: {row.label}: fewer prompts survived than were asked for")
        if row.error:
            say(f"note: {row.label}: {row.error}")
    if record.skipped:
        say(f"skipped: {record.skipped} unreadable images")


def _draws(row: "CompareRow") -> str:
    spread = row.spread.get("image_auroc")
    if spread is None:
        return "-"
    return f"{row.n_draws}: -" if spread.sd is None else f"{row.n_draws}: {100 * spread.sd:.1f}"


def _gain(row: "CompareRow") -> str:
    gain = row.gain
    if gain is None:
        return "-"
    interval = (
        "" if gain.low is None or gain.high is None
        else f" [{100 * gain.low:+.1f}, {100 * gain.high:+.1f}]"
    )  # fmt: skip
    return f"{100 * gain.value:+.1f}{interval}"


def _p(row: "CompareRow") -> str:
    return "-" if row.gain is None or row.gain.p_holm is None else f"{row.gain.p_holm:.3f}"


def _effort(row: "CompareRow") -> tuple[str, str, str, str]:
    tokens = row.input_tokens + row.output_tokens
    cost = "?" if row.cost_usd is None else f"{row.cost_usd:.4f}"
    return f"{row.kept}/{row.drawn}", f"{tokens:,}", f"{row.seconds:.0f}", cost


def _print_audit(record: "AuditRecord") -> None:
    """Print a table and a verdict for each source."""
    count = sum(record.categories.values())
    click.echo(f"{record.name}: {record.dataset}, {count} images; percent, means over categories")
    pixels = any(row.pixel_auroc is not None for row in record.rows)
    columns = ["prompts", "image_auroc", "repeats", "kept", "rank corr.", "global only"]
    for source, said in record.verdicts.items():
        rows = [_audit_cells(row) for row in record.rows if row.source == source]
        click.echo()
        print_table(
            source,
            columns + ["pixel_auroc"] * pixels,
            [cells if pixels else cells[:-1] for cells in rows],
            numbers=True,
        )
        click.echo(said)


def _audit_cells(row: "AuditRow") -> list[str]:
    return [
        row.variant,
        percent(row.image_auroc.value, row.image_auroc.low, row.image_auroc.high),
        f"{100 * row.repeat_low:.1f} to {100 * row.repeat_high:.1f}" if row.repeats > 1 else "",
        "-" if row.kept is None else f"{100 * row.kept:.0f} %",
        f"{row.rank_correlation:+.2f}",
        percent(row.image_auroc_global),
        percent(row.pixel_auroc),
    ]
