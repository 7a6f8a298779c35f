import json

import pytest

from promptlab.errors import PromptError
from promptlab.prompts.files import (
    prompt_file_name,
    read_prompt_set,
    read_prompts,
    write_prompt_set,
)
from promptlab.prompts.promptset import Prompt, PromptSet, Provenance
from promptlab.types import State

PROVENANCE = Provenance(
    llm="gguf:smollm2",
    template="completion",
    template_version=1,
    seed=0,
    temperature=0.9,
    date="2026-01-01T00:00:00+00:00",
    promptlab_version="0.1.0",
    answer_digest="ab",
)
SET = PromptSet(
    "nut",
    (
        Prompt("a new nut", State.NORMAL, "gguf:smollm2/completion", PROVENANCE),
        Prompt("a bent nut é", State.ABNORMAL, "human"),
    ),
)
HEADER = '{"format": "promptlab-prompts", "version": 1, "category": "nut"}\n'
NORMAL = '{"state": "normal", "text": "a new nut"}\n'
ABNORMAL = '{"state": "abnormal", "text": "a bent nut"}\n'


def write(folder, content, name="nut.jsonl"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_write_prompt_set_gives_one_readable_line_per_prompt(tmp_path):
    path = tmp_path / "nut.jsonl"

    write_prompt_set(path, SET)

    assert path.read_text(encoding="utf-8") == (
        '{"format": "promptlab-prompts", "version": 1, "category": "nut"}\n'
        '{"state": "normal", "text": "a new nut", "source": "gguf:smollm2/completion", '
        '"provenance": {"llm": "gguf:smollm2", "template": "completion", "template_version": 1, '
        '"seed": 0, "temperature": 0.9, "date": "2026-01-01T00:00:00+00:00", '
        '"promptlab_version": "0.1.0", "answer_digest": "ab"}}\n'
        '{"state": "abnormal", "text": "a bent nut é", "source": "human"}\n'
    )
    assert read_prompt_set(path) == SET


def test_read_prompt_set_when_edited_by_hand(tmp_path):
    path = write(tmp_path, "\ufeff" + HEADER + "\n" + NORMAL + "  \n" + ABNORMAL)

    read = read_prompt_set(path)

    assert [(p.text, p.source) for p in read.prompts] == [
        ("a new nut", "human"),
        ("a bent nut", "human"),
    ]


def test_read_prompt_set_when_yaml(tmp_path):
    path = write(
        tmp_path,
        "category: nut\nnormal: [a new nut]\nabnormal:\n- a bent nut\n- a split nut\n",
        "mine.yaml",
    )

    read = read_prompt_set(path)

    assert read.texts(State.NORMAL) == ("a new nut",)
    assert read.texts(State.ABNORMAL) == ("a bent nut", "a split nut")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "nut.jsonl: a prompt file must start with a header line, but is empty"),
        (NORMAL, "nut.jsonl:1: unknown key 'state'"),
        (HEADER.replace("1", "2"), "nut.jsonl:1: the first line must be .* version 2"),
        (HEADER.replace('"nut"', '""'), "nut.jsonl:1: 'category' must be a non-empty text"),
        (HEADER, "nut.jsonl: .* has no normal and no abnormal prompt"),
        (HEADER + NORMAL, "nut.jsonl: .* has no abnormal prompt"),
        (HEADER + NORMAL + "{", "nut.jsonl:3: each line must be one JSON object, but Expecting"),
        (HEADER + "[1]", r"nut.jsonl:2: each line must be one JSON object, but got '\[1\]'"),
        (
            HEADER + '{"state": "normal", "txt": "a"}',
            "nut.jsonl:2: unknown key 'txt'; did you mean 'text'",
        ),
        (
            HEADER + '{"state": "abnrmal", "text": "a"}',
            "nut.jsonl:2: 'state' must be .* but got 'abnrmal'; did you mean 'abnormal'",
        ),
        (HEADER + '{"text": "a"}', "nut.jsonl:2: 'state' must be normal or abnormal, but got None"),
        (
            HEADER + '{"state": "normal", "text": " "}',
            "nut.jsonl:2: 'text' must be a non-empty text",
        ),
        (HEADER + '{"state": "normal", "text": "a {x}"}', "nut.jsonl:2: .* has an unfilled slot"),
        (
            HEADER + NORMAL + ABNORMAL + NORMAL,
            "jsonl:4: .* 'a new nut' is already at .*jsonl:2; delete one",
        ),
        (HEADER.encode() + b"\xff", "nut.jsonl: a prompt file must be UTF-8, but byte 65 is not"),
        (
            HEADER + '{"state": "normal", "text": "a", "provenance": 3}',
            "nut.jsonl:2: 'provenance' must be an object",
        ),
        (
            HEADER + '{"state": "normal", "text": "a", "provenance": {"lm": 1}}',
            "unknown key 'lm'; did you mean 'llm'",
        ),
        (
            HEADER + '{"state": "normal", "text": "a", "provenance": {"llm": "x"}}',
            "'provenance' must be complete, but template, template_version, seed",
        ),
    ],
)
def test_read_prompt_set_when_a_rule_is_broken(tmp_path, content, message):
    with pytest.raises(PromptError, match=message):
        read_prompt_set(write(tmp_path, content))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a: [", "mine.yaml: must be YAML"),
        ("- a", "mine.yaml: must hold category, normal and abnormal"),
        ("category: nut\nnomal: [a]", "mine.yaml: unknown key 'nomal'; did you mean 'normal'"),
        ("category: nut\nnormal: a", "mine.yaml: 'normal' must be a list of sentences"),
        ("category: nut\nnormal: ['']", "mine.yaml: normal number 1: .* got an empty text"),
        ("normal: [a]\nabnormal: [b]", "mine.yaml: 'category' must be a non-empty text"),
    ],
)
def test_read_prompt_set_when_yaml_breaks_a_rule(tmp_path, content, message):
    with pytest.raises(PromptError, match=message):
        read_prompt_set(write(tmp_path, content, "mine.yaml"))


