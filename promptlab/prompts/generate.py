"""Ask a language model for prompts until enough survive cleaning, or the cap is reached.

Template in, requests through LangChain, answers cached, lines cleaned, prompt set out. Does not
know how models are reached, what makes a line good, or backbones.
"""

import hashlib
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from promptlab import __version__
from promptlab.errors import LLMError, PromptError, PromptLabError
from promptlab.files import digest_bytes
from promptlab.prompts.answers import Answer, AnswerCache, answer_key, open_answers
from promptlab.prompts.clean import CleaningRules, Dropped, clean_lines, parse_answer
from promptlab.prompts.llm import LLM, Sampling, default_template, open_llm
from promptlab.prompts.nouns import category_noun
from promptlab.prompts.promptset import Prompt, PromptSet, Provenance
from promptlab.prompts.recorded import RecordedAnswer
from promptlab.prompts.templates import (
    RequestTemplate,
    load_template,
    render,
    render_prefix,
    request_text,
)
from promptlab.types import Progress, State, silent

if TYPE_CHECKING:
    from langchain_core.prompt_values import PromptValue

__all__ = ["Generated", "generate_prompts"]

_CAP_FACTOR = 3
_CAP_EXTRA = 8
# Requests in one go, per connection: few, since neither progress nor Ctrl-C gets in between.
_BATCH = 4


@dataclass(frozen=True)
class Generated:
    """The prompts a language model wrote, and what it took."""

    prompt_set: PromptSet
    dropped: tuple[Dropped, ...]
    drawn: int
    """Lines that the answers held, up to the last one needed."""
    kept: int
    requests: int
    cached: int
    """Requests that the answer cache answered."""
    failed: tuple[str, ...]
    """Why requests had no answer, one entry each."""
    tokens: int
    """Input and output tokens of the answers used, cached ones included, where reported."""
    seconds: float
    complete: bool
    """Whether both states reached the number asked for."""
    answers: tuple[RecordedAnswer, ...]
    """Raw answers, for `promptlab.prompts.recorded.write_recording`."""


@dataclass(frozen=True)
class _Task:
    """What stays the same over all draws of one call."""

    llm: LLM
    template: RequestTemplate
    sampling: Sampling
    category: str
    noun: str
    per_state: int
    seed: int


@dataclass(frozen=True)
class _Draw:
    """One LLM request: what to ask and with which seed."""

    request: "PromptValue"
    text: str
    seed: int
    key: str


@dataclass
class _Tally:
    """What the draws of one state have given so far."""

    prompts: list[Prompt] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    answers: list[RecordedAnswer] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    requests: int = 0
    cached: int = 0
    tokens: int = 0


def generate_prompts(  # noqa: PLR0913 - one keyword for each choice of the user
    llm: str,
    category: str,
    *,
    noun: str | None = None,
    template: str | None = None,
    per_state: int = 24,
    seed: int = 0,
    temperature: float = 0.9,
    count_tokens: Callable[[str], int] | None = None,
    max_tokens: int = 77,
    cache: Path | None = None,
    progress: Progress = silent,
) -> Generated:
    """Let a language model write the prompts of one category.

    Draws go on until ``per_state`` prompts of each state survive cleaning, at most three times as
    many as that and a few more; ``complete`` says whether that was enough.

    Args:
        llm: as in `promptlab.prompts.llm`.
        category: the category's name in the data set.
        noun: how sentences name it; None: `category_noun`.
        template: name or path of a request template; None: the one that suits the model.
        per_state: how many prompts of each state to reach.
        seed: another seed is another sample of the same model.
        temperature: of the language model.
        count_tokens: the backbone's token count; None: prompts may have any number of tokens.
        max_tokens: the backbone's limit, for ``count_tokens``.
        cache: the answer cache's file; None: the one in promptlab's cache folder.
        progress: told how many prompts of a state are kept, out of how many.

    Raises:
        LLMError: when the model cannot be reached or nothing usable came of a state.
        MissingDependencyError: when a package is missing.
        PromptError: when the template does not exist or breaks rules, or per_state is below 1.
    """
    if per_state < 1:
        raise PromptError(f"per_state must be at least 1, but got {per_state}.")
    asked = load_template(template or default_template(llm))
    sampling = Sampling(temperature, asked.max_tokens, asked.stop)
    started = time.monotonic()
    tallies = []
    with (
        open_llm(llm, kind=asked.kind, sampling=sampling) as model,
        open_answers(cache) as answers,
    ):
        noun = noun or category_noun(category)
        task = _Task(model, asked, sampling, category, noun, per_state, seed)
        for state in State:
            rules = CleaningRules(
                noun,
                state,
                strict=asked.strict,
                banned=asked.banned,
                count_tokens=count_tokens,
                max_tokens=max_tokens,
            )
            tallies.append(_fill_state(task, rules, answers=answers, progress=progress))
    return _summary(task, tallies, seconds=time.monotonic() - started)


