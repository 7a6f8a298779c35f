"""Figures for notebooks, papers and the report: values of records in, a matplotlib Figure out.

Every figure is readable in grey and without colour vision (lightness, hatches and markers carry
the meaning), names its units, and shows intervals where a record has them. Nothing here computes
a result, touches pyplot's current figure, or knows files; save with ``figure.savefig("x.pdf")``.
"""

from promptlab.plots.explanations import explanation_figure
from promptlab.plots.runs import anomaly_gallery, metric_bars, score_distributions
from promptlab.plots.style import METRIC_LABELS, house_style, metric_label
from promptlab.plots.sweeps import (
    sweep_effects,
    sweep_front,
    sweep_heatmap,
    sweep_history,
    sweep_importances,
)

__all__ = [
    "METRIC_LABELS",
    "anomaly_gallery",
    "explanation_figure",
    "house_style",
    "metric_bars",
    "metric_label",
    "score_distributions",
    "sweep_effects",
    "sweep_front",
    "sweep_heatmap",
    "sweep_history",
    "sweep_importances",
]
