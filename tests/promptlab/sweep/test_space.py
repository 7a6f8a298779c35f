from pathlib import Path
from typing import Any

import pytest

from promptlab.config import ExperimentConfig
from promptlab.errors import ConfigError
from promptlab.sweep.space import (
    Dimension,
    apply_point,
    count_points,
    default_point,
    grid_points,
    read_space,
)


def config_of(space: dict[str, object], **changes: Any) -> ExperimentConfig:
    sweep = {"search_categories": ["a"], "report_categories": ["b"], "space": space}
    return ExperimentConfig.model_validate(
        {"name": "x", "dataset": {"name": "mvtec", "root": Path("data")}, "sweep": sweep, **changes}
    )


@pytest.mark.parametrize(
    ("space", "words"),
    [
        ({"fusion.locl": {"float": [0, 1]}}, "unknown key 'fusion.locl'; did you mean 'local'"),
        ({"fusion.local": {"float": [1, 0]}}, "with low < high"),
        ({"fusion.local": {"float": [0, 1, "log"]}}, "then low > 0"),
        ({"fusion.local": {"real": [0, 1]}}, r"must be \{int"),
        ({"fusion.local": {"float": [-1, 1]}}, "greater than or equal to 0"),
        ({"fusion.local": {"float": [0, 1], "step": 2}}, r"must be \{int"),
        ({"fusion.local": {"float": 1}}, r"must be \{int"),
        ({"prompts.per_state": {"int": [1.5, 4]}}, r"must be \{int"),
        ({"scorer.name": {"choice": []}}, r"must be \{int"),
        ({"scorer.name": {"choice": ["mean", "mean"]}}, "different values"),
        ({"scorer.name": {"choice": ["mean", "maen"]}}, "unknown scorer 'maen'; did you mean"),
        (
            {"scorer.params.shar": {"float": [0.1, 1]}, "scorer.name": {"choice": ["contextual"]}},
            r"no scorer of the space \(contextual\) has a parameter 'shar'; did you mean 'share'",
        ),
        (
            {"scorer.params.share": {"float": [0, 1]}, "scorer.name": {"choice": ["contextual"]}},
            "share must be above 0",
        ),
        ({"scorer.params.share": {"float": [0.1, 1]}}, r"no scorer of the space \(mean\)"),
        (
            {"scorer.params.keep": {"int": [1, 2]}, "scorer.name": {"choice": ["x"]}},
            "unknown scorer 'x'",
        ),
        ({"mutual.params.shar": {"float": [0.1, 1]}}, r"unknown key 'mutual.params.shar'"),
        ({"mutual.params": {"choice": {"wrong": {"shar": 1}}}}, "unknown key 'mutual.params.shar'"),
        ({"mutual.params.share": {"float": [0, 1]}}, r"share must be in \(0, 1\], but got 0"),
        ({"metrics.pixel_size": {"choice": [16, 32]}}, "says what is measured"),
        ({"prompts.sources.3.name": {"choice": ["winclip"]}}, "leads through a list of 1"),
        ({"prompts.sources.0.kind": {"choice": ["static", "no"]}}, "prompts.sources.0"),
    ],
)
def test_read_space_refuses_with_rule_and_remedy(space: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        read_space(config_of(space))


def test_read_space_needs_a_sweep_section() -> None:
    with pytest.raises(ConfigError, match="needs a 'sweep:' section"):
        read_space(
            config_of({"fusion.local": {"float": [0, 1]}}).model_copy(update={"sweep": None})
        )


def test_space_counts_a_conditional_parameter_only_where_it_exists() -> None:
    config = config_of(
        {
            "scorer.params.keep": {"int": [1, 5]},
            "scorer.name": {"choice": ["mean", "contextual"]},
            "fusion.local": {"float": [0, 1], "step": 0.25},
        }
    )
    space = read_space(config)
    assert [one.path for one in space][-1] == "scorer.params.keep"
    # fusion.local has 5 values: mean alone, or contextual with each of 5 values of keep.
    assert count_points(space, config) == 5 + 5 * 5
    points = list(grid_points(space, config))
    assert len({tuple(sorted(point.items())) for point in points}) == len(points) == 30
    assert all(("scorer.params.keep" in p) == (p["scorer.name"] == "contextual") for p in points)


def test_space_without_end_has_no_count_and_no_grid() -> None:
    config = config_of({"fusion.local": {"float": [0, 1]}})
    space = read_space(config)
    assert count_points(space, config) is None
    with pytest.raises(ConfigError, match="needs a finite space, but sweep"):
        list(grid_points(space, config))


def test_choices_without_a_short_form_are_drawn_by_name() -> None:
    static = [{"kind": "static", "name": "winclip"}]
    curated = [{"kind": "static", "name": "curated"}]
    config = config_of(
        {
            "prompts.sources": {"choice": {"winclip": static, "curated": curated}},
            "aligner.params.scales": {"choice": [[2], [2, 3]]},
        }
    )
    space = read_space(config)
    assert default_point(config, space) == {
        "prompts.sources": "winclip",
        "aligner.params.scales": "[2]",
    }
    changed = apply_point(
        config, space, {"prompts.sources": "curated", "aligner.params.scales": "[2, 3]"}
    )
    assert changed.prompts.sources[0].name == "curated"
    assert changed.aligner.params == {"scales": [2, 3]}


def test_default_point_knows_the_defaults_of_the_chosen_part() -> None:
    space = {"scorer.params.share": {"float": [0.1, 1]}, "prompts.per_state": {"int": [1, 4]}}
    config = config_of(space, scorer={"name": "contextual"})
    # 0.25 is the class's own default; per_state is null, which the range does not hold.
    assert default_point(config, read_space(config)) == {"scorer.params.share": 0.25}


def test_default_point_knows_the_defaults_of_mutual_scoring() -> None:
    space = {"mutual.params.share": {"float": [0.1, 1]}, "mutual.weight": {"float": [0, 1]}}
    config = config_of(space, mutual={"weight": 0.5})
    expected = {"mutual.params.share": 0.3, "mutual.weight": 0.5}
    assert default_point(config, read_space(config)) == expected


def test_apply_point_starts_another_part_from_its_own_defaults() -> None:
    space = {"scorer.name": {"choice": ["mean", "contextual"]}}
    config = config_of(space, scorer={"name": "contextual", "params": {"share": 0.5}})
    changed = apply_point(config, read_space(config), {"scorer.name": "mean"})
    assert changed.scorer.params == {}


def test_dimension_of_a_list_item_sets_a_request_template() -> None:
    source = {"kind": "llm", "llm": "x", "template": "describe"}
    space = {"prompts.sources.0.template": {"choice": ["describe", "list"]}}
    config = config_of(space, prompts={"sources": [source]})
    changed = apply_point(config, read_space(config), {"prompts.sources.0.template": "list"})
    assert changed.prompts.sources[0].template == "list"


def test_dimension_holds_only_its_own_values() -> None:
    number = Dimension("x", "float", low=0.0, high=1.0)
    assert number.holds(0.5)
    assert not number.holds(2)
    assert not number.holds(value=True)
    assert Dimension("x", "choice", choices=("a",)).holds("a")
    assert not Dimension("x", "choice", choices=(1,)).holds(value=True)
    comb = Dimension("x", "float", low=0.0, high=1.0, step=0.25)
    assert comb.holds(0.75)
    assert not comb.holds(0.7)
    assert comb.values() == (0, 0.25, 0.5, 0.75, 1.0)


@pytest.mark.parametrize(
    ("dimension", "words"),
    [
        (Dimension("x", "int", low=1.0, high=32.0, log=True), "int 1 to 32 on a logarithmic scale"),
        (Dimension("x", "float", low=0.0, high=1.0, step=0.5), "float 0 to 1 in steps of 0.5"),
        (Dimension("x", "choice", choices=("a", None)), "a, null"),
    ],
)
def test_dimension_says_what_it_holds(dimension: Dimension, words: str) -> None:
    assert str(dimension) == words
