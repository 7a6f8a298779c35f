"""Why one image got its score: prompts kept and dropped, and what carries each region of the map.

Draws no figure (see `promptlab.plots.explanation_figure`) and knows no label.
"""

from promptlab.explain.build import explain_image
from promptlab.explain.explanation import Carrier, Explanation, PromptEvidence, Region

__all__ = ["Carrier", "Explanation", "PromptEvidence", "Region", "explain_image"]
