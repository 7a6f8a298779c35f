"""From stem features to patch tokens: one token per 16 x 16 pixels, all of it frozen.

A token holds what its patch looks like at three scales (standardised and reduced by a principal
component analysis that was fitted once, on generated images) and how unlike the rest of its own
image it is at each scale. Nothing here is trained by gradient, and nothing knows of text.
"""

from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from promptlab.backbones.lite.stem import StemFeatures
from promptlab.largest import largest

__all__ = ["RAW_CHANNELS", "SCALES", "TokenBuilder", "gather_raw"]

SCALES = ((0, 72), (72, 232), (232, 344))
"""Channel ranges of strides 4, 8 and 16 in the raw features."""
RAW_CHANNELS = 344
DEVIATION_FLOOR = 0.05
CLIP = 8.0


def gather_raw(features: StemFeatures) -> Float[Tensor, "batch patch 344"]:
    """Put all features of a 16 x 16 patch into one vector.

    Stride 4: mean, maximum and minimum over the 4 x 4 positions; stride 8: the 2 x 2 positions
    side by side; stride 16 as it is.
    """
    fine, middle, coarse = features
    batch, _, rows, cols = coarse.shape
    pooled = (
        functional.avg_pool2d(fine, 4),
        functional.max_pool2d(fine, 4),
        -functional.max_pool2d(-fine, 4),
    )
    # The stem's memory holds channels side by side; so do tokens, and nothing is turned round.
    cells = middle.permute(0, 2, 3, 1).reshape(batch, rows, 2, cols, 2, 40)
    unfolded = cells.permute(0, 1, 3, 5, 2, 4).reshape(batch, rows, cols, 160)
    mean, greatest, least, deep = (each.permute(0, 2, 3, 1) for each in (*pooled, coarse))
    return torch.cat([mean, greatest, least, unfolded, deep], dim=-1).flatten(1, 2)


@final
class TokenBuilder(nn.Module):
    """Standardise, reduce to ``components`` channels, append six self-similarity channels."""

    mean: Tensor
    deviation: Tensor
    basis: Tensor

    def __init__(self, components: int) -> None:
        super().__init__()
        self.components = components
        self.register_buffer("mean", torch.zeros(RAW_CHANNELS))
        self.register_buffer("deviation", torch.ones(RAW_CHANNELS))
        self.register_buffer("basis", torch.zeros(RAW_CHANNELS, components))

    @property
    def channels(self) -> int:
        """How many channels a token has."""
        return self.components + 2 * len(SCALES)

    def fit(self, raw: Float[Tensor, "sample 344"]) -> None:
        """Set mean, deviation and basis from a sample of raw patch features.

        The basis is the leading principal components, divided by the average of each component's
        own deviation and the mean deviation: half-way between plain and whitened, so that faint
        components count for more without amplifying noise to full strength.
        """
        self.mean.copy_(raw.mean(0))
        self.deviation.copy_(raw.std(0) + DEVIATION_FLOOR)
        standard = self._standardise(raw).double()
        variance, vectors = torch.linalg.eigh(standard.T @ standard / len(standard))
        variance = variance.flip(0)[: self.components]
        vectors = vectors.flip(1)[:, : self.components]
        # The sign of an eigenvector is arbitrary; fixing it keeps the fit reproducible.
        largest = vectors.abs().argmax(0, keepdim=True)
        vectors = vectors * vectors.gather(0, largest).sign()
        spread = variance.clamp_min(0).sqrt()
        self.basis.copy_(vectors / (0.5 * spread + 0.5 * spread.mean()))

    def _standardise(self, raw: Tensor) -> Tensor:
        return ((raw - self.mean) / self.deviation).clamp(-CLIP, CLIP)

    def forward(self, raw: Float[Tensor, "batch patch 344"]) -> Float[Tensor, "batch patch token"]:
        """Return the tokens of images whose raw features are given."""
        standard = self._standardise(raw)
        novelty = [
            channel
            for start, stop in SCALES
            for channel in measure_novelty(standard[..., start:stop])
        ]
        return torch.cat([standard @ self.basis, torch.stack(novelty, dim=-1)], dim=-1)


def measure_novelty(
    features: Float[Tensor, "batch patch channel"],
) -> tuple[Float[Tensor, "batch patch"], Float[Tensor, "batch patch"]]:
    """Return how unlike the rest of its image each patch is, raw and standardised in the image.

    Novelty is one minus the mean cosine to the most similar 1/40 of the other patches (at least
    four), after most of the image's mean is taken away. A prompt-free cue in the spirit of
    MuSc (Li et al., ICLR 2024), within one image.
    """
    patches = features.shape[1]
    centred = functional.normalize(features - 0.7 * features.mean(1, keepdim=True), dim=-1)
    similarity = centred @ centred.transpose(1, 2)
    similarity.diagonal(dim1=1, dim2=2).fill_(-1)
    nearest = min(max(4, patches // 40), patches - 1)
    novelty = 1 - largest(similarity, nearest).mean(-1)
    median = novelty.median(1, keepdim=True).values
    spread = novelty.std(1, keepdim=True) + 0.02
    return 4 * novelty, (0.5 * (novelty - median) / spread).clamp(-4, 4)
