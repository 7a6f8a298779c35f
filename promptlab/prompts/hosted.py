"""Language models behind an address: every provider of LangChain, and OpenAI-compatible servers.

Makes the LangChain model; what it is asked, and how often, is decided elsewhere.
"""

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from promptlab.errors import LLMError, MissingDependencyError, pip_install
from promptlab.prompts.secrets import KEY_VARIABLES, SERVER_KEY

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel, BaseLLM

__all__ = ["LLMSpec", "hosted_model", "writes_structures"]

# Extras of promptlab that bring a provider's LangChain package.
_EXTRAS = {
    "openai": "openai",
    "anthropic": "anthropic",
    "google_genai": "google",
    "ollama": "ollama",
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


def hosted_model(
    spec: LLMSpec,
    *,
    kind: str,
    temperature: float,
    max_tokens: int,
    timeout: float,
) -> "BaseLLM | BaseChatModel":
    """Make the LangChain model; it does not retry by itself, see `promptlab.prompts.traffic`.

    Raises:
        LLMError: when its key is not set, or a chat-only provider is to complete texts.
        MissingDependencyError: naming the command that installs what is missing.
    """
    from langchain.chat_models import init_chat_model  # noqa: PLC0415 - slow to import

    variable = KEY_VARIABLES.get(spec.provider)
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
    settings: dict[str, Any] = {"temperature": temperature}
    if spec.provider == "ollama":
        # Its own words, and the time-out belongs to the client.
        settings |= {"num_predict": max_tokens, "client_kwargs": {"timeout": timeout}}
    else:
        settings |= {"max_tokens": max_tokens, "timeout": timeout, "max_retries": 0}
    if spec.base_url is not None:
        # Never OPENAI_API_KEY, which is not this server's to see. The client insists on some key.
        key = os.environ.get(SERVER_KEY) or "none"
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


def writes_structures(model: "BaseLLM | BaseChatModel") -> bool:
    """Return whether LangChain's profile of the model says that it can give structured output."""
    profile = getattr(model, "profile", None) or {}
    return bool(profile.get("structured_output"))


def _install_hint(spec: LLMSpec, error: ImportError) -> str:
    _, _, quoted = str(error).partition("`pip install ")
    package = quoted.partition("`")[0] or f"langchain-{spec.provider.replace('_', '-')}"
    extra = _EXTRAS.get(spec.provider)
    command = pip_install(extra) if extra else f"pip install {package}"
    return f"{spec.name} needs package {package}, which is not installed; run `{command}`."
