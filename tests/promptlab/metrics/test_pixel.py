from itertools import pairwise

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, label
from sklearn.metrics import auc, average_precision_score, precision_recall_curve, roc_auc_score

from promptlab.errors import MetricError
from promptlab.metrics import pixel
from promptlab.metrics.pixel import PixelHistogram, aupro_200, exact_ranking, pixel_metrics

EXACT = {"rel": 0, "abs": 1e-9}


def brute_force_aupro(maps, masks, *, limit):
    """Threshold by threshold and region by region, as the definition reads."""
    regions = []
    for index, mask in enumerate(masks):
        labels, count = label(mask, np.ones((3, 3)))
        regions += [(index, labels == number) for number in range(1, count + 1)]
    curve = [(0.0, 0.0)]
    for threshold in np.unique(maps)[::-1]:
        flagged = maps >= threshold
        overlap = np.mean([flagged[index][region].mean() for index, region in regions])
        curve.append((flagged[~masks].mean(), overlap))
    area = 0.0
    for (x0, y0), (x1, y1) in pairwise(curve):
        if x0 >= limit:
            break
        end = min(x1, limit)
        y_end = y1 if x1 <= limit else y0 + (y1 - y0) * (limit - x0) / (x1 - x0)
        area += (end - x0) * (y0 + y_end) / 2
    return area / limit


def drawn(*, seed, levels=None, count=4, shape=(20, 28)):
    rng = np.random.default_rng(seed)
    masks = np.zeros((count, *shape), bool)
    masks[0, 2:6, 3:9] = masks[0, 6, 9] = masks[0, 12:15, 1:4] = masks[1, 5:15, 20:27] = True
    maps = gaussian_filter(rng.standard_normal(masks.shape), (0, 2, 2)) * 3 + masks * 0.6
    maps = (maps - maps.min()) / (maps.max() - maps.min())
    maps = maps if levels is None else np.round(maps * levels) / levels
    return maps.astype(np.float32), masks


def values(ranking, **kwargs):
    metrics = pixel_metrics(ranking, **kwargs)
    return metrics.auroc.value, metrics.ap.value, metrics.f1_max.value, metrics.aupro.value


@pytest.mark.parametrize("levels", [None, 255, 6])
@pytest.mark.parametrize("seed", range(3))
def test_histogram_equals_scikit_learn_and_brute_force(seed, levels):
    maps, masks = drawn(seed=seed, levels=levels)
    truth, scores = masks.ravel(), maps.ravel()
    precision, recall, _ = precision_recall_curve(truth, scores)
    f1 = (2 * precision * recall / np.maximum(precision + recall, 1e-12)).max()
    expected = (
        roc_auc_score(truth, scores),
        average_precision_score(truth, scores),
        f1,
        brute_force_aupro(maps, masks, limit=0.3),
    )
    assert values(PixelHistogram.of(maps, masks).ranking()) == pytest.approx(expected, abs=1e-6)
    assert values(exact_ranking(maps, masks)) == pytest.approx(expected, **EXACT)


@pytest.mark.parametrize("limit", [0.01, 0.05, 0.5, 1.0])
def test_aupro_equals_brute_force_when_the_limit_changes(limit):
    maps, masks = drawn(seed=9, levels=50)
    found = values(PixelHistogram.of(maps, masks).ranking(), fpr_limit=limit)[3]
    assert found == pytest.approx(brute_force_aupro(maps, masks, limit=limit), **EXACT)


def looped_aupro_200(maps, masks, *, limit):
    """Written after the description of AnomalyCLIP's loop; see `aupro_200`."""
    low, high = maps.min(), maps.max()
    curve = []
    for threshold in np.arange(low, high, (high - low) / 200)[:200]:
        flagged = maps > threshold
        regions = []
        for image, mask in zip(flagged, masks, strict=True):
            labels, count = label(mask, np.ones((3, 3)))
            regions += [image[labels == number].mean() for number in range(1, count + 1)]
        curve.append((flagged[~masks].mean(), np.mean(regions)))
    fpr, overlap = np.array([point for point in curve if point[0] < limit]).T
    return auc((fpr - fpr.min()) / (fpr.max() - fpr.min()), overlap)


@pytest.mark.parametrize("seed", range(3))
def test_aupro_200_equals_the_loop(seed):
    maps, masks = drawn(seed=seed)
    found = aupro_200(PixelHistogram.of(maps, masks))
    assert found.value == pytest.approx(looped_aupro_200(maps, masks, limit=0.3), abs=1e-6)


def test_aupro_200_is_nan_when_maps_are_constant():
    histogram = PixelHistogram.of([np.zeros((1, 2), np.float32)], [np.array([[True, False]])])
    assert aupro_200(histogram).reason.startswith("fewer than two of 200 thresholds")


def test_aupro_200_is_nan_when_no_pixel_is_abnormal():
    histogram = PixelHistogram.of([np.zeros((1, 2), np.float32)], [None])
    assert aupro_200(histogram).reason == "no abnormal pixel"


