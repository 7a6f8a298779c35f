"""All prompts in one softmax; the abnormal ones' mass is the score."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from promptlab.scorers.base import SCORERS, PromptWeights, Scorer, Similarities
from promptlab.scorers.mean import equal_weights

__all__ = ["SoftmaxScorer"]


@SCORERS.register("softmax")
@dataclass(frozen=True)
class SoftmaxScorer(Scorer):
    """Give each prompt its share of one softmax and add up the abnormal prompts' shares.

    By default this is the plain softmax, a log-sum-exp per state: a state with twice as many
    prompts starts with twice the mass. With `balanced` it is a log-mean-exp per state, and the
    numbers of prompts do not matter.
    """

    balanced: bool = False

    def weigh(self, similarities: Similarities) -> PromptWeights:
        """Return equal weights."""
        return equal_weights(similarities)

    def score(self, similarities: Similarities, weights: PromptWeights) -> Float[Tensor, "*lead"]:
        """Return the abnormal prompts' mass, each prompt's exponential times its weight."""
        scale = similarities.logit_scale
        normal = torch.logsumexp(scale * similarities.normal + weights.normal.log(), -1)
        abnormal = torch.logsumexp(scale * similarities.abnormal + weights.abnormal.log(), -1)
        counts = similarities.abnormal.shape[-1] / similarities.normal.shape[-1]
        return torch.sigmoid(abnormal - normal + (0.0 if self.balanced else math.log(counts)))
