"""The card speaks of the weights that are there."""

from importlib.resources import files

import yaml

from promptlab.backbones.lite.recipe import read_recipe
from promptlab.files import digest_bytes

FOLDER = files("promptlab.backbones.lite")


def test_card_and_digest_file_name_the_weights_in_the_folder():
    digest = digest_bytes((FOLDER / "weights" / "lite.safetensors").read_bytes())
    stated = yaml.safe_load((FOLDER / "weights" / "lite.yaml").read_text(encoding="utf-8"))
    assert stated["sha256"] == digest
    assert digest in (FOLDER / "MODEL_CARD.md").read_text(encoding="utf-8")


def test_weights_were_made_with_the_packaged_recipe():
    stated = yaml.safe_load((FOLDER / "weights" / "lite.yaml").read_text(encoding="utf-8"))
    assert stated["recipe"] == read_recipe().digest
