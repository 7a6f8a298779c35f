"""Models of open_clip: `open_clip:MODEL/PRETRAINED`, with a tag or a local weights file.

As in `open_clip:ViT-B-16-plus-240/laion400m_e32`, or `open_clip:ViT-B-16//data/vit.safetensors`
(the file's path follows the first slash). Only plain ViTs whose class token is the embedding; timm
towers, ResNets and CoCa are refused. open_clip 3 is batch-first inside: code that still moves
tokens to the front mixes windows instead of tokens, without an error.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, final

import torch
from jaxtyping import Float, Int
from PIL import Image
from torch import Tensor
from torch.nn.functional import interpolate, linear

from promptlab.backbones.base import Backbone, EncodedImages
from promptlab.backbones.self_attention import SelfAttention
from promptlab.backbones.vit import (
    Normalisation,
    Precision,
    VisionTower,
    check_image_size,
    computing_in,
    preprocess,
)
from promptlab.backbones.weights import LITE_REMEDY, digest_tensors, require_hub
from promptlab.errors import BackboneError, MissingDependencyError, pip_install, suggest
from promptlab.runtime import repair_torchvision
from promptlab.types import Size

__all__ = ["OpenClipBackbone", "OpenClipCheckpoint", "load_openclip"]

_TEXTS_PER_PASS = 256
_REMEDY = "name a local weights file, as in open_clip:ViT-B-16//path/to/weights.safetensors"


class OpenClipCheckpoint(NamedTuple):
    """A model with all that belongs to it."""

    model: Any
    tokenizer: Any
    normalisation: Normalisation


@final
class OpenClipBackbone(Backbone):
    """An open_clip model behind the common interface."""

    def __init__(
        self,
        name: str,
        checkpoint: OpenClipCheckpoint,
        *,
        image_size: Size | None,
        device: str,
        precision: Precision,
    ) -> None:
        model, self._tokenizer, self._normalisation = checkpoint
        self._model = model.to(device).eval()
        self._precision = precision
        visual = model.visual
        self.name = name
        self.image_size = check_image_size(image_size or visual.image_size, visual.patch_size)
        self.weights_digest = digest_tensors(model.state_dict())
        self.logit_scale = float(model.logit_scale.detach().exp())
        self.max_text_tokens = self._tokenizer.context_length
        blocks = list(visual.transformer.resblocks)
        self._vision = VisionTower(
            embed=partial(_embed, visual),
            blocks=blocks,
            finish=partial(_finish, blocks[-1]),
            attentions=[_attention_of(block) for block in blocks],
            norm=visual.ln_post,
            projection=visual.proj.detach().mT,
            patch=visual.patch_size,
            precision=precision,
        )

    @property
    def projection(self) -> Float[Tensor, "dim channel"]:
        """The linear map from tokens after the final norm into the joint space."""
        return self._vision.projection

    def preprocess(self, image: Image.Image) -> Float[Tensor, "3 height width"]:
        """Return the whole image resized to `image_size`, in the checkpoint's normalisation."""
        return preprocess(image, self.image_size, self._normalisation)

    def encode_images(
        self, images: Float[Tensor, "batch 3 height width"], *, value_tokens: bool = False
    ) -> EncodedImages:
        """Encode a preprocessed batch; compute value tokens only when asked."""
        return self._vision.encode_images(images, value_tokens=value_tokens)

    def encode_tokens(
        self, images: Float[Tensor, "batch 3 height width"], kinds: Sequence[str]
    ) -> Mapping[str, Float[Tensor, "batch patch channel"]]:
        """Encode numbered kinds of patch tokens (see `aligners.tokens`), after the final norm."""
        return self._vision.encode_tokens(images, kinds)

    def encode_windows(
        self,
        images: Float[Tensor, "batch 3 height width"],
        windows: Int[Tensor, "window member"],
    ) -> Float[Tensor, "batch window dim"]:
        """Encode each window on its own: only its patches (and cls) see one another."""
        return self._vision.encode_windows(images, windows)

    @torch.no_grad()
    def encode_text(self, texts: Sequence[str]) -> Float[Tensor, "prompt dim"]:
        """Encode sentences; too long ones are cut at `max_text_tokens`."""
        device = self.projection.device
        parts = [torch.empty(0, len(self.projection), device=device)]
        for start in range(0, len(texts), _TEXTS_PER_PASS):
            tokens = self._tokenizer(list(texts[start : start + _TEXTS_PER_PASS])).to(device)
            with computing_in(self._precision, device):
                parts.append(self._model.encode_text(tokens).float())
        return torch.cat(parts)

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of a sentence, start and end marks included."""
        return len(self._tokenizer.encode(text)) + 2


def load_openclip(
    source: str,
    *,
    image_size: Size | None = None,
    device: str = "cpu",
    precision: Precision = "auto",
) -> OpenClipBackbone:
    """Load ``MODEL/PRETRAINED``; a tag's weights come from the hub's cache or else from the hub.

    Raises:
        MissingDependencyError: when open_clip is not installed.
        BackboneError: when model or weights are unknown, unreadable or of an unsupported kind.
    """
    model, _, pretrained = source.partition("/")
    return OpenClipBackbone(
        f"open_clip:{source}",
        _read(model, pretrained),
        image_size=image_size,
        device=device,
        precision=precision,
    )


def _read(name: str, pretrained: str) -> OpenClipCheckpoint:
    open_clip = _import_open_clip()
    if name not in open_clip.list_models():
        raise BackboneError(
            f"backbone open_clip: the model must be one that open_clip knows, but got {name!r}; "
            + suggest(name, open_clip.list_models())
        )
    tag = open_clip.get_pretrained_cfg(name, pretrained) if pretrained else {}
    weights = _fetch(open_clip, name, tag) if tag else _local_file(open_clip, name, pretrained)
    # open_clip only warns when a tag was trained with the other activation than the model's.
    quick = bool(tag.get("quick_gelu", False))
    if tag and not quick and (open_clip.get_model_config(name) or {}).get("quick_gelu"):
        raise BackboneError(
            f"backbone open_clip: the weights {pretrained} were trained with plain GELU, but got "
            f"the model {name}; use {name.removesuffix('-quickgelu')}/{pretrained}."
        )
    colours = {key: tag[key] for key in ("mean", "std") if key in tag}
    try:
        model = open_clip.create_model(
            name,
            pretrained=str(weights),
            force_quick_gelu=quick,
            force_preprocess_cfg=colours,
        )
        tokenizer = open_clip.get_tokenizer(name)
    except Exception as error:  # open_clip and torch raise many kinds for one cause: the file
        reason = str(error).strip().split("\n")[0]
        raise BackboneError(
            f"backbone open_clip: {weights} must hold the weights of {name}, as safetensors or as "
            f"tensors that torch loads with weights_only, but reading it failed ({reason}); "
            "fetch the file again, or name the model it belongs to."
        ) from error
    _check_architecture(name, model)
    values = model.visual.preprocess_cfg
    return OpenClipCheckpoint(
        model, tokenizer, Normalisation(tuple(values["mean"]), tuple(values["std"]))
    )


def _import_open_clip() -> Any:  # noqa: ANN401 - the package has no types
    repair_torchvision()
    try:
        import open_clip  # noqa: PLC0415 - optional, and only after the repair
    except ImportError as error:
        raise MissingDependencyError(
            "a backbone open_clip:… needs the package open_clip, which is not installed; "
            f"run: {pip_install('open-clip')}"
        ) from error
    return open_clip


def _local_file(open_clip: Any, name: str, pretrained: str) -> Path:  # noqa: ANN401
    path = Path(pretrained).expanduser()
    if pretrained and path.is_file():
        return path
    tags = open_clip.list_pretrained_tags_by_model(name)
    raise BackboneError(
        f"backbone open_clip: after the model {name} comes a tag or a weights file, but got "
        f"{pretrained!r}; {suggest(pretrained, tags)} Or {_REMEDY}, {LITE_REMEDY}."
    )


def _fetch(open_clip: Any, name: str, tag: Mapping[str, Any]) -> Path:  # noqa: ANN401
    """Return the file of a pretrained tag: from the hub's cache, else from the hub."""
    repository, _, filename = tag.get("hf_hub", "").rpartition("/")
    if repository:
        cached = _find_cached(repository, filename)
        if cached is not None:
            return cached
        require_hub(repository, remedy=_REMEDY)
    try:
        return Path(open_clip.download_pretrained(tag))
    except (OSError, RuntimeError) as error:
        raise BackboneError(
            f"backbone open_clip: the weights of {name} must be downloadable, but got: {error}; "
            f"{_REMEDY}, {LITE_REMEDY}."
        ) from error


