"""The stages of a build in order; the only place that lists them.

    Curate        parts -> documents, decisions, sketches
    Deduplicate   sketches -> verified pairs -> the files to keep
    Encode        kept documents -> rows in shards, the final ledger
    Manifest      check that all counts add up, write the manifest

The graph, the manifest, the workers' warm-up, preflight and the progress display use this list.
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
    """The stages by phase, starting with the given one."""
    return {
        "Curate": (curate,),
        "Deduplicate": DEDUPLICATE,
        "Encode": ENCODE,
        "Manifest": (WriteManifest(before=(curate, *DEDUPLICATE, *ENCODE)),),
    }


def stages(curate: CurateParts) -> tuple[Stage, ...]:
    """All stages, starting with the given one."""
    return tuple(stage for phase in phases(curate).values() for stage in phase)


STAGES = stages(CurateParts())
"""All stages with default options."""
