"""`--engine ray`: a real cluster of two nodes on the loopback, and workers that are killed."""

import importlib
import importlib.util
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
import yaml
from click.testing import CliRunner
from fakes import write_mvtec

from promptlab import cluster
from promptlab.cli.run import run as run_command
from promptlab.cluster import Place, open_workbench, place_workers
from promptlab.config import ExperimentConfig
from promptlab.errors import ClusterError, DataError, MissingDependencyError
from promptlab.evaluate import run_experiment
from promptlab.features import FeatureStore
from promptlab.results import RunRecord, SweepRecord
from promptlab.sweep import StudyHome, run_sweep
from promptlab.types import silent
from promptlab.workbench import Workbench

NO_RAY = importlib.util.find_spec("ray") is None
WITHOUT_RAY = "the extra promptlab[ray] is not installed"


def of_ray(test: Callable[..., None]) -> Callable[..., None]:
    """Mark a test that needs a cluster, which talks on the loopback."""
    marks = (
        pytest.mark.slow,
        pytest.mark.allow_hosts(["127.0.0.1", "localhost"]),
        # Ray's own: it leaves files and processes to its exit handlers, and announces changes.
        pytest.mark.filterwarnings("ignore"),
        pytest.mark.skipif(NO_RAY, reason=WITHOUT_RAY),
    )
    for mark in marks:
        test = mark(test)
    return test


