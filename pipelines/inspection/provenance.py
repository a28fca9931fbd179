"""The provenance of a record: facts about its repository that its source had when planning."""

from typing import Any, Final

import pyarrow.compute as pc

from codecorpus.pipelines.corpus.layout import PLAN
from codecorpus.pipelines.stages.plan import Plan
from codecorpus.pipelines.storage.folder import Folder

_FORMATS: Final = {
    "commit": "commit {}",
    "fetched": "fetched {}",
    "license": "license {}",
    "stars": "{:,} stars",
}
"""Optional columns of a part's inputs, and the format of each."""


def provenance(folder: Folder, row: dict[str, Any]) -> list[str]:
    """A line with the known ones of commit, day of fetching, licence and stars; else no line.

    Args:
        folder: the output folder; nothing is known if the plan in `log/` was removed.
        row: a row of the ledger.
    """
    if row["repository"] is None or not folder.exists(PLAN):
        return []
    inputs = Plan.read(folder).inputs(folder, row["part"])
    known = [name for name in _FORMATS if name in inputs.column_names]
    if not known:
        return []
    matching = inputs.filter(pc.equal(inputs["repository"], row["repository"])).slice(0, 1)
    facts = {name: matching[name][0].as_py() for name in known} if len(matching) else {}
    texts = [form.format(facts[name]) for name, form in _FORMATS.items() if facts.get(name)]
    return [f"  repository  {', '.join(texts)}"] if texts else []
