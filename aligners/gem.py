"""Local embeddings from self-self attention: queries, keys and values group patches alike."""

from dataclasses import dataclass

from aligners.base import ALIGNERS, Aligner, LocalFeatures, LocalView, Requirements
from aligners.tokens import required_for

__all__ = ["GemAligner"]


@ALIGNERS.register("gem")
@dataclass(frozen=True)
class GemAligner(Aligner):
    """Project tokens of self-self attention (GEM, arXiv 2312.00878; FADE's patch tokens).

    Vision transformers only; `lite` refuses.
    """

    blocks: int = 6
    """Last blocks that take part; GEM's published code uses 6."""

    def __post_init__(self) -> None:
        if self.blocks < 1:
            raise ValueError(
                f"gem: blocks must be at least 1, but got {self.blocks}; the default is 6."
            )

    @property
    def requires(self) -> Requirements:
        """Return which tokens are needed."""
        return required_for(f"gem:{self.blocks}")

    def align(self, features: LocalFeatures) -> tuple[LocalView, ...]:
        """Return one view: place i is patch i."""
        return (LocalView(features.tokens(f"gem:{self.blocks}") @ features.projection.mT),)
