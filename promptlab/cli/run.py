"""`promptlab run`: one experiment, one record; a grid of experiments, one record per cell."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from promptlab.cli.console import (
    ExampleCommand,
    percent,
    points,
    print_json,
    print_table,
    progress,
    say,
)
from promptlab.cli.options import engine_options
from promptlab.runtime import Engine, limit_threads

if TYPE_CHECKING:
    from promptlab.ablation import CellResult
    from promptlab.results import GridRecord, PairedValue, RunRecord

__all__ = ["run"]

SHOWN = 7
"""Metrics in a table; records hold all."""


@click.command(
    cls=ExampleCommand,
    examples="""
    promptlab run experiments/configs/quickstart.yaml
    promptlab run my.yaml --set scorer.name=contextual --set dataset.limit=100
    promptlab run experiments/ablations/scorers.yaml
    promptlab run my.yaml --set 'aligner=[patch, window, fine_grained]' --out runs/first --json
    promptlab run my.yaml --engine ray --threads 1
    """,
)
@click.argument("config", type=click.Path(path_type=Path))
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override one key.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Run folder [default: a new one in ./runs]."
)
@engine_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables.")
def run(
    *,
    config: Path,
    overrides: tuple[str, ...],
    out: Path | None,
    engine: Engine,
    threads: int | None,
    as_json: bool,
) -> None:
    """Judge the images that CONFIG names and write record, scores, prompts and gallery.

    A list in CONFIG (scorer, aligner, prompts, or any key under grid) makes a grid: every
    combination is run and has a folder of its own.
    """
    from promptlab.grid import load_grid  # noqa: PLC0415 - imports pydantic

    grid = load_grid(config, overrides)
    with progress() as report:
        from promptlab.ablation import run_grid  # noqa: PLC0415 - imports torch
        from promptlab.cluster import open_workbench  # noqa: PLC0415
        from promptlab.evaluate import run_experiment  # noqa: PLC0415 - imports torch

        usable = limit_threads(threads)
        parent = Path("runs")
        with open_workbench(engine, threads=usable, progress=report) as workbench:
            if not grid.axes:
                (cell,) = grid.cells
                folder, record = run_experiment(cell.config, workbench, parent=parent, folder=out)
            else:
                folder, compared, results = run_grid(grid, workbench, parent=parent, folder=out)
    if grid.axes and as_json:
        print_json(json.dumps(_summarise_grid(folder, compared, results)))
    elif grid.axes:
        _print_grid(folder, compared, results)
    elif as_json:
        print_json(json.dumps(_summary(folder, record)))
    else:
        _print_run(folder, record)


def _summary(folder: Path, record: "RunRecord") -> dict[str, object]:
    categories = {
        name: {
            **{metric: value.value for metric, value in result.metrics.items()},
            "n_normal": result.n_normal,
            "n_abnormal": result.n_abnormal,
        }
        for name, result in record.results.categories.items()
    }
    return {
        "record": str(folder / "record.json"),
        "mean": record.results.mean,
        "categories": categories,
        "seconds": record.seconds,
    }


def _print_run(folder: Path, record: "RunRecord") -> None:
    for title, table in (
        (record.label, record.results),
        ("baseline: WinCLIP ensemble, mean scorer", record.baseline),
    ):
        names = list(record.results.mean)[:SHOWN]
        rows = [
            [
                name,
                *(percent(r.metrics[m].value, r.metrics[m].low, r.metrics[m].high) for m in names),
            ]
            for name, r in table.categories.items()
        ]
        rows.append(["mean", *(percent(table.mean[name]) for name in names)])
        print_table(title, ["category", *names], rows, numbers=True)
    if record.gain is not None:
        gain = record.gain.mean
        shown = percent(gain.value, gain.low, gain.high)
        say(f"gain over the baseline, image AUROC in points: {shown}")
    _say_notes(folder, record)
    say(f"record: {folder / 'record.json'}")


def _summarise_grid(
    folder: Path, compared: "GridRecord", results: "tuple[CellResult, ...]"
) -> dict[str, object]:
    cells = [
        {
            "cell": one.choices,
            "against": one.against,
            "gains": {metric: gain.model_dump() for metric, gain in one.gains.items()},
            **_summary(result.folder, result.record),
        }
        for one, result in zip(compared.cells, results, strict=True)
    ]
    return {"record": str(folder / "grid.json"), "cells": cells}


def _print_grid(folder: Path, compared: "GridRecord", results: "tuple[CellResult, ...]") -> None:
    """Print one line per cell with its mean metrics; what was skipped goes to standard error."""
    metrics = list(compared.cells[0].mean)[:SHOWN]
    rows = [
        [
            one.label,
            *(percent(one.mean.get(metric)) for metric in metrics),
            _gain(one.gains.get("image_auroc")),
        ]
        for one in compared.cells
    ]
    title = f"{compared.name}: means over categories, in percent"
    header = [" / ".join(compared.axes), *metrics, "image AUROC, gain"]
    print_table(title, header, rows, numbers=True)
    for one in results:
        _say_notes(one.folder, one.record)
    say("gain: over the grid's reference on the same images, in points; p after Holm's correction")
    say(f"records: {len(results)} in {folder}, compared in {folder / 'grid.json'}")


def _gain(gain: "PairedValue | None") -> str:
    return "reference" if gain is None else points(gain.value, gain.low, gain.high, gain.p_holm)


def _say_notes(folder: Path, record: "RunRecord") -> None:
    for name, prompts in record.prompts.items():
        for note in prompts.notes:
            say(f"note: {name}: {note}")
    skipped = sum(len(result.skipped) for result in record.results.categories.values())
    if skipped or record.dataset.problems:
        say(
            f"skipped: {skipped} unreadable images, {len(record.dataset.problems)} data problems;"
            f" see {folder / 'record.json'}"
        )
