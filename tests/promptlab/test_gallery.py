import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from promptlab.errors import RecordError
from promptlab.gallery import Example, choose_examples, read_gallery, write_gallery


@pytest.fixture
def example() -> Example:
    mask = np.zeros((20, 30), dtype=bool)
    mask[5:9, 10:16] = True
    return Example(
        category="mono",
        kind="lowest abnormal",
        image=np.full((20, 30, 3), (200, 100, 50), dtype=np.uint8),
        anomaly_map=np.linspace(0.48, 0.52, 600, dtype=np.float32).reshape(20, 30),
        mask=mask,
        image_score=0.49,
        path="a b/ü.png",
        top_normal_prompt="a flawless cell",
        top_abnormal_prompt="a cracked cell",
    )


def test_choose_examples_takes_the_ends_of_both_rankings() -> None:
    labels = np.array([0, 1, 0, 1, 0, 1])
    scores = np.array([0.1, 0.9, 0.7, 0.2, 0.4, 0.5])
    assert choose_examples(labels, scores, count=4) == [
        (1, "highest abnormal"),
        (3, "lowest abnormal"),
        (2, "highest normal"),
        (0, "lowest normal"),
    ]


def test_choose_examples_deals_a_second_round_when_count_allows() -> None:
    labels = np.array([1, 1, 1, 1, 0, 0])
    scores = np.array([0.9, 0.8, 0.2, 0.1, 0.3, 0.4])
    assert choose_examples(labels, scores, count=6) == [
        (0, "highest abnormal"),
        (1, "highest abnormal"),
        (3, "lowest abnormal"),
        (2, "lowest abnormal"),
        (5, "highest normal"),
        (4, "lowest normal"),
    ]


def test_choose_examples_never_repeats_an_image() -> None:
    chosen = choose_examples(np.array([1, 0]), np.array([0.5, 0.5]), count=8)
    assert chosen == [(0, "highest abnormal"), (1, "highest normal")]


def test_choose_examples_breaks_ties_by_position() -> None:
    chosen = choose_examples(np.array([1, 1, 1]), np.array([0.5, 0.5, 0.5]), count=1)
    assert chosen == [(0, "highest abnormal")]


def test_choose_examples_is_empty_without_images() -> None:
    assert choose_examples(np.array([], dtype=int), np.array([]), count=4) == []


def test_gallery_round_trip_keeps_everything_a_person_sees(
    tmp_path: Path, example: Example
) -> None:
    write_gallery(tmp_path, [example, replace(example, anomaly_map=None, mask=None)])
    first, second = read_gallery(tmp_path)
    assert (first.category, first.kind, first.path) == ("mono", "lowest abnormal", "a b/ü.png")
    assert first.top_normal_prompt == "a flawless cell"
    assert first.image.shape == (20, 30, 3)
    assert np.abs(first.image.astype(int) - example.image).max() <= 8  # JPEG
    # 8 bits over the map's own range of 0.04: half a step is 0.04 / 255 / 2.
    np.testing.assert_allclose(first.anomaly_map, example.anomaly_map, atol=8e-5)
    np.testing.assert_array_equal(first.mask, example.mask)
    assert second.anomaly_map is None
    assert second.mask is None


def test_gallery_keeps_a_constant_map(tmp_path: Path, example: Example) -> None:
    flat = np.full((20, 30), 0.3, dtype=np.float32)
    write_gallery(tmp_path, [replace(example, anomaly_map=flat)])
    np.testing.assert_allclose(read_gallery(tmp_path)[0].anomaly_map, flat, atol=1e-6)


def test_gallery_writes_whole_files_only(tmp_path: Path, example: Example) -> None:
    write_gallery(tmp_path, [example])
    names = sorted(path.name for path in (tmp_path / "gallery").iterdir())
    assert names == ["0.image.jpg", "0.map.png", "0.mask.png", "index.json"]


def test_read_gallery_is_empty_when_the_run_kept_none(tmp_path: Path) -> None:
    assert read_gallery(tmp_path) == ()


def test_read_gallery_says_when_the_index_is_damaged(tmp_path: Path, example: Example) -> None:
    write_gallery(tmp_path, [example])
    (tmp_path / "gallery" / "index.json").write_text('[{"category": "mono"}]', encoding="utf-8")
    with pytest.raises(RecordError, match=r"must list examples, but .*index\.json at 0\.kind"):
        read_gallery(tmp_path)


@pytest.mark.parametrize("name", ["index.json", "0.image.jpg", "0.map.png", "0.mask.png"])
def test_read_gallery_names_the_missing_file(tmp_path: Path, example: Example, name: str) -> None:
    write_gallery(tmp_path, [example])
    (tmp_path / "gallery" / name).unlink()
    with pytest.raises(RecordError, match=rf"must be whole, but .*{re.escape(name)}"):
        read_gallery(tmp_path)


@pytest.mark.parametrize("name", ["0.image.jpg", "0.map.png"])
def test_read_gallery_refuses_a_damaged_picture(
    tmp_path: Path, example: Example, name: str
) -> None:
    write_gallery(tmp_path, [example])
    path = tmp_path / "gallery" / name
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(RecordError, match="a gallery must be whole"):
        read_gallery(tmp_path)


def test_read_gallery_refuses_a_map_of_another_size(tmp_path: Path, example: Example) -> None:
    write_gallery(tmp_path, [example])
    Image.new("L", (20, 30)).save(tmp_path / "gallery" / "0.map.png")
    with pytest.raises(RecordError, match=r"0\.map\.png is \(30, 20\) pixels .* is \(20, 30\)"):
        read_gallery(tmp_path)
