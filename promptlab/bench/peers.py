"""How others measure anomaly maps, written after the descriptions of their code.

- `official_aupro`: MVTec's evaluation code (pro_curve_util), exact.
- `looped_aupro`: ``cal_pro_score`` of AnomalyCLIP, ``cal_pro_metric`` of caoyunkang/WinClip:
  200 thresholds, every region of every image found anew at each of them.

They are here to be timed and compared with; nothing else uses them.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float

__all__ = ["Maps", "Masks", "looped_aupro", "official_aupro"]

Maps = Float[np.ndarray, "image height width"]
Masks = Bool[np.ndarray, "image height width"]


def official_aupro(maps: Maps, masks: Masks, *, fpr_limit: float = 0.3) -> float:
    """Return AUPRO by sorting all pixels, as MVTec's evaluation code does."""
    from scipy.ndimage import label  # noqa: PLC0415 - only this peer needs it

    false, overlap = np.zeros(maps.shape, np.uint32), np.zeros(maps.shape, np.float64)
    regions = 0
    for index, mask in enumerate(masks):
        labels, count = label(mask, np.ones((3, 3), int))
        regions += count
        false[index] = labels == 0
        for number in range(1, count + 1):
            region = labels == number
            overlap[index][region] = 1 / region.sum()
    scores = maps.ravel()
    order = np.argsort(scores).astype(np.uint32)[::-1]
    scores = scores[order]
    fprs = np.cumsum(false.ravel()[order], dtype=np.float64) / false.sum()
    pros = np.cumsum(overlap.ravel()[order]) / regions
    last = np.append(np.diff(scores) != 0, True)
    fprs = np.concatenate(([0.0], np.clip(fprs[last], 0, 1), [1.0]))
    pros = np.concatenate(([0.0], np.clip(pros[last], 0, 1), [1.0]))
    inside = fprs <= fpr_limit
    end = np.interp(fpr_limit, fprs, pros)
    x, y = np.append(fprs[inside], fpr_limit), np.append(pros[inside], end)
    return float(np.trapezoid(y, x) / fpr_limit)


def looped_aupro(
    maps: Maps, masks: Masks, *, thresholds: int = 200, fpr_limit: float = 0.3
) -> float:
    """Return AUPRO over evenly spaced thresholds, as the AnomalyCLIP family does.

    Raises:
        ImportError: when scikit-image is not installed.
    """
    from skimage.measure import label, regionprops  # noqa: PLC0415
    from sklearn.metrics import auc  # noqa: PLC0415

    low, high = maps.min(), maps.max()
    flagged = np.zeros_like(maps, dtype=bool)
    pros, fprs = [], []
    normal = ~masks
    for threshold in np.arange(low, high, (high - low) / thresholds):
        flagged[maps <= threshold], flagged[maps > threshold] = False, True
        overlaps: list[float] = []
        for image, mask in zip(flagged, masks, strict=True):
            for region in regionprops(label(mask)):
                hits = image[region.coords[:, 0], region.coords[:, 1]].sum()
                overlaps.append(hits / region.area)
        pros.append(np.mean(overlaps))
        fprs.append(np.logical_and(normal, flagged).sum() / normal.sum())
    return float(auc(*_stretched(fprs, pros, fpr_limit)))


def _stretched(
    fprs: Sequence[float], pros: Sequence[np.floating], fpr_limit: float
) -> tuple[Float[np.ndarray, " kept"], Float[np.ndarray, " kept"]]:
    x, y = np.array(fprs), np.array(pros)
    inside = x < fpr_limit
    x, y = x[inside], y[inside]
    return (x - x.min()) / (x.max() - x.min()), y
