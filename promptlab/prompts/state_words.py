"""Whether a sentence speaks of a normal or an abnormal thing, by its words.

A lexicon (``library/state_words.yaml``) and a rule for negation; no grammar, no model. Knows
visual defects in English and nothing of any data set.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

__all__ = ["Evidence", "state_evidence"]

_CLOSE = 3
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?|[.,;:]")


@dataclass(frozen=True)
class Evidence:
    """What speaks for each state in one sentence, in the order of the sentence."""

    normal: tuple[str, ...]
    """Praise, and negated defects ("no scratches")."""
    abnormal: tuple[str, ...]
    """Defects, and negated praise ("not smooth")."""
    weak: tuple[str, ...]
    """Words that fit a defect but also a sound thing ("holes")."""
    idle_negations: tuple[str, ...] = ()
    """Negations that deny none of the words above ("no wires")."""


def state_evidence(text: str) -> Evidence:
    """Collect the words that speak for either state, negation taken into account.

    A negation reaches over "scratches, dents or cracks" until a new thought starts; over praise
    only from close by, so that "no scratches, perfect shape" stays praise.

    >>> state_evidence("a bottle without any scratches or dents").abnormal
    ()
    >>> state_evidence("a bottle with no label and with a crack").abnormal
    ('crack',)
    >>> state_evidence("a photo of a bottle for anomaly detection").abnormal
    ()
    """
    lexicon = _lexicon()
    words = _WORD.findall(text.lower())
    normal: list[str] = []
    abnormal: list[str] = []
    weak: list[str] = []
    idle: list[str] = []
    negated = pending = False
    last = -_CLOSE
    for place, (word, following) in enumerate(zip(words, [*words[1:], ""], strict=True)):
        if word in lexicon["negations"] or (word == "free" and following in ("of", "from")):
            negated = pending = True
            last = place
            idle.append(word)
        elif word in lexicon["thought_ends"] or word in ".;:":
            negated = pending = False
        elif word == ",":
            last = -_CLOSE
        if following in lexicon["purposes"]:
            continue
        against = negated or following == "free"
        if _is_defect(word, lexicon):
            side = normal if against else abnormal
        elif word in lexicon["weak_defect_words"]:
            side = normal if against else weak
        elif word in lexicon["normal_words"]:
            side = abnormal if negated and place - last < _CLOSE else normal
        else:
            continue
        side.append(word)
        if pending:
            idle.pop()
            pending = False
    return Evidence(tuple(normal), tuple(abnormal), tuple(weak), tuple(idle))


def _is_defect(word: str, lexicon: Mapping[str, tuple[str, ...]]) -> bool:
    if word in lexicon["not_defects"]:
        return False
    return word in lexicon["defect_words"] or word.startswith(lexicon["defect_stems"])


@cache
def _lexicon() -> Mapping[str, tuple[str, ...]]:
    text = files("promptlab.prompts").joinpath("library", "state_words.yaml").read_text("utf-8")
    return {name: tuple(words.split()) for name, words in yaml.safe_load(text).items()}
