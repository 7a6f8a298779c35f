"""One LLM request at a time: from a rendered request to an answer that is kept.

Chooses how the model writes (lines or by a schema), goes through the gate, counts tokens with
LangChain's usage callback, and keeps the answer before anything else happens. Does not know
prompts or states.
"""

import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from promptlab.config import TrafficConfig
from promptlab.errors import LLMError
from promptlab.prompts.answers import Answer, AnswerCache, answer_key
from promptlab.prompts.llm import LLM, Sampling
from promptlab.prompts.secrets import redact
from promptlab.prompts.templates import Form, RequestTemplate
from promptlab.prompts.traffic import Gate, UnusableAnswerError, Usage

if TYPE_CHECKING:
    from langchain_core.prompt_values import PromptValue

__all__ = ["Asker", "Draw", "choose_form"]

T = TypeVar("T")

_LONGEST_ANSWER = 64_000
"""Characters; what is longer was not written for the request."""
_SPARE_TOKENS = 64
"""What chat formats and schemas add to a request, at most."""


@dataclass(frozen=True)
class Draw:
    """One LLM request: what to ask, with which seed, and where its answer is kept."""

    request: "PromptValue"
    text: str
    seed: int
    key: str


def choose_form(
    llm: LLM,
    template: RequestTemplate,
    *,
    asked: Literal["auto", "lines", "structured"],
    answers: AnswerCache,
) -> Form:
    """Return how answers are to be written: structured where the model is known to be able.

    ``auto`` asks LangChain's profile of the model; completions and models it does not know
    (local ones, servers by URL) write lines. The finding is kept with the answers, so that a
    second run needs neither client nor key.

    Raises:
        LLMError: when structured output is asked of a template or model that cannot give it.
    """
    if llm.form is not None:
        return "structured" if llm.form == "structured" else "lines"
    if template.kind == "completion":
        if asked == "structured":
            raise LLMError(
                f"structured output needs a chat template, but {template.label} is of kind "
                "completion; choose another template or the form lines."
            )
        return "lines"
    if asked == "structured" and llm.local:
        raise LLMError(
            f"structured output needs a hosted model or a server, but {llm.name} runs inside this "
            "process; choose the form lines."
        )
    if asked != "auto":
        return asked
    key = answer_key("form", llm.id)
    known = answers.get(key)
    if known is None:
        found = "structured" if llm.writes_structures() else "lines"
        known = Answer(found, _now(), 0, 0)
        answers.put(key, known)
    return "structured" if known.text == "structured" else "lines"


