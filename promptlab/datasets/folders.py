"""Readers of folders in MVTec AD layout.

``<category>/test/<good or defect>/<stem>.png`` and
``<category>/ground_truth/<defect>/<stem>_mask.png`` (or ``<stem>.png``). This is also the layout
of MPDD, BTAD and most home-made sets. ``<category>/train/good`` is listed for few-shot runs,
which draw normal reference images from it; nothing is trained.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from promptlab.datasets.dataset import Dataset, Problem
from promptlab.datasets.images import IMAGE_SUFFIXES
from promptlab.errors import DataError, suggest
from promptlab.types import Sample, State

__all__ = ["chosen_categories", "images_in", "noun_of", "read_mvtec"]

_NORMAL_FOLDERS = frozenset({"good", "ok", "normal"})


def read_mvtec(root: Path | None, categories: Sequence[str] | None) -> Dataset:
    """Read every wanted category below ``root``, or ``root`` itself when it is one category.

    Raises:
        DataError: when ``root`` is not given or missing, or holds no (such) category.
    """
    if root is None:
        raise DataError(
            "data set mvtec needs a root, but got none; set dataset.root to a folder in MVTec AD "
            "layout (<category>/test/good, <category>/test/<defect>)."
        )
    folders = _category_folders(root)
    wanted = chosen_categories(categories, available=folders)
    samples: list[Sample] = []
    problems: list[Problem] = []
    train: list[Sample] = []
    for category in wanted:
        found, noticed = _read_category(folders[category], category)
        samples += found
        problems += noticed
        train += _read_train(folders[category], category)
    return Dataset(
        name="mvtec",
        samples=tuple(samples),
        nouns={category: noun_of(category) for category in wanted},
        problems=tuple(problems),
        train=tuple(train),
    )


def chosen_categories(
    categories: Sequence[str] | None, *, available: Sequence[str] | dict[str, Path]
) -> tuple[str, ...]:
    """Return the wanted categories, sorted; all of them for None.

    Raises:
        DataError: when one is not available, or none is wanted.
    """
    if categories is None:
        return tuple(sorted(available))
    if not categories:
        raise DataError("categories must name at least one, but is empty; use null for all.")
    for category in categories:
        if category not in available:
            raise DataError(
                f"categories must be in the data set, but {category!r} is not; "
                f"{suggest(category, available)}"
            )
    return tuple(sorted(set(categories)))


def noun_of(category: str) -> str:
    """Return the noun for prompts: words instead of underscores, no trailing number.

    >>> noun_of("metal_plate"), noun_of("pcb1")
    ('metal plate', 'pcb')
    """
    words = re.sub(r"[_\-\s]+", " ", category).strip()
    return re.sub(r"\s*\d+$", "", words) or words


def _category_folders(root: Path) -> dict[str, Path]:
    if not root.is_dir():
        raise DataError(f"dataset.root must be a folder, but {root} is none; check the path.")
    if (root / "test").is_dir():
        return {root.resolve().name: root}
    folders = {folder.name: folder for folder in sorted(root.iterdir()) if _is_category(folder)}
    if not folders:
        raise DataError(
            f"dataset.root must hold folders like <category>/test/good, but {root} has no folder "
            "with a test folder in it; point root at the folder above the categories."
        )
    return folders


def _is_category(folder: Path) -> bool:
    return not folder.name.startswith(".") and (folder / "test").is_dir()


def _read_category(folder: Path, category: str) -> tuple[list[Sample], list[Problem]]:
    samples: list[Sample] = []
    problems: list[Problem] = []
    for kind in sorted(path for path in (folder / "test").iterdir() if path.is_dir()):
        images = images_in(kind)
        if kind.name.lower() in _NORMAL_FOLDERS:
            samples += [Sample(path, category, State.NORMAL) for path in images]
            continue
        masks = _masks(folder / "ground_truth" / kind.name, images)
        samples += [
            Sample(path, category, State.ABNORMAL, masks.get(path), kind.name) for path in images
        ]
        problems += _unpaired(folder / "ground_truth" / kind.name, images, masks)
    return samples, problems


def _read_train(folder: Path, category: str) -> list[Sample]:
    kinds = sorted((folder / "train").iterdir()) if (folder / "train").is_dir() else []
    return [
        Sample(path, category, State.NORMAL)
        for kind in kinds
        if kind.name.lower() in _NORMAL_FOLDERS
        for path in images_in(kind)
    ]


def images_in(folder: Path) -> list[Path]:
    """Return the image files of a folder, sorted; none when the folder is missing."""
    if not folder.is_dir():
        return []
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".")
    )


def _masks(folder: Path, images: Sequence[Path]) -> dict[Path, Path]:
    """Return the mask of each image that has one."""
    by_stem = {path.stem: path for path in images_in(folder)}
    pairs = ((path, by_stem.get(f"{path.stem}_mask", by_stem.get(path.stem))) for path in images)
    return {path: mask for path, mask in pairs if mask is not None}


def _unpaired(folder: Path, images: Sequence[Path], masks: dict[Path, Path]) -> tuple[Problem, ...]:
    if not folder.is_dir():
        return ()
    alone = set(images_in(folder)) - set(masks.values())
    without_mask = (
        Problem(
            path,
            f"has no mask in {folder}",
            f"add {path.stem}_mask.png there, or expect pixel metrics to leave this image out",
        )
        for path in images
        if path not in masks
    )
    without_image = (
        Problem(path, "is a mask without an image", "remove it or add its image")
        for path in sorted(alone)
    )
    return (*without_mask, *without_image)
