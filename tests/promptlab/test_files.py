import hashlib
from pathlib import Path

import pytest

from promptlab.files import atomic_path, cache_folder, digest_bytes, digest_file, write_text


def test_atomic_path_keeps_the_old_file_when_the_block_fails(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "file.txt"
    write_text(target, "old")
    with pytest.raises(IsADirectoryError), atomic_path(target) as temporary:  # noqa: PT012
        temporary.write_text("ne")
        temporary.parent.write_text("")
    assert target.read_text() == "old"
    assert [path.name for path in target.parent.iterdir()] == ["file.txt"]


def test_atomic_path_replaces_the_old_file_when_the_block_succeeds(tmp_path: Path) -> None:
    target = tmp_path / "file.txt"
    write_text(target, "old")
    write_text(target, "new")
    assert target.read_text() == "new"


def test_digests_are_sha256(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"abc")
    assert digest_file(path) == digest_bytes(b"abc") == hashlib.sha256(b"abc").hexdigest()


def test_cache_folder_is_the_environment_variable(own_cache: Path) -> None:
    assert cache_folder() == own_cache
