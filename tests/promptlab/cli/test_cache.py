import json
from pathlib import Path

import torch
from click.testing import CliRunner

from promptlab.cli.data import data
from promptlab.features import FeatureStore


def test_cache_shows_sizes_and_prunes(own_cache: Path) -> None:
    store = FeatureStore()
    for name in ("lite_a", "vit_b"):
        store.write(f"{name}/00ff.base", {"patch": torch.zeros(4)})
    shown = CliRunner().invoke(data, ["cache", "--json"])
    content = json.loads(shown.stdout)
    assert [row["files"] for row in content["backbones"]] == [1, 1]
    pruned = CliRunner().invoke(data, ["cache", "--prune", "lite*", "--json"])
    content = json.loads(pruned.stdout)
    assert [row["backbone"] for row in content["backbones"]] == ["vit_b"]
    assert content["removed_bytes"] > 0
    assert "vit_b" in CliRunner().invoke(data, ["cache"]).stdout
