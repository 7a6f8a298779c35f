from itertools import product

import numpy as np
import pytest

from promptlab.errors import MetricError
from promptlab.metrics.image import image_auroc
from promptlab.metrics.paired import paired_auroc_test

LABELS = np.array([0, 0, 0, 1, 1, 1])
OURS = np.array([0.1, 0.2, 0.3, 0.7, 0.8, 0.9])
THEIRS = np.array([0.6, 0.1, 0.5, 0.4, 0.2, 0.3])


def exact_p_value() -> float:
    """All 64 exchanges of ranks, counted one by one."""
    ours, theirs = (np.argsort(np.argsort(one)) for one in (OURS, THEIRS))

    def gain(swap: np.ndarray) -> float:
        first, second = np.where(swap, theirs, ours), np.where(swap, ours, theirs)
        return image_auroc(LABELS, first).value - image_auroc(LABELS, second).value

    gains = [gain(np.array(swap)) for swap in product([False, True], repeat=6)]
    return float(np.mean(np.abs(gains) >= abs(gains[0]) - 1e-12))


def test_paired_test_agrees_with_all_permutations() -> None:
    found = paired_auroc_test([LABELS], [OURS], [THEIRS], samples=4000, seed=0)
    assert found == pytest.approx(exact_p_value(), abs=0.02)


def test_paired_test_of_the_same_ranking_is_one() -> None:
    assert paired_auroc_test([LABELS], [OURS], [100 * OURS], samples=50, seed=0) == 1


def test_paired_test_is_uniform_where_nothing_differs() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 25)
    found = [
        paired_auroc_test(
            [labels], [rng.normal(size=50)], [rng.normal(size=50)], samples=99, seed=seed
        )
        for seed in range(100)
    ]
    assert 0.4 < np.mean(found) < 0.6
    assert np.mean(np.array(found) <= 0.1) < 0.2


def test_paired_test_averages_categories_of_different_size() -> None:
    rng = np.random.default_rng(1)
    labels = [np.repeat([0, 1], n) for n in (8, 20)]
    ours = [one + rng.normal(scale=0.3, size=len(one)) for one in labels]
    theirs = [rng.normal(size=len(one)) for one in labels]
    assert paired_auroc_test(labels, ours, theirs, samples=400, seed=0) < 0.02


def test_paired_test_skips_a_category_without_one_label() -> None:
    normal = np.zeros(4, int)
    scores = np.arange(4.0)
    assert paired_auroc_test([normal], [scores], [scores], samples=9, seed=0) is None
    both = paired_auroc_test([normal, LABELS], [scores, OURS], [scores, THEIRS], samples=9, seed=1)
    assert both is not None


def test_paired_test_refuses_bad_input() -> None:
    with pytest.raises(MetricError, match="samples must be at least 1, but got 0"):
        paired_auroc_test([LABELS], [OURS], [THEIRS], samples=0, seed=0)
    with pytest.raises(MetricError, match="must have one length, but got 6, 6 and 5"):
        paired_auroc_test([LABELS], [OURS], [THEIRS[:5]], samples=9, seed=0)
