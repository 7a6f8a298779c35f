import re

import numpy as np
import pytest

from promptlab.errors import ConfigError
from promptlab.synthetic.captions import (
    CATEGORY_NAMES,
    build_captions,
    defect_prompts,
    held_out_phrases,
    nonsense_pairs,
)
from promptlab.synthetic.catalogue import CATEGORIES, HELD_OUT
from promptlab.synthetic.defects import DEFECTS
from promptlab.synthetic.scene import Scene
from promptlab.synthetic.truth import STATES, Caption, is_true, truth_matrix


@pytest.fixture(scope="module")
def captions():
    return build_captions(np.random.default_rng(0))


def scene(category="hexnut", *defects, colour="grey", place="", extent=0.0):
    image, mask = np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2), np.bool_)
    return Scene(image, mask, category, defects, colour, place, extent)


NUTS = frozenset({"hexnut", "flangenut"})


@pytest.mark.parametrize(
    ("caption", "shown", "expected"),
    [
        (Caption("flawless nut", NUTS, frozenset({"normal"})), scene(), True),
        (Caption("flawless nut", NUTS, frozenset({"normal"})), scene("hexnut", "dent"), False),
        (Caption("flawless nut", NUTS, frozenset({"normal"})), scene("wood"), False),
        (Caption("a nut", NUTS, frozenset(STATES)), scene("flangenut", "rust"), True),
        (
            Caption("nut with a hole", NUTS, frozenset({"hole", "poke"})),
            scene("hexnut", "dent", "poke"),
            True,
        ),
        (Caption("a red nut", NUTS, frozenset(STATES), "red"), scene(colour="red"), True),
        (Caption("a red nut", NUTS, frozenset(STATES), "red"), scene(colour="blue"), False),
        (Caption("a red nut", NUTS, frozenset(STATES), "red"), scene(colour=""), False),
        (
            Caption("a dent near the top", NUTS, frozenset({"dent"}), place="top"),
            scene("hexnut", "dent", place="top left"),
            True,
        ),
        (
            Caption("a dent at the top left", NUTS, frozenset({"dent"}), place="top left"),
            scene("hexnut", "dent", place="top"),
            False,
        ),
        (
            Caption("a dent in the centre", NUTS, frozenset({"dent"}), place="centre"),
            scene("hexnut", "dent", place=""),
            False,
        ),
        (
            Caption("a small dent", NUTS, frozenset({"dent"}), size="small"),
            scene("hexnut", "dent", extent=0.002),
            True,
        ),
        (
            Caption("a large dent", NUTS, frozenset({"dent"}), size="large"),
            scene("hexnut", "dent", extent=0.02),
            False,
        ),
    ],
)
def test_truth_by_hand(caption, shown, expected):
    assert is_true(caption, shown) is expected


def test_specific_means_few_defects_and_not_normal():
    assert Caption("a", NUTS, frozenset({"dent"})).specific
    assert not Caption("a", NUTS, frozenset({"normal"})).specific
    assert not Caption("a", NUTS, frozenset(DEFECTS)).specific


def test_truth_matrix_equals_is_true(captions):
    rng = np.random.default_rng(2)
    scenes = [
        scene(
            str(rng.choice(CATEGORIES)),
            *rng.choice(list(DEFECTS), int(rng.integers(0, 3)), replace=False).tolist(),
            colour=str(rng.choice(["", "red", "grey"])),
            place=str(rng.choice(["", "top", "centre", "bottom left"])),
            extent=float(rng.choice([0.0, 0.001, 0.02, 0.2])),
        )
        for _ in range(40)
    ]
    sample = [captions[i] for i in rng.choice(len(captions), 400, replace=False)]
    expected = [[is_true(caption, shown) for caption in sample] for shown in scenes]
    np.testing.assert_array_equal(truth_matrix(sample, scenes), expected)


def test_training_captions_are_many_unique_and_filled(captions):
    texts = [caption.text.lower().rstrip(".") for caption in captions]
    assert 500 <= len(texts) / (len(CATEGORIES) - len(HELD_OUT)) <= 770
    assert len(set(texts)) == len(texts)
    assert not [text for text in texts if re.search(r"[{}]|  |\ba a\b|\ban? an?\b", text)]
    assert all(caption.categories and caption.states for caption in captions)
    assert {state for caption in captions for state in caption.states} == set(STATES)


