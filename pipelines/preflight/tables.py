"""Prints a prediction as tables, 80 columns wide."""

from collections.abc import Callable, Iterable

from rich.console import Console
from rich.table import Table

from codecorpus.pipelines.inspection.report import decision_of
from codecorpus.pipelines.preflight.confidence_intervals import CONFIDENCE, Estimate
from codecorpus.pipelines.preflight.duplicates import EARLIER
from codecorpus.pipelines.preflight.result import FetchedBytes, Prediction
from codecorpus.pipelines.preflight.timing import sum_estimates

_NONE = Estimate(0, 0, 0)


def print_prediction(prediction: Prediction, console: Console) -> None:
    """Print a prediction."""
    records, size = prediction.sampled
    console.print(
        f"[bold]{prediction.name}[/]: predicted from {records:,} files "
        f"({size / 1e6:,.1f} MB read), {prediction.rate:.3g} of all"
    )
    if prediction.share < 1:
        console.print(
            f"parts of archives and data sets: {prediction.share:.3g} of them were read, "
            f"and {min(1.0, prediction.rate / prediction.share):.3g} of their files drawn"
        )
    if prediction.fetched.all:
        console.print(_fetched(prediction.fetched))
    console.print(
        "each number with an interval that should contain the true value in "
        f"{CONFIDENCE:.0%} of cases\n"
    )
    for table in (
        _decisions(prediction),
        _languages(prediction),
        _duplicates(prediction),
        _cost(prediction),
    ):
        console.print(table)
        console.print()
    for line in _notes(prediction):
        console.print(line)


def _fetched(fetched: FetchedBytes) -> str:
    parts = [f"{fetched.sample / 1e6:,.1f} MB as the sample"]
    if fetched.whole:
        parts[0] += f" ({fetched.whole / 1e6:,.1f} MB of it whole files)"
    parts += [
        f"{size / 1e6:,.1f} MB {what}"
        for size, what in (
            (fetched.planning, "to list all inputs and divide them into parts"),
            (fetched.timing, "to time parts again"),
        )
        if size
    ]
    return f"fetched {fetched.all / 1e6:,.1f} MB: {', '.join(parts)}"


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", width=80)
    table.add_column(first, ratio=1, no_wrap=True)
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _row(
    table: Table, name: str, estimate: Estimate, show: Callable[[float], str], style: str = ""
) -> None:
    values = (show(value) for value in estimate)
    table.add_row(name, *values, style=style)


def _decisions(prediction: Prediction) -> Table:
    table = _table("decision", "files", "from", "to")
    totals = prediction.totals
    groups: dict[str, dict[str, Estimate]] = {}
    for reason, estimate in totals.reasons.items():
        groups.setdefault(decision_of(reason), {})[reason] = estimate
    for decision in ("kept", "dropped", "duplicate", "unreadable"):
        reasons = groups.get(decision, {})
        if decision == "kept":
            _row(table, decision, reasons.get("kept", _NONE), _count, "bold")
        elif reasons:
            whole = f"{_count(sum(value.value for value in reasons.values()))}"
            table.add_row(decision, whole, "", "", style="bold")
            for reason, estimate in _largest(reasons):
                _row(table, f"  {reason}", estimate, _count)
    _row(table, "all", totals.records, _count, "bold")
    _row(table, "read", totals.read, _count)
    _row(table, "read, MB", totals.bytes.scaled(1e-6), _one_decimal)
    return table


def _languages(prediction: Prediction) -> Table:
    table = _table("language", "files", "MB", "tokens", "from", "to")
    totals = prediction.totals
    for name, tokens in _largest(totals.tokens):
        numbers = totals.files[name].value, totals.sizes[name].value / 1e6
        table.add_row(name, _count(numbers[0]), _one_decimal(numbers[1]), *map(_count, tokens))
    files, size, tokens = totals.kept
    table.add_row(
        "all",
        _count(files.value),
        _one_decimal(size.value / 1e6),
        *map(_count, tokens),
        style="bold",
    )
    return table


def _duplicates(prediction: Prediction) -> Table:
    """Estimates of duplicates from subsamples, which should agree with those of the sample."""
    table = _table("duplicates at rate", "seen", "exact", "from", "to", "near", "from", "to")
    for step in prediction.subsamples:
        numbers = (*step.exact, *step.near)
        table.add_row(
            f"{step.rate:.3g} ({step.files:,} files)",
            _abbreviated(sum(step.seen)),
            *map(_abbreviated, numbers),
        )
    return table


def _cost(prediction: Prediction) -> Table:
    table = _table("cost", "", "from", "to")
    for name, estimate in prediction.times.items():
        _row(table, f"{name}, core-hours", estimate.scaled(1 / 3600), _four_decimals)
    _row(
        table,
        "all, core-hours",
        sum_estimates(prediction.times.values()).scaled(1 / 3600),
        _four_decimals,
        "bold",
    )
    disk = prediction.disk
    _row(table, "rows", disk.rows, _count)
    for name, estimate in disk.folders.items():
        _row(table, f"{name}/, MB", estimate.scaled(1e-6), _one_decimal)
    _row(
        table, "output, MB", sum_estimates(disk.folders.values()).scaled(1e-6), _one_decimal, "bold"
    )
    _row(table, "temporary files during the build, MB", disk.work.scaled(1e-6), _one_decimal)
    _row(table, "moved between tasks, MB", disk.shuffle.scaled(1e-6), _one_decimal)
    return table


def _notes(prediction: Prediction) -> list[str]:
    notes = [
        f"{prediction.parts:,} parts",
        "reasons and languages that do not occur in the sample are not listed; rare ones may occur",
    ]
    if prediction.sources > 1:
        notes.append(
            f"{EARLIER} is a lower bound: a sample misses some repositories that two sources share"
        )
    return notes


def _largest(estimates: dict[str, Estimate]) -> Iterable[tuple[str, Estimate]]:
    return sorted(estimates.items(), key=lambda item: (-item[1].value, item[0]))


def _count(value: float) -> str:
    return f"{value:,.0f}" if value < 1e9 else f"{value / 1e9:,.1f} bn"


def _abbreviated(value: float) -> str:
    return f"{value:,.0f}" if value < 1e6 else f"{value / 1e6:,.1f} M"


def _one_decimal(value: float) -> str:
    return f"{value:,.1f}"


def _four_decimals(value: float) -> str:
    return f"{value:,.4f}" if value < 1 else f"{value:,.1f}"