def _fill_state(
    task: _Task, rules: CleaningRules, *, answers: AnswerCache, progress: Progress
) -> _Tally:
    """Draw until enough prompts of one state are kept, or the cap is reached."""
    count = min(task.template.answers_per_request, task.per_state)
    cap = -(-(_CAP_FACTOR * task.per_state + _CAP_EXTRA) // count)
    request = render(task.template, rules.state, noun=task.noun, count=count)
    rules = replace(rules, request=request_text(request))
    tally = _Tally()
    index = 0
    while len(tally.prompts) < task.per_state and index < cap:
        missing = -(-(task.per_state - len(tally.prompts)) // count)
        wanted = min(missing, cap - index, _BATCH * task.llm.max_concurrency)
        draws = [_draw(task, request, i) for i in range(index, index + wanted)]
        index += wanted
        results = _ask(task, draws, tally=tally, answers=answers)
        for draw, result in zip(draws, results, strict=True):
            if isinstance(result, Answer):
                _take(task, rules, draw, answer=result, tally=tally)
        progress(f"{rules.state.name.lower()} prompts", len(tally.prompts), task.per_state)
        if not any(isinstance(result, Answer) for result in results):
            break
    if not tally.prompts:
        raise _nothing_usable(task, rules.state, tally)
    return tally


def _draw(task: _Task, request: "PromptValue", index: int) -> _Draw:
    """Number the draw: without its own seed and key, equal requests would share one answer."""
    digest = hashlib.sha256(f"{task.seed}:{index}".encode()).digest()
    seed = int.from_bytes(digest[:4], "big") & 0x7FFFFFFF
    text = request_text(request)
    sampling = task.sampling
    key = answer_key(
        task.llm.id,
        text,
        sampling.temperature,
        sampling.max_tokens,
        list(sampling.stop),
        task.seed,
        index,
    )
    return _Draw(request, text, seed, key)


def _ask(
    task: _Task, draws: Sequence[_Draw], *, tally: _Tally, answers: AnswerCache
) -> list[Answer | BaseException]:
    """Answer draws from the cache, and ask the model for the rest, in one batch."""
    known = {draw.key: answers.get(draw.key) for draw in draws} if task.llm.cacheable else {}
    new = [draw for draw in draws if known.get(draw.key) is None]
    fresh: dict[str, Answer | BaseException] = {}
    if new:
        fresh = dict(zip((draw.key for draw in new), _request(task, new, answers), strict=True))
    tally.requests += len(draws)
    tally.cached += len(draws) - len(new)
    tally.failed += [_plain(one) for one in fresh.values() if isinstance(one, BaseException)]
    return [known.get(draw.key) or fresh[draw.key] for draw in draws]


def _request(
    task: _Task, draws: Sequence[_Draw], answers: AnswerCache
) -> list[Answer | BaseException]:
    # LangChain takes a third of a second to import; a run from the cache alone does not need it.
    from langchain_core.runnables import RunnableConfig, RunnableLambda  # noqa: PLC0415

    model = task.llm.model()

    def ask(draw: _Draw) -> Answer:
        arguments = task.llm.call_arguments(task.sampling, seed=draw.seed)
        answer = _as_answer(model.generate_prompt([draw.request], **arguments))
        if task.llm.cacheable:
            answers.put(draw.key, answer)  # at once, so that an interrupted run loses nothing
        return answer

    limit = RunnableConfig(max_concurrency=task.llm.max_concurrency)
    return [*RunnableLambda(ask).batch(list(draws), limit, return_exceptions=True)]


def _as_answer(result: Any) -> Answer:  # noqa: ANN401 - LLMResult, imported only when needed
    generation = result.generations[0][0]
    usage = getattr(getattr(generation, "message", None), "usage_metadata", None) or {}
    total = (result.llm_output or {}).get("token_usage") or {}
    date = (generation.generation_info or {}).get("date")
    return Answer(
        generation.text,
        date or datetime.now(UTC).isoformat(timespec="seconds"),
        usage.get("input_tokens") or total.get("prompt_tokens") or 0,
        usage.get("output_tokens") or total.get("completion_tokens") or 0,
    )


def _take(task: _Task, rules: CleaningRules, draw: _Draw, *, answer: Answer, tally: _Tally) -> None:
    """Clean one answer and keep what is good, up to the number wanted."""
    tally.tokens += answer.input_tokens + answer.output_tokens
    tally.answers.append(
        RecordedAnswer(request=draw.text, seed=draw.seed, answer=answer.text, date=answer.date)
    )
    prefix = render_prefix(task.template, noun=task.noun)
    lines = (f"{prefix} {answer.text.strip()}",) if prefix else parse_answer(answer.text)
    for line in lines:
        if len(tally.prompts) == task.per_state:
            return
        cleaned = clean_lines([line], rules, earlier=[one.text for one in tally.prompts])
        tally.dropped += cleaned.dropped
        tally.prompts += [_prompt(task, rules.state, text, answer) for text in cleaned.kept]


def _prompt(task: _Task, state: State, text: str, answer: Answer) -> Prompt:
    provenance = Provenance(
        llm=task.llm.name,
        template=task.template.name,
        template_version=task.template.version,
        seed=task.seed,
        temperature=task.sampling.temperature,
        date=answer.date,
        promptlab_version=__version__,
        answer_digest=digest_bytes(answer.text.encode("utf-8")),
    )
    return Prompt(text, state, f"{task.llm.name}/{task.template.name}", provenance)


def _summary(task: _Task, tallies: Sequence[_Tally], *, seconds: float) -> Generated:
    prompts = tuple(prompt for tally in tallies for prompt in tally.prompts)
    dropped = tuple(line for tally in tallies for line in tally.dropped)
    return Generated(
        prompt_set=PromptSet(task.category, prompts),
        dropped=dropped,
        drawn=len(prompts) + len(dropped),
        kept=len(prompts),
        requests=sum(tally.requests for tally in tallies),
        cached=sum(tally.cached for tally in tallies),
        failed=tuple(reason for tally in tallies for reason in tally.failed),
        tokens=sum(tally.tokens for tally in tallies),
        seconds=seconds,
        complete=len(prompts) == len(State) * task.per_state,
        answers=tuple(answer for tally in tallies for answer in tally.answers),
    )


def _nothing_usable(task: _Task, state: State, tally: _Tally) -> LLMError:
    asked = f"{task.llm.name} must give usable {state.name.lower()} prompts for {task.noun!r}"
    if tally.failed:
        return LLMError(f"{asked}, but its requests failed: {tally.failed[-1]}")
    example = f"; the last: {tally.dropped[-1].reason}" if tally.dropped else ""
    return LLMError(
        f"{asked}, but all {len(tally.dropped)} lines of {tally.requests} answers were "
        f"dropped{example}. Try another template, seed or model."
    )


def _plain(error: BaseException) -> str:
    """Say what went wrong in one line; providers like to quote parts of keys."""
    text = " ".join(str(error).split())
    if isinstance(error, PromptLabError):
        return text
    text = re.sub(r"(?i)(?:sk-|key[-_=: ]+|bearer )\S+", "[key]", text)
    return f"{type(error).__name__}: {text[:200]}"
