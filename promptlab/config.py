"""One experiment as one YAML file: its keys, their rules and their defaults.

The models here check everything that can be checked without loading data, backbones or language
models; names of scorers and aligners are checked where they are built (`promptlab.detector`).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from promptlab.errors import ConfigError, suggest
from promptlab.files import printable
from promptlab.yamltext import load_yaml

__all__ = [
    "AlignerConfig",
    "BackboneConfig",
    "CompareConfig",
    "DatasetConfig",
    "ExperimentConfig",
    "FileSource",
    "FusionConfig",
    "LLMSource",
    "MetricsConfig",
    "MutualConfig",
    "ObjectiveConfig",
    "Price",
    "PromptSource",
    "PromptsConfig",
    "ScorerConfig",
    "StaticSource",
    "SweepConfig",
    "TrafficConfig",
    "load_config",
    "parse_config",
    "put_value",
    "read_content",
    "with_overrides",
]

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class DatasetConfig(_Strict):
    """Which images are judged."""

    name: str
    """mvtec (any folder in that layout) | elpv | synthetic | visa."""
    root: Path | None = None
    categories: tuple[str, ...] | None = None
    limit: Count | None = None
    """At most this many test images per category, half of them normal; drawn by the seed."""


class BackboneConfig(_Strict):
    """Which encoder compares images with sentences."""

    name: str = "lite"
    """lite | hf:NAME_OR_FOLDER | open_clip:MODEL/PRETRAINED."""
    image_size: Count | tuple[Count, Count] | None = None
    """Side, or (height, width), in pixels; null: the backbone's own."""
    map_sizes: tuple[Count | tuple[Count, Count], ...] = ()
    """Further image sizes whose anomaly maps are averaged with that of `image_size`."""
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"

    @property
    def size(self) -> tuple[int, int] | None:
        """`image_size` as (height, width)."""
        side = self.image_size
        return (side, side) if isinstance(side, int) else side


class StaticSource(_Strict):
    """Prompts that ship with promptlab, such as WinCLIP's ensemble."""

    kind: Literal["static"]
    name: str


class Price(_Strict):
    """What a language model costs, in US dollars per million tokens."""

    input: Annotated[float, Field(ge=0)]
    output: Annotated[float, Field(ge=0)]


class TrafficConfig(_Strict):
    """How hosted language models are asked: pace, patience, and what it may cost."""

    max_concurrency: Count = 4
    requests_per_second: Annotated[float, Field(gt=0)] | None = None
    timeout: Annotated[float, Field(gt=0)] = 60.0
    """Seconds until a request counts as failed."""
    retries: Annotated[int, Field(ge=0)] = 4
    """How often a failed request is asked again."""
    backoff: Annotated[float, Field(ge=0)] = 1.0
    """Seconds before the first retry, doubled each time; a server's Retry-After comes first."""
    max_requests: Count | None = None
    """Cap on requests sent by one command for all its prompt sets, retries included; to models on
    this machine: for one prompt set."""
    max_usd: Annotated[float, Field(gt=0)] | None = None
    """Cap on dollars of one command, for all its prompt sets; needs the model's price."""
    prices: dict[str, Price] = Field(default_factory=dict)
    """By the model's name, such as ``openai:gpt-4o-mini``; models on this machine are free."""


class LLMSource(_Strict):
    """Prompts that a language model writes."""

    kind: Literal["llm"]
    llm: str
    template: str | None = None
    """Request template; null: the one that suits the model (completion for tiny ones)."""
    per_state: Count = 24
    temperature: Annotated[float, Field(ge=0)] = 0.9
    seed: int | None = None
    """Another seed is another sample of the same model; null: the experiment's."""
    form: Literal["auto", "lines", "structured"] = "auto"
    """How answers are asked for; auto: structured output where LangChain knows the model can."""
    traffic: TrafficConfig = TrafficConfig()


class FileSource(_Strict):
    """Prompts from a prompt-set file, or a folder of them."""

    kind: Literal["file"]
    path: Path


PromptSource = Annotated[StaticSource | LLMSource | FileSource, Field(discriminator="kind")]


