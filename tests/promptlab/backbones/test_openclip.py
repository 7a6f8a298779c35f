"""The adapter against open_clip's own outputs, on tiny random models made here."""

import json
import sys
from types import SimpleNamespace

import huggingface_hub
import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - as everywhere
from huggingface_hub import HfApi
from PIL import Image
from safetensors.torch import save_file

from promptlab.backbones import load_backbone
from promptlab.backbones.openclip import load_openclip
from promptlab.errors import BackboneError, MissingDependencyError
from promptlab.runtime import repair_torchvision

repair_torchvision()

open_clip = pytest.importorskip("open_clip")

TEXTS = ["a photo of a bolt", "rust", "A SCRATCHED, dented metal plate with a crack " * 12]
TINY = {
    "embed_dim": 24,
    "vision_cfg": {"image_size": 32, "patch_size": 8, "layers": 3, "width": 32, "head_width": 8},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 2},
}
MODELS = {
    "tiny-vit": TINY,
    "tiny-vit-quickgelu": {**TINY, "quick_gelu": True},
    "tiny-vit-scaled": {**TINY, "vision_cfg": {**TINY["vision_cfg"], "ls_init_value": 0.3}},
    "tiny-vit-average": {**TINY, "vision_cfg": {**TINY["vision_cfg"], "pool_type": "avg"}},
    "tiny-resnet": {
        **TINY,
        "vision_cfg": {"image_size": 32, "layers": [1, 1, 1, 1], "width": 8, "patch_size": None},
    },
}


@pytest.fixture(scope="module")
def registered(tmp_path_factory):
    """Add the tiny models to open_clip, write random weights of each; give their files."""
    folder = tmp_path_factory.mktemp("open_clip")
    files = {}
    for name, config in MODELS.items():
        (folder / f"{name}.json").write_text(json.dumps(config))
        open_clip.add_model_config(folder / f"{name}.json")
        with torch.random.fork_rng():
            torch.manual_seed(0)
            model = open_clip.create_model(name)
            for parameter in model.visual.parameters():  # attention far from uniform
                parameter.data = 2 * parameter.data + 0.1 * torch.randn_like(parameter)
        files[name] = folder / f"{name}.safetensors"
        save_file(model.state_dict(), files[name])
    return files


def library(registered, name, **options):
    return open_clip.create_model(name, pretrained=str(registered[name]), **options).eval()


@pytest.fixture(scope="module", params=["tiny-vit", "tiny-vit-quickgelu", "tiny-vit-scaled"])
def pair(registered, request):
    name = request.param
    backbone = load_openclip(f"{name}/{registered[name]}")
    return SimpleNamespace(name=name, backbone=backbone, model=library(registered, name))


