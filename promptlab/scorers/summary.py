"""A few vectors in place of a cloud of prompts, per state (CLIP-AD, arXiv 2311.00453).

Every representative vector here is a weighted sum of the prompts' text embeddings, so its cosine
to anything follows from the prompts' cosines: nothing is encoded again, and summaries work on
images and places alike.
"""

from dataclasses import dataclass, replace
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

from promptlab.scorers.base import PromptWeights, Similarities

__all__ = ["PromptSummary", "SummaryKind", "summarise"]

SummaryKind = Literal["mean", "mean_raw", "medoid", "principal", "kmeans"]

_ROUNDS = 50
"""Most rounds of k-means; a handful is usual for a few hundred prompts."""


@dataclass(frozen=True)
class PromptSummary:
    """How much of each prompt is in each representative vector; the vectors have unit length."""

    normal: Float[Tensor, "vector normal"]
    abnormal: Float[Tensor, "_ abnormal"]

    def apply(self, similarities: Similarities) -> Similarities:
        """Return the similarities to the representative vectors."""
        return replace(
            similarities,
            normal=similarities.normal @ self.normal.T,
            abnormal=similarities.abnormal @ self.abnormal.T,
            normal_gram=self.normal @ similarities.normal_gram @ self.normal.T,
            abnormal_gram=self.abnormal @ similarities.abnormal_gram @ self.abnormal.T,
        )

    def spread(self, weights: PromptWeights) -> PromptWeights:
        """Return the prompts' weights that the vectors' weights amount to."""
        return PromptWeights(
            _spread(weights.normal, self.normal), _spread(weights.abnormal, self.abnormal)
        )


def summarise(
    similarities: Similarities,
    kind: SummaryKind,
    *,
    centres: int = 4,
    lengths: tuple[Float[Tensor, " normal"], Float[Tensor, " abnormal"]] | None = None,
) -> PromptSummary:
    """Reduce each state's prompts to representative vectors; no image takes part.

    - ``mean``: the mean text embedding (WinCLIP's prompt ensemble).
    - ``mean_raw``: the mean before text embeddings are brought to unit length, as anomalib and
      Accurate-WinCLIP compute it; prompts with long embeddings count more.
    - ``medoid``: the prompt that is most similar to all.
    - ``principal``: the direction with the largest sum of squared similarities (uncentred).
    - ``kmeans``: the ``centres`` centres of spherical k-means, started from the medoid and then
      always the prompt farthest from those taken; fewer where fewer have members.

    Args:
        similarities: whose Gram matrices describe the prompts.
        kind: one of the above.
        centres: for ``kmeans``.
        lengths: of the raw text embeddings, for ``mean_raw``; None: all alike.
    """
    grams = (similarities.normal_gram, similarities.abnormal_gram)
    made = []
    for gram, length in zip(grams, lengths or (None, None), strict=True):
        chosen = _combine(gram, kind, centres, length)
        made.append(
            chosen / ((chosen @ gram) * chosen).sum(-1, keepdim=True).clamp_min(1e-12).sqrt()
        )
    return PromptSummary(made[0], made[1])


def _combine(
    gram: Float[Tensor, "prompt prompt"],
    kind: SummaryKind,
    centres: int,
    length: Float[Tensor, " prompt"] | None,
) -> Float[Tensor, "vector prompt"]:
    if kind == "mean_raw" and length is not None:
        return length[None].to(gram)
    if kind in {"mean", "mean_raw"}:
        return torch.ones_like(gram[:1])
    if kind == "medoid":
        return _one_hot(gram.sum(-1).argmax()[None], gram)
    if kind == "principal":
        direction: Tensor = torch.linalg.eigh(gram.double()).eigenvectors[:, -1].to(gram)
        return (direction * torch.where((gram @ direction).sum() < 0, -1, 1))[None]
    return _cluster(gram, min(centres, len(gram)))


def _cluster(gram: Float[Tensor, "prompt prompt"], centres: int) -> Float[Tensor, "vector prompt"]:
    """Return the sums of the clusters of spherical k-means."""
    taken = [gram.sum(-1).argmax()]
    while len(taken) < centres:
        taken.append(gram[torch.stack(taken)].amax(0).argmin())
    sums = _one_hot(torch.stack(taken), gram)
    for _ in range(_ROUNDS):
        lengths = ((sums @ gram) * sums).sum(-1, keepdim=True).clamp_min(1e-12).sqrt()
        nearest = (sums @ gram / lengths).argmax(0)
        members = (nearest == torch.arange(len(sums), device=gram.device)[:, None]).to(gram)
        members = members[members.any(-1)]
        if torch.equal(members, sums):
            break
        sums = members
    return sums


def _one_hot(
    places: Int[Tensor, " vector"], gram: Float[Tensor, "prompt prompt"]
) -> Float[Tensor, "vector prompt"]:
    return (torch.arange(gram.shape[-1], device=gram.device) == places[:, None]).to(gram)


def _spread(
    weights: Float[Tensor, "*lead vector"], parts: Float[Tensor, "vector prompt"]
) -> Float[Tensor, "*lead prompt"]:
    # A principal direction may hold a little of a prompt negatively; no weight is below 0.
    spread = weights @ parts.clamp_min(0)
    return spread / spread.sum(-1, keepdim=True)