class PromptsConfig(_Strict):
    """Where prompts come from and how many of the pool are used."""

    sources: Annotated[tuple[PromptSource, ...], Field(min_length=1)] = (
        StaticSource(kind="static", name="winclip"),
    )
    per_state: Count | None = None
    select: Literal["all", "random", "diverse"] = "all"
    """all: ``per_state`` prompts evenly spaced over the pool; random: drawn by the seed; diverse:
    typical of their state and unlike one another (MMR over sentence embeddings)."""
    summary: Literal["none", "mean", "mean_raw", "medoid", "principal", "kmeans"] = "none"
    """Vectors that stand for each state's prompts before any scorer; none: every prompt itself.
    ``mean_raw`` is the average that anomalib and Accurate-WinCLIP use for WinCLIP."""
    centres: Count = 4
    """How many vectors per state ``kmeans`` makes."""


class ScorerConfig(_Strict):
    """Which scorer, and its parameters."""

    name: str = "mean"
    params: dict[str, Any] = Field(default_factory=dict)
    context: Literal["image", "patch"] = "image"
    """Whether a place reuses the weights its image gave the prompts, or finds its own."""
    temperature: Annotated[float, Field(gt=0)] | None = None
    """Divides similarities before a softmax; null: what the backbone was trained to.
    anomalib and Accurate-WinCLIP use 0.07 for WinCLIP; CLIP's checkpoints mostly have 0.01."""


class AlignerConfig(_Strict):
    """Which aligner, and its parameters."""

    name: str = "fine_grained"
    params: dict[str, Any] = Field(default_factory=dict)


class FusionConfig(_Strict):
    """How global and local evidence become the image score and the anomaly map."""

    global_: Annotated[float, Field(ge=0, alias="global")] = 0.5
    local: Annotated[float, Field(ge=0)] = 0.5
    join: Literal["probability", "odds"] = "probability"
    """Of what the image score is the weighted mean: of both probabilities, or of their log odds,
    where the surer of the two counts more (docs/FUSION.md)."""
    pool: Literal["top", "soft"] = "top"
    """How the map becomes the local image score: `top`, or a soft maximum of its log odds."""
    top: Annotated[float, Field(gt=0, le=1)] = 0.01
    """Share of the map's highest values whose mean is the local image score (pool top)."""
    softness: Annotated[float, Field(gt=0)] = 4.0
    """Of the soft maximum, in log odds: from 0 to infinity it goes from maximum to mean (pool
    soft)."""
    sigma: Annotated[float, Field(ge=0)] = 0.02
    """Gaussian smoothing of the map, as a share of its shorter side (4 px of 224)."""

    @model_validator(mode="after")
    def _some_weight(self) -> "FusionConfig":
        if self.global_ + self.local <= 0:
            raise ValueError("one of fusion.global and fusion.local must be above 0")
        return self


class FewShotConfig(_Strict):
    """Normal reference images per category, drawn by the seed (WinCLIP+)."""

    k: Annotated[int, Field(ge=0)] = 0
    """From the training images where the data set has some, else from the normal test images,
    which are then not judged. 0: zero-shot."""
    weight: Share = 0.5
    """Share of the distance from the references in the anomaly map, and of its maximum in the
    global score; WinCLIP+ weighs both alike."""


class MutualConfig(_Strict):
    """Images of a category that are judged together judge one another (MuSc); transductive."""

    weight: Share = 0.0
    """Share of the distance from the other images in the anomaly map, and of its maximum in the
    global score. 0: images do not know one another."""
    params: dict[str, Any] = Field(default_factory=dict)
    """Of `aligners.mutual.MutualScoring`: tokens, sides, share, images."""


class MetricsConfig(_Strict):
    """How results are measured."""

    pixel_size: Annotated[int, Field(ge=16)] = 256
    """Maps and masks are compared at this side length, in pixels."""
    aupro_fpr_limit: Annotated[float, Field(gt=0, le=1)] = 0.3
    bootstrap: Annotated[int, Field(ge=0)] = 1000
    """Resamples for intervals; 0: none."""
    compat_200: bool = False
    """Also give AUPRO as the AnomalyCLIP family approximates it (`aupro_200`), to compare with
    published numbers; it reads up to some points low."""


