from pathlib import Path

import numpy as np
import pytest
import torch
from fakes import TinyBackbone, write_mvtec
from PIL import Image

from promptlab import workbench as module
from promptlab.config import ExperimentConfig, with_overrides
from promptlab.errors import ConfigError, DataError
from promptlab.types import State
from promptlab.workbench import Workbench, resize_mask


@pytest.fixture
def config(tmp_path: Path) -> ExperimentConfig:
    root = write_mvtec(tmp_path / "data", categories=("plate", "disc"))
    return ExperimentConfig.model_validate(
        {
            "name": "tiny",
            "dataset": {"name": "mvtec", "root": root},
            "metrics": {"pixel_size": 32, "bootstrap": 0},
        }
    )


@pytest.fixture
def backbone(monkeypatch: pytest.MonkeyPatch) -> TinyBackbone:
    tiny = TinyBackbone()
    monkeypatch.setattr(module, "load_backbone", lambda *_, **__: tiny)
    return tiny


def test_judge_scores_every_image_and_draws_maps(
    config: ExperimentConfig, backbone: TinyBackbone
) -> None:
    judged = Workbench().judge(config, "plate")
    assert len(judged.samples) == 12
    assert judged.maps is not None
    assert len(judged.maps) == 12
    assert {each.shape for each in judged.maps} == {(32, 32)}
    assert judged.masks is not None
    scores = judged.prediction.image_score.numpy()
    assert (
        scores[judged.labels == State.ABNORMAL].min() > scores[judged.labels == State.NORMAL].max()
    )


def test_judge_encodes_once_for_many_configurations(
    config: ExperimentConfig, backbone: TinyBackbone
) -> None:
    bench = Workbench()
    bench.judge(config, "plate")
    images, texts = backbone.images_encoded, backbone.texts_encoded
    for changes in ({"prompts.per_state": 3}, {"scorer.name": "contextual"}, {"fusion.local": 0}):
        bench.judge(with_overrides(config, changes), "plate")
    assert (backbone.images_encoded, backbone.texts_encoded) == (images, texts)


def test_judge_uses_the_chosen_number_of_prompts(
    config: ExperimentConfig, backbone: TinyBackbone
) -> None:
    judged = Workbench().judge(with_overrides(config, {"prompts.per_state": 3}), "plate")
    assert [len(judged.prompts.texts(state)) for state in State] == [3, 3]
    assert judged.prediction.weights.normal.shape[-1] == 3


def test_judge_counts_a_corrupt_image_and_goes_on(
    config: ExperimentConfig, backbone: TinyBackbone
) -> None:
    root = config.dataset.root
    assert root is not None
    broken = root / "plate" / "test" / "good" / "000.png"
    broken.write_bytes(b"not an image")
    judged = Workbench().judge(config, "plate")
    assert len(judged.samples) == 11
    assert list(judged.skipped) == [broken]


def test_judge_refuses_a_category_without_a_readable_image(
    config: ExperimentConfig, backbone: TinyBackbone
) -> None:
    root = config.dataset.root
    assert root is not None
    for path in (root / "plate" / "test").rglob("*.png"):
        path.write_bytes(b"")
    with pytest.raises(DataError, match="all 12 of 'plate' failed"):
        Workbench().judge(config, "plate")


def test_judge_refuses_a_mask_of_another_size(
    config: ExperimentConfig, backbone: TinyBackbone
) -> None:
    root = config.dataset.root
    assert root is not None
    mask = next((root / "plate").rglob("*_mask.png"))
    Image.new("L", (40, 64)).save(mask)  # width and height exchanged
    with pytest.raises(DataError, match=r"64.*40") as caught:
        Workbench().judge(config, "plate")
    assert "\n" not in str(caught.value)


def test_judge_refuses_an_unknown_scorer(config: ExperimentConfig, backbone: TinyBackbone) -> None:
    with pytest.raises(ConfigError, match="unknown scorer 'men'; did you mean 'mean'"):
        Workbench().judge(with_overrides(config, {"scorer.name": "men"}), "plate")


def test_prompts_pools_sources_and_keeps_them_apart(
    config: ExperimentConfig, tmp_path: Path
) -> None:
    file = tmp_path / "plate.yaml"
    file.write_text("category: plate\nnormal: [an even plate]\nabnormal: [a pitted plate]\n")
    sources = [{"kind": "static", "name": "winclip"}, {"kind": "file", "path": str(file)}]
    pool = Workbench().prompts(with_overrides(config, {"prompts.sources": sources}), "plate").pool
    assert {prompt.source for prompt in pool.prompts if "pitted" in prompt.text} != {"winclip"}
    assert len(pool.texts(State.NORMAL)) == 7 * 22 + 1


