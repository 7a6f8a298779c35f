import json

import numpy as np
import pytest
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from records import run_of

from promptlab.errors import RecordError
from promptlab.gallery import Example
from promptlab.plots import (
    anomaly_gallery,
    metric_bars,
    score_distributions,
)
from promptlab.results import ImageScore, RunRecord


def make_record(
    name: str, values: dict[str, float | None], baseline: dict[str, float | None]
) -> RunRecord:
    def table(values: dict[str, float | None]) -> dict[str, object]:
        def metric(value: float | None) -> dict[str, object]:
            if value is None:
                return {"value": None, "reason": "one label only"}
            return {"value": value, "low": value - 0.05, "high": value + 0.03}

        counts = {"n_normal": 2, "n_abnormal": 2, "n_masked": 0}
        return {
            "mean": {"image_auroc": 0.6, "image_ap": 0.6},
            "categories": {
                category: {"metrics": dict.fromkeys(("image_auroc", "image_ap"), metric(value)),
                           **counts}
                for category, value in values.items()
            },
        }  # fmt: skip

    content = {
        "name": name, "seed": 0, "config": {}, "prompts": {}, "seconds": {},
        "provenance": {"promptlab_version": "0", "commit": None, "dirty": None, "versions": {},
                       "created": ""},
        "backbone": {"name": "", "id": "", "weights_digest": "", "device": "", "logit_scale": 1.0},
        "dataset": {"name": "", "limit": None, "images": 4, "digest": ""},
        "results": table(values), "baseline": table(baseline),
    }  # fmt: skip
    return RunRecord.model_validate_json(json.dumps(content))


def make_score(label: str, value: float, category: str = "mono") -> ImageScore:
    return ImageScore(
        path="x", category=category, label=label, defect="", image_score=value,
        global_score=value, local_score=value,
    )  # fmt: skip


def make_example(height: int, width: int, *, masked: bool) -> Example:
    mask = np.zeros((height, width), dtype=bool)
    mask[2:5, 3:8] = True
    return Example(
        category="a $long_{category} name that does not fit above a picture",
        kind="highest abnormal",
        image=np.zeros((height, width, 3), dtype=np.uint8),
        anomaly_map=np.linspace(0, 1, height * width, dtype=np.float32).reshape(height, width),
        mask=mask if masked else None,
        image_score=0.5,
        path="x.png",
        top_normal_prompt="",
        top_abnormal_prompt="",
    )


def legend_of(figure: Figure) -> list[str]:
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


def test_metric_bars_shows_values_and_intervals_of_run_and_baseline() -> None:
    record = make_record("run", {"mono": 0.8}, {"mono": 0.7})
    ax = metric_bars([record], "image_auroc").axes[0]
    assert [bar.get_width() for bar in ax.patches] == [0.8, 0.7]
    spans = {tuple(np.round(line.get_segments()[0][:, 0], 6)) for line in ax.collections}
    assert spans == {(0.75, 0.83), (0.65, 0.73)}
    assert {text.get_text() for text in ax.texts} == {"80.0", "70.0"}


def test_metric_bars_labels_axes_and_legend() -> None:
    record = make_record("run", {"mono": 0.8}, {"mono": 0.7})
    figure = metric_bars([record], "image_auroc")
    ax = figure.axes[0]
    assert ax.get_xlabel() == "image AUROC (%)"
    assert ax.get_ylabel() == "category"
    assert legend_of(figure) == ["run", "WinCLIP baseline", "95 % interval", "chance"]


def test_metric_bars_draws_chance_for_auroc_only() -> None:
    record = make_record("run", {"mono": 0.8}, {"mono": 0.7})
    assert "chance" not in legend_of(metric_bars([record], "image_ap"))


def test_metric_bars_says_undefined_instead_of_drawing_zero() -> None:
    record = make_record("run", {"mono": None}, {"mono": 0.7})
    ax = metric_bars([record], "image_auroc").axes[0]
    assert len(ax.patches) == 1
    assert "undefined" in {text.get_text() for text in ax.texts}


def test_metric_bars_adds_the_mean_when_there_are_more_categories() -> None:
    record = make_record("run", {"mono": 0.8, "poly": 0.5}, {"mono": 0.7, "poly": 0.5})
    labels = [
        text.get_text() for text in metric_bars([record], "image_ap").axes[0].get_yticklabels()
    ]
    assert labels == ["mono", "poly", "mean"]


