import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from fakes import TinyBackbone

import promptlab.backbones
from promptlab.cli import doctor as module
from promptlab.cli import main
from promptlab.errors import BackboneError, MissingDependencyError

Findings = dict[str, dict[str, object]]


@pytest.fixture
def look(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Findings]:
    monkeypatch.setattr(promptlab.backbones, "load_backbone", lambda *_, **__: TinyBackbone())

    def call() -> Findings:
        done = CliRunner().invoke(module.doctor, ["--json"], catch_exceptions=False)
        assert done.exit_code == 0
        return {one["part"]: one for one in json.loads(done.stdout)["findings"]}

    return call


def test_doctor_names_what_mends_everything_that_is_missing(
    look, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_version", lambda _: "")
    for key in module._KEYS:
        monkeypatch.delenv(key, raising=False)
    found = look()
    assert not [part for part, one in found.items() if not one["ok"] and not one["remedy"]]
    assert found["packages"]["remedy"].startswith("pip install 'click>=8.1' ")
    assert found["data: elpv"]["remedy"] == "pip install elpv-dataset==1.0.0.post1"
    assert found["data: visa"]["remedy"] == "promptlab data download visa"
    assert found["anthropic:"]["remedy"] == "pip install 'langchain-anthropic>=1.7,<2'"
    assert found["HF_TOKEN"]["remedy"] == "export HF_TOKEN=…"


def test_doctor_finds_all_packages_here(look) -> None:
    assert look()["packages"]["ok"]


def test_doctor_finds_a_downloaded_set(look, own_cache: Path) -> None:
    (own_cache / "datasets" / "visa").mkdir(parents=True)
    assert look()["data: visa"] == {
        "part": "data: visa",
        "ok": True,
        "what": str(own_cache / "datasets" / "visa"),
        "remedy": "",
    }


def test_doctor_says_when_the_cache_cannot_be_written(
    look, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PROMPTLAB_CACHE", str(tmp_path / "file" / "cache"))
    cache = look()["cache"]
    assert (cache["ok"], cache["remedy"][:25]) == (False, "export PROMPTLAB_CACHE=FO")
    assert "cannot be written" in cache["what"]


def test_doctor_says_when_the_cache_has_no_room(look, monkeypatch: pytest.MonkeyPatch) -> None:
    full = os.statvfs_result((4096, 4096, 1000, 10, 10, 0, 0, 0, 0, 255))
    monkeypatch.setattr(os, "statvfs", lambda _: full)
    cache = look()["cache"]
    assert not cache["ok"]
    assert cache["what"].endswith("0.0 GB free")
    assert "more room" in cache["remedy"]


@pytest.mark.parametrize(("running", "ok"), [((3, 11), True), ((3, 13), True), ((3, 14), False)])
def test_doctor_says_which_python_was_tried(
    look, monkeypatch: pytest.MonkeyPatch, running: tuple[int, int], ok: bool
) -> None:
    monkeypatch.setattr(sys, "version_info", (*running, 1, "final", 0))
    python = look()["python"]
    assert python["ok"] is ok
    assert bool(python["remedy"]) is not ok


def test_doctor_says_when_the_backbone_is_damaged(look, monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged(*_, **__):
        raise BackboneError("the lite backbone needs its weights; reinstall promptlab.")

    monkeypatch.setattr(promptlab.backbones, "load_backbone", damaged)
    lite = look()["lite"]
    assert (lite["ok"], lite["remedy"]) == (False, "reinstall promptlab.")


def test_doctor_never_prints_a_key(look, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-fake-123456")
    found = look()
    assert found["OPENAI_API_KEY"]["what"] == "set"
    assert "sk-fake" not in json.dumps(found)


@pytest.mark.parametrize("module", ["torch", "platformdirs"])
def test_doctor_works_where_a_package_that_is_needed_is_missing(module: str) -> None:
    program = f"import sys; sys.modules[{module!r}] = None; from promptlab.cli import main; main()"
    command = [sys.executable, "-W", "ignore", "-c", program, "doctor", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = {one["part"]: one for one in json.loads(done.stdout)["findings"]}
    assert found["python"]["ok"]
    broken = [one for one in found.values() if "cannot be looked at" in one["what"]]
    assert all(module in one["what"] and one["remedy"] for one in broken)
    assert broken


def test_doctor_prints_plain_lines_where_rich_is_missing(
    look, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "rich.console", None)
    done = CliRunner().invoke(module.doctor, catch_exceptions=False)
    assert done.stdout.startswith("part\tworks\twhat\tremedy\npython\tyes\t")


def test_doctor_opens_the_sentence_encoder_too(look, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_):
        raise MissingDependencyError(
            "the lite backbone needs it; install it with: pip install x==1"
        )

    monkeypatch.setattr(TinyBackbone, "encode_text", missing)
    lite = look()["lite"]
    assert (lite["ok"], lite["remedy"]) == (False, "pip install x==1")


def test_a_missing_package_is_told_with_the_way_to_doctor(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "promptlab.datasets.load", None)
    with pytest.raises(SystemExit):
        main(["data", "list"])
    assert "promptlab doctor names what is missing" in capsys.readouterr().err
