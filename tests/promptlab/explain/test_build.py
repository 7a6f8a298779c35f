from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fakes import TinyBackbone
from PIL import Image

from promptlab.config import AlignerConfig, FusionConfig, ScorerConfig
from promptlab.errors import ConfigError, DataError
from promptlab.explain import Explanation, explain_image
from promptlab.features import FeatureStore
from promptlab.prompts.promptset import Prompt, PromptSet
from promptlab.score import score_images
from promptlab.types import State

NORMAL = ("an even plate", "a flawless plate", "a plain and rather ordinary looking plate")
ABNORMAL = ("a plate with damage", "a plate with a big and clearly visible defect", "a flaw")
PROMPTS = PromptSet(
    "plate",
    tuple(
        Prompt(text, state, "tests")
        for state, texts in ((State.NORMAL, NORMAL), (State.ABNORMAL, ABNORMAL))
        for text in texts
    ),
)
ONE = ScorerConfig(name="contextual", params={"share": 0.1, "keep": 1})


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """Grey, with a chequered square in the lower right; 40 high, 64 wide."""
    pixels = np.full((40, 64, 3), 170, np.uint8)
    rows, columns = np.indices((40, 64))
    square = (rows >= 24) & (rows < 38) & (columns >= 46) & (columns < 60)
    pixels[square & ((rows + columns) % 2 == 0)] = 20
    path = tmp_path / "photo.png"
    Image.fromarray(pixels).save(path)
    return path


def explain(path: Path, **changes: object) -> Explanation:
    settings: dict[str, object] = {
        "scorer": ONE,
        "aligner": AlignerConfig(name="patch"),
        "fusion": FusionConfig(),
        "store": FeatureStore(),
        **changes,
    }
    return explain_image(path, PROMPTS, TinyBackbone(), **settings)  # type: ignore[arg-type]


def test_explanation_has_the_scores_that_score_gives(photo: Path) -> None:
    settings = {"scorer": ONE, "aligner": AlignerConfig(), "fusion": FusionConfig()}
    (scored,) = score_images([photo], PROMPTS, TinyBackbone(), **settings, store=FeatureStore())
    explained = explain(photo, **settings)
    assert explained.image_score == scored.image_score
    assert explained.ranked(State.NORMAL)[0].text == scored.top_normal_prompt
    assert explained.ranked(State.ABNORMAL)[0].text == scored.top_abnormal_prompt
    assert explained.image.shape == (40, 64, 3)
    assert explained.anomaly_map.shape == (40, 64)


def test_each_prompt_says_whether_it_was_kept_and_why_not(photo: Path) -> None:
    explained = explain(photo)
    assert [prompt.text for prompt in explained.prompts] == [*NORMAL, *ABNORMAL]
    for state in State:
        ranked = explained.ranked(state)
        assert [prompt.rank for prompt in ranked] == [1, 2, 3]
        assert ranked[0].similarity >= ranked[1].similarity >= ranked[2].similarity
        assert [prompt.weight for prompt in ranked] == [1, 0, 0]
        assert [prompt.kept for prompt in ranked] == [True, False, False]
        assert ranked[0].why_dropped == ""
        assert "Keep the 10 % of each state" in ranked[1].why_dropped
    # The image embedding is (largest mean, largest spread, 1) and a prompt is (1, s, s) or
    # (s, 1, s) with s a thousandth of its length: every s makes it more similar.
    assert explained.ranked(State.ABNORMAL)[0].text == max(ABNORMAL, key=len)


def test_a_scorer_that_drops_nothing_says_so(photo: Path) -> None:
    explained = explain(photo, scorer=ScorerConfig())
    assert all(prompt.kept for prompt in explained.prompts)
    assert [prompt.weight for prompt in explained.prompts] == pytest.approx([1 / 3] * 6)
    assert "WinCLIP" in explained.rule


