"""The scripts in infra/: consistent versions, and messages for missing tools."""

import re
import subprocess
from pathlib import Path

import pytest

INFRA = Path(__file__).parent.parent.parent / "infra"
CONSTRAINTS = (INFRA.parent / "constraints.txt").read_text()
SCRIPTS = sorted(INFRA.rglob("*.sh"))


def beam() -> str:
    found = re.search(r"^apache-beam==(.*)$", CONSTRAINTS, re.MULTILINE)
    assert found
    return found.group(1)


def test_image_and_prism_have_the_pinned_beam_version() -> None:
    assert f"_sdk:{beam()}\n" in (INFRA / "Dockerfile").read_text()
    assert f"prism@v{beam()}\n" in (INFRA / "prism.sh").read_text()


def test_the_image_contains_every_package_of_the_wheel() -> None:
    copied = re.findall(r"^COPY (\w+) \w+$", (INFRA / "Dockerfile").read_text(), re.MULTILINE)
    links = (INFRA.parent / "src" / "codecorpus").iterdir()
    packages = {path.resolve().name for path in links if path.is_symlink()}
    assert packages | {"src"} == set(copied)
    ignored = (INFRA / "Dockerfile.dockerignore").read_text().splitlines()
    assert {f"!{name}" for name in copied} <= set(ignored)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: str(path.relative_to(INFRA)))
def test_scripts_parse_and_print_what_they_need(script: Path) -> None:
    subprocess.run(["bash", "-n", script], check=True)
    done = subprocess.run(["bash", script], capture_output=True, text=True, check=False, env={})
    assert done.returncode != 0
    assert done.stderr


@pytest.mark.parametrize(("engine", "message"), [("spark", "java is missing"), ("storm", "storm")])
def test_without_java_the_message_tells_what_to_install(
    tmp_path: Path, engine: str, message: str
) -> None:
    (tmp_path / "dirname").symlink_to("/usr/bin/dirname")
    done = subprocess.run(
        ["/bin/bash", INFRA / "job-server.sh", engine, tmp_path / "out"],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": str(tmp_path)},
    )
    assert done.returncode == 2
    assert message in done.stderr
    assert not (tmp_path / "out").exists()
