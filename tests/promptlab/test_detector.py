import math
from dataclasses import replace
from typing import Literal

import pytest
import torch
from scipy.ndimage import gaussian_filter
from torch.nn.functional import interpolate

from aligners.base import LocalView
from promptlab.config import AlignerConfig, FusionConfig, PromptsConfig, ScorerConfig
from promptlab.detector import (
    DrawnMaps,
    Evidence,
    TextBank,
    Witness,
    build_aligner,
    build_scorer,
    build_summary,
    draw_maps,
    gather_evidence,
    join_predictions,
    predict,
)
from promptlab.errors import ConfigError
from promptlab.evidence import collect
from promptlab.scorers.base import SCORERS
from promptlab.scorers.mean import _shared_sum

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


def test_predict_mixes_in_the_distance_from_references(evidence: Evidence) -> None:
    distances = torch.tensor([[0.1, 0.3], [0.0, 0.2]])
    fusion = FusionConfig.model_validate({"global": 1, "local": 0})
    few = replace(evidence, distances={"references": distances})
    prediction = predict(
        few, build_scorer(ScorerConfig()), fusion, distance_weights={"references": 0.25}
    )
    zero = predict(evidence, build_scorer(ScorerConfig()), fusion)
    # WinCLIP+: the maximum joins the image score, the map joins the map.
    expected = 0.75 * zero.global_score + 0.25 * torch.tensor([0.3, 0.2])
    assert torch.allclose(prediction.image_score, expected)
    assert torch.allclose(
        prediction.patch_map[:, 0], 0.75 * zero.patch_map[:, 0] + 0.25 * distances
    )


def test_predict_mixes_in_references_first_and_peers_then(evidence: Evidence) -> None:
    references, peers = torch.rand(2, 2, 2, generator=torch.Generator().manual_seed(0))
    both = replace(evidence, distances={"references": references, "peers": peers})
    weights: dict[Witness, float] = {"references": 0.25, "peers": 0.5}
    scorer, fusion = build_scorer(ScorerConfig()), FusionConfig()
    zero = predict(evidence, scorer, fusion).patch_map.flatten(1)
    found = predict(both, scorer, fusion, distance_weights=weights).patch_map.flatten(1)
    expected = 0.5 * (0.75 * zero + 0.25 * references) + 0.5 * peers
    torch.testing.assert_close(found, expected)


def test_predict_joins_harmonic_views_harmonically(evidence: Evidence) -> None:
    (view,) = evidence.views
    image = replace(
        view,
        similarities=replace(
            evidence.global_,
            **{
                state: getattr(evidence.global_, state)[:, None].expand(-1, 2, -1)
                for state in ("normal", "abnormal")
            },
        ),
    )
    views = tuple(replace(v, view=replace(v.view, join="harmonic")) for v in (view, image))
    prediction = predict(
        replace(evidence, views=views), build_scorer(ScorerConfig()), FusionConfig()
    )
    expected = 2 / (1 / logistic(1) + 1 / logistic(0))
    assert prediction.patch_map[1, 0, 1].item() == pytest.approx(expected)


def test_temperature_replaces_the_backbones_scale(evidence: Evidence) -> None:
    prediction = predict(evidence.at_temperature(0.5), build_scorer(ScorerConfig()), FusionConfig())
    assert prediction.global_score[0].item() == pytest.approx(1 / (1 + math.exp(2)))
    assert evidence.at_temperature(None) is evidence


def three_prompts() -> Evidence:
    normal = torch.tensor([[1.0, 0, 0], [0.0, 1, 0]])
    bank = TextBank(("a", "b"), ("x",), normal, torch.tensor([[0.0, 0, 1]]))
    views = (LocalView(torch.tensor([[[0.0, 2.0, 1.0], [3.0, 0.0, 1.0]]])),)
    return gather_evidence(torch.tensor([[1.0, 0, 1]]), views, bank, grid=(1, 2), logit_scale=SCALE)


def test_predict_lets_each_place_find_its_own_weights_when_told() -> None:
    scorer = build_scorer(ScorerConfig(name="contextual", params={"share": 0.5, "keep": 1}))
    image = predict(three_prompts(), scorer, FusionConfig())
    patch = predict(three_prompts(), scorer, FusionConfig(), context="patch")
    # The image keeps prompt a. Its first place is like b: cosines 2 and 1 over sqrt 5 to b and x.
    assert image.patch_map[0, 0, 0].item() == pytest.approx(logistic(1 / 5**0.5))
    assert patch.patch_map[0, 0, 0].item() == pytest.approx(logistic(-1 / 5**0.5))
    assert patch.patch_map[0, 0, 1].item() == pytest.approx(image.patch_map[0, 0, 1].item())


def test_summary_gives_prompt_weights_and_names_prompts() -> None:
    evidence = three_prompts()
    summary = build_summary(PromptsConfig(summary="medoid"), evidence)
    prediction = predict(evidence, build_scorer(ScorerConfig()), FusionConfig(), summary=summary)
    assert prediction.weights.normal.tolist() == [[1.0, 0.0]]
    assert prediction.top_normal.tolist() == [0]
    assert build_summary(PromptsConfig(), evidence) is None


