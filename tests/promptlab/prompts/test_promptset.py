import numpy as np
import pytest

from promptlab.errors import PromptError
from promptlab.prompts.promptset import Prompt, PromptSet, Provenance, merge
from promptlab.types import State

NORMAL, ABNORMAL = State.NORMAL, State.ABNORMAL


def make_set(normal, abnormal, category="nut", source="mine"):
    return PromptSet(
        category,
        (
            *(Prompt(text, NORMAL, source) for text in normal),
            *(Prompt(text, ABNORMAL, source) for text in abnormal),
        ),
    )


def test_texts_when_states_are_mixed():
    mixed = PromptSet(
        "nut",
        (Prompt("b", ABNORMAL, "x"), Prompt("a", NORMAL, "x"), Prompt("c", ABNORMAL, "x")),
    )

    assert mixed.texts(NORMAL) == ("a",)
    assert mixed.texts(ABNORMAL) == ("b", "c")


def test_digest_when_only_source_and_provenance_differ():
    provenance = Provenance("gguf:x", "describe", 1, 0, 0.9, "2026-01-01", "0.1.0", "ab")
    first = PromptSet("nut", (Prompt("a", NORMAL, "x"), Prompt("b", ABNORMAL, "x")))
    second = PromptSet("nut", (Prompt("a", NORMAL, "y", provenance), Prompt("b", ABNORMAL, "y")))

    assert first.digest == second.digest


def test_digest_is_sha256_of_category_and_texts_by_state():
    # printf '["nut", ["a"], ["b"]]' | sha256sum
    assert make_set(["a"], ["b"]).digest == (
        "91c99ac181e942ab1a02aa692b5668c4f456d8751a57e537d7080569d890157d"
    )


@pytest.mark.parametrize(
    "other",
    [
        make_set(["a"], ["b"], category="bolt"),
        make_set(["a"], ["c"]),
        make_set(["b"], ["a"]),
        make_set(["a", "b"], ["b"]),
    ],
)
def test_digest_when_content_differs(other):
    assert other.digest != make_set(["a"], ["b"]).digest


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a prompt must be one finished sentence, but got an empty text"),
        ("  ", "got an empty text"),
        (" a nut", "has line breaks or blanks around it"),
        ("a\nnut", "has line breaks or blanks around it"),
        ("a {category}", "has an unfilled slot"),
    ],
)
def test_prompt_when_text_is_unfit(text, message):
    with pytest.raises(PromptError, match=message):
        Prompt(text, NORMAL, "x")


@pytest.mark.parametrize(
    ("prompts", "message"),
    [
        ((), "has no normal and no abnormal prompt"),
        ((Prompt("a", NORMAL, "x"),), "has no abnormal prompt"),
        (
            (Prompt("a", NORMAL, "x"), Prompt("a", NORMAL, "y"), Prompt("b", ABNORMAL, "x")),
            "holds the normal prompt 'a' 2 times; keep one",
        ),
    ],
)
def test_prompt_set_when_a_rule_is_broken(prompts, message):
    with pytest.raises(PromptError, match=message):
        PromptSet("nut", prompts)


def test_prompt_set_when_category_is_empty():
    with pytest.raises(PromptError, match=r"must name its category"):
        make_set(["a"], ["b"], category=" ")


def test_merge_when_two_sets_share_a_text_keeps_the_first_source():
    pooled = merge(
        [make_set(["a"], ["b"], source="one"), make_set(["a", "c"], ["a"], source="two")]
    )

    assert [(p.text, p.state, p.source) for p in pooled.prompts] == [
        ("a", NORMAL, "one"),
        ("b", ABNORMAL, "one"),
        ("c", NORMAL, "two"),
        ("a", ABNORMAL, "two"),
    ]


def test_merge_when_categories_differ():
    with pytest.raises(PromptError, match=r"'bolt', 'nut'; pool each category by itself"):
        merge([make_set(["a"], ["b"]), make_set(["a"], ["b"], category="bolt")])


def test_merge_when_there_is_nothing():
    with pytest.raises(PromptError, match=r"no set at all"):
        merge([])


def test_subset_when_all_are_spaced_evenly():
    pool = make_set("abcdefghi", "xyz")

    # 3 of 9: places 0, 3, 6; 3 of 3: all.
    assert pool.subset(3).texts(NORMAL) == ("a", "d", "g")
    assert pool.subset(3).texts(ABNORMAL) == ("x", "y", "z")


def test_subset_when_more_are_asked_than_there_are():
    assert make_set("ab", "x").subset(5) == make_set("ab", "x")


def test_subset_when_no_number_is_given():
    pool = make_set("ab", "x")

    assert pool.subset() is pool


def test_subset_when_random_repeats_with_the_seed_and_keeps_the_order():
    pool = make_set("abcdefghij", "klmnopqrst")

    first = pool.subset(4, select="random", rng=np.random.default_rng(3))

    assert first == pool.subset(4, select="random", rng=np.random.default_rng(3))
    assert first != pool.subset(4, select="random", rng=np.random.default_rng(4))
    assert list(first.texts(NORMAL)) == sorted(set(first.texts(NORMAL)))
    assert (len(first.texts(NORMAL)), len(first.texts(ABNORMAL))) == (4, 4)


@pytest.mark.parametrize(
    ("per_state", "select", "message"),
    [
        (0, "all", "per_state must be at least 1, but got 0"),
        (1, "randm", "unknown prompt selection 'randm'; did you mean 'random'"),
        (1, "random", "needs a generator, but got none"),
    ],
)
def test_subset_when_asked_wrongly(per_state, select, message):
    with pytest.raises(PromptError, match=message):
        make_set("ab", "x").subset(per_state, select=select)
