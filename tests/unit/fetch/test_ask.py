"""What becomes of each question, with answers that are made up here and no connection."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from schemas.forms.fetch import Fetched
from tasks.domain.errors import Refused
from tasks.fetch.ask import ask_all
from tasks.fetch.transport import Unreachable
from tasks.sources.protocol import Answer, Question
from tests.unit.sources.test_hmrc_ots import page, row

NOW = datetime(2026, 8, 14, 9, 5, tzinfo=UTC)
Reply = bytes | Exception | None


class Source:
    """Gives its replies in order, the last one again and again."""

    def __init__(self, *replies: Reply) -> None:
        self.replies, self.asked, self.sent = list(replies), [], []  # type: ignore[var-annotated]

    def get(self, address: str, **sent: object) -> Answer | None:
        self.asked.append(address)
        self.sent.append(sent)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Exception):
            raise reply
        return None if reply is None else Answer(reply, NOW, address, etag="e1")


def question(name: str = "june", **other: object) -> Question:
    declared = {"reporter": "GBR", "flow": "import", "partners": "all", "products": ["85051110"]}
    given = {"address": f"http://a.example/{name}", "form": "json"} | other
    return Question(name, "hmrc_ots", zone=ZoneInfo("Europe/London"), title="t", declared=declared, **given)  # type: ignore[arg-type]


@pytest.fixture
def ask(tmp_path: Path) -> Callable[..., list[Fetched]]:
    def asked(source: Source, *questions: Question) -> list[Fetched]:
        return list(ask_all(questions, source, tmp_path, "http://a.example"))  # type: ignore[arg-type]

    return asked


def test_a_new_answer_is_dropped_and_the_same_bytes_are_not(ask: Callable[..., list[Fetched]]) -> None:
    (new,) = ask(Source(page(row())), question())
    assert (new.outcome, new.reason) == ("new", "never seen before")
    assert new.file is not None
    assert new.file.read_bytes() == page(row())
    (again,) = ask(Source(page(row())), question())
    assert (again.outcome, again.reason, again.file) == ("unchanged", "the same bytes", None)


def test_the_same_records_in_another_order_are_unchanged_and_other_ones_are_new(ask: Callable[..., list[Fetched]]) -> None:  # fmt: skip
    one, two = row(), row(7.0, 2.0, country="XS")
    ask(Source(page(one, two)), question())
    assert [found.reason for found in ask(Source(page(two, one)), question())] == ["the same records, in another order or with a newer stamp"]  # fmt: skip
    assert [(found.outcome, found.reason) for found in ask(Source(page(one)), question())] == [("new", "it has changed")]  # fmt: skip


def test_what_cannot_change_is_asked_once_for_each_address(ask: Callable[..., list[Fetched]]) -> None:
    source = Source(page(row()))
    found = ask(source, *(question(again=False, address=f"http://a.example/{path}") for path in "aab"))
    assert [one.reason for one in found] == ["never seen before", "it was fetched before, and its address is the same", "the same bytes"]  # fmt: skip
    assert source.asked == ["http://a.example/a", "http://a.example/b"]


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (b"", "not out"), (page(), "not out"), (b"<html>login</html>", "refused"), (Unreachable("no answer"), "failed"),
        (Refused("status 404", where="w", found="f", advice="a"), "not out"), (Refused("status 403", where="w", found="f", advice="a"), "refused"),
    ],
)  # fmt: skip
def test_what_is_no_new_answer_is_named_and_nothing_is_dropped(
    ask: Callable[..., list[Fetched]], tmp_path: Path, reply: Reply, outcome: str
) -> None:
    (found,) = ask(Source(reply), question())
    assert (found.outcome, found.file) == (outcome, None)
    assert found.reason
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
