import base64
import hashlib
import re
from collections.abc import Callable
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from promptlab.errors import PromptError, RecordError
from promptlab.report.build import build_report
from promptlab.results import SweepRecord

VOID = {"br", "img", "input", "link", "meta"}


class Page(HTMLParser):
    """Tags with their attributes, the text outside script and style, and the nesting."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("script", "style"):
            self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture
def page(html: str) -> Page:
    return Page(html)


def test_report_nests_its_tags(page: Page) -> None:
    assert page.open == []


def test_report_escapes_prompts_paths_sources_and_config(page: Page) -> None:
    assert len(page.all("script")) == 1
    assert not [image for image in page.all("img") if "onerror" in image]
    for hostile in ("<script>alert(1)</script>", "<img src=x onerror=alert(2)>", "\\input{a}"):
        assert hostile in page.text


def test_report_asks_nobody_for_anything(page: Page) -> None:
    for tag, attributes in page.tags:
        for name in ("src", "href", "srcset", "action", "data", "poster"):
            address = attributes.get(name)
            if name == "href" and tag == "a":  # a link to a file beside the page, if clicked
                assert str(address).startswith(("./", "#"))
            else:
                assert address is None or address.startswith("data:")
    assert not page.all("iframe") + page.all("object") + page.all("embed")
    assert [link["href"] for link in page.all("link")] == ["data:,"]


def test_report_style_asks_nobody_for_anything(html: str) -> None:
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)
    assert style is not None
    assert "url(" not in style[1]
    assert "@import" not in style[1]


def test_report_policy_allows_exactly_its_own_style_and_script(html: str, page: Page) -> None:
    policy = next(
        str(meta["content"])
        for meta in page.all("meta")
        if meta.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        content = re.search(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        assert content is not None
        digest = base64.b64encode(hashlib.sha256(content[1].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert not [attributes for _, attributes in page.tags if "style" in attributes]


def test_report_heads_its_sections_in_order(page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert page.all("html")[0]["lang"] == "en"


def test_report_says_every_picture_in_words(page: Page) -> None:
    assert all("alt" in image for image in page.all("img"))
    words = [str(image["alt"]) for image in page.all("img")]
    assert (
        "abnormal image of mono with image score 0.812, among the highest of the abnormal images; "
        "the true defect is outlined"
    ) in words
    assert any(word.startswith("Bars: image AUROC") for word in words)


def test_report_tables_sort_by_button(page: Page) -> None:
    sortable = [th for th in page.all("th") if th.get("aria-sort") == "none"]
    # Category, image AUROC and image F1-max, for the run and for the sweep; two of three columns
    # of either state's prompts, which start out sorted by weight.
    assert len(sortable) == 10
    orders = [cell["data-order"] for cell in page.all("td") if "data-order" in cell]
    assert "0.84" in orders


def test_report_says_undefined_metrics_with_their_reason(page: Page) -> None:
    assert "AUPRO: no image has a mask" in page.text
    assert not re.search(r"\b(nan|None|inf)\b", page.text)


def test_report_says_what_an_oracle_is(page: Page) -> None:
    assert "the threshold was chosen on the test labels" in page.text


def test_report_outlines_the_defect_where_a_mask_is(page: Page) -> None:
    outlines = [path["d"] for path in page.all("path") if path["class"] == "over"]
    # The mask marks rows 5 to 8 and columns 10 to 15; edges run through pixel centres.
    assert len(outlines) == 1
    corners = set(re.findall(r"[\d.]+,[\d.]+", str(outlines[0])))
    assert corners == {"10.5,5.5", "10.5,8.5", "15.5,8.5", "15.5,5.5"}


def test_report_shows_the_scale_of_the_maps(page: Page) -> None:
    assert "0.25" in page.text
    assert "0.75" in page.text


def test_report_tells_provenance_and_skipped_files(page: Page) -> None:
    assert "commit 0123456789ab with uncommitted changes" in page.text
    assert "2 skipped files" in page.text
    assert "it is not an image" in page.text
    assert "encode 1.2 s" in page.text


def test_report_tells_the_gain_of_a_sweep_on_both_sides(page: Page) -> None:
    text = page.text.replace("\u00a0", " ")
    assert "Searched (mono): default 75.0 %, best 80.0 % (+5.0 points)." in text
    assert "fusion.local" in text


def test_report_compares_runs_when_there_are_several(
    run_folder: Path, tmp_path: Path, page: Page
) -> None:
    out = build_report([run_folder, run_folder], tmp_path / "two.html")
    two = Page(out.read_text(encoding="utf-8"))
    assert "Comparison" in two.text
    assert "Comparison" not in page.text
    assert "All runs: means over the categories of each" in two.text
    identifiers = [tag["id"] for _, tag in two.tags if "id" in tag]
    assert len(identifiers) == len(set(identifiers))


def test_report_is_the_same_every_time(run_folder: Path, tmp_path: Path) -> None:
    first, second = (
        build_report([run_folder], tmp_path / f"{n}.html").read_bytes() for n in range(2)
    )
    assert first == second


def test_report_does_without_a_gallery(run_folder: Path, tmp_path: Path) -> None:
    for file in (run_folder / "gallery").iterdir():
        file.unlink()
    (run_folder / "gallery").rmdir()
    out = build_report([run_folder], tmp_path / "report.html")
    assert "Examples" not in Page(out.read_text(encoding="utf-8")).text


def test_report_of_a_sweep_without_parameters_shows_history_and_winner(
    make_sweep: Callable[..., SweepRecord], tmp_path: Path
) -> None:
    trials = [{"number": 0, "state": "complete", "value": 0.7, "params": {}, "seconds": 0.1}]
    (tmp_path / "sweep.json").write_text(make_sweep(trials=trials).model_dump_json())
    out = build_report([tmp_path], tmp_path / "report.html")
    page = Page(out.read_text(encoding="utf-8"))
    assert len(page.all("figure")) == 2  # the search, and the winner by category


def test_report_refuses_no_source(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="at least one run or sweep folder"):
        build_report([], tmp_path / "report.html")


def test_report_refuses_a_folder_of_neither_kind(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"holds neither record\.json nor sweep\.json"):
        build_report([tmp_path], tmp_path / "report.html")


@pytest.mark.parametrize("name", ["record.json", "sweep.json"])
def test_report_says_where_a_record_is_damaged(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text('{"format": 2}', encoding="utf-8")
    with pytest.raises(RecordError, match=rf"{name} is damaged or of another version \(at "):
        build_report([tmp_path], tmp_path / "report.html")


def test_report_lists_prompts_by_weight(page: Page) -> None:
    rows = [
        th["data-order"] for th in page.all("th") if th.get("scope") == "row" and "data-order" in th
    ]
    assert rows[1:] == ["a broken cell", "a cracked cell"]
    assert [meter["value"] for meter in page.all("meter")] == ["1.000", "1.000", "0.333"]
    assert "0.750" in page.text
    assert "50\u00a0%" in page.text


def test_report_of_an_older_run_lists_prompts_without_weights(
    run_folder: Path, tmp_path: Path
) -> None:
    (run_folder / "prompt_weights.csv").unlink()
    out = build_report([run_folder], tmp_path / "report.html")
    old = Page(out.read_text(encoding="utf-8"))
    assert not old.all("meter")
    assert "a cracked cell" in old.text


def test_report_needs_the_prompts_of_a_run(run_folder: Path, tmp_path: Path) -> None:
    (run_folder / "prompts" / "mono.jsonl").unlink()
    with pytest.raises(PromptError, match=r"mono\.jsonl"):
        build_report([run_folder], tmp_path / "report.html")


def test_failed_report_leaves_the_old_one(run_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    out.write_text("old", encoding="utf-8")
    (run_folder / "scores.csv").unlink()
    with pytest.raises(RecordError, match=r"scores\.csv must hold one line per image"):
        build_report([run_folder], out)
    assert out.read_text(encoding="utf-8") == "old"
    assert not list(tmp_path.glob(".report.html*"))
