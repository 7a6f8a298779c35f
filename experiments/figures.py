"""Make every picture of the README again, from runs made here and now.

    PYTHONPATH=tests/support python experiments/figures.py [PART…]

Parts: plots costs report explorer notebook (default: all). costs asks a language model, the last
three are screenshots and need a Chromium; explorer also measures how long an edit takes. Runs go to
runs/figures and are made again each time; pictures to experiments/figures.
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
from promptlab.cli.main import cli
from promptlab.compare.record import read_comparison
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
    cost_quality,
    explanation_figure,
    fusion_surface,
    house_style,
    prompt_count_curves,
    prompt_map,
    reliability_diagram,
    similarity_distributions,
)
from promptlab.plots.compare import comparison_figure
from promptlab.prompts.ensemble import static_prompts
from promptlab.prompts.promptset import merge
from promptlab.report.build import build_report
from promptlab.results import read_record, read_scores

ROOT = Path(__file__).resolve().parents[1]
RUNS, FIGURES = ROOT / "runs" / "figures", ROOT / "experiments" / "figures"
ABLATIONS = ROOT / "experiments" / "ablations"
_WIDTH = 960
TEXT = "document.querySelectorAll('.jp-OutputArea textarea')[0]"
"""The field of abnormal prompts in an explorer."""
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
    if "costs" in parts:
        _plot_costs()
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
    _save(explanation_figure(shown[0]), "explanation", dpi=96)
    texts = [prompt.text for prompt in prompts.prompts]
    _save(prompt_map(prompts, encode_texts(backbone, texts, store=store).numpy()), "prompt_map")


def _save(figure: Figure, name: str, *, dpi: int = 110) -> None:
    with house_style(), atomic_path(FIGURES / f"{name}.png") as temporary:
        figure.savefig(temporary, format="png", dpi=dpi)
    _shrink(FIGURES / f"{name}.png")


def _shrink(path: Path) -> None:
    """Store with 256 colours: half the size, no difference to see."""
    with Image.open(path) as picture:
        smaller = picture.convert("RGB").quantize(256, kmeans=3)
    with atomic_path(path) as temporary:
        smaller.save(temporary, format="PNG", optimize=True)
    print(path.relative_to(ROOT), f"{path.stat().st_size / 1000:.0f} kB")  # noqa: T201


def _plot_costs() -> None:
    """Ask SmolLM2-135M for prompts of polycrystalline cells, by two templates, twice each."""
    out = _fresh("costs")
    chosen = ["dataset.limit=100", "dataset.categories=[poly]", "compare.draws=2"]
    settings = [part for each in chosen for part in ("--set", each)]
    command = ["compare", str(ROOT / "experiments" / "configs" / "compare.yaml"), *settings]
    cli.main([*command, "--out", str(out)], standalone_mode=False)
    comparison = read_comparison(out / "compare.json")
    _save(comparison_figure(comparison), "comparison")
    _save(cost_quality(comparison.rows), "costs")


def _shoot_report(scorers: Study) -> None:
    """Show the head of a page about one run, and its examples."""
    page_file = build_report([scorers.folder(scorer="contextual_rank")], RUNS / "report.html")
    with open_page(width=_WIDTH, height=1500) as page:
        page.open(page_file.as_uri())
        page.evaluate("document.querySelector('.prompts').open = true")
        parts = []
        for selector, height in (
            ("body", 780),
            ("h3[id$=examples]", 500),
            ("h3[id$=prompts]", 330),
        ):
            y = page.evaluate(
                f"document.querySelector('{selector}').getBoundingClientRect().top + scrollY"
            )
            clip = {"x": 0, "y": max(0, y - 12), "width": _WIDTH, "height": height}
            page.screenshot(FIGURES / "report.png", clip=clip)
            with Image.open(FIGURES / "report.png") as part:
                parts.append(part.convert("RGB"))
    whole = Image.new("RGB", (_WIDTH, sum(part.height + 3 for part in parts) - 3), "#c4c8ce")
    for nth, part in enumerate(parts):  # a grey line where a part of the page is left out
        whole.paste(part, (0, sum(one.height + 3 for one in parts[:nth])))
    whole.save(FIGURES / "report.png")
    _shrink(FIGURES / "report.png")


def _shoot_explorer() -> None:
    folder = _fresh("explorer")
    write_notebook(folder / "explorer.ipynb", EXPLORER)
    with _lab_page(folder, "explorer.ipynb", height=1500) as page:
        run_all(page, until="document.querySelector('.pl-ex .score')")
        page.evaluate(f"{TEXT}.focus(); {TEXT}.setSelectionRange(0, 0)")
        page.type("a gear with a crack between two teeth\n")
        page.wait("document.querySelector('.pl-ex .news')")  # the score need not change
        _shoot_element(page, ".jp-OutputArea-output", FIGURES / "explorer.png")
        _measure_edits(page)


def _measure_edits(page: Page, *, edits: int = 20) -> None:
    """Print how long it takes from a word typed to a new view, with all between them."""
    seconds = []
    for nth in range(edits):
        page.evaluate(
            f"{TEXT}.focus(); {TEXT}.setSelectionRange(0, 0);"
            " document.querySelector('.pl-ex').dataset.old = '1';"
            f" window.took = new Promise(done => {TEXT}.addEventListener('input', () => {{"
            "  const begun = performance.now();"
            "  (function look() { document.querySelector('.pl-ex:not([data-old])')"
            "   ? done(performance.now() - begun) : requestAnimationFrame(look); })();"
            " }, {once: true})); void 0"
        )
        page.type(f"{nth} ")
        seconds.append(page.evaluate("window.took") / 1000)
    print(  # noqa: T201
        f"{edits} edits: median {sorted(seconds)[edits // 2]:.3f} s, longest {max(seconds):.3f} s"
    )


def _shoot_notebook() -> None:
    folder = _fresh("notebook")
    shutil.copy(ROOT / "notebooks" / "01_first_look.ipynb", folder)
    with _lab_page(folder, "01_first_look.ipynb", height=1150) as page:
        run_all(page, until="document.querySelector('.jp-RenderedImage img')")
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
    main(sys.argv[1:] or ["plots", "costs", "report", "explorer", "notebook"])