def test_training_captions_are_deterministic():
    chosen = ("washer", "screw")
    first = build_captions(np.random.default_rng(0), chosen)
    assert build_captions(np.random.default_rng(0), chosen) == first
    assert build_captions(np.random.default_rng(1), chosen) != first


def test_training_captions_name_no_held_out_category(captions):
    trained = {name for c in CATEGORIES if c not in HELD_OUT for name in CATEGORY_NAMES[c]}
    names = {name for c in HELD_OUT for name in CATEGORY_NAMES[c]} - trained
    assert not names & trained
    pattern = re.compile(rf"\b({'|'.join(sorted(names))})s?\b", re.IGNORECASE)
    assert not [caption.text for caption in captions if pattern.search(caption.text)]
    for caption in captions:
        if caption.scope == "category":
            assert not caption.categories <= HELD_OUT


@pytest.mark.parametrize(
    "pattern",
    [r"^no scratches\b", r"\bfree of cracks\b", r"\bwithout any stains\b", r"\bno signs? of\b"],
)
def test_negated_defects_are_normal(captions, pattern):
    found = [caption for caption in captions if re.search(pattern, caption.text.lower())]
    assert found
    assert all(caption.states == {"normal"} for caption in found)


@pytest.mark.parametrize("pattern", [r"\bnot perfect\b", r"\bno longer flawless\b"])
def test_negated_normal_words_are_abnormal(captions, pattern):
    found = [caption for caption in captions if re.search(pattern, caption.text.lower())]
    assert found
    assert all(caption.states == set(DEFECTS) for caption in found)


@pytest.mark.parametrize(
    "words", ["flawless", "perfect", "unblemished", "without flaw", "without defect"]
)
def test_window_method_normal_words_occur(captions, words):
    plain = [c for c in captions if re.search(rf"\b{words}\b", c.text) and "not" not in c.text]
    assert any(caption.states == {"normal"} for caption in plain)


def test_near_synonyms_share_truth(captions):
    punctured = [c for c in captions if re.search(r"\bpunctured\b", c.text)]
    assert punctured
    assert all(caption.states == {"hole", "poke"} for caption in punctured)


def test_held_out_phrases_do_not_occur_in_training(captions):
    texts = [caption.text.lower() for caption in captions]
    for phrases in held_out_phrases().values():
        for phrase in phrases:
            words = max(phrase.lower().split("{c}"), key=len).strip()
            assert not [text for text in texts if words in text], phrase


def test_category_names_start_with_the_canonical_one():
    assert set(CATEGORY_NAMES) == set(CATEGORIES)
    assert CATEGORY_NAMES["hexnut"][0] == "hex nut"


def test_defect_prompts_name_the_defect():
    for defect in DEFECTS:
        prompts = defect_prompts(defect, "hex nut")
        assert len(set(prompts)) == 5
    assert "a hex nut with a scratch" in defect_prompts("scratch", "hex nut")
    with pytest.raises(ConfigError, match="did you mean 'dent'"):
        defect_prompts("dnt", "hex nut")


def test_nonsense_pairs_are_many_and_leave_evaluation_words_out():
    pairs = nonsense_pairs()
    assert len(pairs) >= 150
    assert all(first != second for first, second in pairs)
    words = {word for pair in pairs for text in pair for word in text.split()}
    assert words.isdisjoint({"dog", "cat", "car", "boat", "dogs", "cats", "cars", "boats"})


def test_captions_speak_of_the_chosen_categories_only() -> None:
    chosen = frozenset(["fruit", "washer", "hexnut"])
    captions = build_captions(np.random.default_rng(0), chosen)
    named = {c for caption in captions if caption.scope != "generic" for c in caption.categories}
    assert named <= chosen | HELD_OUT
    texts = " ".join(caption.text for caption in captions)
    assert "fastener" in texts  # washer and nut share it
    assert "piece of produce" not in texts  # a word for one kind of thing is no group's
