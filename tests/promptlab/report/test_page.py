"""The page as a person meets it: in a browser, by mouse and by keyboard."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browser import Page, find_browser, open_page

from promptlab.report.build import build_report
from promptlab.results import RunRecord, write_record

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_browser() is None, reason="no Chromium on this machine"),
]

FIRST = "document.querySelector('table.results tbody th').dataset.order"


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    with open_page() as page:
        yield page


@pytest.fixture
def page(browser: Page, html: str, tmp_path: Path) -> Page:
    path = tmp_path / "report.html"
    path.write_text(html, encoding="utf-8")
    browser.complaints.clear()
    browser.requests.clear()
    browser.open(path.as_uri())
    return browser


def test_page_complains_of_nothing_and_asks_nobody(page: Page, tmp_path: Path) -> None:
    page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done, 0)))")
    assert page.complaints == []
    assert page.requests == [(tmp_path / "report.html").as_uri()]
    assert page.evaluate("[...document.images].every(one => one.complete && one.naturalWidth > 0)")


def test_page_sorts_by_mouse_and_by_keyboard(page: Page) -> None:
    header = "document.querySelectorAll('table.results thead button')[1]"
    assert page.evaluate(FIRST) == "mono"
    page.evaluate(f"{header}.click()")
    assert page.evaluate(FIRST) == "mono"  # image AUROC falls: 84, 66
    page.evaluate(f"{header}.focus()")
    page.press("Enter", code=13, text="\r")
    assert page.evaluate(FIRST) == "poly"
    assert page.evaluate(f"{header}.closest('th').ariaSort") == "ascending"
    last = "[...document.querySelectorAll('table.results')[0].tBodies].at(-1).className"
    assert page.evaluate(last) == "mean"


def test_page_fades_the_maps(page: Page) -> None:
    page.evaluate("document.querySelector('[data-opacity]').focus()")
    page.press("ArrowLeft", code=37)
    assert page.evaluate("getComputedStyle(document.querySelector('.map')).opacity") == "0.55"
    assert page.evaluate("document.querySelector('.controls output').textContent") == "55 %"


def test_page_enlarges_an_example_and_goes_on_by_keyboard(page: Page) -> None:
    page.evaluate("document.querySelector('button.open').focus()")
    page.press("Enter", code=13, text="\r")
    assert page.evaluate("document.querySelector('dialog').open")
    shown = "document.querySelector('.zoomed .kind').textContent.trim()"
    assert page.evaluate(shown).startswith("Abnormal, scored high")
    page.press("ArrowRight", code=39)
    assert page.evaluate(shown).startswith("Normal, scored low")
    page.press("Escape", code=27)
    assert not page.evaluate("document.querySelector('dialog').open")
    focus = "[...document.querySelectorAll('button.open')].indexOf(document.activeElement)"
    assert page.wait(f"{focus} === 1")


@pytest.mark.parametrize("width", [360, 1280])
def test_page_is_no_wider_than_its_window(page: Page, width: int) -> None:
    page.resize(width, 800)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_page_links_lead_to_the_records(browser: Page, run_folder: Path, tmp_path: Path) -> None:
    browser.open(build_report([run_folder], tmp_path / "pages" / "one.html").as_uri())
    links = browser.evaluate("[...document.querySelectorAll('.facts a')].map(one => one.href)")
    assert links == [
        (run_folder / name).as_uri()
        for name in ("record.json", "scores.csv", "prompt_weights.csv")
    ]  # fmt: skip


@pytest.mark.parametrize("width", [360, 1280])
def test_page_has_room_for_long_names(
    browser: Page, run_folder: Path, tmp_path: Path, make_record: Callable[..., RunRecord],
    width: int,
) -> None:  # fmt: skip
    runs = []
    for nth in range(2):
        runs.append(tmp_path / f"long{nth}")
        shutil.copytree(run_folder, runs[-1], ignore=lambda *_: ["record.json"])
        write_record(runs[-1], make_record(name=f"scorers.contextual_mode_relevance_share_0.{nth}"))
    browser.resize(width, 800)
    browser.open(build_report(runs, tmp_path / "long.html").as_uri())
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    links = "[...document.querySelectorAll('nav a')].map(one => one.getBoundingClientRect().right)"
    assert max(browser.evaluate(links)) <= width
    name = "document.querySelector('table.results tbody .name').getBoundingClientRect().width"
    assert browser.evaluate(name) >= 170


def test_page_keeps_figures_legible_on_a_telephone(page: Page) -> None:
    page.resize(360, 800)
    plot = "document.querySelector('.plot img')"
    assert page.evaluate(f"{plot}.getBoundingClientRect().width") >= 500
    assert page.evaluate(f"{plot}.parentElement.getBoundingClientRect().right") <= 360
