"""The prediction of a build, and its JSON form."""

from dataclasses import asdict, dataclass
from typing import Any, Final

from codecorpus.pipelines.preflight.confidence_intervals import CONFIDENCE, Estimate
from codecorpus.pipelines.preflight.cost import DiskUsage
from codecorpus.pipelines.preflight.estimates import SubsampleEstimate, Totals

FORMAT: Final = 1


@dataclass(frozen=True)
class FetchedBytes:
    """Bytes fetched from remote inputs; listings of stores are not counted.

    Attributes:
        planning: to list the inputs and divide them into parts.
        sample: to read the sample.
        whole: those of `sample` that belong to files fetched completely.
        timing: to read some parts of the sample again.
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
    """The predicted results and costs of a build.

    Attributes:
        name: the name of the recipe.
        rate, share, seed: see `inputs.Listing`.
        parts: the number of parts of the whole build.
        sources: the number of sources of the recipe.
        sampled: the number of records of the sample, and the bytes read of them.
        totals, subsamples, disk: the estimates.
        times: processor seconds by group of stages.
        fetched: bytes fetched from remote inputs.
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
        """JSON values, named as in a manifest where possible; each number has its interval."""
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
