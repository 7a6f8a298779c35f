"""What an aligner receives and returns.

Axis names, always in this order: batch, window, place, patch, dim (joint space), channel
(before the projection). A *place* is whatever gets one score: a patch, or a window of patches.
This module knows nothing of text, scorers, files or images.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import gcd
from typing import Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from aligners.registry import Registry

__all__ = [
    "ALIGNERS",
    "Aligner",
    "LocalFeatures",
    "LocalView",
    "Pool",
    "Requirements",
    "WindowEmbeddings",
    "join_maps",
    "merge_requirements",
]

_SMALLEST = 1e-12
"""Scores below count as this in a harmonic mean, which has no value at 0."""


@dataclass(frozen=True)
class WindowEmbeddings:
    """Joint-space embeddings of square windows of one side length (in patches)."""

    side: int
    members: Bool[Tensor, "window patch"]
    embeddings: Float[Tensor, "batch window dim"]


@dataclass(frozen=True)
class LocalFeatures:
    """Everything a backbone tells about the places of a batch of images."""

    grid: tuple[int, int]
    """Rows and columns of the patch grid; ``patch = rows * cols``, row-major."""
    global_embedding: Float[Tensor, "batch dim"]
    patch_tokens: Float[Tensor, "batch patch channel"]
    projection: Float[Tensor, "dim channel"]
    """The backbone's linear map from tokens (after its final norm) into the joint space."""
    value_tokens: Float[Tensor, "batch patch channel"] | None = None
    windows: tuple[WindowEmbeddings, ...] = ()
    other_tokens: Mapping[str, Float[Tensor, "batch patch channel"]] = field(default_factory=dict)
    """Patch tokens of further kinds, as named in `aligners.tokens`."""

    def tokens(self, kind: str) -> Float[Tensor, "batch patch channel"]:
        """Return the tokens of one kind: patch, value, or one of `aligners.tokens`.

        Raises:
            ValueError: when tokens are asked for that were not encoded.
        """
        if kind == "patch":
            return self.patch_tokens
        found = self.value_tokens if kind == "value" else self.other_tokens.get(kind)
        if found is None:
            raise ValueError(
                f"{kind} tokens must be encoded before they are aligned, but these features have "
                "none; encode with what the aligner's `requires` names."
            )
        return found

    def windows_of(self, side: int) -> WindowEmbeddings:
        """Return the windows of one side length.

        Raises:
            ValueError: when windows of that side were not encoded.
        """
        for windows in self.windows:
            if windows.side == side:
                return windows
        raise ValueError(
            f"windows of side {side} must be encoded before they are aligned, but these features "
            f"have sides {[windows.side for windows in self.windows]}; encode with what the "
            "aligner's `requires` names."
        )


@dataclass(frozen=True)
class Requirements:
    """What a backbone must compute for an aligner, beyond patch tokens."""

    value_tokens: bool = False
    window_sides: tuple[int, ...] = ()
    window_stride: int = 1
    """How many patches apart windows may be; a blend of aligners encodes what suits all."""
    tokens: tuple[str, ...] = ()
    """Further kinds of patch tokens, as named in `aligners.tokens`."""


def merge_requirements(parts: Iterable[Requirements]) -> Requirements:
    """Return what suits all."""
    needs = list(parts)
    return Requirements(
        value_tokens=any(each.value_tokens for each in needs),
        window_sides=tuple(dict.fromkeys(side for n in needs for side in n.window_sides)),
        window_stride=gcd(*(n.window_stride for n in needs if n.window_sides)) or 1,
        tokens=tuple(dict.fromkeys(kind for n in needs for kind in n.tokens)),
    )


