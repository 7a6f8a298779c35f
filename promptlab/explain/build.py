"""Explain one image: judge it as `promptlab score` does and keep what decided.

A region's carriers come from the margin that every scorer works with, the weighted abnormal minus
the weighted normal similarity: prompt i moves the margin of a region away from the image's mean by
w_i times its lift (normal prompts with the opposite sign). For the scorers that compare weighted
means this is the region's margin, term by term, up to each state's constant length; for `max` and
`softmax` it is a reading.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32
from PIL import Image
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from promptlab.backbones.base import Backbone
from promptlab.config import AlignerConfig, FusionConfig, ScorerConfig
from promptlab.datasets.images import load_image
from promptlab.detector import (
    Evidence,
    Prediction,
    ViewEvidence,
    build_aligner,
    build_scorer,
    draw_maps,
    predict,
)
from promptlab.errors import ConfigError, DataError
from promptlab.evidence import encode_bank, gather_batches
from promptlab.explain.explanation import Carrier, Explanation, PromptEvidence, Region
from promptlab.explain.regions import find_regions, place_in_words, rule_in_words
from promptlab.features import FeatureStore
from promptlab.prompts.promptset import PromptSet
from promptlab.types import State

__all__ = ["CARRIERS", "MOST_REGIONS", "THUMBNAIL", "explain_image", "weigh_prompts"]

CARRIERS = 3
"""Prompts per state that are named for a region."""
MOST_REGIONS = 4
"""Regions that are explained, those with the highest peaks."""
THUMBNAIL = 384
"""Longer side of the explained picture, in pixels."""


def explain_image(  # noqa: PLR0913 - those of score_images and one more
    path: Path,
    prompts: PromptSet,
    backbone: Backbone,
    *,
    scorer: ScorerConfig,
    aligner: AlignerConfig,
    fusion: FusionConfig,
    store: FeatureStore,
    top_share: float | None = None,
) -> Explanation:
    """Judge one image and say which prompts and which places decided.

    Args:
        path: the image.
        prompts: the prompts of its category.
        backbone: compares the image with the prompts.
        scorer: as `promptlab.score.score_images` takes it.
        aligner: likewise.
        fusion: likewise.
        store: where features are kept.
        top_share: share of the map that is cut into regions; None: what lies above the map's
            own Otsu threshold, taken twice.

    Raises:
        ConfigError: when a scorer's, an aligner's or the share's value breaks a rule.
        DataError: when the image cannot be read.
    """
    if top_share is not None and not 0 < top_share < 1:
        raise ConfigError(
            f"top_share must be above 0 and below 1, but got {top_share}; "
            "leave it out for the map's own threshold."
        )
    scoring, aligning = build_scorer(scorer), build_aligner(aligner)
    bank = encode_bank(backbone, prompts, store=store)
    (batch,) = gather_batches([backbone], [path], bank, aligner=aligning, store=store)
    if batch.evidence is None:
        raise DataError(batch.unreadable[0])
    evidence = batch.evidence.at_temperature(scorer.temperature)
    prediction = predict(evidence, scoring, fusion, context=scorer.context)
    picture = load_image(path)
    picture.thumbnail((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS)
    size = (picture.height, picture.width)
    drawn = draw_maps(prediction.patch_map, size=size, sigma=fusion.sigma)[0].numpy()
    return Explanation(
        path=path,
        category=prompts.category,
        backbone=backbone.id,
        scorer=_named(scorer),
        aligner=_named(aligner),
        image_score=float(prediction.image_score[0]),
        global_score=float(prediction.global_score[0]),
        local_score=float(prediction.local_score[0]),
        fusion=fusion,
        rule=scoring.rule,
        prompts=weigh_prompts(prompts, evidence, prediction, rule=scoring.rule),
        regions=_regions(prompts, evidence, prediction, drawn, top_share=top_share),
        region_rule=rule_in_words(top_share),
        image=np.asarray(picture),
        anomaly_map=drawn,
    )


def weigh_prompts(
    prompts: PromptSet, evidence: Evidence, prediction: Prediction, *, rule: str
) -> tuple[PromptEvidence, ...]:
    """Return what each prompt did for the whole image, in the prompt set's order."""
    lines: dict[tuple[State, str], PromptEvidence] = {}
    for state, similarities, weights in (
        (State.NORMAL, evidence.global_.normal[0], prediction.weights.normal[0]),
        (State.ABNORMAL, evidence.global_.abnormal[0], prediction.weights.abnormal[0]),
    ):
        ranks = similarities.argsort(descending=True, stable=True).argsort() + 1
        mine = [prompt for prompt in prompts.prompts if prompt.state == state]
        for i, prompt in enumerate(mine):
            lines[state, prompt.text] = PromptEvidence(
                text=prompt.text,
                state=state,
                source=prompt.source,
                similarity=float(similarities[i]),
                rank=int(ranks[i]),
                weight=float(weights[i]),
                why_dropped="" if weights[i] > 0 else rule,
            )
    return tuple(lines[prompt.state, prompt.text] for prompt in prompts.prompts)


