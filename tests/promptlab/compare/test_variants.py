import numpy as np
import pytest

from promptlab.compare.variants import nonsense, other_noun, renamed, shuffled, swapped
from promptlab.prompts.ensemble import static_prompts
from promptlab.prompts.promptset import Prompt, PromptSet
from promptlab.types import State

NORMAL, ABNORMAL = State.NORMAL, State.ABNORMAL


def made(normal, abnormal):
    texts = [*((text, NORMAL) for text in normal), *((text, ABNORMAL) for text in abnormal)]
    return PromptSet("nut", tuple(Prompt(text, state, "human") for text, state in texts))


NUTS = made(["A metal nut", "clean metal nuts"], ["a bent metal nut", "the metal nut has rust"])


def test_swapped_exchanges_the_states():
    assert swapped(NUTS).texts(NORMAL) == NUTS.texts(ABNORMAL)
    assert swapped(NUTS).texts(ABNORMAL) == NUTS.texts(NORMAL)


def test_renamed_mends_articles_and_plurals():
    found = renamed(NUTS, "metal nut", "object")

    assert found.texts(NORMAL) == ("An object", "clean objects")
    assert found.texts(ABNORMAL) == ("a bent object", "the object has rust")


def test_renamed_when_prompts_become_equal_keeps_one():
    both = made(["a nut", "a metal nut"], ["rust"])

    assert renamed(renamed(both, "metal nut", "object"), "nut", "object").texts(NORMAL) == (
        "an object",
    )


def test_other_noun_gives_one_set_for_each():
    found = other_noun(NUTS, "metal nut", ["screw", "egg"])

    assert [one.texts(NORMAL)[0] for one in found] == ["A screw", "An egg"]


def test_shuffled_deals_each_state_in_the_same_share():
    prompts = static_prompts("winclip", "nut")  # 154 normal, 88 abnormal

    found = shuffled(prompts, rng=np.random.default_rng(0))

    counts = {
        (new, old): len({*found.texts(new)} & {*prompts.texts(old)})
        for new in State
        for old in State
    }
    # 154 * 154 / 242 = 98 of the normal ones, 88 * 154 / 242 = 56 of the abnormal ones.
    assert counts == {
        (NORMAL, NORMAL): 98,
        (NORMAL, ABNORMAL): 56,
        (ABNORMAL, NORMAL): 56,
        (ABNORMAL, ABNORMAL): 32,
    }


def test_shuffled_when_drawn_again_differs():
    prompts = static_prompts("winclip", "nut")
    rng = np.random.default_rng(0)

    assert shuffled(prompts, rng=rng).digest != shuffled(prompts, rng=rng).digest


def test_nonsense_replaces_words_of_meaning_alike_and_keeps_grammar():
    found = nonsense(NUTS, rng=np.random.default_rng(0))

    (first, second), (third, fourth) = found.texts(NORMAL), found.texts(ABNORMAL)
    article, *nut = first.split()
    assert article == "A"
    assert second.split()[1:2] == nut[:1]
    assert third.split()[2:] == nut
    assert fourth.split()[0] == "the"
    assert not {"metal", "nut", "nuts", "clean", "bent", "rust"} & {
        word for prompt in found.prompts for word in prompt.text.lower().split()
    }


@pytest.mark.parametrize("seed", range(3))
def test_nonsense_keeps_the_number_of_prompts(seed):
    prompts = static_prompts("winclip", "nut")

    found = nonsense(prompts, rng=np.random.default_rng(seed))

    assert [len(found.texts(state)) for state in State] == [154, 88]
