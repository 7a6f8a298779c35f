import numpy as np
import pytest

from promptlab.metrics.category import evaluate_category
from promptlab.paired import Measured, gain_over

LABELS = np.array([0, 0, 0, 1, 1, 1])
IMAGES = tuple("abcdef")
MASKS = [np.eye(8, dtype=bool) if label else None for label in LABELS]


def measured(scores, *, images=IMAGES, labels=LABELS, masks=None, maps=None):
    metrics = evaluate_category(
        labels,
        np.array(scores),
        maps=maps,
        masks=masks,
        bootstrap=10,
        rng=np.random.default_rng(0),
    )
    return Measured(tuple(images), np.array(labels), np.array(scores), metrics)


PERFECT = [0.1, 0.2, 0.3, 0.7, 0.8, 0.9]
HALF_OFF = [0.1, 0.2, 0.75, 0.7, 0.8, 0.9]  # one of nine pairs in the wrong order


def test_gain_is_the_difference_of_the_metric():
    gain = gain_over(
        {"a": measured(PERFECT)}, {"a": measured(HALF_OFF)}, "image_auroc", samples=200, seed=0
    )
    assert gain.value == pytest.approx(1 / 9)
    assert 0 <= gain.interval.low <= gain.value <= gain.interval.high
    # A difference shows only where both images of the pair in the wrong order are drawn, in
    # (1 - (2/3)^3)^2 = 0.495 of the resamples; p is twice the other share, and at most 1.
    assert 0.85 < gain.interval.p <= 1


def test_gain_of_the_same_scores_is_nothing():
    same = {"a": measured(HALF_OFF)}
    gain = gain_over(same, same, "image_auroc", samples=50, seed=0)
    assert (gain.value, gain.interval.low, gain.interval.high) == (0, 0, 0)
    assert gain.interval.p == 1


def test_gain_is_averaged_over_categories():
    ours = {"a": measured(PERFECT), "b": measured(HALF_OFF)}
    theirs = {"a": measured(HALF_OFF), "b": measured(HALF_OFF)}
    assert gain_over(ours, theirs, "image_auroc", samples=0, seed=0).value == pytest.approx(1 / 18)


def test_image_gain_compares_the_images_both_judged():
    kept = [0, 1, 3, 4, 5]  # without the misplaced image
    fewer = measured(
        np.array(PERFECT)[kept], images=np.array(IMAGES)[kept].tolist(), labels=LABELS[kept]
    )
    gain = gain_over({"a": fewer}, {"a": measured(HALF_OFF)}, "image_auroc", samples=20, seed=0)
    assert gain.value == 0


def test_pixel_gain_is_left_out_where_images_differ():
    maps = np.zeros((6, 8, 8), np.float32)
    ours = measured(PERFECT, masks=MASKS, maps=maps)
    theirs = measured(PERFECT, images="bcdefg", masks=MASKS, maps=maps)
    assert gain_over({"a": ours}, {"a": theirs}, "pixel_auroc", samples=20, seed=0) is None


@pytest.mark.parametrize("metric", ["pixel_auroc", "aupro"])
def test_pixel_gain_of_perfect_over_constant_maps(metric):
    perfect = np.stack([np.zeros((8, 8)) if m is None else m for m in MASKS]).astype(np.float32)
    ours = measured(PERFECT, masks=MASKS, maps=perfect)
    theirs = measured(PERFECT, masks=MASKS, maps=np.zeros_like(perfect))
    gain = gain_over({"a": ours}, {"a": theirs}, metric, samples=50, seed=0)
    other = theirs.metrics.named[metric].value
    assert gain.value == pytest.approx(1 - other)
    assert gain.interval.low == pytest.approx(gain.value, abs=1e-3)
    assert gain.interval.p == pytest.approx(2 / 51)


def test_undefined_metric_gives_no_gain():
    none = {"a": measured(PERFECT)}
    assert gain_over(none, none, "aupro", samples=20, seed=0) is None
