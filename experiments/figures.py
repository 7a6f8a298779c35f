"""Make every picture of the README again, from runs made here and now.

    PYTHONPATH=tests/support python experiments/figures.py [PART…]

Parts: plots report explorer notebook (default: all). The last three are screenshots and need a
Chromium. Runs go to runs/figures and are made again each time; pictures to experiments/figures.
"""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from browser import Page, open_page
from lab import run_all, serve_lab, write_notebook
from matplotlib.figure import Figure
from PIL import Image

from promptlab.backbones import load_backbone
from promptlab.config import AlignerConfig, FusionConfig, ScorerConfig
from promptlab.explain import explain_image
from promptlab.features import FeatureStore, encode_texts
from promptlab.files import atomic_path
from promptlab.gallery import Example, read_gallery
from promptlab.notebook import Study, choose_material, run_study
from promptlab.plots import (
    ablation_bars,
    anomaly_gallery,
    category_heatmap,
    explanation_figure,
    fusion_surface,
    house_style,
    prompt_count_curves,
    prompt_map,
    reliability_diagram,
    similarity_distributions,
)
from promptlab.prompts.ensemble import static_prompts
from promptlab.prompts.promptset import merge
from promptlab.report.build import build_report
from promptlab.results import read_record, read_scores

ROOT = Path(__file__).resolve().parents[1]
RUNS, FIGURES = ROOT / "runs" / "figures", ROOT / "experiments" / "figures"
ABLATIONS = ROOT / "experiments" / "ablations"
SHEET = (
    "ablation", "heatmap", "prompt_count", "fusion", "similarities", "prompt_map", "reliability",
    "explanation",
)  # fmt: skip
"""Plots on the contact sheet, in its order."""
EXPLORER = """
from pathlib import Path
from promptlab.backbones import load_backbone
from promptlab.explorer import Explorer
from promptlab.notebook import draw_photos
from promptlab.prompts.ensemble import static_prompts
Path("photos").mkdir(exist_ok=True)
photos = draw_photos(Path("photos"), "gear", count=4)
Explorer({path.name: path for path in sorted(photos.iterdir())[1:]},
         {"curated": static_prompts("curated", "gear")}, load_backbone("lite"))
"""


def main(parts: list[str]) -> None:
    """Make the parts asked for."""
    FIGURES.mkdir(parents=True, exist_ok=True)
    scorers = None
    if {"plots", "report"} & set(parts):
        shutil.rmtree(RUNS, ignore_errors=True)
        pool = "prompts.sources=[{kind: static, name: winclip}, {kind: static, name: curated}]"
        scorers = _study("scorers", "grid={}", pool)
    if "plots" in parts and scorers is not None:
        _make_plots(scorers)
    if "report" in parts and scorers is not None:
        _shoot_report(scorers)
    if "explorer" in parts:
        _shoot_explorer()
    if "notebook" in parts:
        _shoot_notebook()


def _study(name: str, *overrides: str) -> Study:
    material = choose_material(categories=3, limit=24)
    return run_study(ABLATIONS / f"{name}.yaml", material, overrides, runs=RUNS)


def _make_plots(scorers: Study) -> None:
    records = [read_record(path) for path in scorers.records]
    counts = [read_record(path) for path in _study("prompt_count").records]
    fused = [read_record(path) for path in _study("fusion").records]
    chosen = scorers.folder(scorer="mean")
    _save(ablation_bars(records), "ablation")
    _save(category_heatmap(records), "heatmap")
    _save(prompt_count_curves(counts), "prompt_count")
    _save(fusion_surface(fused), "fusion")
    _save(reliability_diagram(read_scores(chosen)), "reliability")
    gallery = read_gallery(chosen)
    _save(anomaly_gallery([one for one in gallery if one.kind == "highest abnormal"]), "first_look")
    _plot_prompts(next(one for one in gallery if one.kind == "highest abnormal"))
    _make_sheet()


def _plot_prompts(example: Example) -> None:
    image = Path(example.path)
    prompts = merge([static_prompts(name, example.category) for name in ("winclip", "curated")])
    backbone, store = load_backbone("lite"), FeatureStore()
    shown = [
        explain_image(
            image, prompts, backbone, scorer=ScorerConfig(name="contextual", params={"mode": mode}),
            aligner=AlignerConfig(), fusion=FusionConfig(), store=store,
        )
        for mode in ("relevance", "overlap_hard")
    ]  # fmt: skip
    _save(similarity_distributions(shown), "similarities")
    _save(explanation_figure(shown[0]), "explanation")
    texts = [prompt.text for prompt in prompts.prompts]
    _save(prompt_map(prompts, encode_texts(backbone, texts, store=store).numpy()), "prompt_map")


