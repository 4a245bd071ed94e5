"""Rows of JSON answers as texts, and what an answer is refused for."""

import json
from typing import Any

import pytest

from tasks.domain.errors import Refused
from tasks.sources.adapter.json_rows import read_rows

SPEC = {"again": "Ask again.", "numbers": ["value"]}
COUNTED = {"rows": ["data"], "count": "head.count", "status": {"at": "head.status", "is": "ok", "message": "head.why"}}
PAGED = {"rows": ["data"], "paged": True}


def read(form: dict[str, Any], *documents: Any, needed: tuple[str, ...] = ()) -> Any:
    raw = "\n".join(map(json.dumps, documents)).encode()
    return read_rows({**SPEC, "json": form}, needed, raw, "f.json")


def answer(*rows: dict[str, Any], **head: Any) -> dict[str, Any]:
    return {"head": {"count": len(rows), "status": "ok", **head}, "data": [*rows]}


def test_numbers_are_plain_digits_and_records_become_columns() -> None:
    rows = ({"code": "01", "value": 1e-05, "of": {"name": "Horses"}}, {"code": "02", "value": None})
    found = read({**COUNTED, "records": ["of"]}, answer(*rows))
    assert found.fields.rows(named=True) == [
        {"code": "01", "value": "0.00001", "of_name": "Horses"}, {"code": "02", "value": None, "of_name": None},
    ]  # fmt: skip
    assert read({}, [["code", "value"], ["01", "7"]]).fields.rows() == [("01", "7")]


@pytest.mark.parametrize(
    ("form", "document", "says"),
    [
        (COUNTED, answer({"code": "01"}, count=2), "1 rows, where the answer counts 2"),
        (COUNTED, answer(status="error", why="limit"), "'limit' in place of rows"),
        ({**COUNTED, "caps": [1]}, answer({"code": "01"}), "1 rows, the limit of the service"),
        (COUNTED, answer(), "an answer without a row"),
        (COUNTED, answer({"value": 1}), "f.json, record 1: no code"),
        ({**COUNTED, "records": ["of"]}, answer({"code": "01", "of": "Horses"}), "of 'Horses', where a record stands"),
        ({}, [["code", "value"], ["01"]], "1 fields where the header has 2"),
        ({}, [["code", "code"], ["01", "02"]], "two columns of one name that differ"),
        ({}, [["code", "value"]], "a header and no record"),
    ],
)
def test_what_is_no_whole_answer_is_refused(form: dict[str, Any], document: Any, says: str) -> None:
    with pytest.raises(Refused, match=says):
        read(form, document, needed=("code",))


def test_pages_prove_their_end_by_a_shorter_one_and_may_not_repeat() -> None:
    pages = [answer({"code": "01"}, {"code": "02"}), answer({"code": "03"})]
    assert (read(PAGED, *pages).proof, read(PAGED, *pages).doubts) == ("2 pages, of which the last is shorter", [])
    (doubt,) = read(PAGED, pages[0], answer({"code": "03"}, {"code": "04"})).doubts
    assert (doubt["check"], doubt["observed"]) == ("no_last_page", "a last page of 2 rows")
    with pytest.raises(Refused, match=r"f\.json, page 2: the same rows as on an earlier page"):
        read(PAGED, pages[0], pages[0])
