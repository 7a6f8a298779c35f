import numpy as np
import pytest
from records import run_of

from promptlab.errors import RecordError
from promptlab.plots import fusion_surface, sweep_surface
from promptlab.results import RunRecord, TrialRecord


def fused(local: float, top: float, value: float, **other: object) -> RunRecord:
    config = {"fusion": {"global": 1.0, "local": local, "top": top}, **other}
    return run_of(f"{local}-{top}", {"a": value, "b": value - 0.1}, config=config)


def test_fusion_surface_orders_shares_and_frames_the_highest_mean() -> None:
    runs = [fused(3, 0.1, 0.8), fused(1, 0.1, 0.7), fused(1, 0.02, 0.9), fused(3, 0.02, 0.6)]
    ax = fusion_surface(runs).axes[0]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0.5", "0.75"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["0.02", "0.1"]
    assert "fusion.top" in ax.get_ylabel()
    assert "small print: lowest and highest category" in ax.get_title("left")
    assert "85.0\n80 to 90" in {text.get_text() for text in ax.texts}
    (frame,) = ax.patches
    assert frame.get_xy() == (0.0, 0.0)  # share 0.5, top 0.02


def test_fusion_surface_of_fusion_alone_is_one_row_with_intervals() -> None:
    runs = [
        run_of("x", {"a": v}, config={"fusion": {"global": 1, "local": w}})
        for w, v in ((0, 0.7), (1, 0.8))
    ]
    ax = fusion_surface(runs).axes[0]
    assert {text.get_text() for text in ax.texts} == {"70.0\n65 to 73", "80.0\n75 to 83"}
    assert "small print: 95 % interval" in ax.get_title("left")


def test_fusion_surface_refuses_a_third_setting() -> None:
    runs = [fused(1, 0.1, 0.7), fused(1, 0.2, 0.7, scorer={"name": "mean"})]
    with pytest.raises(RecordError, match=r"differ in fusion\.top, scorer\.name"):
        fusion_surface(runs)


def trial(number: int, x: object, y: object, value: float | None) -> TrialRecord:
    state = "fail" if value is None else "complete"
    return TrialRecord(number=number, state=state, value=value, params={"x": x, "y": y}, seconds=1)


def test_sweep_surface_shows_trials_and_scales_wide_ranges_logarithmically() -> None:
    trials = [trial(i, 10.0**i, i % 2, 0.5 + 0.1 * i) for i in range(4)]
    trials += [trial(4, 1, 0, None), trial(5, "word", 0, 0.9)]
    ax = sweep_surface(trials, "x", "y").axes[0]
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "linear")
    star = ax.collections[-1].get_offsets()
    np.testing.assert_allclose(star, [[1000, 1]])


def test_sweep_surface_does_without_a_surface_on_a_line() -> None:
    assert sweep_surface([trial(i, i, i, 0.5) for i in range(4)], "x", "y").axes


def test_sweep_surface_needs_four_trials() -> None:
    with pytest.raises(
        RecordError, match="four complete trials with numbers for x and y, but got 1"
    ):
        sweep_surface([trial(0, 1, 1, 0.5)], "x", "y")
