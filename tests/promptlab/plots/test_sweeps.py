import pytest
from matplotlib.figure import Figure

from promptlab.errors import RecordError
from promptlab.plots import (
    sweep_effects,
    sweep_front,
    sweep_heatmap,
    sweep_history,
    sweep_importances,
)
from promptlab.results import FrontPoint, ResultTable, TrialRecord


def make_trials() -> list[TrialRecord]:
    settings = [(1, "mean", 0.2), (48, "contextual", 0.5), (8, "mean", 0.9), (2, "mean", 0.4)]
    values = [0.6, 0.8, None, 0.7]
    return [
        TrialRecord(
            number=number,
            state="complete" if value else "pruned",
            value=value,
            params={"prompts.per_state": count, "scorer.name": name, "fusion.local": local},
            seconds=0.1,
        )
        for number, ((count, name, local), value) in enumerate(zip(settings, values, strict=True))
    ]


def legend_of(figure: Figure) -> list[str]:
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


def test_sweep_history_shows_best_so_far_default_and_pruned() -> None:
    figure = sweep_history(make_trials(), default=0.65)
    best = next(line for line in figure.axes[0].lines if line.get_label() == "best so far")
    assert list(best.get_ydata()) == [0.6, 0.8, 0.8]
    assert list(best.get_xdata()) == [0, 1, 3]
    assert legend_of(figure) == ["trial", "best so far", "default", "pruned or failed"]
    assert figure.axes[0].get_xlabel() == "trial"
    assert "(%)" in figure.axes[0].get_ylabel()


def test_sweep_history_is_drawn_when_no_trial_completed() -> None:
    assert legend_of(sweep_history([make_trials()[2]])) == ["pruned or failed"]


def test_sweep_effects_has_a_labelled_panel_per_parameter() -> None:
    figure = sweep_effects(make_trials())
    panels = {ax.get_xlabel(): ax for ax in figure.axes}
    assert list(panels) == ["prompts.per_state", "scorer.name", "fusion.local"]
    assert panels["prompts.per_state"].get_xscale() == "log"  # 1 to 48
    assert panels["fusion.local"].get_xscale() == "linear"
    ticks = [text.get_text() for text in panels["scorer.name"].get_xticklabels()]
    assert ticks == ["contextual", "mean"]
    assert legend_of(figure) == ["trial", "best", "median, middle half"]


def test_sweep_effects_removes_the_panels_that_nothing_fills() -> None:
    trial = make_trials()[0]
    params = dict.fromkeys("abcde", 0.5)
    assert len(sweep_effects([trial.model_copy(update={"params": params})]).axes) == 5


def test_sweep_effects_refuses_a_sweep_without_complete_trials() -> None:
    with pytest.raises(RecordError, match="at least one complete trial"):
        sweep_effects([make_trials()[2]])


@pytest.mark.parametrize("format", ["svg", "pdf", "png"])
def test_figures_can_be_saved_outside_the_style(tmp_path, format: str) -> None:
    path = tmp_path / f"figure.{format}"
    sweep_effects(make_trials()).savefig(path)
    assert path.stat().st_size > 1000


def test_figures_show_themselves_in_a_notebook() -> None:
    picture = sweep_history(make_trials())._repr_png_()
    assert picture.startswith(b"\x89PNG")


def test_sweep_effects_marks_the_best_only_where_it_has_the_parameter() -> None:
    trials = make_trials()
    conditional = trials[0].model_copy(update={"params": {**trials[0].params, "share": 0.3}})
    figure = sweep_effects([conditional, *trials[1:]])
    stars = {ax.get_xlabel(): len(ax.collections) for ax in figure.axes}
    assert stars["share"] == 1
    assert stars["fusion.local"] == 2


def test_sweep_history_has_a_line_of_its_own_for_each_fold() -> None:
    trials = [one.model_copy(update={"fold": fold}) for fold in (0, 1) for one in make_trials()]
    figure = sweep_history(trials)
    assert legend_of(figure) == ["trial", "best so far of a fold", "pruned or failed"]
    steps = [line for line in figure.axes[0].lines if line.get_drawstyle() == "steps-post"]
    assert [list(line.get_ydata()) for line in steps] == [[0.6, 0.8, 0.8]] * 2


def test_sweep_history_of_a_count_falls_and_has_no_percent() -> None:
    values = iter([9.0, 4.0, 6.0])
    trials = [one.model_copy(update={"value": next(values)}) for one in make_trials() if one.value]
    figure = sweep_history(trials)
    best = next(line for line in figure.axes[0].lines if line.get_label() == "best so far")
    assert list(best.get_ydata()) == [9, 4, 4]
    assert "%" not in figure.axes[0].get_ylabel()


def test_figures_of_an_oracle_say_so() -> None:
    for figure in (
        sweep_history(make_trials(), oracle=True),
        sweep_effects(make_trials(), oracle=True),
        sweep_importances({"a": 1.0}, oracle=True),
    ):
        assert "ORACLE" in figure.get_suptitle()
    assert sweep_history(make_trials()).get_suptitle() == ""


def test_sweep_importances_are_bars_with_the_largest_on_top() -> None:
    figure = sweep_importances({"fusion.local": 0.75, "scorer.name": 0.25})
    labels = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert labels == ["scorer.name", "fusion.local"]
    assert [text.get_text() for text in figure.axes[0].texts] == ["25", "75"]
    with pytest.raises(RecordError, match="at least ten different trials"):
        sweep_importances({})


def test_sweep_front_draws_both_sides_of_each_unbeaten_trial() -> None:
    trials = [
        one.model_copy(update={"values": (one.value, 10.0 * one.number)})
        for one in make_trials()
        if one.value
    ]
    front = [
        FrontPoint(number=1, params={}, searched=(0.8, 10.0), reported=(0.7, 11.0)),
        FrontPoint(number=0, params={}, searched=(0.6, 0.0), reported=(None, None)),
    ]
    figure = sweep_front(trials, front, ("image_auroc", "prompts"))
    assert legend_of(figure) == ["trial", "front, searched", "the same trial, reported"]
    assert figure.axes[0].get_xlabel() == "prompts"
    assert figure.axes[0].get_ylabel() == "image AUROC (%)"
    with pytest.raises(RecordError, match="needs a trial with several goals"):
        sweep_front(make_trials(), front, ("image_auroc", "prompts"))


def table_of(value: float | None) -> ResultTable:
    metrics = {"image_auroc": {"value": value}, "aupro": {"value": None, "reason": "no mask"}}
    result = {"metrics": metrics, "n_normal": 1, "n_abnormal": 1, "n_masked": 0}
    return ResultTable.model_validate(
        {"mean": {"image_auroc": value, "aupro": None}, "categories": {"mono": result}}
    )


def test_sweep_heatmap_shows_values_coloured_by_gain() -> None:
    figure = sweep_heatmap({"reported": (table_of(0.8), table_of(0.75))})
    ax = figure.axes[0]
    assert [text.get_text() for text in ax.texts] == ["80.0"]
    assert ax.images[0].get_array().tolist() == [[pytest.approx(5.0)]]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["mono (reported)"]
    with pytest.raises(RecordError, match="needs a defined metric"):
        sweep_heatmap({"reported": (table_of(None), table_of(None))})
