"""The best prompt of each state decides."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from promptlab.scorers.base import SCORERS, PromptWeights, Scorer, Similarities
from promptlab.scorers.mean import equal_weights

__all__ = ["MaxScorer"]


@SCORERS.register("max")
@dataclass(frozen=True)
class MaxScorer(Scorer):
    """Compare the most similar abnormal prompt with the most similar normal one.

    Every prompt stays in the running, so each place of an image has its own best two.
    """

    def weigh(self, similarities: Similarities) -> PromptWeights:
        """Return equal weights."""
        return equal_weights(similarities)

    def score(self, similarities: Similarities, weights: PromptWeights) -> Float[Tensor, "*lead"]:
        """Return the softmax over the two best similarities among prompts of positive weight."""
        normal = similarities.normal.where(weights.normal > 0, -torch.inf).amax(-1)
        abnormal = similarities.abnormal.where(weights.abnormal > 0, -torch.inf).amax(-1)
        return torch.sigmoid(similarities.logit_scale * (abnormal - normal))
