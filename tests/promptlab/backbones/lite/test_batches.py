import numpy as np
import torch

from promptlab.backbones.lite.batches import draw_batch
from promptlab.backbones.lite.objective import COVERED


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
    assert (chosen[1::2] > COVERED).sum(1).tolist() == [2] * 6
    met = batch.coverage.gather(1, batch.windows.flatten(1)).unflatten(1, batch.windows.shape[1:])
    first_half = met[1::2, : batch.windows.shape[1] // 2]
    assert (first_half.amax(-1) > COVERED).all()
    side = round(batch.windows.shape[2] ** 0.5)
    rows, cols = batch.windows // group.grid[1], batch.windows % group.grid[1]
    assert (rows.amax(-1) - rows.amin(-1) == side - 1).all()
    assert (cols.amax(-1) - cols.amin(-1) == side - 1).all()


def test_same_step_gives_the_same_batch(recipe, table, group):
    one, other = (
        draw_batch([group], table, recipe.training, np.random.default_rng(3)) for _ in range(2)
    )
    assert torch.equal(one.tokens, other.tokens)
    assert torch.equal(one.sentences, other.sentences)
