"""An archive becomes a data set's folder: whole, with a note of where it came from, or not at all.

Archives are foreign: nothing is written outside the new folder, no link leaves it, and nothing
larger than the disk is begun.
"""

import json
import lzma
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path, PurePosixPath
from stat import S_ISLNK

from promptlab.datasets.download import check_digest, full_disk_said
from promptlab.datasets.sources import Source
from promptlab.errors import DataError
from promptlab.files import atomic_folder
from promptlab.types import Progress, silent

__all__ = ["ORIGIN", "install", "refuse_existing"]

ORIGIN = "promptlab-origin.json"
"""File in an unpacked set that says where it came from and whether its digest was known."""

_Member = tuple[str, int, Callable[[Path], object]]
"""Name, size in bytes, and what writes it into a folder."""


def install(
    source: Source, archive: Path, folder: Path, *, progress: Progress = silent
) -> tuple[str, bool]:
    """Check an archive's digest and unpack it into a new folder.

    Returns:
        The digest, and whether it was known beforehand. One that was not is only written down.

    Raises:
        DataError: when the folder exists, the digest differs, the archive is damaged, wants to
            write outside the folder, or does not fit on the disk.
    """
    refuse_existing(folder)
    if not archive.is_file():
        raise DataError(f"--archive must be a file, but {archive} is none; check the path.")
    digest, known = check_digest(source, archive, progress=progress)
    with (
        full_disk_said(folder.parent, remedy="free some and run the same command again"),
        atomic_folder(folder) as temporary,
    ):
        _unpack(archive, temporary, progress=progress)
        top = temporary / source.top
        if source.top and top.is_dir():
            for path in top.iterdir():
                path.rename(temporary / path.name)
            top.rmdir()
        origin = {
            "address": source.address or source.page,
            "licence": source.licence,
            "digest": digest,
            "digest_was_known": known,
            "unpacked": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        text = json.dumps(origin, indent=1) + "\n"
        (temporary / ORIGIN).write_text(text, encoding="utf-8")
    return digest, known


def refuse_existing(folder: Path) -> None:
    """Check that there is room for a new folder; worth it before a long download.

    Raises:
        DataError: when the folder exists.
    """
    if folder.exists():
        raise DataError(
            f"a data set must be unpacked into a new folder, but {folder} exists; remove it or "
            "choose another --root."
        )


def _unpack(archive: Path, folder: Path, *, progress: Progress) -> None:
    room = shutil.disk_usage(folder).free
    with _damage_said(archive), _members(archive) as members:
        for done, (name, size, write) in enumerate(members, 1):
            room -= size
            if room < 0:
                raise DataError(
                    f"{archive} must fit on the disk, but {name!r} no longer does; free some or "
                    "choose another --root."
                )
            write(folder)
            progress("unpack", done, 0)


@contextmanager
def _members(archive: Path) -> Iterator[Iterator[_Member]]:
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as zipped:
            for entry in zipped.infolist():
                _refuse_outside(archive, entry)
            yield (
                (entry.filename, entry.file_size, partial(zipped.extract, entry))
                for entry in zipped.infolist()
            )
    else:
        with tarfile.open(archive) as tarred:
            yield (
                (member.name, member.size, partial(tarred.extract, member, filter="data"))
                for member in tarred
            )


def _refuse_outside(archive: Path, entry: zipfile.ZipInfo) -> None:
    """Refuse what `zipfile` would quietly rename, and links."""
    steps = PurePosixPath(entry.filename.replace("\\", "/"))
    if steps.is_absolute() or ".." in steps.parts or S_ISLNK(entry.external_attr >> 16):
        raise _outside(archive, entry.filename)


@contextmanager
def _damage_said(archive: Path) -> Iterator[None]:
    try:
        yield
    except tarfile.FilterError as error:
        raise _outside(archive, error.tarinfo.name) from error
    except (
        tarfile.TarError,
        zipfile.BadZipFile,
        lzma.LZMAError,
        zlib.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        raise DataError(
            f"{archive} must be a zip or tar archive, but cannot be unpacked "
            f"({str(error) or type(error).__name__}); fetch it again."
        ) from error


def _outside(archive: Path, name: str) -> DataError:
    return DataError(
        f"an archive must stay inside its folder, but {archive} holds {name!r}; do not use it."
    )
