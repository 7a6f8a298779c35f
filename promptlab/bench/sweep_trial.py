"""One trial of a sweep on cached similarities, beside reading them once and beside anomalib.

The size is MVTec AD's: 1,725 images x 225 patches x 256 prompts. Similarities are random numbers:
arithmetic does not care.
"""

from functools import partial

import torch

from aligners.base import LocalView
from promptlab.bench.rows import Row, faster, skipped, time_in_turns, within
from promptlab.config import FusionConfig
from promptlab.detector import Evidence, Prediction, ViewEvidence, join_predictions, predict
from promptlab.evidence import split
from promptlab.scorers.base import Scorer, Similarities
from promptlab.scorers.contextual import ContextualScorer
from promptlab.scorers.mean import MeanScorer

__all__ = ["measure"]

_PER_STATE = 128
_PATCHES = (15, 15)


def measure(*, short: bool, anomalib_seconds: float | None) -> list[Row]:
    """Return the rows of the sweep goals.

    Args:
        short: fewer images.
        anomalib_seconds: one image through anomalib's WinClip; None: it is not there.
    """
    images = 200 if short else 1725
    evidence = _random_evidence(images)
    half = torch.randperm(_PER_STATE, generator=torch.Generator().manual_seed(0))[:64]
    rows = []
    for name, scorer, chosen in (
        ("mean, all 256 prompts", MeanScorer(), torch.arange(_PER_STATE)),
        ("contextual, 128 of 256 prompts", ContextualScorer(), half),
    ):
        work = f"sweep trial, {images:,} images, {name}"
        needed = evidence.select(chosen, chosen)
        ours, reading = time_in_turns(
            partial(_trial, evidence, scorer, chosen), partial(_read, needed), repeats=5
        )
        rows.append(
            within(work, "reading these similarities once", ours=ours, limit=reading, goal=2)
        )
        peer = f"anomalib's WinClip, {images:,} images (extrapolated)"
        rows.append(
            skipped(work, peer, "PROMPTLAB_ANOMALIB_PYTHON names no environment with it")
            if anomalib_seconds is None
            else faster(work, peer, ours=ours, theirs=images * anomalib_seconds, goal=1000)
        )
    return rows


def _random_evidence(images: int) -> Evidence:
    """Return similarities laid out as `promptlab.evidence.collect` keeps them."""
    generator = torch.Generator().manual_seed(0)

    def similarities(*lead: int) -> Similarities:
        normal, abnormal = (
            torch.rand(images, _PER_STATE, *lead, generator=generator) / 5 for _ in range(2)
        )
        gram = torch.eye(_PER_STATE)
        turned = (normal.mT, abnormal.mT) if lead else (normal, abnormal)
        return Similarities(*turned, gram, gram, logit_scale=100.0)

    rows, columns = _PATCHES
    view = LocalView(torch.empty(images, rows * columns, 0))
    return Evidence(
        similarities(), (ViewEvidence(view, similarities(rows * columns), _PATCHES),), grid=_PATCHES
    )


def _trial(evidence: Evidence, scorer: Scorer, chosen: torch.Tensor) -> Prediction:
    """Do what `promptlab.workbench` does for one configuration."""
    fusion = FusionConfig()
    parts = [predict(part, scorer, fusion, chosen=(chosen, chosen)) for part in split(evidence)]
    return join_predictions(parts)


def _read(evidence: Evidence) -> float:
    """Add up all similarities."""
    total = 0.0
    for each in (evidence.global_, *(view.similarities for view in evidence.views)):
        total += float(each.normal.sum()) + float(each.abnormal.sum())
    return total