def _save(figure: Figure, name: str, *, dpi: int = 110) -> None:
    with house_style(), atomic_path(FIGURES / f"{name}.png") as temporary:
        figure.savefig(temporary, format="png", dpi=dpi)
    _shrink(FIGURES / f"{name}.png")


def _shrink(path: Path) -> None:
    """Store with 256 colours: half the size, no difference to see."""
    with Image.open(path) as picture:
        smaller = picture.convert("RGB").quantize(256, method=Image.Quantize.MEDIANCUT)
    with atomic_path(path) as temporary:
        smaller.save(temporary, format="PNG", optimize=True)
    print(path.relative_to(ROOT), f"{path.stat().st_size / 1000:.0f} kB")  # noqa: T201


def _make_sheet(*, width: int = 760, gap: int = 24) -> None:
    """Put the plots on one sheet of two columns, each as wide as its column."""
    pictures = []
    for name in SHEET:
        with Image.open(FIGURES / f"{name}.png") as file:
            share = width / file.width
            size = (width, round(file.height * share))
            pictures.append(file.convert("RGB").resize(size, Image.Resampling.LANCZOS))
    columns: list[list[Image.Image]] = [[], []]
    for picture in pictures:  # the shorter column takes the next one
        min(columns, key=lambda one: sum(p.height + gap for p in one)).append(picture)
    height = max(sum(p.height + gap for p in one) for one in columns) + gap
    sheet = Image.new("RGB", (2 * width + 3 * gap, height), "white")
    for nth, column in enumerate(columns):
        y = gap
        for picture in column:
            sheet.paste(picture, (gap + nth * (width + gap), y))
            y += picture.height + gap
    sheet.save(FIGURES / "plots.png")
    _shrink(FIGURES / "plots.png")


def _shoot_report(scorers: Study) -> None:
    folders = [scorers.folder(scorer="mean"), scorers.cells[-1].folder]
    page_file = build_report(folders, RUNS / "report.html")
    with open_page(width=1180, height=1500) as page:
        page.open(page_file.as_uri())
        page.evaluate("document.querySelector('.prompts').open = true")
        page.screenshot(
            FIGURES / "report.png", clip={"x": 0, "y": 0, "width": 1180, "height": 1500}
        )
    _shrink(FIGURES / "report.png")


def _shoot_explorer() -> None:
    folder = _fresh("explorer")
    write_notebook(folder / "explorer.ipynb", EXPLORER)
    with _lab_page(folder, "explorer.ipynb", height=1500) as page:
        run_all(page)
        page.wait("document.querySelector('.pl-ex .score')", seconds=900)
        text = "document.querySelectorAll('.jp-OutputArea textarea')[0]"
        page.evaluate(f"{text}.focus(); {text}.setSelectionRange(0, 0)")
        page.type("a gear with a crack between two teeth\n")
        page.wait("document.querySelector('.pl-ex .delta')")
        print("edit:", page.evaluate("document.querySelector('.pl-ex .time').textContent"))  # noqa: T201
        _shoot_element(page, ".jp-OutputArea-output", FIGURES / "explorer.png")


def _shoot_notebook() -> None:
    folder = _fresh("notebook")
    shutil.copy(ROOT / "notebooks" / "01_first_look.ipynb", folder)
    with _lab_page(folder, "01_first_look.ipynb", height=1150) as page:
        run_all(page)
        page.wait("document.querySelector('.jp-RenderedImage img')", seconds=900)
        page.evaluate(
            "document.querySelector('.jp-RenderedImage').scrollIntoView({block: 'center'})"
        )
        page.screenshot(FIGURES / "notebook.png")
    _shrink(FIGURES / "notebook.png")


@contextmanager
def _lab_page(folder: Path, notebook: str, *, height: int) -> Iterator[Page]:
    """Open a notebook of a folder in JupyterLab."""
    support = [ROOT, ROOT / "tests" / "support"]
    with (
        serve_lab(folder, python_path=support) as address,
        open_page(width=1180, height=height) as page,
    ):
        page.open(address.format(notebook))
        yield page


def _shoot_element(page: Page, selector: str, path: Path) -> None:
    found = page.evaluate(
        f"(() => {{ const r = document.querySelector('{selector}').getBoundingClientRect();"
        " return {x: r.x, y: r.y, width: r.width, height: r.height}; })()"
    )
    page.screenshot(path, clip=found)
    _shrink(path)


def _fresh(name: str) -> Path:
    folder = RUNS / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


if __name__ == "__main__":
    main(sys.argv[1:] or ["plots", "report", "explorer", "notebook"])