def _regions(
    prompts: PromptSet,
    evidence: Evidence,
    prediction: Prediction,
    drawn: Float32[np.ndarray, "height width"],
    *,
    top_share: float | None,
) -> tuple[Region, ...]:
    """Describe the regions of the map, those with the highest peaks first."""
    quarter_patch = 0.25 / (evidence.grid[0] * evidence.grid[1])
    masks = find_regions(drawn, top_share=top_share, least_share=quarter_patch)[:MOST_REGIONS]
    local = {
        State.NORMAL: _patch_similarities([(v, v.similarities.normal) for v in evidence.views]),
        State.ABNORMAL: _patch_similarities([(v, v.similarities.abnormal) for v in evidence.views]),
    }
    weights = {
        State.NORMAL: prediction.weights.normal[0],
        State.ABNORMAL: prediction.weights.abnormal[0],
    }
    return tuple(
        Region(
            place=place_in_words(mask),
            share=float(mask.mean()),
            mean_score=float(drawn[mask].mean()),
            peak_score=float(drawn[mask].max()),
            carriers=tuple(
                carrier
                for state in (State.ABNORMAL, State.NORMAL)
                for carrier in _carriers(
                    prompts.texts(state),
                    state,
                    similarities=local[state],
                    weights=weights[state],
                    cover=_cover(mask, evidence.grid),
                )
            ),
            mask=mask,
        )
        for mask in masks
    )


def _patch_similarities(
    views: Sequence[tuple[ViewEvidence, Float[Tensor, "1 _ prompt"]]],
) -> Float[Tensor, "patch prompt"]:
    """Give each patch the mean similarities of the places that cover it, averaged over views."""
    return torch.stack(
        [replace(each.view, mean="arithmetic").to_map(values[0].T).T for each, values in views]
    ).mean(0)


def _cover(
    mask: Bool[np.ndarray, "height width"], grid: tuple[int, int]
) -> Float[Tensor, " patch"]:
    """Return each patch's share of the region; the shares add up to one."""
    pooled = adaptive_avg_pool2d(torch.from_numpy(mask).float()[None], grid).flatten()
    return pooled / pooled.sum()


def _carriers(
    texts: Sequence[str],
    state: State,
    *,
    similarities: Float[Tensor, "patch prompt"],
    weights: Float[Tensor, " prompt"],
    cover: Float[Tensor, " patch"],
) -> tuple[Carrier, ...]:
    """Return the weighted prompts that move a region's margin most, the strongest first."""
    inside = cover @ similarities
    lift = inside - similarities.mean(0)
    moved = weights * lift * (1 if state == State.ABNORMAL else -1)
    order = moved.argsort(descending=True, stable=True).tolist()
    chosen = [i for i in order if weights[i] > 0][:CARRIERS]
    return tuple(
        Carrier(
            text=texts[i],
            state=state,
            weight=float(weights[i]),
            similarity=float(inside[i]),
            lift=float(lift[i]),
        )
        for i in chosen
    )


def _named(part: ScorerConfig | AlignerConfig) -> str:
    """Return a part's name with its parameters, such as ``contextual (share 0.5)``."""
    params = ", ".join(f"{name} {value}" for name, value in part.params.items())
    return f"{part.name} ({params})" if params else part.name
