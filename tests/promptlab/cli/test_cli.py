import csv
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml
from fakes import TinyBackbone, write_mvtec
from PIL import Image

import promptlab.backbones
from promptlab import workbench as module
from promptlab.cli import main
from promptlab.cli.options import judging_of
from promptlab.results import read_scores

Run = Callable[..., tuple[int, str, str]]
SILENT_LLM = 'prompts.sources=[{{kind: llm, llm: "recorded:none.jsonl"}}]'


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Call the command line in this process; give exit status, standard output and error."""
    monkeypatch.setattr(module, "load_backbone", lambda *_, **__: TinyBackbone())
    monkeypatch.setattr(promptlab.backbones, "load_backbone", lambda *_, **__: TinyBackbone())

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
    write_mvtec(tmp_path / "data", categories=("disc", "plate"))
    path = tmp_path / "tiny.yaml"
    path.write_text(
        yaml.safe_dump(
            {
                "name": "tiny",
                "dataset": {"name": "mvtec", "root": "data"},
                "prompts": {"sources": [{"kind": "static", "name": "curated"}]},
                "metrics": {"pixel_size": 32, "bootstrap": 0},
                "sweep": {
                    "trials": 3,
                    "search_categories": ["disc"],
                    "report_categories": ["plate"],
                    "space": {"fusion.local": {"float": [0, 1]}},
                },
            }
        )
    )
    return path


@pytest.mark.parametrize(
    "command",
    [
        ("doctor",),
        ("data", "list"),
        ("data", "synth"),
        ("data", "verify"),
        ("data", "download"),
        ("prompts", "generate"),
        ("prompts", "show"),
        ("run",),
        ("sweep",),
        ("score",),
        ("explain",),
        ("report",),
    ],
)
def test_help_of_each_command_has_an_example(run: Run, command: tuple[str, ...]) -> None:
    status, out, _ = run(*command, "--help")
    assert status == 0
    assert f"  promptlab {' '.join(command)}" in out.split("Examples:")[1]


def test_run_prints_one_json_object(run: Run, config: Path, tmp_path: Path) -> None:
    status, out, _ = run("run", config, "--out", tmp_path / "run", "--json")
    printed = json.loads(out)
    assert status == 0
    assert set(printed) == {"record", "mean", "categories", "seconds"}
    assert Path(printed["record"]) == tmp_path / "run" / "record.json"
    assert printed["categories"]["plate"]["n_abnormal"] == 6
    assert {"encode", "score", "metrics"} <= set(printed["seconds"])
    assert 0 <= printed["mean"]["aupro"] <= 1


def test_run_of_a_grid_prints_a_line_per_cell(run: Run, config: Path, tmp_path: Path) -> None:
    words = ["run", config, "--set", "scorer=[mean, max]", "--set", "aligner=[patch, window]"]
    status, out, err = run(*words, "--out", tmp_path / "grid")
    assert status == 0
    assert "scorer / aligner" in out
    lines = [line.split("  ")[0] for line in out.splitlines()]
    assert lines[-4:] == ["mean / patch", "mean / window", "max / patch", "max / window"]
    assert f"records: 4 in {tmp_path / 'grid'}" in err


def test_run_of_a_grid_prints_one_json_object(run: Run, config: Path, tmp_path: Path) -> None:
    words = ["run", config, "--set", "scorer=[mean, max]", "--out", tmp_path / "grid", "--json"]
    status, out, _ = run(*words)
    printed = json.loads(out)
    assert status == 0
    assert list(printed) == ["record", "cells"]
    assert [cell["cell"] for cell in printed["cells"]] == [{"scorer": "mean"}, {"scorer": "max"}]
    for cell in printed["cells"]:
        assert set(cell) == {
            *("cell", "against", "gains", "record", "mean", "categories", "seconds")
        }
        assert Path(cell["record"]).parent.parent == tmp_path / "grid"


def test_run_prints_null_for_a_metric_without_masks(run: Run, config: Path, tmp_path: Path) -> None:
    for mask in (tmp_path / "data").rglob("*_mask.png"):
        mask.unlink()
    _, out, _ = run("run", config, "--out", tmp_path / "run", "--json")
    assert json.loads(out)["categories"]["disc"]["aupro"] is None


def test_run_tells_what_it_skipped(run: Run, config: Path, tmp_path: Path) -> None:
    (tmp_path / "data" / "disc" / "test" / "good" / "000.png").write_bytes(b"")
    status, out, err = run("run", config, "--out", tmp_path / "run")
    assert status == 0
    assert "baseline: WinCLIP ensemble" in out
    assert "skipped: 1 unreadable images" in err


def test_sweep_prints_one_json_object(run: Run, config: Path, tmp_path: Path) -> None:
    status, out, _ = run("sweep", config, "--out", tmp_path / "study", "--json")
    printed = json.loads(out)
    assert status == 0
    assert {"study", "trials", "best", "report", "seconds_per_trial"} <= set(printed)
    assert printed["oracle"] is False
    assert printed["trials"] == 3
    assert set(printed["report"]) == {"default", "best"}
    assert list(printed["best"]["params"]) == ["fusion.local"]


def test_sweep_dry_run_shows_the_space_and_runs_nothing(
    run: Run, config: Path, tmp_path: Path
) -> None:
    space = "sweep.space={prompts.per_state: {int: [1, 4]}, scorer.name: {choice: [mean, max]}}"
    words = ["sweep", config, "--set", space, "--dry-run", "--out", tmp_path / "study"]
    status, out, err = run(*words)
    assert status == 0
    assert "int 1 to 4" in out
    assert "size: 8 different configurations" in err
    assert "tiny: search disc; report plate" in err
    assert not (tmp_path / "study").exists()
    printed = json.loads(run(*words, "--json")[1])
    assert printed["size"] == 8
    assert printed["folds"][0]["report"] == ["plate"]


def test_sweep_refuses_an_overlap_unless_it_is_called_an_oracle(
    run: Run, config: Path, tmp_path: Path
) -> None:
    words = ["sweep", config, "--set", "sweep.report_categories=[disc]", "--out", tmp_path / "s"]
    status, _, err = run(*words)
    assert status == 2
    assert "say --oracle" in err
    status, out, err = run(*words, "--oracle")
    assert status == 0
    assert "report side (ORACLE): disc" in out
    assert "ORACLE: the search saw" in err
    assert "reported (searched too: ORACLE)" in err


def test_sweep_exports_a_winner_that_run_takes(run: Run, config: Path, tmp_path: Path) -> None:
    best = tmp_path / "best.yaml"
    status, _, err = run("sweep", config, "--out", tmp_path / "study", "--export", best)
    assert status == 0
    assert "over the default: searched" in err
    assert f"run the winner: promptlab run {tmp_path / 'study' / 'best.yaml'}" in err
    assert run("run", best, "--out", tmp_path / "run")[0] == 0


def test_sweep_prints_the_front_of_two_goals(run: Run, config: Path, tmp_path: Path) -> None:
    goals = "sweep.objective={pareto: [image_auroc, prompts]}"
    words = ["sweep", config, "--set", goals, "--out", tmp_path / "study"]
    status, out, _ = run(*words)
    assert status == 0
    assert "Pareto front" in out
    assert json.loads(run(*words, "--json")[1])["goals"] == ["image_auroc", "prompts"]


def test_report_makes_one_page_of_a_run_and_a_study(run: Run, config: Path, tmp_path: Path) -> None:
    run("run", config, "--out", tmp_path / "run")
    run("sweep", config, "--out", tmp_path / "study")
    status, _, err = run(
        "report", tmp_path / "run", tmp_path / "study", "--out", tmp_path / "r.html"
    )
    assert status == 0
    assert "r.html" in err
    assert "<html" in (tmp_path / "r.html").read_text()


def test_score_writes_a_line_per_image_and_counts_the_unreadable(run: Run, tmp_path: Path) -> None:
    data = write_mvtec(tmp_path / "data") / "plate" / "test"
    (data / "good" / "broken.png").write_bytes(b"\x00")
    run(
        "prompts", "generate", "--static", "winclip", "--category", "plate", "--out", tmp_path / "p"
    )
    out, maps = tmp_path / "scores.csv", tmp_path / "maps"
    words = ["score", data, "--category", "plate", "--prompts", tmp_path / "p", "--out", out]
    status, _, err = run(*words, "--maps", maps)
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert status == 0
    assert len(rows) == 13
    assert [bool(row["problem"]) for row in rows].count(True) == 1
    assert "12 of 13 images; 1 unreadable" in err
    assert np.asarray(Image.open(next(maps.iterdir()))).shape == (40, 64)
    assert run(*words, "--strict")[0] == 1


SETTINGS = """
scorer: {name: contextual, params: {share: 0.5, keep: 1}, context: patch}
aligner: {name: patch}
fusion: {global: 1, local: 3, pool: soft, softness: 2}
"""


def test_score_and_explain_judge_as_a_run_of_the_same_file(
    run: Run, config: Path, tmp_path: Path
) -> None:
    config.write_text(config.read_text() + SETTINGS)
    assert run("run", config, "--out", tmp_path / "ran")[0] == 0
    expected = {
        Path(line.path): line.image_score
        for line in read_scores(tmp_path / "ran")
        if line.category == "plate"
    }
    data, sets, out = tmp_path / "data/plate/test", tmp_path / "ran/prompts", tmp_path / "own.csv"
    words = ("--category", "plate", "--prompts", sets, "--config", config)
    assert run("score", data, *words, "--out", out)[0] == 0
    found = {
        Path(row["path"]): float(row["image_score"])
        for row in csv.DictReader(out.read_text().splitlines())
    }
    assert found == pytest.approx(expected, abs=1e-5)
    image = data / "hole/000.png"
    _, printed, _ = run("explain", image, *words, "--json", "--out", tmp_path / "why.png")
    assert json.loads(printed)["image_score"] == pytest.approx(expected[image], abs=1e-5)


@pytest.mark.parametrize(
    ("setting", "key"),
    [
        ("few_shot: {k: 1}", "few_shot.k"),
        ("prompts: {summary: mean}", "prompts.summary"),
        ("backbone: {map_sizes: [160]}", "backbone.map_sizes"),
    ],
)
def test_score_refuses_a_file_it_would_not_follow(
    run: Run, tmp_path: Path, setting: str, key: str
) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(f"name: own\ndataset: {{name: elpv}}\n{setting}\n")
    (tmp_path / "a.png").write_bytes(b"")
    words = ("score", tmp_path, "--category", "plate", "--prompts", tmp_path)
    status, _, err = run(*words, "--config", file)
    assert status == 2
    assert f"{key} works in `promptlab run` only" in err


def test_score_lets_the_images_of_a_folder_judge_one_another(run: Run, tmp_path: Path) -> None:
    data = write_mvtec(tmp_path / "data") / "plate" / "test"
    sets, scores = tmp_path / "p", []
    run("prompts", "generate", "--static", "winclip", "--category", "plate", "--out", sets)
    for weight in (0, 1):
        file = tmp_path / f"{weight}.yaml"
        file.write_text(f"name: own\ndataset: {{name: elpv}}\nmutual: {{weight: {weight}}}\n")
        words = ("--category", "plate", "--prompts", sets, "--config", file)
        status, printed, err = run("score", data, *words)
        assert status == 0, err
        scores.append([float(row["image_score"]) for row in csv.DictReader(printed.splitlines())])
    assert all(one != other for one, other in zip(*scores, strict=True))
    status, _, err = run("score", data / "hole" / "000.png", *words)
    assert status == 1
    assert "must be at least 2, but are 1; set mutual.weight to 0" in err
    _, printed, _ = run("score", data, *words, "--mutual", 0)  # beats the file
    found = [float(row["image_score"]) for row in csv.DictReader(printed.splitlines())]
    assert found == scores[0]
    image = data / "hole" / "000.png"
    status, _, err = run("explain", image, *words)
    assert status == 2
    assert "one alone is judged here; set it to 0, or use `promptlab score`" in err


def test_a_name_on_the_command_line_beats_the_file(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text("name: own\ndataset: {name: elpv}\nscorer: {name: max}\nfusion: {top: 0.5}\n")
    judging = judging_of(file, backbone=None, scorer="mean", aligner=None)
    assert judging.scorer.name == "mean"
    assert judging.fusion.top == 0.5
    assert judging_of(file, backbone=None, scorer=None, aligner=None).scorer.name == "max"
    assert judging_of(None, backbone=None, scorer=None, aligner=None).scorer.name == "mean"


@pytest.fixture
def explained(run: Run, tmp_path: Path) -> list[object]:
    """Return the words that explain one abnormal image."""
    image = write_mvtec(tmp_path / "data") / "plate" / "test" / "hole" / "000.png"
    sets = tmp_path / "p"
    run("prompts", "generate", "--static", "winclip", "--category", "plate", "--out", sets)
    return ["explain", image, "--category", "plate", "--prompts", sets, "--scorer", "contextual"]


def test_explain_prints_tables_and_writes_a_picture(
    run: Run, explained: list[object], tmp_path: Path
) -> None:
    picture = tmp_path / "why.png"
    status, out, err = run(*explained, "--out", picture)
    assert status == 0
    assert "prompts kept" in out
    assert "carried by" in out
    assert "Keep the 25 % of each state's prompts" in err
    assert "image score 0." in err
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_explain_prints_one_json_object(
    run: Run, explained: list[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    status, out, _ = run(*explained, "--json", "--top-share", 0.1)
    printed = json.loads(out)
    assert status == 0
    assert (tmp_path / "000-explained.png").exists()
    assert printed["picture"] == "000-explained.png"
    assert len(printed["prompts"]) == 154 + 88
    dropped = [prompt for prompt in printed["prompts"] if not prompt["kept"]]
    assert {prompt["weight"] for prompt in dropped} == {0}
    assert all("Keep the 25 %" in prompt["why_dropped"] for prompt in dropped)
    assert printed["regions"][0]["carriers"][0]["state"] == "abnormal"
    assert printed["region_rule"] == "connected pieces of the map's highest 10 %"


def test_prompts_show_prints_texts_and_sources(run: Run, tmp_path: Path) -> None:
    run("prompts", "generate", "--static", "curated", "--category", "bottle", "--out", tmp_path)
    status, out, _ = run("prompts", "show", tmp_path)
    assert status == 0
    assert "curated" in out


def test_data_synth_and_verify(run: Run, tmp_path: Path) -> None:
    words = ("data", "synth", "--out", tmp_path / "s", "--categories", "gear")
    assert run(*words, "--per-category", 2, "--size", "96x128")[0] == 0
    status, out, _ = run("data", "verify", "synthetic", "--root", tmp_path / "s", "--json")
    assert status == 0
    assert json.loads(out) == {"images": 4, "problems": []}
    next((tmp_path / "s").rglob("*_mask.png")).write_bytes(b"")
    status, out, _ = run("data", "verify", "synthetic", "--root", tmp_path / "s", "--json")
    assert status == 1
    assert [one["kind"] for one in json.loads(out)["problems"]] == ["corrupt"]


def test_data_verify_prints_a_table_by_kind(run: Run, tmp_path: Path) -> None:
    root = write_mvtec(tmp_path / "data", count=3)
    masks = sorted(root.rglob("*_mask.png"))
    masks[0].rename(masks[0].with_name("900_mask.png"))
    Image.new("L", (64, 41)).save(masks[1])
    next(root.rglob("good/*.png")).write_bytes(b"\x89PNG")
    status, out, err = run("data", "verify", "mvtec", "--root", root)
    kinds = [line.split()[0] for line in out.splitlines() if not line.startswith(" ")]
    assert status == 1
    assert kinds == ["kind", "corrupt", "mis-sized", "unpaired", "unpaired"]
    assert "6 images checked, 4 problems: 1 corrupt, 1 mis-sized, 2 unpaired" in err


def test_data_download_shows_licence_and_place_and_asks_to_accept(run: Run) -> None:
    status, _, err = run("data", "download", "visa")
    assert status == 2
    assert "licence: CC BY 4.0" in err
    assert "from: https://github.com/amazon-science/spot-diff (https://amazon-visual-ano" in err
    assert "then give --accept-licence" in " ".join(err.split())


@pytest.mark.parametrize(
    ("name", "status", "text"),
    [
        ("mpdd", 1, "must be fetched by a person, since .* from https://github.com/stepanje/MPDD"),
        ("mvtec_ad_2", 1, r"mvtec-ad-2, then: promptlab data download mvtec_ad_2 --archive FILE"),
        ("elpv", 0, r"to get it: pip install elpv-dataset==1.0.0.post1"),
        ("synthetic", 0, "to get it: promptlab data synth --out FOLDER"),
        ("folder", 0, r"nothing to fetch: set dataset\.root"),
        ("vias", 2, "did you mean 'visa'"),
    ],
)
def test_data_download_says_where_a_set_comes_from(
    run: Run, name: str, status: int, text: str
) -> None:
    got, _, err = run("data", "download", name, "--accept-licence")
    assert got == status
    assert re.search(text, err)


def test_data_download_unpacks_an_archive_of_the_user(run: Run, tmp_path: Path) -> None:
    write_mvtec(tmp_path / "data", categories=("metal_plate",), count=1)
    archive = shutil.make_archive(str(tmp_path / "MPDD"), "zip", tmp_path / "data")
    words = ("data", "download", "mpdd", "--archive", archive)
    assert run(*words)[0] == 2
    status, _, err = run(*words, "--accept-licence")
    assert status == 0
    assert "UNVERIFIED, nobody published it; written down" in err
    status, out, _ = run("data", "verify", "mpdd", "--json")
    assert (status, json.loads(out)) == (0, {"images": 2, "problems": []})
    assert Path(archive).exists()


@pytest.mark.parametrize(
    ("words", "status", "text"),
    [
        (("rnu",), 2, "unknown command 'rnu'; did you mean 'run'"),
        (("run", "none.yaml"), 2, "must be readable"),
        (("run", "{config}", "--set", "scorer.name=men"), 2, "unknown scorer 'men'"),
        (("run", "{config}", "--set", "dataset.name=mvtc"), 2, "did you mean 'mvtec'"),
        (("run", "{config}", "--set", "dataset.root=nowhere"), 1, "nowhere"),
        (("run", "{config}", "--set", SILENT_LLM), 1, "none.jsonl"),
        (("prompts", "generate", "--category", "x", "--out", "o"), 2, "exactly one of"),
        (("prompts", "show", "nowhere"), 1, "nowhere"),
        (("report", "nowhere"), 1, "nowhere"),
        (("data", "synth", "--out", "o", "--size", "big"), 2, "HEIGHTxWIDTH"),
        (("score", "nowhere", "--category", "x", "--prompts", "p"), 1, "nowhere"),
        (("explain", "x.png", "--category", "x", "--prompts", "p", "--out", "a.gif"), 2, ".png"),
        (("run", "{config}", "--set", "scorer=[mean, men]"), 2, "cell scorer=men: scorer.name"),
    ],
)
def test_errors_are_one_line_with_the_right_status(
    run: Run, config: Path, words: tuple[str, ...], status: int, text: str
) -> None:
    got, _, err = run(*(word.format(config=config) for word in words))
    assert got == status
    assert text in err
    assert "Traceback" not in err
