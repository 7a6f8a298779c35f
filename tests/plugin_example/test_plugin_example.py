"""The example package is found as an installed one is: a dist-info folder on the import path."""

import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import aligners.contract
import promptlab.scorers.contract
from aligners import ALIGNERS
from promptlab.config import AlignerConfig, ScorerConfig
from promptlab.detector import build_aligner, build_scorer
from promptlab.errors import ConfigError
from promptlab.scorers import SCORERS

HERE = Path(__file__).parent
MODULE = "promptlab_plugin_example"


@pytest.fixture(autouse=True)
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make the package look installed, and leave registries and modules as they were."""
    project = tomllib.loads((HERE / "pyproject.toml").read_text())["project"]
    info = tmp_path / f"{MODULE}-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Name: {project['name']}\nVersion: {project['version']}\n")
    lines = []
    for group, entries in project["entry-points"].items():
        lines += [f"[{group}]", *(f"{name} = {target}" for name, target in entries.items())]
    (info / "entry_points.txt").write_text("\n".join(lines))
    monkeypatch.setattr(sys, "path", [str(tmp_path), str(HERE), *sys.path])
    for registry in (SCORERS, ALIGNERS):
        monkeypatch.setattr(registry, "_classes", dict(registry._classes))
    yield
    sys.modules.pop(MODULE, None)


def test_entry_points_are_found() -> None:
    found = {entry.name for entry in entry_points(group="promptlab.scorers")}
    assert "trimmed" in found
    assert "trimmed" in SCORERS.available()
    assert "smooth_patch" in ALIGNERS.available()


def test_parts_are_built_from_a_configuration_with_checked_parameters() -> None:
    assert build_scorer(ScorerConfig(name="trimmed")).rule == (
        "Drop each state's most and least similar prompt."
    )
    aligner = build_aligner(AlignerConfig(name="smooth_patch", params={"share": 0.5}))
    assert aligner == ALIGNERS["smooth_patch"](share=0.5)
    with pytest.raises(ConfigError, match=r"unknown key 'aligner\.params\.shre'"):
        build_aligner(AlignerConfig(name="smooth_patch", params={"shre": 0.5}))


def test_a_misspelt_plug_in_is_suggested() -> None:
    with pytest.raises(ConfigError, match="did you mean 'trimmed'"):
        build_scorer(ScorerConfig(name="trimed"))


@pytest.mark.parametrize(
    "check", promptlab.scorers.contract.CHECKS, ids=lambda check: check.__name__
)
def test_scorer_keeps_the_contract(check) -> None:
    check(SCORERS["trimmed"])


@pytest.mark.parametrize("check", aligners.contract.CHECKS, ids=lambda check: check.__name__)
def test_aligner_keeps_the_contract(check) -> None:
    check(ALIGNERS["smooth_patch"])
