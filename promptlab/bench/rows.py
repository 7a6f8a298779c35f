"""One line of the benchmark: what was measured, beside what, and the goal.

Seconds depend on the machine and on what else it does; ratios of two works measured in turns
much less. Knows nothing of what is measured.
"""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter

__all__ = ["Row", "below", "faster", "skipped", "time_in_turns", "within"]


@dataclass(frozen=True)
class Row:
    """One measurement."""

    work: str
    reference: str
    value: float | None
    """None: not measured."""
    unit: str
    goal: str
    met: bool | None
    seconds: float | None = None
    """Of our work, median."""
    reference_seconds: float | None = None
    note: str = ""


def faster(
    work: str, reference: str, *, ours: float, theirs: float, goal: int | float, note: str = ""
) -> Row:
    """Compare with something that our work should be several times as fast as."""
    ratio = theirs / ours
    return Row(
        work, reference, ratio, "x faster", f">= {goal:g}", ratio >= goal, ours, theirs, note
    )


def within(
    work: str, reference: str, *, ours: float, limit: float, goal: int | float, note: str = ""
) -> Row:
    """Compare with something that our work should take at most several times as long as."""
    ratio = ours / limit
    return Row(
        work, reference, ratio, "x the time", f"<= {goal:g}", ratio <= goal, ours, limit, note
    )


def below(work: str, reference: str, value: float, *, unit: str, goal: int | float) -> Row:
    """Report a quantity that should not exceed a limit."""
    return Row(work, reference, value, unit, f"<= {goal:g}", value <= goal)


def skipped(work: str, reference: str, why: str) -> Row:
    """Name what could not be measured here."""
    return Row(work, reference, None, "", "", None, note=f"skipped: {why}")


def time_in_turns(*works: Callable[[], object], repeats: int) -> list[float]:
    """Return the median seconds of each work; they take turns, so that load hits them alike."""
    seconds: list[list[float]] = [[] for _ in works]
    for _ in range(repeats):
        for work, taken in zip(works, seconds, strict=True):
            begun = perf_counter()
            work()
            taken.append(perf_counter() - begun)
    return [median(taken) for taken in seconds]
