"""Where a study lives, and how a worker that died there is noticed.

- a file journal (default): locked by the operating system, which frees a dead worker's locks at
  once, so that a half-written line is cut off and a dead worker's trial is queued again at the next
  look;
- a database (``postgresql://…``, any URL of SQLAlchemy's): Optuna's heartbeat; a silent worker's
  trial fails and a copy of it is queued. SQLite locks no rows, so that two workers may run one
  trial at once: it counts once, but costs twice;
- Optuna's gRPC proxy (``grpc://host:port``): has no heartbeat, so a count in the trial moves.

Passwords stay inside: an error of a database driver is told again without them. Knows trials and
their states, not what they mean.
"""

import os
import re
import time
import uuid
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from threading import Event, Thread
from urllib.parse import unquote, urlsplit

import optuna
from optuna.exceptions import ExperimentalWarning, StorageInternalError, UpdateFinishedTrialError
from optuna.storages import BaseStorage, JournalStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from optuna.trial import FrozenTrial, TrialState

from promptlab.errors import (
    ConfigError,
    MissingDependencyError,
    PromptLabError,
    RecordError,
    pip_install,
)

__all__ = [
    "JOURNAL_FILE",
    "StudyStore",
    "hide_password",
    "open_store",
    "telling_no_password",
    "with_driver",
]

JOURNAL_FILE = "journal.log"
WORKER = "worker"
_BEAT = "beat"
_SILENT = 4
"""Beats that a worker may miss before its trial is given to another."""
_RETRIES = 3
_DRIVERS = ("sqlalchemy", "psycopg", "grpc")
_RACES = ("IntegrityError", "ProgrammingError", "OperationalError")


class StudyStore(ABC):
    """A storage, and what it takes to share a study in it."""

    storage: BaseStorage
    patience: float = 0.0
    """Seconds without a new trial after which a worker takes the planning of a study over; 0: where
    `alone` keeps the others out, nobody needs to wait."""

    def alone(self) -> AbstractContextManager[object]:
        """Keep other workers from planning and claiming; nothing where claims are atomic."""
        return nullcontext()

    def sign(self, trial_id: int) -> None:  # noqa: B027 - nothing to do is a good default
        """Say, before the claim and while working, that this worker has a trial."""

    @contextmanager
    def working(self, trial_id: int) -> Iterator[None]:
        """Give signs of life until the trial is over."""
        yield
        del trial_id

    @abstractmethod
    def revive(self, study: optuna.Study) -> None:
        """Queue the trials of dead workers again."""

    @abstractmethod
    def drop(self, study: optuna.Study, trial_id: int) -> None:
        """Queue this worker's own trial again: it was interrupted."""

    def close(self) -> None:  # noqa: B027
        """Leave the study."""


def open_store(url: str | None, folder: Path, *, heartbeat: int) -> StudyStore:
    """Open a study's storage.

    Args:
        url: a database's or a proxy's; None: a file journal in ``folder``.
        folder: the study folder.
        heartbeat: seconds between two signs of life to a database or a proxy.

    Raises:
        ConfigError: when the URL is malformed.
        MissingDependencyError: when a driver is missing.
        RecordError: when the storage cannot be reached; without the password.
    """
    if url is None:
        return _JournalStore(folder)
    with telling_no_password(url):
        if url.startswith("grpc://"):
            return _ProxyStore(url, heartbeat)
        return _DatabaseStore(url, heartbeat)


def hide_password(url: str) -> str:
    """Return a storage URL that may be shown.

    >>> hide_password("postgresql://me:secret@host/studies")
    'postgresql://me:***@host/studies'
    """
    hidden = re.sub(r"(?<=://)([^:@/?#]*):.*@", r"\1:***@", url)
    return re.sub(r"(?i)((?:password|passwd|pwd|token)=)[^&]*", r"\1***", hidden)


