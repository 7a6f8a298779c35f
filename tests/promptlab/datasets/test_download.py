"""A real HTTP server on this machine that misbehaves as told."""

import hashlib
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.client import HTTPMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request

import pytest
from fakes import write_mvtec

from promptlab.cli import main
from promptlab.datasets import download, sources
from promptlab.datasets.download import check_digest, fetch
from promptlab.datasets.load import load_dataset
from promptlab.datasets.sources import SOURCES, Source
from promptlab.errors import DataError

CONTENT = bytes(range(256)) * 2000
SHA256 = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"

pytestmark = pytest.mark.enable_socket


@dataclass
class Served:
    """What the server does; ``asked`` collects the range of each request."""

    content: bytes = CONTENT
    breaks_after: list[int] = field(default_factory=list)
    """For each request in turn: bytes before the connection is cut."""
    knows_ranges: bool = True
    status: int = 200
    moved_to: str = ""
    asked: list[str] = field(default_factory=list)


@contextmanager
def serving(served: Served) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.asked.append(self.headers.get("Range", ""))
            if served.moved_to and self.path != "/moved":
                self.send_response(302)
                self.send_header("Location", served.moved_to)
                self.end_headers()
                return
            if served.status != 200:
                self.send_error(served.status)
                return
            self.answer()

        def answer(self) -> None:
            whole, asked = served.content, self.headers.get("Range", "")
            start = int(asked[6:-1]) if asked and served.knows_ranges else 0
            if start >= len(whole) and start:
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(whole)}")
                self.end_headers()
                return
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(whole) - 1}/{len(whole)}")
            self.send_header("Content-Length", str(len(whole) - start))
            self.end_headers()
            cut = served.breaks_after.pop(0) if served.breaks_after else len(whole)
            self.wfile.write(whole[start : start + cut])

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/set.zip"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "_PAUSE", 0)


def source(address: str, *, digest: str = SHA256) -> Source:
    return Source("a set", "CC0", page="https://example.org/set", address=address, digest=digest)


def test_fetch_brings_the_archive_and_tells_progress(tmp_path: Path) -> None:
    told = []
    with serving(Served()) as address:
        path = fetch(source(address), tmp_path, progress=lambda *step: told.append(step))
    assert path == tmp_path / "set.zip"
    assert path.read_bytes() == CONTENT
    assert ("download (MiB)", 0, 0) in told
    assert [file.name for file in tmp_path.iterdir()] == ["set.zip"]


def test_fetch_asks_for_nothing_when_the_archive_is_there(tmp_path: Path) -> None:
    (tmp_path / "set.zip").write_bytes(CONTENT)
    assert fetch(source("http://127.0.0.1:9/set.zip"), tmp_path).read_bytes() == CONTENT


def test_fetch_goes_on_after_a_broken_connection(tmp_path: Path) -> None:
    served = Served(breaks_after=[1000, 2000])
    with serving(served) as address:
        assert fetch(source(address), tmp_path).read_bytes() == CONTENT
    assert served.asked == ["", "bytes=1000-", "bytes=3000-"]


def test_fetch_keeps_what_came_and_the_same_command_goes_on(tmp_path: Path) -> None:
    served = Served(breaks_after=[1000, 1000, 1000, 1000])
    with serving(served) as address:
        with pytest.raises(DataError, match=r"broke off after 4,000 bytes .* run the same command"):
            fetch(source(address), tmp_path)
        assert (tmp_path / "set.zip.part").stat().st_size == 4000
        assert fetch(source(address), tmp_path).read_bytes() == CONTENT
    assert served.asked[-1] == "bytes=4000-"


