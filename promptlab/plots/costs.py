"""What sources of prompts cost beside what they are worth."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator

from promptlab.errors import RecordError
from promptlab.plots.style import INK, SOFT, Picture, house_style, metric_label, percent, shorten
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
    colours = mpl.colormaps["viridis"](np.linspace(0.05, 0.75, len(shown)))
    places = _places(costs, free=free)
    handles = []
    for nth, (one, x) in enumerate(zip(shown, places, strict=True)):
        value = one.image_auroc
        if value.low is not None and value.high is not None:
            ax.vlines(x, value.low, value.high, color=[tuple(colours[nth])], linewidth=1.6)
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
    # All that is free is one step, from the left edge on.
    steps = sorted((cost or free / 2, value) for cost, value in zip(costs, values, strict=True))
    x_values, y_values = np.array([*steps, (max(x for x, _ in steps) * 2, 0.0)]).T
    best = np.maximum.accumulate(y_values)
    ax.step(x_values, best, where="post", color=SOFT, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
    handles += [
        Line2D([], [], color=SOFT, linewidth=1.6, label="95 % interval"),
        Line2D([], [], color=SOFT, linewidth=1, linestyle="--", label="best so far by cost"),
    ]
    if paid:
        ax.set_xscale("log")
        ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.xaxis.set_major_formatter("{x:g}")
        ax.minorticks_off()
        ax.set_xlim(free / 2, max(paid) * 2)
        if len(paid) < len(costs):
            ax.axvline(free * 2, color=SOFT, linewidth=0.9)
            # A cost of nothing has no place on a logarithmic axis, so it must not carry a number.
            ax.set_xticks([tick for tick in ax.get_xticks() if free * 2 < tick < max(paid) * 2])
            ax.text(free, 1.01, "free", ha="center", color=SOFT, fontsize=8,
                    transform=ax.get_xaxis_transform())  # fmt: skip
    else:
        ax.set_xticks([])
    ax.set_xlabel("cost of all answers (USD)" if money else "time of all answers (seconds)")
    ax.set_ylabel(f"{metric_label('image_auroc')} (%), mean over categories")
    ax.yaxis.set_major_formatter(percent())
    ax.grid(axis="y")
    ax.set_axisbelow(True)
    figure.legend(handles=handles, loc="outside right upper")
    return figure


def _places(costs: Sequence[float], *, free: float) -> list[float]:
    """Return where each cost stands: what is free beside each other, around ``free``."""
    count = sum(not cost for cost in costs)
    beside = iter(free * 2.0 ** (np.linspace(-0.4, 0.4, count) if count > 1 else np.zeros(count)))
    return [cost or float(next(beside)) for cost in costs]
