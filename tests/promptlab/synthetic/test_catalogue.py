import numpy as np
import pytest

from promptlab.errors import ConfigError
from promptlab.synthetic import catalogue
from promptlab.synthetic.catalogue import CATEGORIES, HELD_OUT, render


def test_groups_name_only_categories() -> None:
    assert len(set(CATEGORIES)) == len(CATEGORIES)
    for group in catalogue.__all__:
        if group not in ("render", "CATEGORIES"):
            assert getattr(catalogue, group) <= set(CATEGORIES), group
    assert len(HELD_OUT) == 10
    assert HELD_OUT <= catalogue.CORE
    assert len(catalogue.WIDE) == 60


def test_render_follows_the_name() -> None:
    rendered = render("washer", np.random.default_rng(0), (100, 120))
    assert rendered.behind is not None
    assert render("wood", np.random.default_rng(0), (100, 120)).behind is None


def test_render_suggests_a_name_when_the_category_is_unknown() -> None:
    with pytest.raises(ConfigError, match="got 'washr'; did you mean 'washer'"):
        render("washr", np.random.default_rng(0), (100, 120))
