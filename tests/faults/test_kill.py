"""kill -9 at random moments: the same command ends as if nothing had happened."""

import json
import random
import time
from pathlib import Path

import pytest

MOMENTS = 20
IN_FLIGHT = {"encode": 4, "ask": 0, "run": 4}
"""Images of the batch that may be encoded twice; of answers one request may be asked twice."""


def outcome(folder: Path) -> object:
    """Return what a finished job left, without times."""
    if (folder / "out.json").exists():
        return (folder / "out.json").read_text()
    record = json.loads((folder / "run" / "record.json").read_text())
    for key in ("provenance", "seconds", "digest", "config"):
        del record[key]
    return record, (folder / "run" / "scores.csv").read_text()


def count(path: Path) -> int:
    return len(path.read_text().split()) if path.name == "asked" else path.stat().st_size


@pytest.mark.slow
@pytest.mark.parametrize("job", ["encode", "ask", "run"])
def test_a_killed_job_ends_like_an_undisturbed_one(jobs, data: Path, tmp_path: Path, job) -> None:
    whole = tmp_path / "whole"
    jobs.finish(job, tmp_path / "warm")  # lazy imports, once
    begun = time.monotonic()
    jobs.finish(job, whole)
    lasted = time.monotonic() - begun
    moments = random.Random(job)
    killed = 0
    for number in range(MOMENTS):
        folder = tmp_path / f"{number}"
        killed += jobs.kill(job, folder, after=moments.uniform(0, lasted))
        jobs.finish(job, folder)
        assert outcome(folder) == outcome(whole)
        for log, spare in (("encoded", IN_FLIGHT[job]), ("asked", 1)):
            if (whole / log).exists():
                assert count(whole / log) <= count(folder / log) <= count(whole / log) + spare
    assert killed > MOMENTS // 2


def test_two_jobs_share_one_cache(jobs, data: Path, tmp_path: Path) -> None:
    jobs.finish("run", tmp_path / "whole")
    shared = tmp_path / "cache"
    shared.mkdir()
    both = [tmp_path / "one", tmp_path / "two"]
    for folder in both:
        folder.mkdir()
        (folder / "cache").symlink_to(shared)
    pids = [jobs.start("run", folder) for folder in both]
    assert [jobs.wait(pid) for pid in pids] == [0, 0]
    for folder in both:
        assert outcome(folder) == outcome(tmp_path / "whole")
        assert "damaged" not in (folder / "log").read_text()
    assert not list(shared.rglob("*.part"))
