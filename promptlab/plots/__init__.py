"""Figures for notebooks, papers and the report: values of records in, a matplotlib Figure out.

Every figure is readable in grey and without colour vision (lightness, hatches and markers carry
the meaning), names its units, and shows intervals where a record has them. Nothing here computes
a result, touches pyplot's current figure, or knows files; save with ``figure.savefig("x.pdf")``.
"""

from promptlab.plots.ablations import ablation_bars, category_heatmap, prompt_count_curves
from promptlab.plots.costs import cost_quality
from promptlab.plots.explanations import explanation_figure
from promptlab.plots.prompts import prompt_map, similarity_distributions
from promptlab.plots.reliability import reliability_diagram
from promptlab.plots.runs import anomaly_gallery, metric_bars, score_distributions
from promptlab.plots.style import METRIC_LABELS, house_style, metric_label
from promptlab.plots.surfaces import fusion_surface, sweep_surface
from promptlab.plots.sweeps import (
    sweep_effects,
    sweep_front,
    sweep_heatmap,
    sweep_history,
    sweep_importances,
)

__all__ = [
    "METRIC_LABELS",
    "ablation_bars",
    "anomaly_gallery",
    "category_heatmap",
    "cost_quality",
    "explanation_figure",
    "fusion_surface",
    "house_style",
    "metric_bars",
    "metric_label",
    "prompt_count_curves",
    "prompt_map",
    "reliability_diagram",
    "score_distributions",
    "similarity_distributions",
    "sweep_effects",
    "sweep_front",
    "sweep_heatmap",
    "sweep_history",
    "sweep_importances",
    "sweep_surface",
]
