"""One worker of a study: opens or joins it, runs trials until none is left, survives Ctrl-C.

A worker that is killed at any moment loses nothing: the same command, here or elsewhere, takes its
trial up again. Knows studies and trials; what a trial does is the caller's.
"""

import json
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from types import FrameType
from typing import Any, Literal

import optuna
from optuna.exceptions import DuplicatedStudyError, TrialPruned, UpdateFinishedTrialError
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, Trial, TrialState

from promptlab.errors import ConfigError
from promptlab.sweep.queue import Claim, claim_trial, count_finished, plan_trials
from promptlab.sweep.storage import StudyStore

__all__ = [
    "SECONDS",
    "Interrupts",
    "StudyPlan",
    "SweepInterruptedError",
    "best_trials",
    "join_study",
    "work",
]

SECONDS = "seconds"
_SETTINGS = "settings"
_POLL = 0.5
"""Seconds between two looks at a study whose last trials others are running."""

Objective = Callable[[Trial, frozenset[int]], tuple[float, ...]]
"""Runs a trial; told the steps that an earlier worker reported of it."""


class SweepInterruptedError(KeyboardInterrupt):
    """Somebody pressed Ctrl-C; the study is whole, and the same command goes on with it."""

    def __init__(self, finished: int, wanted: int) -> None:
        super().__init__(f"{finished} of {wanted} trials are finished")
        self.finished = finished
        self.wanted = wanted


@dataclass(frozen=True)
class StudyPlan:
    """What all workers of one study agree on."""

    name: str
    directions: tuple[Literal["maximize", "minimize"], ...]
    trials: int
    sampler: BaseSampler
    pruner: BasePruner
    settings: Mapping[str, Any]
    """What the values of trials depend on; a study with other settings is refused."""
    values_of: Callable[[int], Mapping[str, Any]]
    """Slot -> values that are not left to the sampler."""

    def load(self, store: StudyStore) -> optuna.Study:
        """Return the study with nothing remembered of earlier looks at it."""
        return optuna.load_study(
            study_name=self.name, storage=store.storage, sampler=self.sampler, pruner=self.pruner
        )


