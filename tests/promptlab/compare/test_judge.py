import numpy as np
import pytest

from promptlab.compare.judge import judge_sets, measure_set, read_masks, resample_pixels
from promptlab.config import with_overrides
from promptlab.detector import draw_maps
from promptlab.errors import ConfigError, DataError
from promptlab.features import FeatureStore
from promptlab.metrics.category import evaluate_category
from promptlab.metrics.resampling import percentile_interval
from promptlab.prompts.ensemble import static_prompts
from promptlab.workbench import Workbench, measure

NAMES = ("winclip", "curated")


def judged(config, **changes):
    config = with_overrides(config, changes)
    sets = {name: static_prompts(name, "plate") for name in NAMES}
    scores = judge_sets(config, "plate", sets, workbench=Workbench(), store=FeatureStore())
    return config, scores


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"scorer.name": "contextual"},
        {"prompts.summary": "mean", "scorer.temperature": 0.5, "scorer.context": "patch"},
    ],
)
def test_judge_sets_equals_judging_each_set_alone(config, changes):
    config, together = judged(config, **changes)

    for name in NAMES:
        source = {"prompts.sources": [{"kind": "static", "name": name}]}
        alone = Workbench().judge(with_overrides(config, source), "plate")
        assert together.samples == alone.samples
        np.testing.assert_allclose(
            together.sets[name].image, alone.prediction.image_score.numpy(), atol=1e-6
        )
        ours = measure_set(together, name, config, masks=read_masks(together, config))
        theirs = measure(alone, with_overrides(config, {"metrics.bootstrap": 0}))
        assert ours.pixel_auroc.value == pytest.approx(theirs.pixel_auroc.value, abs=1e-6)
        assert ours.aupro.value == pytest.approx(theirs.aupro.value, abs=1e-6)


def test_judge_sets_encodes_each_image_once(config, backbone):
    judged(config)
    assert backbone.images_encoded == 12


def test_judge_sets_counts_what_cannot_be_read(config):
    broken = config.dataset.root / "plate" / "test" / "good" / "000.png"
    broken.write_bytes(b"not an image")

    _, scores = judged(config)

    assert [*scores.skipped] == [broken]
    assert len(scores.labels) == len(scores.sets["winclip"].image) == 11


def test_judge_sets_when_nothing_can_be_read(config):
    for path in (config.dataset.root / "plate" / "test").rglob("*.png"):
        path.write_bytes(b"")
    with pytest.raises(DataError, match="all 12 of 'plate' failed"):
        judged(config)


def test_judge_sets_when_images_judge_one_another(config):
    with pytest.raises(ConfigError, match=r"mutual.weight is 0.5; set it to 0"):
        judged(config, **{"mutual.weight": 0.5})


def test_judge_sets_when_few_shot(config):
    with pytest.raises(ConfigError, match=r"zero-shot, but few_shot.k is 1; set it to 0"):
        judged(config, **{"few_shot.k": 1})


def test_read_masks_when_there_are_none(config):
    for path in (config.dataset.root / "plate" / "ground_truth").rglob("*.png"):
        path.unlink()
    _, scores = judged(config)

    assert read_masks(scores, config) is None
    assert "no anomaly maps" in measure_set(scores, "winclip", config).pixel_auroc.reason


def test_without_maps_keeps_the_scores(config):
    _, scores = judged(config)

    bare = scores.without_maps()

    assert bare.sets["winclip"].patch_map.numel() == 0
    assert bare.sets["winclip"].image is scores.sets["winclip"].image


def test_resample_pixels_has_the_intervals_of_the_metrics(config):
    config, scores = judged(config)
    masks = read_masks(scores, config)
    maps = draw_maps(scores.sets["winclip"].patch_map, size=(32, 32), sigma=config.fusion.sigma)

    found = resample_pixels(scores, "winclip", config, masks=masks, nth=3)

    measured = evaluate_category(
        scores.labels,
        scores.sets["winclip"].image,
        maps=maps.numpy(),
        masks=masks,
        bootstrap=config.metrics.bootstrap,
        rng=np.random.default_rng((config.seed, 3)),
    ).named
    for name in ("pixel_auroc", "aupro"):
        interval = percentile_interval(found[name])
        low, high = interval.low, interval.high
        assert low <= measured[name].value + 1e-3
        assert high >= measured[name].value - 1e-3
        assert high - low < 0.5
