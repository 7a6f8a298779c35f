from pathlib import Path

import pytest

from promptlab.config import ExperimentConfig, load_config, with_overrides
from promptlab.errors import ConfigError

MINIMAL = "name: quick\ndataset: {name: elpv}\n"


@pytest.fixture
def experiment(tmp_path: Path) -> Path:
    path = tmp_path / "experiment.yaml"
    path.write_text(MINIMAL)
    return path


def test_load_config_fills_defaults(experiment: Path) -> None:
    config = load_config(experiment)
    assert (config.backbone.name, config.scorer.name, config.fusion.global_) == (
        "lite",
        "mean",
        0.5,
    )


def test_load_config_applies_overrides_as_yaml(experiment: Path) -> None:
    config = load_config(experiment, ["fusion.global=0.25", "dataset.categories=[mono]"])
    assert config.fusion.global_ == 0.25
    assert config.dataset.categories == ("mono",)


def test_load_config_anchors_relative_paths_at_the_file(experiment: Path) -> None:
    experiment.write_text(
        "name: q\ndataset: {name: mvtec, root: images}\n"
        "prompts: {sources: [{kind: file, path: sets}, {kind: static, name: winclip}]}\n"
    )
    config = load_config(experiment)
    assert config.dataset.root == experiment.parent / "images"
    assert config.prompts.sources[0].path == experiment.parent / "sets"  # type: ignore[union-attr]


def test_load_config_takes_paths_of_overrides_from_the_current_folder(
    experiment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    config = load_config(experiment, ["dataset.root=images"])
    assert config.dataset.root == here / "images"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (MINIMAL + "scorr: {}\n", "unknown key 'scorr'; did you mean 'scorer'?"),
        (
            "name: q\ndataset: {name: elpv, limt: 3}",
            "unknown key 'dataset.limt'; did you mean 'limit'",
        ),
        (
            MINIMAL + "prompts: {sources: [{kind: llm, llm: x, tmplate: y}]}",
            "unknown key 'prompts.sources.0.tmplate'; did you mean 'template'",
        ),
        ("dataset: {name: elpv}", "key 'name' is required; add it."),
        (MINIMAL + "fusion: {global: 0, local: 0}", "one of fusion.global and fusion.local"),
        (
            MINIMAL + "fusion: {local: -1}",
            "fusion.local: input should be greater than or equal to 0",
        ),
        (
            MINIMAL + "sweep: {search_categories: [a], report_categories: [a, b],"
            " space: {x: {int: [1, 2]}}}",
            "must not overlap, but share a",
        ),
        ("- a\n- b\n", "must hold keys"),
        ("name: [", "must be YAML"),
        ("name: 'a b'\ndataset: {name: elpv}", "name: string should match pattern"),
    ],
)
def test_load_config_refuses_with_rule_and_remedy(
    experiment: Path, content: str, words: str
) -> None:
    experiment.write_text(content)
    with pytest.raises(ConfigError) as caught:
        load_config(experiment)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_load_config_refuses_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="must be readable"):
        load_config(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("fusion.local", "--set takes KEY=VALUE"),
        ("fusion.local=[", "is not YAML"),
        ("name.x=1", "'name' is a value"),
    ],
)
def test_load_config_refuses_a_bad_override(experiment: Path, override: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words.replace("[", r"\[")):
        load_config(experiment, [override])


def test_with_overrides_leaves_the_original_alone(experiment: Path) -> None:
    config = load_config(experiment)
    changed = with_overrides(config, {"scorer.name": "contextual", "prompts.per_state": 3})
    assert (config.scorer.name, changed.scorer.name) == ("mean", "contextual")
    assert changed.prompts.per_state == 3


def test_config_survives_a_round_trip(experiment: Path) -> None:
    config = load_config(experiment)
    content = config.model_dump(mode="json", by_alias=True)
    assert ExperimentConfig.model_validate(content) == config


def test_with_overrides_reaches_into_a_list(experiment: Path) -> None:
    changed = with_overrides(load_config(experiment), {"prompts.sources.0.name": "curated"})
    assert changed.prompts.sources[0].name == "curated"


def test_with_overrides_refuses_an_item_that_a_list_does_not_have(experiment: Path) -> None:
    with pytest.raises(ConfigError, match="leads through a list of 1, but got '7'"):
        with_overrides(load_config(experiment), {"prompts.sources.7.name": "curated"})
