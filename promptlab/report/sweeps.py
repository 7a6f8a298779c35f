"""The section of a sweep: what was searched, what won, and whether it held where nobody looked.

Reads the record of a study folder; the search itself is not needed any more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any

import yaml

from promptlab.plots import (
    metric_label,
    sweep_effects,
    sweep_front,
    sweep_heatmap,
    sweep_history,
    sweep_importances,
)
from promptlab.report.links import Link, link_files
from promptlab.report.pictures import Plot, embed_plot
from promptlab.report.tables import Table, make_table, percent
from promptlab.report.words import duration, in_percent, listing, plural
from promptlab.results import (
    SWEEP_FILE,
    Comparison,
    FoldRecord,
    ResultTable,
    SweepRecord,
    read_sweep,
)

__all__ = [
    "SweepSection",
    "goal_of",
    "load_sweep",
    "objective_of",
    "summarise_sweep",
    "sweep_gain",
    "sweep_tests",
]

BASELINE = "WinCLIP baseline"


@dataclass(frozen=True)
class SweepSection:
    """All that the page shows of one sweep."""

    anchor: str
    source: str
    links: tuple[Link, ...]
    record: SweepRecord
    summary: str
    goal: str
    gain: str
    tests: tuple[str, ...]
    table: Table
    values: tuple[tuple[str, str, str], ...]
    """(variant, objective on the search side, objective on the report side)."""
    settings: tuple[tuple[str, str, str], ...]
    """(parameter, the default's value, the best trial's value)."""
    folds: tuple[tuple[str, str, str, str], ...]
    """(reported categories, searched gain, reported gain, the winner's parameters)."""
    front: tuple[tuple[str, ...], ...]
    """Trial, goals on both sides, parameters."""
    plots: tuple[Plot, ...]
    command: str
    winner: str
    config: str


def load_sweep(folder: Path, anchor: str, *, beside: Path) -> SweepSection:
    """Lay out the record of a study folder for a page that stands in the folder ``beside``.

    Raises:
        RecordError: when it is missing or damaged.
    """
    sweep = read_sweep(folder)
    report = sweep.report
    tables = {
        report.label("best", "Best trial"): report.best,
        report.label("default", "Default"): report.default,
        report.label("baseline", BASELINE): report.baseline,
    }
    searched = (_searched_best(sweep), sweep.default_value, sweep.baseline_value)
    return SweepSection(
        anchor=anchor,
        source=str(folder),
        links=link_files(folder, (SWEEP_FILE, "best.yaml"), beside),
        record=sweep,
        summary=summarise_sweep(sweep),
        goal=goal_of(sweep),
        gain=sweep_gain(sweep),
        tests=sweep_tests(sweep),
        table=make_table(tables, oracle=("image_f1_max", "pixel_f1_max")),
        values=tuple(
            (name, _shown(seen, sweep), _shown(objective_of(table, _first(sweep)), sweep))
            for (name, table), seen in zip(tables.items(), searched, strict=True)
        ),
        settings=tuple(
            (name, _value_at(sweep.config, name), _plain(value))
            for name, value in sweep.best.params.items()
        ),
        folds=tuple(_fold_row(fold) for fold in sweep.folds),
        front=_front_rows(sweep),
        plots=_plot_sweep(sweep),
        command=f"promptlab run {quote(str(folder / 'best.yaml'))}",
        winner=_as_yaml(sweep.best_config) if sweep.best_config else "",
        config=_as_yaml(sweep.config),
    )


def summarise_sweep(sweep: SweepRecord) -> str:
    """Say in one paragraph what was searched, and whether it held on data the search never saw."""
    states = [trial.state for trial in sweep.trials]
    counts = [
        plural(states.count(state), word)
        for state, word in (("pruned", "pruned trial"), ("fail", "failed trial"))
        if state in states
    ]
    aside = f" ({' and '.join(counts)})" if counts else ""
    marked = (
        "ORACLE: its search saw categories that are reported on, so no number here is a result. "
        if sweep.oracle
        else ""
    )
    where = f"on {listing(sweep.search_categories)}"
    if sweep.folds:
        where = (
            f"in {len(sweep.folds)} folds over {plural(len(sweep.report_categories), 'category')}, "
            "each reported by a winner that never saw it"
        )
    aim = "to maximise" if "prompts" not in sweep.objective else "to improve"
    return (
        f"{marked}The sweep {sweep.study} ran {plural(len(sweep.trials), 'trial')}{aside} with the "
        f"{sweep.sampler} sampler, {duration(sweep.seconds_per_trial)} each, {aim} "
        f"{goal_of(sweep)} {where}. {sweep_gain(sweep)}"
    )


def sweep_gain(sweep: SweepRecord) -> str:
    """Say in one line what the search gained where it looked, and where it did not."""
    names = _first(sweep)
    seen = _gain(sweep.default_value, _searched_best(sweep), sweep)
    unseen = _gain(
        objective_of(sweep.report.default, names), objective_of(sweep.report.best, names), sweep
    )
    baseline = objective_of(sweep.report.baseline, names)
    beside = (
        f"; WinCLIP's baseline has {in_percent(baseline)} there" if baseline is not None else ""
    )
    never = "searched too, so an ORACLE's" if sweep.oracle else "never searched"
    return (
        f"Searched ({listing(sweep.search_categories)}): {seen}. "
        f"Reported, {never} ({listing(sweep.report_categories)}): {unseen}{beside}."
    )


def sweep_tests(sweep: SweepRecord) -> tuple[str, ...]:
    """Say for the default and the baseline whether the winner's lead may be chance."""
    return tuple(
        _test_line(found, other)
        for found, other in (
            (sweep.report.over_default, "the default"),
            (sweep.report.over_baseline, BASELINE),
        )
        if found is not None
    )


def goal_of(sweep: SweepRecord) -> str:
    """Name what a sweep looked for."""
    labels = ["few prompts" if one == "prompts" else metric_label(one) for one in sweep.objective]
    goal = listing(labels, longest=7)
    if sweep.pareto:
        return f"{goal} at once"
    return f"the mean of {goal}" if len(sweep.objective) > 1 else goal


def objective_of(table: ResultTable, objective: Sequence[str]) -> float | None:
    """Return the mean of the objective's metrics, None when one of them is undefined."""
    values = [table.mean.get(name) for name in objective]
    defined = [value for value in values if value is not None]
    return sum(defined) / len(defined) if defined and len(defined) == len(values) else None


def _first(sweep: SweepRecord) -> tuple[str, ...]:
    """Return what the first goal, which chooses the winner, is the mean of."""
    return sweep.objective[:1] if sweep.pareto else sweep.objective


def _searched_best(sweep: SweepRecord) -> float:
    """Return the winner's value on the search side; over folds, the mean of the winners'."""
    values = [fold.best.value for fold in sweep.folds] or [sweep.best.value]
    return sum(values) / len(values)


def _test_line(found: Comparison, other: str) -> str:
    gain, chance = found.gain.mean, found.p_value
    if gain.value is None or chance is None:
        return f"Against {other} no test is possible: {gain.reason or 'the AUROC is undefined'}."
    span = ""
    if gain.low is not None and gain.high is not None:
        span = f", 95\u00a0% interval {100 * gain.low:+.1f} to {100 * gain.high:+.1f}"
    verdict = "may be chance" if chance > 0.05 else "is hardly chance"
    return (
        f"Reported image AUROC against {other}: {100 * gain.value:+.1f} points{span}; "
        f"paired bootstrap p = {chance:.3f}: the difference {verdict}."
    )


def _gain(before: float | None, after: float | None, sweep: SweepRecord) -> str:
    if before is None or after is None:
        known = [_shown(value, sweep) for value in (before, after) if value is not None]
        return f"{known[0] if known else 'no value'}, with nothing defined to compare it to"
    if _first(sweep) == ("prompts",):
        return f"default {before:g}, best {after:g} prompts"
    points = 100 * (after - before)
    sign = "+" if points >= 0 else "\u2212"
    return (
        f"default {in_percent(before)}, best {in_percent(after)} ({sign}{abs(points):.1f} points)"
    )


def _fold_row(fold: FoldRecord) -> tuple[str, str, str, str]:
    def gain(before: float | None, after: float | None) -> str:
        if before is None or after is None:
            return "not measured"
        return f"{percent(before)} \u2192 {percent(after)} ({100 * (after - before):+.1f})"

    params = ", ".join(f"{name}={_plain(value)}" for name, value in fold.best.params.items())
    return (
        ", ".join(fold.report_categories),
        gain(fold.default_value, fold.best.value),
        gain(fold.reported_default, fold.reported),
        params,
    )


def _front_rows(sweep: SweepRecord) -> tuple[tuple[str, ...], ...]:
    def shown(value: float | None, goal: str) -> str:
        if value is None:
            return "not measured"
        return f"{value:g}" if goal == "prompts" else percent(value)

    return tuple(
        (
            str(point.number),
            *(shown(v, g) for v, g in zip(point.searched, sweep.objective, strict=True)),
            *(shown(v, g) for v, g in zip(point.reported, sweep.objective, strict=True)),
            ", ".join(f"{name}={_plain(value)}" for name, value in point.params.items()),
        )
        for point in sweep.front
    )


def _plot_sweep(sweep: SweepRecord) -> tuple[Plot, ...]:
    plots = [
        embed_plot(
            sweep_history(sweep.trials, default=sweep.default_value, oracle=sweep.oracle),
            alt="The objective of every trial, and the best so far.",
            caption="The search: the objective of every trial on the search categories.",
        )
    ]
    if sweep.front:
        plots.append(
            embed_plot(
                sweep_front(sweep.trials, sweep.front, sweep.objective, oracle=sweep.oracle),
                alt=f"Every trial in {listing(sweep.objective)}, with the unbeaten ones.",
                caption=(
                    "The Pareto front: no trial is better in every goal than these. A line leads "
                    "to the same trial on the report categories."
                ),
            )
        )
    if sweep.importances:
        plots.append(
            embed_plot(
                sweep_importances(sweep.importances, oracle=sweep.oracle),
                alt="Bars: the importance of each parameter.",
                caption=(
                    "Importance of each parameter (PED-ANOVA): how much the best tenth of the "
                    "trials differs from all of them in it."
                ),
            )
        )
    if any(trial.params for trial in sweep.trials if trial.value is not None):
        plots.append(
            embed_plot(
                sweep_effects(sweep.trials, oracle=sweep.oracle),
                alt=f"The objective against {listing(list(sweep.best.params))}.",
                caption=(
                    "What each parameter did: the objective against its value. Other parameters "
                    "vary too, and the sampler tries promising values more often."
                ),
            )
        )
    return (*plots, _plot_winner(sweep))


def _plot_winner(sweep: SweepRecord) -> Plot:
    sides = {"reported": (sweep.report.best, sweep.report.default)}
    if sweep.searched is not None:
        sides = {"searched": (sweep.searched.best, sweep.searched.default), **sides}
    return embed_plot(
        sweep_heatmap(sides, oracle=sweep.oracle),
        alt="The winner's metrics by category, coloured by its gain over the default.",
        caption=(
            "The winner, category by category, in percent; the colour is its gain over the "
            "default. Only reported categories say what to expect."
        ),
    )


def _shown(value: float | None, sweep: SweepRecord) -> str:
    if value is None:
        return "not measured"
    return f"{value:g}" if _first(sweep) == ("prompts",) else in_percent(value)


def _value_at(config: Mapping[str, Any], path: str) -> str:
    """Return what a dotted path holds, for people."""
    node: object = config
    for step in path.split("."):
        if isinstance(node, list) and step.isdigit() and int(step) < len(node):
            node = node[int(step)]
            continue
        if not isinstance(node, Mapping) or step not in node:
            return "not set"
        node = node[step]
    return _plain(node)


def _plain(value: object) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _as_yaml(config: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(config), sort_keys=False, allow_unicode=True, width=100)
