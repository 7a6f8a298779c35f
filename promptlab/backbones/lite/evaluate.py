"""How good the weights are on generated images: ``python -m promptlab.backbones.lite.evaluate``.

Several weight files, such as those of several seeds, give a table of mean and deviation.
Two splits, neither seen in training: new images of seen categories (``validation``) and images of
categories that no training image or caption shows (``held_out``). Real data plays no part here.
"""

import argparse
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float
from sklearn.metrics import roc_auc_score
from torch import Tensor
from torch.nn import functional

from promptlab.backbones.lite.bundle import LiteWeights, load_weights
from promptlab.backbones.lite.dataset import MASK_SIDE, Group, Split, data_folder, load_split
from promptlab.backbones.lite.recipe import Recipe, read_recipe
from promptlab.backbones.lite.sentences import embed_sentences
from promptlab.backbones.lite.tower import TowerOutput
from promptlab.errors import DataError
from promptlab.files import cache_folder, write_text
from promptlab.runtime import limit_threads
from promptlab.synthetic.captions import CATEGORY_NAMES, defect_prompts, held_out_phrases
from promptlab.synthetic.catalogue import CORE
from promptlab.synthetic.defects import DEFECTS

__all__ = ["evaluate", "format_table", "main", "summarise"]

TextEncoder = Callable[[Sequence[str]], Float[Tensor, "prompt dim"]]
StatePrompts = tuple[Sequence[str], Sequence[str]]

NORMAL_STATES = ("{}", "flawless {}", "perfect {}", "unblemished {}", "{} without flaw",
                 "{} without defect", "{} without damage")  # fmt: skip
ABNORMAL_STATES = ("damaged {}", "{} with flaw", "{} with defect", "{} with damage")
TEMPLATES = ("a photo of a {}.", "a cropped photo of the {}.", "a close-up photo of a {}.",
             "a bright photo of the {}.", "a blurry photo of a {}.",
             "a photo of the {} for visual inspection.",
             "a photo of a {} for anomaly detection.")  # fmt: skip
"""The states and a third of the templates of Jeong et al., "WinCLIP", CVPR 2023, table 5."""
NONSENSE: tuple[StatePrompts, ...] = (
    (("a photo of a dog",), ("a photo of a cat",)),
    (("a red car",), ("a blue boat",)),
)
EVERYDAY = (
    "aeroplane", "baker", "banjo", "bedroom", "boat", "butterfly", "car", "casino", "cat", "cherry",
    "church", "cow", "curtain", "dentist", "doctor", "dog", "drum", "farmer", "fort", "fountain",
    "fox", "guitar", "harp", "igloo", "island", "king", "kite", "ladder", "letter", "library",
    "lion", "lorry", "monk", "mouse", "nurse", "orchard", "panda", "pig", "pillow", "pilot",
    "pumpkin", "queen", "sailor", "sandwich", "saxophone", "ship", "sledge", "snowman", "sofa",
    "stadium", "swan", "teacher", "theatre", "tiger", "tomato", "trumpet", "tulip", "umbrella",
    "vineyard", "walrus", "windmill", "wolf",
)  # fmt: skip
"""Things that no sentence of the packaged recipe names, neither one of them nor several."""
UNRELATED_PAIRS = 150
PART = 64


def evaluate(
    weights: LiteWeights, encode: TextEncoder, recipe: Recipe, folder: Path
) -> dict[str, dict[str, float]]:
    """Return all measures by split."""
    splits: tuple[Split, ...] = ("validation", "held_out")
    return {
        split: _evaluate_group(weights, encode, load_split(recipe, folder, split)[0])
        for split in splits
    }


