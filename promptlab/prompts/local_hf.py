"""Local chat models that transformers can run: ``hf:NAME_OR_FOLDER``.

Anything with a chat template and safetensors weights, from a folder or the model hub's cache. Runs
inside this process on the device that is free, in float32 on a CPU. Does not know what is asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from promptlab.errors import LLMError
from promptlab.files import digest_bytes, digest_file
from promptlab.runtime import choose_device, repair_torchvision

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel, BaseLLM
    from langchain_core.prompt_values import PromptValue

    from promptlab.prompts.local_models import Reply

__all__ = ["ChatWeights", "find_chat_model", "open_chat_model"]

_FILES = ("*.json", "*.safetensors", "*.jinja", "*.model", "*.txt")
_ROLES = {"human": "user", "ai": "assistant", "system": "system"}


@dataclass(frozen=True)
class ChatWeights:
    """A transformers checkpoint: its public name (never a path), where it is, and its digest."""

    name: str
    folder: Path
    digest: str


def find_chat_model(name: str) -> ChatWeights:
    """Find the checkpoint behind ``hf:NAME_OR_FOLDER``, downloading it where a hub is reachable.

    Raises:
        LLMError: when it is neither a folder nor downloadable, or holds no safetensors.
    """
    folder = Path(name)
    if not folder.is_dir():
        folder = _downloaded(name)
        public = name
    else:
        public = folder.resolve().name
    weights = sorted(folder.glob("*.safetensors"))
    if not weights:
        raise LLMError(
            f"hf: needs a checkpoint with safetensors weights, but {public!r} has none; save it "
            "with model.save_pretrained(folder) and tokenizer.save_pretrained(folder)."
        )
    files = [*weights, *(folder / one for one in ("config.json", "tokenizer.json"))]
    digests = [digest_file(file) for file in files if file.is_file()]
    return ChatWeights(public, folder, digest_bytes("".join(digests).encode()))


def open_chat_model(found: ChatWeights, *, kind: str) -> "BaseLLM | BaseChatModel":
    """Load a checkpoint and return it as a LangChain model.

    Args:
        found: from `find_chat_model`.
        kind: ``chat`` answers messages by the model's chat template, ``completion`` continues
            a text.

    Raises:
        LLMError: when transformers cannot load it, or it has no chat template to chat by.
    """
    # LangChain takes a third of a second to import, so only those who ask a model pay for it.
    from promptlab.prompts.local_models import wrap  # noqa: PLC0415

    engine = _Engine(found)
    if kind == "chat" and not engine.chats:
        raise LLMError(
            f"hf:{found.name} has no chat template, so it can only continue texts; choose "
            "--template completion."
        )
    return wrap(engine.ask, kind=kind, name=f"hf:{found.name}")


def _downloaded(name: str) -> Path:
    from huggingface_hub import snapshot_download  # noqa: PLC0415 - only here

    try:
        return Path(snapshot_download(name, allow_patterns=list(_FILES)))
    except Exception as error:  # the client's HTTP library, hence its errors, changes by release
        reason = str(error).strip().split("\n")[0] or type(error).__name__
        raise LLMError(
            f"hf: needs a folder with a transformers checkpoint or the name of one that can be "
            f"downloaded, but {name!r} is neither ({reason[:160]}); give a folder, or use "
            "gguf:smollm2."
        ) from error


class _Engine:
    """A causal language model and its tokenizer, one request at a time."""

    def __init__(self, found: ChatWeights) -> None:
        repair_torchvision()
        from safetensors import SafetensorError  # noqa: PLC0415 - imports torch
        from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: PLC0415 - seconds
        from transformers.utils.logging import disable_progress_bar  # noqa: PLC0415

        disable_progress_bar()
        self._device = choose_device("auto")
        self._lock = Lock()
        try:
            self._tokenizer: Any = AutoTokenizer.from_pretrained(
                found.folder, local_files_only=True, trust_remote_code=False
            )
            model: Any = AutoModelForCausalLM.from_pretrained(
                found.folder, local_files_only=True, trust_remote_code=False, use_safetensors=True
            )
        except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
            reason = str(error).strip().split("\n")[0]
            raise LLMError(
                f"hf: needs a checkpoint that transformers can load as a causal language model, "
                f"but reading {found.name!r} failed ({reason[:160]}); download it again."
            ) from error
        self._model = model.to(self._device).eval()

    @property
    def chats(self) -> bool:
        """Whether the tokenizer says how messages become a text."""
        return bool(self._tokenizer.chat_template)

    def ask(self, request: "PromptValue", arguments: dict[str, Any]) -> "Reply":
        """Answer one request; the same seed gives the same answer."""
        import torch  # noqa: PLC0415 - slow

        from promptlab.prompts.local_models import Reply  # noqa: PLC0415 - see open_chat_model

        encoded = self._encode(request).to(self._device)
        length = encoded["input_ids"].shape[1]
        with self._lock, torch.random.fork_rng(), torch.inference_mode():
            torch.manual_seed(arguments["seed"])  # forked: nobody else's randomness changes
            made = self._model.generate(**encoded, **self._settings(arguments))
        fresh = made[0, length:]
        text = self._tokenizer.decode(fresh, skip_special_tokens=True)
        for stop in arguments.get("stop") or ():
            text = text.partition(stop)[0]
        return Reply(text, length, len(fresh))

    def _encode(self, request: "PromptValue") -> Any:  # noqa: ANN401 - transformers' BatchEncoding
        from langchain_core.prompt_values import StringPromptValue  # noqa: PLC0415 - as above

        if isinstance(request, StringPromptValue):
            return self._tokenizer(request.text, return_tensors="pt")
        said = [{"role": _ROLES[one.type], "content": one.content} for one in request.to_messages()]
        return self._tokenizer.apply_chat_template(
            said, add_generation_prompt=True, return_tensors="pt", return_dict=True
        )

    def _settings(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        temperature = arguments["temperature"]
        padding = self._tokenizer.pad_token_id
        settings: dict[str, Any] = {
            "max_new_tokens": arguments["max_tokens"],
            "do_sample": temperature > 0,
            "pad_token_id": self._tokenizer.eos_token_id if padding is None else padding,
        }
        if temperature > 0:
            settings["temperature"] = temperature
        return settings
