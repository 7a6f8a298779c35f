"""Figures of runs: metrics beside the baseline, score distributions, images with their maps."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter

from promptlab.errors import RecordError
from promptlab.gallery import Example
from promptlab.plots.style import (
    ABNORMAL,
    INK,
    NORMAL,
    SOFT,
    Picture,
    house_style,
    metric_label,
    shorten,
    spread,
)
from promptlab.results import ImageScore, MetricValue, ResultTable, RunRecord

__all__ = ["anomaly_gallery", "metric_bars", "score_distributions"]

_PER_ROW = 4
_HATCHES = ("//////", "......", "\\\\\\", "xxxxxx")


@dataclass(frozen=True)
class _Variant:
    """One set of bars."""

    name: str
    table: ResultTable
    colour: str
    hatch: str = ""


@house_style()
def metric_bars(records: Sequence[RunRecord], metric: str) -> Figure:
    """Compare runs, and WinCLIP's baseline beside them, category by category.

    Bars carry the 95 % bootstrap intervals that the records hold; the means over categories have
    none. For an AUROC the line at 50 % is chance.

    Raises:
        RecordError: when there is no record to compare.
    """
    variants = _variants(records)
    categories = list(dict.fromkeys(c for one in variants for c in one.table.categories))
    rows = [*categories, "mean"] if len(categories) > 1 else categories
    thickness = 0.78 / len(variants)
    figure = Picture(
        figsize=(7.2, 1.1 + len(rows) * max(0.34, 0.19 * len(variants))), layout="constrained"
    )
    ax = figure.add_subplot()
    for nth, one in enumerate(variants):
        for row, category in enumerate(rows):
            y = row + (nth - (len(variants) - 1) / 2) * thickness
            _bar(ax, y, _value_of(one.table, category, metric), thickness=thickness, look=one)
    if metric.endswith("auroc") or "_auroc_" in metric:
        ax.axvline(0.5, color=INK, linewidth=0.9, linestyle=(0, (4, 3)), zorder=3)
    ax.set(xlim=(0, 1), ylim=(len(rows) - 0.5, -0.5), xlabel=f"{metric_label(metric)} (%)")
    ax.set_yticks(range(len(rows)), [shorten(row) for row in rows])
    ax.set_ylabel("category")
    ax.xaxis.set_major_formatter(PercentFormatter(1, symbol=""))
    ax.grid(axis="x")
    ax.set_axisbelow(True)
    handles: list[Patch | Line2D] = [
        Patch(
            label=shorten(one.name, 48),
            edgecolor=INK,
            linewidth=0.6,
            facecolor=one.colour,
            hatch=one.hatch,
        )
        for one in variants
    ]
    if any(_has_interval(one.table, metric) for one in variants):
        handles.append(Line2D([], [], color=INK, linewidth=1.2, label="95 % interval"))
    if ax.lines:
        handles.append(Line2D([], [], color=INK, linewidth=0.9, linestyle="--", label="chance"))
    wide = max(len(str(handle.get_label())) for handle in handles) > 20
    figure.legend(handles=handles, loc="outside upper left", ncols=2 if wide else 4)
    return figure


@house_style()
def score_distributions(scores: Sequence[ImageScore]) -> Figure:
    """Show how the image scores of normal and abnormal images lie, category by category.

    A dot is an image; a box holds the middle half of the images, its line is their median.

    Raises:
        RecordError: when there is no score.
    """
    if not scores:
        raise RecordError("score distributions need at least one judged image, but got none.")
    categories = list(dict.fromkeys(score.category for score in scores))
    figure = Picture(figsize=(7.2, 1.2 + 0.62 * len(categories)), layout="constrained")
    ax = figure.add_subplot()
    for nth, (label, look) in enumerate(
        {"normal": (NORMAL, "o"), "abnormal": (ABNORMAL, "^")}.items()
    ):
        name = f"{label} images"
        for row, category in enumerate(categories):
            values = [s.image_score for s in scores if (s.category, s.label) == (category, label)]
            if values:
                _box(ax, row + (nth - 0.5) * 0.38, values, look=look, label=name)
                name = "_"  # the legend needs one of each
    ax.set_ylim(len(categories) - 0.5, -0.5)
    ax.set(xlabel="image score (0 to 1, larger = more anomalous)", ylabel="category")
    ax.set_yticks(range(len(categories)), [shorten(category) for category in categories])
    ax.grid(axis="x")
    ax.set_axisbelow(True)
    box = Patch(facecolor="#d1d5db", edgecolor=INK, label="middle half and median")
    handles, _ = ax.get_legend_handles_labels()
    figure.legend(handles=[*handles, box], loc="outside upper left", ncols=3, markerscale=1.7)
    return figure


@house_style()
def anomaly_gallery(examples: Sequence[Example]) -> Figure:
    """Show images above their anomaly maps, all maps on one scale, true defects outlined.

    Raises:
        RecordError: when there is no example.
    """
    if not examples:
        raise RecordError("a gallery needs at least one example, but got none.")
    maps = [example.anomaly_map for example in examples if example.anomaly_map is not None]
    low = min((float(one.min()) for one in maps), default=0.0)
    high = max((float(one.max()) for one in maps), default=1.0)
    lines = -(-len(examples) // _PER_ROW)
    columns = -(-len(examples) // lines)
    tallest = max(example.image.shape[0] / example.image.shape[1] for example in examples)
    figure = Picture(
        figsize=(1.9 * columns + 0.8, lines * (3.8 * min(tallest, 1.6) + 0.6)), layout="constrained"
    )
    axes = figure.subplots(2 * lines, columns, squeeze=False)
    for ax in axes.flat:
        ax.set_axis_off()
    for nth, example in enumerate(examples):
        top, below = axes[2 * (nth // columns) : 2 * (nth // columns) + 2, nth % columns]
        top.imshow(example.image)
        top.set_title(f"{shorten(example.category, 26)}\n{example.kind}, {example.image_score:.3f}")
        if example.anomaly_map is None:
            continue
        below.imshow(example.anomaly_map, cmap="inferno", vmin=low, vmax=high)
        if example.mask is not None and example.mask.any():
            for ax in (top, below):
                ax.contour(example.mask, levels=[0.5], colors="black", linewidths=2.0)
                ax.contour(example.mask, levels=[0.5], colors="white", linewidths=0.9)
    if maps:
        scale = mpl.cm.ScalarMappable(mpl.colors.Normalize(low, high), "inferno")
        figure.colorbar(
            scale, ax=axes, shrink=0.6, aspect=30, label="anomaly score of a pixel (0 to 1)"
        )
    return figure


def _variants(records: Sequence[RunRecord]) -> list[_Variant]:
    """Name and colour each run, and each baseline that differs from those before it."""
    if not records:
        raise RecordError("a comparison needs at least one record, but got none.")
    names = [record.label for record in records]
    colours = [
        mpl.colors.to_hex(c)
        for c in mpl.colormaps["viridis"](np.linspace(0.38, 0.92, len(records)))
    ]
    variants: list[_Variant] = []
    baselines: list[_Variant] = []
    for nth, record in enumerate(records):
        name = record.label if names.count(record.label) == 1 else f"{record.label} #{nth + 1}"
        variants.append(_Variant(name, record.results, colours[nth]))
        if all(record.baseline != known.table for known in baselines):
            baselines.append(_Variant(name, record.baseline, "white", _HATCHES[len(baselines) % 4]))
    for nth, known in enumerate(baselines):
        of = f" of {known.name}" if len(baselines) > 1 else ""
        baselines[nth] = replace(known, name=f"WinCLIP baseline{of}")
    return [*variants, *baselines]


def _value_of(table: ResultTable, category: str, metric: str) -> MetricValue | None:
    if category in table.categories:
        return table.categories[category].metrics.get(metric)
    return MetricValue(value=table.mean.get(metric)) if category == "mean" else None


def _has_interval(table: ResultTable, metric: str) -> bool:
    values = (result.metrics.get(metric) for result in table.categories.values())
    return any(value is not None and value.low is not None for value in values)


def _bar(
    ax: Axes, y: float, value: MetricValue | None, *, thickness: float, look: _Variant
) -> None:
    if value is None or value.value is None:
        ax.text(0.008, y, "undefined", va="center", fontsize=7, fontstyle="italic", color=SOFT)
        return
    ax.barh(
        y, value.value, height=thickness * 0.92, edgecolor=INK, linewidth=0.6,
        facecolor=look.colour, hatch=look.hatch,
    )  # fmt: skip
    if value.low is not None and value.high is not None:
        # White under black: the interval shows on dark bars and on the page.
        ax.hlines(y, value.low, value.high, color="white", linewidth=2.6, zorder=4)
        ax.hlines(y, value.low, value.high, color=INK, linewidth=1.2, zorder=5)
    ax.annotate(
        f"{100 * value.value:.1f}", (1.015, y), xycoords=("axes fraction", "data"),
        va="center", fontsize=7.5, annotation_clip=False,
    )  # fmt: skip


def _box(ax: Axes, y: float, values: Sequence[float], *, look: tuple[str, str], label: str) -> None:
    colour, marker = look
    low, middle, high = np.quantile(values, (0.25, 0.5, 0.75))
    ax.barh(
        y, high - low, left=low, height=0.3, facecolor=colour, alpha=0.5,
        edgecolor=INK, linewidth=0.8,
    )  # fmt: skip
    ax.vlines(middle, y - 0.15, y + 0.15, color=INK, linewidth=1.6, zorder=4)
    ax.scatter(
        values, y + spread(len(values), 0.24), s=9, marker=marker, color=colour,
        edgecolors=INK, linewidths=0.3, alpha=0.8, zorder=3, label=label,
        rasterized=len(values) > 300,
    )  # fmt: skip
