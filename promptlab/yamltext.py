"""Text to YAML content, for text that nobody has checked: small, flat enough, no surprises.

`yaml.safe_load` runs no code, but gives other exceptions than `YAMLError` for odd scalars, and
accepts a few lines of aliases that stand for billions of values.
"""

from collections.abc import Iterator

import yaml

__all__ = ["MAX_DEPTH", "MAX_VALUES", "load_yaml"]

MAX_DEPTH = 40
MAX_VALUES = 200_000
"""With aliases written out; the largest file of ours holds under a thousand."""


def load_yaml(text: str) -> object:
    """Return what ``text`` says, built of dicts, lists and plain values only.

    >>> load_yaml("fusion: {local: 0.5}")
    {'fusion': {'local': 0.5}}

    Raises:
        yaml.YAMLError: for everything that is wrong with it.
    """
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError:
        raise
    # What constructors of dates, numbers and deep nesting raise.
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError) as error:
        reason = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        raise yaml.YAMLError(f"a value cannot be read ({reason})") from error
    for count, (value, depth) in enumerate(_values(content)):
        if isinstance(value, str) and not value.isascii():
            _refuse_halves(value)
        if depth > MAX_DEPTH:
            raise yaml.YAMLError(f"it is nested more than {MAX_DEPTH} deep, or holds itself")
        if count > MAX_VALUES:
            raise yaml.YAMLError(f"it holds more than {MAX_VALUES:,} values, aliases written out")
    return content


def _refuse_halves(text: str) -> None:
    """Refuse half a character (a lone surrogate), which no file can hold."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise yaml.YAMLError(f"a text holds {text[error.start]!r}, half a character") from error


def _values(content: object) -> Iterator[tuple[object, int]]:
    """Yield every value and its depth, aliases written out."""
    waiting = [(content, 0)]
    while waiting:
        value, depth = waiting.pop()
        yield value, depth
        if isinstance(value, dict):
            waiting.extend((each, depth + 1) for pair in value.items() for each in pair)
        elif isinstance(value, list | tuple | set):
            waiting.extend((each, depth + 1) for each in value)
