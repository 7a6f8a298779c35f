"""What structured answers look like; LangChain turns these into each provider's schema.

Docstrings and descriptions are part of what a model reads.
"""

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Group", "Grouped", "Listed"]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Listed(_Answer):
    """Sentences for photos of a product."""

    sentences: list[str] = Field(description="One sentence each, without numbering.")


class Group(_Answer):
    """One heading and its sentences."""

    heading: str = Field(description="The heading, in one to four words.")
    sentences: list[str] = Field(description="The sentences under this heading.")


class Grouped(_Answer):
    """Sentences for photos of a product, under headings."""

    groups: list[Group]
