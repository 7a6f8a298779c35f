"""The adapter against transformers' own outputs, on a tiny random checkpoint made here."""

import json
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from huggingface_hub import HfApi
from PIL import Image
from safetensors.torch import load_file, save_file
from tokenizers.pre_tokenizers import ByteLevel

from promptlab.backbones import load_backbone, vit
from promptlab.backbones.hf import load_hf
from promptlab.backbones.weights import digest_tensors
from promptlab.errors import BackboneError
from promptlab.runtime import repair_torchvision

repair_torchvision()

from transformers import CLIPConfig, CLIPModel, CLIPTokenizer  # noqa: E402 - after the repair
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil  # noqa: E402

MEAN, STD = [0.5, 0.4, 0.3], [0.2, 0.3, 0.4]
TEXTS = ["a photo of a bolt", "rust", "A SCRATCHED, dented metal plate with a crack " * 3]
LAYER = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    # Large weights, so that attention is far from uniform and mistakes show.
    "initializer_factor": 8.0,
}


def tiny_tokenizer():
    letters = sorted(ByteLevel.alphabet())
    names = [*letters, *(f"{letter}</w>" for letter in letters), "ru", "st</w>"]
    names += ["<|startoftext|>", "<|endoftext|>"]
    vocabulary = {name: number for number, name in enumerate(names)}
    merges = [("r", "u"), ("s", "t</w>")]
    return CLIPTokenizer(vocab=vocabulary, merges=merges, model_max_length=24)


