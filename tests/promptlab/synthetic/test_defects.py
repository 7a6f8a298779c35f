import cv2
import numpy as np
import pytest

from promptlab.synthetic.canvas import blend, disc, smooth_noise, white_noise
from promptlab.synthetic.catalogue import CATEGORIES, METALS, TEXTILES
from promptlab.synthetic.defects import DEFECTS, Subject, plausible_defects
from promptlab.synthetic.textures import TEXTURES

NAMES = [
    "scratch",
    "crack",
    "hole",
    "cut",
    "dent",
    "stain",
    "contamination",
    "discoloration",
    "rust",
    "burn",
    "thread",
    "glue",
    "poke",
    "smear",
    "crease",
    "bent",
    "twist",
    "missing",
    "chip",
    "swap",
    "misplaced",
    "frayed",
    "bubble",
]


def disc_subject(size=(150, 110)):
    rng = np.random.default_rng(7)
    height, width = size
    behind = np.full((height, width, 3), 200, np.float32)
    coverage = disc(size, (width / 2, height / 2), 0.35 * min(size))
    grain = 1 + 0.1 * smooth_noise(rng, size) + 0.05 * white_noise(rng, size)
    material = np.array([110, 90, 70], np.float32) * grain[..., None].astype(np.float32)
    other = np.full((height, width, 3), 30, np.float32)
    return Subject(blend(behind, material, coverage), coverage, behind, lambda _: other)


def test_names_are_the_agreed_ones():
    assert list(DEFECTS) == NAMES


@pytest.mark.parametrize("kind", NAMES)
def test_defect_changes_pixels_only_inside_the_object(kind):
    subject = disc_subject()
    # A bent part leaves the object's place; all others stay within its antialiased edge.
    reach = 61 if kind in {"bent", "twist"} else 5
    near = cv2.dilate(subject.coverage, np.ones((reach, reach), np.uint8)) > 0
    changed = 0
    for seed in range(5):
        picture = DEFECTS[kind](subject, np.random.default_rng(seed))
        change = np.abs(picture - subject.picture).max(axis=2)
        assert change[~near].max(initial=0) < 1
        changed += int((change > 10).sum())
    assert changed > 20


@pytest.mark.parametrize("kind", NAMES)
def test_defect_is_deterministic_and_leaves_its_subject_alone(kind):
    subject = disc_subject()
    before = subject.picture.copy()
    first = DEFECTS[kind](subject, np.random.default_rng(3))
    np.random.default_rng(99).random(10)
    second = DEFECTS[kind](subject, np.random.default_rng(3))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(subject.picture, before)
    assert first.dtype == np.float32
    assert np.isfinite(first).all()


def test_missing_shows_the_background_where_the_piece_was():
    subject = disc_subject()
    picture = DEFECTS["missing"](subject, np.random.default_rng(1))
    gone = (np.abs(picture - 200).max(axis=2) < 0.5) & (subject.coverage > 0.99)
    assert gone.any()


def test_plausible_defects_follow_the_material():
    for category in CATEGORIES:
        kinds = plausible_defects(category)
        assert ("rust" in kinds) == (category in METALS)
        assert ("frayed" in kinds) == (category in TEXTILES)
        assert ("missing" in kinds) == (category not in TEXTURES)
        assert {"scratch", "stain", "contamination"} <= set(kinds)
