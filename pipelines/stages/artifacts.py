"""What each stage leaves for later stages: file names, Arrow schemas and typed summaries.

Stages import this module, never each other. A stage's files are in `log/work/<stage>/` until the
build is complete. A task's marker, `00003.json`, holds its summary and is written after its files.
In the names below, `<part>` and `<task>` are five digits.
"""

from dataclasses import dataclass
from typing import Any, Final, Generic, NotRequired, TypedDict, TypeVar

import pyarrow as pa

from codecorpus.filters.near_duplicates.bands import choose_bands
from codecorpus.pipelines.corpus.layout import LOG
from codecorpus.pipelines.corpus.schemas import DECISIONS, kept_files
from codecorpus.pipelines.recipe.model import Near

SummaryT = TypeVar("SummaryT")

WORK: Final = f"{LOG}/work"
"""Holds markers and files that only later stages read; removed when the build is complete."""


@dataclass(frozen=True)
class Artifacts(Generic[SummaryT]):
    """Names of one stage's files in the output folder; `SummaryT` is the type of its summaries.

    Attributes:
        stage: the stage's name in messages and in the manifest.
    """

    stage: str

    @property
    def folder(self) -> str:
        """The folder of the stage's files."""
        return f"{WORK}/{self.stage}"

    def marker(self, index: int) -> str:
        """The marker of a task."""
        return f"{self.folder}/{index:05d}.json"


class CurateSummary(TypedDict):
    """A part: records in the ledger, files and bytes read, documents kept.

    `skipped` names the stage that failed, for a part that `--skip-failed` skips.
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
    """One task per part, which also writes `documents/`."""

    def decisions(self, part: int) -> str:
        """`<part>.parquet`, schema `schemas.DECISIONS`: a row for each record."""
        return f"{self.folder}/{part:05d}.parquet"

    def kept_files(self, part: int) -> str:
        """`<part>.arrow`, schema `kept_files_schema`: a row for each document, in their order."""
        return f"{self.folder}/{part:05d}.arrow"


BATCH_DECISIONS: Final = pa.schema([f for f in DECISIONS if f.name not in {"source", "part"}])
"""Curation's decisions on a batch, before `source` and `part` are added."""


def kept_files_schema(near: Near | None) -> pa.Schema:
    """Columns that deduplication reads, for the recipe's near-duplicate settings."""
    if near is None:
        return kept_files(0, 0)
    return kept_files(near.permutations, choose_bands(near.threshold, near.permutations).bands)


NOT_COMPARED: Final = 0xFFFFFFFF
"""In `rank`: the file is not compared. In `content`: an earlier source has its repository."""


class MatchSummary(TypedDict):
    """Numbers of files, distinct contents, and contents that are compared with others."""

    documents: int
    contents: int
    compared: int


class MatchArtifacts(Artifacts[MatchSummary]):
    """One task. Arrays of uint32 over files, contents, or compared contents."""

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
        """For each content, the preferred content with the same sketch."""
        return f"{self.folder}/same-sketch.npy"

    @property
    def compared(self) -> str:
        """The compared contents by rank; 0 is the most preferred."""
        return f"{self.folder}/compared.npy"

    @property
    def file(self) -> str:
        """The preferred file of each compared content, by rank."""
        return f"{self.folder}/file.npy"

    @property
    def rank(self) -> str:
        """The rank of each file's content, or NOT_COMPARED."""
        return f"{self.folder}/rank.npy"


class ProposeSummary(TypedDict):
    """Pairs written, and buckets too large to write all their pairs."""

    pairs: int
    capped: int


class ProposeArtifacts(Artifacts[ProposeSummary]):
    """One task for each key range of a band."""

    def pairs(self, task: int) -> str:
        """`<task>.npy`: uint64, pairs of ranks (`better << 32 | worse`), ascending."""
        return f"{self.folder}/{task:05d}.npy"


class VerifySummary(TypedDict):
    """Numbers of pairs compared, similar, and too near the threshold to decide."""

    pairs: int
    similar: int
    doubtful: int


class VerifyArtifacts(Artifacts[VerifySummary]):
    """One task for each range of pairs."""

    def similar(self, task: int) -> str:
        """`<task>-similar.npy`: uint64, similar pairs, ascending."""
        return f"{self.folder}/{task:05d}-similar.npy"

    def matches(self, task: int) -> str:
        """`<task>-matches.npy`: uint16, equal positions in the sketches of each similar pair."""
        return f"{self.folder}/{task:05d}-matches.npy"

    def doubtful(self, task: int) -> str:
        """`<task>-doubtful.npy`: uint64, pairs to be decided by their texts, ascending."""
        return f"{self.folder}/{task:05d}-doubtful.npy"

    def doubtful_files(self, task: int) -> str:
        """`<task>-files.npy`: uint32, the files in doubtful pairs, ascending."""
        return f"{self.folder}/{task:05d}-files.npy"


class ShingleSummary(TypedDict):
    """Number of the part's files that are in doubtful pairs."""

    named: int


class ShingleArtifacts(Artifacts[ShingleSummary]):
    """One task per part."""

    def sets(self, part: int) -> str:
        """`<part>-sets.npy`: int64[2, n + 1], ascending files, and offsets of their hashes."""
        return f"{self.folder}/{part:05d}-sets.npy"

    def hashes(self, part: int) -> str:
        """`<part>-hashes.npy`: uint64, the distinct shingles of those files, concatenated."""
        return f"{self.folder}/{part:05d}-hashes.npy"


class SettleSummary(TypedDict):
    """Numbers of doubtful pairs, and of those that are similar."""

    settled: int
    similar: int


class SettleArtifacts(Artifacts[SettleSummary]):
    """One task for each task of `VERIFY_PAIRS`."""

    def similar(self, task: int) -> str:
        """`<task>-similar.npy`: uint64, the doubtful pairs that are similar, ascending."""
        return f"{self.folder}/{task:05d}-similar.npy"

    def jaccard(self, task: int) -> str:
        """`<task>-jaccard.npy`: float64, the exact similarity of those pairs."""
        return f"{self.folder}/{task:05d}-jaccard.npy"


KEPT, EXACT, NEAR, EARLIER = 0, 1, 2, 3
"""Values of `kind`: kept, exact copy, near duplicate, repository in an earlier source."""


class ChooseSummary(TypedDict):
    """Number of contents that are kept."""

    kept: int


class ChooseArtifacts(Artifacts[ChooseSummary]):
    """One task. Arrays with an entry for each file, in the order of the documents."""

    def column(self, name: str) -> str:
        """The file of a field of `dedup_result.DedupResult`, or of `offsets`, int64[parts + 1]."""
        return f"{self.folder}/{name}.npy"


class EncodeSummary(TypedDict):
    """A part: rows, padding ids; tokens, files and bytes by language; ledger rows by reason."""

    rows: int
    padding: int
    languages: dict[str, dict[str, int]]
    counts: dict[str, int]


class EncodeArtifacts(Artifacts[EncodeSummary]):
    """One task per part, which also writes the part's shard, ledger and duplicates."""

    def placements(self, part: int) -> str:
        """`<part>.parquet`, schema `schemas.PLACEMENTS`; rows are counted from the part's start."""
        return f"{self.folder}/{part:05d}.parquet"


class NoSummary(TypedDict):
    """No summary."""


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
