from pathlib import Path

import numpy as np
import pytest

from promptlab.config import FusionConfig
from promptlab.explain import Carrier, Explanation, PromptEvidence, Region
from promptlab.plots import explanation_figure
from promptlab.types import State


def prompt(text: str, state: State, rank: int, *, kept: bool = True) -> PromptEvidence:
    return PromptEvidence(
        text=text,
        state=state,
        source="tests",
        similarity=0.3 - rank / 100,
        rank=rank,
        weight=0.5 if kept else 0.0,
        why_dropped="" if kept else "too far",
    )


@pytest.fixture
def explanation() -> Explanation:
    mask = np.zeros((20, 30), dtype=bool)
    mask[12:16, 20:26] = True
    carrier = Carrier("a $5 cracked cell", State.ABNORMAL, weight=0.5, similarity=0.3, lift=0.1)
    return Explanation(
        path=Path("a_b$c$.png"),
        category="cell",
        backbone="tiny",
        scorer="contextual",
        aligner="patch",
        image_score=0.6,
        global_score=0.5,
        local_score=0.7,
        fusion=FusionConfig(),
        rule="Keep two.",
        prompts=(
            *(prompt(f"a fine cell {i}", State.NORMAL, i, kept=i < 3) for i in range(1, 10)),
            *(prompt(f"a bad cell {i}", State.ABNORMAL, i, kept=i < 3) for i in range(1, 4)),
        ),
        regions=(Region("lower right", 0.04, 0.7, 0.8, (carrier,), mask),),
        region_rule="connected pieces",
        image=np.full((20, 30, 3), 90, dtype=np.uint8),
        anomaly_map=np.where(mask, 0.8, 0.2).astype(np.float32),
    )


def texts(figure) -> str:
    parts = [ax.get_title(loc) for ax in figure.axes for loc in ("left", "center", "right")]
    labels = [label.get_text() for ax in figure.axes for label in ax.get_yticklabels()]
    titles = [sub.get_suptitle() for sub in figure.subfigs]
    return "\n".join([*parts, *labels, *titles])


def test_figure_says_the_decision_the_region_and_the_top_prompts(explanation) -> None:
    figure = explanation_figure(explanation, prompts=6)
    shown = texts(figure)
    assert "Leans abnormal" in shown
    assert "1  lower right, 4.0 %: a $5 cracked cell" in shown
    assert "normal: 2 of 9 prompts kept" in shown
    assert "a fine cell 6" in shown
    assert "a fine cell 7" not in shown
    assert figure._repr_png_().startswith(b"\x89PNG")


def test_bars_are_similarities_around_the_mean_and_hollow_when_dropped(explanation) -> None:
    figure = explanation_figure(explanation)
    normal = next(ax for ax in figure.axes if ax.get_title("right").startswith("normal"))
    mean = np.mean([each.similarity for each in explanation.prompts])
    assert [bar.get_width() for bar in normal.patches] == pytest.approx(
        [0.3 - rank / 100 - mean for rank in range(1, 7)]
    )
    hollow = [bar.get_facecolor() == (1, 1, 1, 1) for bar in normal.patches]
    assert hollow == [False, False, True, True, True, True]


def test_figure_without_a_region_says_so(explanation) -> None:
    flat = Explanation(**{**vars(explanation), "regions": ()})
    assert "the map is flat" in texts(explanation_figure(flat))
