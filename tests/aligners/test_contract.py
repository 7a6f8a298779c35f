from dataclasses import dataclass

import pytest

from aligners import ALIGNERS
from aligners.base import Aligner, LocalView
from aligners.contract import CHECKS, check_documented, check_images_independent


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", ALIGNERS.available())
def test_shipped_aligner_keeps_contract(name, check):
    check(ALIGNERS[name])


def test_all_aligners_are_registered_on_import():
    assert ALIGNERS.available() == (
        "blend",
        "fine_grained",
        "gem",
        "global",
        "patch",
        "value",
        "window",
    )


@dataclass(frozen=True)
class Mixing(Aligner):
    """Breaks the contract: subtracts the batch mean."""

    def align(self, features):
        tokens = features.patch_tokens @ features.projection.T
        return (LocalView(tokens - tokens.mean(0)),)


@dataclass(frozen=True)
class Undocumented(Aligner):
    def align(self, features):
        return (LocalView(features.patch_tokens),)


def test_check_fails_when_images_depend_on_one_another():
    with pytest.raises(AssertionError, match="not close"):
        check_images_independent(Mixing)


def test_check_fails_without_docstring():
    with pytest.raises(AssertionError, match="must have a docstring"):
        check_documented(Undocumented)
