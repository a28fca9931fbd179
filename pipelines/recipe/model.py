"""The recipe: what to build, validated, with every default spelled out.

These classes are the only list of keys: the errors' hints and the reference page are made from
their fields. Numbers are strict (a text is no number), every number is bounded, and unknown keys
are refused. Nothing here touches a file; `pipelines.recipe.loader` does.
"""

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializeAsAny,
    StrictBool,
    ValidationInfo,
    create_model,
    field_validator,
)
from pydantic_core import PydanticCustomError

from codecorpus.filters.languages import CONFIDENCE
from codecorpus.filters.languages.table import LANGUAGES
from codecorpus.filters.rule import Rule
from codecorpus.filters.rules import RULES
from codecorpus.foundation.config_files.dump import to_yaml
from codecorpus.pipelines.recipe.sources import Sources
from codecorpus.pipelines.sources.settings import (
    Languages,
    Name,
    PathText,
    Section,
    SourceSettings,
    distinct,
)

MIB = 1 << 20

Preference = Literal["source", "stars", "license", "size"]
Preferences = Annotated[tuple[Preference, ...], AfterValidator(distinct)]

RecordBytes = Annotated[
    int, Field(strict=True, ge=1, le=1 << 30, json_schema_extra={"unit": "bytes"})
]


class Near(Section):
    """Near duplicates: MinHash over the set of token n-grams, every pair verified."""

    ngram: Annotated[int, Field(strict=True, ge=1, le=32, json_schema_extra={"unit": "tokens"})] = (
        Field(
            default=5,
            description="Length of a shingle. StarCoder (arXiv 2305.06161) uses 5-grams.",
            examples=[5],
        )
    )
    permutations: Annotated[int, Field(strict=True, ge=16, le=1024, multiple_of=8)] = Field(
        default=256,
        description="Hash permutations of a MinHash signature: more estimate a similarity closer, "
        "and take longer. CodeParrot and StarCoder use 256.",
        examples=[128],
    )
    threshold: Annotated[float, Field(strict=True, gt=0, le=1, allow_inf_nan=False)] = Field(
        default=0.85,
        description="Jaccard similarity from which on two files are near duplicates. CodeParrot "
        "uses 0.85, StarCoder 0.7.",
        examples=[0.7],
    )
    exact_margin: Annotated[
        float,
        Field(
            strict=True,
            ge=0,
            le=10,
            allow_inf_nan=False,
            json_schema_extra={"unit": "standard errors"},
        ),
    ] = Field(
        default=1.0,
        description="Pairs whose estimated similarity is as near to the threshold as this are "
        "decided by the exact similarity of their texts. 0: never.",
        examples=[2.0, 0.0],
    )
    seed: Annotated[int, Field(strict=True, ge=0, le=2**63 - 1)] = Field(
        default=1,
        description="What the permutations follow from; the same seed gives the same answer.",
        examples=[1],
    )


def _near_kind(value: object) -> object:
    if value is False or isinstance(value, dict | Near):
        return value
    raise PydanticCustomError("unexpected", "neither false nor a mapping")  # 0 equals False


class Deduplicate(Section):
    """Which copies go: whole repositories first, then exact ones, then near ones."""

    exact: StrictBool = Field(
        default=True,
        description="Of files with the same bytes, keep one.",
        examples=[True],
    )
    near: Annotated[Literal[False] | Near, BeforeValidator(_near_kind)] = Field(
        default=Near(),
        description="Of files that are much alike, keep the best, with the keys below; `false`: "
        "keep all.",
        examples=[{"threshold": 0.7}, False],
        json_schema_extra={"expects": "`false` or a mapping (`{}` for the defaults)"},
    )
    prefer: Preferences = Field(
        default=("source", "stars", "license", "size"),
        description="Which copy stays, the first that differs decides: `source` an earlier source, "
        "`stars` more stars, `license` a freer licence, `size` the larger file; unknown last. What "
        "is still equal is decided by content and name, so there are no ties.",
        examples=[["stars", "size"]],
        json_schema_extra={"expects": "a list of source, stars, license, size"},
    )
    repositories: StrictBool = Field(
        default=True,
        description="Of a repository that several sources have, take the files of the earliest "
        "source that kept any. Repositories are the same if their names `owner/name` are, case "
        "aside; a bare name, as of a folder, is never that of another.",
        examples=[False],
    )


class Encode(Section):
    """How text becomes training rows."""

    vocabulary: PathText = Field(
        default="gpt2",
        description="`gpt2`, or the path or URL of a folder with vocab.json and merges.txt, or of "
        "a tokenizer.json (a URL that ends in .json). The 143 added tokens of CodeGeeX make 50,400 "
        "of GPT-2's 50,257.",
        examples=["gpt2", "vocabularies/mine/tokenizer.json"],
        json_schema_extra={"expects": "`gpt2` or a path"},
    )
    sequence_length: Annotated[
        int, Field(strict=True, ge=64, le=1 << 20, json_schema_extra={"unit": "ids"})
    ] = Field(
        default=2048,
        description="Inputs of a training row; a row has one id more, the last one's target. "
        "CodeGeeX uses 2,048.",
        examples=[4096],
    )
    packing: Literal["pad", "concat", "best_fit"] = Field(
        default="pad",
        description="How segments fill rows. `pad`: one segment a row, then padding, as CodeGeeX "
        "did; `concat`: files follow each other and go on in the next row; `best_fit`: the "
        "segments of `pad`, several to a row where they fit.",
        examples=["best_fit"],
    )


