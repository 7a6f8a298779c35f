"""The explorer as a widget: menus, two texts, and the view of what they make.

Needs the extra ``promptlab[explorer]`` (ipywidgets), which is imported when one is made.
"""

from collections.abc import Mapping
from pathlib import Path
from time import perf_counter
from types import ModuleType

from promptlab.backbones.base import Backbone
from promptlab.config import AlignerConfig, FusionConfig, ScorerConfig
from promptlab.errors import DataError, MissingDependencyError, PromptError, pip_install
from promptlab.explorer.judge import Judge, Verdict
from promptlab.explorer.view import render
from promptlab.features import FeatureStore
from promptlab.prompts.promptset import Prompt, PromptSet
from promptlab.types import State

__all__ = ["SCORERS_OFFERED", "Explorer", "read_lines"]

SCORERS_OFFERED: Mapping[str, ScorerConfig] = {
    "contextual: relevance": ScorerConfig(name="contextual"),
    "contextual: overlap_hard": ScorerConfig(name="contextual", params={"mode": "overlap_hard"}),
    "contextual: overlap_soft": ScorerConfig(name="contextual", params={"mode": "overlap_soft"}),
    "contextual_rank": ScorerConfig(name="contextual_rank"),
    "mean": ScorerConfig(name="mean"),
}


def read_lines(
    category: str, normal: str, abnormal: str, *, known: PromptSet | None = None
) -> PromptSet:
    """Return the prompts of two texts, one per line; blank lines and repeats do not count.

    Args:
        category: whose prompts.
        normal: the normal prompts.
        abnormal: the abnormal prompts.
        known: prompts keep the source they have here; others are ``edited``.

    Raises:
        PromptError: when a state has no prompt, or a line is no finished sentence.
    """
    sources = {(one.state, one.text): one for one in known.prompts} if known else {}
    prompts = [
        sources.get((state, text)) or Prompt(text, state, "edited")
        for state, lines in ((State.NORMAL, normal), (State.ABNORMAL, abnormal))
        for text in dict.fromkeys(" ".join(line.split()) for line in lines.splitlines())
        if text
    ]
    return PromptSet(category, tuple(prompts))


