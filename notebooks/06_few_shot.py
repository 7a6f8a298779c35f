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
# # Few-shot: what are a few normal images worth, and what are unlabelled ones?
#
# **Question:** with k normal images of a category at hand, how much do image and pixel results
# improve over words alone? And when there are none, but many unlabelled images are judged at once?
#
# **Data:** two categories, 24 images each: generated ones, or yours through `PROMPTLAB_DATA`. The
# reference images come from the training images where there are some, else from the normal test
# images, which are then not judged: every k judges slightly different images, so that k = 0 and
# k = 4 are compared by their intervals only.
# **Run time:** about 30 seconds on two cores.

# %%
from pathlib import Path

import matplotlib.pyplot as plt
from IPython.display import display
from PIL import Image

from promptlab.gallery import read_gallery
from promptlab.notebook import choose_material, run_study
from promptlab.plots import ablation_bars, anomaly_gallery, category_heatmap
from promptlab.results import read_record

material = choose_material(categories=2, limit=24)
print(material.told)

# %% [markdown]
# k = 0 is zero-shot. The references are drawn by the seed and nested: those of k = 2 are among
# those of k = 4.

# %%
shots = ["grid={few_shot.k: [0, 1, 2, 4]}"]
study = run_study(Path("../experiments/ablations/shots.yaml"), material, shots)
records = [read_record(path) for path in study.records]
category_heatmap(records)

# %%
ablation_bars(records, "pixel_auroc")

# %% [markdown]
# The reference images of the first category, as recorded with their digests.

# %%
references = records[-1].references[material.dataset.categories[0]]
figure, axes = plt.subplots(1, len(references), figsize=(2 * len(references), 2), squeeze=False)
for axis, reference in zip(axes[0], references, strict=True):
    axis.imshow(Image.open(reference.path))
    axis.set_axis_off()

# %% [markdown]
# Maps without and with references, the true defect outlined.

# %%
for folder in (study.cells[0].folder, study.cells[-1].folder):
    print(f"k = {folder.name}")
    shown = [one for one in read_gallery(folder) if one.kind == "highest abnormal"]
    display(anomaly_gallery(shown[:4]))

# %% [markdown]
# Without any normal image: the images judge one another (`mutual`, after MuSc). A normal place has
# its like in most of them, a defect in few. Weight 1 leaves the prompts no say. Each image's map
# depends on which others are judged, so these runs are marked transductive.

# %%
weights = ["grid={mutual.weight: [0, 0.5, 0.9, 1.0]}", "aligner={name: value}"]
mutual = run_study(Path("../experiments/ablations/mutual.yaml"), material, weights)
together = [read_record(path) for path in mutual.records]
category_heatmap(together)

# %% [markdown]
# **Answer:** below, mean image AUROC and pixel AUROC by k and by weight, in percent. References
# help most where normal images look alike; on a category that varies by itself, distance from four
# pictures is a weak sign, and so is distance from other images. Records read: those printed.

# %%
for path, record in zip(study.records + mutual.records, records + together, strict=True):
    mean, config = record.results.mean, record.config
    told = f"k={config['few_shot']['k']} mutual {config['mutual']['weight']}"
    print(f"{told}: {100 * mean['image_auroc']:.1f} {100 * (mean['pixel_auroc'] or 0):.1f}  {path}")
