"""Figures of sweeps: how the search went, what each parameter did, and what the winner gained."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, NullFormatter

from promptlab.errors import RecordError
from promptlab.plots.style import (
    ABNORMAL,
    INK,
    METRIC_LABELS,
    NORMAL,
    SOFT,
    Picture,
    house_style,
    metric_label,
    percent,
    shorten,
    spread,
)
from promptlab.results import FrontPoint, ResultTable, TrialRecord

__all__ = [
    "sweep_effects",
    "sweep_front",
    "sweep_heatmap",
    "sweep_history",
    "sweep_importances",
]

_DOT: dict[str, Any] = {"s": 14, "color": NORMAL, "edgecolors": INK, "linewidths": 0.3}
_STAR: dict[str, Any] = {
    "s": 110, "marker": "*", "color": ABNORMAL, "edgecolors": INK, "linewidths": 0.5, "zorder": 4
}  # fmt: skip


@house_style()
def sweep_history(
    trials: Sequence[TrialRecord], *, default: float | None = None, oracle: bool = False
) -> Figure:
    """Show the value of each trial and the best so far, beside the default's value.

    Each fold has a line of its own. Values above 1 are counts, not shares.
    """
    figure = Picture(figsize=(7.2, 3.0), layout="constrained")
    ax = figure.add_subplot()
    folds = sorted({trial.fold for trial in trials})
    named = False
    for fold in folds:
        done = [(t.number, t.value) for t in trials if t.value is not None and t.fold == fold]
        if not done:
            continue
        numbers, values = np.array(done).T
        lower = _is_count(values.tolist())
        words = ("", "") if named else ("trial", "best so far" + " of a fold" * (len(folds) > 1))
        named = True
        ax.scatter(
            numbers, values, s=16, color=NORMAL, edgecolors=INK, linewidths=0.4, label=words[0]
        )
        best = (np.minimum if lower else np.maximum).accumulate(values)
        ax.step(
            numbers, best, where="post", color=ABNORMAL, label=words[1],
            linewidth=1.8 if len(folds) == 1 else 1.0,
        )  # fmt: skip
    if default is not None:
        ax.axhline(default, color=INK, linewidth=1, linestyle=(0, (4, 3)), label="default")
    rest = [trial.number for trial in trials if trial.value is None]
    if rest:
        ax.plot(
            rest, np.full(len(rest), 0.02), "x", color=SOFT, markersize=5,
            transform=ax.get_xaxis_transform(), label="pruned or failed",
        )  # fmt: skip
    counts = _is_count([trial.value for trial in trials if trial.value is not None])
    ax.set(xlabel="trial", ylabel=f"objective on the\nsearch categories{'' if counts else ' (%)'}")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    if not counts:
        ax.yaxis.set_major_formatter(percent())
    ax.grid(axis="y")
    ax.margins(y=0.12)
    figure.legend(loc="outside upper left", ncols=4)
    _mark(figure, oracle=oracle)
    return figure


@house_style()
def sweep_importances(importances: Mapping[str, float], *, oracle: bool = False) -> Figure:
    """Show each parameter's share in what makes a good trial, as bars.

    Raises:
        RecordError: when there is none.
    """
    if not importances:
        raise RecordError("importances need at least ten different trials, but got none.")
    names = list(importances)[::-1]
    figure = Picture(figsize=(6.4, 0.6 + 0.32 * len(names)), layout="constrained")
    ax = figure.add_subplot()
    bars = ax.barh(names, [importances[name] for name in names], color=NORMAL, edgecolor=INK)
    ax.bar_label(bars, [f"{100 * importances[name]:.0f}" for name in names], padding=3)
    ax.set(xlabel="importance (%)", xlim=(0, 1.1 * max(importances.values())))
    ax.xaxis.set_major_formatter(percent())
    _mark(figure, oracle=oracle)
    return figure


@house_style()
def sweep_front(
    trials: Sequence[TrialRecord],
    front: Sequence[FrontPoint],
    goals: Sequence[str],
    *,
    oracle: bool = False,
) -> Figure:
    """Show every trial in two goals, the unbeaten ones, and where those end on the report side.

    With more than two goals, each further one has a panel against the first.

    Raises:
        RecordError: when no trial has several values.
    """
    done = [trial for trial in trials if len(trial.values) > 1]
    if not done or not front:
        raise RecordError("a Pareto front needs a trial with several goals, but got none.")
    panels = len(goals) - 1
    figure = Picture(figsize=(0.6 + 4.2 * panels, 3.8), layout="constrained")
    axes = figure.subplots(1, panels, squeeze=False).ravel()
    for ax, place in zip(axes, range(1, len(goals)), strict=True):
        pairs = np.array([(trial.values[place], trial.values[0]) for trial in done])
        ax.scatter(*pairs.T, s=12, color=SOFT, alpha=0.5, label="trial")
        seen = np.array([(point.searched[place], point.searched[0]) for point in front])
        ax.scatter(
            *seen.T, s=42, color=ABNORMAL, edgecolors=INK, linewidths=0.5, label="front, searched"
        )
        for point, start in zip(front, seen, strict=True):
            x, y = point.reported[place], point.reported[0]
            if x is None or y is None:
                continue
            ax.plot([start[0], x], [start[1], y], color=SOFT, linewidth=0.6, zorder=1)
            ax.scatter(
                x, y, s=30, marker="s", color=NORMAL, edgecolors=INK, linewidths=0.5,
                label="the same trial, reported" if point is front[0] else "",
            )  # fmt: skip
        for axis, name in ((ax.xaxis, goals[place]), (ax.yaxis, goals[0])):
            count = name == "prompts"
            axis.set_label_text(f"{metric_label(name)}{'' if count else ' (%)'}")
            if not count:
                axis.set_major_formatter(percent())
        ax.grid(visible=True)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=3)
    _mark(figure, oracle=oracle)
    return figure


@house_style()
def sweep_heatmap(
    sides: Mapping[str, tuple[ResultTable, ResultTable]], *, oracle: bool = False
) -> Figure:
    """Show the winner by category and metric, coloured by its gain over the default.

    Args:
        sides: name of a side -> (the winner's table, the default's table).
        oracle: whether the sides share categories.

    Raises:
        RecordError: when no metric is defined anywhere.
    """
    rows = [(side, name) for side, (best, _) in sides.items() for name in best.categories]
    names = [
        name
        for name in METRIC_LABELS
        if any(best.mean.get(name) is not None for best, _ in sides.values())
    ]
    if not rows or not names:
        raise RecordError("a heatmap of the winner needs a defined metric, but got none.")
    values = np.array([[_value(sides[s][0], c, name) for name in names] for s, c in rows])
    before = np.array([[_value(sides[s][1], c, name) for name in names] for s, c in rows])
    gains = 100 * (values - before)
    largest = max(1.0, float(np.nanmax(np.abs(gains), initial=0.0)))
    size = (2.4 + 0.95 * len(names), 1.5 + 0.34 * len(rows))
    figure = Picture(figsize=size, layout="constrained")
    ax = figure.add_subplot()
    shown = ax.imshow(gains, cmap="PuOr_r", vmin=-largest, vmax=largest, aspect="auto")
    for row, column in np.ndindex(values.shape):
        strong = abs(np.nan_to_num(gains[row, column])) > 0.6 * largest
        words = "\u2013" if np.isnan(values[row, column]) else f"{100 * values[row, column]:.1f}"
        ax.text(
            column, row, words, ha="center", va="center", fontsize=8,
            color="white" if strong else INK,
        )  # fmt: skip
    labels = [metric_label(name) for name in names]
    ax.set_xticks(range(len(names)), labels, rotation=30, ha="right")
    ax.set_yticks(range(len(rows)), [f"{shorten(name, 24)} ({side})" for side, name in rows])
    ax.tick_params(length=0)
    figure.colorbar(shown, label="gain over the default (points)")
    _mark(figure, oracle=oracle)
    return figure


@house_style()
def sweep_effects(trials: Sequence[TrialRecord], *, oracle: bool = False) -> Figure:
    """Show the value against every parameter: points for numbers, strips for choices.

    Bars over a choice span the middle half of its trials, with the median; the star is the best
    trial.

    Raises:
        RecordError: when no trial is complete.
    """
    done = [trial for trial in trials if trial.value is not None]
    if not done:
        raise RecordError("a sweep's effects need at least one complete trial, but got none.")
    names = list(dict.fromkeys(name for trial in done for name in trial.params))
    columns = 2 if len(names) == 4 else min(3, len(names))
    lines = -(-len(names) // columns)
    figure = Picture(figsize=(2.6 * columns, 0.5 + 2.3 * lines), layout="constrained")
    axes = figure.subplots(lines, columns, sharey=True, squeeze=False).ravel()
    counts = _is_count([trial.value for trial in done if trial.value is not None])
    best = (min if counts else max)(done, key=lambda trial: trial.value or 0.0)
    for ax, name in zip(axes, names, strict=False):
        _effect(ax, [trial for trial in done if name in trial.params], name, best=best)
    for ax in axes[len(names) :]:
        ax.remove()
    for ax in axes[: len(names) : columns]:
        ax.set_ylabel("objective (%)")
    handles = [
        Line2D([], [], marker="o", linestyle="", color=NORMAL, markeredgecolor=INK, label="trial"),
        Line2D([], [], marker="*", linestyle="", color=ABNORMAL, markersize=11, label="best"),
        Line2D([], [], marker="_", color=INK, linewidth=1.6, label="median, middle half"),
    ]
    figure.legend(handles=handles, loc="outside upper left", ncols=3)
    _mark(figure, oracle=oracle)
    return figure


def _value(table: ResultTable, category: str, name: str) -> float:
    found = table.categories[category].metrics.get(name)
    return float("nan") if found is None or found.value is None else found.value


def _is_count(values: Sequence[float]) -> bool:
    """Say whether the first goal is a number of prompts, which is minimised, and not a share."""
    return bool(len(values)) and min(values) > 1


def _mark(figure: Figure, *, oracle: bool) -> None:
    """Write over a figure that its search saw what is reported."""
    if oracle:
        figure.suptitle(
            "ORACLE: searched and reported categories overlap", color=ABNORMAL, fontsize=10
        )


def _effect(ax: Axes, trials: Sequence[TrialRecord], name: str, *, best: TrialRecord) -> None:
    """Draw one parameter's panel."""
    settings = [trial.params[name] for trial in trials]
    values = np.array([trial.value for trial in trials], dtype=float)
    numeric = all(isinstance(s, int | float) and not isinstance(s, bool) for s in settings)
    if numeric:
        ax.scatter(settings, values, **_DOT)
        if name in best.params:
            ax.scatter(best.params[name], best.value or 0.0, **_STAR)
        if min(settings) > 0 and max(settings) / min(settings) >= 20:
            ax.set_xscale("log")
            ax.xaxis.set_major_formatter("{x:g}")
            ax.xaxis.set_minor_formatter(NullFormatter())
    else:
        choices = sorted({str(setting) for setting in settings})
        places = np.array([choices.index(str(setting)) for setting in settings])
        ax.scatter(places + spread(len(places), 0.3), values, **_DOT)
        for place in range(len(choices)):
            lower, middle, upper = np.quantile(values[places == place], (0.25, 0.5, 0.75))
            ax.vlines(place, lower, upper, color=INK, linewidth=1.6, zorder=3)
            ax.hlines(middle, place - 0.16, place + 0.16, color=INK, linewidth=1.6, zorder=3)
        if name in best.params:
            ax.scatter(choices.index(str(best.params[name])), best.value or 0.0, **_STAR)
        crowded = len(choices) > 3 or max(map(len, choices)) > 10
        ax.set_xticks(
            range(len(choices)), [shorten(choice, 18) for choice in choices],
            rotation=30 if crowded else 0, ha="right" if crowded else "center",
        )  # fmt: skip
        ax.set_xlim(-0.6, len(choices) - 0.4)
    ax.set_xlabel(name)
    if not _is_count(values.tolist()):
        ax.yaxis.set_major_formatter(percent())
    ax.grid(axis="y")
