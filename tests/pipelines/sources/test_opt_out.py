"""Opt-out lists."""

from pathlib import Path

import pytest

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.sources.opt_out import OptOut, read_names, read_opt_out


def test_a_list_contains_repositories_and_all_those_of_an_owner(tmp_path: Path) -> None:
    path = tmp_path / "opt-out.txt"
    path.write_text("\ufeff# a list\nOwner\n\none/repo  # asked for it\n", "utf-8")
    found = read_opt_out(path)
    assert found.entries == ("one/repo", "owner")
    assert "owner/anything" in found
    assert "ONE/Repo" in found
    assert "one/other" not in found
    assert "other/owner" not in found
    assert not read_opt_out(None)
    assert not OptOut()


@pytest.mark.parametrize("line", ["a/b/c", "https://github.com/a/b", "/b", "a b"])
def test_a_malformed_entry_is_refused_with_its_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "list.txt"
    path.write_text(f"a/b\n{line}\n")
    with pytest.raises(UsageError, match=r"list\.txt:2"):
        read_opt_out(path)


def test_owners_may_be_refused_and_a_missing_list_is(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("a\n")
    with pytest.raises(UsageError, match="expected owner/name"):
        read_names(path, owners=False)
    with pytest.raises(UsageError, match=r"none\.txt"):
        read_opt_out(tmp_path / "none.txt")
