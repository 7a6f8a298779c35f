"""A whole sweep: plan, search on some categories, report the winner on others, keep the record."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import optuna
import yaml
from optuna.exceptions import TrialPruned
from optuna.trial import Trial, TrialState

from promptlab.config import ExperimentConfig, SweepConfig
from promptlab.errors import ConfigError
from promptlab.files import digest_bytes, write_text
from promptlab.results import SWEEP_FILE, SweepRecord
from promptlab.sweep.folds import Fold, make_folds
from promptlab.sweep.objective import Goal, goals_of, measure_goals, value_goals
from promptlab.sweep.outcome import conclude
from promptlab.sweep.samplers import make_pruner, make_sampler
from promptlab.sweep.space import (
    Dimension,
    Value,
    apply_point,
    count_points,
    default_point,
    grid_points,
    read_space,
)
from promptlab.sweep.storage import open_store, telling_no_password
from promptlab.sweep.worker import Interrupts, StudyPlan, join_study, work
from promptlab.types import Progress, silent
from promptlab.workbench import Workbench

__all__ = ["BEST_FILE", "StudyHome", "run_sweep"]

BEST_FILE = "best.yaml"


@dataclass(frozen=True)
class StudyHome:
    """Where a study lives."""

    name: str
    """Studies of one name in one storage are one study."""
    folder: Path
    """Where the record, and without ``storage`` the file journal, are kept."""
    storage: str | None = field(default=None, repr=False)
    """An Optuna storage URL, or ``grpc://host:port``; it may hold a password."""
    heartbeat: int = 15
    """Seconds between two signs of life to a database or proxy; silent for four, a worker is
    dead."""


def run_sweep(
    config: ExperimentConfig,
    workbench: Workbench,
    *,
    home: StudyHome,
    trials: int | None = None,
    progress: Progress = silent,
) -> SweepRecord:
    """Run, join, or go on with a study until it has the wanted number of finished trials.

    Any number of processes may do this at once with the same arguments.

    Args:
        config: the experiment; its ``sweep`` section says what may change.
        workbench: encodes once and keeps similarities, so that a trial is arithmetic.
        home: the study's name, its folder and its storage.
        trials: finished trials wanted in all; None: as configured.
        progress: told the number of finished trials.

    Raises:
        ConfigError: when the space or the categories do not fit, or the study is another's.
        RecordError: when no trial is complete, or the storage cannot be reached.
        SweepInterruptedError: after Ctrl-C; the study can be gone on with.
    """
    space = read_space(config)
    sweep = _sweep(config)
    folds = make_folds(sweep, workbench.categories(config), study=home.name)
    home.folder.mkdir(parents=True, exist_ok=True)
    with telling_no_password(home.storage):
        store = open_store(home.storage, home.folder, heartbeat=home.heartbeat)
        try:
            plans = [_plan(config, workbench, fold, space=space, trials=trials) for fold in folds]
            objectives = [
                partial(_try_point, config=config, workbench=workbench, space=space, fold=fold)
                for fold in folds
            ]
            teller = _Teller(plans, progress)
            for place, plan in enumerate(plans):
                teller(place, join_study(plan, store))
            work(
                plans,
                store,
                objectives,
                interrupts=Interrupts(lambda words: progress(words, 0, 0)),
                watch=teller,
            )
            studies = [plan.load(store) for plan in plans]
            record = conclude(config, workbench, space=space, folds=folds, studies=studies)
        finally:
            store.close()
    write_text(home.folder / SWEEP_FILE, record.model_dump_json(indent=2) + "\n")
    write_text(home.folder / BEST_FILE, yaml.safe_dump(record.best_config, sort_keys=False))
    return record


def _plan(
    config: ExperimentConfig,
    workbench: Workbench,
    fold: Fold,
    *,
    space: Sequence[Dimension],
    trials: int | None,
) -> StudyPlan:
    sweep = _sweep(config)
    wanted = trials or sweep.trials
    points: list[dict[str, Value]] = []
    if sweep.sampler == "grid":
        points = list(islice(grid_points(space, config), wanted))
        size = count_points(space, config) or 0
        if size > wanted:
            raise ConfigError(
                f"a grid is searched as a whole, but this one has {size} points for {wanted} "
                "trials; ask for as many trials, or for coarser steps."
            )
        wanted = len(points)
    default = default_point(config, space)

    def values_of(slot: int) -> dict[str, Value]:
        if points:
            return points[slot % len(points)]
        return default if slot == 0 else {}

    return StudyPlan(
        name=fold.study,
        directions=tuple(goal.direction for goal in goals_of(sweep.objective)),
        trials=wanted,
        sampler=make_sampler(sweep.sampler, config.seed),
        pruner=make_pruner(sweep.pruner),
        settings=_settings(config, workbench, fold),
        values_of=values_of,
    )


