"""Search configurations with Optuna on some categories, report the winner on others.

Optuna sees the search categories only. The default configuration and the static baseline are
measured beside the winner on the report categories, so that over-tuning shows. This is the only
module that knows Optuna; it does not know how a trial is scored.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, Literal

import numpy as np
import optuna
from optuna.storages import BaseStorage, JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, Trial, TrialState

from aligners import ALIGNERS
from promptlab.config import ExperimentConfig, SweepConfig, with_overrides
from promptlab.errors import ConfigError, RecordError
from promptlab.evaluate import baseline_of, measure, tabulate
from promptlab.files import write_text
from promptlab.results import (
    SWEEP_FILE,
    BestTrial,
    ResultTable,
    SweepRecord,
    SweepReport,
    TrialRecord,
    provenance,
)
from promptlab.scorers import SCORERS
from promptlab.types import Progress, silent
from promptlab.workbench import Workbench

__all__ = ["Dimension", "read_space", "run_sweep"]

JOURNAL_FILE = "journal.log"
Value = bool | int | float | str | None


@dataclass(frozen=True)
class Dimension:
    """One config field that a sweep may set."""

    path: str
    kind: Literal["int", "float", "choice"]
    low: float = 0
    high: float = 0
    log: bool = False
    choices: tuple[Value, ...] = ()

    def suggest(self, trial: Trial) -> Value:
        """Ask Optuna for a value."""
        if self.kind == "choice":
            return trial.suggest_categorical(self.path, self.choices)
        if self.kind == "int":
            return trial.suggest_int(self.path, int(self.low), int(self.high), log=self.log)
        return trial.suggest_float(self.path, self.low, self.high, log=self.log)

    def holds(self, value: object) -> bool:
        """Say whether the dimension could give this value."""
        if self.kind == "choice":
            return value in self.choices
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return number and self.low <= float(str(value)) <= self.high


def read_space(config: ExperimentConfig) -> tuple[Dimension, ...]:
    """Check a sweep's space against the configuration; names come before their parameters.

    Raises:
        ConfigError: when there is no sweep section, a path does not exist, or a range is wrong.
    """
    dimensions = [_dimension(path, rule) for path, rule in _sweep(config).space.items()]
    dimensions.sort(key=lambda dimension: ".params." in dimension.path)
    for dimension in dimensions:
        edges = dimension.choices or (dimension.low, dimension.high)
        for edge in edges:
            value = int(edge) if dimension.kind == "int" and edge is not None else edge
            with_overrides(config, {dimension.path: value})
    return tuple(dimensions)


def run_sweep(
    config: ExperimentConfig,
    workbench: Workbench,
    *,
    folder: Path,
    study_name: str,
    trials: int | None = None,
    storage: str | None = None,
    progress: Progress = silent,
) -> SweepRecord:
    """Run, or go on with, a study until it has the wanted number of finished trials.

    Args:
        config: the experiment; its ``sweep`` section says what may change.
        workbench: encodes once and keeps similarities, so that a trial is arithmetic.
        folder: where the record, and without ``storage`` the file journal, are kept.
        study_name: studies of one name in one storage are one study.
        trials: finished trials wanted in all; None: as configured.
        storage: an Optuna storage URL; None: a file journal in ``folder``.
        progress: told the number of finished trials.

    Raises:
        ConfigError: when the space or the categories do not fit.
        RecordError: when every trial failed.
    """
    sweep = _sweep(config)
    space = read_space(config)
    _check_categories(sweep, workbench.categories(config))
    wanted = trials or sweep.trials
    folder.mkdir(parents=True, exist_ok=True)
    study = optuna.create_study(
        study_name=study_name,
        storage=_storage(storage, folder),
        direction="maximize",
        load_if_exists=True,
    )
    # A restarted study must not draw the trials of its first start again.
    study.sampler = optuna.samplers.TPESampler(seed=config.seed + len(study.trials))
    default = _default_params(config, space)
    if not study.trials and default:
        study.enqueue_trial(default)

    def objective(trial: Trial) -> float:
        begun = perf_counter()
        changed = _apply(config, _suggest(trial, space, config))
        value = _objective(changed, sweep, workbench)
        trial.set_user_attr("seconds", perf_counter() - begun)
        return value

    done = len(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)))
    progress("sweep", done, wanted)
    while done < wanted:
        study.optimize(objective, n_trials=1)
        done = len(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)))
        progress("sweep", done, wanted)
    record = _report(config, workbench, study)
    write_text(folder / SWEEP_FILE, record.model_dump_json(indent=2) + "\n")
    return record


def _objective(config: ExperimentConfig, sweep: SweepConfig, workbench: Workbench) -> float:
    """Return the mean of the objective's metrics over the search categories."""
    quick = with_overrides(config, {"metrics.bootstrap": 0})
    pixels = any(not name.startswith("image_") for name in sweep.objective.mean)
    values = []
    for category in sweep.search_categories:
        metrics = measure(workbench.judge(quick, category, maps=pixels), quick).named
        for name in sweep.objective.mean:
            if np.isnan(metrics[name].value):
                raise ConfigError(
                    f"sweep.objective must be defined on every search category, but {name} of "
                    f"{category!r} is not ({metrics[name].reason}); choose another metric."
                )
            values.append(metrics[name].value)
    return float(np.mean(values))