def test_resize_mask_is_nearest_neighbour_and_keeps_axes_apart() -> None:
    mask = np.zeros((2, 4), dtype=bool)
    mask[1, 3] = True
    larger = resize_mask(mask, (4, 12))
    assert larger.shape == (4, 12)
    assert larger[2:, 9:].all()
    assert larger.sum() == 2 * 3


def test_judge_holds_references_out_where_there_is_no_training_image(
    config: ExperimentConfig, backbone: TinyBackbone
) -> None:
    bench = Workbench()
    judged = bench.judge(with_overrides(config, {"few_shot.k": 2}), "plate")
    assert len(judged.references) == 2
    assert len(judged.samples) == 10
    assert not {*judged.references} & {*judged.samples}
    # Back to zero-shot on the same bench: nothing of the references is left.
    assert len(bench.judge(config, "plate").samples) == 12


def test_judge_compares_with_training_images_and_the_weight_decides(
    config: ExperimentConfig, backbone: TinyBackbone
) -> None:
    root = config.dataset.root
    assert root is not None
    train = root / "plate" / "train" / "good"
    train.mkdir(parents=True)
    sources = sorted((root / "plate" / "test" / "good").glob("*.png"))
    for source in sources[:3]:
        (train / source.name).write_bytes(source.read_bytes())
    bench, few = Workbench(), with_overrides(config, {"few_shot.k": 3})
    judged, zero = bench.judge(few, "plate"), bench.judge(config, "plate")
    assert {sample.path.parent.name for sample in judged.references} == {"good"}
    assert len(judged.samples) == 12
    assert (judged.prediction.patch_map != zero.prediction.patch_map).any()
    alone = bench.judge(with_overrides(few, {"few_shot.weight": 1}), "plate").prediction
    of_references = [
        sample.path.name in {s.name for s in sources[:3]} and not sample.defect
        for sample in judged.samples
    ]
    # A copy of a reference is at no distance from it (features are kept in float16).
    assert alone.global_score[of_references].max() < 1e-3
    none = bench.judge(with_overrides(few, {"few_shot.weight": 0}), "plate").prediction
    assert (none.image_score == zero.prediction.image_score).all()


def test_judge_refuses_an_unreadable_reference(
    config: ExperimentConfig, backbone: TinyBackbone
) -> None:
    root = config.dataset.root
    assert root is not None
    train = root / "plate" / "train" / "good"
    train.mkdir(parents=True)
    (train / "000.png").write_bytes(b"not an image")
    with pytest.raises(DataError, match="every reference image must be readable: "):
        Workbench().judge(with_overrides(config, {"few_shot.k": 1}), "plate")


def test_judge_lets_images_judge_one_another_and_the_weight_decides(
    config: ExperimentConfig, backbone: TinyBackbone
) -> None:
    bench, mutual = Workbench(), with_overrides(config, {"mutual.weight": 0.5})
    both, zero = bench.judge(mutual, "plate").prediction, bench.judge(config, "plate").prediction
    alone = bench.judge(with_overrides(mutual, {"mutual.weight": 1}), "plate").prediction
    assert backbone.images_encoded == 12
    torch.testing.assert_close(both.patch_map, (zero.patch_map + alone.patch_map) / 2)
    assert (alone.global_score == alone.patch_map.flatten(1).amax(-1)).all()
    other = {"mutual.params": {"tokens": ["patch"], "share": 1.0}}
    assert (
        bench.judge(with_overrides(mutual, other), "plate").prediction.patch_map != both.patch_map
    ).any()
    again = bench.judge(config, "plate").prediction  # nothing of the others is left
    assert (again.image_score == zero.image_score).all()


