import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from fakes import TinyBackbone, write_mvtec

from promptlab import workbench
from promptlab.cli import main
from promptlab.compare.audit import VARIANTS, text_share
from promptlab.compare.record import read_audit

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(workbench, "load_backbone", lambda *_, **__: TinyBackbone())

    def call(*words: object) -> tuple[int, str, str]:
        try:
            main([str(word) for word in words])
            status = 0
        except SystemExit as stopped:
            status = int(str(stopped.code or 0))
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return call


@pytest.fixture
def config(tmp_path: Path) -> Path:
    write_mvtec(tmp_path / "data")
    path = tmp_path / "tiny.yaml"
    content = {
        "name": "tiny",
        "dataset": {"name": "mvtec", "root": "data"},
        "metrics": {"pixel_size": 32, "bootstrap": 20},
        "compare": {"static": ["winclip", "curated"]},
    }
    path.write_text(yaml.safe_dump(content))
    return path


def test_help_has_an_example(run: Run) -> None:
    status, out, _ = run("compare", "--help")
    assert status == 0
    assert "  promptlab compare " in out.split("Examples:")[1]


def test_compare_prints_a_table_and_writes_record_table_figure(
    run: Run, config: Path, tmp_path: Path
) -> None:
    status, out, err = run("compare", config, "--out", tmp_path / "out")
    assert status == 0
    assert "tiny: mvtec, 12 images; percent, means over categories" in out
    reached, taken = (part.splitlines() for part in out.split("\n\n"))
    assert reached[1].split() == [
        *("prompts", "image_auroc", "image_ap", "pixel_auroc", "aupro", "draws:", "sd"),
    ]
    assert [line.split()[0] for line in reached[2:]] == ["winclip", "curated"]
    assert "gain in image AUROC over winclip" in taken[0]
    assert [line.split()[0] for line in taken[-2:]] == ["winclip", "curated"]
    assert f"results: {tmp_path / 'out'}" in err
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"compare.json", "compare.csv", "compare.png", "prompts"}
    again, _, said = run("compare", config, "--out", tmp_path / "out")
    assert (again, "never overwritten" in said) == (1, True)


def test_compare_as_json(run: Run, config: Path, tmp_path: Path) -> None:
    status, out, _ = run("compare", config, "--json", "--out", tmp_path / "out")
    assert status == 0
    rows = json.loads(out)["rows"]
    assert {"source", "template", "image_auroc", "drawn", "kept", "seconds", "cost_usd"} <= {
        *rows[0]
    }
    assert {*rows[0]["image_auroc"]} == {"value", "low", "high", "reason"}


def test_audit_prints_a_table_and_a_verdict(run: Run, config: Path, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "data" / "plate" / "ground_truth")  # pixel metrics take their time
    one = ("--set", "compare.static=[]", "--audit")
    status, out, _ = run("compare", config, *one, "--out", tmp_path / "out")
    assert status == 0
    assert [line.split("  ")[0] for line in out.splitlines()[4:10]] == list(VARIANTS)
    assert (tmp_path / "out" / "audit.png").stat().st_size > 1000
    audit = read_audit(tmp_path / "out")
    assert audit.verdicts["winclip"] in out
    assert [row.variant for row in audit.rows] == list(VARIANTS)
    assert audit.text_share == {"winclip": text_share(audit.rows)}


def test_compare_without_its_section_is_a_wrong_configuration(run: Run, config: Path) -> None:
    status, _, err = run("compare", config, "--set", "compare=null")
    assert status == 2
    assert "needs a compare section" in err
