from pathlib import Path
from typing import Any

import optuna
import pytest
from fakes import TinyBackbone, write_mvtec

from promptlab import workbench as module
from promptlab.config import ExperimentConfig, load_config
from promptlab.errors import ConfigError, RecordError
from promptlab.evaluate import run_experiment
from promptlab.report.build import build_report
from promptlab.results import SweepRecord, read_sweep
from promptlab.sweep import StudyHome, run, run_sweep
from promptlab.workbench import Workbench

SPACE = {
    "prompts.per_state": {"int": [1, 32, "log"]},
    "scorer.params.share": {"float": [0.1, 1.0]},
    "scorer.name": {"choice": ["mean", "contextual"]},
    "fusion.local": {"float": [0, 1]},
}


@pytest.fixture
def content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setattr(module, "load_backbone", lambda *_, **__: TinyBackbone())
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    root = write_mvtec(tmp_path / "data", categories=("disc", "plate"))
    return {
        "name": "tiny",
        "dataset": {"name": "mvtec", "root": str(root)},
        "metrics": {"pixel_size": 32, "bootstrap": 0},
        "sweep": {
            "trials": 6,
            "search_categories": ["disc"],
            "report_categories": ["plate"],
            "space": SPACE,
        },
    }


def sweep(content: dict[str, Any], folder: Path, trials: int | None = None) -> SweepRecord:
    config = ExperimentConfig.model_validate(content)
    home = StudyHome("tiny", folder)
    return run_sweep(config, Workbench(), home=home, trials=trials)


def test_run_sweep_reports_default_winner_and_baseline_on_the_other_side(
    content: dict[str, Any], tmp_path: Path
) -> None:
    record = sweep(content, tmp_path / "study")
    assert len(record.trials) == 6
    assert record.best.value == max(trial.value or 0 for trial in record.trials)
    assert record.default_value == record.trials[0].value
    assert list(record.report.best.categories) == ["plate"]
    assert read_sweep(tmp_path / "study") == record


def test_run_sweep_says_which_arms_are_transductive(
    content: dict[str, Any], tmp_path: Path
) -> None:
    space = {"mutual.weight": {"choice": [0.5]}}
    content["sweep"] = {**content["sweep"], "sampler": "grid", "trials": 1, "space": space}
    report = sweep(content, tmp_path / "study").report
    assert report.transductive == ("best",)
    assert report.label("best", "Best trial") == "Best trial (transductive)"
    assert report.label("default", "Default") == "Default"


def test_run_sweep_goes_on_where_it_stopped(content: dict[str, Any], tmp_path: Path) -> None:
    first = sweep(content, tmp_path / "study", trials=3)
    second = sweep(content, tmp_path / "study", trials=5)
    assert [trial.number for trial in second.trials] == [0, 1, 2, 3, 4]
    assert second.trials[:3] == first.trials


def test_run_sweep_asks_only_for_parameters_the_chosen_scorer_has(
    content: dict[str, Any], tmp_path: Path
) -> None:
    for trial in sweep(content, tmp_path / "study").trials:
        contextual = trial.params["scorer.name"] == "contextual"
        assert ("scorer.params.share" in trial.params) == contextual


def test_run_sweep_refuses_an_undefined_objective(content: dict[str, Any], tmp_path: Path) -> None:
    for mask in (tmp_path / "data").rglob("*_mask.png"):
        mask.unlink()
    content["sweep"] = {**content["sweep"], "objective": {"mean": ["aupro"]}}
    with pytest.raises(ConfigError, match="aupro of 'disc' is not"):
        sweep(content, tmp_path / "study")


def test_run_sweep_refuses_an_unknown_category(content: dict[str, Any], tmp_path: Path) -> None:
    content["sweep"] = {**content["sweep"], "report_categories": ["dish"]}
    with pytest.raises(ConfigError, match="got 'dish'; it has: disc, plate"):
        sweep(content, tmp_path / "study")


def test_run_sweep_goes_on_as_if_it_had_never_stopped(
    content: dict[str, Any], tmp_path: Path
) -> None:
    whole = sweep(content, tmp_path / "whole", trials=14)
    sweep(content, tmp_path / "parts", trials=5)
    parts = sweep(content, tmp_path / "parts", trials=14)
    assert [one.params for one in parts.trials] == [one.params for one in whole.trials]


def test_run_sweep_refuses_a_study_of_other_settings(
    content: dict[str, Any], tmp_path: Path
) -> None:
    sweep(content, tmp_path / "study", trials=1)
    content["fusion"] = {"sigma": 0.5}
    with pytest.raises(ConfigError, match=r"'tiny' was started with other settings \(of fusion\)"):
        sweep(content, tmp_path / "study", trials=2)


def test_run_sweep_writes_a_winner_that_reproduces_its_numbers(
    content: dict[str, Any], tmp_path: Path
) -> None:
    content["metrics"]["bootstrap"] = 20
    record = sweep(content, tmp_path / "study")
    winner = load_config(tmp_path / "study" / "best.yaml")
    assert winner.name == "tiny-best"
    _, again = run_experiment(winner, Workbench(), parent=tmp_path / "runs")
    assert again.results.categories["plate"] == record.report.best.categories["plate"]
    assert record.searched is not None
    searched = record.searched.best.categories["disc"].metrics  # without intervals
    own = again.results.categories["disc"].metrics
    assert {name: metric.value for name, metric in own.items()} == {
        name: metric.value for name, metric in searched.items()
    }
    for found in (record.report.over_default, record.report.over_baseline):
        assert found is None or (found.p_value is not None and 0 < found.p_value <= 1)


