"""Figures of ablations: bars with paired intervals, a heatmap of categories, prompt counts.

Every interval is one that a record holds. The mean over categories has none of its own, so the
gain over WinCLIP's prompts, which has a paired one, stands beside it.
"""

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import NullFormatter

from promptlab.errors import RecordError
from promptlab.plots.style import (
    ABNORMAL,
    INK,
    NORMAL,
    SOFT,
    Picture,
    house_style,
    metric_label,
    percent,
    shorten,
    spread,
)
from promptlab.plots.variants import Variant, arrange, flat_settings, name_runs, one_data_set
from promptlab.results import MetricValue, RunRecord

__all__ = ["ablation_bars", "category_heatmap", "prompt_count_curves"]

COUNT = "prompts.per_state"
_LINES = (("o", "-"), ("s", "--"), ("^", ":"), ("D", "-."), ("v", "-"), ("P", "--"))
_PANELS = 8
_DASHES = (0, (4, 3))
_SPANNED = 5
"""With more categories than this their intervals would hide the bars."""


@house_style()
def ablation_bars(records: Sequence[RunRecord], metric: str = "image_auroc") -> Figure:
    """Compare variants on the same images: a bar is the mean over categories, a dot a category.

    Thin lines are the categories' own 95 % bootstrap intervals, while there are few. Where the
    metric is the image AUROC, the second panel shows the gain over WinCLIP's prompts with the
    run's aligner and fusion, with its paired interval: one that touches zero says that the
    difference may be chance. With one category the bar carries that category's own interval.

    Raises:
        RecordError: when there is no record, or the runs judged different images.
    """
    one_data_set(records, of="an ablation")
    names = name_runs(records)
    gains = metric == "image_auroc" and any(record.gain is not None for record in records)
    figure = Picture(figsize=(8.6 if gains else 6.4, 1.3 + 0.3 * len(names)), layout="constrained")
    panels = figure.subplots(1, 1 + gains, squeeze=False, sharey=True)[0]
    for row, record in enumerate(records):
        _mean_bar(panels[0], row, record, metric)
        if gains:
            _gain_bar(panels[1], row, record.gain.mean if record.gain else None)
    panels[0].set_yticks(range(len(names)), names)
    panels[0].set_ylim(len(names) - 0.4, -0.6)
    panels[0].set_xlabel(f"{metric_label(metric)} (%)")
    panels[0].xaxis.set_major_formatter(percent())
    panels[0].set_xlim(0, 1)
    if "auroc" in metric:
        panels[0].axvline(0.5, color=INK, linewidth=0.9, linestyle=_DASHES, zorder=1.5)
    if gains:
        panels[1].axvline(0, color=INK, linewidth=0.9)
        panels[1].set_xlabel("gain over WinCLIP's prompts (points)")
        panels[1].xaxis.set_major_formatter(percent())
        panels[1].tick_params(axis="y", left=False)
        panels[1].spines["left"].set_visible(False)
        panels[1].margins(x=0.08)
    for ax in panels:
        ax.grid(axis="x")
        ax.set_axisbelow(True)
    handles = _ablation_handles(records, gains=gains, chance="auroc" in metric)
    figure.legend(handles=handles, loc="outside upper left", ncols=3 if gains else 2)
    return figure


@house_style()
def category_heatmap(records: Sequence[RunRecord], metric: str = "image_auroc") -> Figure:
    """Show a metric of every category (rows) under every variant (columns), in percent.

    The small print is the 95 % bootstrap interval, where the record has one; a dash is a category
    that the variant did not judge or where the metric is undefined.

    Raises:
        RecordError: when there is no record, or the metric is undefined everywhere.
    """
    variants = arrange(records)
    places = list(dict.fromkeys(place for one in variants for place in one.results))
    cells = [[_at(one, place, metric) for one in variants] for place in places]
    values = np.array([[np.nan if c.value is None else c.value for c in row] for row in cells])
    if np.isnan(values).all():
        raise RecordError(
            f"a heatmap needs a metric that some run defines, but {metric} is undefined in all "
            f"{len(records)}; choose another."
        )
    words = np.array([[_in_cell(cell) for cell in row] for row in cells])
    figure = Picture(
        figsize=(1.7 + 0.82 * len(variants), 1.5 + 0.46 * len(places)), layout="constrained"
    )
    ax = figure.add_subplot()
    sns.heatmap(
        values, ax=ax, annot=words, fmt="", cmap="viridis", annot_kws={"fontsize": 7},
        linewidths=1.2, linecolor="white", mask=np.isnan(values),
        xticklabels=[one.name for one in variants], yticklabels=[shorten(p) for p in places],
        cbar_kws={"label": f"{metric_label(metric)} (%)", "format": percent()},
    )  # fmt: skip
    for row, column in np.argwhere(np.isnan(values)):
        ax.text(column + 0.5, row + 0.5, "-", ha="center", va="center", color=SOFT)
    long = max(len(one.name) for one in variants) > 9
    ax.tick_params(axis="x", length=0, rotation=30 if long else 0)
    ax.tick_params(axis="y", length=0, rotation=0)
    for label in ax.get_xticklabels():
        label.set(ha="right" if long else "center", rotation_mode="anchor")
    ax.set_ylabel("category")
    if any(cell.low is not None for row in cells for cell in row):
        ax.set_title("small print: 95 % interval", loc="left", fontsize=8, color=SOFT)
    return figure


