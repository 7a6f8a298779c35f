import pytest
from PIL import Image

from promptlab.datasets import tables
from promptlab.datasets.dataset import digest_samples
from promptlab.datasets.textile import read_textile
from promptlab.errors import DataError, MissingDependencyError
from promptlab.types import State


@pytest.fixture
def root(tmp_path):
    for name in ("nominal", "local", "global"):
        (tmp_path / name).mkdir()
        Image.new("L", (3, 2)).save(tmp_path / name / "textile_0001.jpg")
    return tmp_path


def test_read_textile_labels_images_by_folder(root):
    found = [(s.path.parent.name, s.label, s.defect) for s in read_textile(root, None).samples]
    assert found == [
        ("global", State.ABNORMAL, "global"),
        ("local", State.ABNORMAL, "local"),
        ("nominal", State.NORMAL, ""),
    ]


def test_read_textile_has_one_category(root):
    assert read_textile(root, ["textile"]).nouns == {"textile": "textile"}
    with pytest.raises(DataError, match=r"'wool' is not; Available: textile"):
        read_textile(root, ["wool"])


def test_read_textile_finds_the_package(root, tmp_path, monkeypatch):
    folder = tmp_path / "package"
    target = folder / "data" / "textile_images" / "simulated"
    target.parent.mkdir(parents=True)
    target.symlink_to(root)
    monkeypatch.setattr("promptlab.datasets.textile.package_folder", lambda *_, **__: folder)
    assert len(read_textile(None, None).samples) == 3


def test_read_textile_is_the_published_one():
    pytest.importorskip("conformal_clip_data", reason="the optional package is not installed")
    dataset = read_textile(None, None)
    assert len(dataset.samples) == 2000
    assert digest_samples(dataset.samples) == dataset.contents


def test_read_textile_refuses_a_missing_folder(tmp_path):
    with pytest.raises(DataError, match=r"has no global; check dataset\.root or reinstall"):
        read_textile(tmp_path, None)


def test_read_textile_refuses_when_the_package_is_missing(monkeypatch):
    monkeypatch.setattr(tables, "find_spec", lambda _: None)
    with pytest.raises(MissingDependencyError, match=r"run pip install conformal-clip-data==0.1.4"):
        read_textile(None, None)
