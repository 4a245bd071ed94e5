"""Reads JSON answers strictly: numbers stay texts as sent, and nothing is guessed.

Python's reader accepts NaN, keeps the last of two equal keys, and converts numbers to floats; here each of these is
refused or kept as text. A file may hold several documents one after another: the pages of one answer, in order.
"""

import json
import re
from typing import Any

from tasks.domain.errors import Refused
from tasks.domain.text import clip, clip_bytes
from tasks.sources.envelope import open_text

_HIGH, _LOW = r"\\u[dD][89abAB][0-9a-fA-F]{2}", r"\\u[dD][c-fC-F][0-9a-fA-F]{2}"
HALF = re.compile(rf"{_HIGH}(?!{_LOW})|(?<!{_HIGH}){_LOW}")
AGAIN = "Ask again; an error message or a page is no answer."


def read_documents(raw: bytes, where: str) -> list[Any]:
    """The JSON documents of a file; numbers are texts. Raises Refused; `where` names the file in messages."""
    text = open_text(raw, where, "not JSON", AGAIN)
    if text.lstrip()[:1] not in ("{", "["):
        raise Refused(
            "not JSON", where, f"it begins with '{clip_bytes(raw.lstrip()[:40])}': a page or a message", AGAIN
        )
    # Halves of a letter: escaped, they come in pairs; alone they are in no text that can be written.
    if "\\u" in text and (half := HALF.search(text.replace("\\\\", ""))):
        raise Refused("undecodable", where, f"{half[0]}, which is half of a letter", AGAIN)
    decoder = json.JSONDecoder(
        object_pairs_hook=_distinct, parse_float=str, parse_int=str, parse_constant=_refuse_constant
    )
    # The decoder takes no blanks before a document.
    documents, place = [], len(text) - len(text.lstrip())
    try:
        while place < len(text):
            document, place = decoder.raw_decode(text, place)
            documents.append(document)
            while text[place : place + 1].isspace():
                place += 1
    except _Unclear as problem:
        raise Refused("unclear JSON", where, str(problem), AGAIN) from problem
    except RecursionError as error:
        raise Refused("unclear JSON", where, "lists in lists without end", AGAIN) from error
    except json.JSONDecodeError as error:
        raise Refused(
            "no whole JSON",
            f"{where}, character {error.pos}",
            f"'{clip(text[max(error.pos - 30, 0) : error.pos])}' and then no JSON: cut off or damaged",
            "Ask again; the last record may be short.",
        ) from error
    return documents


def rows_of(document: Any, name: str, where: str) -> list[dict[str, Any]]:
    """The rows below this name in an answer. Raises Refused for an answer with an error, and for one without rows."""
    rows = document.get(name) if isinstance(document, dict) else None
    error = document.get("error") if isinstance(document, dict) else "a list"
    if error or not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        shown = error or document.get("message") or [*document][:4]
        raise Refused("no answer", where, f"'{clip(str(shown))}' in place of rows", AGAIN)
    return rows


class _Unclear(ValueError):
    """A document that JSON readers interpret differently."""


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _Unclear(f"the key '{clip(name)}' twice in one record")
        found[name] = value
    return found


def _refuse_constant(text: str) -> Any:
    raise _Unclear(f"{text}, which is no number")
