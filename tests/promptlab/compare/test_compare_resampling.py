import numpy as np
import pytest

from promptlab.compare.resampling import mean_resamples, over_draws
from promptlab.metrics.image import bootstrap, paired_gain
from promptlab.metrics.ranking import auroc
from promptlab.metrics.resampling import paired_interval, percentile_interval

LABELS = np.array([0, 0, 0, 1, 1, 1, 1])
SCORES = np.array([0.1, 0.4, 0.3, 0.35, 0.8, 0.9, 0.2])
OTHERS = np.array([0.2, 0.3, 0.1, 0.15, 0.9, 0.6, 0.4])


def test_mean_resamples_of_one_category_has_the_bootstraps_interval():
    values = mean_resamples([LABELS], [SCORES], auroc, samples=200, seed=5)

    found = bootstrap(LABELS, SCORES, auroc, samples=200, rng=np.random.default_rng((5, 0)))
    assert percentile_interval(values) == found


def test_mean_resamples_draw_the_same_images_for_every_set_of_scores():
    two = [LABELS, LABELS[1:]]
    ours, theirs = (
        mean_resamples(two, [scores, scores[1:]], auroc, samples=100, seed=3)
        for scores in (SCORES, OTHERS)
    )

    expected = paired_gain(
        two, [SCORES, SCORES[1:]], [OTHERS, OTHERS[1:]], auroc, samples=100, seed=3
    )
    found = paired_interval(ours - theirs)
    assert (found.low, found.high, found.p) == pytest.approx(
        (expected.low, expected.high, expected.p)
    )


def test_mean_resamples_when_undefined():
    assert mean_resamples([np.ones(3, int)], [np.ones(3)], auroc, samples=9, seed=0) is None


def test_over_draws_when_there_is_one_keeps_it():
    values = np.arange(5.0)

    assert over_draws(values[None], seed=0).tolist() == values.tolist()


def test_over_draws_adds_the_spread_of_the_draws():
    # Two draws that no image moves: a mean of two of them is 0, 0.5 or 1 (1/4, 1/2, 1/4).
    found = over_draws(np.stack([np.zeros(4000), np.ones(4000)]), seed=1)

    shares = [float(np.mean(found == value)) for value in (0.0, 0.5, 1.0)]
    assert shares == pytest.approx([0.25, 0.5, 0.25], abs=0.03)
