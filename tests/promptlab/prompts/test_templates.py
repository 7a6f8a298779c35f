import json

import pytest

from promptlab.errors import PromptError
from promptlab.prompts.templates import (
    available_templates,
    load_template,
    render,
    render_prefix,
    request_text,
)
from promptlab.types import State

MINE = """\
name: mine
version: 3
source: human
kind: chat
slots: [category, count]
requests:
  normal: [{role: human, content: "{count} normal {category}s"}]
  abnormal: [{role: human, content: "{count} broken {category}s"}]
"""


def write(folder, text):
    path = folder / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_available_templates():
    assert available_templates() == (
        "attributes",
        "class_free",
        "completion",
        "completion_free",
        "defects_first",
        "describe",
    )


def test_completion_request_for_an_abnormal_solar_cell():
    template = load_template("completion")

    assert request_text(render(template, State.ABNORMAL, noun="solar cell")) == (
        "Short descriptions of photos of damaged things. "
        "Each one says what is wrong with the surface.\n"
        "- a wooden door with a long crack across it\n"
        "- a ceramic mug with a chipped rim and a brown stain\n"
        "- a marble slab with a dark spot and deep scratches\n"
        "- a solar cell with"
    )
    assert render_prefix(template, noun="solar cell") == "a solar cell with"


def test_completion_request_for_a_normal_apple():
    template = load_template("completion")

    assert request_text(render(template, State.NORMAL, noun="apple")) == (
        "Short descriptions of photos of new things in perfect condition. "
        "Each one says how the surface looks.\n"
        "- a wooden door with an even surface and straight edges\n"
        "- a ceramic mug with a smooth, spotless glaze\n"
        "- a marble slab with a uniform colour and no cracks\n"
        "- an apple with"
    )


def test_describe_request_for_both_states_of_a_bottle():
    template = load_template("describe")
    system = [
        "system",
        "You help to inspect products by eye. You write short English sentences about what a "
        "camera sees. Write one sentence per line, without numbering, headings or comments.",
    ]

    normal, abnormal = (
        json.loads(request_text(render(template, state, noun="bottle", count=8))) for state in State
    )

    assert normal == [
        system,
        [
            "human",
            "How would you describe a bottle that is normal, without any defect? Write 8 "
            "different sentences of 5 to 15 words. Each names the bottle and describes something "
            "visible, such as its surface, shape, colour, edges, pattern or completeness.",
        ],
    ]
    assert abnormal == [
        system,
        [
            "human",
            "How would you describe a bottle that is abnormal, with a defect? Write 8 different "
            "sentences of 5 to 15 words. Each names the bottle and describes one visible defect "
            "that can really happen to it, and where or how it shows.",
        ],
    ]
    assert render_prefix(template, noun="bottle") == ""


def test_load_template_when_it_is_the_users_own(tmp_path):
    template = load_template(write(tmp_path, MINE))

    assert (template.name, template.version, template.label) == ("mine", 3, "mine@3")
    request = render(template, State.NORMAL, noun="nut", count=2)
    assert request_text(request) == '[["human", "2 normal nuts"]]'


@pytest.mark.parametrize(
    ("old", "new", "messages"),
    [
        ("name: mine", "name: mine\nnmae: x", ["nmae: unknown key; did you mean 'name'"]),
        ("version: 3", "version: 0", ["version: Input should be greater than or equal to 1"]),
        ("kind: chat", "kind: completion", ["requests.normal of kind completion must be one text"]),
        ("role: human", "role: robot", ["requests.normal"]),
        (
            "slots: [category, count]",
            "slots: [category, article, cuont]",
            [
                "unknown slot 'cuont' .did you mean 'count'",
                "slot 'article' is declared but requests.normal does not use it",
                "slot 'article' is declared but requests.abnormal does not use it",
                "requests.normal uses slot 'count', which is not declared",
            ],
        ),
        ("version: 3", "version: 3\nprefix: '{article}'", ["prefix uses slot 'article'"]),
        ("version: 3", "version: [", ["must be YAML"]),
        ("{count} normal", "count} normal", ["Single '}' encountered in format string"]),
    ],
)
def test_load_template_when_rules_are_broken_names_all_at_once(tmp_path, old, new, messages):
    path = write(tmp_path, MINE.replace(old, new, 1))

    for message in messages:
        with pytest.raises(PromptError, match=message):
            load_template(path)


def test_load_template_when_the_name_is_unknown():
    with pytest.raises(
        PromptError, match=r"unknown request template 'descibe'; did you mean 'desc"
    ):
        load_template("descibe")


def test_load_template_when_the_file_is_absent(tmp_path):
    with pytest.raises(PromptError, match=r"must be a readable UTF-8 file, but .*No such file"):
        load_template(str(tmp_path / "mine.yaml"))
