import pytest
import torch
from fakes import TinyBackbone

from promptlab.errors import BackboneError


def test_a_backbone_that_offers_no_numbered_tokens_names_what_it_offers() -> None:
    rule = (
        r"backbone tiny: .* it offers \(patch, value\), but got gem:6; use one of these, or an hf:"
    )
    with pytest.raises(BackboneError, match=rule):
        TinyBackbone().encode_tokens(torch.zeros(1, 3, 32, 48), ["gem:6"])
