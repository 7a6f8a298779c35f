import numpy as np
import torch

from promptlab.backbones.lite.batches import draw_batch
from promptlab.backbones.lite.objective import measure_losses, total_loss
from promptlab.backbones.lite.train import start


def test_losses_are_finite_and_all_weighted(recipe, table, group):
    batch = draw_batch([group], table, recipe.training, np.random.default_rng(0))
    losses = measure_losses(start(recipe).student, batch)
    assert set(losses) == {"pair", *vars(recipe.training.weights)}
    assert all(torch.isfinite(value) for value in losses.values())


def test_total_loss_weighs_every_part(recipe):
    weights = recipe.training.weights
    names = list(vars(weights))
    losses = {"pair": torch.tensor(2.0)} | {name: torch.tensor(1.0) for name in names}
    expected = 2 + sum(vars(weights).values())
    assert abs(total_loss(losses, weights).item() - expected) < 1e-6
