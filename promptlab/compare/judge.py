"""Score the images of one category with many prompt sets at once.

Each image is read, aligned and compared with the union of all prompts once; a prompt set is then a
slice. Holds one batch of similarities at a time. Knows nothing of where sets come from.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from promptlab.config import ExperimentConfig
from promptlab.datasets.images import image_size, load_mask
from promptlab.detector import (
    Evidence,
    Prediction,
    build_aligner,
    build_scorer,
    build_summary,
    draw_maps,
    predict,
)
from promptlab.errors import ConfigError, DataError
from promptlab.evidence import encode_bank, gather_batches
from promptlab.features import FeatureStore
from promptlab.metrics.category import CategoryMetrics, evaluate_category
from promptlab.metrics.pixel import PixelHistogram
from promptlab.metrics.pixel_bootstrap import PixelCounts, PixelMetric, resampled
from promptlab.prompts.promptset import PromptSet, merge
from promptlab.scorers.base import Scorer
from promptlab.types import Progress, Sample, State, silent
from promptlab.workbench import Workbench, resize_mask

__all__ = [
    "CategoryScores",
    "SetScores",
    "judge_sets",
    "measure_set",
    "read_masks",
    "resample_pixels",
]

Masks = tuple[Bool[np.ndarray, "_side _side"] | None, ...]


@dataclass(frozen=True)
class SetScores:
    """The scores of all images under one prompt set."""

    image: Float[np.ndarray, " image"]
    global_: Float[np.ndarray, " image"]
    patch_map: Float[Tensor, "image rows columns"]


@dataclass(frozen=True)
class CategoryScores:
    """The images of one category and their scores under every prompt set."""

    samples: tuple[Sample, ...]
    sets: Mapping[str, SetScores]
    skipped: Mapping[Path, str]

    @property
    def labels(self) -> Int[np.ndarray, " image"]:
        """The state of each image."""
        return np.array([int(sample.label) for sample in self.samples])

    def without_maps(self) -> "CategoryScores":
        """Return the same image scores with empty maps, which take most of the memory."""
        sets = {
            name: replace(one, patch_map=one.patch_map[:, :0]) for name, one in self.sets.items()
        }
        return replace(self, sets=sets)


@torch.inference_mode()
def judge_sets(
    config: ExperimentConfig,
    category: str,
    sets: Mapping[str, PromptSet],
    *,
    workbench: Workbench,
    store: FeatureStore,
    progress: Progress = silent,
) -> CategoryScores:
    """Score every image of a category under every prompt set, all else as configured.

    Raises:
        ConfigError: when the experiment is few-shot or images judge one another, which no prompt
            set decides alone.
        DataError: when no image of the category can be read.
    """
    if config.few_shot.k:
        raise ConfigError(
            f"prompt sets are compared zero-shot, but few_shot.k is {config.few_shot.k}; set it "
            "to 0."
        )
    if config.mutual.weight:
        raise ConfigError(
            "prompt sets are compared by what each says of an image alone, but mutual.weight is "
            f"{config.mutual.weight:g}; set it to 0, or make a grid of prompts for `promptlab run`."
        )
    backbone = workbench.backbone(config)
    samples = workbench.dataset(config).of(category)
    pool = merge(tuple(sets.values()))
    places = {name: _places(pool, one) for name, one in sets.items()}
    scorer, aligner = build_scorer(config.scorer), build_aligner(config.aligner)
    bank = encode_bank(backbone, pool, store=store)
    paths = [sample.path for sample in samples]
    positions: list[int] = []
    skipped: dict[Path, str] = {}
    parts: dict[str, list[Prediction]] = {name: [] for name in sets}
    batches = gather_batches(
        (backbone, *workbench.companions(config)),
        paths,
        bank,
        aligner=aligner,
        store=store,
    )
    for batch in batches:
        skipped |= {paths[i]: reason for i, reason in batch.unreadable.items()}
        positions.extend(batch.positions)
        if batch.evidence is not None:
            evidence = batch.evidence.at_temperature(config.scorer.temperature)
            for name, (normal, abnormal) in places.items():
                seen = evidence.select(normal, abnormal)
                parts[name].append(_predict(seen, config, scorer))
        progress(f"judge {category}", len(positions) + len(skipped), len(paths))
    if not positions:
        raise DataError(
            f"a category needs readable images, but all {len(paths)} of {category!r} failed "
            f"(first: {next(iter(skipped.values()), 'none listed')})."
        )
    return CategoryScores(
        samples=tuple(samples[i] for i in positions),
        sets={name: _joined(predictions) for name, predictions in parts.items()},
        skipped=skipped,
    )


def measure_set(
    judged: CategoryScores, name: str, config: ExperimentConfig, *, masks: Masks | None = None
) -> CategoryMetrics:
    """Measure one prompt set on one category; pixels too where there are masks."""
    scores = judged.sets[name]
    side = config.metrics.pixel_size
    maps = None
    if masks is not None:
        drawn = draw_maps(scores.patch_map, size=(side, side), sigma=config.fusion.sigma)
        maps = drawn.numpy()
    return evaluate_category(
        judged.labels,
        scores.image,
        maps=maps,
        masks=masks,
        fpr_limit=config.metrics.aupro_fpr_limit,
    )


def resample_pixels(
    judged: CategoryScores, name: str, config: ExperimentConfig, *, masks: Masks, nth: int
) -> dict[PixelMetric, Float[np.ndarray, " sample"]]:
    """Return pixel AUROC and AUPRO of each resample of one category's images.

    Images whose defect has no mask are left out, as in the metrics themselves. The same seed and
    place ``nth`` of the category draw the same images for every prompt set.
    """
    known = [
        i
        for i, (label, mask) in enumerate(zip(judged.labels, masks, strict=True))
        if label == State.NORMAL or mask is not None
    ]
    side = config.metrics.pixel_size
    chosen = judged.sets[name].patch_map[known]
    maps = draw_maps(chosen, size=(side, side), sigma=config.fusion.sigma).numpy()
    own = [masks[i] for i in known]
    counts = PixelCounts.of(maps, own, histogram=PixelHistogram.of(maps, own))
    values = {
        metric: resampled(
            counts,
            metric,
            samples=config.metrics.bootstrap,
            rng=np.random.default_rng((config.seed, nth)),
            fpr_limit=config.metrics.aupro_fpr_limit,
        )
        for metric in get_args(PixelMetric)
    }
    return {metric: value for metric, value in values.items() if value is not None}


def read_masks(judged: CategoryScores, config: ExperimentConfig) -> Masks | None:
    """Return the masks at the size maps are measured at; None when the set has none."""
    if not any(sample.mask_path for sample in judged.samples):
        return None
    side = config.metrics.pixel_size
    return tuple(
        None
        if sample.mask_path is None
        else resize_mask(load_mask(sample.mask_path, image_size(sample.path)), (side, side))
        for sample in judged.samples
    )


def _predict(evidence: Evidence, config: ExperimentConfig, scorer: Scorer) -> Prediction:
    return predict(
        evidence,
        scorer,
        config.fusion,
        summary=build_summary(config.prompts, evidence),
        context=config.scorer.context,
    )


def _joined(predictions: list[Prediction]) -> SetScores:
    return SetScores(
        image=torch.cat([one.image_score for one in predictions]).numpy(),
        global_=torch.cat([one.global_score for one in predictions]).numpy(),
        patch_map=torch.cat([one.patch_map for one in predictions]),
    )


def _places(pool: PromptSet, chosen: PromptSet) -> list[Int[Tensor, " _"]]:
    """Return where a set's normal and abnormal prompts stand in the pool."""
    places = []
    for state in State:
        order = {text: i for i, text in enumerate(pool.texts(state))}
        places.append(torch.tensor([order[text] for text in chosen.texts(state)]))
    return places
