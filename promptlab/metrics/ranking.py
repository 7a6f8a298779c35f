"""AUROC, AP, F1-max and AUPRO as formulas over ranked groups of tied scores.

A *ranking* lists, from the highest score to the lowest, how many negatives and positives share
each distinct score (a *group*). Every metric here needs nothing else, so that image scores, exact
pixel scores and histograms of pixel scores use the same formulas. Leading axes are free: a
bootstrap is one call with a leading axis of resamples. These functions do not know where the
counts come from and do not decide whether a metric is defined: see `metric_of`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import nan

import numpy as np
from jaxtyping import Float, Int, Real

from promptlab.errors import MetricError

__all__ = [
    "Interval",
    "Metric",
    "Ranking",
    "RankingFormula",
    "absent_class",
    "aupro",
    "auroc",
    "average_precision",
    "f1_max",
    "metric_of",
    "refuse_limit",
]


@dataclass(frozen=True)
class Interval:
    """A 95 % interval of a metric."""

    low: float
    high: float


@dataclass(frozen=True)
class Metric:
    """One number, or nan with the reason why it is undefined (never 0 for "undefined")."""

    value: float
    reason: str = ""
    interval: Interval | None = None


@dataclass(frozen=True)
class Ranking:
    """Counts per group of tied scores, highest score first."""

    negatives: Int[np.ndarray, " group"]
    positives: Int[np.ndarray, " group"]
    overlap: Real[np.ndarray, " group"] | None = None
    """Pixels only: each positive counts 1/size of its region (in any fixed unit)."""


RankingFormula = Callable[
    [Int[np.ndarray, "*lead group"], Int[np.ndarray, "*lead group"]], Float[np.ndarray, "*lead"]
]
"""Negatives and positives per group in, one value per leading index out."""


def auroc(
    negatives: Int[np.ndarray, "*lead group"], positives: Int[np.ndarray, "*lead group"]
) -> Float[np.ndarray, "*lead"]:
    """Return the share of (positive, negative) pairs ranked rightly; a tie counts half.

    >>> float(auroc(np.array([0, 1, 1]), np.array([1, 1, 0])))
    0.875
    """
    above = np.cumsum(positives, axis=-1) - positives / 2
    pairs = negatives.sum(-1, dtype=np.float64) * positives.sum(-1)
    return np.asarray((negatives * above).sum(-1) / pairs)


def average_precision(
    negatives: Int[np.ndarray, "*lead group"], positives: Int[np.ndarray, "*lead group"]
) -> Float[np.ndarray, "*lead"]:
    """Return sum_k (R_k - R_{k-1}) P_k over distinct thresholds, as scikit-learn defines AP."""
    true = np.cumsum(positives, axis=-1)
    flagged = np.maximum(true + np.cumsum(negatives, axis=-1), 1)
    return np.asarray((positives * (true / flagged)).sum(-1) / true[..., -1])


def f1_max(
    negatives: Int[np.ndarray, "*lead group"], positives: Int[np.ndarray, "*lead group"]
) -> Float[np.ndarray, "*lead"]:
    """Return the largest F1 = 2 TP / (2 TP + FP + FN) over all thresholds.

    The threshold is an *oracle*: it is chosen on the labels that it is then judged by.
    """
    true = np.cumsum(positives, axis=-1)
    flagged = true + np.cumsum(negatives, axis=-1)
    return np.asarray((2 * true / (flagged + true[..., -1:])).max(-1))


def aupro(
    negatives: Int[np.ndarray, "*lead group"],
    overlap: Real[np.ndarray, "*lead group"],
    *,
    fpr_limit: float,
) -> Float[np.ndarray, "*lead"]:
    """Return the area under the per-region-overlap curve up to a false positive rate.

    MVTec's official definition (Bergmann et al., IJCV 2021, section 6.3): the curve of the mean
    covered share of the regions over the FPR, one point per distinct score, integrated by
    trapezoids exactly to the limit (linear interpolation) and divided by the limit.

    Args:
        negatives: normal pixels per group.
        overlap: sum over positives of 1/size of their region, per group, in any unit.
        fpr_limit: in (0, 1]; the literature uses 0.3.

    Raises:
        MetricError: when ``fpr_limit`` is outside (0, 1].
    """
    refuse_limit(fpr_limit)
    false, covered = np.cumsum(negatives, axis=-1), np.cumsum(overlap, axis=-1)
    limit = fpr_limit * false[..., -1:]
    width = np.minimum(false, limit) - np.minimum(false - negatives, limit)
    # Of the group in which the limit lies, the curve rises by this share of its overlap.
    share = width / np.maximum(negatives, 1)
    area = (width * ((covered - overlap) + overlap * (share / 2))).sum(-1)
    return np.asarray(np.minimum(area / (covered[..., -1] * limit[..., 0]), 1.0))


def metric_of(ranking: Ranking, formula: RankingFormula, *, unit: str) -> Metric:
    """Return a formula's value, or nan and why, when one of the two classes is absent.

    Args:
        ranking: the counts.
        formula: `auroc`, `average_precision` or `f1_max`.
        unit: what is counted, for the reason: "image" or "pixel".
    """
    reason = absent_class(ranking, unit=unit)
    if reason:
        return Metric(nan, reason)
    return Metric(float(formula(ranking.negatives, ranking.positives)))


def absent_class(ranking: Ranking, *, unit: str) -> str:
    """Return why no metric is defined: no normal or no abnormal unit; "" when both are there."""
    if ranking.positives.sum() == 0:
        return f"no abnormal {unit}"
    return f"no normal {unit}" if ranking.negatives.sum() == 0 else ""


def refuse_limit(fpr_limit: float) -> None:
    """Refuse an FPR limit outside (0, 1].

    Raises:
        MetricError: then.
    """
    if not 0 < fpr_limit <= 1:
        raise MetricError(
            f"fpr_limit must be in (0, 1], but got {fpr_limit}; the usual value is 0.3."
        )
