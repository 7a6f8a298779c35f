"""How images are resampled, and the interval of what came out."""

import numpy as np
from jaxtyping import Bool, Float, Int64

from promptlab.errors import MetricError
from promptlab.metrics.ranking import Interval

__all__ = ["draw_counts", "percentile_interval", "refuse_samples"]


def draw_counts(
    abnormal: Bool[np.ndarray, " image"], *, samples: int, rng: np.random.Generator
) -> Int64[np.ndarray, "sample image"]:
    """Return how often each resample drew each image, with replacement within its class."""
    drawn = np.empty((samples, len(abnormal)), np.int64)
    for members in (np.flatnonzero(~abnormal), np.flatnonzero(abnormal)):
        if len(members):
            shares = np.full(len(members), 1 / len(members))
            drawn[:, members] = rng.multinomial(len(members), shares, size=samples)
    return drawn


def percentile_interval(values: Float[np.ndarray, " sample"]) -> Interval:
    """Return the 95 % percentile interval of a bootstrap."""
    low, high = np.quantile(values, (0.025, 0.975))
    return Interval(float(low), float(high))


def refuse_samples(samples: int) -> None:
    """Refuse a bootstrap without resamples.

    Raises:
        MetricError: then.
    """
    if samples < 1:
        raise MetricError(f"samples must be at least 1, but got {samples}; 1000 is usual.")
