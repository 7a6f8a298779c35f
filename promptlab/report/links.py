"""Links from the page to the files it was made from."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

__all__ = ["Link", "link_files"]


@dataclass(frozen=True)
class Link:
    """A file beside the page."""

    name: str
    address: str


def link_files(folder: Path, names: Sequence[str], beside: Path) -> tuple[Link, ...]:
    """Address the files of a run or study folder that exist, from where the page stands."""
    try:
        way = Path(os.path.relpath(folder.resolve(), beside.resolve())).as_posix()
        start = quote(f"./{way}")
    except ValueError:  # another drive
        start = folder.resolve().as_uri()
    return tuple(Link(name, f"{start}/{name}") for name in names if (folder / name).is_file())
