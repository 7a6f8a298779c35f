"""Pixel metrics from one streaming, mergeable pass over anomaly maps; exact reference beside it.

A `PixelHistogram` counts pixels in bins of 2**-22 over [0, 1]. Multiplying a float by a power of
two is exact, so the binning keeps the order of scores, and maps with up to 2**22 even levels
(8-bit, 16-bit, float16 above 2**-11) keep every tie and no other: their metrics are exact. For
continuous maps, pixels closer than 2**-22 become tied. AUROC and AUPRO integrate such a tie by
the trapezoid, which errs in second order only (1e-9 measured); AP and F1-max take one threshold
per bin and err in first order (1e-7 measured when maps fill [0, 1], growing as 1/range: 2e-6 when
all scores lie within 0.1, 2e-5 within 0.01). `exact_ranking` sorts instead, with all in memory.

All sums are integers, so merged shards equal the whole bit for bit, in any order; threads count
shards of one set. One histogram takes 17 MB, and at most 101 MB more for the bins that defect
pixels occupy, whatever it counts. This module does not resize: maps and masks share their size.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import nan

import numpy as np
from jaxtyping import Float, Int64, Shaped, UInt32

from promptlab.errors import MetricError
from promptlab.metrics.counting import DefectCounts, count_pixels
from promptlab.metrics.maps import (
    LEVELS,
    AnomalyMap,
    Mask,
    checked_pairs,
    label_regions,
    numbered_pairs,
)
from promptlab.metrics.ranking import (
    Metric,
    Ranking,
    absent_class,
    aupro,
    auroc,
    average_precision,
    f1_max,
    metric_of,
    refuse_limit,
)

__all__ = ["PixelHistogram", "PixelMetrics", "aupro_200", "exact_ranking", "pixel_metrics"]

_MAX_PIXELS = 2**32 - 1
_MAX_REGIONS = 2**18

_Counts = Shaped[np.ndarray, " bin"]


@dataclass(frozen=True, eq=False)
class PixelHistogram:
    """Counts of pixels per score bin; shards add up with ``+``."""

    pixels: UInt32[np.ndarray, " bin"]
    """All pixels. The last bin holds the score 1 alone."""
    defects: DefectCounts
    """Pixels inside a mask."""
    n_pixels: int
    n_regions: int

    @classmethod
    def of(cls, maps: Iterable[AnomalyMap], masks: Iterable[Mask | None]) -> "PixelHistogram":
        """Count maps and their masks, one pair at a time (both may be generators).

        Args:
            maps: anomaly maps with scores in [0, 1].
            masks: the defects of each map; None: the image has none.

        Raises:
            MetricError: when a score is outside [0, 1] or nan, a mask has another size than its
                map, there are more maps than masks or the reverse, or counters would overflow.
        """
        counts = count_pixels(numbered_pairs(maps, masks))
        _refuse_overflow(counts.n_pixels, counts.n_regions)
        return cls(_frozen(counts.pixels), counts.defects(), counts.n_pixels, counts.n_regions)

    def __add__(self, other: "PixelHistogram") -> "PixelHistogram":
        """Return the histogram of both shards together.

        Raises:
            MetricError: when counters would overflow.
        """
        n_pixels, n_regions = self.n_pixels + other.n_pixels, self.n_regions + other.n_regions
        _refuse_overflow(n_pixels, n_regions)
        pixels = _frozen(self.pixels + other.pixels)
        return PixelHistogram(pixels, self.defects + other.defects, n_pixels, n_regions)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PixelHistogram) and (
            np.array_equal(self.pixels, other.pixels)
            and self.defects == other.defects
            and self.n_regions == other.n_regions
        )

    __hash__ = None  # type: ignore[assignment]

    def ranking(self) -> Ranking:
        """Return the counts from the highest bin down, as the metric formulas take them.

        Neighbouring bins without positives become one group: no metric can tell the difference.
        """
        if self.n_pixels == 0:
            empty = np.zeros(0, np.int64)
            return Ranking(negatives=empty, positives=empty, overlap=empty)
        starts, places = _groups(self.defects.bins)
        positives, overlap = np.zeros((2, len(starts)), np.int64)
        positives[places] = self.defects.positives
        overlap[places] = self.defects.weights
        # In uint32, fast and safe: a histogram holds fewer than 2**32 pixels.
        pixels = np.add.reduceat(self.pixels, starts, dtype=np.uint32).astype(np.int64)
        return Ranking((pixels - positives)[::-1], positives[::-1], overlap=overlap[::-1])


@dataclass(frozen=True)
class PixelMetrics:
    """The four pixel metrics; F1-max is at an oracle threshold."""

    auroc: Metric
    ap: Metric
    f1_max: Metric
    aupro: Metric


def pixel_metrics(ranking: Ranking, *, fpr_limit: float = 0.3) -> PixelMetrics:
    """Return all four pixel metrics of ``histogram.ranking()`` or `exact_ranking`.

    Raises:
        MetricError: when ``fpr_limit`` is outside (0, 1].
    """
    return PixelMetrics(
        auroc=metric_of(ranking, auroc, unit="pixel"),
        ap=metric_of(ranking, average_precision, unit="pixel"),
        f1_max=metric_of(ranking, f1_max, unit="pixel"),
        aupro=_aupro(ranking, fpr_limit=fpr_limit),
    )


def aupro_200(histogram: PixelHistogram, *, fpr_limit: float = 0.3) -> Metric:
    """Return AUPRO as the WinCLIP and AnomalyCLIP repositories approximate it.

    200 evenly spaced thresholds between the lowest and the highest score, those with an FPR below
    the limit, and their FPRs stretched to [0, 1] instead of being divided by the limit. For
    comparison with published numbers of that family only; it reads up to some points low.

    Raises:
        MetricError: when ``fpr_limit`` is outside (0, 1].
    """
    refuse_limit(fpr_limit)
    reason = absent_class(histogram.ranking(), unit="pixel")
    if reason:
        return Metric(nan, reason)
    low, high = np.flatnonzero(histogram.pixels)[[0, -1]]
    thresholds = (low + np.arange(200) * ((high - low) / 200)).astype(np.intp)
    positives, weights = histogram.defects.tables()
    fpr = _share_above(histogram.pixels - positives, thresholds)
    overlap = _share_above(weights, thresholds)[fpr < fpr_limit]
    fpr = fpr[fpr < fpr_limit]
    if len(fpr) < 2 or fpr[0] == fpr[-1]:
        return Metric(nan, "fewer than two of 200 thresholds have an FPR below the limit")
    return Metric(float(np.trapezoid(overlap[::-1], fpr[::-1]) / (fpr[0] - fpr[-1])))


def exact_ranking(maps: Iterable[AnomalyMap], masks: Iterable[Mask | None]) -> Ranking:
    """Return the ranking by sorting all pixels: the reference; memory grows with the maps.

    Raises:
        MetricError: as `PixelHistogram.of`.
    """
    scores, sizes = [np.zeros(0, np.float32)], [np.zeros(0, np.int64)]
    for anomaly_map, mask in checked_pairs(maps, masks):
        size = np.zeros(anomaly_map.shape, np.int64)
        if mask is not None:
            _, size[mask] = label_regions(mask)
        scores.append(anomaly_map.ravel())
        sizes.append(size.ravel())
    values, group = np.unique(-np.concatenate(scores), return_inverse=True)
    size = np.concatenate(sizes)
    defect = size > 0
    count = len(values)
    return Ranking(
        negatives=np.bincount(group[~defect], minlength=count),
        positives=np.bincount(group[defect], minlength=count),
        overlap=np.bincount(group[defect], 1 / size[defect], minlength=count),
    )


def _aupro(ranking: Ranking, *, fpr_limit: float) -> Metric:
    reason = absent_class(ranking, unit="pixel")
    if reason or ranking.overlap is None:
        return Metric(nan, reason or "no regions were counted")
    return Metric(float(aupro(ranking.negatives, ranking.overlap, fpr_limit=fpr_limit)))


def _groups(
    bins: Int64[np.ndarray, " occupied"],
) -> tuple[Int64[np.ndarray, " group"], Int64[np.ndarray, " occupied"]]:
    """Return where groups of bins start, lowest first, and which groups are the given bins.

    Each given bin is a group; so are those between two of them, below the first and above the last.
    """
    first = int(len(bins) == 0 or bins[0] > 0)
    after = np.append(np.diff(bins) > 1, bins[-1:] < LEVELS)  # bins in between follow
    places = np.arange(first, first + len(bins)) + np.cumsum(after) - after
    starts = np.zeros(first + len(bins) + np.count_nonzero(after), np.int64)
    starts[places] = bins
    starts[places[after] + 1] = bins[after] + 1
    return starts, places


def _share_above(
    counts: Shaped[np.ndarray, " bin"], thresholds: Int64[np.ndarray, " threshold"]
) -> Float[np.ndarray, " threshold"]:
    below = np.cumsum(counts, dtype=np.int64)
    return np.asarray(1 - below[thresholds] / below[-1])


def _refuse_overflow(n_pixels: int, n_regions: int) -> None:
    if n_pixels > _MAX_PIXELS or n_regions > _MAX_REGIONS:
        raise MetricError(
            f"one histogram holds at most {_MAX_PIXELS:,} pixels and {_MAX_REGIONS:,} regions, "
            f"but got {n_pixels:,} and {n_regions:,}; evaluate by category, or smaller maps."
        )


def _frozen(array: _Counts) -> _Counts:
    array.setflags(write=False)
    return array
