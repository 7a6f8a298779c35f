"""The errors a user can meet. Each says the rule, the value received and the remedy."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from types import MappingProxyType

__all__ = [
    "BackboneError",
    "ClusterError",
    "ConfigError",
    "DataError",
    "LLMError",
    "MetricError",
    "MissingDependencyError",
    "PromptError",
    "PromptLabError",
    "RecordError",
    "pip_install",
    "suggest",
]


_EXTRAS: Mapping[str, str] = MappingProxyType(
    {
        "gguf": "'xllamacpp>=2026.1'",
        "elpv": "elpv-dataset==1.0.0.post1",
        "textile": "conformal-clip-data==0.1.4",
        "open-clip": "'open-clip-torch>=3.0'",
        "openai": "'langchain-openai>=1.7,<2'",
        "anthropic": "'langchain-anthropic>=1.7,<2'",
        "google": "'langchain-google-genai>=4.4,<5'",
        "ollama": "'langchain-ollama>=1.1,<2'",
        "explorer": "'ipywidgets>=8.1'",
        "postgres": "'psycopg[binary]>=3.2'",
        "grpc": "'grpcio>=1.66' 'protobuf>=5.28'",
        "dashboard": "'optuna-dashboard>=0.18'",
        "bench": "adeval==1.1.0 'scikit-image>=0.24'",
        "ray": "'ray>=2.40'",
    }
)
"""What pyproject.toml says of each extra."""


class PromptLabError(Exception):
    """Root of every error that promptlab raises on purpose; ``str(error)`` is one line."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class ConfigError(PromptLabError, ValueError):
    """A configuration key or value breaks a rule; the command line exits with status 2."""


class DataError(PromptLabError, OSError):
    """A data set, image or mask is missing, empty or unreadable."""


class BackboneError(PromptLabError, ValueError):
    """A backbone is unknown, its weights are missing, or its input has a wrong size."""


class PromptError(PromptLabError, ValueError):
    """A prompt set or request template is missing, malformed or empty."""


class LLMError(PromptLabError, RuntimeError):
    """A language model could not be reached or gave nothing usable."""


class MetricError(PromptLabError, ValueError):
    """A metric's input breaks a rule (undefined metrics are nan with a reason instead)."""


class RecordError(PromptLabError, ValueError):
    """A run record or study is missing, damaged or of another version."""


class ClusterError(PromptLabError, RuntimeError):
    """A cluster cannot be reached, does not see the same files, or lost too many workers."""


class MissingDependencyError(PromptLabError, ImportError):
    """An optional package is needed; the message names the command that installs it."""


def pip_install(extra: str) -> str:
    """Return the command that installs an extra of promptlab.

    It names the packages, never promptlab itself: on the public index that name is somebody
    else's, and would be fetched from there where promptlab runs from a folder.

    >>> pip_install("elpv")
    'pip install elpv-dataset==1.0.0.post1'
    """
    return f"pip install {_EXTRAS[extra]}"


def suggest(name: str, available: Iterable[str]) -> str:
    """Return the hint that follows an unknown name.

    >>> suggest("contxtual", ["mean", "contextual"])
    "did you mean 'contextual'? Available: contextual, mean."
    """
    names = sorted(available)
    close = get_close_matches(name, names, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    return f"{hint}Available: {', '.join(names) or 'none'}."
