"""Our reading of ALFA's contextual scoring: each image keeps the prompts that speak of it.

ALFA (arXiv 2404.09654) says that prompts are adapted to each image and that cross-semantic
ambiguity is removed; its equations were not available to us. The three modes here are our reading
of that abstract, so no number of theirs is an ALFA score. Relatives that also choose or weigh
prompts, by other means: CLIP-AD (representative vectors), FADE and AnoCLIP (prompt ensembles),
FiLo++ (fine-grained descriptions by a language model), MuSc (no text: mutual scoring of images).
"""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn.functional import logsigmoid

from promptlab.errors import ConfigError
from promptlab.largest import largest
from promptlab.scorers.base import SCORERS, PromptWeights, Scorer, Similarities
from promptlab.scorers.mean import pooled_probability

__all__ = ["ContextualScorer"]


@SCORERS.register("contextual")
@dataclass(frozen=True)
class ContextualScorer(Scorer):
    """Weigh prompts by what this image shows, then compare the states' weighted means.

    - ``relevance``: keep the `share` of each state's prompts that are most similar to the image,
      at least `keep`, and those that tie with the last one kept. A share of 1 is `mean`.
    - ``overlap_hard``: the overlap band is [max of both states' minima, min of both maxima];
      prompts inside it speak for neither state and are dropped, but each state keeps at least
      the `keep` farthest from the band's centre. No band, no change.
    - ``overlap_soft``: weights are a logistic in the signed distance to the band's nearest edge
      (inside is negative), in units of `temperature` times the range of all similarities.
    """

    mode: Literal["relevance", "overlap_hard", "overlap_soft"] = "relevance"
    share: float = 0.25
    keep: int = 4
    temperature: float = 0.1

    ignores_unweighted: ClassVar[bool] = True

    def __post_init__(self) -> None:
        rules = (
            ("share", 0 < self.share <= 1, "above 0 and at most 1"),
            ("keep", self.keep >= 1, "at least 1"),
            ("temperature", 0 < self.temperature < math.inf, "above 0 and finite"),
        )
        for name, holds, rule in rules:
            if not holds:
                default = type(self).__dataclass_fields__[name].default
                raise ConfigError(
                    f"scorer contextual: {name} must be {rule}, but got {getattr(self, name)}; "
                    f"the default is {default}."
                )

    @property
    def rule(self) -> str:
        """Say what the mode keeps and drops."""
        if self.mode == "relevance":
            return (
                f"Keep the {100 * self.share:g} % of each state's prompts that are most similar to "
                f"this image (at least {self.keep}); drop the others."
            )
        band = "the overlap band, the similarities that normal and abnormal prompts both reach"
        if self.mode == "overlap_hard":
            return (
                f"Drop prompts inside {band}; keep at least the {self.keep} per state that lie "
                "farthest from its centre."
            )
        return f"Weigh a prompt the less, the deeper it lies in {band}; drop none."

    def weigh(self, similarities: Similarities) -> PromptWeights:
        """Return each state's weights in the context of these similarities."""
        normal, abnormal = similarities.normal, similarities.abnormal
        if self.mode == "relevance":
            return PromptWeights(
                _share_equally(self._relevant(normal), normal),
                _share_equally(self._relevant(abnormal), abnormal),
            )
        low = normal.amin(-1, keepdim=True).maximum(abnormal.amin(-1, keepdim=True))
        high = normal.amax(-1, keepdim=True).minimum(abnormal.amax(-1, keepdim=True))
        if self.mode == "overlap_hard":
            return PromptWeights(
                _share_equally(self._outside(normal, low, high), normal),
                _share_equally(self._outside(abnormal, low, high), abnormal),
            )
        both = torch.cat([normal, abnormal], -1)
        unit = self.temperature * (both.amax(-1, keepdim=True) - both.amin(-1, keepdim=True))
        return PromptWeights(_soften(normal, low, high, unit), _soften(abnormal, low, high, unit))

    def score(self, similarities: Similarities, weights: PromptWeights) -> Float[Tensor, "*lead"]:
        """Return the probability of the abnormal one of the two weighted means."""
        return pooled_probability(similarities, weights)

    def _relevant(
        self, similarities: Float[Tensor, "*lead prompt"]
    ) -> Bool[Tensor, "*lead prompt"]:
        # 0.1 * 30 is a little more than 3 in floating point, and its ceiling must still be 3.
        wanted = math.ceil(self.share * similarities.shape[-1] - 1e-9)
        return _largest(similarities, max(self.keep, wanted))

    def _outside(
        self,
        similarities: Float[Tensor, "*lead prompt"],
        low: Float[Tensor, "*lead 1"],
        high: Float[Tensor, "*lead 1"],
    ) -> Bool[Tensor, "*lead prompt"]:
        outside = (similarities < low) | (similarities > high) | (low > high)
        return outside | _largest((similarities - (low + high) / 2).abs(), self.keep)


def _largest(values: Float[Tensor, "*lead prompt"], count: int) -> Bool[Tensor, "*lead prompt"]:
    """Mark the ``count`` largest values and those equal to the last of them."""
    return values >= largest(values, min(count, values.shape[-1]))[..., :1]


def _share_equally(
    kept: Bool[Tensor, "*lead prompt"], similarities: Float[Tensor, "*lead prompt"]
) -> Float[Tensor, "*lead prompt"]:
    return kept.to(similarities.dtype) / kept.sum(-1, keepdim=True)


def _soften(
    similarities: Float[Tensor, "*lead prompt"],
    low: Float[Tensor, "*lead 1"],
    high: Float[Tensor, "*lead 1"],
    unit: Float[Tensor, "*lead 1"],
) -> Float[Tensor, "*lead prompt"]:
    """Return logistic weights that add up to one, equal where there is no band."""
    distance = (similarities - (low + high) / 2).abs() - (high - low) / 2
    distance = distance.where(low <= high, 0.0)
    steps = distance / unit.clamp_min(torch.finfo(unit.dtype).tiny)
    # In logarithms: all prompts of a state may lie so deep in the band that every weight is 0.
    return torch.softmax(logsigmoid(steps), dim=-1)
