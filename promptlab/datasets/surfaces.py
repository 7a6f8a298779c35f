"""Readers of surface sets whose masks lie beside the images: KolektorSDD, SDD2, Magnetic Tile.

In KolektorSDD and SDD2 the mask alone says whether an image is normal: every mask is read once
when the set is listed.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from promptlab.datasets.dataset import Dataset, Problem, ProblemKind
from promptlab.datasets.folders import chosen_categories, images_in
from promptlab.datasets.images import is_blank
from promptlab.datasets.sources import rooted
from promptlab.errors import DataError
from promptlab.types import Sample, State

__all__ = ["read_ksdd", "read_ksdd2", "read_magnetic_tile"]

_COMMUTATOR = "commutator"
_SURFACE = "surface"
_TILE = "tile"


def read_ksdd(root: Path | None, categories: Sequence[str] | None) -> Dataset:
    """Read KolektorSDD (Tabernik et al. 2020): ``kosNN/PartN.jpg`` with ``PartN_label.bmp``.

    All images are judged: the paper's folds are for training.

    Raises:
        DataError: when ``root`` is missing or holds no ``kosNN`` folder, or the category is
            another than commutator.
    """
    folder = rooted("ksdd", root, holds="the folder with kos01, kos02, …")
    wanted = chosen_categories(categories, available=(_COMMUTATOR,))
    parts = _folders(folder, "kos*", dataset="ksdd")
    samples, problems = _labelled_by_masks(parts, category=_COMMUTATOR, mark="_label")
    nouns = dict.fromkeys(wanted, "electrical commutator")
    return Dataset("ksdd", tuple(samples), nouns, problems=tuple(problems))


def read_ksdd2(root: Path | None, categories: Sequence[str] | None) -> Dataset:
    """Read KolektorSDD2 (Bozic et al. 2021): ``test/NNNNN.png`` with ``NNNNN_GT.png``.

    Normal images of ``train`` are listed for few-shot runs.

    Raises:
        DataError: when ``root`` is missing or has no ``test`` folder, or the category is another
            than surface.
    """
    folder = rooted("ksdd2", root, holds="the folder with train and test")
    wanted = chosen_categories(categories, available=(_SURFACE,))
    tested = _folders(folder, "test", dataset="ksdd2")
    samples, problems = _labelled_by_masks(tested, category=_SURFACE, mark="_GT")
    train, more = _labelled_by_masks([folder / "train"], category=_SURFACE, mark="_GT")
    return Dataset(
        "ksdd2",
        tuple(samples),
        nouns=dict.fromkeys(wanted, "coated surface"),
        problems=(*problems, *more),
        train=tuple(sample for sample in train if sample.label is State.NORMAL),
    )


def read_magnetic_tile(root: Path | None, categories: Sequence[str] | None) -> Dataset:
    """Read Magnetic Tile (Huang et al. 2020): ``MT_<defect>/Imgs/<stem>.jpg`` and ``.png`` masks.

    ``MT_Free`` is normal.

    Raises:
        DataError: when ``root`` is missing or holds no ``MT_`` folder, or the category is another
            than tile.
    """
    folder = rooted("magnetic_tile", root, holds="the folder with MT_Free, MT_Blowhole, …")
    wanted = chosen_categories(categories, available=(_TILE,))
    samples: list[Sample] = []
    problems: list[Problem] = []
    for kind in _folders(folder, "MT_*", dataset="magnetic_tile"):
        defect = kind.name.removeprefix("MT_").lower()
        files = images_in(kind / "Imgs")
        masks = {path.stem: path for path in files if path.suffix.lower() == ".png"}
        for path in files:
            if path.suffix.lower() == ".png":
                continue
            if defect == "free":
                samples.append(Sample(path, _TILE, State.NORMAL))
                continue
            mask = masks.get(path.stem)
            samples.append(Sample(path, _TILE, State.ABNORMAL, mask, defect))
            problems += [_no_mask(path, f"{path.stem}.png")] if mask is None else []
    return Dataset(
        "magnetic_tile",
        tuple(samples),
        nouns=dict.fromkeys(wanted, "magnetic tile"),
        problems=tuple(problems),
    )


def _folders(root: Path, pattern: str, *, dataset: str) -> list[Path]:
    found = sorted(path for path in root.glob(pattern) if path.is_dir()) if root.is_dir() else []
    if not found:
        raise DataError(
            f"data set {dataset} must have folders {pattern}, but {root} has none; check "
            "dataset.root or unpack the data set again."
        )
    return found


def _labelled_by_masks(
    folders: Iterable[Path], *, category: str, mark: str
) -> tuple[list[Sample], list[Problem]]:
    """List images whose mask is ``<stem><mark>.*``: all black means normal."""
    samples: list[Sample] = []
    problems: list[Problem] = []
    for folder in folders:
        files = images_in(folder)
        masks = {path.stem.removesuffix(mark): path for path in files if path.stem.endswith(mark)}
        for path in files:
            if path.stem.endswith(mark):
                continue
            mask = masks.pop(path.stem, None)
            if mask is None:
                problems.append(_no_mask(path, f"{path.stem}{mark}.*"))
                continue
            try:
                blank = is_blank(mask)
            except DataError as error:
                problems.append(_unreadable_mask(mask, error))
                continue
            label = State.NORMAL if blank else State.ABNORMAL
            samples.append(Sample(path, category, label, None if blank else mask))
        problems += [
            Problem(mask, "is a mask without an image", "remove it or add its image", "unpaired")
            for mask in masks.values()
        ]
    return samples, problems


def _no_mask(path: Path, name: str) -> Problem:
    return Problem(path, f"has no mask {name}", "unpack the data set again", "unpaired")


def _unreadable_mask(mask: Path, error: DataError) -> Problem:
    kind: ProblemKind = "corrupt" if mask.is_file() else "missing"
    what, _, remedy = str(error).rpartition("; ")
    return Problem(mask, f"{what}; its image has no label", remedy.removesuffix("."), kind)
