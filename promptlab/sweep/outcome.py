"""What a finished search found: the winner beside the default and the baseline, on both sides.

Measures; draws nothing. The winner is chosen on the search side alone and reported on the other.
"""

import warnings
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.trial import FrozenTrial, TrialState

from promptlab.config import ExperimentConfig, SweepConfig
from promptlab.errors import ConfigError, RecordError
from promptlab.evaluate import baseline_of, is_transductive, paired_gains, tabulate
from promptlab.metrics.image import paired_gain
from promptlab.metrics.ranking import auroc
from promptlab.results import (
    Arm,
    BestTrial,
    Comparison,
    FoldRecord,
    FrontPoint,
    ResultTable,
    SearchSide,
    SweepRecord,
    SweepReport,
    TrialRecord,
    provenance,
)
from promptlab.sweep.folds import Fold
from promptlab.sweep.objective import Goal, goals_of, measure_goals, quick, value_goals
from promptlab.sweep.space import Dimension, apply_point
from promptlab.sweep.worker import SECONDS, best_trials
from promptlab.workbench import Judged, Workbench

__all__ = ["conclude"]

_FRONT = 24
"""Points of a front that are also measured on the report side."""
_ENOUGH = 10
"""Complete trials below which importances say nothing."""


class _Sides:
    """Values of the goals of any configuration on any categories."""

    def __init__(self, goals: Sequence[Goal], workbench: Workbench) -> None:
        self._goals = goals
        self._names = [name for goal in goals for name in goal.names]
        self._workbench = workbench

    def reach(self, config: ExperimentConfig, categories: Sequence[str]) -> tuple[float, ...]:
        measured = measure_goals(config, categories, self._workbench, names=self._names)
        return value_goals(self._goals, dict(measured))

    def try_reach(
        self, config: ExperimentConfig, categories: Sequence[str]
    ) -> tuple[float | None, ...]:
        """Return values on a report side, where a metric may be undefined."""
        try:
            return self.reach(config, categories)
        except ConfigError:
            return (None,) * len(self._goals)


def conclude(
    config: ExperimentConfig,
    workbench: Workbench,
    *,
    space: Sequence[Dimension],
    folds: Sequence[Fold],
    studies: Sequence[optuna.Study],
) -> SweepRecord:
    """Measure winner, default and baseline, and put the whole sweep into a record.

    Raises:
        RecordError: when a study has no complete trial.
    """
    sweep = config.sweep
    if sweep is None:
        raise RecordError("a sweep needs a 'sweep:' section, but the configuration has none.")
    goals = goals_of(sweep.objective)
    sides = _Sides(goals, workbench)
    winners = [_winner(study) for study in studies]
    configs = [apply_point(config, space, winner.params) for winner in winners]
    arms = {c: made for fold, made in zip(folds, configs, strict=True) for c in fold.report}
    kept = _choose(configs, folds, sides, goals)
    trials = _trial_records(studies, space)
    several = len(folds) > 1
    seconds = [trial.seconds for trial in trials if trial.seconds]
    fold_records = tuple(
        _fold_record(fold, place, winner, made, config, sides=sides, space=space)
        for place, (fold, winner, made) in enumerate(zip(folds, winners, configs, strict=True))
    )
    return SweepRecord(
        study=folds[0].study.rpartition(".fold-")[0] if several else folds[0].study,
        config=config.model_dump(mode="json", by_alias=True),
        seed=config.seed,
        sampler=sweep.sampler,
        pruner=sweep.pruner,
        objective=sweep.objective.names,
        pareto=bool(sweep.objective.pareto),
        oracle=_is_oracle(sweep),
        search_categories=tuple(arms) if several else folds[0].search,
        report_categories=tuple(arms),
        folds=fold_records if several else (),
        trials=trials,
        best=fold_records[kept].best,
        default_value=_mean([one.default_value for one in fold_records]),
        baseline_value=_mean([one.baseline_value for one in fold_records]),
        report=_report(config, arms, workbench),
        searched=None if several else _search_side(config, configs[0], folds[0].search, workbench),
        front=_front(config, space, folds, studies, sides=sides) if len(goals) > 1 else (),
        importances=_importances(studies),
        best_config=_alone(configs[kept], config),
        seconds_per_trial=float(np.mean(seconds)) if seconds else 0.0,
        provenance=provenance(),
    )


