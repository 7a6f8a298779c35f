"""What pixel metrics read: checked pairs of map and mask, regions of a mask, bins of scores.

Knows no metric and does not resize: maps and masks share their size.
"""

from collections.abc import Iterable, Iterator

import cv2
import numpy as np
from jaxtyping import Bool, Float, Int, Int64

from promptlab.errors import MetricError

__all__ = [
    "LEVELS",
    "AnomalyMap",
    "Mask",
    "bin_scores",
    "check_pair",
    "checked_pairs",
    "label_regions",
    "numbered_pairs",
]

LEVELS = 2**22
"""Bins of [0, 1): a power of two, so that multiplying a float by it is exact."""
_ROUNDING = 1e-6
"""How far interpolation may leave [0, 1]; such scores are clipped."""

# Axes with an underscore may differ from one map to the next.
AnomalyMap = Float[np.ndarray, "_height _width"]
Mask = Bool[np.ndarray, "_height _width"]


Pair = tuple[AnomalyMap, Mask | None]


def checked_pairs(maps: Iterable[AnomalyMap], masks: Iterable[Mask | None]) -> Iterator[Pair]:
    """Yield maps, clipped to [0, 1], with their masks; None for an image without a defect.

    Raises:
        MetricError: when a score is outside [0, 1] or nan, a mask has another size than its map,
            or there are more maps than masks or the reverse.
    """
    for numbered in numbered_pairs(maps, masks):
        yield check_pair(*numbered)


def numbered_pairs(
    maps: Iterable[AnomalyMap], masks: Iterable[Mask | None]
) -> Iterator[tuple[int, AnomalyMap, Mask | None]]:
    """Yield pairs with their numbers, as they come.

    Raises:
        MetricError: when there are more maps than masks or the reverse.
    """
    try:
        for index, (anomaly_map, mask) in enumerate(zip(maps, masks, strict=True)):
            yield index, anomaly_map, mask
    except ValueError as error:
        if isinstance(error, MetricError) or "zip()" not in str(error):
            raise
        raise MetricError(
            f"each map needs one mask or None, but the counts differ ({error}); pass None for "
            "images without defects."
        ) from error


def check_pair(index: int, anomaly_map: AnomalyMap, mask: Mask | None) -> Pair:
    """Return a map, clipped to [0, 1], and its mask; None when nothing is masked.

    Raises:
        MetricError: when a score is outside [0, 1] or nan, or the mask has another size.
    """
    low, high = float(anomaly_map.min(initial=1)), float(anomaly_map.max(initial=0))
    if not (low >= -_ROUNDING and high <= 1 + _ROUNDING):
        raise MetricError(
            f"anomaly maps must lie in [0, 1], but map {index} spans {low:g} to {high:g}; "
            "rescale all maps by one common function."
        )
    if mask is not None and mask.shape != anomaly_map.shape:
        raise MetricError(
            f"a mask must have its map's (height, width) {anomaly_map.shape}, but mask "
            f"{index} has {mask.shape}; resize one to the other."
        )
    outside = low < 0 or high > 1
    return (
        anomaly_map.clip(0, 1) if outside else anomaly_map,
        mask if mask is not None and mask.any() else None,
    )


def bin_scores(anomaly_map: AnomalyMap) -> Int[np.ndarray, "_height _width"]:
    """Return floor(score * `LEVELS`) of each pixel; the score 1 has the last bin alone."""
    return np.asarray((anomaly_map * anomaly_map.dtype.type(LEVELS)).astype(np.int64))


def label_regions(mask: Mask) -> tuple[int, Int64[np.ndarray, " positive"]]:
    """Return the number of 8-connected regions, and the size of each positive's region.

    Only the masked rectangle is searched.
    """
    pixels = np.ascontiguousarray(mask).view(np.uint8)
    left, top, width, height = cv2.boundingRect(pixels)
    inner = np.ascontiguousarray(pixels[top : top + height, left : left + width])
    count, labels = cv2.connectedComponents(inner, connectivity=8, ltype=cv2.CV_32S)
    inside = np.asarray(labels[inner.view(bool)])
    return count - 1, np.asarray(np.bincount(inside)[inside])
