import matplotlib as mpl
import numpy as np

from promptlab.plots import (
    house_style,
    metric_label,
)
from promptlab.plots.style import ABNORMAL, NORMAL, percent, shorten, spread


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


def test_states_stay_apart_in_grey_and_without_colour_vision() -> None:
    # In grey, and as in Machado et al., TVCG 15, 2009 (matrices on linear RGB).
    seen = {
        "normal": np.eye(3),
        "deuteranope": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
        "protanope": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    }
    for matrix in seen.values():
        light, dark = (
            np.clip(np.asarray(matrix) @ linear(colour), 0, 1) @ [0.2126, 0.7152, 0.0722]
            for colour in (NORMAL, ABNORMAL)
        )
        assert (light + 0.05) / (dark + 0.05) > 3  # as WCAG asks of graphics


def linear(colour: str) -> np.ndarray:
    share = np.array(mpl.colors.to_rgb(colour))
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