def test_fetch_starts_anew_when_the_server_knows_no_ranges(tmp_path: Path) -> None:
    (tmp_path / "set.zip.part").write_bytes(b"x" * 1000)
    with serving(Served(knows_ranges=False)) as address:
        assert fetch(source(address), tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("extra", [b"", b"too much"])
def test_fetch_deals_with_a_part_that_is_whole_or_too_long(tmp_path: Path, extra: bytes) -> None:
    (tmp_path / "set.zip.part").write_bytes(CONTENT + extra)
    with serving(Served()) as address:
        assert fetch(source(address), tmp_path).read_bytes() == CONTENT


def test_fetch_refuses_and_removes_what_has_another_digest(tmp_path: Path) -> None:
    with (
        serving(Served(content=b"something else")) as address,
        pytest.raises(DataError, match=r"must have the digest sha256:.* it is damaged or was repl"),
    ):
        fetch(source(address), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_fetch_finds_a_part_that_belonged_to_another_file(tmp_path: Path) -> None:
    (tmp_path / "set.zip.part").write_bytes(b"x" * 1000)
    with serving(Served()) as address:
        with pytest.raises(DataError, match="it is damaged or was replaced"):
            fetch(source(address), tmp_path)
        assert fetch(source(address), tmp_path).read_bytes() == CONTENT


def test_fetch_follows_a_redirect(tmp_path: Path) -> None:
    with serving(Served(moved_to="/moved")) as address:
        assert fetch(source(address), tmp_path).read_bytes() == CONTENT


def test_fetch_never_follows_a_redirect_away_from_https() -> None:
    handler, request = download._StaysSecure(), Request("https://a.example/x")
    headers = HTTPMessage()
    assert (
        handler.redirect_request(request, None, 302, "", headers, "https://b.example/") is not None
    )
    with pytest.raises(HTTPError, match="redirect away from https"):
        handler.redirect_request(request, None, 302, "", headers, "http://a.example/x")


@pytest.mark.parametrize("status", [403, 404, 500])
def test_fetch_says_where_a_set_is_when_its_address_is_gone(tmp_path: Path, status: int) -> None:
    with (
        serving(Served(status=status)) as address,
        pytest.raises(DataError, match=rf"says {status} .* from https://example\.org/set and give"),
    ):
        fetch(source(address), tmp_path)


def test_fetch_says_where_a_set_is_when_nobody_answers(tmp_path: Path) -> None:
    with serving(Served()) as address:
        pass
    with pytest.raises(DataError, match=r"cannot be reached \(.*refused\); get the archive from"):
        fetch(source(address), tmp_path)


def test_fetch_refuses_what_does_not_fit_before_it_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = os.statvfs_result((4096, 4096, 10, 0, 0, 0, 0, 0, 0, 255))
    monkeypatch.setattr(os, "statvfs", lambda _: full)
    with (
        serving(Served()) as address,
        pytest.raises(DataError, match=r"needs 512,000 bytes more, but the disk of .* has 0; free"),
    ):
        fetch(source(address), tmp_path)


def test_fetch_lets_one_process_at_a_time_write(tmp_path: Path) -> None:
    fcntl = pytest.importorskip("fcntl", reason="file locks are POSIX only")
    with (
        serving(Served()) as address,
        (tmp_path / "set.zip.part").open("ab") as other,
    ):
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(DataError, match=r"but another writes .*part; wait for it"):
            fetch(source(address), tmp_path)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a file system of 200 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("only root, where it may, can mount a small tmpfs")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)  # noqa: S607


def test_fetch_says_when_the_disk_fills_and_goes_on_later(
    small_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "_refuse_too_large", lambda *_: None)  # it filled meanwhile
    with serving(Served()) as address:
        with pytest.raises(
            DataError, match=r"its disk is full; free some and run the same command"
        ):
            fetch(source(address), small_disk)
        part = small_disk / "set.zip.part"
        assert CONTENT.startswith(part.read_bytes())
        (tmp_path / part.name).write_bytes(part.read_bytes())
        part.unlink()
        assert fetch(source(address), tmp_path).read_bytes() == CONTENT


def test_fetch_says_when_a_folder_is_read_only(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with (
        serving(Served()) as address,
        pytest.raises(OSError, match=r"Not a directory|File exists"),
    ):
        fetch(source(address), blocked / "inside")


def test_data_download_fetches_unpacks_and_cleans_up(
    tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_mvtec(tmp_path / "images" / "nuts", categories=("nut",), count=1)
    archive = Path(shutil.make_archive(str(tmp_path / "set"), "zip", tmp_path / "images"))
    digest = f"sha256:{hashlib.sha256(archive.read_bytes()).hexdigest()}"
    with serving(Served(content=archive.read_bytes(), breaks_after=[100])) as address:
        known = replace(source(address, digest=digest), top="nuts")
        monkeypatch.setattr(sources, "SOURCES", {**SOURCES, "mvtec": known})
        main(["data", "download", "mvtec", "--accept-licence"])
    assert (own_cache / "datasets" / "mvtec" / "nut" / "test").is_dir()
    assert not list((own_cache / "datasets" / ".archives").iterdir())
    assert len(load_dataset("mvtec").samples) == 2


def test_check_digest_writes_down_what_nobody_published(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(CONTENT)
    assert check_digest(source("http://x/a", digest=""), tmp_path / "a") == (SHA256, False)
    md5 = f"md5:{hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()}"
    assert check_digest(source("http://x/a", digest=md5), tmp_path / "a") == (md5, True)


def test_sources_are_fetched_by_https_and_pinned() -> None:
    for one in SOURCES.values():
        assert one.licence
        if one.address:
            assert one.address.startswith("https://")
            assert one.page.startswith("https://")
            algorithm, _, digest = one.digest.partition(":")
            assert len(bytes.fromhex(digest)) == hashlib.new(algorithm).digest_size
            assert replace(one, address="").archive == ""
