import pytest

from promptlab.errors import LLMError
from promptlab.prompts.answers import open_answers
from promptlab.prompts.asking import choose_form
from promptlab.prompts.llm import LLM, LLMTraits
from promptlab.prompts.templates import load_template


class Model:
    def __init__(self, **profile):
        self.profile = profile


def never():
    raise AssertionError("the model must not be made")


@pytest.fixture
def answers(tmp_path):
    with open_answers(tmp_path / "a.sqlite") as opened:
        yield opened


@pytest.mark.parametrize(
    ("profile", "form"), [({"structured_output": True}, "structured"), ({}, "lines")]
)
def test_choose_form_by_the_models_capability_and_remembers_it(profile, form, answers):
    template = load_template("describe")
    llm = LLM("a:b", LLMTraits(), open_model=lambda: Model(**profile))

    assert choose_form(llm, template, asked="auto", answers=answers) == form
    # A second run needs neither client nor key.
    again = LLM("a:b", LLMTraits(), open_model=never)
    assert choose_form(again, template, asked="auto", answers=answers) == form


@pytest.mark.parametrize("asked", ["lines", "structured"])
def test_choose_form_when_the_user_decides(asked, answers):
    llm = LLM("a:b", LLMTraits(), open_model=never)

    assert choose_form(llm, load_template("describe"), asked=asked, answers=answers) == asked


def test_choose_form_when_answers_are_recorded(answers):
    llm = LLM("a:b", LLMTraits(local=True, form="structured"), open_model=never)

    assert choose_form(llm, load_template("describe"), asked="auto", answers=answers) == (
        "structured"
    )


def test_choose_form_when_the_model_runs_here(answers):
    llm = LLM("hf:tiny", LLMTraits(local=True), open_model=never)

    assert choose_form(llm, load_template("describe"), asked="auto", answers=answers) == "lines"
    with pytest.raises(LLMError, match=r"a hosted model or a server, but hf:tiny runs inside"):
        choose_form(llm, load_template("describe"), asked="structured", answers=answers)


def test_choose_form_when_the_template_completes(answers):
    llm = LLM("openai:x", LLMTraits(), open_model=never)

    assert choose_form(llm, load_template("completion"), asked="auto", answers=answers) == "lines"
    with pytest.raises(LLMError, match=r"needs a chat template, but completion@1 is of kind"):
        choose_form(llm, load_template("completion"), asked="structured", answers=answers)
