import re
import shlex
import tomllib
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

import pytest
import yaml
from packaging.specifiers import SpecifierSet

from promptlab.cli import doctor
from promptlab.errors import _EXTRAS, pip_install

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


def test_the_pythons_we_name_are_those_that_doctor_knows() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = [one.rpartition(" ")[2] for one in project["classifiers"] if "Python :: 3." in one]
    (_, oldest), (_, newest) = doctor._PYTHON
    assert named == [f"3.{minor}" for minor in range(oldest, newest + 1)]


@pytest.mark.parametrize("python", ["3.11.9", "3.12.0", "3.13.0"])
def test_every_pinned_package_takes_each_python_we_name(python: str) -> None:
    refused = []
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        try:
            accepted = metadata(line.partition("==")[0]).get("Requires-Python")
        except PackageNotFoundError:  # belongs to another system
            continue
        if accepted and python not in SpecifierSet(accepted):
            refused.append((line, accepted))
    assert refused == []


def test_commands_that_install_an_extra_name_its_packages() -> None:
    """Never promptlab itself: on the public index somebody else's package has that name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    told = {name: shlex.split(pip_install(name))[2:] for name in _EXTRAS}
    bundles = {"demo", "dev"}
    assert told == {
        name: packages
        for name, packages in project["optional-dependencies"].items()
        if name not in bundles
    }


def test_no_remedy_fetches_a_package_called_promptlab() -> None:
    found = [
        line
        for path in (ROOT / "promptlab").rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(r"pip install [^`]*\bpromptlab\b", line)
    ]
    assert found == []
