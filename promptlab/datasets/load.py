"""Data sets by name."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from promptlab.datasets.dataset import Dataset, limited
from promptlab.datasets.folders import (
    read_btad,
    read_mpdd,
    read_mvtec,
    read_mvtec_ad_2,
    read_mvtec_loco,
)
from promptlab.datasets.own import read_folder
from promptlab.datasets.sources import SOURCES
from promptlab.datasets.surfaces import read_ksdd, read_ksdd2, read_magnetic_tile
from promptlab.datasets.synthetic import read_synthetic
from promptlab.datasets.tables import read_elpv, read_visa
from promptlab.datasets.textile import read_textile
from promptlab.errors import ConfigError, DataError, suggest
from promptlab.types import State

__all__ = ["DATASETS", "describe", "load_dataset"]

Reader = Callable[[Path | None, Sequence[str] | None], Dataset]

DATASETS: Mapping[str, Reader] = MappingProxyType(
    {
        "btad": read_btad,
        "elpv": read_elpv,
        "folder": read_folder,
        "ksdd": read_ksdd,
        "ksdd2": read_ksdd2,
        "magnetic_tile": read_magnetic_tile,
        "mpdd": read_mpdd,
        "mvtec": read_mvtec,
        "mvtec_ad_2": read_mvtec_ad_2,
        "mvtec_loco": read_mvtec_loco,
        "synthetic": read_synthetic,
        "textile": read_textile,
        "visa": read_visa,
    }
)
"""Readers by name: root (None: the data set's own place) and categories (None: all) in."""


def load_dataset(
    name: str,
    *,
    root: Path | None = None,
    categories: Sequence[str] | None = None,
    limit: int | None = None,
    seed: int = 0,
) -> Dataset:
    """Read a data set; every category that comes back has normal and abnormal images.

    Args:
        name: one of `DATASETS`.
        root: its folder; elpv, textile, synthetic and what was downloaded have one of their own.
        categories: which; None: all.
        limit: at most so many images per category, see `limited`; None: all.
        seed: of the draw that ``limit`` makes.

    Raises:
        ConfigError: when the name is unknown or the limit is below 2.
        DataError: when the folder or a category is unknown, a category is empty or has
            images of one state only.
        MissingDependencyError: when the data set needs a package that is not installed.
    """
    _refuse_unknown(name)
    dataset = DATASETS[name](root, categories)
    for category in dataset.categories:
        _refuse_one_sided(dataset, category)
    return dataset if limit is None else limited(dataset, limit=limit, seed=seed)


def describe(name: str) -> str:
    """Say in one line what a data set is, where it comes from, and its licence.

    Raises:
        ConfigError: when the name is unknown.
    """
    _refuse_unknown(name)
    source = SOURCES[name]
    if source.install:
        how = source.install
    elif source.address:
        how = f"promptlab data download {name}, or root"
    else:
        how = "needs root"
    return f"{source.what}; {how}; {source.licence}"


def _refuse_unknown(name: str) -> None:
    if name not in DATASETS:
        raise ConfigError(
            f"dataset.name must be a known data set, but got {name!r}; {suggest(name, DATASETS)}"
        )


def _refuse_one_sided(dataset: Dataset, category: str) -> None:
    labels = [sample.label for sample in dataset.of(category)]
    counts = {state: labels.count(state) for state in State}
    if 0 in counts.values():
        raise DataError(
            f"each category needs normal and abnormal test images, but {category!r} of data set "
            f"{dataset.name} has {counts[State.NORMAL]} normal and {counts[State.ABNORMAL]} "
            "abnormal; add images (mvtec: test/good and test/<defect>) or leave the category out."
        )
