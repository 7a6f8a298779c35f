from promptlab.prompts.difference import Change, compare_sets
from promptlab.prompts.promptset import Prompt, PromptSet
from promptlab.types import State

NORMAL, ABNORMAL = State.NORMAL, State.ABNORMAL


def made(normal, abnormal):
    texts = [*((text, NORMAL) for text in normal), *((text, ABNORMAL) for text in abnormal)]
    return PromptSet("nut", tuple(Prompt(text, state, "human") for text, state in texts))


def test_compare_sets():
    first = made(["a clean nut", "a shiny nut on a table"], ["a bent nut", "rust"])
    second = made(["a clean nut", "a shiny nut on the table", "rust"], ["a dark stain"])

    assert compare_sets(first, second) == (
        Change("moved", NORMAL, "rust"),
        Change("reworded", NORMAL, "a shiny nut on the table", before="a shiny nut on a table"),
        Change("added", ABNORMAL, "a dark stain"),
        Change("removed", ABNORMAL, "a bent nut"),
    )


def test_compare_sets_when_they_are_equal():
    assert compare_sets(made(["x"], ["y"]), made(["x"], ["y"])) == ()
