"""Find what is wrong with a data set before an experiment does."""

from collections.abc import Iterator

from promptlab.datasets.dataset import Dataset, Problem
from promptlab.datasets.images import load_image, load_mask
from promptlab.errors import DataError
from promptlab.files import digest_file
from promptlab.types import Progress, Sample, silent

__all__ = ["verify_dataset"]


def verify_dataset(dataset: Dataset, *, progress: Progress = silent) -> tuple[Problem, ...]:
    """Decode every image and mask and compare every known digest; return all problems.

    Finds files that are missing, corrupt, changed or mis-sized, and, by what the reader noticed,
    images and masks without each other.
    """
    found: list[Problem] = []
    for done, sample in enumerate(dataset.samples, 1):
        found.extend(_of_sample(sample))
        progress("verify", done, len(dataset.samples))
    known = {problem.path for problem in found}
    changed = (
        Problem(path, "differs from the digest it was written with", "write the data set anew")
        for path, digest in sorted(dataset.digests.items())
        if path not in known and (not path.is_file() or digest_file(path) != digest)
    )
    return (*found, *changed, *dataset.problems)


def _of_sample(sample: Sample) -> Iterator[Problem]:
    try:
        image = load_image(sample.path)
    except DataError as error:
        yield Problem(sample.path, *_parts(error))
        return
    if sample.mask_path is None:
        return
    try:
        load_mask(sample.mask_path, (image.height, image.width))
    except DataError as error:
        yield Problem(sample.mask_path, *_parts(error))


def _parts(error: DataError) -> tuple[str, str]:
    """Split an error's text, "rule and value; remedy.", into what is wrong and the remedy."""
    what, _, remedy = str(error).rpartition("; ")
    return what, remedy.removesuffix(".")
