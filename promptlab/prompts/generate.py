"""Ask a language model for prompts until enough survive cleaning, or the cap is reached.

Template in, requests through LangChain, answers cached, lines cleaned, prompt set out. Does not
know how models are reached, what makes a line good, or backbones.
"""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from promptlab import __version__
from promptlab.config import Price, TrafficConfig
from promptlab.errors import LLMError, PromptError, PromptLabError
from promptlab.files import digest_bytes
from promptlab.prompts.answers import Answer, answer_key, open_answers
from promptlab.prompts.asking import Asker, Draw, choose_form
from promptlab.prompts.clean import CleaningRules, Dropped, clean_lines, parse_answer
from promptlab.prompts.llm import Sampling, default_template, open_llm
from promptlab.prompts.nouns import category_noun
from promptlab.prompts.promptset import Prompt, PromptSet, Provenance
from promptlab.prompts.recorded import RecordedAnswer
from promptlab.prompts.secrets import redact
from promptlab.prompts.templates import (
    Form,
    RequestTemplate,
    load_template,
    render,
    render_prefix,
    request_text,
)
from promptlab.prompts.traffic import CapReachedError, Gate, Spent, Usage
from promptlab.types import Progress, State, silent

if TYPE_CHECKING:
    from langchain_core.prompt_values import PromptValue

__all__ = ["Effort", "Generated", "NothingUsableError", "generate_prompts"]

_CAP_FACTOR = 3
_CAP_EXTRA = 8
# Requests in one go, per connection: few, since neither progress nor Ctrl-C gets in between.
_BATCH = 4
_SHARE = 0.5


@dataclass(frozen=True, kw_only=True)
class Effort:
    """What a language model was asked for one prompt set, whether or not one came of it."""

    dropped: tuple[Dropped, ...]
    drawn: int
    """Lines that the answers held, up to the last one needed."""
    kept: int
    requests: int
    """Draws made; a failed request that was sent again is one draw."""
    cached: int
    """Draws that the answer cache answered."""
    failed: tuple[str, ...]
    """Why draws had no answer, one entry each."""
    faults: Mapping[str, int]
    """Faults of single requests by kind, also of those that a retry mended."""
    usage: Usage
    """Tokens of the answers used, cached ones included, where reported."""
    cost_usd: float | None
    """What these tokens cost; None: the model's price is not known."""
    seconds: float
    """Of this call; next to nothing when all answers were cached."""
    answer_seconds: float
    """Sum over the answers, from when they were first given."""
    complete: bool
    """Whether both states reached the number asked for."""

    @property
    def tokens(self) -> int:
        """Input and output tokens together."""
        return self.usage.input_tokens + self.usage.output_tokens


@dataclass(frozen=True, kw_only=True)
class Generated(Effort):
    """The prompts a language model wrote, and what it took."""

    prompt_set: PromptSet
    form: Form
    """How the answers were written."""
    answers: tuple[RecordedAnswer, ...]
    """Raw answers, for `promptlab.prompts.recorded.write_recording`."""


class NothingUsableError(LLMError):
    """A language model was asked, but nothing usable came of a state; it may have cost."""

    def __init__(self, text: str, effort: Effort) -> None:
        super().__init__(text)
        self.effort = effort


@dataclass(frozen=True)
class _Task:
    """What stays the same over all draws of one call."""

    asker: Asker
    template: RequestTemplate
    category: str
    noun: str
    per_state: int
    seed: int


@dataclass
class _Tally:
    """What the draws of one state have given so far."""

    prompts: list[Prompt] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    answers: list[RecordedAnswer] = field(default_factory=list)
    used: list[Answer] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    requests: int = 0
    cached: int = 0


