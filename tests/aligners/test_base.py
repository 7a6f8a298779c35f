import pytest
import torch

from aligners.base import LocalView, Requirements
from aligners.contract import example_features

MEMBERS = torch.tensor([[True, True, False, False], [False, True, True, False]])
SCORES = torch.tensor([[0.2, 0.6]])


def test_to_map_is_identity_without_members():
    scores = torch.tensor([[0.1, 0.9]])
    assert torch.equal(LocalView(torch.zeros(1, 2, 3)).to_map(scores), scores)


def test_to_map_averages_arithmetically():
    view = LocalView(torch.zeros(1, 2, 3), members=MEMBERS)
    # The last patch lies in no window: the mean over places.
    torch.testing.assert_close(view.to_map(SCORES), torch.tensor([[0.2, 0.4, 0.6, 0.4]]))


def test_to_map_averages_harmonically():
    view = LocalView(torch.zeros(1, 2, 3), members=MEMBERS, mean="harmonic")
    # 2 / (1/.2 + 1/.6) = .3
    torch.testing.assert_close(view.to_map(SCORES), torch.tensor([[0.2, 0.3, 0.6, 0.4]]))


def test_to_map_is_zero_under_a_window_of_zero_in_harmonic_mean():
    view = LocalView(torch.zeros(1, 2, 3), members=MEMBERS, mean="harmonic")
    found = view.to_map(torch.tensor([[0.0, 0.6]]))
    torch.testing.assert_close(found, torch.tensor([[0.0, 0.0, 0.6, 0.3]]))


def test_tokens_refuses_value_tokens_that_were_not_encoded():
    features = example_features(Requirements())
    with pytest.raises(ValueError, match=r"value tokens must be encoded .* have none; encode"):
        features.tokens("value")


def test_windows_of_refuses_side_that_was_not_encoded():
    features = example_features(Requirements(window_sides=(2,)))
    assert features.windows_of(2) is features.windows[0]
    with pytest.raises(ValueError, match=r"side 3 must be encoded .* have sides \[2\]; encode"):
        features.windows_of(3)
