import csv
import json
from dataclasses import fields, replace

import numpy as np
import pytest

from promptlab.compare import sources
from promptlab.compare.record import read_comparison
from promptlab.compare.run import compare_sources
from promptlab.config import ExperimentConfig, with_overrides
from promptlab.errors import ConfigError, LLMError, PromptError, RecordError
from promptlab.evaluate import run_experiment
from promptlab.prompts.files import read_prompt_set
from promptlab.prompts.generate import Effort, NothingUsableError
from promptlab.types import State
from promptlab.workbench import Workbench


def rows_by_label(record):
    return {row.label: row for row in record.rows}


def test_compare_sources_judges_every_row(config, generator, tmp_path):
    generator()

    folder, record = compare_sources(config, parent=tmp_path / "runs")

    rows = rows_by_label(record)
    assert [*rows] == ["winclip", "curated", "gguf:smollm2 / completion / 2",
                       "gguf:smollm2 / completion / 3"]  # fmt: skip
    assert record.categories == {"disc": 12, "plate": 12}
    assert read_comparison(folder) == record
    assert (record.baseline, rows["winclip"].gain) == ("winclip", None)
    llm = rows["gguf:smollm2 / completion / 3"]
    assert [draw.seed for draw in llm.draws] == [0, 1, 2]
    # Two categories with a noun each, three draws of each.
    assert (llm.drawn, llm.kept, llm.n_draws) == (42, 36, 3)
    assert llm.dropped == {"does not name the category": 6}
    assert (llm.input_tokens, llm.output_tokens, llm.seconds) == (600, 60, 12.0)
    assert llm.cost_usd == pytest.approx(1.5)
    assert rows["curated"].cost_usd == 0.0
    for name in ("image_ap", "pixel_auroc", "aupro"):
        metric = getattr(rows["winclip"], name)
        assert metric.low <= metric.value <= metric.high


def test_compare_sources_tests_every_metric_against_the_baseline(config, generator, tmp_path):
    generator()

    _, record = compare_sources(config, parent=tmp_path / "runs")

    rows = rows_by_label(record)
    base, curated = rows["winclip"], rows["curated"]
    assert base.gains == {}
    assert {*curated.gains} == {"image_auroc", "image_ap", "pixel_auroc", "aupro"}
    assert curated.gain == curated.gains["image_auroc"]
    for name, gain in curated.gains.items():
        ours, theirs = getattr(curated, name).value, getattr(base, name).value
        assert gain.value == pytest.approx(ours - theirs)
        assert gain.low <= gain.high
        assert gain.p <= gain.p_holm <= 1


def test_compare_sources_writes_why_lines_were_dropped_into_the_table(config, generator, tmp_path):
    generator()

    folder, _ = compare_sources(config, parent=tmp_path / "runs")

    with (folder / "compare.csv").open(newline="") as file:
        lines = {(line["source"], line["per_state"]): line for line in csv.DictReader(file)}
    llm = lines["gguf:smollm2", "3"]
    assert (llm["drawn"], llm["kept"]) == ("42", "36")
    assert llm["dropped"] == "6 does not name the category"
    assert llm["faults"] == "6 timed out"
    assert float(lines["curated", ""]["pixel_auroc_gain_p_holm"]) <= 1


def test_compare_sources_chooses_prompts_as_told(config, generator, tmp_path):
    generator()
    changes = {"compare.draws": 1, "compare.per_state": [1, 3], "prompts.select": "random"}
    found = set()
    for seed in range(6):
        told = with_overrides(config, {**changes, "seed": seed})
        folder, record = compare_sources(told, parent=tmp_path / str(seed))
        (draw,) = rows_by_label(record)["gguf:smollm2 / completion / 1"].draws
        kept = read_prompt_set(folder / draw.prompts["plate"])
        found.add(kept.texts(State.NORMAL)[0].count("."))

    assert len(found) > 1  # three prompts that differ in dots; evenly spaced takes the first


def test_compare_sources_asks_each_sample_once(config, generator, tmp_path):
    fake = generator()

    compare_sources(config, parent=tmp_path / "runs")

    assert sorted(fake.asked) == [(noun, seed) for noun in ("disc", "plate") for seed in range(3)]


def test_compare_sources_tells_the_spread_over_draws(config, generator, tmp_path):
    generator()

    _, record = compare_sources(config, parent=tmp_path / "runs")

    llm = rows_by_label(record)["gguf:smollm2 / completion / 3"]
    values = [draw.metrics["image_auroc"] for draw in llm.draws]
    assert values[:2] == [1.0, 1.0]  # even against flawed tells the chequered squares apart
    assert values[2] < 0.5  # and its reverse does not
    assert llm.image_auroc.value == pytest.approx(np.mean(values))
    spread = llm.spread["image_auroc"]
    assert spread.sd == pytest.approx(np.std(values, ddof=1))
    assert (spread.low, spread.high) == (min(values), max(values))
    # The interval covers draws too: a resample may hold the third draw twice or more.
    assert llm.image_auroc.low < 0.5
    assert llm.image_auroc.high == 1.0


