"""Backbones by name: `lite`, `hf:NAME_OR_FOLDER`, `open_clip:MODEL/PRETRAINED`.

Nothing heavy is imported before a backbone is loaded.
"""

from typing import TYPE_CHECKING

from promptlab.errors import BackboneError, suggest
from promptlab.runtime import Device, choose_device
from promptlab.types import Size

if TYPE_CHECKING:
    from promptlab.backbones.base import Backbone
    from promptlab.backbones.vit import Precision

__all__ = ["load_backbone"]

_KINDS = ("lite", "hf:NAME_OR_FOLDER", "open_clip:MODEL/PRETRAINED")


def load_backbone(
    spec: str,
    *,
    image_size: Size | None = None,
    device: Device = "auto",
    precision: "Precision" = "auto",
) -> "Backbone":
    """Load the backbone that a configuration names.

    Args:
        spec: one of `lite`, `hf:NAME_OR_FOLDER`, `open_clip:MODEL/PRETRAINED`.
        image_size: the size images are resized to; None: the backbone's own.
        device: where it runs.
        precision: of the image and text encoders; `auto` is fp32. `lite` is always fp32.

    Raises:
        BackboneError: when the name is unknown or the weights cannot be had.
        MissingDependencyError: when the backbone's package is not installed.
    """
    kind, separator, source = spec.partition(":")
    if spec == "lite":
        from promptlab.backbones.lite.backbone import load_lite  # noqa: PLC0415

        return load_lite(image_size=image_size, device=choose_device(device))
    if kind == "hf" and source:
        from promptlab.backbones.hf import load_hf  # noqa: PLC0415

        return load_hf(
            source, image_size=image_size, device=choose_device(device), precision=precision
        )
    if kind == "open_clip" and source:
        from promptlab.backbones.openclip import load_openclip  # noqa: PLC0415

        return load_openclip(
            source, image_size=image_size, device=choose_device(device), precision=precision
        )
    raise BackboneError(
        f"backbone.name must be one of these kinds, but got {spec!r}; "
        + suggest(spec if not separator else f"{kind}:", _KINDS)
    )