def test_two_regions_count_alike_whatever_their_size():
    # Only the one-pixel region is found before any normal pixel: half of the overlap.
    mask = np.array([[1, 0, 1, 1, 1]], bool)
    scores = np.array([[1.0, 0.5, 0.0, 0.0, 0.0]], np.float32)
    assert values(PixelHistogram.of([scores], [mask]).ranking())[3] == pytest.approx(0.5)


def test_regions_touching_at_a_corner_are_one():
    mask = np.array([[1, 0, 0], [0, 1, 0]], bool)
    assert PixelHistogram.of([np.zeros((2, 3), np.float32)], [mask]).n_regions == 1


def test_merged_shards_equal_the_whole_bit_for_bit():
    maps, masks = drawn(seed=1, count=6)
    whole = PixelHistogram.of(maps, masks)
    parts = [PixelHistogram.of(maps[i : i + 2], masks[i : i + 2]) for i in (0, 2, 4)]
    merged = parts[2] + parts[0] + parts[1]
    assert merged == whole
    assert merged.n_pixels == whole.n_pixels
    assert values(merged.ranking()) == values(whole.ranking())


def test_histograms_differ_when_one_pixel_differs():
    maps, masks = drawn(seed=1)
    assert PixelHistogram.of(maps, masks) != PixelHistogram.of(maps, masks[::-1])


def test_histograms_cannot_be_hashed():
    with pytest.raises(TypeError, match="unhashable"):
        hash(PixelHistogram.of([], []))


def test_of_reads_generators_of_different_sizes_and_counts_none_as_normal():
    maps = [np.zeros((3, 5), np.float32), np.ones((4, 2), np.float64)]
    histogram = PixelHistogram.of(iter(maps), iter([None, np.ones((4, 2), bool)]))
    assert (histogram.n_pixels, histogram.n_regions) == (23, 1)
    assert values(histogram.ranking()) == (1, 1, 1, 1)


def test_scores_zero_and_one_are_counted_when_maps_are_constant():
    mask = np.array([[True, False]])
    for score in (0.0, 1.0):
        ranking = PixelHistogram.of([np.full((1, 2), score, np.float32)], [mask]).ranking()
        assert values(ranking) == pytest.approx((0.5, 0.5, 2 / 3, 0.15))


def test_arrays_are_frozen():
    histogram = PixelHistogram.of(*drawn(seed=0))
    with pytest.raises(ValueError, match="read-only"):
        histogram.pixels[0] = 1


@pytest.mark.parametrize(
    ("masks", "reason"),
    [([None], "no abnormal pixel"), ([np.ones((2, 3), bool)], "no normal pixel")],
)
def test_metrics_are_nan_with_a_reason_when_a_class_is_absent(masks, reason):
    metrics = pixel_metrics(PixelHistogram.of([np.zeros((2, 3), np.float32)], masks).ranking())
    assert np.isnan([metrics.auroc.value, metrics.ap.value, metrics.aupro.value]).all()
    assert {metrics.auroc.reason, metrics.f1_max.reason, metrics.aupro.reason} == {reason}


@pytest.mark.parametrize("count", [PixelHistogram.of([], []).ranking(), exact_ranking([], [])])
def test_metrics_are_nan_when_nothing_was_counted(count):
    assert pixel_metrics(count).aupro.reason == "no abnormal pixel"


@pytest.mark.parametrize("bad", [-0.1, 1.01, np.nan])
def test_of_refuses_scores_outside_their_range(bad):
    with pytest.raises(MetricError, match=r"must lie in \[0, 1\], but map 1 spans .*; rescale"):
        PixelHistogram.of([np.zeros((2, 3)), np.full((2, 3), bad)], [None, None])


def test_of_clips_what_interpolation_rounds_beyond_the_ends():
    scores = np.array([[-1e-8, 1.0000001]], np.float32)
    assert PixelHistogram.of([scores], [None]) == PixelHistogram.of([scores.round()], [None])


def test_of_refuses_a_transposed_mask():
    with pytest.raises(MetricError, match=r"\(2, 3\), but mask 0 has \(3, 2\); resize"):
        PixelHistogram.of([np.zeros((2, 3))], [np.zeros((3, 2), bool)])


def test_of_refuses_fewer_masks_than_maps():
    with pytest.raises(MetricError, match="one mask or None, but the counts differ"):
        PixelHistogram.of([np.zeros((2, 3))] * 2, [None])


def test_counters_refuse_to_overflow(monkeypatch):
    monkeypatch.setattr(pixel, "_MAX_PIXELS", 10)
    half = PixelHistogram.of([np.zeros((2, 3))], [None])
    with pytest.raises(MetricError, match=r"at most 10 pixels .* but got 12 and 0; evaluate by"):
        half + half
    with pytest.raises(MetricError, match="but got 12 and 0"):
        PixelHistogram.of([np.zeros((2, 3))] * 2, [None] * 2)
