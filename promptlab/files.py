"""Files and folders that are either whole or absent: atomic writes and digests."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = [
    "atomic_folder",
    "atomic_path",
    "cache_folder",
    "digest_bytes",
    "digest_file",
    "printable",
    "write_text",
]


@contextmanager
def atomic_path(path: Path, *, durable: bool = True) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; move it there only if the block succeeds.

    A reader, also of another process, sees the old file or the new one, never half of one. That
    holds after a power failure too where the file is ``durable``; waiting for the disk takes long,
    so files that are verified when they are read may do without.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.", suffix=".part")
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        if durable:
            with temporary.open("rb") as written:
                os.fsync(written.fileno())
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Yield a temporary folder beside ``path``; move it there only if the block succeeds.

    ``path`` must not exist then, unless it is an empty folder.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name[:40]}."))
    try:
        yield temporary
        temporary.chmod(0o777 & ~_umask())
        temporary.rename(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8, atomically."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def printable(text: Path | str) -> str:
    """Return a path, or text with one, as any file and terminal can hold it: odd bytes escaped."""
    return str(text).encode("utf-8", "backslashreplace").decode("utf-8")


def digest_bytes(content: bytes) -> str:
    """Return the SHA-256 of ``content`` in hex."""
    return hashlib.sha256(content).hexdigest()


def digest_file(path: Path) -> str:
    """Return the SHA-256 of a file in hex, reading it in pieces."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def cache_folder() -> Path:
    """Return ``$PROMPTLAB_CACHE``, else the platform's user cache folder for promptlab."""
    from platformdirs import user_cache_path  # noqa: PLC0415 - keeps start-up instant

    chosen = os.environ.get("PROMPTLAB_CACHE")
    return Path(chosen) if chosen else user_cache_path("promptlab")


def _umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask
