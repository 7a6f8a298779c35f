"""`promptlab sweep`: an Optuna study over a configuration's space."""

import json
from pathlib import Path

import click

from promptlab.cli.console import ExampleCommand, percent, print_json, print_table, progress, say
from promptlab.config import load_config

__all__ = ["sweep"]


@click.command(
    cls=ExampleCommand,
    examples="""
    promptlab sweep experiments/configs/quickstart.yaml --trials 30
    promptlab sweep my.yaml --study first --json
    promptlab sweep my.yaml --storage postgresql://host/studies --study shared
    """,
)
@click.argument("config", type=click.Path(path_type=Path))
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override one key.")
@click.option("--trials", type=click.IntRange(min=1), help="Finished trials wanted in all.")
@click.option("--storage", metavar="URL", help="Optuna storage [default: a journal in the folder].")
@click.option("--study", "study_name", help="Name of the study [default: the experiment's].")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Study folder [default: ./runs/STUDY]."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables.")
def sweep(
    *,
    config: Path,
    overrides: tuple[str, ...],
    trials: int | None,
    storage: str | None,
    study_name: str | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Search on CONFIG's search categories and report on its report categories.

    The same command goes on where a stopped study ended.
    """
    experiment = load_config(config, overrides)
    name = study_name or experiment.name
    folder = out or Path("runs") / name
    with progress() as report:
        import optuna  # noqa: PLC0415 - slow to import

        from promptlab.runtime import limit_threads  # noqa: PLC0415
        from promptlab.sweep import run_sweep  # noqa: PLC0415
        from promptlab.workbench import Workbench  # noqa: PLC0415

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        limit_threads()
        record = run_sweep(
            experiment,
            Workbench(progress=report),
            folder=folder,
            study_name=name,
            trials=trials,
            storage=storage,
            progress=report,
        )
    arms = {"default": record.report.default, "best": record.report.best}
    if as_json:
        summary = {
            "study": record.study,
            "trials": sum(trial.state == "complete" for trial in record.trials),
            "best": record.best.model_dump(mode="json"),
            "report": {arm: table.mean for arm, table in arms.items()},
            "seconds_per_trial": record.seconds_per_trial,
        }
        print_json(json.dumps(summary))
        return
    metrics = [name for name, value in record.report.best.mean.items() if value is not None]
    rows = [
        [arm, *(percent(table.mean[metric]) for metric in metrics)]
        for arm, table in {**arms, "WinCLIP baseline": record.report.baseline}.items()
    ]
    print_table(
        f"report side: {', '.join(record.report_categories)}", ["", *metrics], rows, numbers=True
    )
    gain = record.best.value - (record.default_value or 0.0)
    say(
        f"search side ({', '.join(record.search_categories)}): default "
        f"{percent(record.default_value)}, best {percent(record.best.value)} "
        f"({100 * gain:+.1f}) in {len(record.trials)} trials"
    )
    say(f"best: {json.dumps(record.best.params)}")
    say(f"record: {folder / 'sweep.json'}")