def test_read_prompt_set_when_the_suffix_is_foreign(tmp_path):
    with pytest.raises(
        PromptError, match=r"must end in \.jsonl, \.yaml, \.yml, but got .*nut\.txt"
    ):
        read_prompt_set(write(tmp_path, "", "nut.txt"))


def test_read_prompt_set_when_absent(tmp_path):
    with pytest.raises(PromptError, match=r"must be readable, but No such file"):
        read_prompt_set(tmp_path / "nut.jsonl")


def test_read_prompts_when_a_folder_holds_several_sources(tmp_path):
    write(tmp_path, HEADER + NORMAL + ABNORMAL, "nut.one.jsonl")
    write(tmp_path, "category: nut\nnormal: [a good nut]\nabnormal: [a bent nut]", "nut.two.yaml")
    write(tmp_path, "category: bolt\nnormal: [a bolt]\nabnormal: [a bad bolt]", "bolt.yml")
    write(tmp_path, "not for us", "README.md")

    read = read_prompts(tmp_path, "nut")

    assert read.texts(State.NORMAL) == ("a new nut", "a good nut")
    assert read.texts(State.ABNORMAL) == ("a bent nut",)


def test_read_prompts_when_the_category_is_not_there(tmp_path):
    path = write(tmp_path, HEADER + NORMAL + ABNORMAL)

    for place in (path, tmp_path):
        with pytest.raises(PromptError, match=r"category 'nuts', but has none; did you mean 'nut'"):
            read_prompts(place, "nuts")


def test_read_prompts_when_there_is_nothing(tmp_path):
    with pytest.raises(PromptError, match=r"must be a file or a folder, but .* does not exist"):
        read_prompts(tmp_path / "none", "nut")


@pytest.mark.parametrize(
    ("category", "source", "name"),
    [
        ("metal_nut", "winclip", "metal_nut.winclip.jsonl"),
        ("metal nut", "openai:qwen@host:80", "metal-nut.openai-qwen-host-80.jsonl"),
        ("../etc", "gguf:/a/b.gguf", "etc.gguf-a-b-gguf.jsonl"),
        ("é", "x", "unnamed.x.jsonl"),
    ],
)
def test_prompt_file_name_is_safe(category, source, name):
    assert prompt_file_name(category, source) == name


def test_every_line_is_json_when_text_has_quotes(tmp_path):
    quoted = PromptSet(
        "nut",
        (Prompt('a "new" nut', State.NORMAL, "x"), Prompt("b\u00a0c\\d", State.ABNORMAL, "x")),
    )
    path = tmp_path / "nut.jsonl"

    write_prompt_set(path, quoted)

    assert all(json.loads(line) for line in path.read_text("utf-8").split("\n")[:-1])
    assert read_prompt_set(path) == quoted
