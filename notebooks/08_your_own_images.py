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
# # Your own images in ten minutes
#
# **Question:** you have a folder of photographs of one product. Which of them are odd, where, and
# which sentences say so?
#
# **Data:** any folder of images. Here a folder of eight generated pictures stands in for yours;
# set `PHOTOS` and `CATEGORY` and run all.
# **Run time:** about 30 seconds on two cores.

# %%
from pathlib import Path
from tempfile import mkdtemp

from IPython.display import display

from promptlab.backbones import load_backbone
from promptlab.config import AlignerConfig, FusionConfig, ScorerConfig
from promptlab.explain import explain_image
from promptlab.explorer import Explorer
from promptlab.features import FeatureStore
from promptlab.notebook import choose_material, draw_photos
from promptlab.plots import explanation_figure
from promptlab.prompts.ensemble import static_prompts
from promptlab.prompts.files import write_prompt_set
from promptlab.score import find_images, score_images

# %% [markdown]
# ## 1. Photographs
# One product, one camera, one background: the fewer other things vary, the better.

# %%
CATEGORY = "gear"
PHOTOS = draw_photos(Path(mkdtemp()), CATEGORY, count=8)  # PHOTOS = Path("~/photos").expanduser()
paths = find_images([PHOTOS])
backbone, store = load_backbone(choose_material().backbone), FeatureStore()
len(paths)

# %% [markdown]
# ## 2. Prompts
# Written by hand for 27 categories, by a language model for any other
# (`promptlab prompts generate --llm gguf:smollm2 --category NAME --out prompts`), or WinCLIP's
# ensemble, which fits everything a little.

# %%
prompts = static_prompts("winclip", CATEGORY)
settings = {
    "scorer": ScorerConfig(name="contextual"), "aligner": AlignerConfig(),
    "fusion": FusionConfig(), "store": store,
}  # fmt: skip

# %% [markdown]
# ## 3. Scores
# Sort and look at both ends. There is no threshold that fits every camera: choose it on images
# you know.

# %%
results = sorted(score_images(paths, prompts, backbone, **settings), key=lambda r: -r.image_score)
for result in results:
    print(f"{result.image_score:.3f}  {result.path.name}  ({result.top_abnormal_prompt})")

# %% [markdown]
# ## 4. Why
# The highest score: what the map shows, and which prompts spoke.

# %%
explanation = explain_image(results[0].path, prompts, backbone, **settings)
explanation_figure(explanation)

# %% [markdown]
# ## 5. Better words
# Change a sentence and see at once what becomes of the score. Say what can go wrong with *your*
# product. (A picture of it is in the README; it moves only while the notebook runs.)

# %%
images = {result.path.name: result.path for result in results}
few = prompts.subset(12)
explorer = Explorer(images, {"twelve of WinCLIP's": few, "all": prompts}, backbone, store=store)
display(explorer)

# %% [markdown]
# Keep what you wrote; `promptlab score --prompts FILE` takes it.

# %%
kept = PHOTOS / "prompts" / f"{CATEGORY}.jsonl"
write_prompt_set(kept, explorer.prompts)

# %% [markdown]
# **Answer:** the images above, the oddest first, and the prompt file below. Whether a score of 0.6
# is odd depends on your camera: judge twenty images that you know before you believe it. No record
# was read; for numbers put images you know into `NAME/test/good` and `NAME/test/<defect>` and use
# `promptlab run`.

# %%
print(kept, f"{len(explorer.prompts.prompts)} prompts", sep="\n")
