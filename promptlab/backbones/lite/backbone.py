"""`lite`: a small vision-language backbone that comes with promptlab and needs no model hub.

EfficientNet-Lite0 features and MiniLM sentence embeddings, both frozen, meet in a joint space
that was trained on generated images only (MODEL_CARD.md). What it cannot do is in the card too.
"""

import hashlib
from collections.abc import Sequence
from typing import final

import numpy as np
import torch
from jaxtyping import Float, Int
from PIL import Image
from torch import Tensor

from aligners.windows import square_windows
from promptlab.backbones.base import Backbone, EncodedImages
from promptlab.backbones.lite.bundle import LiteWeights, load_packaged
from promptlab.backbones.lite.stem import STEM_DIGEST, Stem, load_stem
from promptlab.backbones.lite.text import (
    MAX_TEXT_TOKENS,
    TEXT_DIGEST,
    SentenceEncoder,
    load_sentence_encoder,
)
from promptlab.backbones.lite.tokens import gather_raw
from promptlab.errors import BackboneError
from promptlab.types import Size

__all__ = ["DEFAULT_SIZE", "PATCH", "LiteBackbone", "load_lite", "normalise_image"]

DEFAULT_SIZE: Size = (224, 224)
PATCH = 16
SMALLEST, LARGEST = 160, 640
WINDOW_CHUNK = 32_768
"""Most window members encoded at once, over all images of a batch; bounds memory."""


