"""Mutual evidence: how far each place is from what most other unlabelled images show.

After MuSc (Li et al., ICLR 2024, arXiv 2401.16753): a normal place finds its like in many other
images, a defect in few. Transductive and free of prompts. Knows no text and no scores from text;
who has both joins them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import avg_pool2d, normalize

from aligners.base import LocalFeatures, Requirements, merge_requirements
from aligners.tokens import required_for

__all__ = ["MutualScoring", "PeerBank"]

_PRODUCTS_PER_PASS = 2**24
"""Most cosines held at once (64 MB)."""


@dataclass(frozen=True)
class MutualScoring:
    """How unlabelled images of one category judge one another."""

    tokens: tuple[str, ...] = ("value",)
    """Kinds of patch tokens (see `aligners.tokens`); their distances are averaged. MuSc takes the
    tokens of four stages of a vision transformer."""
    sides: tuple[int, ...] = (1, 3)
    """Tokens are averaged over squares of so many patches a side; distances of all sides are
    averaged (MuSc's LNAMD: 1, 3, 5)."""
    share: float = 0.3
    """A place's distance is the mean over this share of the peers, those with the most similar
    places (MuSc's interval average)."""
    images: int = 100
    """Most peers, evenly spaced among the images; time and memory grow with them (a peer takes 4
    bytes for each channel of each patch, for each kind and side)."""

    def __post_init__(self) -> None:
        if not (self.tokens and self.sides):
            raise ValueError("mutual: tokens and sides must name at least one each.")
        if wrong := [side for side in self.sides if side < 1 or side % 2 == 0]:
            raise ValueError(f"mutual: sides must be odd, such as 1 and 3, but got {wrong[0]}.")
        if not 0 < self.share <= 1:
            raise ValueError(f"mutual: share must be in (0, 1], but got {self.share}.")
        if self.images < 2:
            raise ValueError(f"mutual: images must be at least 2, but got {self.images}.")
        _ = self.requires

    @property
    def requires(self) -> Requirements:
        """Return which tokens are needed."""
        return merge_requirements(map(required_for, self.tokens))

    def choose(self, images: int) -> tuple[int, ...]:
        """Return which of so many images are peers of all: at most `images`, evenly spaced."""
        step = max(1.0, images / self.images)
        return tuple(int(step * index) for index in range(min(images, self.images)))

    def remember(
        self, peers: Iterable[LocalFeatures], *, device: torch.device | str = "cpu"
    ) -> "PeerBank":
        """Return one or more batches of images as peers; they are compared on ``device``.

        Raises:
            ValueError: when they are fewer than two.
        """
        batches = list(zip(*(self.embed(each, device) for each in peers), strict=True))
        entries = tuple(torch.cat(parts) for parts in batches)
        count = len(entries[0]) if entries else 0
        if count < 2:
            raise ValueError(
                f"images that judge one another must be at least 2, but are {count}; set "
                "mutual.weight to 0."
            )
        return PeerBank(self, entries)

    def embed(
        self, features: LocalFeatures, device: torch.device | str
    ) -> tuple[Float[Tensor, "batch patch _channel"], ...]:
        """Return tokens of unit length for every kind and side."""
        return tuple(
            normalize(_smooth(features.tokens(kind).to(device), features.grid, side), dim=-1)
            for kind, side in self._kinds
        )

    @property
    def _kinds(self) -> list[tuple[str, int]]:
        return [(kind, side) for kind in self.tokens for side in self.sides]


@dataclass(frozen=True)
class PeerBank:
    """Images that judge others; made by `MutualScoring.remember`."""

    method: MutualScoring
    entries: tuple[Float[Tensor, "peer patch _channel"], ...]
    """Unit-length tokens of each kind and side."""

    def distances(
        self, features: LocalFeatures, own: Sequence[int | None]
    ) -> Float[Tensor, "batch patch"]:
        """Return each patch's distance from the peers, in [0, 1].

        From one peer it is min (1 - cosine) / 2 over that peer's patches; the mean over the
        nearest peers (`MutualScoring.share`) counts. No image is its own witness.

        Args:
            features: of the images.
            own: which peer each of them is; None: it is no peer.
        """
        embedded = self.method.embed(features, self.entries[0].device)
        kinds = zip(embedded, self.entries, strict=True)
        rows = [
            torch.stack([self._distances(*each, entries) for each in zip(images, own, strict=True)])
            for images, entries in kinds
        ]
        return torch.stack(rows).mean(0).to(features.patch_tokens)

    def _distances(
        self,
        image: Float[Tensor, "patch channel"],
        own: int | None,
        entries: Float[Tensor, "peer patch channel"],
    ) -> Float[Tensor, " patch"]:
        step = max(1, _PRODUCTS_PER_PASS // (len(image) * entries.shape[1]))
        nearest = torch.cat([(image @ part.mT).amax(-1) for part in entries.split(step)])
        if own is not None:
            nearest = torch.cat([nearest[:own], nearest[own + 1 :]])
        count = max(1, round(self.method.share * len(nearest)))
        highest = nearest.topk(count, dim=0, sorted=False).values.mean(0)
        # Rounding lifts the cosine of equal tokens a little above 1.
        distance: Tensor = ((1 - highest) / 2).clamp_min(0)
        return distance


def _smooth(
    tokens: Float[Tensor, "batch patch channel"], grid: tuple[int, int], side: int
) -> Float[Tensor, "batch patch channel"]:
    """Return the mean token of the square around each patch, as far as it lies in the image."""
    if side == 1:
        return tokens
    maps = tokens.transpose(1, 2).unflatten(-1, grid)
    mean = avg_pool2d(maps, side, stride=1, padding=side // 2, count_include_pad=False)
    return mean.flatten(2).transpose(1, 2)
