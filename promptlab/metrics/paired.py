"""A paired test of two ways of scoring the same images.

Permutation test for two ROC areas on the same cases (Bandos, Rockette and Gur 2005): under the null
hypothesis it does not matter which of the two ways gave an image which of its two ranks.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Integer, Real

from promptlab.errors import MetricError
from promptlab.metrics.ranking import auroc
from promptlab.types import State

__all__ = ["paired_auroc_test"]

_AT_ONCE = 250
"""Permutations held in memory together."""


def paired_auroc_test(
    labels: Sequence[Integer[np.ndarray, " _"]],
    scores: Sequence[Real[np.ndarray, " _"]],
    others: Sequence[Real[np.ndarray, " _"]],
    *,
    samples: int,
    seed: int,
) -> float | None:
    """Return the two-sided p-value of the mean gain in image AUROC over categories.

    Scores are replaced by their ranks within their way of scoring, so that two scales compare, and
    the two ranks of each image change places at random.

    Args:
        labels: state of each image, one array per category.
        scores: image scores, likewise.
        others: the scores to compare with, likewise.
        samples: number of permutations, at least 1; the smallest p-value is 1 / (samples + 1).
        seed: of the permutations.

    Returns:
        None where the AUROC is undefined in every category.

    Raises:
        MetricError: when ``samples`` is below 1 or lengths differ.
    """
    if samples < 1:
        raise MetricError(f"samples must be at least 1, but got {samples}; 1000 is usual.")
    observed, drawn = [], []
    for nth, (each, one, other) in enumerate(zip(labels, scores, others, strict=True)):
        if not len(each) == len(one) == len(other):
            raise MetricError(
                f"labels and both scores must have one length, but got {len(each)}, {len(one)} and "
                f"{len(other)}; pass one score per image."
            )
        abnormal = each == State.ABNORMAL
        if abnormal.all() or not abnormal.any():
            continue
        ranks = np.stack([_ranks(one), _ranks(other)])
        rng = np.random.default_rng((seed, nth))
        keep = np.zeros((1, len(each)), bool)
        observed.append(_gains(abnormal, ranks, keep)[0])
        parts = [
            _gains(abnormal, ranks, rng.random((min(_AT_ONCE, samples - start), len(each))) < 0.5)
            for start in range(0, samples, _AT_ONCE)
        ]
        drawn.append(np.concatenate(parts))
    if not observed:
        return None
    chance = np.abs(np.mean(drawn, axis=0))
    # Equal up to rounding counts as equal: permutations often give the very same areas.
    extreme = np.count_nonzero(chance >= abs(float(np.mean(observed))) - 1e-12)
    return (extreme + 1) / (samples + 1)


def _gains(
    abnormal: Bool[np.ndarray, " image"],
    ranks: Integer[np.ndarray, "2 image"],
    swap: Bool[np.ndarray, "sample image"],
) -> Float[np.ndarray, " sample"]:
    """Return the difference of both areas after swapping the ranks of some images."""
    first = np.where(swap, ranks[1], ranks[0])
    second = np.where(swap, ranks[0], ranks[1])
    gains: Float[np.ndarray, " sample"] = _areas(abnormal, first) - _areas(abnormal, second)
    return gains


def _areas(
    abnormal: Bool[np.ndarray, " image"], ranks: Integer[np.ndarray, "sample image"]
) -> Float[np.ndarray, " sample"]:
    """Return the AUROC of each row; the highest rank comes first in a ranking."""
    rows, count = ranks.shape[0], 2 * ranks.shape[1]
    places = (count - 1 - ranks) + np.arange(rows)[:, None] * count
    negatives, positives = (
        np.bincount(places[:, chosen].ravel(), minlength=rows * count).reshape(rows, count)
        for chosen in (~abnormal, abnormal)
    )
    return auroc(negatives, positives)


def _ranks(scores: Real[np.ndarray, " image"]) -> Integer[np.ndarray, " image"]:
    """Return twice the mid-rank of each score, from 0, so that ties stay whole numbers."""
    _, group, counts = np.unique(scores, return_inverse=True, return_counts=True)
    below = np.cumsum(counts) - counts
    ranks: Integer[np.ndarray, " image"] = (2 * below + counts - 1)[group]
    return ranks
