"""Remote metadata, opt-out lists and vocabularies work as local ones do."""

import json
import shutil
import sysconfig
from pathlib import Path
from typing import Any

import pytest
import yaml
from tokenizers import pre_tokenizers

from codecorpus.foundation.errors import UsageError, VocabularyError
from codecorpus.pipelines.recipe.loader import load, loads
from codecorpus.pipelines.resume import prepare
from codecorpus.pipelines.sources.folder.metadata import read_metadata
from codecorpus.pipelines.sources.opt_out import read_opt_out
from codecorpus.pipelines.sources.paths import resolve_path
from codecorpus.pipelines.stages.vocabulary import obtain_vocabulary
from codecorpus.pipelines.storage import local_cache
from codecorpus.pipelines.storage.errors import OutputConflictError
from codecorpus.pipelines.storage.locations import parse_location
from tests.pipelines.storage.building import build
from tests.pipelines.storage.data import upload
from tests.pipelines.storage.stored import writable
from tests.pipelines.storage.web_server import WebServer

STDLIB = Path(sysconfig.get_paths()["stdlib"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three repositories, their metadata, an opt-out list, and a vocabulary of single bytes."""
    root = tmp_path / "local"
    for name in ("html", "json", "wsgiref"):
        shutil.copytree(
            STDLIB / name, root / "src" / name, ignore=shutil.ignore_patterns("__pycache__")
        )
    (root / "stars.csv").write_text("repository,stars,license\nhtml,3,mit\njson,0,\n")
    (root / "out.txt").write_text("# they asked\nwsgiref\n")
    (root / "vocabulary").mkdir()
    spellings = ["<|endoftext|>", *sorted(pre_tokenizers.ByteLevel.alphabet())]
    ids = {spelling: number for number, spelling in enumerate(spellings)}
    (root / "vocabulary/vocab.json").write_text(json.dumps(ids))
    (root / "vocabulary/merges.txt").write_text("#version: 0.2\n")
    return root


def write_recipe(path: Path, folder: Path, **where: str) -> Path:
    source = {
        "type": "folder",
        "paths": [str(folder / "src")],
        "metadata": where["metadata"],
        "min_stars": 1,
    }
    recipe: dict[str, Any] = {
        "name": "test",
        "sources": [source],
        "opt_out": where["opt_out"],
        "encode": {"sequence_length": 512, "vocabulary": where["vocabulary"]},
    }
    path.write_text(yaml.safe_dump(recipe))
    return path


def manifest(out: Path) -> dict[str, Any]:
    """The manifest without the digest of the recipe, which keeps its paths as written."""
    content: dict[str, Any] = json.loads((out / "manifest.json").read_bytes())
    del content["files"]["recipe.yaml"]
    return content


def test_a_build_with_remote_files_equals_one_with_local_files(
    folder: Path, bucket: str, web: WebServer, tmp_path: Path
) -> None:
    names = {"metadata": "stars.csv", "opt_out": "out.txt", "vocabulary": "vocabulary"}
    here = write_recipe(folder / "here.yaml", folder, **names)
    assert build(here, tmp_path / "here")
    root = upload(folder, bucket)
    web.files["/out.txt"] = (folder / "out.txt").read_bytes()
    web.faults["/out.txt"] = "whole"
    there = write_recipe(
        folder / "there.yaml",
        folder,
        metadata=f"{root}/stars.csv",
        opt_out=f"{web.url}/out.txt",
        vocabulary=f"{root}/vocabulary",
    )
    assert build(there, tmp_path / "there")
    assert manifest(tmp_path / "there") == manifest(tmp_path / "here")
    counts = manifest(tmp_path / "there")["counts"]
    assert counts["kept"] > 0
    assert counts["repository.stars"] > 0
    assert counts["repository.opted_out"] > 0
    assert not list(local_cache.folder().rglob("*")), "copies are left"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("stars.csv", b"repository,stars\nhtml,4\njson,0\n", "stars or licence of its repository"),
        ("out.txt", b"wsgiref\nsomeone\n", "opt_out: 1 entries -> 2"),
        ("vocabulary/merges.txt", b"h e\n", "vocabulary: "),
    ],
)
def test_a_build_is_not_resumed_with_changed_files(
    folder: Path, bucket: str, tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    root = upload(folder, bucket)
    recipe = write_recipe(
        folder / "there.yaml",
        folder,
        metadata=f"{root}/stars.csv",
        opt_out=f"{root}/out.txt",
        vocabulary=f"{root}/vocabulary",
    )
    with prepare(load(str(recipe)), tmp_path / "out"):
        pass
    with prepare(load(str(recipe)), tmp_path / "out"):
        pass
    store = writable(bucket)
    if name.endswith("merges.txt"):
        ids = json.loads((folder / "vocabulary/vocab.json").read_bytes())
        ids["he"] = len(ids)
        store.write(f"{root}/vocabulary/vocab.json", json.dumps(ids).encode())
    store.write(f"{root}/{name}", content)
    with (
        pytest.raises(OutputConflictError, match=message),
        prepare(load(str(recipe)), tmp_path / "out"),
    ):
        pass


def test_a_remote_tokenizer_json_equals_the_local_vocabulary(folder: Path, web: WebServer) -> None:
    def obtained(where: str) -> Any:
        source, encode = {"type": "folder", "paths": ["x"]}, {"vocabulary": where}
        recipe = yaml.safe_dump({"name": "test", "sources": [source], "encode": encode})
        return obtain_vocabulary(loads(recipe), folder)

    local = obtained("vocabulary")
    web.files["/tokenizer.json"] = local.tokenizer_json()
    assert obtained(f"{web.url}/tokenizer.json") == local
    with pytest.raises(VocabularyError, match=r"/none/vocab.json: No such file.*tokenizer.json"):
        obtained(f"{web.url}/none")


def test_a_missing_file_is_reported_as_a_local_one_is(web: WebServer) -> None:
    for name, read in (("none.csv", read_metadata), ("none.txt", read_opt_out)):
        with pytest.raises(UsageError, match=rf"{name}: .*No such file.*expected"):
            read(parse_location(f"{web.url}/{name}"))
    with pytest.raises(UsageError, match="begins with s3://"):
        resolve_path("ftp://host/x.csv", Path("/"))
