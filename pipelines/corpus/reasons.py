"""The ledger's reasons why a file is not in the corpus, in the order they are checked."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # rules load the language classifier, which readers of a corpus do not need
    from codecorpus.filters.rule import Rule

BEFORE_FILTERS: dict[str, str] = {
    "repository.opted_out": "its repository, or the owner, is on the list `opt_out`",
    "repository.stars": "its repository has fewer stars than `min_stars`",
    "repository.size": "its repository has `max_repository_bytes` or more",
    "repository.unknown": "the source does not know its stars or size, and `unknown: drop`",
    "language.not_source": "its name is that of an image, a library, an archive or a similar "
    "file; it is not read",
    "unreadable.io": "reading it failed",
    "unreadable.archive": "its archive is damaged, or its path leads out of the archive",
    "unreadable.record": "its line or row in a data set is not a JSON object, or has no text",
    "unreadable.skipped": "its part failed, and the build skipped it (`--skip-failed`)",
    "unreadable.too_large": "it is larger than `max_record_bytes`",
    "unreadable.binary": "it contains a NUL byte",
    "unreadable.utf8": "its bytes are not UTF-8",
    "language.unknown": "neither its name nor its content identifies a language",
    "language.not_selected": "the recipe does not select its language",
}

AFTER_FILTERS: dict[str, str] = {
    "repository.earlier_source": "an earlier source has its repository",
    "exact_duplicate": "a preferred file has the same bytes",
    "near_duplicate": "a preferred, kept file is similar",
}


def reasons(filters: "Mapping[str, Rule] | Mapping[str, type[Rule]]") -> list[str]:
    """All reasons in their order; those of a rule are `rule.detail`."""
    return [
        *BEFORE_FILTERS,
        *(f"{name}.{detail}" for name, rule in filters.items() for detail in rule.details()),
        *AFTER_FILTERS,
    ]
