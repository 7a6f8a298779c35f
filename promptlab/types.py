"""Values that more than one part of promptlab speaks of.

Axis names, always in this order: batch, state, prompt, patch, dim, height, width, window, shot.
Images are RGB; sizes are (height, width).
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

__all__ = ["Progress", "Sample", "Size", "State", "silent"]

Size = tuple[int, int]
"""(height, width), in pixels."""


class State(IntEnum):
    """Whether a prompt speaks of, or an image shows, a normal or an abnormal thing."""

    NORMAL = 0
    ABNORMAL = 1


@dataclass(frozen=True)
class Sample:
    """One test image: where it is, its category, its label and, where known, its mask."""

    path: Path
    category: str
    label: State
    mask_path: Path | None = None
    defect: str = ""
    """The data set's own name for the defect; never shown to a language model or a scorer."""


Progress = Callable[[str, int, int], None]
"""Called with (task, done, total) as long work advances; total 0: unknown."""


def silent(task: str, done: int, total: int) -> None:
    """Report progress to nobody."""