def test_images_judge_one_another_once_for_all_prompts_and_aligners(
    config: ExperimentConfig, backbone: TinyBackbone, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[object] = []
    compare = module.compare_with_peers

    def counted(*args: object, **kwargs: object) -> object:
        calls.append(args)
        return compare(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "compare_with_peers", counted)
    bench, mutual = Workbench(), with_overrides(config, {"mutual.weight": 0.5})
    assert bench.judge(mutual, "plate").encoded == 12
    for changes in (
        {"aligner.name": "value"},
        {"prompts.sources": [{"kind": "static", "name": "curated"}]},
        {"mutual.weight": 0.7},
    ):
        bench.judge(with_overrides(mutual, changes), "plate")
    assert len(calls) == 1
    assert backbone.images_encoded == 12


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"shar": 1}, r"unknown key 'mutual.params.shar'; mutual scoring takes: tokens, sides"),
        ({"share": 2}, r"mutual.params: mutual: share must be in \(0, 1\], but got 2"),
    ],
)
def test_judge_refuses_wrong_parameters_of_mutual_scoring(
    config: ExperimentConfig, backbone: TinyBackbone, params: dict[str, object], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        Workbench().judge(with_overrides(config, {"mutual.params": params}), "plate")


def test_images_that_cannot_be_read_leave_the_others_their_distances(
    config: ExperimentConfig, backbone: TinyBackbone
) -> None:
    mutual = with_overrides(config, {"mutual.weight": 1})
    root = config.dataset.root
    assert root is not None
    images = sorted((root / "plate" / "test").rglob("*.png"))
    kept = {path: path.read_bytes() for path in images}
    for broken in images[::5]:
        broken.write_bytes(b"not an image")
    found = Workbench().judge(mutual, "plate")
    assert len(found.skipped) == 3
    for broken in images[::5]:
        broken.unlink()
    alone = Workbench().judge(mutual, "plate")
    torch.testing.assert_close(found.prediction.patch_map, alone.prediction.patch_map)
    assert len(kept) == 12


def test_references_and_peers_take_part_together(
    config: ExperimentConfig, backbone: TinyBackbone
) -> None:
    bench = Workbench()
    few = with_overrides(config, {"few_shot.k": 2, "few_shot.weight": 0.25})
    one, both, peers = (
        bench.judge(with_overrides(few, {"mutual.weight": weight}), "plate").prediction.patch_map
        for weight in (0, 0.5, 1)
    )
    torch.testing.assert_close(both, (one + peers) / 2)


def test_judge_when_an_image_is_alone_says_that_it_has_no_peers(
    config: ExperimentConfig, backbone: TinyBackbone
) -> None:
    root = config.dataset.root
    assert root is not None
    for image in sorted((root / "plate" / "test").rglob("*.png"))[1:]:
        image.write_bytes(b"not an image")
    with pytest.raises(
        DataError, match=r"at least 2, but are 1 \(11 cannot be read; first: .*001.png"
    ):
        Workbench().judge(with_overrides(config, {"mutual.weight": 0.5}), "plate")


@pytest.mark.parametrize(
    "changes",
    [
        {"prompts.summary": "kmeans", "prompts.centres": 2},
        {"scorer.context": "patch", "scorer.name": "contextual"},
        {"scorer.temperature": 0.5},
    ],
)
def test_judge_scores_with_each_option_of_the_prompts_and_the_scorer(
    config: ExperimentConfig, backbone: TinyBackbone, changes: dict[str, object]
) -> None:
    plain = Workbench().judge(config, "plate").prediction
    found = Workbench().judge(with_overrides(config, changes), "plate").prediction
    assert found.weights.normal.shape == plain.weights.normal.shape
    assert (found.patch_map != plain.patch_map).any()


def test_maps_of_several_image_sizes_are_averaged(
    config: ExperimentConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(_: str, *, image_size: tuple[int, int] | None, **__: object) -> TinyBackbone:
        tiny = TinyBackbone()
        tiny.image_size = image_size or tiny.image_size
        return tiny

    monkeypatch.setattr(module, "load_backbone", load)
    # Larger images come in smaller batches; here three and one at a time.
    monkeypatch.setattr("promptlab.features._PIXELS_AT_ONCE", 32 * 48 * 3)
    bench = Workbench()
    sizes: dict[str, object] = {"coarse": (32, 48), "fine": (48, 64)}
    maps = {}
    for name, size in sizes.items():
        judged = bench.judge(with_overrides(config, {"backbone.image_size": size}), "plate")
        maps[name] = judged.prediction.patch_map
    both = {"backbone.image_size": sizes["coarse"], "backbone.map_sizes": [sizes["fine"]]}
    joined = bench.judge(with_overrides(config, both), "plate").prediction
    resized = torch.nn.functional.interpolate(
        maps["coarse"][:, None], size=maps["fine"].shape[1:], mode="bilinear"
    )[:, 0]
    torch.testing.assert_close(joined.patch_map, (resized + maps["fine"]) / 2)
    alone = bench.judge(with_overrides(config, {"backbone.image_size": sizes["coarse"]}), "plate")
    torch.testing.assert_close(joined.global_score, alone.prediction.global_score)
    # Images judge one another at the first size; the distances join the finer map.
    far = bench.judge(
        with_overrides(config, {"backbone.image_size": sizes["coarse"], "mutual.weight": 1}),
        "plate",
    ).prediction.patch_map
    joined_far = bench.judge(with_overrides(config, {**both, "mutual.weight": 1}), "plate")
    finer = torch.nn.functional.interpolate(
        far[:, None], size=maps["fine"].shape[1:], mode="bilinear"
    )[:, 0]
    torch.testing.assert_close(joined_far.prediction.patch_map, finer)


def test_transductive_aligner_sees_all_images_of_a_category(
    config: ExperimentConfig, backbone: TinyBackbone
) -> None:
    aligner = {"name": "fine_grained", "params": {"scope": "dataset", "scales": [2]}}
    bench = Workbench()
    whole = bench.judge(with_overrides(config, {"aligner": aligner}), "plate")
    few = {"aligner": aligner, "dataset.limit": 4}
    some = bench.judge(with_overrides(config, few), "plate")
    place = {sample.path: i for i, sample in enumerate(whole.samples)}
    same = [place[sample.path] for sample in some.samples]
    assert not torch.allclose(whole.prediction.patch_map[same], some.prediction.patch_map)


def test_judge_slices_a_pool_that_another_one_holds(
    config: ExperimentConfig,
    backbone: TinyBackbone,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = tmp_path / "plate.yaml"
    file.write_text("category: plate\nnormal: [an even plate]\nabnormal: [a pitted plate]\n")
    sources = [{"kind": "file", "path": str(file)}, {"kind": "static", "name": "winclip"}]
    alone = Workbench().judge(config, "plate").prediction
    bench = Workbench()
    bench.judge(with_overrides(config, {"prompts.sources": sources}), "plate")
    monkeypatch.setattr(module, "gather_batches", None)  # nothing is read again
    sliced = bench.judge(config, "plate").prediction
    np.testing.assert_allclose(sliced.image_score, alone.image_score, rtol=0, atol=1e-6)
    np.testing.assert_allclose(sliced.patch_map, alone.patch_map, rtol=0, atol=1e-6)


def test_judge_gives_the_same_when_similarities_lie_in_files(
    config: ExperimentConfig, backbone: TinyBackbone
) -> None:
    kept, filed = (Workbench(memory=memory).judge(config, "plate") for memory in (10**9, 0))
    assert (kept.prediction.image_score == filed.prediction.image_score).all()
    assert (kept.prediction.patch_map == filed.prediction.patch_map).all()


def test_a_search_over_an_aligner_does_not_fill_the_memory(
    config: ExperimentConfig, backbone: TinyBackbone, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = []
    compare = Workbench._compare_now

    def counted(bench: Workbench, config: ExperimentConfig, category: str, *rest: object) -> object:
        compared.append((category, config.aligner.params["ridge"]))
        return compare(bench, config, category, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Workbench, "_compare_now", counted)

    def at(ridge: float) -> ExperimentConfig:
        return with_overrides(config, {"aligner.params": {"ridge": ridge}})

    probe = Workbench()
    probe.judge(at(1.0), "plate")
    (sizes,) = probe._compared.values()
    one = sum(module.stored_bytes(each.evidence) for each in sizes)
    compared.clear()

    bench = Workbench(memory=3 * one)  # the other category, and two aligners of this one
    bench.judge(at(1.0), "disc")
    for ridge in (1.0, 2.0, 1.0, 3.0, 4.0):
        bench.judge(at(ridge), "plate")
    assert len(bench._compared) == 3
    assert [ridge for name, ridge in compared if name == "plate"] == [1.0, 2.0, 3.0, 4.0]
    compared.clear()
    bench.judge(at(4.0), "plate")
    bench.judge(at(3.0), "plate")
    bench.judge(at(1.0), "disc")  # never forgotten for the sake of the other category
    assert compared == []
    bench.judge(at(2.0), "plate")
    assert compared == [("plate", 2.0)]
