"""What fault tests share: a server of tiny jobs, small disks, read-only disks."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from fakes import write_mvtec

TESTS = Path(__file__).parents[1]


@dataclass
class Jobs:
    """Starts jobs (see jobs.py), kills them or waits for them."""

    server: subprocess.Popen[str]

    def start(self, job: str, folder: Path) -> int:
        folder.mkdir(exist_ok=True)
        return self._order(f"{job} {folder}")

    def wait(self, pid: int) -> int:
        return self._order(f"wait {pid}")

    def finish(self, job: str, folder: Path) -> None:
        """Let a job run to its end, which must be a good one."""
        status = self.wait(self.start(job, folder))
        assert status == 0, (folder / "log").read_text()

    def kill(self, job: str, folder: Path, *, after: float) -> bool:
        """Kill a job after so many seconds; return whether it was still at work."""
        pid = self.start(job, folder)
        time.sleep(after)
        os.kill(pid, signal.SIGKILL)
        return self.wait(pid) == -signal.SIGKILL

    def _order(self, line: str) -> int:
        assert self.server.stdin is not None
        assert self.server.stdout is not None
        self.server.stdin.write(f"{line}\n")
        self.server.stdin.flush()
        return int(self.server.stdout.readline())


@pytest.fixture(scope="module")
def jobs() -> Iterator[Jobs]:
    if not hasattr(os, "fork"):
        pytest.skip("there is no fork on this system")
    path = os.pathsep.join([str(TESTS / "support"), str(TESTS.parent), *sys.path])
    with subprocess.Popen(
        [sys.executable, str(TESTS / "faults" / "jobs.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
    ) as server:
        yield Jobs(server)
        assert server.stdin is not None
        server.stdin.close()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Write the tiny data set that jobs read, 24 images of 40x64 pixels."""
    return write_mvtec(tmp_path / "data", count=12)


@contextmanager
def mounted(folder: Path, *options: str) -> Iterator[Path]:
    """Mount a tmpfs on a folder, or skip the test where that is not allowed."""
    folder.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", *(f"-o{option}" for option in options), "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("only root, where it may mount, can make a small or read-only disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)  # noqa: S607


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a disk of 1 MB, to be filled."""
    with mounted(tmp_path / "full", "size=1m") as folder:
        yield folder


@pytest.fixture
def read_only(tmp_path: Path):
    """Give a disk, and what makes it read-only from then on."""
    with mounted(tmp_path / "sealed", "size=16m") as folder:

        def seal() -> None:
            command = ["mount", "-o", "remount,ro", str(folder)]
            subprocess.run(command, check=True, capture_output=True)

        yield folder, seal
