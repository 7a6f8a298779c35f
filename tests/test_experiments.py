"""Every experiment file that ships is valid: keys, scorers, aligners, data sets, prompts."""

from pathlib import Path

import pytest

from promptlab.config import LLMSource, StaticSource
from promptlab.datasets.load import describe
from promptlab.detector import build_aligner, build_scorer
from promptlab.grid import load_grid
from promptlab.prompts.ensemble import static_prompts
from promptlab.prompts.llm import parse_llm

ROOT = Path(__file__).parents[1] / "experiments"
FILES = sorted(ROOT.rglob("*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_experiment_file_is_valid(path: Path) -> None:
    for cell in load_grid(path).cells:
        build_scorer(cell.config.scorer)
        build_aligner(cell.config.aligner)
        assert describe(cell.config.dataset.name)
        for source in cell.config.prompts.sources:
            if isinstance(source, StaticSource):
                assert static_prompts(source.name, "bottle", noun="bottle").prompts
            elif isinstance(source, LLMSource):
                assert parse_llm(source.llm)


@pytest.mark.parametrize("path", sorted((ROOT / "ablations").glob("*.yaml")), ids=lambda p: p.stem)
def test_ablation_says_its_question_and_its_command(path: Path) -> None:
    head = path.read_text(encoding="utf-8").split("\nname:")[0]
    assert all(line.startswith("#") for line in head.splitlines())
    assert f"promptlab run experiments/ablations/{path.name}" in head
    shown = load_grid(path)
    assert shown.name.replace("-", "_") == path.stem


def test_ablations_cover_what_alfa_ablates() -> None:
    names = {path.stem for path in (ROOT / "ablations").glob("*.yaml")}
    assert names >= {
        "aligners",
        "image_size",
        "prompt_count",
        "prompts",
        "ridge",
        "scorers",
        "window_scales",
        "winclip_mvtec",
        "winclip_visa",
    }
