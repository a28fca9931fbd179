"""Parse YAML into a tree that records each value's line and its original spelling.

YAML has traps, which are refused here: a key that occurs twice (YAML keeps the last), `010` and
`1:30` (8 and 90 in YAML 1.1), tabs as indentation, files that are not UTF-8, values that contain
themselves. Anchors, aliases and merge keys work; a key is always text, and so is a date.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import yaml

from codecorpus.foundation.config_files.errors import ConfigError, Mistake, SourceLine

Scalar = str | int | float | bool | None
Plain = Scalar | list["Plain"] | dict[str, "Plain"]
"""A value without line numbers."""

MAX_BYTES = 1 << 20
"""A larger file is not a configuration."""
_MAX_VALUES = 100_000
"""Aliases can expand a few lines into billions of values."""

_TAG = "tag:yaml.org,2002:"
_AMBIGUOUS = re.compile(r"[-+]?(0[0-9_]+|[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?)$")


@dataclass(frozen=True)
class Node:
    """A value of a file.

    Attributes:
        value: a scalar, or the entries' nodes.
        line: its line; for a mapping's entry, the line of its key.
        written: a scalar as it was written, without quotes; else empty.
        quoted: whether it is a scalar in quotes, or a block of text.
    """

    value: "Scalar | dict[str, Node] | list[Node]"
    line: SourceLine
    written: str = ""
    quoted: bool = False

    def plain(self) -> Plain:
        """Return the value without line numbers."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value


def read(
    data: bytes,
    file: str,
    depth: int,
    mistakes: list[Mistake],
    expected: str = "a mapping of keys",
) -> Node:
    """Parse a file into a mapping.

    Args:
        data: the file's bytes.
        file: its name for messages.
        depth: how many files were extended on the way to it.
        mistakes: mistakes that do not prevent reading the rest are appended to it.
        expected: what the file must be, for messages.

    Raises:
        ConfigError: it is not YAML, or not a mapping.
    """
    node = _parse(data, lambda number: SourceLine(depth, file, number), mistakes)
    if node is None:
        text = f"the file is empty; expected {expected}"
        raise ConfigError([*mistakes, Mistake(SourceLine(depth, file, 0), text)])
    if not isinstance(node.value, dict):
        text = f"got {describe_value(node)}; expected {expected}"
        raise ConfigError([*mistakes, Mistake(node.line, text)])
    return node


def read_value(text: str, line: SourceLine, mistakes: list[Mistake]) -> Node:
    """Parse a value of the command line, as `read` does a file; all of it is located at `line`.

    Raises:
        ConfigError: it is not YAML.
    """
    node = _parse(text.encode("utf-8", "surrogateescape"), lambda _: line, mistakes)
    return Node(None, line) if node is None else node


def describe_value(node: Node) -> str:
    """Describe a value for a message: as it was written, and as YAML reads it if that differs."""
    value = node.value
    if isinstance(value, dict):
        return "a mapping" if value else "an empty mapping"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    written = node.written if len(node.written) <= 60 else f"{node.written[:57]}..."
    if isinstance(value, str):
        shown = written.encode("unicode_escape").decode() if not written.isprintable() else written
        return f'"{shown}"' if node.quoted else f"`{shown}`"
    if not written:
        return "nothing"
    words = [(True, "true"), (False, "false"), (None, "null")]
    means = next((word for meaning, word in words if value is meaning), written)
    return f"`{written}`" + (f", which YAML reads as {means}" if written != means else "")


def list_of(texts: Iterable[str], line: SourceLine) -> Node:
    """Return a list of texts that come from no file, all located at `line`."""
    return Node([Node(text, line, text) for text in texts], line)


def _parse(
    data: bytes, locate: Callable[[int], SourceLine], mistakes: list[Mistake]
) -> Node | None:
    """The tree of a text, or None if it is empty; `locate` is called with line numbers."""

    def refuse(number: int, text: str) -> ConfigError:
        return ConfigError([*mistakes, Mistake(locate(number), text)])

    text = _decode(data, refuse)
    try:
        loader = yaml.SafeLoader(text)
        root = loader.get_single_node()
    except yaml.reader.ReaderError as error:
        number = text.count("\n", 0, error.position) + 1
        found = f"got the character U+{error.character:04X}, which YAML does not allow"
        raise refuse(
            number, f"{found}; write it as an escape in double quotes, or leave it out"
        ) from error
    except yaml.MarkedYAMLError as error:
        raise refuse(*_syntax(error)) from error
    except RecursionError as error:
        raise refuse(0, "lists or mappings are nested too deeply") from error
    if root is None:
        return None
    return _Tree(loader, locate, mistakes).convert(root, root.start_mark.line + 1)


