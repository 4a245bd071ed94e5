"""Reads JSON answers strictly: numbers stay texts as sent, and nothing is guessed.

Python's reader accepts NaN, keeps the last of two equal keys, and converts numbers to floats; here each of these is
refused or kept as text. A file may hold several documents one after another: the pages of one answer, in order.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from tasks.domain.errors import Refused
from tasks.domain.text import clip, clip_bytes, counted
from tasks.sources.formats.envelope import open_text

_HIGH, _LOW = r"\\u[dD][89abAB][0-9a-fA-F]{2}", r"\\u[dD][c-fC-F][0-9a-fA-F]{2}"
HALF = re.compile(rf"{_HIGH}(?!{_LOW})|(?<!{_HIGH}){_LOW}")
AGAIN = "Ask again; an error message or a page is no answer."
# A number as JSON writes it; Python's own rules take `true`, blanks, underlines and the digits of other scripts, too.
NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?")
# The same without an exponent: a text that has one went through a spreadsheet, which cut digits off.
PLAIN = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
# What services write beside their rows where these are not all, in lower case and without signs: a way to the next
# page, a yes, a no, how many rows or pages there are, and a sentence.
NEXT = re.compile(
    r"next(link|page|url|uri|href|pagetoken|pageurl|pagelink|pageuri|token|cursor|offset|marker|start|index|batch|set"
    r"|records|results|key|id)?|(has)?(more|next)(page|pages|data|rows|records|results|items)?|moreresults"
    r"|continuation(token|key|url|uri)?|resumptiontoken|skiptoken|cursor|marker|scrollid"
    r"|(is|was)?(truncated|partial|incomplete|cut|limited)|exceeded\w*limit|\w*limit(was)?(exceeded|reached)|overflow"
)
WHOLE = re.compile(r"(is)?(complete|completed|whole|finished|done|last|lastpage|lastbatch|endofrecords|endofresults)")
COUNTS = re.compile(
    r"(total|overall|full|number|num|no|n)?(of)?"
    r"(count|total|hits?|found|matched|matches|(records?|results?|rows?|items?|elements?|entries|observations)"
    r"(count|total|number|found|matched|available|filtered)?)"
)
PAGES = re.compile(r"(total|number|num|no)?(of)?pages(count|total)?|page(count|s|total)|lastpage")
SENTENCES = re.compile(r"(error|user|status)?(messages?|warnings?|notes?|notices?|infos?|information|remarks?|alerts?)")
CUT = re.compile(r"truncat|exceed|incomplete|cut off|too many|limited to|only the first|first [\d,]+ (rows|records)")
NOTHING: tuple[object, ...] = (None, False, "", "0", "false", "False", "no", "No", "N", [], {})
DIGITS_MAX = 18
NO: tuple[object, ...] = (False, "0", "false", "False", "no", "No", "N")


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
        object_pairs_hook=_distinct, parse_float=_Sent, parse_int=_Sent, parse_constant=_refuse_constant
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


def refuse_nested(rows: Iterable[Mapping[str, Any]], where: str, records: Collection[str] = ()) -> None:
    """Raises Refused for a field that is a record or a list where rows have a text, a number or nothing; `records` are
    those that may be one."""
    for number, row in enumerate(rows, 1):
        for name, value in row.items():
            if isinstance(value, dict | list) and name not in records:
                mistake = f"{clip(name)} '{clip(str(value))}', where one text or number stands"
                raise Refused("columns", f"{where}, record {number}", mistake, AGAIN)


def refuse_cut(documents: Sequence[Any], count: int, where: str) -> str:
    """What proves that these `count` rows are all: their number as an answer prints it; empty where none does. Raises
    Refused where its pages say that there are more."""
    proof = ""
    for place, document in enumerate(documents, 1):
        for name, mark in _marks(document):
            plain = re.sub(r"[^a-z]", "", name.casefold()).removeprefix("odata")
            # The next page of one that is not the last lies behind it.
            is_last = place == len(documents)
            follows = (NEXT.fullmatch(plain) and mark not in NOTHING) or (WHOLE.fullmatch(plain) and mark in NO)
            if is_last and follows:
                mark_of_more = f"{clip(name)} '{clip(str(mark))}' beside {count:,} rows: more of them follow"
            elif COUNTS.fullmatch(plain) and _count(mark) > count:
                mark_of_more = f"{clip(name)} {clip(str(mark))} beside {count:,} rows"
            elif PAGES.fullmatch(plain) and _count(mark) > len(documents):
                mark_of_more = f"{clip(name)} {clip(str(mark))}, and {counted(len(documents), 'page')} in the file"
            elif SENTENCES.fullmatch(plain) and CUT.search(str(mark).casefold()):
                mark_of_more = f"{clip(name)} '{clip(str(mark))}' beside {count:,} rows"
            else:
                if COUNTS.fullmatch(plain) and _count(mark) == count:
                    proof = f"{clip(name)} {clip(str(mark))}, and as many rows"
                continue
            raise Refused(
                "cut off", where, mark_of_more, "The rest is missing: ask again for every page, or for fewer rows."
            )
    return proof


def _count(mark: Any) -> Decimal:
    """A count, however it is written: `3`, `"3"`, `3.0`, `"1,234"`; 0 for anything else."""
    text = re.sub(r"[\s,_']", "", str(mark))
    return Decimal(text) if NUMBER.fullmatch(text) else Decimal(0)


def _marks(document: Any) -> Iterator[tuple[str, Any]]:
    """What is written beside the rows of a document, by name: also in records of their own, and as a list of links."""
    for name, value in document.items() if isinstance(document, dict) else ():
        if isinstance(value, dict):
            yield from _marks(value)
        links = value if isinstance(value, list) and "link" in name.casefold() else ()
        yield from ((str(link.get("rel")), link.get("href")) for link in links if isinstance(link, dict))
        yield name, value


def number_in(row: dict[str, Any], name: str, place: str, advice: str) -> Decimal:
    """The number of this name. Raises Refused for anything else than a number as JSON writes it, or the same in
    quotation marks, and for one with more digits than any trade has."""
    text = row[name]
    if not isinstance(text, str) or not (NUMBER if isinstance(text, _Sent) else PLAIN).fullmatch(text):
        raise Refused("no number", f"{place}, {name}", f"{name} '{clip(str(text))}'", advice)
    number = Decimal(text)
    if number.adjusted() >= DIGITS_MAX:
        raise Refused("no number", f"{place}, {name}", f"{name} '{clip(text)}': more than {DIGITS_MAX} digits", advice)
    return number


class _Sent(str):
    """A number that the answer has as a number, in its digits."""


class _Unclear(ValueError):
    """A document that JSON readers interpret differently."""


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for name, value in pairs:
        if name in record:
            raise _Unclear(f"the key '{clip(name)}' twice in one record")
        record[name] = value
    return record


def _refuse_constant(text: str) -> Any:
    raise _Unclear(f"{text}, which is no number")
