import hashlib
import io
import json
import os
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest

from promptlab.datasets.sources import Source
from promptlab.datasets.unpack import ORIGIN, install
from promptlab.errors import DataError

Files = dict[str, bytes]
FILES = {"set/nut/test/good/0.png": b"abc", "set/nut/test/bad/0.png": b"d" * 5000}


def source(archive: Path | None = None, *, top: str = "set") -> Source:
    digest = f"sha256:{hashlib.sha256(archive.read_bytes()).hexdigest()}" if archive else ""
    return Source("a set", "CC0", page="https://example.org", digest=digest, top=top)


def zipped(path: Path, files: Files, *, link: str = "") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        if link:
            entry = zipfile.ZipInfo("link")
            entry.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(entry, link)
    return path


def tarred(path: Path, files: Files, *, link: str = "", kind: bytes = tarfile.SYMTYPE) -> Path:
    with tarfile.open(path, "w:xz" if path.suffix == ".xz" else "w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        if link:
            member = tarfile.TarInfo("link")
            member.type, member.linkname = kind, link
            archive.addfile(member)
    return path


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(("pack", "name"), [(zipped, "a"), (tarred, "a.tar"), (tarred, "a.xz")])
def test_install_unpacks_the_set_without_its_top_folder(tmp_path: Path, pack, name: str) -> None:
    archive, folder = pack(tmp_path / name, FILES), tmp_path / "data" / "nuts"
    digest, known = install(source(archive), archive, folder)
    assert known
    assert names(folder) == ["nut/test/bad/0.png", "nut/test/good/0.png", ORIGIN]
    assert [path.name for path in folder.parent.iterdir()] == ["nuts"]
    origin = json.loads((folder / ORIGIN).read_text())
    assert (origin["digest"], origin["digest_was_known"]) == (digest, True)
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o777 & ~umask


def test_install_writes_down_a_digest_that_nobody_published(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", FILES)
    digest, known = install(source(top=""), archive, tmp_path / "nuts")
    assert not known
    assert digest == source(archive).digest
    assert json.loads((tmp_path / "nuts" / ORIGIN).read_text())["digest_was_known"] is False


OUTSIDE = {"../../evil": b"x"}


@pytest.mark.parametrize(
    ("pack", "files", "link"),
    [
        (zipped, OUTSIDE, ""),
        (zipped, {"a/../../evil": b"x"}, ""),
        (zipped, {"..\\evil": b"x"}, ""),
        (zipped, {"/evil": b"x"}, ""),
        (zipped, {}, "/etc/passwd"),
        (tarred, OUTSIDE, ""),
        (tarred, {}, "/etc/passwd"),
        (tarred, {}, "../../evil"),
    ],
)
def test_install_refuses_an_archive_that_leaves_its_folder(
    tmp_path: Path, pack, files: Files, link: str
) -> None:
    archive = pack(tmp_path / "a", {**FILES, **files}, link=link)
    with pytest.raises(DataError, match=r"must stay inside its folder, but .*; do not use it"):
        install(source(), archive, tmp_path / "deep" / "nuts")
    assert names(tmp_path) == ["a"]


def test_install_refuses_a_device_in_an_archive(tmp_path: Path) -> None:
    archive = tarred(tmp_path / "a", {}, link="x", kind=tarfile.CHRTYPE)
    with pytest.raises(DataError, match=r"must stay inside its folder, but .* holds 'link'"):
        install(source(), archive, tmp_path / "nuts")


@pytest.mark.parametrize(("pack", "name"), [(zipped, "a"), (tarred, "a.tar"), (tarred, "a.xz")])
@pytest.mark.parametrize("damage", ["truncated", "flipped", "empty", "text"])
def test_install_leaves_nothing_of_a_damaged_archive(
    tmp_path: Path, pack, name: str, damage: str
) -> None:
    archive, content = tmp_path / name, {"x/0.png": os.urandom(30_000)}
    whole = pack(archive, content).read_bytes()
    middle = len(whole) // 2
    archive.write_bytes(
        {
            "truncated": whole[:middle],
            "flipped": whole[: middle - 5000] + bytes(10_000) + whole[middle + 5000 :],
            "empty": b"",
            "text": b"<html>moved</html>" * 100,
        }[damage]
    )
    if (damage, name) == ("flipped", "a.tar"):
        pytest.skip("a plain tar holds no checksum of its content: the archive's digest does")
    with pytest.raises(DataError, match="must be a zip or tar archive, but cannot be unpacked"):
        install(source(), archive, tmp_path / "nuts")
    assert names(tmp_path) == [name]


def test_install_refuses_an_archive_with_another_digest(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", FILES)
    wanted = source(archive)
    zipped(archive, {})
    with pytest.raises(DataError, match=r"must have the digest .* damaged or was replaced"):
        install(wanted, archive, tmp_path / "nuts")


def test_install_refuses_what_does_not_fit_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = zipped(tmp_path / "a.zip", {"set/bomb": bytes(10_000_000)})
    full = os.statvfs_result((4096, 4096, 10, 2, 2, 0, 0, 0, 0, 255))
    monkeypatch.setattr(os, "statvfs", lambda _: full)
    with pytest.raises(DataError, match="must fit on the disk, but 'set/bomb' no longer does"):
        install(source(), archive, tmp_path / "nuts")
    assert names(tmp_path) == ["a.zip"]


def test_install_never_replaces_a_folder(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", FILES)
    (tmp_path / "nuts").mkdir()
    with pytest.raises(
        DataError, match=r"into a new folder, but .*nuts exists; remove it or choose"
    ):
        install(source(), archive, tmp_path / "nuts")


def test_install_refuses_an_archive_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"--archive must be a file, but .* is none; check the path"
    ):
        install(source(), tmp_path / "a.zip", tmp_path / "nuts")