@house_style()
def prompt_count_curves(records: Sequence[RunRecord], metric: str = "image_auroc") -> Figure:
    """Show a metric against the number of prompts per state, category by category.

    A line is a variant but for its prompt count; a band is the 95 % bootstrap interval over
    images. A run that uses all prompts stands where the smaller of its states ends.

    Raises:
        RecordError: when there is no record, the runs judged different images, or all have the
            same number of prompts.
    """
    one_data_set(records, of="a prompt-count curve")
    counts = [_count(record) for record in records]
    if len(set(counts)) < 2:
        raise RecordError(
            f"a prompt-count curve needs runs that differ in {COUNT}, but all {len(records)} use "
            f"{counts[0]}; run a grid with the axis {COUNT}: [1, 4, 16]."
        )
    lines = _lines(records)
    categories = list(records[0].results.categories)[:_PANELS]
    columns = min(4, len(categories))
    rows = -(-len(categories) // columns)
    figure = Picture(
        figsize=(1.2 + (2.4 if columns > 1 else 4.4) * columns, 1.0 + 2.2 * rows),
        layout="constrained",
    )
    axes = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    colours = [
        mpl.colors.to_hex(c) for c in mpl.colormaps["viridis"](np.linspace(0.1, 0.75, len(lines)))
    ]
    for ax, category in zip(axes.flat, categories, strict=False):
        for nth, (name, runs) in enumerate(lines.items()):
            _curve(ax, runs, category, metric, nth=nth, colour=colours[nth], name=name)
        _dress_counts(ax, category, counts)
    for ax in axes.flat[len(categories) :]:
        ax.remove()
    for ax in axes[:, 0]:
        ax.set_ylabel(f"{metric_label(metric)} (%)")
    handles, _ = axes[0, 0].get_legend_handles_labels()
    if axes[0, 0].collections:
        handles.append(Patch(facecolor="#d1d5db", edgecolor=SOFT, label="95 % interval"))
    if "auroc" in metric and axes[0, 0].get_ylim()[0] < 0.5:
        for ax in figure.axes:
            chance = ax.axhline(0.5, color=INK, linewidth=0.9, linestyle=_DASHES)
        handles.append(chance)
        chance.set_label("chance")
    figure.supxlabel("prompts per state", fontsize=9)
    figure.legend(handles=handles, loc="outside upper left", ncols=4)
    return figure


def _mean_bar(ax: Axes, row: int, record: RunRecord, metric: str) -> None:
    mean = record.results.mean.get(metric)
    if mean is None:
        ax.text(0.02, row, "undefined", va="center", fontsize=7, fontstyle="italic", color=SOFT,
                transform=ax.get_yaxis_transform())  # fmt: skip
        return
    ax.barh(row, mean, height=0.66, color=NORMAL, edgecolor=INK, linewidth=0.6)
    values = _category_values(record, metric)
    several = len(record.results.categories) > 1
    heights = row + (spread(len(values), 0.46) if several else np.zeros(len(values)))
    if len(values) <= _SPANNED:
        for y, value in zip(heights, values, strict=True):
            if value.low is not None and value.high is not None:
                ax.hlines(y, value.low, value.high, color=INK, linewidth=0.8 if several else 1.4)
    if several:
        ax.scatter([v.value or 0 for v in values], heights, s=13, color=INK, linewidths=0, zorder=3)
    # At the foot of its bar: between two panels a number seems to belong to either.
    ax.text(0.008, row, f"{100 * mean:.1f}", va="center", fontsize=7.5, color=INK)


def _gain_bar(ax: Axes, row: int, gain: MetricValue | None) -> None:
    if gain is None or gain.value is None:
        word = "is WinCLIP's prompts" if gain is None else "undefined"
        ax.text(0, row, f" {word}", va="center", fontsize=7, fontstyle="italic", color=SOFT)
        return
    certain = gain.low is not None and gain.high is not None and (gain.low > 0 or gain.high < 0)
    if gain.low is not None and gain.high is not None:
        ax.hlines(row, gain.low, gain.high, color=INK, linewidth=1.4)
    ax.scatter(
        gain.value, row, s=34, marker="D", zorder=3, edgecolors=INK, linewidths=0.9,
        color=ABNORMAL if certain else "white",
    )  # fmt: skip


def _ablation_handles(records: Sequence[RunRecord], *, gains: bool, chance: bool) -> list[Line2D]:
    several = any(len(record.results.categories) > 1 for record in records)
    bar = "mean over categories" if several else "value"
    handles = [Line2D([], [], marker="s", linestyle="", color=NORMAL, markeredgecolor=INK,
                      markersize=8, label=bar)]  # fmt: skip
    if several:
        handles.append(Line2D([], [], marker="o", linestyle="", color=INK, markersize=4,
                              label="a category"))  # fmt: skip
    if gains or not several or len(records[0].results.categories) <= _SPANNED:
        handles.append(Line2D([], [], color=INK, linewidth=1.4, label="95 % interval"))
    if chance:
        handles.append(Line2D([], [], color=INK, linewidth=0.9, linestyle=_DASHES, label="chance"))
    if gains:
        look: dict[str, Any] = {
            "marker": "D",
            "linestyle": "",
            "markeredgecolor": INK,
            "markersize": 6,
        }
        handles += [
            Line2D([], [], **look, color=ABNORMAL, label="gain, interval without zero"),
            Line2D([], [], **look, color="white", label="gain that may be chance"),
        ]
    return handles


def _category_values(record: RunRecord, metric: str) -> list[MetricValue]:
    values = (one.metrics.get(metric) for one in record.results.categories.values())
    return [value for value in values if value is not None and value.value is not None]


def _at(variant: Variant, place: str, metric: str) -> MetricValue:
    result = variant.results.get(place)
    return (result.metrics.get(metric) if result else None) or MetricValue(value=None)


def _in_cell(cell: MetricValue) -> str:
    if cell.value is None:
        return ""
    span = "" if cell.low is None or cell.high is None else (
        f"\n{100 * cell.low:.0f} to {100 * cell.high:.0f}"
    )  # fmt: skip
    return f"{100 * cell.value:.1f}{span}"


def _count(record: RunRecord) -> int:
    """Return how many prompts per state a run used: the smaller state counts."""
    used = [min(one.n_normal, one.n_abnormal) for one in record.prompts.values()]
    wanted = flat_settings(record).get(COUNT)
    return int(wanted) if wanted is not None else max(used, default=0)


def _lines(records: Sequence[RunRecord]) -> dict[str, list[RunRecord]]:
    """Group runs that differ in nothing but the prompt count; name the groups."""
    groups: dict[str, list[RunRecord]] = {}
    for record in records:
        settings = {key: value for key, value in flat_settings(record).items() if key != COUNT}
        groups.setdefault(repr(sorted(settings.items(), key=lambda item: item[0])), []).append(
            record
        )
    without = [
        members[0].model_copy(
            update={
                "config": {
                    **members[0].config,
                    "prompts": {**members[0].config.get("prompts", {}), "per_state": None},
                }
            }
        )
        for members in groups.values()
    ]
    names = name_runs(without) if len(groups) > 1 else [_only_line(records[0])]
    return {
        name: sorted(members, key=_count)
        for name, members in zip(names, groups.values(), strict=True)
    }


def _only_line(record: RunRecord) -> str:
    """Name the only line of a figure: its scorer."""
    return str(flat_settings(record).get("scorer.name", record.name))


def _curve(
    ax: Axes, runs: Sequence[RunRecord], category: str, metric: str, *,
    nth: int, colour: str, name: str,
) -> None:  # fmt: skip
    """Draw one line of one category, and its band."""
    points = [
        (_count(run), value)
        for run in runs
        if (value := run.results.categories[category].metrics.get(metric)) is not None
        and value.value is not None
    ]
    marker, style = _LINES[nth % len(_LINES)]
    ax.plot(
        [x for x, _ in points], [float(value.value or 0) for _, value in points], marker=marker,
        linestyle=style, color=colour, markersize=4.5, linewidth=1.5, label=shorten(name, 40),
        markeredgecolor="white", markeredgewidth=0.5, zorder=3,
    )  # fmt: skip
    banded = [(x, v.low, v.high) for x, v in points if v.low is not None and v.high is not None]
    if banded:
        x, low, high = (list(each) for each in zip(*banded, strict=True))
        ax.fill_between(
            x, low, high, color=colour, alpha=0.16, linewidth=0.7, edgecolor=colour,
            linestyle=style, label="_",
        )  # fmt: skip


def _dress_counts(ax: Axes, category: str, counts: Sequence[int]) -> None:
    ax.set_title(shorten(category), loc="left")
    ticks = sorted(set(counts))
    ax.set_xscale("log")
    ax.set_xticks(ticks, [str(tick) for tick in ticks])
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.minorticks_off()
    ax.yaxis.set_major_formatter(percent())
    ax.grid(axis="y")
