"""What the README and the docs show is true."""

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
README = (ROOT / "README.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert (page.parent / target).exists(), target


def test_make_knows_the_targets_that_the_readme_names() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"(?:^ {4}|`)make (\w[\w-]*)", README, re.MULTILINE))
    assert {"corpus", "test", "check"} <= targets
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_commands_exist() -> None:
    commands = re.findall(r"^\s*\.venv/bin/codecorpus (.*?)(?:\s+#.*)?$", README, re.MULTILINE)
    assert len(commands) >= 4
    for command in commands:
        name, *arguments = shlex.split(command)
        done = subprocess.run(
            [sys.executable, "-m", "codecorpus", name, "--help"],
            capture_output=True,
            text=True,
            check=True,
        )
        for option in (argument for argument in arguments if argument.startswith("--")):
            assert option in done.stdout


def test_the_recipes_in_the_readme_are_valid(tmp_path: Path) -> None:
    from codecorpus.pipelines.recipe.loader import load

    recipes = []
    for number, text in enumerate(blocks("yaml")):
        (tmp_path / f"{number}.yaml").write_text(text)
        recipes.append(load(str(tmp_path / f"{number}.yaml")).recipe)
    mine, seed = recipes
    assert list(mine.rules())[-1] == "longest_line"
    assert mine.encode.packing == "best_fit"
    assert [source.type for source in seed.sources] == ["pile", "codeparrot", "github"]


def test_the_report_in_the_readme_adds_up() -> None:
    report, *_ = blocks("text")
    counts = {
        line.split()[0]: int(line.split()[1].replace(",", ""))
        for line in report.split("\nlanguage")[0].splitlines()[3:]
        if line and not line.startswith("  ")
    }
    assert counts.pop("all") == sum(counts.values())
    assert max(map(len, report.splitlines())) <= 80


def requirements() -> list[str]:
    """The names of all direct dependencies, of all groups; no group of ours inside another."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    groups = project["optional-dependencies"].values()
    listed = [*project["dependencies"], *(one for group in groups for one in group)]
    names = {re.split(r"[\[<>=;]", requirement)[0].strip() for requirement in listed}
    return sorted(names - {project["name"]})


@pytest.mark.parametrize("name", requirements())
def test_each_direct_dependency_is_pinned_and_described_with_its_licence(name: str) -> None:
    pins = (ROOT / "constraints.txt").read_text("utf-8").lower()
    assert f"\n{name}==" in pins
    page = (ROOT / "docs" / "dependencies.md").read_text("utf-8")
    rows = [row.strip("|").split("|") for row in page.splitlines() if row.startswith("| ")]
    (cells,) = [cells for cells in rows if name in re.split(r"[,\s]+", cells[0].strip())]
    licence, *described = (cell.strip() for cell in cells[1:])
    assert re.match(r"(Apache-2\.0|BSD-[23]-Clause|MIT|MPL-2\.0|PSF-2\.0)\b", licence)
    assert all(described)


def test_the_readme_states_the_size_of_the_set_up_that_make_prints() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    (added,) = re.findall(r"^\$\(READY\)-base: ADDS := (.+)$", makefile, re.MULTILINE)
    assert f"sets up `.venv` ({added})" in README


def test_the_readme_names_every_package_of_the_pipelines() -> None:
    listing = blocks("text")[-1]
    packages = {path.parent.name for path in (ROOT / "pipelines").glob("*/__init__.py")}
    modules = {path.name for path in (ROOT / "pipelines").glob("*.py")} - {"__init__.py"}
    top = {"filters", "foundation", "pipelines", "tokenization", "training"}
    assert set(re.findall(r"(\w+)/", listing)) == packages | top
    assert set(re.findall(r"\w+\.py", listing)) - {"registry.py", "order.py"} == modules
