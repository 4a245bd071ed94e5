"""Formats counts and foreign text for messages."""

import re
from collections.abc import Collection

# Control characters but for tab and line feed, marks that turn the direction of what follows, and characters without
# width, by which two names that look alike differ.
HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
# The number of values that a message lists when a requested one does not exist.
NAMED_MAX = 20


def counted(number: int, noun: str) -> str:
    """A number of things: `1 file`, `1,200 files`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def clip(text: str, length: int = 80) -> str:
    """Text from an input file, short enough and plain enough for a terminal."""
    plain = "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in text)
    return plain if len(plain) <= length else f"{plain[:length]}… ({len(plain)} characters)"


def visible(text: str) -> str:
    """A text for a terminal or a program: what would act there, or turn what follows, is its escape.

    >>> print(visible("a\x1b[31mb\u202ec"))
    a\\x1b[31mb\\u202ec
    """
    return HIDDEN.sub(lambda match: ascii(match[0])[1:-1], text)


def clip_bytes(data: bytes) -> str:
    """A piece of an input file as text without its line end, in whichever of the two encodings; it may begin and end
    within a character.

    >>> clip_bytes("数据".encode("gb18030")[:3]), clip_bytes("数据".encode()[1:] + b"\\r\\n")
    ('数', '据')
    """
    data = data.rstrip(b"\r\n")
    texts = (
        data[start:end].decode(encoding, "backslashreplace")
        for encoding in ("utf-8", "gb18030")
        for start in range(4)
        for end in range(len(data), max(len(data) - 4, start), -1)
    )
    whole = next((text for text in texts if "\\x" not in text), None)
    return clip(data.decode("utf-8", "backslashreplace") if whole is None else whole)


def named(values: Collection[str]) -> str:
    """Values in their order; only the first ones where there are too many."""
    few = sorted(values)[:NAMED_MAX]
    return ", ".join([*few, "and more"] if len(values) > NAMED_MAX else few)
