"""`promptlab sweep`: an Optuna study over a configuration's space."""

import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from promptlab.cli.console import ExampleCommand, percent, print_json, print_table, progress, say
from promptlab.cli.options import engine_options
from promptlab.config import ExperimentConfig, load_config
from promptlab.runtime import Engine, limit_threads

if TYPE_CHECKING:
    from promptlab.results import ResultTable, SweepRecord

__all__ = ["sweep"]

ORACLE = "ORACLE: the search saw categories that are reported on; nothing here is a result"


@click.command(
    cls=ExampleCommand,
    examples="""
    promptlab sweep experiments/configs/quickstart.yaml --trials 30
    promptlab sweep my.yaml --dry-run
    promptlab sweep my.yaml --set sweep.sampler=gp --study first --export best.yaml
    promptlab sweep my.yaml --storage postgresql://me@host/studies --study shared
    RAY_ADDRESS=head:6379 promptlab sweep my.yaml --engine ray --threads 8
    """,
)
@click.argument("config", type=click.Path(path_type=Path))
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override one key.")
@click.option("--trials", type=click.IntRange(min=1), help="Finished trials wanted in all.")
@click.option(
    "--storage",
    metavar="URL",
    envvar="PROMPTLAB_STORAGE",
    help="Database or grpc://HOST:PORT that workers share, or $PROMPTLAB_STORAGE"
    " [default: a journal in the folder].",
)
@click.option("--study", "study_name", help="Name of the study [default: the experiment's].")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Study folder [default: ./runs/STUDY]."
)
@click.option("--dry-run", is_flag=True, help="Check and show the space and its size; run nothing.")
@click.option(
    "--oracle", is_flag=True, help="Let both sides share categories; the result is marked."
)
@click.option(
    "--export",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Also write the winner as a configuration that `promptlab run` takes.",
)
@engine_options
@click.option(
    "--heartbeat",
    type=click.IntRange(min=1),
    default=15,
    show_default=True,
    metavar="SECONDS",
    help="How often to say to a database that this worker lives; silent for four, it is replaced.",
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
    dry_run: bool,
    oracle: bool,
    export: Path | None,
    threads: int | None,
    engine: Engine,
    heartbeat: int,
    as_json: bool,
) -> None:
    """Search on CONFIG's search categories and report on its report categories.

    The same command goes on where a stopped study ended. Started several times, here or on other
    machines that share --storage, it makes several workers of one study. optuna-dashboard opens
    it, by its --storage or as STUDY_FOLDER/journal.log.
    """
    marked = (*overrides, "sweep.oracle=true") if oracle else overrides
    experiment = load_config(config, marked)
    name = study_name or experiment.name
    if dry_run:
        _print_plan(experiment, name, trials, as_json=as_json)
        return
    folder = out or Path("runs") / name
    with progress() as report:
        import optuna  # noqa: PLC0415 - slow to import

        from promptlab.cluster import open_workbench  # noqa: PLC0415
        from promptlab.sweep import (  # noqa: PLC0415
            StudyHome,
            SweepInterruptedError,
            run_sweep,
        )

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        usable = limit_threads(threads)
        home = StudyHome(name, folder, storage, heartbeat)
        try:
            with open_workbench(engine, threads=usable, progress=report) as workbench:
                record = run_sweep(experiment, workbench, home=home, trials=trials, progress=report)
        except SweepInterruptedError as stopped:
            say(f"{stopped.finished} of {stopped.wanted} trials are finished and kept; go on with:")
            say(f"  {_same_command()}")
            raise
    if export is not None:
        _export(record, export)
    if as_json:
        print_json(json.dumps(_summary(record)))
    else:
        _print_outcome(record, folder)


def _summary(record: "SweepRecord") -> dict[str, Any]:
    arms = {"default": record.report.default, "best": record.report.best}
    summary: dict[str, Any] = {
        "study": record.study,
        "trials": sum(trial.state != "fail" for trial in record.trials),
        "best": {"params": record.best.params, "value": record.best.value},
        "default_value": record.default_value,
        "report": {arm: table.mean for arm, table in arms.items()},
        "oracle": record.oracle,
        "transductive": record.report.transductive,
        "seconds_per_trial": record.seconds_per_trial,
    }
    if record.pareto:
        summary["goals"] = record.objective
        summary["front"] = [point.model_dump(mode="json") for point in record.front]
    return summary


