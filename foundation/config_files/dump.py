"""Write values as YAML that every YAML reader reads back unchanged."""

import yaml


class _Dumper(yaml.SafeDumper):
    """Writes text with unprintable characters in double quotes, escaped.

    Other styles write U+0085 as it is, which YAML 1.1 reads as a line break.
    """


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    style = None if text.isprintable() else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


_Dumper.add_representer(str, _text)


def to_yaml(values: object) -> str:
    """Return the values as YAML, in their order; equal values have equal text."""
    return yaml.dump(values, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=2**31)


def to_line(value: object) -> str:
    """Return a value as one line of YAML, for messages and examples."""
    text = yaml.dump(
        value,
        Dumper=_Dumper,
        default_flow_style=True,
        sort_keys=False,
        allow_unicode=True,
        width=2**31,
    )
    return text.removesuffix("\n").removesuffix("\n...")
