from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from promptlab.backbones.lite.dataset import (
    build_data,
    data_folder,
    load_split,
    make_shard,
    measure_coverage,
    plan_shards,
)
from promptlab.backbones.lite.recipe import ShardShare, read_recipe
from promptlab.synthetic.catalogue import CORE, HELD_OUT, WIDE


@pytest.fixture(scope="module")
def recipe():
    recipe = read_recipe()
    shards = (ShardShare("core", (160, 160), 0.5), ShardShare("wide", (160, 192), 0.5))
    data = replace(
        recipe.data,
        training_pairs=4,
        validation_pairs=2,
        held_out_pairs=2,
        fit_pairs=2,
        shard_pairs=2,
        shards=shards,
    )
    return replace(recipe, data=data, model=replace(recipe.model, components=8))


@pytest.fixture(scope="module")
def folder(recipe, tmp_path_factory):
    folder = data_folder(recipe, tmp_path_factory.mktemp("cache"))
    build_data(recipe, folder, workers=1)
    return folder


def test_coverage_of_a_non_square_mask_by_hand():
    mask = np.zeros((32, 48), np.bool_)
    mask[16:24, 32:48] = True  # half of the patch in row 1, column 2
    mask[0, 0] = True
    assert measure_coverage(mask).tolist() == [1 / 256, 0, 0, 0, 0, 0.5]


def test_kinds_are_spread_over_the_training_shards(recipe):
    three = (ShardShare("core", (224, 224), 0.75), ShardShare("wide", (320, 320), 0.25))
    data = replace(recipe.data, training_pairs=16, shards=three)
    plan = plan_shards(replace(recipe, data=data), Path("nowhere"), splits=["train"])
    assert [task.size[0] for task in plan].count(320) == 2
    assert [task.categories for task in plan].count("wide") == 2
    assert len({task.path for task in plan}) == 8


def test_twins_alternate_and_share_category_and_size(recipe, folder):
    groups = load_split(recipe, folder, "train")
    assert [group.grid for group in groups] == [(10, 10), (10, 12)]
    for group in groups:
        assert group.tokens.shape == (4, group.grid[0] * group.grid[1], 14)
        assert group.masks is None
        for normal, abnormal in zip(group.facts[::2], group.facts[1::2], strict=True):
            assert normal.defects == ()
            assert abnormal.defects
            assert normal.category == abnormal.category
            assert normal.category not in HELD_OUT
        assert (group.coverage[::2] == 0).all()
        assert (group.coverage[1::2] > 0).any(dim=1).all()


def test_a_training_shard_shows_the_categories_that_the_recipe_names(recipe, folder):
    for group, allowed in zip(load_split(recipe, folder, "train"), (CORE, WIDE), strict=True):
        assert {facts.category for facts in group.facts} <= allowed - HELD_OUT


def test_held_out_split_shows_held_out_categories_with_masks(recipe, folder):
    (group,) = load_split(recipe, folder, "held_out")
    assert {facts.category for facts in group.facts} <= HELD_OUT
    assert group.masks is not None
    assert group.masks.shape == (4, 112, 112)


def test_a_shard_made_again_is_the_same(recipe, folder, tmp_path):
    task = plan_shards(recipe, folder, splits=["train"])[1]
    again = make_shard(replace(task, path=tmp_path / "again.safetensors"))
    for name, tensor in load_file(task.path).items():
        assert torch.equal(tensor, load_file(again)[name])


def test_a_second_run_makes_only_what_is_missing(recipe, folder):
    paths = sorted(folder.glob("train-*"))
    times = {path: path.stat().st_mtime_ns for path in paths}
    paths[0].unlink()
    build_data(recipe, folder, workers=1)
    changed = [path for path in paths if path.stat().st_mtime_ns != times[path]]
    assert changed == paths[:1]
