"""A local server that behaves like GitHub's REST API, including its rate limits and errors."""

import hashlib
import io
import json
import re
import socket
import tarfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from codecorpus.pipelines.crawl.clock import Clock, StoppedError
from tests.pipelines.storage.loopback import QuietServer

DESCRIPTION = json.loads((Path(__file__).parent / "github-api.json").read_text("utf-8"))
"""GitHub's published description of these responses; the file names its origin."""

SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes."


class FakeClock:
    """A clock that jumps ahead instead of waiting."""

    def __init__(self, now: float = 1_600_000_000.0) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._stopped = False
        self.waits: list[float] = []

    def now(self) -> float:
        return self._now

    def wait_until(self, moment: float) -> None:
        if self._stopped:
            raise StoppedError
        with self._lock:
            if moment > self._now:
                self.waits.append(moment - self._now)
                self._now = moment

    def stop(self) -> None:
        self._stopped = True


@dataclass
class FakeRepository:
    """A repository on the server."""

    id: int
    name: str
    language: str | None = "Python"
    stars: int = 5
    size: int = 10  # KB
    created: int = 1_500_000_000
    license: str | None = "MIT"
    branch: str = "main"
    fork: bool = False
    mirror: bool = False
    archived: bool = False
    files: dict[str, bytes] = field(default_factory=lambda: {"a.py": b"print(1)\n"})
    gone: int = 0  # the status of all responses about it
    empty: bool = False
    before: str = ""  # its former name

    @property
    def commit(self) -> str:
        text = repr((self.id, sorted(self.files.items())))
        return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def make_repositories(count: int, **values: Any) -> list[FakeRepository]:
    """Repositories 1 to `count`, of three owners."""
    return [
        FakeRepository(number, f"owner{number % 3}/r{number}", **values)
        for number in range(1, count + 1)
    ]


def pack(files: dict[str, bytes], top: str, commit: str) -> bytes:
    """A .tar.gz as `git archive` writes it; a path with a trailing slash is a submodule."""
    out = io.BytesIO()
    headers = {"comment": commit}
    with tarfile.open(
        fileobj=out, mode="w:gz", format=tarfile.PAX_FORMAT, pax_headers=headers
    ) as tar:
        folder = tarfile.TarInfo(top)
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
        for path, content in files.items():
            member = tarfile.TarInfo(f"{top}/{path}")
            member.type = tarfile.DIRTYPE if path.endswith("/") else tarfile.REGTYPE
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return out.getvalue()


@dataclass
class RateLimit:
    limit: int
    seconds: float
    remaining: int = 0
    reset: float = 0.0

    def at(self, now: float) -> "RateLimit":
        if now >= self.reset:
            self.remaining, self.reset = self.limit, float(int(now + self.seconds))
        return self


Fault = Callable[["Handler"], None]


def _is_open(connection: socket.socket) -> bool:
    """Whether the client is still connected; a request that it has abandoned does not count."""
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


