from pathlib import Path

import pytest
from fakes import TinyBackbone, write_mvtec

from promptlab import workbench as module
from promptlab.ablation import run_grid
from promptlab.config import ExperimentConfig, with_overrides
from promptlab.errors import ConfigError, DataError
from promptlab.evaluate import run_experiment
from promptlab.grid import Cell, Grid
from promptlab.results import is_grid, read_grid, read_record
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


def cells_of(config: ExperimentConfig, *scorers: str) -> Grid:
    cells = (
        Cell(with_overrides(config, {"scorer.name": name}), {"scorer": name}) for name in scorers
    )
    return Grid("tiny", ("scorer",), tuple(cells))


def test_run_grid_equals_its_cells_run_alone_and_encodes_once(
    config: ExperimentConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny = TinyBackbone()
    monkeypatch.setattr(module, "load_backbone", lambda *_, **__: tiny)
    grid = cells_of(config, "mean", "max")
    folder, record, results = run_grid(grid, Workbench(), parent=tmp_path / "runs")
    encoded = tiny.images_encoded
    assert encoded == 24
    assert folder.parent == tmp_path / "runs"
    assert read_grid(folder) == record
    for one, summary in zip(results, record.cells, strict=True):
        outcome = one.outcome
        assert outcome.folder == folder / one.cell.folder
        _, alone = run_experiment(one.cell.config, Workbench(), parent=tmp_path / "alone")
        assert read_record(outcome.folder).results == alone.results
        assert outcome.record.baseline == alone.baseline
        assert summary.mean == alone.results.mean
    assert tiny.images_encoded == encoded


def test_run_grid_names_the_cell_before_anything_runs(
    config: ExperimentConfig, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=r"cell scorer=men: .* did you mean 'mean'"):
        run_grid(cells_of(config, "mean", "men"), Workbench(), parent=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_run_grid_checks_mutual_scoring_before_anything_runs(
    config: ExperimentConfig, tmp_path: Path
) -> None:
    wrong = with_overrides(config, {"mutual.params": {"shar": 1}})
    grid = Grid("own", ("mutual.params",), (Cell(wrong, {"mutual.params": "wrong"}),))
    with pytest.raises(ConfigError, match=r"unknown key 'mutual.params.shar'"):
        run_grid(grid, Workbench(), parent=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_run_grid_names_the_cell_that_failed(config: ExperimentConfig, tmp_path: Path) -> None:
    root = config.dataset.root
    assert root is not None
    for path in (root / "disc" / "test").rglob("*.png"):
        path.write_bytes(b"")
    with pytest.raises(DataError, match=r"cell scorer=max: .*all 12 of 'disc' failed"):
        run_grid(cells_of(config, "max"), Workbench(), parent=tmp_path / "runs")


def test_run_grid_compares_each_cell_with_its_reference(
    config: ExperimentConfig, tmp_path: Path
) -> None:
    grid = cells_of(config, "max", "mean", "softmax")
    grid = Grid(grid.name, grid.axes, grid.cells, {"scorer": "mean"})
    folder, record, _ = run_grid(grid, Workbench(), parent=tmp_path)
    assert is_grid(folder)
    assert is_grid(folder / "grid.json")
    assert not is_grid(folder / "mean")
    assert [cell.against for cell in record.cells] == ["mean", None, "mean"]
    assert record.cells[1].gains == {}
    for metric in ("image_auroc", "pixel_auroc", "aupro"):
        own, reference = record.cells[0].mean[metric], record.cells[1].mean[metric]
        assert own is not None
        assert reference is not None
        gain = record.cells[0].gains[metric]
        assert gain.value == pytest.approx(own - reference)
        assert gain.low is not None
        assert gain.p is not None
        assert gain.p_holm is not None
        assert gain.p <= gain.p_holm <= 2 * gain.p