@contextmanager
def telling_no_password(url: str | None) -> Iterator[None]:
    """Tell a storage's errors in one line, without the password and without what led to them.

    Raises:
        MissingDependencyError: when a driver is missing.
        RecordError: when the storage fails.
    """
    try:
        yield
    except Exception as error:
        package = type(error).__module__.partition(".")[0]
        if url is None or isinstance(error, PromptLabError):
            raise
        text = " ".join(_redacted(str(error), url).split())
        if isinstance(error, ImportError):
            raise MissingDependencyError(
                f"a study at {hide_password(url)} needs a package that is not installed ({text}); "
                f"run: {pip_install(_extra_of(url))}."
            ) from None
        if type(error).__name__ in ("ArgumentError", "NoSuchModuleError"):
            raise ConfigError(
                "a study's storage is a URL such as postgresql://user@host/database or "
                f"grpc://host:port, but got {hide_password(url)!r} ({text})."
            ) from None
        if package in _DRIVERS or isinstance(error, StorageInternalError):
            raise RecordError(
                f"a study's storage must be reachable, but {hide_password(url)}: {text}; run the "
                "same command again once it is: nothing that was finished is lost."
            ) from None
        raise


class _JournalLock(JournalFileOpenLock):
    """The operating system's lock on the journal itself; cuts a line that a dead writer left."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self._path = path
        self._handle = -1

    def acquire(self) -> bool:
        if self._handle >= 0:  # an interrupt came between taking the lock and writing
            self.release()
        self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT)
        lock_file(self._handle)
        size = os.fstat(self._handle).st_size
        if size and os.pread(self._handle, 1, size - 1) != b"\n":
            whole = self._path.read_bytes().rfind(b"\n") + 1
            os.ftruncate(self._handle, whole)
        return True

    def release(self) -> None:
        os.close(self._handle)
        self._handle = -1


class _JournalStore(StudyStore):
    """A file journal; each worker holds the lock of a file of its own while it lives."""

    def __init__(self, folder: Path) -> None:
        self._workers = folder / "workers"
        self._workers.mkdir(parents=True, exist_ok=True)
        self._me = uuid.uuid4().hex
        self._queue = folder / "queue.lock"
        with self.alone():  # or another worker takes the file for a dead one's before it is locked
            self._presence = os.open(self._path(self._me), os.O_RDWR | os.O_CREAT)
            lock_file(self._presence)
        journal = folder / JOURNAL_FILE
        backend = JournalFileBackend(str(journal), lock_obj=_JournalLock(journal))
        self.storage = JournalStorage(backend)

    @contextmanager
    def alone(self) -> Iterator[None]:
        handle = os.open(self._queue, os.O_RDWR | os.O_CREAT)
        try:
            lock_file(handle)
            yield
        finally:
            os.close(handle)

    def sign(self, trial_id: int) -> None:
        self.storage.set_trial_user_attr(trial_id, WORKER, self._me)

    def revive(self, study: optuna.Study) -> None:
        """Put trials back whose worker holds no lock; claims happen alone, so none is between."""
        with self.alone():
            living = self._living()
            for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
                if trial.user_attrs.get(WORKER) not in living:
                    self.storage.set_trial_state_values(trial._trial_id, TrialState.WAITING)

    def drop(self, study: optuna.Study, trial_id: int) -> None:
        del study
        with self.alone(), suppress(UpdateFinishedTrialError):
            self.storage.set_trial_state_values(trial_id, TrialState.WAITING)

    def close(self) -> None:
        self._path(self._me).unlink(missing_ok=True)
        os.close(self._presence)

    def _living(self) -> set[str]:
        """Return the workers that hold their locks, and remove the files of dead ones."""
        living = {self._me}
        for path in self._workers.glob("*.lock"):
            if path.stem in living:
                continue
            try:
                handle = os.open(path, os.O_RDWR)
            except FileNotFoundError:
                continue  # its worker has just left
            try:
                if lock_file(handle, wait=False):
                    path.unlink(missing_ok=True)
                else:
                    living.add(path.stem)
            finally:
                os.close(handle)
        return living

    def _path(self, worker: str) -> Path:
        return self._workers / f"{worker}.lock"


class _SignedStore(StudyStore):
    """A storage whose workers give signs of life at intervals, from a thread of their own."""

    heartbeat: int
    patience = 3.0

    @contextmanager
    def working(self, trial_id: int) -> Iterator[None]:
        over = Event()

        def beat() -> None:
            while not over.wait(self.heartbeat):
                with suppress(Exception):  # the trial's own thread meets the same and tells it
                    self.sign(trial_id)

        thread = Thread(target=beat, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def drop(self, study: optuna.Study, trial_id: int) -> None:
        self._give_up(study, trial_id)

    def _give_up(self, study: optuna.Study, trial_id: int) -> None:
        """Fail a trial and queue a copy of it; of several workers that try, one does."""
        try:
            if not self.storage.set_trial_state_values(trial_id, TrialState.FAIL):
                return
        except UpdateFinishedTrialError:
            return
        _retry()(study, self.storage.get_trial(trial_id))


class _DatabaseStore(_SignedStore):
    """A relational database with Optuna's heartbeat."""

    def __init__(self, url: str, heartbeat: int) -> None:
        self.heartbeat = heartbeat
        for left in range(_RETRIES, -1, -1):
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", ExperimentalWarning)
                    database = optuna.storages.RDBStorage(
                        with_driver(url),
                        heartbeat_interval=heartbeat,
                        grace_period=_SILENT * heartbeat,
                        heartbeat_stale_trial_callback=_retry(),
                        engine_kwargs={"pool_pre_ping": True},
                    )
                break
            except Exception as error:
                # Workers that start together make the tables together: all but one fail, once.
                if not left or type(error).__name__ not in _RACES:
                    raise
                time.sleep(0.5)
        self.storage = optuna.storages.get_storage(database)  # with a cache of finished trials
        self._database = database

    def sign(self, trial_id: int) -> None:
        self._database.record_heartbeat(trial_id)

    def revive(self, study: optuna.Study) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            optuna.storages.fail_stale_trials(study)

    def close(self) -> None:
        self._database.engine.dispose()


