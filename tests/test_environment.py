import tomllib
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

import pytest
import yaml
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parent.parent


def test_environment_yml_takes_every_version_from_the_project() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    conda, pip = environment["dependencies"][:-1], environment["dependencies"][-1]["pip"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert conda == [f"python={project['requires-python'].removeprefix('>=')}", "pip"]
    assert pip == ["--constraint constraints.txt", "--editable .[dev]"]


def test_constraints_hold_versions_only() -> None:
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        name, _, version = line.partition("==")
        assert name
        assert version
        assert "/" not in line


@pytest.mark.parametrize("python", ["3.11.9", "3.12.0", "3.13.0"])
def test_every_pinned_package_takes_each_python_we_name(python: str) -> None:
    refused = []
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        try:
            accepted = metadata(line.partition("==")[0])["Requires-Python"]
        except PackageNotFoundError:  # belongs to another system
            continue
        if accepted and python not in SpecifierSet(accepted):
            refused.append((line, accepted))
    assert refused == []