def generate_prompts(  # noqa: PLR0913 - one keyword for each choice of the user
    llm: str,
    category: str,
    *,
    noun: str | None = None,
    template: str | None = None,
    per_state: int = 24,
    seed: int = 0,
    temperature: float = 0.9,
    form: Literal["auto", "lines", "structured"] = "auto",
    traffic: TrafficConfig | None = None,
    count_tokens: Callable[[str], int] | None = None,
    max_tokens: int = 77,
    cache: Path | None = None,
    spent: Spent | None = None,
    progress: Progress = silent,
) -> Generated:
    """Let a language model write the prompts of one category.

    Draws go on until ``per_state`` prompts of each state survive cleaning, at most three times as
    many as that and a few more; ``complete`` says whether that was enough. A request that fails
    for good is counted, and the others go on.

    Args:
        llm: as in `promptlab.prompts.llm`.
        category: the category's name in the data set.
        noun: how sentences name it; None: `category_noun`.
        template: name or path of a request template; None: the one that suits the model.
        per_state: how many prompts of each state to reach.
        seed: another seed is another sample of the same model.
        temperature: of the language model.
        form: whether answers are lines or follow a schema; ``auto``: by the model's capability.
        traffic: pace, patience, prices and caps; None: the defaults.
        count_tokens: the backbone's token count; None: prompts may have any number of tokens.
        max_tokens: the backbone's limit, for ``count_tokens``.
        cache: the answer cache's file; None: the one in promptlab's cache folder.
        spent: what counts towards the caps beside this call; None: nothing. Models on this machine
            leave it alone.
        progress: told how many prompts of a state are kept, out of how many.

    Raises:
        LLMError: when the model cannot be reached, or a cap on dollars has no price to reckon
            with.
        MissingDependencyError: when a package is missing.
        NothingUsableError: when nothing usable came of a state; it says what that took.
        PromptError: when the template does not exist or breaks rules, or per_state is below 1.
    """
    if per_state < 1:
        raise PromptError(f"per_state must be at least 1, but got {per_state}.")
    template_ = load_template(template or default_template(llm))
    manner = traffic or TrafficConfig()
    sampling = Sampling(temperature, template_.max_tokens, template_.stop)
    started = time.monotonic()
    tallies = []
    with (
        open_llm(llm, kind=template_.kind, sampling=sampling, traffic=manner) as model,
        open_answers(cache) as answers,
    ):
        if model.local:  # what fails on this machine fails again
            manner = manner.model_copy(update={"retries": 0})
        free = model.local and model.cacheable  # recorded answers of a hosted model were not
        asker = Asker(
            llm=model,
            sampling=sampling,
            form=choose_form(model, template_, asked=form, answers=answers),
            groups=template_.groups,
            gate=Gate(manner, model=model.name, free=free, spent=None if model.local else spent),
            traffic=manner,
            answers=answers,
        )
        noun = noun or category_noun(category)
        task = _Task(asker, template_, category, noun, per_state, seed)
        for state in State:
            rules = CleaningRules(
                noun if template_.names_category else "",
                state,
                strict=template_.strict,
                banned=template_.banned,
                count_tokens=count_tokens,
                max_tokens=max_tokens,
            )
            tallies.append(_fill_state(task, rules, progress=progress))
            if not tallies[-1].prompts:
                effort = Effort(**_effort(task, tallies, seconds=time.monotonic() - started))
                raise NothingUsableError(_why_nothing(task, state, tallies[-1]), effort)
    return _summary(task, tallies, seconds=time.monotonic() - started)


