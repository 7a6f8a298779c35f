"""Count many maps one at a time and print peak memory, seconds and what shards differ in.

    python -m promptlab.bench.streaming IMAGES

A process of its own, because the peak of a process never falls.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import numpy as np

from promptlab.bench.pixel_metrics import draw_case
from promptlab.metrics.pixel import PixelHistogram, pixel_metrics

__all__ = ["main"]

_DRAWN = 20
_SHARDS = 3


def main(images: int) -> None:
    """Print one JSON object."""
    maps, masks = draw_case(images=_DRAWN, side=448)
    tiny = PixelHistogram.of(maps[:1, :8, :8], masks[:1, :8, :8])  # libraries are loaded now
    pixel_metrics(tiny.ranking())

    def streamed(start: int, stop: int) -> PixelHistogram:
        numbers = range(start, stop)
        return PixelHistogram.of(_turned(maps, numbers), _turned(masks, numbers))

    before = _peak()
    begun = perf_counter()
    whole = streamed(0, images)
    pixel_metrics(whole.ranking())
    seconds = perf_counter() - begun
    peak = _peak()
    edges = [images * shard // _SHARDS for shard in range(_SHARDS + 1)]
    merged = streamed(edges[2], edges[3]) + streamed(edges[0], edges[1])
    merged += streamed(edges[1], edges[2])
    differing = sum(
        int(np.count_nonzero(one != other))
        for one, other in zip(
            (whole.pixels, *whole.defects.tables()),
            (merged.pixels, *merged.defects.tables()),
            strict=True,
        )
    )
    result = {"megabytes": (peak - before) / 1e6, "seconds": seconds, "differing": differing}
    sys.stdout.write(json.dumps(result) + "\n")


def _turned(pictures: np.ndarray, numbers: range) -> Iterator[np.ndarray]:
    """Yield a few pictures again and again, shifted, as if they were many."""
    for number in numbers:
        yield np.roll(pictures[number % len(pictures)], 17 * (number // len(pictures)), axis=1)


def _peak() -> int:
    """Return the largest resident memory so far, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(row for row in status.read_text().splitlines() if row.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    import resource  # noqa: PLC0415 - not on every system

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    main(int(sys.argv[1]))
