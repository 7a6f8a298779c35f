"""Providers with a protocol of their own, asked over real HTTP on 127.0.0.1.

Each test needs that provider's extra (anthropic, google, ollama) and is skipped without it.
"""

import gc
import json
from importlib.util import find_spec

import pytest
from llm_servers import ABNORMAL, NORMAL, fails, serving

from promptlab.config import TrafficConfig
from promptlab.prompts.generate import generate_prompts
from promptlab.types import State

pytestmark = [
    pytest.mark.enable_socket,
    pytest.mark.allow_hosts(["127.0.0.1"]),
    pytest.mark.filterwarnings("ignore"),  # of three vendors' clients
]
FAST = TrafficConfig(max_concurrency=1, timeout=30.0, retries=2, backoff=0.0)
ADDRESSES = ("ANTHROPIC_BASE_URL", "ANTHROPIC_API_URL", "OLLAMA_HOST", "GOOGLE_GEMINI_BASE_URL")


@pytest.fixture(autouse=True)
def leftovers():
    """Collect the clients' sockets, which they leave to the garbage collector, in their test."""
    yield
    gc.collect()


def said(exchange):
    """Return what a model would say to the request: text, and the same by the schema."""
    text = NORMAL if "without any defect" in json.dumps(exchange.body) else ABNORMAL
    return text, {"sentences": text.split("\n")}


def anthropic(exchange):
    text, structure = said(exchange)
    tools = exchange.body.get("tools")
    content = (
        {"type": "tool_use", "id": "t", "name": tools[0]["name"], "input": structure}
        if tools
        else {"type": "text", "text": text}
    )
    answer = {
        "id": "m",
        "type": "message",
        "role": "assistant",
        "model": exchange.body["model"],
        "content": [content],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 100, "output_tokens": 20},
    }
    exchange.send(json.dumps(answer).encode())


def ollama(exchange):
    text, structure = said(exchange)
    answer = {
        "model": exchange.body["model"],
        "created_at": "2026-01-01T00:00:00Z",
        "message": {
            "role": "assistant",
            "content": json.dumps(structure) if exchange.body.get("format") else text,
        },
        "done": True,
        "done_reason": "stop",
        "prompt_eval_count": 100,
        "eval_count": 20,
    }
    exchange.send(json.dumps(answer).encode() + b"\n", kind="application/x-ndjson")


def google(exchange):
    text, structure = said(exchange)
    by_schema = "responseJsonSchema" in exchange.body["generationConfig"]
    answer = {
        "candidates": [
            {
                "content": {
                    "role": "model",
                    "parts": [{"text": json.dumps(structure) if by_schema else text}],
                },
                "finishReason": "STOP",
                "index": 0,
            }
        ],
        "usageMetadata": {
            "promptTokenCount": 100,
            "candidatesTokenCount": 20,
            "totalTokenCount": 120,
        },
        "modelVersion": "g",
    }
    exchange.send(json.dumps(answer).encode())


PROVIDERS = {
    # name: package, behaviour, the form that `auto` chooses
    "anthropic:claude-sonnet-4-5": ("langchain_anthropic", anthropic, "structured"),
    "google_genai:gemini-2.5-flash": ("langchain_google_genai", google, "structured"),
    "ollama:llama3.2": ("langchain_ollama", ollama, "lines"),
}


@pytest.mark.parametrize("form", ["auto", "lines", "structured"])
@pytest.mark.parametrize("name", PROVIDERS)
def test_generate_prompts_with(name, form, tmp_path, monkeypatch):
    package, behaviour, chosen = PROVIDERS[name]
    if find_spec(package) is None:
        pytest.skip(f"{package} is not installed (extra {name.partition(':')[0]})")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-test-1f2e3d4c5b6a7988")
    monkeypatch.setenv("GOOGLE_API_KEY", "gk-test-1f2e3d4c5b6a7988")
    with serving(fails(429, retry_after="0"), behaviour) as server:
        for variable in ADDRESSES:
            monkeypatch.setenv(variable, server.url.removesuffix("/v1"))
        settings = {"template": "describe", "per_state": 2, "form": form, "traffic": FAST}
        made = generate_prompts(name, "bottle", cache=tmp_path / "a.sqlite", **settings)
        again = generate_prompts(name, "bottle", cache=tmp_path / "a.sqlite", **settings)

        assert len(server.seen) == 3  # the fault, and an answer for each state
    assert made.form == (chosen if form == "auto" else form)
    assert made.faults == {"HTTP 429: the server limits the rate": 1}
    assert (made.usage.input_tokens, made.usage.output_tokens) == (200, 40)
    assert made.prompt_set.texts(State.NORMAL) == tuple(NORMAL.split("\n"))
    assert made.prompt_set.texts(State.ABNORMAL) == tuple(ABNORMAL.split("\n"))
    assert again.prompt_set == made.prompt_set
    assert again.cached == again.requests == 2
