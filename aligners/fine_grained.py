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

from dataclasses import dataclass, replace
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import normalize

from aligners.base import ALIGNERS, Aligner, LocalFeatures, LocalView, Pool, Requirements
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
    stride: int = 1
    """Windows are so many patches apart: with 2, a quarter of them has to be encoded."""
    local: str = "patch"
    """Which tokens are mapped: patch, value, value:N or gem:N (see `aligners.tokens`)."""
    centre: bool = True
    """Whether the map has an intercept b."""
    prior: Literal["projection", "zero"] = "projection"
    """A0: the backbone's projection, or no prior."""
    scope: Literal["image", "dataset"] = "image"
    """Whether A - A0 is fitted to each image, or once to all unlabelled images together (then the
    mean over images of both terms above is minimised; b stays each image's own). The latter is
    transductive: an image's map depends on which other images are judged."""

    def __post_init__(self) -> None:
        check_scales(self.scales)
        required_for(self.local)
        if self.stride < 1:
            raise ValueError(
                f"fine_grained: stride must be at least 1, but got {self.stride}; 1 takes all "
                "windows, 2 a quarter of them."
            )
        if not self.ridge > 0:
            raise ValueError(
                f"fine_grained: ridge must be above 0, but got {self.ridge}; "
                "use a small value such as 1e-6 to follow the windows closely."
            )

    @property
    def requires(self) -> Requirements:
        """Return that windows are needed, and the tokens of the local side."""
        needed = required_for(self.local, window_sides=self.scales)
        return replace(needed, window_stride=self.stride)

    @property
    def transductive(self) -> bool:
        """Return whether all images are fitted together."""
        return self.scope == "dataset"

    def fit(self, pool: Pool) -> Aligner:
        """Return the aligner with the map that fits all images of the pool.

        Raises:
            ValueError: when the pool is empty.
        """
        if not self.transductive:
            return self
        left: Tensor | float = 0.0
        right: Tensor | float = 0.0
        penalties, images = 0.0, 0
        for features in pool():
            fit = self.pose(features)
            left = left + (fit.means.mT @ fit.means).sum(0)
            right = right + (fit.residuals.mT @ fit.means).sum(0)
            penalties += float(fit.penalty(self.ridge).sum())
            images += len(fit.means)
        if not isinstance(left, Tensor) or not isinstance(right, Tensor):
            raise ValueError("fine_grained: fitting needs at least one image, but got none.")
        eye = torch.eye(len(left), dtype=left.dtype, device=left.device)
        factor = torch.linalg.cholesky((left + penalties * eye) / images)
        return _SharedMap(self, torch.cholesky_solve(right.mT / images, factor).mT)

    def align(self, features: LocalFeatures) -> tuple[LocalView, ...]:
        """Return one view: place i is patch i.

        Raises:
            ValueError: when the scope is the data set and nothing was fitted.
        """
        if self.transductive:
            raise ValueError(
                "fine_grained: with scope 'dataset' all images must be seen first, but `align` "
                "was called before `fit`; call `align` on what `fit` returns."
            )
        fit = self.pose(features)
        gram = fit.means @ fit.means.mT
        eye = torch.eye(gram.shape[-1], dtype=gram.dtype, device=gram.device)
        # Cholesky: batched torch.linalg.solve was seen to fail inside a CPU maths library.
        factor = torch.linalg.cholesky(gram + fit.penalty(self.ridge)[:, None, None] * eye)
        change = (fit.tokens @ fit.means.mT) @ torch.cholesky_solve(fit.residuals, factor)
        return (LocalView((fit.base + change).to(features.patch_tokens)),)

    def pose(self, features: LocalFeatures) -> "_Fit":
        """Return the least-squares problem of each image."""
        chosen = [features.windows_of(side) for side in self.scales]
        members = _exact(torch.cat([windows.members for windows in chosen]))
        embeddings = torch.cat([windows.embeddings for windows in chosen], dim=1)
        return _pose(
            _exact(features.tokens(self.local)),
            members / members.sum(1, keepdim=True),
            normalize(_exact(embeddings), dim=-1),
            projection=_exact(features.projection) * (self.prior == "projection"),
            centre=self.centre,
        )


@dataclass(frozen=True)
class _SharedMap(Aligner):
    """What `FineGrainedAligner.fit` returns: one change of the projection for all images."""

    parent: FineGrainedAligner
    change: Float[Tensor, "dim channel"]

    @property
    def requires(self) -> Requirements:
        """Return what the aligner that was fitted requires."""
        return self.parent.requires

    def align(self, features: LocalFeatures) -> tuple[LocalView, ...]:
        """Return one view: place i is patch i."""
        fit = self.parent.pose(features)
        aligned = fit.base + fit.tokens @ self.change.mT
        return (LocalView(aligned.to(features.patch_tokens)),)


@dataclass(frozen=True)
class _Fit:
    """The least-squares problem of each image, with b already taken out."""

    tokens: Float[Tensor, "batch patch channel"]
    base: Float[Tensor, "batch patch dim"]
    """A0 tokens + b."""
    means: Float[Tensor, "batch window channel"]
    """L: the mean token of each window."""
    residuals: Float[Tensor, "batch window dim"]
    """R: what A - A0 must add to the means."""
    square: Float[Tensor, " batch"]
    """Mean square of the means before centring."""

    def penalty(self, ridge: float) -> Float[Tensor, " batch"]:
        """Return lambda: the ridge times the mean diagonal of K, and never quite 0."""
        spread = self.means.square().sum(-1).mean(-1)
        least = (_FLOOR * self.square).clamp_min(torch.finfo(spread.dtype).tiny)
        return (ridge * spread).maximum(least)


def _exact(values: Tensor) -> Tensor:
    """Return float64 values, on the CPU where the device has no float64 (the solve is small)."""
    return (values.cpu() if values.device.type == "mps" else values).double()


def _pose(
    tokens: Float[Tensor, "batch patch channel"],
    averaging: Float[Tensor, "window patch"],
    targets: Float[Tensor, "batch window dim"],
    *,
    projection: Float[Tensor, "dim channel"],
    centre: bool,
) -> _Fit:
    base = tokens @ projection.mT
    scale = base.norm(dim=-1).mean(-1)[:, None, None]
    base = torch.where(scale > 0, base / scale, base)
    means, residuals = averaging @ tokens, targets - averaging @ base
    square = means.square().sum(-1).mean(-1)
    if centre:
        token_offset, residual_offset = means.mean(1, True), residuals.mean(1, True)
        tokens, means = tokens - token_offset, means - token_offset
        base, residuals = base + residual_offset, residuals - residual_offset
    return _Fit(tokens, base, means, residuals, square)
