"""Generate the reference page of the recipe's keys from the classes that validate them.

A test compares the committed page with the generated one. To update it:
`python -m codecorpus.pipelines.recipe.reference > docs/reference/recipe.md`.
"""

import inspect
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from codecorpus.filters.rules import RULES
from codecorpus.foundation.config_files.dump import to_line
from codecorpus.foundation.config_files.schema import Schema
from codecorpus.pipelines.corpus.reasons import AFTER_FILTERS, BEFORE_FILTERS
from codecorpus.pipelines.recipe import builtin
from codecorpus.pipelines.recipe.model import Deduplicate, Encode, Near, Recipe
from codecorpus.pipelines.sources.placeholders import PLACEHOLDERS
from codecorpus.pipelines.sources.registry import SOURCES

_INTRODUCTION = """\
# Recipes

<!-- Made by `python -m codecorpus.pipelines.recipe.reference`; change the classes instead. -->

A recipe is a YAML file that defines what to build: which sources to read, which rules to apply, and
how to deduplicate and encode. `codecorpus build RECIPE --out DIR` takes the path of a recipe, or
the name of one that comes with codecorpus: {builtin}.

Unknown keys, values of the wrong type and values out of bounds are refused before any work starts,
each with its line. Write numbers without quotes and units: sizes are bytes, 1 KB is 1,024 bytes,
and `1_048_576` is a number. `DIR/recipe.yaml` is the resolved recipe, with every default filled
in.
"""

_EXTENDING = """\
## `extends`

The name of a recipe that comes with codecorpus, or the path of a recipe, relative to the extending
file's folder. This recipe changes the extended one: mappings are merged, lists and single values
are replaced. The extended recipe's filters come first, in its order; `rule: false` removes one. The
`name` is not inherited.

- type: text
- default: none
- example: `extends: codegeex`

```yaml
extends: codegeex
filters:
  file_size: {max: 1048576}    # min stays 1024
  alphabet_ratio: false        # removes this rule
  longest_line: {}             # adds a rule with its defaults
```
"""


def render() -> str:
    """Return the whole page, as Markdown."""
    names = ", ".join(f"`{name}`" for name in builtin.names())
    blocks = [
        _INTRODUCTION.format(builtin=names),
        "## The whole recipe\n",
        *_keys(Recipe, ""),
        _EXTENDING,
        *_sources(),
        f"## `deduplicate`\n\n{_summary(Deduplicate)}\n",
        *_keys(Deduplicate, "deduplicate."),
        f"## `deduplicate.near`\n\n{_summary(Near)}\n",
        *_keys(Near, "deduplicate.near."),
        f"## `encode`\n\n{_summary(Encode)}\n",
        *_keys(Encode, "encode."),
        *_filters(),
        *_reasons(),
    ]
    return "\n".join(blocks)


def _sources() -> Iterator[str]:
    kinds = ", ".join(f"`{name}`" for name in SOURCES)
    yield f"## `sources`\n\nEach entry has a `type`: {kinds}.\n"
    for name, settings in SOURCES.items():
        yield f"## Source `{name}`\n\n{_summary(settings)}\n"
        yield from _keys(settings, "sources[].")
    folders = [f"| `{{{name}}}` | `{'`, `'.join(of)}` |" for name, of in PLACEHOLDERS.items()]
    rows = "\n".join(folders)
    yield f"| placeholder | `sysconfig.get_paths()` of the running Python |\n|---|---|\n{rows}\n"


def _filters() -> Iterator[str]:
    yield (
        "## `filters`\n\nRules run in the order written. The first one that a file fails is its "
        "reason in the ledger.\nLimits are inclusive.\n"
    )
    for name, rule in RULES.items():
        yield f"### Rule `{name}`\n\n{inspect.getdoc(rule)}\n"
        yield from _keys(rule, f"filters.{name}.", 4)


def _reasons() -> Iterator[str]:
    yield (
        "## Reasons\n\nThe reasons in the ledger why a file is not in the corpus, in the order in "
        "which they are checked.\nThe reasons of filters are checked in the recipe's order.\n"
    )
    rows = [
        *BEFORE_FILTERS.items(),
        *(
            (f"{name}.{detail}", _meaning(name, detail))
            for name, rule in RULES.items()
            for detail in rule.details()
        ),
        *AFTER_FILTERS.items(),
    ]
    table = "\n".join(f"| `{reason}` | {meaning} |" for reason, meaning in rows)
    yield f"| reason | the file is not in the corpus because |\n|---|---|\n{table}\n"


def _meaning(name: str, detail: str) -> str:
    side = {"min": "below", "max": "above"}.get(detail)
    return f"it is {side} `filters.{name}.{detail}`" if side else f"`{name}` found this marker"


def _keys(model: type[BaseModel], prefix: str, level: int = 3) -> Iterator[str]:
    schema = Schema.of(model)
    return (_key(key, schema, prefix, level) for key in schema.known_keys())


def _key(key: str, schema: Schema, prefix: str, level: int) -> str:
    value = schema.child(key)
    unit = value.unit()
    lines = [
        f"{'#' * level} `{prefix}{key}`\n",
        f"{value.node['description']}\n",
        f"- type: {value.expected()}",
        *([f"- unit: {unit}"] if unit else []),
        f"- default: {_default(value.node)}",
        *(f"- example: `{key}: {to_line(example)}`" for example in value.node.get("examples", [])),
    ]
    return "\n".join(lines) + "\n"


def _default(node: Mapping[str, Any]) -> str:
    if "default_text" in node:
        return str(node["default_text"])
    return f"`{to_line(node['default'])}`" if "default" in node else "none; the key is required"


def _summary(model: type[BaseModel]) -> str:
    return inspect.getdoc(model) or ""


if __name__ == "__main__":
    sys.stdout.write(render())
