"""The printable characters that byte-level BPE writes for bytes in vocabularies and merges.

Radford et al., "Language Models are Unsupervised Multitask Learners" (2019), section 2.2, merge
bytes instead of characters. Their files write each byte as one character: the visible characters of
Latin-1 (`!` to `~`, `¡` to `¬`, `®` to `ÿ`) stand for themselves, and the other 68 bytes, in order,
are U+0100 and up. A space is `Ġ` (U+0120).
"""


def _characters() -> tuple[str, ...]:
    visible = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = iter(range(0x100, 0x200))
    return tuple(chr(byte if byte in visible else next(others)) for byte in range(256))


CHARACTERS: tuple[str, ...] = _characters()
"""The character for each byte."""

BYTES: dict[str, int] = {character: byte for byte, character in enumerate(CHARACTERS)}
"""The byte for each character."""


def to_byte_alphabet(value: bytes) -> str:
    """Write each byte as its character."""
    return "".join(CHARACTERS[byte] for byte in value)


def from_byte_alphabet(spelling: str) -> bytes | None:
    """The bytes that the characters stand for; None if one of them stands for no byte."""
    values = [BYTES.get(character, -1) for character in spelling]
    return None if -1 in values else bytes(values)
