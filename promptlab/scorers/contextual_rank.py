"""Contextual weights from ranks: free of any similarity scale. Ours; no paper's formula."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from promptlab.scorers.base import SCORERS, PromptWeights, Scorer, Similarities
from promptlab.scorers.mean import pooled_probability

__all__ = ["ContextualRankScorer"]


@SCORERS.register("contextual_rank")
@dataclass(frozen=True)
class ContextualRankScorer(Scorer):
    """Weigh a prompt by how clearly this image ranks it among the opposite state's prompts.

    The weight is |2 r - 1|, r being the share of opposite prompts it beats (a tie counts half):
    1 when it beats all or none, 0 when it beats half. If all of a state's weights are 0, all its
    prompts count alike. Ours, like `contextual`.
    """

    ignores_unweighted: ClassVar[bool] = True

    @property
    def rule(self) -> str:
        """Say when a prompt counts much and when it is dropped."""
        return (
            "Weigh a prompt by how far this image ranks it from the middle of the other state's "
            "prompts; drop one that beats exactly half of them."
        )

    def weigh(self, similarities: Similarities) -> PromptWeights:
        """Return each state's weights in the context of these similarities."""
        normal, abnormal = similarities.normal, similarities.abnormal
        return PromptWeights(_weigh(normal, abnormal), _weigh(abnormal, normal))

    def score(self, similarities: Similarities, weights: PromptWeights) -> Float[Tensor, "*lead"]:
        """Return the probability of the abnormal one of the two weighted means."""
        return pooled_probability(similarities, weights)


def _weigh(
    own: Float[Tensor, "*lead prompt"], opposite: Float[Tensor, "*lead other"]
) -> Float[Tensor, "*lead prompt"]:
    ordered, own = opposite.contiguous().sort(-1).values, own.contiguous()
    below = torch.searchsorted(ordered, own)
    not_above = torch.searchsorted(ordered, own, right=True)
    # 2 r - 1 in whole numbers, so that beating exactly half gives exactly 0.
    balance = (below + not_above - opposite.shape[-1]).abs().to(own.dtype)
    total = balance.sum(-1, keepdim=True)
    return torch.where(total > 0, balance / total.clamp_min(1), 1 / own.shape[-1])
