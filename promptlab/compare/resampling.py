"""Intervals and tests for prompt sources that are judged on the same images, over several draws.

Two things vary: which images were photographed, and what a language model happened to write. Both
are resampled. Pure arithmetic.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Integer, Real

from promptlab.metrics.image import resampled
from promptlab.metrics.ranking import RankingFormula

__all__ = ["holm", "interval", "mean_resamples", "over_draws", "two_sided_p"]

Resamples = Float[np.ndarray, " sample"]


def mean_resamples(
    labels: Sequence[Integer[np.ndarray, " _"]],
    scores: Sequence[Real[np.ndarray, " _"]],
    metric: RankingFormula,
    *,
    samples: int,
    seed: int,
) -> Resamples | None:
    """Return a metric's mean over categories, for each resample of the images.

    Images are drawn within each category and label. One seed draws the same images for every set
    of scores, so that differences are paired. None where the metric is undefined throughout.
    """
    values = [
        resampled(each, one, metric, samples=samples, rng=np.random.default_rng((seed, nth)))
        for nth, (each, one) in enumerate(zip(labels, scores, strict=True))
    ]
    defined = [value for value in values if value is not None]
    return np.mean(defined, axis=0) if defined else None


def over_draws(draws: Float[np.ndarray, "draw sample"], *, seed: int) -> Resamples:
    """Return, for each resample of images, the mean over a resample of the draws.

    A two-level bootstrap (Davison and Hinkley 1997, section 3.8): with few draws it understates how
    much they vary, so the spread over draws belongs beside it. One draw is taken as it is.
    """
    count, samples = draws.shape
    chosen = np.random.default_rng((seed, count)).integers(count, size=(samples, count))
    return np.asarray(draws[chosen, np.arange(samples)[:, None]].mean(1))


def interval(values: Resamples) -> tuple[float, float]:
    """Return the 95 % percentile interval."""
    low, high = np.quantile(values, (0.025, 0.975))
    return float(low), float(high)


def two_sided_p(gains: Resamples) -> float:
    """Return twice the smaller share of resamples on either side of zero, never 0.

    (k + 1) / (n + 1), as Davison and Hinkley 1997, section 4.2: n resamples cannot show less.

    >>> two_sided_p(np.array([0.1, 0.2, 0.3]))
    0.5
    """
    fewer = min(np.count_nonzero(gains <= 0), np.count_nonzero(gains >= 0))
    return float(min(1.0, 2 * (fewer + 1) / (len(gains) + 1)))


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Correct p-values for their number (Holm, Scandinavian Journal of Statistics 6, 1979).

    The i-th smallest of m is multiplied by m - i + 1; later ones are never smaller.

    >>> holm([0.04, 0.01, 0.03])
    (0.06, 0.03, 0.06)
    """
    corrected = [0.0] * len(p_values)
    highest = 0.0
    for rank, place in enumerate(np.argsort(p_values)):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        corrected[place] = round(highest, 12)
    return tuple(corrected)
