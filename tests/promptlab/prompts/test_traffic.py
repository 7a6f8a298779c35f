from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from promptlab.config import Price, TrafficConfig
from promptlab.errors import LLMError
from promptlab.prompts.traffic import (
    CapReachedError,
    Gate,
    Spent,
    UnusableAnswerError,
    Usage,
    fault_of,
)

MOST = Usage(1000, 1000)
AT_ONCE = TrafficConfig(retries=2, backoff=0.0)
PRICES = {"x:y": Price(input=1.0, output=2.0)}


class Response:
    def __init__(self, status, **headers):
        self.status_code = status
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


class RefusedError(Exception):
    def __init__(self, status, **headers):
        super().__init__("no")
        self.response = Response(status, **headers)


def failing(*errors):
    """Return a request that raises one error after the other and then answers."""
    left = list(errors)

    def request():
        if left:
            raise left.pop(0)
        return "hello", Usage(100, 50)

    return request


def test_usage_costs_dollars_per_million_tokens():
    # 300,000 tokens at $2 and 50,000 at $10 a million.
    assert Usage(300_000, 50_000).cost(Price(input=2, output=10)) == pytest.approx(1.1)


@pytest.mark.parametrize(
    ("error", "kind", "again", "wait"),
    [
        (RefusedError(429, retry_after="7"), "HTTP 429: the server limits the rate", True, 7.0),
        (RefusedError(429), "HTTP 429: the server limits the rate", True, None),
        (RefusedError(429, retry_after="soon"), "HTTP 429: the server limits the rate", True, None),
        (RefusedError(503, retry_after="-3"), "HTTP 503: the server is in trouble", True, 0.0),
        (RefusedError(401), "HTTP 401: the server refused the key", False, None),
        (RefusedError(400), "HTTP 400: the server refused the request", False, None),
        (RefusedError(408), "HTTP 408: the server timed out", True, None),
        (TimeoutError("late"), "timed out", True, None),
        (ConnectionResetError("gone"), "connection lost", True, None),
        (ValueError("no JSON"), "no readable answer", True, None),
        (UnusableAnswerError("empty answer", ""), "empty answer", True, None),
        (UnusableAnswerError("answer too long", "x", again=False), "answer too long", False, None),
        (LLMError("the engine stopped"), "LLMError", False, None),
    ],
)
def test_fault_of(error, kind, again, wait):
    fault = fault_of(error)

    assert (fault.kind, fault.again, fault.wait) == (kind, again, wait)


def test_fault_of_when_retry_after_is_a_date():
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)

    assert 28 < fault_of(RefusedError(429, retry_after=moment)).wait <= 30


def test_fault_of_when_a_client_wraps_the_error_with_the_status():
    wrapped = ValueError("the client failed")
    wrapped.__cause__ = RuntimeError("calling the model failed")
    wrapped.__cause__.__cause__ = RefusedError(429, retry_after="7")

    fault = fault_of(wrapped)

    assert (fault.kind, fault.wait) == ("HTTP 429: the server limits the rate", 7.0)
    assert not fault.billed


def test_send_when_a_retry_mends_it_counts_the_fault():
    gate = Gate(AT_ONCE, model="x:y", free=True)

    assert gate.send(failing(TimeoutError(), RefusedError(500)), most=MOST) == "hello"
    assert gate.sent == 3
    assert gate.faults == {"timed out": 1, "HTTP 500: the server is in trouble": 1}


def test_send_when_it_fails_for_good_says_how_often():
    gate = Gate(AT_ONCE, model="x:y", free=True)

    with pytest.raises(LLMError, match=r"timed out \(TimeoutError: late\), 3 times"):
        gate.send(failing(*[TimeoutError("late")] * 3), most=MOST)


def test_send_when_asking_again_cannot_help_asks_once():
    gate = Gate(AT_ONCE, model="x:y", free=True)

    with pytest.raises(LLMError, match="refused the key"):
        gate.send(failing(RefusedError(401)), most=MOST)
    assert gate.sent == 1


def test_send_waits_twice_as_long_each_time_and_as_long_as_it_is_told(monkeypatch):
    waits = []
    monkeypatch.setattr("promptlab.prompts.traffic.time.sleep", waits.append)
    gate = Gate(TrafficConfig(retries=4, backoff=0.5), model="x:y", free=True)

    gate.send(
        failing(TimeoutError(), TimeoutError(), RefusedError(429, retry_after="9"), TimeoutError()),
        most=MOST,
    )

    assert waits == [0.5, 1.0, 9.0, 4.0]


def test_send_when_a_cap_on_dollars_is_near_holds_back_the_most():
    # At most $0.003 a request; each in fact costs 100 * 1 + 50 * 2 = $0.0002.
    rules = AT_ONCE.model_copy(update={"max_usd": 0.0033, "prices": PRICES})
    gate = Gate(rules, model="x:y", free=False)

    gate.send(failing(), most=MOST)
    gate.send(failing(), most=MOST)
    with pytest.raises(CapReachedError, match=r"may cost \$0\.0030, .* cap of \$0\.0033"):
        gate.send(failing(), most=MOST)


def test_send_when_a_request_timed_out_counts_it_as_billed():
    rules = AT_ONCE.model_copy(update={"max_usd": 0.005, "prices": PRICES})
    gate = Gate(rules, model="x:y", free=False)

    with pytest.raises(CapReachedError):
        gate.send(failing(TimeoutError()), most=MOST)


def test_used_is_the_share_of_what_others_left():
    # Of ten requests others have sent four; three of the six that are left are half.
    spent = Spent()
    rules = AT_ONCE.model_copy(update={"max_requests": 10})
    others = Gate(rules, model="x:y", free=False, spent=spent)
    for _ in range(4):
        others.send(failing(), most=MOST)
    gate = Gate(rules, model="x:y", free=False, spent=spent)

    assert gate.used() == 0
    for _ in range(3):
        gate.send(failing(), most=MOST)

    assert gate.used() == 0.5
    assert others.used() == 0.7
    assert Gate(rules.model_copy(update={"max_requests": 7}), model="x:y", free=False,
                spent=spent).used() == 0  # fmt: skip


def test_gate_when_a_cap_on_dollars_has_no_price():
    rules = TrafficConfig(max_usd=1.0, prices=PRICES)

    with pytest.raises(LLMError, match=r"needs the price of a:b, but prices name x:y"):
        Gate(rules, model="a:b", free=False)
    assert Gate(rules, model="a:b", free=True).price == Price(input=0, output=0)
