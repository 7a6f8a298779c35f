"""What the notebooks share: which images and backbone they use, and where their records go.

Two variables of the environment switch them all: ``PROMPTLAB_DATA``, a folder in MVTec AD or VisA
layout or one of such folders, and ``PROMPTLAB_BACKBONE``, such as
``open_clip:ViT-B-16-plus-240/laion400m_e32``. Without them the notebooks run on the embedded
backbone and on ELPV's solar cells, or on generated images where masks are needed, and say so.
Computes no result.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image

from promptlab.ablation import CellResult, run_grid
from promptlab.config import DatasetConfig
from promptlab.errors import DataError
from promptlab.grid import load_grid
from promptlab.results import RECORD_FILE, new_run_folder
from promptlab.runtime import limit_threads
from promptlab.synthetic.scene import twin_scenes
from promptlab.workbench import Workbench

__all__ = ["Material", "Study", "choose_material", "draw_photos", "run_study"]

GENERATED = ("gear", "marble", "cookie")
CELLS = ("mono", "poly")
RUNS = Path("../runs/notebooks")
_VISA_SPLIT = Path("split_csv") / "1cls.csv"


@dataclass(frozen=True)
class Material:
    """The images and the backbone of a notebook."""

    dataset: DatasetConfig
    backbone: str
    told: str
    """What they are, in one sentence."""

    @property
    def overrides(self) -> tuple[str, ...]:
        """The same as ``--set`` values for an experiment file, small enough for a notebook."""
        chosen = self.dataset
        return (
            f"dataset.name={chosen.name}",
            f"dataset.root={chosen.root or 'null'}",
            f"dataset.categories=[{', '.join(chosen.categories or ())}]",
            f"dataset.limit={chosen.limit}",
            f"backbone.name={self.backbone}",
            "metrics.bootstrap=300",
            "metrics.pixel_size=128",
        )


@dataclass(frozen=True)
class Study:
    """The runs of a notebook."""

    cells: tuple[CellResult, ...]

    @property
    def records(self) -> list[Path]:
        """The record files, for the last cell."""
        return [cell.folder / RECORD_FILE for cell in self.cells]

    def folder(self, **choices: str) -> Path:
        """Return the run folder of the cell with these choices, named by the end of their axis.

        Raises:
            DataError: when no cell has them, or several have.
        """
        found = [
            cell
            for cell in self.cells
            if all(
                any(axis.split(".")[-1] == name and chosen == value
                    for axis, chosen in cell.cell.choices.items())
                for name, value in choices.items()
            )
        ]  # fmt: skip
        if len(found) != 1:
            raise DataError(
                f"choices must name one run, but {choices} names {len(found)} of: "
                f"{'; '.join(cell.cell.label for cell in self.cells)}."
            )
        return found[0].folder


def choose_material(*, categories: int = 2, limit: int = 24, masks: bool = True) -> Material:
    """Choose what a notebook judges: your images where ``PROMPTLAB_DATA`` is set.

    Args:
        categories: how many, the first ones.
        limit: images of each, half of them normal.
        masks: whether the notebook needs to know where defects are. ELPV's solar cells, the real
            images that come as a package, have no masks.

    Raises:
        DataError: when ``PROMPTLAB_DATA`` holds no data set.
    """
    limit_threads()
    backbone = os.environ.get("PROMPTLAB_BACKBONE", "lite")
    given = os.environ.get("PROMPTLAB_DATA")
    if not given and not masks and find_spec("elpv_dataset") is not None:
        names = CELLS[:categories]
        told = (
            f"{', '.join(names)}: photographs of solar cells (ELPV), without masks. Set "
            "PROMPTLAB_DATA to a folder in MVTec AD or VisA layout for others."
        )
        return Material(DatasetConfig(name="elpv", categories=names, limit=limit), backbone, told)
    if not given:
        names = GENERATED[:categories]
        told = (
            f"{', '.join(names)}: generated images with masks, of categories that lite never saw. "
            "Set PROMPTLAB_DATA to a folder in MVTec AD or VisA layout for real ones."
        )
        chosen = DatasetConfig(name="synthetic", categories=names, limit=limit)
        return Material(chosen, backbone, told)
    root = _find_data_set(Path(given).expanduser().resolve())
    is_visa = (root / _VISA_SPLIT).is_file()
    inside = sorted(
        p.name for p in root.iterdir() if (p / ("Data" if is_visa else "test")).is_dir()
    )
    names = tuple(inside[:categories])
    chosen = DatasetConfig(
        name="visa" if is_visa else "mvtec", root=root, categories=names, limit=limit
    )
    return Material(chosen, backbone, f"{', '.join(names)} of {root.name}, from PROMPTLAB_DATA.")


def run_study(
    experiment: Path, material: Material, overrides: Sequence[str] = (), *, runs: Path = RUNS
) -> Study:
    """Run an experiment file or grid on a notebook's material; records go below ``runs``.

    Args:
        experiment: the file.
        material: images and backbone.
        overrides: further ``a.b=value`` settings, which win.
        runs: where a new folder is made.
    """
    grid = load_grid(experiment, [*material.overrides, *overrides])
    folder = new_run_folder(runs, grid.name)
    return Study(run_grid(grid, Workbench(), parent=runs, folder=folder)[2])


def draw_photos(folder: Path, category: str, *, count: int, seed: int = 0) -> Path:
    """Draw generated images into a folder as stand-ins for photographs; every second has a defect.

    Args:
        folder: must exist.
        category: of the generator's catalogue.
        count: how many.
        seed: of all randomness.

    Returns:
        The folder.
    """
    for number in range(count):
        pair = twin_scenes(category, np.random.default_rng([seed, number // 2]), (288, 224))
        Image.fromarray(pair[number % 2].image).save(folder / f"photo-{number:02d}.png")
    return folder


def _find_data_set(folder: Path) -> Path:
    """Return the folder itself if it is a data set, else the first one in it, MVTec AD first."""
    inside = sorted(folder.iterdir()) if folder.is_dir() else []
    for each in [folder, *sorted(inside, key=lambda path: path.name.lower() != "mvtec")]:
        if (each / _VISA_SPLIT).is_file() or any(each.glob("*/test/good")):
            return each
    raise DataError(
        f"PROMPTLAB_DATA must hold a data set in MVTec AD or VisA layout, but {folder} has none; "
        "see `promptlab data list`, or unset it."
    )