class Explorer:
    """A widget: choose an image and prompts, edit a prompt, see what changes.

    The last value of a notebook cell shows it. `prompts` are the prompts as edited, to be written
    with `promptlab.prompts.files.write_prompt_set`.

    Args:
        images: name -> path, in the order of the menu.
        prompt_sets: name -> prompts to start from.
        backbone: compares images with prompts.
        aligner: makes the map.
        scorers: name -> scorer, in the order of the menu.
        fusion: how the map and the whole image count at first.
        store: where features of images are kept.

    Raises:
        DataError: when there is no image, or one cannot be read.
        PromptError: when there is no prompt set.
        MissingDependencyError: when ipywidgets is not installed.
    """

    def __init__(
        self,
        images: Mapping[str, Path],
        prompt_sets: Mapping[str, PromptSet],
        backbone: Backbone,
        *,
        aligner: AlignerConfig | None = None,
        scorers: Mapping[str, ScorerConfig] = SCORERS_OFFERED,
        fusion: FusionConfig | None = None,
        store: FeatureStore | None = None,
    ) -> None:
        if not images:
            raise DataError("an explorer needs at least one image, but got none.")
        if not prompt_sets:
            raise PromptError("an explorer needs at least one prompt set, but got none.")
        self._images, self._prompt_sets, self._scorers = images, prompt_sets, scorers
        self._fusion = fusion or FusionConfig()
        self._judge = Judge(backbone, aligner=aligner or AlignerConfig(), store=store)
        self.prompts = next(iter(prompt_sets.values()))
        self._make_widgets()
        self._start_again()

    def _repr_mimebundle_(self, **arguments: object) -> dict[str, object]:
        return dict(self._box._repr_mimebundle_(**arguments))

    def _make_widgets(self) -> None:
        widgets = _import_widgets()
        wide = widgets.Layout(width="100%")
        half = widgets.Layout(width="50%", padding="0 12px 0 0")
        self._image = widgets.Dropdown(options=list(self._images), description="Image")
        self._set = widgets.Dropdown(options=list(self._prompt_sets), description="Prompts")
        self._scorer = widgets.Dropdown(options=list(self._scorers), description="Scorer")
        total = self._fusion.global_ + self._fusion.local
        self._share = widgets.FloatSlider(
            value=self._fusion.local / total, min=0, max=1, step=0.05, description="Map's share",
            readout_format=".2f", tooltip="weight of the map in the image score",
        )  # fmt: skip
        self._texts = {
            state: widgets.Textarea(
                rows=7,
                layout=wide,
                placeholder=f"{state.name.lower()} prompts, one per line",
                tooltip=f"{state.name.lower()} prompts, one per line",
            )
            for state in State
        }
        self._keep = widgets.Button(
            description="Compare with this",
            tooltip="Changes are shown from here on",
            icon="flag",
            layout=widgets.Layout(width="auto"),
        )
        self._reset = widgets.Button(
            description="Start again", tooltip="The chosen prompts as they were", icon="undo"
        )
        self._view = widgets.HTML()
        for chooser in (self._image, self._scorer, self._share):
            chooser.observe(self._changed, names="value")
        self._set.observe(lambda _: self._start_again(), names="value")
        for text in self._texts.values():
            text.observe(self._edited, names="value")
        self._keep.on_click(lambda _: self._compare_with_this())
        self._reset.on_click(lambda _: self._start_again())
        head = widgets.HBox(
            [self._image, self._set, self._scorer, self._share],
            layout=widgets.Layout(flex_flow="row wrap"),
        )
        editors = widgets.HBox(
            [
                widgets.VBox(
                    [widgets.HTML(f"<b>{name}</b>, one prompt per line"), text], layout=half
                )
                for name, text in (
                    ("Abnormal", self._texts[State.ABNORMAL]),
                    ("Normal", self._texts[State.NORMAL]),
                )
            ]
        )
        buttons = widgets.HBox([self._keep, self._reset])
        self._box = widgets.VBox([head, self._view, editors, buttons])

    def _start_again(self) -> None:
        """Show the chosen set's prompts, and compare with them from here on."""
        self.prompts = self._prompt_sets[self._set.value]
        self._known = self.prompts
        for state, text in self._texts.items():
            text.unobserve(self._edited, names="value")
            text.value = "\n".join(self.prompts.texts(state))
            text.observe(self._edited, names="value")
        self._compare_with_this()

    def _compare_with_this(self) -> None:
        self._compared = self.prompts
        self._changed(None)

    def _changed(self, _: object) -> None:
        """Judge again what is compared with, under the image, scorer and share of now."""
        self._reference = self._verdict(self._compared)
        self._show()

    def _edited(self, _: object) -> None:
        try:
            self.prompts = read_lines(
                self._known.category,
                self._texts[State.NORMAL].value,
                self._texts[State.ABNORMAL].value,
                known=self._known,
            )
        except PromptError as error:
            self._show(problem=str(error))
            return
        self._show()

    def _verdict(self, prompts: PromptSet) -> Verdict:
        share = self._share.value
        return self._judge.judge(
            self._images[self._image.value],
            prompts,
            scorer=self._scorers[self._scorer.value],
            fusion=self._fusion.model_copy(update={"global_": 1 - share, "local": share}),
        )

    def _show(self, *, problem: str = "") -> None:
        begun = perf_counter()
        now = self._verdict(self.prompts)
        self._view.value = render(
            self._judge.picture(self._images[self._image.value]),
            now,
            before=self._reference,
            problem=problem,
            seconds=perf_counter() - begun,
        )


def _import_widgets() -> ModuleType:
    try:
        import ipywidgets  # noqa: PLC0415 - an extra
    except ImportError:
        raise MissingDependencyError(
            f"the explorer needs ipywidgets, which is not installed; {pip_install('explorer')}."
        ) from None
    return ipywidgets  # type: ignore[no-any-return]
