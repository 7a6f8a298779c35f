"""Local embeddings from the value path: patches attend by their values, or not at all."""

from dataclasses import dataclass

from aligners.base import ALIGNERS, Aligner, LocalFeatures, LocalView, Requirements
from aligners.tokens import required_for

__all__ = ["ValueAligner"]


@ALIGNERS.register("value")
@dataclass(frozen=True)
class ValueAligner(Aligner):
    """Project value tokens.

    The last blocks' attention gathers global information into every token; without it a token
    keeps speaking of its own place. By default each patch of the last block attends to itself
    only (MaskCLIP, arXiv 2112.01071, section 3.2), which every backbone offers.
    """

    blocks: int | None = None
    """Value-value attention in so many last blocks instead, without their MLPs (CLIP Surgery,
    arXiv 2304.05653, and AnoCLIP, arXiv 2308.15939; 6 there). Vision transformers only."""

    def __post_init__(self) -> None:
        if self.blocks is not None and self.blocks < 1:
            raise ValueError(
                f"value: blocks must be at least 1, but got {self.blocks}; use for example 6, or "
                "leave it out for the last block's value path."
            )

    @property
    def requires(self) -> Requirements:
        """Return which tokens are needed."""
        return required_for(self._kind)

    def align(self, features: LocalFeatures) -> tuple[LocalView, ...]:
        """Return one view: place i is patch i."""
        return (LocalView(features.tokens(self._kind) @ features.projection.mT),)

    @property
    def _kind(self) -> str:
        return "value" if self.blocks is None else f"value:{self.blocks}"
