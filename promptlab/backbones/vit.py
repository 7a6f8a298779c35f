"""What CLIP's vision transformers have in common, whichever library holds the weights.

Patch tokens of several kinds and window embeddings from the parts of a model. Knows nothing of
text, files or of any library; batches come first everywhere (open_clip 3, transformers).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Int
from PIL import Image
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from aligners.tokens import split_kind
from promptlab.backbones.base import EncodedImages
from promptlab.backbones.self_attention import SelfAttention
from promptlab.errors import BackboneError
from promptlab.types import Size

__all__ = [
    "Normalisation",
    "Precision",
    "VisionTower",
    "check_image_size",
    "computing_in",
    "preprocess",
]

Precision = Literal["auto", "fp32", "bf16", "fp16"]
"""`auto` is fp32: prompts of one state differ by about 1e-3 in cosine, which bf16 cannot hold."""

_DTYPES = {
    "auto": torch.float32,
    "fp32": torch.float32,
    "bf16": torch.bfloat16,
    "fp16": torch.float16,
}

_TOKENS_PER_PASS = 16_384
"""Most tokens in one pass over windows; bounds memory (about 0.3 GB for ViT-L)."""

Tokens = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Normalisation:
    """Mean and standard deviation of each colour, in [0, 1]."""

    mean: tuple[float, ...]
    std: tuple[float, ...]


def preprocess(
    image: Image.Image, size: Size, normalisation: Normalisation
) -> Float[Tensor, "3 height width"]:
    """Return the whole RGB image resized (bicubic) and normalised.

    No centre crop, unlike the libraries' default: defects near the border must stay. An image of
    another shape than ``size`` is squeezed, as anomaly detection's benchmarks do.
    """
    height, width = size
    resized = image.convert("RGB").resize((width, height), Image.Resampling.BICUBIC)
    pixels = torch.from_numpy(np.array(resized)).permute(2, 0, 1) / 255
    mean, std = (torch.tensor(values)[:, None, None] for values in vars(normalisation).values())
    return (pixels - mean) / std


def check_image_size(size: Size, patch: Size) -> Size:
    """Return ``size`` if whole patches fill it.

    Raises:
        BackboneError: when a border of the image would belong to no patch.
    """
    fitting = tuple(
        max(1, round(side / step)) * step for side, step in zip(size, patch, strict=True)
    )
    if fitting != size:
        raise BackboneError(
            f"backbone.image_size must be a multiple of the patch size {patch[0]}x{patch[1]}, but "
            f"got {size[0]}x{size[1]}; use for example {fitting[0]}x{fitting[1]}."
        )
    return size


def computing_in(precision: Precision, device: torch.device) -> torch.autocast:
    """Return the context in which an encoder runs; weights themselves stay fp32."""
    dtype = _DTYPES[precision]
    return torch.autocast(device.type, dtype=dtype, enabled=dtype != torch.float32)


@dataclass(frozen=True)
class VisionTower:
    """A vision transformer whose class token, after the final norm, is the image's embedding."""

    embed: Tokens
    """Images to tokens: class token first, positions added, after the norm before the blocks."""
    blocks: Sequence[Tokens]
    finish: Callable[[Tensor, Tensor], Tensor]
    """The last block after its attention: tokens and what attention adds to them, in; out, the
    block's tokens."""
    attentions: Sequence[SelfAttention]
    """Each block's attention, in parts."""
    norm: Tokens
    projection: Float[Tensor, "dim channel"]
    patch: Size
    precision: Precision = "auto"

    @torch.no_grad()
    def encode_images(
        self, images: Float[Tensor, "batch 3 height width"], *, value_tokens: bool
    ) -> EncodedImages:
        """Return the class token's embedding and every patch's last-layer tokens."""
        device, (height, width) = self.projection.device, images.shape[-2:]
        with computing_in(self.precision, device):
            tokens = self.embed(images.to(device))
            for block in self.blocks[:-1]:
                tokens = block(tokens)
            final = self.norm(self.blocks[-1](tokens)).float()
            value = self.norm(self._through_value(tokens)).float() if value_tokens else None
        return EncodedImages(
            global_embedding=final[:, 0] @ self.projection.mT,
            patch_tokens=final[:, 1:],
            grid=(height // self.patch[0], width // self.patch[1]),
            value_tokens=None if value is None else value[:, 1:],
        )

    @torch.no_grad()
    def encode_tokens(
        self, images: Float[Tensor, "batch 3 height width"], kinds: Sequence[str]
    ) -> Mapping[str, Float[Tensor, "batch patch channel"]]:
        """Return patch tokens of numbered kinds, all from one pass.

        Two paths, as in CLIP Surgery and GEM: the plain one goes through every block; beside it,
        from the first of the last N blocks on, another one adds up the self-self attention of
        the plain path's tokens, without MLPs.

        Raises:
            BackboneError: when a kind needs more blocks than there are.
        """
        wanted = {kind: split_kind(kind) for kind in kinds}
        for kind, (_, count) in wanted.items():
            if count > len(self.blocks):
                raise BackboneError(
                    f"tokens {kind} need {count} blocks, but this backbone has "
                    f"{len(self.blocks)}; ask for at most so many."
                )
        paths: dict[str, Tensor] = {}
        with computing_in(self.precision, self.projection.device):
            tokens = self.embed(images.to(self.projection.device))
            for i, (block, attention) in enumerate(zip(self.blocks, self.attentions, strict=True)):
                for kind, (method, count) in wanted.items():
                    if i >= len(self.blocks) - count:
                        update = attention.update(tokens, method)
                        paths[kind] = paths.get(kind, tokens) + update
                tokens = block(tokens)
            return {kind: self.norm(paths[kind]).float()[:, 1:] for kind in kinds}

    @torch.no_grad()
    def encode_windows(
        self,
        images: Float[Tensor, "batch 3 height width"],
        windows: Int[Tensor, "window member"],
    ) -> Float[Tensor, "batch window dim"]:
        """Return each window's class token embedding when only its own patches are there.

        Positions are those the patches have in the whole image (WinCLIP, section 4.2).
        """
        device, size = self.projection.device, windows.shape[1] + 1
        per_pass = max(1, _TOKENS_PER_PASS // (len(images) * size))
        with computing_in(self.precision, device):
            tokens = self.embed(images.to(device))
            parts = []
            for chunk in windows.to(device).split(per_pass):
                members = tokens[:, 1:][:, chunk]
                first = tokens[:, None, :1].expand(-1, len(chunk), -1, -1)
                inside = torch.cat([first, members], dim=2).flatten(0, 1)
                for block in self.blocks[:-1]:
                    inside = block(inside)
                summary = self.norm(self._summarise(inside)).float()
                parts.append(summary.unflatten(0, (len(images), -1)))
        return torch.cat(parts, dim=1) @ self.projection.mT

    def _through_value(
        self, tokens: Float[Tensor, "batch token channel"]
    ) -> Float[Tensor, "batch token channel"]:
        """Return the last block's tokens when each attends to itself only."""
        attention = self.attentions[-1]
        _, _, value = attention.project(attention.norm(tokens))
        return self.finish(tokens, attention.out(value))

    def _summarise(
        self, tokens: Float[Tensor, "batch token channel"]
    ) -> Float[Tensor, "batch channel"]:
        """Return the last block's class token; the other tokens' way ends here."""
        attention = self.attentions[-1]
        query, key, value = attention.project(attention.norm(tokens))
        heads = (attention.heads, -1)
        attended = scaled_dot_product_attention(
            *(part.unflatten(-1, heads).transpose(1, 2) for part in (query[:, :1], key, value))
        )
        update = attention.out(attended.transpose(1, 2).flatten(2))
        return self.finish(tokens[:, :1], update)[:, 0]
