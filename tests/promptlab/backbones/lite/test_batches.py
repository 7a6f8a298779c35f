from dataclasses import replace

import numpy as np
import pytest
import torch

from promptlab.backbones.lite.batches import _draw, _narrowest, _use_of, draw_batch
from promptlab.backbones.lite.objective import COVERED
from promptlab.errors import ConfigError
from promptlab.synthetic.catalogue import CATEGORIES
from promptlab.synthetic.defects import DEFECTS
from promptlab.synthetic.truth import STATES, Caption


def test_batch_captions_are_true_of_the_images_they_were_drawn_for(recipe, table, group):
    batch = draw_batch([group], table, recipe.training, np.random.default_rng(0))
    pairs = torch.arange(6)
    for kept in range(2):
        assert batch.truth[2 * pairs, batch.normal[:, kept]].all()
        assert not batch.truth[2 * pairs + 1, batch.normal[:, kept]].any()
        assert batch.truth[2 * pairs + 1, batch.abnormal[:, kept]].all()
        assert not batch.truth[2 * pairs, batch.abnormal[:, kept]].any()
    same = batch.truth[::2][:, batch.neutral] == batch.truth[1::2][:, batch.neutral]
    assert same.all()
    assert (batch.hard | ~batch.truth).all()


def test_batch_prefers_abnormal_patches_and_windows_meet_the_defect(recipe, table, group):
    batch = draw_batch([group], table, recipe.training, np.random.default_rng(0))
    chosen = batch.coverage.gather(1, batch.patches)
    defective = (batch.coverage > COVERED).sum(1)
    assert (defective[1::2] > 0).all()
    assert torch.equal((chosen > COVERED).sum(1), defective)
    met = batch.coverage.gather(1, batch.windows.flatten(1)).unflatten(1, batch.windows.shape[1:])
    first_half = met[1::2, : batch.windows.shape[1] // 2]
    assert (first_half.amax(-1) > COVERED).all()
    side = round(batch.windows.shape[2] ** 0.5)
    rows, cols = batch.windows // batch.grid[1], batch.windows % batch.grid[1]
    assert (rows.amax(-1) - rows.amin(-1) == side - 1).all()
    assert (cols.amax(-1) - cols.amin(-1) == side - 1).all()


def test_same_step_gives_the_same_batch(recipe, table, group):
    one, other = (
        draw_batch([group], table, recipe.training, np.random.default_rng(3)) for _ in range(2)
    )
    assert torch.equal(one.tokens, other.tokens)
    assert torch.equal(one.sentences, other.sentences)


def test_a_scene_without_any_true_caption_is_named(table, group):
    scene = group.facts[1]
    empty = replace(table, index=dict.fromkeys(table.index, np.array([], dtype=np.int64)))
    with pytest.raises(ConfigError, match=r"needs a general caption, .* a screw that is scratch; "):
        _draw(empty, scene, "general", np.random.default_rng(0))


def test_uses_of_captions():
    every = frozenset(CATEGORIES)
    expected = {
        "neutral": frozenset(STATES),
        "normal": frozenset({"normal"}),
        "specific": frozenset({"crack", "cut"}),
        "general": frozenset(DEFECTS),
    }
    for use, states in expected.items():
        assert _use_of(Caption("text", every, states)) == use


def test_kinds_of_defect_are_named_narrowly_and_rightly(recipe, table, group):
    batch = draw_batch([group], table, recipe.training, np.random.default_rng(0))
    kinds = list(DEFECTS)
    for kind, candidates in table.kinds.items():
        assert [table.captions[at].text for at in candidates] == [f"{kind} here"]
    assert batch.kinds.shape == (len(kinds), 2)
    assert not batch.shows[::2].any()
    assert (batch.shows[1::2].sum(1) == 1).all()
    shown = {kinds[at] for at in batch.shows[1::2].float().argmax(1).tolist()}
    assert shown <= {"scratch", "stain"}


def test_narrowest_captions_prefer_few_kinds_and_skip_places():
    every = frozenset(CATEGORIES)
    captions = [
        Caption("a break", every, frozenset({"hole", "crack", "cut"})),
        Caption("a hole", every, frozenset({"hole", "poke"})),
        Caption("a hole near the top", every, frozenset({"hole"}), place="top"),
        Caption("a screw with a hole", frozenset({"screw"}), frozenset({"hole"}), scope="category"),
    ]
    assert _narrowest(captions, "hole").tolist() == [1]
    assert _narrowest(captions, "rust").tolist() == []
