"""What one prompt set has that another lacks."""

from dataclasses import dataclass
from difflib import get_close_matches

from promptlab.prompts.promptset import PromptSet
from promptlab.types import State

__all__ = ["Change", "compare_sets"]

_CLOSE = 0.75


@dataclass(frozen=True)
class Change:
    """One difference between two prompt sets."""

    kind: str
    """``removed``, ``added``, ``reworded``, ``moved`` (to the other state)."""
    state: State
    """In the second set; of a removed prompt, in the first."""
    text: str
    before: str = ""
    """The earlier wording of a reworded prompt."""


def compare_sets(first: PromptSet, second: PromptSet) -> tuple[Change, ...]:
    """Return the changes that lead from one set to another, by state and in the sets' order.

    A removed and an added prompt of one state whose letters agree to three quarters (difflib's
    ratio) are one that was reworded.
    """
    changes: list[Change] = []
    for state in State:
        gone = _missing(first, second, state)
        new = _missing(second, first, state)
        other = State.ABNORMAL if state == State.NORMAL else State.NORMAL
        moved = [one for one in new if one in first.texts(other)]
        gone = [one for one in gone if one not in second.texts(other)]
        changes += [Change("moved", state, text) for text in moved]
        for text in (one for one in new if one not in moved):
            close = get_close_matches(text, gone, n=1, cutoff=_CLOSE)
            if close:
                gone.remove(close[0])
                changes.append(Change("reworded", state, text, before=close[0]))
            else:
                changes.append(Change("added", state, text))
        changes += [Change("removed", state, text) for text in gone]
    return tuple(changes)


def _missing(one: PromptSet, other: PromptSet, state: State) -> list[str]:
    there = {*other.texts(state)}
    return [text for text in one.texts(state) if text not in there]
