"""Readers of folders in MVTec AD layout, and of the sets that are laid out like it.

``<category>/test/<good or defect>/<stem>.png`` and
``<category>/ground_truth/<defect>/<stem>_mask.png`` (or ``<stem>.png``, or a folder ``<stem>/`` of
masks that count together, as in MVTec LOCO). This is also the layout of MPDD, BTAD and most
home-made sets; MVTec AD 2 has the same under ``<category>/test_public``. ``<category>/train/good``
is listed for few-shot runs, which draw normal reference images from it; nothing is trained.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from promptlab.datasets.dataset import Dataset, Problem
from promptlab.datasets.images import FOREIGN_SUFFIXES, IMAGE_SUFFIXES
from promptlab.datasets.sources import rooted
from promptlab.errors import DataError, suggest
from promptlab.types import Sample, State

__all__ = [
    "chosen_categories",
    "images_in",
    "masks_of",
    "noun_of",
    "read_btad",
    "read_mpdd",
    "read_mvtec",
    "read_mvtec_ad_2",
    "read_mvtec_loco",
    "unpaired",
]

_NORMAL_FOLDERS = frozenset({"good", "ok", "normal"})
_BRACKETS = {f"bracket_{colour}": f"{colour} bracket" for colour in ("black", "brown", "white")}


@dataclass(frozen=True)
class _Layout:
    """What tells one set in this layout from another."""

    name: str
    test: str = "test"
    truth: str = "ground_truth"
    nouns: Mapping[str, str] = field(default_factory=dict)
    """For categories whose name says nothing, or says it the wrong way round."""


def read_mvtec(root: Path | None, categories: Sequence[str] | None) -> Dataset:
    """Read every wanted category below ``root``, or ``root`` itself when it is one category.

    Raises:
        DataError: when ``root`` is not given or missing, or holds no (such) category.
    """
    return _read(_Layout("mvtec"), root, categories)


def read_mvtec_ad_2(root: Path | None, categories: Sequence[str] | None) -> Dataset:
    """Read the public test images of MVTec AD 2; those without published labels are left out.

    Raises:
        DataError: as `read_mvtec`.
    """
    layout = _Layout("mvtec_ad_2", test="test_public", truth="test_public/ground_truth")
    return _read(layout, root, categories)


def read_mvtec_loco(root: Path | None, categories: Sequence[str] | None) -> Dataset:
    """Read MVTec LOCO AD; the masks of one image count together.

    Raises:
        DataError: as `read_mvtec`.
    """
    return _read(_Layout("mvtec_loco"), root, categories)


def read_btad(root: Path | None, categories: Sequence[str] | None) -> Dataset:
    """Read BTAD, whose products 01 to 03 nobody has named.

    Raises:
        DataError: as `read_mvtec`.
    """
    nouns = dict.fromkeys(("01", "02", "03"), "industrial product")
    return _read(_Layout("btad", nouns=nouns), root, categories)


def read_mpdd(root: Path | None, categories: Sequence[str] | None) -> Dataset:
    """Read MPDD's metal parts.

    Raises:
        DataError: as `read_mvtec`.
    """
    nouns = {**_BRACKETS, "connector": "metal connector", "tubes": "metal tubes"}
    return _read(_Layout("mpdd", nouns=nouns), root, categories)


def _read(layout: _Layout, root: Path | None, categories: Sequence[str] | None) -> Dataset:
    holds = (
        f"a folder in MVTec AD layout (<category>/{layout.test}/good, "
        f"<category>/{layout.test}/<defect>)"
    )
    folders = _category_folders(rooted(layout.name, root, holds=holds), layout)
    wanted = chosen_categories(categories, available=folders)
    samples: list[Sample] = []
    problems: list[Problem] = []
    train: list[Sample] = []
    for category in wanted:
        found, noticed = _read_category(folders[category], category, layout)
        samples += found
        problems += noticed
        train += _read_train(folders[category], category)
    return Dataset(
        name=layout.name,
        samples=tuple(samples),
        nouns={category: layout.nouns.get(category, noun_of(category)) for category in wanted},
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


def _category_folders(root: Path, layout: _Layout) -> dict[str, Path]:
    if not root.is_dir():
        raise DataError(f"dataset.root must be a folder, but {root} is none; check the path.")
    if (root / layout.test).is_dir():
        return {root.resolve().name: root}
    folders = {
        folder.name: folder
        for folder in sorted(root.iterdir())
        if not folder.name.startswith(".") and (folder / layout.test).is_dir()
    }
    if not folders:
        raise DataError(
            f"dataset.root must hold folders like <category>/{layout.test}/good, but {root} has no "
            f"folder with a {layout.test} folder in it; point root at the folder above the "
            "categories."
        )
    return folders


def _read_category(
    folder: Path, category: str, layout: _Layout
) -> tuple[list[Sample], list[Problem]]:
    samples: list[Sample] = []
    problems: list[Problem] = []
    truth = folder / layout.truth
    for kind in sorted(path for path in (folder / layout.test).iterdir() if path.is_dir()):
        images = [] if kind == truth else images_in(kind)
        if kind.name.lower() in _NORMAL_FOLDERS:
            samples += [Sample(path, category, State.NORMAL) for path in images]
            continue
        masks = masks_of(truth / kind.name, images)
        samples += [
            Sample(path, category, State.ABNORMAL, masks.get(path), kind.name) for path in images
        ]
        problems += unpaired(truth / kind.name, images, masks)
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
    """Return the image files of a folder, sorted; none when the folder is missing.

    Pictures in formats that are not read are among them: who loads them counts and reports them.
    """
    return _files_in(folder, IMAGE_SUFFIXES | FOREIGN_SUFFIXES)


def _files_in(folder: Path, suffixes: frozenset[str]) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in suffixes and not path.name.startswith(".")
    )


def masks_of(folder: Path, images: Sequence[Path]) -> dict[Path, Path]:
    """Return the mask in ``folder`` of each image that has one: a file, or a folder of files."""
    inside = folder.iterdir() if folder.is_dir() else ()
    by_stem = {path.name: path for path in inside if path.is_dir()}
    by_stem |= {path.stem: path for path in _files_in(folder, IMAGE_SUFFIXES)}
    pairs = ((path, by_stem.get(f"{path.stem}_mask", by_stem.get(path.stem))) for path in images)
    return {path: mask for path, mask in pairs if mask is not None}


def unpaired(
    folder: Path, images: Sequence[Path], masks: Mapping[Path, Path]
) -> tuple[Problem, ...]:
    """Return images without a mask in ``folder`` and masks without an image, if it is there."""
    if not folder.is_dir():
        return ()
    alone = {*_files_in(folder, IMAGE_SUFFIXES)} - {*masks.values()}
    without_mask = (
        Problem(
            path,
            f"has no mask in {folder}",
            f"add {path.stem}_mask.png there, or expect pixel metrics to leave this image out",
            "unpaired",
        )
        for path in images
        if path not in masks
    )
    without_image = (
        Problem(path, "is a mask without an image", "remove it or add its image", "unpaired")
        for path in sorted(alone)
    )
    return (*without_mask, *without_image)