def test_run_sweep_over_folds_reports_each_category_by_a_winner_that_never_saw_it(
    content: dict[str, Any], tmp_path: Path
) -> None:
    root = write_mvtec(tmp_path / "three", categories=("disc", "plate", "ring"), count=3)
    content["dataset"]["root"] = str(root)
    content["sweep"] = {"trials": 2, "folds": "leave_one_out", "space": SPACE}
    record = sweep(content, tmp_path / "study")
    assert [fold.report_categories for fold in record.folds] == [("disc",), ("plate",), ("ring",)]
    assert [len(fold.search_categories) for fold in record.folds] == [2, 2, 2]
    assert sorted(record.report.best.categories) == ["disc", "plate", "ring"]
    assert len(record.trials) == 6
    assert record.best in [fold.best for fold in record.folds]
    assert "Folds" in page_of(tmp_path / "study")


def test_run_sweep_with_two_goals_keeps_the_front(content: dict[str, Any], tmp_path: Path) -> None:
    content["sweep"]["objective"] = {"pareto": ["image_auroc", "prompts"]}
    record = sweep(content, tmp_path / "study", trials=12)
    pairs = [trial.values for trial in record.trials]
    for point in record.front:
        auroc, count = point.searched
        assert not any((a >= auroc and n <= count) and (a, n) != (auroc, count) for a, n in pairs)
        assert len(point.reported) == 2
    assert record.best.value == max(auroc for auroc, _ in pairs)
    page = page_of(tmp_path / "study")
    assert "prompts, searched" in page
    assert "image AUROC and few prompts at once" in page


def test_run_sweep_prunes_by_category(content: dict[str, Any], tmp_path: Path) -> None:
    names = ("disc", "plate", "ring")
    content["dataset"]["root"] = str(write_mvtec(tmp_path / "three", categories=names, count=3))
    content["sweep"] |= {"search_categories": names[:2], "report_categories": names[2:]}
    content["sweep"] |= {"pruner": "median", "trials": 16, "sampler": "random"}
    content["sweep"]["space"] = {"fusion.top": {"float": [0.01, 1.0]}, **SPACE}
    record = sweep(content, tmp_path / "study")
    states = [trial.state for trial in record.trials]
    assert len(states) == 16
    assert set(states) <= {"complete", "pruned"}
    assert states[:5] == ["complete"] * 5  # the median needs five
    assert all(trial.value is None for trial in record.trials if trial.state == "pruned")


def test_run_sweep_over_a_grid_tries_every_point_once(
    content: dict[str, Any], tmp_path: Path
) -> None:
    space = {
        "fusion.local": {"float": [0.2, 1.0], "step": 0.4},
        "prompts.per_state": {"int": [1, 2]},
    }
    content["sweep"] |= {"sampler": "grid", "space": space}
    record = sweep(content, tmp_path / "study")
    points = {tuple(trial.params.values()) for trial in record.trials}
    assert len(points) == len(record.trials) == 6
    content["sweep"]["trials"] = 5
    with pytest.raises(ConfigError, match="has 6 points for 5 trials"):
        sweep(content, tmp_path / "other")


def test_run_sweep_passes_over_a_point_that_the_rules_forbid(
    content: dict[str, Any], tmp_path: Path
) -> None:
    weights = {"choice": [0.0, 0.5]}
    content["sweep"] |= {
        "sampler": "grid",
        "space": {"fusion.local": weights, "fusion.global": weights},
    }
    record = sweep(content, tmp_path / "study")
    assert [trial.state for trial in record.trials].count("pruned") == 1
    (refused,) = [trial for trial in record.trials if trial.state == "pruned"]
    assert "one of fusion.global and fusion.local must be above 0" in refused.note


def test_run_sweep_marks_an_oracle_everywhere(content: dict[str, Any], tmp_path: Path) -> None:
    content["sweep"] |= {"report_categories": ["disc", "plate"], "oracle": True}
    assert sweep(content, tmp_path / "study").oracle
    assert "ORACLE: the search saw categories" in page_of(tmp_path / "study")


def test_run_sweep_leaves_a_failed_trial_and_tells_its_error(
    content: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(run, "measure_goals", broken)
        with pytest.raises(ZeroDivisionError):
            sweep(content, tmp_path / "study")
    record = sweep(content, tmp_path / "study")
    states = [trial.state for trial in record.trials]
    assert states == ["fail", *["complete"] * 6]
    assert record.trials[0].note == "ZeroDivisionError"


def test_run_sweep_refuses_to_report_when_nothing_is_complete(
    content: dict[str, Any], tmp_path: Path
) -> None:
    nothing = {"choice": [0.0]}
    content["sweep"] |= {
        "sampler": "grid",
        "space": {"fusion.local": nothing, "fusion.global": nothing},
    }
    with pytest.raises(RecordError, match="none of the 1 of 'tiny' is"):
        sweep(content, tmp_path / "study")


def test_run_sweep_tells_the_best_so_far_and_the_time_left(
    content: dict[str, Any], tmp_path: Path
) -> None:
    told: list[str] = []
    config = ExperimentConfig.model_validate(content)
    home = StudyHome("tiny", tmp_path / "study")
    run_sweep(
        config,
        Workbench(),
        home=home,
        progress=lambda task, done, total: told.append(f"{task} {done}/{total}"),
    )
    last = [line for line in told if line.startswith("sweep")]
    assert last[0] == "sweep 0/6"
    assert "best" in last[-1]
    assert last[-1].endswith("6/6")
    assert any("s left" in line for line in last)


def test_home_of_a_study_does_not_show_a_password() -> None:
    home = StudyHome("x", Path("y"), "postgresql://me:secret@host/db")
    assert "secret" not in repr(home)


def page_of(folder: Path) -> str:
    return build_report([folder], folder / "report.html").read_text(encoding="utf-8")
