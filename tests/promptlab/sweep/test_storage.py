import os
import warnings
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState

from promptlab.errors import ConfigError, MissingDependencyError, RecordError
from promptlab.sweep.queue import claim_trial, count_finished, plan_trials
from promptlab.sweep.samplers import SLOT, make_pruner, make_sampler
from promptlab.sweep.storage import StudyStore, hide_password, open_store, telling_no_password

SECRET = "postgresql://me:p%40ss@host/studies"  # noqa: S105


@pytest.fixture(autouse=True)
def quiet() -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)


def new_study(store: StudyStore, wanted: int, *, sampler: str = "random") -> optuna.Study:
    study = optuna.create_study(
        study_name="s", storage=store.storage, direction="maximize", load_if_exists=True,
        sampler=make_sampler(sampler, 0),
    )  # fmt: skip
    plan_trials(study, store, wanted, first_here=not study.trials, values_of=lambda _: {})
    return study


def states(study: optuna.Study) -> list[str]:
    return [trial.state.name for trial in study.trials]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:secret@host/db", "postgresql://me:***@host/db"),
        ("postgresql://me:se@cr:et@host:5/db", "postgresql://me:***@host:5/db"),
        ("postgresql://me@host/db", "postgresql://me@host/db"),
        ("postgresql://host/db?user=me&password=x&a=1", "postgresql://host/db?user=me&password=***&a=1"),
        ("sqlite:////tmp/a:b.db", "sqlite:////tmp/a:b.db"),
        ("grpc://host:13000", "grpc://host:13000"),
    ],
)  # fmt: skip
def test_hide_password_leaves_the_rest_readable(url: str, shown: str) -> None:
    assert hide_password(url) == shown


def test_errors_of_a_driver_are_told_without_the_password() -> None:
    class OperationalError(Exception):
        __module__ = "sqlalchemy.exc"

    with pytest.raises(RecordError) as caught, telling_no_password(SECRET):
        raise OperationalError(f"cannot reach {SECRET}\nwith p@ss or p%40ss")
    assert "p@ss" not in str(caught.value)
    assert "p%40ss" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_errors_that_are_no_storages_pass_as_they_are() -> None:
    with pytest.raises(ZeroDivisionError), telling_no_password(SECRET):
        raise ZeroDivisionError
    with pytest.raises(ConfigError, match="ours"), telling_no_password(SECRET):
        raise ConfigError("ours")


def test_a_missing_driver_is_named_with_its_remedy() -> None:
    with (
        pytest.raises(MissingDependencyError, match=r"pip install 'psycopg\[binary\]>=3.2'"),
        telling_no_password(SECRET),
    ):
        raise ImportError("no module named psycopg")


@pytest.mark.parametrize(
    ("url", "words"), [("nonsense", "is a URL such as"), ("grpc://host", "is grpc://HOST:PORT")]
)
def test_open_store_refuses_a_malformed_url(url: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=words):
        open_store(url, tmp_path, heartbeat=1)


def test_a_half_written_line_is_cut_off_and_nothing_else(tmp_path: Path) -> None:
    store = open_store(None, tmp_path, heartbeat=1)
    new_study(store, 2)
    journal = tmp_path / "journal.log"
    whole = journal.read_bytes()
    journal.write_bytes(whole + b'{"op_code":6,"wor')
    again = open_store(None, tmp_path, heartbeat=1)
    study = new_study(again, 3)
    assert states(study) == ["WAITING"] * 3
    assert journal.read_bytes().startswith(whole)
    for one in (store, again):
        one.close()


def test_claims_take_each_trial_once_and_make_none(tmp_path: Path) -> None:
    store = open_store(None, tmp_path, heartbeat=1)
    study = new_study(store, 3)
    claims = [claim_trial(study, store, 99) for _ in range(4)]
    assert [claim.trial.number if claim else None for claim in claims] == [0, 1, 2, None]
    store.close()


def test_a_dead_workers_trial_is_taken_up_with_its_values(tmp_path: Path) -> None:
    dead, alive = (open_store(None, tmp_path, heartbeat=1) for _ in range(2))
    study = new_study(dead, 2)
    first = claim_trial(study, dead, 99)
    assert first is not None
    drawn = first.trial.suggest_float("x", 0, 1)
    first.trial.report(0.5, 0)
    mine = claim_trial(study, alive, 99)
    alive.revive(study)
    assert states(study) == ["RUNNING", "RUNNING"]  # both live
    os.close(dead._presence)  # what the operating system does when a process dies
    alive.revive(study)
    assert states(study) == ["WAITING", "RUNNING"]
    again = claim_trial(study, alive, 99)
    assert again is not None
    assert mine is not None
    assert again.reported == {0}
    assert again.trial.suggest_float("x", 0, 1) == drawn
    alive.close()


