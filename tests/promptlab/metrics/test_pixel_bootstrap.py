import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from promptlab.errors import MetricError
from promptlab.metrics.pixel import PixelHistogram, exact_ranking, pixel_metrics
from promptlab.metrics.pixel_bootstrap import BINS, PixelCounts, bootstrap, paired_gain
from promptlab.metrics.resampling import PairedInterval, draw_counts

MASK = np.zeros((2, 3), bool)
MASK[0, 0] = True


def drawn(*, seed, count=10, levels=None):
    rng = np.random.default_rng(seed)
    masks = [None] * count
    for i in range(6):
        masks[i] = np.zeros((24, 32), bool)
        top, left = rng.integers(0, 12, 2)
        masks[i][top : top + 4 + i, left : left + 9] = masks[i][22:, 25:30] = True
    lift = np.stack([np.zeros((24, 32)) if mask is None else mask for mask in masks])
    maps = gaussian_filter(rng.standard_normal(lift.shape), (0, 2, 2)) * 3 + lift * 0.4
    maps = (maps - maps.min()) / (maps.max() - maps.min())
    maps = maps if levels is None else np.round(maps * levels) / levels
    return list(maps.astype(np.float32)), masks


def counted(maps, masks):
    return PixelCounts.of(maps, masks, histogram=PixelHistogram.of(maps, masks))


def exact_values(maps, masks, rows, metric):
    """Measure each resample anew, by sorting all its pixels."""
    values = []
    for row in rows:
        chosen = np.repeat(np.arange(len(maps)), row)
        ranking = exact_ranking([maps[i] for i in chosen], [masks[i] for i in chosen])
        metrics = pixel_metrics(ranking)
        values.append((metrics.auroc if metric == "pixel_auroc" else metrics.aupro).value)
    return np.array(values)


def draws(*, samples, seed, count=10):
    return draw_counts(np.arange(count) < 6, samples=samples, rng=np.random.default_rng(seed))


@pytest.mark.parametrize("metric", ["pixel_auroc", "aupro"])
@pytest.mark.parametrize("levels", [None, 255, 6])
def test_bootstrap_equals_measuring_each_resample_anew(metric, levels):
    maps, masks = drawn(seed=1, levels=levels)
    rng = np.random.default_rng(5)
    found = bootstrap(counted(maps, masks), metric, samples=40, rng=rng)
    values = exact_values(maps, masks, draws(samples=40, seed=5), metric)
    expected = np.quantile(values, (0.025, 0.975))
    np.testing.assert_allclose((found.low, found.high), expected, rtol=0, atol=5e-4)


def test_paired_gain_equals_measuring_each_resample_anew():
    (maps, masks), (others, _) = drawn(seed=1), drawn(seed=1, levels=12)
    found = paired_gain(
        [counted(maps, masks)], [counted(others, masks)], "aupro", samples=40, seed=5
    )
    rows = draws(samples=40, seed=(5, 0))
    gains = exact_values(maps, masks, rows, "aupro") - exact_values(others, masks, rows, "aupro")
    expected = np.quantile(gains, (0.025, 0.975))
    np.testing.assert_allclose((found.low, found.high), expected, rtol=0, atol=5e-4)


def test_paired_gain_is_zero_against_itself_and_averages_categories():
    one, two = counted(*drawn(seed=1)), counted(*drawn(seed=2))
    same = paired_gain([one, two], [one, two], "pixel_auroc", samples=9, seed=1)
    assert same == PairedInterval(0.0, 0.0, 1.0)
    perfect = counted([MASK * 1.0, MASK * 0.0], [MASK, None])
    reverse = counted([1.0 - MASK, MASK * 0.0], [MASK, None])
    # AUROC 1 against 3/11: the defect is as low as six of eleven normal pixels.
    gain = paired_gain([perfect, one], [reverse, one], "pixel_auroc", samples=9, seed=1)
    assert (gain.low, gain.high) == pytest.approx(((1 - 3 / 11) / 2,) * 2)


def test_paired_gain_leaves_out_categories_without_a_defect():
    one, none = counted(*drawn(seed=1)), counted([MASK * 1.0], [None])
    both = paired_gain([one, none], [one, none], "aupro", samples=9, seed=1)
    assert both == PairedInterval(0.0, 0.0, 1.0)
    assert paired_gain([none], [none], "aupro", samples=9, seed=1) is None


def test_counts_add_up_to_the_pixels_and_regions():
    maps, masks = drawn(seed=3)
    counts = counted(maps, masks)
    assert counts.normal.shape == counts.abnormal.shape == counts.overlap.shape == (10, BINS)
    assert (counts.normal + counts.abnormal).sum(1).tolist() == [24 * 32] * 10
    assert counts.abnormal.sum(1).tolist() == [0 if m is None else m.sum() for m in masks]
    assert counts.overlap.sum() == pytest.approx(PixelHistogram.of(maps, masks).n_regions)


def test_counts_put_the_highest_scores_first():
    maps = [np.array([[0.0, 0.5, 1.0]], np.float32)]
    counts = counted(maps, [np.array([[False, False, True]])])
    assert np.flatnonzero(counts.normal[0]).tolist() > np.flatnonzero(counts.abnormal[0]).tolist()


def test_bootstrap_is_none_when_a_class_is_absent():
    everything = np.ones((2, 3), bool)
    for mask in (None, everything):
        counts = counted([MASK * 1.0], [mask])
        assert bootstrap(counts, "aupro", samples=5, rng=np.random.default_rng(0)) is None


def test_bootstrap_refuses_no_samples_and_a_wrong_limit():
    counts, rng = counted(*drawn(seed=1)), np.random.default_rng(0)
    with pytest.raises(MetricError, match="samples must be at least 1, but got 0; 1000 is usual"):
        bootstrap(counts, "aupro", samples=0, rng=rng)
    with pytest.raises(MetricError, match=r"fpr_limit must be in \(0, 1\], but got 2"):
        bootstrap(counts, "aupro", samples=5, rng=rng, fpr_limit=2.0)


def test_paired_gain_refuses_other_masks():
    maps, masks = drawn(seed=1)
    with pytest.raises(MetricError, match="same images and masks, but got 10 and 9 images, or"):
        paired_gain(
            [counted(maps, masks)], [counted(maps[1:], masks[1:])], "aupro", samples=5, seed=0
        )
