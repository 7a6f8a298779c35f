"""Which categories a search sees, and which ones its winner is reported on.

Either two sides, or folds: the categories in parts, each reported by the winner of a search on all
the others, so that every category has a result of a winner that never saw it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from promptlab.config import SweepConfig
from promptlab.errors import ConfigError

__all__ = ["Fold", "make_folds"]


@dataclass(frozen=True)
class Fold:
    """One search: a study, what it sees and what it is reported on."""

    study: str
    search: tuple[str, ...]
    report: tuple[str, ...]


def make_folds(sweep: SweepConfig, available: Sequence[str], *, study: str) -> tuple[Fold, ...]:
    """Return the searches that a sweep needs; one when it names both sides itself.

    Fold i of k reports every k-th category from the i-th, in the data set's order.

    Raises:
        ConfigError: when a category does not exist, or there are fewer categories than folds.
    """
    if sweep.folds is None:
        for side in ("search_categories", "report_categories"):
            unknown = sorted(set(getattr(sweep, side)) - set(available))
            if unknown:
                raise ConfigError(
                    f"sweep.{side} must name categories of the data set, but got {unknown[0]!r}; "
                    f"it has: {', '.join(available)}."
                )
        return (Fold(study, sweep.search_categories, sweep.report_categories),)
    count = len(available) if sweep.folds == "leave_one_out" else sweep.folds
    if not 2 <= count <= len(available):
        raise ConfigError(
            f"sweep.folds must be from 2 to the number of categories, but got {sweep.folds} for "
            f"{len(available)} ({', '.join(available)}); use fewer folds or more categories."
        )
    parts = [tuple(available[i::count]) for i in range(count)]
    return tuple(
        Fold(f"{study}.fold-{i}", tuple(one for one in available if one not in part), part)
        for i, part in enumerate(parts, start=1)
    )
