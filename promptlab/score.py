"""Score any images with a prompt set: no data set, no labels, no record.

An unreadable image costs one line, never the run.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from promptlab.backbones.base import Backbone
from promptlab.config import AlignerConfig, FusionConfig, MutualConfig, ScorerConfig
from promptlab.datasets.images import FOREIGN_SUFFIXES, IMAGE_SUFFIXES
from promptlab.detector import build_aligner, build_mutual, build_scorer, predict
from promptlab.errors import DataError
from promptlab.evidence import (
    compare_with_peers,
    encode_bank,
    gather_batches,
)
from promptlab.features import FeatureStore
from promptlab.prompts.promptset import PromptSet
from promptlab.types import Progress, silent

__all__ = ["ScoredImage", "find_images", "score_images"]


@dataclass(frozen=True)
class ScoredImage:
    """One image's result; all but path and problem are empty when it could not be read."""

    path: Path
    image_score: float | None = None
    top_normal_prompt: str = ""
    top_abnormal_prompt: str = ""
    anomaly_map: Float[np.ndarray, "rows columns"] | None = None
    """One value per patch; `promptlab.detector.draw_maps` makes it a picture."""
    problem: str = ""


def find_images(paths: Sequence[Path]) -> tuple[Path, ...]:
    """Return the named files, and all images inside the named folders, sorted; no hidden ones.

    A link inside a folder that leads nowhere and a picture in a format that is not read count as
    images, so that each gets its line.

    Raises:
        DataError: when a path is neither a file nor a folder, or nothing is an image.
    """
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise DataError(f"a path to score must exist, but {path} does not.")
        if path.is_dir():
            inside = sorted(each for each in path.rglob("*") if _is_image(each))
            found.extend(each for each in inside if each.is_file() or _leads_nowhere(each))
        elif path.is_file():
            found.append(path)
        else:
            raise DataError(f"a path to score must be a file or a folder, but {path} is neither.")
    if not found:
        raise DataError(
            f"there must be images to score, but {', '.join(map(str, paths))} holds none of: "
            f"{' '.join(sorted(IMAGE_SUFFIXES))}."
        )
    return tuple(dict.fromkeys(found))


def _leads_nowhere(path: Path) -> bool:
    return path.is_symlink() and not path.exists()


def _is_image(path: Path) -> bool:
    is_picture = path.suffix.lower() in IMAGE_SUFFIXES | FOREIGN_SUFFIXES
    return is_picture and not path.name.startswith(".")


def score_images(  # noqa: PLR0913 - one keyword for each part of an experiment
    paths: Sequence[Path],
    prompts: PromptSet,
    backbone: Backbone,
    *,
    scorer: ScorerConfig,
    aligner: AlignerConfig,
    fusion: FusionConfig,
    mutual: MutualConfig | None = None,
    store: FeatureStore,
    progress: Progress = silent,
) -> Iterator[ScoredImage]:
    """Yield a result per image, in order, holding one batch in memory at a time.

    With ``mutual``, images judge one another: they must be of one category, and all are encoded
    before the first result, as ``progress`` is told.

    Raises:
        ConfigError: when a scorer's or aligner's name or parameter is wrong.
        DataError: when images are to judge one another, but fewer than two can be read.
    """
    scoring, aligning = build_scorer(scorer), build_aligner(aligner)
    mutual = mutual or MutualConfig()
    bank = encode_bank(backbone, prompts, store=store)
    method, peers = build_mutual(mutual), None
    if method:
        peers = compare_with_peers(
            [backbone], paths, aligner=aligning, mutual=method, store=store, progress=progress
        )
    for batch in gather_batches(
        [backbone], paths, bank, aligner=aligning, store=store, peers=peers
    ):
        results = {
            i: ScoredImage(paths[i], problem=reason) for i, reason in batch.unreadable.items()
        }
        if batch.evidence is not None:
            evidence = batch.evidence.at_temperature(scorer.temperature)
            prediction = predict(
                evidence,
                scoring,
                fusion,
                context=scorer.context,
                distance_weights={"peers": mutual.weight},
            )
            for row, i in enumerate(batch.positions):
                results[i] = ScoredImage(
                    paths[i],
                    image_score=float(prediction.image_score[row]),
                    top_normal_prompt=bank.normal_texts[int(prediction.top_normal[row])],
                    top_abnormal_prompt=bank.abnormal_texts[int(prediction.top_abnormal[row])],
                    anomaly_map=prediction.patch_map[row].numpy(),
                )
        yield from (results[i] for i in sorted(results))
