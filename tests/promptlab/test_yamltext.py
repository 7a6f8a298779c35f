import contextlib

import pytest
import yaml

from promptlab.yamltext import MAX_DEPTH, MAX_VALUES, load_yaml


def test_load_yaml_reads_plain_content():
    assert load_yaml("a: [1, {b: null}]") == {"a": [1, {"b": None}]}
    assert load_yaml("") is None


def test_load_yaml_keeps_a_few_aliases():
    assert load_yaml("a: &x [1]\nb: *x") == {"a": [1], "b": [1]}


@pytest.mark.parametrize(
    "text",
    [
        "2001-99-99",
        "!!int ''",
        "!!float ''",
        "!!timestamp x",
        f"a: {'1' * 5000}",
        f"{'[' * 5000}{']' * 5000}",
        "!!python/object/apply:os.system [true]",
        "a: !!binary é",
        "a: [",
        "? [a]",
        "\x00",
        "a: &x [*x",
        "1: 0x",
    ],
)
def test_load_yaml_gives_one_kind_of_error_or_content(text):
    with contextlib.suppress(yaml.YAMLError):
        load_yaml(text)


def test_load_yaml_refuses_a_few_lines_that_stand_for_billions_of_values():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    with pytest.raises(yaml.YAMLError, match=f"holds more than {MAX_VALUES:,} values, aliases wr"):
        load_yaml("\n".join(lines))


@pytest.mark.parametrize("text", ["a: &a [*a]", f"{'[' * 60}{']' * 60}"])
def test_load_yaml_refuses_what_is_deep_or_holds_itself(text):
    with pytest.raises(yaml.YAMLError, match=f"more than {MAX_DEPTH} deep, or holds itself"):
        load_yaml(text)


def test_load_yaml_refuses_half_a_character():
    with pytest.raises(yaml.YAMLError, match=r"a text holds '\\ud800', half a character"):
        load_yaml(r'a: ["é", "\ud800"]')
