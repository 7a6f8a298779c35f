"""What every scorer must do, on random embeddings; each scorer's own numbers are beside this."""

from dataclasses import replace

import pytest
import torch
from torch.nn.functional import normalize

from promptlab.scorers import SCORERS
from promptlab.scorers.base import PromptWeights, Similarities, kept
from promptlab.scorers.contextual import ContextualScorer
from promptlab.scorers.mean import MeanScorer
from promptlab.scorers.softmax import SoftmaxScorer

SHIPPED = {
    **{name: SCORERS[name]() for name in SCORERS.available()},
    "contextual_hard": ContextualScorer(mode="overlap_hard"),
    "contextual_soft": ContextualScorer(mode="overlap_soft"),
    "softmax_balanced": SoftmaxScorer(balanced=True),
}


def unit(*shape, seed):
    generator = torch.Generator().manual_seed(seed)
    return normalize(torch.randn(*shape, generator=generator), dim=-1)


def compare(images, normal, abnormal, logit_scale=20.0):
    return Similarities(
        normal=images @ normal.T,
        abnormal=images @ abnormal.T,
        normal_gram=normal @ normal.T,
        abnormal_gram=abnormal @ abnormal.T,
        logit_scale=logit_scale,
    )


NORMAL, ABNORMAL = unit(13, 16, seed=1), unit(9, 16, seed=2)
IMAGES, PLACES = unit(5, 16, seed=3), unit(5, 7, 16, seed=4)
EXAMPLE = compare(IMAGES, NORMAL, ABNORMAL)


def judge(scorer, similarities):
    return scorer.score(similarities, scorer.weigh(similarities))


every_scorer = pytest.mark.parametrize("scorer", SHIPPED.values(), ids=SHIPPED)


def test_scorers_are_registered_on_import():
    expected = ("contextual", "contextual_rank", "max", "mean", "softmax")
    assert SCORERS.available() == expected


@every_scorer
def test_score_is_a_probability_and_weights_add_up_to_one(scorer):
    weights = scorer.weigh(EXAMPLE)
    scores = scorer.score(EXAMPLE, weights)
    assert scores.shape == (5,)
    assert ((scores >= 0) & (scores <= 1)).all()
    for state, count in ((weights.normal, 13), (weights.abnormal, 9)):
        assert state.shape == (5, count)
        assert (state >= 0).all()
        torch.testing.assert_close(state.sum(-1), torch.ones(5))


@every_scorer
def test_permuting_prompts_permutes_weights_only(scorer):
    order_n = torch.randperm(13, generator=torch.Generator().manual_seed(0))
    order_a = torch.randperm(9, generator=torch.Generator().manual_seed(0))
    permuted = compare(IMAGES, NORMAL[order_n], ABNORMAL[order_a])
    weights, before = scorer.weigh(permuted), scorer.weigh(EXAMPLE)
    torch.testing.assert_close(weights.normal, before.normal[:, order_n])
    torch.testing.assert_close(weights.abnormal, before.abnormal[:, order_a])
    torch.testing.assert_close(judge(scorer, permuted), judge(scorer, EXAMPLE))


@every_scorer
def test_swapping_the_states_gives_the_complement(scorer):
    swapped = compare(IMAGES, ABNORMAL, NORMAL)
    torch.testing.assert_close(judge(scorer, swapped), 1 - judge(scorer, EXAMPLE))


@every_scorer
def test_doubling_every_prompt_changes_nothing(scorer):
    if isinstance(scorer, ContextualScorer):  # a least number and a rounded share do depend on it
        scorer = replace(scorer, keep=1, share=1 / 3)
    single = compare(IMAGES, NORMAL[:9], ABNORMAL)
    doubled = compare(IMAGES, NORMAL[:9].repeat(2, 1), ABNORMAL.repeat(2, 1))
    torch.testing.assert_close(judge(scorer, doubled), judge(scorer, single))


@every_scorer
def test_leading_dimensions_are_free(scorer):
    similarities = compare(PLACES, NORMAL, ABNORMAL)
    found = judge(scorer, similarities)
    one = replace(
        similarities, normal=similarities.normal[2, 3], abnormal=similarities.abnormal[2, 3]
    )
    assert found.shape == (5, 7)
    torch.testing.assert_close(judge(scorer, one), found[2, 3])


@every_scorer
def test_an_images_weights_serve_its_places(scorer):
    places, weights = compare(PLACES, NORMAL, ABNORMAL), scorer.weigh(EXAMPLE)
    per_image = PromptWeights(weights.normal[:, None], weights.abnormal[:, None])
    found = scorer.score(places, per_image)
    repeated = PromptWeights(per_image.normal.expand(5, 7, 13), per_image.abnormal.expand(5, 7, 9))
    assert found.shape == (5, 7)
    torch.testing.assert_close(found, scorer.score(places, repeated))


