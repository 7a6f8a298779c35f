import math

import pytest
import torch

from promptlab.backbones.lite.losses import (
    drift_loss,
    kind_loss,
    neutral_loss,
    sigmoid_loss,
    state_loss,
    type_loss,
)


def test_sigmoid_loss_averages_its_three_kinds_of_pair_by_hand():
    # true: logit 0 -> ln 2; hard: logit ln 3 -> ln 4; easy: two logits -> mean of ln 2 and ln 4
    logits = torch.tensor([[0.0, math.log(3)], [0.0, math.log(3)]])
    truth = torch.tensor([[True, False], [False, False]])
    hard = torch.tensor([[True, True], [False, False]])
    expected = math.log(2) + math.log(4) + (math.log(2) + math.log(4)) / 2
    assert sigmoid_loss(logits, truth, hard).item() == pytest.approx(expected, rel=1e-6)


def test_type_loss_of_one_image_by_hand():
    # right caption logit ln 3, wrong ones 0 and 0; the last column is no rival.
    logits = torch.tensor([[math.log(3), 0.0, 0.0, 9.0]])
    truth = torch.tensor([[True, False, False, True]])
    rivals = torch.tensor([[True, True, True, False]])
    pairs = math.log(4 / 3) + math.log(2)
    softmax = math.log(5 / 3)
    assert type_loss(logits, truth, rivals).item() == pytest.approx(pairs + softmax, rel=1e-6)


def test_type_loss_is_zero_when_no_image_has_a_right_and_a_wrong_rival():
    logits = torch.randn(2, 3, generator=torch.Generator().manual_seed(0), requires_grad=True)
    truth = torch.tensor([[True, True, True], [False, False, False]])
    loss = type_loss(logits, truth, torch.ones(2, 3, dtype=torch.bool))
    loss.backward()
    assert loss.item() == 0
    assert logits.grad is not None
    assert torch.isfinite(logits.grad).all()


def test_state_loss_weighs_both_states_the_same():
    difference = torch.tensor([math.log(3), 0.0, 0.0, 0.0])
    abnormal = torch.tensor([True, False, False, False])
    expected = math.log(4 / 3) + math.log(2)
    assert state_loss(difference, abnormal).item() == pytest.approx(expected, rel=1e-6)


def test_neutral_loss_is_the_mean_squared_change_over_twice_the_variance():
    # Caption 1 sees 0 and 2 (variance 2) change by 1 and 1; caption 2 sees 1 and 3 unchanged.
    normal = torch.tensor([[0.0, 1.0], [2.0, 3.0]])
    abnormal = torch.tensor([[1.0, 1.0], [1.0, 3.0]])
    measured = neutral_loss(normal, abnormal, torch.eye(2)).item()
    assert measured == pytest.approx((1 / 4 + 0) / 2, rel=1e-3)


def test_kind_loss_counts_the_kinds_of_an_image_as_one_class_and_skips_normal_images():
    # Image 1: exp 3, 1, 1 of which the first is right; image 2: 1, 1, 2, right are two and three.
    logits = torch.tensor([[3.0, 1.0, 1.0], [1.0, 1.0, 2.0], [9.0, 0.1, 1.0]]).log()
    shows = torch.tensor([[True, False, False], [False, True, True], [False, False, False]])
    expected = (math.log(5 / 3) + math.log(4 / 3)) / 2
    assert kind_loss(logits, shows).item() == pytest.approx(expected, rel=1e-6)


def test_drift_loss_is_one_for_equal_moves_and_zero_for_moves_that_cancel():
    change = torch.tensor([[1.0, 2.0, 3.0], [1.0, -2.0, 1.0]])
    measured = [drift_loss(change, torch.eye(3)[at : at + 1]).item() for at in range(3)]
    # Third direction: mean 2, mean square 5.
    assert measured == pytest.approx([1.0, 0.0, 0.8], abs=1e-4)
