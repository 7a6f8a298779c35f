"""All metrics of one category.

Undefined metrics are nan with a reason. Intervals come from resampling whole images.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from math import nan

import numpy as np
from jaxtyping import Bool, Float, Integer, Real

from promptlab.errors import MetricError
from promptlab.metrics import pixel_bootstrap
from promptlab.metrics.image import bootstrap as bootstrap_interval
from promptlab.metrics.image import rank_images
from promptlab.metrics.pixel import PixelHistogram, PixelMetrics, aupro_200, pixel_metrics
from promptlab.metrics.pixel_bootstrap import PixelCounts, PixelMetric
from promptlab.metrics.ranking import (
    Metric,
    RankingFormula,
    auroc,
    average_precision,
    f1_max,
    metric_of,
)
from promptlab.types import State

__all__ = ["METRIC_NAMES", "CategoryMetrics", "compare_in_200_steps", "evaluate_category"]

BOOTSTRAPPED: tuple[PixelMetric, ...] = ("pixel_auroc", "aupro")
"""Pixel metrics with intervals; the others take one threshold per bin and would err more."""


@dataclass(frozen=True)
class CategoryMetrics:
    """Every metric of one category, as fractions. The thresholds of both F1-max are oracles'."""

    image_auroc: Metric
    image_ap: Metric
    image_f1_max: Metric
    pixel_auroc: Metric
    pixel_ap: Metric
    pixel_f1_max: Metric
    aupro: Metric
    n_normal: int
    n_abnormal: int
    n_masked: int
    """Abnormal images with a mask; the other abnormal images are no part of pixel metrics."""
    pixel_counts: PixelCounts | None = None
    """What pixel metrics can be resampled from; None without a bootstrap or without masks."""
    aupro_200: Metric | None = None
    """See `promptlab.metrics.pixel.aupro_200`; None where it was not asked for."""

    @property
    def named(self) -> dict[str, Metric]:
        """The seven metrics by name."""
        return {name: getattr(self, name) for name in METRIC_NAMES}


METRIC_NAMES = tuple(field.name for field in fields(CategoryMetrics) if field.type is Metric)
"""In the order of tables: image AUROC, AP, F1-max, pixel AUROC, AP, F1-max, AUPRO."""


def evaluate_category(
    labels: Integer[np.ndarray, " image"],
    image_scores: Real[np.ndarray, " score"],
    *,
    maps: Iterable[Float[np.ndarray, "_height _width"]] | None = None,
    masks: Sequence[Bool[np.ndarray, "_height _width"] | None] | None = None,
    fpr_limit: float = 0.3,
    bootstrap: int = 0,
    rng: np.random.Generator | None = None,
) -> CategoryMetrics:
    """Compute all metrics of one category.

    Args:
        labels: state of each image.
        image_scores: larger = more anomalous.
        maps: anomaly maps in [0, 1], one per image; a generator is read once, but kept for the
            intervals of pixel metrics where there is a bootstrap.
        masks: one per image; None on an abnormal image leaves its map out of the pixel metrics.
        fpr_limit: where AUPRO stops.
        bootstrap: resamples for the intervals of image metrics, pixel AUROC and AUPRO; 0: none.
        rng: needed with ``bootstrap``.

    Raises:
        MetricError: when inputs break a rule of `rank_images` or `PixelHistogram.of`, the masks
            are not one per image, or ``bootstrap`` has no ``rng``.
    """
    if masks is not None and len(masks) != len(labels):
        raise MetricError(
            f"masks must be one per image, but got {len(masks)} for {len(labels)} images; pass "
            "None for an image without a mask."
        )
    image_auroc, image_ap, image_f1_max = (
        _image_metric(labels, image_scores, formula, samples=bootstrap, rng=rng)
        for formula in (auroc, average_precision, f1_max)
    )
    pixels, counts = _pixel_metrics(
        labels, maps, masks, fpr_limit=fpr_limit, samples=bootstrap, rng=rng
    )
    n_abnormal = int(np.count_nonzero(labels == State.ABNORMAL))
    return CategoryMetrics(
        image_auroc=image_auroc,
        image_ap=image_ap,
        image_f1_max=image_f1_max,
        pixel_auroc=pixels.auroc,
        pixel_ap=pixels.ap,
        pixel_f1_max=pixels.f1_max,
        aupro=pixels.aupro,
        n_normal=len(labels) - n_abnormal,
        n_abnormal=n_abnormal,
        n_masked=_count_masked(labels, masks),
        pixel_counts=counts,
    )


