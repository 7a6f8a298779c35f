# ---
# jupyter:
#   jupytext:
#     formats: py:percent,ipynb
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Which language model, which request: are its prompts better than fixed ones?
#
# **Question:** do prompts that a language model wrote find defects better than WinCLIP's ensemble
# and than sentences written by hand, and is the difference larger than that between two draws?
#
# **Data:** two categories, 24 images each: generated ones, or yours through `PROMPTLAB_DATA`.
# The answers of SmolLM2-135M are committed in `prompts/`, so no language model runs here; on your
# own data it is asked (it comes with `make install`).
# **Run time:** about 40 seconds on two cores.

# %%
import os
from pathlib import Path

from IPython.display import display

from promptlab.backbones import load_backbone
from promptlab.compare.record import read_comparison
from promptlab.features import FeatureStore, encode_texts
from promptlab.notebook import choose_material, run_study
from promptlab.plots import ablation_bars, category_heatmap, cost_quality, prompt_map
from promptlab.plots.compare import comparison_figure
from promptlab.prompts.files import read_prompts
from promptlab.results import read_record

material = choose_material(categories=2, limit=24)
print(material.told)

# %% [markdown]
# One axis: where the prompts come from. Two draws of one model say how much chance is in a draw.
# Another model or request template is one line in the experiment file.

# %%
ABLATIONS = Path("../experiments/ablations")
recorded = "PROMPTLAB_DATA" not in os.environ
experiment = ABLATIONS / ("llms.yaml" if recorded else "prompts.yaml")
study = run_study(experiment, material)
records = [read_record(path) for path in study.records]

# %% [markdown]
# A gain whose interval contains zero may be chance: 24 images are few.

# %%
ablation_bars(records)

# %%
category_heatmap(records)

# %% [markdown]
# Real images, many draws, cost: the comparisons that `experiments/compare.sh` made and the project
# keeps. A row of `comparison_figure` is a source, its small points are draws; the other figure
# sets what was reached against what the answers cost. None is shown where none is kept.

# %%
compared = sorted(Path("../experiments/records/compare").glob("*.compare.json"))[:2]
for path in compared:
    print(path)
    comparison = read_comparison(path)
    display(comparison_figure(comparison), cost_quality(comparison.rows))

# %% [markdown]
# What the sentences look like to the text encoder: where the states overlap, words do not help.

# %%
category = material.dataset.categories[0]
folder = Path("prompts/smollm2-0") if recorded else study.cells[0].folder / "prompts"
prompts = read_prompts(folder, category)
texts = [prompt.text for prompt in prompts.prompts]
embeddings = encode_texts(load_backbone(material.backbone), texts, store=FeatureStore())
prompt_map(prompts, embeddings.numpy())

# %%
for prompt in prompts.prompts[:4] + prompts.prompts[-4:]:
    print(f"{prompt.state.name.lower():9} {prompt.text}")

# %% [markdown]
# **Answer:** the lines below say the gain of each source over WinCLIP's prompts on these images, in
# points of image AUROC, and the ends of its interval. Believe a difference only where the interval
# leaves zero out and where the two draws agree. `promptlab compare` does the same with many draws,
# cost and latency. Records read: those printed.

# %%
for path, record in zip(study.records, records, strict=True):
    gain = record.gain.mean if record.gain else None
    numbers = [gain.value, gain.low, gain.high] if gain else []
    print(*[f"{100 * number:+.1f}" for number in numbers] or ["baseline"], path)
print(*compared, sep="\n")