Metric = Literal[
    "image_auroc", "image_ap", "image_f1_max", "pixel_auroc", "pixel_ap", "pixel_f1_max", "aupro"
]


Goal = Metric | Literal["prompts"]


class ObjectiveConfig(_Strict):
    """What a sweep looks for on the search categories: one mean, or several goals at once."""

    mean: Annotated[tuple[Metric, ...], Field(min_length=1)] | None = None
    """Maximised: the mean of these metrics over the categories; null: of image_auroc."""
    pareto: Annotated[tuple[Goal, ...], Field(min_length=2)] | None = None
    """Instead of ``mean``, goals that nobody weighs against each other: metrics, maximised, and
    ``prompts`` (how many of them a category uses), minimised."""

    @model_validator(mode="after")
    def _one_way(self) -> "ObjectiveConfig":
        if self.mean and self.pareto:
            raise ValueError("an objective is a mean or a pareto list; give one of them")
        if self.pareto and len({*self.pareto}) < len(self.pareto):
            raise ValueError("the goals of a pareto list must differ; remove the repeated one")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """The goals of a pareto list, else the metrics whose mean is the one goal."""
        return self.pareto or self.mean or ("image_auroc",)


class SweepConfig(_Strict):
    """What Optuna may change, what it may see, and for how long."""

    trials: Count = 30
    """Finished trials wanted in all; of each fold where there are folds."""
    objective: ObjectiveConfig = ObjectiveConfig()
    sampler: Literal["tpe", "random", "grid", "gp", "nsga2"] = "tpe"
    pruner: Literal["none", "median", "wilcoxon"] = "none"
    """Stops a trial that falls behind after some categories; needs a single goal."""
    search_categories: tuple[str, ...] = ()
    report_categories: tuple[str, ...] = ()
    folds: Annotated[int, Field(ge=2)] | Literal["leave_one_out"] | None = None
    """Instead of the two sides: the data set's categories in this many parts; each part is
    reported by the winner of a search on the others."""
    oracle: bool = False
    """Whether both sides may share categories; such a sweep is marked wherever it is shown."""
    space: Annotated[dict[str, dict[str, Any]], Field(min_length=1)]
    """Dotted config path -> {int: [low, high]} | {float: [low, high]} | {choice: […]}; a third
    element ``log`` searches a range on a logarithmic scale, ``step:`` beside it makes it a comb.
    Choices that have no short name are named: {choice: {name: value}}."""

    @model_validator(mode="after")
    def _sides_apart(self) -> "SweepConfig":
        sides = (self.search_categories, self.report_categories)
        if self.folds is not None and any(sides):
            raise ValueError(
                "sweep.folds makes both sides itself; remove search_categories and "
                "report_categories, or folds"
            )
        if self.folds is None and not all(sides):
            raise ValueError(
                "a sweep needs categories to search on and others to report on; add "
                "search_categories and report_categories, or folds"
            )
        shared = sorted({*self.search_categories} & {*self.report_categories})
        if shared and not self.oracle:
            raise ValueError(
                "sweep.search_categories and sweep.report_categories must not overlap, but "
                f"share {', '.join(shared)}; a result reported on searched data is an oracle's: "
                "if that is what you want, say --oracle"
            )
        if self.pruner != "none" and self.objective.pareto:
            raise ValueError("a pruner needs a single goal; use objective.mean or pruner none")
        return self


class CompareConfig(_Strict):
    """Which prompts `promptlab compare` puts side by side; everything else is the experiment's."""

    llms: tuple[str, ...] = ()
    templates: tuple[str | None, ...] = (None,)
    """Request templates; null: the one that suits the model."""
    per_state: Annotated[tuple[Count, ...], Field(min_length=1)] = (24,)
    """Prompt counts; each is one row for each model and template."""
    draws: Count = 1
    """Samples of each language model, with seeds from the experiment's upwards."""
    temperature: Annotated[float, Field(ge=0)] = 0.9
    form: Literal["auto", "lines", "structured"] = "auto"
    traffic: TrafficConfig = TrafficConfig()
    static: tuple[str, ...] = ("winclip",)
    """Prompts without a language model; ``winclip``, the baseline, is always among the rows."""
    files: tuple[Path, ...] = ()
    """Prompt-set files or folders of your own."""


