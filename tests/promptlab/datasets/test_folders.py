from pathlib import Path

import pytest
from PIL import Image

from promptlab.datasets.folders import noun_of, read_mvtec
from promptlab.errors import DataError
from promptlab.types import State


def touch(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (3, 2)).save(path)
    return root


@pytest.fixture
def root(tmp_path):
    return touch(
        tmp_path / "set",
        "nut/train/good/000.png",
        "nut/test/good/000.png",
        "nut/test/good/001.JPG",
        "nut/test/crack/000.png",
        "nut/test/bent/000.png",
        "nut/ground_truth/crack/000_mask.png",
        "nut/ground_truth/bent/000.png",
        "metal_plate/test/ok/a.bmp",
        "metal_plate/test/ko/b.webp",
    )


def test_read_mvtec_finds_images_labels_and_masks(root):
    dataset = read_mvtec(root, ["nut"])
    folder = root / "nut"
    found = [(s.path.relative_to(folder), s.label, s.defect, s.mask_path) for s in dataset.samples]
    crack, bent = (
        folder / "ground_truth" / name for name in ("crack/000_mask.png", "bent/000.png")
    )
    assert found == [
        (Path("test/bent/000.png"), State.ABNORMAL, "bent", bent),
        (Path("test/crack/000.png"), State.ABNORMAL, "crack", crack),
        (Path("test/good/000.png"), State.NORMAL, "", None),
        (Path("test/good/001.JPG"), State.NORMAL, "", None),
    ]


def test_read_mvtec_reads_all_categories_and_other_names_of_good(root):
    dataset = read_mvtec(root, None)
    assert dataset.categories == ("metal_plate", "nut")
    assert dataset.nouns == {"metal_plate": "metal plate", "nut": "nut"}
    states = [(sample.label, sample.mask_path) for sample in dataset.of("metal_plate")]
    assert states == [(State.ABNORMAL, None), (State.NORMAL, None)]
    assert dataset.problems == ()


def test_read_mvtec_takes_a_root_that_is_one_category(root):
    dataset = read_mvtec(root / "nut", None)
    assert dataset.categories == ("nut",)
    assert len(dataset.samples) == 4


def test_read_mvtec_leaves_out_hidden_files_and_other_files(root):
    (root / "nut/test/good/notes.txt").write_text("x")
    (root / "nut/test/good/._000.png").write_bytes(b"")
    touch(root, ".cache/test/good/000.png")
    assert len(read_mvtec(root, ["nut"]).samples) == 4
    assert read_mvtec(root, None).categories == ("metal_plate", "nut")


def test_read_mvtec_notices_images_and_masks_without_each_other(root):
    touch(root, "nut/test/crack/007.png", "nut/ground_truth/crack/008_mask.png")
    problems = read_mvtec(root, ["nut"]).problems
    assert [problem.path.name for problem in problems] == ["007.png", "008_mask.png"]
    assert problems[0].what.startswith("has no mask in")
    assert problems[0].remedy.startswith("add 007_mask.png there")
    assert problems[1].what == "is a mask without an image"


def test_read_mvtec_refuses_no_root():
    with pytest.raises(DataError, match=r"mvtec needs a root, but got none; set dataset\.root"):
        read_mvtec(None, None)


def test_read_mvtec_refuses_a_missing_folder(tmp_path):
    with pytest.raises(DataError, match=r"must be a folder, but .*nowhere is none; check the path"):
        read_mvtec(tmp_path / "nowhere", None)


def test_read_mvtec_refuses_a_folder_without_categories(tmp_path):
    with pytest.raises(DataError, match=r"has no folder with a test folder in it; point root at"):
        read_mvtec(tmp_path, None)


def test_read_mvtec_refuses_an_unknown_category(root):
    with pytest.raises(DataError, match=r"'nuts' is not; did you mean 'nut'\? Available: metal_pl"):
        read_mvtec(root, ["nuts"])


def test_read_mvtec_refuses_no_categories(root):
    with pytest.raises(DataError, match="categories must name at least one, but is empty; use nul"):
        read_mvtec(root, [])


@pytest.mark.parametrize(
    ("category", "noun"),
    [("metal_plate", "metal plate"), ("pcb4", "pcb"), ("macaroni 2", "macaroni"), ("007", "007")],
)
def test_noun_of_a_category(category, noun):
    assert noun_of(category) == noun