def compare_in_200_steps(
    labels: Integer[np.ndarray, " image"],
    maps: Iterable[Float[np.ndarray, "_height _width"]] | None,
    masks: Sequence[Bool[np.ndarray, "_height _width"] | None] | None,
    *,
    fpr_limit: float = 0.3,
) -> Metric:
    """Return `promptlab.metrics.pixel.aupro_200` of the images that `evaluate_category` takes."""
    if maps is None or masks is None or _count_masked(labels, masks) == 0:
        return Metric(nan, "no abnormal image has a mask")
    known = _with_known_masks(labels, masks)
    kept = [mask for mask, keep in zip(masks, known, strict=True) if keep]
    return aupro_200(PixelHistogram.of(_kept(maps, known), kept), fpr_limit=fpr_limit)


def _image_metric(
    labels: Integer[np.ndarray, " image"],
    scores: Real[np.ndarray, " score"],
    formula: RankingFormula,
    *,
    samples: int,
    rng: np.random.Generator | None,
) -> Metric:
    metric = metric_of(rank_images(labels, scores), formula, unit="image")
    if samples == 0:
        return metric
    if rng is None:
        raise MetricError(
            f"bootstrap={samples} needs rng, but got None; pass numpy.random.default_rng(seed)."
        )
    interval = bootstrap_interval(labels, scores, formula, samples=samples, rng=rng)
    return replace(metric, interval=interval)


def _pixel_metrics(
    labels: Integer[np.ndarray, " image"],
    maps: Iterable[Float[np.ndarray, "_height _width"]] | None,
    masks: Sequence[Bool[np.ndarray, "_height _width"] | None] | None,
    *,
    fpr_limit: float,
    samples: int,
    rng: np.random.Generator | None,
) -> tuple[PixelMetrics, PixelCounts | None]:
    if maps is None:
        return _undefined("no anomaly maps"), None
    if masks is None or _count_masked(labels, masks) == 0:
        return _undefined("no abnormal image has a mask"), None
    known = _with_known_masks(labels, masks)
    kept = [mask for mask, keep in zip(masks, known, strict=True) if keep]
    if samples == 0 or rng is None:
        histogram = PixelHistogram.of(_kept(maps, known), kept)
        return pixel_metrics(histogram.ranking(), fpr_limit=fpr_limit), None
    if isinstance(maps, Iterator):
        maps = list(maps)
    histogram = PixelHistogram.of(_kept(maps, known), kept)
    pixels = pixel_metrics(histogram.ranking(), fpr_limit=fpr_limit)
    counts = PixelCounts.of(_kept(maps, known), kept, histogram=histogram)
    intervals = {
        metric: pixel_bootstrap.bootstrap(
            counts, metric, samples=samples, rng=rng, fpr_limit=fpr_limit
        )
        for metric in BOOTSTRAPPED
    }
    return replace(
        pixels,
        auroc=replace(pixels.auroc, interval=intervals["pixel_auroc"]),
        aupro=replace(pixels.aupro, interval=intervals["aupro"]),
    ), counts


def _with_known_masks(
    labels: Integer[np.ndarray, " image"],
    masks: Sequence[Bool[np.ndarray, "_height _width"] | None],
) -> list[bool]:
    """Say of which images it is known where defects are: nowhere, or inside the mask."""
    return [
        bool(label == State.NORMAL) or mask is not None
        for label, mask in zip(labels, masks, strict=True)
    ]


def _kept(
    maps: Iterable[Float[np.ndarray, "_height _width"]], known: Sequence[bool]
) -> Iterator[Float[np.ndarray, "_height _width"]]:
    count = 0
    for count, anomaly_map in enumerate(maps, 1):
        if count <= len(known) and known[count - 1]:
            yield anomaly_map
    if count != len(known):
        raise MetricError(
            f"maps must be one per image, but got {count} for {len(known)} images; score every "
            "image."
        )


def _count_masked(
    labels: Integer[np.ndarray, " image"],
    masks: Sequence[Bool[np.ndarray, "_height _width"] | None] | None,
) -> int:
    masked = [mask is not None for mask in masks or (None,) * len(labels)]
    return int(np.count_nonzero(masked & (labels == State.ABNORMAL)))


def _undefined(reason: str) -> PixelMetrics:
    metric = Metric(nan, reason)
    return PixelMetrics(metric, metric, metric, metric)
