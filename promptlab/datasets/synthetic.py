"""The synthetic data set: drawn once into a folder in MVTec AD layout, whole or not at all."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from zlib import crc32

import numpy as np
from PIL import Image

from promptlab import __version__
from promptlab.datasets.dataset import Dataset
from promptlab.datasets.folders import chosen_categories, read_mvtec
from promptlab.errors import DataError
from promptlab.files import atomic_folder, cache_folder, digest_bytes, digest_file
from promptlab.types import Progress, Size, silent

__all__ = ["MANIFEST", "read_synthetic", "synthesise"]

MANIFEST = "manifest.json"
_SIZE = (224, 288)
_PER_CATEGORY = 20


@dataclass(frozen=True)
class _Plan:
    """What determines every byte of the set (beside the package version)."""

    categories: tuple[str, ...]
    per_category: int
    size: Size
    seed: int

    def as_json(self) -> str:
        content = {
            "version": __version__,
            "categories": self.categories,
            "per_category": self.per_category,
            "size": self.size,
            "seed": self.seed,
        }
        return json.dumps(content, sort_keys=True)


def read_synthetic(root: Path | None, categories: Sequence[str] | None) -> Dataset:
    """Read the default synthetic set, drawing it first where it is not there yet.

    Args:
        root: a folder that `synthesise` wrote, or where it shall be written; None: in the cache.
        categories: any of the generator's; None: those a folder has, else the ten that no
            training of this package's own backbone has seen.

    Raises:
        DataError: when a category is unknown, or a folder is there that `synthesise` did not write.
    """
    if root is None or not root.exists():
        root = _draw_default(root, categories)
    digests, nouns = _read_manifest(root)
    dataset = read_mvtec(root, categories)
    return replace(
        dataset,
        name="synthetic",
        digests=digests,
        nouns={category: nouns.get(category, noun) for category, noun in dataset.nouns.items()},
    )


def synthesise(
    folder: Path,
    *,
    categories: Sequence[str],
    per_category: int,
    size: Size,
    seed: int,
    progress: Progress = silent,
) -> None:
    """Draw twin test images (normal, and the same with a defect) and masks into a new folder.

    Each pair depends on the seed, its category and its number only. The folder appears at once,
    complete with a manifest of digests, or not at all.

    Args:
        folder: must not exist.
        categories: of the generator's catalogue.
        per_category: pairs per category.
        size: (height, width) of the images.
        seed: of all randomness.
        progress: told the number of categories drawn.

    Raises:
        DataError: when the folder exists or a category is unknown.
    """
    if folder.exists():
        raise DataError(
            f"a synthetic set must go into a new folder, but {folder} exists; remove it or choose "
            "another."
        )
    _refuse_unknown(categories)
    plan = _Plan(tuple(sorted(set(categories))), per_category, size, seed)
    try:
        with atomic_folder(folder) as temporary:
            for done, category in enumerate(plan.categories, 1):
                for index in range(per_category):
                    _draw_pair(temporary / category, plan, index=index)
                progress("draw categories", done, len(plan.categories))
            _write_manifest(temporary, plan)
    except OSError:
        # Where another process was faster, its equal set stays.
        if not (folder / MANIFEST).is_file():
            raise


def _draw_default(root: Path | None, categories: Sequence[str] | None) -> Path:
    from promptlab.synthetic.catalogue import HELD_OUT  # noqa: PLC0415 - slow to import

    if categories is not None:
        _refuse_unknown(categories)
    plan = _Plan(tuple(sorted(set(categories or HELD_OUT))), _PER_CATEGORY, _SIZE, seed=0)
    if root is None:
        key = digest_bytes(plan.as_json().encode())[:12]
        root = cache_folder() / "datasets" / f"synthetic-{key}"
    if not root.exists():
        synthesise(
            root,
            categories=plan.categories,
            per_category=plan.per_category,
            size=plan.size,
            seed=plan.seed,
        )
    return root


def _refuse_unknown(categories: Sequence[str]) -> None:
    from promptlab.synthetic.catalogue import CATEGORIES  # noqa: PLC0415 - slow to import

    chosen_categories(categories, available=CATEGORIES)


def _draw_pair(folder: Path, plan: _Plan, *, index: int) -> None:
    from promptlab.synthetic.scene import twin_scenes  # noqa: PLC0415 - slow to import

    rng = np.random.default_rng([plan.seed, crc32(folder.name.encode()), index])
    normal, abnormal = twin_scenes(folder.name, rng, plan.size)
    kind = "_".join(sorted(abnormal.defects))
    _write_png(folder / "test" / "good" / f"{index:03}.png", normal.image)
    _write_png(folder / "test" / kind / f"{index:03}.png", abnormal.image)
    mask = abnormal.mask.astype(np.uint8) * 255
    _write_png(folder / "ground_truth" / kind / f"{index:03}_mask.png", mask)


def _write_png(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def _write_manifest(folder: Path, plan: _Plan) -> None:
    from promptlab.synthetic.names import CATEGORY_NAMES  # noqa: PLC0415 - slow to import

    files = sorted(folder.rglob("*.png"))
    content = {
        "plan": json.loads(plan.as_json()),
        "nouns": {category: CATEGORY_NAMES[category][0] for category in plan.categories},
        "digests": {path.relative_to(folder).as_posix(): digest_file(path) for path in files},
    }
    text = json.dumps(content, indent=1, sort_keys=True)
    (folder / MANIFEST).write_text(text, encoding="utf-8")


def _read_manifest(folder: Path) -> tuple[Mapping[Path, str], Mapping[str, str]]:
    """Return the digest of each file and the noun of each category."""
    path = folder / MANIFEST
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        digests = {folder / name: str(digest) for name, digest in content["digests"].items()}
        return digests, {name: str(noun) for name, noun in content["nouns"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"a synthetic set must have a {MANIFEST}, but {path} is missing or damaged; remove the "
            "folder (it is drawn anew), or read a folder of your own as data set mvtec."
        ) from error
