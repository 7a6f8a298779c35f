from math import isnan

import numpy as np
import pytest

from promptlab.errors import MetricError
from promptlab.metrics.ranking import (
    Metric,
    Ranking,
    aupro,
    auroc,
    average_precision,
    f1_max,
    metric_of,
)

# Scores 0.9 (abnormal), 0.7 (one of each), 0.5 (normal): highest group first.
NEGATIVES = np.array([0, 1, 1])
POSITIVES = np.array([1, 1, 0])


def test_auroc_counts_ties_half():
    # Pairs: (0.9 beats both), (0.7 ties one, beats one): (1 + 1 + 0.5 + 1) / 4.
    assert auroc(NEGATIVES, POSITIVES) == 3.5 / 4


def test_average_precision_takes_one_step_per_distinct_score():
    # Recall 1/2 at precision 1, then recall 1 at precision 2/3.
    assert average_precision(NEGATIVES, POSITIVES) == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)


def test_f1_max_takes_the_best_threshold():
    # Thresholds: TP 1 of 1 flagged: 2/3; TP 2 of 3 flagged: 4/5; TP 2 of 4: 4/6.
    assert f1_max(NEGATIVES, POSITIVES) == pytest.approx(0.8)


def test_formulas_take_leading_axes():
    negatives, positives = np.stack([NEGATIVES] * 2), np.stack([POSITIVES, POSITIVES[::-1]])
    np.testing.assert_allclose(auroc(negatives, positives), [3.5 / 4, 2 / 4])


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        # Curve (0, 0), (0, .5), (.5, .5), (1, 1) by groups below.
        (0.25, 0.5),
        (0.5, 0.5),
        (1.0, (0.25 + 0.375) / 1.0),
        # From 0.5 to 0.75 the curve rises from 0.5 to 0.75.
        (0.75, (0.25 + 0.25 * 0.625) / 0.75),
    ],
)
def test_aupro_interpolates_to_the_limit(limit, expected):
    negatives, overlap = np.array([0, 2, 2]), np.array([0.5, 0.0, 0.5])
    assert aupro(negatives, overlap, fpr_limit=limit) == pytest.approx(expected)


def test_aupro_is_one_when_all_defects_lead():
    assert aupro(np.array([0, 7]), np.array([3.0, 0.0]), fpr_limit=0.3) == 1


def test_aupro_of_a_constant_map_is_half_the_limit():
    assert aupro(np.array([10]), np.array([1.0]), fpr_limit=0.3) == pytest.approx(0.15)


@pytest.mark.parametrize("limit", [0.0, -0.1, 1.1, float("nan")])
def test_aupro_refuses_a_limit_outside_its_range(limit):
    with pytest.raises(MetricError, match=r"fpr_limit must be in \(0, 1\].*usual value is 0.3"):
        aupro(NEGATIVES, POSITIVES, fpr_limit=limit)


def test_metric_of_says_which_class_is_absent():
    zero = np.zeros(3, np.int64)
    no_abnormal = metric_of(Ranking(NEGATIVES, zero), auroc, unit="image")
    no_normal = metric_of(Ranking(zero, POSITIVES), auroc, unit="pixel")
    assert isnan(no_abnormal.value)
    assert no_abnormal.reason == "no abnormal image"
    assert isnan(no_normal.value)
    assert no_normal.reason == "no normal pixel"


def test_metric_of_returns_the_formula_when_both_classes_exist():
    assert metric_of(Ranking(NEGATIVES, POSITIVES), auroc, unit="image") == Metric(0.875)


def test_aupro_of_several_rankings_is_that_of_each():
    rng = np.random.default_rng(0)
    negatives, overlap = rng.integers(0, 9, (4, 30)), rng.random((4, 30))
    together = aupro(negatives, overlap, fpr_limit=0.3)
    alone = [float(aupro(n, o, fpr_limit=0.3)) for n, o in zip(negatives, overlap, strict=True)]
    assert together.tolist() == pytest.approx(alone, abs=1e-15)
