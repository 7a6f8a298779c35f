"""WinCLIP's local embeddings: each window of patches is encoded on its own."""

from dataclasses import dataclass

from aligners.base import ALIGNERS, Aligner, LocalFeatures, LocalView, Requirements
from aligners.windows import check_scales

__all__ = ["WindowAligner"]


@ALIGNERS.register("window")
@dataclass(frozen=True)
class WindowAligner(Aligner):
    """Score windows of several sides; a patch gets the harmonic mean of those that cover it.

    WinCLIP (Jeong et al., CVPR 2023, section 4.2; sides 2 and 3). Its maps of the two scales and
    its image score are joined by whoever fuses maps, not here.
    """

    scales: tuple[int, ...] = (2, 3)
    """Window sides, in patches."""

    def __post_init__(self) -> None:
        check_scales(self.scales)

    @property
    def requires(self) -> Requirements:
        """Return that windows of every scale are needed."""
        return Requirements(window_sides=self.scales)

    def align(self, features: LocalFeatures) -> tuple[LocalView, ...]:
        """Return one view per scale: place i is window i."""
        chosen = (features.windows_of(side) for side in self.scales)
        return tuple(
            LocalView(windows.embeddings, members=windows.members, mean="harmonic")
            for windows in chosen
        )
