"""The plainest local embeddings: patch tokens through the backbone's own projection."""

from dataclasses import dataclass

from aligners.base import ALIGNERS, Aligner, LocalFeatures, LocalView

__all__ = ["PatchAligner"]


@ALIGNERS.register("patch")
@dataclass(frozen=True)
class PatchAligner(Aligner):
    """Project every patch token as the backbone projects its cls token.

    Contrastive training never asked this of patch tokens; in CLIP-like models the map is often
    inverted. Kept as the baseline that the others must beat.
    """

    def align(self, features: LocalFeatures) -> tuple[LocalView, ...]:
        """Return one view: place i is patch i."""
        return (LocalView(features.patch_tokens @ features.projection.mT),)
