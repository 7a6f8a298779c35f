"""Few-shot evidence: how far each place is from everything that normal reference images show.

WinCLIP+ (Jeong et al., CVPR 2023, arXiv 2303.14814, section 4.3). Knows no text and no scores
from text; who has both joins them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import normalize

from aligners.base import LocalFeatures, LocalView, join_maps

__all__ = ["MemoryBank", "remember"]

_PRODUCTS_PER_PASS = 2**24
"""Most cosines held at once; bounds memory (64 MB) for any number of references."""


@dataclass(frozen=True)
class MemoryBank:
    """Unit-length embeddings of the places of normal reference images; made by `remember`."""

    patch_tokens: Float[Tensor, "entry channel"]
    windows: Mapping[int, Float[Tensor, "_ dim"]]
    """By window side, in patches."""

    def distances(self, features: LocalFeatures) -> Float[Tensor, "batch patch"]:
        """Return each patch's distance from the references, in [0, 1].

        A place's distance is min (1 - cosine) / 2 over the references' places of its kind. The
        distances of the windows that cover a patch are joined by their harmonic mean; the map is
        the mean over patch tokens and window sides.

        Raises:
            ValueError: when the features lack windows of a side that is remembered.
        """
        views = [LocalView(features.patch_tokens)]
        entries = [self.patch_tokens]
        for side, remembered in self.windows.items():
            windows = features.windows_of(side)
            views.append(LocalView(windows.embeddings, members=windows.members, mean="harmonic"))
            entries.append(remembered)
        maps = [
            view.to_map(_nearest(view.embeddings, remembered))
            for view, remembered in zip(views, entries, strict=True)
        ]
        return join_maps(views, maps)


def remember(references: Sequence[LocalFeatures]) -> MemoryBank:
    """Return the memory of one or more batches of normal reference images.

    Raises:
        ValueError: when there is no reference.
    """
    if not references:
        raise ValueError("a memory bank needs at least one reference image, but got none.")
    sides = [windows.side for windows in references[0].windows]
    return MemoryBank(
        patch_tokens=_entries(each.patch_tokens for each in references),
        windows={
            side: _entries(each.windows_of(side).embeddings for each in references)
            for side in sides
        },
    )


def _entries(batches: Iterator[Tensor]) -> Float[Tensor, "entry width"]:
    return normalize(torch.cat([batch.flatten(0, 1) for batch in batches]), dim=-1)


def _nearest(
    embeddings: Float[Tensor, "batch place width"], remembered: Float[Tensor, "entry width"]
) -> Float[Tensor, "batch place"]:
    """Return half the smallest cosine distance of each embedding to what is remembered."""
    flat = normalize(embeddings, dim=-1).flatten(0, 1)
    rows = max(1, _PRODUCTS_PER_PASS // len(remembered))
    nearest = torch.cat([(part @ remembered.mT).amax(-1) for part in flat.split(rows)])
    # Rounding lifts the cosine of equal embeddings a little above 1.
    distances: Tensor = ((1 - nearest) / 2).clamp_min(0).unflatten(0, embeddings.shape[:2])
    return distances
