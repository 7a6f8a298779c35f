from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from promptlab.datasets.dataset import Dataset, limited
from promptlab.datasets.load import DATASETS, describe, load_dataset
from promptlab.datasets.sources import SOURCES
from promptlab.errors import ConfigError, DataError
from promptlab.types import Sample, State


def tree(root, **counts):
    for name, count in counts.items():
        folder = root / name.replace("__", "/test/")
        folder.mkdir(parents=True)
        for index in range(count):
            Image.new("L", (3, 2)).save(folder / f"{index:03}.png")
    return root


def dataset(*, normal, abnormal, categories=("nut",)):
    samples = [
        Sample(Path(f"{category}/{state.name}/{index:03}.png"), category, state)
        for category in categories
        for state, count in ((State.ABNORMAL, abnormal), (State.NORMAL, normal))
        for index in range(count)
    ]
    return Dataset("mvtec", tuple(samples), nouns={name: name for name in categories})


def counts(found):
    labels = [sample.label for sample in found.samples]
    return labels.count(State.NORMAL), labels.count(State.ABNORMAL)


def test_load_dataset_reads_by_name(tmp_path):
    found = load_dataset("mvtec", root=tree(tmp_path, nut__good=2, nut__crack=1))
    assert (found.name, counts(found), found.limit, found.seed) == ("mvtec", (2, 1), None, None)


def test_load_dataset_applies_the_limit_and_records_it(tmp_path):
    root = tree(tmp_path, nut__good=5, nut__crack=5)
    found = load_dataset("mvtec", root=root, limit=4, seed=3)
    assert (counts(found), found.limit, found.seed) == ((2, 2), 4, 3)


def test_load_dataset_offers_the_documented_names():
    own = {"mvtec", "visa", "elpv", "synthetic", "textile"}
    more = {"btad", "folder", "ksdd", "ksdd2", "magnetic_tile", "mpdd", "mvtec_ad_2", "mvtec_loco"}
    assert set(DATASETS) == own | more
    assert set(DATASETS) == set(SOURCES)


def test_describe_has_a_line_for_every_data_set():
    assert all("\n" not in describe(name) for name in DATASETS)
    assert describe("mvtec").startswith("any folder in MVTec AD layout")
    assert describe("visa").endswith("; promptlab data download visa, or root; CC BY 4.0")
    assert "pip install conformal-clip-data" in describe("textile")
    assert "; needs root; " in describe("mpdd")


def test_describe_refuses_an_unknown_name():
    with pytest.raises(ConfigError, match="but got 'elvp'; did you mean 'elpv'"):
        describe("elvp")


def test_load_dataset_refuses_an_unknown_name():
    with pytest.raises(ConfigError, match=r"got 'mvtek'; did you mean 'mvtec'\? Available: btad"):
        load_dataset("mvtek")


@pytest.mark.parametrize(
    ("tree_counts", "found"),
    [
        ({"nut__good": 2}, "2 normal and 0 abnormal"),
        ({"nut__good": 0, "nut__crack": 1}, "0 normal and 1 abnormal"),
        ({"nut__good": 0}, "0 normal and 0 abnormal"),
    ],
)
def test_load_dataset_refuses_a_category_without_both_states(tmp_path, tree_counts, found):
    root = tree(tmp_path, **tree_counts)
    with pytest.raises(DataError, match=f"'nut' of data set mvtec has {found}; add images"):
        load_dataset("mvtec", root=root)


@pytest.mark.parametrize(
    ("normal", "abnormal", "limit", "expected"),
    [
        (10, 10, 6, (3, 3)),
        (10, 10, 7, (3, 4)),
        (2, 10, 8, (2, 6)),
        (10, 1, 8, (7, 1)),
        (3, 4, 100, (3, 4)),
    ],
)
def test_limited_halves_the_limit_where_it_can(normal, abnormal, limit, expected):
    assert (
        counts(limited(dataset(normal=normal, abnormal=abnormal), limit=limit, seed=0)) == expected
    )


def test_limited_draws_each_category_by_itself():
    one = dataset(normal=20, abnormal=20)
    two = dataset(normal=20, abnormal=20, categories=("bolt", "nut"))
    assert limited(one, limit=6, seed=1).of("nut") == limited(two, limit=6, seed=1).of("nut")


def test_limited_is_repeatable_and_depends_on_the_seed():
    whole = dataset(normal=50, abnormal=50)
    first = limited(whole, limit=10, seed=1)
    assert first == limited(whole, limit=10, seed=1)
    assert first.samples != limited(whole, limit=10, seed=2).samples


def test_limited_keeps_samples_sorted_and_everything_else():
    whole = dataset(normal=50, abnormal=50)
    first = limited(whole, limit=10, seed=1)
    assert list(first.samples) == sorted(first.samples, key=lambda sample: sample.path)
    assert replace(first, samples=whole.samples, limit=None, seed=None) == whole


@pytest.mark.parametrize("limit", [1, 0, -3])
def test_limited_refuses_less_than_one_of_each_state(limit):
    with pytest.raises(ConfigError, match=f"limit must be at least 2 .* but got {limit}; raise it"):
        limited(dataset(normal=2, abnormal=2), limit=limit, seed=0)
