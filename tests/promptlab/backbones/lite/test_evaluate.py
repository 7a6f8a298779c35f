import numpy as np
import pytest
import torch
from torch.nn import functional

from promptlab.backbones.lite import evaluate as module
from promptlab.backbones.lite.dataset import BLANK, NOTHING, Group
from promptlab.synthetic.defects import DEFECTS
from promptlab.synthetic.scene import Scene


def _scene(category, *defects):
    return Scene(BLANK, NOTHING, category, defects, "", "", 0.0)


def _group(scenes, masks=None):
    count = len(scenes)
    tokens = torch.zeros(count, 6, 3, dtype=torch.float16)
    coverage = torch.zeros(count, 6, dtype=torch.float16)
    return Group((2, 3), tokens, coverage, tuple(scenes), masks)


def test_table_has_a_column_for_each_split():
    table = module.format_table({"seen": {"a": 0.5, "b": 1.0}, "unseen": {"a": 0.25, "b": 0.125}})
    assert table == (
        "| measure | seen | unseen |\n|---|---|---|\n| a | 0.500 | 0.250 |\n| b | 1.000 | 0.125 |"
    )


def test_several_runs_give_mean_and_deviation():
    one = {"seen": {"a": 0.5}}
    other = {"seen": {"a": 0.7}}
    assert module.summarise([one]) == module.format_table(one)
    # Deviation of 0.5 and 0.7 with one degree of freedom: sqrt(0.02).
    assert module.summarise([one, other]).splitlines()[-1] == "| a | 0.600 ± 0.141 |"


def test_pixel_auroc_places_patches_at_a_non_square_grid():
    masks = torch.zeros(1, 112, 112, dtype=torch.bool)
    masks[0, 84:, 93:] = True  # beyond the centre of patch (row 1, column 2), number 5
    group = _group([_scene("screw", "crack")], masks)
    scores = torch.zeros(1, 6)
    scores[0, 5] = 1
    assert module._pixel_auroc(group, torch.tensor([0]), scores) == pytest.approx(1.0)
    assert module._pixel_auroc(group, torch.tensor([0]), -scores) == pytest.approx(0.0)


def test_category_top1_counts_the_nearest_name():
    texts = {"a photo of a leather": [1.0, 0.0], "a photo of a screw": [0.0, 1.0]}
    images = torch.tensor([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.3, 0.7]])
    group = _group([_scene(name) for name in ("leather", "screw", "screw", "screw")])

    def encode(prompts):
        return torch.tensor([texts[prompt] for prompt in prompts])

    assert module._category_top1(encode, group, images) == 0.75


def test_defect_top1_leaves_out_images_without_exactly_one_defect():
    kinds = list(DEFECTS)
    one_hot = torch.eye(len(kinds))
    scenes = [_scene("screw", kinds[0]), _scene("screw", kinds[1]), _scene("screw", *kinds[:2])]
    images = torch.stack([one_hot[0], one_hot[5], one_hot[9]])
    of_prompt = {
        prompt: at
        for at, kind in enumerate(kinds)
        for prompt in module.defect_prompts(kind, "screw")
    }

    def encode(prompts):
        return torch.stack([one_hot[of_prompt[prompt]] for prompt in prompts])

    measured = module._defect_top1(encode, _group([*scenes, _scene("screw")]), images)
    assert measured == 0.5


def test_direction_is_the_difference_of_unit_means():
    vectors = {"n": [3.0, 0.0], "a": [0.0, 1.0], "b": [0.0, 3.0]}

    def encode(prompts):
        return torch.tensor([vectors[prompt] for prompt in prompts])

    assert module._direction(encode, (["n"], ["a", "b"])).tolist() == [-1.0, 1.0]


def test_ensemble_fills_every_state_into_every_template():
    normal, abnormal = module._ensemble("screw")
    assert "a photo of a flawless screw." in normal
    assert "a bright photo of the screw with damage." in abnormal
    assert len(set(normal)) == 49
    assert len(set(abnormal)) == 28


def test_auroc_by_hand():
    labels = np.array([False, True, False, True])
    assert module._auroc(labels, functional.relu(torch.tensor([0.1, 0.4, 0.3, 0.2]))) == 0.75


def test_unrelated_pairs_are_fixed_and_name_two_things():
    pairs = module.unrelated_pairs()
    assert pairs == module.unrelated_pairs()
    assert len(pairs) == module.UNRELATED_PAIRS
    assert all(normal != abnormal for normal, abnormal in pairs)
