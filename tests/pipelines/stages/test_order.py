"""The list of stages: each stage once, in an order in which every stage finds its input."""

from codecorpus.pipelines.stages import artifacts
from codecorpus.pipelines.stages.artifacts import WRITE_MANIFEST, Artifacts
from codecorpus.pipelines.stages.curate import CurateParts
from codecorpus.pipelines.stages.manifest import WriteManifest
from codecorpus.pipelines.stages.order import STAGES, phases, stages

CONTRACT = [
    "curate",
    "match copies",
    "propose pairs",
    "verify pairs",
    "shingle doubtful",
    "settle pairs",
    "choose survivors",
    "encode",
    "number rows",
    "manifest",
]


def test_names_and_order_are_those_that_manifests_hold() -> None:
    assert [stage.name for stage in STAGES] == CONTRACT


def test_every_stage_that_leaves_something_is_listed_once() -> None:
    declared = {value for value in vars(artifacts).values() if isinstance(value, Artifacts)}
    assert len(declared) == len(STAGES)
    assert {stage.artifacts for stage in STAGES} == declared


def test_phases_are_the_stages_in_order() -> None:
    curate = CurateParts(strict=True)
    assert list(phases(curate)) == ["Curate", "Deduplicate", "Encode", "Manifest"]
    assert stages(curate) == tuple(stage for phase in phases(curate).values() for stage in phase)
    assert stages(curate)[0] is curate


def test_the_manifest_adds_up_all_stages_before_it() -> None:
    last = STAGES[-1]
    assert isinstance(last, WriteManifest)
    assert last.artifacts is WRITE_MANIFEST
    assert last.before == STAGES[:-1]