@dataclass(frozen=True)
class LocalView:
    """Embeddings of places, comparable with text, and how place scores become a map."""

    embeddings: Float[Tensor, "batch place dim"]
    members: Bool[Tensor, "place patch"] | None = None
    """Which patches a place covers; None: place i is patch i."""
    mean: Literal["arithmetic", "harmonic"] = "arithmetic"
    """How the scores of the places that cover a patch become its score."""
    join: Literal["arithmetic", "harmonic"] = "arithmetic"
    """How the maps of the views of one group become one."""
    group: int = 0
    """Views of one group are joined first, then the groups by their weighted mean."""
    weight: float = 1.0
    """Weight of the view's group; all views of a group have the same."""

    def to_map(self, scores: Float[Tensor, "batch place"]) -> Float[Tensor, "batch patch"]:
        """Give each patch the mean score of the places that cover it (WinCLIP, section 4.2).

        A patch that no place covers gets the mean over all places of its image.
        """
        if self.members is None:
            return scores
        cover = self.members.to(scores.dtype)
        count = cover.sum(0)
        tiny = torch.finfo(scores.dtype).tiny
        if self.mean == "harmonic":
            spread = count / ((1 / scores.clamp_min(_SMALLEST)) @ cover).clamp_min(tiny)
        else:
            spread = (scores @ cover) / count.clamp_min(1)
        return torch.where(count > 0, spread, scores.mean(-1, keepdim=True))


def join_maps(
    views: Sequence[LocalView], maps: Sequence[Float[Tensor, "batch patch"]]
) -> Float[Tensor, "batch patch"]:
    """Join the maps of one aligner's views: each group as its views say, then the groups.

    Raises:
        ValueError: when the views of a group do not agree on how, or the groups weigh nothing.
    """
    groups: dict[int, list[int]] = {}
    for place, view in enumerate(views):
        groups.setdefault(view.group, []).append(place)
    weights = [views[places[0]].weight for places in groups.values()]
    if not (min(weights, default=0) >= 0 and sum(weights) > 0):
        raise ValueError(
            f"weights of local views must be at least 0 and add up to more, but got {weights}; "
            "give one of them a weight above 0."
        )
    joined = [
        _join_group([views[i] for i in places], [maps[i] for i in places])
        for places in groups.values()
    ]
    total = torch.stack([w * each for w, each in zip(weights, joined, strict=True)]).sum(0)
    return total / sum(weights)


def _join_group(
    views: Sequence[LocalView], maps: Sequence[Float[Tensor, "batch patch"]]
) -> Float[Tensor, "batch patch"]:
    ways = sorted({(view.join, view.weight) for view in views})
    if len(ways) != 1:
        raise ValueError(
            f"the views of a group must agree on how their maps are joined, but got {ways}; "
            "give all of them the same `join` and `weight`."
        )
    stacked = torch.stack(list(maps))
    if ways[0][0] == "harmonic":
        return len(maps) / (1 / stacked.clamp_min(_SMALLEST)).sum(0)
    return stacked.mean(0)


Pool = Callable[[], Iterable[LocalFeatures]]
"""Gives all images' features, batch by batch, each time it is called."""


class Aligner(ABC):
    """Turns local features into embeddings that can be compared with text.

    A subclass is a frozen dataclass whose fields are its parameters. Protocol: `requires` is read
    once per experiment, before encoding; `align` is then called once per batch. An aligner that
    learns from all unlabelled images at once says so by `transductive`; `fit` is then called
    before, and `align` on what it returns.
    """

    @property
    def transductive(self) -> bool:
        """Return whether a map depends on the other images that are judged (default: no)."""
        return False

    def fit(self, pool: Pool) -> "Aligner":  # noqa: ARG002 - for those who learn
        """Return the aligner that has seen all images (default: the same; nothing is read)."""
        return self

    @property
    def requires(self) -> Requirements:
        """Return what the backbone must compute beyond patch tokens (default: nothing)."""
        return Requirements()

    @abstractmethod
    def align(self, features: LocalFeatures) -> tuple[LocalView, ...]:
        """Return one or more views of the batch; `join_maps` joins them. Mutates nothing."""


ALIGNERS: Registry[Aligner] = Registry("aligner", entry_point_group="promptlab.aligners")
