"""A prediction as a whole, and as JSON."""

from dataclasses import asdict, dataclass
from typing import Any, Final

from codecorpus.pipelines.preflight.confidence_intervals import CONFIDENCE, Estimate
from codecorpus.pipelines.preflight.cost import DiskUsage
from codecorpus.pipelines.preflight.estimates import SubsampleEstimate, Totals

FORMAT: Final = 1


@dataclass(frozen=True)
class FetchedBytes:
    """Bytes of remote inputs that came; those that listing a store takes are not counted.

    Attributes:
        planning: to list and cut all inputs.
        sample: to read the sample.
        whole: of these, those of files that came from their beginning to their end.
        timing: to read some parts of the sample once more.
    """

    planning: int
    sample: int
    whole: int
    timing: int

    @property
    def all(self) -> int:
        """Their sum."""
        return self.planning + self.sample + self.timing


@dataclass(frozen=True)
class Prediction:
    """What a build would give.

    Attributes:
        name: of the recipe.
        rate, share, seed: as of `listing.Listing`.
        parts: how many the whole build has.
        sources: how many sources the recipe has.
        sampled: records of the sample, and bytes that were read of them.
        totals, subsamples, disk: the estimates.
        times: seconds of one core by group of stages.
        fetched: what came from remote inputs.
    """

    name: str
    rate: float
    share: float
    seed: int
    parts: int
    sources: int
    sampled: tuple[int, int]
    totals: Totals
    subsamples: list[SubsampleEstimate]
    times: dict[str, Estimate]
    disk: DiskUsage
    fetched: FetchedBytes

    def to_json(self) -> dict[str, Any]:
        """The same names as in a manifest, where it has them; each number with its interval."""
        totals, disk = self.totals, self.disk
        return {
            "format": FORMAT,
            "name": self.name,
            "rate": self.rate,
            "share_of_parts": self.share,
            "seed": self.seed,
            "parts": self.parts,
            "confidence": CONFIDENCE,
            "sampled": {"records": self.sampled[0], "bytes": self.sampled[1]},
            "records": _json(totals.records),
            "read": {"files": _json(totals.read), "bytes": _json(totals.bytes)},
            "counts": {name: _json(value) for name, value in totals.reasons.items()},
            "tokens": {name: _json(value) for name, value in totals.tokens.items()},
            "languages": {
                name: {
                    "tokens": _json(totals.tokens[name]),
                    "files": _json(totals.files[name]),
                    "bytes": _json(totals.sizes[name]),
                }
                for name in totals.files
            },
            "kept": {
                "files": _json(totals.kept[0]),
                "bytes": _json(totals.kept[1]),
                "tokens": _json(totals.kept[2]),
            },
            "rows": _json(disk.rows),
            "duplicates": [
                {
                    "rate": step.rate,
                    "records": step.files,
                    "seen": {"exact": step.seen[0], "near": step.seen[1]},
                    "exact": _json(step.exact),
                    "near": _json(step.near),
                }
                for step in self.subsamples
            ],
            "core_seconds": {name: _json(value) for name, value in self.times.items()},
            "disk": {name: _json(value) for name, value in disk.folders.items()},
            "work": _json(disk.work),
            "shuffle": _json(disk.shuffle),
            **({"fetched": asdict(self.fetched)} if self.fetched.all else {}),
        }


def _json(estimate: Estimate) -> dict[str, float]:
    return {name: round(value, 3) for name, value in estimate._asdict().items()}