def write_checkpoint(folder, activation="quick_gelu"):
    tokenizer = tiny_tokenizer()
    config = CLIPConfig(
        text_config={
            **LAYER,
            "vocab_size": len(tokenizer),
            "max_position_embeddings": 24,
            "hidden_act": activation,
            "bos_token_id": tokenizer.bos_token_id,
            "eos_token_id": tokenizer.eos_token_id,
            "pad_token_id": tokenizer.pad_token_id,
        },
        vision_config={**LAYER, "image_size": 32, "patch_size": 8, "hidden_act": activation},
        projection_dim=24,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = CLIPModel(config).eval()
        for parameter in model.parameters():  # biases and norms start out trivial
            parameter.data += 0.05 * torch.randn_like(parameter)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    CLIPImageProcessorPil(image_mean=MEAN, image_std=STD).save_pretrained(folder)
    return model


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clip")
    return SimpleNamespace(folder=folder, model=write_checkpoint(folder))


@pytest.fixture(scope="module")
def backbone(checkpoint):
    return load_hf(str(checkpoint.folder))


@pytest.fixture
def copy(checkpoint, tmp_path):
    return shutil.copytree(checkpoint.folder, tmp_path / "copy")


def noise(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


SIZES = pytest.mark.parametrize("size", [(32, 32), (48, 48), (24, 40), (16, 64)])


@SIZES
@torch.no_grad()
def test_images_equal_transformers(checkpoint, backbone, size):
    images = noise(2, 3, *size)
    expected = checkpoint.model.get_image_features(images, interpolate_pos_encoding=True)
    encoded = backbone.encode_images(images)
    assert encoded.grid == (size[0] // 8, size[1] // 8)
    assert encoded.value_tokens is None
    close(encoded.global_embedding, expected.pooler_output)
    tokens = checkpoint.model.vision_model.post_layernorm(expected.last_hidden_state[:, 1:])
    close(encoded.patch_tokens @ backbone.projection.T, checkpoint.model.visual_projection(tokens))


def close(found, expected):
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


def embedded(model, images):
    tower = model.vision_model
    return tower.pre_layrnorm(tower.embeddings(images, interpolate_pos_encoding=True))


@torch.no_grad()
def test_value_tokens_equal_attention_masked_to_the_diagonal(checkpoint, backbone):
    images = noise(2, 3, 24, 40)
    tower = checkpoint.model.vision_model
    tokens = embedded(checkpoint.model, images)
    for layer in tower.encoder.layers[:-1]:
        tokens = layer(tokens, None)
    alone = torch.full((16, 16), -torch.inf).fill_diagonal_(0)
    expected = tower.post_layernorm(tower.encoder.layers[-1](tokens, alone[None, None]))[:, 1:]
    found = backbone.encode_images(images, value_tokens=True)
    close(found.value_tokens, expected)
    assert (found.value_tokens - found.patch_tokens).abs().max() > 0.1


@torch.no_grad()
@pytest.mark.parametrize("tokens_per_pass", [1, 20, 16_384])
def test_window_equals_separate_forward_of_its_tokens(
    checkpoint, backbone, tokens_per_pass, monkeypatch
):
    monkeypatch.setattr(vit, "_TOKENS_PER_PASS", tokens_per_pass)
    images, windows = noise(2, 3, 24, 40), torch.tensor([[0, 1, 5], [14, 13, 2], [7, 8, 9]])
    found = backbone.encode_windows(images, windows)
    tokens = embedded(checkpoint.model, images)
    for i, window in enumerate(windows.tolist()):
        inside = tokens[:, [0, *(patch + 1 for patch in window)]]
        hidden = checkpoint.model.vision_model.encoder(inside).last_hidden_state[:, 0]
        hidden = checkpoint.model.vision_model.post_layernorm(hidden)
        close(found[:, i], checkpoint.model.visual_projection(hidden))
    assert (found[:, 0] - found[:, 1]).abs().max() > 0.1


@torch.no_grad()
def test_window_over_all_patches_is_the_image(backbone):
    images = noise(2, 3, 24, 40)
    found = backbone.encode_windows(images, torch.arange(15)[None])[:, 0]
    close(found, backbone.encode_images(images).global_embedding)


@torch.no_grad()
def test_texts_equal_transformers(checkpoint, backbone):
    tokens = tiny_tokenizer()(TEXTS, padding=True, truncation=True, return_tensors="pt")
    expected = checkpoint.model.get_text_features(**tokens).pooler_output
    close(backbone.encode_text(TEXTS), expected)


def test_texts_do_not_depend_on_the_batch(backbone):
    close(backbone.encode_text(TEXTS)[1:2], backbone.encode_text(["rust"]))
    many = backbone.encode_text(["rust", "a bolt"] * 150)
    assert many.shape == (300, 24)
    close(many[298:], backbone.encode_text(["rust", "a bolt"]))
    assert backbone.encode_text([]).shape == (0, 24)


def test_tokens_are_counted_with_both_marks_and_without_cutting(backbone):
    assert backbone.count_tokens("rust") == 4  # start, "ru", "st", end
    assert backbone.count_tokens("x" * 40) == 42
    assert backbone.max_text_tokens == 24


def test_logit_scale_is_the_exponential(checkpoint, backbone):
    expected = checkpoint.model.logit_scale.exp().item()
    assert backbone.logit_scale == pytest.approx(expected)


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_preprocess_equals_transformers_without_crop(checkpoint, mode):
    backbone = load_hf(str(checkpoint.folder), image_size=(24, 40))
    pixels = np.random.default_rng(0).integers(0, 256, (50, 31, 3), dtype=np.uint8)
    image = Image.fromarray(pixels).convert(mode)
    processor = CLIPImageProcessorPil(
        size={"height": 24, "width": 40}, do_center_crop=False, image_mean=MEAN, image_std=STD
    )
    expected = processor(image.convert("RGB"), return_tensors="pt")["pixel_values"][0]
    close(backbone.preprocess(image), expected)


def test_identity_names_size_and_weights(checkpoint, backbone):
    assert backbone.image_size == (32, 32)
    assert backbone.weights_digest == digest_tensors(checkpoint.model.state_dict())
    assert backbone.id == f"hf:{checkpoint.folder}@32x32#{backbone.weights_digest[:16]}"


def test_sharded_weights_are_the_same_backbone(checkpoint, backbone, copy):
    (copy / "model.safetensors").unlink()
    checkpoint.model.save_pretrained(copy, max_shard_size="30KB")
    assert len(list(copy.glob("*.safetensors"))) > 1
    assert load_hf(str(copy)).weights_digest == backbone.weights_digest


@pytest.mark.parametrize(("precision", "least"), [("bf16", 0.99), ("fp16", 0.9999)])
def test_lower_precision_is_close_and_returned_in_fp32(checkpoint, backbone, precision, least):
    lower = load_hf(str(checkpoint.folder), precision=precision)
    images = noise(1, 3, 32, 32)
    found, expected = lower.encode_images(images), backbone.encode_images(images)
    assert found.patch_tokens.dtype == torch.float32
    similarity = torch.cosine_similarity(found.global_embedding, expected.global_embedding)
    assert similarity.item() > least
    texts = torch.cosine_similarity(lower.encode_text(TEXTS), backbone.encode_text(TEXTS))
    assert texts.min() > least


def test_images_are_kept(backbone):
    images = noise(1, 3, 32, 32)
    backbone.encode_images(images, value_tokens=True)
    assert torch.equal(images, noise(1, 3, 32, 32))


def test_load_backbone_finds_the_adapter(checkpoint, backbone):
    loaded = load_backbone(f"hf:{checkpoint.folder}", image_size=(16, 24), device="cpu")
    assert loaded.image_size == (16, 24)
    assert loaded.weights_digest == backbone.weights_digest


def test_missing_folder_names_what_to_put_there(tmp_path):
    with pytest.raises(BackboneError, match=r"must be a folder, .*model\.safetensors.*lite"):
        load_hf(str(tmp_path / "nothing"))


def test_folder_without_weights_is_refused(copy):
    (copy / "model.safetensors").unlink()
    with pytest.raises(BackboneError, match=r"must be safetensors, but .* has no weights; save"):
        load_hf(str(copy))


def test_pickled_weights_are_refused(copy):
    (copy / "model.safetensors").rename(copy / "pytorch_model.bin")
    with pytest.raises(BackboneError, match=r"has only pytorch_model\.bin \(pickled, which can"):
        load_hf(str(copy))


def test_damaged_weights_are_refused(copy):
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(BackboneError, match=r"complete CLIP checkpoint, but reading it failed \("):
        load_hf(str(copy))


def test_incomplete_weights_are_refused(copy):
    weights = load_file(copy / "model.safetensors")
    del weights["visual_projection.weight"]
    save_file(weights, copy / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(BackboneError, match=r"1 are absent .* such as visual_projection\.weight"):
        load_hf(str(copy))


def test_missing_preprocessing_is_refused(copy):
    for path in (copy / "preprocessor_config.json", copy / "processor_config.json"):
        path.unlink(missing_ok=True)
    with pytest.raises(BackboneError, match=r"reading it failed .* image processor"):
        load_hf(str(copy))


def test_other_model_type_is_refused(copy):
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps({**config, "model_type": "siglip"}))
    with pytest.raises(BackboneError, match=r"must be of the model type clip, .* is 'siglip'; use"):
        load_hf(str(copy))


def test_unreachable_hub_is_said_at_once(monkeypatch):
    def refuse(*_, **__):
        raise ConnectionError("name or service not known\nsecond line")

    monkeypatch.setattr(HfApi, "model_info", refuse)
    with pytest.raises(BackboneError) as caught:
        load_hf("someone/no-such-clip")
    assert str(caught.value) == (
        "a backbone's weights must be on this machine or downloadable, but 'someone/no-such-clip' "
        "is neither (name or service not known); put config.json, model.safetensors, "
        "preprocessor_config.json and the tokenizer's files into a folder and use "
        "hf:/path/to/folder, or use the backbone lite, which comes with promptlab."
    )


def one_sided(side, value, sharpness):
    """GEM's step for one side of one head, as the paper words it."""
    unit = side / side.norm(dim=-1, keepdim=True)
    attended = torch.softmax(sharpness * unit @ unit.T, dim=-1) @ unit
    unit = attended / attended.norm(dim=-1, keepdim=True)
    return torch.softmax(sharpness * unit @ unit.T, dim=-1) @ value


@torch.no_grad()
def test_gem_equals_a_loop_over_images_heads_and_sides(checkpoint, backbone):
    images, tower = noise(2, 3, 24, 40), checkpoint.model.vision_model
    tokens = path = tower.encoder.layers[0](embedded(checkpoint.model, images), None)
    for layer in tower.encoder.layers[1:]:
        normed, attention = layer.layer_norm1(tokens), layer.self_attn
        updates = []
        for image in normed:
            sharpness = image.norm(dim=-1).mean() / 8**0.5
            sides = [p(image) for p in (attention.q_proj, attention.k_proj, attention.v_proj)]
            heads = [
                sum(
                    one_sided(side[:, h : h + 8], sides[2][:, h : h + 8], sharpness)
                    for side in sides
                )
                / 3
                for h in range(0, 32, 8)
            ]
            updates.append(attention.out_proj(torch.cat(heads, dim=-1)))
        path = path + torch.stack(updates)
        tokens = layer(tokens, None)
    found = backbone.encode_tokens(images, ["gem:2"])
    close(found["gem:2"], tower.post_layernorm(path)[:, 1:])
