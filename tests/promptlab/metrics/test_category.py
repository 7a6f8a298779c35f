from math import isnan

import numpy as np
import pytest

from promptlab.errors import MetricError
from promptlab.metrics.category import METRIC_NAMES, compare_in_200_steps, evaluate_category
from promptlab.metrics.pixel import PixelHistogram, aupro_200
from promptlab.metrics.ranking import Metric

LABELS = np.array([0, 0, 1, 1])
SCORES = np.array([0.1, 0.6, 0.5, 0.9])
MASK = np.array([[1, 0, 0], [0, 0, 0]], bool)


def maps():
    yield from np.stack([np.zeros((2, 3)), np.zeros((2, 3)), MASK * 1.0, ~MASK * 1.0])


def test_evaluate_category_gives_image_metrics_without_maps():
    found = evaluate_category(LABELS, SCORES)
    assert found.image_auroc == Metric(0.75)
    assert found.image_f1_max == Metric(0.8)
    assert (found.n_normal, found.n_abnormal, found.n_masked) == (2, 2, 0)
    assert isnan(found.aupro.value)
    assert found.aupro.reason == "no anomaly maps"


def test_evaluate_category_leaves_abnormal_images_without_mask_out_of_pixel_metrics():
    found = evaluate_category(LABELS, SCORES, maps=maps(), masks=[None, None, MASK, None])
    # The last map, inverted, would spoil them.
    assert [found.pixel_auroc, found.pixel_ap, found.aupro] == [Metric(1.0)] * 3
    assert found.n_masked == 1


def test_evaluate_category_says_when_no_mask_is_known():
    for masks in (None, [None] * 4):
        found = evaluate_category(LABELS, SCORES, maps=maps(), masks=masks)
        assert found.pixel_ap.reason == "no abnormal image has a mask"


def test_evaluate_category_adds_intervals_to_image_metrics():
    rng = np.random.default_rng(0)
    found = evaluate_category(LABELS, SCORES, bootstrap=100, rng=rng)
    assert 0 <= found.image_auroc.interval.low < found.image_auroc.interval.high <= 1
    assert found.image_ap.interval is not None
    assert found.pixel_auroc.interval is None


def test_evaluate_category_names_its_metrics_in_table_order():
    names = "image_auroc image_ap image_f1_max pixel_auroc pixel_ap pixel_f1_max aupro"
    assert tuple(names.split()) == METRIC_NAMES
    assert tuple(evaluate_category(LABELS, SCORES).named) == METRIC_NAMES


def test_evaluate_category_refuses_a_bootstrap_without_rng():
    with pytest.raises(MetricError, match="bootstrap=5 needs rng, but got None; pass numpy"):
        evaluate_category(LABELS, SCORES, bootstrap=5)


def test_evaluate_category_refuses_another_number_of_masks():
    with pytest.raises(MetricError, match="masks must be one per image, but got 1 for 4 images"):
        evaluate_category(LABELS, SCORES, maps=maps(), masks=[MASK])


@pytest.mark.parametrize("count", [3, 5])
def test_evaluate_category_refuses_another_number_of_maps(count):
    given = [np.zeros((2, 3))] * count
    with pytest.raises(MetricError, match=f"one per image, but got {count} for 4 images; score"):
        evaluate_category(LABELS, SCORES, maps=given, masks=[None, None, MASK, None])


def test_compare_in_200_steps_takes_the_images_that_pixel_metrics_take():
    rng = np.random.default_rng(0)
    scores = rng.random((4, 2, 3))
    masks = [None, None, MASK, None]
    found = compare_in_200_steps(LABELS, iter(scores), masks)
    assert found == aupro_200(PixelHistogram.of(scores[:3], masks[:3]))
    assert found.value > 0
    for unknown in (None, [None] * 4):
        reason = compare_in_200_steps(LABELS, scores, unknown).reason
        assert reason == "no abnormal image has a mask"
