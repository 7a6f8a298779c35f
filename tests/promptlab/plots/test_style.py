import matplotlib as mpl
import numpy as np

from promptlab.plots import (
    house_style,
    metric_label,
)
from promptlab.plots.style import percent, shorten, spread


def test_metric_label_writes_an_unknown_name_with_blanks() -> None:
    assert metric_label("image_auroc") == "image AUROC"
    assert metric_label("my_metric") == "my metric"


def test_house_style_leaves_no_trace() -> None:
    before = dict(mpl.rcParams)
    with house_style():
        assert mpl.rcParams["svg.fonttype"] == "path"
    assert dict(mpl.rcParams) == before


def test_percent_writes_shares_without_digits_that_say_nothing() -> None:
    assert [percent()(share, 0) for share in (0.3, 0.875, 0.1 + 0.2, 0.0, -0.05)] == [
        "30", "87.5", "30", "0", "\N{MINUS SIGN}5",
    ]  # fmt: skip


def test_shorten_cuts_with_an_ellipsis_within_the_limit() -> None:
    assert shorten("abcdef", 6) == "abcdef"
    assert shorten("abcdefg", 6) == "abcde…"


def test_spread_stays_inside_its_width_and_repeats() -> None:
    offsets = spread(50, 0.4)
    assert np.abs(offsets).max() <= 0.2
    assert len(np.unique(offsets)) == 50
    np.testing.assert_array_equal(offsets, spread(50, 0.4))