def _find_cached(repository: str, filename: str) -> Path | None:
    from huggingface_hub import try_to_load_from_cache  # noqa: PLC0415

    stem = Path(filename or "open_clip_pytorch_model.bin").stem
    for candidate in (f"{stem}.safetensors", "open_clip_model.safetensors", f"{stem}.bin"):
        found = try_to_load_from_cache(repository, candidate)
        if isinstance(found, str):
            return Path(found)
    return None


def _check_architecture(name: str, model: Any) -> None:  # noqa: ANN401
    from open_clip.transformer import ResidualAttentionBlock, VisionTransformer  # noqa: PLC0415

    visual = model.visual
    plain = (
        isinstance(visual, VisionTransformer)
        and visual.pool_type == "tok"
        and visual.attn_pool is None
        and all(isinstance(b, ResidualAttentionBlock) for b in visual.transformer.resblocks)
    )
    if not plain:
        raise BackboneError(
            f"backbone open_clip: the image encoder must be a plain ViT whose class token is the "
            f"embedding, but {name} has {type(visual).__name__}; use for example ViT-B-16, "
            f"{LITE_REMEDY}."
        )


def _embed(visual: Any, images: Tensor) -> Tensor:  # noqa: ANN401
    patches = visual.conv1(images)
    grid = (patches.shape[-2], patches.shape[-1])
    patches = patches.flatten(2).mT
    first = visual.class_embedding.to(patches.dtype).expand(len(patches), 1, -1)
    positions = _positions(visual.positional_embedding, visual.grid_size, grid)
    embedded: Tensor = visual.ln_pre(torch.cat([first, patches], dim=1) + positions)
    return embedded


