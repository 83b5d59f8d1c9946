"""A page in headless Chromium, driven over its DevTools protocol with the standard library."""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import struct
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
)


def browser() -> str | None:
    """Return the browser of this machine, if it has one."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Page:
    """One page; use it as a context manager."""

    def __init__(self, path: Path, width: int = 1100, height: int = 900) -> None:
        self.events: list[dict[str, Any]] = []
        self._folder = tempfile.mkdtemp()
        command = [str(browser()), *OPTIONS, "--lang=en-US", f"--user-data-dir={self._folder}"]
        command += [f"--window-size={width},{height}", "about:blank"]
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        self._socket = _connect(self._address())
        self._number = 0
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", **metrics)
        self.call("Page.navigate", url=path.as_uri())
        for _ in range(200):
            if self.js("document.readyState") == "complete":
                break
            time.sleep(0.05)

    def __enter__(self) -> Page:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
        self._process.kill()
        self._process.wait()
        assert self._process.stderr is not None
        self._process.stderr.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def js(self, expression: str) -> Any:
        """Return the value of an expression in the page."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in answer:
            raise AssertionError(answer["exceptionDetails"])
        return answer["result"].get("value")

    def requests(self) -> list[str]:
        """Return the addresses that were asked for."""
        named = [e for e in self.events if e["method"] == "Network.requestWillBeSent"]
        return [event["params"]["request"]["url"] for event in named]

    def complaints(self) -> list[dict[str, Any]]:
        """Return what was thrown or written to the console."""
        kinds = {"Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"}
        return [event for event in self.events if event["method"] in kinds]

    def picture(self, path: Path) -> None:
        """Write a PNG of the whole page."""
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Call the protocol and keep the events that come before the answer."""
        self._number += 1
        text = json.dumps({"id": self._number, "method": method, "params": params})
        _send(self._socket, text.encode())
        while True:
            message = json.loads(_receive(self._socket))
            if message.get("id") == self._number:
                assert "error" not in message, message
                return message["result"]
            self.events.append(message)

    def _address(self) -> str:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            if "DevTools listening on" in line:
                port = line.split("127.0.0.1:")[1].split("/")[0]
                break
        for _ in range(100):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json") as answer:
                pages = [tab for tab in json.load(answer) if tab["type"] == "page"]
            if pages:
                return str(pages[0]["webSocketDebuggerUrl"])
            time.sleep(0.05)
        raise AssertionError("the browser opened no page")


def _connect(address: str) -> socket.socket:
    host, path = address.removeprefix("ws://").split("/", 1)
    name, port = host.split(":")
    connection = socket.create_connection((name, int(port)))
    key = base64.b64encode(os.urandom(16)).decode()
    connection.sendall(
        f"GET /{path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(1)
    return connection


def _send(connection: socket.socket, data: bytes) -> None:
    size = len(data)
    if size < 126:
        head = bytes([0x81, 128 | size])
    elif size < 65_536:
        head = bytes([0x81, 128 | 126]) + struct.pack(">H", size)
    else:
        head = bytes([0x81, 128 | 127]) + struct.pack(">Q", size)
    connection.sendall(head + bytes(4) + data)  # a mask of zeros leaves the data as they are


def _receive(connection: socket.socket) -> bytes:
    message = b""
    while True:
        first, second = _exactly(connection, 2)
        size = second & 127
        if size == 126:
            size = struct.unpack(">H", _exactly(connection, 2))[0]
        elif size == 127:
            size = struct.unpack(">Q", _exactly(connection, 8))[0]
        message += _exactly(connection, size)
        if first & 128:
            return message


def _exactly(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        data += connection.recv(size - len(data))
    return data
