from dataclasses import replace

import numpy as np
import pytest
import torch

from promptlab.backbones.lite import train as module
from promptlab.backbones.lite.batches import draw_batch
from promptlab.backbones.lite.objective import measure_losses
from promptlab.backbones.lite.train import rate_share, start, train


def test_training_lowers_the_loss(recipe, table, group, tmp_path):
    batches = [
        draw_batch([group], table, recipe.training, np.random.default_rng(1000 + i))
        for i in range(4)
    ]
    before = start(recipe).student
    after = train(recipe, [group], table, folder=tmp_path).student
    with torch.no_grad():
        first, last = (
            sum(float(measure_losses(student, batch)["pair"]) for batch in batches)
            for student in (before, after)
        )
    assert last < 0.9 * first


def test_an_interrupted_run_ends_with_the_same_weights(recipe, table, group, tmp_path, monkeypatch):
    short = replace(recipe, training=replace(recipe.training, steps=6, average_from=0.5))
    whole = train(short, [group], table, folder=tmp_path / "whole")
    again = train(short, [group], table, folder=tmp_path / "again")
    _assert_same(whole, again)

    monkeypatch.setattr(module, "CHECKPOINT_EVERY", 2)
    real, calls = module.take_step, []

    def killed(*args):
        calls.append(args)
        if len(calls) == 6:
            raise KeyboardInterrupt
        return real(*args)

    monkeypatch.setattr(module, "take_step", killed)
    with pytest.raises(KeyboardInterrupt):
        train(short, [group], table, folder=tmp_path / "resumed")
    monkeypatch.setattr(module, "take_step", real)
    _assert_same(whole, train(short, [group], table, folder=tmp_path / "resumed"))


def test_another_seed_gives_other_weights_from_the_same_images(recipe, table, group, tmp_path):
    short = replace(recipe, training=replace(recipe.training, steps=1))
    own = train(short, [group], table, folder=tmp_path)
    other = train(short, [group], table, folder=tmp_path, seed=7)
    again = train(short, [group], table, folder=tmp_path / "again", seed=7)
    assert not torch.equal(own.student.tower.cls, other.student.tower.cls)
    _assert_same(other, again)
    assert len(list(tmp_path.glob("checkpoint-*-7.pt"))) == 1


def test_another_seed_does_not_overwrite_the_packaged_weights(capsys):
    with pytest.raises(SystemExit):
        module.main(["--seed", "7"])
    assert "--seed needs --output" in capsys.readouterr().err


def _assert_same(one, other):
    assert one.step == other.step
    for name in ("student", "average"):
        pairs = zip(
            getattr(one, name).state_dict().items(),
            getattr(other, name).state_dict().items(),
            strict=True,
        )
        for (key, value), (_, twin) in pairs:
            assert torch.equal(value, twin), key


def test_average_is_the_mean_of_the_last_weights(recipe):
    progress = start(recipe)
    for step, value in enumerate([10.0, 1.0, 2.0, 6.0], start=1):
        progress.student.bias.data.fill_(value)
        progress.step = step
        module.fold_average(progress, since=1)
    assert progress.average.bias.item() == pytest.approx(3.0)


def test_rate_share_by_hand(recipe):
    training = replace(recipe.training, steps=100, warm_up=4)
    assert rate_share(training, 0) == pytest.approx(0.25)
    assert rate_share(training, 50) == pytest.approx(0.01 + 0.99 * 0.5)
    assert rate_share(training, 100) == pytest.approx(0.01)


def test_muon_fits_the_matrices_and_adamw_the_rest(recipe):
    training = replace(recipe.training, matrix_rate=0.5, learning_rate=0.25)
    student = start(recipe).student
    (fast, muon), (slow, adam) = module.make_optimizers(student, training)
    assert (fast, slow) == (0.5, 0.25)
    fitted = [p for each in (muon, adam) for group in each.param_groups for p in group["params"]]
    assert {id(p) for p in fitted} == {id(p) for p in student.parameters()}
    assert len(fitted) == len(list(student.parameters()))
    assert all(p.ndim == 2 for group in muon.param_groups for p in group["params"])


def test_late_weights_hold_from_their_step_on(recipe, table, group):
    nothing = replace(recipe.training.weights, **dict.fromkeys(vars(recipe.training.weights), 0.0))
    training = replace(recipe.training, late_from=1, late_weights=nothing)
    changed = replace(recipe, training=training)
    progress = start(changed)
    batch = draw_batch([group], table, training, np.random.default_rng(0))
    first, second = (module.take_step(progress, batch, changed) for _ in range(2))
    assert first["total"] > first["pair"] + 0.1
    assert second["total"] == pytest.approx(second["pair"], abs=1e-3)
