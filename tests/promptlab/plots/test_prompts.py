import numpy as np
import pytest
from records import explained

from promptlab.errors import PromptError, RecordError
from promptlab.plots import prompt_map, similarity_distributions
from promptlab.prompts.promptset import Prompt, PromptSet
from promptlab.types import State


def test_similarity_distributions_shade_the_overlap_band() -> None:
    one = explained({0.1: 0.0, 0.3: 1.0}, {0.2: 0.5, 0.5: 0.5})
    figure = similarity_distributions([one, one])
    assert len(figure.axes) == 2
    band = figure.axes[0].patches[0]
    # From the larger minimum, 0.2, to the smaller maximum, 0.3.
    assert (band.get_x(), round(band.get_width(), 6)) == (0.2, 0.1)
    assert "1 of 2 normal kept, 2 of 2 abnormal kept" in figure.axes[0].get_title(loc="left")
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend[-3:] == ["dropped (empty)", "mean of those kept", "overlap band"]
    figure.canvas.draw()


def test_similarity_distributions_have_no_band_between_separate_states() -> None:
    ax = similarity_distributions([explained({0.1: 1.0}, {0.4: 1.0})]).axes[0]
    assert not ax.patches


def test_similarity_distributions_refuse_nothing() -> None:
    with pytest.raises(RecordError, match="at least one explanation"):
        similarity_distributions([])


PROMPTS = PromptSet(
    "gear",
    (
        Prompt("a good gear", State.NORMAL, "human"),
        Prompt("a flawless gear", State.NORMAL, "winclip"),
        Prompt("a broken gear", State.ABNORMAL, "winclip"),
    ),
)


def test_prompt_map_says_how_much_of_the_variance_it_shows() -> None:
    # All variance lies on one axis: the three points are on a line.
    embeddings = np.array([[0, 0, 0], [1, 2, 2], [2, 4, 4]], dtype=np.float32)
    figure = prompt_map(PROMPTS, embeddings)
    ax = figure.axes[0]
    assert ax.get_xlabel() == "first principal axis (100 % of the variance)"
    assert ax.get_ylabel() == "second principal axis (0 %)"
    points = np.concatenate([np.asarray(one.get_offsets()) for one in ax.collections])
    assert round(float(np.ptp(points[:, 0])), 5) == 6.0  # the length of (2, 4, 4)
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["normal", "abnormal", "mean of a state", "human", "winclip"]


def test_prompt_map_refuses_embeddings_of_other_prompts() -> None:
    with pytest.raises(PromptError, match="got 2 embeddings of 3 prompts"):
        prompt_map(PROMPTS, np.zeros((2, 4), dtype=np.float32))
