"""The few images of a run that are kept for people to look at, with their maps and masks.

Chooses extremes of the ranking, never "found" or "missed": that would need a threshold, and a
threshold chosen on test labels is an oracle's. Knows files and arrays; draws nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from jaxtyping import Bool, Float32, Integer, Real, UInt8
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from promptlab.errors import RecordError
from promptlab.files import atomic_path
from promptlab.types import State

__all__ = [
    "GALLERY_FOLDER",
    "KINDS",
    "Example",
    "Kind",
    "choose_examples",
    "read_gallery",
    "write_gallery",
]

Kind = Literal["highest abnormal", "lowest abnormal", "highest normal", "lowest normal"]
"""Where an image stands in the ranking of its own label. The lowest abnormal image is the first
that any threshold would miss, the highest normal image the first that it would flag."""

KINDS: tuple[Kind, ...] = ("highest abnormal", "lowest abnormal", "highest normal", "lowest normal")
GALLERY_FOLDER = "gallery"
_INDEX = "index.json"


@dataclass(frozen=True, eq=False)
class Example:
    """One image as it was judged; the map and the mask have the thumbnail's size."""

    category: str
    kind: Kind
    image: UInt8[np.ndarray, "height width 3"]
    anomaly_map: Float32[np.ndarray, "height width"] | None
    mask: Bool[np.ndarray, "height width"] | None
    image_score: float
    path: str
    top_normal_prompt: str
    top_abnormal_prompt: str


class _Entry(BaseModel):
    """One line of the index: an example without its arrays."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    category: str
    kind: Kind
    image_score: float
    path: str
    top_normal_prompt: str
    top_abnormal_prompt: str
    map_range: (
        tuple[Annotated[float, Field(ge=0, le=1)], Annotated[float, Field(ge=0, le=1)]] | None
    )
    """Scores that 0 and 255 of the map file stand for; null: no map."""
    has_mask: bool


_ENTRIES = TypeAdapter(tuple[_Entry, ...])


def choose_examples(
    labels: Integer[np.ndarray, " image"], scores: Real[np.ndarray, " image"], *, count: int
) -> list[tuple[int, Kind]]:
    """Choose at most ``count`` images, dealt in turn over the four kinds.

    The same input gives the same choice (ties: the earlier image), no image is chosen twice, and
    the result is grouped by kind in the order of `KINDS`.

    >>> choose_examples(np.array([0, 0, 1, 1]), np.array([0.1, 0.6, 0.9, 0.4]), count=2)
    [(2, 'highest abnormal'), (3, 'lowest abnormal')]
    """
    descending = np.argsort(-scores, kind="stable")
    ascending = np.argsort(scores, kind="stable")
    rankings = {
        "highest abnormal": descending[labels[descending] == State.ABNORMAL],
        "lowest abnormal": ascending[labels[ascending] == State.ABNORMAL],
        "highest normal": descending[labels[descending] == State.NORMAL],
        "lowest normal": ascending[labels[ascending] == State.NORMAL],
    }
    turns = zip_longest(*([(int(i), kind) for i in rankings[kind]] for kind in KINDS))
    chosen: dict[int, Kind] = {}
    for offer in chain.from_iterable(turns):
        if offer is not None and len(chosen) < count:
            chosen.setdefault(*offer)
    return sorted(chosen.items(), key=lambda item: KINDS.index(item[1]))


def write_gallery(folder: Path, examples: Sequence[Example]) -> None:
    """Write ``gallery/`` into a run folder; the index comes last, so it never names absent files.

    Maps are stored with 8 bits over each map's own range, which the index keeps.
    """
    gallery = folder / GALLERY_FOLDER
    entries = []
    for number, example in enumerate(examples):
        _save(gallery / f"{number}.image.jpg", example.image, format="JPEG")
        map_range = None
        if example.anomaly_map is not None:
            low, high = float(example.anomaly_map.min()), float(example.anomaly_map.max())
            map_range = (low, high)
            steps = (example.anomaly_map - low) / max(high - low, 1e-12) * 255
            _save(gallery / f"{number}.map.png", steps.round().astype(np.uint8), format="PNG")
        if example.mask is not None:
            _save(gallery / f"{number}.mask.png", example.mask.astype(np.uint8) * 255, format="PNG")
        entries.append(
            _Entry(
                category=example.category,
                kind=example.kind,
                image_score=example.image_score,
                path=example.path,
                top_normal_prompt=example.top_normal_prompt,
                top_abnormal_prompt=example.top_abnormal_prompt,
                map_range=map_range,
                has_mask=example.mask is not None,
            )
        )
    with atomic_path(gallery / _INDEX) as temporary:
        temporary.write_bytes(_ENTRIES.dump_json(tuple(entries), indent=2) + b"\n")


def read_gallery(folder: Path) -> tuple[Example, ...]:
    """Read the gallery of a run folder; a run that kept none has an empty one.

    Raises:
        RecordError: when the index or a picture it names is missing or damaged.
    """
    gallery = folder / GALLERY_FOLDER
    if not gallery.exists():
        return ()
    try:
        entries = _ENTRIES.validate_json((gallery / _INDEX).read_bytes())
        return tuple(_read_example(gallery, i, entry) for i, entry in enumerate(entries))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"]) or "the start"
        raise RecordError(
            f"a gallery index must list examples, but {gallery / _INDEX} at {where}: "
            f"{first['msg']}; delete the gallery folder or run the experiment again."
        ) from None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise RecordError(
            f"a gallery must be whole, but {gallery}: {error}; delete the gallery folder or run "
            "the experiment again."
        ) from error


def _read_example(gallery: Path, number: int, entry: _Entry) -> Example:
    with Image.open(gallery / f"{number}.image.jpg", formats=["JPEG"]) as file:
        image = np.asarray(file.convert("RGB"))
    anomaly_map = None
    if entry.map_range is not None:
        low, high = entry.map_range
        steps = _read_grey(gallery / f"{number}.map.png", image.shape[:2])
        anomaly_map = (low + (high - low) * (steps.astype(np.float32) / 255)).astype(np.float32)
    mask = None
    if entry.has_mask:
        mask = _read_grey(gallery / f"{number}.mask.png", image.shape[:2]) > 127
    return Example(
        category=entry.category,
        kind=entry.kind,
        image=image,
        anomaly_map=anomaly_map,
        mask=mask,
        image_score=entry.image_score,
        path=entry.path,
        top_normal_prompt=entry.top_normal_prompt,
        top_abnormal_prompt=entry.top_abnormal_prompt,
    )


def _read_grey(path: Path, size: tuple[int, ...]) -> UInt8[np.ndarray, "height width"]:
    with Image.open(path, formats=["PNG"]) as file:
        pixels = np.asarray(file.convert("L"))
    if pixels.shape != size:
        raise ValueError(f"{path.name} is {pixels.shape} pixels where the image is {size}")
    return pixels


def _save(path: Path, pixels: UInt8[np.ndarray, "height width *channels"], *, format: str) -> None:
    with atomic_path(path) as temporary:
        Image.fromarray(pixels).save(temporary, format=format, quality=88)
