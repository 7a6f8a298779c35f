"""Local embeddings from the value path: in the last block each patch attends to itself only."""

from dataclasses import dataclass

from aligners.base import ALIGNERS, Aligner, LocalFeatures, LocalView, Requirements

__all__ = ["ValueAligner"]


@ALIGNERS.register("value")
@dataclass(frozen=True)
class ValueAligner(Aligner):
    """Project value tokens (MaskCLIP, arXiv 2112.01071, section 3.2).

    The last block's attention gathers global information into every token; without it a token
    keeps speaking of its own place.
    """

    @property
    def requires(self) -> Requirements:
        """Return that value tokens are needed."""
        return Requirements(value_tokens=True)

    def align(self, features: LocalFeatures) -> tuple[LocalView, ...]:
        """Return one view: place i is patch i."""
        return (LocalView(features.tokens("value") @ features.projection.mT),)
