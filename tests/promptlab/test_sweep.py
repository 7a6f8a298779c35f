from pathlib import Path

import optuna
import pytest
from fakes import TinyBackbone, write_mvtec

from promptlab import workbench as module
from promptlab.config import ExperimentConfig
from promptlab.errors import ConfigError
from promptlab.results import SweepRecord, read_sweep
from promptlab.sweep import Dimension, read_space, run_sweep
from promptlab.workbench import Workbench

SPACE = {
    "prompts.per_state": {"int": [1, 32, "log"]},
    "scorer.params.share": {"float": [0.1, 1.0]},
    "scorer.name": {"choice": ["mean", "contextual"]},
    "fusion.local": {"float": [0, 1]},
}


@pytest.fixture
def content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    monkeypatch.setattr(module, "load_backbone", lambda *_, **__: TinyBackbone())
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    root = write_mvtec(tmp_path / "data", categories=("disc", "plate"))
    return {
        "name": "tiny",
        "dataset": {"name": "mvtec", "root": root},
        "metrics": {"pixel_size": 32, "bootstrap": 0},
        "sweep": {
            "trials": 6,
            "search_categories": ["disc"],
            "report_categories": ["plate"],
            "space": SPACE,
        },
    }


def sweep(content: dict[str, object], folder: Path, trials: int | None = None) -> SweepRecord:
    config = ExperimentConfig.model_validate(content)
    return run_sweep(config, Workbench(), folder=folder, study_name="tiny", trials=trials)


def test_run_sweep_reports_default_winner_and_baseline_on_the_other_side(
    content: dict[str, object], tmp_path: Path
) -> None:
    record = sweep(content, tmp_path / "study")
    assert len(record.trials) == 6
    assert record.best.value == max(trial.value or 0 for trial in record.trials)
    assert record.default_value == record.trials[0].value
    assert list(record.report.best.categories) == ["plate"]
    assert read_sweep(tmp_path / "study") == record


def test_run_sweep_goes_on_where_it_stopped(content: dict[str, object], tmp_path: Path) -> None:
    first = sweep(content, tmp_path / "study", trials=3)
    second = sweep(content, tmp_path / "study", trials=5)
    assert [trial.number for trial in second.trials] == [0, 1, 2, 3, 4]
    assert second.trials[:3] == first.trials


def test_run_sweep_asks_only_for_parameters_the_chosen_scorer_has(
    content: dict[str, object], tmp_path: Path
) -> None:
    for trial in sweep(content, tmp_path / "study").trials:
        contextual = trial.params["scorer.name"] == "contextual"
        assert ("scorer.params.share" in trial.params) == contextual


def test_run_sweep_refuses_an_undefined_objective(
    content: dict[str, object], tmp_path: Path
) -> None:
    for mask in (tmp_path / "data").rglob("*_mask.png"):
        mask.unlink()
    content["sweep"] = {**content["sweep"], "objective": {"mean": ["aupro"]}}  # type: ignore[dict-item]
    with pytest.raises(ConfigError, match="aupro of 'disc' is not"):
        sweep(content, tmp_path / "study")


def test_run_sweep_refuses_an_unknown_category(content: dict[str, object], tmp_path: Path) -> None:
    content["sweep"] = {**content["sweep"], "report_categories": ["dish"]}  # type: ignore[dict-item]
    with pytest.raises(ConfigError, match="got 'dish'; it has: disc, plate"):
        sweep(content, tmp_path / "study")


@pytest.mark.parametrize(
    ("space", "words"),
    [
        ({"fusion.locl": {"float": [0, 1]}}, "unknown key 'fusion.locl'; did you mean 'local'"),
        ({"fusion.local": {"float": [1, 0]}}, "with low < high"),
        ({"fusion.local": {"float": [0, 1, "log"]}}, "then low > 0"),
        ({"fusion.local": {"real": [0, 1]}}, r"must be \{int"),
        ({"fusion.local": {"float": [-1, 1]}}, "greater than or equal to 0"),
        ({"scorer.name": {"choice": []}}, r"must be \{int"),
    ],
)
def test_read_space_refuses_with_rule_and_remedy(
    content: dict[str, object], space: dict[str, object], words: str
) -> None:
    content["sweep"] = {**content["sweep"], "space": space}  # type: ignore[dict-item]
    with pytest.raises(ConfigError, match=words):
        read_space(ExperimentConfig.model_validate(content))


def test_read_space_needs_a_sweep_section(content: dict[str, object]) -> None:
    del content["sweep"]
    with pytest.raises(ConfigError, match="needs a 'sweep:' section"):
        read_space(ExperimentConfig.model_validate(content))


def test_dimension_holds_only_its_own_values() -> None:
    number = Dimension("x", "float", low=0.0, high=1.0)
    assert number.holds(0.5)
    assert not number.holds(2)
    assert not number.holds(value=True)
    assert Dimension("x", "choice", choices=("a",)).holds("a")
