"""A Hugging Face hub with one data set: the requests that `hf://datasets/…` needs."""

import hashlib
import json
import re
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.pipelines.storage.loopback import LoopbackServer

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class HubServer(LoopbackServer):
    """The files of the data set `owner/set`, at one commit.

    Attributes:
        files: by path.
        token: if set, requests need it.
        requests: the method and path of each request.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.token: str | None = None
        self.requests: list[tuple[str, str]] = []
        handler = type("Handler", (_Handler,), {"hub": self})
        super().__init__(handler)

    def entries(self, folder: str, *, recursive: bool) -> list[dict[str, Any]]:
        """The files and folders in a folder, as the hub describes them."""
        inside = f"{folder}/" if folder else ""
        entries: dict[str, dict[str, Any]] = {}
        for path in sorted(self.files):
            if not path.startswith(inside):
                continue
            first, more, _ = path.removeprefix(inside).partition("/")
            if more and not recursive:
                entries[first] = {"type": "directory", "path": inside + first, "oid": "0" * 40}
            else:
                entries[path] = self.entry(path)
        return list(entries.values())

    def entry(self, path: str) -> dict[str, Any]:
        content = self.files[path]
        oid = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
        return {"type": "file", "path": path, "oid": oid, "size": len(content)}


class _Handler(BaseHTTPRequestHandler):
    hub: HubServer
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing."""

    def do_GET(self) -> None:
        self._answer(b"")

    def do_HEAD(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("Content-Length", "0"))))

    def _answer(self, body: bytes) -> None:
        path = unquote(urlsplit(self.path).path)
        self.hub.requests.append((self.command, path))
        given = self.headers.get("Authorization")
        if self.hub.token and given != f"Bearer {self.hub.token}":
            self._error(401, "GatedRepo")
        elif match := re.fullmatch(r"/datasets/owner/set/resolve/[^/]+/(.+)", path):
            self._file(match[1])
        elif match := re.fullmatch(r"/api/datasets/owner/set/tree/[^/]+/?(.*)", path):
            entries = self.hub.entries(match[1], recursive="recursive=true" in self.path.lower())
            self._json(entries) if entries else self._error(404, "EntryNotFound")
        elif re.fullmatch(r"/api/datasets/owner/set/paths-info/[^/]+", path):
            self._json(self._paths_info(body))
        elif re.fullmatch(r"/api/datasets/owner/set(/revision/.+)?", path):
            self._json({"id": "owner/set", "sha": COMMIT, "siblings": []})
        else:
            self._error(404, "RepoNotFound")

    def _paths_info(self, body: bytes) -> list[dict[str, Any]]:
        try:
            asked = json.loads(body)["paths"]
        except ValueError:
            from urllib.parse import parse_qs

            asked = parse_qs(body.decode())["paths"]
        paths = [asked] if isinstance(asked, str) else asked
        return [self.hub.entry(path) for path in paths if path in self.hub.files]

    def _file(self, path: str) -> None:
        content = self.hub.files.get(path)
        if content is None:
            self._error(404, "EntryNotFound")
            return
        match = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if match:
            begin, end = int(match[1]), min(int(match[2]) + 1, len(content))
            stated = {"Content-Range": f"bytes {begin}-{end - 1}/{len(content)}"}
            self._send(206, content[begin:end], stated)
        else:
            self._send(200, content, {})

    def _json(self, value: Any) -> None:
        self._send(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _error(self, status: int, code: str) -> None:
        self._send(status, b'{"error": "no"}', {"X-Error-Code": code})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        headers = {"Content-Length": str(len(body)), "X-Repo-Commit": COMMIT, **headers}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
