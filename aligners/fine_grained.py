"""Our reading of ALFA's fine-grained aligner: carry the global alignment over to patches.

For one image take windows w with embeddings g_w in the joint space (which the backbone aligned
with text) and mean tokens l_w. The linear map from tokens to the joint space that stays closest
to the backbone's own projection A0 is

    A, b = argmin  sum_w |A l_w + b - g_w|^2 + lambda |A - A0|^2

(b = 0 without centring). With R = g - A0 l and L, both centred over the windows, its closed form
in the dual is A = A0 + R (K + lambda I)^-1 L', K = L' L: one solve with a window-by-window matrix,
and A itself (dim by channel, per image) is never formed. ALFA (arXiv 2404.09654) names the idea;
these equations are our reading of its abstract, so no number of theirs is an ALFA score. Relatives
that mend local embeddings inside the backbone instead: AnoCLIP (value path), FADE (self-self
attention), CLIP-AD (features of several stages), FiLo++ (trained on other defects); MuSc compares
patches of images with one another and needs no text.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import normalize

from aligners.base import ALIGNERS, Aligner, LocalFeatures, LocalView, Requirements
from aligners.tokens import required_for
from aligners.windows import check_scales

__all__ = ["FineGrainedAligner"]

_FLOOR = 1e-10
"""Least ridge, relative to the tokens' mean square: a blank image has no spread to fit."""


@ALIGNERS.register("fine_grained")
@dataclass(frozen=True)
class FineGrainedAligner(Aligner):
    """Fit tokens to window embeddings per image, starting from the backbone's projection."""

    ridge: float = 1.0
    """Lambda relative to the mean diagonal of K. Towards infinity: `patch`; towards 0: windows."""
    scales: tuple[int, ...] = (2,)
    """Window sides, in patches; windows of all scales are fitted together."""
    local: str = "patch"
    """Which tokens are mapped: patch, value, value:N or gem:N (see `aligners.tokens`)."""
    centre: bool = True
    """Whether the map has an intercept b."""
    prior: Literal["projection", "zero"] = "projection"
    """A0: the backbone's projection, or no prior."""

    def __post_init__(self) -> None:
        check_scales(self.scales)
        required_for(self.local)
        if not self.ridge > 0:
            raise ValueError(
                f"fine_grained: ridge must be above 0, but got {self.ridge}; "
                "use a small value such as 1e-6 to follow the windows closely."
            )

    @property
    def requires(self) -> Requirements:
        """Return that windows are needed, and the tokens of the local side."""
        return required_for(self.local, window_sides=self.scales)

    def align(self, features: LocalFeatures) -> tuple[LocalView, ...]:
        """Return one view: place i is patch i."""
        tokens = features.tokens(self.local)
        chosen = [features.windows_of(side) for side in self.scales]
        members = torch.cat([windows.members for windows in chosen])
        embeddings = torch.cat([windows.embeddings for windows in chosen], dim=1)
        aligned = _align(
            _exact(tokens),
            _exact(members) / _exact(members).sum(1, keepdim=True),
            normalize(_exact(embeddings), dim=-1),
            projection=_exact(features.projection) * (self.prior == "projection"),
            ridge=self.ridge,
            centre=self.centre,
        )
        return (LocalView(aligned.to(tokens)),)


def _exact(values: Tensor) -> Tensor:
    """Return float64 values, on the CPU where the device has no float64 (the solve is small)."""
    return (values.cpu() if values.device.type == "mps" else values).double()


def _align(
    tokens: Float[Tensor, "batch patch channel"],
    averaging: Float[Tensor, "window patch"],
    targets: Float[Tensor, "batch window dim"],
    *,
    projection: Float[Tensor, "dim channel"],
    ridge: float,
    centre: bool,
) -> Float[Tensor, "batch patch dim"]:
    """Return A tokens + b, with A and b as in the module docstring, per image."""
    base = tokens @ projection.mT
    scale = base.norm(dim=-1).mean(-1)[:, None, None]
    base = torch.where(scale > 0, base / scale, base)
    means, residuals = averaging @ tokens, targets - averaging @ base
    square = means.square().sum(-1).mean(-1)
    if centre:
        token_offset, residual_offset = means.mean(1, True), residuals.mean(1, True)
        tokens, means = tokens - token_offset, means - token_offset
        base, residuals = base + residual_offset, residuals - residual_offset
    gram = means @ means.mT
    spread = gram.diagonal(dim1=-2, dim2=-1).mean(-1)
    penalty = (ridge * spread).maximum(_FLOOR * square).clamp_min(torch.finfo(gram.dtype).tiny)
    eye = torch.eye(gram.shape[-1], dtype=gram.dtype, device=gram.device)
    # Cholesky: batched torch.linalg.solve was seen to fail inside a CPU maths library.
    factor = torch.linalg.cholesky(gram + penalty[:, None, None] * eye)
    return base + (tokens @ means.mT) @ torch.cholesky_solve(residuals, factor)
