"""A tiny recipe, a few captions and images without pixels, for the training tests."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional

from promptlab.backbones.lite.batches import make_table
from promptlab.backbones.lite.dataset import BLANK, NOTHING, Group
from promptlab.backbones.lite.recipe import read_recipe
from promptlab.synthetic.catalogue import CATEGORIES
from promptlab.synthetic.defects import DEFECTS
from promptlab.synthetic.scene import Scene
from promptlab.synthetic.truth import STATES, Caption

GRID = (4, 5)
EVERY = frozenset(CATEGORIES)


@pytest.fixture(scope="package")
def recipe():
    recipe = read_recipe()
    model = replace(
        recipe.model, components=8, width=16, heads=2, dim=16, pool_heads=2, pool_width=4
    )
    training = replace(
        recipe.training, steps=20, batch_pairs=6, warm_up=2, matrix_rate=5e-3, learning_rate=3e-3
    )
    return replace(recipe, model=model, training=training)


def _captions():
    damage = frozenset(DEFECTS)
    yield from (Caption(f"{kind} here", EVERY, frozenset({kind})) for kind in DEFECTS)
    for name in ("screw", "leather"):
        only = frozenset({name})
        yield Caption(f"a photo of a {name}", only, frozenset(STATES), scope="category")
        yield Caption(f"a red {name}", only, frozenset(STATES), colour="red", scope="category")
        yield Caption(f"a flawless {name}", only, frozenset({"normal"}), scope="category")
        yield Caption(f"a damaged {name}", only, damage, scope="category")
        for kind in ("scratch", "stain"):
            yield Caption(f"a {name} with a {kind}", only, frozenset({kind}), scope="category")
            where = Caption(f"{kind} near the top", EVERY, frozenset({kind}), place="top")
            yield where if name == "screw" else replace(where, text="again", size="large")
    yield Caption("a good part", EVERY, frozenset({"normal"}))
    yield Caption("a bad part", EVERY, damage)


@pytest.fixture(scope="package")
def table():
    captions = list(_captions())
    generator = torch.Generator().manual_seed(0)
    vectors = functional.normalize(torch.randn(len(captions) + 30, 384, generator=generator), dim=1)
    return make_table(captions, vectors[: len(captions)], unrelated=vectors[len(captions) :])


@pytest.fixture(scope="package")
def group():
    """Screws and leather whose scratches and stains shift the tokens of two patches."""
    rng = np.random.default_rng(1)
    tokens = torch.from_numpy(rng.normal(size=(24, 20, 14)).astype(np.float16))
    coverage = torch.zeros(24, 20, dtype=torch.float16)
    facts = []
    for row in range(24):
        category = ("screw", "leather")[row // 2 % 2]
        defects = ()
        if row % 2:
            defects = (("scratch", "stain")[row // 4 % 2],)
            at = rng.choice(20, 2, replace=False)
            coverage[row, at] = 0.5
            tokens[row, at, len(defects[0]) - 5] += 5
        facts.append(Scene(BLANK, NOTHING, category, defects, "red", "", 0.02 * (row % 2)))
    return Group(GRID, tokens, coverage, tuple(facts), None)
