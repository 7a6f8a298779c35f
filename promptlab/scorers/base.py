"""What a scorer receives and returns.

A scorer turns the similarities of one embedding (an image or a place of it: leading dimensions
are free) to normal and abnormal prompts into an anomaly probability, and says how much weight
each prompt had. It never sees images, sentences or labels.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from jaxtyping import Bool, Float
from torch import Tensor

from aligners.registry import Registry

__all__ = ["SCORERS", "PromptWeights", "Scorer", "Similarities", "kept"]


@dataclass(frozen=True)
class Similarities:
    """Cosine similarities to each prompt, with what is needed to renormalise their means."""

    normal: Float[Tensor, "*lead normal"]
    abnormal: Float[Tensor, "*lead abnormal"]
    normal_gram: Float[Tensor, "normal normal"]
    """Cosine similarities of the normal prompts to one another."""
    abnormal_gram: Float[Tensor, "abnormal abnormal"]
    logit_scale: float


@dataclass(frozen=True)
class PromptWeights:
    """Non-negative weight of each prompt; each state's weights sum to one."""

    normal: Float[Tensor, "*lead normal"]
    abnormal: Float[Tensor, "*lead abnormal"]


def kept(
    weights: PromptWeights,
) -> tuple[Bool[Tensor, "*lead normal"], Bool[Tensor, "*lead abnormal"]]:
    """Return which normal and which abnormal prompts have any weight; the others were dropped."""
    return weights.normal > 0, weights.abnormal > 0


class Scorer(ABC):
    """Similarities in, anomaly probability in [0, 1] out.

    A subclass is a frozen dataclass whose fields are its parameters. Protocol: `weigh` is called
    on the image's own similarities; `score` is called with the same similarities, and again with
    those of each place under the image's weights (one context per image).
    """

    ignores_unweighted: ClassVar[bool] = False
    """Whether prompts of weight zero change no score: then similarities to a whole pool may be
    scored with weights for a part of it, and nothing has to be copied."""

    @property
    def rule(self) -> str:
        """Say in words what decides a prompt's weight; explanations print it.

        Default: the first sentence of the docstring, so that a plug-in explains itself too.
        """
        sentence, stop, _ = " ".join((type(self).__doc__ or "").split()).partition(". ")
        return sentence + stop.strip()

    @abstractmethod
    def weigh(self, similarities: Similarities) -> PromptWeights:
        """Return how much each prompt counts in this context."""

    @abstractmethod
    def score(self, similarities: Similarities, weights: PromptWeights) -> Float[Tensor, "*lead"]:
        """Return the anomaly probability under the given weights (broadcast over places)."""


SCORERS: Registry[Scorer] = Registry("scorer", entry_point_group="promptlab.scorers")
