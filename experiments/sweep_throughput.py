"""Trials per second of one worker, and of several that share a study.

    python experiments/sweep_throughput.py experiments/configs/quickstart.yaml --workers 1 2

Every count of workers has a study of its own, from the same seed. Images are encoded before. A
worker has one thread; the time before each has finished a trial or two is not counted.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import optuna

from promptlab.sweep.storage import open_store


def main() -> None:
    """Measure and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("config", type=Path)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--storage", help="database that workers share [default: a file journal]")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="promptlab-throughput-") as place:
        run_workers(asked, Path(place) / "warm", 1, trials=1, storage=None)
        rates = {
            count: measure(asked, Path(place) / f"workers-{count}", count)
            for count in asked.workers
        }
    first = next(iter(rates.values()))
    sys.stdout.write(
        json.dumps({str(n): {"trials_per_second": r, "ratio": r / first} for n, r in rates.items()})
        + "\n"
    )


def measure(asked: argparse.Namespace, folder: Path, count: int) -> float:
    """Return the rate of ``count`` workers."""
    run_workers(asked, folder, count, trials=asked.trials, storage=asked.storage)
    shared = folder / "shared"
    store = open_store(asked.storage, shared, heartbeat=15)
    study = optuna.load_study(study_name=folder.name, storage=store.storage)
    ends = sorted(t.datetime_complete for t in study.get_trials() if t.state.is_finished())
    store.close()
    skipped = 2 * count
    return (len(ends) - skipped) / (ends[-1] - ends[skipped - 1]).total_seconds()


def run_workers(
    asked: argparse.Namespace, folder: Path, count: int, *, trials: int, storage: str | None
) -> None:
    """Run the command ``count`` times at once, until all have ended well."""
    words = ["sweep", asked.config, "--trials", trials, "--study", folder.name, "--threads", 1]
    words += ["--out", folder / "shared", *(["--storage", storage] if storage else [])]
    command = [sys.executable, "-m", "promptlab", *map(str, words)]
    workers = [
        subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603 - our own command
        for _ in range(count)
    ]
    ends = [worker.wait() for worker in workers]
    if any(ends):
        sys.exit("a worker failed; its words are above")


if __name__ == "__main__":
    main()
