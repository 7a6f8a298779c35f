"""Figures of comparisons and audits: what a source of prompts is worth, and what text decides."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

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
from promptlab.results import MetricValue

__all__ = ["audit_figure", "comparison_figure"]

_MARKERS = ("o", "s", "D", "^", "v", "P", "X", "*")


@house_style()
def comparison_figure(record: CompareRecord, *, metric: str = "image_auroc") -> Figure:
    """Show each row's metric with its 95 % interval, and its single draws.

    Rows are sorted by value; the dashed line is the baseline. Small points are draws of a language
    model.

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
    figure = Picture(figsize=(7.2, 0.9 + 0.42 * len(rows)), layout="constrained")
    ax = figure.add_subplot()
    for place, row in enumerate(rows):
        _draw_row(ax, place, row, metric)
        if row.label == record.baseline:
            ax.axvline(
                getattr(row, metric).value, color=SOFT, linewidth=1, linestyle=(0, (4, 3)), zorder=0
            )
    ax.set_yticks(range(len(rows)), [_row_label(row) for row in rows])
    ax.set_ylim(-0.6, len(rows) - 0.4)
    ax.set_xlabel(f"{metric_label(metric)} (%), mean over categories, 95 % interval")
    ax.xaxis.set_major_formatter(percent())
    ax.grid(axis="x")
    handles = [
        Line2D([], [], marker="o", color=INK, markersize=6, label="mean, 95 % interval"),
        Line2D([], [], marker="o", linestyle="", color=NORMAL, markeredgecolor=INK,
               markersize=4, label="one draw"),
        Line2D([], [], color=SOFT, linestyle=(0, (4, 3)), label=f"baseline: {record.baseline}"),
    ]  # fmt: skip
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
    ax.xaxis.set_major_formatter(percent())
    ax.grid(axis="x")
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
    draws = [found for one in row.draws if (found := one.metrics.get(metric)) is not None]
    if len(draws) > 1:
        ax.scatter(
            draws, place + spread(len(draws), 0.4), s=16, color=NORMAL, edgecolors=INK,
            linewidths=0.4, zorder=2,
        )  # fmt: skip
    if value.low is not None and value.high is not None:
        ax.hlines(place, value.low, value.high, color=INK, linewidth=1.6, zorder=3)
    ax.plot(value.value, place, "o", color=INK, markersize=6, zorder=4)


def _row_label(row: CompareRow) -> str:
    star = " *" if row.gain and row.gain.p_holm is not None and row.gain.p_holm < 0.05 else ""
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
