"""Reads the small files that people and programs leave for Tidewaiter: rules, declarations, notes.

Whatever lies at such a place is read or refused within a second: a pipe would make the reader wait without end, and
some texts of a few kilobytes would keep a parser busy for hours or end it. Belongs here: reading bytes, TOML and JSON
within limits. What is in them is judged by their readers, which also know what to do about a file that is refused.
"""

import json
import os
import re
import stat
import tomllib
from pathlib import Path
from typing import Any

# Of what people write, and of notes, which grow with what they are about.
TOML_BYTES_MAX, JSON_BYTES_MAX = 1_000_000, 50_000_000
# Reading a dotted key takes time with the cube of its parts.
KEY_PARTS_MAX = 16
WITHOUT_END = "lists or tables in one another without end"
# In order: texts of several lines, texts of one, comments. What a text holds is no part of a key.
_TEXTS = re.compile(r'"""(?:[^\\]|\\.)*?"""|\'\'\'.*?\'\'\'|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|#[^\n]*', re.DOTALL)
_BETWEEN_KEYS = re.compile(r"[=\[\]{},]")


def read_small(place: Path, bytes_max: int) -> bytes:
    """Return the bytes of a regular file. Raises ValueError where it is none or larger, OSError where it is not
    there."""
    # Without O_NONBLOCK, opening a pipe waits for its writer.
    descriptor = os.open(place, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError("a folder, a pipe or a device, and no file")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            data = file.read(bytes_max + 1)
    finally:
        os.close(descriptor)
    if len(data) > bytes_max:
        raise ValueError(f"more than {bytes_max:,} bytes")
    return data


def read_toml(place: Path) -> tuple[str, dict[str, Any]]:
    """Return the text of a TOML file and what it says. Raises ValueError with what is wrong with it, and OSError."""
    # Some editors put a byte order mark before the text.
    text = read_small(place, TOML_BYTES_MAX).decode("utf-8-sig")
    plain = _TEXTS.sub(lambda match: "t" + "\n" * match[0].count("\n"), text)
    for number, line in enumerate(plain.split("\n"), 1):
        parts = max(chunk.count(".") for chunk in _BETWEEN_KEYS.split(line)) + 1
        if parts > KEY_PARTS_MAX:
            raise ValueError(f"a key of {parts:,} parts in line {number}; a key has {KEY_PARTS_MAX} at most")
    try:
        return text, tomllib.loads(text)
    except RecursionError as error:
        raise ValueError(WITHOUT_END) from error


def read_json(place: Path) -> Any:
    """Return what a JSON file says. Raises ValueError with what is wrong with it, and OSError."""
    try:
        return json.loads(read_small(place, JSON_BYTES_MAX))
    except RecursionError as error:
        raise ValueError(WITHOUT_END) from error
