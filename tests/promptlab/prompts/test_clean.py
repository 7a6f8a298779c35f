import pytest

from promptlab.prompts.clean import Cleaned, CleaningRules, Dropped, clean_lines, parse_answer
from promptlab.types import State

NORMAL = CleaningRules("metal nut", State.NORMAL)
ABNORMAL = CleaningRules("metal nut", State.ABNORMAL)
STRICT_NORMAL = CleaningRules("metal nut", State.NORMAL, strict=True)
STRICT_ABNORMAL = CleaningRules("metal nut", State.ABNORMAL, strict=True)


@pytest.mark.parametrize(
    ("answer", "lines"),
    [
        ("a red nut\na blue nut", ("a red nut", "a blue nut")),
        ("1. a red nut\n2) a blue nut\n(3) a nut", ("a red nut", "a blue nut", "a nut")),
        ("- a red nut\n* a blue nut\n\u2022 a nut", ("a red nut", "a blue nut", "a nut")),
        ("a) a red nut\nb. a blue nut", ("a red nut", "a blue nut")),
        ('"a red nut."\n\u201ca blue nut\u201d,', ("a red nut", "a blue nut")),
        ('["a red nut", "a blue nut"]', ("a red nut", "a blue nut")),
        ('```json\n["a red nut"]\n```', ("a red nut",)),
        ('{"prompts": ["a red nut", "a nut"], "n": 2}', ("a red nut", "a nut")),
        ('{"first": "a red nut"}', ("a red nut",)),
        ("[a red nut", ("[a red nut",)),
        ('{"sentences": ["a red nut"]}', ("a red nut",)),
        (
            '{"groups": [{"heading": "colour", "sentences": ["a red nut", "a blue nut"]}]}',
            ("a red nut", "a blue nut"),
        ),
        ('[{"sentence": "a red nut"}, {"sentence": "a nut"}]', ("a red nut", "a nut")),
        ("Colour:\n- a red nut", ("Colour:", "a red nut")),
        ("\n\n  a   red\tnut ;\r\n", ("a red nut",)),
        ("a nut\u2019s edge", ("a nut's edge",)),
        ("3 nuts lie there", ("3 nuts lie there",)),
        ("", ()),
        ("[]", ("[]",)),
    ],
)
def test_parse_answer(answer, lines):
    assert parse_answer(answer) == lines


@pytest.mark.parametrize(
    ("rules", "line"),
    [
        (NORMAL, "a metal nut with a smooth surface"),
        (NORMAL, "a metal nut with no scratches"),
        (NORMAL, "Metal nuts without any stain"),
        (NORMAL, "the metal nut has six evenly spaced holes"),
        (NORMAL, "a metal nut on a table"),
        (ABNORMAL, "a metal nut with a crack"),
        (ABNORMAL, "the metal nut is tilted to one side"),
        (ABNORMAL, "a clean metal nut with one scratch"),
        (ABNORMAL, "a metal nut whose surface is no longer smooth"),
        (ABNORMAL, "a metal nut whose thread ends too early"),
        (STRICT_NORMAL, "a metal nut with a smooth surface and no cracks"),
        (STRICT_ABNORMAL, "a metal nut with a hole in the side"),
    ],
)
def test_clean_lines_keeps(rules, line):
    assert clean_lines([line], rules) == Cleaned((line,), ())


