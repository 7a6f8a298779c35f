"""Pixel metrics beside MVTec's own code, the 200-threshold loop and adeval.

Maps are smoothed noise with elliptic defects, as 100 images of 256 x 256 (6.55 million distinct
scores, 60 images with two defects each).
"""

import json
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec

import cv2
import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

from promptlab.bench.peers import Maps, Masks, looped_aupro, official_aupro
from promptlab.bench.rows import Row, below, faster, skipped, time_in_turns
from promptlab.metrics.pixel import (
    PixelHistogram,
    PixelMetrics,
    aupro_200,
    exact_ranking,
    pixel_metrics,
)

__all__ = ["draw_case", "measure"]

_FOUR = "pixel AUROC, AP, F1-max and AUPRO"
_LOOP = "200-threshold loop of WinClip/AnomalyCLIP, AUPRO only"


def measure(*, short: bool) -> list[Row]:
    """Return the rows of the metric goals."""
    images, repeats = (20, 3) if short else (100, 7)
    maps, masks = draw_case(images=images, side=256)
    work = f"{_FOUR}, {images} maps 256x256"
    ours, ranked = time_in_turns(
        partial(_four, maps, masks), partial(_official, maps, masks), repeats=3
    )
    (ours,) = time_in_turns(partial(_four, maps, masks), repeats=repeats)
    rows = [faster(work, "MVTec's AUPRO + sklearn AUROC, AP", ours=ours, theirs=ranked, goal=50)]
    rows += _beside_loop(maps, masks, work, ours)
    rows += _beside_adeval(maps, masks, work)
    rows += [_exactness(maps, masks), _exactness(_in_8_bits(maps), masks, "8-bit maps")]
    return [*rows, *_streaming(100 if short else 1725)]


def draw_case(*, images: int, side: int, seed: int = 0) -> tuple[Maps, Masks]:
    """Draw maps in [0, 1] and their masks; three of five images carry two elliptic defects."""
    rng = np.random.default_rng(seed)
    maps = rng.standard_normal((images, side, side), np.float32)
    masks = np.zeros(maps.shape, np.uint8)
    for index in range(images):
        smooth = cv2.GaussianBlur(maps[index], (0, 0), 4)
        maps[index] = smooth / smooth.std() + 0.3 * rng.standard_normal((side, side))
        for _ in range(2 if index % 5 < 3 else 0):
            x, y = (int(value) for value in rng.integers(20, side - 20, 2))
            axes = tuple(int(value) for value in rng.integers(5, 21, 2))
            region = cv2.ellipse(np.zeros((side, side), np.uint8), (x, y), axes, 0, 0, 360, 1, -1)
            maps[index] += rng.uniform(0.5, 3) * region
            masks[index] |= np.asarray(region, np.uint8)
    maps -= maps.min()
    return maps / maps.max(), masks.view(bool)


def _four(maps: Maps, masks: Masks) -> PixelMetrics:
    return pixel_metrics(PixelHistogram.of(maps, masks).ranking())


def _official(maps: Maps, masks: Masks) -> tuple[float, float, float]:
    truth, scores = masks.ravel(), maps.ravel()
    return (
        float(roc_auc_score(truth, scores)),
        float(average_precision_score(truth, scores)),
        official_aupro(maps, masks),
    )


def _beside_loop(maps: Maps, masks: Masks, work: str, ours: float) -> list[Row]:
    if find_spec("skimage") is None:
        return [skipped(work, _LOOP, "scikit-image is not installed")]
    values: list[float] = []
    (theirs,) = time_in_turns(lambda: values.append(looped_aupro(maps, masks)), repeats=1)
    found = aupro_200(PixelHistogram.of(maps, masks)).value
    return [
        faster(work, _LOOP, ours=ours, theirs=theirs, goal=200),
        below("aupro_200", _LOOP, abs(found - values[0]), unit="difference", goal=1e-6),
    ]


def _beside_adeval(maps: Maps, masks: Masks, work: str) -> list[Row]:
    peer = "adeval, AUROC, AP and AUPRO in 1000 bins"
    if find_spec("adeval") is None:
        return [skipped(work, peer, "adeval is not installed")]
    from adeval import auroc_aupr_aupro  # noqa: PLC0415

    absent = not hasattr(np, "trapz")  # adeval 1.1.0 calls it; numpy 2.4 has it no more
    if absent:
        vars(np)["trapz"] = np.trapezoid
    theirs: Callable[[], object] = partial(auroc_aupr_aupro, maps, masks.astype(np.uint8))
    try:
        ours, peers = time_in_turns(partial(_four, maps, masks), theirs, repeats=7)
    finally:
        if absent:
            del vars(np)["trapz"]
    return [faster(work, peer, ours=ours, theirs=peers, goal=3)]


def _exactness(maps: Maps, masks: Masks, what: str = "float maps") -> Row:
    """Compare with sorting every pixel, and AUPRO with MVTec's code too."""
    found, exact = _four(maps, masks), pixel_metrics(exact_ranking(maps, masks))
    pairs = [(getattr(found, name).value, getattr(exact, name).value) for name in vars(exact)]
    pairs.append((found.aupro.value, official_aupro(maps, masks)))
    largest = max(abs(one - other) for one, other in pairs)
    work = f"largest error of the four, {what}"
    return below(work, "sorting every pixel", largest, unit="difference", goal=1e-6)


def _in_8_bits(maps: Maps) -> Maps:
    return np.round(maps * 255).astype(np.float32) / np.float32(255)


def _streaming(images: int) -> list[Row]:
    """Measure memory and shards in a process of its own: a peak cannot be taken back."""
    command = [sys.executable, "-m", "promptlab.bench.streaming", str(images)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    found = json.loads(done.stdout)
    work = f"four metrics, {images} maps 448x448, streamed"
    shards = "merged shards of them"
    return [
        below(work, "memory above the inputs", found["megabytes"], unit="MB", goal=300),
        Row(
            shards,
            "counting all at once",
            float(found["differing"]),
            "bins differ",
            "<= 0",
            found["differing"] == 0,
            seconds=found["seconds"],
            note="seconds are those of counting all",
        ),
    ]
