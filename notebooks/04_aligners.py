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
# # Aligners: from one embedding of the image to a map
#
# **Question:** CLIP-like models compare whole images with sentences. Which aligner turns that into
# a map that finds the defect?
#
# **Data:** two categories with masks, 16 images each: generated ones, or yours through
# `PROMPTLAB_DATA`. WinCLIP's prompts, mean scorer: only the aligner changes.
# **Run time:** about 60 seconds on two cores (windows are many).

# %%
from pathlib import Path

from IPython.display import display

from promptlab.gallery import read_gallery
from promptlab.notebook import choose_material, run_study
from promptlab.plots import ablation_bars, anomaly_gallery, metric_bars
from promptlab.results import read_record

material = choose_material(categories=2, limit=16)
print(material.told)

# %%
study = run_study(Path("../experiments/ablations/aligners.yaml"), material)
records = [read_record(path) for path in study.records]

# %% [markdown]
# Per pixel first. `global` has a constant map and stands at chance; raw patch tokens are often
# worse than chance, because they look away from what they are asked for.

# %%
ablation_bars(records, "pixel_auroc")

# %% [markdown]
# AUPRO counts every defect region alike, so that large ones do not hide small ones.

# %%
ablation_bars(records, "aupro")

# %% [markdown]
# The same images under three aligners, the true defect outlined.

# %%
for aligner in ("patch", "window", "fine_grained"):
    examples = [
        one for one in read_gallery(study.folder(aligner=aligner)) if "abnormal" in one.kind
    ]
    print(aligner)
    display(anomaly_gallery(examples[:4]))

# %% [markdown]
# What a map is worth for the image score: the category's AUROC from the map alone.

# %%
metric_bars(records[-3:], "image_auroc_local")

# %% [markdown]
# **Answer:** the lines below are mean pixel AUROC and AUPRO in percent. An aligner earns its place
# only above `patch`; `fine_grained` solves for the map from tokens to the joint space that agrees
# with the image's own windows. Records read: those printed.

# %%
for path, record in zip(study.records, records, strict=True):
    mean = record.results.mean
    numbers = [mean.get("pixel_auroc"), mean.get("aupro")]
    print("  ".join("   -" if n is None else f"{100 * n:.1f}" for n in numbers), path)
