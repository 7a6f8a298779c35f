"""How long `promptlab score` takes, and how much memory, on many files of which 1 % are broken.

Not a test: ``python tests/faults/measure_score.py 10000`` makes the numbers of docs/FAULTS.md. The
backbone is the tests' exact one at 32x48 pixels, so that files, cache and table are what is
measured; every image is encoded, none comes from a cache.
"""

import csv
import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from fakes import TinyBackbone

import promptlab.backbones
from promptlab.cli import main
from promptlab.cli import score as command


def write(folder: Path, count: int) -> set[int]:
    """Write different small images; return the numbers of the broken ones."""
    rng, broken = np.random.default_rng(0), set()
    for number in range(count):
        path = folder / f"{number:06}.png"
        Image.fromarray(rng.integers(0, 256, (24, 32, 3), np.uint8)).save(path)
        if number % 100 == 37:
            broken.add(number)
            content = path.read_bytes()
            path.write_bytes(
                (b"", b"not an image", content[: len(content) // 2])[number // 100 % 3]
            )
    return broken


def measure(count: int) -> dict[str, object]:
    """Score ``count`` files; give counts, seconds and the peak memory on the way."""
    peaks: dict[int, float] = {}
    line = command._line

    def counted(result: object) -> list[str]:
        done[0] += 1
        if done[0] in (count // 10, count // 2, count):
            peaks[done[0]] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
        return line(result)

    done = [0]
    command._line = counted
    backbone = TinyBackbone()
    promptlab.backbones.load_backbone = lambda *_, **__: backbone
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["PROMPTLAB_CACHE"] = str(folder / "cache")
        (folder / "photos").mkdir()
        broken = write(folder / "photos", count)
        prompts = str(folder / "prompts")
        main(["prompts", "generate", "--static", "winclip", "--category", "x", "--out", prompts])
        words = ["score", str(folder / "photos"), "--category", "x", "--prompts", prompts]
        begun = time.perf_counter()
        main([*words, "--out", str(folder / "scores.csv")])
        seconds = time.perf_counter() - begun
        with (folder / "scores.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        said = {number for number, row in enumerate(rows) if row["problem"]}
        try:
            main([*words, "--out", str(folder / "again.csv"), "--strict"])
            strict = 0
        except SystemExit as stopped:
            strict = int(str(stopped.code))
    return {
        "files": count,
        "lines": len(rows),
        "broken": len(broken),
        "told as broken": len(said),
        "the right ones": said == broken,
        "seconds": round(seconds, 1),
        "peak memory in MB after so many files": peaks,
        "exit status with --strict": strict,
    }


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1])), indent=1))  # noqa: T201
