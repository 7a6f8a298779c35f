import pytest

from promptlab.bench.report import show
from promptlab.bench.rows import below, faster, skipped, time_in_turns, within


def test_rows_give_ratios_and_say_whether_goals_are_met() -> None:
    quick = faster("ours", "theirs", ours=2.0, theirs=10.0, goal=4)
    assert (quick.value, quick.met, quick.goal) == (5.0, True, ">= 4")
    slow = within("ours", "limit", ours=3.0, limit=2.0, goal=1.2)
    assert (slow.value, slow.met) == (1.5, False)
    assert below("error", "exact", 1e-7, unit="difference", goal=1e-6).met is True


def test_show_names_what_was_skipped_and_why() -> None:
    assert show(skipped("ours", "peer", "it is not installed")) == (
        "ours",
        "peer",
        "skipped: it is not installed",
        "",
        "",
        "",
        "",
    )
    row = faster("ours", "theirs", ours=0.5, theirs=60.0, goal=200)
    assert show(row)[2:] == ("120 x faster", ">= 200", "no", "0.5", "60")


def test_time_in_turns_runs_each_work_as_often_and_in_turn() -> None:
    done: list[str] = []
    times = time_in_turns(lambda: done.append("a"), lambda: done.append("b"), repeats=3)
    assert done == ["a", "b"] * 3
    assert len(times) == 2
    assert min(times) == pytest.approx(0, abs=1)
