import pytest

from promptlab.config import SweepConfig
from promptlab.errors import ConfigError
from promptlab.sweep.folds import Fold, make_folds

SPACE = {"space": {"fusion.local": {"float": [0, 1]}}}


def test_two_sides_are_one_fold() -> None:
    sweep = SweepConfig(search_categories=("a",), report_categories=("b",), **SPACE)
    assert make_folds(sweep, ("a", "b", "c"), study="s") == (Fold("s", ("a",), ("b",)),)


def test_folds_report_each_category_once_and_never_search_it() -> None:
    folds = make_folds(SweepConfig(folds=2, **SPACE), tuple("abcde"), study="s")
    assert folds == (
        Fold("s.fold-1", ("b", "d"), ("a", "c", "e")),
        Fold("s.fold-2", ("a", "c", "e"), ("b", "d")),
    )


def test_leave_one_out_has_a_fold_per_category() -> None:
    folds = make_folds(SweepConfig(folds="leave_one_out", **SPACE), tuple("abc"), study="s")
    assert [fold.report for fold in folds] == [("a",), ("b",), ("c",)]
    assert all(not {*fold.search} & {*fold.report} for fold in folds)


def test_folds_refuse_more_parts_than_categories() -> None:
    with pytest.raises(ConfigError, match="but got 3 for 2"):
        make_folds(SweepConfig(folds=3, **SPACE), ("a", "b"), study="s")


def test_sides_refuse_an_unknown_category() -> None:
    sweep = SweepConfig(search_categories=("a",), report_categories=("dish",), **SPACE)
    with pytest.raises(ConfigError, match="got 'dish'; it has: a, b"):
        make_folds(sweep, ("a", "b"), study="s")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "needs categories to search on"),
        ({"folds": 2, "search_categories": ("a",)}, "makes both sides itself"),
        ({"search_categories": ("a",), "report_categories": ("a",)}, "say --oracle"),
        ({"folds": 2, "objective": {"mean": ["aupro"], "pareto": ["aupro", "prompts"]}}, "or a"),
        ({"folds": 2, "objective": {"pareto": ["aupro", "aupro"]}}, "must differ"),
        (
            {"folds": 2, "pruner": "median", "objective": {"pareto": ["aupro", "prompts"]}},
            "needs a single goal",
        ),
    ],
)
def test_sweep_config_refuses_what_cannot_be_honest(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        SweepConfig.model_validate({**SPACE, **changes})


def test_sweep_config_lets_an_oracle_say_so() -> None:
    sides = {"search_categories": ("a",), "report_categories": ("a",)}
    assert SweepConfig(oracle=True, **sides, **SPACE).oracle
