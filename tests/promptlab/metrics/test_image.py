import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score

from promptlab.errors import MetricError
from promptlab.metrics.image import bootstrap, image_ap, image_auroc, image_f1_max, paired_gain
from promptlab.metrics.ranking import auroc, average_precision, f1_max
from promptlab.metrics.resampling import PairedInterval


def drawn(*, seed, levels, count=60):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, count)
    labels[:2] = 0, 1
    return labels, np.round((rng.random(count) + 0.3 * labels) * levels) / levels


@pytest.mark.parametrize("levels", [5, 10**6])
@pytest.mark.parametrize("seed", range(5))
def test_image_metrics_equal_scikit_learn(seed, levels):
    labels, scores = drawn(seed=seed, levels=levels)
    precision, recall, _ = precision_recall_curve(labels, scores)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    assert image_auroc(labels, scores).value == pytest.approx(roc_auc_score(labels, scores))
    assert image_ap(labels, scores).value == pytest.approx(average_precision_score(labels, scores))
    assert image_f1_max(labels, scores).value == pytest.approx(f1.max())


@settings(derandomize=True, deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(-50, 50)), min_size=1, max_size=30))
def test_image_auroc_is_unchanged_by_a_monotone_map(pairs):
    labels, scores = np.array(pairs).T
    before, after = image_auroc(labels, scores), image_auroc(labels, np.exp(scores / 10))
    np.testing.assert_equal(before.value, after.value)


def test_image_metrics_are_nan_with_a_reason_when_one_class_is_absent():
    metric = image_ap(np.zeros(3, np.int64), np.array([0.1, 0.2, 0.3]))
    assert np.isnan(metric.value)
    assert metric.reason == "no abnormal image"


def test_image_metrics_are_nan_with_a_reason_when_there_are_no_images():
    assert image_auroc(np.zeros(0, np.int64), np.zeros(0)).reason == "no abnormal image"


def test_rank_images_refuses_other_lengths():
    with pytest.raises(MetricError, match=r"one length, but got 2 and 3; pass one score per"):
        image_auroc(np.array([0, 1]), np.array([0.1, 0.2, 0.3]))


def test_rank_images_refuses_unknown_labels():
    with pytest.raises(MetricError, match=r"0 \(normal\) or 1 \(abnormal\), but got \[0, 2\]; map"):
        image_auroc(np.array([0, 2]), np.array([0.1, 0.2]))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_rank_images_refuses_scores_that_are_not_finite(bad):
    with pytest.raises(MetricError, match="must be finite, but 1 of 2 are not; find"):
        image_auroc(np.array([0, 1]), np.array([0.1, bad]))


@pytest.mark.parametrize("formula", [auroc, average_precision, f1_max])
def test_bootstrap_equals_resampling_one_by_one(formula):
    labels, scores = drawn(seed=3, levels=20, count=40)
    interval = bootstrap(labels, scores, formula, samples=2000, rng=np.random.default_rng(0))
    name = {auroc: image_auroc, average_precision: image_ap, f1_max: image_f1_max}[formula]
    rng, values = np.random.default_rng(1), []
    normal, abnormal = np.flatnonzero(labels == 0), np.flatnonzero(labels == 1)
    for _ in range(2000):
        rows = np.concatenate(
            [rng.choice(normal, len(normal)), rng.choice(abnormal, len(abnormal))]
        )
        values.append(name(labels[rows], scores[rows]).value)
    expected = np.quantile(values, (0.025, 0.975))
    np.testing.assert_allclose((interval.low, interval.high), expected, atol=0.015)


def test_bootstrap_is_repeatable_and_holds_the_value():
    labels, scores = drawn(seed=4, levels=100)
    one, two = (
        bootstrap(labels, scores, auroc, samples=200, rng=np.random.default_rng(7))
        for _ in range(2)
    )
    assert one == two
    assert one.low < image_auroc(labels, scores).value < one.high


def test_bootstrap_is_a_point_when_classes_are_apart():
    labels = np.array([0, 0, 1, 1])
    interval = bootstrap(labels, labels * 1.0, auroc, samples=50, rng=np.random.default_rng(0))
    assert (interval.low, interval.high) == (1, 1)


def test_bootstrap_is_none_when_the_metric_is_undefined():
    labels = np.zeros(4, np.int64)
    rng = np.random.default_rng(0)
    assert bootstrap(labels, np.arange(4.0), auroc, samples=5, rng=rng) is None


def test_bootstrap_refuses_no_samples():
    labels = np.array([0, 1])
    with pytest.raises(MetricError, match="samples must be at least 1, but got 0; 1000 is usual"):
        bootstrap(labels, labels * 1.0, auroc, samples=0, rng=np.random.default_rng(0))


def test_paired_gain_is_narrower_than_either_interval_when_scores_agree() -> None:
    rng = np.random.default_rng(3)
    labels = np.repeat([0, 1], 60)
    scores = labels + rng.normal(0, 1.5, 120)
    others = scores + rng.normal(0, 0.05, 120)
    alone = bootstrap(labels, scores, auroc, samples=400, rng=rng)
    gain = paired_gain([labels], [scores], [others], auroc, samples=400, seed=1)
    assert alone is not None
    assert gain is not None
    assert gain.low <= 0 <= gain.high
    assert gain.high - gain.low < 0.3 * (alone.high - alone.low)


def test_paired_gain_is_zero_against_itself_and_one_against_the_reverse() -> None:
    labels = np.array([0, 0, 1, 1])
    scores = np.array([0.1, 0.2, 0.8, 0.9])
    same = paired_gain([labels], [scores], [scores], auroc, samples=50, seed=1)
    reverse = paired_gain([labels], [scores], [-scores], auroc, samples=50, seed=1)
    assert same == PairedInterval(0.0, 0.0, 1.0)
    assert reverse == PairedInterval(1.0, 1.0, 2 / 51)


def test_paired_gain_leaves_out_categories_of_one_label() -> None:
    both, one = np.array([0, 1]), np.array([0, 0])
    scores = np.array([0.1, 0.9])
    gain = paired_gain([both, one], [scores, scores], [-scores, scores], auroc, samples=9, seed=1)
    assert (gain.low, gain.high) == (1.0, 1.0)
    assert paired_gain([one], [scores], [scores], auroc, samples=9, seed=1) is None
