"""Intervals and tests for prompt sources that are judged on the same images, over several draws.

Two things vary: which images were photographed, and what a language model happened to write. Both
are resampled. Pure arithmetic.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Integer, Real

from promptlab.metrics.image import resampled
from promptlab.metrics.ranking import RankingFormula

__all__ = ["mean_resamples", "over_draws"]

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