@every_scorer
def test_inputs_are_kept(scorer):
    similarities = compare(IMAGES, NORMAL, ABNORMAL)
    judge(scorer, similarities)
    assert torch.equal(similarities.normal, EXAMPLE.normal)
    assert torch.equal(similarities.abnormal_gram, EXAMPLE.abnormal_gram)


@every_scorer
@pytest.mark.parametrize("logit_scale", [0.01, 1e4])
def test_extreme_inverse_temperature_stays_finite(scorer, logit_scale):
    scores = judge(scorer, compare(IMAGES, NORMAL, ABNORMAL, logit_scale))
    assert scores.isfinite().all()
    assert ((scores >= 0) & (scores <= 1)).all()


@every_scorer
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_equal_similarities_give_a_half_and_equal_weights(scorer, dtype):
    prompts = torch.ones(6, 1, dtype=dtype)
    similarities = compare(torch.ones(2, 1, dtype=dtype) * 0.3, prompts, prompts)
    weights = scorer.weigh(similarities)
    assert weights.normal.dtype == dtype
    torch.testing.assert_close(weights.normal, torch.full((2, 6), 1 / 6, dtype=dtype))
    torch.testing.assert_close(judge(scorer, similarities), torch.full((2,), 0.5, dtype=dtype))


@every_scorer
def test_single_prompt_per_state_is_softmax_of_two(scorer):
    similarities = compare(IMAGES, NORMAL[:1], ABNORMAL[:1])
    both = torch.cat([similarities.normal, similarities.abnormal], -1)
    expected = torch.softmax(20 * both, -1)[:, 1]
    torch.testing.assert_close(judge(scorer, similarities), expected)


def test_kept_says_which_prompts_have_weight():
    weights = PromptWeights(torch.tensor([0.5, 0.0, 0.5]), torch.tensor([1.0, 0.0]))
    normal, abnormal = kept(weights)
    assert normal.tolist() == [True, False, True]
    assert abnormal.tolist() == [True, False]


def test_mean_equals_winclips_formula():
    """Normalise, mean, normalise, softmax over the two (WinCLIP, section 4.1)."""
    text = torch.stack([normalize(state.mean(0), dim=0) for state in (NORMAL, ABNORMAL)])
    expected = torch.softmax(20 * IMAGES @ text.T, dim=-1)[:, 1]
    torch.testing.assert_close(judge(MeanScorer(), EXAMPLE), expected, rtol=0, atol=1e-6)


def test_weighted_mean_equals_direct_formula():
    scorer = SCORERS["contextual_rank"]()
    weights = scorer.weigh(EXAMPLE)
    normal = normalize(weights.normal @ NORMAL, dim=-1)
    abnormal = normalize(weights.abnormal @ ABNORMAL, dim=-1)
    logits = torch.stack([(IMAGES * normal).sum(-1), (IMAGES * abnormal).sum(-1)], -1)
    expected = torch.softmax(20 * logits, dim=-1)[:, 1]
    torch.testing.assert_close(judge(scorer, EXAMPLE), expected, rtol=0, atol=1e-6)


def test_max_takes_each_states_best():
    both = torch.stack([EXAMPLE.normal.amax(-1), EXAMPLE.abnormal.amax(-1)], -1)
    expected = torch.softmax(20 * both, -1)[:, 1]
    torch.testing.assert_close(judge(SHIPPED["max"], EXAMPLE), expected)


def test_max_ignores_prompts_without_weight():
    similarities = compare(torch.tensor([[1.0, 0.0]]), torch.eye(2), torch.eye(2))
    weights = PromptWeights(torch.tensor([[0.0, 1.0]]), torch.tensor([[0.5, 0.5]]))
    # exp(20) against exp(0)
    expected = torch.tensor([20.0]).sigmoid()
    torch.testing.assert_close(SHIPPED["max"].score(similarities, weights), expected)


def test_softmax_is_the_abnormal_prompts_mass():
    both = torch.cat([EXAMPLE.normal, EXAMPLE.abnormal], -1)
    expected = torch.softmax(20 * both, -1)[:, 13:].sum(-1)
    torch.testing.assert_close(judge(SHIPPED["softmax"], EXAMPLE), expected)


def test_balanced_softmax_compares_mean_exponentials():
    normal = (20 * EXAMPLE.normal).exp().mean(-1)
    abnormal = (20 * EXAMPLE.abnormal).exp().mean(-1)
    found = judge(SHIPPED["softmax_balanced"], EXAMPLE)
    torch.testing.assert_close(found, abnormal / (normal + abnormal))
