"""Named apart from tests/promptlab/synthetic: this is the reader, that is the generator."""

import json
from pathlib import Path

import numpy as np
import pytest

from promptlab.datasets import synthetic
from promptlab.datasets.images import load_image, load_mask
from promptlab.datasets.synthetic import read_synthetic, synthesise
from promptlab.datasets.verify import verify_dataset
from promptlab.errors import DataError
from promptlab.types import State

TINY = {"categories": ["gear", "marble"], "per_category": 2, "size": (64, 96), "seed": 5}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sets") / "tiny"
    synthesise(folder, **TINY)
    return folder


def test_synthesise_writes_twins_with_masks(folder):
    dataset = read_synthetic(folder, None)
    labels = [sample.label for sample in dataset.of("gear")]
    assert dataset.name == "synthetic"
    assert dataset.categories == ("gear", "marble")
    assert (labels.count(State.NORMAL), labels.count(State.ABNORMAL)) == (2, 2)
    for sample in dataset.samples:
        assert load_image(sample.path).size == (96, 64)
        if sample.label is State.ABNORMAL:
            assert load_mask(sample.mask_path, (64, 96)).any()


def test_synthesise_is_repeatable_and_one_category_does_not_change_another(folder, tmp_path):
    synthesise(tmp_path / "alone", **{**TINY, "categories": ["marble"]})
    assert relative(tmp_path / "alone", "marble") == relative(folder, "marble")


def relative(folder, category):
    digests = read_synthetic(folder, [category]).digests
    return {
        path.relative_to(folder): digest
        for path, digest in digests.items()
        if category in path.relative_to(folder).parts
    }


def test_synthesise_leaves_no_temporary_files(folder):
    assert [path.name for path in folder.parent.iterdir()] == ["tiny"]


def test_synthesise_leaves_nothing_when_it_fails(tmp_path, monkeypatch):
    def fail(path, pixels):
        raise OSError("disk full")

    monkeypatch.setattr(synthetic, "_write_png", fail)
    with pytest.raises(OSError, match="disk full"):
        synthesise(tmp_path / "set", **TINY)
    assert list(tmp_path.iterdir()) == []


def test_synthesise_refuses_a_folder_that_exists(tmp_path):
    with pytest.raises(DataError, match=r"into a new folder, but .* exists; remove it or choose"):
        synthesise(tmp_path, **TINY)


def test_synthesise_refuses_an_unknown_category(tmp_path):
    with pytest.raises(DataError, match=r"'marbel' is not; did you mean 'marble'\?"):
        synthesise(tmp_path / "set", **{**TINY, "categories": ["marbel"]})


def test_read_synthetic_verifies_and_notices_a_changed_file(folder, tmp_path):
    synthesise(tmp_path / "set", **{**TINY, "categories": ["marble"], "per_category": 1})
    dataset = read_synthetic(tmp_path / "set", None)
    assert verify_dataset(dataset) == ()
    path = dataset.samples[0].path
    path.write_bytes((folder / "marble/test/good/001.png").read_bytes())
    assert [problem.path for problem in verify_dataset(dataset)] == [path]


def test_read_synthetic_draws_the_default_set_into_the_cache_once(tmp_path, monkeypatch):
    monkeypatch.setenv("PROMPTLAB_CACHE", str(tmp_path))
    monkeypatch.setattr(synthetic, "_PER_CATEGORY", 1)
    monkeypatch.setattr(synthetic, "_SIZE", (64, 96))
    first = read_synthetic(None, ["rubber"])
    (written,) = (tmp_path / "datasets").iterdir()
    before = written.stat().st_mtime_ns
    assert read_synthetic(None, ["rubber"]) == first
    assert written.stat().st_mtime_ns == before
    assert first.nouns == {"rubber": "rubber"}


def test_read_synthetic_draws_into_a_root_that_is_not_there_yet(tmp_path, monkeypatch):
    monkeypatch.setattr(synthetic, "_PER_CATEGORY", 1)
    monkeypatch.setattr(synthetic, "_SIZE", (64, 96))
    assert len(read_synthetic(tmp_path / "set", ["knit"]).samples) == 2


def test_read_synthetic_refuses_an_unknown_category(tmp_path):
    with pytest.raises(DataError, match="'knid' is not; did you mean 'knit'"):
        read_synthetic(tmp_path / "set", ["knid"])


@pytest.mark.parametrize("manifest", [None, "{", "[]", json.dumps({"digests": []})])
def test_read_synthetic_refuses_a_folder_it_did_not_write(tmp_path, manifest):
    if manifest is not None:
        (tmp_path / "manifest.json").write_text(manifest)
    with pytest.raises(DataError, match=r"missing or damaged; remove the folder"):
        read_synthetic(tmp_path, None)


def test_a_second_process_that_finishes_first_wins(tmp_path, monkeypatch):
    folder, drawn = tmp_path / "set", synthetic._draw_pair
    plan = {**TINY, "categories": ["marble"], "per_category": 1}

    def overtaken(*args, **kwargs):
        monkeypatch.setattr(synthetic, "_draw_pair", drawn)
        synthesise(folder, **plan)
        drawn(*args, **kwargs)

    monkeypatch.setattr(synthetic, "_draw_pair", overtaken)
    synthesise(folder, **plan)
    assert [path.name for path in tmp_path.iterdir()] == ["set"]
    assert verify_dataset(read_synthetic(folder, None)) == ()


def test_images_of_a_pair_differ_inside_the_mask(folder):
    path = next(s.path for s in read_synthetic(folder, ["gear"]).samples if s.mask_path)
    twin = Path(folder / "gear/test/good" / path.name)
    assert (np.asarray(load_image(path)) != np.asarray(load_image(twin))).any()
