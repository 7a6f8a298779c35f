"""How far an image score can be read as a probability: observed shares beside scores."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float64
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from promptlab.errors import RecordError
from promptlab.plots.style import ABNORMAL, INK, NORMAL, SOFT, Picture, house_style, percent
from promptlab.results import ImageScore

__all__ = ["reliability_diagram", "wilson_interval"]

_QUANTILE = 1.959963984540054
"""Of the standard normal distribution, for two-sided 95 %."""


@house_style()
def reliability_diagram(scores: Sequence[ImageScore], *, bins: int = 8) -> Figure:
    """Show the share of abnormal images among those of similar score, with Wilson intervals.

    Bins hold equally many images. On the diagonal a score of 0.7 would mean that 70 % of such
    images are abnormal; the dashed line is the share of abnormal images in all, which this test
    set decided, not the world. Below stands how many images of each label have which score.

    Raises:
        RecordError: when there are fewer images than bins.
    """
    if bins < 1 or len(scores) < bins:
        raise RecordError(
            f"a reliability diagram needs at least one image per bin, but got {len(scores)} images "
            f"for {bins} bins; ask for fewer bins."
        )
    values = np.array([one.image_score for one in scores])
    abnormal = np.array([one.label == "abnormal" for one in scores])
    figure = Picture(figsize=(5.2, 5.0), layout="constrained")
    top, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    top.plot([0, 1], [0, 1], color=SOFT, linewidth=1, label="where scores are probabilities")
    top.axhline(
        abnormal.mean(), color=INK, linewidth=1, linestyle=(0, (4, 3)), label="share in all images"
    )
    middles, shares, below_by, above_by = [], [], [], []
    for members in np.array_split(np.argsort(values, kind="stable"), bins):
        hits = int(abnormal[members].sum())
        low, high = wilson_interval(hits, len(members))
        share = hits / len(members)
        middles.append(float(values[members].mean()))
        shares.append(share)
        below_by.append(max(0.0, share - low))
        above_by.append(max(0.0, high - share))
    top.errorbar(
        middles, shares, yerr=[below_by, above_by], fmt="o", color=ABNORMAL, markersize=6,
        markeredgecolor=INK, markeredgewidth=0.5, ecolor=INK, elinewidth=1.2, capsize=2.5,
        label="images of similar score, 95 % interval",
    )  # fmt: skip
    top.set(ylim=(-0.02, 1.02), ylabel="share of abnormal images (%)")
    top.yaxis.set_major_formatter(percent())
    top.grid(visible=True)
    _draw_counts(below, values, abnormal)
    figure.legend(*top.get_legend_handles_labels(), loc="outside upper left", ncols=2)
    return figure


def wilson_interval(hits: int, count: int) -> tuple[float, float]:
    """Return the 95 % score interval of a share (Wilson, JASA 22, 1927).

    (p + z²/2n ± z √(p(1 - p)/n + z²/4n²)) / (1 + z²/n) with p = hits / n.

    >>> low, high = wilson_interval(8, 10)
    >>> f"{low:.4f} {high:.4f}"
    '0.4902 0.9433'
    """
    share, square = hits / count, _QUANTILE**2
    middle = share + square / (2 * count)
    reach = _QUANTILE * np.sqrt(share * (1 - share) / count + square / (4 * count**2))
    scale = 1 + square / count
    return float((middle - reach) / scale), float((middle + reach) / scale)


def _draw_counts(
    ax: Axes, values: Float64[np.ndarray, " image"], abnormal: Bool[np.ndarray, " image"]
) -> None:
    edges = np.linspace(0, 1, 41)
    ax.hist(
        [values[~abnormal], values[abnormal]], bins=edges.tolist(), stacked=True,
        color=[NORMAL, ABNORMAL], edgecolor=INK, linewidth=0.4, label=["normal", "abnormal"],
    )  # fmt: skip
    ax.set(
        xlim=(-0.02, 1.02), xlabel="image score (0 to 1, larger = more anomalous)", ylabel="images"
    )
    ax.legend(loc="upper left", fontsize=7.5)
