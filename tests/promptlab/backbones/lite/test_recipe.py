from dataclasses import replace

import pytest

from promptlab.backbones.lite.recipe import ShardShare, read_recipe
from promptlab.errors import ConfigError
from promptlab.synthetic.catalogue import CORE, HELD_OUT, WIDE


def test_packaged_recipe_reads():
    recipe = read_recipe()
    assert sum(each.share for each in recipe.data.shards) == pytest.approx(1)
    assert recipe.data.shards[0].size == (224, 224)
    assert isinstance(recipe.training.learning_rate, float)


def test_more_data_keeps_the_data_digest_but_not_the_recipe_digest():
    recipe = read_recipe()
    larger = replace(recipe, data=replace(recipe.data, training_pairs=99_999))
    assert larger.data_digest == recipe.data_digest
    assert larger.digest != recipe.digest
    assert replace(recipe, seed=5).data_digest != recipe.data_digest


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sed: 1", r"unknown key recipe\.sed; did you mean 'seed'"),
        ("model: {with: 3}", r"unknown key recipe\.model\.with; did you mean 'width'"),
        ("seed: 1", r"recipe lacks data, training; see"),
        ("data: 3", r"recipe\.data must be a mapping, but got 3"),
    ],
)
def test_a_wrong_key_is_named(tmp_path, text, message):
    path = tmp_path / "recipe.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        read_recipe(path)


def test_a_recipe_names_its_categories():
    recipe = read_recipe()
    assert recipe.categories == (CORE | WIDE) - HELD_OUT
    shards = tuple(each for each in recipe.data.shards if each.categories == "core")
    fewer = replace(recipe, data=replace(recipe.data, shards=shards))
    assert fewer.categories == CORE - HELD_OUT


def test_unknown_categories_are_refused_with_the_nearest_name():
    with pytest.raises(ConfigError, match=r"one of core, wide, but got 'wid'; did you mean 'wide'"):
        ShardShare("wid", (160, 160), 1.0)
