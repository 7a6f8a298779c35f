import numpy as np
import pytest

from promptlab.errors import RecordError
from promptlab.plots import reliability_diagram
from promptlab.plots.reliability import wilson_interval
from promptlab.results import ImageScore


def test_wilson_interval_equals_newcombes_example() -> None:
    # Newcombe, Statistics in Medicine 17 (1998), table I: 81 of 263 and 0 of 20.
    np.testing.assert_allclose(wilson_interval(81, 263), (0.2553, 0.3662), atol=5e-5)
    np.testing.assert_allclose(wilson_interval(0, 20), (0.0, 0.1611), atol=5e-5)


def scores(count: int) -> list[ImageScore]:
    return [
        ImageScore(
            path="x", category="a", label="abnormal" if i % 4 == 3 else "normal", defect="",
            image_score=i / count, global_score=0.5, local_score=0.5,
        )
        for i in range(count)
    ]  # fmt: skip


def test_reliability_diagram_bins_equally_many_images() -> None:
    figure = reliability_diagram(scores(16), bins=2)
    bins = figure.axes[0].containers[0].lines[0].get_xydata()
    # Eight images each, two of them abnormal; mean scores of 0…7 and 8…15 sixteenths.
    np.testing.assert_allclose(bins, [[3.5 / 16, 0.25], [11.5 / 16, 0.25]])
    legend = {text.get_text() for text in figure.legends[0].get_texts()}
    assert legend == {
        "where scores are probabilities", "share in all images",
        "images of similar score, 95 % interval",
    }  # fmt: skip
    assert sum(bar.get_height() for bar in figure.axes[1].containers[0]) == 12


def test_reliability_diagram_needs_an_image_per_bin() -> None:
    with pytest.raises(RecordError, match="got 3 images for 8 bins"):
        reliability_diagram(scores(3))
