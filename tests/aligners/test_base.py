import pytest
import torch

from aligners.base import LocalView, Requirements, join_maps
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


def test_tokens_refuses_a_kind_that_was_not_encoded():
    features = example_features(Requirements(tokens=("gem:2",)))
    assert features.tokens("gem:2") is features.other_tokens["gem:2"]
    with pytest.raises(ValueError, match="gem:6 tokens must be encoded before they are aligned"):
        features.tokens("gem:6")


@pytest.mark.parametrize(("join", "expected"), [("arithmetic", 0.4), ("harmonic", 0.3)])
def test_join_maps_joins_as_the_views_say(join, expected):
    views = [LocalView(torch.zeros(1, 1, 3), join=join)] * 2
    # 2 / (1/.2 + 1/.6) = .3
    found = join_maps(views, [torch.tensor([[0.2]]), torch.tensor([[0.6]])])
    torch.testing.assert_close(found, torch.tensor([[expected]]))


def test_join_maps_refuses_views_that_disagree():
    views = [LocalView(torch.zeros(1, 1, 3), join=join) for join in ("arithmetic", "harmonic")]
    with pytest.raises(ValueError, match=r"must agree .*'arithmetic'.*'harmonic'.*; give all"):
        join_maps(views, [torch.zeros(1, 1)] * 2)


def test_join_maps_weighs_groups_after_joining_each():
    nothing = torch.zeros(1, 1, 3)
    views = [
        LocalView(nothing, join="harmonic", group=0, weight=3.0),
        LocalView(nothing, join="harmonic", group=0, weight=3.0),
        LocalView(nothing, group=7, weight=1.0),
    ]
    found = join_maps(views, [torch.tensor([[x]]) for x in (0.2, 0.6, 0.9)])
    # harmonic mean of 0.2 and 0.6 is 0.3; (3 x 0.3 + 0.9) / 4
    torch.testing.assert_close(found, torch.tensor([[0.45]]))


@pytest.mark.parametrize("weights", [(0.0, 0.0), (-1.0, 2.0)])
def test_join_maps_refuses_weights_that_mean_nothing(weights):
    views = [
        LocalView(torch.zeros(1, 1, 3), group=i, weight=weight) for i, weight in enumerate(weights)
    ]
    with pytest.raises(ValueError, match=r"at least 0 and add up to more, but got \["):
        join_maps(views, [torch.zeros(1, 1)] * 2)