def test_a_dropped_trial_waits_again(tmp_path: Path) -> None:
    store = open_store(None, tmp_path, heartbeat=1)
    study = new_study(store, 1)
    claim = claim_trial(study, store, 99)
    assert claim is not None
    store.drop(study, claim.trial_id)
    assert states(study) == ["WAITING"]
    study.tell(claim_trial(study, store, 99).trial, 1.0)
    store.drop(study, claim.trial_id)  # finished in the meantime
    assert states(study) == ["COMPLETE"]
    store.close()


def test_a_database_repeats_a_silent_workers_trial_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'studies.db'}"
    store = open_store(url, tmp_path, heartbeat=1)
    study = new_study(store, 2)
    claim = claim_trial(study, store, 99)
    assert claim is not None
    drawn = claim.trial.suggest_float("x", 0, 1)
    store.revive(study)
    assert states(study) == ["RUNNING", "WAITING"]
    store.drop(study, claim.trial_id)
    store.drop(study, claim.trial_id)  # a second worker comes too late
    assert states(study) == ["FAIL", "WAITING", "WAITING"]
    assert study.trials[2].params == {"x": drawn}
    assert study.trials[2].user_attrs[SLOT] == 0
    store.close()


def test_a_plan_that_two_workers_made_is_cut_to_what_is_wanted(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'studies.db'}", tmp_path, heartbeat=1)
    study = new_study(store, 3)
    study.enqueue_trial({}, user_attrs={SLOT: 3})
    taken = [claim_trial(study, store, 99) for _ in range(4)]
    assert [bool(claim) for claim in taken] == [True, True, True, False]
    assert states(study) == ["RUNNING"] * 3 + ["FAIL"]
    assert count_finished(study) == 0
    store.close()


def test_a_plan_grows_when_more_trials_are_wanted(tmp_path: Path) -> None:
    store = open_store(None, tmp_path, heartbeat=1)
    new_study(store, 2)
    study = new_study(store, 5)
    assert [trial.user_attrs[SLOT] for trial in study.trials] == [0, 1, 2, 3, 4]
    plan_trials(study, store, 3, first_here=False, values_of=lambda _: {})
    assert len(study.trials) == 5
    store.close()


@pytest.mark.parametrize("name", ["tpe", "random", "gp", "nsga2"])
def test_samplers_draw_a_trial_again_as_it_was(name: str, tmp_path: Path) -> None:
    def draw(folder: Path, *, killed_at: int | None) -> list[dict[str, object]]:
        store = open_store(None, folder, heartbeat=1)
        study = new_study(store, 24, sampler=name)
        for number in range(24):
            study = optuna.load_study(
                study_name="s", storage=store.storage, sampler=make_sampler(name, 0)
            )
            claim = claim_trial(study, store, 99)
            assert claim is not None
            kind = claim.trial.suggest_categorical("kind", ["a", "b"])
            if number == killed_at:  # in the middle of a trial, with half of its values drawn
                store.drop(study, claim.trial_id)
                claim = claim_trial(study, store, 99)
                assert claim is not None
                kind = claim.trial.suggest_categorical("kind", ["a", "b"])
            x = claim.trial.suggest_float("x", 0, 1)
            y = claim.trial.suggest_int("y", 1, 9) if kind == "a" else 0
            study.tell(claim.trial, x - abs(y - 4) / 9)
        store.close()
        return [trial.params for trial in study.trials]

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plain = draw(tmp_path / "plain", killed_at=None)
    assert draw(tmp_path / "killed", killed_at=20) == plain
    # Later trials may meet again (a child like its parent, an optimum at a bound), first ones not.
    assert len({str(one) for one in plain[:8]}) == 8


def test_pruners_stop_a_trial_that_falls_behind() -> None:
    for name, steps in (("median", 1), ("wilcoxon", 5)):
        study = optuna.create_study(direction="maximize", pruner=make_pruner(name))
        for value in (0.9, 0.9, 0.9, 0.9, 0.9, 0.9):
            trial = study.ask()
            for step in range(steps):
                trial.report(value + step / 100, step)
            study.tell(trial, value)
        weak = study.ask()
        for step in range(steps):
            weak.report(0.1 + step / 100, step)
        assert weak.should_prune()
    assert not optuna.create_study(pruner=make_pruner("none")).ask().should_prune()
    assert TrialState.PRUNED.is_finished()
