import pytest
import torch
from PIL import Image

from promptlab.backbones.vit import Normalisation, check_image_size, preprocess
from promptlab.errors import BackboneError

PLAIN = Normalisation((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))


def test_image_size_that_patches_do_not_fill_is_refused():
    rule = r"multiple of the patch size 8x8, but got 32x37; use for example 32x40"
    with pytest.raises(BackboneError, match=rule):
        check_image_size((32, 37), (8, 8))


def test_image_size_that_patches_fill_is_returned():
    assert check_image_size((16, 40), (8, 8)) == (16, 40)


def test_preprocess_keeps_both_ends_of_a_long_image():
    image = Image.new("RGB", (60, 20))  # PIL says (width, height)
    image.paste((255, 0, 0), (0, 0, 10, 20))
    image.paste((0, 0, 255), (50, 0, 60, 20))
    pixels = preprocess(image, (16, 24), PLAIN)
    assert pixels.shape == (3, 16, 24)
    assert torch.equal(pixels[:, 8, 0], torch.tensor([1.0, 0.0, 0.0]))
    assert torch.equal(pixels[:, 8, -1], torch.tensor([0.0, 0.0, 1.0]))


def test_preprocess_normalises_each_colour():
    pixels = preprocess(
        Image.new("RGB", (8, 8), (255, 51, 0)),
        (8, 8),
        Normalisation((0.5, 0.2, 0.1), (0.5, 1.0, 0.2)),
    )
    torch.testing.assert_close(pixels[:, 0, 0], torch.tensor([1.0, 0.0, -0.5]))
