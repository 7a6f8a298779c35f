"""Figures of runs: metrics beside the baseline, score distributions, images with their maps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

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
    percent,
    shorten,
    spread,
)
from promptlab.plots.variants import Variant, arrange
from promptlab.results import CategoryResult, ImageScore, MetricValue, RunRecord

__all__ = ["anomaly_gallery", "metric_bars", "score_distributions"]

_PER_ROW = 4
_MEAN = ""
"""Stands for the mean over categories where places are listed."""
_HATCHES = ("//////", "......", "\\\\\\", "xxxxxx")


@dataclass(frozen=True)
class _Look:
    """One kind of bar: what it shows in each place, and how it looks."""

    name: str
    results: Mapping[str, CategoryResult]
    colour: str
    hatch: str = ""


@house_style()
def metric_bars(records: Sequence[RunRecord], metric: str) -> Figure:
    """Compare runs, and WinCLIP's baseline beside them, category by category.

    Runs of one configuration on several data sets are one kind of bar, and a category has the bars
    of those who judged it only. Bars carry the 95 % bootstrap intervals that the records hold; the
    means over categories, which are there when all judged all categories, have none. For an AUROC
    the line at 50 % is chance.

    Raises:
        RecordError: when there is no record to compare.
    """
    looks = _looks(arrange(records))
    rows, left_out = _rows(looks, metric)
    spots, height = _spots(looks, rows)
    figure = Picture(figsize=(7.2, 1.15 + 0.19 * height), layout="constrained")
    ax = figure.add_subplot()
    for (row, look), y in spots.items():
        _bar(ax, y, _value_of(looks[look], rows[row], metric), look=looks[look])
    if metric.endswith("auroc") or "_auroc_" in metric:
        ax.axvline(0.5, color=INK, linewidth=0.9, linestyle=(0, (4, 3)), zorder=3)
    ax.set(xlim=(0, 1), ylim=(height - 0.3, -0.7), ylabel="category")
    ax.set_xlabel("\n".join([f"{metric_label(metric)} (%)", *left_out]))
    middles = [
        float(np.mean([y for (own, _), y in spots.items() if own == row]))
        for row in range(len(rows))
    ]
    ax.set_yticks(middles, [shorten(row or "mean") for row in rows])
    ax.xaxis.set_major_formatter(percent())
    ax.grid(axis="x")
    ax.set_axisbelow(True)
    _explain_bars(figure, looks, metric, chance=bool(ax.lines))
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
    shapes = [example.image.shape[0] / example.image.shape[1] for example in examples]
    tall = [
        1.9 * min(max(shapes[line * columns : (line + 1) * columns]), 1.6) for line in range(lines)
    ]
    figure = Picture(
        figsize=(1.9 * columns + 0.8, 2 * sum(tall) + 0.6 * lines), layout="compressed"
    )
    ratios = [each for each in tall for _ in range(2)]
    axes = figure.subplots(2 * lines, columns, squeeze=False, height_ratios=ratios)
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


def _looks(variants: Sequence[Variant]) -> list[_Look]:
    """Colour each variant, and each baseline that differs from those before it."""
    colours = mpl.colormaps["viridis"](np.linspace(0.38, 0.92, len(variants)))
    looks = [
        _Look(one.name, one.results, mpl.colors.to_hex(colour))
        for one, colour in zip(variants, colours, strict=True)
    ]
    baselines: list[dict[str, CategoryResult]] = []
    owners: list[str] = []
    for one in variants:
        for known in baselines:
            if all(_alike(known.get(place, here), here) for place, here in one.baseline.items()):
                known.update(one.baseline)  # the same images, or other images: one baseline
                break
        else:
            baselines.append(dict(one.baseline))
            owners.append(one.name)
    for nth, (table, owner) in enumerate(zip(baselines, owners, strict=True)):
        of = f" of {owner}" if len(baselines) > 1 else ""
        looks.append(_Look(f"WinCLIP baseline{of}", table, "white", _HATCHES[nth % len(_HATCHES)]))
    return looks


def _alike(one: CategoryResult, other: CategoryResult) -> bool:
    """Say whether two results are equal but for what the order of a sum does to its last digits."""
    names = {*one.metrics, *other.metrics}
    pairs = [(one.metrics.get(n), other.metrics.get(n)) for n in names]
    return all(
        a is not None and b is not None and _near(a.value, b.value) and _near(a.low, b.low)
        and _near(a.high, b.high)
        for a, b in pairs
    )  # fmt: skip


def _near(one: float | None, other: float | None) -> bool:
    return one == other or (one is not None and other is not None and abs(one - other) < 1e-6)


def _rows(looks: Sequence[_Look], metric: str) -> tuple[list[str], list[str]]:
    """Return the places to draw (an empty name is the mean), and what to say of the others."""
    places = list(dict.fromkeys(place for look in looks for place in look.results))
    empty = [p for p in places if all(not _defined(look, p, metric) for look in looks)]
    if len(empty) == len(places):
        return places, []
    shown = [place for place in places if place not in empty]
    if len(shown) > 1 and all(place in look.results for look in looks for place in shown):
        shown.append(_MEAN)
    return shown, [f"undefined, so not shown: {', '.join(empty)}"] if empty else []


def _spots(
    looks: Sequence[_Look], rows: Sequence[str]
) -> tuple[dict[tuple[int, int], float], float]:
    """Place each bar, a unit each, with a gap between categories; return the height in all."""
    spots: dict[tuple[int, int], float] = {}
    y = 0.0
    for row, place in enumerate(rows):
        for nth, look in enumerate(looks):
            if place == _MEAN or place in look.results:
                spots[row, nth] = y
                y += 1
        y += 0.8
    return spots, y - 0.8


def _value_of(look: _Look, place: str, metric: str) -> MetricValue | None:
    if place != _MEAN:
        return look.results[place].metrics.get(metric)
    values = [one.metrics[metric].value for one in look.results.values() if metric in one.metrics]
    defined = [value for value in values if value is not None]
    return MetricValue(value=sum(defined) / len(defined)) if defined else None


def _defined(look: _Look, place: str, metric: str) -> bool:
    result = look.results.get(place)
    value = result.metrics.get(metric) if result is not None else None
    return value is not None and value.value is not None


def _explain_bars(figure: Figure, looks: Sequence[_Look], metric: str, *, chance: bool) -> None:
    """Put the legend above the bars."""
    handles: list[Patch | Line2D] = [
        Patch(
            label=one.name, edgecolor=INK, linewidth=0.6, facecolor=one.colour, hatch=one.hatch
        )
        for one in looks
    ]  # fmt: skip
    values = [r.metrics.get(metric) for look in looks for r in look.results.values()]
    if any(value is not None and value.low is not None for value in values):
        handles.append(Line2D([], [], color=INK, linewidth=1.2, label="95 % interval"))
    if chance:
        handles.append(Line2D([], [], color=INK, linewidth=0.9, linestyle="--", label="chance"))
    wide = max(len(str(handle.get_label())) for handle in handles) > 20
    figure.legend(handles=handles, loc="outside upper left", ncols=2 if wide else 4)


def _bar(ax: Axes, y: float, value: MetricValue | None, *, look: _Look) -> None:
    if value is None or value.value is None:
        ax.text(0.008, y, "undefined", va="center", fontsize=7, fontstyle="italic", color=SOFT)
        return
    ax.barh(
        y, value.value, height=0.9, edgecolor=INK, linewidth=0.6,
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
