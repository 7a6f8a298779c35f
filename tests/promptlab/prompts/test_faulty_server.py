"""What a language model's server can do wrong, over real HTTP on 127.0.0.1."""

import gc
import json
import logging
import sqlite3
import threading
from importlib.resources import files

import pytest
from llm_servers import (
    ABNORMAL,
    NORMAL,
    cuts,
    cuts_midway,
    drips,
    echoes_the_key,
    envelope,
    fails,
    good,
    refuses_the_key,
    says,
    sends,
    sends_round,
    serving,
    sleeps,
)

from promptlab.config import TrafficConfig
from promptlab.errors import LLMError
from promptlab.prompts.files import write_prompt_set
from promptlab.prompts.generate import NothingUsableError, generate_prompts
from promptlab.prompts.traffic import Spent
from promptlab.types import State

pytestmark = [
    pytest.mark.enable_socket,
    pytest.mark.allow_hosts(["127.0.0.1"]),
    # A request that was given up leaves its socket to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
KEY = "sk-test-7f3a9c51d2e84b60"
FAST = TrafficConfig(max_concurrency=1, timeout=30.0, retries=2, backoff=0.0)
IMPATIENT = FAST.model_copy(update={"timeout": 2.0})
GERMAN = "eine Flasche mit einem Riss im Hals\ndie bottle ist sauber und hat eine glatte Form"
LOOP = "a bottle with a crack crack crack crack crack crack crack crack\n" * 30
HTML = b"<html><body>502 Bad Gateway</body></html>"


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("PROMPTLAB_LLM_KEY", KEY)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-never-to-be-sent-anywhere")
    yield
    gc.collect()


def write(server, folder, **choices):
    settings = {
        "template": "describe",
        "per_state": 2,
        "traffic": FAST,
        "cache": folder / "a.sqlite",
    }
    return generate_prompts(f"openai:tiny@{server.url}", "bottle", **{**settings, **choices})


def kept_answers(folder):
    link = sqlite3.connect(folder / "a.sqlite")
    rows = link.execute("SELECT text FROM answers_v3").fetchall()
    link.close()
    return [text for (text,) in rows if text != "lines"]  # which form was chosen is kept too


def assert_no_key(folder, caplog, *texts):
    for text in (*texts, caplog.text, *(p.read_text("latin-1") for p in folder.rglob("*.*"))):
        assert KEY not in text
        assert "never-to-be-sent" not in text


PASSING = {
    "429 with Retry-After": (fails(429, retry_after="0"), "HTTP 429: the server limits the rate"),
    "500": (fails(500), "HTTP 500: the server is in trouble"),
    "503 as HTML": (
        lambda exchange: exchange.send(HTML, status=503, kind="text/html"),
        "HTTP 503: the server is in trouble",
    ),
    "time-out": (sleeps(2.5), "timed out"),
    "drip": (drips, "timed out"),
    "cut connection": (cuts, "connection lost"),
    "cut in the middle": (cuts_midway, "connection lost"),
    "empty body": (sends(b""), "no readable answer"),
    "empty answer": (says(""), "empty answer"),
    "answer is null": (says(None), "empty answer"),
    "HTML instead of JSON": (sends(HTML, kind="text/html"), "no readable answer"),
    "half JSON": (sends(envelope({"role": "assistant", "content": NORMAL})[:90]), None),
    "wrong schema": (sends(b'{"answer": "a bottle"}'), "no readable answer"),
    "no choices": (sends(b'{"choices": null}'), "no readable answer"),
}


@pytest.mark.parametrize("name", PASSING)
def test_fault_that_passes_is_mended_by_a_retry(name, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    behaviour, kind = PASSING[name]
    rules = IMPATIENT if kind == "timed out" else FAST
    with serving(behaviour, good) as server:
        made = write(server, tmp_path, traffic=rules)

        assert len(server.seen) == 3
    assert made.complete
    assert made.failed == ()
    assert sum(made.faults.values()) == 1
    assert kind is None or made.faults == {kind: 1}
    assert made.prompt_set.texts(State.NORMAL) == tuple(NORMAL.split("\n"))
    assert made.prompt_set.texts(State.ABNORMAL) == tuple(ABNORMAL.split("\n"))
    assert sorted(kept_answers(tmp_path)) == sorted([NORMAL, ABNORMAL])
    assert (made.usage.input_tokens, made.usage.output_tokens) == (200, 40)
    assert_no_key(tmp_path, caplog, repr(made))


STAYING = {
    "401 that quotes the key": (refuses_the_key, 1, r"HTTP 401: the server refused the key"),
    "404": (fails(404), 1, r"HTTP 404: the server knows no such model or address"),
    "400": (fails(400), 1, r"HTTP 400: the server refused the request"),
    "429 for an hour": (fails(429, retry_after="3600"), 1, r"the server asks to wait 3600 s"),
    "500": (fails(500), 3, r"HTTP 500: the server is in trouble .*, 3 times"),
    "megabyte": (says("a bottle with an even surface " * 35_000), 1, r"answer too long: 1,050,000"),
    "empty": (says(""), 3, r"empty answer, 3 times"),
    # The client itself follows 20 redirects before it gives up.
    "redirect to itself": (sends_round, 63, r"connection lost .*, 3 times"),
}


@pytest.mark.parametrize("name", STAYING)
def test_fault_that_stays_ends_in_a_clear_error(name, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    behaviour, sent, message = STAYING[name]
    with serving(behaviour) as server:
        with pytest.raises(LLMError, match=message) as caught:
            write(server, tmp_path)

        assert len(server.seen) == sent
    assert "\n" not in str(caught.value)
    assert kept_answers(tmp_path) == []
    assert_no_key(tmp_path, caplog, str(caught.value))


def test_sample_of_which_nothing_is_usable_says_what_it_took(tmp_path):
    # The normal state gets its two prompts; each abnormal answer speaks of something else.
    with (
        serving(good, fails(500), says("a car with a crack")) as server,
        pytest.raises(NothingUsableError, match="all 7 lines of 7 answers") as caught,
    ):
        write(server, tmp_path)
    effort = caught.value.effort
    assert (effort.drawn, effort.kept, effort.complete) == (9, 2, False)
    assert {line.reason for line in effort.dropped} == {"does not name the category"}
    assert effort.faults == {"HTTP 500: the server is in trouble": 1}
    assert (effort.usage.input_tokens, effort.usage.output_tokens) == (8 * 100, 8 * 20)


CONTENT = {
    "wrong language": (GERMAN, {"does not name the category", "not English"}),
    "loop": (LOOP, {"repeats itself"}),
    "markup": ("<script>a bottle with a clean rim</script>", {"markup"}),
    "other things": ("a car with a clean door", {"does not name the category"}),
    "other state": ("a bottle with a crack", {"speaks of a defect"}),
}


@pytest.mark.parametrize("name", CONTENT)
def test_answer_that_is_no_use_is_dropped_with_its_reason(name, tmp_path):
    text, reasons = CONTENT[name]
    with serving(says(text), good) as server:
        made = write(server, tmp_path)
    assert made.complete
    assert made.faults == {}
    assert {line.reason for line in made.dropped} <= reasons | {"says the same as an earlier one"}
    assert made.dropped
    assert made.prompt_set.texts(State.NORMAL) == tuple(NORMAL.split("\n"))


def test_injection_that_asks_for_keys_gets_none_into_prompts_cache_or_logs(tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    with serving(echoes_the_key, good) as server:
        made = write(server, tmp_path)

        assert server.seen[0][1] == f"Bearer {KEY}"
    write_prompt_set(tmp_path / "set.jsonl", made.prompt_set)
    assert made.complete
    assert {line.reason for line in made.dropped} == {"markup"}
    assert_no_key(tmp_path, caplog, repr(made))


def test_request_that_fails_for_good_costs_nothing_of_the_others(tmp_path):
    with serving(says("a clean bottle here"), fails(400), good) as server:
        made = write(server, tmp_path, per_state=3)
    assert len(made.failed) == 1
    assert made.prompt_set.texts(State.NORMAL) == ("a clean bottle here", *NORMAL.split("\n"))
    assert len(kept_answers(tmp_path)) == made.requests - 1


def test_second_run_makes_no_request_and_an_interrupted_one_goes_on(tmp_path):
    with serving(good, fails(401)) as server:
        with pytest.raises(LLMError, match="abnormal"):
            write(server, tmp_path)
        server.seen.clear()
        server.behaviours = (good,)
        first = write(server, tmp_path)
        assert len(server.seen) == 1  # the normal answer was kept
        again = write(server, tmp_path)
        assert len(server.seen) == 1
    assert again.prompt_set.digest == first.prompt_set.digest
    assert again.cached == again.requests == 2


def test_cap_on_requests_counts_retries_and_leaves_half_to_each_state(tmp_path):
    # Normal: one fault, one answer with two prompts of three; abnormal: the same without a fault.
    capped = FAST.model_copy(update={"max_requests": 4})
    with serving(fails(500), good) as server:
        made = write(server, tmp_path, per_state=3, traffic=capped)

        assert len(server.seen) == 4
    assert not made.complete
    assert made.kept == 4
    assert made.failed == (
        "half of a cap is used up; the rest is for the other state",
        "the cap of 4 requests is reached",
    )


def test_cap_on_dollars_stops_before_it_could_be_broken(tmp_path):
    # 100 + 20 tokens at a dollar each per thousand: $0.12 a request. The most that one can cost is
    # a token for each byte that is asked and 800 that are answered: about $1.3.
    with serving(good) as server:
        named = f"openai:tiny@127.0.0.1:{server.server_port}"
        prices = {named: {"input": 1000, "output": 1000}}
        rules = TrafficConfig.model_validate({**FAST.model_dump(), "max_usd": 2, "prices": prices})
        with pytest.raises(LLMError, match=r"would break the cap of \$0\.5000"):
            write(server, tmp_path, traffic=rules.model_copy(update={"max_usd": 0.5}))
        assert server.seen == []
        made = write(server, tmp_path, traffic=rules)
    assert made.cost_usd == pytest.approx(0.24)


def test_caps_hold_for_all_prompt_sets_of_a_command_together(tmp_path):
    # Three sets; the first sends two requests, the second two (half of what is left, each state
    # one), and nothing is left for the third. What is cached is given nevertheless.
    spent = Spent()
    capped = FAST.model_copy(update={"max_requests": 4})
    with serving(good) as server:
        for seed in (1, 2):
            assert write(server, tmp_path, seed=seed, traffic=capped, spent=spent).complete
        with pytest.raises(LLMError, match="the cap of 4 requests is reached"):
            write(server, tmp_path, seed=3, traffic=capped, spent=spent)
        again = write(server, tmp_path, seed=1, traffic=capped, spent=spent)

        assert len(server.seen) == spent.requests == 4
    assert again.cached == 2


def test_requests_are_sent_several_at_a_time_and_each_once(tmp_path):
    # Each answer holds one usable line, so that a state of four needs four requests; a request
    # is answered only once another one is under way beside it.
    pair = threading.Barrier(2)
    written = iter(range(99))

    def answer(exchange):
        pair.wait(timeout=20)
        asked = json.dumps(exchange.body)
        state = "clean rim" if "without any defect" in asked else "chipped rim"
        says(f"a bottle with a {state} and {WORDS[next(written)]}")(exchange)

    with serving(answer) as server:
        made = write(
            server,
            tmp_path,
            per_state=4,
            traffic=FAST.model_copy(update={"max_concurrency": 2}),
            template=one_at_a_time(tmp_path),
        )

        assert len(server.seen) == 8
        assert len({body["seed"] for body, _ in server.seen}) == 4  # of each state
    assert made.complete
    assert made.faults == {}
    assert len(kept_answers(tmp_path)) == 8


WORDS = ("glass", "label", "cork", "neck", "thread", "base", "shoulder", "stopper")


def one_at_a_time(folder):
    shipped = files("promptlab.prompts").joinpath("templates", "describe.yaml").read_text()
    path = folder / "one.yaml"
    path.write_text(shipped.replace("answers_per_request: 12", "answers_per_request: 1"))
    return str(path)


def test_cap_on_dollars_without_a_price_is_refused(tmp_path):
    with serving(good) as server:
        rules = FAST.model_copy(update={"max_usd": 1.0})
        with pytest.raises(LLMError, match=r"a cap on dollars needs the price of openai:tiny@"):
            write(server, tmp_path, traffic=rules)


def test_rate_is_kept(tmp_path):
    # Three requests at 10 a second, from a bucket of one: 0.2 s at least.
    slow = FAST.model_copy(update={"requests_per_second": 10.0})
    with serving(fails(500), good) as server:
        made = write(server, tmp_path, traffic=slow)
    assert made.seconds >= 0.2


def test_structured_answers_are_asked_by_a_schema_and_kept_as_json(tmp_path):
    with serving(good) as server:
        made = write(server, tmp_path, form="structured")
        grouped = write(server, tmp_path, form="structured", template="defects_first")
        bodies = [body for body, _ in server.seen]

    assert made.form == "structured"
    assert bodies[0]["response_format"]["json_schema"]["name"] == "Listed"
    assert bodies[0]["response_format"]["json_schema"]["schema"]["required"] == ["sentences"]
    assert "stop" not in bodies[0]
    assert isinstance(bodies[0]["seed"], int)
    assert bodies[-1]["response_format"]["json_schema"]["name"] == "Grouped"
    assert json.loads(made.answers[0].answer) == {"sentences": NORMAL.split("\n")}
    assert made.prompt_set.texts(State.NORMAL) == tuple(NORMAL.split("\n"))
    assert grouped.prompt_set.texts(State.ABNORMAL) == tuple(ABNORMAL.split("\n"))
    assert made.usage.input_tokens == 200


@pytest.mark.parametrize("wrong", ['{"sentences": "none"}', '{"sentences": ["a bot', "[]", "hello"])
def test_structured_answer_that_breaks_the_schema_is_asked_again(wrong, tmp_path):
    with serving(says(wrong), good) as server:
        made = write(server, tmp_path, form="structured")

        assert len(server.seen) == 3
    assert made.complete
    assert sum(made.faults.values()) == 1


def test_servers_by_address_write_lines_unless_told_otherwise(tmp_path):
    with serving(good) as server:
        made = write(server, tmp_path)

        assert "response_format" not in server.seen[0][0]
    assert made.form == "lines"