@pytest.fixture(scope="module")
def ray_folder() -> Iterator[Path]:
    """Keep Ray's files together, under a short name: its sockets allow no long one."""
    folder = Path(tempfile.mkdtemp(prefix="pl-ray-", dir="/tmp"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_TMPDIR", str(folder))
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")  # on Linux: loopback only
        yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def two_nodes(ray_folder: Path) -> Iterator[str]:
    """Run a cluster of two nodes with one core each; yield its address."""
    utilities = importlib.import_module("ray.cluster_utils")
    node = {"num_cpus": 1, "object_store_memory": 2**27, "node_ip_address": "127.0.0.1"}
    made = None
    for left in (2, 1, 0):  # Ray gives its programs 30 s, which a busy machine may need
        try:
            made = utilities.Cluster(
                initialize_head=True, head_node_args={**node, "include_dashboard": False}
            )
            made.add_node(**node)
            break
        except Exception:
            if made is not None:
                made.shutdown()
            if not left:
                raise
    assert made is not None
    yield made.address
    made.shutdown()


@pytest.fixture
def disconnect() -> Iterator[None]:
    yield
    ray = importlib.import_module("ray")

    ray.shutdown()


@pytest.fixture
def joined(two_nodes: str, monkeypatch: pytest.MonkeyPatch, disconnect: None) -> Callable[..., Any]:
    """Return what opens a workbench on the two nodes."""
    monkeypatch.setenv("RAY_ADDRESS", two_nodes)
    return lambda progress=silent: open_workbench("ray", threads=1, progress=progress)


@pytest.fixture
def config(tmp_path: Path) -> ExperimentConfig:
    """Return an experiment on two categories of more than one batch, with the real backbone."""
    torch.set_num_threads(1)
    root = write_mvtec(tmp_path / "data", categories=("disc", "plate"), count=24)
    return ExperimentConfig.model_validate(
        {
            "name": "spread",
            "dataset": {"name": "mvtec", "root": str(root)},
            "backbone": {"name": "lite", "image_size": 160},
            "scorer": {"name": "contextual"},
            "mutual": {"weight": 0.5},
            "metrics": {"pixel_size": 16, "bootstrap": 20},
            "sweep": {
                "trials": 6,
                "pruner": "median",
                "search_categories": ["disc", "plate"],
                "report_categories": ["plate"],
                "oracle": True,
                "space": {
                    "prompts.per_state": {"int": [1, 32]},
                    "fusion.local": {"float": [0, 1]},
                },
            },
        }
    )


def pid_of(worker: Any) -> int:
    ray = importlib.import_module("ray")

    return int(ray.get(worker.__ray_call__.remote(lambda _: os.getpid())))


def numbers(record: RunRecord | SweepRecord) -> dict[str, Any]:
    """Return a record without what differs from run to run: times and where it ran."""
    content = record.model_dump(
        exclude={"provenance", "seconds", "digest", "seconds_per_trial", "trials"}
    )
    if isinstance(record, SweepRecord):
        content["trials"] = [one.model_dump(exclude={"seconds"}) for one in record.trials]
    return content


def features(cache: Path) -> dict[str, bytes]:
    folder = cache / "features"
    return {
        str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.safetensors")
    }


@of_ray
def test_a_run_on_two_nodes_loses_a_worker_and_no_bit(
    config: ExperimentConfig,
    tmp_path: Path,
    joined: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PROMPTLAB_CACHE", str(tmp_path / "one"))
    _, plain = run_experiment(config, Workbench(), parent=tmp_path, folder=tmp_path / "plain")
    monkeypatch.setenv("PROMPTLAB_CACHE", str(tmp_path / "many"))
    killed: list[int] = []

    def progress(task: str, done: int, total: int) -> None:
        if task == "encode on the cluster" and not killed:
            assert done < total
            killed.append(pids[0])
            os.kill(pids[0], signal.SIGKILL)

    with joined(progress) as workbench:
        ray = importlib.import_module("ray")

        alive = [node["NodeID"] for node in ray.nodes() if node["Alive"]]
        pids = [pid_of(worker) for worker in workbench._workers]
        assert len({*pids}) == len(alive) == 2
        _, spread = run_experiment(config, workbench, parent=tmp_path, folder=tmp_path / "spread")
        assert killed
        assert pid_of(workbench._workers[0]) not in pids  # it was started again
        assert pid_of(workbench._workers[1]) == pids[1]
    assert numbers(spread) == numbers(plain)
    names = ("scores.csv", "prompt_weights.csv")
    for name in names:
        assert (tmp_path / "spread" / name).read_bytes() == (tmp_path / "plain" / name).read_bytes()
    found = features(tmp_path / "many")
    assert len(found) > 150
    assert found == features(tmp_path / "one")  # in the shared store, to the last bit


@of_ray
def test_a_sweep_on_two_nodes_loses_a_worker_and_no_trial(
    config: ExperimentConfig, tmp_path: Path, joined: Callable[..., Any]
) -> None:
    plain = run_sweep(config, Workbench(), home=StudyHome("spread", tmp_path / "plain"))
    killed: list[int] = []
    with joined() as workbench:

        def progress(task: str, done: int, total: int) -> None:
            if task.startswith("sweep") and done == 2 and not killed:
                killed.append(pid_of(workbench._workers[1]))
                os.kill(killed[0], signal.SIGKILL)

        spread = run_sweep(
            config, workbench, home=StudyHome("spread", tmp_path / "ray"), progress=progress
        )
        assert killed
        assert pid_of(workbench._workers[1]) != killed[0]
    assert numbers(spread) == numbers(plain)


@of_ray
def test_what_goes_wrong_in_a_worker_is_told_as_if_it_went_wrong_here(
    config: ExperimentConfig, tmp_path: Path, joined: Callable[..., Any]
) -> None:
    for path in (tmp_path / "data" / "plate" / "test").rglob("*.png"):
        path.write_bytes(b"no picture")
    jobs = {"plate": config}
    with joined() as workbench:
        with pytest.raises(DataError, match="a category needs readable images, but all 48 of"):
            list(workbench.score(jobs))
        ray = importlib.import_module("ray")

        for worker in workbench._workers:
            ray.kill(worker)
        with pytest.raises(ClusterError, match="a worker of the cluster died more than 4 times"):
            list(workbench.score(jobs))


@of_ray
def test_a_cluster_of_ones_own_listens_on_the_loopback_only(
    config: ExperimentConfig, tmp_path: Path, ray_folder: Path, disconnect: None
) -> None:
    psutil = pytest.importorskip("psutil")
    content = config.model_dump(mode="json", by_alias=True, exclude={"sweep", "compare"})
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(content))
    addresses: set[str] = set()
    opened = cluster._check

    def look(*arguments: Any) -> None:
        opened(*arguments)
        for process in psutil.Process().children(recursive=True):
            listening = [c for c in process.net_connections() if c.status == psutil.CONN_LISTEN]
            addresses.update(each.laddr.ip for each in listening)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cluster, "_check", look)
        words = [str(tmp_path / "own.yaml"), "--out", str(tmp_path / "own"), "--engine", "ray"]
        done = CliRunner().invoke(run_command, [*words, "--threads", "1", "--json"])
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["record"] == str(tmp_path / "own" / "record.json")
    assert addresses <= {"127.0.0.1", "::1", "::ffff:127.0.0.1"}
    assert addresses
    ray = importlib.import_module("ray")

    assert not ray.is_initialized()


@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.skipif(NO_RAY, reason=WITHOUT_RAY)
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("address", ["127.0.0.1:1", "head"])
def test_a_cluster_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("RAY_ADDRESS", address)
    with (
        pytest.raises(ClusterError, match=f"must be reachable at RAY_ADDRESS={address}"),
        open_workbench("ray", threads=1),
    ):
        pass


@pytest.mark.parametrize("ray", [None, SimpleNamespace(__version__="2.9.3")])
def test_without_ray_the_path_is_the_plain_one_and_the_remedy_is_told(
    monkeypatch: pytest.MonkeyPatch, ray: SimpleNamespace | None
) -> None:
    monkeypatch.setitem(sys.modules, "ray", ray)
    with open_workbench("plain", threads=1) as workbench:
        assert type(workbench) is Workbench
    with (
        pytest.raises(MissingDependencyError, match=r"run: pip install 'ray>=2\.40'"),
        open_workbench("ray", threads=1),
    ):
        pass


def node(name: str, **resources: float) -> dict[str, Any]:
    return {"NodeID": name, "Alive": name != "dead", "Resources": resources}


def test_a_node_has_a_worker_per_gpu_or_per_few_cores() -> None:
    bare = node("head", memory=1.0)
    nodes = [node("a", CPU=8.0), node("dead", CPU=8.0), node("b", CPU=2.0), bare]
    assert place_workers(nodes, threads=4) == [Place("a"), Place("a"), Place("b")]
    gpus = place_workers([node("g", CPU=64.0, GPU=2.0)], threads=1)
    assert gpus == [Place("g", gpus=1)] * 2
    with pytest.raises(ClusterError, match="--num-cpus"):
        place_workers([bare], threads=1)


@pytest.mark.parametrize(
    ("seen", "versions", "words"),
    [
        (False, None, "every node must see the feature store"),
        (True, "promptlab 0.0.1 with torch 1", "promptlab 0.0.1 with torch 1; install the same"),
    ],
)
def test_a_node_that_differs_is_refused(seen: bool, versions: str | None, words: str) -> None:
    answer = (seen, versions or cluster._versions())
    worker = SimpleNamespace(look=SimpleNamespace(remote=lambda _: answer))
    nothing = type("Never", (Exception,), {})
    ray = SimpleNamespace(
        get=lambda answers: answers,
        exceptions=SimpleNamespace(RayTaskError=nothing, RayActorError=nothing),
    )
    with pytest.raises(ClusterError, match=words):
        cluster._check(ray, [worker], FeatureStore())
