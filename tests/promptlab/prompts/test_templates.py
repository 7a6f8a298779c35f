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


LINES = "Write one sentence per line, without numbering, headings or comments."
HEADINGS = (
    "Write each heading on a line of its own that ends with a colon, and below it its sentences, "
    "one per line, without numbering or comments."
)
STRUCTURE = "Answer in the structure that you are given, without comments."
INSPECTOR = (
    "You are an experienced quality inspector who checks products by eye. You write short, plain "
    "English sentences about what a camera sees. "
)
HELPER = (
    "You help to inspect products by eye. You write short English sentences about what a camera "
    "sees. "
)
CAPTIONS = (
    "You help to inspect products of every kind by eye. You write short English phrases that would "
    "fit as the caption of a photo. "
)
GOLDEN = {
    ("defects_first", State.NORMAL): (
        INSPECTOR + HEADINGS,
        "An inspector looks at an apple. First list the four things that are checked on it "
        "because they can go wrong. Then write for each of them sentences that describe the apple "
        "when this thing is as it should be, 12 sentences in all, of 5 to 15 words. Each names "
        "the apple, and none mentions a defect.",
    ),
    ("defects_first", State.ABNORMAL): (
        INSPECTOR + HEADINGS,
        "An inspector looks at an apple. First list six kinds of visible defects that are "
        "plausible for it, given its material, how it is made and how it is handled. Then write "
        "for each kind sentences that describe a photo of the apple with this defect, 12 "
        "sentences in all, of 5 to 15 words. Each names the apple, says where the defect is or "
        "how it looks, and speaks of one defect only.",
    ),
    ("attributes", State.NORMAL): (
        HELPER + HEADINGS,
        "Describe an apple in perfect condition under four headings: surface, shape, colour, "
        "completeness. Under each heading write sentences of 5 to 15 words about this attribute as "
        "it should be, 12 sentences in all. Each names the apple, and none mentions a defect.",
    ),
    ("attributes", State.ABNORMAL): (
        HELPER + HEADINGS,
        "Describe an apple that is defective under four headings: surface, shape, colour, "
        "completeness. Under each heading write sentences of 5 to 15 words about one visible way "
        "in which this attribute is wrong, 12 sentences in all. Each names the apple.",
    ),
    ("class_free", State.NORMAL): (
        CAPTIONS + LINES,
        "Write 12 different phrases of 4 to 12 words for photos of things that are in order. The "
        "thing may be of any kind, so never say what it is: call it an object, a product, a part, "
        "an item, a material or a surface. Vary what is in order: surface, shape, colour, "
        "pattern, edges, completeness, cleanliness.",
    ),
    ("class_free", State.ABNORMAL): (
        CAPTIONS + LINES,
        "Write 12 different phrases of 4 to 12 words for photos of things with a visible defect. "
        "The thing may be of any kind, so never say what it is: call it an object, a product, a "
        "part, an item, a material or a surface. Vary the defect and where it is: surface, shape, "
        "colour, pattern, edges, completeness, cleanliness.",
    ),
}


@pytest.mark.parametrize(("name", "state"), GOLDEN)
def test_chat_request_as_sent(name, state):
    system, human = GOLDEN[name, state]

    request = render(load_template(name), state, noun="apple", count=12)

    assert json.loads(request_text(request)) == [["system", system], ["human", human]]


def test_chat_request_when_the_answer_is_structured():
    for name in ("describe", "defects_first", "attributes", "class_free"):
        request = render(load_template(name), State.NORMAL, noun="apple", form="structured")

        system = json.loads(request_text(request))[0][1]
        assert system.endswith(STRUCTURE)
        assert "per line" not in system


def test_completion_free_request_names_no_category():
    template = load_template("completion_free")

    assert request_text(render(template, State.ABNORMAL, noun="apple")) == (
        "Short descriptions of photos of damaged things. "
        "Each one says what is wrong with the surface.\n"
        "- a wooden door with a long crack across it\n"
        "- a ceramic mug with a chipped rim and a brown stain\n"
        "- a marble slab with a dark spot and deep scratches\n"
        "- an object with"
    )
    assert render_prefix(template, noun="apple") == "an object with"
    assert not template.names_category
    assert load_template("completion").names_category


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
