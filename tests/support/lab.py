"""A JupyterLab server on this machine, for a browser to meet."""

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import nbformat
from browser import PATIENCE, BrowserError, Page

_INDICATOR = "document.querySelector('.jp-Notebook-ExecutionIndicator')?.dataset.status"


@contextmanager
def serve_lab(folder: Path, *, python_path: Sequence[Path]) -> Iterator[str]:
    """Serve a folder; yield the address of its documents, with ``{}`` for the file's name.

    Settings and state of the user's own JupyterLab are neither read nor changed.
    """
    token, state = secrets.token_hex(16), folder / ".jupyter"
    folders = {
        f"JUPYTER{part}": str(state / part.strip("_").lower())
        for part in ("_CONFIG_DIR", "_DATA_DIR", "_RUNTIME_DIR", "LAB_SETTINGS_DIR",
                     "LAB_WORKSPACES_DIR")
    }  # fmt: skip
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", f"--notebook-dir={folder}",
        f"--IdentityProvider.token={token}", "--LabApp.expose_app_in_browser=True",
        "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={20000 + secrets.randbelow(40000)}",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--ServerApp.allow_root=True",
    ]  # fmt: skip
    quiet = state / "lab_settings_dir" / "@jupyterlab" / "apputils-extension"
    quiet.mkdir(parents=True)
    (quiet / "notification.jupyterlab-settings").write_text('{"fetchNews": "false"}')
    environment = {**os.environ, **folders, "PYTHONPATH": os.pathsep.join(map(str, python_path))}
    server = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield f"{_address_of(server, state)}doc/tree/{{}}?token={token}"
    finally:
        server.terminate()
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def write_notebook(path: Path, *cells: str) -> None:
    """Write a notebook of code cells."""
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(made, path)


def run_all(page: Page, *, until: str, seconds: float = 900.0) -> None:
    """Run every cell of the notebook that the page shows until a JavaScript condition holds.

    A busy machine makes JupyterLab ask which kernel to take although the notebook says so, at any
    time, and outputs of before its answer are lost: then the cells run again.
    """
    page.wait("window.jupyterapp && document.querySelectorAll('.jp-CodeCell').length > 0")
    page.evaluate(
        "window.restless = performance.now(); void setInterval(() => {"
        " const asked = document.querySelector('.jp-Dialog .jp-mod-accept'); asked?.click();"
        f" if (asked || {_INDICATOR} !== 'idle') window.restless = performance.now(); }}, 100)"
    )
    quiet = "performance.now() - window.restless > 3000"
    for _ in range(3):
        page.wait(quiet)
        page.evaluate(
            "window.restless = performance.now();"
            " void jupyterapp.commands.execute('notebook:run-all-cells')"
        )
        page.wait(f"({until}) || {quiet}", seconds=seconds)
        if page.evaluate(f"!!({until})"):
            return
    raise BrowserError(f"the notebook ran three times and still not true: {until}")


def _address_of(server: subprocess.Popen[bytes], state: Path) -> str:
    """Wait for the file in which the server says where it listens."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and server.poll() is None:
        for file in (state / "runtime_dir").glob("jpserver-*.json"):
            try:
                return str(json.loads(file.read_text())["url"])
            except (json.JSONDecodeError, KeyError):
                pass  # half written
        time.sleep(0.1)
    raise BrowserError(f"JupyterLab did not start (exit status {server.poll()})")
