"""The look that all figures share: fonts, colours, and the words for metrics.

Colours differ in lightness too, so that a grey print keeps them apart.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager

import matplotlib as mpl
import numpy as np
import seaborn as sns
from jaxtyping import Float64
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

__all__ = [
    "ABNORMAL",
    "INK",
    "METRIC_LABELS",
    "NORMAL",
    "SOFT",
    "Picture",
    "house_style",
    "metric_label",
    "percent",
    "shorten",
    "spread",
]

METRIC_LABELS = {
    "image_auroc": "image AUROC",
    "image_ap": "image AP",
    "image_f1_max": "image F1-max",
    "pixel_auroc": "pixel AUROC",
    "pixel_ap": "pixel AP",
    "pixel_f1_max": "pixel F1-max",
    "aupro": "AUPRO",
    "image_auroc_global": "image AUROC, global only",
    "image_auroc_local": "image AUROC, local only",
}
INK, SOFT = "#23272e", "#6b7280"
NORMAL, ABNORMAL = "#8ec6e6", "#9f3805"


class Picture(Figure):
    """A Figure that Jupyter shows as the last value of a cell, with no pyplot behind it."""

    def _repr_png_(self) -> bytes:
        content = io.BytesIO()
        with house_style():
            self.savefig(content, format="png", dpi=110)
        return content.getvalue()


@contextmanager
def house_style() -> Iterator[None]:
    """Draw, and save, in the look that all figures share; a context or a decorator."""
    style = {
        **sns.axes_style("ticks"),
        "axes.edgecolor": SOFT,
        "axes.labelcolor": INK,
        "axes.labelsize": 9,
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.titlesize": 9.5,
        "figure.facecolor": "white",
        "font.family": "sans-serif",
        "font.sans-serif": ["DejaVu Sans"],
        "font.size": 9,
        "grid.color": "#e5e7eb",
        "hatch.linewidth": 0.6,
        "legend.fontsize": 8.5,
        "legend.frameon": False,
        "savefig.bbox": "tight",
        "svg.fonttype": "path",
        "svg.hashsalt": "promptlab",
        "text.color": INK,
        "text.parse_math": False,  # categories and paths may hold dollar signs
        "xtick.color": SOFT,
        "xtick.labelcolor": INK,
        "xtick.labelsize": 8.5,
        "ytick.color": SOFT,
        "ytick.labelcolor": INK,
        "ytick.labelsize": 8.5,
    }
    with mpl.rc_context(style):
        yield


def metric_label(name: str) -> str:
    """Return how a metric is written for people.

    >>> metric_label("pixel_ap")
    'pixel AP'
    """
    return METRIC_LABELS.get(name, name.replace("_", " "))


def percent() -> FuncFormatter:
    """Return a formatter of shares in percent, with no digit that says nothing.

    >>> percent()(0.3, 0), percent()(0.875, 0)
    ('30', '87.5')
    """
    return FuncFormatter(lambda x, _: f"{round(100 * x, 6) + 0:g}".replace("-", "\N{MINUS SIGN}"))


def spread(count: int, width: float) -> Float64[np.ndarray, " point"]:
    """Return offsets that keep points apart: an additive recurrence, the same every time."""
    return (np.arange(count) * 0.6180339887 % 1 - 0.5) * width


def shorten(text: str, longest: int = 30) -> str:
    """Return ``text``, cut with an ellipsis to at most ``longest`` characters."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