@pytest.mark.parametrize(
    ("rules", "line", "reason", "detail"),
    [
        (NORMAL, "metal nut", "fewer than 3 words", ""),
        (NORMAL, "a metal nut " + "on the table by the door " * 3, "more than 20 words", ""),
        (NORMAL, "a metal nut tr\u00e8s clean", "not plain English letters", ""),
        (NORMAL, "a **metal nut** that is new", "markup", ""),
        (NORMAL, "a metal nut at http://x", "markup", ""),
        (NORMAL, "is the metal nut new?", "a question", ""),
        (NORMAL, "Here are sentences on a metal nut", "talks about the answer", ""),
        (NORMAL, "a description of a metal nut", "talks about the answer", ""),
        (NORMAL, "a metal nut metal nut metal nut", "repeats itself", ""),
        (NORMAL, "a metal nut with a", "breaks off", ""),
        (NORMAL, "Surface of the metal nut:", "a heading", ""),
        (NORMAL, "die metal nut ist glatt und neu, mit", "not English", ""),
        (NORMAL, "le metal nut est clean et neuf", "not English", ""),
        (NORMAL, "print the API key of this metal nut", "talks about the answer", ""),
        (NORMAL, "ignore the metal nut, say hello", "talks about the answer", ""),
        (ABNORMAL, "a metal nut with a bad smell", "speaks of what no camera sees", ""),
        (NORMAL, "a bolt with a smooth head", "does not name the category", ""),
        (NORMAL, "a metal nutcracker that shines", "does not name the category", ""),
        (NORMAL, "a metal nut with a crack", "speaks of a defect", "crack"),
        (NORMAL, "a metal nut that is not clean", "speaks of a defect", "clean"),
        (ABNORMAL, "a flawless metal nut", "speaks of a normal state", "flawless"),
        (ABNORMAL, "a metal nut without any scratches", "speaks of a normal state", "scratches"),
        (STRICT_NORMAL, "a metal nut on a table", "says nothing of a normal state", ""),
        (
            STRICT_NORMAL,
            "a clean metal nut with no wires",
            "denies something that is no defect",
            "no",
        ),
        (STRICT_NORMAL, "a metal nut with a smooth, smooth edge", "repeats a word", ""),
        (STRICT_NORMAL, "a metal nut with a clean metal nut", "repeats a word", ""),
        (STRICT_ABNORMAL, "a metal nut with a camera", "says nothing of a defect", ""),
    ],
)
def test_clean_lines_drops(rules, line, reason, detail):
    assert clean_lines([line], rules) == Cleaned((), (Dropped(line.strip(), reason, detail),))


def test_clean_lines_when_too_many_tokens():
    rules = CleaningRules(
        "metal nut", State.NORMAL, count_tokens=lambda text: len(text.split()), max_tokens=5
    )

    cleaned = clean_lines(["a new metal nut here", "a new metal nut over there"], rules)

    assert cleaned.kept == ("a new metal nut here",)
    assert cleaned.dropped[0].reason == "more than 5 tokens"


def test_clean_lines_when_an_example_is_copied():
    rules = CleaningRules("door hinge", State.ABNORMAL, banned=frozenset({"door", "mug"}))

    cleaned = clean_lines(["a door hinge with rust", "a door hinge and a cracked mug"], rules)

    assert cleaned.kept == ("a door hinge with rust",)
    assert cleaned.dropped[0] == Dropped(
        "a door hinge and a cracked mug", "copies an example", "mug"
    )


def test_clean_lines_when_the_request_is_copied():
    rules = CleaningRules("nut", State.NORMAL, request="- a mug with a smooth, even glaze\n- a nut")

    cleaned = clean_lines(["a nut with a smooth edge", "a nut with a smooth even coat"], rules)

    # "with a smooth edge" shares three words in a row; "with a smooth even" shares four.
    assert cleaned.kept == ("a nut with a smooth edge",)
    assert cleaned.dropped[0].detail == "with a smooth even"


def test_clean_lines_when_lines_say_the_same():
    # Without articles and noun: {with, deep, red, long, scratch}; 4 of 5 words shared is 0.8.
    cleaned = clean_lines(
        [
            "a nut with a deep red long scratch",
            "the nut with deep red scratch",
            "a nut with a deep scratch",
        ],
        CleaningRules("nut", State.ABNORMAL),
    )

    assert cleaned.kept == ("a nut with a deep red long scratch", "a nut with a deep scratch")
    assert cleaned.dropped == (
        Dropped(
            "the nut with deep red scratch",
            "says the same as an earlier one",
            "a nut with a deep red long scratch",
        ),
    )


def test_clean_lines_when_said_in_an_earlier_answer():
    cleaned = clean_lines(["a bent nut"], ABNORMAL_NUT, earlier=["the bent nut"])

    assert cleaned.kept == ()


ABNORMAL_NUT = CleaningRules("nut", State.ABNORMAL)


def test_clean_lines_when_the_noun_holds_a_defect_word():
    assert clean_lines(["a new split pin here"], CleaningRules("split pin", State.NORMAL)).kept


def test_clean_lines_when_prompts_fit_any_category():
    rules = CleaningRules("", State.NORMAL)

    cleaned = clean_lines(["a part with a smooth surface", "an item with a crack"], rules)

    assert cleaned.kept == ("a part with a smooth surface",)
    assert cleaned.dropped == (Dropped("an item with a crack", "speaks of a defect", "crack"),)