class FakeGitHub:
    """The server: its repositories, its rate limits, and the requests it has received.

    Attributes:
        requests: the requested paths, in order; archives as `archive owner/name`.
        violations: requests beyond the rate limit or at the same time as another one of that
            token, and tokens sent to another host.
        faults: by part of a path, the faults that the next requests meet.
    """

    def __init__(self, clock: Clock, *repositories: FakeRepository, core: int = 5000) -> None:
        self.clock = clock
        self.repositories = list(repositories)
        self.core, self.search = core, 30
        self.requests: list[str] = []
        self.violations: list[str] = []
        self.faults: dict[str, list[Fault]] = defaultdict(list)
        self.limit_requests = 0
        self.incomplete = 0  # this many searches time out
        self.spent: Counter[str] = Counter()
        self.windows: Counter[tuple[str, str, float]] = Counter()  # by token, resource and reset
        self.pause = 0.0  # seconds between chunks of an archive
        self.most_results = 1_000
        self.tokens = {"secret", "second"}
        self.watch: Callable[[int], None] = lambda _count: None
        self.limits: dict[tuple[str, str], RateLimit] = {}
        self._busy: dict[str, list[socket.socket]] = defaultdict(list)
        self._lock = threading.RLock()
        handler = type("Bound", (Handler,), {"github": self})
        self._server = QuietServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        self.port = self._server.server_address[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def count(self, part: str) -> int:
        """How many requests have this in their path."""
        return sum(part in each for each in self.requests)

    def find(self, name: str) -> FakeRepository | None:
        return next((each for each in self.repositories if each.name.lower() == name.lower()), None)

    @contextmanager
    def request(self, path: str, token: str, connection: socket.socket) -> Iterator[None]:
        with self._lock:
            self.requests.append(path)
            busy = self._busy[token]
            if any(map(_is_open, busy)) and not path.startswith("archive"):
                self.violations.append(f"two requests of one token at once: {path}")
            busy.append(connection)
            count = len(self.requests)
        self.watch(count)
        try:
            yield
        finally:
            self.responding(token, connection)

    def responding(self, token: str, connection: socket.socket) -> None:
        """End a request just before its response is sent: the client may then send the next."""
        with self._lock:
            if connection in self._busy[token]:
                self._busy[token].remove(connection)

    def rate_limit(self, token: str, resource: str) -> RateLimit:
        with self._lock:
            most, seconds = (self.core, 3600.0) if resource == "core" else (self.search, 60.0)
            limit = self.limits.setdefault((token, resource), RateLimit(most, seconds))
            return limit.at(self.clock.now())

    def fault(self, path: str) -> Fault | None:
        with self._lock:
            for part, faults in self.faults.items():
                if part in path and faults:
                    return faults.pop(0)
        return None


class Handler(BaseHTTPRequestHandler):
    """Handles one connection."""

    github: FakeGitHub
    protocol_version = "HTTP/1.1"
    resource = "core"
    token = ""

    def log_message(self, *_: object) -> None:
        pass

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def do_GET(self) -> None:
        self.url = urlsplit(self.path)
        path = unquote(self.url.path)
        self.token = self.headers.get("authorization", "").removeprefix("Bearer ")
        with suppress(BrokenPipeError, ConnectionResetError):
            if path.startswith("/codeload/"):
                self._codeload(path)
            elif path == "/rate_limit":
                self._rate_limit()
            else:
                with self.github.request(self.path, self.token, self.connection):
                    self._api(path)

    # The API

    def _api(self, path: str) -> None:
        self.resource = "search" if path.startswith("/search") else "core"
        limit = self.github.rate_limit(self.token, self.resource)
        if self.token and self.token not in self.github.tokens:
            return self.error(401, "Bad credentials")
        if limit.remaining <= 0:
            self.github.violations.append(f"a request beyond the rate limit: {path}")
            return self.error(403, "API rate limit exceeded for user ID 1.")
        limit.remaining -= 1
        self._spend(limit, 1)
        if fault := self.github.fault(path):
            return fault(self)
        if path == "/search/repositories":
            return self._search(parse_qs(self.url.query))
        if found := re.fullmatch(r"/repositories/([0-9]+)(/.*)?", path):
            by_id = (each for each in self.github.repositories if each.id == int(found[1]))
            return self._repository(next(by_id, None), found[2] or "")
        if found := re.fullmatch(r"/repos/([^/]+/[^/]+)(/.*)?", path):
            renamed = [each for each in self.github.repositories if each.before == found[1]]
            if renamed and self.github.find(found[1]) is None:
                location = f"{self.github.url}/repositories/{renamed[0].id}{found[2] or ''}"
                return self.error(301, "Moved Permanently", {"location": location})
            return self._repository(self.github.find(found[1]), found[2] or "")
        return self.error(404, "Not Found")

    def _spend(self, limit: RateLimit, count: int) -> None:
        self.github.spent[self.resource] += count
        self.github.windows[self.token, self.resource, limit.reset] += count

    def _rate_limit(self) -> None:
        """A free request that is not counted in `requests`."""
        if self.token and self.token not in self.github.tokens:
            return self.error(401, "Bad credentials")
        self.github.limit_requests += 1
        if fault := self.github.fault("/rate_limit"):
            return fault(self)
        found = {}
        for resource in ("core", "search"):
            limit = self.github.rate_limit(self.token, resource)
            found[resource] = {
                "limit": limit.limit,
                "remaining": limit.remaining,
                "used": limit.limit - limit.remaining,
                "reset": int(limit.reset),
            }
        return self.json({"resources": found, "rate": found["core"]})

    def _repository(self, repository: FakeRepository | None, rest: str) -> None:
        if repository is None:
            return self.error(404, "Not Found")
        if repository.gone:
            return self.error(repository.gone, "Repository access blocked")
        if not rest:
            return self.json(describe(repository, "full-repository"))
        if found := re.fullmatch(r"/commits/heads/(.+)", rest):
            if repository.empty:
                return self.error(409, "Git Repository is empty.")
            if found[1] != repository.branch:
                return self.error(422, f"No commit found for SHA: {found[1]}")
            assert self.headers["accept"] == "application/vnd.github.sha"
            return self.respond(200, repository.commit.encode(), "application/vnd.github.sha")
        if found := re.fullmatch(r"/tarball/([0-9a-f]+)", rest):
            location = f"http://localhost:{self.github.port}/codeload/{repository.name}/{found[1]}"
            return self.respond(302, b"", "text/html", {"location": location})
        return self.error(404, "Not Found")

    def _search(self, parameters: dict[str, list[str]]) -> None:
        size, page = int(parameters["per_page"][0]), int(parameters["page"][0])
        assert size <= 100
        if size * page > self.github.most_results + size - 1:
            return self.error(422, "Only the first 1000 search results are available")
        query = parameters["q"][0]
        assert len(query) <= 256
        found = [each for each in self.github.repositories if matches(query, each)]
        found.sort(key=lambda each: (-each.stars, each.id))
        timed_out = self.github.incomplete > 0
        self.github.incomplete -= timed_out
        shown = found[: self.github.most_results][size * (page - 1) : size * page]
        items = [describe(each, "repo-search-result-item") for each in shown]
        return self.json(
            {
                "total_count": len(found),
                "incomplete_results": timed_out,
                "items": items[: len(items) // 2] if timed_out else items,
            }
        )

    # Archives

    def _codeload(self, path: str) -> None:
        owner, name, commit = path.split("/")[2:5]
        with self.github.request(f"archive {owner}/{name}", "codeload", self.connection):
            if self.token:
                self.github.violations.append("a token was sent to another host")
            if fault := self.github.fault(path):
                return fault(self)
            repository = self.github.find(f"{owner}/{name}")
            assert repository is not None
            top = f"{owner}-{name}-{commit[:7]}"
            content = pack(repository.files, top, commit)
            self.send_response(200)
            self.send_header("content-type", "application/x-gzip")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            for at in range(0, len(content), 4_096):
                self.wfile.write(content[at : at + 4_096])
                if self.github.pause:
                    time.sleep(self.github.pause)
        return None

    # Responses

    def json(self, value: Any, status: int = 200) -> None:
        self.respond(status, json.dumps(value).encode(), "application/json; charset=utf-8")

    def error(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        body = {"message": message, "documentation_url": "https://docs.github.com/rest"}
        if status == 422:
            body["errors"] = []  # type: ignore[assignment]
        self.respond(status, json.dumps(body).encode(), "application/json; charset=utf-8", headers)

    def respond(
        self, status: int, body: bytes, kind: str, headers: dict[str, str] | None = None
    ) -> None:
        limit = self.github.rate_limit(self.token, self.resource)
        etag = f'W/"{hashlib.sha256(body).hexdigest()}"'
        if status == 200 and self.headers.get("if-none-match") == etag and self.token:
            limit.remaining += 1  # a conditional request is free
            self._spend(limit, -1)
            status, body = 304, b""
        self.send_response_only(status)
        given = {
            "date": formatdate(self.github.clock.now(), usegmt=True),
            "x-ratelimit-limit": str(limit.limit),
            "x-ratelimit-remaining": str(limit.remaining),
            "x-ratelimit-used": str(limit.limit - limit.remaining),
            "x-ratelimit-reset": str(int(limit.reset)),
            "x-ratelimit-resource": self.resource,
            "content-type": kind,
            **({"etag": etag} if status in {200, 304} else {}),
            **(headers or {}),
        }
        if status != 304:
            given["content-length"] = str(len(body))
        for name, value in given.items():
            self.send_header(name, value)
        self.github.responding(self.token, self.connection)
        self.end_headers()
        self.wfile.write(body)


def matches(query: str, repository: FakeRepository) -> bool:
    """Whether a query of the repository search matches a repository."""
    created = datetime.fromtimestamp(repository.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    forks = "fork:true" in query
    if (repository.fork and not forks) or repository.gone == 404:
        return False
    for qualifier in query.split():
        key, _, value = qualifier.partition(":")
        low, _, high = value.partition("..")
        match key:
            case "language":
                fits = (repository.language or "").lower() == value.strip('"').lower()
            case "created":
                fits = low <= created <= high
            case "stars":
                fits = int(low) <= repository.stars and (
                    high == "*" or repository.stars <= int(high)
                )
            case "size":
                fits = repository.size < int(value.removeprefix("<"))
            case "archived":
                fits = not repository.archived
            case "mirror":
                fits = not repository.mirror
            case "fork":
                fits = True
            case _:
                raise AssertionError(f"GitHub has no qualifier {qualifier}")
        if not fits:
            return False
    return True


def describe(repository: FakeRepository, schema: str) -> dict[str, Any]:
    """The API's description of a repository: the fields that the schema requires, and ours."""
    value: dict[str, Any] = filled({"$ref": f"#/components/schemas/{schema}"})
    created = datetime.fromtimestamp(repository.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    spdx = repository.license
    return value | {
        "id": repository.id,
        "name": repository.name.partition("/")[2],
        "full_name": repository.name,
        "default_branch": repository.branch,
        "language": repository.language,
        "stargazers_count": repository.stars,
        "size": repository.size,
        "created_at": created,
        "fork": repository.fork,
        "mirror_url": "https://example.org/x.git" if repository.mirror else None,
        "archived": repository.archived,
        "disabled": False,
        "private": False,
        "license": None
        if spdx is None
        else filled({"$ref": "#/components/schemas/nullable-license-simple"}) | {"spdx_id": spdx},
    }


def filled(schema: dict[str, Any]) -> Any:
    """A minimal value that satisfies a schema of the description."""
    if "$ref" in schema:
        return filled(DESCRIPTION["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    if schema.get("nullable") and not schema.get("required"):
        return None
    if "enum" in schema:
        return schema["enum"][0]
    for key in ("allOf", "anyOf", "oneOf"):
        if key in schema:
            return filled(schema[key][0])
    if schema.get("type") == "object" or "properties" in schema:
        required = schema.get("required", [])
        return {name: filled(schema["properties"][name]) for name in required}
    return {"string": "", "integer": 0, "boolean": False, "array": [], "number": 0}[schema["type"]]


def status(code: int, message: str = "", **headers: str) -> Fault:
    """Respond with an error; underscores in header names become dashes."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler: handler.error(code, message, given)


def stall(handler: Handler) -> None:
    """Send nothing until the client disconnects."""
    with suppress(OSError):
        handler.connection.settimeout(5)
        handler.connection.recv(1)
    handler.close_connection = True


def stall_midway(handler: Handler) -> None:
    """Send the first bytes of an archive, then nothing."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n\x1f\x8b\x08\0\0\0\0")
    stall(handler)


def raw(head: str, body: bytes) -> Fault:
    """Send these bytes as they are and close the connection."""

    def fault(handler: Handler) -> None:
        handler.github.responding(handler.token, handler.connection)
        handler.wfile.write(head.replace("\n", "\r\n").encode() + b"\r\n" + body)
        handler.close_connection = True

    return fault
