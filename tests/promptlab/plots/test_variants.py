import pytest
from records import run_of

from promptlab.errors import RecordError
from promptlab.plots.variants import arrange, flat_settings, name_runs, one_data_set

SOURCES = [{"kind": "static", "name": "winclip"}, {"kind": "llm", "llm": "x:y", "template": "t"}]


def test_flat_settings_leaves_out_names_images_and_measures() -> None:
    config = {
        "dataset": {"name": "elpv"}, "metrics": {"bootstrap": 5}, "fusion": {"local": 0.5},
        "prompts": {"sources": SOURCES, "per_state": None},
    }  # fmt: skip
    assert flat_settings(run_of("a", {"mono": 0.5}, config=config)) == {
        "fusion.local": 0.5,
        "prompts.sources": "winclip + x:y/t",
        "prompts.per_state": None,
    }


def test_name_runs_says_what_differs() -> None:
    scorers = [
        {"name": "mean", "params": {}},
        {"name": "softmax", "params": {"balanced": True}},
        {"name": "softmax", "params": {"balanced": False, "share": 0.5}},
    ]
    runs = [run_of(f"g.{i}", {"a": 0.5}, config={"scorer": s}) for i, s in enumerate(scorers)]
    assert name_runs(runs) == ["mean", "softmax, balanced", "softmax, not balanced, share 0.5"]


def test_name_runs_takes_their_names_where_settings_are_alike() -> None:
    assert name_runs([run_of("one", {"a": 0.5}), run_of("two", {"a": 0.5})]) == ["one", "two"]


def test_name_runs_numbers_what_is_alike_in_all() -> None:
    assert name_runs([run_of("one", {"a": 0.5})] * 2) == ["one #1", "one #2"]


def test_arrange_joins_one_configuration_on_two_data_sets() -> None:
    mean, rank = ({"scorer": {"name": name}} for name in ("mean", "rank"))
    variants = arrange(
        [
            run_of("a-mean", {"mono": 0.5}, config=mean, data="elpv"),
            run_of("b-mean", {"gear": 0.6}, config=mean, data="synthetic"),
            run_of("a-rank", {"mono": 0.7}, config=rank, data="elpv"),
        ]
    )
    assert [(one.name, list(one.results)) for one in variants] == [
        ("mean", ["mono", "gear"]),
        ("rank", ["mono"]),
    ]


def test_arrange_names_the_data_set_where_two_share_a_category() -> None:
    (variant,) = arrange(
        [run_of("a", {"x": 0.5}, data="visa"), run_of("b", {"x": 0.6}, data="own")]
    )
    assert list(variant.results) == ["x (visa)", "x (own)"]


def test_arrange_keeps_a_repeated_run_apart() -> None:
    variants = arrange([run_of("a", {"x": 0.5}), run_of("a", {"x": 0.6})])
    assert [one.results["x"].metrics["image_auroc"].value for one in variants] == [0.5, 0.6]


def test_one_data_set_names_what_differs() -> None:
    runs = [run_of("a", {"x": 0.5}, data="visa"), run_of("b", {"y": 0.6}, data="own")]
    with pytest.raises(RecordError, match=r"same images, but got runs of own \(y\); visa \(x\)"):
        one_data_set(runs, of="it")


def test_one_data_set_refuses_no_record() -> None:
    with pytest.raises(RecordError, match="it needs at least one record"):
        one_data_set([], of="it")