def _report(
    config: ExperimentConfig,
    workbench: Workbench,
    study: optuna.Study,
) -> SweepRecord:
    """Measure default, winner and baseline on the report categories."""
    sweep = _sweep(config)
    try:
        best = study.best_trial
    except ValueError:
        raise RecordError(
            f"a study needs a finished trial, but all {len(study.trials)} of {study.study_name!r} "
            "failed; run with --debug to see why."
        ) from None
    winner = _apply(config, best.params)
    frozen = [trial for trial in study.trials if trial.state.is_finished()]
    seconds = [trial.user_attrs["seconds"] for trial in frozen if "seconds" in trial.user_attrs]
    return SweepRecord(
        study=study.study_name,
        config=config.model_dump(mode="json", by_alias=True),
        seed=config.seed,
        sampler=type(study.sampler).__name__,
        objective=sweep.objective.mean,
        search_categories=sweep.search_categories,
        report_categories=sweep.report_categories,
        trials=tuple(_trial_record(trial) for trial in frozen),
        best=BestTrial(params=best.params, value=study.best_value),
        default_value=_objective(config, sweep, workbench),
        report=SweepReport(
            default=_table(config, workbench, sweep.report_categories),
            best=_table(winner, workbench, sweep.report_categories),
            baseline=_table(baseline_of(config), workbench, sweep.report_categories),
        ),
        seconds_per_trial=float(np.mean(seconds)) if seconds else 0.0,
        provenance=provenance(),
    )


def _table(
    config: ExperimentConfig, workbench: Workbench, categories: Sequence[str]
) -> ResultTable:
    judged = {category: workbench.judge(config, category) for category in categories}
    return tabulate({name: measure(one, config) for name, one in judged.items()}, judged)


def _trial_record(trial: FrozenTrial) -> TrialRecord:
    return TrialRecord(
        number=trial.number,
        state=trial.state.name.lower(),
        value=trial.value,
        params=trial.params,
        seconds=trial.user_attrs.get("seconds", 0.0),
    )


def _suggest(
    trial: Trial, space: Sequence[Dimension], config: ExperimentConfig
) -> dict[str, Value]:
    """Ask for every dimension; parameters that the chosen part does not have are left out."""
    values: dict[str, Value] = {}
    for dimension in space:
        part, params, name = dimension.path.partition(".params.")
        if params:
            chosen = values.get(f"{part}.name", getattr(config, part).name)
            registry = SCORERS if part == "scorer" else ALIGNERS
            if name not in getattr(registry[str(chosen)], "__dataclass_fields__", {}):
                continue
        values[dimension.path] = dimension.suggest(trial)
    return values


def _apply(config: ExperimentConfig, values: Mapping[str, Any]) -> ExperimentConfig:
    """Set swept values; a part of another name starts from that part's own defaults."""
    changes = dict(values)
    for part in ("scorer", "aligner"):
        if changes.get(f"{part}.name", getattr(config, part).name) != getattr(config, part).name:
            changes = {f"{part}.params": {}, **changes}
    return with_overrides(config, changes)


def _default_params(config: ExperimentConfig, space: Sequence[Dimension]) -> dict[str, Any]:
    """Return the configuration's own values where the space holds them: the first trial."""
    content = config.model_dump(mode="json", by_alias=True)
    params = {}
    for dimension in space:
        node: Any = content
        for key in dimension.path.split("."):
            node = node.get(key) if isinstance(node, dict) else None
        if dimension.holds(node):
            params[dimension.path] = node
    return params


def _dimension(path: str, rule: Mapping[str, Any]) -> Dimension:
    """Read one entry of the space."""
    kind, values = next(iter(rule.items())) if len(rule) == 1 else ("", None)
    if kind == "choice" and isinstance(values, list) and values:
        return Dimension(path, "choice", choices=tuple(values))
    if kind in ("int", "float") and isinstance(values, list) and len(values) in (2, 3):
        low, high, *rest = values
        numbers = all(isinstance(edge, (int, float)) for edge in (low, high))
        if numbers and low < high and rest in ([], ["log"]) and (not rest or low > 0):
            kept: Literal["int", "float"] = "int" if kind == "int" else "float"
            return Dimension(path, kept, low=float(low), high=float(high), log=bool(rest))
    raise ConfigError(
        f"sweep.space.{path} must be {{int: [low, high]}}, {{float: [low, high]}} with low < high, "
        f"either with 'log' as third element (then low > 0), or {{choice: [...]}}, but got {rule}."
    )


def _check_categories(sweep: SweepConfig, available: Sequence[str]) -> None:
    for side in ("search_categories", "report_categories"):
        unknown = sorted(set(getattr(sweep, side)) - set(available))
        if unknown:
            raise ConfigError(
                f"sweep.{side} must name categories of the data set, but got {unknown[0]!r}; "
                f"it has: {', '.join(available)}."
            )


def _sweep(config: ExperimentConfig) -> SweepConfig:
    if config.sweep is None:
        raise ConfigError(
            f"a sweep needs a 'sweep:' section, but experiment {config.name!r} has none; add "
            "search_categories, report_categories and space."
        )
    return config.sweep


def _storage(url: str | None, folder: Path) -> BaseStorage | str:
    if url is not None:
        return url
    return JournalStorage(JournalFileBackend(str(folder / JOURNAL_FILE)))
