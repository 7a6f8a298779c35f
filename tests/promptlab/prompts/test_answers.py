import logging
import sqlite3
import subprocess
import sys

import pytest

from promptlab.errors import LLMError
from promptlab.prompts.answers import Answer, answer_key, open_answers

ANSWER = Answer("a new nut", "2026-01-01T00:00:00+00:00", 7, 3)


def test_get_when_put_before_and_reopened(tmp_path):
    path = tmp_path / "deep" / "answers.sqlite"
    with open_answers(path) as answers:
        assert answers.get("k") is None
        answers.put("k", ANSWER)

    with open_answers(path) as answers:
        assert answers.get("k") == ANSWER


def test_put_when_the_key_is_taken_keeps_the_first(tmp_path):
    with open_answers(tmp_path / "a.sqlite") as answers:
        answers.put("k", ANSWER)
        answers.put("k", Answer("other", "later", 0, 0))

        assert answers.get("k") == ANSWER


def test_answer_key_when_any_part_differs():
    keys = {
        answer_key("llm", "request", 0.9, 24, ["\n"], 0, 0),
        answer_key("llm2", "request", 0.9, 24, ["\n"], 0, 0),
        answer_key("llm", "request2", 0.9, 24, ["\n"], 0, 0),
        answer_key("llm", "request", 0.8, 24, ["\n"], 0, 0),
        answer_key("llm", "request", 0.9, 25, ["\n"], 0, 0),
        answer_key("llm", "request", 0.9, 24, [], 0, 0),
        answer_key("llm", "request", 0.9, 24, ["\n"], 1, 0),
        answer_key("llm", "request", 0.9, 24, ["\n"], 0, 1),
    }

    assert len(keys) == 8
    assert answer_key("llm", 1) == answer_key("llm", 1)


def test_open_answers_when_the_file_is_damaged(tmp_path, caplog):
    path = tmp_path / "a.sqlite"
    path.write_bytes(b"this is no database, " * 100)

    with caplog.at_level(logging.WARNING), open_answers(path) as answers:
        answers.put("k", ANSWER)
        assert answers.get("k") == ANSWER

    assert "was damaged; it starts anew, and the old file is now a.damaged" in caplog.text
    assert (tmp_path / "a.damaged").read_bytes().startswith(b"this is no database")


def test_get_when_the_file_is_damaged_inside(tmp_path, caplog):
    path = tmp_path / "a.sqlite"
    with open_answers(path) as answers:
        for number in range(5):
            answers.put(f"k{number}", Answer("x" * 20_000, "now", 0, 0))
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)

    with caplog.at_level(logging.WARNING), open_answers(path) as answers:
        assert answers.get("k1") is None
        answers.put("k1", ANSWER)
        assert answers.get("k1") == ANSWER

    assert "was damaged" in caplog.text


@pytest.mark.parametrize("place", ["file/a.sqlite", "folder"])
def test_open_answers_when_the_file_cannot_be_written(tmp_path, caplog, place):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    with caplog.at_level(logging.WARNING), open_answers(tmp_path / place) as answers:
        answers.put("k", ANSWER)
        assert answers.get("k") is None

    assert caplog.text.count("answers are not kept, because") == 1
    assert "set PROMPTLAB_CACHE to a folder" in caplog.text


def test_get_when_the_answer_changed_on_the_disk(tmp_path, caplog):
    path = tmp_path / "a.sqlite"
    with open_answers(path) as answers:
        answers.put("k", ANSWER)
    link = sqlite3.connect(path)
    with link:
        link.execute("UPDATE answers_v3 SET text = 'a mew nut'")
    link.close()

    with caplog.at_level(logging.WARNING), open_answers(path) as answers:
        assert answers.get("k") is None
        answers.put("k", ANSWER)
        assert answers.get("k") == ANSWER

    assert "was damaged; it is asked again" in caplog.text


def test_get_when_another_program_locks_the_file(tmp_path, monkeypatch):
    path = tmp_path / "a.sqlite"
    monkeypatch.setattr("promptlab.prompts.answers._WAIT", 0.01)
    with open_answers(path) as answers:
        answers.put("k", ANSWER)
        link = sqlite3.connect(path)
        link.execute("BEGIN EXCLUSIVE")
        with pytest.raises(LLMError, match=r"must be readable, but .*locked; remove it or set"):
            answers.get("k")
        link.close()


def test_open_answers_when_no_path_is_given(tmp_path, monkeypatch):
    monkeypatch.setenv("PROMPTLAB_CACHE", str(tmp_path))
    with open_answers() as answers:
        answers.put("k", ANSWER)

    assert (tmp_path / "answers.sqlite").is_file()


def test_put_when_two_processes_write_at_once(tmp_path):
    path = tmp_path / "a.sqlite"
    program = (
        "import sys; from pathlib import Path\n"
        "from promptlab.prompts.answers import Answer, open_answers\n"
        "with open_answers(Path(sys.argv[1])) as answers:\n"
        "    for i in range(50): answers.put(f'{sys.argv[2]}{i}', Answer(sys.argv[2], '', 0, 0))\n"
    )
    both = [
        subprocess.Popen([sys.executable, "-c", program, str(path), name])
        for name in ("one", "two")
    ]

    assert [process.wait(timeout=60) for process in both] == [0, 0]
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT count(*) FROM answers_v3").fetchone() == (100,)
    connection.close()
