from pathlib import Path

import pytest

from promptlab.errors import RecordError
from promptlab.results import (
    ImageScore,
    PromptUse,
    new_run_folder,
    provenance,
    read_prompt_uses,
    read_record,
    read_scores,
    read_sweep,
    write_prompt_uses,
    write_scores,
)

SCORE = ImageScore(
    path="a, b.png", category="plate", label="abnormal", defect="hole",
    image_score=0.5, global_score=0.25, local_score=0.75,
)  # fmt: skip


def test_scores_survive_a_round_trip(tmp_path: Path) -> None:
    write_scores(tmp_path, [SCORE])
    assert read_scores(tmp_path) == [SCORE]


def test_new_run_folder_never_gives_one_twice(tmp_path: Path) -> None:
    folders = {new_run_folder(tmp_path, "x") for _ in range(3)}
    assert len(folders) == 3
    assert all(folder.is_dir() for folder in folders)


@pytest.mark.parametrize("read", [read_record, read_sweep, read_scores])
def test_reading_a_missing_file_names_it(read, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(RecordError, match="must hold"):
        read(tmp_path)


@pytest.mark.parametrize(("read", "name"), [(read_record, "record"), (read_sweep, "sweep")])
@pytest.mark.parametrize("content", ["", "{}", '{"format": 9}', '{"name": 1'])
def test_reading_a_damaged_file_says_so(read, name: str, content: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / f"{name}.json").write_text(content)
    with pytest.raises(RecordError, match="damaged or of another version"):
        read(tmp_path)


def test_provenance_names_versions_and_the_commit() -> None:
    made = provenance()
    assert "torch" in made.versions
    assert made.commit is None or len(made.commit) == 40


USE = PromptUse(
    category="nut", state="normal", text='a "nut", whole', mean_weight=0.25, kept_share=0.5
)


def test_prompt_uses_survive_a_round_trip(tmp_path: Path) -> None:
    write_prompt_uses(tmp_path, [USE])
    assert read_prompt_uses(tmp_path) == [USE]


def test_prompt_uses_of_an_older_run_are_empty(tmp_path: Path) -> None:
    assert read_prompt_uses(tmp_path) == []


def test_damaged_prompt_uses_are_refused(tmp_path: Path) -> None:
    (tmp_path / "prompt_weights.csv").write_text("category,state\nnut,odd\n")
    with pytest.raises(RecordError, match="must hold one line per prompt"):
        read_prompt_uses(tmp_path)
