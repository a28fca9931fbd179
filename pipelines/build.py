"""The graph of a build.

    Curate -> Deduplicate -> Encode -> Manifest, each phase the stages that `stages.order` lists

Elements are tasks and outcomes, a few words each; the data is in the output folder. Each stage
leaves a marker for each task that is done, so the same command resumes an interrupted build.
"""

import apache_beam as beam

from codecorpus.pipelines.engines.beam import RequireDone, RunStage
from codecorpus.pipelines.engines.worker import Run
from codecorpus.pipelines.stages.base import Outcome, Stage
from codecorpus.pipelines.stages.curate import CurateParts
from codecorpus.pipelines.stages.order import phases


class Phase(beam.PTransform):  # type: ignore[misc]
    """Some stages of a build, one after the other.

    Args:
        run: the run that the tasks belong to.
        stages: the stages in order.
    """

    def __init__(self, run: Run, stages: tuple[Stage, ...]) -> None:
        super().__init__()
        self._run = run
        self._stages = stages

    def expand(self, outcomes: beam.PCollection) -> beam.PCollection:
        """From the outcomes of the phase before to those of this one's last stage."""
        for stage in self._stages:
            outcomes = outcomes | stage.name.capitalize() >> RunStage(self._run, stage)
        return outcomes


def pipeline(
    out: str,
    options: beam.options.pipeline_options.PipelineOptions,
    *,
    strict: bool,
    run: str | None = None,
) -> beam.Pipeline:
    """The graph of a planned build.

    Args:
        out: the output folder.
        options: Beam's.
        strict: fail on damaged input instead of counting it.
        run: as `Prepared.run`; None: tasks do not check whether another run has begun.
    """
    in_run = Run(out, run)
    graph = beam.Pipeline(options=options)
    outcomes = graph | "Start" >> beam.Create([Outcome("plan")])
    for label, stages in phases(CurateParts(strict=strict)).items():
        outcomes = outcomes | label >> Phase(in_run, stages)
    _ = outcomes | "Require" >> RequireDone(in_run)
    return graph
