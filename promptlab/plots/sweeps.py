"""Figures of sweeps: how the search went, and what each parameter did."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, NullFormatter, PercentFormatter

from promptlab.errors import RecordError
from promptlab.plots.style import ABNORMAL, INK, NORMAL, SOFT, Picture, house_style, shorten, spread
from promptlab.results import TrialRecord

__all__ = ["sweep_effects", "sweep_history"]

_DOT: dict[str, Any] = {"s": 14, "color": NORMAL, "edgecolors": INK, "linewidths": 0.3}
_STAR: dict[str, Any] = {
    "s": 110, "marker": "*", "color": ABNORMAL, "edgecolors": INK, "linewidths": 0.5, "zorder": 4
}  # fmt: skip


@house_style()
def sweep_history(trials: Sequence[TrialRecord], *, default: float | None = None) -> Figure:
    """Show the value of each trial and the best so far, beside the default's value."""
    done = [(trial.number, trial.value) for trial in trials if trial.value is not None]
    rest = [trial.number for trial in trials if trial.value is None]
    figure = Picture(figsize=(7.2, 3.0), layout="constrained")
    ax = figure.add_subplot()
    if done:
        numbers, values = np.array(done).T
        ax.scatter(
            numbers, values, s=16, color=NORMAL, edgecolors=INK, linewidths=0.4, label="trial"
        )
        best = np.maximum.accumulate(values)
        ax.step(numbers, best, where="post", color=ABNORMAL, linewidth=1.8, label="best so far")
    if default is not None:
        ax.axhline(default, color=INK, linewidth=1, linestyle=(0, (4, 3)), label="default")
    if rest:
        ax.plot(
            rest, np.full(len(rest), 0.02), "x", color=SOFT, markersize=5,
            transform=ax.get_xaxis_transform(), label="pruned or failed",
        )  # fmt: skip
    ax.set(xlabel="trial", ylabel="objective on the\nsearch categories (%)")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.yaxis.set_major_formatter(PercentFormatter(1, symbol=""))
    ax.grid(axis="y")
    ax.margins(y=0.12)
    figure.legend(loc="outside upper left", ncols=4)
    return figure


@house_style()
def sweep_effects(trials: Sequence[TrialRecord]) -> Figure:
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
    best = max(done, key=lambda trial: trial.value or 0.0)
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
    return figure


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
    ax.yaxis.set_major_formatter(PercentFormatter(1, symbol=""))
    ax.grid(axis="y")
