"""Reads the files of a declared source as fields: delimited text, text of fixed width, or the first sheet of a
workbook."""

import io
import re
from collections.abc import Mapping
from typing import Any

import polars as pl

from tasks.domain.errors import Refused
from tasks.domain.text import counted
from tasks.sources.adapter.json_rows import FileRead
from tasks.sources.formats import csv
from tasks.sources.formats.fixed_width import Member, layout_of, read_blocks

Spec = Mapping[str, Any]


def read_csv(spec: Spec, raw: bytes, where: str) -> FileRead:
    """The fields of a delimited file. Raises Refused for a file that is not whole or no table."""
    mark, encoding = spec.get("separator", ","), spec.get("encoding", "")
    raw = raw.decode(encoding).encode() if encoding else raw
    raw, notes = _without_quotes(spec, raw, mark, where) if spec.get("bare") else (raw, [])
    # A comma inside a field takes the place of the mark, and both change back in the texts.
    lexed = csv.read_fields(
        raw.translate(bytes.maketrans(f"{mark},".encode(), f",{mark}".encode())),
        where,
        lambda title: title in spec.get("numbers", ()),
    )
    # What rows are compared by alone stays as it was read, which costs less than a text for each row.
    plain = spec.get("compared_alone", ()) if mark == "," or b"," not in raw else ()
    fields = lexed.fields.with_columns(pl.exclude([*plain, ""]).cast(pl.String))
    if mark != "," and b"," in raw:
        fields = fields.with_columns(pl.all().str.replace_many([",", mark], [mark, ","]))
    return FileRead(fields, encoding or lexed.encoding, [*notes, *lexed.normalised])


def _without_quotes(spec: Spec, raw: bytes, mark: str, where: str) -> tuple[bytes, list[str]]:
    """The bytes without the quotes around fields, where there are codes and whole numbers alone: quotes around some of
    the fields would be read record by record. Raises Refused for a quote or a comma inside a field."""
    text, quote, by = raw.removeprefix(b"\xef\xbb\xbf"), b'"', mark.encode()
    if (spec.get("shapes") or [spec])[0]["columns"][0].encode() not in text.partition(b"\n")[0]:
        return raw, []
    edges = sum(text.count(edge) for edge in (by + quote, quote + by, b"\n" + quote, quote + b"\n", quote + b"\r"))
    if (mark != "," and b"," in text) or text.count(quote) != edges + text.startswith(quote):
        problem = "a comma or a quote inside a field, where there are codes and whole numbers alone"
        raise Refused("quoting", where, problem, spec["again"])
    return raw.translate(None, quote), [] if quote in raw else ["codes without quotes"]


def read_fixed(spec: Spec, raw: bytes, where: str) -> FileRead:
    """The fields of lines of a fixed width, without blanks around them and zeros before a number. Raises Refused for
    lines of another width, and for a number that is none."""
    columns, numbers = spec["columns"], spec.get("numbers", ())
    texts = [name for name in columns if name not in numbers]
    layout = layout_of([*zip(columns, spec["widths"], strict=True)])
    lines = Member("its records", lambda: io.BytesIO(raw))
    fields = pl.concat(read_blocks(lines, layout, texts, numbers, where))
    return FileRead(fields.select(pl.col(columns).cast(pl.String)), "ascii")


def read_xlsx(spec: Spec, raw: bytes, where: str) -> FileRead:
    """The rows below the heading, the first row whose first cell has its form; a title may stand in the row above."""
    # Its library costs each read of a figure, which meets no workbook.
    from tasks.sources.formats.excel import read_rows

    rows = read_rows(raw, where)
    form = re.compile(spec.get("heading", "."))
    place = next((place for place, row in enumerate(rows) if row and form.search(row[0])), None)
    if place is None:
        raise Refused("columns", where, f"no row that begins with {form.pattern}", spec["again"])
    above = rows[place - 1] if place else [""] * len(rows[place])
    titles = [csv.clean_title(title or higher) for title, higher in zip(rows[place], above, strict=True)]
    csv.check_titles(titles, where)
    columns = zip(*rows[place + 1 :], strict=True) if rows[place + 1 :] else ([] for _ in titles)
    fields = pl.DataFrame(dict(zip(titles, columns, strict=True)), schema=dict.fromkeys(titles, pl.String))
    return FileRead(fields, "xlsx", [f"Excel workbook, {counted(place + 1, 'row')} up to its heading"])