def test_compare_sources_equals_a_run_of_its_own(config, generator, tmp_path):
    generator()

    _, record = compare_sources(config, parent=tmp_path / "runs")

    source = {"prompts.sources": [{"kind": "static", "name": "curated"}], "compare": None}
    alone = with_overrides(config, source)
    _, run = run_experiment(alone, Workbench(), parent=tmp_path / "runs")
    row = rows_by_label(record)["curated"]
    for name in ("image_auroc", "image_ap", "pixel_auroc", "aupro"):
        assert getattr(row, name).value == pytest.approx(run.results.mean[name], abs=1e-6)
    assert run.gain is not None
    assert row.gain.value == pytest.approx(run.gain.mean.value, abs=1e-6)
    assert row.gain.low == pytest.approx(run.gain.mean.low, abs=1e-6)
    assert row.gain.p_holm >= row.gain.p > 0


def test_compare_sources_when_a_draw_fails_goes_on(config, generator, tmp_path):
    generator(1)

    _, record = compare_sources(config, parent=tmp_path / "runs")

    row = rows_by_label(record)["gguf:smollm2 / completion / 2"]
    assert row.n_draws == 2
    assert row.image_auroc.value is not None
    assert "1 of 3 draws failed: gguf:smollm2 must answer, but seed 1 did not." in row.error
    assert not row.complete


def test_compare_sources_when_a_model_fails_altogether_keeps_the_others(
    config, generator, tmp_path
):
    generator(0, 1, 2)

    folder, record = compare_sources(config, parent=tmp_path / "runs")

    row = rows_by_label(record)["gguf:smollm2 / completion / 2"]
    assert (row.image_auroc.value, row.gain, row.n_draws) == (None, None, 0)
    assert rows_by_label(record)["curated"].gain is not None
    lines = list(csv.DictReader((folder / "compare.csv").read_text().splitlines()))
    assert [line["source"] for line in lines] == [row.source for row in record.rows]
    assert lines[-1]["image_auroc"] == ""
    content = json.loads((folder / "compare.json").read_text())
    assert content["rows"][-1]["image_auroc"]["value"] is None


def test_compare_sources_counts_what_failed_samples_took(config, generator, tmp_path, monkeypatch):
    fake = generator()
    good = fake("gguf:smollm2", "disc", seed=0)
    spent = Effort(**{field.name: getattr(good, field.name) for field in fields(Effort)})

    def fail(*_, **__):
        raise NothingUsableError("nothing came of it", replace(spent, kept=0, complete=False))

    monkeypatch.setattr(sources, "generate_prompts", fail)

    _, record = compare_sources(config, parent=tmp_path / "runs")

    row = rows_by_label(record)["gguf:smollm2 / completion / 3"]
    assert row.error == "3 of 3 draws failed: nothing came of it"
    assert row.image_auroc.value is None
    assert not row.complete
    # Two categories, three draws.
    assert (row.input_tokens, row.output_tokens, row.cost_usd) == (600, 60, 1.5)
    assert row.dropped == {"does not name the category": 6}
    assert row.draws[0].faults == {"timed out": 2}


def test_compare_sources_keeps_the_prompts(config, generator, tmp_path):
    generator()

    folder, record = compare_sources(config, parent=tmp_path / "runs")

    for row in record.rows:
        for draw in row.draws:
            assert {*draw.prompts} == {"disc", "plate"}
            kept = read_prompt_set(folder / draw.prompts["plate"])
            assert kept.category == "plate"
            assert row.per_state is None or len(kept.prompts) == 2 * row.per_state


def test_compare_sources_never_replaces_a_comparison(config, generator, tmp_path):
    generator()
    (tmp_path / "compare.json").write_text("{}")

    with pytest.raises(RecordError, match=r"never overwritten, but .*compare.json exists"):
        compare_sources(config, parent=tmp_path, folder=tmp_path)
    with pytest.raises(RecordError, match="damaged or of another version"):
        read_comparison(tmp_path)
    with pytest.raises(RecordError, match=r"must hold a readable compare.json"):
        read_comparison(tmp_path / "none")


def test_compare_sources_without_the_section(config, tmp_path):
    bare = ExperimentConfig(name="x", dataset=config.dataset)

    with pytest.raises(ConfigError, match="needs a compare section"):
        compare_sources(bare, parent=tmp_path)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"compare.llms": ["smollm2"]}, LLMError, "is named provider:model"),
        ({"compare.templates": ["descibe"]}, PromptError, "did you mean 'describe'"),
        ({"compare.static": ["winclp"]}, PromptError, "did you mean 'winclip'"),
        (
            {"compare.llms": ["anthropic:x"], "compare.templates": ["completion"]},
            LLMError,
            "anthropic:x answers chats only",
        ),
    ],
)
def test_compare_sources_when_a_name_is_wrong(config, tmp_path, changes, error, message):
    with pytest.raises(error, match=message):
        compare_sources(with_overrides(config, changes), parent=tmp_path)


def test_compare_sources_without_intervals(config, generator, tmp_path):
    generator()

    _, record = compare_sources(
        with_overrides(config, {"metrics.bootstrap": 0}), parent=tmp_path / "runs"
    )

    row = rows_by_label(record)["curated"]
    assert row.image_auroc.low is None
    assert (row.gain.low, row.gain.p, row.gain.p_holm) == (None, None, None)


def test_compare_sources_with_prompts_of_ones_own(config, tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    for category in ("disc", "plate"):
        (folder / f"{category}.yaml").write_text(
            f"category: {category}\nnormal: [even {category}]\nabnormal: [{category} with flaw]\n"
        )
    changes = {"compare.llms": [], "compare.files": [str(folder)], "prompts.select": "diverse"}

    _, record = compare_sources(with_overrides(config, changes), parent=tmp_path / "runs")

    assert rows_by_label(record)["mine"].image_auroc.value == 1.0