def _evaluate_group(weights: LiteWeights, encode: TextEncoder, group: Group) -> dict[str, float]:
    encoded = _encode(weights, group)
    project = weights.tower.project
    images = functional.normalize(encoded.global_embedding, dim=-1)
    value = functional.normalize(project(encoded.value_tokens), dim=-1)
    if encoded.patch_tokens is None or group.masks is None:
        raise DataError(
            "evaluation needs masks, but this split has none; evaluate validation or held_out."
        )
    raw = functional.normalize(project(encoded.patch_tokens), dim=-1)
    rows = _by_category(group)
    winclip = {name: _direction(encode, _ensemble(_noun(name))) for name in rows}
    unseen = {name: _direction(encode, _unseen(_noun(name))) for name in rows}
    abnormal = np.array([bool(facts.defects) for facts in group.facts])

    def image_auroc(directions: Mapping[str, Tensor]) -> float:
        return _mean(
            _auroc(abnormal[index], images[index] @ directions[name])
            for name, index in rows.items()
        )

    def pixel_auroc(tokens: Tensor) -> float:
        return _mean(
            _pixel_auroc(group, index, tokens[index] @ winclip[name])
            for name, index in rows.items()
        )

    return {
        "image_auroc": image_auroc(winclip),
        "image_auroc_unseen_phrases": image_auroc(unseen),
        "image_auroc_dog_cat": image_auroc(_everywhere(encode, NONSENSE[0], rows)),
        "image_auroc_car_boat": image_auroc(_everywhere(encode, NONSENSE[1], rows)),
        "unrelated_distance": _mean(
            abs(image_auroc(_everywhere(encode, pair, rows)) - 0.5) for pair in unrelated_pairs()
        ),
        "image_auroc_top_patch": _mean(
            _auroc(abnormal[index], (value[index] @ winclip[name]).amax(1))
            for name, index in rows.items()
        ),
        "pixel_auroc_value": pixel_auroc(value),
        "pixel_auroc_raw": pixel_auroc(raw),
        "defect_top1": _defect_top1(encode, group, images),
        "category_top1": _category_top1(encode, group, images),
    }


@torch.inference_mode()
def _encode(weights: LiteWeights, group: Group) -> TowerOutput:
    parts = [
        weights.tower.encode(weights.tower.embed(part.float(), group.grid), patches=True)
        for part in group.tokens.split(PART)
    ]
    return TowerOutput(*(torch.cat(column) for column in zip(*parts, strict=True)))


def _ensemble(noun: str) -> StatePrompts:
    normal, abnormal = (
        [template.format(state.format(noun)) for state in states for template in TEMPLATES]
        for states in (NORMAL_STATES, ABNORMAL_STATES)
    )
    return normal, abnormal


def _unseen(noun: str) -> StatePrompts:
    """Return phrases that no training caption uses."""
    phrases = held_out_phrases()
    normal, abnormal = (
        [text.replace("{c}", noun) for text in phrases[state]] for state in ("normal", "abnormal")
    )
    return normal, abnormal


def _direction(encode: TextEncoder, prompts: StatePrompts) -> Float[Tensor, " dim"]:
    """Return the mean abnormal minus the mean normal embedding, each of unit length."""
    normal, abnormal = (_prototype(encode, texts) for texts in prompts)
    return abnormal - normal


def _prototype(encode: TextEncoder, texts: Sequence[str]) -> Float[Tensor, " dim"]:
    return functional.normalize(encode(texts).mean(0), dim=0)


def unrelated_pairs() -> list[StatePrompts]:
    """Return pairs of sentences about everyday things, always the same ones.

    How far their image AUROC lies from one half, on average, says how much prompts decide that
    have nothing to do with the image; two or three pairs say it by chance.
    """
    rng = np.random.default_rng(0)
    drawn = (rng.choice(EVERYDAY, 2, replace=False) for _ in range(UNRELATED_PAIRS))
    return [((f"a photo of a {one}",), (f"a photo of a {other}",)) for one, other in drawn]


def _everywhere(
    encode: TextEncoder, prompts: StatePrompts, names: Mapping[str, object]
) -> dict[str, Tensor]:
    return dict.fromkeys(names, _direction(encode, prompts))


def _category_prompt(noun: str) -> str:
    return f"a photo of a {noun}"


def _noun(category: str) -> str:
    return CATEGORY_NAMES[category][0]


def _by_category(group: Group) -> dict[str, Tensor]:
    rows: dict[str, list[int]] = {}
    for row, facts in enumerate(group.facts):
        rows.setdefault(facts.category, []).append(row)
    return {name: torch.tensor(index) for name, index in sorted(rows.items())}


def _pixel_auroc(group: Group, index: Tensor, scores: Float[Tensor, "image patch"]) -> float:
    maps = functional.interpolate(
        scores.unflatten(1, group.grid)[:, None], size=(MASK_SIDE, MASK_SIDE), mode="bilinear"
    )[:, 0]
    masks = torch.zeros_like(maps, dtype=torch.bool) if group.masks is None else group.masks[index]
    every_other = (slice(None), slice(None, None, 2), slice(None, None, 2))
    return _auroc(masks[every_other].flatten().numpy(), maps[every_other].flatten())


