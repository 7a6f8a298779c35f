"""From the name of a language model to a LangChain model that can be asked.

``gguf:smollm2``, ``gguf:/path/file.gguf``, ``openai:MODEL@http://127.0.0.1:8000/v1`` (any
OpenAI-compatible server), ``recorded:FILE``, and ``provider:model`` for every provider of
LangChain's ``init_chat_model``. Does not know templates, categories or caches.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from promptlab.errors import LLMError, MissingDependencyError, suggest
from promptlab.prompts.gguf import find_weights, open_gguf
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
_OWN_PROVIDERS = ("gguf", "recorded")
_SERVER_KEY = "PROMPTLAB_LLM_KEY"
_TIMEOUT = 60.0
_RETRIES = 4
_CONCURRENCY = 4
# Providers whose models take a seed with each request; others differ from draw to draw anyway.
_SEEDED = ("gguf", "openai", "azure_openai", "mistralai", "groq", "together", "fireworks", "xai")
# The environment variables LangChain's most used providers read their key from.
_KEYS = {
    "openai": "OPENAI_API_KEY",
    "anthropic": "ANTHROPIC_API_KEY",
    "google_genai": "GOOGLE_API_KEY",
    "mistralai": "MISTRAL_API_KEY",
    "groq": "GROQ_API_KEY",
    "together": "TOGETHER_API_KEY",
    "fireworks": "FIREWORKS_API_KEY",
    "deepseek": "DEEPSEEK_API_KEY",
    "xai": "XAI_API_KEY",
    "openrouter": "OPENROUTER_API_KEY",
}


@dataclass(frozen=True)
class LLMSpec:
    """A language model's name, taken apart."""

    provider: str
    model: str
    base_url: str | None = None

    @property
    def name(self) -> str:
        """The public name; of a server its host and port, since its address may hold a password."""
        at = f"@{urlsplit(self.base_url).netloc.rpartition('@')[2]}" if self.base_url else ""
        return f"{self.provider}:{self.model}{at}"


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
        self._traits = traits
        self._open = cache(open_model)

    def model(self) -> "BaseLLM | BaseChatModel":
        """Return the LangChain model, loading it the first time."""
        return self._open()

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
def open_llm(spec: str, *, kind: Kind, sampling: Sampling) -> Iterator[LLM]:
    """Yield the language model, ready to be asked; a local engine ends with the block.

    Args:
        spec: see the module's docstring.
        kind: whether requests are texts to continue or chats.
        sampling: given to hosted models when they are made, to others with each request.

    Raises:
        LLMError: unknown provider, missing key or file, or a chat-only model for completion.
        MissingDependencyError: naming the command that installs what is missing.
    """
    parsed = parse_llm(spec)
    with ExitStack() as stack:
        if parsed.provider == "gguf":
            weights = find_weights(parsed.model)
            yield LLM(
                f"gguf:{weights.name}",
                LLMTraits(weights.digest, samples_per_call=True),
                open_model=lambda: stack.enter_context(open_gguf(weights, kind=kind)),
            )
        elif parsed.provider == "recorded":
            recording = read_recording(Path(parsed.model))
            yield LLM(
                recording.llm,
                LLMTraits(cacheable=False),
                open_model=lambda: replay(recording, kind=kind),
            )
        else:
            yield LLM(
                parsed.name,
                LLMTraits(max_concurrency=_CONCURRENCY, seeded=parsed.provider in _SEEDED),
                open_model=lambda: _hosted(parsed, kind=kind, sampling=sampling),
            )


def _providers() -> tuple[str, ...]:
    # The list of what init_chat_model can make; importing it is slow, so only on demand.
    from langchain.chat_models.base import _BUILTIN_PROVIDERS  # noqa: PLC0415

    return (*_OWN_PROVIDERS, *_BUILTIN_PROVIDERS)


def _hosted(spec: LLMSpec, *, kind: Kind, sampling: Sampling) -> "BaseLLM | BaseChatModel":
    from langchain.chat_models import init_chat_model  # noqa: PLC0415 - slow to import

    variable = _KEYS.get(spec.provider)
    if variable and not os.environ.get(variable) and spec.base_url is None:
        raise LLMError(
            f"{spec.name} needs a key, but environment variable {variable} is not set; set it, or "
            "use a local model such as gguf:smollm2."
        )
    if kind == "completion" and spec.provider != "openai":
        raise LLMError(
            f"{spec.name} answers chats only, but the request template is of kind completion; "
            "choose --template describe."
        )
    settings: dict[str, Any] = {
        "temperature": sampling.temperature,
        "max_tokens": sampling.max_tokens,
        "timeout": _TIMEOUT,
        "max_retries": _RETRIES,
    }
    if spec.base_url is not None:
        # Never OPENAI_API_KEY, which is not this server's to see. The client insists on some key.
        key = os.environ.get(_SERVER_KEY) or "none"
        settings |= {"base_url": spec.base_url, "api_key": key}
    try:
        if kind == "completion":
            from langchain_openai import OpenAI  # noqa: PLC0415 - slow to import

            return OpenAI(model=spec.model, **settings)
        model: BaseLLM | BaseChatModel = init_chat_model(
            spec.model, model_provider=spec.provider, **settings
        )
        return model
    except ImportError as error:
        raise MissingDependencyError(_install_hint(spec, error)) from error


def _install_hint(spec: LLMSpec, error: ImportError) -> str:
    fallback = f"langchain-{spec.provider.replace('_', '-')}"
    _, _, quoted = str(error).partition("`pip install ")
    package = quoted.partition("`")[0] or fallback
    return (
        f"{spec.name} needs package {package}, which is not installed; run `pip install {package}`."
    )
