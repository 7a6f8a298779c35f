"""Requests that may fail: pace, patience, retries, and caps on requests and dollars.

Every request goes through one `Gate`. The providers' own clients do not retry: their retries would
escape the caps and the pace, and LangChain's ``with_retry`` does not know ``Retry-After``. Does not
know prompts, templates or what an answer means.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar

from promptlab.config import Price, TrafficConfig
from promptlab.errors import LLMError, PromptLabError
from promptlab.prompts.secrets import redact

if TYPE_CHECKING:
    from langchain_core.rate_limiters import InMemoryRateLimiter

__all__ = [
    "CapReachedError",
    "Fault",
    "Gate",
    "Spent",
    "UnusableAnswerError",
    "Usage",
    "fault_of",
]

T = TypeVar("T")

_LONGEST_WAIT = 60.0
_DEEPEST = 5
"""Errors that one error was raised from, one after the other."""
_MILLION = 1e6
_HINTS = {
    401: "refused the key",
    403: "refused the key",
    404: "knows no such model or address",
    408: "timed out",
    429: "limits the rate",
}


class CapReachedError(LLMError):
    """A cap on requests or dollars forbids another request."""


class UnusableAnswerError(LLMError):
    """What came back is no answer; asking again may help."""

    def __init__(self, kind: str, detail: str, *, again: bool = True) -> None:
        super().__init__(f"{kind}: {detail}" if detail else kind)
        self.kind = kind
        self.again = again


@dataclass(frozen=True)
class Usage:
    """Tokens of one request, as the provider counted them."""

    input_tokens: int = 0
    output_tokens: int = 0

    def cost(self, price: Price) -> float:
        """Return the dollars of these tokens."""
        return (self.input_tokens * price.input + self.output_tokens * price.output) / _MILLION


@dataclass(frozen=True)
class Fault:
    """Why a request gave no answer, and what to do about it."""

    kind: str
    """The same words for every fault of this kind: what is counted."""
    text: str
    """One line for people, without keys."""
    again: bool
    wait: float | None = None
    """Seconds the server asked to wait."""
    billed: bool = False
    """Whether the provider may have charged for it nevertheless."""


class Spent:
    """What a command has sent and may have paid so far, over all its prompt sets."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.requests = 0
        self.dollars = 0.0


class Gate:
    """Lets requests to one model through, at the pace and within the caps of the traffic rules.

    Safe under threads. Counts every request sent, and every fault by kind.

    Args:
        traffic: the rules.
        model: the model's public name, for messages and prices.
        free: whether it runs on this machine.
        spent: counts towards the caps together with this gate's own; None: nothing else does.

    Raises:
        LLMError: when there is a cap on dollars, but no price to reckon with.
    """

    def __init__(
        self, traffic: TrafficConfig, *, model: str, free: bool, spent: Spent | None = None
    ) -> None:
        self.price = Price(input=0, output=0) if free else traffic.prices.get(model)
        if traffic.max_usd is not None and self.price is None:
            raise LLMError(
                f"a cap on dollars needs the price of {model}, but prices name "
                f"{', '.join(sorted(traffic.prices)) or 'no model'}; give its dollars per million "
                "input and output tokens, or cap the requests instead."
            )
        self._traffic = traffic
        self._limiter: InMemoryRateLimiter | None = None
        self._spent = spent or Spent()
        self._lock = self._spent.lock
        self._before = (self._spent.requests, self._spent.dollars)
        self.sent = 0
        self.faults: Counter[str] = Counter()

    def used(self) -> float:
        """Return the share used up of what the caps left to this gate; 0 where nothing was left."""
        rules, (requests, dollars) = self._traffic, self._before
        return max(
            _share(self._spent.requests, requests, rules.max_requests),
            _share(self._spent.dollars, dollars, rules.max_usd),
        )

    def send(self, request: Callable[[], tuple[T, Usage | None]], *, most: Usage) -> T:
        """Make one request, again where that may help.

        Args:
            request: makes it; gives the answer and the tokens it took, if they were reported.
            most: the most tokens it can take, held back from the cap until the true number is
                known.

        Raises:
            CapReachedError: when another request would break a cap.
            LLMError: when it failed for good; the text says why.
        """
        for attempt in count():
            held = self._enter(most)
            try:
                answer, usage = request()
            except Exception as error:  # noqa: BLE001 - every provider has its own errors
                fault = fault_of(error)
                self._settle(held, held if fault.billed else 0.0)
                with self._lock:
                    self.faults[fault.kind] += 1
                wait = self._traffic.backoff * 2**attempt if fault.wait is None else fault.wait
                if attempt == self._traffic.retries or not fault.again or wait > _LONGEST_WAIT:
                    raise LLMError(_told(fault, attempt + 1, wait)) from None
                time.sleep(wait)
            else:
                known = self.price is not None and usage is not None
                self._settle(held, usage.cost(self.price) if known else held)  # type: ignore[union-attr,arg-type]
                return answer
        raise LLMError("unreachable")  # pragma: no cover - count() never ends

    def _enter(self, most: Usage) -> float:
        """Check the caps, hold the most this request can cost, and wait for its turn."""
        rules = self._traffic
        held = most.cost(self.price) if self.price else 0.0
        with self._lock:
            if rules.max_requests is not None and self._spent.requests >= rules.max_requests:
                raise CapReachedError(f"the cap of {rules.max_requests} requests is reached")
            if rules.max_usd is not None and self._spent.dollars + held > rules.max_usd:
                raise CapReachedError(
                    f"another request may cost ${held:.4f}, which with "
                    f"${self._spent.dollars:.4f} so far would break the cap of "
                    f"${rules.max_usd:.4f}"
                )
            self.sent += 1
            self._spent.requests += 1
            self._spent.dollars += held
            limiter = self._paced()
        if limiter is not None:
            limiter.acquire(blocking=True)
        return held

    def _paced(self) -> "InMemoryRateLimiter | None":
        if self._limiter is None and self._traffic.requests_per_second is not None:
            from langchain_core.rate_limiters import InMemoryRateLimiter  # noqa: PLC0415 - slow

            self._limiter = InMemoryRateLimiter(
                requests_per_second=self._traffic.requests_per_second,
                check_every_n_seconds=min(0.1, 0.1 / self._traffic.requests_per_second),
                max_bucket_size=1,
            )
        return self._limiter

    def _settle(self, held: float, cost: float) -> None:
        with self._lock:
            self._spent.dollars += cost - held


