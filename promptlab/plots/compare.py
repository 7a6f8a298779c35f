"""Figures of comparisons and audits: what a source of prompts is worth, and what text decides."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from promptlab.compare.record import AuditRecord, AuditRow, CompareRecord, CompareRow
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
from promptlab.results import MetricValue, PairedValue

__all__ = ["audit_figure", "comparison_figure"]

_MARKERS = ("o", "s", "D", "^", "v", "P", "X", "*")


@house_style()
def comparison_figure(record: CompareRecord, *, metric: str = "image_auroc") -> Figure:
    """Show each row's metric with its 95 % interval, and its single draws.

    Rows are sorted by value; the dashed line is the baseline. Small points below a row are draws of
    a language model. Where there are intervals, the second panel shows the gain over the baseline
    on the same images: one that touches zero may be chance, a star marks p < 0.05 after Holm.

    Raises:
        RecordError: when no row has the metric.
    """
    rows = [row for row in record.rows if getattr(row, metric).value is not None]
    if not rows:
        raise RecordError(
            f"a comparison's figure needs a row with {metric}, but {record.name!r} has none; "
            "choose image_auroc, or data with masks."
        )
    rows.sort(key=lambda row: getattr(row, metric).value)
    gains = any(row.gains[metric].low is not None for row in rows if metric in row.gains)
    size = (8.6 if gains else 7.2, 1.0 + 0.45 * len(rows))
    figure = Picture(figsize=size, layout="constrained")
    panels = figure.subplots(1, 1 + gains, squeeze=False, sharey=True)[0]
    for place, row in enumerate(rows):
        _draw_row(panels[0], place, row, metric)
        if row.label == record.baseline:
            panels[0].axvline(
                getattr(row, metric).value, color=SOFT, linewidth=1, linestyle=(0, (4, 3)), zorder=0
            )
        elif gains:
            _draw_gain(panels[1], place, row.gains.get(metric))
    panels[0].set_yticks(range(len(rows)), [_row_label(row, metric) for row in rows])
    panels[0].set_ylim(-0.6, len(rows) - 0.4)
    panels[0].set_xlabel(f"{metric_label(metric)} (%), mean over categories")
    if gains:
        panels[1].tick_params(axis="y", length=0)
        panels[1].axvline(0, color=SOFT, linewidth=1, linestyle=(0, (4, 3)), zorder=0)
        panels[1].set_xlabel(f"gain over {record.baseline} (points; * p < 0.05)")
    for ax in panels:
        _in_percent(ax)
    handles = [
        Line2D([], [], marker="o", color=INK, markersize=6, label="mean, 95 % interval"),
        Line2D([], [], color=SOFT, linestyle=(0, (4, 3)), label=f"baseline: {record.baseline}"),
    ]
    if any(len(_draws(row, metric)) > 1 for row in rows):
        draw = Line2D([], [], marker="o", linestyle="", color=NORMAL, markeredgecolor=INK,
                      markeredgewidth=0.4, markersize=4, label="one draw")  # fmt: skip
        handles.insert(1, draw)
    figure.legend(handles=handles, loc="outside upper left", ncols=3)
    return figure


@house_style()
def audit_figure(record: AuditRecord) -> Figure:
    """Show the image AUROC of every source under every variant, against chance.

    Bars span the repeats of variants that chance decides, lines the 95 % interval over images.
    """
    variants = list(dict.fromkeys(row.variant for row in record.rows))
    sources = list(dict.fromkeys(row.source for row in record.rows))
    figure = Picture(
        figsize=(7.2, 1.2 + (0.2 + 0.15 * len(sources)) * len(variants)), layout="constrained"
    )
    ax = figure.add_subplot()
    offsets = (np.arange(len(sources)) - (len(sources) - 1) / 2) * 0.7 / max(len(sources), 1)
    shades = np.linspace(0.1, 0.6, len(sources))
    for offset, shade, marker, source in zip(
        offsets, shades, _cycled(_MARKERS, len(sources)), sources, strict=True
    ):
        for row in (one for one in record.rows if one.source == source):
            place = len(variants) - 1 - variants.index(row.variant) - offset
            _draw_audit(ax, place, row, grey=str(shade), marker=marker)
    ax.axvline(0.5, color=ABNORMAL, linewidth=1, linestyle=(0, (4, 3)), zorder=0)
    ax.set_yticks(range(len(variants)), variants[::-1])
    ax.set_ylim(-0.6, len(variants) - 0.4)
    ax.set_xlabel("image AUROC (%), mean over categories")
    _in_percent(ax)
    handles = [
        Line2D([], [], marker=marker, linestyle="", color=str(shade), label=shorten(source, 40))
        for shade, marker, source in zip(
            shades, _cycled(_MARKERS, len(sources)), sources, strict=True
        )
    ]
    handles.append(Line2D([], [], color=INK, linewidth=1.2, label="95 % interval over images"))
    if any(row.repeats > 1 for row in record.rows):
        handles.append(Line2D([], [], color=NORMAL, linewidth=4, label="span of repeats"))
    handles.append(
        Line2D([], [], color=ABNORMAL, linewidth=1, linestyle=(0, (4, 3)), label="chance")
    )
    figure.legend(handles=handles, loc="outside upper left", ncols=3)
    return figure


def _draw_row(ax: Axes, place: int, row: CompareRow, metric: str) -> None:
    value: MetricValue = getattr(row, metric)
    if value.value is None:
        return
    draws = _draws(row, metric)
    if len(draws) > 1:
        ax.scatter(
            draws, place - 0.26 + spread(len(draws), 0.12), s=16, color=NORMAL, edgecolors=INK,
            linewidths=0.4, zorder=2,
        )  # fmt: skip
    if value.low is not None and value.high is not None:
        ax.hlines(place, value.low, value.high, color=INK, linewidth=1.6, zorder=3)
    ax.plot(value.value, place, "o", color=INK, markersize=6, zorder=4)


def _draw_gain(ax: Axes, place: int, gain: PairedValue | None) -> None:
    if gain is None:
        return
    if gain.low is not None and gain.high is not None:
        ax.hlines(place, gain.low, gain.high, color=INK, linewidth=1.6, zorder=3)
    ax.plot(gain.value, place, "o", color=INK, markersize=6, zorder=4)


def _draws(row: CompareRow, metric: str) -> list[float]:
    return [found for one in row.draws if (found := one.metrics.get(metric)) is not None]


def _in_percent(ax: Axes) -> None:
    """Write fractions in percent, with no more decimals than the ticks need."""
    ax.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    ax.xaxis.set_major_formatter(percent())
    ax.grid(axis="x")


def _row_label(row: CompareRow, metric: str) -> str:
    gain = row.gains.get(metric)
    star = " *" if gain and gain.p_holm is not None and gain.p_holm < 0.05 else ""
    return shorten(row.label, 44) + star


def _draw_audit(ax: Axes, place: float, row: AuditRow, *, grey: str, marker: str) -> None:
    value = row.image_auroc
    if row.repeats > 1:
        ax.barh(
            place, row.repeat_high - row.repeat_low, left=row.repeat_low, height=0.1, color=NORMAL
        )
    if value.low is not None and value.high is not None:
        ax.hlines(place, value.low, value.high, color=grey, linewidth=1.2)
    if value.value is not None:
        ax.plot(value.value, place, marker, color=grey, markersize=5.5)


def _cycled(markers: Sequence[str], count: int) -> list[str]:
    return [markers[i % len(markers)] for i in range(count)]
