"""Evaluate the shipped model on held-out files: `python -m models.content_language.evaluate`.

Prints the tables of `docs/content-language.md`: accuracy by language and size with 95 % intervals,
the confusion matrix, confusable pairs, accuracy by confidence, and speed.
"""

import time
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from codecorpus.filters.languages.classifier import predict
from codecorpus.filters.languages.classifier.model import load_model
from models.content_language.dataset import CODES, NAMES, Files, project_of, read_files
from models.content_language.paths import FILES

LARGE = 1024
"""Least bytes of the files in the headline accuracy."""
PAIRS = (
    ("C", "C++"),
    ("JavaScript", "TypeScript"),
    ("Objective-C", "Objective-C++"),
    ("C++", "Cuda"),
)
CONFIDENCES = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99)
_Z = 1.959964
_RESAMPLED = 1000


def wilson_interval(right: int, of: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share (E. B. Wilson, JASA 22, 1927, 209-212)."""
    share = right / of
    middle = share + _Z**2 / (2 * of)
    half = _Z * (share * (1 - share) / of + _Z**2 / (4 * of**2)) ** 0.5
    return (middle - half) / (1 + _Z**2 / of), (middle + half) / (1 + _Z**2 / of)


class BootstrapIntervals(NamedTuple):
    """95 % intervals by bootstrap over projects, because the files of a project are similar."""

    all: tuple[float, float]
    mean: tuple[float, float]
    languages: list[tuple[float, float]]


def bootstrap_intervals(
    right: NDArray[np.bool_], truth: NDArray[np.int64], package: NDArray[np.object_]
) -> BootstrapIntervals:
    """Intervals for all files, for the mean over languages and other, and for each of those.

    Args:
        right: bool[n], whether each file's answer is right.
        truth: int64[n], the index of its label in NAMES.
        package: its package; projects (`dataset.project_of`) are resampled as a whole.
    """
    _, numbers = np.unique([project_of(name) for name in package], return_inverse=True)
    of, good = (np.zeros((numbers.max() + 1, len(NAMES))) for _ in range(2))
    np.add.at(of, (numbers, truth), 1)
    np.add.at(good, (numbers, truth), right)
    draws = np.random.default_rng(1).multinomial(len(of), [1 / len(of)] * len(of), _RESAMPLED)
    files, found = draws @ of, draws @ good
    shares = np.divide(found, files, out=np.full(files.shape, np.nan), where=files > 0)
    each = np.nanquantile(shares, [0.025, 0.975], axis=0).T
    return BootstrapIntervals(
        _percentile_interval(found.sum(axis=1) / files.sum(axis=1)),
        _percentile_interval(np.nanmean(shares, axis=1)),
        [(float(low), float(high)) for low, high in each],
    )


def _percentile_interval(shares: NDArray[np.float64]) -> tuple[float, float]:
    """The interval of the middle 95 % of the shares."""
    low, high = np.quantile(shares, [0.025, 0.975])
    return float(low), float(high)


def percent(share: float, interval: tuple[float, float]) -> str:
    """A share with an interval, in percent."""
    return f"{100 * share:.1f} ({100 * interval[0]:.1f}-{100 * interval[1]:.1f})"


def share(right: NDArray[np.bool_]) -> str:
    """A share of files with its interval, in percent."""
    if not len(right):
        return "-"
    return percent(float(right.mean()), wilson_interval(int(right.sum()), len(right)))


def print_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a Markdown table; all columns but the first are aligned to the right."""
    for cells in (header, ["---"] + ["--:"] * (len(header) - 1), *rows):
        print("| " + " | ".join(str(cell) for cell in cells) + " |")
    print()


def main() -> None:
    """Print all tables."""
    everything = read_files(FILES)
    held = everything.of_subsets("held out")
    codes, odds = predict(held.bytes(), load_model())
    truth, large = held.codes, held.bytes().sizes >= LARGE
    right = codes == truth
    bootstrap = bootstrap_intervals(right[large], truth[large], held.package[large])
    mean = float(np.mean([right[large & (truth == code)].mean() for code in range(len(NAMES))]))
    print("Correct answers in per cent, with 95 % intervals in parentheses:\n")
    print(f"- files of {LARGE} bytes and more: {share(right[large])} of {large.sum()};")
    print(f"- the same, bootstrap over projects: {percent(right[large].mean(), bootstrap.all)};")
    over = 'mean over languages and "other", bootstrap over projects'
    print(f"- {over}: {percent(mean, bootstrap.mean)};")
    print(f"- smaller files: {share(right[~large])} of {(~large).sum()}.\n")
    _by_language(everything, held, right, large, bootstrap)
    _matrix(truth[large], codes[large])
    _pairs(truth[large], codes[large])
    _confidence(truth[large], codes[large], odds[large])
    _speed(held)


def _by_language(
    everything: Files,
    held: Files,
    right: NDArray[np.bool_],
    large: NDArray[np.bool_],
    bootstrap: BootstrapIntervals,
) -> None:
    header = ["language", "packages", "files", "held out: packages", "files ≥ 1 KiB", "right %"]
    rows, codes, truth = [], everything.codes, held.codes
    for code, name in enumerate(NAMES):
        of, of_all = truth == code, codes == code
        packages = len(set(everything.package[of_all])), len(set(held.package[of]))
        of_large = percent(right[of & large].mean(), bootstrap.languages[code])
        counts = [packages[0], of_all.sum(), packages[1], (of & large).sum()]
        rows.append([name, *counts, of_large, share(right[of & ~large])])
    print_table([*header, "< 1 KiB"], rows)


def _matrix(truth: NDArray[np.int64], codes: NDArray[np.int64]) -> None:
    counts = np.zeros((len(NAMES), len(NAMES)), np.int64)
    np.add.at(counts, (truth, codes), 1)
    rows = zip(NAMES, counts, strict=True)
    print_table(
        ["true \\ answer", *NAMES],
        [[name, *(count or "" for count in line)] for name, line in rows],
    )


def _pairs(truth: NDArray[np.int64], codes: NDArray[np.int64]) -> None:
    rows = []
    for pair in PAIRS:
        one, two = (CODES[name] for name in pair)
        of = np.isin(truth, [one, two])
        crossed = (truth == one) & (codes == two) | (truth == two) & (codes == one)
        rows.append([" / ".join(pair), of.sum(), share((truth == codes)[of]), crossed.sum()])
    print_table(["pair", "files", "right %", "one taken for the other"], rows)


def _confidence(
    truth: NDArray[np.int64], codes: NDArray[np.int64], odds: NDArray[np.float64]
) -> None:
    rows, known = [], truth < CODES["other"]
    for confidence in CONFIDENCES:
        sure = 1 / (1 + np.exp(-odds)) >= confidence
        answered = sure & (codes < CODES["other"])
        right = share((codes == truth)[answered])
        shares = [f"{100 * part.mean():.1f}" for part in (sure, answered[known])]
        rows.append([confidence, shares[0], right, shares[1]])
    print_table(
        ["confidence", "answered %", "of those right %", "of files of the 23 answered %"], rows
    )


def _speed(held: Files) -> None:
    texts = held.bytes().select(np.arange(min(4000, len(held.path))))
    predict(texts, load_model())
    best = float("inf")
    for _ in range(5):
        started = time.process_time()
        predict(texts, load_model())
        best = min(best, time.process_time() - started)
    total = int(texts.sizes.sum())
    print(f"\n{total / best / 1e6:.0f} MB/s on one core; {total / len(texts):.0f} bytes per file")


if __name__ == "__main__":
    main()
