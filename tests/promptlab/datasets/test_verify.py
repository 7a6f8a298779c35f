from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from promptlab.datasets.dataset import digest_samples, limited
from promptlab.datasets.folders import read_mvtec
from promptlab.datasets.verify import verify_dataset
from promptlab.files import digest_file
from promptlab.types import State


@pytest.fixture
def root(tmp_path):
    for name in ("test/good/0.png", "test/crack/0.png", "ground_truth/crack/0_mask.png"):
        path = tmp_path / "nut" / name
        path.parent.mkdir(parents=True)
        Image.fromarray(np.ones((2, 3), np.uint8)).save(path)
    return tmp_path


def test_verify_dataset_finds_nothing_when_all_is_well(root):
    assert verify_dataset(read_mvtec(root, None)) == ()


def test_verify_dataset_finds_missing_and_corrupt_images(root):
    dataset = read_mvtec(root, None)
    (root / "nut/test/good/0.png").unlink()
    (root / "nut/test/crack/0.png").write_bytes(b"")
    crack, good = verify_dataset(dataset)
    assert (crack.path.parent.name, good.path.parent.name) == ("crack", "good")
    assert crack.what.endswith("but is empty")
    assert crack.remedy == "replace or remove it"
    assert good.what.endswith("but does not")


def test_verify_dataset_finds_a_mask_of_another_size(root):
    mask = root / "nut/ground_truth/crack/0_mask.png"
    Image.fromarray(np.ones((3, 2), np.uint8)).save(mask)
    (problem,) = verify_dataset(read_mvtec(root, None))
    assert problem.path == mask
    assert problem.what.endswith("has (3, 2)")


def test_verify_dataset_passes_on_what_the_reader_noticed(root):
    (root / "nut/ground_truth/crack/0_mask.png").rename(root / "nut/ground_truth/crack/9_mask.png")
    names = [problem.path.name for problem in verify_dataset(read_mvtec(root, None))]
    assert names == ["0.png", "9_mask.png"]


def test_verify_dataset_finds_a_file_that_changed(root):
    path = root / "nut/test/good/0.png"
    dataset = replace(read_mvtec(root, None), digests={path: digest_file(path)})
    assert verify_dataset(dataset) == ()
    Image.fromarray(np.zeros((2, 3), np.uint8)).save(path)
    (problem,) = verify_dataset(dataset)
    assert (problem.path, problem.what) == (path, "differs from the digest it was written with")


def test_verify_dataset_names_a_missing_file_once(root):
    dataset = read_mvtec(root, None)
    path = root / "nut/test/good/0.png"
    dataset = replace(dataset, digests={path: digest_file(path)})
    path.unlink()
    assert [problem.path for problem in verify_dataset(dataset)] == [path]


def test_verify_dataset_finds_another_version_of_a_known_set(root):
    dataset = read_mvtec(root, None)
    known = replace(dataset, contents=digest_samples(dataset.samples))
    assert verify_dataset(known) == ()
    swapped = replace(
        known,
        samples=tuple(replace(sample, label=State(1 - sample.label)) for sample in known.samples),
    )
    (problem,) = verify_dataset(swapped)
    assert (problem.kind, problem.path) == ("changed", root / "nut/test")
    Image.fromarray(np.zeros((2, 3), np.uint8)).save(root / "nut/test/good/0.png")
    assert [problem.kind for problem in verify_dataset(known)] == ["changed"]
    assert limited(known, limit=2, seed=0).contents == ""
