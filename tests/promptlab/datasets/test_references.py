from pathlib import Path

import pytest

from promptlab.datasets.dataset import Dataset
from promptlab.datasets.folders import read_mvtec
from promptlab.errors import DataError
from promptlab.types import Sample, State

TEST = tuple(
    Sample(Path(f"test/{i}.png"), "bolt", State.NORMAL if i < 5 else State.ABNORMAL)
    for i in range(8)
)
TRAIN = tuple(Sample(Path(f"train/{i}.png"), "bolt", State.NORMAL) for i in range(6))
HELD_OUT = Dataset("own", TEST, {"bolt": "bolt"})
TRAINED = Dataset("own", TEST, {"bolt": "bolt"}, train=TRAIN)


def test_references_come_from_training_images_where_there_are_some():
    assert set(TRAINED.references("bolt", 4, seed=0)) <= set(TRAIN)


def test_references_come_from_normal_test_images_else():
    drawn = HELD_OUT.references("bolt", 4, seed=0)
    assert set(drawn) <= set(TEST[:5])
    assert len(set(drawn)) == 4


def test_references_are_nested_repeatable_and_depend_on_the_seed():
    four = TRAINED.references("bolt", 4, seed=0)
    assert TRAINED.references("bolt", 2, seed=0) == four[:2]
    assert TRAINED.references("bolt", 0, seed=0) == ()
    assert {TRAINED.references("bolt", 1, seed=seed) for seed in range(20)} > {four[:1]}


@pytest.mark.parametrize(
    ("dataset", "k", "words"),
    [
        (HELD_OUT, 5, r"at most 4 for 'bolt', which has 5 normal test images \(one must stay"),
        (TRAINED, 7, r"at most 6 for 'bolt', which has 6 normal training images, but got 7; lower"),
    ],
)
def test_too_many_references_are_refused(dataset, k, words):
    with pytest.raises(DataError, match=words):
        dataset.references("bolt", k, seed=0)


def test_read_mvtec_lists_normal_training_images_only(tmp_path):
    for name in ("test/good/a", "test/hole/b", "train/good/d", "train/good/c", "train/hole/e"):
        path = tmp_path / "bolt" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    found = read_mvtec(tmp_path, None).train
    assert [(sample.path.name, sample.category, sample.label) for sample in found] == [
        ("c.png", "bolt", State.NORMAL),
        ("d.png", "bolt", State.NORMAL),
    ]
