"""Prompts that are markup, formulas or control characters, or 10,000 words: shown, never run."""

import csv
import re
from pathlib import Path

import pytest
import yaml
from fakes import TinyBackbone, write_mvtec

import promptlab.backbones
from promptlab import workbench
from promptlab.cli import main
from promptlab.config import AlignerConfig, FusionConfig, ScorerConfig
from promptlab.errors import PromptError
from promptlab.explain.build import explain_image
from promptlab.features import FeatureStore
from promptlab.prompts.files import read_prompt_set
from promptlab.prompts.promptset import Prompt
from promptlab.types import State

HOSTILE = [
    "<script>alert('plate')</script>",
    "a <img src=x onerror=alert(1)> plate",
    '"></style><script>alert(2)</script>',
    "</script><svg/onload=alert(3)>",
    r"a plate with \frac12 and $x_^1$ and \textbf and $$",
    r"$\undefined \left( $",
    "%s %n $(touch x) `touch x`",
    "=cmd|'/C calc'!A0",
    "javascript:alert(4)",
    "&lt;b&gt; is not <b>",
    "[link](javascript:alert(5)) | `code` | **bold**",
    "a plate \u202egnorw\u202c and \u200bzero\ufeff",
]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(workbench, "load_backbone", lambda *_, **__: TinyBackbone())
    monkeypatch.setattr(promptlab.backbones, "load_backbone", lambda *_, **__: TinyBackbone())
    monkeypatch.chdir(tmp_path)

    def call(*words: object) -> None:
        try:
            main([str(word) for word in words])
        except SystemExit as stopped:
            if stopped.code:
                raise

    return call


def write_prompts(folder: Path, abnormal: list[str]) -> Path:
    folder.mkdir()
    content = {"category": "plate", "normal": ["a plate"], "abnormal": abnormal}
    path = folder / "p.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=False), encoding="utf-8")
    return path


def write_config(tmp_path: Path) -> Path:
    write_mvtec(tmp_path / "data", count=2)
    path = tmp_path / "c.yaml"
    path.write_text(
        yaml.safe_dump(
            {
                "name": "hostile",
                "dataset": {"name": "mvtec", "root": "data"},
                "prompts": {"sources": [{"kind": "file", "path": "p"}]},
                "metrics": {"pixel_size": 16, "bootstrap": 0},
            }
        )
    )
    return path


def test_reports_show_hostile_prompts_and_run_nothing(tmp_path: Path, run) -> None:
    accepted = read_prompt_set(write_prompts(tmp_path / "p", HOSTILE))
    assert list(accepted.texts(State.ABNORMAL)) == HOSTILE
    config = write_config(tmp_path)
    run("run", config, "--out", tmp_path / "run")
    run("report", tmp_path / "run", "--out", tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert page.count("<script") == page.count("</script") <= 1
    assert "onerror=alert(1)>" not in page
    assert "<svg/onload" not in page
    assert not re.search(r"""(?:href|src)=["']?javascript:""", page)
    image = next((tmp_path / "data").rglob("hole/000.png"))
    words = ("--category", "plate", "--prompts", tmp_path / "p")
    for name in ("why.png", "why.svg"):
        run("explain", image, *words, "--out", tmp_path / name)
    assert "<script>alert" not in (tmp_path / "why.svg").read_text(encoding="utf-8")
    shown = explain_image(
        image,
        accepted,
        TinyBackbone(),
        scorer=ScorerConfig(),
        aligner=AlignerConfig(),
        fusion=FusionConfig(),
        store=FeatureStore(),
    )._repr_html_()
    assert "&lt;script&gt;" in shown
    assert "<script" not in shown
    assert "<img src=x" not in shown
    run("score", image.parent, *words, "--out", tmp_path / "s.csv")
    with (tmp_path / "s.csv").open(newline="", encoding="utf-8") as file:
        assert {row["top_abnormal_prompt"] for row in csv.DictReader(file)} <= set(HOSTILE)
    run("prompts", "show", tmp_path / "p")


def test_a_prompt_of_10000_words_goes_through(tmp_path: Path, run) -> None:
    write_prompts(tmp_path / "p", [" ".join(["crack"] * 10_000), "a crack"])
    config = write_config(tmp_path)
    run("run", config, "--out", tmp_path / "run")
    run("report", tmp_path / "run", "--out", tmp_path / "page.html")
    assert (tmp_path / "page.html").stat().st_size < 20_000_000


@pytest.mark.parametrize("text", ["{{ config.__class__ }}", "{% raw %}", r"\frac{1}{0}"])
def test_slots_of_template_engines_are_refused_in_prompts(text: str) -> None:
    with pytest.raises(PromptError, match="has an unfilled slot"):
        Prompt(text, State.ABNORMAL, "human")


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1b", "\n", "\r", "\x85", "\u2028"])
def test_control_characters_are_refused_in_prompts(character: str) -> None:
    with pytest.raises(PromptError, match="must be one finished sentence"):
        Prompt(f"a crack{character}[31m in it", State.ABNORMAL, "human")