def _winner(study: optuna.Study) -> FrozenTrial:
    found = best_trials(study)
    if not found:
        raise RecordError(
            f"a study needs a complete trial, but none of the {len(study.trials)} of "
            f"{study.study_name!r} is; run with --debug to see why."
        )
    return found[0]


def _choose(
    configs: Sequence[ExperimentConfig],
    folds: Sequence[Fold],
    sides: _Sides,
    goals: Sequence[Goal],
) -> int:
    """Return which fold's winner to keep: the one that does best over all categories.

    What to expect of it is what the folds report, not its own value here.
    """
    if len(configs) == 1:
        return 0
    categories = [category for fold in folds for category in fold.report]
    sign = 1 if goals[0].direction == "maximize" else -1
    return int(np.argmax([sign * sides.reach(one, categories)[0] for one in configs]))


def _fold_record(
    fold: Fold,
    place: int,
    winner: FrozenTrial,
    made: ExperimentConfig,
    config: ExperimentConfig,
    *,
    sides: _Sides,
    space: Sequence[Dimension],
) -> FoldRecord:
    return FoldRecord(
        study=fold.study,
        search_categories=fold.search,
        report_categories=fold.report,
        best=BestTrial(
            params=_ordered(winner.params, space),
            value=winner.values[0],
            number=winner.number,
            fold=place,
            values=tuple(winner.values) if len(winner.values) > 1 else (),
        ),
        default_value=sides.reach(config, fold.search)[0],
        baseline_value=sides.reach(baseline_of(config), fold.search)[0],
        reported=sides.try_reach(made, fold.report)[0],
        reported_default=sides.try_reach(config, fold.report)[0],
    )


def _report(
    config: ExperimentConfig, arms: Mapping[str, ExperimentConfig], workbench: Workbench
) -> SweepReport:
    """Measure the winner of each category beside the default and the baseline."""
    baseline = baseline_of(config)
    default_table, default = _judge(dict.fromkeys(arms, config), workbench)
    best_table, best = _judge(arms, workbench)
    baseline_table, beside = _judge(dict.fromkeys(arms, baseline), workbench)
    same = all(one == config for one in arms.values())
    plain = all(one == baseline for one in arms.values())
    used: dict[Arm, Collection[ExperimentConfig]] = {
        "default": [config],
        "best": arms.values(),
        "baseline": [baseline],
    }
    return SweepReport(
        default=default_table,
        best=best_table,
        baseline=baseline_table,
        transductive=tuple(arm for arm, made in used.items() if any(map(is_transductive, made))),
        over_default=None if same else _compare(best, default, config),
        over_baseline=None if plain else _compare(best, beside, config),
    )


def _search_side(
    config: ExperimentConfig,
    winner: ExperimentConfig,
    categories: Sequence[str],
    workbench: Workbench,
) -> SearchSide:
    return SearchSide(
        default=_judge(dict.fromkeys(categories, quick(config)), workbench)[0],
        best=_judge(dict.fromkeys(categories, quick(winner)), workbench)[0],
    )


def _judge(
    arms: Mapping[str, ExperimentConfig], workbench: Workbench
) -> tuple[ResultTable, dict[str, Judged]]:
    """Measure each category with its configuration; masks are let go at once."""
    measured, judged = {}, {}
    for category, one, metrics in workbench.score(arms):
        measured[category] = metrics
        judged[category] = replace(one, masks=None)
    return tabulate(measured, judged), judged


