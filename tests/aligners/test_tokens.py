import pytest

from aligners.base import Requirements
from aligners.fine_grained import FineGrainedAligner
from aligners.tokens import required_for, split_kind


def test_required_for_names_the_tokens_that_a_backbone_must_encode():
    assert required_for("patch") == Requirements()
    assert required_for("value", window_sides=(2,)) == Requirements(
        value_tokens=True, window_sides=(2,)
    )
    assert required_for("gem:6") == Requirements(tokens=("gem:6",))


@pytest.mark.parametrize("kind", ["gem", "gem:0", "gem:x", "attention:2", ""])
def test_unknown_kinds_of_tokens_are_refused(kind):
    rule = f"must be patch, value, value:N or gem:N with N blocks, but got {kind!r}; use for"
    with pytest.raises(ValueError, match=rule):
        split_kind(kind)
    with pytest.raises(ValueError, match=rule):
        FineGrainedAligner(local=kind)


def test_fine_grained_requires_the_tokens_of_its_local_side():
    assert FineGrainedAligner(local="gem:4").requires == Requirements(
        window_sides=(2,), tokens=("gem:4",)
    )
