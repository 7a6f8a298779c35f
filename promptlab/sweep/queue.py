"""The planned trials of a study: made once, claimed one by one, never more than wanted.

All trials wait in the storage before the first one runs, each with its slot. A worker takes a
waiting one in a single step that only one worker can win, and makes none of its own, so that any
number of workers finish exactly as many trials as were planned. Knows no configuration.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import FrozenTrial, Trial, TrialState

from promptlab.sweep.samplers import SLOT
from promptlab.sweep.storage import StudyStore

__all__ = ["Claim", "claim_trial", "count_finished", "plan_trials"]

WANTED = "wanted"
_FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)


@dataclass(frozen=True)
class Claim:
    """A trial that this worker has, and the steps that an earlier worker reported of it."""

    trial: Trial
    trial_id: int
    reported: frozenset[int]


def count_finished(study: optuna.Study) -> int:
    """Return how many trials are complete or pruned; failed ones are done again."""
    return len(study.get_trials(deepcopy=False, states=_FINISHED))


def plan_trials(
    study: optuna.Study,
    store: StudyStore,
    wanted: int,
    *,
    first_here: bool,
    values_of: Callable[[int], Mapping[str, Any]],
) -> None:
    """Queue trials until ``wanted`` are there, finished and running ones included.

    Args:
        study: the study.
        store: its storage.
        wanted: how many trials it shall have; never fewer than another worker has asked for.
        first_here: whether this worker made the study, so that nobody else plans yet.
        values_of: slot -> values that are not left to the sampler.
    """
    with store.alone():
        target = max(wanted, study.user_attrs.get(WANTED, 0))
        if target != study.user_attrs.get(WANTED):
            study.set_user_attr(WANTED, target)
        if not first_here:
            _await_planner(study, target, patience=store.patience)
        while len(kept := _kept(study)) < target:
            slots = [int(t.user_attrs.get(SLOT, -1)) for t in study.get_trials(deepcopy=False)]
            slot = 1 + max(slots, default=-1)
            missing = target - len(kept) if first_here or not store.patience else 1
            for nth in range(slot, slot + missing):
                study.enqueue_trial(dict(values_of(nth)), user_attrs={SLOT: nth})
        for surplus in _kept(study)[target:]:  # two workers planned at once
            if surplus.state == TrialState.WAITING:
                _cancel(store, surplus)


def claim_trial(study: optuna.Study, store: StudyStore, wanted: int) -> Claim | None:
    """Take the first waiting trial; None when none waits, or ``wanted`` are finished.

    All trials are read once: from a database, where most of them wait, that costs more than
    everything else a short trial does.
    """
    with store.alone():
        trials = study.get_trials(deepcopy=False)
        if sum(trial.state in _FINISHED for trial in trials) >= wanted:
            return None
        for waiting in trials:
            if waiting.state != TrialState.WAITING:
                continue
            trial_id = waiting._trial_id
            try:
                store.sign(trial_id)
                if not store.storage.set_trial_state_values(trial_id, TrialState.RUNNING):
                    continue
            except UpdateFinishedTrialError:
                continue
            if store.patience and _is_surplus(study, trials, waiting.number):
                _cancel(store, waiting)
                continue
            return Claim(Trial(study, trial_id), trial_id, frozenset(waiting.intermediate_values))
    return None


def _await_planner(study: optuna.Study, target: int, *, patience: float) -> None:
    """Wait while another worker is queueing trials."""
    seen, since = -1, time.monotonic()
    while patience and time.monotonic() - since < patience:
        count = len(_kept(study))
        if count >= target:
            return
        if count != seen:
            seen, since = count, time.monotonic()
        time.sleep(0.1)


def _kept(study: optuna.Study) -> list[FrozenTrial]:
    """Return the trials that count, in the order of their numbers; failed ones do not."""
    return [t for t in study.get_trials(deepcopy=False) if t.state != TrialState.FAIL]


def _is_surplus(study: optuna.Study, trials: Sequence[FrozenTrial], number: int) -> bool:
    before = sum(t.number < number and t.state != TrialState.FAIL for t in trials)
    return bool(before >= study.user_attrs.get(WANTED, before + 1))


def _cancel(store: StudyStore, trial: FrozenTrial) -> None:
    try:
        store.storage.set_trial_user_attr(trial._trial_id, "note", "one more than was wanted")
        store.storage.set_trial_state_values(trial._trial_id, TrialState.FAIL)
    except UpdateFinishedTrialError:
        return
