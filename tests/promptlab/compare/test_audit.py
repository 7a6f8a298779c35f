import numpy as np
import pytest
from scipy.stats import spearmanr

from promptlab.compare.audit import VARIANTS, audit_sources, text_share, verdict
from promptlab.compare.audit import _correlation as correlation
from promptlab.compare.record import AuditRow, read_audit
from promptlab.config import with_overrides
from promptlab.errors import PromptError, RecordError
from promptlab.results import MetricValue


def rows(*aurocs, start=None):
    """Return an audit's rows; ``kept`` is worked out by hand where it matters."""
    first = aurocs[0]
    return [
        AuditRow(
            source="x",
            variant=name,
            repeats=1,
            image_auroc=MetricValue(value=value),
            image_auroc_global=value,
            pixel_auroc=None,
            repeat_low=value,
            repeat_high=value,
            kept=(value - 0.5) / (first - 0.5) if first >= 0.55 else None,
            rank_correlation=0.5,
            example_normal="a",
            example_abnormal="b",
        )
        for name, value in zip(VARIANTS, aurocs, strict=True)
    ]


def test_text_share_when_nothing_is_left_without_meaning():
    assert text_share(rows(0.9, 0.1, 0.9, 0.8, 0.5, 0.4)) == 1.0


def test_text_share_when_half_is_left():
    # Shuffled keeps 0.2 / 0.4, invented words 0.2 / 0.4.
    assert text_share(rows(0.9, 0.9, 0.9, 0.9, 0.7, 0.7)) == pytest.approx(0.5)


def test_text_share_when_there_is_nothing_to_share():
    assert text_share(rows(0.52, 0.5, 0.5, 0.5, 0.5, 0.5)) is None


@pytest.mark.parametrize(
    ("aurocs", "expected"),
    [
        (
            (0.9, 0.1, 0.9, 0.7, 0.5, 0.5),
            "The prompts come 40.0 points of image AUROC above chance, texts without meaning 0.0 "
            "to either side: language decides (about 100 % goes with the meaning of the words). "
            "With the states swapped it turns as it should (10.0; a mirror would be 10.0). Without "
            "the category's noun 100 % is left (rank correlation 0.50), with nouns of other "
            "categories 50 % (0.50).",
        ),
        (
            (0.9, 0.6, 0.9, 0.9, 0.7, 0.7),
            "The prompts come 40.0 points of image AUROC above chance, texts without meaning 20.0 "
            "to either side: language decides in part (about 50 % goes with the meaning of the "
            "words). With the states swapped it turns only in part (60.0; a mirror would be 10.0). "
            "Without the category's noun 100 % is left (rank correlation 0.50), with nouns of "
            "other categories 100 % (0.50).",
        ),
        (
            (0.9, 0.85, 0.9, 0.9, 0.88, 0.88),
            "The prompts come 40.0 points of image AUROC above chance, texts without meaning 38.0 "
            "to either side: language decides little more than the direction (about 5 % goes with "
            "the meaning of the words). With the states swapped it turns hardly (85.0; a mirror "
            "would be 10.0). Without the category's noun 100 % is left (rank correlation 0.50), "
            "with nouns of other categories 100 % (0.50).",
        ),
        (
            (0.52, 0.5, 0.5, 0.5, 0.5, 0.5),
            "Image AUROC is 52.0, hardly above chance: there is nothing for language to decide.",
        ),
    ],
)
def test_verdict(aurocs, expected):
    assert verdict(rows(*aurocs)) == expected


def test_correlation_equals_scipys_with_ties():
    one, other = np.array([1.0, 2, 2, 5, 3]), np.array([9.0, 7, 8, 8, 1])

    assert correlation(one, other) == pytest.approx(spearmanr(one, other).statistic)
    assert correlation(one, np.ones(5)) == 0.0


def test_audit_sources_takes_language_away(config, generator, tmp_path):
    generator()
    small = {"metrics.bootstrap": 9, "compare.static": [], "dataset.categories": ["disc"]}

    folder, record = audit_sources(with_overrides(config, small), parent=tmp_path / "runs")

    assert read_audit(folder) == record
    assert [*record.verdicts] == ["winclip", "gguf:smollm2 / completion"]
    assert (folder / "audit.csv").read_text().count("\n") == 1 + 2 * len(VARIANTS)
    found = {row.variant: row for row in record.rows if row.source == "winclip"}
    assert [*found] == [*VARIANTS]
    assert found["as is"].image_auroc.value == 1.0
    assert (found["as is"].kept, found["as is"].rank_correlation) == (1.0, pytest.approx(1.0))
    # The tiny backbone knows "damage", "defect" and "flaw" only: no noun, no invented word.
    assert found["noun removed"].image_auroc.value == 1.0
    assert found["states swapped"].image_auroc_global == 0.0
    assert found["nonsense words"].repeats == 8
    # Invented words are no damage: what is left is how far chance comes, either way.
    aurocs = found["nonsense words"]
    assert 0 <= aurocs.kept <= 2 * max(aurocs.repeat_high - 0.5, 0.5 - aurocs.repeat_low)
    assert "damage" not in found["nonsense words"].example_abnormal
    assert found["states swapped"].example_normal == "a cropped photo of the damaged disc."


def test_audit_sources_when_a_state_has_one_prompt(config, tmp_path):
    for category in ("disc", "plate"):
        (tmp_path / f"{category}.yaml").write_text(
            f"category: {category}\nnormal: [even {category}]\nabnormal: [{category} with flaw]\n"
        )
    changes = {"compare.llms": [], "compare.files": [str(tmp_path)]}

    with pytest.raises(PromptError, match=r"each needs at least 2, but one of 'disc' has 1"):
        audit_sources(with_overrides(config, changes), parent=tmp_path / "runs")


def test_audit_sources_never_replaces_an_audit(config, tmp_path):
    (tmp_path / "audit.json").write_text("{}")

    with pytest.raises(RecordError, match=r"never overwritten, but .*audit.json exists"):
        audit_sources(config, parent=tmp_path, folder=tmp_path)
