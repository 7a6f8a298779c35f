"""Reader of the simulated textile images in the PyPI package conformal-clip-data (MIT)."""

from collections.abc import Sequence
from pathlib import Path

from promptlab.datasets.dataset import Dataset
from promptlab.datasets.folders import chosen_categories, images_in
from promptlab.datasets.tables import package_folder
from promptlab.errors import DataError
from promptlab.types import Sample, State

__all__ = ["read_textile"]

_CATEGORY = "textile"
_CONTENTS = "b13a94b772dfe52d53264df88564b4efa1f239e1bd8e0a8f5dde334947f2bd40"
_FOLDERS = {
    "global": State.ABNORMAL,
    "local": State.ABNORMAL,
    "nominal": State.NORMAL,
}


def read_textile(root: Path | None, categories: Sequence[str] | None) -> Dataset:
    """Read the one category textile: 1,000 nominal images, 500 local and 500 global defects.

    There are no masks.

    Args:
        root: a folder with nominal, local and global; None: that of the installed package.
        categories: textile, or None.

    Raises:
        MissingDependencyError: when there is no root and the package is not installed.
        DataError: when a folder is missing or the category is another.
    """
    contents = ""
    if root is None:
        contents = _CONTENTS
        package = package_folder("conformal_clip_data", dataset="textile")
        root = package / "data" / "textile_images" / "simulated"
    chosen_categories(categories, available=(_CATEGORY,))
    samples: list[Sample] = []
    for name, label in _FOLDERS.items():
        if not (root / name).is_dir():
            raise DataError(
                f"data set textile must have the folders {', '.join(_FOLDERS)}, but {root} has no "
                f"{name}; check dataset.root or reinstall conformal-clip-data."
            )
        defect = name if label is State.ABNORMAL else ""
        samples += [
            Sample(path, _CATEGORY, label, defect=defect) for path in images_in(root / name)
        ]
    return Dataset("textile", tuple(samples), {_CATEGORY: _CATEGORY}, contents=contents)
