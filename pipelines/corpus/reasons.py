"""Why a file may be missing from the corpus: the ledger's reasons, in the order looked for."""

from collections.abc import Mapping

from codecorpus.filters.rule import Rule

BEFORE_FILTERS: dict[str, str] = {
    "repository.opted_out": "its repository, or the owner of that, is on the list `opt_out`",
    "repository.stars": "its repository has fewer stars than `min_stars`",
    "repository.size": "its repository is as large as `max_repository_bytes` or larger",
    "repository.unknown": "a limit asks for what the source does not know, and `unknown: drop`",
    "language.not_source": "its name says that it is no source code: an image, a library, an "
    "archive; it is not read",
    "unreadable.io": "reading it failed",
    "unreadable.archive": "its archive is damaged there, or its name leads out of the archive",
    "unreadable.record": "its line or row in a data set is none: no JSON object, or no text in it",
    "unreadable.skipped": "its part failed, and the build went on without it (`--skip-failed`)",
    "unreadable.too_large": "it is larger than `max_record_bytes`",
    "unreadable.binary": "it holds a NUL byte",
    "unreadable.utf8": "its bytes are not UTF-8",
    "language.unknown": "neither its name nor its content tells its language",
    "language.not_selected": "the recipe does not select its language",
}

AFTER_FILTERS: dict[str, str] = {
    "repository.earlier_source": "an earlier source has its repository",
    "exact_duplicate": "a preferred file has the same bytes",
    "near_duplicate": "a preferred file that stays is much alike",
}


def reasons(filters: Mapping[str, Rule] | Mapping[str, type[Rule]]) -> list[str]:
    """All reasons in their order; a rule's as `rule.detail`."""
    return [
        *BEFORE_FILTERS,
        *(f"{name}.{detail}" for name, rule in filters.items() for detail in rule.details()),
        *AFTER_FILTERS,
    ]