def test_region_is_where_the_defect_is_and_names_its_prompts(photo: Path) -> None:
    explained = explain(photo, scorer=ScorerConfig())
    region = explained.regions[0]
    assert region.place == "lower right"
    assert 0 < region.share < 0.3
    assert region.peak_score == explained.anomaly_map.max()
    assert region.mean_score == pytest.approx(explained.anomaly_map[region.mask].mean())
    states = [carrier.state for carrier in region.carriers]
    assert states == [State.ABNORMAL] * 3 + [State.NORMAL] * 3
    # Patches are (mean, spread, 1): where spread is large, abnormal prompts gain and normal lose.
    for carrier in region.carriers:
        assert (carrier.lift > 0) == (carrier.state == State.ABNORMAL)


def test_carriers_similarity_is_the_mean_over_the_regions_patches(photo: Path) -> None:
    """Without smoothing and with every pixel in the cut, the region is the image: no lift."""
    explained = explain(photo, scorer=ScorerConfig(), top_share=0.999)
    assert explained.regions[0].place == "whole image"
    for carrier in explained.regions[0].carriers:
        assert carrier.lift == pytest.approx(0, abs=2e-3)


def test_dropped_prompts_carry_nothing(photo: Path) -> None:
    kept = {prompt.text for prompt in explain(photo).prompts if prompt.kept}
    carriers = [carrier.text for region in explain(photo).regions for carrier in region.carriers]
    assert set(carriers) == kept


def test_windows_give_regions_too(photo: Path) -> None:
    explained = explain(photo, aligner=AlignerConfig(name="window", params={"scales": [2]}))
    assert explained.regions[0].place == "lower right"
    assert explained.aligner == "window (scales [2])"


def test_a_flat_map_has_no_region(photo: Path) -> None:
    explained = explain(photo, aligner=AlignerConfig(name="global"))
    assert explained.regions == ()
    assert explained.decision.endswith("the map is flat.")


def test_decision_adds_up(photo: Path) -> None:
    fusion = FusionConfig.model_validate({"global": 1, "local": 3})
    explained = replace(
        explain(photo, fusion=fusion), image_score=0.65, global_score=0.5, local_score=0.7
    )
    assert "Leans abnormal" in explained.decision
    assert "0.650 = 0.25 x 0.500 (whole image) + 0.75 x 0.700 (highest 1 %" in explained.decision
    assert "1 of 3 normal and 1 of 3 abnormal prompts" in explained.decision
    assert "highest in the lower right" in explained.decision


def test_decision_speaks_of_a_region_that_lies_across(photo: Path) -> None:
    explained = explain(photo)
    across = replace(explained, regions=(replace(explained.regions[0], place="across the image"),))
    assert "the map is highest across the image (" in across.decision


def test_decision_says_when_log_odds_were_joined(photo: Path) -> None:
    fusion = FusionConfig(join="odds", pool="soft", softness=2)
    decision = explain(photo, fusion=fusion).decision
    assert "(soft maximum, softness 2, of the map), weighed as log odds, with" in decision


@pytest.mark.parametrize(
    ("score", "words"), [(0.4, "Leans normal"), (0.5, "Undecided"), (0.6, "Leans abnormal")]
)
def test_decision_leans_to_the_likelier_state(photo: Path, score: float, words: str) -> None:
    assert replace(explain(photo), image_score=score).decision.startswith(words)


def test_explain_image_refuses_an_unreadable_image(tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"no image")
    with pytest.raises(DataError, match=r"broken\.png"):
        explain(tmp_path / "broken.png")


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_explain_image_refuses_a_share_without_meaning(photo: Path, share: float) -> None:
    with pytest.raises(ConfigError, match="top_share must be above 0 and below 1"):
        explain(photo, top_share=share)


def test_html_escapes_every_word_and_needs_nothing_else(photo: Path) -> None:
    evil = "<script>alert(1)</script>"
    explained = explain(photo)
    prompts = tuple(replace(prompt, text=prompt.text + evil) for prompt in explained.prompts)
    shown = replace(explained, prompts=prompts, category=evil, rule=evil)._repr_html_()
    assert "<script" not in shown
    assert shown.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 6 + 2
    assert 'src="data:image/png;base64,' in shown
    assert "http" not in shown
    assert "1 of\n      3 prompts kept" in shown


def test_html_of_a_flat_map_has_no_region_table(photo: Path) -> None:
    assert "Regions:" not in explain(photo, aligner=AlignerConfig(name="global"))._repr_html_()
