"""Answers that language models already gave, kept in one SQLite file.

A second run asks nothing and an interrupted one goes on where it stopped. Safe under several
processes and threads. Each answer has a seal, the digest of all its fields: one that changed on the
disk is forgotten. A file that cannot be written is used read-only, with a warning. Does not know
what requests or answers mean.
"""

import hashlib
import json
import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import astuple, dataclass
from pathlib import Path
from threading import Lock
from typing import TypeVar

from promptlab.errors import LLMError
from promptlab.files import cache_folder

__all__ = ["Answer", "AnswerCache", "answer_key", "open_answers"]

_TABLE = (
    "CREATE TABLE IF NOT EXISTS answers_v3 (key TEXT PRIMARY KEY, text TEXT NOT NULL, "
    "date TEXT NOT NULL, input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, "
    "seconds REAL NOT NULL, seal TEXT NOT NULL)"
)
_DAMAGE = (sqlite3.DatabaseError, UnicodeDecodeError)
"""The second is sqlite3's, when its own message quotes damaged bytes."""
_WAIT = 30.0
_log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True)
class Answer:
    """What a language model said, when (UTC, ISO 8601), and what it cost."""

    text: str
    date: str
    input_tokens: int
    output_tokens: int
    seconds: float = 0.0
    """From the request to the answer, retries included; 0: unknown."""


def answer_key(*parts: object) -> str:
    """Return the key of one draw: everything that its answer depends on goes in."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode("utf-8")).hexdigest()


class AnswerCache:
    """The answers in one file; made by `open_answers`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._writable = True
        self._connection = self._connect()

    def get(self, key: str) -> Answer | None:
        """Return the answer kept under ``key``, if any that is as it was put."""
        query = (
            "SELECT text, date, input_tokens, output_tokens, seconds, seal FROM answers_v3 "
            "WHERE key = ?"
        )
        row = self._guarded(lambda link: link.execute(query, (key,)).fetchone())
        if row is None:
            return None
        answer, seal = Answer(*row[:-1]), row[-1]
        if seal == _seal(key, answer):
            return answer
        _log.warning("An answer in %s was damaged; it is asked again.", self._path)
        self._write(lambda link: link.execute("DELETE FROM answers_v3 WHERE key = ?", (key,)))
        return None

    def put(self, key: str, answer: Answer) -> None:
        """Keep an answer; if another process was faster, its answer stays."""
        row = (key, *astuple(answer), _seal(key, answer))
        insert = "INSERT OR IGNORE INTO answers_v3 VALUES (?, ?, ?, ?, ?, ?, ?)"
        self._write(lambda link: link.execute(insert, row))

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _write(self, use: Callable[[sqlite3.Connection], object]) -> None:
        """Change the file, if it can be; a full or read-only disk costs the cache, not the run."""

        def change(link: sqlite3.Connection) -> None:
            try:
                with link:
                    use(link)
            except sqlite3.OperationalError as error:
                self._seal_off(error)

        if self._writable:
            self._guarded(change)

    def _connect(self) -> sqlite3.Connection:
        try:
            return self._link()
        except sqlite3.OperationalError as error:
            self._seal_off(error)
            return self._link_to_read()
        except _DAMAGE:
            return self._start_anew()

    def _link(self) -> sqlite3.Connection:
        return self._prepared(self._path.absolute().as_uri())

    def _link_to_read(self) -> sqlite3.Connection:
        """Open the file for reading only or, where there is none, an empty one in memory."""
        try:
            return self._prepared(f"{self._path.absolute().as_uri()}?mode=ro", make=False)
        except _DAMAGE:
            return self._prepared("file::memory:")

    def _prepared(self, uri: str, *, make: bool = True) -> sqlite3.Connection:
        connection = sqlite3.connect(uri, timeout=_WAIT, check_same_thread=False, uri=True)
        # Text that is no UTF-8 any more must fail its seal, not the whole query.
        connection.text_factory = lambda content: content.decode("utf-8", "replace")
        try:
            if make:
                with connection:
                    connection.execute(_TABLE)
            connection.execute("SELECT 1 FROM answers_v3").fetchone()
        except _DAMAGE:
            connection.close()
            raise
        return connection

    def _guarded(self, use: Callable[[sqlite3.Connection], T]) -> T:
        """Use the connection; if the file turns out damaged, start a new one and try again."""
        with self._lock:
            try:
                return use(self._connection)
            except sqlite3.OperationalError as error:
                raise LLMError(
                    f"the answer cache must be readable, but {self._path}: {error}; remove it or "
                    "set PROMPTLAB_CACHE to another folder."
                ) from error
            except _DAMAGE:
                self._connection.close()
                self._connection = self._start_anew()
                return use(self._connection)

    def _start_anew(self) -> sqlite3.Connection:
        """Set a damaged file aside, where that is allowed, and begin a new one."""
        damaged = self._path.with_suffix(".damaged")
        try:
            self._path.replace(damaged)
            # A journal left behind would be played back into the new file.
            self._path.with_name(f"{self._path.name}-journal").unlink(missing_ok=True)
        except OSError as error:
            self._seal_off(error)
            return self._prepared("file::memory:")
        _log.warning(
            "The answer cache %s was damaged; it starts anew, and the old file is now %s.",
            self._path,
            damaged.name,
        )
        return self._link()

    def _seal_off(self, error: Exception) -> None:
        self._writable = False
        _log.warning(
            "answers are not kept, because %s cannot be written (%s); set PROMPTLAB_CACHE to a "
            "folder you can write to",
            self._path,
            error,
        )


def _seal(key: str, answer: Answer) -> str:
    return answer_key(key, *astuple(answer))


@contextmanager
def open_answers(path: Path | None = None) -> Iterator[AnswerCache]:
    """Open the answer cache, by default the one in promptlab's cache folder.

    Where it cannot be written, answers are read, and new ones are not kept.

    Raises:
        LLMError: when the file cannot be read.
    """
    path = path or cache_folder() / "answers.sqlite"
    with suppress(OSError):  # said when the file is opened
        path.parent.mkdir(parents=True, exist_ok=True)
    answers = AnswerCache(path)
    try:
        yield answers
    finally:
        answers.close()
