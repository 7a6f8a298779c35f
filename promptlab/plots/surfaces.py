"""Figures of two settings at once: fusion weights of a grid, any two parameters of a sweep."""

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import seaborn as sns
from jaxtyping import Float64
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from promptlab.errors import RecordError
from promptlab.plots.style import INK, SOFT, Picture, house_style, metric_label, percent
from promptlab.plots.variants import flat_settings, one_data_set
from promptlab.results import RunRecord, TrialRecord

__all__ = ["fusion_surface", "sweep_surface"]

_FUSION = ("fusion.global", "fusion.local")
_SAID = {"fusion.top": "share of the map's pixels\nthat count (fusion.top)"}


@house_style()
def fusion_surface(records: Sequence[RunRecord], metric: str = "image_auroc") -> Figure:
    """Show a metric over the map's share of the image score and one other setting of a grid.

    A cell holds the mean over categories, its small print the 95 % bootstrap interval of the only
    category, or the lowest and the highest category where there are more. The frame marks the
    highest mean.

    Raises:
        RecordError: when there is no record, the runs judged different images, or they differ in
            other things than the fusion weights and one more setting.
    """
    one_data_set(records, of="a fusion surface")
    settings = [flat_settings(record) for record in records]
    varying = [
        key
        for key in dict.fromkeys(key for one in settings for key in one)
        if key not in _FUSION and len({repr(one.get(key)) for one in settings}) > 1
    ]
    if len(varying) > 1:
        raise RecordError(
            "a fusion surface needs runs that differ in the fusion weights and at most one more "
            f"setting, but these differ in {', '.join(varying)}; draw one figure for each value."
        )
    other = varying[0] if varying else ""
    cells = {
        (_share_of_map(one), one.get(other)): record
        for one, record in zip(settings, records, strict=True)
    }
    columns = sorted({share for share, _ in cells})
    rows = sorted({value for _, value in cells}, key=_order)
    values = np.full((len(rows), len(columns)), np.nan)
    words = np.full(values.shape, "", dtype=object)
    for (share, value), record in cells.items():
        spot = rows.index(value), columns.index(share)
        mean = record.results.mean.get(metric)
        values[spot] = np.nan if mean is None else mean
        words[spot] = "undefined" if mean is None else _in_cell(record, metric, mean)
    figure = Picture(
        figsize=(1.9 + 0.72 * len(columns), 1.3 + 0.5 * len(rows)), layout="constrained"
    )
    ax = figure.add_subplot()
    sns.heatmap(
        values, ax=ax, annot=words, fmt="", cmap="viridis", annot_kws={"fontsize": 7},
        linewidths=0.8, linecolor="white", xticklabels=[f"{share:.2g}" for share in columns],
        yticklabels=[str(value) for value in rows] if other else False,
        cbar_kws={"label": f"{metric_label(metric)} (%)", "format": percent()},
    )  # fmt: skip
    _frame_highest(ax, values)
    ax.set(
        xlabel="share of the map in the image score (0: whole image only)",
        ylabel=_SAID.get(other, other),
    )
    small = "lowest and highest category" if _several(records) else "95 % interval"
    ax.set_title(f"small print: {small}; frame: highest mean", loc="left", fontsize=8, color=SOFT)
    ax.tick_params(length=0, rotation=0)
    return figure


@house_style()
def sweep_surface(trials: Sequence[TrialRecord], x: str, y: str) -> Figure:
    """Show the objective of a sweep over two of its numeric parameters, interpolated.

    A dot is a trial, the star the best one. Other parameters vary too, and the sampler tries
    promising values more often: where there is no dot, the surface is a guess.

    Raises:
        RecordError: when fewer than four complete trials have numbers for both parameters.
    """
    done = [
        trial
        for trial in trials
        if trial.value is not None and all(_is_number(trial.params.get(name)) for name in (x, y))
    ]
    if len(done) < 4:
        raise RecordError(
            f"a sweep's surface needs four complete trials with numbers for {x} and {y}, but got "
            f"{len(done)}; run more trials or choose other parameters."
        )
    places = np.array([[float(trial.params[name]) for name in (x, y)] for trial in done])
    values = np.array([trial.value for trial in done], dtype=float)
    logarithmic = places.min(0) > 0
    logarithmic &= places.max(0) >= 20 * np.maximum(places.min(0), 1e-12)
    figure = Picture(figsize=(5.6, 3.9), layout="constrained")
    ax = figure.add_subplot()
    drawn = np.where(logarithmic, np.log(np.maximum(places, 1e-12)), places)
    if np.linalg.matrix_rank(drawn - drawn.mean(0)) == 2:
        filled = ax.tricontourf(
            places[:, 0], places[:, 1], values, levels=9, cmap="viridis", alpha=0.85
        )
        filled.set_rasterized(True)
    dots = ax.scatter(
        places[:, 0],
        places[:, 1],
        c=values,
        cmap="viridis",
        s=22,
        edgecolors=INK,
        linewidths=0.6,
        zorder=3,
        clip_on=False,
    )
    best = int(values.argmax())
    ax.scatter(
        places[best, 0], places[best, 1], marker="*", s=150, color="white", edgecolors=INK, zorder=4
    )
    ax.set(xlabel=x, ylabel=y)
    for axis, is_log, name in zip((ax.xaxis, ax.yaxis), logarithmic, "xy", strict=True):
        if is_log:
            ax.set(**{f"{name}scale": "log"})
            axis.set_major_formatter("{x:g}")
            axis.set_minor_formatter(NullFormatter())
    figure.colorbar(
        dots, ax=ax, label="objective on the search categories (%)",
        format=percent(),
    )  # fmt: skip
    return figure


def _share_of_map(settings: dict[str, object]) -> float:
    weights = [settings.get(key, 0.5) for key in _FUSION]
    whole, local = (float(str(weight)) for weight in weights)
    return local / (whole + local)


def _in_cell(record: RunRecord, metric: str, mean: float) -> str:
    values = [one.metrics[metric] for one in record.results.categories.values()]
    defined = [value for value in values if value.value is not None]
    if len(defined) == 1:
        low, high = defined[0].low, defined[0].high
    else:
        low = min(value.value or 0.0 for value in defined)
        high = max(value.value or 0.0 for value in defined)
    span = "" if low is None or high is None else f"\n{100 * low:.0f} to {100 * high:.0f}"
    return f"{100 * mean:.1f}{span}"


def _several(records: Sequence[RunRecord]) -> bool:
    return len(records[0].results.categories) > 1


def _frame_highest(ax: Axes, values: Float64[np.ndarray, "row column"]) -> None:
    row, column = np.unravel_index(np.nanargmax(values), values.shape)
    frame = mpl.patches.Rectangle(
        (float(column), float(row)), 1, 1, fill=False, edgecolor="black", linewidth=2.2
    )
    ax.add_patch(frame)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _order(value: object) -> tuple[int, float, str]:
    """Sort numbers by size, words after them."""
    if isinstance(value, int | float):
        return 0, float(value), ""
    return 1, 0.0, str(value)
