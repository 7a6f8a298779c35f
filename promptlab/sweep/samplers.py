"""Samplers and pruners by name, repeatable whatever was killed in between.

Optuna's samplers draw from one stream of random numbers, so that a restarted search takes another
way. Here each trial has a stream of its own, made from the seed and the trial's slot: a trial that
was killed is drawn again as it was, and workers that share a study never draw the same.
"""

import warnings
from collections.abc import Callable, Sequence
from typing import Any
from zlib import crc32

import numpy as np
from optuna import Study
from optuna.distributions import BaseDistribution
from optuna.exceptions import ExperimentalWarning
from optuna.pruners import BasePruner, MedianPruner, NopPruner, WilcoxonPruner
from optuna.samplers import BaseSampler, GPSampler, NSGAIISampler, RandomSampler, TPESampler
from optuna.trial import FrozenTrial, TrialState

__all__ = ["SLOT", "make_pruner", "make_sampler"]

SLOT = "slot"
"""The trial attribute that says which of the planned trials it is; a repeated trial keeps it."""

_DRAWN = "promptlab:drawn"

_SAMPLERS: dict[str, Callable[[int], BaseSampler]] = {
    "tpe": lambda seed: TPESampler(seed=seed),
    "random": lambda seed: RandomSampler(seed=seed),
    "grid": lambda seed: RandomSampler(seed=seed),  # every trial of a grid has its values already
    "gp": lambda seed: GPSampler(seed=seed, warn_independent_sampling=False),
    "nsga2": lambda seed: NSGAIISampler(population_size=20, seed=seed),
}


def make_sampler(name: str, seed: int) -> BaseSampler:
    """Return a sampler of `SweepConfig.sampler`, repeatable trial by trial."""
    return _Repeatable(_SAMPLERS[name], seed)


def make_pruner(name: str) -> BasePruner:
    """Return a pruner of `SweepConfig.pruner`; steps are categories."""
    pruners: dict[str, Callable[[], BasePruner]] = {
        "none": NopPruner,
        "median": lambda: MedianPruner(n_startup_trials=5),
        # A threshold of 0.1 cannot be met before the fourth category (Wilcoxon's exact p-values).
        "wilcoxon": lambda: WilcoxonPruner(p_threshold=0.1, n_startup_steps=4),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        return pruners[name]()


class _Repeatable(BaseSampler):
    """Another sampler, made anew for every trial from the seed and the trial's slot."""

    def __init__(self, make: Callable[[int], BaseSampler], seed: int) -> None:
        self._make = make
        self._seed = seed
        self._current = make(seed)

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Start the trial's own stream of random numbers."""
        self._current = self._make(self._seed_of(trial))
        self._current.before_trial(study, trial)

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Ask the trial's sampler."""
        return self._current.infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Ask the trial's sampler once; a resumed trial keeps what its first worker drew."""
        drawn: dict[str, Any] | None = trial.system_attrs.get(_DRAWN)
        if drawn is None:
            drawn = self._current.sample_relative(study, trial, search_space)
            if drawn:
                study._storage.set_trial_system_attr(trial._trial_id, _DRAWN, drawn)
        return {name: value for name, value in drawn.items() if name in search_space}

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:  # noqa: ANN401 - as Optuna declares it
        """Ask a sampler of this parameter alone: a resumed trial has others already."""
        alone = self._make(self._seed_of(trial, param_name))
        return alone.sample_independent(study, trial, param_name, param_distribution)

    def after_trial(
        self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        """Tell the trial's sampler."""
        self._current.after_trial(study, trial, state, values)

    def _seed_of(self, trial: FrozenTrial, param_name: str = "") -> int:
        slot = int(trial.user_attrs.get(SLOT, trial.number))
        entropy = (self._seed, slot, crc32(param_name.encode()))
        return int(np.random.SeedSequence(entropy).generate_state(1)[0])
