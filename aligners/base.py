"""What an aligner receives and returns.

Axis names, always in this order: batch, window, place, patch, dim (joint space), channel
(before the projection). A *place* is whatever gets one score: a patch, or a window of patches.
This module knows nothing of text, scorers, files or images.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
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
    "Requirements",
    "WindowEmbeddings",
]


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

    def tokens(self, kind: Literal["patch", "value"]) -> Float[Tensor, "batch patch channel"]:
        """Return the tokens of one kind.

        Raises:
            ValueError: when value tokens are asked for and were not encoded.
        """
        if kind == "patch":
            return self.patch_tokens
        if self.value_tokens is None:
            raise ValueError(
                "value tokens must be encoded before they are aligned, but these features have "
                "none; encode with what the aligner's `requires` names."
            )
        return self.value_tokens

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


@dataclass(frozen=True)
class LocalView:
    """Embeddings of places, comparable with text, and how place scores become a map."""

    embeddings: Float[Tensor, "batch place dim"]
    members: Bool[Tensor, "place patch"] | None = None
    """Which patches a place covers; None: place i is patch i."""
    mean: Literal["arithmetic", "harmonic"] = field(default="arithmetic")

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
            spread = count / ((1 / scores.clamp_min(1e-12)) @ cover).clamp_min(tiny)
        else:
            spread = (scores @ cover) / count.clamp_min(1)
        return torch.where(count > 0, spread, scores.mean(-1, keepdim=True))


class Aligner(ABC):
    """Turns local features into embeddings that can be compared with text.

    A subclass is a frozen dataclass whose fields are its parameters. Protocol: `requires` is read
    once per experiment, before encoding; `align` is then called once per batch.
    """

    @property
    def requires(self) -> Requirements:
        """Return what the backbone must compute beyond patch tokens (default: nothing)."""
        return Requirements()

    @abstractmethod
    def align(self, features: LocalFeatures) -> tuple[LocalView, ...]:
        """Return one or more views of the batch; their maps are averaged. Mutates nothing."""


ALIGNERS: Registry[Aligner] = Registry("aligner", entry_point_group="promptlab.aligners")