_RULE = "a mapping: `{}` for the rule's defaults, or `false` to leave the rule out"
_RULES: dict[str, Any] = {
    name: (rule, Field(default=None, json_schema_extra={"expects": _RULE}))
    for name, rule in RULES.items()
}
_Rules = create_model("_Rules", __config__=ConfigDict(extra="forbid"), **_RULES)
"""The rules by name; validates each rule that is given as its own class."""


def _read_filters(values: object) -> object:
    """Read each rule by its name, in the order written and without those that are `false`."""
    if not isinstance(values, dict):
        return values
    written = {
        name: value for name, value in values.items() if value is not False or name not in RULES
    }
    rules = _Rules.model_validate(written)
    return {name: getattr(rules, name) for name in written}


Filters = Annotated[
    dict[str, SerializeAsAny[Rule]],
    BeforeValidator(_read_filters, json_schema_input_type=_Rules),
]


class Recipe(Section):
    """What to build, as resolved; `rules` and `selected_languages` are what the stages ask for."""

    name: Name = Field(
        description="What the corpus is called; an extended recipe's name is not inherited.",
        examples=["my-corpus"],
        json_schema_extra={"default_text": "the name of the recipe's file, without its suffix"},
    )
    languages: Languages = Field(
        default="all",
        description="Languages that stay: `all` (CodeGeeX's 23), or a list of names.",
        examples=["all", ["C++", "Python"]],
        json_schema_extra={"expects": "`all` or a list of languages"},
    )
    language_confidence: Annotated[float, Field(ge=0, lt=1, strict=True, allow_inf_nan=False)] = (
        Field(
            default=CONFIDENCE,
            description="Where a file has no path and its source names no language, how probable "
            "its content must make one; otherwise it is `language.unknown`.",
            examples=[0.9],
        )
    )
    comment_sample: Annotated[float, Field(ge=0, le=1, strict=True, allow_inf_nan=False)] = Field(
        default=0.02,
        description="Of how many of the files the natural language of comments and docstrings is "
        "told, as a share of all: the signal `natural_language`, and a table of the report. The "
        "sample follows from the contents. 0: of none; 1: of all.",
        examples=[0.1, 0.0],
    )
    sources: Sources = Field(
        description="What is read, in order of priority.",
        examples=[[{"type": "folder", "paths": ["~/src"]}]],
        json_schema_extra={"expects": "a list of at least one source, each a mapping"},
    )
    opt_out: PathText | None = Field(
        default=None,
        description="A list of repositories and owners that do not want to be part of the corpus, "
        "`owner/name` or `owner` on each line; null: none. None of their files is read.",
        examples=["opt-out.txt", "s3://corpora/opt-out.txt"],
    )
    filters: Filters = Field(
        default={},
        description="The rules by name, run in the order written; the first that fails is the "
        "reason. `{}`: with the rule's defaults; `false`: not this one of the extended recipe's.",
        examples=[{"file_size": {"max": 1048576}, "autogenerated": {}}],
        json_schema_extra={"expects": "a mapping of rules"},
    )
    deduplicate: Deduplicate = Field(
        default=Deduplicate(),
        description="Which copies go.",
        examples=[{"near": {}}],
    )
    encode: Encode = Field(
        default=Encode(),
        description="How text becomes training rows.",
        examples=[{"packing": "concat"}],
    )
    max_record_bytes: RecordBytes = Field(
        default=64 * MIB,
        description="A larger file is not read, and counted as `unreadable.too_large`.",
        examples=[16 * MIB],
    )
    part_bytes: RecordBytes = Field(
        default=32 * MIB,
        description="About how much input makes a part: the unit of work, of resume and of file "
        "naming. Other parts, other file names: the digest changes with it.",
        examples=[8 * MIB],
    )

    @field_validator("sources")
    @classmethod
    def _spell_out_languages(
        cls, sources: tuple[SourceSettings, ...], info: ValidationInfo
    ) -> tuple[SourceSettings, ...]:
        general = info.data.get("languages")
        return tuple(
            source.model_copy(update={"languages": general}) if source.languages is None else source
            for source in sources
        )

    def rules(self) -> dict[str, Rule]:
        """The rules by name, in the order in which they run."""
        return dict(self.filters)

    def selected_languages(self, source: SourceSettings) -> tuple[str, ...]:
        """The languages of one of the recipe's sources that stay."""
        chosen = self.languages if source.languages is None else source.languages
        return LANGUAGES if chosen == "all" else chosen

    def to_yaml(self) -> str:
        """The recipe with every default spelled out; equal recipes give equal text.

        `pipelines.recipe.loader.loads` reads it back to an equal recipe.
        """
        return to_yaml(self.model_dump(mode="json"))
