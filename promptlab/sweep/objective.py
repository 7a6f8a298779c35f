"""What a trial is worth: its goals, measured category by category.

Knows metrics and the workbench; does not know Optuna or where trials are kept.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from promptlab.config import ExperimentConfig, ObjectiveConfig, with_overrides
from promptlab.errors import ConfigError
from promptlab.workbench import Workbench

__all__ = ["PROMPTS", "Goal", "goals_of", "measure_goals", "quick", "value_goals"]

PROMPTS = "prompts"
"""The goal that is a count, not a metric: how many prompts a category uses."""

Measured = Mapping[str, Mapping[str, float]]
"""Category -> name of a metric (or `PROMPTS`) -> value."""


@dataclass(frozen=True)
class Goal:
    """One direction of the search: the mean of some measurements over the categories."""

    names: tuple[str, ...]
    direction: Literal["maximize", "minimize"] = "maximize"

    def value(self, measured: Measured) -> float:
        """Return the mean over categories and names."""
        return float(np.mean([one[name] for one in measured.values() for name in self.names]))


def goals_of(objective: ObjectiveConfig) -> tuple[Goal, ...]:
    """Return the goals of an objective, in its order."""
    if not objective.pareto:
        return (Goal(objective.names),)
    return tuple(
        Goal((name,), "minimize" if name == PROMPTS else "maximize") for name in objective.pareto
    )


def value_goals(goals: Sequence[Goal], measured: Measured) -> tuple[float, ...]:
    """Return the value of each goal."""
    return tuple(goal.value(measured) for goal in goals)


def quick(config: ExperimentConfig) -> ExperimentConfig:
    """Return the configuration without intervals: the search side needs none."""
    return with_overrides(config, {"metrics.bootstrap": 0})


def measure_goals(
    config: ExperimentConfig,
    categories: Iterable[str],
    workbench: Workbench,
    *,
    names: Iterable[str],
) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield what the goals need of one category after the other.

    Raises:
        ConfigError: when a metric is undefined on a category.
    """
    wanted = tuple(dict.fromkeys(names))
    cheap = quick(config)
    pixels = any(name != PROMPTS and not name.startswith("image_") for name in wanted)
    for category, judged, measured in workbench.score(
        dict.fromkeys(categories, cheap), maps=pixels
    ):
        metrics = measured.named
        values: dict[str, float] = {}
        for name in wanted:
            if name == PROMPTS:
                values[name] = float(len(judged.prompts.prompts))
                continue
            values[name] = metrics[name].value
            if np.isnan(values[name]):
                raise ConfigError(
                    f"sweep.objective must be defined on every search category, but {name} of "
                    f"{category!r} is not ({metrics[name].reason}); choose another metric."
                )
        yield category, values
