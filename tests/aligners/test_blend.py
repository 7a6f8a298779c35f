import pytest
import torch

from aligners.base import Requirements
from aligners.blend import BlendAligner, Part
from aligners.contract import anomaly_map, example_features
from aligners.fine_grained import FineGrainedAligner
from aligners.patch import PatchAligner
from aligners.value import ValueAligner
from aligners.window import WindowAligner

FEATURES = example_features(Requirements(value_tokens=True, window_sides=(2, 3)))


def test_blend_of_one_part_is_that_part():
    blend = BlendAligner((Part("window", {"scales": [2]}),))
    expected = anomaly_map(WindowAligner(scales=(2,)), FEATURES)
    torch.testing.assert_close(anomaly_map(blend, FEATURES), expected)


def test_blend_is_the_weighted_mean_of_its_parts_maps():
    blend = BlendAligner((Part("value", weight=3.0), Part("window"), Part("patch", weight=0.0)))
    value, window = (anomaly_map(each, FEATURES) for each in (ValueAligner(), WindowAligner()))
    torch.testing.assert_close(anomaly_map(blend, FEATURES), (3 * value + window) / 4)


def test_blend_within_a_blend_counts_as_one_part():
    inner = Part("blend", {"parts": [Part("value"), Part("patch")]})
    blend = BlendAligner((inner, Part("window")))
    value, patch, window = (
        anomaly_map(each, FEATURES) for each in (ValueAligner(), PatchAligner(), WindowAligner())
    )
    torch.testing.assert_close(anomaly_map(blend, FEATURES), (value + patch + 2 * window) / 4)


def test_blend_requires_what_its_parts_require():
    blend = BlendAligner((Part("window"), Part("fine_grained", {"local": "gem:6"}), Part("value")))
    assert blend.requires == Requirements(value_tokens=True, window_sides=(2, 3), tokens=("gem:6",))


def test_blend_with_a_transductive_part_is_fitted():
    blend = BlendAligner((Part("fine_grained", {"scope": "dataset"}), Part("value")))
    assert blend.transductive
    fitted = blend.fit(lambda: [FEATURES])
    assert fitted.requires == blend.requires
    alone = FineGrainedAligner(scope="dataset").fit(lambda: [FEATURES])
    expected = (anomaly_map(alone, FEATURES) + anomaly_map(ValueAligner(), FEATURES)) / 2
    torch.testing.assert_close(anomaly_map(fitted, FEATURES), expected)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ((), "at least one part, but got none"),
        ((Part("value", weight=-1.0),), r"weights must be at least 0 .* but got \[-1.0\]"),
        ((Part("valu"),), "unknown aligner 'valu'; did you mean 'value'"),
        ((Part("value", {"block": 1}),), "block"),
        ((Part("value", {"blocks": 0}),), "blocks must be at least 1, but got 0"),
    ],
)
def test_blend_refuses_parts_that_mean_nothing(parts, message):
    with pytest.raises(ValueError, match=message):
        BlendAligner(parts)


def test_blend_encodes_windows_that_suit_all_parts():
    parts = [("fine_grained", {"stride": 4}), ("fine_grained", {"stride": 6}), ("patch", {})]
    blend = BlendAligner(tuple(Part(name, params) for name, params in parts))
    assert blend.requires.window_stride == 2
    assert BlendAligner((Part("patch"),)).requires.window_stride == 1
