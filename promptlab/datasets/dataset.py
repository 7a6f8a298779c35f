"""What a data set is: labelled test images by category, and what is wrong with them.

Normal reference images for few-shot runs are drawn here too. Knows nothing of where images come
from, of features or of metrics.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np

from promptlab.errors import ConfigError, DataError
from promptlab.files import digest_bytes, digest_file
from promptlab.types import Sample, State

__all__ = ["Dataset", "Problem", "ProblemKind", "digest_samples", "limited"]

ProblemKind = Literal["missing", "corrupt", "changed", "mis-sized", "unpaired"]

_REFERENCES = 1
"""Tells the draw of references from others that the same seed decides."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a file or folder, and what to do about it."""

    path: Path
    what: str
    remedy: str
    kind: ProblemKind


@dataclass(frozen=True)
class Dataset:
    """Test images of one or more categories, sorted by category, then path."""

    name: str
    samples: tuple[Sample, ...]
    nouns: Mapping[str, str]
    """For each category the noun that prompts use for it."""
    problems: tuple[Problem, ...] = ()
    """What the reader noticed and could live with, such as a mask without its image."""
    digests: Mapping[Path, str] = field(default_factory=dict)
    """SHA-256 of files, where the data set comes with them."""
    contents: str = ""
    """What `digest_samples` must give for the whole set, where promptlab knows it; else empty."""
    limit: int | None = None
    """At most this many images per category were drawn; None: all are here."""
    seed: int | None = None
    """The seed of that draw; None without a limit."""
    train: tuple[Sample, ...] = ()
    """Normal training images, where the data set has some: references are drawn from them."""

    @property
    def categories(self) -> tuple[str, ...]:
        """Names of the categories, sorted."""
        return tuple(sorted(self.nouns))

    def of(self, category: str) -> tuple[Sample, ...]:
        """Return the samples of one category."""
        return tuple(sample for sample in self.samples if sample.category == category)

    def references(self, category: str, k: int, *, seed: int) -> tuple[Sample, ...]:
        """Draw ``k`` normal reference images of one category.

        They come from the category's training images where it has some, else from its normal
        test images: whoever judges then leaves these out. The draws for one seed are nested: the
        first reference of two is the only one of one.

        Raises:
            DataError: when there are not so many, or no normal test image would be left.
        """
        trained = [sample for sample in self.train if sample.category == category]
        normal = [sample for sample in self.of(category) if sample.label is State.NORMAL]
        pool, spare = (trained, 0) if trained else (normal, 1)
        if k > len(pool) - spare:
            kind = "training" if trained else "test"
            raise DataError(
                f"few_shot.k must be at most {len(pool) - spare} for {category!r}, which has "
                f"{len(pool)} normal {kind} images"
                f"{'' if trained else ' (one must stay to be judged)'}, but got {k}; lower it or "
                "add images to <category>/train/good."
            )
        # Its own stream: the seed's first draws already decided the limit.
        order = np.random.default_rng([seed, _REFERENCES]).permutation(len(pool))
        return tuple(pool[index] for index in order[:k])


def digest_samples(samples: Sequence[Sample]) -> str:
    """Return one SHA-256 of all test images and their labels, wherever the folder lies.

    Raises:
        OSError: when an image cannot be read.
    """
    lines = sorted(
        f"{sample.path.parent.name}/{sample.path.name} {sample.label.value} "
        f"{digest_file(sample.path)}\n"
        for sample in samples
    )
    return digest_bytes("".join(lines).encode())


def limited(dataset: Dataset, *, limit: int, seed: int) -> Dataset:
    """Draw at most ``limit`` images per category, half of them normal where there are enough.

    An odd limit gives abnormal images the extra place, and places that one state cannot fill go
    to the other. The draw of a category depends on the seed and its own file names only, so
    that adding a category changes no other.

    Raises:
        ConfigError: when ``limit`` is below 2.
    """
    if limit < 2:
        raise ConfigError(
            f"limit must be at least 2 (one normal and one abnormal image), but got {limit}; "
            "raise it or leave it out."
        )
    drawn = [
        sample
        for category in dataset.categories
        for sample in _draw(dataset.of(category), limit=limit, seed=seed)
    ]
    return replace(dataset, samples=tuple(drawn), limit=limit, seed=seed, contents="")


def _draw(samples: Sequence[Sample], *, limit: int, seed: int) -> list[Sample]:
    rng = np.random.default_rng(seed)
    normal = [sample for sample in samples if sample.label is State.NORMAL]
    abnormal = [sample for sample in samples if sample.label is State.ABNORMAL]
    n_normal = min(len(normal), max(limit // 2, limit - len(abnormal)))
    n_abnormal = min(len(abnormal), limit - n_normal)
    chosen = [
        *(normal[index] for index in rng.permutation(len(normal))[:n_normal]),
        *(abnormal[index] for index in rng.permutation(len(abnormal))[:n_abnormal]),
    ]
    return sorted(chosen, key=lambda sample: sample.path)