def _share(now: float | int, before: float | int, cap: float | int | None) -> float:
    return (now - before) / (cap - before) if cap is not None and cap > before else 0.0


def fault_of(error: BaseException) -> Fault:
    """Say what an exception of any provider's client means.

    By HTTP status where there is one (408, 409, 429 and 5xx may pass), else by whether nothing
    came back (time-out, cut connection) or something that is no answer.
    """
    if isinstance(error, UnusableAnswerError):
        return Fault(error.kind, str(error), again=error.again, billed=True)
    if isinstance(error, PromptLabError):
        return Fault(type(error).__name__, str(error), again=False)
    status = _status(error)
    text = f"{type(error).__name__}: {redact(' '.join(str(error).split()))[:200]}"
    if status is not None and status >= 400:
        kind = f"HTTP {status}: the server {_HINTS.get(status, _class_of(status))}"
        again = status in (408, 409, 429) or status >= 500
        return Fault(kind, f"{kind} ({text})", again=again, wait=_retry_after(error))
    names = " ".join(one.__name__ for one in type(error).__mro__).lower()
    if isinstance(error, TimeoutError) or "timeout" in names:
        return Fault("timed out", f"timed out ({text})", again=True, billed=True)
    if isinstance(error, ConnectionError | OSError) or "connect" in names or "protocol" in names:
        return Fault("connection lost", f"connection lost ({text})", again=True, billed=True)
    return Fault("no readable answer", f"no readable answer ({text})", again=True, billed=True)


def _class_of(status: int) -> str:
    return "is in trouble" if status >= 500 else "refused the request"


def _status(error: BaseException) -> int | None:
    for one in _chain(error):
        for holder in (one, getattr(one, "response", None)):
            for name in ("status_code", "status", "code"):
                value = getattr(holder, name, None)
                if isinstance(value, int):
                    return value
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and what it was raised from: some clients wrap the error with the status."""
    one: BaseException | None = error
    for _ in range(_DEEPEST):
        if one is None:
            return
        yield one
        one = one.__cause__


def _retry_after(error: BaseException) -> float | None:
    """Return the seconds that a Retry-After header asks for; it may hold a date (RFC 9110)."""
    responses = (getattr(one, "response", None) for one in _chain(error))
    found: Iterator[Any] = (getattr(one, "headers", None) or {} for one in responses)
    value = next((text for one in found if (text := str(one.get("retry-after") or ""))), "")
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())


def _told(fault: Fault, attempts: int, wait: float) -> str:
    tried = f", {attempts} times" if attempts > 1 else ""
    later = f"; the server asks to wait {wait:.0f} s" if fault.wait and wait > _LONGEST_WAIT else ""
    return f"{fault.text}{tried}{later}"
