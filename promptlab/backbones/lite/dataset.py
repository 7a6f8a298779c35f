"""Generated twin images as token features on disk: made once per recipe, in resumable shards.

A shard holds pairs: row ``2 i`` is normal, row ``2 i + 1`` the same example with a defect. Pixels
are not kept. Folder and file names depend on the recipe alone, so a second run finds the first's.
"""

import json
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float, Float16
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from promptlab.backbones.lite.backbone import PATCH, normalise_image
from promptlab.backbones.lite.recipe import POOLS, Recipe, ShardShare
from promptlab.backbones.lite.stem import load_stem
from promptlab.backbones.lite.tokens import TokenBuilder, gather_raw
from promptlab.files import atomic_path
from promptlab.runtime import limit_threads
from promptlab.synthetic.catalogue import HELD_OUT
from promptlab.synthetic.scene import Scene, twin_scenes
from promptlab.types import Size

__all__ = ["MASK_SIDE", "Group", "Split", "build_data", "data_folder", "load_split", "read_tokens"]

Split = Literal["fit", "train", "validation", "held_out"]
SPLIT_NUMBERS: dict[Split, int] = {"fit": 0, "train": 1, "validation": 2, "held_out": 3}
STATISTICS = "tokens.safetensors"
MASK_SIDE = 112
"""Evaluation masks are kept at this many rows and columns."""
BLANK, NOTHING = np.zeros((1, 1, 3), np.uint8), np.zeros((1, 1), np.bool_)
PART = 16
"""Images the stem takes at once."""


@dataclass(frozen=True)
class Group:
    """Images of one size."""

    grid: tuple[int, int]
    tokens: Float16[Tensor, "image patch token"]
    coverage: Float16[Tensor, "image patch"]
    """Share of each patch that a defect covers."""
    facts: tuple[Scene, ...]
    """What captions can say of each image; the pixels are left out (one blank pixel)."""
    masks: Bool[Tensor, "image 112 112"] | None
    """Kept for the evaluation splits only."""


@dataclass(frozen=True)
class ShardTask:
    """All a worker process needs to make one shard."""

    path: Path
    split: Split
    seed: tuple[int, ...]
    pairs: int
    categories: str
    """``core`` or ``wide``."""
    size: Size
    statistics: Path | None
    components: int


def data_folder(recipe: Recipe, cache: Path) -> Path:
    """Return where a recipe's features lie inside the cache."""
    return cache / "lite" / recipe.data_digest[:16]


def build_data(recipe: Recipe, folder: Path, *, workers: int) -> None:
    """Make every shard that is not there yet, in this process when ``workers`` is 1."""
    statistics = folder / STATISTICS
    if not statistics.is_file():
        _make_all(plan_shards(recipe, folder, splits=["fit"]), workers)
        fit_statistics(recipe, folder, statistics)
    _make_all(plan_shards(recipe, folder, splits=["held_out", "validation", "train"]), workers)


def _make_all(tasks: Sequence[ShardTask], workers: int) -> None:
    missing = [task for task in tasks if not task.path.is_file()]
    if workers == 1:
        for task in missing:
            make_shard(task)
    elif missing:
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            for _ in pool.map(make_shard, missing):
                pass


