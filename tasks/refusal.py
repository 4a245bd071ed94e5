"""Text from a file that somebody else wrote, short and plain enough for a message on a terminal."""


def clip(text: str, length: int = 80) -> str:
    """Text from a stranger's file, short enough and plain enough for a terminal."""
    plain = "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in text)
    return plain if len(plain) <= length else f"{plain[:length]}… ({len(plain)} characters)"


def clip_bytes(data: bytes) -> str:
    """A piece of a stranger's file as text, whichever of the two encodings it has; it may begin and end within a character.

    >>> clip_bytes("数据".encode("gb18030")[:3]), clip_bytes("数据".encode()[1:])
    ('数', '据')
    """
    texts = (data[start:end].decode(encoding, "backslashreplace") for encoding in ("utf-8", "gb18030")
             for start in range(4) for end in range(len(data), max(len(data) - 4, start), -1))  # fmt: skip
    whole = next((text for text in texts if "\\x" not in text), None)
    return clip(data.decode("utf-8", "backslashreplace") if whole is None else whole)
