"""Reads the rows of JSON answers as a frame of texts, for a declared source: what an answer says about itself (an
error, a count of rows, more pages), and that each row has what it must have.

An answer is a record with a list of rows, or a list of lists whose first one has the names. Several answers may follow
one another in a file. Fields of a record inside a row (`Commodity`) become columns of its name (`Commodity_Cn8Code`).
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any, NamedTuple

import polars as pl

from schemas.frames import Reported
from tasks.domain.doubt.findings import finding
from tasks.domain.errors import Refused
from tasks.domain.text import clip, counted
from tasks.sources.formats.json_text import number_in, read_documents, refuse_cut, refuse_nested, rows_of

Row = Mapping[str, Any]
ROUND_PAGE = 1_000


class FileRead(NamedTuple):
    """The fields of a file as texts, its encoding, the normalisations made, doubts, what proves that it is whole, and
    printed years to date."""

    fields: pl.DataFrame
    encoding: str
    notes: Sequence[str] = ()
    doubts: Sequence[dict[str, Any]] = ()
    proof: str = ""
    so_far: Reported | None = None


def read_rows(spec: Mapping[str, Any], needed: Sequence[str], raw: bytes, where: str) -> FileRead:
    """The rows of the answers in a file. Raises Refused for an error in place of rows, for an answer that is not whole,
    and for a row that lacks one of the `needed` fields."""
    form, again = spec["json"], spec["again"]
    documents = read_documents(raw, where)
    pages = [_rows(document, form, where, again) for document in documents]
    if form.get("paged"):
        _refuse_repeated_pages(pages, where)
    rows = [row for page in pages for row in page]
    proof = refuse_cut(documents, len(rows), where)
    records = form.get("records", ())
    refuse_nested(rows, where, records)
    if not rows:
        raise Refused("no records", where, "an answer without a row", "The month may not be out yet; ask again later.")
    flat = [_flat(row, needed, spec, f"{where}, record {number}") for number, row in enumerate(rows, 1)]
    fields, doubts = _fields(flat, {*spec.get("numbers", ())}, where, again), list[dict[str, Any]]()
    if form.get("paged"):
        doubts += _doubt_end(pages, where)
        if len(pages) > 1 and not doubts:
            proof = proof or f"{len(pages):,} pages, of which the last is shorter"
    return FileRead(fields, "utf-8", [], doubts, proof)


def _fields(rows: Sequence[Row], numbers: Set[str], where: str, again: str) -> pl.DataFrame:
    """The fields of rows as columns of texts, in the order in which they first come."""
    columns = {
        name: [_text(row, name, number if name in numbers else 0, where, again) for number, row in enumerate(rows, 1)]
        for name in dict.fromkeys(name for row in rows for name in row)
    }
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))


def _rows(document: Any, form: Mapping[str, Any], where: str, again: str) -> Sequence[Row]:
    """The rows of one answer. Raises Refused where it has an error or a message in their place, or another count."""
    if "rows" not in form:
        return _named(document, where, again)
    status = form.get("status", {})
    status_text = _at(document, status.get("at", ""))
    if status_text is not None and status_text != status["is"]:
        message = f"'{clip(str(_at(document, status.get('message', '')) or status_text), 120)}' in place of rows"
        raise Refused("message instead of data", where, message, f"{again} A limit of use ends after a while.")
    rows = rows_of(document, next((name for name in form["rows"] if _at(document, name) is not None), ""), where)
    count, caps = _at(document, form.get("count", "")), form.get("caps", ())
    if str(count) in map(str, caps) or len(rows) in caps:
        problem = f"{clip(str(count or len(rows)))} rows, the limit of the service"
        raise Refused("cut off", where, problem, f"The rest is missing. {again}")
    if "count" in form and str(count) != str(len(rows)) and (count is not None or form.get("must_count")):
        problem = f"{len(rows):,} rows, where the answer counts {clip(str(count or 'none'))}"
        raise Refused("cut off", where, problem, again)
    return rows


def _at(document: Any, path: str) -> Any:
    """What stands at a path of names (`header.count`), None where there is nothing."""
    for name in path.split("."):
        document = document.get(name) if isinstance(document, dict) else None
    return document


def _named(document: Any, where: str, again: str) -> Sequence[Row]:
    """The rows of a list of lists, by the names in its first one. Raises Refused for other documents, for a row of
    another width, and for two columns of one name that differ."""
    if not isinstance(document, list) or not document or not all(isinstance(row, list) for row in document):
        raise Refused("no answer", where, f"no list of rows, but {clip(str(document))}", again)
    names, rows = [str(name) for name in document[0]], document[1:]
    for number, row in enumerate(rows, 1):
        if len(row) != len(names):
            problem = f"{len(row)} fields where the header has {len(names)}"
            raise Refused("row width", f"{where}, record {number}", problem, again)
    # The answer may repeat a condition of the request as one more column.
    for place, name in enumerate(names):
        if any(row[place] != row[names.index(name)] for row in rows):
            raise Refused("column twice", f"{where}, column {clip(name)}", "two columns of one name that differ", again)
    if not rows:
        raise Refused("no records", where, "a header and no record", "The month may not be out yet; ask again later.")
    return [dict(zip(names, row, strict=True)) for row in rows]


def _flat(row: Row, needed: Sequence[str], spec: Mapping[str, Any], place: str) -> Row:
    """A row with the fields of its records as fields of its own. Raises Refused where a needed field is not there, or
    is null and no number: a condition on null is neither true nor false."""
    records, again = spec["json"].get("records", ()), spec["again"]
    may_be_null = {*spec.get("numbers", ()), *spec["json"].get("nullable", ())}
    if missing := [name for name in needed if name not in row or (row[name] is None and name not in may_be_null)]:
        raise Refused("columns", place, f"no {', '.join(missing)}", again)
    flat = {name: value for name, value in row.items() if name not in records}
    for name in records:
        record = row.get(name) or {}
        if not isinstance(record, dict):
            problem = f"{name} '{clip(str(record))}', where a record stands"
            raise Refused("columns", place, problem, f"It is a record, or is not there. {again}")
        flat |= {f"{name}_{of_record}": value for of_record, value in record.items()}
    return flat


def _text(row: Row, name: str, number: int, where: str, again: str) -> str | None:
    """A field as text, a number (of the record `number`) in plain digits. Raises Refused for a number that is none."""
    if row.get(name) is None or (number and row[name] == ""):
        return None
    return f"{number_in(dict(row), name, f'{where}, record {number}', again):f}" if number else str(row[name])


def _refuse_repeated_pages(pages: Sequence[Sequence[Row]], where: str) -> None:
    full = [page for page in pages if page]
    twice = next((at for at, page in enumerate(full) if page in full[:at]), None)
    if twice is not None:
        problem = "the same rows as on an earlier page"
        raise Refused("page twice", f"{where}, page {twice + 1}", problem, "Ask again: $skip was not heeded.")


def _doubt_end(pages: Sequence[Sequence[Row]], where: str) -> Iterator[dict[str, Any]]:
    """Finds an answer that may continue: its last page is as long as the longest, or its only page has a round size."""
    longest, last = max(map(len, pages)), len(pages[-1])
    if last and ((len(pages) > 1 and last == longest) or (len(pages) == 1 and last % ROUND_PAGE == 0)):
        yield finding(
            "no_last_page",
            "error",
            where,
            observed=f"a last page of {counted(last, 'row')}",
            expected="a last page that is shorter than the others",
            advice="Ask for the next page by $skip until one is short; approve where the answer is whole all the same.",
        )
