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
# # Contextual scoring: which prompts are dropped, and when does it help?
#
# **Question:** ALFA adapts the prompts to each image. Which prompts does each reading of that keep,
# and is the score better for it?
#
# **Data:** two kinds of solar cells (ELPV, real photographs), 24 images each, or yours through
# `PROMPTLAB_DATA`. WinCLIP's ensemble and the hand-written prompts, pooled.
# **Run time:** about 50 seconds on two cores.

# %%
from pathlib import Path

from promptlab.backbones import load_backbone
from promptlab.config import AlignerConfig, FusionConfig, ScorerConfig
from promptlab.explain import explain_image
from promptlab.features import FeatureStore
from promptlab.notebook import choose_material, run_study
from promptlab.plots import ablation_bars, category_heatmap, similarity_distributions
from promptlab.prompts.files import read_prompt_set
from promptlab.results import read_record, read_scores

material = choose_material(categories=2, limit=24, masks=False)
print(material.told)

# %% [markdown]
# Every scorer on the same similarities: images and prompts are encoded once.

# %%
SOURCES = "[{kind: static, name: winclip}, {kind: static, name: curated}]"
pool = ["grid={}", f"prompts.sources={SOURCES}"]
study = run_study(Path("../experiments/ablations/scorers.yaml"), material, pool)
records = [read_record(path) for path in study.records]
ablation_bars(records)

# %% [markdown]
# Category by category: a scorer that wins on one and loses on the other is no winner.

# %%
category_heatmap(records)

# %% [markdown]
# One image closely. The overlap band holds the similarities that both states' prompts reach:
# `overlap_hard` drops what lies inside, `relevance` keeps each state's most similar quarter.
# Change the image: `scores[0]` is the highest score of the first category.

# %%
run = study.cells[0].folder
scores = sorted(read_scores(run), key=lambda score: -score.image_score)
category = scores[0].category
prompts = read_prompt_set(run / records[0].prompts[category].file)
backbone, store = load_backbone(material.backbone), FeatureStore()
chosen = [score for score in scores if score.category == category]
images = [Path(chosen[0].path), Path(chosen[-1].path)]

# %%
explanations = [
    explain_image(
        image, prompts, backbone, scorer=ScorerConfig(name="contextual", params={"mode": mode}),
        aligner=AlignerConfig(), fusion=FusionConfig(), store=store,
    )
    for image in images
    for mode in ("relevance", "overlap_hard")
]  # fmt: skip
similarity_distributions(explanations)

# %% [markdown]
# The prompts that `overlap_hard` dropped on the most anomalous image, those nearest to it first.

# %%
dropped = [prompt for prompt in explanations[1].prompts if not prompt.kept]
for prompt in sorted(dropped, key=lambda prompt: -prompt.similarity)[:8]:
    print(f"{prompt.similarity:.3f} {prompt.state.name.lower():9} {prompt.text}")
print(f"{len(dropped)} of {len(prompts.prompts)} dropped by the rule: {explanations[1].rule}")

# %% [markdown]
# **Answer:** the lines below say what each scorer gains over the mean of WinCLIP's prompts, in
# points of image AUROC with the paired interval. Dropping prompts helps where the pool holds
# sentences that do not speak of the image; where all do, it throws evidence away. Records read:
# those printed.

# %%
for path, record in zip(study.records, records, strict=True):
    gain = record.gain.mean
    print(f"{100 * gain.value:+.1f} [{100 * gain.low:+.1f}, {100 * gain.high:+.1f}]  {path}")
