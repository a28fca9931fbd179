"""A read-only S3 on loopback that counts requests and delays its responses."""

import hashlib
import re
import threading
import time
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from tests.pipelines.storage.loopback import LoopbackServer

_DAY = "Mon, 01 Jan 2024 00:00:00 GMT"
_OBJECT = (
    '<Contents><Key>{}</Key><Size>{}</Size><ETag>"{}"</ETag>'
    "<LastModified>2024-01-01T00:00:00.000Z</LastModified></Contents>"
)
_FOLDER = "<CommonPrefixes><Prefix>{}</Prefix></CommonPrefixes>"


class ObjectServer(LoopbackServer):
    """Objects of one bucket, `b`, by key.

    Attributes:
        delay: seconds that each request takes.
        requests: the method and path of each request, with its query.
        peak: the largest number of concurrent requests.
    """

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.delay = 0.0
        self.requests: list[str] = []
        self.peak = self._active = 0
        self._lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"store": self})
        super().__init__(handler)

    def begin(self, request: str) -> None:
        with self._lock:
            self.requests.append(request)
            self._active += 1
            self.peak = max(self.peak, self._active)

    def end(self) -> None:
        with self._lock:
            self._active -= 1

    def listing(self, prefix: str, delimiter: str) -> str:
        """The objects and folders below a prefix, as one page of XML."""
        keys = [key for key in sorted(self.objects) if key.startswith(prefix)]
        folders: dict[str, None] = {}
        listed = []
        for key in keys:
            name, inside, _ = key.removeprefix(prefix).partition(delimiter or "\0")
            if inside:
                folders[prefix + name + delimiter] = None
                continue
            content = self.objects[key]
            listed.append(_OBJECT.format(escape(key), len(content), etag(content)))
        listed += [_FOLDER.format(escape(name)) for name in folders]
        return (
            f"<ListBucketResult><Name>b</Name><IsTruncated>false</IsTruncated>"
            f"<KeyCount>{len(listed)}</KeyCount>{''.join(listed)}</ListBucketResult>"
        )


def etag(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


class _Handler(BaseHTTPRequestHandler):
    store: ObjectServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing."""

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def _answer(self) -> None:
        self.store.begin(f"{self.command} {self.path}")
        try:
            time.sleep(self.store.delay)
            url = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(url.query).items()}
            key = unquote(url.path).removeprefix("/b").lstrip("/")
            if not key:
                xml = self.store.listing(query.get("prefix", ""), query.get("delimiter", ""))
                self._send(200, xml.encode(), {"Content-Type": "application/xml"})
            elif key in self.store.objects:
                self._object(self.store.objects[key])
            else:
                self._send(404, b"<Error><Code>NoSuchKey</Code></Error>", {})
        finally:
            self.store.end()

    def _object(self, content: bytes) -> None:
        headers = {"ETag": f'"{etag(content)}"', "Last-Modified": _DAY}
        match = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if match is None:
            self._send(200, content, headers)
            return
        begin, end = int(match[1]), min(int(match[2]) + 1, len(content))
        headers["Content-Range"] = f"bytes {begin}-{end - 1}/{len(content)}"
        self._send(206, content[begin:end], headers)

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
