import pytest

from promptlab.backbones import load_backbone
from promptlab.errors import BackboneError


@pytest.mark.parametrize("spec", ["hf", "hf:", "open_clip:", "litte", "onnx:x"])
def test_load_backbone_refuses_unknown_kind(spec):
    with pytest.raises(
        BackboneError, match=rf"must be one of these kinds, but got '{spec}'; .*lit"
    ):
        load_backbone(spec)


def test_load_backbone_suggests_a_close_kind():
    with pytest.raises(BackboneError, match="did you mean 'lite'"):
        load_backbone("litte")
