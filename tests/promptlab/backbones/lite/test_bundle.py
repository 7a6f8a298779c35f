import pytest
import torch

from promptlab.backbones.lite.bundle import LiteWeights, load_weights, save_weights
from promptlab.backbones.lite.tokens import TokenBuilder
from promptlab.backbones.lite.tower import TextHead, Tower, TowerConfig
from promptlab.errors import BackboneError


@pytest.fixture
def written(tmp_path):
    config = TowerConfig(components=8, width=16, heads=2, dim=12, pool_heads=2, pool_width=4)
    tower, text, tokens = Tower(config), TextHead(config), TokenBuilder(8)
    generator = torch.Generator().manual_seed(0)
    tower.initialise(generator)
    text.initialise(generator)
    tokens.fit(torch.randn(400, 344, generator=generator))
    weights = LiteWeights(tokens, tower, text, 17.5, "")
    path = tmp_path / "lite.safetensors"
    return path, weights, save_weights(path, weights, recipe_digest="recipe")


def test_weights_come_back_as_they_were_written(written):
    path, weights, digest = written
    loaded = load_weights(path)
    assert loaded.digest == digest
    assert loaded.logit_scale == 17.5
    assert loaded.tower.config == weights.tower.config
    assert torch.equal(loaded.tokens.basis, weights.tokens.basis)
    torch.testing.assert_close(
        loaded.tower.project.weight, weights.tower.project.weight, atol=1e-3, rtol=1e-3
    )
    assert not any(p.requires_grad for p in loaded.tower.parameters())


def test_load_refuses_a_damaged_file(written):
    path, _, _ = written
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(BackboneError, match=r"lite\.safetensors must have SHA-256 .*, but has "):
        load_weights(path)


def test_load_says_how_to_get_missing_weights(tmp_path):
    with pytest.raises(BackboneError, match="is incomplete; reinstall promptlab, or train"):
        load_weights(tmp_path / "lite.safetensors")
