"""Encoding and scoring spread over a Ray cluster, with the numbers of one process.

Ray places the workers, hands out the work and starts a killed worker again; here is only what it
must not change: images are encoded in the batches of the plain path and by as many threads, because
what an encoder gives for an image depends in its last bits on both. Features land in the feature
store, which all nodes must see, as they must see the images. Only this module knows Ray.
"""

import logging
import os
import socket
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import cycle
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

import torch

from aligners.base import Requirements
from promptlab import __version__
from promptlab.config import ExperimentConfig
from promptlab.datasets.dataset import Dataset
from promptlab.detector import build_aligner, build_mutual
from promptlab.errors import ClusterError, MissingDependencyError, pip_install
from promptlab.evidence import requirements_of
from promptlab.features import FeatureStore, batch_size_of, encode_images
from promptlab.files import cache_folder
from promptlab.metrics.category import CategoryMetrics
from promptlab.runtime import Engine, limit_threads, usable_cores
from promptlab.types import Progress, silent
from promptlab.workbench import CategoryPrompts, Judged, Workbench

__all__ = ["ClusterWorkbench", "Place", "open_workbench", "place_workers"]

_OLDEST = (2, 40)
_DEATHS = 4
"""How often a worker is started again, and how often its work is tried again."""
_STARTS = 3
"""How often a cluster on this machine is tried: Ray gives its own programs 30 s, which a busy
machine may need for their imports alone."""
_OBJECTS = 2**28
"""Bytes of shared memory of a cluster that is started here; results are small."""
_MEMORY = 2 * 2**30
"""Bytes of similarities kept by all workers together, as by one process."""
_LEAST_MEMORY = 2**28


@dataclass(frozen=True)
class Place:
    """Where one worker runs."""

    node: str
    gpus: int = 0


@contextmanager
def open_workbench(
    engine: Engine, *, threads: int, progress: Progress = silent
) -> Iterator[Workbench]:
    """Yield what serves experiments: in this process, or over the workers of a Ray cluster.

    The cluster is the one that ``$RAY_ADDRESS`` names, else one of this machine's cores, which
    listens on the loopback only and ends with the block.

    Args:
        engine: ``plain`` or ``ray``.
        threads: of each worker; with as many as this process has, the numbers are those of
            ``plain`` bit for bit, if the processors are alike.
        progress: told about long work.

    Raises:
        MissingDependencyError: when Ray is not installed.
        ClusterError: when the cluster cannot be reached or has no room.
    """
    if engine == "plain":
        yield Workbench(progress=progress)
        return
    progress("start the cluster", 0, 0)
    ray, here = _connect()
    store = FeatureStore()
    try:
        places = place_workers(ray.nodes(), threads=threads)
        workers = _start(ray, places, store, threads=threads)
        try:
            _check(ray, workers, store)
            yield ClusterWorkbench(ray, workers, store=store, progress=progress)
        finally:
            for worker in workers:
                ray.kill(worker)
    finally:
        if here:
            ray.shutdown()


