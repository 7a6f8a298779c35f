"""All groups of the benchmark in one run.

Groups are measured one after another, so that none competes with another for the cores.
"""

import os
import platform
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import perf_counter

from promptlab.bench.report import Report
from promptlab.bench.rows import Row
from promptlab.runtime import limit_threads
from promptlab.types import Progress, silent

__all__ = ["GROUPS", "run_suite"]

GROUPS = ("startup", "metrics", "store", "lite", "encode", "sweep")
_PACKAGES = (
    "promptlab",
    "torch",
    "numpy",
    "opencv-python-headless",
    "open-clip-torch",
    "scikit-learn",
    "scikit-image",
    "adeval",
)


def run_suite(
    groups: Sequence[str] = GROUPS, *, short: bool = False, progress: Progress = silent
) -> Report:
    """Measure the groups in their order.

    Args:
        groups: some of `GROUPS`.
        short: smaller cases, fewer repeats: ratios to look at, not to quote.
        progress: told which group is measured.
    """
    begun = perf_counter()
    machine = _describe()
    rows: list[tuple[str, Row]] = []
    anomalib_seconds: float | None = None
    chosen = [group for group in GROUPS if group in groups]
    for done, group in enumerate(chosen):
        progress(f"bench {group}", done, len(chosen))
        if group == "encode":
            from promptlab.bench import encoding  # noqa: PLC0415

            found, anomalib_seconds = encoding.measure(short=short)
        elif group == "sweep":
            from promptlab.bench import sweep_trial  # noqa: PLC0415

            found = sweep_trial.measure(short=short, anomalib_seconds=anomalib_seconds)
        else:
            found = _measure_of(group)(short=short)
        rows += [(group, row) for row in found]
    progress("bench", len(chosen), len(chosen))
    return Report(machine, short, tuple(rows), perf_counter() - begun)


def _measure_of(group: str) -> Callable[..., list[Row]]:
    from promptlab.bench import lite, pixel_metrics, startup, store  # noqa: PLC0415

    measures: dict[str, Callable[..., list[Row]]] = {
        "startup": startup.measure,
        "metrics": pixel_metrics.measure,
        "store": store.measure,
        "lite": lite.measure,
    }
    return measures[group]


def _describe() -> dict[str, str]:
    versions = {name: _version(name) for name in _PACKAGES}
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    return {
        "processor": _processor(),
        "threads": str(limit_threads()),
        "load before": load,
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        **versions,
    }


def _processor() -> str:
    listing = Path("/proc/cpuinfo")
    if listing.exists():
        for line in listing.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
