"""One scorer and one aligner that promptlab finds by their entry points (see pyproject.toml)."""

from dataclasses import dataclass

from aligners.base import Aligner, LocalView
from promptlab.scorers.base import PromptWeights, Scorer
from promptlab.scorers.mean import pooled_probability


@dataclass(frozen=True)
class TrimmedScorer(Scorer):
    """Drop each state's most and least similar prompt. The others count alike."""

    def weigh(self, similarities):
        """Return each state's weights in the context of these similarities."""
        return PromptWeights(_trim(similarities.normal), _trim(similarities.abnormal))

    def score(self, similarities, weights):
        """Return the probability of the abnormal one of the two weighted means."""
        return pooled_probability(similarities, weights)


def _trim(similarities):
    ranks = similarities.argsort(-1).argsort(-1)
    last = similarities.shape[-1] - 1
    inner = ((ranks > 0) & (ranks < last)) | (last < 2)
    return inner / inner.sum(-1, keepdim=True)


@dataclass(frozen=True)
class SmoothPatchAligner(Aligner):
    """Mix every patch with the whole image. A large share makes the map calm."""

    share: float = 0.2

    def align(self, features):
        """Return one view: place i is patch i."""
        patches = features.patch_tokens @ features.projection.mT
        whole = patches.mean(1, keepdim=True)
        return (LocalView((1 - self.share) * patches + self.share * whole),)
