"""Each type of source is registered under its own name, and opens."""

from pathlib import Path

import pytest

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.sources.folder import FolderSettings
from codecorpus.pipelines.sources.registry import SOURCES, open_reader, open_source


@pytest.mark.parametrize("name", SOURCES)
def test_a_type_is_the_default_of_its_own_settings(name: str) -> None:
    fields = SOURCES[name].model_fields
    assert fields["type"].default == fields["name"].default == name


@pytest.mark.parametrize("name", SOURCES)
def test_a_reader_does_not_look_for_its_paths(name: str) -> None:
    settings = SOURCES[name].model_validate({"type": name, "paths": ["/none/at/all"]})
    assert list(open_reader(settings).plan(1)) == []


def test_a_source_is_opened_below_the_recipes_folder(tmp_path: Path) -> None:
    (tmp_path / "src" / "repo").mkdir(parents=True)
    (tmp_path / "src" / "repo" / "a.py").write_text("x")
    (tmp_path / "src" / "out").mkdir()
    (tmp_path / "src" / "out" / "b.py").write_text("x")
    settings = FolderSettings(paths=("src",))
    (part,) = open_source(settings, tmp_path, tmp_path / "src" / "out").plan(1 << 20)
    assert part["name"].to_pylist() == ["repo/a.py"]


def test_a_missing_path_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="source `folder`: path `none`: there is no such file"):
        open_source(FolderSettings(paths=("none",)), tmp_path)
