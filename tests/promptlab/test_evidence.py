from pathlib import Path

import pytest
import torch
from torch import Tensor

from aligners.base import LocalView
from promptlab.detector import Evidence, ViewEvidence
from promptlab.evidence import collect, split, stored_bytes
from promptlab.scorers.base import Similarities


def similarities(*lead: int, seed: int) -> Similarities:
    generator = torch.Generator().manual_seed(seed)
    normal, abnormal = (torch.rand(*lead, count, generator=generator) for count in (3, 5))
    return Similarities(normal, abnormal, torch.eye(3), torch.eye(5), logit_scale=1.0)


def batch(images: int, *, seed: int, reference: bool = True) -> Evidence:
    local = similarities(images, 6, seed=seed)
    view = ViewEvidence(LocalView(torch.rand(images, 6, 4)), local, (2, 3))
    return Evidence(
        similarities(images, seed=seed),
        (view,),
        grid=(2, 3),
        distances={"references": torch.rand(images, 6), "peers": torch.rand(images, 6)}
        if reference
        else {},
    )


def tensors(evidence: Evidence) -> list[Tensor]:
    (view,) = evidence.views
    found = [evidence.global_.normal, evidence.global_.abnormal]
    found += [view.similarities.normal, view.similarities.abnormal]
    return [*found, *evidence.distances.values()]


@pytest.mark.parametrize("memory", [10**6, 0])
@pytest.mark.parametrize("reference", [True, False])
def test_collect_joins_batches_in_memory_or_in_files(
    memory: int, reference: bool, own_cache: Path
) -> None:
    parts = [batch(n, seed=n, reference=reference) for n in (2, 3)]
    # Two images could not be read: room is made for seven.
    found = collect(iter(parts), images=7, memory=memory)
    expected = [torch.cat(pair) for pair in zip(*map(tensors, parts), strict=True)]
    for ours, theirs in zip(tensors(found), expected, strict=True):
        assert torch.equal(ours, theirs)
    assert found.views[0].view.embeddings.shape[-1] == 0
    assert not list(own_cache.rglob(".similarities*"))
    assert stored_bytes(found) == 4 * sum(each.numel() for each in expected)


def test_collect_refuses_nothing() -> None:
    with pytest.raises(ValueError, match="collect needs at least one batch, but got none"):
        collect([], images=3, memory=0)


def test_split_gives_every_image_once_in_parts_of_bounded_size(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = collect([batch(5, seed=1)], images=5, memory=10**6)
    monkeypatch.setattr("promptlab.evidence._PART_BYTES", 2 * stored_bytes(whole) // 5)
    parts = list(split(whole))
    assert [len(part.global_.normal) for part in parts] == [2, 2, 1]
    for joined, ours in zip(zip(*map(tensors, parts), strict=True), tensors(whole), strict=True):
        assert torch.equal(torch.cat(joined), ours)


def test_select_gives_the_same_prompts_from_either_layout() -> None:
    part = batch(4, seed=1)
    kept = collect([part], images=4, memory=10**6)
    normal, abnormal = torch.tensor([2, 0]), torch.tensor([1, 4, 3])
    for ours, theirs in zip(
        tensors(kept.select(normal, abnormal)), tensors(part.select(normal, abnormal)), strict=True
    ):
        assert torch.equal(ours, theirs)
    (view,) = part.select(normal, abnormal).views
    assert torch.equal(view.similarities.normal, part.views[0].similarities.normal[..., normal])
