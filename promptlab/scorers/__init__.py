"""Scorers turn similarities to prompts into an anomaly probability and a weight per prompt.

Importing this package registers every scorer that ships.
"""

from promptlab.scorers import contextual, contextual_rank, max_, mean, softmax
from promptlab.scorers.base import SCORERS

__all__ = ["SCORERS", "contextual", "contextual_rank", "max_", "mean", "softmax"]
