"""A program that forks one child per order, so that hundreds of starts cost one import.

Orders come as lines on standard input: ``JOB FOLDER`` starts a child and is answered by its process
id; ``wait PID`` by its exit status (negative: the signal that ended it). Each child works on a tiny
data set with an exact backbone and a language model from a list; both write down what they were
asked in ``FOLDER``, one byte per image and one line per request.
"""

import os
import sys
import time
import traceback
from collections.abc import Iterable
from contextlib import contextmanager
from pathlib import Path

import torch
from fakes import TinyBackbone
from torch import Tensor

from promptlab import evidence, workbench
from promptlab.backbones.base import EncodedImages
from promptlab.config import ExperimentConfig
from promptlab.evaluate import run_experiment
from promptlab.features import FeatureStore, encode_images
from promptlab.files import write_text
from promptlab.prompts import generate
from promptlab.prompts.files import write_prompt_set
from promptlab.prompts.llm import LLM, LLMTraits
from promptlab.prompts.local_models import Reply, wrap

DATA, PER_STATE, BATCH = "data", 12, 4
"""Beside each job's folder lies the data set; so many prompts are asked per state, and so many
images are encoded at once."""

ADJECTIVES = [
    *("clean", "even", "smooth", "plain", "bright", "grey", "level", "shiny"),
    *("whole", "neat", "sound", "regular", "fine", "tidy", "solid", "pure"),
    *("cracked", "bent", "stained", "broken", "worn", "torn", "dented", "rusty"),
    *("burnt", "dirty", "scratched", "chipped", "loose", "split"),
]


class CountingBackbone(TinyBackbone):
    """Takes its time, and writes one byte per image that it encodes."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._log = folder / "encoded"

    def encode_images(self, images: Tensor, *, value_tokens: bool = False) -> EncodedImages:
        append(self._log, "." * len(images))
        time.sleep(0.002 * len(images))
        return super().encode_images(images, value_tokens=value_tokens)


def append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def answers_into(folder: Path):
    """Return what stands for `open_llm`: its answer depends on the request and its seed only."""

    def ask(request: object, arguments: dict) -> Reply:
        append(folder / "asked", f"{arguments['seed']}\n")
        time.sleep(0.002)
        damaged = "damaged" in request.to_string()  # type: ignore[attr-defined]
        words = ADJECTIVES[16:] if damaged else ADJECTIVES[:16]
        first, second = (words[arguments["seed"] // n % len(words)] for n in (1, 97))
        thing = "a crack and a flaw" if damaged else "a surface"
        return Reply(f" {thing}, {first} and {second}", date="2026-01-01T00:00:00+00:00")

    @contextmanager
    def open_llm(spec: str, *, kind: str, **_: object):
        yield LLM(spec, LLMTraits(samples_per_call=True), open_model=lambda: wrap(ask, kind=kind))

    return open_llm


def encode(folder: Path) -> None:
    """Encode all images; then, and only then, write a file that says so."""
    paths = sorted((folder.parent / DATA).rglob("test/*/*.png"))
    store = FeatureStore(folder / "cache" / "features")
    backbone = CountingBackbone(folder)
    requires = workbench.build_aligner(config(folder).aligner).requires
    sums = []
    for batch in encode_images(backbone, paths, requires=requires, store=store, batch_size=BATCH):
        assert batch.features is not None
        sums.append(float(batch.features.patch_tokens.sum()))
    write_text(folder / "out.json", repr(sums))


def ask(folder: Path) -> None:
    """Let the language model write a prompt set."""
    generate.open_llm = answers_into(folder)
    made = generate.generate_prompts(
        "gguf:fake",
        "plate",
        template="completion",
        per_state=PER_STATE,
        cache=folder / "cache" / "answers.sqlite",
    )
    write_prompt_set(folder / "out.json", made.prompt_set)


def run(folder: Path) -> None:
    """Run a whole experiment: prompts of a language model, images, metrics, record."""
    generate.open_llm = answers_into(folder)
    workbench.load_backbone = lambda *_, **__: CountingBackbone(folder)
    evidence.batch_size_of = lambda *_: BATCH
    record = folder / "run" / "record.json"
    if not record.exists():  # a finished run is never done twice
        run_experiment(config(folder), workbench.Workbench(), parent=folder, folder=record.parent)


def config(folder: Path) -> ExperimentConfig:
    llm = {"kind": "llm", "llm": "gguf:fake", "template": "completion", "per_state": PER_STATE}
    return ExperimentConfig.model_validate(
        {
            "name": "fault",
            "dataset": {"name": "mvtec", "root": str(folder.parent / DATA)},
            "prompts": {"sources": [llm]},
            "metrics": {"pixel_size": 32, "bootstrap": 20},
        }
    )


JOBS = {"encode": encode, "ask": ask, "run": run}


def child(job: str, folder: Path) -> None:
    os.environ["PROMPTLAB_CACHE"] = str(folder / "cache")
    output = os.open(folder / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(output, 1)
    os.dup2(output, 2)
    try:
        JOBS[job](folder)
    except BaseException:  # noqa: BLE001 - reported in the log
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)


def serve(orders: Iterable[str]) -> None:
    torch.set_num_threads(1)  # threads do not survive a fork
    for order in orders:
        what, _, rest = order.rstrip("\n").partition(" ")
        if what == "wait":
            answer = os.waitstatus_to_exitcode(os.waitpid(int(rest), 0)[1])
        else:
            answer = os.fork()
            if not answer:
                child(what, Path(rest))
        print(answer, flush=True)  # noqa: T201


if __name__ == "__main__":
    serve(sys.stdin)
