"""The interface every image-and-text encoder offers.

Everything is returned in float32 on the backbone's device. Embeddings are not normalised; who
compares them normalises them. Axis names are those of `promptlab.types` and `aligners.base`.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jaxtyping import Float, Int
from PIL import Image
from torch import Tensor

from aligners.windows import square_windows
from promptlab.errors import BackboneError
from promptlab.types import Size

__all__ = ["Backbone", "EncodedImages"]


@dataclass(frozen=True)
class EncodedImages:
    """What one forward pass over a batch of images gives."""

    global_embedding: Float[Tensor, "batch dim"]
    patch_tokens: Float[Tensor, "batch patch channel"]
    """Last-layer patch tokens after the final norm, before the projection."""
    grid: tuple[int, int]
    value_tokens: Float[Tensor, "batch patch channel"] | None = None
    """Patch tokens whose last block lets each patch attend to itself only (value path)."""


class Backbone(ABC):
    """Image encoder, text encoder and preprocessing that share one joint space."""

    name: str
    """As in the configuration: ``lite``, ``hf:…``, ``open_clip:…``."""
    weights_digest: str
    """SHA-256 over all weights that take part, hex."""
    image_size: Size
    """The size images are resized to by `preprocess`."""
    logit_scale: float
    """Factor on cosine similarities before a softmax (the inverse temperature)."""
    max_text_tokens: int
    """Longest prompt in tokens; longer ones are cut by `encode_text`."""

    @property
    def id(self) -> str:
        """Name, image size and weights: two backbones with one id give the same features."""
        height, width = self.image_size
        return f"{self.name}@{height}x{width}#{self.weights_digest[:16]}"

    @property
    @abstractmethod
    def projection(self) -> Float[Tensor, "dim channel"]:
        """The linear map from tokens after the final norm into the joint space."""

    @abstractmethod
    def preprocess(self, image: Image.Image) -> Float[Tensor, "3 height width"]:
        """Return the RGB image resized to `image_size` and normalised, on the CPU."""

    @abstractmethod
    def encode_images(
        self, images: Float[Tensor, "batch 3 height width"], *, value_tokens: bool = False
    ) -> EncodedImages:
        """Encode a preprocessed batch; compute value tokens only when asked."""

    def encode_tokens(
        self,
        images: Float[Tensor, "batch 3 height width"],  # noqa: ARG002 - for those who offer some
        kinds: Sequence[str],
    ) -> Mapping[str, Float[Tensor, "batch patch channel"]]:
        """Encode numbered kinds of patch tokens (see `aligners.tokens`), after the final norm.

        Raises:
            BackboneError: when the backbone does not offer a kind; by default it offers none.
        """
        raise BackboneError(
            f"backbone {self.name}: tokens must be of a kind that it offers (patch, value), but "
            f"got {', '.join(kinds)}; use one of these, or an hf: or open_clip: backbone."
        )

    @abstractmethod
    def encode_windows(
        self,
        images: Float[Tensor, "batch 3 height width"],
        windows: Int[Tensor, "window member"],
    ) -> Float[Tensor, "batch window dim"]:
        """Encode each window on its own: only its patches (and cls) see one another.

        Args:
            images: a preprocessed batch.
            windows: for each window the row-major indices of its patches.
        """

    def encode_with_windows(
        self,
        images: Float[Tensor, "batch 3 height width"],
        windows: Sequence[tuple[int, int]],
        *,
        value_tokens: bool = False,
    ) -> tuple[EncodedImages, list[Float[Tensor, "batch _window dim"]]]:
        """Encode a preprocessed batch and its square windows, as the two methods above do.

        A backbone may compute once what both begin with.

        Args:
            images: a preprocessed batch.
            windows: side and stride, in patches, of each kind of windows.
            value_tokens: as in `encode_images`.
        """
        encoded = self.encode_images(images, value_tokens=value_tokens)
        indices = (
            square_windows(encoded.grid, side, stride=step).indices for side, step in windows
        )
        return encoded, [self.encode_windows(images, each) for each in indices]

    @abstractmethod
    def encode_text(self, texts: Sequence[str]) -> Float[Tensor, "prompt dim"]:
        """Encode sentences; too long ones are cut at `max_text_tokens`."""

    @abstractmethod
    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of a sentence, start and end marks included."""
