from importlib.util import find_spec
from pathlib import Path

import pytest
from fakes import write_mvtec
from PIL import Image
from records import run_of

from promptlab.ablation import CellResult
from promptlab.errors import DataError
from promptlab.evaluate import Outcome
from promptlab.grid import load_grid
from promptlab.notebook import Study, choose_material, draw_photos

ABLATIONS = Path(__file__).parents[2] / "experiments" / "ablations"


@pytest.fixture(autouse=True)
def no_switches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROMPTLAB_DATA", raising=False)
    monkeypatch.delenv("PROMPTLAB_BACKBONE", raising=False)


def test_material_is_generated_and_says_so_without_data() -> None:
    material = choose_material(categories=1, limit=8)
    assert (material.dataset.name, material.dataset.categories) == ("synthetic", ("gear",))
    assert material.backbone == "lite"
    assert "generated images" in material.told


@pytest.mark.skipif(find_spec("elpv_dataset") is None, reason="needs the extra promptlab[elpv]")
def test_material_without_masks_is_solar_cells() -> None:
    material = choose_material(categories=3, limit=8, masks=False)
    assert (material.dataset.name, material.dataset.categories) == ("elpv", ("mono", "poly"))
    assert "dataset.root=null" in material.overrides
    assert "photographs" in material.told


def test_material_is_generated_where_the_package_of_cells_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("promptlab.notebook.find_spec", lambda _: None)
    assert choose_material(masks=False).dataset.name == "synthetic"


def test_material_fits_an_experiment_file() -> None:
    material = choose_material(categories=2, limit=8)
    config = load_grid(ABLATIONS / "aligners.yaml", material.overrides).cells[0].config
    assert config.dataset == material.dataset
    assert config.metrics.pixel_size == 128


@pytest.mark.parametrize("below", ["", "sets/mvtec"])
def test_material_takes_a_data_set_or_a_folder_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, below: str
) -> None:
    root = tmp_path / below
    write_mvtec(root, categories=("plate", "bolt", "nut"), count=1)
    monkeypatch.setenv("PROMPTLAB_DATA", str(root.parent if below else root))
    monkeypatch.setenv("PROMPTLAB_BACKBONE", "open_clip:x/y")
    material = choose_material(categories=2)
    assert (material.dataset.name, material.dataset.root) == ("mvtec", root)
    assert material.dataset.categories == ("bolt", "nut")
    assert material.backbone == "open_clip:x/y"


def test_material_knows_visa_by_its_split(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("candle/Data", "pcb1/Data", "split_csv"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "split_csv" / "1cls.csv").touch()
    monkeypatch.setenv("PROMPTLAB_DATA", str(tmp_path))
    material = choose_material()
    assert (material.dataset.name, material.dataset.categories) == ("visa", ("candle", "pcb1"))


def test_material_refuses_a_folder_without_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROMPTLAB_DATA", str(tmp_path))
    with pytest.raises(DataError, match="PROMPTLAB_DATA must hold a data set"):
        choose_material()


def test_study_finds_the_run_of_a_choice() -> None:
    overrides = choose_material(categories=1, limit=8).overrides
    grid = load_grid(ABLATIONS / "shots.yaml", [*overrides, "grid={few_shot.k: [0, 4]}"])
    record = run_of("x", {"a": 0.5})
    cells = (
        CellResult(cell, Outcome(folder=Path(choice), record=record, measured={}))
        for cell, choice in zip(grid.cells, "04", strict=True)
    )
    study = Study(tuple(cells))
    assert study.folder(k="4") == Path("4")
    with pytest.raises(DataError, match="names 0 of"):
        study.folder(k="2")


def test_photos_are_drawn_the_same_every_time(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one, two = (draw_photos(tmp_path / name, "gear", count=2) for name in "ab")
    for name in ("photo-00.png", "photo-01.png"):
        assert (one / name).read_bytes() == (two / name).read_bytes()
    with Image.open(one / "photo-00.png") as picture:
        assert picture.size == (224, 288)
