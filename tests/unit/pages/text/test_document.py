"""A page is parts: HTML, markdown and a terminal show each, in both languages, and a new page is an answer and no
template."""

import io
import re
from html import unescape

import polars as pl
import pytest
from bad_inputs.download import csv_bytes, magnets
from markdown_it import MarkdownIt
from rich.console import Console

from schemas.questions.read import Read
from tasks.answers.trade.read import read_store
from tasks.pages.text.document import (
    Chart,
    Document,
    Headline,
    Lines,
    Links,
    Note,
    SectionPart,
    SourcePart,
    TablePart,
    TableRow,
    TextRun,
    as_html,
    as_markdown,
    on_an_answer,
    rows_of,
    shown,
)
from tests.unit.customs import Store

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")
YEAR = [f"2024{month:02d}" for month in range(5, 13)] + [f"2025{month:02d}" for month in range(1, 5)]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Two partners in a file that was declared as of all, of which one rises from nearly nothing."""
    store = Store(tmp_path_factory.mktemp("document"))
    rows = [
        (m, partner, mass + 1000 * n)
        for n, m in enumerate(YEAR)
        for partner, mass in (("502", 900_000), ("304", 700_000))
    ]
    rows += [("202505", "502", 25), ("202505", "304", 700_000), ("202506", "502", 353_000), ("202506", "304", 764_000)]
    made = [magnets(partner, f"{mass}", f"{57 * mass:,}", month) for month, partner, mass in rows]
    store.ingest(csv_bytes(made), months="2024-05..2025-06")
    return store


@pytest.mark.parametrize(
    ("language", "doubt", "verdict", "source"),
    [
        ("en", "In doubt: few partners for a file of all partners", "United States m/m: ", "Source: China customs"),
        ("zh", "存疑：申报为全部贸易伙伴，文件中的伙伴却过少", "美国环比：", "来源：中国海关"),
    ],
)
def test_a_new_page_is_an_answer_and_no_template(
    store: Store, language: str, doubt: str, verdict: str, source: str
) -> None:
    question = Read("85051110", month="2025-06", measure="quantity_kg", language=language, store=store.store)  # type: ignore[arg-type]
    answer = read_store(question, store.store)
    table = TablePart(
        ["partner", "kg"], rows_of(answer.rows.select("partner", pl.col("level").cast(pl.String)).rows()), (1,)
    )
    sections = [SectionPart("Rows", [table])]
    document = on_an_answer(answer, "A new page", ["It rose."], "of a test", sections, answer.notes, language)
    terminal = Console(width=200, file=io.StringIO())
    for one in shown(document.parts, language):
        terminal.print(one)
    assert isinstance(terminal.file, io.StringIO)
    html, markdown, printed = unescape(as_html(document)), as_markdown(document), terminal.file.getvalue()
    for text in (html, markdown, printed):
        for said in ("It rose.", doubt, verdict, source, "353000.0"):
            assert said in text.replace("\\", ""), said
    assert f'<html lang="{"en" if language == "en" else "zh-CN"}">' in html
    assert text_of(html).index(doubt) < text_of(html).index("353000.0"), "a doubt stands before the numbers"
    assert markdown.startswith("# A new page\n")


def text_of(html: str) -> str:
    return re.sub(r"<[^>]+>", "", html)


HOSTILE = "<img src=x onerror=alert(1)> [a](javascript:alert(1)) | *b*"


def test_what_somebody_wrote_is_text_in_every_part() -> None:
    parts = [
        Headline([HOSTILE, [HOSTILE, TextRun(HOSTILE, "https://a.example")]], [HOSTILE], [HOSTILE]),
        Note([TextRun(HOSTILE, look=look) for look in ("", "soft", "strong", "below")], "caveat"),
        SectionPart(
            HOSTILE,
            [Lines([HOSTILE]), TablePart([HOSTILE], [TableRow([[TextRun(HOSTILE, title=HOSTILE)]], below=HOSTILE)])],
        ),
        SectionPart(
            HOSTILE,
            [Chart("<svg></svg>", HOSTILE), SectionPart(HOSTILE, [Links([(HOSTILE, "a.html")])])],
            fold="closed",
        ),
        SourcePart(HOSTILE, HOSTILE),
    ]
    document = Document(HOSTILE, parts, above=HOSTILE, below=[HOSTILE])
    html, markdown = as_html(document), as_markdown(document)
    rendered = MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown)
    for page in (html, rendered):
        assert not re.search(r"<img|<em>b|href=\"javascript", page)
    assert unescape(text_of(rendered)).count(HOSTILE) == 21, "each but the link and what a pointer is told"
