"""Studies that are killed, interrupted and shared: real processes, real servers."""

import contextlib
import importlib.util
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import optuna
import pytest
import yaml
from fakes import write_mvtec
from sweep_workers import (
    PASSWORD,
    content_of,
    free_port,
    postgres_binaries,
    start_command,
    start_worker,
    temporary_postgres,
)

from promptlab.errors import RecordError
from promptlab.results import SweepRecord, read_sweep
from promptlab.sweep.storage import open_store, telling_no_password, with_driver

needs_postgres = pytest.mark.skipif(
    postgres_binaries() is None, reason="PostgreSQL's server programs are not installed"
)
needs_drivers = pytest.mark.skipif(
    importlib.util.find_spec("psycopg") is None or importlib.util.find_spec("grpc") is None,
    reason="the extras promptlab[postgres,grpc] are not installed",
)
needs_dashboard = pytest.mark.skipif(
    importlib.util.find_spec("optuna_dashboard") is None,
    reason="the extra promptlab[dashboard] is not installed",
)
loopback = pytest.mark.allow_hosts(["127.0.0.1", "localhost"])


@pytest.fixture
def content(tmp_path: Path) -> dict[str, Any]:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return content_of(write_mvtec(tmp_path / "data", categories=("disc", "plate"), count=4))


@pytest.fixture
def shared_memory(tmp_path: Path) -> Iterator[Path]:
    """Give a folder in memory, where there is one: waiting for a disk is not what is tested."""
    memory = Path("/dev/shm")  # noqa: S108
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path) as folder:
        yield Path(folder)


def finish(process: Any, *, seconds: float = 120) -> int:
    process.join(seconds)
    if process.exitcode is None:
        process.kill()
        pytest.fail(f"a worker did not end within {seconds} s")
    return int(process.exitcode)


def outcome(record: SweepRecord) -> list[tuple[int, str, float | None, dict[str, Any]]]:
    return [(one.number, one.state, one.value, one.params) for one in record.trials]


