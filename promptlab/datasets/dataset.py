"""What a data set is: labelled test images by category, and what is wrong with them.

Knows nothing of where images come from, of features or of metrics.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from promptlab.errors import ConfigError
from promptlab.types import Sample, State

__all__ = ["Dataset", "Problem", "limited"]


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a file or folder, and what to do about it."""

    path: Path
    what: str
    remedy: str


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
    limit: int | None = None
    """At most this many images per category were drawn; None: all are here."""
    seed: int | None = None
    """The seed of that draw; None without a limit."""

    @property
    def categories(self) -> tuple[str, ...]:
        """Names of the categories, sorted."""
        return tuple(sorted(self.nouns))

    def of(self, category: str) -> tuple[Sample, ...]:
        """Return the samples of one category."""
        return tuple(sample for sample in self.samples if sample.category == category)


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
    return replace(dataset, samples=tuple(drawn), limit=limit, seed=seed)


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
