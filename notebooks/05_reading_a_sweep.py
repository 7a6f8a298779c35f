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
# # How many prompts, how much map: reading a sweep
#
# **Question:** how many prompts are enough, how should whole image and map be weighed, and does the
# best setting of a search hold on images that the search never saw?
#
# **Data:** two kinds of solar cells (ELPV, real photographs), 40 images each, or yours through
# `PROMPTLAB_DATA`. The sweep sees the first category only.
# **Run time:** about 80 seconds on two cores.

# %%
from pathlib import Path

from promptlab.config import load_config
from promptlab.notebook import RUNS, choose_material, run_study
from promptlab.plots import (
    fusion_surface,
    prompt_count_curves,
    sweep_effects,
    sweep_history,
    sweep_surface,
)
from promptlab.report.sweeps import sweep_gain
from promptlab.results import SWEEP_FILE, new_run_folder, read_record, read_sweep
from promptlab.sweep import StudyHome, run_sweep
from promptlab.workbench import Workbench

material = choose_material(categories=3, limit=40, masks=False)
print(material.told)

# %% [markdown]
# One setting at a time: bands are 95 % intervals over images. Where they overlap widely, more
# prompts have not been shown to help.

# %%
few = ["grid={prompts.per_state: [1, 4, 16, 64], scorer: [mean, contextual]}"]
counts = run_study(Path("../experiments/ablations/prompt_count.yaml"), material, few)
prompt_count_curves([read_record(path) for path in counts.records])

# %% [markdown]
# Two settings at a time: the map's share of the image score, and how much of the map counts.

# %%
small = ["grid={fusion.local: [0, 0.33, 1, 3], fusion.top: [0.002, 0.01, 0.05]}"]
fusion = run_study(Path("../experiments/ablations/fusion.yaml"), material, small)
fusion_surface([read_record(path) for path in fusion.records])

# %% [markdown]
# All at once: Optuna searches on one category, and what it finds is reported on the others.

# %%
searched, *reported = material.dataset.categories
sides = [
    f"sweep.search_categories=[{searched}]", f"sweep.report_categories=[{', '.join(reported)}]",
    "prompts.sources=[{kind: static, name: winclip}, {kind: static, name: curated}]",
]  # fmt: skip
config = load_config(Path("../experiments/configs/quickstart.yaml"), [*material.overrides, *sides])
folder = new_run_folder(RUNS, "sweep")
run_sweep(config, Workbench(), home=StudyHome("notebook", folder), trials=20)
sweep = read_sweep(folder)

# %%
sweep_history(sweep.trials, default=sweep.default_value)

# %%
sweep_effects(sweep.trials)

# %% [markdown]
# The surface between trials is interpolated: trust it where there are dots.

# %%
sweep_surface(sweep.trials, "fusion.local", "prompts.per_state")

# %% [markdown]
# **Answer:** the first line says what the search gained where it looked, the second what was left
# of it elsewhere. The second is the result; a best trial that does not carry over was luck. Records
# read: the sweep below, and those of the two grids.

# %%
print(sweep_gain(sweep).replace(". Reported", ".\nReported"))
print(folder / SWEEP_FILE, *counts.records, *fusion.records, sep="\n")