@final
class LiteBackbone(Backbone):
    """The embedded backbone. Works at any size of whole 16-pixel patches from 160 to 640."""

    name = "lite"
    max_text_tokens = MAX_TEXT_TOKENS

    def __init__(
        self, weights: LiteWeights, *, image_size: Size | None = None, device: str
    ) -> None:
        self.image_size = image_size or DEFAULT_SIZE
        _check_size(self.image_size)
        self.device = torch.device(device)
        self.weights_digest = hashlib.sha256(
            "".join((STEM_DIGEST, TEXT_DIGEST, weights.digest)).encode()
        ).hexdigest()
        self.logit_scale = weights.logit_scale
        self._tokens = weights.tokens.to(self.device)
        self._tower = weights.tower.to(self.device)
        self._text = weights.text.to(self.device)
        self._stem: Stem | None = None
        self._sentences: SentenceEncoder | None = None

    @property
    def projection(self) -> Float[Tensor, "dim channel"]:
        """The linear map from tokens after the final norm into the joint space."""
        return self._tower.project.weight.detach()

    def preprocess(self, image: Image.Image) -> Float[Tensor, "3 height width"]:
        """Return the RGB image resized (bicubic) to `image_size` and normalised."""
        height, width = self.image_size
        resized = image.convert("RGB").resize((width, height), Image.Resampling.BICUBIC)
        return normalise_image(np.asarray(resized))

    @torch.inference_mode()
    def encode_images(
        self, images: Float[Tensor, "batch 3 height width"], *, value_tokens: bool = False
    ) -> EncodedImages:
        """Encode a preprocessed batch; value tokens cost nothing extra but memory."""
        return self._encode(*self._embed(images), value_tokens=value_tokens)

    @torch.inference_mode()
    def encode_with_windows(
        self,
        images: Float[Tensor, "batch 3 height width"],
        windows: Sequence[tuple[int, int]],
        *,
        value_tokens: bool = False,
    ) -> tuple[EncodedImages, list[Float[Tensor, "batch _window dim"]]]:
        """Encode images and windows; what precedes the tower, most of the time, is done once."""
        patches, grid = self._embed(images)
        indices = (square_windows(grid, side, stride=step).indices for side, step in windows)
        made = [self._encode_windows(patches, grid, each) for each in indices]
        return self._encode(patches, grid, value_tokens=value_tokens), made

    def _encode(
        self,
        patches: Float[Tensor, "batch patch channel"],
        grid: tuple[int, int],
        *,
        value_tokens: bool,
    ) -> EncodedImages:
        encoded = self._tower.encode(patches, patches=True)
        if encoded.patch_tokens is None:
            raise BackboneError("the tower must return patch tokens when asked, but gave none.")
        return EncodedImages(
            encoded.global_embedding.clone(),
            encoded.patch_tokens.clone(),
            grid,
            encoded.value_tokens.clone() if value_tokens else None,
        )

    @torch.inference_mode()
    def encode_windows(
        self,
        images: Float[Tensor, "batch 3 height width"],
        windows: Int[Tensor, "window member"],
    ) -> Float[Tensor, "batch window dim"]:
        """Run the tower on the class token and each window's patches alone.

        What precedes the tower (stem, tokens, position) is computed once an image, so a window
        still knows how its patches compare with the rest of the image.
        """
        return self._encode_windows(*self._embed(images), windows)

    def _encode_windows(
        self,
        patches: Float[Tensor, "batch patch channel"],
        grid: tuple[int, int],
        windows: Int[Tensor, "window member"],
    ) -> Float[Tensor, "batch window dim"]:
        members = windows.to(self.device)
        if members.numel() == 0 or not 0 <= int(members.min()) <= int(members.max()) < np.prod(
            grid
        ):
            raise BackboneError(
                f"windows must hold patch numbers from 0 to {np.prod(grid) - 1}, but got shape "
                f"{tuple(members.shape)}; build them for the grid {grid}."
            )
        step = max(1, WINDOW_CHUNK // (len(patches) * members.shape[1]))
        parts = [self._tower.encode_windows(patches, part) for part in members.split(step)]
        return torch.cat(parts, dim=1).clone()

    def encode_text(self, texts: Sequence[str]) -> Float[Tensor, "prompt dim"]:
        """Encode sentences; longer ones than `max_text_tokens` are cut."""
        if not texts:
            return torch.empty(0, self.projection.shape[0], device=self.device)
        sentences = self._load_sentences().encode(texts).to(self.device)
        with torch.inference_mode():
            return self._text(sentences).clone()  # type: ignore[no-any-return]

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of a sentence, start and end marks included."""
        return self._load_sentences().count_tokens(text)

    def _load_stem(self) -> Stem:
        """Load the stem with the first image: where all features are stored, there is none."""
        if self._stem is None:
            self._stem = load_stem().to(self.device)
        return self._stem

    def _load_sentences(self) -> SentenceEncoder:
        if self._sentences is None:
            self._sentences = load_sentence_encoder(str(self.device))
        return self._sentences

    def _embed(
        self, images: Float[Tensor, "batch 3 height width"]
    ) -> tuple[Float[Tensor, "batch patch channel"], tuple[int, int]]:
        height, width = images.shape[-2:]
        _check_size((height, width))
        grid = (height // PATCH, width // PATCH)
        raw = gather_raw(self._load_stem()(images.to(self.device)))
        return self._tower.embed(self._tokens(raw), grid), grid


def load_lite(image_size: Size | None = None, device: str = "cpu") -> LiteBackbone:
    """Load the packaged backbone; stem and sentence encoder follow with the first image and text.

    Raises:
        BackboneError: the weight file is damaged, or the image size is not supported.
    """
    return LiteBackbone(load_packaged(), image_size=image_size, device=device)


def normalise_image(pixels: np.ndarray) -> Float[Tensor, "3 height width"]:
    """Return ``(value - 127) / 128``, channels first: what the stem was trained with."""
    return torch.from_numpy((pixels.astype(np.float32) - 127) / 128).permute(2, 0, 1)


def _check_size(size: Size) -> None:
    if any(side % PATCH or not SMALLEST <= side <= LARGEST for side in size):
        nearest = tuple(min(LARGEST, max(SMALLEST, round(side / PATCH) * PATCH)) for side in size)
        raise BackboneError(
            f"the lite backbone takes sides that are multiples of {PATCH} from {SMALLEST} to "
            f"{LARGEST}, but got {size[0]}x{size[1]}; use {nearest[0]}x{nearest[1]}."
        )
