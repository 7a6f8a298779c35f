"""Real worker processes of a sweep on a tiny backbone, and a PostgreSQL server of one's own."""

import contextlib
import multiprocessing
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import optuna
import torch
from fakes import TinyBackbone

import promptlab.cli.sweep  # noqa: F401 - commands are imported late: here, before forking
from promptlab import workbench
from promptlab.cli import main
from promptlab.config import ExperimentConfig
from promptlab.sweep import StudyHome, run, run_sweep
from promptlab.workbench import Workbench

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["sweep_workers"])
PASSWORD = "s3cret-w0rd"  # noqa: S105 - of a server that lives as long as a test


def content_of(root: Path, **sweep: Any) -> dict[str, Any]:
    """Return an experiment on two tiny categories that sweeps four parameters."""
    return {
        "name": "tiny",
        "dataset": {"name": "mvtec", "root": str(root)},
        "metrics": {"pixel_size": 16, "bootstrap": 0},
        "sweep": {
            "trials": 6,
            "search_categories": ["disc"],
            "report_categories": ["plate"],
            "space": {
                "prompts.per_state": {"int": [1, 32, "log"]},
                "scorer.params.share": {"float": [0.1, 1.0]},
                "scorer.name": {"choice": ["mean", "contextual"]},
                "fusion.local": {"float": [0, 1]},
            },
            **sweep,
        },
    }


def start_worker(content: dict[str, Any], folder: Path, **options: Any) -> Any:
    """Start one process that works on the study in ``folder``, or in a shared storage."""
    process = _CONTEXT.Process(target=_work, args=(content, folder), kwargs=options)
    process.start()
    return process


def start_command(arguments: list[str], errors: Path, *, pause: float) -> Any:
    """Start one process that runs the command line; what it says goes to a file."""
    process = _CONTEXT.Process(target=_command, args=(arguments, errors, pause))
    process.start()
    return process


def _work(
    content: dict[str, Any],
    folder: Path,
    *,
    storage: str | None = None,
    trials: int | None = None,
    study: str = "tiny",
    pause: float = 0.0,
    tally: Path | None = None,
    heartbeat: int = 1,
) -> None:
    _make_tiny(folder, pause, tally)
    home = StudyHome(study, folder, storage, heartbeat)
    config = ExperimentConfig.model_validate(content)
    run_sweep(config, Workbench(), home=home, trials=trials)


def _command(arguments: list[str], errors: Path, pause: float) -> None:
    _make_tiny(errors.parent, pause, None)
    handle = os.open(errors, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    sys.argv = ["promptlab", *arguments]
    main(arguments)


def _make_tiny(folder: Path, pause: float, tally: Path | None) -> None:
    """Replace the backbone, slow trials down and count them, in this process only."""
    torch.set_num_threads(1)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    os.environ["PROMPTLAB_CACHE"] = str(folder / "cache")
    workbench.load_backbone = lambda *_, **__: TinyBackbone()
    measure = run.measure_goals

    def slowed(*arguments: Any, **options: Any) -> Any:
        if tally is not None:
            with tally.open("a") as lines:
                lines.write(f"{os.getpid()}\n")
        time.sleep(pause)
        return measure(*arguments, **options)

    run.measure_goals = slowed


def free_port() -> int:
    """Return a port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def postgres_binaries() -> Path | None:
    """Return the folder of PostgreSQL's server programs; None where they are not installed."""
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / "initdb").exists():
            return folder
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


@contextlib.contextmanager
def temporary_postgres() -> Iterator[str]:
    """Run a PostgreSQL server on a free loopback port, in a folder of its own; yield its URL.

    The server refuses to run as root, so that root lends it to nobody.
    """
    binaries = postgres_binaries()
    if binaries is None:
        raise FileNotFoundError("PostgreSQL's initdb is not installed")
    folder = Path(tempfile.mkdtemp(prefix="promptlab-postgres-", dir="/tmp"))
    account: dict[str, Any] = {"cwd": folder}
    if os.getuid() == 0:
        shutil.chown(folder, "nobody", "nogroup")
        account |= {"user": "nobody", "group": "nogroup", "extra_groups": []}
    secret, data, port = folder / "secret", folder / "data", free_port()
    secret.write_text(PASSWORD)
    secret.chmod(0o644)

    def call(*words: object) -> None:
        subprocess.run(
            [str(word) for word in words], check=True, capture_output=True, timeout=60, **account
        )

    try:
        call(
            binaries / "initdb", "-D", data, "-U", "owner", "-A", "scram-sha-256",
            f"--pwfile={secret}", "--no-sync", "-E", "UTF8", "--locale=C",
        )  # fmt: skip
        options = f"-p {port} -h 127.0.0.1 -k {folder} -c fsync=off -c max_connections=60"
        log = folder / "log"
        call(binaries / "pg_ctl", "-D", data, "-o", options, "-l", log, "-w", "start")
        try:
            yield f"postgresql://owner:{PASSWORD}@127.0.0.1:{port}/postgres"
        finally:
            call(binaries / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
