"""sdist, wheel from the sdist, and a run of what the wheel holds, outside of the checkout."""

import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent


def build(what: str, source: Path, target: Path) -> Path:
    target.mkdir()
    program = f"from setuptools import build_meta as b; print(b.build_{what}({str(target)!r}))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=source, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return target / done.stdout.split()[-1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("setuptools", minversion="77", reason="the build backend is not installed")
    folder = tmp_path_factory.mktemp("build")
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z"],  # noqa: S607
        capture_output=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("the project's files are listed by git, and this is no checkout")
    source = folder / "source"
    for name in os.fsdecode(listed.stdout).split("\0"):
        if name.startswith(("promptlab/", "aligners/")) or (name and "/" not in name):
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    sdist = build("sdist", source, folder / "sdist")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    (unpacked,) = (folder / "unpacked").iterdir()
    return build("wheel", unpacked, folder / "wheel")


@pytest.mark.slow
def test_the_wheel_holds_all_data_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        entry = next(name for name in names if name.endswith("entry_points.txt"))
        assert "promptlab = promptlab.cli:main" in archive.read(entry).decode()
    tracked = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "promptlab", "aligners"],  # noqa: S607
        capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    missing = {name for name in tracked if (ROOT / name).is_file()} - names
    assert missing == set()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"promptlab", "aligners"}


@pytest.mark.slow
def test_the_wheel_runs_an_experiment_outside_of_the_checkout(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)  # noqa: S202 - our own
    config = tmp_path / "c.yaml"
    dataset = {"name": "synthetic", "root": "images"}
    content = {
        "name": "outside",
        "dataset": dataset,
        "backbone": {"name": "lite", "image_size": [160, 160], "device": "cpu"},
        "metrics": {"pixel_size": 32, "bootstrap": 0},
    }
    config.write_text(yaml.safe_dump(content))
    environment = {
        **os.environ,
        "PYTHONPATH": str(site),
        "PROMPTLAB_CACHE": str(tmp_path / "cache"),
        "OMP_NUM_THREADS": "1",
    }

    def run(*words: object) -> str:
        command = [sys.executable, "-P", *map(str, words)]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    where = run("-c", "import promptlab, aligners; print(promptlab.__file__, aligners.__file__)")
    assert all(path.startswith(str(site)) for path in where.split())
    drawn = ("--categories", "gear", "--per-category", 2, "--size", "96x128")
    run("-m", "promptlab", "data", "synth", "--out", "images", *drawn)
    out = run("-m", "promptlab", "run", config, "--out", "run", "--json")
    assert json.loads(out)["categories"]["gear"]["n_abnormal"] == 2
