"""Where a record's repository is from, as its source knew when the build was planned."""

from typing import Any, Final

import pyarrow.compute as pc

from codecorpus.pipelines.corpus.layout import PLAN
from codecorpus.pipelines.stages.plan import Plan
from codecorpus.pipelines.storage.folder import Folder

_TOLD: Final = {
    "commit": "commit {}",
    "fetched": "fetched {}",
    "license": "license {}",
    "stars": "{:,} stars",
}
"""Columns that the inputs of a part may have, and how each is told."""


def provenance(folder: Folder, row: dict[str, Any]) -> list[str]:
    """Commit, day of fetching, licence and stars, as far as they are known, in a line.

    Args:
        folder: of the build; without its plan, which lies in `log/`, nothing is known.
        row: of the ledger.
    """
    if row["repository"] is None or not folder.exists(PLAN):
        return []
    inputs = Plan.read(folder).inputs(folder, row["part"])
    known = [name for name in _TOLD if name in inputs.column_names]
    if not known:
        return []
    mine = inputs.filter(pc.equal(inputs["repository"], row["repository"])).slice(0, 1)
    facts = {name: mine[name][0].as_py() for name in known} if len(mine) else {}
    told = [form.format(facts[name]) for name, form in _TOLD.items() if facts.get(name)]
    return [f"  repository  {', '.join(told)}"] if told else []
