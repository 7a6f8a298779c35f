import pytest

from aligners import ALIGNERS
from aligners.registry import DuplicateNameError, Registry, UnknownNameError


def test_unknown_name_gets_closest_match_and_all_names():
    with pytest.raises(
        UnknownNameError, match="unknown aligner 'windw'; did you mean 'window'"
    ) as e:
        ALIGNERS["windw"]
    assert "Available: blend, fine_grained, gem, global, patch, value, window." in str(e.value)


def test_duplicate_name_is_refused():
    colours = Registry[object]("colour")
    colours.register("red")(int)
    with pytest.raises(DuplicateNameError, match=r"unique, but 'red' is already builtins\.int; ch"):
        colours.register("red")(str)
