"""WinCLIP's scorer: the mean text embedding of each state, renormalised, against each other."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import embedding_bag

from promptlab.scorers.base import SCORERS, PromptWeights, Scorer, Similarities

__all__ = ["MeanScorer", "equal_weights", "pooled_probability"]


def equal_weights(similarities: Similarities) -> PromptWeights:
    """Return the weights that treat all prompts of a state alike."""
    normal, abnormal = similarities.normal, similarities.abnormal
    return PromptWeights(
        torch.full_like(normal, 1 / normal.shape[-1]),
        torch.full_like(abnormal, 1 / abnormal.shape[-1]),
    )


def pooled_probability(
    similarities: Similarities, weights: PromptWeights
) -> Float[Tensor, "*lead"]:
    """Return the softmax over the similarities to each state's weighted mean text embedding.

    With unit text embeddings t_i the cosine to their weighted mean is
    sum_i w_i z_i / sqrt(w' G w), so the embeddings themselves are not needed.
    """
    normal = _pool(similarities.normal, weights.normal, similarities.normal_gram)
    abnormal = _pool(similarities.abnormal, weights.abnormal, similarities.abnormal_gram)
    return torch.sigmoid(similarities.logit_scale * (abnormal - normal))


def _pool(
    similarities: Float[Tensor, "*#lead prompt"],
    weights: Float[Tensor, "*#lead prompt"],
    gram: Float[Tensor, "prompt prompt"],
) -> Float[Tensor, "*lead"]:
    length = ((weights @ gram) * weights).sum(-1).clamp_min(1e-12).sqrt()
    if similarities.ndim > 2 and weights.shape[:-1] == (*similarities.shape[:-2], 1):
        # All places of an image share its weights: one pass, without a product as large again.
        return _shared_sum(similarities.mT, weights[..., 0, :]) / length
    return (similarities * weights).sum(-1) / length


def _shared_sum(
    similarities: Float[Tensor, "*lead prompt place"], weights: Float[Tensor, "*lead prompt"]
) -> Float[Tensor, "*lead place"]:
    """Return the weighted sum over prompts; what has no weight is not even read.

    That needs each prompt's similarities side by side, as `promptlab.evidence.collect` keeps them.
    """
    image_and_prompt = weights.nonzero(as_tuple=True)
    by_prompt = similarities.ndim == 3 and similarities.is_contiguous()
    if not by_prompt or len(image_and_prompt[0]) in (0, weights.numel()):
        return (weights[..., None, :] @ similarities)[..., 0, :]
    image, prompt = image_and_prompt
    return embedding_bag(
        image * weights.shape[-1] + prompt,
        similarities.flatten(0, 1),
        offsets=torch.searchsorted(image, torch.arange(len(weights), device=image.device)),
        per_sample_weights=weights[image_and_prompt],
        mode="sum",
    )


@SCORERS.register("mean")
@dataclass(frozen=True)
class MeanScorer(Scorer):
    """Compare with the renormalised mean text embedding of each state (WinCLIP, section 4.1)."""

    ignores_unweighted: ClassVar[bool] = True

    def weigh(self, similarities: Similarities) -> PromptWeights:
        """Return equal weights."""
        return equal_weights(similarities)

    def score(self, similarities: Similarities, weights: PromptWeights) -> Float[Tensor, "*lead"]:
        """Return the probability of the abnormal one of the two weighted means."""
        return pooled_probability(similarities, weights)
