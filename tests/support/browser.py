"""A headless Chromium, driven over its DevTools pipe: no socket, no driver program, no package.

`experiments/figures.py` takes its screenshots with it. What the page logs, which errors it throws
and which addresses it asks for are kept.
"""

import base64
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from select import select
from time import monotonic
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PATIENCE = 180.0
"""Seconds to wait for an answer or a condition: a busy machine is slow, not broken."""


def find_browser() -> str | None:
    """Return the path of a Chromium on this machine."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class BrowserError(RuntimeError):
    """The browser died, or a page raised or did not become what was waited for."""


class Page:
    """One tab; commands are DevTools methods (https://chromedevtools.github.io/devtools-protocol)."""

    def __init__(self, read: int, write: int) -> None:
        self._read, self._write = read, write
        self._buffer = b""
        self._last = 0
        self._session: str | None = None
        self.complaints: list[str] = []
        """Errors and warnings of the console, and uncaught exceptions."""
        self.requests: list[str] = []
        """Addresses that were asked for, those inside the page (data:, blob:) left out."""

    def attach(self, width: int, height: int) -> None:
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = session["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.resize(width, height)

    def resize(self, width: int, height: int, *, scale: float = 1) -> None:
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=scale, mobile=False,
        )  # fmt: skip

    def open(self, address: str) -> None:
        """Go to an address; return when its document is there."""
        self.call("Page.navigate", url=address)
        self.wait("document.readyState === 'complete' && location.href !== 'about:blank'")

    def evaluate(self, script: str) -> Any:
        """Return the value of a JavaScript expression, awaited."""
        answer = self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in answer:
            raise BrowserError(f"{script}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def wait(self, condition: str, *, seconds: float = PATIENCE) -> Any:
        """Wait until a JavaScript expression is true; return its value."""
        end = monotonic() + seconds
        while not (value := self.evaluate(condition)):
            if monotonic() > end:
                raise BrowserError(f"after {seconds:g} s still not true: {condition}")
            select([], [], [], 0.02)
        return value

    def press(self, key: str, *, code: int, text: str = "", modifiers: int = 0) -> None:
        """Press and release a key (modifiers: 2 control, 8 shift)."""
        shared = {"key": key, "code": key, "windowsVirtualKeyCode": code, "modifiers": modifiers}
        self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **shared)
        self.call("Input.dispatchKeyEvent", type="keyUp", **shared)

    def type(self, text: str) -> None:
        """Put text where the focus is, as a keyboard would."""
        self.call("Input.insertText", text=text)

    def screenshot(self, path: Path, *, clip: dict[str, float] | None = None) -> None:
        """Write what is visible, or a part of the page, as PNG."""
        area = {"clip": {"scale": 1, **clip}} if clip else {}
        shown = self.call(
            "Page.captureScreenshot", format="png", captureBeyondViewport=bool(clip), **area
        )
        path.write_bytes(base64.b64decode(shown["data"]))

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send one command and return its answer; events on the way are kept."""
        self._last += 1
        message: dict[str, Any] = {"id": self._last, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self._last:
                if "error" in answer:
                    raise BrowserError(f"{method}: {answer['error']['message']}")
                return dict(answer["result"])
            self._note(answer)

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            if not select([self._read], [], [], PATIENCE)[0]:
                raise BrowserError(f"the browser was silent for {PATIENCE:g} s")
            content = os.read(self._read, 1 << 16)
            if not content:
                raise BrowserError("the browser ended")
            self._buffer += content
        line, _, self._buffer = self._buffer.partition(b"\0")
        return dict(json.loads(line))

    def _note(self, event: dict[str, Any]) -> None:
        content = event.get("params", {})
        match event.get("method"):
            case "Runtime.exceptionThrown":
                details = content["exceptionDetails"]
                thrown = details.get("exception", {}).get("description")
                self.complaints.append(str(thrown or details["text"]))
            case "Runtime.consoleAPICalled" if content["type"] in ("error", "warning", "assert"):
                words = [str(one.get("value", one.get("description"))) for one in content["args"]]
                self.complaints.append(" ".join(words))
            case "Log.entryAdded" if content["entry"]["level"] in ("error", "warning"):
                self.complaints.append(content["entry"]["text"])
            case "Network.requestWillBeSent":
                address = content["request"]["url"]
                if not address.startswith(("data:", "blob:")):
                    self.requests.append(address)


@contextmanager
def open_page(*, width: int = 1280, height: int = 900) -> Iterator[Page]:
    """Start a browser with one empty page; end it afterwards."""
    browser = find_browser()
    if browser is None:
        raise BrowserError(f"needs one of {', '.join(NAMES)} on the path")
    to_browser, from_browser = os.pipe(), os.pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        options = [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--no-first-run", "--disable-background-networking", "--disable-extensions",
            "--disable-component-update", "--hide-scrollbars", "--force-color-profile=srgb",
            "--remote-debugging-pipe", f"--user-data-dir={profile}",
        ]  # fmt: skip
        # The pipe is on descriptors 3 and 4, whatever ours are.
        line = f'exec "$0" "$@" 3<&{to_browser[0]} 4>&{from_browser[1]}'
        process = subprocess.Popen(
            ["/bin/bash", "-c", line, browser, *options],
            pass_fds=(to_browser[0], from_browser[1]),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_browser[0])
        os.close(from_browser[1])
        try:
            page = Page(from_browser[0], to_browser[1])
            page.attach(width, height)
            yield page
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            os.close(to_browser[1])
            os.close(from_browser[0])