def place_workers(nodes: Iterable[Mapping[str, Any]], *, threads: int) -> list[Place]:
    """Return one place per GPU of a node, else one per ``threads`` of its cores, at least one.

    Args:
        nodes: as Ray describes them.
        threads: of each worker.

    Raises:
        ClusterError: when no living node has room for a worker.
    """
    places = []
    for node in nodes:
        if not node["Alive"]:
            continue
        has = node["Resources"]
        gpus = int(has.get("GPU", 0))
        cores = int(has.get("CPU", 0))
        count = gpus or (max(1, cores // threads) if cores else 0)
        places += [Place(node["NodeID"], gpus=int(gpus > 0))] * count
    if not places:
        raise ClusterError(
            "a cluster needs a living node with a GPU or a core, but has none; start Ray with "
            "--num-cpus."
        )
    return places


@dataclass(frozen=True)
class _Batch:
    """Images that are encoded together."""

    category: str
    config: ExperimentConfig
    resolution: int
    """0: the backbone, else the place of a companion among them, from 1."""
    requires: Requirements
    paths: tuple[Path, ...]


@dataclass(frozen=True)
class _Encoded:
    """What became of a batch."""

    category: str
    images: int
    seconds: float
    absent: tuple[Path, ...]
    """Images that the worker's node does not have."""


class ClusterWorkbench(Workbench):
    """A workbench whose images are encoded, and whose categories are scored, by many processes.

    Prompts are gathered and images are listed here, once; each category stays with one worker,
    which keeps its similarities. A worker that dies is started again, perhaps on another node, and
    its work is done again.

    Args:
        ray: the module, connected to a cluster.
        workers: handles of `_Worker` actors.
        store: the feature store that they all see.
        progress: told about long work.
    """

    def __init__(
        self,
        ray: Any,  # noqa: ANN401 - an optional package, whose decorators have no usable types
        workers: Sequence[Any],
        *,
        store: FeatureStore,
        progress: Progress = silent,
    ) -> None:
        super().__init__(store=store, progress=progress)
        self._ray = ray
        self._workers = workers
        self._next = cycle(workers)
        self._homes: dict[str, Any] = {}
        self._lent: dict[tuple[object, ...], _Lent] = {}
        self._done: set[tuple[object, ...]] = set()

    def score(
        self, jobs: Mapping[str, ExperimentConfig], *, maps: bool = True
    ) -> Iterator[tuple[str, Judged, CategoryMetrics]]:
        """Do as `Workbench.score`, all categories at once; each is yielded when its turn comes.

        Seconds of encoding are those of all workers together.

        Raises:
            ClusterError: when a worker died too often, or does not see the images.
        """
        with _telling(self._ray):
            seconds = self._encode(list(self._missing(jobs)))
            coming = {
                category: self._home(category).score.remote(
                    config, category, self._lend(config, category), maps
                )
                for category, config in jobs.items()
            }
        try:
            for category in jobs:
                with _telling(self._ray):
                    judged, metrics = self._ray.get(coming[category])
                del coming[category]
                encode = judged.seconds["encode"] + seconds.get(category, 0.0)
                spent = {**judged.seconds, "encode": encode}
                yield category, replace(judged, seconds=spent), metrics
        finally:
            for unwanted in coming.values():  # a pruned trial needs no further category
                self._ray.cancel(unwanted)

    def _missing(self, jobs: Mapping[str, ExperimentConfig]) -> Iterator[_Batch]:
        """Yield the batches of the plain path that this workbench has not had encoded yet."""
        for category, config in jobs.items():
            aligner, mutual = build_aligner(config.aligner), build_mutual(config.mutual)
            references = self.references(config, category)
            resolutions = (self.backbone(config), *self.companions(config))
            size = batch_size_of(*resolutions)
            for place, backbone in enumerate(resolutions):
                # Images judge one another as the first sees them.
                requires = aligner.requires if place else requirements_of(aligner, mutual)
                data = (config.dataset.model_dump_json(), config.seed, *references)
                key = (category, backbone.id, requires, *data)
                if key in self._done:
                    continue
                self._done.add(key)
                samples = self.dataset(config).of(category)
                paths = tuple(each.path for each in samples if each not in references)
                for start in range(0, len(paths), size):
                    part = paths[start : start + size]
                    yield _Batch(category, config, place, requires, part)

    def _encode(self, batches: Sequence[_Batch]) -> dict[str, float]:
        """Have batches encoded by whichever worker is free; return seconds by category."""
        if not batches:
            return {}
        from ray.util import ActorPool  # noqa: PLC0415

        seconds: dict[str, float] = {}
        done, total = 0, sum(len(batch.paths) for batch in batches)
        pool: Any = ActorPool(list(self._workers))
        for found in pool.map_unordered(lambda worker, one: worker.encode.remote(one), batches):
            for path in found.absent:
                if path.exists():
                    raise ClusterError(
                        f"every node must see the images, but one has no {path}; mount its folder "
                        "there under the same name."
                    )
            done += found.images
            seconds[found.category] = seconds.get(found.category, 0.0) + found.seconds
            self._progress("encode on the cluster", done, total)
        return seconds

    def _home(self, category: str) -> Any:  # noqa: ANN401 - a handle of Ray's
        """Return the worker that keeps a category's similarities."""
        if category not in self._homes:
            self._homes[category] = next(self._next)
        return self._homes[category]

    def _lend(self, config: ExperimentConfig, category: str) -> "_Lent":
        """Put a category's listing and prompts where all workers can fetch them, once."""
        prompts = self.prompts(config, category)
        dataset = self.dataset(config)
        key = (category, config.dataset.model_dump_json(), config.seed, prompts.pool.digest)
        if key not in self._lent:
            only = replace(
                dataset,
                samples=dataset.of(category),
                train=tuple(each for each in dataset.train if each.category == category),
                nouns={category: dataset.nouns[category]},
                problems=(),
                digests={},
            )
            self._lent[key] = _Lent(key, [self._ray.put((only, prompts))])
        return self._lent[key]


@dataclass(frozen=True)
class _Lent:
    """Where a worker fetches a category's listing and prompts when it has not yet."""

    key: tuple[object, ...]
    reference: list[Any]
    """In a list, because Ray fetches bare references before each call."""


class _Worker:
    """One process of the cluster: the plain workbench, on one node.

    Args:
        store: the shared feature store.
        cache: the cache folder of whoever started the cluster's work.
        threads: that computations may take.
        memory: bytes of similarities kept in memory.
    """

    def __init__(self, store: FeatureStore, cache: Path, *, threads: int, memory: int) -> None:
        import ray  # noqa: PLC0415

        os.environ["PROMPTLAB_CACHE"] = str(cache)
        limit_threads(threads)
        self._ray: Any = ray
        self._store = store
        self._bench = Workbench(store=store, memory=memory)
        self._known: dict[tuple[object, ...], tuple[Dataset, CategoryPrompts]] = {}

    def look(self, token: Path) -> tuple[bool, str]:
        """Say whether this node sees a file, and which versions it has."""
        return token.exists(), _versions()

    def encode(self, batch: _Batch) -> _Encoded:
        """Encode what the store lacks of a batch.

        After a death it is encoded again as a whole: the numbers must be those of a batch that was
        never cut in two.
        """
        begun = perf_counter()
        bench, config = self._bench, batch.config
        resolutions = (bench.backbone(config), *bench.companions(config))
        context = self._ray.get_runtime_context()
        for _ in encode_images(
            resolutions[batch.resolution],
            batch.paths,
            requires=batch.requires,
            store=self._store,
            batch_size=len(batch.paths),
            whole=context.was_current_actor_reconstructed,
        ):
            pass
        absent = tuple(path for path in batch.paths if not path.exists())
        return _Encoded(batch.category, len(batch.paths), perf_counter() - begun, absent)

    def score(
        self, config: ExperimentConfig, category: str, lent: _Lent, maps: bool
    ) -> tuple[Judged, CategoryMetrics]:
        """Judge and measure one category."""
        if lent.key not in self._known:
            self._known[lent.key] = self._ray.get(lent.reference[0])
        self._bench.borrow(config, *self._known[lent.key])
        ((_, judged, metrics),) = self._bench.score({category: config}, maps=maps)
        return judged, metrics


def _connect() -> tuple[Any, bool]:
    """Return Ray, connected, and whether whoever connected has to disconnect.

    Raises:
        MissingDependencyError: when Ray is not installed.
        ClusterError: when the cluster cannot be reached.
    """
    address = os.environ.get("RAY_ADDRESS")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it calls home unless told not to
    if not address:
        # Ray takes 127.0.0.1 for the machine's outer address, except where clusters are off.
        os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
    ray = _import()
    if ray.is_initialized():
        return ray, False
    options: dict[str, Any] = {"address": address} if address else {
        "address": "local",
        "num_cpus": usable_cores(),
        "object_store_memory": _OBJECTS,
        "include_dashboard": False,
        "_node_ip_address": "127.0.0.1",
    }  # fmt: skip
    for left in range(0 if address else _STARTS - 1, -1, -1):
        try:
            if address and address != "auto":
                _knock(address)
            ray.init(**options, log_to_driver=False, logging_level=logging.ERROR)
            break
        except Exception as error:
            if ray.is_initialized():
                raise
            ray.shutdown()  # what was started of it
            if left:
                continue
            where = f"at RAY_ADDRESS={address}" if address else "on this machine"
            text = " ".join(str(error).split())[:300]
            raise ClusterError(
                f"a Ray cluster must be reachable {where}, but is not ({text}); check `ray "
                "status` there, or unset RAY_ADDRESS to start one here."
            ) from None
    return ray, True


def _import() -> Any:  # noqa: ANN401
    """Return Ray.

    Raises:
        MissingDependencyError: when it is missing, damaged or too old.
    """
    try:
        import ray  # noqa: PLC0415
    except ImportError as error:
        problem = f"cannot be loaded ({error})"
    else:
        if tuple(int(part) for part in ray.__version__.split(".")[:2]) >= _OLDEST:
            return ray
        problem = f"is {ray.__version__}, which is too old"
    raise MissingDependencyError(
        f"--engine ray needs the package ray, but it {problem}; run: {pip_install('ray')}."
    )


def _knock(address: str) -> None:
    """Fail at once where nobody listens: Ray would try for many minutes.

    Raises:
        OSError: when nobody does.
        ValueError: when it is no HOST:PORT.
    """
    parts = urlsplit(address if "://" in address else f"ray-node://{address}")
    if not parts.hostname or not parts.port:
        raise ValueError("it must be auto or HOST:PORT")
    with socket.create_connection((parts.hostname, parts.port), timeout=10):
        pass


def _start(ray: Any, places: Sequence[Place], store: FeatureStore, *, threads: int) -> list[Any]:  # noqa: ANN401
    """Start a worker at each place.

    Workers reserve no cores: those of a node that is lost must find room on the others, and two
    sweeps must not wait for each other.
    """
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy  # noqa: PLC0415

    actor = ray.remote(_Worker)
    memory = max(_LEAST_MEMORY, _MEMORY // len(places))
    return [
        actor.options(
            num_cpus=0,
            num_gpus=place.gpus,
            max_restarts=_DEATHS,
            max_task_retries=_DEATHS,
            scheduling_strategy=NodeAffinitySchedulingStrategy(place.node, soft=True),
        ).remote(store, cache_folder(), threads=threads, memory=memory)
        for place in places
    ]


def _check(ray: Any, workers: Sequence[Any], store: FeatureStore) -> None:  # noqa: ANN401
    """Refuse a cluster whose nodes have other versions, or another cache folder."""
    store.folder.mkdir(parents=True, exist_ok=True)
    with (
        _telling(ray),
        tempfile.NamedTemporaryFile(dir=store.folder, prefix=".cluster.") as token,
    ):
        for sees, versions in ray.get([each.look.remote(Path(token.name)) for each in workers]):
            if not sees:
                raise ClusterError(
                    f"every node must see the feature store {store.folder}, but one does not; put "
                    "PROMPTLAB_CACHE on a folder that all share."
                )
            if versions != _versions():
                raise ClusterError(
                    f"every node needs {_versions()}, or numbers differ, but one has {versions}; "
                    "install the same there."
                )


def _versions() -> str:
    return f"promptlab {__version__} with torch {torch.__version__}"


@contextmanager
def _telling(ray: Any) -> Iterator[None]:  # noqa: ANN401
    """Tell what went wrong in a worker as if it had gone wrong here.

    Raises:
        ClusterError: when a worker died too often.
    """
    try:
        yield
    except ray.exceptions.RayTaskError as error:
        raise error.cause from None
    except ray.exceptions.RayActorError:
        raise ClusterError(
            f"a worker of the cluster died more than {_DEATHS} times; see why in Ray's logs, such "
            "as too little memory (then take more --threads, which makes fewer workers), and run "
            "the same command again: what was encoded is kept."
        ) from None
