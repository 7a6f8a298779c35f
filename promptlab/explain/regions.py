"""Cut an anomaly map into regions, without labels and without a tuned threshold.

Every map that is not flat has a highest part, a normal image's too: regions say where an image
is most anomalous compared with itself, not that something is wrong there.
"""

import cv2
import numpy as np
from jaxtyping import Bool, Float32, UInt8

__all__ = ["find_regions", "place_in_words", "rule_in_words"]

FLAT = 1e-4
"""A map whose scores differ by less has no regions."""
_ROWS, _COLUMNS = ("upper", "middle", "lower"), ("left", "centre", "right")


def find_regions(
    anomaly_map: Float32[np.ndarray, "height width"],
    *,
    top_share: float | None = None,
    least_share: float = 0.0,
) -> tuple[Bool[np.ndarray, "height width"], ...]:
    """Return the connected pieces of the map's highest part, the highest peak first.

    Args:
        anomaly_map: scores of pixels.
        top_share: share of the pixels that counts as the highest part; None: Otsu's threshold
            (IEEE Trans. SMC 9, 1979; over 256 levels of the map's range), taken again among the
            pixels above it. Once would often part the object from its background.
        least_share: smaller pieces are left out, but never the one with the highest peak.
    """
    low, high = float(anomaly_map.min()), float(anomaly_map.max())
    if high - low < FLAT:
        return ()
    if top_share is None:
        levels = np.round((anomaly_map - low) / (high - low) * 255).astype(np.uint8)
        upper = levels > _otsu(levels)
        highest = upper & (levels > _otsu(levels[upper]))
        highest = highest if highest.any() else upper
    else:
        highest = anomaly_map >= np.quantile(anomaly_map, 1 - top_share)
    count, labels = cv2.connectedComponents(highest.astype(np.uint8), connectivity=8)
    pieces = [np.asarray(labels == label) for label in range(1, count)]
    pieces.sort(key=lambda piece: -float(anomaly_map[piece].max()))
    return tuple(
        piece for nth, piece in enumerate(pieces) if nth == 0 or piece.mean() >= least_share
    )


def rule_in_words(top_share: float | None) -> str:
    """Say how `find_regions` cuts."""
    if top_share is None:
        return "connected pieces of the map's highest part (its Otsu threshold, taken twice)"
    return f"connected pieces of the map's highest {100 * top_share:g} %"


def place_in_words(mask: Bool[np.ndarray, "height width"]) -> str:
    """Say in which ninth of the image a region's centre of mass lies.

    One that reaches over two thirds of both sides lies ``across the image``, or is the ``whole
    image`` when it covers more than half of it.

    >>> mask = np.zeros((6, 9), dtype=bool)
    >>> mask[0, 7:] = True
    >>> place_in_words(mask)
    'upper right'
    """
    spans = [(where.max() - where.min() + 1) for where in np.nonzero(mask)]
    if all(3 * span > 2 * side for span, side in zip(spans, mask.shape, strict=True)):
        return "whole image" if mask.mean() > 0.5 else "across the image"
    row, column = (
        min(2, int(3 * (where.mean() + 0.5) / side))
        for where, side in zip(np.nonzero(mask), mask.shape, strict=True)
    )
    return "centre" if (row, column) == (1, 1) else f"{_ROWS[row]} {_COLUMNS[column]}"


def _otsu(levels: UInt8[np.ndarray, "*shape"]) -> float:
    cut, _ = cv2.threshold(levels.reshape(1, -1), 0, 255, cv2.THRESH_OTSU)
    return float(cut)
