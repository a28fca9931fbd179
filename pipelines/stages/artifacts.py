"""What each stage leaves for later ones: file names, Arrow schemas and typed summaries.

Stages import this module and never each other. A stage's files are in `log/work/<stage>/` until the
build is complete; a task's marker, `00003.json`, holds its summary and is written after its files.
In the names below, `<part>` and `<task>` stand for five digits.
"""

from dataclasses import dataclass
from typing import Any, Final, Generic, NotRequired, TypedDict, TypeVar

import pyarrow as pa

from codecorpus.filters.near_duplicates.bands import choose_bands
from codecorpus.pipelines.corpus.layout import LOG
from codecorpus.pipelines.corpus.schemas import DECIDED, kept_files
from codecorpus.pipelines.recipe.model import Near

S = TypeVar("S")

WORK: Final = f"{LOG}/work"
"""Holds markers, and files that only later stages read; removed when the build is complete."""


@dataclass(frozen=True)
class Artifacts(Generic[S]):
    """The files that one stage leaves, by name in the output folder; `S` types its summaries.

    Attributes:
        stage: the stage's name, in messages and in the manifest too.
    """

    stage: str

    @property
    def folder(self) -> str:
        """Where the stage's files are."""
        return f"{WORK}/{self.stage}"

    def marker(self, index: int) -> str:
        """The marker of a task."""
        return f"{self.folder}/{index:05d}.json"


class CurateSummary(TypedDict):
    """A part: records in the ledger, files and bytes read, documents kept.

    `skipped` names the stage that failed on a part that `--skip-failed` leaves out;
    `natural_languages` counts the sampled documents by the language of their comments.
    """

    records: int
    read: int
    bytes: int
    documents: int
    skipped: NotRequired[str]
    passed_over: dict[str, int]
    natural_languages: dict[str, int]


class CurateArtifacts(Artifacts[CurateSummary]):
    """One task a part, which also leaves `documents/`."""

    def decisions(self, part: int) -> str:
        """`<part>.parquet`, as DECISIONS with `source` and `part`: a row for each record."""
        return f"{self.folder}/{part:05d}.parquet"

    def kept_files(self, part: int) -> str:
        """`<part>.arrow`, as `kept_files_schema`: a row for each document, in their order."""
        return f"{self.folder}/{part:05d}.arrow"


DECISIONS: Final = pa.schema([f for f in DECIDED if f.name not in {"source", "part"}])
"""What curation decides on each record of a batch."""


def kept_files_schema(near: Near | None) -> pa.Schema:
    """What deduplication knows of a file, given the recipe's settings of near duplicates."""
    if near is None:
        return kept_files(0, 0)
    return kept_files(near.permutations, choose_bands(near.threshold, near.permutations).bands)


NOT_COMPARED: Final = 0xFFFFFFFF
"""In `rank`, a file that is not compared; in `content`, one that an earlier source already has."""


class MatchSummary(TypedDict):
    """Files, distinct contents, and contents that are compared with others."""

    documents: int
    contents: int
    compared: int


class MatchArtifacts(Artifacts[MatchSummary]):
    """One task. Arrays of uint32 over files, contents, and contents that are compared."""

    @property
    def content(self) -> str:
        """The content of each file, or NOT_COMPARED."""
        return f"{self.folder}/content.npy"

    @property
    def best(self) -> str:
        """The preferred file of each content."""
        return f"{self.folder}/best.npy"

    @property
    def same_sketch(self) -> str:
        """For each content, the preferred content that has the same sketch."""
        return f"{self.folder}/same-sketch.npy"

    @property
    def compared(self) -> str:
        """The contents that are compared, by rank: 0 is the preferred one."""
        return f"{self.folder}/compared.npy"

    @property
    def file(self) -> str:
        """The preferred file of each content that is compared, by rank."""
        return f"{self.folder}/file.npy"

    @property
    def rank(self) -> str:
        """The rank of each file's content, or NOT_COMPARED."""
        return f"{self.folder}/rank.npy"


class ProposeSummary(TypedDict):
    """Pairs written, and buckets that were too large to pair in full."""

    pairs: int
    capped: int


class ProposeArtifacts(Artifacts[ProposeSummary]):
    """One task for each key range of a band."""

    def pairs(self, task: int) -> str:
        """`<task>.npy`: uint64, pairs of ranks (`better << 32 | worse`), ascending."""
        return f"{self.folder}/{task:05d}.npy"


