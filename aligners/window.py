"""WinCLIP's local embeddings: each window of patches is encoded on its own."""

from dataclasses import dataclass
from typing import Literal

import torch

from aligners.base import ALIGNERS, Aligner, LocalFeatures, LocalView, Requirements
from aligners.windows import check_scales

__all__ = ["WindowAligner"]


@ALIGNERS.register("window")
@dataclass(frozen=True)
class WindowAligner(Aligner):
    """Score windows of several sides; a patch gets the harmonic mean of those that cover it.

    WinCLIP (Jeong et al., CVPR 2023, arXiv 2303.14814, section 4.2): sides 2 and 3 and the whole
    image are three scales, whose maps are joined by a harmonic mean again. So do its public ports
    anomalib and Accurate-WinCLIP.
    """

    scales: tuple[int, ...] = (2, 3)
    """Window sides, in patches."""
    image_scale: bool = True
    """Whether the whole image, by its own embedding, is one more scale."""
    join: Literal["harmonic", "arithmetic"] = "harmonic"
    """How the maps of the scales are joined."""

    def __post_init__(self) -> None:
        check_scales(self.scales)

    @property
    def requires(self) -> Requirements:
        """Return that windows of every scale are needed."""
        return Requirements(window_sides=self.scales)

    def align(self, features: LocalFeatures) -> tuple[LocalView, ...]:
        """Return one view per scale: place i is window i, or the whole image."""
        chosen = [features.windows_of(side) for side in self.scales]
        places = [(windows.embeddings, windows.members) for windows in chosen]
        if self.image_scale:
            patches = features.patch_tokens.shape[1]
            everywhere = torch.ones(1, patches, dtype=torch.bool, device=chosen[0].members.device)
            places.append((features.global_embedding[:, None], everywhere))
        return tuple(
            LocalView(embeddings, members=members, mean="harmonic", join=self.join)
            for embeddings, members in places
        )
