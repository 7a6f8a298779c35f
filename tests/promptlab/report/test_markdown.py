from collections.abc import Callable

from promptlab.report.markdown import grid_table, markdown_table
from promptlab.results import GridRecord, RunRecord, provenance


def test_markdown_table_gives_means_and_the_gain_with_its_interval(
    make_record: Callable[..., RunRecord],
) -> None:
    gain = {"mean": {"value": 0.095, "low": -0.01, "high": 0.2}, "categories": {}}
    table = markdown_table([make_record(gain=gain), make_record(name="a|b")]).splitlines()
    assert table[0].startswith("| run | images | image AUROC |")
    assert table[2] == "| quickstart | 10 | 75.0 | - | - | - | - | - | +9.5 [-1.0, +20.0] |"
    assert table[3] == "| a/b | 10 | 75.0 | - | - | - | - | - | baseline |"
    assert len({line.count("|") for line in table}) == 1


def test_grid_table_gives_gains_over_the_reference() -> None:
    shared = {"categories": {}, "choices": {"scorer": "x"}, "folder": "x"}
    gain = {"value": 0.02, "low": -0.01, "high": 0.05, "p": 0.2, "p_holm": 0.4}
    record = GridRecord.model_validate(
        {
            "name": "scorers",
            "axes": ["scorer"],
            "provenance": provenance().model_dump(),
            "backbone": "tiny",
            "config": {},
            "images": {"plate": 12},
            "cells": [
                {
                    **shared,
                    "choices": {"scorer": "mean"},
                    "mean": {"image_auroc": 0.8, "aupro": None},
                    "against": None,
                    "gains": {},
                },
                {
                    **shared,
                    "choices": {"scorer": "a|b"},
                    "mean": {"image_auroc": 0.82, "aupro": None},
                    "transductive": True,
                    "against": "mean",
                    "gains": {"image_auroc": gain},
                },
            ],
        }
    )
    assert grid_table(record).splitlines() == [
        "| scorer | image AUROC | image AUROC, gain |",
        "|---|---:|---:|",
        "| mean | 80.0 | reference |",
        "| a/b (transductive) | 82.0 | +2.0 [-1.0, +5.0] p 0.4 |",
    ]