class VerifySummary(TypedDict):
    """Pairs compared, those that are similar, and those too near the threshold to decide."""

    pairs: int
    similar: int
    doubtful: int


class VerifyArtifacts(Artifacts[VerifySummary]):
    """One task for each range of pairs."""

    def similar(self, task: int) -> str:
        """`<task>-similar.npy`: uint64, similar pairs, ascending."""
        return f"{self.folder}/{task:05d}-similar.npy"

    def matches(self, task: int) -> str:
        """`<task>-matches.npy`: uint16, how many positions of those pairs' sketches are equal."""
        return f"{self.folder}/{task:05d}-matches.npy"

    def doubtful(self, task: int) -> str:
        """`<task>-doubtful.npy`: uint64, pairs to decide by their texts, ascending."""
        return f"{self.folder}/{task:05d}-doubtful.npy"

    def doubtful_files(self, task: int) -> str:
        """`<task>-files.npy`: uint32, the files in doubtful pairs, ascending."""
        return f"{self.folder}/{task:05d}-files.npy"


class ShingleSummary(TypedDict):
    """Files of the part that are in doubtful pairs."""

    named: int


class ShingleArtifacts(Artifacts[ShingleSummary]):
    """One task a part."""

    def sets(self, part: int) -> str:
        """`<part>-sets.npy`: int64[2, n + 1], files, ascending, and where their hashes begin."""
        return f"{self.folder}/{part:05d}-sets.npy"

    def hashes(self, part: int) -> str:
        """`<part>-hashes.npy`: uint64, the distinct shingles of each of those files."""
        return f"{self.folder}/{part:05d}-hashes.npy"


class SettleSummary(TypedDict):
    """Doubtful pairs, and those of them that are similar."""

    settled: int
    similar: int


class SettleArtifacts(Artifacts[SettleSummary]):
    """One task for each of `VERIFY_PAIRS`."""

    def similar(self, task: int) -> str:
        """`<task>-similar.npy`: uint64, the doubtful pairs that are similar, ascending."""
        return f"{self.folder}/{task:05d}-similar.npy"

    def jaccard(self, task: int) -> str:
        """`<task>-jaccard.npy`: float64, the exact similarity of those pairs."""
        return f"{self.folder}/{task:05d}-jaccard.npy"


KEPT, EXACT, NEAR, EARLIER = 0, 1, 2, 3
"""Values of `kind`: kept, exact copy, near duplicate, repository that an earlier source has."""


class ChooseSummary(TypedDict):
    """Contents that are kept."""

    kept: int


class ChooseArtifacts(Artifacts[ChooseSummary]):
    """One task. Arrays with an entry for each file, in the order of the parts' documents."""

    def column(self, name: str) -> str:
        """A field of `deduplicate.result.DedupResult`, or `offsets`."""
        return f"{self.folder}/{name}.npy"


class EncodeSummary(TypedDict):
    """A part: rows, ids of padding, tokens, files and bytes by language, ledger rows by reason."""

    rows: int
    padding: int
    languages: dict[str, dict[str, int]]
    counts: dict[str, int]


class EncodeArtifacts(Artifacts[EncodeSummary]):
    """One task a part, which also leaves the part's shard, ledger and duplicates."""

    def placements(self, part: int) -> str:
        """`<part>.parquet`, as `schemas.PLACEMENTS`, with rows counted from the part's start."""
        return f"{self.folder}/{part:05d}.parquet"


class NoSummary(TypedDict):
    """Nothing that later stages need."""


CURATE: Final = CurateArtifacts("curate")
MATCH_COPIES: Final = MatchArtifacts("match copies")
PROPOSE_PAIRS: Final = ProposeArtifacts("propose pairs")
VERIFY_PAIRS: Final = VerifyArtifacts("verify pairs")
SHINGLE_DOUBTFUL: Final = ShingleArtifacts("shingle doubtful")
SETTLE_PAIRS: Final = SettleArtifacts("settle pairs")
CHOOSE_SURVIVORS: Final = ChooseArtifacts("choose survivors")
ENCODE: Final = EncodeArtifacts("encode")
NUMBER_ROWS: Final = Artifacts[NoSummary]("number rows")
WRITE_MANIFEST: Final = Artifacts[NoSummary]("manifest")

AnyArtifacts = Artifacts[Any]