def _compare(
    ours: Mapping[str, Judged], theirs: Mapping[str, Judged], config: ExperimentConfig
) -> Comparison | None:
    if not config.metrics.bootstrap:
        return None
    labels = [one.labels for one in ours.values()]
    scores, others = (
        [side[name].prediction.image_score.numpy() for name in ours] for side in (ours, theirs)
    )
    samples = config.metrics.bootstrap
    interval = paired_gain(labels, scores, others, auroc, samples=samples, seed=config.seed)
    return Comparison(
        gain=paired_gains(ours, theirs, config),
        p_value=None if interval is None else interval.p,
    )


def _front(
    config: ExperimentConfig,
    space: Sequence[Dimension],
    folds: Sequence[Fold],
    studies: Sequence[optuna.Study],
    *,
    sides: _Sides,
) -> tuple[FrontPoint, ...]:
    points = []
    for place, (fold, study) in enumerate(zip(folds, studies, strict=True)):
        seen: set[tuple[float, ...]] = set()
        for trial in best_trials(study):
            if tuple(trial.values) in seen:
                continue  # the same place on the front: the oldest stands for it
            seen.add(tuple(trial.values))
            reported: tuple[float | None, ...] = (None,) * len(trial.values)
            if len(seen) <= _FRONT:
                reported = sides.try_reach(apply_point(config, space, trial.params), fold.report)
            points.append(
                FrontPoint(
                    number=trial.number,
                    params=_ordered(trial.params, space),
                    searched=tuple(trial.values),
                    reported=reported,
                    fold=place,
                )
            )
    return tuple(points)


def _importances(studies: Sequence[optuna.Study]) -> dict[str, float]:
    """Return the mean importance of each parameter for the first goal, highest first."""
    totals: dict[str, float] = {}
    for study in studies:
        done = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        values = {trial.values[0] for trial in done}
        if len(done) < _ENOUGH or len(values) < 2:
            return {}
        sign = 1 if study.directions[0] == optuna.study.StudyDirection.MINIMIZE else -1
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            warnings.simplefilter("ignore", UserWarning)  # a target is taken as a cost: it is one
            found = optuna.importance.get_param_importances(study, target=partial(_cost, sign))
        for name, share in found.items():
            if np.isfinite(share):
                totals[name] = totals.get(name, 0.0) + float(share) / len(studies)
    return dict(sorted(totals.items(), key=lambda item: -item[1]))


def _cost(sign: int, trial: FrozenTrial) -> float:
    return sign * float(trial.values[0])


def _trial_records(
    studies: Sequence[optuna.Study], space: Sequence[Dimension]
) -> tuple[TrialRecord, ...]:
    return tuple(
        TrialRecord(
            number=trial.number,
            state=trial.state.name.lower(),
            value=trial.values[0] if trial.state == TrialState.COMPLETE else None,
            values=tuple(trial.values) if _has_several(trial) else (),
            params=_ordered(trial.params, space),
            seconds=trial.user_attrs.get(SECONDS, 0.0),
            fold=place,
            note=trial.user_attrs.get("note", ""),
        )
        for place, study in enumerate(studies)
        for trial in study.get_trials(deepcopy=False)
        if trial.state.is_finished()
    )


def _has_several(trial: FrozenTrial) -> bool:
    return trial.state == TrialState.COMPLETE and len(trial.values) > 1


def _ordered(params: Mapping[str, Any], space: Sequence[Dimension]) -> dict[str, Any]:
    """Put parameters in the order of the space: databases return them in any."""
    return {one.path: params[one.path] for one in space if one.path in params}


def _alone(winner: ExperimentConfig, config: ExperimentConfig) -> dict[str, Any]:
    """Return the winner as an experiment that `promptlab run` takes."""
    content = winner.model_dump(mode="json", by_alias=True, exclude={"sweep"})
    return {**content, "name": f"{config.name}-best"}


def _is_oracle(sweep: SweepConfig) -> bool:
    return bool({*sweep.search_categories} & {*sweep.report_categories})


def _mean(values: Sequence[float | None]) -> float | None:
    defined = [value for value in values if value is not None]
    return float(np.mean(defined)) if defined else None
