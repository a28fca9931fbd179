"""The stages of a build, in order: the one list that everything else reads.

    Curate        parts -> documents, decisions, sketches
    Deduplicate   sketches -> verified pairs -> the files that stay
    Encode        documents that stay -> rows in shards, the final ledger
    Manifest      all sums add up, or the build fails

The graph, the manifest, the workers' warm-up, preflight and the progress display follow it.
"""

from codecorpus.pipelines.stages.base import Stage
from codecorpus.pipelines.stages.curate import CurateParts
from codecorpus.pipelines.stages.deduplicate.candidate_pairs import ProposePairs, VerifyPairs
from codecorpus.pipelines.stages.deduplicate.exact_duplicates import MatchCopies
from codecorpus.pipelines.stages.deduplicate.exact_similarity import SettlePairs, ShingleDoubtful
from codecorpus.pipelines.stages.deduplicate.survivors import ChooseSurvivors
from codecorpus.pipelines.stages.encode import EncodeParts, NumberRows
from codecorpus.pipelines.stages.manifest import WriteManifest

DEDUPLICATE: tuple[Stage, ...] = (
    MatchCopies(),
    ProposePairs(),
    VerifyPairs(),
    ShingleDoubtful(),
    SettlePairs(),
    ChooseSurvivors(),
)
ENCODE: tuple[Stage, ...] = (EncodeParts(), NumberRows())


def phases(curate: CurateParts) -> dict[str, tuple[Stage, ...]]:
    """The stages by phase, given the first one with its options."""
    return {
        "Curate": (curate,),
        "Deduplicate": DEDUPLICATE,
        "Encode": ENCODE,
        "Manifest": (WriteManifest(before=(curate, *DEDUPLICATE, *ENCODE)),),
    }


def stages(curate: CurateParts) -> tuple[Stage, ...]:
    """All stages, given the first one with its options."""
    return tuple(stage for phase in phases(curate).values() for stage in phase)


STAGES = stages(CurateParts())
"""All stages, with their defaults; the last one writes the manifest."""
