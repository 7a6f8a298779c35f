import math

import pytest
import torch

from aligners.base import LocalView
from promptlab.config import AlignerConfig, FusionConfig, ScorerConfig
from promptlab.detector import (
    Evidence,
    TextBank,
    build_aligner,
    build_scorer,
    draw_maps,
    gather_evidence,
    predict,
)
from promptlab.errors import ConfigError

SCALE = 10.0


@pytest.fixture
def evidence() -> Evidence:
    """Two images of one row of two patches; the axes are 'normal' and 'abnormal'."""
    bank = TextBank(("fine",), ("bad",), torch.tensor([[1.0, 0]]), torch.tensor([[0.0, 1]]))
    patches = torch.tensor([[[2.0, 0], [2.0, 0]], [[1.0, 0], [0.0, 3.0]]])
    views = (LocalView(patches),)
    return gather_evidence(
        torch.tensor([[1.0, 0], [1.0, 1.0]]), views, bank, grid=(1, 2), logit_scale=SCALE
    )


def logistic(difference: float) -> float:
    return 1 / (1 + math.exp(-SCALE * difference))


def test_predict_fuses_global_and_local_scores(evidence: Evidence) -> None:
    fusion = FusionConfig.model_validate({"global": 1, "local": 3, "top": 0.5})
    prediction = predict(evidence, build_scorer(ScorerConfig()), fusion)
    expected_global = [logistic(-1), logistic(0)]
    expected_map = [[logistic(-1), logistic(-1)], [logistic(-1), logistic(1)]]
    assert prediction.global_score.tolist() == pytest.approx(expected_global)
    assert prediction.patch_map[:, 0].tolist() == [pytest.approx(row) for row in expected_map]
    expected = [
        (g + 3 * max(row)) / 4 for g, row in zip(expected_global, expected_map, strict=True)
    ]
    assert prediction.image_score.tolist() == pytest.approx(expected)


def test_predict_averages_the_top_share_of_the_map(evidence: Evidence) -> None:
    fusion = FusionConfig.model_validate({"global": 0, "local": 1, "top": 1.0})
    prediction = predict(evidence, build_scorer(ScorerConfig()), fusion)
    assert prediction.image_score[1].item() == pytest.approx((logistic(-1) + logistic(1)) / 2)


def test_select_equals_evidence_gathered_from_fewer_prompts() -> None:
    generator = torch.Generator().manual_seed(1)
    unit = torch.nn.functional.normalize(torch.randn(7, 5, generator=generator), dim=-1)
    images = torch.randn(3, 5, generator=generator)
    views = (LocalView(torch.randn(3, 4, 5, generator=generator)),)
    whole = TextBank(("a", "b", "c"), ("d", "e", "f", "g"), unit[:3], unit[3:])
    part = TextBank(("a", "c"), ("g",), unit[[0, 2]], unit[[6]])
    scorer, fusion = build_scorer(ScorerConfig()), FusionConfig()
    sliced = gather_evidence(images, views, whole, grid=(2, 2), logit_scale=SCALE).select(
        torch.tensor([0, 2]), torch.tensor([3])
    )
    gathered = gather_evidence(images, views, part, grid=(2, 2), logit_scale=SCALE)
    one, two = predict(sliced, scorer, fusion), predict(gathered, scorer, fusion)
    assert torch.allclose(one.image_score, two.image_score, atol=1e-6)
    assert torch.allclose(one.patch_map, two.patch_map, atol=1e-6)


def test_predict_names_the_most_similar_prompt_that_has_a_weight() -> None:
    bank = TextBank(
        ("far", "near"), ("x",), torch.tensor([[0.0, 1], [1.0, 0]]), torch.tensor([[0.0, 1]])
    )
    views = (LocalView(torch.ones(1, 1, 2)),)
    evidence = gather_evidence(
        torch.tensor([[1.0, 0]]), views, bank, grid=(1, 1), logit_scale=SCALE
    )
    prediction = predict(evidence, build_scorer(ScorerConfig()), FusionConfig())
    assert bank.normal_texts[int(prediction.top_normal[0])] == "near"


def test_draw_maps_keeps_a_constant_and_places_a_peak_in_a_non_square_map() -> None:
    constant = draw_maps(torch.full((1, 3, 5), 0.25), size=(30, 50), sigma=0.05)
    assert torch.allclose(constant, torch.tensor(0.25), atol=1e-6)
    peak = torch.zeros(1, 3, 5)
    peak[0, 2, 4] = 1
    drawn = draw_maps(peak, size=(30, 50), sigma=0.05)[0]
    row, column = divmod(int(drawn.argmax()), 50)
    assert (row // 10, column // 10) == (2, 4)
    assert drawn.max() <= 1


def test_draw_maps_without_smoothing_is_bilinear() -> None:
    drawn = draw_maps(torch.tensor([[[0.0, 1.0]]]), size=(1, 4), sigma=0.0)
    assert drawn[0, 0].tolist() == pytest.approx([0, 0.25, 0.75, 1])


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (ScorerConfig(name="contxtual"), "unknown scorer 'contxtual'; did you mean 'contextual'?"),
        (ScorerConfig(params={"share": 1}), "unknown key 'scorer.params.share'"),
        (ScorerConfig(name="contextual", params={"share": 2}), "share"),
        (ScorerConfig(name="contextual", params={"mode": "x"}), "scorer.params.mode"),
    ],
)
def test_build_scorer_refuses_with_rule_and_remedy(config: ScorerConfig, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        build_scorer(config)
    assert words in str(caught.value)


def test_build_aligner_converts_yaml_lists() -> None:
    aligner = build_aligner(AlignerConfig(name="fine_grained", params={"scales": [2, 3]}))
    assert aligner.requires.window_sides == (2, 3)
