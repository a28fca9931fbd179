"""Recipes are found by path or name, and the command can replace their input paths."""

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


def test_the_default_name_of_a_recipe_is_that_of_its_file(write: Write) -> None:
    assert load(write("mine.yaml", TEXT)).recipe.name == "mine"
    assert load(write("mine.yaml", f"name: yours\n{TEXT}")).recipe.name == "yours"


def test_paths_start_at_the_recipes_folder(write: Write, tmp_path: Path) -> None:
    loaded = load(write("here/mine.yaml", TEXT))
    assert loaded.base == tmp_path.resolve() / "here"


def test_paths_of_a_builtin_recipe_start_at_the_current_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load("folder").base == tmp_path.resolve()


@pytest.mark.parametrize("name", ["codegeex", "quickstart", "folder"])
def test_a_builtin_recipe_is_found_by_name_and_by_path(name: str) -> None:
    assert load(name).recipe == load(str(builtin.path_of(name))).recipe
    assert load(name).recipe.name == name


def test_the_names_of_builtin_recipes_are_sorted() -> None:
    assert builtin.names() == ["codegeex", "folder", "quickstart"]


@pytest.mark.parametrize(
    ("name", "expected"),
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
def test_a_recipe_that_cannot_be_read_is_refused_with_a_list_of_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, expected: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as caught:
        load(name)
    assert expected in str(caught.value)


def test_a_resolved_recipe_loads_as_an_equal_recipe(tmp_path: Path) -> None:
    recipe = load("quickstart").recipe
    (tmp_path / "recipe.yaml").write_text(recipe.to_yaml(), "utf-8")
    assert load_resolved(tmp_path / "recipe.yaml") == recipe


def test_a_missing_resolved_recipe_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file"):
        load_resolved(tmp_path / "recipe.yaml")


def test_text_with_lone_surrogates_is_refused() -> None:
    with pytest.raises(ConfigError, match="not UTF-8"):
        loads("name: \udc80\n")


def test_input_replaces_the_paths_of_the_folder_source(write: Write) -> None:
    text = "sources: [{type: folder, paths: [src], min_stars: 3}]\n"
    (source,) = load(write("r.yaml", text), input_paths=["/a", "~/b"]).recipe.sources
    assert (source.paths, source.min_stars) == (("/a", "~/b"), 3)


def test_input_adds_paths_to_a_recipe_without_paths(write: Write) -> None:
    path = write("r.yaml", "sources: [{type: folder}]\n")
    assert load(path, input_paths=["/a"]).recipe.sources[0].paths == ("/a",)


def test_relative_input_paths_start_at_the_current_folder(
    write: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write("work/src/a.py", "")
    path = write("recipes/r.yaml", TEXT)
    monkeypatch.chdir(tmp_path / "work")
    loaded = load(path, input_paths=["src"])
    (found,) = resolve_paths(loaded.recipe.sources[0], loaded.base)
    assert Path(found).samefile(tmp_path / "work" / "src")
    assert loaded.recipe.sources[0].paths == ("../work/src",)


def test_input_paths_of_a_builtin_recipe_are_kept_as_written() -> None:
    loaded = load("quickstart", input_paths=["src", "{stdlib}"])
    assert loaded.recipe.sources[0].paths == ("src", "{stdlib}")


@pytest.mark.parametrize("count", [0, 2])
def test_input_needs_exactly_one_folder_source(write: Write, count: int) -> None:
    sources = ", ".join(["{type: folder, paths: [a]}"] * count)
    path = write("r.yaml", f"sources: [{sources}]\n")
    with pytest.raises(UsageError, match=rf"--input .* has {count} of them; expected exactly one"):
        load(path, input_paths=["/a"])


def test_mistakes_in_input_paths_name_the_option(write: Write) -> None:
    path = write("r.yaml", TEXT)
    with pytest.raises(
        ConfigError, match=r"^--input: sources\[0\].paths\[0\]: got `{x}`; expected"
    ):
        load(path, input_paths=["{x}"])
    with pytest.raises(ConfigError, match=r"^--input: sources\[0\].paths: got an empty list"):
        load(path, input_paths=[])


def test_input_for_a_recipe_without_sources_reports_the_missing_sources(write: Write) -> None:
    with pytest.raises(ConfigError, match="sources is missing"):
        load(write("r.yaml", "name: x\n"), input_paths=["/a"])
