"""From the name of a language model to a LangChain model that can be asked.

``gguf:smollm2``, ``gguf:/path/file.gguf``, ``hf:NAME_OR_FOLDER`` (transformers, on this machine),
``openai:MODEL@http://127.0.0.1:8000/v1`` (any OpenAI-compatible server), ``recorded:FILE``, and
``provider:model`` for every provider of LangChain's ``init_chat_model``. Does not know templates,
categories or caches.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from promptlab.config import TrafficConfig
from promptlab.errors import LLMError, suggest
from promptlab.prompts.gguf import find_weights, open_gguf
from promptlab.prompts.hosted import LLMSpec, hosted_model, writes_structures
from promptlab.prompts.local_hf import find_chat_model, open_chat_model
from promptlab.prompts.recorded import read_recording, replay

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel, BaseLLM

__all__ = [
    "LLM",
    "Kind",
    "LLMSpec",
    "LLMTraits",
    "Sampling",
    "default_template",
    "open_llm",
    "parse_llm",
]

Kind = Literal["completion", "chat"]
_OWN_PROVIDERS = ("gguf", "hf", "recorded")
# Providers whose models take a seed with each request; others differ from draw to draw anyway.
_SEEDED = ("openai", "azure_openai", "mistralai", "groq", "together", "fireworks", "xai")


@dataclass(frozen=True)
class Sampling:
    """How a language model picks its words."""

    temperature: float
    max_tokens: int
    stop: tuple[str, ...] = ()


@dataclass(frozen=True)
class LLMTraits:
    """What sets one kind of model apart from another when it is asked."""

    digest: str = ""
    max_concurrency: int = 1
    seeded: bool = True
    samples_per_call: bool = False
    """Whether temperature and length go with each request; else the model was made with them."""
    cacheable: bool = True
    local: bool = False
    """Whether it runs on this machine: free, and its answers are the same when asked again."""
    form: str | None = None
    """The only form its answers have; None: see `LLM.writes_structures`."""


class LLM:
    """A language model with a public identity; it is made, or loaded, when first asked for."""

    def __init__(
        self, name: str, traits: LLMTraits, *, open_model: "Callable[[], BaseLLM | BaseChatModel]"
    ) -> None:
        self.name = name
        """Never a path, never a key."""
        self.id = f"{name}#{traits.digest[:16]}" if traits.digest else name
        self.max_concurrency = traits.max_concurrency
        self.cacheable = traits.cacheable
        self.local = traits.local
        self.form = traits.form
        self._traits = traits
        self._open = cache(open_model)

    def model(self) -> "BaseLLM | BaseChatModel":
        """Return the LangChain model, loading it the first time."""
        return self._open()

    def writes_structures(self) -> bool:
        """Return whether the model is known to give structured output; asks LangChain, not it."""
        return not self.local and writes_structures(self.model())

    def call_arguments(self, sampling: Sampling, *, seed: int) -> Mapping[str, Any]:
        """Return the keyword arguments of one request."""
        arguments: dict[str, Any] = {"stop": list(sampling.stop) or None}
        if self._traits.seeded:
            arguments["seed"] = seed
        if self._traits.samples_per_call:
            arguments |= {"temperature": sampling.temperature, "max_tokens": sampling.max_tokens}
        return arguments


def parse_llm(spec: str) -> LLMSpec:
    """Take ``provider:model`` or ``openai:MODEL@URL`` apart.

    >>> parse_llm("openai:qwen@http://127.0.0.1:8000/v1").base_url
    'http://127.0.0.1:8000/v1'

    Raises:
        LLMError: when the text has another form or the provider is unknown.
    """
    provider, _, model = spec.partition(":")
    if not provider or not model:
        raise LLMError(
            f"a language model is named provider:model, but got {spec!r}; for example gguf:smollm2."
        )
    if provider not in _providers():
        raise LLMError(
            f"unknown language-model provider {provider!r}; {suggest(provider, _providers())}"
        )
    name, at, url = model.partition("@")
    if at and url.startswith(("http://", "https://")):
        if provider != "openai":
            raise LLMError(
                f"only openai: takes a server's address, but got {provider!r}; "
                f"write openai:{name}@{url} for any OpenAI-compatible server."
            )
        return LLMSpec(provider, name, url)
    return LLMSpec(provider, model)


def default_template(spec: str) -> str:
    """Return the request template that suits a model: examples for tiny ones, else a question."""
    parsed = parse_llm(spec)
    if parsed.provider == "recorded":
        return read_recording(Path(parsed.model)).template
    return "completion" if parsed.provider == "gguf" else "describe"


@contextmanager
def open_llm(
    spec: str, *, kind: Kind, sampling: Sampling, traffic: TrafficConfig | None = None
) -> Iterator[LLM]:
    """Yield the language model, ready to be asked; a local engine ends with the block.

    Args:
        spec: see the module's docstring.
        kind: whether requests are texts to continue or chats.
        sampling: given to hosted models when they are made, to others with each request.
        traffic: how hosted models are asked; None: the defaults.

    Raises:
        LLMError: unknown provider, missing key or file, or a chat-only model for completion.
        MissingDependencyError: naming the command that installs what is missing.
    """
    parsed = parse_llm(spec)
    traffic = traffic or TrafficConfig()
    with ExitStack() as stack:
        if parsed.provider == "gguf":
            weights = find_weights(parsed.model)
            yield LLM(
                f"gguf:{weights.name}",
                LLMTraits(weights.digest, samples_per_call=True, local=True),
                open_model=lambda: stack.enter_context(open_gguf(weights, kind=kind)),
            )
        elif parsed.provider == "hf":
            found = find_chat_model(parsed.model)
            yield LLM(
                f"hf:{found.name}",
                LLMTraits(found.digest, samples_per_call=True, local=True),
                open_model=lambda: open_chat_model(found, kind=kind),
            )
        elif parsed.provider == "recorded":
            recording = read_recording(Path(parsed.model))
            yield LLM(
                recording.llm,
                LLMTraits(cacheable=False, local=True, form=recording.form),
                open_model=lambda: replay(recording, kind=kind),
            )
        else:
            yield LLM(
                parsed.name,
                LLMTraits(
                    max_concurrency=traffic.max_concurrency, seeded=parsed.provider in _SEEDED
                ),
                open_model=lambda: hosted_model(
                    parsed,
                    kind=kind,
                    temperature=sampling.temperature,
                    max_tokens=sampling.max_tokens,
                    timeout=traffic.timeout,
                ),
            )


def _providers() -> tuple[str, ...]:
    # The list of what init_chat_model can make; importing it is slow, so only on demand.
    from langchain.chat_models.base import _BUILTIN_PROVIDERS  # noqa: PLC0415

    return (*_OWN_PROVIDERS, *_BUILTIN_PROVIDERS)
