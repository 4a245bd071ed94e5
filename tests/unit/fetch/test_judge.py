"""Answers that are not of the requested form."""

from datetime import UTC, datetime

import pytest

from tasks.domain.errors import Refused
from tasks.fetch.judge import refuse_other
from tasks.sources.protocol import Answer

PAGE, OLE, ZIP = b"<!DOCTYPE html><p>hello", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04"


def judge(body: bytes, form: str) -> None:
    refuse_other(Answer(body, datetime(2026, 8, 14, tzinfo=UTC), "http://a.example/x"), form)


@pytest.mark.parametrize(
    ("body", "form"),
    [
        (b"a,b\n1,2", "csv"), (b"\xef\xbb\xbfa,b", "csv"), (b' \r\n{"a": 1}', "json"), (b"[1]", "json"), (PAGE, "html"),
        (b"\xef\xbb\xbf\n<HTML>", "html"), (OLE, "xls"), (ZIP, "xls"),
    ],
)  # fmt: skip
def test_the_requested_form_passes(body: bytes, form: str) -> None:
    judge(body, form)


@pytest.mark.parametrize(
    ("body", "form", "rule", "message"),
    [
        (b"", "csv", "empty answer", "an answer without a byte"), (b"\xef\xbb\xbf \r\n\t", "json", "empty answer", "ask again later"),
        (PAGE, "csv", "page instead of data", "a page where a table was asked for"), (PAGE, "json", "page instead of data", "where JSON was asked for"),
        (PAGE, "xls", "page instead of data", "where a workbook was asked for"), (b'<?xml version="1.0"?>', "csv", "page instead of data", "<?xml"),
        (b"a,b", "html", "no page", "'a,b'"), (b"a,b", "xls", "another format", "text where a workbook was asked for"),
        (ZIP, "csv", "another format", "zip where a table was asked for"), (OLE, "json", "another format", "ole where JSON"),
        (b'{"error": "too many"}', "csv", "message instead of data", "too many"), (b"Too many rows", "json", "message instead of data", "'Too many rows'"),
    ],
)  # fmt: skip
def test_anything_else_is_refused_with_what_came_and_from_where(
    body: bytes, form: str, rule: str, message: str
) -> None:
    with pytest.raises(Refused) as refusal:
        judge(body, form)
    assert refusal.value.rule == rule
    assert str(refusal.value).startswith("http://a.example/x: ")
    assert message in str(refusal.value)


def test_a_message_shows_no_more_than_the_beginning_of_an_answer() -> None:
    with pytest.raises(Refused) as refusal:
        judge(b"[" + b"x" * 1000, "csv")
    assert refusal.value.found == f"'[{'x' * 59}' where a table was asked for"