def test_mean_raw_weighs_prompts_by_the_length_of_their_embeddings() -> None:
    raw = torch.tensor([[3.0, 0, 0], [0.0, 1, 0], [0.0, 0, 5]])
    bank = TextBank.of(("a", "b"), ("x",), raw)
    evidence = gather_evidence(
        torch.tensor([[1.0, 0, 0]]),
        (LocalView(torch.ones(1, 1, 3)),),
        bank,
        grid=(1, 1),
        logit_scale=SCALE,
    )
    fusion = FusionConfig.model_validate({"global": 1, "local": 0})
    scores = [
        predict(
            evidence,
            build_scorer(ScorerConfig()),
            fusion,
            summary=build_summary(PromptsConfig(summary=kind), evidence),
        ).image_score.item()
        for kind in ("none", "mean_raw")
    ]
    # Mean of unit vectors: (1, 1) / sqrt 2; of raw ones: (3, 1) / sqrt 10.
    assert scores == pytest.approx([logistic(-1 / 2**0.5), logistic(-3 / 10**0.5)])
    kept = evidence.select(torch.tensor([1]), torch.tensor([0])).text_lengths
    assert kept is not None
    assert [length.tolist() for length in kept] == [[1.0], [5.0]]


@pytest.mark.parametrize("context", ["image", "patch"])
@pytest.mark.parametrize("name", SCORERS.available())
@pytest.mark.parametrize("places", [([4, 0, 2], [5, 1]), ([*range(6)], [*range(6)])])
def test_chosen_prompts_are_judged_as_if_there_were_no_others(
    name: str, context: Literal["image", "patch"], places: tuple[list[int], list[int]]
) -> None:
    generator = torch.Generator().manual_seed(2)
    unit = torch.nn.functional.normalize(torch.randn(12, 5, generator=generator), dim=-1)
    bank = TextBank(tuple("abcdef"), tuple("ghijkl"), unit[:6], unit[6:])
    views = (LocalView(torch.randn(3, 4, 5, generator=generator)),)
    whole = collect(
        [
            gather_evidence(
                torch.randn(3, 5, generator=generator), views, bank, grid=(2, 2), logit_scale=SCALE
            )
        ],
        images=3,
        memory=10**6,
    )
    normal, abnormal = (torch.tensor(each) for each in places)
    scorer, fusion = build_scorer(ScorerConfig(name=name)), FusionConfig()
    found = predict(whole, scorer, fusion, chosen=(normal, abnormal), context=context)
    expected = predict(whole.select(normal, abnormal), scorer, fusion, context=context)
    for field in ("image_score", "global_score", "patch_map"):
        torch.testing.assert_close(getattr(found, field), getattr(expected, field))
    assert torch.equal(found.top_normal, expected.top_normal)
    assert torch.equal(found.top_abnormal, expected.top_abnormal)
    assert torch.equal(found.weights.abnormal, expected.weights.abnormal)


def test_prompts_without_weight_are_not_read() -> None:
    similarities, weights = torch.rand(2, 3, 4), torch.tensor([[0, 0.25, 0.75], [0, 0.5, 0.5]])
    similarities[:, 0] = torch.nan
    expected = (weights[:, 1:, None] * similarities[:, 1:]).sum(1)
    assert torch.allclose(_shared_sum(similarities, weights), expected)


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


def test_draw_maps_equals_upsampling_and_then_smoothing() -> None:
    patch_map = torch.rand(2, 4, 6, generator=torch.Generator().manual_seed(0))
    up = interpolate(patch_map[:, None], size=(33, 50), mode="bilinear", align_corners=False)
    # 3 sigma of 0.05 * 33 pixels round to 5; scipy's mirror is torch's reflect.
    expected = gaussian_filter(
        up[:, 0].double().numpy(), (0, 1.65, 1.65), mode="mirror", truncate=5 / 1.65
    )
    drawn = draw_maps(patch_map, size=(33, 50), sigma=0.05)
    assert drawn.numpy() == pytest.approx(expected, abs=1e-6)


def test_drawn_maps_are_those_of_all_images_at_once() -> None:
    patch_map = torch.rand(11, 3, 5, generator=torch.Generator().manual_seed(0))
    maps = DrawnMaps(patch_map, size=(12, 20), sigma=0.05)
    assert len(maps) == 11
    expected = draw_maps(patch_map, size=(12, 20), sigma=0.05)
    for _ in range(2):  # they can be read again
        assert torch.allclose(torch.stack([torch.tensor(each) for each in maps]), expected)


def test_join_predictions_gives_what_predicting_all_at_once_gives(evidence: Evidence) -> None:
    scorer, fusion = build_scorer(ScorerConfig(name="contextual")), FusionConfig()
    whole = predict(evidence, scorer, fusion)
    joined = join_predictions(
        [predict(evidence.images(i, i + 1), scorer, fusion) for i in range(2)]
    )
    for name in ("image_score", "global_score", "local_score", "patch_map", "top_abnormal"):
        assert torch.allclose(getattr(joined, name), getattr(whole, name))
    assert torch.equal(joined.weights.normal, whole.weights.normal)


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
