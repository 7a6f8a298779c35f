"""`make audit` tells advisories, none, and a service that does not answer apart."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
AUDIT = ROOT / ".ci" / "audit"

WRITES = 'while [ "$1" != --{flag} ]; do shift; done; echo "{text}" > "$2"\n'


def tool(folder: Path, name: str, script: str) -> None:
    """Write a stand-in for one of the two tools."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}")
    path.chmod(0o755)


@pytest.mark.parametrize(
    ("pip_audit", "status", "told"),
    [
        (WRITES.format(flag="output", text="[]"), 0, "no known advisory concerns constraints.txt"),
        (WRITES.format(flag="output", text="[1]") + "exit 1\n", 1, "ADVISORIES: see"),
        ("echo no route to host >&2; exit 1\n", 3, "no route to host\nNOT AUDITED: the advisories"),
    ],
)
def test_audit_says_what_it_found_or_that_it_found_nothing_out(
    tmp_path: Path, pip_audit: str, status: int, told: str
) -> None:
    tool(tmp_path, "cyclonedx-py", WRITES.format(flag="output-file", text="{}"))
    tool(tmp_path, "pip-audit", pip_audit)
    out = tmp_path / "build"
    out.mkdir()
    (out / "advisories.json").write_text("of an earlier day")
    done = subprocess.run(
        [str(AUDIT), str(tmp_path), "python", str(out)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == status
    assert told in done.stdout
    assert (out / "sbom.json").read_text() == "{}\n"


def test_audit_fails_when_the_bill_of_materials_cannot_be_written(tmp_path: Path) -> None:
    tool(tmp_path, "cyclonedx-py", "echo no such python >&2; exit 2\n")
    tool(tmp_path, "pip-audit", "exit 0\n")
    done = subprocess.run(
        [str(AUDIT), str(tmp_path), "python", str(tmp_path / "build")],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "no known advisory" not in done.stdout
