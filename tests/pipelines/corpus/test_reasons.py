"""The reasons are those of the contract, in its order."""

from codecorpus.filters.rules import RULES
from codecorpus.pipelines.corpus.reasons import AFTER_FILTERS, BEFORE_FILTERS, reasons
from codecorpus.pipelines.sources import base

CONTRACT_BEFORE = [
    "repository.opted_out",
    "content.opted_out",
    "repository.stars",
    "repository.size",
    "repository.unknown",
    "language.not_source",
    "unreadable.io",
    "unreadable.archive",
    "unreadable.archive_kind",
    "unreadable.record",
    "unreadable.skipped",
    "unreadable.too_large",
    "unreadable.binary",
    "unreadable.utf8",
    "language.unknown",
    "language.not_selected",
]
CONTRACT_AFTER = ["repository.earlier_source", "exact_duplicate", "near_duplicate"]


def test_the_reasons_beside_the_filters_are_in_the_order_of_the_contract() -> None:
    known = list(BEFORE_FILTERS)
    assert known == [reason for reason in CONTRACT_BEFORE if reason in BEFORE_FILTERS]
    assert list(AFTER_FILTERS) == CONTRACT_AFTER


def test_the_reasons_of_filters_are_between_in_the_order_of_the_recipe() -> None:
    backwards = dict(reversed(RULES.items()))
    found = reasons(backwards)
    rules = found[len(BEFORE_FILTERS) : -len(AFTER_FILTERS)]
    assert found == [*BEFORE_FILTERS, *rules, *AFTER_FILTERS]
    assert list(dict.fromkeys(reason.partition(".")[0] for reason in rules)) == list(backwards)
    assert "file_size.min" in rules


def test_no_reason_is_listed_twice() -> None:
    found = reasons(RULES)
    assert len(set(found)) == len(found)


def test_every_reason_that_a_source_reports_is_listed() -> None:
    reported = {base.IO, base.ARCHIVE, base.TOO_LARGE, base.RECORD, base.UTF8}
    assert reported <= BEFORE_FILTERS.keys()