def plan_shards(recipe: Recipe, folder: Path, *, splits: Sequence[Split]) -> list[ShardTask]:
    """List the shards of some splits; sizes are spread evenly over the training shards."""
    data = recipe.data
    totals: dict[Split, int] = {
        "fit": data.fit_pairs,
        "train": data.training_pairs,
        "validation": data.validation_pairs,
        "held_out": data.held_out_pairs,
    }
    tasks = []
    for split in splits:
        count = -(-totals[split] // data.shard_pairs)
        for index in range(count):
            kind = _kind_of(recipe, index) if split == "train" else data.shards[0]
            size = kind.size
            pairs = min(data.shard_pairs, totals[split] - index * data.shard_pairs)
            name = f"{split}-{kind.categories}-{index:04d}-{pairs}-{size[0]}x{size[1]}.safetensors"
            tasks.append(
                ShardTask(
                    path=folder / name,
                    split=split,
                    seed=(recipe.seed, SPLIT_NUMBERS[split], index),
                    pairs=pairs,
                    categories=kind.categories,
                    size=size,
                    statistics=None if split == "fit" else folder / STATISTICS,
                    components=recipe.model.components,
                )
            )
    return tasks


def _kind_of(recipe: Recipe, index: int) -> ShardShare:
    """Return the kind of shard whose share is furthest behind after ``index`` shards."""
    shares = recipe.data.shards
    made = [0] * len(shares)
    for step in range(index + 1):
        behind = [each.share * (step + 1) - done for each, done in zip(shares, made, strict=True)]
        chosen = int(np.argmax(behind))
        made[chosen] += 1
    return shares[chosen]


def make_shard(task: ShardTask) -> Path:
    """Generate a shard's images, run the frozen part over them, write the features."""
    limit_threads(1)
    cv2.setNumThreads(1)
    rng = np.random.default_rng(task.seed)
    scenes = [scene for pair in _draw_pairs(task, rng) for scene in pair]
    raw = _raw_features(scenes)
    state = {"coverage": torch.stack([measure_coverage(scene.mask) for scene in scenes]).half()}
    if task.statistics is None:
        state["raw"] = raw
    else:
        builder = _read_builder(task.statistics, task.components)
        state["tokens"] = torch.cat([builder(part).half() for part in raw.split(PART)])
    if task.split in ("validation", "held_out"):
        state["masks"] = torch.stack([_small_mask(scene.mask) for scene in scenes])
    facts = [
        [s.category, list(s.defects), s.colour, s.place, round(float(s.extent), 5)] for s in scenes
    ]
    grid = [side // PATCH for side in task.size]
    metadata = {"facts": json.dumps(facts), "grid": json.dumps(grid)}
    with atomic_path(task.path) as temporary:
        save_file(state, temporary, metadata=metadata)
    return task.path


def _draw_pairs(task: ShardTask, rng: np.random.Generator) -> list[tuple[Scene, Scene]]:
    """Draw a shard's twins; every category comes up about equally often."""
    pool = _pool(task)
    rounds = -(-task.pairs // len(pool))
    order = np.concatenate([rng.permutation(len(pool)) for _ in range(rounds)])[: task.pairs]
    return [twin_scenes(pool[index], rng, task.size) for index in order]


def _pool(task: ShardTask) -> list[str]:
    """Return the categories a shard shows; held-out ones belong to the core."""
    if task.split == "held_out":
        return sorted(HELD_OUT)
    return sorted(POOLS[task.categories] - HELD_OUT)


def _raw_features(scenes: Sequence[Scene]) -> Float[Tensor, "image patch 344"]:
    stem = load_stem()
    parts = []
    with torch.inference_mode():
        for start in range(0, len(scenes), PART):
            images = [normalise_image(scene.image) for scene in scenes[start : start + PART]]
            parts.append(gather_raw(stem(torch.stack(images))))
    return torch.cat(parts)


def measure_coverage(mask: Bool[np.ndarray, "height width"]) -> Float[Tensor, " patch"]:
    """Return the share of each 16 x 16 patch that the mask covers, row by row."""
    rows, cols = mask.shape[0] // PATCH, mask.shape[1] // PATCH
    cells = torch.from_numpy(mask).float().reshape(rows, PATCH, cols, PATCH)
    return cells.mean((1, 3)).flatten()


def _small_mask(mask: Bool[np.ndarray, "height width"]) -> Bool[Tensor, "112 112"]:
    shape = (MASK_SIDE, MASK_SIDE)
    small = cv2.resize(mask.astype(np.float32), shape, interpolation=cv2.INTER_AREA)
    return torch.from_numpy(small >= 0.5)


def fit_statistics(recipe: Recipe, folder: Path, path: Path) -> None:
    """Fit the token builder on the ``fit`` split and write it."""
    raw = [load_file(task.path)["raw"] for task in plan_shards(recipe, folder, splits=["fit"])]
    builder = TokenBuilder(recipe.model.components)
    builder.fit(torch.cat([part.flatten(0, 1) for part in raw]))
    with atomic_path(path) as temporary:
        save_file(dict(builder.state_dict()), temporary)


def read_tokens(recipe: Recipe, folder: Path) -> TokenBuilder:
    """Return the fitted token builder of a recipe."""
    return _read_builder(folder / STATISTICS, recipe.model.components)


def _read_builder(path: Path, components: int) -> TokenBuilder:
    builder = TokenBuilder(components)
    builder.load_state_dict(load_file(path))
    return builder


def load_split(recipe: Recipe, folder: Path, split: Split) -> tuple[Group, ...]:
    """Read a split's features into memory, one group for each image size."""
    groups: dict[Size, list[Path]] = {}
    for task in plan_shards(recipe, folder, splits=[split]):
        groups.setdefault(task.size, []).append(task.path)
    return tuple(_load_group(paths) for paths in groups.values())


def _load_group(paths: Sequence[Path]) -> Group:
    tokens, coverage, masks, facts = [], [], [], []
    for path in paths:
        with safe_open(path, framework="pt") as shard:
            metadata = shard.metadata()
            names = set(shard.keys())
            tokens.append(shard.get_tensor("tokens"))
            coverage.append(shard.get_tensor("coverage"))
            if "masks" in names:
                masks.append(shard.get_tensor("masks"))
        facts += [
            Scene(BLANK, NOTHING, category, tuple(defects), colour, place, extent)
            for category, defects, colour, place, extent in json.loads(metadata["facts"])
        ]
        rows, cols = json.loads(metadata["grid"])
    return Group(
        grid=(rows, cols),
        tokens=torch.cat(tokens),
        coverage=torch.cat(coverage),
        facts=tuple(facts),
        masks=torch.cat(masks) if masks else None,
    )
