"""Keys of language-model providers: where they are, and keeping them out of everything written.

A server may quote the key it was sent, in an error or in an answer. Does not know how models are
asked.
"""

import os
import re

__all__ = ["KEY_VARIABLES", "SERVER_KEY", "redact"]

SERVER_KEY = "PROMPTLAB_LLM_KEY"
"""What a server given by URL gets; never a provider's key."""
KEY_VARIABLES = {
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
"""The environment variables LangChain's most used providers read their key from."""

_SHORTEST = 6
_SECRET_NAME = re.compile(r"(?:KEY|TOKEN|SECRET|PASSWORD)$")
_LOOKS_LIKE_ONE = re.compile(
    r"(?i)\bsk-[\w*-]{4,}|\bbearer\s+\S+|\b(?:api[ _-]?)?key\s*[=:]\s*\S+|(?<=//)[^\s/@]+@"
)


def redact(text: str) -> str:
    """Replace every key of the environment, and what looks like one, by ``[key]``.

    >>> redact("Incorrect API key provided: sk-abcd1234")
    'Incorrect API key provided: [key]'
    """
    for value in sorted(_values(), key=len, reverse=True):
        text = text.replace(value, "[key]")
    return _LOOKS_LIKE_ONE.sub("[key]", text)


def _values() -> set[str]:
    named = {name for name in os.environ if _SECRET_NAME.search(name.upper())}
    found = {os.environ[name].strip() for name in named}
    # A placeholder such as "none" is no secret, and replacing it would spoil ordinary words.
    return {value for value in found if len(value) >= _SHORTEST}
