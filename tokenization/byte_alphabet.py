"""How byte-level BPE spells bytes as printable characters, in vocabularies and merges.

Radford et al., "Language Models are Unsupervised Multitask Learners" (2019), section 2.2, work on
bytes; their files spell each byte as one character: the visible characters of Latin-1 (`!` to `~`,
`¡` to `¬`, `®` to `ÿ`) stand for themselves, the other 68 bytes in order for U+0100 and up, so a
space is `Ġ` (U+0120).
"""


def _characters() -> tuple[str, ...]:
    visible = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = iter(range(0x100, 0x200))
    return tuple(chr(byte if byte in visible else next(others)) for byte in range(256))


CHARACTERS: tuple[str, ...] = _characters()
"""The character that spells each byte."""

BYTES: dict[str, int] = {character: byte for byte, character in enumerate(CHARACTERS)}
"""The byte that each character spells."""


def spell(value: bytes) -> str:
    """The spelling of a byte string."""
    return "".join(CHARACTERS[byte] for byte in value)


def unspell(spelling: str) -> bytes | None:
    """The bytes that a spelling stands for; None where a character spells no byte."""
    values = [BYTES.get(character, -1) for character in spelling]
    return None if -1 in values else bytes(values)
