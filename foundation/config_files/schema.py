"""Describe the types of a configuration's keys in words, for messages and reference pages.

The types are read from the JSON schema that pydantic makes of a model. A field can add entries with
`json_schema_extra`: `expects`, which replaces the description of its type ("a path"), `unit`, the
unit of a number ("bytes"), and `default_text`, which a reference page shows as the default.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

_NO_LIMIT = 2**31 - 1
"""Upper bounds from here on only keep numbers storable; descriptions leave them out."""

_WORDS = {
    "array": "a list",
    "boolean": "`true` or `false`",
    "null": "`null`",
    "object": "a mapping",
    "string": "text",
}


class _Unsorted(GenerateJsonSchema):
    """Keeps the order of keys, in which users see defaults, examples and tags."""

    def sort(self, value: JsonSchemaValue, parent_key: str | None = None) -> JsonSchemaValue:
        del parent_key
        return value


@dataclass(frozen=True)
class Schema:
    """The type of one value.

    Attributes:
        node: its JSON schema, without a reference at its top; empty if nothing is known.
        definitions: the schemas that references name.
    """

    node: Mapping[str, Any]
    definitions: Mapping[str, Any]

    @classmethod
    def of(cls, model: type[BaseModel]) -> "Schema":
        """The type of a whole configuration."""
        schema = model.model_json_schema(schema_generator=_Unsorted)
        return cls(schema, schema.get("$defs", {}))

    def expected(self) -> str:
        """Describe the values allowed, such as `a whole number of bytes from 1 to 1073741824`."""
        node = self.node
        if "expects" in node:
            return str(node["expects"])
        if "anyOf" in node:
            return ", or ".join(option.expected() for option in self.options())
        if "const" in node or "enum" in node:
            words = [_yaml(value) for value in _constants(node)]
            return words[0] if len(words) == 1 else f"one of {', '.join(words)}"
        if self._allows("integer", "number"):
            return _number(node)
        return "a mapping" if self.tags() else _WORDS.get(str(node.get("type")), "")

    def unit(self) -> str | None:
        """The unit of the number, if it has one."""
        units = (option.node.get("unit") for option in self.options())
        return next((str(unit) for unit in units if unit is not None), None)

    def options(self) -> list["Schema"]:
        """The types that a value may have: the members of a union, else this type alone."""
        if "anyOf" not in self.node:
            return [self]
        return [each for member in self.node["anyOf"] for each in self._make(member).options()]

    def allows(self, *kinds: str) -> bool:
        """Whether values of one of these types of JSON are allowed, beyond single constants."""
        return any(option._allows(*kinds) for option in self.options())  # noqa: SLF001

    def choices(self) -> list[str]:
        """The words among the constants allowed."""
        constants = (value for option in self.options() for value in _constants(option.node))
        return [value for value in constants if isinstance(value, str)]

    def known_keys(self) -> list[str]:
        """The keys of the mapping; empty if it is no mapping, or has no fixed keys."""
        properties = (option.node.get("properties", {}) for option in self.options())
        return next((list(each) for each in properties if each), [])

    def tags(self) -> Mapping[str, str]:
        """The tags of a discriminated union, each with the reference to its member."""
        tags: Mapping[str, str] = self.node.get("discriminator", {}).get("mapping", {})
        return tags

    def tagged(self, tag: str) -> "Schema":
        """The member of a discriminated union that has this tag."""
        return self._make({"$ref": self.tags()[tag]})

    def child(self, key: str | int) -> "Schema":
        """The type of the value under a key, or at a position; empty if nothing is known."""
        for option in self.options():
            node = option.node
            if key in node.get("properties", {}):
                return self._make(node["properties"][key])
            if key == node.get("discriminator", {}).get("propertyName"):
                return self._make({"enum": list(option.tags())})
            inner = node.get("items" if isinstance(key, int) else "additionalProperties")
            if isinstance(inner, dict):
                return self._make(inner)
        return self._make({})

    def _make(self, node: Mapping[str, Any]) -> "Schema":
        if "$ref" in node:
            node = {**self.definitions[node["$ref"].removeprefix("#/$defs/")], **node}
        return Schema(node, self.definitions)

    def _allows(self, *kinds: str) -> bool:
        return self.node.get("type") in kinds and not _constants(self.node)


def _constants(node: Mapping[str, Any]) -> list[Any]:
    return [node["const"]] if "const" in node else list(node.get("enum", []))


def _yaml(value: object) -> str:
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _number(node: Mapping[str, Any]) -> str:
    text = "a whole number" if node["type"] == "integer" else "a number"
    unit = node.get("unit", "")
    if unit:
        text += f", a {unit}," if "share" in unit else f" of {unit}"
    text += _bounds(node)
    return text + (f", a multiple of {node['multipleOf']}" if "multipleOf" in node else "")


def _bounds(node: Mapping[str, Any]) -> str:
    least, above = node.get("minimum"), node.get("exclusiveMinimum")
    most, below = node.get("maximum"), node.get("exclusiveMaximum")
    if most is not None and most >= _NO_LIMIT:
        most = None
    if least is not None and below is not None:
        return f" from {least} to below {below}"
    if least is not None:
        return f", at least {least}" if most is None else f" from {least} to {most}"
    limits = {"above": above, "below": below, "up to": most}
    words = [f"{word} {limit}" for word, limit in limits.items() if limit is not None]
    return f" {' and '.join(words)}" if words else ""
