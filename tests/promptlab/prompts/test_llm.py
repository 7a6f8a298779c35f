import sys

import pytest

from promptlab.errors import LLMError, MissingDependencyError
from promptlab.prompts.llm import (
    LLM,
    LLMSpec,
    LLMTraits,
    Sampling,
    default_template,
    open_llm,
    parse_llm,
)
from promptlab.prompts.recorded import Recording, write_recording

SAMPLING = Sampling(0.7, 100, ("\n",))


@pytest.mark.parametrize(
    ("spec", "parsed", "name"),
    [
        ("gguf:smollm2", LLMSpec("gguf", "smollm2"), "gguf:smollm2"),
        ("gguf:/a/b.gguf", LLMSpec("gguf", "/a/b.gguf"), "gguf:/a/b.gguf"),
        ("openai:gpt-4o-mini", LLMSpec("openai", "gpt-4o-mini"), "openai:gpt-4o-mini"),
        ("ollama:qwen:0.5b", LLMSpec("ollama", "qwen:0.5b"), "ollama:qwen:0.5b"),
        (
            "openai:qwen@http://me:secret@host:80/v1",
            LLMSpec("openai", "qwen", "http://me:secret@host:80/v1"),
            "openai:qwen@host:80",
        ),
        ("anthropic:x@20250101", LLMSpec("anthropic", "x@20250101"), "anthropic:x@20250101"),
    ],
)
def test_parse_llm(spec, parsed, name):
    assert parse_llm(spec) == parsed
    assert parse_llm(spec).name == name


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("smollm2", "is named provider:model, but got 'smollm2'"),
        ("gguf:", "is named provider:model, but got 'gguf:'"),
        (":x", "is named provider:model"),
        ("opnai:x", "unknown language-model provider 'opnai'; did you mean 'openai'"),
        ("ggfu:x", "did you mean 'gguf'"),
        ("ollama:x@http://h/v1", "only openai: takes .* write openai:x@http://h/v1"),
    ],
)
def test_parse_llm_when_wrong(spec, message):
    with pytest.raises(LLMError, match=message):
        parse_llm(spec)


@pytest.mark.parametrize(
    ("spec", "template"), [("gguf:smollm2", "completion"), ("openai:gpt-4o-mini", "describe")]
)
def test_default_template(spec, template):
    assert default_template(spec) == template


def test_open_llm_when_recorded(tmp_path):
    path = tmp_path / "r.jsonl"
    write_recording(path, Recording("openai:gpt-4o-mini", "mine", ()))

    assert default_template(f"recorded:{path}") == "mine"
    with open_llm(f"recorded:{path}", kind="chat", sampling=SAMPLING) as llm:
        assert (llm.name, llm.cacheable) == ("openai:gpt-4o-mini", False)


def test_open_llm_when_the_key_is_missing(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)

    with (
        open_llm("openai:gpt-4o-mini", kind="chat", sampling=SAMPLING) as llm,
        pytest.raises(LLMError, match=r"environment variable OPENAI_API_KEY is not set"),
    ):
        llm.model()


def test_open_llm_when_the_provider_only_chats(monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "test-value")

    with (
        open_llm("anthropic:x", kind="completion", sampling=SAMPLING) as llm,
        pytest.raises(LLMError, match=r"answers chats only, .* choose --template describe"),
    ):
        llm.model()


def test_open_llm_when_the_providers_package_is_missing(monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "test-value")
    monkeypatch.setitem(sys.modules, "langchain_anthropic", None)

    with (
        open_llm("anthropic:x", kind="chat", sampling=SAMPLING) as llm,
        pytest.raises(
            MissingDependencyError, match=r"run `pip install 'langchain-anthropic>=1.7,<2'`"
        ),
    ):
        llm.model()


@pytest.mark.parametrize(("kind", "own"), [("chat", "ChatOpenAI"), ("completion", "OpenAI")])
def test_open_llm_when_a_server_is_named_never_shows_it_the_users_openai_key(
    monkeypatch, kind, own
):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.delenv("PROMPTLAB_LLM_KEY", raising=False)

    with open_llm("openai:qwen@http://127.0.0.1:9/v1", kind=kind, sampling=SAMPLING) as llm:
        model = llm.model()

    assert type(model).__name__ == own
    assert model.openai_api_key.get_secret_value() == "none"
    assert model.openai_api_base == "http://127.0.0.1:9/v1"
    assert (model.temperature, model.max_tokens, model.max_retries) == (0.7, 100, 0)
    assert llm.id == "openai:qwen@127.0.0.1:9"


def test_call_arguments_by_traits():
    def made(traits):
        return LLM("x", traits, open_model=lambda: None).call_arguments(SAMPLING, seed=5)

    assert made(LLMTraits(seeded=False)) == {"stop": ["\n"]}
    assert made(LLMTraits()) == {"stop": ["\n"], "seed": 5}
    assert made(LLMTraits(samples_per_call=True)) == {
        "stop": ["\n"],
        "seed": 5,
        "temperature": 0.7,
        "max_tokens": 100,
    }


def test_llm_id_when_the_weights_are_known():
    assert LLM("gguf:x", LLMTraits("ab" * 32), open_model=lambda: None).id == f"gguf:x#{'ab' * 8}"
