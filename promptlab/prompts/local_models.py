"""LangChain models around a function: what local engines and recordings have in common.

Importing this module imports LangChain (a third of a second), so others import it when a model
is opened, not before.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.llms import BaseLLM
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult, Generation, LLMResult
from langchain_core.prompt_values import ChatPromptValue, PromptValue, StringPromptValue

__all__ = ["Reply", "wrap"]


@dataclass(frozen=True)
class Reply:
    """What a function gives back for one LLM request."""

    text: str
    input_tokens: int = 0
    output_tokens: int = 0
    date: str = ""
    """When the answer was first given, where that is not now."""


Ask = Callable[[PromptValue, dict[str, Any]], Reply]


class _Completion(BaseLLM):
    """Continues texts."""

    ask: Ask
    name: str | None = None

    @property
    def _llm_type(self) -> str:
        return "promptlab"

    def _generate(
        self,
        prompts: list[str],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002 - LangChain's signature
        **kwargs: Any,  # noqa: ANN401 - as above
    ) -> LLMResult:
        replies = [
            self.ask(StringPromptValue(text=one), {"stop": stop or [], **kwargs}) for one in prompts
        ]
        return LLMResult(
            generations=[
                [Generation(text=one.text, generation_info={"date": one.date})] for one in replies
            ],
            llm_output={
                "token_usage": {
                    "prompt_tokens": sum(one.input_tokens for one in replies),
                    "completion_tokens": sum(one.output_tokens for one in replies),
                }
            },
        )


class _Chat(BaseChatModel):
    """Answers messages."""

    ask: Ask
    name: str | None = None

    @property
    def _llm_type(self) -> str:
        return "promptlab"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002 - LangChain's signature
        **kwargs: Any,  # noqa: ANN401 - as above
    ) -> ChatResult:
        reply = self.ask(ChatPromptValue(messages=messages), {"stop": stop or [], **kwargs})
        message = AIMessage(
            content=reply.text,
            usage_metadata={
                "input_tokens": reply.input_tokens,
                "output_tokens": reply.output_tokens,
                "total_tokens": reply.input_tokens + reply.output_tokens,
            },
            # LangChain's usage callback counts only answers that say which model gave them.
            response_metadata={"model_name": self.name or "local"},
        )
        generation = ChatGeneration(message=message, generation_info={"date": reply.date})
        return ChatResult(generations=[generation])


def wrap(ask: Ask, *, kind: str, name: str = "local") -> BaseLLM | BaseChatModel:
    """Return a LangChain model of kind ``completion`` or ``chat`` that asks the function."""
    made = _Completion if kind == "completion" else _Chat
    return made(ask=ask, name=name)
