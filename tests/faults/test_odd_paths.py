"""Folders and files with odd names, from the images to the report."""

import csv
import os
from pathlib import Path

import pytest
import yaml
from fakes import TinyBackbone, write_mvtec
from PIL import Image

import promptlab.backbones
from aligners.base import Requirements
from promptlab import workbench
from promptlab.cli import main
from promptlab.errors import DataError
from promptlab.features import FeatureStore, encode_images
from promptlab.results import read_record, read_scores
from promptlab.score import find_images

NAMES = {
    "spaces": "my  photos ",
    "accents": "Prüfbilder-é-日本語-🔩",
    "long": "x" * 250,
    "markup": "<b>&amp; 'a' \"b\"",
    "dollars": "$HOME %s {x} $x_{1$",
    "dash": "-rf",
    "line break": "a\nb",
    "bytes": os.fsdecode(b"caf\xe9"),
}


def run(*words: object) -> None:
    try:
        main([str(word) for word in words])
    except SystemExit as stopped:
        if stopped.code:
            raise


@pytest.mark.parametrize("kind", NAMES)
def test_a_run_a_report_and_scores_with_odd_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(workbench, "load_backbone", lambda *_, **__: TinyBackbone())
    monkeypatch.setattr(promptlab.backbones, "load_backbone", lambda *_, **__: TinyBackbone())
    odd = tmp_path / ("plain" if kind == "bytes" else NAMES[kind])
    monkeypatch.setenv("PROMPTLAB_CACHE", str(odd / "cache"))
    write_mvtec(odd, count=2)
    stem = NAMES[kind][:240]
    good, bad = (next((odd / "plate/test").glob(f"{state}/000.png")) for state in ("good", "hole"))
    good.rename(good.with_name(f"{stem}.png"))
    bad.write_bytes(b"")
    config = odd / "c.yaml"
    config.write_text(
        yaml.safe_dump(
            {
                "name": "odd",
                "dataset": {"name": "mvtec", "root": "."},
                "metrics": {"pixel_size": 16, "bootstrap": 0},
            }
        )
    )
    out = odd / "run"
    run("run", config, "--out", out)
    record = read_record(out)
    assert [one.reason for one in record.results.categories["plate"].skipped]
    assert len(read_scores(out)) == 3
    run("report", out, "--out", odd / "page.html")
    page = (odd / "page.html").read_text(encoding="utf-8")
    assert "<b>&amp; 'a'" not in page
    table, maps = odd / "scores.csv", odd / "maps"
    words = ("--category", "plate", "--prompts", out / "prompts", "--out", table)
    run("score", odd / "plate", *words, "--maps", maps)
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [bool(row["problem"]) for row in rows].count(True) == 1
    assert len(list(maps.iterdir())) == len(rows) - 1


def test_links_that_lead_nowhere_get_a_line(tmp_path: Path) -> None:
    (tmp_path / "lost.png").symlink_to("nothing.png")
    (tmp_path / "loop.png").symlink_to("loop.png")
    (tmp_path / "notes.txt").symlink_to("nothing.txt")
    (tmp_path / "folder.png").mkdir()
    found = find_images([tmp_path])
    assert [path.name for path in found] == ["loop.png", "lost.png"]
    store = FeatureStore(tmp_path / "cache")
    (batch,) = encode_images(TinyBackbone(), found, requires=Requirements(), store=store)
    assert "loop.png: Too many levels of symbolic links" in batch.unreadable[0]
    assert "lost.png: No such file or directory" in batch.unreadable[1]


def test_pictures_in_formats_that_are_not_read_get_a_line(tmp_path: Path) -> None:
    Image.new("RGB", (16, 8)).save(tmp_path / "a.GIF")
    (tmp_path / "b.heic").write_bytes(b"\0\0\0\x18ftypheic")
    (tmp_path / "notes.txt").write_text("no picture", encoding="utf-8")
    found = find_images([tmp_path])
    assert [path.name for path in found] == ["a.GIF", "b.heic"]
    store = FeatureStore(tmp_path / "cache")
    (batch,) = encode_images(TinyBackbone(), found, requires=Requirements(), store=store)
    for reason in batch.unreadable.values():
        assert "must be a readable image (PNG, JPEG, BMP, TIFF or WebP)" in reason
        assert reason.endswith("convert or remove it.")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes on this system")
def test_a_named_pipe_is_refused_and_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(DataError, match=r"must be a file or a folder, but .*pipe\.png is neither"):
        find_images([tmp_path / "pipe.png"])
    with pytest.raises(DataError, match="there must be images to score"):
        find_images([tmp_path])


def test_a_data_set_in_a_folder_of_odd_bytes_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = tmp_path / NAMES["bytes"]
    odd.mkdir()
    (odd / "c.yaml").write_text("name: odd\ndataset: {name: mvtec, root: data}\n")
    with pytest.raises(SystemExit) as stopped:
        main(["run", str(odd / "c.yaml")])
    assert stopped.value.code == 2
    assert r"must be text in UTF-8, but got" in capsys.readouterr().err