class _Tree:
    """Converts the nodes of one text."""

    def __init__(
        self,
        loader: yaml.SafeLoader,
        locate: Callable[[int], SourceLine],
        mistakes: list[Mistake],
    ) -> None:
        self._loader = loader
        self._locate = locate
        self._mistakes = mistakes
        self._open: set[int] = set()
        self._count = 0

    def convert(self, node: yaml.Node, number: int) -> Node:
        """Return the tree of a node; `number` is the line of the node, or of its key."""
        line = self._locate(number)
        self._count += 1
        if self._count > _MAX_VALUES:
            text = f"more than {_MAX_VALUES:,} values; aliases of aliases?"
            raise ConfigError([Mistake(line, text)])
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, line)
        self._check_tag(node, ("map", "seq"), number)
        if id(node) in self._open:
            raise ConfigError([Mistake(line, "this value contains itself through an alias")])
        self._open.add(id(node))
        try:
            if isinstance(node, yaml.MappingNode):
                return Node(self._entries(node), line)
            items = [self.convert(item, item.start_mark.line + 1) for item in node.value]
            return Node(items, line)
        finally:
            self._open.discard(id(node))

    def _entries(self, node: yaml.MappingNode) -> dict[str, Node]:
        first: dict[str, int] = {}
        for number, key in self._keys(node):
            if key in first:
                text = f"the key `{key}` occurs twice, first in line {first[key]}; keep one"
                self._refuse(number, text)
            first.setdefault(key, number)
        self._loader.flatten_mapping(node)
        return {
            str(key.value): self.convert(value, key.start_mark.line + 1)
            for key, value in node.value
            if isinstance(key, yaml.ScalarNode)
        }

    def _keys(self, node: yaml.MappingNode) -> Iterator[tuple[int, str]]:
        for key, _ in node.value:
            number = key.start_mark.line + 1
            if isinstance(key, yaml.ScalarNode):
                yield number, str(key.value)
            else:
                self._refuse(number, "got a list or mapping as a key; expected a name")

    def _scalar(self, node: yaml.ScalarNode, line: SourceLine) -> Node:
        written = str(node.value)
        kind = node.tag.removeprefix(_TAG)
        if kind in ("int", "float") and _AMBIGUOUS.match(written):
            text = f"got `{written}`, which YAML does not read as it looks; "
            self._refuse(line.number, text + "write a plain number, or put text in quotes")
        value: Scalar = written
        if kind in ("int", "float", "bool", "null"):
            try:
                value = self._loader.construct_object(node)
            except (ValueError, LookupError):
                self._refuse(line.number, f"got `{written[:60]}`, which cannot be read as {kind}")
        else:
            self._check_tag(node, ("str", "timestamp"), line.number)
        return Node(value, line, written, quoted=node.style is not None)

    def _check_tag(self, node: yaml.Node, known: tuple[str, ...], number: int) -> None:
        if node.tag.removeprefix(_TAG) not in known:
            text = f"got a value of the type `{node.tag}`; expected plain YAML without types"
            self._refuse(number, text)

    def _refuse(self, number: int, text: str) -> None:
        self._mistakes.append(Mistake(self._locate(number), text))


def _decode(data: bytes, refuse: Callable[[int, str], ConfigError]) -> str:
    if len(data) > MAX_BYTES:
        raise refuse(0, f"more than {MAX_BYTES:,} bytes; expected a small YAML file")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = data.count(b"\n", 0, error.start) + 1
        text = f"byte 0x{data[error.start]:02x} is not UTF-8; save the file as UTF-8"
        raise refuse(number, text) from error


def _syntax(error: yaml.MarkedYAMLError) -> tuple[int, str]:
    """Return the line and the message of a syntax error, with a hint for common causes."""
    mark = error.problem_mark or error.context_mark
    number = mark.line + 1 if mark else 0
    problem = ": ".join(part for part in (error.context, error.problem) if part)
    hints = {
        "'\\t'": "indent with spaces, not with tabs",
        "alias": "a value that begins with `*` needs quotes",
        "anchor": "a value that begins with `&` needs quotes",
        "a single document": "the file must be one document; remove the `---` before the next",
        ":": "write `key: value`, and indent the lines below a key by two spaces",
    }
    hint = next(hint for sign, hint in hints.items() if sign in problem + ":")
    return number, f"not YAML: {problem}; {hint}"