@pytest.mark.slow
def test_twenty_kills_lose_nothing_and_change_nothing(
    content: dict[str, Any], shared_memory: Path
) -> None:
    wanted = 60
    reference = start_worker(content, shared_memory / "plain", trials=wanted)
    assert finish(reference) == 0
    plain = read_sweep(shared_memory / "plain")
    folder = shared_memory / "killed"
    journal = folder / "journal.log"
    moments = random.Random(7)
    kills = 0
    while kills < 20:
        size = journal.stat().st_size if journal.exists() else 0
        worker = start_worker(content, folder, trials=wanted)
        # Where the journal grows there is most to lose, so kills follow a number of its bytes.
        until = size + moments.randint(1, 2500)
        while worker.is_alive() and (not journal.exists() or journal.stat().st_size < until):
            time.sleep(0.0005)
        assert worker.is_alive(), f"the sweep was done after {kills} kills; ask for more trials"
        os.kill(worker.pid, signal.SIGKILL)
        worker.join()
        kills += 1
    assert finish(start_worker(content, folder, trials=wanted)) == 0
    record = read_sweep(folder)
    assert outcome(record) == outcome(plain)
    assert record.best == plain.best
    assert record.report == plain.report
    assert list((folder / "workers").iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("presses", [1, 2])
def test_ctrl_c_keeps_what_is_finished_and_says_how_to_go_on(
    content: dict[str, Any], tmp_path: Path, presses: int
) -> None:
    config, folder, told = tmp_path / "tiny.yaml", tmp_path / "study", tmp_path / "errors.txt"
    config.write_text(yaml.safe_dump(content))
    words = ["sweep", str(config), "--out", str(folder), "--trials", "5"]
    worker = start_command(words, told, pause=1.0)
    journal = folder / "journal.log"
    while not journal.exists() or b'"seconds"' not in journal.read_bytes():  # one is finished
        assert worker.is_alive()
        time.sleep(0.01)
    for _ in range(presses):
        time.sleep(0.2)
        os.kill(worker.pid, signal.SIGINT)
    assert finish(worker) == 130
    said = told.read_text()
    finished = 3 - presses  # the first press lets the second trial finish, the second drops it
    assert "stopping after this trial; Ctrl-C again drops the trial" in said
    assert f"{finished} of 5 trials are finished and kept; go on with:" in said
    assert f"  promptlab sweep {config} --out {folder} --trials 5" in said
    assert "Traceback" not in said
    worker = start_command(words, told, pause=0.0)
    assert finish(worker) == 0
    states = Counter(trial.state for trial in read_sweep(folder).trials)
    assert states == {"complete": 5}


def kill_one(
    content: dict[str, Any], tmp_path: Path, url: str, *, study: str
) -> tuple[SweepRecord, list[str]]:
    """Share six trials, kill one of three workers in the middle of one, and let the others end."""
    tally = tmp_path / "tally.txt"
    shared = {"storage": url, "trials": 6, "tally": tally, "study": study}
    victim = start_worker(content, tmp_path / "victim", pause=30.0, **shared)
    while not tally.exists():
        assert victim.is_alive()
        time.sleep(0.02)
    others = [start_worker(content, tmp_path / f"worker-{i}", **shared) for i in range(2)]
    os.kill(victim.pid, signal.SIGKILL)
    victim.join()
    assert [finish(one) for one in others] == [0, 0]
    return read_sweep(tmp_path / "worker-0"), tally.read_text().splitlines()


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    with temporary_postgres() as url:
        yield url


@pytest.mark.slow
@loopback
@needs_postgres
@needs_drivers
def test_four_workers_finish_exactly_what_was_wanted(
    content: dict[str, Any], tmp_path: Path, postgres: str
) -> None:
    tally = tmp_path / "tally.txt"
    # Nobody dies here, and on a machine that is too busy four seconds of silence are no death.
    shared = {"storage": postgres, "trials": 200, "tally": tally, "heartbeat": 15}
    workers = [start_worker(content, tmp_path / f"worker-{i}", **shared) for i in range(4)]
    assert [finish(worker, seconds=240) for worker in workers] == [0, 0, 0, 0]
    record = read_sweep(tmp_path / "worker-0")
    assert [trial.number for trial in record.trials] == list(range(200))
    assert {trial.state for trial in record.trials} == {"complete"}
    assert len({json.dumps(trial.params) for trial in record.trials}) > 190  # no stream twice
    runs = Counter(tally.read_text().splitlines())
    assert len(runs) == 4
    assert sum(runs.values()) == 200
    for other in range(1, 4):
        assert outcome(read_sweep(tmp_path / f"worker-{other}")) == outcome(record)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert PASSWORD.encode() not in path.read_bytes()


@pytest.mark.slow
@loopback
@needs_postgres
@needs_drivers
def test_a_killed_workers_trial_is_queued_again_by_its_heartbeat(
    content: dict[str, Any], tmp_path: Path, postgres: str
) -> None:
    record, runs = kill_one(content, tmp_path, postgres, study="killed")
    states = Counter(trial.state for trial in record.trials)
    assert states == {"complete": 6, "fail": 1}
    assert record.trials[0].state == "fail"  # the victim's
    repeated = record.trials[6]
    assert repeated.params.items() >= record.trials[0].params.items()
    assert len(runs) == 7


@pytest.mark.slow
@loopback
@needs_postgres
@needs_drivers
def test_a_proxy_shares_a_study_and_notices_the_dead(
    content: dict[str, Any], tmp_path: Path, postgres: str
) -> None:
    port = free_port()
    code = (
        "import warnings; warnings.simplefilter('ignore')\n"
        "from optuna.storages import get_storage, run_grpc_proxy_server\n"
        f"run_grpc_proxy_server(get_storage('{with_driver(postgres)}'),"
        f" host='127.0.0.1', port={port})\n"
    )
    server = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
    try:
        await_listener(port)
        url = f"grpc://127.0.0.1:{port}"
        record, runs = kill_one(content, tmp_path, url, study="proxied")
    finally:
        server.kill()
        server.wait()
    assert Counter(trial.state for trial in record.trials) == {"complete": 6, "fail": 1}
    assert len(runs) == 7


@loopback
@needs_drivers
def test_a_wrong_password_is_not_told(tmp_path: Path) -> None:
    url = f"postgresql://owner:{PASSWORD}@127.0.0.1:{free_port()}/postgres"
    with pytest.raises(RecordError) as caught, telling_no_password(url):
        open_store(url, tmp_path, heartbeat=1)
    assert PASSWORD not in str(caught.value)
    assert "postgresql://owner:***@127.0.0.1" in str(caught.value)


@pytest.mark.slow
@loopback
@needs_dashboard
def test_optuna_dashboard_opens_a_study(content: dict[str, Any], tmp_path: Path) -> None:
    assert finish(start_worker(content, tmp_path / "study", trials=3)) == 0
    port = free_port()
    program = str(Path(sys.executable).with_name("optuna-dashboard"))
    journal = str(tmp_path / "study" / "journal.log")
    server = subprocess.Popen(
        [program, journal, "--host", "127.0.0.1", "--port", str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        page, studies = fetch(f"http://127.0.0.1:{port}/dashboard"), ""
        studies = fetch(f"http://127.0.0.1:{port}/api/studies")
    finally:
        server.kill()
        server.wait()
    assert "<html" in page.lower()
    assert json.loads(studies)["study_summaries"][0]["study_name"] == "tiny"


def await_listener(port: int) -> None:
    for _ in range(600):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.1)
    pytest.fail(f"nobody listened at port {port}")


def fetch(url: str) -> str:
    for _ in range(120):
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310
            return answer.read().decode()
        time.sleep(0.25)
    pytest.fail(f"nobody answered at {url}")