def _defect_top1(encode: TextEncoder, group: Group, images: Tensor) -> float:
    """Return how often the right kind of defect wins among all kinds, chance 1 / 23."""
    kinds = tuple(DEFECTS)
    prototypes: dict[str, Tensor] = {}
    hits = []
    for row, facts in enumerate(group.facts):
        if len(facts.defects) != 1:
            continue
        noun = _noun(facts.category)
        if noun not in prototypes:
            kinds_of = [_prototype(encode, defect_prompts(kind, noun)) for kind in kinds]
            prototypes[noun] = torch.stack(kinds_of)
        best = int((prototypes[noun] @ images[row]).argmax())
        hits.append(kinds[best] == facts.defects[0])
    return round(float(np.mean(hits)), 4)


def _category_top1(encode: TextEncoder, group: Group, images: Tensor) -> float:
    """Return how often "a photo of a {category}" wins among the categories of the split."""
    names = sorted({facts.category for facts in group.facts})
    texts = encode([_category_prompt(_noun(name)) for name in names])
    best = (images @ texts.T).argmax(1)
    truth = torch.tensor([names.index(facts.category) for facts in group.facts])
    return round((best == truth).float().mean().item(), 4)


def _auroc(labels: Bool[np.ndarray, " sample"], scores: Float[Tensor, " sample"]) -> float:
    return float(roc_auc_score(labels, scores.numpy()))


def _mean(values: Iterable[float]) -> float:
    return round(float(np.mean(list(values))), 4)


def format_table(results: Mapping[str, Mapping[str, float]]) -> str:
    """Return the measures as a Markdown table, one column a split."""
    splits = list(results)
    lines = [f"| measure | {' | '.join(splits)} |", f"|---|{'---|' * len(splits)}"]
    for name in results[splits[0]]:
        cells = " | ".join(f"{results[split][name]:.3f}" for split in splits)
        lines.append(f"| {name} | {cells} |")
    return "\n".join(lines)


def summarise(runs: Sequence[Mapping[str, Mapping[str, float]]]) -> str:
    """Return the table of one run, or of several: mean and standard deviation over the runs."""
    if len(runs) == 1:
        return format_table(runs[0])
    splits = list(runs[0])
    lines = [f"| measure | {' | '.join(splits)} |", f"|---|{'---|' * len(splits)}"]
    for name in runs[0][splits[0]]:
        values = [np.array([run[split][name] for run in runs]) for split in splits]
        cells = " | ".join(f"{each.mean():.3f} ± {each.std(ddof=1):.3f}" for each in values)
        lines.append(f"| {name} | {cells} |")
    return "\n".join(lines)


def stored_encoder(weights: LiteWeights, store: Path) -> TextEncoder:
    """Return a text encoder that takes sentence embeddings from the store of `embed_sentences`."""
    known: dict[str, Tensor] = {}

    @torch.inference_mode()
    def encode(texts: Sequence[str]) -> Tensor:
        new = [text for text in dict.fromkeys(texts) if text not in known]
        if new:
            known.update(zip(new, weights.text(embed_sentences(new, store)), strict=True))
        return torch.stack([known[text] for text in texts])

    encode(list(_every_prompt()))  # at once: the store is read and written only here
    return encode


def _every_prompt() -> Iterator[str]:
    for normal, abnormal in (*NONSENSE, *unrelated_pairs()):
        yield from (*normal, *abnormal)
    for noun in sorted({_noun(category) for category in CORE}):
        for normal, abnormal in (_ensemble(noun), _unseen(noun)):
            yield from (*normal, *abnormal)
        for kind in DEFECTS:
            yield from defect_prompts(kind, noun)
        yield _category_prompt(noun)


def main(arguments: Sequence[str] | None = None) -> None:
    """Evaluate weights and write ``evaluation.json`` beside each file of them."""
    packaged = Path(str(files("promptlab.backbones.lite") / "weights" / "lite.safetensors"))
    parser = argparse.ArgumentParser(prog="promptlab.backbones.lite.evaluate", description=__doc__)
    parser.add_argument("--weights", type=Path, nargs="+", default=[packaged])
    parser.add_argument("--recipe", type=Path, help="YAML; default: the packaged recipe")
    chosen = parser.parse_args(arguments)
    limit_threads()
    recipe = read_recipe(chosen.recipe)
    folder = data_folder(recipe, cache_folder())
    runs = []
    for path in chosen.weights:
        weights = load_weights(path)
        results = evaluate(weights, stored_encoder(weights, folder.parent), recipe, folder)
        content = {"weights": weights.digest, "recipe": recipe.digest, **results}
        write_text(path.with_name("evaluation.json"), json.dumps(content, indent=2) + "\n")
        runs.append(results)
    print(summarise(runs))  # noqa: T201 - the command's answer


if __name__ == "__main__":
    main()
