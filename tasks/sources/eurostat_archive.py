"""Asks for Eurostat's bulk files: an archive for each month, which is split into a release for each reporter and direction.

Signal of news: `ETag` or `Last-Modified` of the archive, so an unchanged month costs one request. Many earlier months are
replaced on each of Eurostat's days; of a replaced archive only those parts are new whose records have changed. A month
that is not out is answered with a page and status 200. CC BY 4.0, no key.
"""

import logging
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from urllib.parse import quote

import polars as pl

from schemas.forms.fetch import FetchRequest
from tasks.domain.errors import Refused
from tasks.domain.text import counted
from tasks.sources.comext_split import split
from tasks.sources.eurostat_comext import BASE, ZONE, reporters
from tasks.sources.plan import months_of
from tasks.sources.protocol import Answer, Parsed, Question, Site

SOURCE = "eurostat_bulk"
PATH = "/eurostat/api/dissemination/files"
FILE = "comext/COMEXT_DATA/PRODUCTS/full_v2_{}.7z"
FLOWS = ("export", "import")
log = logging.getLogger("tidewaiter.fetch")


def questions(request: FetchRequest, today: date, site: Site) -> Iterator[Question]:
    """Yield a question for each month, the newest first. Raises Refused for a reporter that Eurostat does not have."""
    chosen = wanted(request.reporters)
    if request.products:
        raise Refused(
            "products", where="products", found=", ".join(request.products[:6]), advice="A bulk file has every code; leave them out, or fetch eurostat_comext."
        )  # fmt: skip
    # An archive that was split for some reporters may be asked for again for others.
    some = [*sorted(request.reporters), *(f"{flow}s" for flow in request.flows if {*request.flows} != {*FLOWS})]
    for month in reversed(months_of(request, today)):
        file = FILE.format(month.replace("-", ""))
        yield Question(
            name="_".join(["comext_archive", month, *some]), source=SOURCE, form="7z", zone=ZONE,
            address=f"{request.base or BASE}{PATH}?file={quote(file, safe='')}", title=f"Eurostat Comext {Path(file).name}", declared={"months": month},
            parts=partial(_parts, chosen, tuple(request.flows)),
        )  # fmt: skip


def asked(parsed: Parsed) -> list[str]:
    """The codes of which a part has every row, so that a missing one means no trade: all, or all but those of chapters
    with trade without a published code; of these only the codes in the part.
    """
    codes = parsed.reported["product"].unique().drop_nulls().cast(pl.String)
    hidden = codes.filter(codes.str.starts_with("line:"))
    if not hidden.len():
        return ["*"]
    chapters = hidden.str.extract(r"^line:cn8_([0-9]{2})", 1)
    plain = codes.filter(codes.str.contains(r"^[0-9]+$"))
    # A code without a chapter may hide any other one.
    open_chapters = [] if chapters.null_count() else sorted({code[:2] for code in plain} - {*chapters})
    return [*open_chapters, *plain.filter(~plain.str.head(2).is_in(open_chapters)).sort()]


def wanted(chosen: list[str]) -> dict[str, str]:
    """Eurostat's code of each chosen reporter; of all where none is chosen. Raises Refused for one that it does not have."""
    codes = reporters()
    unknown = [reporter for reporter in chosen if reporter not in codes]
    if unknown:
        raise Refused(
            "unknown reporter", where="reporters", found=", ".join(unknown), advice=f"It is one of {', '.join(codes)}."
        )
    return {reporter: codes[reporter] for reporter in chosen or codes}


def _parts(
    chosen: Mapping[str, str], flows: tuple[str, ...], question: Question, answer: Answer
) -> Iterator[tuple[Question, Answer]]:
    return split_parts(chosen, flows, question, answer, answer.body)


def split_parts(
    chosen: Mapping[str, str], flows: tuple[str, ...], question: Question, answer: Answer, archive: bytes | Path
) -> Iterator[tuple[Question, Answer]]:
    """Yield the question and the answer of each part; one part at a time is in memory."""
    months = question.declared.get("months")
    with tempfile.TemporaryDirectory(prefix="tidewaiter-comext-") as folder:
        parts, left_out = split(archive, question.name, Path(folder), chosen, flows)
        others = {code: rows for code, rows in left_out.items() if code not in reporters().values()}
        if others:
            log.warning("%s: left out, because they are no reporters of this source: %s", question.name, ", ".join(f"{code} ({counted(rows, 'row')})" for code, rows in others.items()))  # fmt: skip
        there = {part.reporter for part in parts}
        if absent := [reporter for reporter in chosen if reporter not in there and reporter != "EU27"]:
            log.warning(
                "%s: no row of %s: the month of a reporter that is not in the file is not out yet, and is no month without trade",
                question.name, ", ".join(absent),
            )  # fmt: skip
        for part in parts:
            declared = {**question.declared, "reporter": part.reporter, "flow": part.flow, "partners": "all"}
            name = "_".join(filter(None, ["comext_bulk", part.reporter, part.flow, months]))
            title = f"{question.title}, {part.reporter}, {part.flow}s"
            asked_for = replace(
                question, name=name, form="csv", title=title, declared=declared, parts=None, covers=asked
            )
            yield asked_for, replace(answer, body=part.file.read_bytes())
