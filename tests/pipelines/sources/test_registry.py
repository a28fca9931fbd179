"""The registry of source types, and the sources that it opens."""

from pathlib import Path

import pytest

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.sources.folder import FolderSettings
from codecorpus.pipelines.sources.registry import SOURCES, open_reader, open_source
from codecorpus.pipelines.sources.settings import SourceSettings


@pytest.mark.parametrize("kind", SOURCES)
def test_a_source_is_registered_under_the_default_of_its_type(kind: str) -> None:
    fields = SOURCES[kind].model_fields
    assert issubclass(SOURCES[kind], SourceSettings)
    assert fields["type"].default == kind
    assert fields["name"].default == kind


@pytest.mark.parametrize("kind", SOURCES)
def test_a_reader_opens_without_looking_for_its_paths(kind: str) -> None:
    settings = SOURCES[kind].model_validate({"type": kind, "paths": ["missing"]})
    assert open_reader(settings) is not None


def test_a_source_opens_with_paths_relative_to_the_base(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    assert open_source(FolderSettings(paths=("src",)), tmp_path) is not None


def test_a_source_whose_path_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="path `missing`: there is no such file or folder"):
        open_source(FolderSettings(paths=("missing",)), tmp_path)
