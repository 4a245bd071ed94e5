"""What becomes of each question, with answers that are made up here and no connection: judged, dropped, remembered,
noted."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from schemas.forms.fetch import Fetched
from tasks.domain.errors import Refused
from tasks.fetch.ask import ask_all
from tasks.fetch.judge import refuse_other
from tasks.sources.adapter.protocol import Response, WantedFile
from tests.unit.sources.hmrc.ots_answers import page, row

NOW = datetime(2026, 8, 14, 9, 5, tzinfo=UTC)
Reply = bytes | Exception | None


class Source:
    """Gives its replies in order, the last one again and again."""

    def __init__(self, *replies: Reply) -> None:
        self.replies, self.asked, self.sent = list(replies), [], []  # type: ignore[var-annotated]

    def get(self, address: str, **sent: object) -> Response | None:
        self.asked.append(address)
        self.sent.append(sent)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Exception):
            raise reply
        return None if reply is None else Response(reply, NOW, address, etag="e1")


def question(name: str = "june", **other: object) -> WantedFile:
    declared = {"reporter": "GBR", "flow": "import", "partners": "all", "products": ["85051110"]}
    given = {"address": f"http://a.example/{name}", "form": "json"} | other
    return WantedFile(name, "hmrc_ots", zone=ZoneInfo("Europe/London"), title="t", declared=declared, **given)  # type: ignore[arg-type]


@pytest.fixture
def ask(tmp_path: Path) -> Callable[..., list[Fetched]]:
    def asked(source: Source, *questions: WantedFile) -> list[Fetched]:
        return list(ask_all(questions, source, tmp_path, "http://a.example"))  # type: ignore[arg-type]

    return asked


def test_the_same_records_in_another_order_are_unchanged_and_other_ones_are_new(
    ask: Callable[..., list[Fetched]],
) -> None:
    one, two = row(), row(7.0, 2.0, country="XS")
    ask(Source(page(one, two)), question())
    assert [found.reason for found in ask(Source(page(two, one)), question())] == [
        "the same records, in another order or with a newer stamp"
    ]
    assert [(found.outcome, found.reason) for found in ask(Source(page(one)), question())] == [
        ("new", "it has changed")
    ]


def test_what_cannot_change_is_asked_once_for_each_address(ask: Callable[..., list[Fetched]]) -> None:
    source = Source(page(row()))
    found = ask(source, *(question(again=False, address=f"http://a.example/{path}") for path in "aab"))
    assert [one.reason for one in found] == [
        "never seen before",
        "it was fetched before, and its address is the same",
        "the same bytes",
    ]
    assert source.asked == ["http://a.example/a", "http://a.example/b"]


PAGE, OLE, ZIP = b"<!DOCTYPE html><p>hello", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04"


def judge(body: bytes, form: str) -> Refused | None:
    """Why bytes are not of a form; None where they are."""
    try:
        refuse_other(Response(body, NOW, "http://a.example/x"), form)
    except Refused as refusal:
        return refusal
    return None


def test_the_requested_form_passes() -> None:
    for body, form in (
        (b"a,b\n1,2", "csv"), (b"\xef\xbb\xbfa,b", "csv"), (b' \r\n{"a": 1}', "json"), (b"[1]", "json"), (PAGE, "html"),
        (b"\xef\xbb\xbf\n<HTML>", "html"), (OLE, "xls"), (ZIP, "xls"),
    ):  # fmt: skip
        assert judge(body, form) is None, (body, form)


@pytest.mark.parametrize(
    ("body", "form", "rule", "message"),
    [
        (b"", "csv", "empty answer", "an answer without a byte"),
        (b"\xef\xbb\xbf \r\n\t", "json", "empty answer", "ask again later"),
        (PAGE, "csv", "page instead of data", "a page where a table was asked for"),
        (PAGE, "json", "page instead of data", "where JSON was asked for"),
        (PAGE, "xls", "page instead of data", "where a workbook was asked for"),
        (b'<?xml version="1.0"?>', "csv", "page instead of data", "<?xml"),
        (b"a,b", "html", "no page", "'a,b'"),
        (b"a,b", "xls", "another format", "text where a workbook was asked for"),
        (ZIP, "csv", "another format", "zip where a table was asked for"),
        (OLE, "json", "another format", "ole where JSON"),
        (b'{"error": "too many"}', "csv", "message instead of data", "too many"),
        (b"Too many rows", "json", "message instead of data", "'Too many rows'"),
    ],
)
def test_anything_else_is_refused_with_what_came_and_from_where(
    body: bytes, form: str, rule: str, message: str
) -> None:
    refusal = judge(body, form)
    assert refusal is not None
    assert (refusal.rule, refusal.where) == (rule, "http://a.example/x")
    assert message in str(refusal)


def test_a_message_shows_no_more_than_the_beginning_of_an_answer() -> None:
    refusal = judge(b"[" + b"x" * 1000, "csv")
    assert refusal is not None
    assert refusal.found == f"'[{'x' * 59}' where a table was asked for"
