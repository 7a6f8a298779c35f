from pathlib import Path

import jupytext
import pytest

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.py"))


@pytest.mark.parametrize("source", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_equals_its_source_and_holds_no_output(source: Path) -> None:
    text = jupytext.read(source)
    paired = jupytext.read(source.with_suffix(".ipynb"))
    assert [(cell.cell_type, cell.source) for cell in paired.cells] == [
        (cell.cell_type, cell.source) for cell in text.cells
    ]
    assert all(not cell.get("outputs") for cell in paired.cells)


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS
