"""CLIP checkpoints in the format of transformers: `hf:NAME` on the hub, or `hf:/local/folder`.

Only CLIP's own architecture with a ViT image encoder; other families (SigLIP, ALIGN) differ in
how they pool and are refused. Code from checkpoints and pickled weights are never loaded.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast, final

import torch
from jaxtyping import Float, Int
from PIL import Image
from safetensors import SafetensorError
from torch import Tensor

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
from promptlab.errors import BackboneError
from promptlab.runtime import repair_torchvision
from promptlab.types import Size

if TYPE_CHECKING:
    from transformers import CLIPModel, PreTrainedTokenizerBase
    from transformers.models.clip.modeling_clip import CLIPEncoderLayer

__all__ = ["HFBackbone", "load_hf"]

_TEXTS_PER_PASS = 256
_REMEDY = (
    "put config.json, model.safetensors, preprocessor_config.json and the tokenizer's files into "
    "a folder and use hf:/path/to/folder"
)

_UNREADABLE = (OSError, ValueError, RuntimeError, SafetensorError)


class _Checkpoint(NamedTuple):
    model: "CLIPModel"
    tokenizer: "PreTrainedTokenizerBase"
    normalisation: Normalisation


@final
class HFBackbone(Backbone):
    """A transformers CLIP model behind the common interface."""

    def __init__(
        self,
        name: str,
        checkpoint: _Checkpoint,
        *,
        image_size: Size | None,
        device: str,
        precision: Precision,
    ) -> None:
        model, self._tokenizer, self._normalisation = checkpoint
        self._model = model.to(device).eval()  # type: ignore[arg-type]
        self._precision = precision
        tower, texts = model.vision_model, model.text_model
        patch = (cast("int", tower.config.patch_size),) * 2
        native = (cast("int", tower.config.image_size),) * 2
        self.name = name
        self.image_size = check_image_size(image_size or native, patch)
        self.weights_digest = digest_tensors(model.state_dict())
        self.logit_scale = float(model.logit_scale.detach().exp())
        self.max_text_tokens = min(
            self._tokenizer.model_max_length, texts.config.max_position_embeddings
        )
        layers = list(tower.encoder.layers)
        self._vision = VisionTower(
            embed=lambda images: tower.pre_layrnorm(
                tower.embeddings(images, interpolate_pos_encoding=True)
            ),
            blocks=[partial(layer, attention_mask=None) for layer in layers],
            finish=partial(_finish, layers[-1]),
            attentions=[_attention_of(layer) for layer in layers],
            norm=tower.post_layernorm,
            projection=model.visual_projection.weight.detach(),
            patch=patch,
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
            tokens = self._tokenizer(
                list(texts[start : start + _TEXTS_PER_PASS]),
                padding=True,
                truncation=True,
                max_length=self.max_text_tokens,
                return_tensors="pt",
            ).to(device)
            with computing_in(self._precision, device):
                # Padding follows the end mark and attention is causal: no mask is needed.
                pooled = self._model.text_model(input_ids=tokens["input_ids"]).pooler_output
            parts.append(self._model.text_projection(pooled.float()))
        return torch.cat(parts)

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of a sentence, start and end marks included."""
        return len(self._tokenizer(text, verbose=False)["input_ids"])


def load_hf(
    source: str,
    *,
    image_size: Size | None = None,
    device: str = "cpu",
    precision: Precision = "auto",
) -> HFBackbone:
    """Load a CLIP checkpoint from a folder, from the hub's cache, or else from the hub.

    Raises:
        BackboneError: when it is not there, incomplete, pickled, or not a CLIP.
    """
    checkpoint = _read(source)
    return HFBackbone(
        f"hf:{source}", checkpoint, image_size=image_size, device=device, precision=precision
    )


def _read(source: str) -> _Checkpoint:
    folder = Path(source).expanduser()
    if folder.is_dir():
        _check_folder(folder)
        return _guarded(source, partial(_read_from, str(folder), local=True))
    if folder.is_absolute() or source.startswith((".", "~")):
        raise BackboneError(
            f"backbone hf: a local checkpoint must be a folder, but {source} is none; "
            f"{_REMEDY}, {LITE_REMEDY}."
        )
    try:
        return _read_from(source, local=True)
    except BackboneError:
        raise
    except _UNREADABLE:  # not in the cache, or not whole
        require_hub(source, remedy=_REMEDY)
        return _guarded(source, partial(_read_from, source, local=False))


def _check_folder(folder: Path) -> None:
    if any(folder.glob("*.safetensors")):
        return
    pickled = sorted(
        path.name for path in folder.iterdir() if path.suffix in {".bin", ".pt", ".pth"}
    )
    found = f"only {', '.join(pickled)} (pickled, which can run code)" if pickled else "no weights"
    raise BackboneError(
        f"backbone hf: weights must be safetensors, but {folder} has {found}; "
        "save the model there with save_pretrained, or fetch model.safetensors, "
        f"{LITE_REMEDY}."
    )


def _guarded(source: str, read: Callable[[], _Checkpoint]) -> _Checkpoint:
    try:
        return read()
    except BackboneError:
        raise
    except _UNREADABLE as error:
        reason = str(error).strip().split("\n")[0]
        raise BackboneError(
            f"backbone hf: {source} must be a complete CLIP checkpoint, but reading it failed "
            f"({reason}); {_REMEDY}, {LITE_REMEDY}."
        ) from error


def _read_from(source: str, *, local: bool) -> _Checkpoint:
    repair_torchvision()
    from transformers import (  # noqa: PLC0415 - slow, and only after the repair
        AutoConfig,
        AutoTokenizer,
        CLIPModel,
        ImageProcessingMixin,
    )

    config = AutoConfig.from_pretrained(source, local_files_only=local, trust_remote_code=False)
    if config.model_type != "clip":
        raise BackboneError(
            f"backbone hf: a checkpoint must be of the model type clip, but {source} is "
            f"{config.model_type!r}; use a CLIP checkpoint, {LITE_REMEDY}."
        )
    loaded: Any = CLIPModel.from_pretrained(
        source,
        config=config,
        local_files_only=local,
        use_safetensors=True,
        dtype=torch.float32,
        output_loading_info=True,
    )
    model, report = loaded
    absent = sorted({*report["missing_keys"], *(key for key, *_ in report["mismatched_keys"])})
    if absent:
        raise BackboneError(
            f"backbone hf: {source} must hold every weight of its configuration, but {len(absent)} "
            f"are absent or of another shape, such as {absent[0]}; fetch the checkpoint again."
        )
    tokenizer = AutoTokenizer.from_pretrained(
        source, local_files_only=local, trust_remote_code=False
    )
    values, _ = ImageProcessingMixin.get_image_processor_dict(source, local_files_only=local)
    mean, std = (tuple(map(float, values[key])) for key in ("image_mean", "image_std"))
    return _Checkpoint(model, tokenizer, Normalisation(mean, std))


def _finish(layer: "CLIPEncoderLayer", tokens: Tensor, attended: Tensor) -> Tensor:
    tokens = tokens + attended
    mixed: Tensor = layer.mlp(layer.layer_norm2(tokens))
    return tokens + mixed


def _attention_of(layer: "CLIPEncoderLayer") -> SelfAttention:
    attention = layer.self_attn
    return SelfAttention(
        norm=layer.layer_norm1,
        project=lambda tokens: (
            attention.q_proj(tokens),
            attention.k_proj(tokens),
            attention.v_proj(tokens),
        ),
        out=attention.out_proj,
        heads=attention.num_heads,
    )
