"""A planned build of one file."""

from pathlib import Path

import pytest

from codecorpus.pipelines.recipe.loader import load
from codecorpus.pipelines.resume import prepare


@pytest.fixture
def planned(tmp_path: Path) -> str:
    (tmp_path / "in" / "a").mkdir(parents=True)
    (tmp_path / "in" / "a" / "x.py").write_text("x = 1\n")
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("name: t\nsources: [{type: folder, paths: [in]}]\n")
    with prepare(load(str(recipe)), tmp_path / "out") as prepared:
        return prepared.out