def noise(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


def close(found, expected):
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize("size", [(32, 32), (48, 48), (24, 40), (40, 16)])
def test_images_equal_open_clip_at_that_size(pair, registered, size):
    images = noise(2, 3, *size)
    model = library(registered, pair.name, force_image_size=size)
    model.visual.output_tokens = True
    embedding, tokens = model.visual(images)
    encoded = pair.backbone.encode_images(images)
    assert encoded.grid == (size[0] // 8, size[1] // 8)
    close(encoded.global_embedding, embedding)
    close(encoded.patch_tokens, tokens)
    close(encoded.patch_tokens @ pair.backbone.projection.T, tokens @ model.visual.proj)


@torch.no_grad()
def test_positions_are_resized_to_another_shape_of_as_many_patches(pair):
    # open_clip itself would keep the order of the 4x4 grid's positions for a 2x8 grid.
    model, images = pair.model, noise(1, 3, 16, 64)
    grid = model.visual.positional_embedding[1:].T.reshape(1, 32, 4, 4)
    grid = F.interpolate(grid, size=(2, 8), mode="bicubic", antialias=True).reshape(32, 16).T
    native = model.visual.positional_embedding.detach().clone()
    model.visual.positional_embedding.data = torch.cat([native[:1], grid])
    expected = model.encode_image(images)
    model.visual.positional_embedding.data = native
    close(pair.backbone.encode_images(images).global_embedding, expected)


@torch.no_grad()
def test_value_tokens_equal_attention_masked_to_the_diagonal(pair):
    images, visual = noise(2, 3, 32, 32), pair.model.visual
    tokens = visual._embeds(images)
    for block in visual.transformer.resblocks[:-1]:
        tokens = block(tokens)
    alone = torch.full((17, 17), -torch.inf).fill_diagonal_(0)
    expected = visual.ln_post(visual.transformer.resblocks[-1](tokens, attn_mask=alone))[:, 1:]
    found = pair.backbone.encode_images(images, value_tokens=True)
    close(found.value_tokens, expected)
    assert (found.value_tokens - found.patch_tokens).abs().max() > 0.1


@torch.no_grad()
def test_window_equals_separate_forward_of_its_tokens(pair):
    images, windows = noise(2, 3, 32, 32), torch.tensor([[0, 1, 5], [14, 13, 2], [7, 8, 9]])
    found, visual = pair.backbone.encode_windows(images, windows), pair.model.visual
    tokens = visual._embeds(images)
    for i, window in enumerate(windows.tolist()):
        inside = tokens[:, [0, *(patch + 1 for patch in window)]]
        close(found[:, i], visual.ln_post(visual.transformer(inside))[:, 0] @ visual.proj)
    assert (found[:, 0] - found[:, 1]).abs().max() > 0.1


@torch.no_grad()
def test_texts_equal_open_clip(pair):
    expected = pair.model.encode_text(open_clip.get_tokenizer(pair.name)(TEXTS))
    close(pair.backbone.encode_text(TEXTS), expected)
    assert pair.backbone.encode_text([]).shape == (0, 24)


def test_tokens_are_counted_with_both_marks_and_without_cutting(pair):
    assert pair.backbone.count_tokens("a photo of a bolt") == 7
    assert pair.backbone.count_tokens(TEXTS[2]) > 77
    assert pair.backbone.max_text_tokens == 77


def test_logit_scale_is_the_exponential(pair):
    assert pair.backbone.logit_scale == pytest.approx(1 / 0.07)  # open_clip's initial value


def test_activation_follows_the_model(registered):
    images = noise(1, 3, 32, 32)
    shared = registered["tiny-vit"]
    plain = load_openclip(f"tiny-vit/{shared}").encode_images(images).global_embedding
    quick = load_openclip(f"tiny-vit-quickgelu/{shared}").encode_images(images).global_embedding
    assert (plain - quick).abs().max() > 1e-3


def test_activation_and_colours_follow_the_tag(registered, monkeypatch):
    """open_clip only warns when a tag was trained with quick GELU and the model is without."""
    mean, std = (0.1, 0.2, 0.3), (0.4, 0.5, 0.6)
    tag = {"file": str(registered["tiny-vit"]), "quick_gelu": True, "mean": mean, "std": std}
    monkeypatch.setattr(open_clip, "get_pretrained_cfg", lambda *_: tag)
    images = noise(1, 3, 32, 32)
    backbone = load_openclip("tiny-vit/openai")
    quick = load_openclip(f"tiny-vit-quickgelu/{registered['tiny-vit']}")
    close(
        backbone.encode_images(images).global_embedding,
        quick.encode_images(images).global_embedding,
    )
    grey = Image.new("RGB", (32, 32), (51, 51, 51))
    pixel = backbone.preprocess(grey)[:, 0, 0]
    close(pixel, torch.tensor([(0.2 - 0.1) / 0.4, 0.0, (0.2 - 0.3) / 0.6]))


def test_tag_with_plain_gelu_is_refused_for_a_quickgelu_model(registered, monkeypatch):
    tag = {"file": str(registered["tiny-vit"]), "quick_gelu": False}
    monkeypatch.setattr(open_clip, "get_pretrained_cfg", lambda *_: tag)
    with pytest.raises(BackboneError, match=r"plain GELU, but got .*; use tiny-vit/laion\."):
        load_openclip("tiny-vit-quickgelu/laion")


def test_preprocess_equals_open_clips_squash(registered):
    backbone = load_openclip(f"tiny-vit/{registered['tiny-vit']}", image_size=(24, 40))
    pixels = np.random.default_rng(0).integers(0, 256, (50, 31, 3), dtype=np.uint8)
    squash = open_clip.transform.PreprocessCfg(size=(24, 40), resize_mode="squash")
    expected = open_clip.transform.image_transform_v2(squash, is_train=False)(
        Image.fromarray(pixels)
    )
    close(backbone.preprocess(Image.fromarray(pixels)), expected)


def test_weights_from_torch_are_the_same_backbone(pair, registered, tmp_path):
    torch.save(pair.model.state_dict(), tmp_path / "weights.pt")
    loaded = load_openclip(f"{pair.name}/{tmp_path / 'weights.pt'}")
    assert loaded.weights_digest == pair.backbone.weights_digest
    assert pair.backbone.id.endswith(f"@32x32#{loaded.weights_digest[:16]}")


def test_load_backbone_finds_the_adapter(registered):
    spec = f"open_clip:tiny-vit/{registered['tiny-vit']}"
    assert load_backbone(spec, image_size=(16, 24), device="cpu").name == spec


class Foreign:
    """Something only an unsafe unpickler would rebuild."""


def test_pickled_objects_are_refused(registered, tmp_path):
    torch.save({"state_dict": Foreign()}, tmp_path / "weights.pt")
    with pytest.raises(
        BackboneError, match=r"weights_only, but reading it failed \(.*Weights only"
    ):
        load_openclip(f"tiny-vit/{tmp_path / 'weights.pt'}")


def test_weights_of_another_model_are_refused(registered):
    with pytest.raises(BackboneError, match=r"must hold the weights of tiny-vit, .* failed"):
        load_openclip(f"tiny-vit/{registered['tiny-vit-scaled']}")


def test_unknown_model_gets_a_suggestion():
    with pytest.raises(BackboneError, match="got 'ViT-B16'; did you mean 'ViT-B-16'"):
        load_openclip("ViT-B16/openai")


@pytest.mark.parametrize("pretrained", ["laion400m_e3", "", "/no/such/file.safetensors"])
def test_unknown_weights_name_tags_and_files(pretrained):
    rule = rf"a tag or a weights file, but got '{pretrained}'; .*laion400m_e32.*local weights file"
    with pytest.raises(BackboneError, match=rule):
        load_openclip(f"ViT-B-16-plus-240/{pretrained}")


@pytest.mark.parametrize("name", ["tiny-resnet", "tiny-vit-average"])
def test_other_architectures_are_refused(registered, name):
    with pytest.raises(BackboneError, match=rf"must be a plain ViT .* but {name} has"):
        load_openclip(f"{name}/{registered[name]}")


def test_unreachable_hub_is_said_at_once(monkeypatch):
    def refuse(*_, **__):
        raise ConnectionError("no route")

    monkeypatch.setattr(HfApi, "model_info", refuse)
    with pytest.raises(BackboneError, match=r"is neither \(no route\); name a local weights file"):
        load_openclip("ViT-B-16-plus-240/laion400m_e32")


def test_cached_tag_needs_no_hub(registered, monkeypatch):
    def look_up(repository, filename):
        assert repository == "someone/tiny"
        return str(registered["tiny-vit"]) if filename == "open_clip_model.safetensors" else None

    tag = {"hf_hub": "someone/tiny/", "quick_gelu": False}
    monkeypatch.setattr(open_clip, "get_pretrained_cfg", lambda *_: tag)
    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", look_up)
    loaded = load_openclip("tiny-vit/tag")
    assert (
        loaded.weights_digest == load_openclip(f"tiny-vit/{registered['tiny-vit']}").weights_digest
    )


def test_failed_download_is_explained(monkeypatch):
    def fail(_):
        raise FileNotFoundError("gone")

    monkeypatch.setattr(open_clip, "get_pretrained_cfg", lambda *_: {"url": "somewhere"})
    monkeypatch.setattr(open_clip, "download_pretrained", fail)
    with pytest.raises(BackboneError, match="must be downloadable, but got: gone; name a local"):
        load_openclip("ViT-B-16/tag")


def test_missing_package_names_the_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "open_clip", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'open-clip-torch>=3.0'"):
        load_openclip("ViT-B-16/openai")


@torch.no_grad()
def test_value_attention_in_the_last_blocks_equals_librarys_attention_of_values(pair):
    images, visual = noise(2, 3, 32, 32), pair.model.visual
    tokens = visual._embeds(images)
    tokens = path = visual.transformer.resblocks[0](tokens)
    for block in visual.transformer.resblocks[1:]:
        _, _, value = F.linear(
            block.ln_1(tokens), block.attn.in_proj_weight, block.attn.in_proj_bias
        ).chunk(3, dim=-1)
        value = value.unflatten(-1, (4, 8)).transpose(1, 2)
        attended = F.scaled_dot_product_attention(value, value, value).transpose(1, 2).flatten(2)
        path = path + block.ls_1(block.attn.out_proj(attended))
        tokens = block(tokens)
    found = pair.backbone.encode_tokens(images, ["value:2", "value:1"])
    close(found["value:2"], visual.ln_post(path)[:, 1:])
    assert (found["value:2"] - found["value:1"]).abs().max() > 0.1


def test_more_blocks_than_there_are_is_refused(pair):
    with pytest.raises(BackboneError, match="tokens gem:4 need 4 blocks, but this backbone has 3"):
        pair.backbone.encode_tokens(noise(1, 3, 32, 32), ["gem:4"])
