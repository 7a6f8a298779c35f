"""Count pixels of many maps by score, in several threads and in constant memory.

Each thread takes one map at a time and counts into a table of its own (17 MB); defect pixels, which
are few, are kept by occupied bin. All counts are integers: the result does not depend on who
counted what. Time goes into one random write per pixel, which is bound by memory; of what was
measured on one core, torch's `scatter_add_` is the fastest (its `index_add_` takes 1.3 to 1.6 times
as long, numpy's `add.at` 1.2 times, sorting first longer than all; a loop compiled by numba .85 of
`index_add_`, which is not worth a dependency).
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock

import numpy as np
import torch
from jaxtyping import Int64, UInt32

from promptlab.metrics.maps import (
    LEVELS,
    AnomalyMap,
    Mask,
    bin_scores,
    check_pair,
    label_regions,
)
from promptlab.runtime import usable_cores

__all__ = ["DefectCounts", "PixelTally", "count_pixels"]

_REGION_UNIT = 2**44
"""Weight of one region, spread evenly and in whole numbers over its pixels."""

_PENDING = 2**20
"""Most defect pixels that wait to be summed by bin: 8 MB."""

Numbered = tuple[int, AnomalyMap, Mask | None]


@dataclass(frozen=True, eq=False)
class DefectCounts:
    """Pixels inside a mask by score bin, of the occupied bins only; sets add up with ``+``."""

    bins: Int64[np.ndarray, " occupied"]
    """Ascending, each once."""
    positives: Int64[np.ndarray, " occupied"]
    """How many pixels."""
    weights: Int64[np.ndarray, " occupied"]
    """The same, each pixel counting 1/size of its region (in units of 2**-44)."""

    @classmethod
    def of(
        cls, bins: Int64[np.ndarray, " positive"], sizes: Int64[np.ndarray, " positive"]
    ) -> "DefectCounts":
        """Count pixels of a bin and a region size each."""
        # Bin and size in one integer: plain values are sorted ten times as fast as an index.
        keys = np.sort((bins << 32) | sizes)
        sizes = keys & (2**32 - 1)
        shares = (_REGION_UNIT + sizes // 2) // np.maximum(sizes, 1)
        return cls._summed(keys >> 32, np.ones_like(keys), shares)

    def __add__(self, other: "DefectCounts") -> "DefectCounts":
        """Return the counts of both."""
        bins = np.concatenate((self.bins, other.bins))
        order = np.argsort(bins, kind="stable")  # two sorted runs: merged in linear time
        return self._summed(
            bins[order],
            np.concatenate((self.positives, other.positives))[order],
            np.concatenate((self.weights, other.weights))[order],
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DefectCounts) and (
            np.array_equal(self.bins, other.bins)
            and np.array_equal(self.positives, other.positives)
            and np.array_equal(self.weights, other.weights)
        )

    __hash__ = None  # type: ignore[assignment]

    def tables(
        self, shift: int = 0
    ) -> tuple[Int64[np.ndarray, " fine"], Int64[np.ndarray, " fine"]]:
        """Return positives and weights of all bins, 2**shift neighbours added up.

        The last bin, of the score 1 alone, stays alone.
        """
        positives, weights = np.zeros((2, (LEVELS >> shift) + 1), np.int64)
        np.add.at(positives, self.bins >> shift, self.positives)
        np.add.at(weights, self.bins >> shift, self.weights)
        return positives, weights

    @classmethod
    def _summed(
        cls,
        bins: Int64[np.ndarray, " entry"],
        positives: Int64[np.ndarray, " entry"],
        weights: Int64[np.ndarray, " entry"],
    ) -> "DefectCounts":
        """Sum sorted entries of one bin."""
        starts = np.flatnonzero(np.diff(bins, prepend=-1))
        if len(starts) == len(bins):
            return cls(bins, positives, weights)
        return cls(
            bins[starts], np.add.reduceat(positives, starts), np.add.reduceat(weights, starts)
        )


class PixelTally:
    """Running counts; a thread adds to them under a lock."""

    def __init__(self) -> None:
        self.pixels: UInt32[np.ndarray, " bin"] = np.zeros(0, np.uint32)
        self.n_pixels = 0
        self.n_regions = 0
        none = np.zeros(0, np.int64)
        self._defects = DefectCounts(none, none, none)
        self._pending: list[tuple[Int64[np.ndarray, " _"], Int64[np.ndarray, " _"]]] = []
        self._waiting = 0

    def add_defects(
        self, bins: Int64[np.ndarray, " positive"], sizes: Int64[np.ndarray, " positive"]
    ) -> None:
        """Count the defect pixels of one map; they are summed when many wait."""
        self._pending.append((bins, sizes))
        self._waiting += len(bins)
        if self._waiting > _PENDING:
            self.defects()

    def defects(self) -> DefectCounts:
        """Return the counts of all defect pixels so far."""
        if self._pending:
            bins, sizes = (np.concatenate(each) for each in zip(*self._pending, strict=True))
            self._defects += DefectCounts.of(bins, sizes)
            self._pending, self._waiting = [], 0
        return self._defects


def count_pixels(pairs: Iterator[Numbered]) -> PixelTally:
    """Return the counts of all maps and masks, read one at a time as threads are free.

    Raises:
        MetricError: as `check_pair`, and what ``pairs`` raises.
    """
    tally, source, lock = PixelTally(), _Shared(pairs), Lock()
    workers = usable_cores()
    with ThreadPoolExecutor(workers) as pool:
        running = [pool.submit(_count, source, tally, lock) for _ in range(workers)]
        tables = [each.result() for each in running]
    tally.pixels = tables[0]
    for table in tables[1:]:
        tally.pixels += table
    return tally


class _Shared:
    """An iterator that several threads draw from; one that fails stops all."""

    def __init__(self, items: Iterator[Numbered]) -> None:
        self._items = items
        self._lock = Lock()
        self._open = True

    def draw(self) -> Numbered | None:
        with self._lock:
            return next(self._items, None) if self._open else None

    def close(self) -> None:
        self._open = False


def _count(source: _Shared, tally: PixelTally, lock: Lock) -> UInt32[np.ndarray, " bin"]:
    """Count maps until there are no more; return this thread's table of all pixels."""
    table = np.zeros(LEVELS + 1, np.uint32)
    counter = torch.from_numpy(table.view(np.int32))  # same bits; sums below 2**32 stay right
    one = torch.ones((), dtype=torch.int32)
    try:
        while (drawn := source.draw()) is not None:
            anomaly_map, mask = check_pair(*drawn)
            bins = bin_scores(anomaly_map)
            counter.scatter_add_(0, torch.from_numpy(bins.ravel()), one.expand(bins.size))
            if mask is not None:
                count, sizes = label_regions(mask)
                inside = bins[mask]
                with lock:
                    tally.n_regions += count
                    tally.add_defects(inside, sizes)
            with lock:
                tally.n_pixels += anomaly_map.size
    finally:
        source.close()
    return table