def _positions(
    positions: Float[Tensor, "token channel"], native: Size, grid: Size
) -> Float[Tensor, "place channel"]:
    """Resize the positions of the patches as open_clip does when it loads other sizes.

    Unlike open_clip's, it also resizes to a grid of another shape with as many patches.
    """
    if grid == native:
        return positions
    image = positions[1:].unflatten(0, native).permute(2, 0, 1)[None]
    image = interpolate(image, size=grid, mode="bicubic", antialias=True, align_corners=False)
    return torch.cat([positions[:1], image[0].flatten(1).mT])


def _finish(block: Any, tokens: Tensor, attended: Tensor) -> Tensor:  # noqa: ANN401
    tokens = tokens + attended
    mixed: Tensor = block.ls_2(block.mlp(block.ln_2(tokens)))
    return tokens + mixed


def _attention_of(block: Any) -> SelfAttention:  # noqa: ANN401
    attention = block.attn

    def project(tokens: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        query, key, value = linear(tokens, attention.in_proj_weight, attention.in_proj_bias).chunk(
            3, dim=-1
        )
        return query, key, value

    return SelfAttention(
        norm=block.ln_1,
        project=project,
        out=lambda attended: block.ls_1(attention.out_proj(attended)),
        heads=attention.num_heads,
    )
