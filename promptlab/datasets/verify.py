"""Find what is wrong with a data set before an experiment does."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from promptlab.datasets.dataset import Dataset, Problem, ProblemKind, digest_samples
from promptlab.datasets.images import image_size, load_image, load_mask
from promptlab.errors import DataError
from promptlab.files import digest_file
from promptlab.types import Progress, Sample, Size, silent

__all__ = ["verify_dataset"]

_READERS = 2
"""Decoding releases Python's lock; more would only hold more images in memory."""


def verify_dataset(dataset: Dataset, *, progress: Progress = silent) -> tuple[Problem, ...]:
    """Decode every image and mask and compare every known digest; return all problems.

    Finds files that are missing, corrupt, changed or mis-sized, and, by what the reader noticed,
    images and masks without each other. Normal training images are checked like test images.
    """
    samples = [*dataset.samples, *dataset.train]
    found: list[Problem] = []
    with ThreadPoolExecutor(max_workers=_READERS) as readers:
        for done, problems in enumerate(readers.map(_of_sample, samples), 1):
            found.extend(problems)
            progress("verify", done, len(samples))
    known = {problem.path for problem in found}
    changed = (
        Problem(
            path,
            "differs from the digest it was written with",
            "write the data set anew",
            "changed",
        )
        for path, digest in sorted(dataset.digests.items())
        if path not in known and (not path.is_file() or digest_file(path) != digest)
    )
    noticed = (*found, *changed, *dataset.problems)
    if noticed or not dataset.contents or digest_samples(dataset.samples) == dataset.contents:
        return noticed
    return (
        Problem(
            dataset.samples[0].path.parent.parent,
            "holds other images or labels than those that promptlab knows this set by",
            "install the version that `promptlab data list` names",
            "changed",
        ),
    )


def _of_sample(sample: Sample) -> list[Problem]:
    return list(_problems(sample))


def _problems(sample: Sample) -> Iterator[Problem]:
    try:
        image = load_image(sample.path)
    except DataError as error:
        kind: ProblemKind = "corrupt" if sample.path.exists() else "missing"
        yield Problem(sample.path, *_parts(error), kind)
        return
    if sample.mask_path is None:
        return
    size = (image.height, image.width)
    try:
        load_mask(sample.mask_path, size)
    except DataError as error:
        yield Problem(sample.mask_path, *_parts(error), _kind_of_mask(sample, size))


def _kind_of_mask(sample: Sample, size: Size) -> ProblemKind:
    """Say what is wrong with a mask that could not be loaded."""
    mask = sample.mask_path
    if mask is None or not mask.exists():
        return "missing"
    files = sorted(mask.iterdir()) if mask.is_dir() else [mask]
    try:
        return "mis-sized" if any(image_size(file) != size for file in files) else "corrupt"
    except DataError:
        return "corrupt"


def _parts(error: DataError) -> tuple[str, str]:
    """Split an error's text, "rule and value; remedy.", into what is wrong and the remedy."""
    what, _, remedy = str(error).rpartition("; ")
    return what, remedy.removesuffix(".")