@dataclass(frozen=True)
class Asker:
    """Asks one model in one form.

    Args:
        llm: the model.
        sampling: how it picks its words.
        form: how it writes.
        groups: whether a structured answer has headings.
        gate: what requests go through.
        traffic: for concurrency and patience.
        answers: where answers are kept.
    """

    llm: LLM
    sampling: Sampling
    form: Form
    groups: bool
    gate: Gate
    traffic: TrafficConfig
    answers: AnswerCache
    fresh: set[str] = field(default_factory=set)
    """Keys of the draws that the model itself answered."""

    def ask(self, draws: Sequence[Draw]) -> list[Answer | Exception]:
        """Answer draws from the cache, and ask the model for the rest, several at a time."""
        cached = {draw.key: self.answers.get(draw.key) for draw in draws if self.llm.cacheable}
        known = {key: answer for key, answer in cached.items() if answer is not None}
        new = [draw for draw in draws if draw.key not in known]
        made = dict(zip((draw.key for draw in new), self._ask_model(new), strict=True))
        return [known.get(draw.key) or made[draw.key] for draw in draws]

    def _ask_model(self, draws: Sequence[Draw]) -> list[Answer | Exception]:
        if not draws:
            return []
        # LangChain takes a third of a second to import; a run from the cache does not need it.
        from langchain_core.runnables import RunnableConfig, RunnableLambda  # noqa: PLC0415

        self.llm.model()  # made once, before several threads want it
        limit = RunnableConfig(max_concurrency=self.llm.max_concurrency)
        return [*RunnableLambda(self._ask_one).batch(list(draws), limit, return_exceptions=True)]

    def _ask_one(self, draw: Draw) -> Answer:
        began = time.monotonic()
        # A token is at least one byte of text, so this is never exceeded.
        most = Usage(len(draw.text.encode()) + _SPARE_TOKENS, self.sampling.max_tokens)
        text, usage, date = self.gate.send(lambda: self._once(draw), most=most)
        answer = Answer(
            redact(text),
            date or _now(),
            usage.input_tokens,
            usage.output_tokens,
            round(time.monotonic() - began, 3),
        )
        if self.llm.cacheable:
            self.answers.put(draw.key, answer)  # at once: an interrupted run loses nothing
        self.fresh.add(draw.key)
        return answer

    def _once(self, draw: Draw) -> tuple[tuple[str, Usage, str], Usage | None]:
        """Make one request; give the answer for the caller, and its usage for the gate."""
        make = self._structured if self.form == "structured" else self._plain
        if self.llm.local:
            text, usage, date = make(draw)
        else:
            patience = self.traffic.timeout
            text, usage, date = _within(patience, lambda: make(draw))
            if not text.strip():
                raise UnusableAnswerError("empty answer", "")
            if len(text) > _LONGEST_ANSWER:
                raise UnusableAnswerError(
                    "answer too long", f"{len(text):,} characters", again=False
                )
        return (text, usage or Usage(), date), usage

    def _plain(self, draw: Draw) -> tuple[str, Usage | None, str]:
        from langchain_core.callbacks import (  # noqa: PLC0415 - slow
            BaseCallbackHandler,
            UsageMetadataCallbackHandler,
        )

        counter = UsageMetadataCallbackHandler()
        listeners: list[BaseCallbackHandler] = [counter]
        arguments = self.llm.call_arguments(self.sampling, seed=draw.seed)
        result = self.llm.model().generate_prompt([draw.request], callbacks=listeners, **arguments)
        generation = result.generations[0][0]
        date = (generation.generation_info or {}).get("date") or ""
        # LangChain's callback counts chats only; completions say it beside their text.
        total = (result.llm_output or {}).get("token_usage") or {}
        beside = Usage(total.get("prompt_tokens") or 0, total.get("completion_tokens") or 0)
        return generation.text, _counted(counter) or (beside if total else None), date

    def _structured(self, draw: Draw) -> tuple[str, Usage | None, str]:
        """Ask by a schema; the answer is kept as the JSON text that the schema allows."""
        from langchain_core.callbacks import UsageMetadataCallbackHandler  # noqa: PLC0415 - slow

        from promptlab.prompts.schemas import Grouped, Listed  # noqa: PLC0415 - as above

        schema = Grouped if self.groups else Listed
        counter = UsageMetadataCallbackHandler()
        arguments = {
            name: value
            for name, value in self.llm.call_arguments(self.sampling, seed=draw.seed).items()
            if name != "stop"
        }
        model: Any = self.llm.model()
        bound = model.with_structured_output(schema, include_raw=True, **arguments)
        reply = bound.invoke(draw.request.to_messages(), config={"callbacks": [counter]})
        if not isinstance(reply["parsed"], schema):
            why = " ".join(str(reply["parsing_error"] or "nothing was given").split())
            raise UnusableAnswerError("answer breaks the schema", redact(why)[:160])
        text = json.dumps(reply["parsed"].model_dump(), ensure_ascii=False)
        return text, _counted(counter), ""


def _counted(counter: Any) -> Usage | None:  # noqa: ANN401 - imported only when needed
    each = counter.usage_metadata.values()
    if not each:
        return None
    return Usage(
        sum(one["input_tokens"] for one in each), sum(one["output_tokens"] for one in each)
    )


def _within(seconds: float, call: Callable[[], T]) -> T:
    """Wait at most so long: a server that drips keeps a client's own time-out from ever firing."""
    outcome: list[T] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(call())
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits
            failure.append(error)

    worker = threading.Thread(target=run, daemon=True)
    worker.start()
    worker.join(seconds)
    if failure:
        raise failure[0]
    if not outcome:
        raise TimeoutError(f"no whole answer within {seconds:g} s")
    return outcome[0]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
