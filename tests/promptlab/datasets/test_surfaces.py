import pytest
from PIL import Image

from promptlab.datasets.surfaces import read_ksdd, read_ksdd2, read_magnetic_tile
from promptlab.errors import DataError
from promptlab.types import State


def draw(path, *, mark=False):
    """Write a black image of 2 rows and 3 columns; ``mark`` puts one white pixel in it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.new("L", (3, 2))
    if mark:
        image.putpixel((2, 1), 255)
    image.save(path)
    return path


def listed(samples):
    return [(s.path.name, s.label, s.mask_path and s.mask_path.name) for s in samples]


def test_read_ksdd_labels_an_image_by_its_mask(tmp_path):
    for part, mark in (("kos01/Part0", False), ("kos01/Part1", True), ("kos02/Part0", False)):
        draw(tmp_path / f"{part}.jpg")
        draw(tmp_path / f"{part}_label.bmp", mark=mark)
    dataset = read_ksdd(tmp_path, None)
    assert listed(dataset.samples) == [
        ("Part0.jpg", State.NORMAL, None),
        ("Part1.jpg", State.ABNORMAL, "Part1_label.bmp"),
        ("Part0.jpg", State.NORMAL, None),
    ]
    assert dataset.nouns == {"commutator": "electrical commutator"}
    assert dataset.problems == ()


def test_read_ksdd_leaves_out_what_has_no_label(tmp_path):
    for name in ("Part0.jpg", "Part1.jpg", "Part2.jpg", "Part0_label.bmp", "Part9_label.bmp"):
        draw(tmp_path / "kos01" / name)
    (tmp_path / "kos01/Part1_label.bmp").write_bytes(b"BM")
    dataset = read_ksdd(tmp_path, None)
    assert listed(dataset.samples) == [("Part0.jpg", State.NORMAL, None)]
    found = {problem.path.name: (problem.kind, problem.what) for problem in dataset.problems}
    assert found["Part2.jpg"] == ("unpaired", "has no mask Part2_label.*")
    assert found["Part9_label.bmp"] == ("unpaired", "is a mask without an image")
    assert found["Part1_label.bmp"][0] == "corrupt"
    assert found["Part1_label.bmp"][1].endswith("its image has no label")


def test_read_ksdd2_judges_test_images_and_lists_normal_training_images(tmp_path):
    for name, mark in (("test/20000", True), ("test/20001", False), ("train/10000", False)):
        draw(tmp_path / f"{name}.png")
        draw(tmp_path / f"{name}_GT.png", mark=mark)
    draw(tmp_path / "train/10001.png")
    draw(tmp_path / "train/10001_GT.png", mark=True)
    dataset = read_ksdd2(tmp_path, ["surface"])
    assert listed(dataset.samples) == [
        ("20000.png", State.ABNORMAL, "20000_GT.png"),
        ("20001.png", State.NORMAL, None),
    ]
    assert listed(dataset.train) == [("10000.png", State.NORMAL, None)]


def test_read_magnetic_tile_labels_images_by_folder(tmp_path):
    for name in ("MT_Free/Imgs/a.jpg", "MT_Free/Imgs/a.png", "MT_Crack/Imgs/b.jpg"):
        draw(tmp_path / name)
    draw(tmp_path / "MT_Crack/Imgs/b.png", mark=True)
    draw(tmp_path / "MT_Crack/Imgs/c.jpg")
    dataset = read_magnetic_tile(tmp_path, None)
    assert [(s.path.name, s.label, s.defect) for s in dataset.samples] == [
        ("b.jpg", State.ABNORMAL, "crack"),
        ("c.jpg", State.ABNORMAL, "crack"),
        ("a.jpg", State.NORMAL, ""),
    ]
    assert [sample.mask_path and sample.mask_path.name for sample in dataset.samples] == [
        "b.png",
        None,
        None,
    ]
    assert [problem.path.name for problem in dataset.problems] == ["c.jpg"]


@pytest.mark.parametrize(
    ("read", "pattern"),
    [(read_ksdd, r"kos\*"), (read_ksdd2, "test"), (read_magnetic_tile, r"MT_\*")],
)
def test_readers_refuse_a_folder_of_something_else(tmp_path, read, pattern):
    with pytest.raises(DataError, match=f"must have folders {pattern}, but .* has none; check"):
        read(tmp_path, None)


@pytest.mark.parametrize(
    ("read", "folder"),
    [(read_ksdd, "kos01"), (read_ksdd2, "test"), (read_magnetic_tile, "MT_Free")],
)
def test_readers_know_one_category(tmp_path, read, folder):
    (tmp_path / folder).mkdir()
    with pytest.raises(DataError, match="'nut' is not; Available: "):
        read(tmp_path, ["nut"])


@pytest.mark.parametrize("read", [read_ksdd, read_ksdd2, read_magnetic_tile])
def test_readers_refuse_no_root(read):
    with pytest.raises(
        DataError, match=r"needs a root, but got none; set dataset\.root to the fold"
    ):
        read(None, None)