def _print_outcome(record: "SweepRecord", folder: Path) -> None:
    if record.oracle:
        say(ORACLE)
    report = record.report
    arms = {
        report.label("default", "default"): report.default,
        report.label("best", "best"): report.best,
        report.label("baseline", "WinCLIP baseline"): report.baseline,
    }
    metrics = [name for name, value in record.report.best.mean.items() if value is not None]
    rows = [
        [arm, *(percent(table.mean[metric]) for metric in metrics)] for arm, table in arms.items()
    ]
    side = "report side (ORACLE)" if record.oracle else "report side"
    print_table(
        f"{side}: {', '.join(record.report_categories)}", ["", *metrics], rows, numbers=True
    )
    if record.front:
        _print_front(record)
    say(_gain_line(record))
    for other, found in (
        ("the default", record.report.over_default),
        ("the baseline", record.report.over_baseline),
    ):
        if found is not None:
            gain = found.gain.mean
            chance = "undefined" if found.p_value is None else f"{found.p_value:.3f}"
            shown = percent(gain.value, gain.low, gain.high)
            say(f"report side over {other}, image AUROC in points: {shown}, paired test p {chance}")
    say(f"best: {json.dumps(record.best.params)}")
    say(f"record: {folder / 'sweep.json'}")
    say(f"run the winner: promptlab run {shlex.quote(str(folder / 'best.yaml'))}")


def _gain_line(record: "SweepRecord") -> str:
    """Say what the search gained where it looked and where it did not, so that they compare."""
    names = record.objective[:1] if record.pareto else record.objective

    def reported(table: "ResultTable") -> float | None:
        values = [table.mean.get(name) for name in names]
        defined = [value for value in values if value is not None]
        return sum(defined) / len(defined) if defined and len(defined) == len(values) else None

    def gain(before: float | None, after: float | None) -> str:
        if before is None or after is None:
            return "undefined"
        return f"{100 * (after - before):+.1f} ({percent(before)} -> {percent(after)})"

    winners = [fold.best for fold in record.folds] or [record.best]
    best = sum(winner.value for winner in winners) / len(winners)
    if names == ("prompts",):
        return f"searched: {record.default_value:g} -> {best:g} prompts"
    seen = gain(record.default_value, best)
    unseen = gain(reported(record.report.default), reported(record.report.best))
    sides = "searched too: ORACLE" if record.oracle else "never searched"
    return (
        f"gain of {' + '.join(names)} over the default: searched {seen}, reported ({sides}) "
        f"{unseen}, in {len(record.trials)} trials"
    )


def _print_front(record: "SweepRecord") -> None:
    def shown(value: float | None, goal: str) -> str:
        return f"{value:g}" if value is not None and goal == "prompts" else percent(value)

    rows = [
        [
            str(point.number),
            *(shown(v, g) for v, g in zip(point.searched, record.objective, strict=True)),
            *(shown(v, g) for v, g in zip(point.reported, record.objective, strict=True)),
            json.dumps(point.params),
        ]
        for point in record.front
    ]
    searched = [f"{goal} (search)" for goal in record.objective]
    reported = [f"{goal} (report)" for goal in record.objective]
    title = "Pareto front" + (" (ORACLE)" if record.oracle else "")
    print_table(title, ["trial", *searched, *reported, "parameters"], rows)


def _export(record: "SweepRecord", path: Path) -> None:
    import yaml  # noqa: PLC0415

    from promptlab.files import write_text  # noqa: PLC0415

    write_text(path, yaml.safe_dump(record.best_config, sort_keys=False))
    say(f"winner: {path}")


def _print_plan(
    experiment: ExperimentConfig, name: str, trials: int | None, *, as_json: bool
) -> None:
    """Check everything that can be checked without a trial, and show what would run."""
    from promptlab.sweep import count_points, make_folds, read_space  # noqa: PLC0415
    from promptlab.workbench import Workbench  # noqa: PLC0415

    space = read_space(experiment)
    chosen = experiment.sweep
    if chosen is None:
        return
    folds = make_folds(chosen, Workbench().categories(experiment), study=name)
    size = count_points(space, experiment)
    wanted = trials or chosen.trials
    if as_json:
        dimensions = [
            {"path": one.path, "values": str(one), "only_for": one.only_for} for one in space
        ]
        sides = [{"study": one.study, "search": one.search, "report": one.report} for one in folds]
        plan = {"study": name, "trials": wanted, "sampler": chosen.sampler, "size": size}
        print_json(json.dumps({**plan, "space": dimensions, "folds": sides}))
        return
    rows = []
    for one in space:
        values = one.values()
        count = "continuous" if values is None else str(len(values))
        rows.append([one.path, str(one), count, ", ".join(one.only_for) or "always"])
    print_table("space", ["key", "values", "how many", "exists for"], rows)
    held = "a range is continuous, so no number of trials covers it" if size is None else (
        f"{size} different configurations"
    )  # fmt: skip
    say(f"size: {held}")
    say(f"trials: {wanted}{' per fold' if len(folds) > 1 else ''}, sampler {chosen.sampler}")
    for fold in folds:
        say(f"{fold.study}: search {', '.join(fold.search)}; report {', '.join(fold.report)}")
    if chosen.oracle and {*chosen.search_categories} & {*chosen.report_categories}:
        say(ORACLE)


def _same_command() -> str:
    """Return the command line that runs now, fit to be shown."""
    from promptlab.sweep import hide_password  # noqa: PLC0415

    return shlex.join(["promptlab", *(hide_password(word) for word in sys.argv[1:])])