class _ProxyStore(_SignedStore):
    """Optuna's gRPC proxy, which hands no heartbeat on: a count in each trial takes its place."""

    def __init__(self, url: str, heartbeat: int) -> None:
        self.heartbeat = heartbeat
        address = urlsplit(url)
        if not address.hostname or not address.port:
            raise ConfigError(f"a gRPC proxy is grpc://HOST:PORT, but got {hide_password(url)!r}.")
        self._count = 0
        self._seen: dict[int, tuple[object, float]] = {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            self.storage = optuna.storages.GrpcStorageProxy(
                host=address.hostname, port=address.port
            )

    def sign(self, trial_id: int) -> None:
        self._count += 1
        self.storage.set_trial_user_attr(trial_id, _BEAT, f"{os.getpid()}-{self._count}")

    def revive(self, study: optuna.Study) -> None:
        """Give up trials whose count this worker has not seen moving for long enough."""
        now = time.monotonic()
        for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            beat = trial.user_attrs.get(_BEAT)
            last, since = self._seen.get(trial.number, (None, now))
            self._seen[trial.number] = (beat, since if beat == last else now)
            if beat == last and now - since > _SILENT * self.heartbeat:
                self._give_up(study, trial._trial_id)

    def close(self) -> None:
        self.storage.remove_session()


def lock_file(handle: int, *, wait: bool = True) -> bool:
    """Take the operating system's lock of an open file; it is freed when the holder dies.

    Returns:
        Whether the lock was taken; always, when told to wait.
    """
    import fcntl  # noqa: PLC0415 - Unix only: elsewhere a study needs a database

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True


def _retry() -> Callable[[optuna.Study, FrozenTrial], None]:
    """Return what queues a failed trial again with its parameters, a few times at most."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        return optuna.storages.RetryHeartbeatStaleTrialCallback(max_retry=_RETRIES)


def with_driver(url: str) -> str:
    """Name the driver that the ``postgres`` extra installs where the URL names none."""
    return re.sub(r"^postgres(?:ql)?://", "postgresql+psycopg://", url)


def _extra_of(url: str) -> str:
    return "grpc" if url.startswith("grpc:") else "postgres"


def _redacted(text: str, url: str) -> str:
    """Take the URL and its password out of a message."""
    secrets = {url, with_driver(url)}
    try:
        password = urlsplit(url).password
    except ValueError:
        password = None
    if password:
        secrets |= {password, unquote(password)}
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "***")
    return hide_password(text)
