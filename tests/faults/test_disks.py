"""Full and read-only disks: the cache is given up, results are whole or absent, one clear line."""

import csv
import logging
import os
from pathlib import Path

import pytest
import yaml
from fakes import TinyBackbone, write_mvtec

import promptlab.backbones
from aligners.base import Requirements
from promptlab import workbench
from promptlab.cli import main
from promptlab.features import FeatureStore, encode_images
from promptlab.prompts.answers import Answer, open_answers

ANSWER = Answer("a new nut", "2026-01-01T00:00:00+00:00", 7, 3)


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Call the command line; give its exit status and what it said."""
    monkeypatch.setattr(workbench, "load_backbone", lambda *_, **__: TinyBackbone())
    monkeypatch.setattr(promptlab.backbones, "load_backbone", lambda *_, **__: TinyBackbone())

    def call(*words: object) -> tuple[int, str]:
        try:
            main([str(word) for word in words])
            status = 0
        except SystemExit as stopped:
            status = int(str(stopped.code or 0))
        said = capsys.readouterr().err
        assert "Traceback" not in said
        return status, said

    return call


@pytest.fixture
def config(tmp_path: Path) -> Path:
    write_mvtec(tmp_path / "data", count=4)
    path = tmp_path / "tiny.yaml"
    path.write_text(
        yaml.safe_dump(
            {
                "name": "tiny",
                "dataset": {"name": "mvtec", "root": "data"},
                "metrics": {"pixel_size": 32, "bootstrap": 0},
            }
        )
    )
    return path


def fill(disk: Path, *, leave: int) -> None:
    """Write until so many bytes are left."""
    status = os.statvfs(disk)
    (disk / "ballast").write_bytes(bytes(status.f_bavail * status.f_frsize - leave))


def halves(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.suffix == ".part"]


def test_a_full_cache_disk_costs_the_cache_only(
    full_disk: Path, config: Path, tool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    monkeypatch.setenv("PROMPTLAB_CACHE", str(full_disk))
    fill(full_disk, leave=8192)
    with caplog.at_level(logging.WARNING):
        assert tool("run", config, "--out", tmp_path / "run")[0] == 0
    assert caplog.text.count("features are not cached, because") == 1
    assert (tmp_path / "run" / "record.json").exists()
    assert halves(full_disk) == []
    store, paths = FeatureStore(full_disk / "features"), sorted(tmp_path.rglob("test/*/*.png"))
    (batch,) = encode_images(TinyBackbone(), paths, requires=Requirements(), store=store)
    assert len(batch.positions) == 8  # no half entry is taken for a whole one


@pytest.mark.parametrize("leave", [0, 4096, 12288])
def test_a_full_run_disk_leaves_no_record(
    full_disk: Path, config: Path, tool, tmp_path: Path, leave: int
) -> None:
    fill(full_disk, leave=leave)
    status, said = tool("run", config, "--out", full_disk / "run")
    assert status == 1
    assert "a disk is full; free some, or choose another --out" in said
    assert not (full_disk / "run" / "record.json").exists()
    assert halves(full_disk) == []
    (full_disk / "ballast").unlink()
    assert tool("run", config, "--out", full_disk / "run")[0] == 0


def test_a_full_disk_leaves_no_report(full_disk: Path, config: Path, tool, tmp_path: Path) -> None:
    assert tool("run", config, "--out", tmp_path / "run")[0] == 0
    fill(full_disk, leave=4096)
    page = full_disk / "page.html"
    status, said = tool("report", tmp_path / "run", "--out", page)
    assert (status, page.exists(), halves(full_disk)) == (1, False, [])
    assert "a disk is full" in said


def test_a_full_disk_leaves_no_half_table(full_disk: Path, config: Path, tool, tmp_path) -> None:
    assert tool("run", config, "--out", tmp_path / "run")[0] == 0
    fill(full_disk, leave=0)
    out, words = full_disk / "scores.csv", ("--category", "plate", "--prompts")
    status, said = tool("score", tmp_path / "data", *words, tmp_path / "run/prompts", "--out", out)
    assert (status, out.exists(), halves(full_disk)) == (1, False, [])
    assert "a disk is full" in said


def test_a_full_disk_costs_no_answer(full_disk: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = full_disk / "answers.sqlite"
    with open_answers(path) as answers:
        answers.put("k", ANSWER)
    fill(full_disk, leave=0)
    with caplog.at_level(logging.WARNING), open_answers(path) as answers:
        for number in range(30):
            answers.put(f"n{number}", Answer("x" * 2000, "", 0, 0))
        assert answers.get("k") == ANSWER
    assert caplog.text.count("answers are not kept, because") == 1
    (full_disk / "ballast").unlink()
    with open_answers(path) as answers:
        assert answers.get("k") == ANSWER
        answers.put("later", ANSWER)
        assert answers.get("later") == ANSWER


def test_a_read_only_cache_is_read(
    read_only, config: Path, tool, monkeypatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    disk, seal = read_only
    monkeypatch.setenv("PROMPTLAB_CACHE", str(disk))
    with open_answers() as answers:
        answers.put("k", ANSWER)
    assert tool("run", config, "--out", tmp_path / "first")[0] == 0
    seal()
    backbone = TinyBackbone()
    monkeypatch.setattr(workbench, "load_backbone", lambda *_, **__: backbone)
    assert tool("run", config, "--out", tmp_path / "second")[0] == 0
    assert backbone.images_encoded == 0
    with caplog.at_level(logging.WARNING), open_answers() as answers:
        assert answers.get("k") == ANSWER
        answers.put("new", ANSWER)
        assert answers.get("new") is None
    assert "answers are not kept" in caplog.text
    more = (
        "--set",
        "aligner.name=patch",
        "--set",
        "prompts.sources=[{kind: static, name: curated}]",
    )
    with caplog.at_level(logging.WARNING):
        assert tool("run", config, *more, "--out", tmp_path / "third")[0] == 0
    assert "features are not cached" in caplog.text


def test_a_read_only_folder_for_results_is_named(read_only, config: Path, tool) -> None:
    disk, seal = read_only
    seal()
    status, said = tool("run", config, "--out", disk / "run")
    assert status == 1
    assert f"{disk}/run must be accessible, but: Read-only file system" in said


def test_score_of_many_files_counts_exactly(tool, config: Path, tmp_path: Path) -> None:
    """300 images, one in a hundred broken, in four ways."""
    folder = tmp_path / "photos"
    folder.mkdir()
    whole = next((tmp_path / "data").rglob("test/good/000.png")).read_bytes()
    broken = (b"", b"no image", whole[: len(whole) // 2])
    for number in range(300):
        bad = number % 100 == 7
        content = broken[number // 100] if bad else whole
        (folder / f"{number:05}.png").write_bytes(content)
    (folder / "._00000.png").write_bytes(b"")
    out = tmp_path / "scores.csv"
    words = ["--static", "winclip", "--category", "plate", "--out", tmp_path / "p"]
    assert tool("prompts", "generate", *words)[0] == 0
    words = ["score", folder, "--category", "plate", "--prompts", tmp_path / "p", "--out", out]
    status, said = tool(*words)
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert status == 0
    assert "scored 297 of 300 images; 3 unreadable" in said
    assert [row["path"] for row in rows] == [str(folder / f"{n:05}.png") for n in range(300)]
    assert [n for n, row in enumerate(rows) if row["problem"]] == [7, 107, 207]
    assert all(bool(row["image_score"]) != bool(row["problem"]) for row in rows)
    assert tool(*words, "--strict")[0] == 1


def test_a_full_disk_stops_a_sweep_that_goes_on_later(
    full_disk: Path, config: Path, tool, tmp_path: Path
) -> None:
    write_mvtec(tmp_path / "data", categories=("plate", "disc"), count=2)
    search = {
        "search_categories": ["plate"],
        "report_categories": ["disc"],
        "trials": 3,
        "space": {"fusion.local": {"float": [0, 1]}},
    }
    config.write_text(yaml.safe_dump({**yaml.safe_load(config.read_text()), "sweep": search}))
    fill(full_disk, leave=0)
    status, said = tool("sweep", config, "--out", full_disk / "sweep")
    assert (status, halves(full_disk)) == (1, [])
    assert "a disk is full; free some" in said
    assert not (full_disk / "sweep" / "sweep.json").exists()
    (full_disk / "ballast").unlink()
    assert tool("sweep", config, "--out", full_disk / "sweep")[0] == 0
    assert (full_disk / "sweep" / "sweep.json").exists()
