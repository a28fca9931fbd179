"""A recipe as YAML that every reader reads back to the same values."""

import yaml


class _Dumper(yaml.SafeDumper):
    """Puts text with line breaks and the like into double quotes, escaped.

    Other styles write U+0085 as it is, which YAML 1.1 reads as a line break.
    """


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    style = None if text.isprintable() else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


_Dumper.add_representer(str, _text)


def to_yaml(values: object) -> str:
    """The values in their order; equal values give equal text."""
    return yaml.dump(values, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=2**31)


def to_line(value: object) -> str:
    """A value on one line, for messages and examples."""
    text = yaml.dump(
        value,
        Dumper=_Dumper,
        default_flow_style=True,
        sort_keys=False,
        allow_unicode=True,
        width=2**31,
    )
    return text.removesuffix("\n").removesuffix("\n...")
