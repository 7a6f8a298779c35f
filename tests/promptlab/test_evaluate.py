import hashlib
import json
from pathlib import Path

import pytest
from fakes import TinyBackbone, write_mvtec

from promptlab import workbench as module
from promptlab.config import ExperimentConfig, with_overrides
from promptlab.errors import RecordError
from promptlab.evaluate import baseline_of, run_experiment
from promptlab.gallery import read_gallery
from promptlab.prompts.files import read_prompt_set
from promptlab.report.build import build_report
from promptlab.results import read_record, read_scores
from promptlab.types import State
from promptlab.workbench import Workbench


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ExperimentConfig:
    monkeypatch.setattr(module, "load_backbone", lambda *_, **__: TinyBackbone())
    root = write_mvtec(tmp_path / "data", categories=("disc", "plate"))
    return ExperimentConfig.model_validate(
        {
            "name": "tiny",
            "dataset": {"name": "mvtec", "root": root},
            "prompts": {"sources": [{"kind": "static", "name": "curated"}]},
            "metrics": {"pixel_size": 32, "bootstrap": 20},
        }
    )


def test_run_experiment_writes_a_record_that_can_be_read_back(
    config: ExperimentConfig, tmp_path: Path
) -> None:
    folder, record = run_experiment(config, Workbench(), parent=tmp_path / "runs")
    assert read_record(folder) == record
    assert set(record.results.categories) == {"disc", "plate"}
    auroc = record.results.categories["plate"].metrics["image_auroc"]
    assert auroc.value is not None
    assert auroc.low is not None
    assert record.results.categories["plate"].n_masked == 6
    assert ExperimentConfig.model_validate(record.config) == config
    assert record.provenance.versions["torch"]
    assert record.oracle_metrics == ("image_f1_max", "pixel_f1_max")


def test_run_experiment_keeps_scores_prompts_and_gallery(
    config: ExperimentConfig, tmp_path: Path
) -> None:
    folder, record = run_experiment(config, Workbench(), parent=tmp_path / "runs")
    scores = read_scores(folder)
    assert len(scores) == 24
    assert {score.defect for score in scores if score.label == "abnormal"} == {"hole"}
    kept = read_prompt_set(folder / record.prompts["plate"].file)
    assert kept.digest == record.prompts["plate"].digest
    assert len(kept.texts(State.NORMAL)) == record.prompts["plate"].n_normal
    examples = read_gallery(folder)
    assert {example.category for example in examples} == {"disc", "plate"}
    assert all(example.image.shape[:2] == (40, 64) for example in examples)


def test_run_experiment_measures_the_baseline_beside(
    config: ExperimentConfig, tmp_path: Path
) -> None:
    alone, _ = run_experiment(baseline_of(config), Workbench(), parent=tmp_path / "runs")
    _, beside = run_experiment(config, Workbench(), parent=tmp_path / "runs")
    assert beside.baseline == read_record(alone).results
    assert read_record(alone).gain is None
    assert beside.gain is not None
    ours, theirs = beside.results.mean["image_auroc"], beside.baseline.mean["image_auroc"]
    assert beside.gain.mean.value == pytest.approx((ours or 0) - (theirs or 0))
    assert beside.gain.mean.low is not None


def test_run_experiment_repeats_its_numbers(config: ExperimentConfig, tmp_path: Path) -> None:
    changed = with_overrides(config, {"prompts.per_state": 2, "prompts.select": "random"})
    _, one = run_experiment(changed, Workbench(), parent=tmp_path / "runs")
    _, two = run_experiment(changed, Workbench(), parent=tmp_path / "runs")
    assert one.results == two.results
    assert one.prompts == two.prompts


def test_run_experiment_records_what_it_skipped(config: ExperimentConfig, tmp_path: Path) -> None:
    root = config.dataset.root
    assert root is not None
    (root / "disc" / "test" / "good" / "001.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    folder, record = run_experiment(config, Workbench(), parent=tmp_path / "runs")
    (skipped,) = record.results.categories["disc"].skipped
    assert skipped.path.endswith("001.png")
    assert record.results.categories["disc"].n_normal == 5
    assert len(json.loads((folder / "record.json").read_text())["results"]["categories"]) == 2


def test_run_experiment_never_replaces_a_record(config: ExperimentConfig, tmp_path: Path) -> None:
    run_experiment(config, Workbench(), parent=tmp_path, folder=tmp_path / "run")
    with pytest.raises(RecordError, match="never overwritten"):
        run_experiment(config, Workbench(), parent=tmp_path, folder=tmp_path / "run")


def test_run_experiment_leaves_a_refused_folder_as_it_was(
    config: ExperimentConfig, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    run_experiment(config, Workbench(), parent=tmp_path, folder=folder)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    other = with_overrides(config, {"fusion.local": 0})
    with pytest.raises(RecordError, match="never overwritten"):
        run_experiment(other, Workbench(), parent=tmp_path, folder=folder)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_run_experiment_records_its_references(config: ExperimentConfig, tmp_path: Path) -> None:
    few = with_overrides(config, {"few_shot.k": 1})
    folder, record = run_experiment(few, Workbench(), parent=tmp_path / "runs")
    (reference,) = record.references["plate"]
    assert reference.held_out
    assert reference.digest == hashlib.sha256(Path(reference.path).read_bytes()).hexdigest()
    assert record.dataset.images == 22
    assert reference.path not in {score.path for score in read_scores(folder)}
    _, zero = run_experiment(config, Workbench(), parent=tmp_path / "runs")
    assert zero.references == {}
    assert zero.dataset.digest != record.dataset.digest


def test_run_experiment_says_when_images_judge_one_another(
    config: ExperimentConfig, tmp_path: Path
) -> None:
    mutual = with_overrides(config, {"mutual.weight": 0.5})
    _, record = run_experiment(mutual, Workbench(), parent=tmp_path / "runs")
    assert record.transductive
    assert record.label == f"{config.name} (transductive)"
    _, alone = run_experiment(config, Workbench(), parent=tmp_path / "runs")
    assert not alone.transductive


def test_run_experiment_gives_aupro_in_200_steps_when_asked(
    config: ExperimentConfig, tmp_path: Path
) -> None:
    # Up to an FPR of 1: a tiny set's maps are so good that no two thresholds are below 0.3.
    asked = with_overrides(config, {"metrics.compat_200": True, "metrics.aupro_fpr_limit": 1.0})
    folder, record = run_experiment(asked, Workbench(), parent=tmp_path / "runs")
    for result in record.results.categories.values():
        value = result.metrics["aupro_200"].value
        assert value is not None
        assert 0 < value <= 1
    assert "aupro_200" in read_record(folder).results.mean
    plain = run_experiment(config, Workbench(), parent=tmp_path / "runs")[1]
    assert "aupro_200" not in plain.results.mean
    assert build_report([folder], out=tmp_path / "report.html").is_file()
