"""Readers of data sets whose labels are in a table: ELPV solar cells and VisA."""

import csv
import os
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from promptlab.datasets.dataset import Dataset
from promptlab.datasets.folders import chosen_categories, noun_of
from promptlab.datasets.sources import rooted
from promptlab.errors import DataError, MissingDependencyError, pip_install
from promptlab.types import Sample, State

__all__ = ["inside", "package_folder", "read_elpv", "read_table_text", "read_visa"]

_ELPV_ABNORMAL = 0.5
_ELPV_CONTENTS = "a829dbdec69bf73677df38cc72f91a41a232236fd8ca0ae1f32a204845375911"
_VISA_SPLIT = Path("split_csv") / "1cls.csv"
_VISA_COLUMNS = {"object", "split", "label", "image", "mask"}


def read_elpv(root: Path | None, categories: Sequence[str] | None) -> Dataset:
    """Read the ELPV solar cells (Buerhop-Lux et al. 2018): categories mono and poly, no masks.

    Experts gave each cell a defect probability of 0, 1/3, 2/3 or 1. 0 is normal; 2/3 and 1 are
    abnormal; cells at 1/3 (295 of 2,624) are left out, since neither label would be right.

    Args:
        root: a folder with ``labels.csv``; None: that of the installed package elpv-dataset.
        categories: of mono and poly.

    Raises:
        MissingDependencyError: when there is no root and the package is not installed.
        DataError: when labels.csv is missing or malformed, or has no such category.
    """
    folder = root
    if folder is None:
        folder = package_folder("elpv_dataset", dataset="elpv") / "data"
    rows = [
        line.split() for line in read_table_text(folder / "labels.csv").splitlines() if line.strip()
    ]
    wanted = chosen_categories(categories, available=sorted({row[-1] for row in rows}))
    samples = []
    for number, row in enumerate(rows, 1):
        path, probability, category = _elpv_row(row, folder=folder, number=number)
        certain = probability == 0 or probability > _ELPV_ABNORMAL
        if certain and category in wanted:
            label = State.ABNORMAL if probability > _ELPV_ABNORMAL else State.NORMAL
            samples.append(Sample(path, category, label))
    samples.sort(key=lambda sample: (sample.category, sample.path))
    whole = root is None and categories is None
    return Dataset(
        "elpv",
        tuple(samples),
        nouns=dict.fromkeys(wanted, "solar cell"),
        contents=_ELPV_CONTENTS if whole else "",
    )


def read_visa(root: Path | None, categories: Sequence[str] | None) -> Dataset:
    """Read VisA's images by its official one-class split, ``split_csv/1cls.csv``.

    Raises:
        DataError: when ``root`` is not given or the table is missing, malformed or names a path
            outside ``root``.
    """
    root = rooted("visa", root, holds="the unpacked archive (the folder with split_csv/)")
    table = root / _VISA_SPLIT
    reader = csv.DictReader(read_table_text(table).splitlines())
    missing = _VISA_COLUMNS - set(reader.fieldnames or ())
    if missing:
        raise DataError(
            f"{table} must have the columns {', '.join(sorted(_VISA_COLUMNS))}, but lacks "
            f"{', '.join(sorted(missing))}; take the file from VisA's repository."
        )
    rows = list(reader)
    tested = {row["object"] for row in rows if row["split"] == "test"}
    wanted = chosen_categories(categories, available=sorted(tested))
    samples, train = (
        sorted(
            (
                _visa_sample(row, root=root)
                for row in rows
                if row["split"] == split and row["object"] in wanted
            ),
            key=lambda sample: (sample.category, sample.path),
        )
        for split in ("test", "train")
    )
    return Dataset(
        "visa",
        tuple(samples),
        nouns={name: noun_of(name) for name in wanted},
        train=tuple(sample for sample in train if sample.label is State.NORMAL),
    )


def package_folder(module: str, *, dataset: str) -> Path:
    """Return the folder of an installed package without importing it.

    Raises:
        MissingDependencyError: when it is not installed; names the command that installs it.
    """
    found = find_spec(module)
    if found is None or not found.submodule_search_locations:
        raise MissingDependencyError(
            f"data set {dataset} needs the package {module}, but it is not installed; run "
            f"{pip_install(dataset)}."
        )
    return Path(found.submodule_search_locations[0])


def _elpv_row(row: Sequence[str], *, folder: Path, number: int) -> tuple[Path, float, str]:
    try:
        name, probability, category = row
        return inside(folder, name), float(probability), category
    except ValueError as error:
        raise DataError(
            f"each line of {folder / 'labels.csv'} must be path, probability and type, but line "
            f"{number} is {' '.join(row)!r}; reinstall elpv-dataset."
        ) from error


def _visa_sample(row: Mapping[str, str], *, root: Path) -> Sample:
    states = {"normal": State.NORMAL, "anomaly": State.ABNORMAL}
    if not row["image"] or row["label"] not in states:
        raise DataError(
            f"each line of {root / _VISA_SPLIT} must name an image, and its label must be normal "
            f"or anomaly, but got {row['image']!r}, {row['label']!r}; take the file from VisA's "
            "repository."
        )
    mask = inside(root, row["mask"]) if row["mask"] else None
    return Sample(inside(root, row["image"]), row["object"], states[row["label"]], mask)


def inside(root: Path, name: str) -> Path:
    """Return the path of a file that a table names.

    Only the words are judged: a link that the user made may lead elsewhere.

    Raises:
        DataError: when it would lie outside ``root``, or holds control characters.
    """
    path = root / name
    steps = Path(os.path.relpath(os.path.normpath(path), os.path.normpath(root))).parts
    if os.pardir in steps[:1] or Path(name).is_absolute() or not name.isprintable():
        raise DataError(
            f"paths in a table must stay inside {root}, but got {name!r}; do not use this table."
        )
    return path


def read_table_text(path: Path) -> str:
    """Return the text of a table, as UTF-8.

    Raises:
        DataError: when it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"{path} must be a readable text file, but is not ({type(error).__name__}); check "
            "dataset.root or unpack the data set again."
        ) from error
