from collections.abc import Callable

import pytest

from promptlab.report.words import (
    duration,
    listing,
    plural,
    summarise_run,
)
from promptlab.results import ResultTable, RunRecord


def spaced(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_summary_says_what_was_judged_with_what(make_record: Callable[..., RunRecord]) -> None:
    record = make_record(config={"scorer": {"name": "mean"}, "aligner": {"name": "patch"}})
    text = summarise_run(record)
    assert "quickstart judged 10 images (6 normal, 4 abnormal) in 2 categories of" in text
    assert "backbone lite, 1 normal and 2 abnormal prompts from" in text
    assert "the scorer mean and the aligner patch." in text


def test_summary_gives_mean_extremes_and_baseline(make_record: Callable[..., RunRecord]) -> None:
    text = spaced(summarise_run(make_record()))
    assert (
        "Its mean image AUROC is 75.0 %: best for mono with 84.0 % (95 % interval 80.0 to "
        "88.0 %), weakest for poly with 66.0 % (95 % interval 62.0 to 70.0 %)."
    ) in text
    assert "mean scorer has 65.5 % on the same images, 9.5 points less." in text


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (-0.01, 0.03, "gain is -1.0 to +3.0 points: the difference may be chance."),
        (0.01, 0.03, "gain is +1.0 to +3.0 points."),
    ],
)
def test_summary_says_whether_the_gain_may_be_chance(
    make_record: Callable[..., RunRecord], low: float, high: float, words: str
) -> None:
    gain = {"mean": {"value": 0.02, "low": low, "high": high}, "categories": {}}
    assert words in summarise_run(make_record(gain=gain))


def test_summary_says_undefined_metrics_with_their_reason(
    make_record: Callable[..., RunRecord],
) -> None:
    assert "Undefined is AUPRO: no image has a mask." in summarise_run(make_record())


def test_summary_says_when_the_headline_is_undefined(
    make_record: Callable[..., RunRecord],
) -> None:
    undefined = {
        "mean": {"image_auroc": None},
        "categories": {
            "mono": {
                "metrics": {"image_auroc": {"value": None, "reason": "all images are normal"}},
                "n_normal": 5, "n_abnormal": 0, "n_masked": 0,
            }
        },
    }  # fmt: skip
    text = summarise_run(make_record(results=undefined))
    assert "Its image AUROC is undefined: all images are normal." in text
    assert "nan" not in text.lower().split()


def test_summary_of_one_category_compares_intervals(
    make_record: Callable[..., RunRecord], make_table_of: Callable[..., ResultTable]
) -> None:
    tables = {
        name: make_table_of({"mono": value}).model_dump()
        for name, value in (("results", 0.7), ("baseline", 0.72))
    }
    text = spaced(summarise_run(make_record(**tables)))
    assert "Its image AUROC is 70.0 % (95 % interval 66.0 to 74.0 %) for mono." in text
    assert "has 72.0 % (95 % interval 68.0 to 76.0 %) on the same images, 2.0 points more." in text


def test_summary_of_the_baseline_itself_compares_nothing(
    make_record: Callable[..., RunRecord], make_table_of: Callable[..., ResultTable]
) -> None:
    same = make_table_of({"mono": 0.7}).model_dump()
    text = summarise_run(make_record(results=same, baseline=same))
    assert "The run is WinCLIP's baseline itself." in text
    assert "chance" not in text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0421, "42 ms"), (7.25, "7.2 s"), (59.96, "1 min 0 s"), (754.0, "12 min 34 s"),
     (3599.6, "1 h 0 min"),
     (7300.0, "2 h 1 min")],
)  # fmt: skip
def test_duration_suits_its_size(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_listing_shortens_and_stays_a_phrase() -> None:
    assert listing([]) == ""
    assert listing(["a"]) == "a"
    assert listing(["a", "b"]) == "a and b"
    assert listing(list("abcdef")) == "a, b, c and 3 more"


def test_plural_counts() -> None:
    assert plural(1, "category") == "1 category"
    assert plural(2, "category") == "2 categories"
    assert plural(1200, "image") == "1,200 images"
