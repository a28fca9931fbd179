"""The kernels that read the escapes of JSON strings (RFC 8259, section 7)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from codecorpus.foundation.compiling import kernel

BAD_ESCAPE, LONE_SURROGATE = -1, -2
"""What stands for a code point where there is none."""

_NO_DIGIT = 1 << 20


@kernel
def read_escape(data: NDArray[np.uint8], at: int, end: int) -> tuple[int, int]:
    """The code point of the escape whose backslash stands at `at`, and where it ends.

    Args:
        data: uint8.
        at: where the backslash is.
        end: where the string's quote stands.

    Returns:
        The code point, or BAD_ESCAPE or LONE_SURROGATE, and one past the escape.
    """
    letter = data[at + 1] if at + 1 < end else np.uint8(0)
    if letter in (34, 92, 47):  # '"', '\\', '/'
        return data[at + 1] + 0, at + 2
    if letter == 110:  # 'n'
        return 10, at + 2
    if letter == 116:  # 't'
        return 9, at + 2
    if letter == 114:  # 'r'
        return 13, at + 2
    if letter == 98:  # 'b'
        return 8, at + 2
    if letter == 102:  # 'f'
        return 12, at + 2
    if letter != 117:  # 'u'
        return BAD_ESCAPE, at
    code = _unit(data, at + 2, end)
    at += 6
    if code < 0:
        return BAD_ESCAPE, at
    if 0xDC00 <= code < 0xE000:
        return LONE_SURROGATE, at
    if 0xD800 <= code < 0xDC00:
        low = -1
        if at + 1 < end and data[at] == 92 and data[at + 1] == 117:
            low = _unit(data, at + 2, end)
            if low < 0:
                return BAD_ESCAPE, at
        if not 0xDC00 <= low < 0xE000:
            return LONE_SURROGATE, at
        code = 0x10000 + ((code - 0xD800) << 10) + low - 0xDC00
        at += 6
    return code, at


@kernel
def _unit(data: NDArray[np.uint8], at: int, end: int) -> int:
    """Four hexadecimal digits; negative if they are not."""
    if at + 4 > end:
        return -1
    code = 0
    for offset in range(4):
        byte: Any = np.int64(data[at + offset])
        lower = byte | 32
        if 48 <= byte <= 57:
            digit = byte - 48
        elif 97 <= lower <= 102:
            digit = lower - 87
        else:
            digit = -_NO_DIGIT
        code = code * 16 + digit
    return code
