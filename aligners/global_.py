"""No localisation: the baseline that shows what a map adds."""

from dataclasses import dataclass

from aligners.base import ALIGNERS, Aligner, LocalFeatures, LocalView

__all__ = ["GlobalAligner"]


@ALIGNERS.register("global")
@dataclass(frozen=True)
class GlobalAligner(Aligner):
    """Give every patch the embedding of the whole image, so that the map is constant."""

    def align(self, features: LocalFeatures) -> tuple[LocalView, ...]:
        """Return one view: place i is patch i."""
        rows, columns = features.grid
        return (LocalView(features.global_embedding[:, None].repeat(1, rows * columns, 1)),)
