"""Image metrics from labels and image scores, and their bootstrap intervals.

Scores may be any real numbers; larger = more anomalous. Nothing here knows of pixels.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Integer, Real

from promptlab.errors import MetricError
from promptlab.metrics.ranking import (
    Interval,
    Metric,
    Ranking,
    RankingFormula,
    absent_class,
    auroc,
    average_precision,
    f1_max,
    metric_of,
)
from promptlab.metrics.resampling import (
    PairedInterval,
    paired_interval,
    percentile_interval,
    refuse_samples,
)
from promptlab.types import State

__all__ = [
    "bootstrap",
    "image_ap",
    "image_auroc",
    "image_f1_max",
    "paired_gain",
    "rank_images",
    "resampled",
]

Labels = Integer[np.ndarray, " image"]
Scores = Real[np.ndarray, " score"]


def image_auroc(labels: Labels, scores: Scores) -> Metric:
    """Return the area under the ROC curve; ties count half."""
    return metric_of(rank_images(labels, scores), auroc, unit="image")


def image_ap(labels: Labels, scores: Scores) -> Metric:
    """Return the average precision, as scikit-learn defines it."""
    return metric_of(rank_images(labels, scores), average_precision, unit="image")


def image_f1_max(labels: Labels, scores: Scores) -> Metric:
    """Return the largest F1 over all thresholds: the threshold is an oracle's."""
    return metric_of(rank_images(labels, scores), f1_max, unit="image")


def rank_images(labels: Labels, scores: Scores) -> Ranking:
    """Count normal and abnormal images per distinct score, highest first.

    Raises:
        MetricError: when lengths differ, a label is not a `State`, or a score is nan or infinite.
    """
    group, count = _groups(labels, scores)
    abnormal = labels == State.ABNORMAL
    return Ranking(
        negatives=np.bincount(group[~abnormal], minlength=count),
        positives=np.bincount(group[abnormal], minlength=count),
    )


def bootstrap(
    labels: Labels,
    scores: Scores,
    metric: RankingFormula,
    *,
    samples: int,
    rng: np.random.Generator,
) -> Interval | None:
    """Return the 95 % percentile bootstrap interval, resampling images within each label.

    Stratified, so that every resample has both classes (Efron and Tibshirani 1993, chapter 13).
    All resamples are counted into groups of the original ranking and go through ``metric`` at
    once. The interval says nothing about other prompts, seeds or categories.

    Args:
        labels: state of each image.
        scores: image scores.
        metric: `auroc`, `average_precision` or `f1_max`.
        samples: number of resamples, at least 1.
        rng: the source of randomness.

    Returns:
        None where the metric itself is undefined.

    Raises:
        MetricError: as `rank_images`, or when ``samples`` is below 1.
    """
    values = resampled(labels, scores, metric, samples=samples, rng=rng)
    return None if values is None else percentile_interval(values)


def paired_gain(
    labels: Sequence[Integer[np.ndarray, " _"]],
    scores: Sequence[Real[np.ndarray, " _"]],
    others: Sequence[Real[np.ndarray, " _"]],
    metric: RankingFormula,
    *,
    samples: int,
    seed: int,
) -> PairedInterval | None:
    """Return 95 % interval and p value of the mean gain of some scores over others.

    Both are scores of the same images.

    Each resample draws the same images for both, within each category and label, and averages the
    differences over the categories, as tables do. An interval that holds 0 may be chance.

    Args:
        labels: state of each image, one array per category.
        scores: image scores, likewise.
        others: the scores to compare with, likewise.
        metric: `auroc`, `average_precision` or `f1_max`.
        samples: number of resamples, at least 1.
        seed: of the resamples.

    Returns:
        None where the metric is undefined in every category.

    Raises:
        MetricError: as `bootstrap`.
    """
    gains = []
    for nth, (each, *pair) in enumerate(zip(labels, scores, others, strict=True)):
        # Two generators of one seed draw the same images twice.
        values = [
            resampled(each, one, metric, samples=samples, rng=np.random.default_rng((seed, nth)))
            for one in pair
        ]
        if values[0] is not None and values[1] is not None:
            gains.append(values[0] - values[1])
    return paired_interval(np.mean(gains, axis=0)) if gains else None


def resampled(
    labels: Labels,
    scores: Scores,
    metric: RankingFormula,
    *,
    samples: int,
    rng: np.random.Generator,
) -> Float[np.ndarray, " sample"] | None:
    """Return the metric of each resample of images, as `bootstrap`; None where it is undefined.

    Generators of one seed draw the same images, whatever the scores are.
    """
    refuse_samples(samples)
    if absent_class(rank_images(labels, scores), unit="image"):
        return None
    group, count = _groups(labels, scores)
    abnormal = labels == State.ABNORMAL
    return metric(
        _resample(group[~abnormal], count, samples=samples, rng=rng),
        _resample(group[abnormal], count, samples=samples, rng=rng),
    )


def _groups(labels: Labels, scores: Scores) -> tuple[Integer[np.ndarray, " image"], int]:
    """Return each image's group, 0 = highest score, and the number of groups."""
    if labels.shape != scores.shape:
        raise MetricError(
            f"labels and scores must have one length, but got {len(labels)} and {len(scores)}; "
            "pass one score per image."
        )
    if not np.isin(labels, tuple(State)).all():
        raise MetricError(
            f"labels must be 0 (normal) or 1 (abnormal), but got {np.unique(labels).tolist()}; "
            "map the data set's labels to State."
        )
    if not np.isfinite(scores).all():
        raise MetricError(
            f"scores must be finite, but {np.count_nonzero(~np.isfinite(scores))} of "
            f"{len(scores)} are not; find the images whose scoring failed."
        )
    # Negated as float64: unsigned integers and booleans cannot be negated as they are.
    values, group = np.unique(-scores.astype(np.float64), return_inverse=True)
    return group, len(values)


def _resample(
    group: Integer[np.ndarray, " image"], count: int, *, samples: int, rng: np.random.Generator
) -> Integer[np.ndarray, "sample group"]:
    """Draw images with replacement and count them per group, for each resample."""
    drawn = group[rng.integers(len(group), size=(samples, len(group)))]
    drawn += np.arange(samples)[:, None] * count
    return np.bincount(drawn.ravel(), minlength=samples * count).reshape(samples, count)
