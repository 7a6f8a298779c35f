from collections.abc import Callable
from pathlib import Path

from promptlab.report.sweeps import (
    goal_of,
    load_sweep,
    objective_of,
    summarise_sweep,
    sweep_gain,
    sweep_tests,
)
from promptlab.results import ResultTable, SweepRecord


def spaced(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_sweep_gain_compares_both_sides(make_sweep: Callable[..., SweepRecord]) -> None:
    assert spaced(sweep_gain(make_sweep())) == (
        "Searched (mono): default 75.0 %, best 80.0 % (+5.0 points). Reported, never searched "
        "(poly): default 60.0 %, best 62.0 % (+2.0 points); WinCLIP's baseline has 55.0 % there."
    )


def test_sweep_gain_says_a_loss_and_an_unknown_default(
    make_sweep: Callable[..., SweepRecord], make_table_of: Callable[..., ResultTable]
) -> None:
    tables = {
        name: make_table_of({"poly": value}).model_dump()
        for name, value in (("default", 0.6), ("best", 0.5), ("baseline", 0.5))
    }
    text = spaced(sweep_gain(make_sweep(default_value=None, report=tables)))
    assert "Searched (mono): 80.0 %, with nothing defined to compare it to." in text
    assert "best 50.0 % (\u221210.0 points)" in text


def test_sweep_gain_has_no_value_where_the_objective_is_undefined(
    make_sweep: Callable[..., SweepRecord],
) -> None:
    text = sweep_gain(make_sweep(objective=["image_auroc", "aupro"]))
    assert "Reported, never searched (poly): no value, with nothing defined" in text


def test_sweep_summary_counts_trials(make_sweep: Callable[..., SweepRecord]) -> None:
    text = summarise_sweep(make_sweep())
    assert "ran 3 trials (1 pruned trial) with the TPE sampler, 100 ms each" in text
    assert "to maximise image AUROC on mono." in text


def test_goal_names_every_metric_of_the_mean(make_sweep: Callable[..., SweepRecord]) -> None:
    assert goal_of(make_sweep(objective=["image_auroc", "aupro"])) == (
        "the mean of image AUROC and AUPRO"
    )


def test_goal_of_a_pareto_list_names_prompts_as_few(
    make_sweep: Callable[..., SweepRecord],
) -> None:
    made = make_sweep(objective=["image_auroc", "prompts"], pareto=True)
    assert goal_of(made) == "image AUROC and few prompts at once"


def test_sweep_tests_say_whether_the_lead_may_be_chance(
    make_sweep: Callable[..., SweepRecord],
) -> None:
    def against(p_value: float | None, value: float | None) -> dict[str, object]:
        mean = {"value": value, "low": -0.01, "high": 0.05, "reason": "" if value else "no normal"}
        return {"gain": {"mean": mean, "categories": {}}, "p_value": p_value}

    report = make_sweep().report.model_dump()
    found = {"over_default": against(0.2, 0.02), "over_baseline": against(0.001, 0.03)}
    lines = [spaced(line) for line in sweep_tests(make_sweep(report={**report, **found}))]
    assert lines[0] == (
        "Reported image AUROC against the default: +2.0 points, 95 % interval -1.0 to +5.0; paired "
        "bootstrap p = 0.200: the difference may be chance."
    )
    assert lines[1].endswith("p = 0.001: the difference is hardly chance.")
    undefined = {**report, "over_default": against(None, None)}
    assert "no test is possible: no normal." in sweep_tests(make_sweep(report=undefined))[0]
    assert sweep_tests(make_sweep()) == ()


def test_oracle_is_said_in_summary_and_gain(make_sweep: Callable[..., SweepRecord]) -> None:
    made = make_sweep(oracle=True)
    assert summarise_sweep(made).startswith("ORACLE: its search saw")
    assert "searched too, so an ORACLE's" in sweep_gain(made)


def test_objective_is_undefined_where_one_metric_is(
    make_table_of: Callable[..., ResultTable],
) -> None:
    table = make_table_of({"mono": 0.7})
    assert objective_of(table, ("image_auroc",)) == 0.7
    assert objective_of(table, ("image_auroc", "aupro")) is None


def test_section_has_the_command_that_runs_the_winner(
    make_sweep: Callable[..., SweepRecord], tmp_path: Path
) -> None:
    made = make_sweep(
        best_config={"name": "x-best"}, importances={"fusion.local": 0.8, "scorer.name": 0.2}
    )
    (tmp_path / "sweep.json").write_text(made.model_dump_json())
    section = load_sweep(tmp_path, "sweep-1", beside=tmp_path)
    assert section.command == f"promptlab run {tmp_path / 'best.yaml'}"
    assert section.winner == "name: x-best\n"
    captions = " ".join(plot.caption for plot in section.plots)
    for words in ("The search", "PED-ANOVA", "What each parameter did", "The winner, category"):
        assert words in captions
    assert [row[0] for row in section.settings] == ["fusion.local", "scorer.name"]
