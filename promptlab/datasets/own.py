"""Reader of one's own images: folders normal/ and abnormal/, or a CSV with path, label, mask."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from promptlab.datasets.dataset import Dataset, Problem
from promptlab.datasets.folders import (
    chosen_categories,
    images_in,
    masks_of,
    noun_of,
    unpaired,
)
from promptlab.datasets.sources import rooted
from promptlab.datasets.tables import inside, read_table_text
from promptlab.errors import DataError, suggest
from promptlab.types import Sample, State

__all__ = ["TABLE", "read_folder"]

TABLE = "labels.csv"
_LABELS = {
    **dict.fromkeys(("normal", "good", "ok", "0"), State.NORMAL),
    **dict.fromkeys(("abnormal", "anomaly", "defective", "bad", "ko", "1"), State.ABNORMAL),
}
_NORMAL, _ABNORMAL, _MASKS = "normal", "abnormal", "masks"


def read_folder(root: Path | None, categories: Sequence[str] | None) -> Dataset:
    """Read one's own images, with or without masks.

    ``root`` is one of these:

    - a folder with ``normal/`` and ``abnormal/`` (in it images, or one folder per defect), and
      ``masks/`` with the same names as ``abnormal/`` where there are masks;
    - a folder of such folders, one per category;
    - a CSV file, or a folder with ``labels.csv``: columns ``path`` and ``label`` (normal or
      abnormal), and, if wanted, ``mask`` and ``category``. Paths are relative to the CSV's folder.

    Raises:
        DataError: when ``root`` is none of these, or a line of the table breaks a rule.
    """
    holds = "a folder with normal/ and abnormal/, or a CSV file with path and label"
    folder = rooted("folder", root, holds=holds)
    if folder.is_file():
        return _read_table(folder, categories, category=folder.resolve().parent.name)
    if (folder / TABLE).is_file():
        return _read_table(folder / TABLE, categories, category=folder.resolve().name)
    return _read_folders(folder, categories)


def _read_folders(root: Path, categories: Sequence[str] | None) -> Dataset:
    if _is_category(root):
        folders = {root.resolve().name: root}
    else:
        inner = sorted(root.iterdir()) if root.is_dir() else []
        folders = {folder.name: folder for folder in inner if _is_category(folder)}
    if not folders:
        raise DataError(
            f"data set folder must have folders {_NORMAL}/ and {_ABNORMAL}/ or a {TABLE}, but "
            f"{root} has neither; check dataset.root."
        )
    wanted = chosen_categories(categories, available=folders)
    samples: list[Sample] = []
    problems: list[Problem] = []
    for category in wanted:
        found, noticed = _read_category(folders[category], category)
        samples += found
        problems += noticed
    nouns = {category: noun_of(category) for category in wanted}
    return Dataset("folder", tuple(samples), nouns, problems=tuple(problems))


def _is_category(folder: Path) -> bool:
    return (folder / _NORMAL).is_dir() and (folder / _ABNORMAL).is_dir()


def _read_category(folder: Path, category: str) -> tuple[list[Sample], list[Problem]]:
    samples: list[Sample] = []
    problems: list[Problem] = []
    abnormal = folder / _ABNORMAL
    for kind in (abnormal, *sorted(path for path in abnormal.iterdir() if path.is_dir())):
        defect = "" if kind == abnormal else kind.name
        images, truth = images_in(kind), folder / _MASKS / defect
        masks = masks_of(truth, images)
        samples += [
            Sample(path, category, State.ABNORMAL, masks.get(path), defect) for path in images
        ]
        problems += unpaired(truth, images, masks)
    samples += [Sample(path, category, State.NORMAL) for path in images_in(folder / _NORMAL)]
    return samples, problems


def _read_table(path: Path, categories: Sequence[str] | None, *, category: str) -> Dataset:
    text = read_table_text(path)
    first = text.partition("\n")[0]
    reader = csv.DictReader(
        io.StringIO(text, newline=""), delimiter=";" if ";" in first and "," not in first else ","
    )
    try:
        missing = {"path", "label"} - set(reader.fieldnames or ())
        if missing:
            raise DataError(
                f"{path} must have the columns path and label, but lacks "
                f"{' and '.join(sorted(missing))}; name them in its first line."
            )
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise DataError(f"{path} must be a CSV file, but {error}; save it again.") from error
    samples = [_sample(row, path=path, number=number, category=category) for number, row in rows]
    _refuse_twice(samples, path)
    found = sorted({sample.category for sample in samples})
    wanted = chosen_categories(categories, available=found)
    kept = sorted(
        (sample for sample in samples if sample.category in wanted),
        key=lambda sample: (sample.category, sample.path),
    )
    return Dataset("folder", tuple(kept), {category: noun_of(category) for category in wanted})


def _sample(
    row: Mapping[str | None, str | None], *, path: Path, number: int, category: str
) -> Sample:
    where = f"{path}:{number}"
    label = (row["label"] or "").strip().lower()
    if label not in _LABELS:
        raise DataError(
            f"{where}: a label must be normal or abnormal, but got {label!r}; "
            f"{suggest(label, _LABELS)}"
        )
    name, mask = (row["path"] or "").strip(), (row.get("mask") or "").strip()
    if not name:
        raise DataError(f"{where}: each line must name an image, but path is empty; fill it in.")
    return Sample(
        inside(path.parent, name),
        (row.get("category") or "").strip() or category,
        _LABELS[label],
        inside(path.parent, mask) if mask else None,
    )


def _refuse_twice(samples: Sequence[Sample], path: Path) -> None:
    seen: set[Path] = set()
    for sample in samples:
        if sample.path in seen:
            raise DataError(
                f"{path} must name each image once, but has {sample.path.name} twice; drop one."
            )
        seen.add(sample.path)
