"""A web server on loopback that misbehaves on request."""

import re
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.pipelines.storage.loopback import LoopbackServer

FAULTS = {
    "404", "403", "500", "503",
    "stall",  # sends headers, then nothing
    "half",  # closes the connection half-way
    "longer",  # sends more than was requested
    "page",  # sends a login page
    "elsewhere",  # sends another range
    "whole",  # ignores ranges
    "unsized",  # does not state the file's size
}  # fmt: skip


class WebServer(LoopbackServer):
    """Files by path, and for each path the faults of its next requests, in order.

    A fault that is a text instead of a list affects every request.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.faults: dict[str, list[str] | str] = defaultdict(list)
        self.requests: list[tuple[str, str | None]] = []
        self.released = threading.Event()
        handler = type("Handler", (_Handler,), {"web": self})
        super().__init__(handler)

    def __exit__(self, *parts: object) -> None:
        self.released.set()
        super().__exit__(*parts)

    def fault(self, path: str) -> str | None:
        waiting = self.faults[path]
        if isinstance(waiting, str):
            return waiting
        return waiting.pop(0) if waiting else None


class _Handler(BaseHTTPRequestHandler):
    web: WebServer
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing."""

    def do_GET(self) -> None:
        range_ = self.headers.get("Range")
        self.web.requests.append((self.path, range_))
        content = self.web.files.get(self.path)
        fault = self.web.fault(self.path) or ("404" if content is None else "")
        if fault.isdigit():
            self._send(int(fault), b"", {})
        elif fault == "page":
            self._send(200, b"<html>log in</html>", {"Content-Type": "text/html; charset=utf-8"})
        else:
            assert content is not None
            self._send_file(content, range_, fault)

    def _send_file(self, content: bytes, range_: str | None, fault: str) -> None:
        match = re.fullmatch(r"bytes=(\d+)-(\d+)", range_ or "")
        headers = {"ETag": f'"{hash(content)}"'}
        if fault in {"whole", "unsized"} or match is None:
            self._send(200, content, headers, fault)
            return
        first, last = int(match[1]), min(int(match[2]), len(content) - 1)
        if first > last:
            self._send(416, b"", headers | {"Content-Range": f"bytes */{len(content)}"})
            return
        first += fault == "elsewhere"
        headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
        self._send(206, content[first : last + 1], headers, fault)

    def _send(self, status: int, body: bytes, headers: dict[str, str], fault: str = "") -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        body += b"more" if fault == "longer" else b""
        if fault == "unsized":
            self.send_header("Connection", "close")
        else:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if fault == "stall":
            self.web.released.wait()
        elif fault == "half":
            self.wfile.write(body[: len(body) // 2])
        else:
            self.wfile.write(body)
            return
        self.close_connection = True
