"""What two ways of judging the same images differ by: gains with paired intervals and p values.

Images are resampled for both at once, so that hard images are hard for both and only the
difference is uncertain. Knows metrics and scores; not how the images were judged.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isnan
from typing import Final

import numpy as np
from jaxtyping import Float, Int

from promptlab.metrics import pixel_bootstrap
from promptlab.metrics.category import CategoryMetrics
from promptlab.metrics.image import image_auroc, paired_gain
from promptlab.metrics.pixel_bootstrap import PixelCounts
from promptlab.metrics.ranking import auroc
from promptlab.metrics.resampling import PairedInterval

__all__ = ["PAIRED_METRICS", "Measured", "PairedGain", "gain_over"]

PAIRED_METRICS: Final = ("image_auroc", "pixel_auroc", "aupro")


@dataclass(frozen=True)
class Measured:
    """Metrics of one category, and what they can be resampled from."""

    images: tuple[str, ...]
    """Which images, in the order of labels and scores."""
    labels: Int[np.ndarray, " image"]
    image_scores: Float[np.ndarray, " image"]
    metrics: CategoryMetrics


@dataclass(frozen=True)
class PairedGain:
    """One metric minus the same metric of another way, averaged over categories."""

    value: float
    interval: PairedInterval | None
    """None without resamples."""


def gain_over(
    ours: Mapping[str, Measured],
    theirs: Mapping[str, Measured],
    metric: str,
    *,
    samples: int,
    seed: int,
    fpr_limit: float = 0.3,
) -> PairedGain | None:
    """Return the mean gain over the categories in which both define the metric; None without.

    Image metrics are compared on the images that both judged (a few-shot run leaves out its
    references); pixel metrics only where both judged the same images.

    Args:
        ours: by category.
        theirs: likewise.
        metric: one of `PAIRED_METRICS`.
        samples: number of resamples; 0: no interval.
        seed: of the resamples.
        fpr_limit: where AUPRO stops.
    """
    pairs = [(ours[name], theirs[name]) for name in ours]
    if metric == "image_auroc":
        return _image_gain([_common(*pair) for pair in pairs], samples=samples, seed=seed)
    differences: list[float] = []
    counts: tuple[list[PixelCounts], list[PixelCounts]] = ([], [])
    for own, other in pairs:
        both = (own.metrics.pixel_counts, other.metrics.pixel_counts)
        values = [each.metrics.named[metric].value for each in (own, other)]
        if own.images != other.images or any(isnan(value) for value in values):
            continue
        differences.append(values[0] - values[1])
        if both[0] is not None and both[1] is not None:
            counts[0].append(both[0])
            counts[1].append(both[1])
    if not differences:
        return None
    interval = (
        pixel_bootstrap.paired_gain(
            *counts,
            "aupro" if metric == "aupro" else "pixel_auroc",
            samples=samples,
            seed=seed,
            fpr_limit=fpr_limit,
        )
        if samples and len(counts[0]) == len(differences)
        else None
    )
    return PairedGain(float(np.mean(differences)), interval)


def _image_gain(
    pairs: Sequence[tuple[Measured, Measured]], *, samples: int, seed: int
) -> PairedGain | None:
    labels, ours, theirs, differences = [], [], [], []
    for own, other in pairs:
        values = [image_auroc(each.labels, each.image_scores).value for each in (own, other)]
        if any(isnan(value) for value in values):
            continue
        differences.append(values[0] - values[1])
        labels.append(own.labels)
        ours.append(own.image_scores)
        theirs.append(other.image_scores)
    if not differences:
        return None
    interval = (
        paired_gain(labels, ours, theirs, auroc, samples=samples, seed=seed) if samples else None
    )
    return PairedGain(float(np.mean(differences)), interval)


def _common(own: Measured, other: Measured) -> tuple[Measured, Measured]:
    """Return both with the images that both judged, in one order."""
    if own.images == other.images:
        return own, other
    place = {image: i for i, image in enumerate(other.images)}
    kept = [(i, place[image]) for i, image in enumerate(own.images) if image in place]
    return _take(own, [i for i, _ in kept]), _take(other, [j for _, j in kept])


def _take(measured: Measured, places: Sequence[int]) -> Measured:
    chosen = np.array(places, dtype=np.intp)
    return replace(
        measured,
        images=tuple(measured.images[i] for i in places),
        labels=measured.labels[chosen],
        image_scores=measured.image_scores[chosen],
    )
