"""`promptlab run`: one experiment, one record."""

import json
from pathlib import Path

import click

from promptlab.cli.console import ExampleCommand, percent, print_json, print_table, progress, say
from promptlab.config import load_config

__all__ = ["run"]


@click.command(
    cls=ExampleCommand,
    examples="""
    promptlab run experiments/configs/quickstart.yaml
    promptlab run my.yaml --set scorer.name=contextual --set dataset.limit=100
    promptlab run my.yaml --out runs/first --json
    """,
)
@click.argument("config", type=click.Path(path_type=Path))
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override one key.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Run folder [default: a new one in ./runs]."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables.")
def run(*, config: Path, overrides: tuple[str, ...], out: Path | None, as_json: bool) -> None:
    """Judge the images that CONFIG names and write record, scores, prompts and gallery."""
    experiment = load_config(config, overrides)
    with progress() as report:
        from promptlab.evaluate import run_experiment  # noqa: PLC0415 - imports torch
        from promptlab.runtime import limit_threads  # noqa: PLC0415
        from promptlab.workbench import Workbench  # noqa: PLC0415

        limit_threads()
        workbench = Workbench(progress=report)
        folder, record = run_experiment(experiment, workbench, parent=Path("runs"), folder=out)
    results = record.results
    if as_json:
        categories = {
            name: {
                **{metric: value.value for metric, value in result.metrics.items()},
                "n_normal": result.n_normal,
                "n_abnormal": result.n_abnormal,
            }
            for name, result in results.categories.items()
        }
        record_path = str(folder / "record.json")
        summary = {"record": record_path, "mean": results.mean, "categories": categories}
        print_json(json.dumps({**summary, "seconds": record.seconds}))
        return
    for title, table in (
        ("", results),
        ("baseline: WinCLIP ensemble, mean scorer", record.baseline),
    ):
        names = list(results.mean)[:7]
        rows = [
            [
                name,
                *(percent(r.metrics[m].value, r.metrics[m].low, r.metrics[m].high) for m in names),
            ]
            for name, r in table.categories.items()
        ]
        rows.append(["mean", *(percent(table.mean[name]) for name in names)])
        print_table(title or experiment.name, ["category", *names], rows, numbers=True)
    if record.gain is not None:
        gain = record.gain.mean
        shown = percent(gain.value, gain.low, gain.high)
        say(f"gain over the baseline, image AUROC in points: {shown}")
    for name, prompts in record.prompts.items():
        for note in prompts.notes:
            say(f"note: {name}: {note}")
    skipped = sum(len(result.skipped) for result in results.categories.values())
    if skipped or record.dataset.problems:
        say(
            f"skipped: {skipped} unreadable images, {len(record.dataset.problems)} data problems;"
            f" see {folder / 'record.json'}"
        )
    say(f"record: {folder / 'record.json'}")
