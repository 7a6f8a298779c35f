"""The explorer as a person meets it: in JupyterLab, in a browser, by keyboard."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import Page, find_browser, open_page

pytest.importorskip("ipywidgets", reason="needs the extra promptlab[explorer]")
from lab import run_all, serve_lab, write_notebook

ROOT = Path(__file__).parents[3]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_browser() is None, reason="no Chromium on this machine"),
]

CELL = """
import numpy as np
from pathlib import Path
from PIL import Image
from fakes import TinyBackbone
from promptlab.config import AlignerConfig
from promptlab.explorer import Explorer, read_lines
from promptlab.features import FeatureStore

pixels = np.full((40, 60, 3), 60, dtype=np.uint8)
pixels[:16, :16] = 230
Image.fromarray(pixels).save("plate.png")
prompts = read_lines("plate", "a flawless plate\\na plate", "a damaged plate\\na plate with a flaw")
Explorer({"plate": Path("plate.png")}, {"mine": prompts}, TinyBackbone(),
         aligner=AlignerConfig(name="patch"), store=FeatureStore(Path("features")))
"""
SCORE = "document.querySelector('.pl-ex .score')?.textContent"
ABNORMAL = "document.querySelectorAll('.jp-OutputArea textarea')[0]"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    folder = tmp_path_factory.mktemp("lab")
    write_notebook(folder / "explorer.ipynb", CELL)
    with (
        serve_lab(folder, python_path=[ROOT, ROOT / "tests" / "support"]) as address,
        open_page(width=1280, height=1000) as page,
    ):
        page.open(address.format("explorer.ipynb"))
        run_all(page, until=SCORE)
        yield page


def test_explorer_shows_score_maps_and_prompts(page: Page) -> None:
    assert 0 <= float(page.evaluate(SCORE)) <= 1
    alts = page.evaluate("[...document.querySelectorAll('.pl-ex img')].map(one => one.alt)")
    assert [alt.split(",")[0] for alt in alts] == [
        "The image", "Its anomaly map", "How the map changed",
    ]  # fmt: skip
    assert page.evaluate("document.querySelectorAll('.pl-ex tr').length") == 4


def test_explorer_follows_what_is_typed(page: Page) -> None:
    page.evaluate(f"{ABNORMAL}.focus(); {ABNORMAL}.setSelectionRange(15, 15)")
    begun = page.evaluate("performance.now()")
    page.type(" that is broken")
    changed = "document.querySelector('.pl-ex .delta')?.textContent"
    page.wait(changed)
    assert page.evaluate("performance.now()") - begun < 10_000  # a busy machine; see the figure
    rows = "[...document.querySelectorAll('.pl-ex tr th')].map(one => one.textContent.trim())"
    assert "a damaged plate that is broken new" in page.evaluate(rows)
    assert page.complaints == [] or not [one for one in page.complaints if "widget" in one.lower()]


def test_explorer_says_what_is_missing(page: Page) -> None:
    page.evaluate(f"{ABNORMAL}.focus(); {ABNORMAL}.select()")
    page.press("Backspace", code=8)
    alert = page.wait("document.querySelector('.pl-ex [role=alert]')?.textContent")
    assert "no abnormal prompt" in alert