def test_metric_bars_tells_runs_of_one_name_and_their_baselines_apart() -> None:
    same, other = {"mono": 0.7}, {"mono": 0.6}
    figure = metric_bars(
        [make_record("run", same, same), make_record("run", other, other)], "image_ap"
    )
    assert legend_of(figure)[:4] == [
        "run #1", "run #2", "WinCLIP baseline of run #1", "WinCLIP baseline of run #2",
    ]  # fmt: skip


def test_metric_bars_draws_a_shared_baseline_once() -> None:
    same = {"mono": 0.7}
    runs = [make_record("a", {"mono": 0.8}, same), make_record("b", {"mono": 0.9}, same)]
    assert legend_of(metric_bars(runs, "image_ap"))[:3] == ["a", "b", "WinCLIP baseline"]


def test_metric_bars_takes_baselines_for_one_that_differ_in_their_last_digits() -> None:
    runs = [make_record(name, {"mono": 0.8}, {"mono": 0.7 + off}) for name, off in
            (("a", 0.0), ("b", 1e-12))]  # fmt: skip
    assert legend_of(metric_bars(runs, "image_ap"))[:3] == ["a", "b", "WinCLIP baseline"]


def test_metric_bars_keeps_dollar_signs_as_they_are() -> None:
    record = make_record("run", {r"$\frac$": 0.8}, {r"$\frac$": 0.8})
    metric_bars([record], "image_auroc").canvas.draw()


def test_metric_bars_refuses_no_record() -> None:
    with pytest.raises(RecordError, match="at least one record"):
        metric_bars([], "image_auroc")


def test_score_distributions_shows_every_image_of_both_labels() -> None:
    scores = [make_score("normal", 0.1 * i) for i in range(4)]
    scores += [make_score("abnormal", 0.2 * i, "poly") for i in range(3)]
    figure = score_distributions(scores)
    ax = figure.axes[0]
    points = np.concatenate(
        [
            np.asarray(dots.get_offsets())[:, 0]
            for dots in ax.collections
            if isinstance(dots, PathCollection)
        ]
    )
    np.testing.assert_allclose(sorted(points), sorted(score.image_score for score in scores))
    assert legend_of(figure) == ["normal images", "abnormal images", "middle half and median"]
    assert "larger = more anomalous" in ax.get_xlabel()
    assert [text.get_text() for text in ax.get_yticklabels()] == ["mono", "poly"]


def test_score_distributions_draws_one_label_alone() -> None:
    assert len(score_distributions([make_score("normal", 0.5)]).axes) == 1


def test_score_distributions_refuses_no_score() -> None:
    with pytest.raises(RecordError, match="at least one judged image"):
        score_distributions([])


def test_anomaly_gallery_shows_maps_of_all_shapes_on_one_scale() -> None:
    figure = anomaly_gallery(
        [make_example(20, 30, masked=True), make_example(30, 20, masked=False)]
    )
    maps = [ax.images[0] for ax in figure.axes if ax.images and ax.images[0].get_array().ndim == 2]
    assert [image.get_array().shape for image in maps] == [(20, 30), (30, 20)]
    assert {image.get_clim() for image in maps} == {(0.0, 1.0)}
    assert "anomaly score of a pixel (0 to 1)" in {ax.get_ylabel() for ax in figure.axes}
    assert "highest abnormal, 0.500" in figure.axes[0].get_title()


def test_anomaly_gallery_refuses_no_example() -> None:
    with pytest.raises(RecordError, match="at least one example"):
        anomaly_gallery([])


def test_metric_bars_of_different_data_sets_have_no_empty_rows() -> None:
    figure = metric_bars(
        [
            run_of("a", {"mono": 0.8}, config={"scorer": {"name": "mean"}}, data="elpv"),
            run_of("b", {"gear": 0.7}, config={"scorer": {"name": "max"}}, data="synthetic"),
        ],
        "image_auroc",
    )
    ax = figure.axes[0]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["mono", "gear"]
    # Each category has its run and one baseline that both share in the legend.
    assert [bar.get_width() for bar in ax.patches] == [0.8, 0.8, 0.7, 0.7]
    assert "undefined" not in {text.get_text() for text in ax.texts}
    assert legend_of(figure)[:3] == ["mean", "max", "WinCLIP baseline"]


def test_metric_bars_name_a_category_without_the_metric_below_the_axis() -> None:
    record = run_of("a", {"mono": 0.8, "poly": None})
    ax = metric_bars([record], "image_auroc").axes[0]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["mono"]
    assert ax.get_xlabel() == "image AUROC (%)\nundefined, so not shown: poly"