def _fill_state(task: _Task, rules: CleaningRules, *, progress: Progress) -> _Tally:
    """Draw until enough prompts of one state are kept, or the cap is reached."""
    count = min(task.template.answers_per_request, task.per_state)
    cap = -(-(_CAP_FACTOR * task.per_state + _CAP_EXTRA) // count)
    request = render(task.template, rules.state, noun=task.noun, count=count, form=task.asker.form)
    rules = replace(rules, request=request_text(request))
    tally = _Tally()
    index = 0
    misses = 0
    while len(tally.prompts) < task.per_state and index < cap:
        if rules.state == State.NORMAL and task.asker.gate.used() >= _SHARE:
            tally.failed.append("half of a cap is used up; the rest is for the other state")
            break
        missing = -(-(task.per_state - len(tally.prompts)) // count)
        wanted = min(missing, cap - index, _BATCH * task.asker.llm.max_concurrency)
        draws = [_draw(task, request, i) for i in range(index, index + wanted)]
        index += wanted
        results = task.asker.ask(draws)
        tally.requests += len(draws)
        for draw, result in zip(draws, results, strict=True):
            if isinstance(result, Answer):
                tally.cached += draw.key not in task.asker.fresh
                _take(task, rules, draw, answer=result, tally=tally)
            else:
                tally.failed.append(_plain(result))
        progress(f"{rules.state.name.lower()} prompts", len(tally.prompts), task.per_state)
        misses = 0 if any(isinstance(result, Answer) for result in results) else misses + 1
        # A model that has answered in this call may do so again; one that has not is not there.
        if misses > bool(task.asker.fresh) or _capped(results):
            break
    return tally


def _capped(results: Sequence[Answer | Exception]) -> bool:
    return any(isinstance(result, CapReachedError) for result in results)


def _draw(task: _Task, request: "PromptValue", index: int) -> Draw:
    """Number the draw: without its own seed and key, equal requests would share one answer."""
    digest = hashlib.sha256(f"{task.seed}:{index}".encode()).digest()
    seed = int.from_bytes(digest[:4], "big") & 0x7FFFFFFF
    text = request_text(request)
    sampling = task.asker.sampling
    key = answer_key(
        task.asker.llm.id,
        text,
        sampling.temperature,
        sampling.max_tokens,
        list(sampling.stop),
        task.seed,
        index,
        *(["structured"] if task.asker.form == "structured" else []),
    )
    return Draw(request, text, seed, key)


def _take(task: _Task, rules: CleaningRules, draw: Draw, *, answer: Answer, tally: _Tally) -> None:
    """Clean one answer and keep what is good, up to the number wanted."""
    tally.used.append(answer)
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
        llm=task.asker.llm.name,
        template=task.template.name,
        template_version=task.template.version,
        seed=task.seed,
        temperature=task.asker.sampling.temperature,
        date=answer.date,
        promptlab_version=__version__,
        answer_digest=digest_bytes(answer.text.encode("utf-8")),
    )
    return Prompt(text, state, f"{task.asker.llm.name}/{task.template.name}", provenance)


def _summary(task: _Task, tallies: Sequence[_Tally], *, seconds: float) -> Generated:
    prompts = tuple(prompt for tally in tallies for prompt in tally.prompts)
    return Generated(
        prompt_set=PromptSet(task.category, prompts),
        form=task.asker.form,
        answers=tuple(answer for tally in tallies for answer in tally.answers),
        **_effort(task, tallies, seconds=seconds),
    )


def _effort(task: _Task, tallies: Sequence[_Tally], *, seconds: float) -> dict[str, Any]:
    """Return the fields of an Effort."""
    kept = sum(len(tally.prompts) for tally in tallies)
    dropped = tuple(line for tally in tallies for line in tally.dropped)
    used = [answer for tally in tallies for answer in tally.used]
    usage = Usage(sum(one.input_tokens for one in used), sum(one.output_tokens for one in used))
    return {
        "dropped": dropped,
        "drawn": kept + len(dropped),
        "kept": kept,
        "requests": sum(tally.requests for tally in tallies),
        "cached": sum(tally.cached for tally in tallies),
        "failed": tuple(reason for tally in tallies for reason in tally.failed),
        "faults": dict(task.asker.gate.faults),
        "usage": usage,
        "cost_usd": _cost(usage, task.asker.gate.price),
        "seconds": seconds,
        "complete": kept == len(State) * task.per_state,
        "answer_seconds": sum((one.seconds for one in used), 0.0),
    }


def _cost(usage: Usage, price: Price | None) -> float | None:
    return None if price is None else usage.cost(price)


def _why_nothing(task: _Task, state: State, tally: _Tally) -> str:
    asked = f"{task.asker.llm.name} must give usable {state.name.lower()} prompts for {task.noun!r}"
    if tally.failed:
        return f"{asked}, but its requests failed: {tally.failed[-1]}"
    example = f"; the last: {tally.dropped[-1].reason}" if tally.dropped else ""
    return (
        f"{asked}, but all {len(tally.dropped)} lines of {tally.requests} answers were "
        f"dropped{example}. Try another template, seed or model."
    )


def _plain(error: BaseException) -> str:
    """Say what went wrong in one line, without keys."""
    text = redact(" ".join(str(error).split()))
    return text if isinstance(error, PromptLabError) else f"{type(error).__name__}: {text[:200]}"
