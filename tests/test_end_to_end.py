"""The main job on real parts: the embedded backbone, generated images, the command line."""

import json
from pathlib import Path

import pytest
import yaml

from promptlab.cli import main

CONFIG = {
    "name": "smoke",
    "dataset": {"name": "synthetic", "categories": ["gear", "marble"]},
    "backbone": {"name": "lite", "image_size": [160, 192]},
    "prompts": {"sources": [{"kind": "static", "name": "curated"}]},
    "metrics": {"pixel_size": 64, "bootstrap": 50},
    "sweep": {
        "trials": 3,
        "search_categories": ["gear"],
        "report_categories": ["marble"],
        "objective": {"mean": ["image_auroc", "aupro"]},
        "space": {"prompts.per_state": {"int": [1, 4]}, "fusion.local": {"float": [0, 1]}},
    },
}


@pytest.mark.slow
def test_run_sweep_and_report_on_generated_images(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images, config = tmp_path / "images", tmp_path / "smoke.yaml"
    drawn = ["--categories", "gear,marble", "--per-category", "6", "--size", "160x208"]
    main(["data", "synth", "--out", str(images), *drawn])
    dataset = {"name": "synthetic", "root": str(images)}
    config.write_text(yaml.safe_dump({**CONFIG, "dataset": dataset}))
    runs = [tmp_path / "first", tmp_path / "second"]
    for folder in runs:
        main(["run", str(config), "--out", str(folder)])
    first, second = (json.loads((folder / "record.json").read_text()) for folder in runs)
    assert first["results"] == second["results"]
    assert first["backbone"]["id"].startswith("lite@160x192#")
    assert first["results"]["mean"]["pixel_auroc"] > 0.7
    main(["sweep", str(config), "--out", str(tmp_path / "study")])
    page = tmp_path / "report.html"
    main(["report", *map(str, runs), str(tmp_path / "study"), "--out", str(page)])
    assert "gear" in page.read_text()
    assert "Traceback" not in capsys.readouterr().err
