"""Fetch a data set's archive, resumed where it stopped, and compare its digest.

Knows HTTP and digests; `promptlab.datasets.unpack` makes a folder of what comes.
"""

import errno
import hashlib
import http.client
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from promptlab import __version__
from promptlab.datasets.sources import Source
from promptlab.errors import DataError
from promptlab.types import Progress, silent

__all__ = ["check_digest", "fetch", "full_disk_said"]

_CHUNK = 1 << 20
_TIMEOUT = 60.0
_TRIES = 4
_PAUSE = 2.0
"""Seconds before a broken connection is taken up again, growing with each try."""


def fetch(source: Source, folder: Path, *, progress: Progress = silent) -> Path:
    """Download the archive of a data set into ``folder`` and compare its digest.

    What an earlier try left (``.part``) is gone on with. A file whose digest is wrong is removed.

    Returns:
        The archive.

    Raises:
        DataError: when the address is gone or out of reach, the disk is full, another process
            fetches the same file, or the digest differs; the text says what helps.
    """
    path = folder / source.archive
    if not path.is_file():
        part = folder / f"{source.archive}.part"
        with full_disk_said(folder, remedy="free some and run the same command again to go on"):
            folder.mkdir(parents=True, exist_ok=True)
            with _alone(part) as file:
                _download(source, file, progress=progress)
            part.replace(path)
    try:
        check_digest(source, path, progress=progress)
    except DataError:
        path.unlink()
        raise
    return path


def check_digest(source: Source, path: Path, *, progress: Progress = silent) -> tuple[str, bool]:
    """Return an archive's digest, as ``algorithm:hex``, and whether it was known beforehand.

    Raises:
        DataError: when the known digest is another.
    """
    algorithm = source.digest.partition(":")[0] or "sha256"
    total = hashlib.new(algorithm, usedforsecurity=False)
    size = path.stat().st_size
    with path.open("rb") as content:
        while chunk := content.read(_CHUNK):
            total.update(chunk)
            progress("check (MiB)", content.tell() >> 20, size >> 20)
    found = f"{algorithm}:{total.hexdigest()}"
    if source.digest and found != source.digest:
        raise DataError(
            f"the archive must have the digest {source.digest}, but {path} has {found}: it is "
            f"damaged or was replaced; fetch it again, or see {source.page}."
        )
    return found, bool(source.digest)


@contextmanager
def full_disk_said(folder: Path, *, remedy: str) -> Iterator[None]:
    """Turn a full or read-only disk into a DataError of one line."""
    try:
        yield
    except DataError:
        raise
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DataError(f"{folder} must have room, but its disk is full; {remedy}.") from error
        if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
            raise DataError(
                f"{folder} must be writable, but {error.strerror}; choose another --root."
            ) from error
        raise


@contextmanager
def _alone(path: Path) -> Iterator[IO[bytes]]:
    """Open a file for appending that no other process appends to."""
    with path.open("ab") as file:
        try:
            import fcntl  # noqa: PLC0415 - POSIX only

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except ImportError:
            pass
        except BlockingIOError as error:
            raise DataError(
                f"one process at a time may fetch a file, but another writes {path}; wait for it."
            ) from error
        yield file


def _download(source: Source, file: IO[bytes], *, progress: Progress) -> None:
    """Append until the file is whole; take up broken connections a few times."""
    reason = "the connection broke"
    for attempt in range(_TRIES):
        time.sleep(_PAUSE * attempt)
        try:
            if _append(source, file, progress=progress):
                return
        except HTTPError as error:
            raise _gone(source, f"the server says {error.code} {error.reason}") from error
        except (URLError, http.client.HTTPException, ConnectionError, TimeoutError) as error:
            reason = f"{getattr(error, 'reason', None) or error or type(error).__name__}"
    if not file.tell():
        raise _gone(source, f"it cannot be reached ({reason})")
    raise DataError(
        f"{source.address} must come whole, but broke off after {file.tell():,} bytes ({reason}); "
        "run the same command again to go on from there."
    )


def _append(source: Source, file: IO[bytes], *, progress: Progress) -> bool:
    """Ask for what is missing and append it; return whether the file is whole then."""
    start = file.seek(0, 2)
    headers = {"User-Agent": f"promptlab/{__version__}", "Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    try:
        answer = build_opener(_StaysSecure).open(
            Request(source.address, headers=headers),  # noqa: S310 - addresses are constants
            timeout=_TIMEOUT,
        )
    except HTTPError as error:
        if error.code != http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise
        if error.headers.get("Content-Range") == f"bytes */{start}":
            return True
        file.truncate(0)
        return False
    with answer:
        if answer.status != http.client.PARTIAL_CONTENT:
            file.truncate(0)
            start = 0
        elif not str(answer.headers.get("Content-Range", "")).startswith(f"bytes {start}-"):
            file.truncate(0)
            return False
        length = answer.headers.get("Content-Length")
        total = start + int(length) if length else 0
        _refuse_too_large(source, file, total - start)
        while chunk := answer.read(_CHUNK):
            file.write(chunk)
            progress("download (MiB)", file.tell() >> 20, total >> 20)
        file.flush()
    return not total or file.tell() == total


def _refuse_too_large(source: Source, file: IO[bytes], missing: int) -> None:
    free = shutil.disk_usage(Path(file.name).parent).free
    if missing > free:
        raise DataError(
            f"{source.archive} needs {missing:,} bytes more, but the disk of {file.name} has "
            f"{free:,}; free some or choose another --root."
        )


def _gone(source: Source, what: str) -> DataError:
    return DataError(
        f"{source.address} must be there, but {what}; get the archive from {source.page} and "
        "give it with --archive."
    )


class _StaysSecure(HTTPRedirectHandler):
    """Follows redirects, but never from https to anything else."""

    def redirect_request(
        self,
        req: Request,
        fp: Any,  # noqa: ANN401 - urllib gives a response, or nothing
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> Request | None:
        """Refuse a redirect that leaves https."""
        if req.type == "https" and not newurl.startswith("https:"):
            raise HTTPError(newurl, code, "redirect away from https", headers, fp)
        return super().redirect_request(req, fp, code, msg, headers, newurl)