def _settings(config: ExperimentConfig, workbench: Workbench, fold: Fold) -> dict[str, Any]:
    """Return what trial values depend on, so that no study mixes two of them.

    Paths and devices may differ from machine to machine: weights, prompts and images are compared
    themselves.
    """
    sweep = _sweep(config)
    content = config.model_dump(mode="json", by_alias=True, exclude={"name", "sweep", "dataset"})
    content["metrics"].pop("bootstrap")
    content["backbone"].pop("device")
    content["prompts"].pop("sources")
    listing = [
        f"{one.category}/{one.path.name}/{one.label}"
        for one in workbench.dataset(config).samples
        if one.category in fold.search
    ]
    return {
        **content,
        "space": sweep.space,
        "objective": sweep.objective.model_dump(mode="json"),
        "search_categories": list(fold.search),
        "weights": workbench.backbone(config).id,
        "pools": {name: workbench.prompts(config, name).pool.digest for name in fold.search},
        "images": digest_bytes("\n".join(listing).encode()),
    }


def _try_point(
    trial: Trial,
    reported: frozenset[int],
    *,
    config: ExperimentConfig,
    workbench: Workbench,
    space: Sequence[Dimension],
    fold: Fold,
) -> tuple[float, ...]:
    """Draw a point and measure it category by category, unless it falls behind on the way."""
    sweep = _sweep(config)
    goals = goals_of(sweep.objective)
    drawn: dict[str, Value] = {}
    for dimension in space:
        if dimension.exists(drawn, config):
            drawn[dimension.path] = _draw(trial, dimension)
    try:
        changed = apply_point(config, space, drawn)
    except ConfigError as error:
        trial.set_user_attr("note", str(error))  # each value is allowed, but not all together
        raise TrialPruned from None
    measured: dict[str, dict[str, float]] = {}
    names = [name for goal in goals for name in goal.names]
    for step, (category, values) in enumerate(
        measure_goals(changed, fold.search, workbench, names=names)
    ):
        measured[category] = values
        if sweep.pruner != "none" and step < len(fold.search) - 1:
            _report_step(trial, step, sweep, goals[0], measured, known=step in reported)
    trial.set_user_attr("measured", measured)
    return value_goals(goals, measured)


def _report_step(
    trial: Trial,
    step: int,
    sweep: SweepConfig,
    goal: Goal,
    measured: dict[str, dict[str, float]],
    *,
    known: bool,
) -> None:
    """Let the pruner see a category: Wilcoxon's test pairs them, the median wants the mean."""
    newest = dict([list(measured.items())[-1]])
    if not known:
        trial.report(goal.value(newest if sweep.pruner == "wilcoxon" else measured), step)
    if trial.should_prune():
        raise TrialPruned


def _draw(trial: Trial, dimension: Dimension) -> Value:
    if dimension.kind == "choice":
        return trial.suggest_categorical(dimension.path, dimension.choices)
    if dimension.kind == "int":
        low, high, step = int(dimension.low), int(dimension.high), int(dimension.step or 1)
        return trial.suggest_int(dimension.path, low, high, log=dimension.log, step=step)
    return trial.suggest_float(
        dimension.path, dimension.low, dimension.high, log=dimension.log, step=dimension.step
    )


def _sweep(config: ExperimentConfig) -> SweepConfig:
    if config.sweep is None:
        raise ConfigError(f"experiment {config.name!r} needs a 'sweep:' section, but has none.")
    return config.sweep


class _Teller:
    """Says after each trial how many are finished, the best so far and the time left."""

    def __init__(self, plans: Sequence[StudyPlan], progress: Progress) -> None:
        self._plans = plans
        self._progress = progress
        self._finished = [0] * len(plans)
        self._first: tuple[float, int] | None = None

    def __call__(self, place: int, study: optuna.Study) -> None:
        wanted = sum(plan.trials for plan in self._plans)
        trials = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))
        self._finished[place] = min(len(trials), self._plans[place].trials)
        done = sum(self._finished)
        values = [trial.values[0] for trial in trials if trial.state == TrialState.COMPLETE]
        words = []
        if len(self._plans) > 1:
            words.append(f"fold {place + 1} of {len(self._plans)}")
        if values:
            lower = study.directions[0] == optuna.study.StudyDirection.MINIMIZE
            best = min(values) if lower else max(values)
            words.append(f"best {best:g}" if lower else f"best {100 * best:.1f}")
        words += self._left(done, wanted)
        self._progress(f"sweep: {', '.join(words)}" if words else "sweep", done, wanted)

    def _left(self, done: int, wanted: int) -> list[str]:
        """Return the time left, from the trials of all workers since the first look."""
        now = time.monotonic()
        if self._first is None or done <= self._first[1]:
            if done:
                self._first = self._first or (now, done)
            return []
        begun, before = self._first
        seconds = (now - begun) / (done - before) * (wanted - done)
        if not seconds:
            return []
        return [f"{seconds:.0f} s left" if seconds < 100 else f"{seconds / 60:.0f} min left"]
