import pytest

from promptlab.datasets import tables
from promptlab.datasets.dataset import digest_samples
from promptlab.datasets.tables import read_elpv, read_visa
from promptlab.errors import DataError, MissingDependencyError
from promptlab.types import State

LABELS = """images/cell0001.png  1.0                 mono
images/cell0002.png  0.3333333333333333  mono
images/cell0003.png  0.0                 mono
images/cell0004.png  0.6666666666666666  poly
images/cell0005.png  0.0                 poly
"""
SPLIT = """object,split,label,image,mask
pcb1,train,normal,pcb1/a.JPG,
pcb1,test,normal,pcb1/b.JPG,
pcb1,test,anomaly,pcb1/c.JPG,pcb1/c.png
candle,test,normal,candle/d.JPG,
"""


def elpv(folder, text=LABELS):
    (folder / "labels.csv").write_text(text)
    return folder


def visa(folder, text=SPLIT):
    (folder / "split_csv").mkdir()
    (folder / "split_csv" / "1cls.csv").write_text(text)
    return folder


def test_read_elpv_leaves_uncertain_cells_out(tmp_path):
    dataset = read_elpv(elpv(tmp_path), None)
    found = [(sample.path.name, sample.category, sample.label) for sample in dataset.samples]
    assert found == [
        ("cell0001.png", "mono", State.ABNORMAL),
        ("cell0003.png", "mono", State.NORMAL),
        ("cell0004.png", "poly", State.ABNORMAL),
        ("cell0005.png", "poly", State.NORMAL),
    ]
    assert dataset.nouns == {"mono": "solar cell", "poly": "solar cell"}


def test_read_elpv_reads_the_wanted_category(tmp_path):
    dataset = read_elpv(elpv(tmp_path), ["poly"])
    assert dataset.categories == ("poly",)
    assert {sample.category for sample in dataset.samples} == {"poly"}


def test_read_elpv_finds_the_package_when_no_root_is_given():
    pytest.importorskip("elpv_dataset", reason="the optional package elpv-dataset is not installed")
    dataset = read_elpv(None, None)
    # Counts of the paper's 2,624 cells: 1,508 at 0; 106 at 2/3 and 715 at 1.
    labels = [sample.label for sample in dataset.samples]
    assert (labels.count(State.NORMAL), labels.count(State.ABNORMAL)) == (1508, 821)
    assert dataset.samples[0].path.is_file()
    assert digest_samples(dataset.samples) == dataset.contents
    assert read_elpv(None, ["mono"]).contents == ""


def test_read_elpv_refuses_when_the_package_is_missing(monkeypatch):
    monkeypatch.setattr(tables, "find_spec", lambda _: None)
    with pytest.raises(MissingDependencyError, match=r"run pip install elpv-dataset==1.0.0.post1"):
        read_elpv(None, None)


@pytest.mark.parametrize("line", ["images/a.png 1.0", "images/a.png often mono"])
def test_read_elpv_refuses_a_malformed_line(tmp_path, line):
    with pytest.raises(DataError, match=rf"path, probability and type, but line 1 is '{line}'; re"):
        read_elpv(elpv(tmp_path, line), None)


def test_read_elpv_refuses_a_missing_table(tmp_path):
    with pytest.raises(DataError, match=r"labels.csv must be a readable text file, but is not \(F"):
        read_elpv(tmp_path, None)


def test_read_visa_reads_the_test_split(tmp_path):
    dataset = read_visa(visa(tmp_path), None)
    found = [(sample.path.name, sample.label, sample.mask_path) for sample in dataset.samples]
    assert found == [
        ("d.JPG", State.NORMAL, None),
        ("b.JPG", State.NORMAL, None),
        ("c.JPG", State.ABNORMAL, tmp_path / "pcb1" / "c.png"),
    ]
    assert dataset.nouns == {"candle": "candle", "pcb1": "pcb"}
    assert [sample.path.name for sample in dataset.train] == ["a.JPG"]


def test_read_visa_refuses_no_root():
    with pytest.raises(DataError, match=r"visa needs a root, but got none; set dataset.root to"):
        read_visa(None, None)


def test_read_visa_refuses_a_missing_table(tmp_path):
    with pytest.raises(DataError, match=r"1cls.csv must be a readable text file"):
        read_visa(tmp_path, None)


def test_read_visa_refuses_missing_columns(tmp_path):
    with pytest.raises(DataError, match="but lacks label, mask; take the file from VisA's"):
        read_visa(visa(tmp_path, "object,split,image\n"), None)


def test_read_visa_refuses_an_unknown_label(tmp_path):
    with pytest.raises(DataError, match=r"or anomaly, but got 'pcb1/e.JPG', 'bad'; take the file"):
        read_visa(visa(tmp_path, SPLIT + "pcb1,test,bad,pcb1/e.JPG,\n"), None)


def test_read_visa_refuses_a_line_that_breaks_off(tmp_path):
    with pytest.raises(DataError, match=r"must name an image, .* but got None, 'normal'; take"):
        read_visa(visa(tmp_path, SPLIT + "pcb1,test,normal\n"), None)


def test_read_visa_follows_a_link_that_the_user_made(tmp_path):
    elsewhere, root = tmp_path / "disk", tmp_path / "set"
    elsewhere.mkdir()
    root.mkdir()
    (root / "pcb1").symlink_to(elsewhere)
    assert len(read_visa(visa(root), ["pcb1"]).samples) == 2


@pytest.mark.parametrize("path", ["../../secret.png", "/etc/hosts", "pcb1/../../x.png"])
def test_read_visa_refuses_paths_outside_its_folder(tmp_path, path):
    with pytest.raises(DataError, match=f"must stay inside .* but got '{path}'; do not use this"):
        read_visa(visa(tmp_path, SPLIT + f"pcb1,test,normal,{path},\n"), None)
