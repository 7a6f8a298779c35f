"""What changing prompts make of images: every image and sentence is encoded once.

Sentences stay in memory, never on disk: those typed on the way to another one are worth nothing.
Knows no widget and no label.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Float32, UInt8
from PIL import Image
from torch import Tensor

from aligners.base import LocalView
from promptlab.backbones.base import Backbone
from promptlab.config import AlignerConfig, FusionConfig, ScorerConfig
from promptlab.datasets.images import load_image
from promptlab.detector import (
    TextBank,
    build_aligner,
    build_scorer,
    draw_maps,
    gather_evidence,
    predict,
)
from promptlab.errors import DataError
from promptlab.explain import PromptEvidence
from promptlab.explain.build import weigh_prompts
from promptlab.features import FeatureStore, encode_images
from promptlab.prompts.promptset import PromptSet
from promptlab.types import State

__all__ = ["THUMBNAIL", "Judge", "Verdict"]

THUMBNAIL = 256
"""Longer side of the pictures, in pixels."""


@dataclass(frozen=True, eq=False)
class Verdict:
    """What one set of prompts makes of one image."""

    image_score: float
    global_score: float
    local_score: float
    prompts: tuple[PromptEvidence, ...]
    anomaly_map: Float32[np.ndarray, "height width"]

    def kept(self, state: State) -> tuple[str, ...]:
        """Return the prompts of a state that have a weight."""
        return tuple(one.text for one in self.prompts if one.state == state and one.kept)


@dataclass(frozen=True, eq=False)
class _Seen:
    """One image as the backbone and the aligner see it."""

    picture: UInt8[np.ndarray, "height width 3"]
    embedding: Float[Tensor, "1 dim"]
    views: tuple[LocalView, ...]
    grid: tuple[int, int]


class Judge:
    """Judges images with prompts that change; keeps every image and sentence it has met.

    Args:
        backbone: compares images with sentences.
        aligner: makes the map.
        store: where features of images are kept.
    """

    def __init__(
        self, backbone: Backbone, *, aligner: AlignerConfig, store: FeatureStore | None = None
    ) -> None:
        self._backbone = backbone
        self._aligner = build_aligner(aligner)
        self._store = store or FeatureStore()
        self._images: dict[Path, _Seen] = {}
        self._sentences: dict[str, Float[Tensor, " dim"]] = {}

    def picture(self, path: Path) -> UInt8[np.ndarray, "height width 3"]:
        """Return the image's thumbnail.

        Raises:
            DataError: when it cannot be read.
        """
        return self._see(path).picture

    def judge(
        self, path: Path, prompts: PromptSet, *, scorer: ScorerConfig, fusion: FusionConfig
    ) -> Verdict:
        """Judge one image.

        Raises:
            DataError: when it cannot be read.
            ConfigError: when a scorer's value breaks a rule.
        """
        seen, scoring = self._see(path), build_scorer(scorer)
        evidence = gather_evidence(
            seen.embedding,
            seen.views,
            self._bank(prompts),
            grid=seen.grid,
            logit_scale=self._backbone.logit_scale,
        ).at_temperature(scorer.temperature)
        prediction = predict(evidence, scoring, fusion, context=scorer.context)
        height, width = seen.picture.shape[:2]
        drawn = draw_maps(prediction.patch_map, size=(height, width), sigma=fusion.sigma)
        return Verdict(
            image_score=float(prediction.image_score[0]),
            global_score=float(prediction.global_score[0]),
            local_score=float(prediction.local_score[0]),
            prompts=weigh_prompts(prompts, evidence, prediction, rule=scoring.rule),
            anomaly_map=drawn[0].numpy(),
        )

    def _see(self, path: Path) -> _Seen:
        if path not in self._images:
            (batch,) = encode_images(
                self._backbone, [path], requires=self._aligner.requires, store=self._store
            )
            if batch.features is None:
                raise DataError(batch.unreadable[0])
            picture = load_image(path)
            picture.thumbnail((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS)
            with torch.inference_mode():
                views = tuple(self._aligner.align(batch.features))
            self._images[path] = _Seen(
                np.asarray(picture), batch.features.global_embedding, views, batch.features.grid
            )
        return self._images[path]

    def _bank(self, prompts: PromptSet) -> TextBank:
        normal, abnormal = (prompts.texts(state) for state in State)
        texts = [*normal, *abnormal]
        missing = [text for text in dict.fromkeys(texts) if text not in self._sentences]
        if missing:
            with torch.inference_mode():
                made = self._backbone.encode_text(missing).float().cpu()
            self._sentences.update(zip(missing, made, strict=True))
        embeddings = torch.stack([self._sentences[text] for text in texts])
        return TextBank.of(normal, abnormal, embeddings)
