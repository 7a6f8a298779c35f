import numpy as np
import pytest
from matplotlib.collections import LineCollection, PathCollection, PolyCollection
from records import run_of

from promptlab.errors import RecordError
from promptlab.plots import ablation_bars, category_heatmap, prompt_count_curves


def spans(collections: list[object]) -> set[tuple[float, ...]]:
    """The horizontal reach of every line that was drawn with hlines."""
    lines = [one for one in collections if isinstance(one, LineCollection)]
    return {tuple(np.round(one.get_segments()[0][:, 0], 6)) for one in lines}


def scored(name: str, value: float, **other: object) -> object:
    return run_of(name, {"a": value, "b": value + 0.1}, config={"scorer": {"name": name}}, **other)


def test_ablation_bars_show_means_categories_and_paired_gains() -> None:
    figure = ablation_bars([scored("mean", 0.6), scored("rank", 0.7, gain=(0.1, -0.02, 0.2))])
    bars, gains = figure.axes
    assert [round(bar.get_width(), 6) for bar in bars.patches] == [0.65, 0.75]
    dots = [one for one in bars.collections if isinstance(one, PathCollection)]
    np.testing.assert_allclose(dots[1].get_offsets()[:, 0], [0.7, 0.8])
    assert spans(bars.collections) == {(0.55, 0.63), (0.65, 0.73), (0.75, 0.83)}
    assert spans(gains.collections) == {(-0.02, 0.2)}
    assert [text.get_text() for text in bars.get_yticklabels()] == ["mean", "rank"]
    assert gains.get_xlabel() == "gain over WinCLIP's prompts (points)"
    assert {text.get_text().strip() for text in gains.texts} == {"is WinCLIP's prompts"}


def test_ablation_bars_leave_out_the_intervals_of_many_categories() -> None:
    figure = ablation_bars([run_of("x", dict.fromkeys("abcdef", 0.8))])
    assert spans(figure.axes[0].collections) == set()
    assert "95 % interval" not in {text.get_text() for text in figure.legends[0].get_texts()}


def test_ablation_bars_mark_a_gain_whose_interval_excludes_zero() -> None:
    runs = [scored("a", 0.6, gain=(0.1, 0.05, 0.2)), scored("b", 0.6, gain=(0.1, -0.05, 0.2))]
    dots = [
        one for one in ablation_bars(runs).axes[1].collections if isinstance(one, PathCollection)
    ]
    assert dots[0].get_facecolor()[0].tolist() != [1, 1, 1, 1]
    assert dots[1].get_facecolor()[0].tolist() == [1, 1, 1, 1]


def test_ablation_bars_of_one_category_carry_its_interval() -> None:
    figure = ablation_bars([run_of("x", {"a": 0.8})])
    assert spans(figure.axes[0].collections) == {(0.75, 0.83)}


def test_ablation_bars_say_undefined() -> None:
    figure = ablation_bars([run_of("x", {"a": 0.8})], "aupro")
    assert [text.get_text() for text in figure.axes[0].texts] == ["undefined"]


def test_ablation_bars_refuse_different_images() -> None:
    with pytest.raises(RecordError, match="an ablation needs runs of the same images"):
        ablation_bars([run_of("x", {"a": 0.8}), run_of("y", {"b": 0.8})])


def test_category_heatmap_shows_values_intervals_and_gaps() -> None:
    mean, rank = ({"scorer": {"name": name}} for name in ("mean", "rank"))
    runs = [
        run_of("1", {"a": 0.8, "b": 0.6}, config=mean),
        run_of("2", {"a": 0.9}, config=rank, data="synthetic"),
    ]
    ax = category_heatmap(runs).axes[0]
    assert {text.get_text() for text in ax.texts} == {
        "80.0\n75 to 83", "60.0\n55 to 63", "90.0\n85 to 93", "-",
    }  # fmt: skip
    assert [label.get_text() for label in ax.get_xticklabels()] == ["mean", "rank"]


def test_category_heatmap_refuses_a_metric_that_nobody_defines() -> None:
    with pytest.raises(RecordError, match="aupro is undefined in all 1"):
        category_heatmap([run_of("x", {"a": 0.8})], "aupro")


def counted(per_state: int | None, value: float, scorer: str = "mean") -> object:
    config = {"prompts": {"per_state": per_state}, "scorer": {"name": scorer}}
    return run_of(f"g.{per_state}", {"a": value}, config=config, per_state=20)


def test_prompt_count_curves_draw_a_line_and_a_band_per_variant() -> None:
    runs = [counted(4, 0.7), counted(1, 0.6), counted(None, 0.8), counted(1, 0.5, "rank")]
    figure = prompt_count_curves(runs)
    ax = figure.axes[0]
    lines = {line.get_label(): line.get_xydata().tolist() for line in ax.lines[:2]}
    # All prompts are 20 here; the lines are sorted by count.
    assert lines == {"mean": [[1, 0.6], [4, 0.7], [20, 0.8]], "rank": [[1, 0.5]]}
    (band, _) = [one for one in ax.collections if isinstance(one, PolyCollection)]
    edges = band.get_paths()[0].vertices
    assert (round(edges[:, 1].min(), 6), round(edges[:, 1].max(), 6)) == (0.55, 0.83)
    assert [text.get_text() for text in ax.get_xticklabels()] == ["1", "4", "20"]
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["mean", "rank", "95 % interval", "chance"]


def test_prompt_count_curves_mark_chance_in_every_panel_or_in_none() -> None:
    low, high = ({"a": 0.4 + up, "b": 0.9} for up in (0, 0.4))
    for values, chance in ((low, True), (high, False)):
        runs = [
            run_of(str(n), values, config={"prompts": {"per_state": n}, "scorer": {"name": "mean"}})
            for n in (1, 4)
        ]
        dashed = [any(line.get_label() == "chance" or line.get_linestyle() == "--"
                      for line in ax.lines) for ax in prompt_count_curves(runs).axes]  # fmt: skip
        assert dashed == [chance, chance]


def test_prompt_count_curves_refuse_one_count() -> None:
    with pytest.raises(RecordError, match=r"differ in prompts\.per_state, but all 2 use 4"):
        prompt_count_curves([counted(4, 0.7), counted(4, 0.7, "rank")])
