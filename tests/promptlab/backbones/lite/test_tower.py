import pytest
import torch
from torch.nn import functional

from promptlab.backbones.lite.tower import TextHead, Tower, TowerConfig

CONFIG = TowerConfig(
    components=6, novelty=2, width=16, heads=2, blocks=2, dim=12, pool_heads=2, pool_width=4
)


@pytest.fixture(scope="module")
def tower():
    tower = Tower(CONFIG)
    tower.initialise(torch.Generator().manual_seed(3))
    # Larger residual branches, so that a wrong path would show.
    for block in tower.blocks:
        block.output.weight.data *= 30
        block.down.weight.data *= 30
    return tower.requires_grad_(False)


@pytest.fixture(scope="module")
def tokens():
    return torch.randn(3, 12, 8, generator=torch.Generator().manual_seed(1))


def _slow_block(block, x, allowed):
    """One image's block with loops over heads; ``allowed[i]`` lists what token i attends to."""
    width = x.shape[-1]
    normed = functional.layer_norm(x, (width,), block.norm1.weight, block.norm1.bias)
    query = block.query(normed)
    key, value = block.key_value(normed).split(width, dim=-1)
    head = width // block.heads
    mixed = torch.zeros_like(x)
    for i, seen in enumerate(allowed):
        for h in range(block.heads):
            part = slice(h * head, (h + 1) * head)
            weights = (key[seen, part] @ query[i, part] / head**0.5).softmax(0)
            mixed[i, part] = weights @ value[seen, part]
    x = x + block.output(mixed)
    normed = functional.layer_norm(x, (width,), block.norm2.weight, block.norm2.bias)
    return x + block.down(functional.gelu(block.up(normed)))


def _slow_tokens(tower, x, *, only_itself):
    x = torch.cat([tower.cls[None], x])
    every = [list(range(len(x)))] * len(x)
    x = _slow_block(tower.blocks[0], x, every)
    last = [[i] for i in range(len(x))] if only_itself else every
    return tower.norm(_slow_block(tower.blocks[1], x, last))


def test_shapes_at_a_non_square_grid(tower, tokens):
    encoded = tower.encode(tower.embed(tokens, (3, 4)), patches=True)
    assert encoded.global_embedding.shape == (3, 12)
    assert encoded.value_tokens.shape == encoded.patch_tokens.shape == (3, 12, 16)


def test_grid_orientation_matters(tower, tokens):
    assert not torch.allclose(tower.embed(tokens, (3, 4)), tower.embed(tokens, (4, 3)))


def test_patch_tokens_equal_a_slow_transformer(tower, tokens):
    entered = tower.embed(tokens, (3, 4))
    encoded = tower.encode(entered, patches=True)
    expected = _slow_tokens(tower, entered[1], only_itself=False)
    torch.testing.assert_close(encoded.patch_tokens[1], expected[1:], atol=1e-5, rtol=1e-4)


def test_value_tokens_attend_to_themselves_only_in_the_last_block(tower, tokens):
    entered = tower.embed(tokens, (3, 4))
    expected = _slow_tokens(tower, entered[2], only_itself=True)
    value = tower.encode(entered).value_tokens[2]
    torch.testing.assert_close(value, expected[1:], atol=1e-5, rtol=1e-4)


def test_global_embedding_is_class_token_plus_pooled_evidence(tower, tokens):
    entered = tower.embed(tokens, (3, 4))[:1]
    summary = _slow_tokens(tower, entered[0], only_itself=False)[0]
    own = _slow_tokens(tower, entered[0], only_itself=True)[1:]
    values = tower.pool_value(own)
    pooled = []
    for h in range(2):
        weights = (own @ tower.pool_score.weight[h]).softmax(0)
        pooled.append(weights @ values[:, 4 * h : 4 * h + 4])
    expected = tower.project(summary + tower.pool_output(torch.cat(pooled)))
    actual = tower.encode(entered).global_embedding[0]
    torch.testing.assert_close(actual, expected, atol=1e-5, rtol=1e-4)


def test_window_equals_a_separate_forward_of_its_patches(tower, tokens):
    entered = tower.embed(tokens, (3, 4))
    windows = torch.tensor([[0, 1, 4, 5], [6, 7, 10, 11]])
    embedded = tower.encode_windows(entered, windows)
    assert embedded.shape == (3, 2, 12)
    for at, members in enumerate(windows):
        alone = tower.encode(entered[:, members]).global_embedding
        torch.testing.assert_close(embedded[:, at], alone, atol=1e-5, rtol=1e-4)
    assert not torch.allclose(embedded[:, 0], embedded[:, 1])


def test_text_head_returns_unit_vectors():
    head = TextHead(CONFIG)
    head.initialise(torch.Generator().manual_seed(0))
    sentences = functional.normalize(torch.randn(5, 384), dim=-1)
    torch.testing.assert_close(head(sentences).norm(dim=-1), torch.ones(5))


def test_starting_weights_depend_on_the_generator_alone():
    towers = [Tower(CONFIG), Tower(CONFIG)]
    for each in towers:
        each.initialise(torch.Generator().manual_seed(7))
    for one, other in zip(towers[0].parameters(), towers[1].parameters(), strict=True):
        assert torch.equal(one, other)
