"""A key that the user set is in no artefact: not in records, caches, reports, output or errors."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
import yaml
from fakes import TinyBackbone, write_mvtec

from promptlab import workbench
from promptlab.cli import main

KEYS = {
    "PROMPTLAB_LLM_KEY": "sk-fake-4f9c1b7e2a6d8035",
    "OPENAI_API_KEY": "sk-other-8d1e5a3c7b2f9046",
    "HF_TOKEN": "hf_fakefakefake123456789",
}
THINGS = ("crack", "scratch", "stain", "dent", "chip", "hole", "tear", "bend")

pytestmark = pytest.mark.enable_socket


class Gossip(BaseHTTPRequestHandler):
    """Speaks like a hosted model, but says every third request's key out loud and refuses it."""

    asked: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        given = self.headers.get("Authorization", "")
        self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.append(given)
        number = len(self.asked)
        lines = [
            f"a plate with a {one} near the {other} edge, number {number}"
            for one, other in zip(THINGS, ("left", "right", "upper", "lower") * 2, strict=True)
        ]
        status, content = 200, self.completion("\n".join([*lines, "a plate with an even surface"]))
        if number % 3 == 0:
            status = 401
            content = {"error": {"message": f"Incorrect API key provided: {given}. Mend it."}}
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def completion(self, text: str) -> dict[str, object]:
        choice = {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": text},
        }
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        shared = {"id": "x", "object": "chat.completion", "created": 0, "model": "m"}
        return {**shared, "choices": [choice], "usage": usage}

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Gossip)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    thread.join()
    server.server_close()


def test_no_artefact_of_a_run_holds_a_key(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    for name, key in KEYS.items():
        monkeypatch.setenv(name, key)
    monkeypatch.setattr(workbench, "load_backbone", lambda *_, **__: TinyBackbone())
    write_mvtec(tmp_path / "data", count=2)
    config = tmp_path / "c.yaml"
    source = {"kind": "llm", "llm": f"openai:m@{address}", "template": "describe", "per_state": 8}
    config.write_text(
        yaml.safe_dump(
            {
                "name": "keys",
                "dataset": {"name": "mvtec", "root": "data"},
                "prompts": {"sources": [source, {"kind": "static", "name": "curated"}]},
                "metrics": {"pixel_size": 16, "bootstrap": 0},
            }
        )
    )
    generate = ["prompts", "generate", "--llm", f"openai:m@{address}", "--category", "plate"]
    for words in (
        ["--debug", "run", config, "--out", tmp_path / "run"],
        [*generate, "--per-state", 4, "--seed", 5, "--out", tmp_path / "prompts"],
        [*generate, "--per-state", 60, "--seed", 6, "--out", tmp_path / "prompts"],
        ["report", tmp_path / "run", "--out", tmp_path / "page.html"],
        ["doctor"],
        ["doctor", "--json"],
    ):
        try:
            main([str(word) for word in words])
        except SystemExit:
            continue  # what a refused key ends in is looked at below, like everything else
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    said = capfd.readouterr()
    assert Gossip.asked, said.err
    assert {KEYS["PROMPTLAB_LLM_KEY"]} == {one.removeprefix("Bearer ") for one in Gossip.asked}
    for key in KEYS.values():
        assert key not in said.out + said.err
        assert [path for path in written if key.encode() in path.read_bytes()] == []
    assert (tmp_path / "cache" / "answers.sqlite").exists()
