"""How sentences name a category."""

import re

__all__ = ["article", "category_noun", "fill_noun"]

_ELPV_NOUNS = {"mono": "solar cell", "poly": "solar cell"}


def category_noun(category: str) -> str:
    """Return how a sentence names a category; ELPV's two categories are both solar cells.

    >>> category_noun("metal_nut"), category_noun("mono")
    ('metal nut', 'solar cell')
    """
    return _ELPV_NOUNS.get(category, " ".join(category.replace("_", " ").split()))


def article(noun: str) -> str:
    """Return ``a`` or ``an``, by the noun's first letter.

    >>> article("bottle"), article("engine wiring")
    ('a', 'an')
    """
    return "an" if noun[:1].lower() in set("aeio") else "a"


def fill_noun(text: str, noun: str) -> str:
    """Put the noun into ``{category}`` and mend the article before it.

    >>> fill_noun("a {category} with a dent", "aluminium can")
    'an aluminium can with a dent'
    """
    mended = re.sub(r"\b([Aa])n? \{category\}", rf"\1{article(noun)[1:]} {{category}}", text)
    return mended.replace("{category}", noun)
