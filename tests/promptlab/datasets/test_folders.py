from pathlib import Path

import pytest
from PIL import Image

from promptlab.datasets.folders import (
    noun_of,
    read_btad,
    read_mpdd,
    read_mvtec,
    read_mvtec_ad_2,
    read_mvtec_loco,
)
from promptlab.datasets.images import load_mask
from promptlab.datasets.verify import verify_dataset
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


def test_pictures_in_formats_that_are_not_read_are_reported(root):
    (root / "nut/test/crack/IMG_1.HEIC").write_bytes(b"x")
    (root / "nut/ground_truth/crack/000_mask.gif").write_bytes(b"x")
    dataset = read_mvtec(root, ["nut"])
    assert {s.mask_path.suffix for s in dataset.samples if s.mask_path} == {".png"}
    found = [(one.path.name, one.kind) for one in verify_dataset(dataset)]
    assert ("IMG_1.HEIC", "corrupt") in found


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


def listed(dataset, root):
    return [
        (str(s.path.relative_to(root)), s.label, s.mask_path and str(s.mask_path.relative_to(root)))
        for s in dataset.samples
    ]


def test_read_mvtec_ad_2_reads_the_public_test_images_only(tmp_path):
    root = touch(
        tmp_path,
        "can/test_public/good/000_regular.png",
        "can/test_public/bad/000_overexposed.png",
        "can/test_public/ground_truth/bad/000_overexposed_mask.png",
        "can/test_private/000_mixed.png",
        "can/test_private_mixed/000_mixed.png",
        "can/train/good/000_regular.png",
        "can/validation/good/000_regular.png",
    )
    dataset = read_mvtec_ad_2(root, None)
    mask = "can/test_public/ground_truth/bad/000_overexposed_mask.png"
    assert listed(dataset, root) == [
        ("can/test_public/bad/000_overexposed.png", State.ABNORMAL, mask),
        ("can/test_public/good/000_regular.png", State.NORMAL, None),
    ]
    assert [sample.path.parent.name for sample in dataset.train] == ["good"]
    assert (dataset.name, dataset.problems) == ("mvtec_ad_2", ())


def test_read_mvtec_loco_joins_the_masks_of_one_image(tmp_path):
    root = touch(
        tmp_path,
        "pushpins/test/good/000.png",
        "pushpins/test/logical_anomalies/000.png",
        "pushpins/test/logical_anomalies/001.png",
        "pushpins/ground_truth/logical_anomalies/000/000.png",
        "pushpins/ground_truth/logical_anomalies/000/001.png",
        "pushpins/train/good/000.png",
        "pushpins/validation/good/000.png",
    )
    folder = root / "pushpins/ground_truth/logical_anomalies/000"
    for number in (0, 1):
        mask = Image.new("L", (3, 2))
        mask.putpixel((number, 0), 200 + number)  # values tell kinds of defects apart
        mask.save(folder / f"00{number}.png")
    dataset = read_mvtec_loco(root, None)
    assert [sample.mask_path for sample in dataset.samples] == [None, folder, None]
    assert load_mask(folder, (2, 3)).tolist() == [[True, True, False], [False] * 3]
    assert [problem.path.name for problem in dataset.problems] == ["001.png"]


def test_a_folder_of_masks_is_verified_like_a_mask(tmp_path):
    names = ("good/0.png", "crack/0.png", "crack/1.png")
    root = touch(tmp_path, *(f"nut/test/{name}" for name in names))
    touch(root, "nut/ground_truth/crack/0/000.png")
    (root / "nut/ground_truth/crack/1").mkdir()
    Image.new("L", (2, 3)).save(root / "nut/ground_truth/crack/0/001.png")
    found = verify_dataset(read_mvtec_loco(root, None))
    assert [(problem.path.name, problem.kind) for problem in found] == [
        ("0", "mis-sized"),
        ("1", "corrupt"),
    ]


def test_read_btad_names_its_products(tmp_path):
    root = touch(
        tmp_path,
        "01/test/ok/0000.bmp",
        "01/test/ko/0000.bmp",
        "01/ground_truth/ko/0000.png",
        "01/train/ok/0000.bmp",
    )
    dataset = read_btad(root, None)
    assert listed(dataset, root) == [
        ("01/test/ko/0000.bmp", State.ABNORMAL, "01/ground_truth/ko/0000.png"),
        ("01/test/ok/0000.bmp", State.NORMAL, None),
    ]
    assert dataset.nouns == {"01": "industrial product"}
    assert len(dataset.train) == 1


def test_read_mpdd_puts_colours_before_the_part(tmp_path):
    for category in ("bracket_black", "metal_plate", "tubes"):
        touch(tmp_path, f"{category}/test/good/0.png")
    assert read_mpdd(tmp_path, None).nouns == {
        "bracket_black": "black bracket",
        "metal_plate": "metal plate",
        "tubes": "metal tubes",
    }


@pytest.mark.parametrize("read", [read_mvtec, read_btad, read_mpdd, read_mvtec_loco])
def test_readers_take_the_downloaded_set_when_no_root_is_given(own_cache, read):
    name = read.__name__.removeprefix("read_")
    touch(own_cache / "datasets" / name, "nut/test/good/0.png")
    assert len(read(None, None).samples) == 1


@pytest.mark.parametrize("read", [read_mvtec_ad_2, read_btad, read_mpdd, read_mvtec_loco])
def test_readers_say_how_a_set_is_got_when_there_is_none(read):
    name = read.__name__.removeprefix("read_")
    with pytest.raises(
        DataError, match=f"{name} needs a root, .* run promptlab data download {name}"
    ):
        read(None, None)
