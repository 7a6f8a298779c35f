"""Representative vectors against the same computed from the text embeddings themselves."""

import pytest
import torch
from sklearn.cluster import KMeans
from torch.nn.functional import normalize

from promptlab.scorers.base import PromptWeights, Similarities
from promptlab.scorers.mean import MeanScorer
from promptlab.scorers.softmax import SoftmaxScorer
from promptlab.scorers.summary import summarise


def draw(*shape, seed):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def compare(images, normal, abnormal):
    return Similarities(
        normal=images @ normal.T,
        abnormal=images @ abnormal.T,
        normal_gram=normal @ normal.T,
        abnormal_gram=abnormal @ abnormal.T,
        logit_scale=20.0,
    )


RAW = 1 + draw(7, 16, seed=1) * torch.arange(1.0, 8)[:, None]
NORMAL, ABNORMAL = normalize(RAW, dim=-1), normalize(1 + draw(5, 16, seed=2), dim=-1)
IMAGES = normalize(draw(3, 4, 16, seed=3), dim=-1)
EXAMPLE = compare(IMAGES, NORMAL, ABNORMAL)
LENGTHS = (RAW.norm(dim=-1), torch.ones(5))


def check(kind, normal, **options):
    """Compare with similarities to the given representative vectors."""
    summary = summarise(EXAMPLE, kind, **options)
    found, unit = summary.apply(EXAMPLE), normalize(normal, dim=-1)
    torch.testing.assert_close(found.normal, IMAGES @ unit.T, rtol=0, atol=1e-5)
    torch.testing.assert_close(found.normal_gram, unit @ unit.T, rtol=0, atol=1e-5)
    assert found.abnormal.shape[:-1] == IMAGES.shape[:-1]


def test_mean_is_the_mean_of_unit_embeddings():
    check("mean", NORMAL.mean(0, keepdim=True))


def test_mean_raw_is_the_mean_of_raw_embeddings():
    check("mean_raw", RAW.mean(0, keepdim=True), lengths=LENGTHS)


def test_mean_raw_without_lengths_is_the_mean():
    check("mean_raw", NORMAL.mean(0, keepdim=True))


def test_medoid_is_the_prompt_most_similar_to_all():
    check("medoid", NORMAL[[int((NORMAL @ NORMAL.T).sum(0).argmax())]])


def test_principal_is_the_first_right_singular_vector_pointing_to_the_prompts():
    direction = torch.linalg.svd(NORMAL).Vh[0]
    check("principal", (direction * (NORMAL @ direction).sum().sign())[None])


def test_kmeans_finds_clear_clusters():
    axes = normalize(torch.eye(16)[[0, 5, 9]] + 0.02 * draw(20, 3, 16, seed=4), dim=-1)
    prompts = axes.flatten(0, 1)
    example = compare(IMAGES, prompts, ABNORMAL)
    fitted = KMeans(3, n_init=1, init=axes[0].numpy()).fit(prompts.numpy())
    expected = normalize(torch.from_numpy(fitted.cluster_centers_), dim=-1)
    found = summarise(example, "kmeans", centres=3).normal @ prompts
    assert (found @ expected.T).amax(1).min() > 1 - 1e-5
    assert (found @ expected.T).argmax(1).unique().numel() == 3


def test_kmeans_gives_no_more_centres_than_prompts_differ():
    doubled = compare(IMAGES, NORMAL[[0, 0, 1]], ABNORMAL)
    summary = summarise(doubled, "kmeans", centres=9)
    assert summary.normal.shape == (2, 3)
    assert summary.abnormal.shape == (5, 5)


def test_mean_gives_the_scores_of_the_mean_scorer_to_any_scorer():
    expected = MeanScorer().score(EXAMPLE, MeanScorer().weigh(EXAMPLE))
    seen = summarise(EXAMPLE, "mean").apply(EXAMPLE)
    scorer = SoftmaxScorer()
    torch.testing.assert_close(scorer.score(seen, scorer.weigh(seen)), expected)


@pytest.mark.parametrize("kind", ["mean", "medoid", "principal", "kmeans"])
def test_scores_do_not_depend_on_the_order_of_prompts(kind):
    order = torch.tensor([3, 0, 6, 1, 5, 2, 4])
    mixed = compare(IMAGES, NORMAL[order], ABNORMAL)
    one, two = (
        summarise(each, kind, centres=2).apply(each).normal.sort(-1).values
        for each in (EXAMPLE, mixed)
    )
    torch.testing.assert_close(one, two, rtol=0, atol=1e-5)


def test_spread_gives_each_prompt_its_share():
    axes = torch.eye(16)[:3]
    example = compare(IMAGES, axes[[0, 0, 1]], axes[:1])
    summary = summarise(example, "kmeans", centres=2)
    # Two vectors: the doubled prompt, weight 1/4, and the single one, weight 3/4.
    single_last = summary.normal[:, 2].argsort()
    vectors = torch.tensor([0.25, 0.75])[single_last.argsort()]
    spread = summary.spread(PromptWeights(vectors, torch.ones(1)))
    torch.testing.assert_close(spread.normal, torch.tensor([0.125, 0.125, 0.75]))
    assert spread.abnormal.tolist() == [1.0]
