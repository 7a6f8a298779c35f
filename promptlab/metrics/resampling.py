"""How images are resampled, and the interval of what came out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int64

from promptlab.errors import MetricError
from promptlab.metrics.ranking import Interval

__all__ = [
    "PairedInterval",
    "draw_counts",
    "holm",
    "paired_interval",
    "percentile_interval",
    "refuse_samples",
]


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


@dataclass(frozen=True)
class PairedInterval(Interval):
    """The interval of a difference, and how surely it is one."""

    p: float
    """Two-sided: twice the smaller share of resamples on either side of 0, counted as
    (k + 1) / (n + 1): n resamples cannot show less (Davison and Hinkley 1997, section 4.2)."""


def paired_interval(values: Float[np.ndarray, " sample"]) -> PairedInterval:
    """Return the 95 % percentile interval of resampled differences, and their p value."""
    interval = percentile_interval(values)
    sides = (np.count_nonzero(values <= 0), np.count_nonzero(values >= 0))
    p = min(1.0, 2 * (int(min(sides)) + 1) / (len(values) + 1))
    return PairedInterval(interval.low, interval.high, p)


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Correct p values for their number (Holm, Scandinavian Journal of Statistics 6, 1979).

    The i-th smallest of m is multiplied by m - i + 1; later ones are never smaller.

    >>> holm([0.04, 0.01, 0.03])
    (0.06, 0.03, 0.06)
    """
    corrected = [0.0] * len(p_values)
    highest = 0.0
    for rank, place in enumerate(np.argsort(p_values, kind="stable")):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        corrected[place] = round(highest, 12)
    return tuple(corrected)


def refuse_samples(samples: int) -> None:
    """Refuse a bootstrap without resamples.

    Raises:
        MetricError: then.
    """
    if samples < 1:
        raise MetricError(f"samples must be at least 1, but got {samples}; 1000 is usual.")
