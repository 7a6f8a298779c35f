import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from promptlab.errors import ConfigError
from promptlab.scorers.base import Similarities, kept
from promptlab.scorers.contextual import ContextualScorer
from promptlab.scorers.contextual_rank import ContextualRankScorer
from promptlab.scorers.mean import MeanScorer


def similarities(normal, abnormal):
    normal, abnormal = torch.tensor(normal), torch.tensor(abnormal)
    return Similarities(
        normal, abnormal, torch.eye(normal.shape[-1]), torch.eye(abnormal.shape[-1]), 1.0
    )


def kept_prompts(scorer, normal, abnormal):
    marks = kept(scorer.weigh(similarities(normal, abnormal)))
    return tuple([i for i, keep in enumerate(mark) if keep] for mark in marks)


TEN = [0.0, 0.9, 0.1, 0.8, 0.2, 0.7, 0.3, 0.6, 0.4, 0.5]


@pytest.mark.parametrize(
    ("share", "keep", "expected"),
    [
        (0.25, 1, [1, 3, 5]),  # 2.5 prompts: rounded up
        (0.3, 1, [1, 3, 5]),
        (0.25, 5, [1, 3, 5, 7, 9]),
        (1.0, 1, list(range(10))),
        (0.1, 99, list(range(10))),
    ],
)
def test_relevance_keeps_the_most_similar(share, keep, expected):
    scorer = ContextualScorer(share=share, keep=keep)
    assert kept_prompts(scorer, TEN, [1.0])[0] == expected


def test_relevance_share_of_whole_number_is_not_rounded_up():
    thirty = [i / 30 for i in range(30)]
    scorer = ContextualScorer(share=0.1, keep=1)  # 0.1 * 30 = 3.0000000000000004
    assert kept_prompts(scorer, thirty, thirty) == ([27, 28, 29], [27, 28, 29])


def test_relevance_keeps_ties_with_the_last():
    assert kept_prompts(ContextualScorer(keep=2), [0.1, 0.3, 0.2, 0.2], [0.5])[0] == [1, 2, 3]


# Band of these two: [max(.1, .3), min(.5, .9)] = [.3, .5].
NORMAL, ABNORMAL = [0.1, 0.2, 0.35, 0.5], [0.3, 0.42, 0.6, 0.9]


def test_overlap_hard_drops_the_band_with_its_edges():
    scorer = ContextualScorer(mode="overlap_hard", keep=1)
    assert kept_prompts(scorer, NORMAL, ABNORMAL) == ([0, 1], [2, 3])


def test_overlap_hard_keeps_those_farthest_from_the_centre():
    scorer = ContextualScorer(mode="overlap_hard", keep=3)
    # Distances to .4: normal .3 .2 .05 .1; abnormal .1 .02 .2 .5
    assert kept_prompts(scorer, NORMAL, ABNORMAL) == ([0, 1, 3], [0, 2, 3])


@pytest.mark.parametrize("mode", ["overlap_hard", "overlap_soft"])
def test_overlap_changes_nothing_without_band(mode):
    scorer = ContextualScorer(mode=mode, keep=1)
    weights = scorer.weigh(similarities([0.1, 0.2, 0.3], [0.4, 0.9]))
    torch.testing.assert_close(weights.normal, torch.full((3,), 1 / 3))
    torch.testing.assert_close(weights.abnormal, torch.full((2,), 1 / 2))


def test_overlap_soft_weighs_by_logistic_distance_to_the_band():
    scorer = ContextualScorer(mode="overlap_soft", temperature=0.25)
    weights = scorer.weigh(similarities(NORMAL, ABNORMAL))
    # Signed distances to [.3, .5], in units of .25 * (.9 - .1) = .2
    steps = [0.2 / 0.2, 0.1 / 0.2, -0.05 / 0.2, 0.0]
    logistic = torch.tensor([1 / (1 + math.exp(-step)) for step in steps])
    torch.testing.assert_close(weights.normal, logistic / logistic.sum())


def test_overlap_soft_survives_weights_that_underflow():
    scorer = ContextualScorer(mode="overlap_soft", temperature=1e-4)
    weights = scorer.weigh(similarities([0.0, 1.0], [0.5, 0.5]))
    torch.testing.assert_close(weights.abnormal, torch.tensor([0.5, 0.5]))


def test_rank_weight_is_distance_from_beating_half():
    weights = ContextualRankScorer().weigh(similarities([0.1, 0.5, 0.9], [0.2, 0.5, 0.6, 0.7]))
    # r = 0, (1 + half a tie) / 4, 1, so |2 r - 1| = 1, 1/4, 1
    torch.testing.assert_close(weights.normal, torch.tensor([4, 1, 4]) / 9)
    # r = 1/3, 1/2, 2/3, 2/3, so |2 r - 1| = 1/3, 0, 1/3, 1/3
    torch.testing.assert_close(weights.abnormal, torch.tensor([1, 0, 1, 1]) / 3)


def test_rank_weights_are_equal_when_all_are_zero():
    weights = ContextualRankScorer().weigh(similarities([0.5, 0.5], [0.1, 0.9]))
    torch.testing.assert_close(weights.normal, torch.tensor([0.5, 0.5]))
    torch.testing.assert_close(weights.abnormal, torch.tensor([0.5, 0.5]))


values = st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=12)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(normal=values, abnormal=values)
def test_share_of_one_is_the_mean(normal, abnormal):
    given = similarities(normal, abnormal)
    found = ContextualScorer(share=1.0).weigh(given)
    expected = MeanScorer().weigh(given)
    torch.testing.assert_close(found.normal, expected.normal)
    torch.testing.assert_close(found.abnormal, expected.abnormal)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(normal=values, abnormal=values, keep=st.integers(1, 12))
def test_every_mode_keeps_enough_and_weights_add_up(normal, abnormal, keep):
    for mode in ("relevance", "overlap_hard", "overlap_soft"):
        weights = ContextualScorer(mode=mode, keep=keep).weigh(similarities(normal, abnormal))
        for state in (weights.normal, weights.abnormal):
            assert int((state > 0).sum()) >= min(keep, len(state)) or mode == "overlap_soft"
            torch.testing.assert_close(state.sum(), torch.tensor(1.0))


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    normal=st.lists(st.integers(-20, 20), min_size=1, max_size=8),
    abnormal=st.lists(st.integers(-20, 20), min_size=1, max_size=8),
)
def test_rank_weights_depend_on_order_only(normal, abnormal):
    plain = similarities([n / 20 for n in normal], [a / 20 for a in abnormal])
    warped = similarities([(n / 20) ** 3 for n in normal], [(a / 20) ** 3 for a in abnormal])
    found, expected = ContextualRankScorer().weigh(warped), ContextualRankScorer().weigh(plain)
    torch.testing.assert_close(found.normal, expected.normal)
    torch.testing.assert_close(found.abnormal, expected.abnormal)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"share": 0.0}, "share must be above 0 and at most 1, but got 0.0; the default is 0.25"),
        ({"share": 1.5}, "share must be above 0 and at most 1, but got 1.5"),
        ({"keep": 0}, "keep must be at least 1, but got 0; the default is 4"),
        ({"temperature": 0.0}, "temperature must be above 0 and finite, but got 0.0"),
        ({"temperature": math.inf}, "temperature must be above 0 and finite, but got inf"),
    ],
)
def test_refuses_parameter(parameters, message):
    with pytest.raises(ConfigError, match=message):
        ContextualScorer(**parameters)