class Interrupts:
    """Ctrl-C: the first one lets the running trial finish, the second one drops it."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.asked = False
        self._tell = tell

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Handle the interrupts of the block; only the main thread gets any."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(signal.SIGINT, self._handle)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
        self._tell("stopping after this trial; Ctrl-C again drops the trial")


def join_study(plan: StudyPlan, store: StudyStore) -> optuna.Study:
    """Make the study with all its trials waiting, or join the one that is there.

    Raises:
        ConfigError: when the study that is there has other settings.
    """
    first_here = True
    with store.alone():
        try:
            study = optuna.create_study(
                study_name=plan.name, storage=store.storage, directions=plan.directions
            )
            study.set_user_attr(_SETTINGS, plan.settings)
        except DuplicatedStudyError:
            first_here = False
            study = plan.load(store)
            _check_settings(study, store, plan)
    plan_trials(study, store, plan.trials, first_here=first_here, values_of=plan.values_of)
    store.revive(study)
    return study


def work(
    plans: Sequence[StudyPlan],
    store: StudyStore,
    objectives: Sequence[Objective],
    *,
    interrupts: Interrupts,
    watch: Callable[[int, optuna.Study], None],
) -> None:
    """Run trials of studies, one study after the other, until each has as many as wanted.

    Args:
        plans: the studies.
        store: their storage.
        objectives: what a trial of each study does.
        interrupts: says when to stop.
        watch: called with the place of a study in ``plans`` after each of its trials.

    Raises:
        SweepInterruptedError: when told to stop.
    """
    with interrupts.watched():
        try:
            for place, (plan, objective) in enumerate(zip(plans, objectives, strict=True)):
                _drain(plan, store, objective, interrupts, partial(watch, place))
            _finish(plans, store, objectives, interrupts, watch)
        except KeyboardInterrupt:
            interrupts.asked = True
    if interrupts.asked:
        finished = sum(min(count_finished(plan.load(store)), plan.trials) for plan in plans)
        wanted = sum(plan.trials for plan in plans)
        if finished < wanted:
            raise SweepInterruptedError(finished, wanted)


def _finish(
    plans: Sequence[StudyPlan],
    store: StudyStore,
    objectives: Sequence[Objective],
    interrupts: Interrupts,
    watch: Callable[[int, optuna.Study], None],
) -> None:
    """Wait for the last trials of other workers, and take over those of dead ones."""
    for place, (plan, objective) in enumerate(zip(plans, objectives, strict=True)):
        study = plan.load(store)
        while not interrupts.asked and count_finished(study) < plan.trials:
            time.sleep(_POLL)
            store.revive(study)
            plan_trials(study, store, plan.trials, first_here=False, values_of=plan.values_of)
            _drain(plan, store, objective, interrupts, partial(watch, place))
            watch(place, study)


def _drain(
    plan: StudyPlan,
    store: StudyStore,
    objective: Objective,
    interrupts: Interrupts,
    watch: Callable[[optuna.Study], None],
) -> None:
    """Run waiting trials until none is left."""
    while not interrupts.asked:
        study = plan.load(store)  # a new one: its sampler must not remember an older history
        claim = claim_trial(study, store, plan.trials)
        if claim is None:
            return
        _run(study, store, claim, objective)
        watch(study)


def _run(study: optuna.Study, store: StudyStore, claim: Claim, objective: Objective) -> None:
    """Run one trial and tell what came out, unless another worker has taken it over."""
    begun = time.perf_counter()
    state, values = TrialState.COMPLETE, None
    try:
        with store.working(claim.trial_id):
            try:
                values = objective(claim.trial, claim.reported)
            except TrialPruned:
                state = TrialState.PRUNED
            claim.trial.set_user_attr(SECONDS, time.perf_counter() - begun)
        study.tell(claim.trial, values, state=state)
    except UpdateFinishedTrialError:
        return  # this worker was silent for too long and its trial was given to another
    except KeyboardInterrupt:
        store.drop(study, claim.trial_id)
        raise
    except Exception as error:
        _fail(study, store, claim, error)
        raise


def _fail(study: optuna.Study, store: StudyStore, claim: Claim, error: Exception) -> None:
    """Leave a trial that raised as failed; a storage that is gone leaves it to be revived."""
    try:
        store.storage.set_trial_user_attr(claim.trial_id, "note", type(error).__name__)
        study.tell(claim.trial, state=TrialState.FAIL)
    except Exception as second:
        raise error from second


def _check_settings(study: optuna.Study, store: StudyStore, plan: StudyPlan) -> None:
    """Refuse a study whose trials measured something else."""
    since = time.monotonic()
    while _SETTINGS not in study.user_attrs and time.monotonic() - since < store.patience:
        time.sleep(0.1)  # whoever made the study a moment ago is about to say
    if _SETTINGS not in study.user_attrs and not study.get_trials(deepcopy=False):
        study.set_user_attr(_SETTINGS, plan.settings)  # its maker died before the first trial
    theirs = study.user_attrs.get(_SETTINGS, {})
    ours = json.loads(json.dumps(plan.settings))
    differing = [key for key in {**ours, **theirs} if ours.get(key) != theirs.get(key)]
    if differing:
        raise ConfigError(
            f"the study {study.study_name!r} was started with other settings (of "
            f"{', '.join(differing[:4])}), so that its trials cannot be compared with new ones; "
            "choose another --study and --out, or take the old settings."
        )


def best_trials(study: optuna.Study) -> list[FrozenTrial]:
    """Return the complete trials that no other beats, best first goal first, then the oldest."""
    kept = study.best_trials
    sign = -1 if study.directions[0] == optuna.study.StudyDirection.MAXIMIZE else 1
    return sorted(kept, key=lambda trial: (sign * trial.values[0], trial.number))
