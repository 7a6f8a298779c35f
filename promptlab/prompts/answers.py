"""Answers that language models already gave, kept in one SQLite file.

A second run asks nothing and an interrupted one goes on where it stopped. Safe under several
processes and threads. Does not know what requests or answers mean.
"""

import hashlib
import json
import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path
from threading import Lock
from typing import TypeVar

from promptlab.errors import LLMError
from promptlab.files import cache_folder

__all__ = ["Answer", "AnswerCache", "answer_key", "open_answers"]

_TABLE = (
    "CREATE TABLE IF NOT EXISTS answers_v2 (key TEXT PRIMARY KEY, text TEXT NOT NULL, "
    "date TEXT NOT NULL, input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, "
    "seconds REAL NOT NULL)"
)
_OLD_TABLE = "SELECT name FROM sqlite_master WHERE name = 'answers_v1'"
_FROM_OLD = "INSERT OR IGNORE INTO answers_v2 SELECT *, 0 FROM answers_v1"
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
        self._connection = self._connect()

    def get(self, key: str) -> Answer | None:
        """Return the answer kept under ``key``, if any."""
        query = (
            "SELECT text, date, input_tokens, output_tokens, seconds FROM answers_v2 WHERE key = ?"
        )
        row = self._guarded(lambda link: link.execute(query, (key,)).fetchone())
        return None if row is None else Answer(*row)

    def put(self, key: str, answer: Answer) -> None:
        """Keep an answer; if another process was faster, its answer stays."""

        def insert(link: sqlite3.Connection) -> None:
            with link:
                link.execute(
                    "INSERT OR IGNORE INTO answers_v2 VALUES (?, ?, ?, ?, ?, ?)",
                    (key, *astuple(answer)),
                )

        self._guarded(insert)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _connect(self) -> sqlite3.Connection:
        try:
            return self._link()
        except sqlite3.OperationalError as error:
            raise self._unusable(error) from error
        except sqlite3.DatabaseError:
            self._set_aside()
            return self._link()

    def _link(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=_WAIT, check_same_thread=False)
        try:
            with connection:
                connection.execute(_TABLE)
                if connection.execute(_OLD_TABLE).fetchone():
                    connection.execute(_FROM_OLD)
        except sqlite3.DatabaseError:
            connection.close()
            raise
        return connection

    def _guarded(self, use: Callable[[sqlite3.Connection], T]) -> T:
        """Use the connection; if the file turns out damaged, start a new one and try again."""
        with self._lock:
            try:
                return use(self._connection)
            except sqlite3.OperationalError as error:
                raise self._unusable(error) from error
            except sqlite3.DatabaseError:
                self._connection.close()
                self._set_aside()
                self._connection = self._link()
                return use(self._connection)

    def _set_aside(self) -> None:
        damaged = self._path.with_suffix(".damaged")
        self._path.replace(damaged)
        # A journal left behind would be played back into the new file.
        self._path.with_name(f"{self._path.name}-journal").unlink(missing_ok=True)
        _log.warning(
            "The answer cache %s was damaged; it starts anew, and the old file is now %s.",
            self._path,
            damaged.name,
        )

    def _unusable(self, error: sqlite3.OperationalError) -> LLMError:
        return LLMError(
            f"the answer cache must be a writable file, but {self._path}: {error}; "
            "set PROMPTLAB_CACHE to a folder you can write to."
        )


@contextmanager
def open_answers(path: Path | None = None) -> Iterator[AnswerCache]:
    """Open the answer cache, by default the one in promptlab's cache folder.

    Raises:
        LLMError: when the file cannot be read or written.
    """
    path = path or cache_folder() / "answers.sqlite"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LLMError(
            f"the answer cache needs a folder, but {path.parent}: {error.strerror}; "
            "set PROMPTLAB_CACHE to a folder you can write to."
        ) from error
    answers = AnswerCache(path)
    try:
        yield answers
    finally:
        answers.close()
