"""The recipe: what to build, validated and with every default filled in.

These classes are the only list of keys: error messages and the reference page are made from their
fields. Numbers are strict (text is not converted) and bounded, and unknown keys are refused. This
module reads no file; `pipelines.recipe.loader` does.
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
        description="Number of hash permutations in a MinHash signature. More of them estimate "
        "similarities better and take longer. CodeParrot and StarCoder use 256.",
        examples=[128],
    )
    threshold: Annotated[float, Field(strict=True, gt=0, le=1, allow_inf_nan=False)] = Field(
        default=0.85,
        description="Two files are near duplicates if their Jaccard similarity is at least this. "
        "CodeParrot uses 0.85, StarCoder 0.7.",
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
        description="If the estimated similarity of a pair is within this distance of the "
        "threshold, the exact similarity of the texts decides. 0: never.",
        examples=[2.0, 0.0],
    )
    seed: Annotated[int, Field(strict=True, ge=0, le=2**63 - 1)] = Field(
        default=1,
        description="Seed of the permutations; the same seed gives the same result.",
        examples=[1],
    )


def _near_kind(value: object) -> object:
    if value is False or isinstance(value, dict | Near):
        return value
    raise PydanticCustomError("unexpected", "neither false nor a mapping")  # 0 equals False


class Deduplicate(Section):
    """Which copies are removed: whole repositories first, then exact and near duplicates."""

    exact: StrictBool = Field(
        default=True,
        description="Whether to keep only one of several files with the same bytes.",
        examples=[True],
    )
    near: Annotated[Literal[False] | Near, BeforeValidator(_near_kind)] = Field(
        default=Near(),
        description="How near duplicates are found, as a mapping of the keys below; `false`: near "
        "duplicates are kept.",
        examples=[{"threshold": 0.7}, False],
        json_schema_extra={"expects": "`false` or a mapping (`{}` for the defaults)"},
    )
    prefer: Preferences = Field(
        default=("source", "stars", "license", "size"),
        description="Criteria for choosing the copy to keep, most important first: `source` (an "
        "earlier source), `stars` (more stars), `license` (a freer licence), `size` (a larger "
        "file). Unknown values come last. Content and name break ties.",
        examples=[["stars", "size"]],
        json_schema_extra={"expects": "a list of source, stars, license, size"},
    )
    repositories: StrictBool = Field(
        default=True,
        description="If several sources contain a repository, whether to keep only the files of "
        "the earliest source that kept any. Repositories are the same if their names "
        "`owner/name` are equal, ignoring case. Bare names, such as those of folders, are never "
        "treated as the same repository.",
        examples=[False],
    )


class Encode(Section):
    """How text becomes training rows."""

    vocabulary: PathText = Field(
        default="gpt2",
        description="`gpt2`, or the path or URL of a folder with vocab.json and merges.txt, or of "
        "a tokenizer.json (a URL that ends in .json). CodeGeeX's 143 added tokens extend GPT-2's "
        "50,257 to 50,400.",
        examples=["gpt2", "vocabularies/mine/tokenizer.json"],
        json_schema_extra={"expects": "`gpt2` or a path"},
    )
    sequence_length: Annotated[
        int, Field(strict=True, ge=64, le=1 << 20, json_schema_extra={"unit": "ids"})
    ] = Field(
        default=2048,
        description="Number of input ids in a training row; each row has one more id, the target "
        "of the last input. CodeGeeX uses 2,048.",
        examples=[4096],
    )
    packing: Literal["pad", "concat", "best_fit"] = Field(
        default="pad",
        description="How segments fill rows. `pad`: one segment per row, then padding, as CodeGeeX "
        "did; `concat`: files follow each other and continue in the next row; `best_fit`: the "
        "segments of `pad`, several in a row if they fit.",
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
    """Validate each rule by its name, in the order written; rules that are `false` are left out."""
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
    """What to build, with every default filled in."""

    name: Name = Field(
        description="Name of the corpus; the name of an extended recipe is not inherited.",
        examples=["my-corpus"],
        json_schema_extra={"default_text": "the name of the recipe's file, without its suffix"},
    )
    languages: Languages = Field(
        default="all",
        description="Languages to keep: `all` (CodeGeeX's 23), or a list of names.",
        examples=["all", ["C++", "Python"]],
        json_schema_extra={"expects": "`all` or a list of languages"},
    )
    language_confidence: Annotated[float, Field(ge=0, lt=1, strict=True, allow_inf_nan=False)] = (
        Field(
            default=CONFIDENCE,
            description="The language of a file without a path is detected from its content, "
            "unless its source names the language. If the probability of the answer is lower than "
            "this, the file is dropped as `language.unknown`.",
            examples=[0.9],
        )
    )
    comment_sample: Annotated[float, Field(ge=0, le=1, strict=True, allow_inf_nan=False)] = Field(
        default=0.02,
        description="Share of the files whose comments and docstrings are classified by natural "
        "language, for the signal `natural_language` and a table of the report. The sample "
        "depends only on the contents of the files. 0: no files; 1: all files.",
        examples=[0.1, 0.0],
    )
    sources: Sources = Field(
        description="The sources to read, in order of priority.",
        examples=[[{"type": "folder", "paths": ["~/src"]}]],
        json_schema_extra={"expects": "a list of at least one source, each a mapping"},
    )
    opt_out: PathText | None = Field(
        default=None,
        description="A list of repositories and owners that do not want to be part of the corpus, "
        "with `owner/name` or `owner` on each line. Their files are not read. null: no list.",
        examples=["opt-out.txt", "s3://corpora/opt-out.txt"],
    )
    filters: Filters = Field(
        default={},
        description="The rules by name; they run in the order written. `{}`: the rule with its "
        "defaults; `false`: remove a rule of the extended recipe.",
        examples=[{"file_size": {"max": 1048576}, "autogenerated": {}}],
        json_schema_extra={"expects": "a mapping of rules"},
    )
    deduplicate: Deduplicate = Field(
        default=Deduplicate(),
        description="Which copies are removed.",
        examples=[{"near": {}}],
    )
    encode: Encode = Field(
        default=Encode(),
        description="How text becomes training rows.",
        examples=[{"packing": "concat"}],
    )
    max_record_bytes: RecordBytes = Field(
        default=64 * MIB,
        description="Larger files are not read; they are counted as `unreadable.too_large`.",
        examples=[16 * MIB],
    )
    part_bytes: RecordBytes = Field(
        default=32 * MIB,
        description="Approximate amount of input in a part, which is the unit of work, of resuming "
        "and of file naming. Changing it changes file names, and therefore the digest.",
        examples=[8 * MIB],
    )

    @field_validator("sources")
    @classmethod
    def _fill_in_languages(
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
        """The languages to keep of one of the recipe's sources."""
        chosen = self.languages if source.languages is None else source.languages
        return LANGUAGES if chosen == "all" else chosen

    def to_yaml(self) -> str:
        """The recipe as YAML, with every default; equal recipes have equal texts.

        `pipelines.recipe.loader.loads` reads an equal recipe from it.
        """
        return to_yaml(self.model_dump(mode="json"))
