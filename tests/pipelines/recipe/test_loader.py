"""Finding a recipe, its base folder, and what the command says over it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from codecorpus.foundation.config_files.errors import ConfigError
from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.recipe import builtin
from codecorpus.pipelines.recipe.loader import load, load_resolved, loads
from codecorpus.pipelines.sources.paths import resolve_paths

Write = Callable[[str, str], str]
TEXT = "sources: [{type: folder, paths: [src]}]\n"


def test_a_recipe_is_called_as_its_file_unless_it_says_otherwise(write: Write) -> None:
    assert load(write("mine.yaml", TEXT)).recipe.name == "mine"
    assert load(write("mine.yaml", f"name: yours\n{TEXT}")).recipe.name == "yours"


def test_paths_start_at_the_recipes_folder(write: Write, tmp_path: Path) -> None:
    loaded = load(write("here/mine.yaml", TEXT))
    assert loaded.base == tmp_path.resolve() / "here"


def test_paths_of_a_shipped_recipe_start_at_the_current_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load("folder").base == tmp_path.resolve()


@pytest.mark.parametrize("name", ["codegeex", "quickstart", "folder"])
def test_a_shipped_recipe_is_found_by_name_and_by_path(name: str) -> None:
    assert load(name).recipe == load(str(builtin.path_of(name))).recipe
    assert load(name).recipe.name == name


def test_no_other_recipe_is_shipped() -> None:
    assert builtin.names() == ["codegeex", "folder", "quickstart"]


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("quikstart", "quikstart: there is no recipe `quikstart`; expected a recipe's file"),
        ("quikstart", "codegeex, folder, quickstart; did you mean `quickstart`?"),
        ("nowhere/codegex.yaml", "nowhere/codegex.yaml: there is no such file;"),
        ("nowhere/codegex.yaml", "; did you mean `codegeex`?"),
        ("./", "cannot read `.`: Is a directory; expected a recipe's file"),
        ("x.yaml/", "there is no such file"),
        ("a\0.yaml", "cannot read"),
        ("", "Is a directory"),
    ],
)
def test_a_recipe_that_is_not_there_is_refused_with_those_that_are(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, wanted: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as caught:
        load(wanted)
    assert said in str(caught.value)


def test_a_resolved_recipe_is_read_back(tmp_path: Path) -> None:
    recipe = load("quickstart").recipe
    (tmp_path / "recipe.yaml").write_text(recipe.to_yaml(), "utf-8")
    assert load_resolved(tmp_path / "recipe.yaml") == recipe


def test_a_resolved_recipe_that_is_gone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file"):
        load_resolved(tmp_path / "recipe.yaml")


def test_text_with_lone_surrogates_is_refused() -> None:
    with pytest.raises(ConfigError, match="not UTF-8"):
        loads("name: \udc80\n")


def test_input_replaces_the_paths_of_the_folder_source(write: Write) -> None:
    text = "sources: [{type: folder, paths: [src], min_stars: 3}]\n"
    (source,) = load(write("r.yaml", text), overrides={"input": ["/a", "~/b"]}).recipe.sources
    assert (source.paths, source.min_stars) == (("/a", "~/b"), 3)


def test_input_gives_paths_where_the_recipe_has_none(write: Write) -> None:
    path = write("r.yaml", "sources: [{type: folder}]\n")
    assert load(path, overrides={"input": ["/a"]}).recipe.sources[0].paths == ("/a",)


def test_relative_input_starts_at_the_current_folder(
    write: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write("work/src/a.py", "")
    path = write("recipes/r.yaml", TEXT)
    monkeypatch.chdir(tmp_path / "work")
    loaded = load(path, overrides={"input": ["src"]})
    (found,) = resolve_paths(loaded.recipe.sources[0], loaded.base)
    assert Path(found).samefile(tmp_path / "work" / "src")
    assert loaded.recipe.sources[0].paths == ("../work/src",)


def test_input_of_a_shipped_recipe_stays_as_written() -> None:
    loaded = load("quickstart", overrides={"input": ["src", "{stdlib}"]})
    assert loaded.recipe.sources[0].paths == ("src", "{stdlib}")


@pytest.mark.parametrize("count", [0, 2])
def test_input_needs_just_one_folder_source(write: Write, count: int) -> None:
    sources = ", ".join(["{type: folder, paths: [a]}"] * count)
    path = write("r.yaml", f"sources: [{sources}]\n")
    with pytest.raises(UsageError, match=rf"--input .* has {count} of them; expected exactly one"):
        load(path, overrides={"input": ["/a"]})


def test_wrong_input_is_reported_as_the_commands(write: Write) -> None:
    path = write("r.yaml", TEXT)
    with pytest.raises(
        ConfigError, match=r"^--input: sources\[0\].paths\[0\]: got `{x}`; expected"
    ):
        load(path, overrides={"input": ["{x}"]})
    with pytest.raises(ConfigError, match=r"^--input: sources\[0\].paths: got an empty list"):
        load(path, overrides={"input": []})


def test_input_over_a_recipe_without_sources_reports_the_recipe(write: Write) -> None:
    with pytest.raises(ConfigError, match="sources is missing"):
        load(write("r.yaml", "name: x\n"), overrides={"input": ["/a"]})
