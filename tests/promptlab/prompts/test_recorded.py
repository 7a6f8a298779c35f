import json

import pytest
from langchain_core.prompt_values import ChatPromptValue, StringPromptValue

from promptlab.errors import LLMError
from promptlab.prompts.recorded import (
    RecordedAnswer,
    Recording,
    read_recording,
    replay,
    write_recording,
)

CHAT = RecordedAnswer(request='[["human", "hello"]]', seed=5, answer="hi", date="2026-01-01")
TEXT = RecordedAnswer(request="- a nut with", seed=5, answer=" a crack", date="2026-01-02")
RECORDING = Recording("gguf:smollm2", "completion", (CHAT, TEXT))
HEADER = '{"format": "promptlab-answers", "version": 1, "llm": "x", "template": "describe"}\n'


def test_read_recording_gives_what_was_written(tmp_path):
    path = tmp_path / "r.jsonl"

    write_recording(path, RECORDING)

    assert read_recording(path) == RECORDING
    assert json.loads(path.read_text().split("\n")[1])["answer"] == "hi"


def test_replay_when_the_request_is_known():
    completion = replay(RECORDING, kind="completion")
    chat = replay(RECORDING, kind="chat")

    text = completion.generate_prompt([StringPromptValue(text="- a nut with")], seed=5)
    said = chat.generate_prompt([ChatPromptValue.model_validate(
        {"messages": [{"role": "user", "content": "hello", "type": "human"}]}
    )], seed=5)  # fmt: skip

    assert text.generations[0][0].text == " a crack"
    assert text.generations[0][0].generation_info == {"date": "2026-01-02"}
    assert said.generations[0][0].text == "hi"


@pytest.mark.parametrize(("request_", "seed"), [("- a nut with", 6), ("- a bolt with", 5)])
def test_replay_when_the_request_is_unknown(request_, seed):
    model = replay(RECORDING, kind="completion")

    with pytest.raises(LLMError, match=r"recording of gguf:smollm2 lacks this one .* with'"):
        model.generate_prompt([StringPromptValue(text=request_)], seed=seed)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "r.jsonl:1: a recording must hold one JSON object per line"),
        ("{}", "r.jsonl:1: .* format Field required"),
        (HEADER.replace("1", "9"), "must be of format promptlab-answers version 1, but is .* 9"),
        (HEADER + '\n{"request": 1}', "r.jsonl:3: .* request Input should be a valid string"),
    ],
)
def test_read_recording_when_a_rule_is_broken(tmp_path, content, message):
    path = tmp_path / "r.jsonl"
    path.write_text(content)

    with pytest.raises(LLMError, match=message):
        read_recording(path)


def test_read_recording_when_absent(tmp_path):
    with pytest.raises(LLMError, match=r"needs a readable UTF-8 file, but .*No such file"):
        read_recording(tmp_path / "r.jsonl")