class ExperimentConfig(_Strict):
    """One experiment: everything that decides its numbers."""

    name: Annotated[str, Field(min_length=1, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    seed: int = 0
    dataset: DatasetConfig
    backbone: BackboneConfig = BackboneConfig()
    prompts: PromptsConfig = PromptsConfig()
    scorer: ScorerConfig = ScorerConfig()
    aligner: AlignerConfig = AlignerConfig()
    fusion: FusionConfig = FusionConfig()
    few_shot: FewShotConfig = FewShotConfig()
    mutual: MutualConfig = MutualConfig()
    metrics: MetricsConfig = MetricsConfig()
    sweep: SweepConfig | None = None
    compare: CompareConfig | None = None


def load_config(path: Path, overrides: Sequence[str] = ()) -> ExperimentConfig:
    """Read one experiment file and apply ``a.b=value`` overrides (values are YAML).

    Relative ``dataset.root`` and prompt paths are taken from the experiment file's folder; those
    of overrides from the current one.

    Raises:
        ConfigError: when the file is missing, is not YAML, breaks a rule, or holds a grid.
    """
    content = read_content(path, overrides)
    if "grid" in content:
        raise ConfigError(
            f"{path} must be one experiment here, but holds a grid; `promptlab run` takes grids."
        )
    return parse_config(content, origin=str(path), folder=path.parent)


def read_content(path: Path, overrides: Sequence[str] = ()) -> dict[str, Any]:
    """Read an experiment file's keys and apply overrides; nothing else is checked yet.

    Raises:
        ConfigError: when the file is missing or is not YAML, or an override is malformed.
    """
    try:
        content = load_yaml(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"an experiment file must be readable, but {path}: {error}.") from error
    except yaml.YAMLError as error:
        line = " ".join(str(error).split())
        raise ConfigError(f"an experiment file must be YAML, but {path}: {line}.") from error
    if not isinstance(content, dict):
        raise ConfigError(
            f"an experiment file must hold keys such as 'name:' and 'dataset:', but {path} holds "
            f"{type(content).__name__}."
        )
    _anchor(content, path.parent)
    for override in overrides:
        key, equals, value = override.partition("=")
        if not equals or not key:
            raise ConfigError(f"--set takes KEY=VALUE, but got {override!r}.")
        try:
            put_value(content, key.strip(), load_yaml(value))
        except yaml.YAMLError as error:
            raise ConfigError(f"--set {key}: the value {value!r} is not YAML.") from error
    _anchor(content, Path.cwd())
    return content


def parse_config(content: dict[str, Any], *, origin: str, folder: Path) -> ExperimentConfig:
    """Check an experiment file's keys; relative paths are taken from ``folder``.

    Raises:
        ConfigError: when a rule is broken; the message begins with ``origin``.
    """
    _anchor(content, folder)
    return _validate(content, origin)


def with_overrides(config: ExperimentConfig, values: Mapping[str, object]) -> ExperimentConfig:
    """Return a copy with some dotted paths replaced, checked by the same rules.

    >>> config = ExperimentConfig(name="x", dataset=DatasetConfig(name="elpv"))
    >>> with_overrides(config, {"fusion.local": 0.25}).fusion.local
    0.25

    Raises:
        ConfigError: when a path does not exist or a value breaks a rule.
    """
    content = config.model_dump(mode="json", by_alias=True)
    for path, value in values.items():
        put_value(content, path, value)
    return _validate(content, f"override of {', '.join(values)}")


def put_value(content: dict[str, Any], path: str, value: object) -> None:
    """Set the value at a dotted path in place, making the mappings on the way.

    A number in the path counts the items of a list, from 0: ``prompts.sources.0.template``.

    Raises:
        ConfigError: when the path leads through a value, or to an item that a list does not have.
    """
    *parents, last = path.split(".")
    node: Any = content
    for parent in parents:
        key = _key(node, parent, path)
        if isinstance(node, dict) and node.get(parent) is None:
            node[parent] = {}
        node = node[key]
        if not isinstance(node, dict | list):
            raise ConfigError(f"{path!r} must lead through mappings, but {parent!r} is a value.")
    node[_key(node, last, path)] = value


def _key(node: object, step: str, path: str) -> Any:  # noqa: ANN401 - a key or an index
    """Return what a step of a dotted path means where it stands."""
    if not isinstance(node, list):
        return step
    if not step.isdigit() or int(step) >= len(node):
        raise ConfigError(
            f"{path!r} leads through a list of {len(node)}, but got {step!r}; count its items "
            "from 0."
        )
    return int(step)


def _validate(content: dict[str, Any], origin: str) -> ExperimentConfig:
    try:
        return ExperimentConfig.model_validate(content)
    except ValidationError as error:
        problems = "; ".join(_problem(problem) for problem in error.errors())
        raise ConfigError(f"{origin}: {problems}") from None


def _problem(problem: Mapping[str, Any]) -> str:
    """Say one of pydantic's findings as rule, value and remedy."""
    location = [part for part in problem["loc"] if part not in ("static", "llm", "file")]
    path = ".".join(str(part) for part in location)
    if problem["type"] == "extra_forbidden":
        known = _fields_at(problem["loc"][:-1])
        return f"unknown key {path!r}; {suggest(str(location[-1]), known)}"
    if problem["type"] == "missing":
        return f"key {path!r} is required; add it."
    message = str(problem["msg"]).removeprefix("Value error, ")
    message = message[0].lower() + message[1:]
    if problem["type"] == "value_error" and isinstance(problem["input"], dict):
        return f"{path or 'experiment'}: {message}."  # a whole section says less than its rule
    received = repr(problem["input"])
    shown = received if len(received) <= 80 else f"{received[:77]}..."
    return f"{path or 'experiment'}: {message}, but got {shown}."


def _fields_at(location: Sequence[object]) -> list[str]:
    """Return the keys that are allowed where an unknown one was found."""
    sources: dict[str, type[BaseModel]] = {
        "static": StaticSource,
        "llm": LLMSource,
        "file": FileSource,
    }
    model: type[BaseModel] = ExperimentConfig
    for part in location:
        if part in sources:
            model = sources[str(part)]
            continue
        for name, field in model.model_fields.items():
            candidate = _model_of(field.annotation)
            if part in (name, field.alias) and candidate is not None:
                model = candidate
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_of(annotation: object) -> type[BaseModel] | None:
    """Return the model inside ``Model`` or ``Model | None``."""
    for option in (annotation, *getattr(annotation, "__args__", ())):
        if isinstance(option, type) and issubclass(option, BaseModel):
            return option
    return None


def _anchor(content: dict[str, Any], folder: Path) -> None:
    """Resolve relative paths of an experiment's keys against a folder, in place."""
    dataset, prompts = content.get("dataset"), content.get("prompts")
    holders = [(dataset, "root")]
    if isinstance(prompts, dict) and isinstance(prompts.get("sources"), list):
        holders += [(source, "path") for source in prompts["sources"]]
    for holder, key in holders:
        if isinstance(holder, dict) and isinstance(holder.get(key), str):
            holder[key] = str(_absolute(Path(holder[key]), folder))
    compared = content.get("compare")
    if isinstance(compared, dict) and isinstance(compared.get("files"), list):
        files = compared["files"]
        compared["files"] = [
            str(_absolute(Path(one), folder)) if isinstance(one, str) else one for one in files
        ]


def _absolute(path: Path, folder: Path) -> Path:
    expanded = path.expanduser()
    found = expanded if expanded.is_absolute() else (folder / expanded).resolve()
    if printable(found) != str(found):
        raise ConfigError(
            f"a path must be text in UTF-8, but got {printable(found)!r}; rename its folder."
        )
    return found
