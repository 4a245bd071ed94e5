"""JSON without guesses: numbers are texts, and what readers understand differently is refused."""

import pytest

from tasks.domain.errors import Refused
from tasks.sources.json_text import read_documents


@pytest.mark.parametrize(
    ("raw", "documents"),
    [
        (b'{"a": 1.50, "b": 12345678901234567890}', [{"a": "1.50", "b": "12345678901234567890"}]), (b'\xef\xbb\xbf [1e5, true, null, "x"]\n', [["1e5", True, None, "x"]]),
        (b'{"a": 1}\n{"a": 2}', [{"a": "1"}, {"a": "2"}]), (b"[][]", [[], []]), ('["数据"]'.encode(), [["数据"]]),
    ],
)  # fmt: skip
def test_documents_one_after_another_with_numbers_as_they_were_sent(raw: bytes, documents: list[object]) -> None:
    assert read_documents(raw, "f.json") == documents


@pytest.mark.parametrize(
    ("raw", "rule", "found"),
    [
        (b"", "empty file", "no text"), (b" \n", "empty file", "no text"), (b"PK\x03\x04", "not JSON", "a binary"), (b"[\xff]", "undecodable", "no UTF-8 at byte 1"),
        (b"<html>", "not JSON", "'<html>': a page or a message"), (b"1", "not JSON", "begins with '1'"), (b"[NaN]", "unclear JSON", "NaN, which is no number"),
        (b"[-Infinity]", "unclear JSON", "-Infinity"), (b'{"a": 1, "a": 1}', "unclear JSON", "the key 'a' twice in one record"), (b'{"a": 1', "no whole JSON", "cut off"),
        (b"[1][2", "no whole JSON", "cut off"), (b"[" * 100_000, "unclear JSON", "lists in lists without end"),
    ],
)  # fmt: skip
def test_anything_else_is_refused_by_name(raw: bytes, rule: str, found: str) -> None:
    with pytest.raises(Refused) as refusal:
        read_documents(raw, "f.json")
    assert refusal.value.rule == rule
    assert refusal.value.where.startswith("f.json")
    assert found in refusal.value.found
