import pytest

from promptlab.prompts.nouns import article, category_noun, fill_noun


@pytest.mark.parametrize(
    ("category", "noun"),
    [
        ("metal_nut", "metal nut"),
        ("bottle", "bottle"),
        ("mono", "solar cell"),
        ("poly", "solar cell"),
        ("metal  plate", "metal plate"),
    ],
)
def test_category_noun(category, noun):
    assert category_noun(category) == noun


@pytest.mark.parametrize(("noun", "expected"), [("nut", "a"), ("apple", "an"), ("USB plug", "a")])
def test_article(noun, expected):
    assert article(noun) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a {category} is a part", "an apple is a part"),
        ("An {category} on the {category}", "An apple on the apple"),
        ("half of a red {category}", "half of a red apple"),
    ],
)
def test_fill_noun_mends_articles(text, expected):
    assert fill_noun(text, "apple") == expected
