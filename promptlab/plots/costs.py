"""What sources of prompts cost beside what they are worth."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from promptlab.errors import RecordError
from promptlab.plots.style import INK, SOFT, Picture, house_style, metric_label, shorten
from promptlab.results import MetricValue

__all__ = ["PricedSource", "cost_quality"]

_MARKERS = ("o", "s", "D", "^", "v", "P", "X", "*")


@runtime_checkable
class PricedSource(Protocol):
    """One source of prompts with its price: a row of `promptlab compare` is one."""

    @property
    def label(self) -> str:
        """Its name."""

    @property
    def image_auroc(self) -> MetricValue:
        """What its prompts reached, with an interval."""

    @property
    def seconds(self) -> float:
        """What its answers took, in all; 0 for prompts that nobody was asked for."""

    @property
    def cost_usd(self) -> float | None:
        """What its answers cost, in all; null where no price is known."""


@house_style()
def cost_quality(sources: Sequence[PricedSource]) -> Figure:
    """Show the image AUROC of each source against what its answers cost.

    The cost is money where every source has a price and one is not free, else seconds. Sources
    that cost nothing stand left of the line. Bars are the 95 % intervals that the sources hold;
    the step line joins what no cheaper source beats.

    Raises:
        RecordError: when no source has a value.
    """
    shown = [one for one in sources if one.image_auroc.value is not None]
    if not shown:
        raise RecordError("a figure of costs needs a source with an image AUROC, but none has one.")
    prices = [one.cost_usd for one in shown]
    money = all(price is not None for price in prices) and any(prices)
    costs = [float((one.cost_usd if money else one.seconds) or 0.0) for one in shown]
    paid = [cost for cost in costs if cost > 0]
    free = min(paid) / 4 if paid else 1.0
    figure = Picture(figsize=(7.2, 3.6), layout="constrained")
    ax = figure.add_subplot()
    colours = mpl.colormaps["viridis"](np.linspace(0.05, 0.85, len(shown)))
    handles = []
    for nth, (one, cost) in enumerate(zip(shown, costs, strict=True)):
        x, value = cost or free, one.image_auroc
        if value.low is not None and value.high is not None:
            ax.vlines(x, value.low, value.high, color=INK, linewidth=1.1, zorder=2)
        look = _MARKERS[nth % len(_MARKERS)]
        ax.scatter(
            x, value.value or 0.0, marker=look, s=58, color=[tuple(colours[nth])],
            edgecolors=INK, linewidths=0.6, zorder=3,
        )  # fmt: skip
        handles.append(
            Line2D([], [], marker=look, linestyle="", color=mpl.colors.to_hex(colours[nth]),
                   markeredgecolor=INK, markeredgewidth=0.5, label=shorten(one.label, 34))
        )  # fmt: skip
    values = [one.image_auroc.value or 0.0 for one in shown]
    x_values, y_values = np.array(
        sorted((cost or free, value) for cost, value in zip(costs, values, strict=True))
    ).T
    best = np.maximum.accumulate(y_values)
    ax.step(x_values, best, where="post", color=SOFT, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
    handles.append(Line2D([], [], color=SOFT, linestyle="--", label="best so far by cost"))
    if paid:
        ax.set_xscale("log")
        ax.set_xlim(free / 2, max(paid) * 2)
        if len(paid) < len(costs):
            ax.axvline(free * 2, color=SOFT, linewidth=0.9)
            ax.text(free, 1.01, "free", ha="center", color=SOFT, fontsize=8,
                    transform=ax.get_xaxis_transform())  # fmt: skip
    ax.set_xlabel("cost of all answers (USD)" if money else "time of all answers (seconds)")
    ax.set_ylabel(f"{metric_label('image_auroc')} (%)")
    ax.yaxis.set_major_formatter(PercentFormatter(1, symbol=""))
    ax.grid(axis="y")
    ax.set_axisbelow(True)
    figure.legend(handles=handles, loc="outside right upper")
    return figure
