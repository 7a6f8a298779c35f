from dataclasses import dataclass

import numpy as np
import pytest
from matplotlib.collections import PathCollection

from promptlab.errors import RecordError
from promptlab.plots import cost_quality
from promptlab.results import MetricValue


@dataclass(frozen=True)
class Source:
    label: str
    image_auroc: MetricValue
    seconds: float = 0.0
    cost_usd: float | None = None


def source(label: str, value: float | None, **price: float) -> Source:
    low, high = (None, None) if value is None else (value - 0.1, value + 0.1)
    return Source(label, MetricValue(value=value, low=low, high=high), **price)


def places(figure: object) -> list[list[float]]:
    dots = [one for one in figure.axes[0].collections if isinstance(one, PathCollection)]
    return [np.round(one.get_offsets()[0], 6).tolist() for one in dots]


def test_cost_quality_takes_seconds_where_a_price_is_unknown() -> None:
    figure = cost_quality([source("fixed", 0.7), source("model", 0.8, seconds=20.0)])
    # What costs nothing stands at a quarter of the cheapest price.
    assert places(figure) == [[5.0, 0.7], [20.0, 0.8]]
    assert figure.axes[0].get_xlabel() == "time of all answers (seconds)"
    assert [text.get_text() for text in figure.axes[0].texts] == ["free"]


def test_cost_quality_takes_money_where_every_price_is_known() -> None:
    sources = [source("a", 0.7, cost_usd=0.0), source("b", 0.8, cost_usd=0.4, seconds=9.0)]
    figure = cost_quality(sources)
    assert places(figure) == [[0.1, 0.7], [0.4, 0.8]]
    assert figure.axes[0].get_xlabel() == "cost of all answers (USD)"


def test_cost_quality_keeps_free_sources_apart_and_writes_plain_numbers_for_the_others() -> None:
    figure = cost_quality([source(name, 0.7) for name in "ab"] + [source("c", 0.8, seconds=190.0)])
    figure.canvas.draw()
    left, right = (x for x, _ in places(figure)[:2])
    assert left < 190 / 4 < right < 190 / 2
    labels = [text.get_text() for text in figure.axes[0].get_xticklabels()]
    assert {"100", "200"} <= set(labels)
    assert all(float(label) > 190 / 2 for label in labels)


def test_cost_quality_leaves_out_what_has_no_value() -> None:
    assert places(cost_quality([source("a", None), source("b", 0.8)])) == [[1.0, 0.8]]
    with pytest.raises(RecordError, match="none has one"):
        cost_quality([source("a", None)])
