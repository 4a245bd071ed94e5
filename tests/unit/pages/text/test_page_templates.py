"""What somebody else wrote is shown by every page of markdown as it was written: no element, no link, no other
heading."""

import html
import re
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from typer.testing import CliRunner

from flows.cli.app import app
from flows.question import question
from schemas.forms.outcome import HeldFinding, HeldRelease, Outcome
from tasks.pages.release import prefect_pages
from tasks.pages.release.release_page import pages
from tasks.pages.release.release_sections import revision_report
from tasks.pages.text.page_templates import plain
from tasks.reading.query import query
from tests.draws import draws
from tests.unit.published_stores import publish, query_bytes

HOSTILE = (
    "<img src=x onerror=alert(1)> [here](javascript:alert(1)) ![x](http://a.example/b.png) **b** _e_ ~~s~~ `c` | cell #"
    " a\\b &copy; https://a.example www.a.example me@a.example"
)
TAGS = re.compile(r"<(a|img|script|strong|em|s|del|code|h[1-6]|blockquote|ul|ol|table|hr)\b")
READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def shown(markdown: str) -> str:
    """The text that a reader of the page sees, without what is around it."""
    return html.unescape(re.sub(r"<[^>]*>", "", READER.render(markdown)))


letters = st.text(st.sampled_from("ab1 .-+*_~`#>|<&;[]()!\\:/@=\n\t\"'\x1b\u3000"), max_size=30)


@draws(200)
@given(text=letters)
@example(text=HOSTILE)
@example(text="# a #")
@example(text="1. a")
@example(text="- a")
@example(text="---")
@example(text="\\|")
@example(text="&lt;b&gt;")
@example(text="[x]: http://a.example")
def test_a_text_is_shown_as_it_is_wherever_it_stands(text: str) -> None:
    seen = " ".join(text.split()).replace("\x1b", "\\x1b")
    for before, tags in (("# ", ["h1"]), ("- ", ["ul"]), ("> ", ["blockquote"]), ("**a**, ", ["strong"]), ("", [])):
        if not seen and not before.startswith("**"):
            continue
        page = READER.render(f"{before}{plain(text)}")
        assert TAGS.findall(page) == tags, page
        assert shown(f"{before}{plain(text)}").strip() == f"{'a, ' if tags == ['strong'] else ''}{seen}".strip()
    row = READER.render(f"| x | y |\n|---|---|\n| {plain(text)} | z |\n")
    cells = [html.unescape(cell) for cell in re.findall(r"<td>(.*?)</td>", row, re.DOTALL)]
    assert cells == [seen, "z"]


@pytest.mark.parametrize("text", ["https://a.example", "http://a.example/b", "www.a.example", "me@a.example"])
def test_an_address_in_a_text_is_no_link(text: str) -> None:
    """The reader in the UI makes links of bare addresses; with a backslash inside they are none to it."""
    assert not re.search(r"https?://|www\.|[\w.]@", plain(text))
    assert shown(plain(text)).strip() == text


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome]:
    """A release with a hostile title that revised another one with such a title."""
    folder = tmp_path_factory.mktemp("hostile")
    first, second = (query_bytes([("202506", "85051110", "USA", mass, 9_000)]) for mass in (353_000, 353_001))
    publish(
        folder, "CHN", "0.csv", first, flow="export", partners="listed", title=HOSTILE, released_on=date(2025, 7, 20)
    )
    outcome = publish(
        folder, "CHN", "1.csv", second, flow="export", partners="listed", title=HOSTILE, released_on=date(2025, 7, 22)
    )
    return folder / "store" / "reporter=CHN", outcome


def assert_shown(page: str) -> None:
    rendered = READER.render(page)
    assert HOSTILE in html.unescape(re.sub(r"<[^>]*>", "", rendered))
    for tag in ("<img src=x", "<a ", '<img src="http'):
        assert tag not in rendered


def test_the_pages_about_revisions_show_a_title_as_it_is(published: tuple[Path, Outcome]) -> None:
    store, _ = published
    releases, revision = query(store, "release").sort("released_on"), query(store, "revision")
    assert revision.height
    page = revision_report(revision, releases.row(1, named=True))
    assert_shown(page)
    assert len(re.findall("<h1>", READER.render(page))) == 1
    done = CliRunner().invoke(app, ["revisions", "--store", str(store)])
    assert_shown(done.stdout)
    rows = revision.with_columns(pl.lit(HOSTILE).alias(name) for name in ("regime", "province", "partner", "product"))
    table = READER.render(revision_report(rows, releases.row(1, named=True)))
    assert "<a " not in table
    cells = [row.count("<td") for row in re.findall("<tr>.*?</tr>", table, re.DOTALL)]
    assert {*cells} - {0} <= {8, 9}


def test_the_page_of_a_release_and_what_it_is_described_by_show_its_title(
    published: tuple[Path, Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, outcome = published
    assert_shown(pages(store, outcome, pictures=False).summary)
    written: list[tuple[str, str]] = []
    for name in ("create_markdown_artifact", "create_table_artifact"):
        keep = lambda data, key, description: written.append((key, description))  # noqa: E731
        monkeypatch.setattr(f"prefect.artifacts.{name}", keep)
    prefect_pages.write(store, outcome, pictures=False)
    # The summary is described by its figure, the two briefs by their month, the other pages by the title.
    titled = [description for key, description in written if not key.startswith(("summary", "brief-"))]
    assert len(titled) == len(written) - 3 >= 1
    for description in titled:
        assert_shown(description)


def test_the_question_shows_titles_and_findings_as_they_are() -> None:
    texts = dict.fromkeys(("subject", "observed", "expected", "advice"), HOSTILE)
    doubt = HeldFinding(check="row_cap", severity="error", **texts)
    held = HeldRelease.model_construct(
        release_id="gacc_query-0", title=HOSTILE, source="gacc_query", flow="export", released_on=date(2025, 7, 20),
        held_since=date(2025, 7, 21), raw_sha256="0" * 64, findings=[doubt],
    )  # fmt: skip
    page = question(held)
    assert_shown(page)
    rendered = READER.render(page)
    assert [len(re.findall(f"<{tag}>", rendered)) for tag in ("h2", "li", "blockquote")] == [1, 1, 1]
    assert html.unescape(re.sub(r"<[^>]*>", "", rendered)).count(HOSTILE) == 5
