from pathlib import Path

import numpy as np
import pytest
from fakes import TinyBackbone
from PIL import Image

from promptlab.config import AlignerConfig, FusionConfig, ScorerConfig
from promptlab.errors import DataError, PromptError
from promptlab.explain import explain_image
from promptlab.explorer import Explorer, Judge, read_lines
from promptlab.features import FeatureStore
from promptlab.types import State

ALIGNER, FUSION = AlignerConfig(name="patch"), FusionConfig()
RELEVANT = ScorerConfig(name="contextual", params={"share": 0.5, "keep": 1})
HOSTILE = "<script>alert(1)</script> plate with a defect"
PROMPTS = read_lines(
    "plate",
    "a flawless plate\na plate without flaw and without anything else to see",
    "a plate with a defect\na damaged plate",
)


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """Wider than high, dark with a bright corner."""
    pixels = np.full((40, 60, 3), 60, dtype=np.uint8)
    pixels[:16, :16] = 230
    path = tmp_path / "plate.png"
    Image.fromarray(pixels).save(path)
    return path


def test_judge_agrees_with_explain(image: Path) -> None:
    verdict = Judge(TinyBackbone(), aligner=ALIGNER).judge(
        image, PROMPTS, scorer=RELEVANT, fusion=FUSION
    )
    explained = explain_image(
        image, PROMPTS, TinyBackbone(), scorer=RELEVANT, aligner=ALIGNER, fusion=FUSION,
        store=FeatureStore(),
    )  # fmt: skip
    assert verdict.image_score == pytest.approx(explained.image_score, abs=1e-6)
    assert [one.kept for one in verdict.prompts] == [one.kept for one in explained.prompts]
    assert verdict.anomaly_map.shape == (40, 60)
    np.testing.assert_allclose(verdict.anomaly_map, explained.anomaly_map, atol=1e-6)


def test_judge_encodes_an_image_and_a_sentence_once(image: Path) -> None:
    backbone = TinyBackbone()
    judge = Judge(backbone, aligner=ALIGNER)
    judge.judge(image, PROMPTS, scorer=RELEVANT, fusion=FUSION)
    edited = read_lines("plate", "a flawless plate", "a plate with a dent")
    judge.judge(image, edited, scorer=RELEVANT, fusion=FUSION)
    assert (backbone.images_encoded, backbone.texts_encoded) == (1, 5)


def test_judge_says_which_image_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_text("no image")
    with pytest.raises(DataError, match=r"x\.png"):
        Judge(TinyBackbone(), aligner=ALIGNER).picture(tmp_path / "x.png")


def test_read_lines_drops_blank_lines_and_repeats_and_keeps_sources() -> None:
    made = read_lines("plate", "\n a flawless  plate \na flawless plate", "new", known=PROMPTS)
    assert [(one.text, one.source) for one in made.prompts] == [
        ("a flawless plate", "edited"),
        ("new", "edited"),
    ]
    assert read_lines("x", "a", "b", known=read_lines("x", "a", "c")).texts(State.NORMAL) == ("a",)


def test_read_lines_needs_both_states() -> None:
    with pytest.raises(PromptError, match="no abnormal prompt"):
        read_lines("plate", "a plate", " \n")


@pytest.fixture
def explorer(image: Path) -> Explorer:
    pytest.importorskip("ipywidgets")
    return Explorer(
        {"plate": image}, {"few": PROMPTS, "one": read_lines("plate", "a plate", "a flaw")},
        TinyBackbone(), aligner=ALIGNER, scorers={"half": RELEVANT, "mean": ScorerConfig()},
    )  # fmt: skip


def test_explorer_starts_with_the_first_prompts_and_no_change(explorer: Explorer) -> None:
    assert explorer._texts[State.ABNORMAL].value == "a plate with a defect\na damaged plate"
    assert "1 of 2 kept" in explorer._view.value
    assert "change of the map: none" in explorer._view.value
    assert ", was" not in explorer._view.value


def test_explorer_shows_an_edit_at_once_and_escapes_it(explorer: Explorer) -> None:
    explorer._texts[State.ABNORMAL].value = f"a damaged plate\n{HOSTILE}"
    shown = explorer._view.value
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown
    assert '<span class="news">new</span>' in shown
    assert "Removed: a plate with a defect" in shown
    assert ", was" in shown
    assert explorer.prompts.texts(State.ABNORMAL) == ("a damaged plate", HOSTILE)


def test_explorer_compares_with_what_it_was_told_to(explorer: Explorer) -> None:
    explorer._texts[State.ABNORMAL].value = "a plate with a longer defect"
    assert ", was" in explorer._view.value
    explorer._keep.click()
    assert ", was" not in explorer._view.value
    explorer._scorer.value = "mean"
    assert ", was" not in explorer._view.value
    explorer._reset.click()
    assert explorer._texts[State.ABNORMAL].value == "a plate with a defect\na damaged plate"


def test_explorer_keeps_the_last_verdict_where_prompts_are_incomplete(explorer: Explorer) -> None:
    explorer._texts[State.NORMAL].value = ""
    assert 'role="alert"' in explorer._view.value
    assert "no normal prompt" in explorer._view.value
    assert explorer.prompts == PROMPTS


def test_explorer_takes_another_prompt_set(explorer: Explorer) -> None:
    explorer._set.value = "one"
    assert explorer._texts[State.NORMAL].value == "a plate"
    assert "1 of 1 kept" in explorer._view.value


def test_explorer_shows_in_a_notebook(explorer: Explorer) -> None:
    assert "application/vnd.jupyter.widget-view+json" in explorer._repr_mimebundle_()


def test_explorer_needs_images_and_prompts(image: Path) -> None:
    with pytest.raises(DataError, match="at least one image"):
        Explorer({}, {"x": PROMPTS}, TinyBackbone())
    with pytest.raises(PromptError, match="at least one prompt set"):
        Explorer({"x": image}, {}, TinyBackbone())
