import numpy as np
import pytest

from promptlab.compare.audit import VARIANTS
from promptlab.compare.record import AuditRecord, AuditRow, CompareRecord, CompareRow, DrawResult
from promptlab.errors import RecordError
from promptlab.plots.compare import audit_figure, comparison_figure
from promptlab.results import BackboneRecord, MetricValue, PairedValue, Provenance

NOTHING = MetricValue(value=None, reason="no masks")
PART = {
    "name": "made up",
    "seed": 0,
    "config": {},
    "provenance": Provenance(
        promptlab_version="0", commit=None, dirty=None, versions={}, created="2026-01-01"
    ),
    "backbone": BackboneRecord(name="x", id="x", weights_digest="0", device="cpu", logit_scale=1),
    "dataset": "elpv",
    "categories": {"mono": 10},
    "skipped": 0,
    "seconds": {},
}


def row(source, value, draws=()):
    return CompareRow(
        source=source,
        template=None,
        per_state=None,
        image_auroc=MetricValue(value=value, low=value - 0.1, high=value + 0.05),
        image_ap=NOTHING,
        pixel_auroc=NOTHING,
        aupro=NOTHING,
        n_draws=max(len(draws), 1),
        drawn=1,
        kept=1,
        dropped={},
        input_tokens=0,
        output_tokens=0,
        seconds=0.0,
        cost_usd=None,
        complete=True,
        draws=tuple(DrawResult(seed=i, metrics={"image_auroc": d}) for i, d in enumerate(draws)),
    )


def audited(variant, value, repeats=1):
    return AuditRow(
        source="winclip",
        variant=variant,
        repeats=repeats,
        image_auroc=MetricValue(value=value, low=value - 0.1, high=value + 0.1),
        image_auroc_global=value,
        pixel_auroc=None,
        repeat_low=value - 0.05,
        repeat_high=value + 0.05,
        kept=None,
        rank_correlation=0.0,
        example_normal="a",
        example_abnormal="b",
    )


def test_comparison_figure_shows_rows_draws_intervals_and_the_baseline():
    rows = (row("winclip", 0.7), row("llm", 0.8, draws=(0.75, 0.85)))
    record = CompareRecord(**PART, baseline="winclip", rows=rows)

    (ax,) = comparison_figure(record).axes

    assert [label.get_text() for label in ax.get_yticklabels()] == ["winclip", "llm"]
    points = [tuple(line.get_xydata()[0]) for line in ax.lines if line.get_marker() == "o"]
    assert points == [(0.7, 0.0), (0.8, 1.0)]
    assert [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "None"] == [0.7]
    drawn = np.concatenate(
        [one.get_offsets()[:, 0] for one in ax.collections if len(one.get_offsets()) == 2]
    )
    assert sorted(drawn) == [0.75, 0.85]
    assert "(%)" in ax.get_xlabel()


def test_comparison_figure_shows_gains_beside_where_they_have_intervals():
    gain = PairedValue(value=0.1, low=0.02, high=0.2, p=0.01, p_holm=0.02)
    better = row("llm", 0.8).model_copy(update={"gains": {"image_auroc": gain}})
    record = CompareRecord(**PART, baseline="winclip", rows=(row("winclip", 0.7), better))

    ax, gains = comparison_figure(record).axes

    assert [label.get_text() for label in ax.get_yticklabels()] == ["winclip", "llm *"]
    points = [tuple(line.get_xydata()[0]) for line in gains.lines if line.get_marker() == "o"]
    assert points == [(0.1, 1.0)]
    (interval,) = [one.get_segments()[0].tolist() for one in gains.collections]
    assert interval == [[0.02, 1.0], [0.2, 1.0]]
    assert gains.get_xlabel() == "gain over winclip (points; * p < 0.05)"


def test_comparison_figure_without_the_metric():
    record = CompareRecord(**PART, baseline="winclip", rows=(row("winclip", 0.7),))

    with pytest.raises(RecordError, match="needs a row with pixel_auroc, but 'made up' has none"):
        comparison_figure(record, metric="pixel_auroc")


def test_audit_figure_shows_each_variant_once():
    rows = tuple(audited(name, 0.5 + i / 20, 5 if i > 3 else 1) for i, name in enumerate(VARIANTS))
    record = AuditRecord(**PART, rows=rows, text_share={}, verdicts={})

    figure = audit_figure(record)
    (ax,) = figure.axes

    assert [label.get_text() for label in ax.get_yticklabels()] == [*VARIANTS][::-1]
    assert [bar.get_width() for bar in ax.patches] == pytest.approx([0.1, 0.1])
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend[-3:] == ["95 % interval over images", "span of repeats", "chance"]
    points = [line.get_xydata()[0].tolist() for line in ax.lines if line.get_marker() == "o"]
    assert points[0] == [0.5, 5.0]
    assert points[-1] == [0.75, 0.0]
