"""How long the package and its command take to start, each in a process of its own."""

import subprocess
import sys
from collections.abc import Sequence
from functools import partial

from promptlab.bench.rows import Row, below, time_in_turns

__all__ = ["measure"]


def measure(*, short: bool) -> list[Row]:
    """Return the rows of the start-up goals."""
    works = (
        ("import promptlab", ("-c", "import promptlab"), 0.15),
        ("promptlab --help", ("-c", "from promptlab.cli import main; main(['--help'])"), 0.4),
    )
    taken = time_in_turns(
        *(partial(_start, arguments) for _, arguments, _ in works), repeats=3 if short else 9
    )
    return [
        below(work, "the interpreter included", seconds, unit="s", goal=goal)
        for (work, _, goal), seconds in zip(works, taken, strict=True)
    ]


def _start(arguments: Sequence[str]) -> None:
    subprocess.run([sys.executable, *arguments], capture_output=True, check=True)  # noqa: S603
