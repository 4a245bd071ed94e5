"""One request: when it is tried again, how long it waits, what it never follows, and that a key is nowhere."""

import logging
import pickle
from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime
from urllib.parse import quote

import pytest

from tasks.domain.errors import Refused
from tasks.fetch.transport import Policy, Transport, Unreachable
from tasks.sources.adapter.protocol import Key
from tests.replay.server import Replay, Reply
from tests.unit.fetch.conftest import NOW

SECRET = "0123456789abcdef+/=0123456789abcdef"
OK = Reply(b"a,b\n1,2\n", headers={"Content-Type": "text/csv"})


@pytest.fixture
def waited() -> list[float]:
    return []


@pytest.fixture
def transport(waited: list[float]) -> Iterator[Transport]:
    made = Transport(Policy(read=1.0, connect=2.0, whole=5.0, bytes_max=1_000), sleep=waited.append, clock=lambda: NOW)
    yield made
    made.close()


def test_an_answer_has_the_bytes_the_time_of_the_source_and_what_the_next_request_needs(
    site: Replay, transport: Transport
) -> None:
    day = "Fri, 14 Aug 2026 09:00:00 GMT"
    site.route("/x", Reply(b"a,b\n", headers={"ETag": '"1"', "Last-Modified": day}))
    answer = transport.get(f"{site.base}/x?y=1")
    assert answer is not None
    assert (answer.body, answer.answered_at, answer.etag, answer.last_modified) == (b"a,b\n", NOW, '"1"', day)
    assert transport.get(f"{site.base}/x?y=1", etag='"1"') is None
    assert transport.get(f"{site.base}/x?y=1", last_modified=day) is None
    assert transport.get(f"{site.base}/x?y=1", etag='"0"') is not None


@pytest.mark.parametrize(
    "fault",
    [Reply(status=500), Reply(OK.body * 50, cut=20), Reply(reset=True), Reply(OK.body, slow=1.5)],
    ids=["500", "truncated", "reset", "slow"],
)
def test_a_fault_that_passes_is_tried_again(
    site: Replay, transport: Transport, waited: list[float], fault: Reply
) -> None:
    site.route("/x", [fault, OK])
    answer = transport.get(f"{site.base}/x")
    assert answer is not None
    assert (answer.body, len(site.asked), waited) == (OK.body, 2, [2.0, 1.0])


def test_a_fault_that_stays_ends_after_a_few_attempts(site: Replay, transport: Transport, waited: list[float]) -> None:
    site.route("/x", Reply(status=500))
    with pytest.raises(Unreachable, match="after 4 attempts") as problem:
        transport.get(f"{site.base}/x")
    assert isinstance(problem.value, OSError)
    assert (len(site.asked), waited[::2]) == (4, [2.0, 10.0, 30.0])


@pytest.mark.parametrize(
    ("text", "wait"),
    [("40", 40.0), (format_datetime(NOW + timedelta(seconds=40), usegmt=True), 40.0), ("86400", None)],
    ids=["seconds", "date", "too long"],
)
def test_the_wait_that_a_source_asks_for_is_kept_and_one_that_is_too_long_is_left_for_another_run(
    site: Replay, transport: Transport, waited: list[float], text: str, wait: float | None
) -> None:
    site.route("/x", [Reply(status=429, headers={"Retry-After": text}), OK])
    if wait is None:
        with pytest.raises(Unreachable, match="asks to wait 86400 s"):
            transport.get(f"{site.base}/x")
        assert (len(site.asked), waited) == (1, [])
    else:
        assert transport.get(f"{site.base}/x") is not None
        assert waited[0] == wait


def test_two_requests_to_one_host_have_a_pause_between(site: Replay, transport: Transport, waited: list[float]) -> None:
    site.route("/", OK)
    transport.get(f"{site.base}/x")
    transport.get(f"{site.base}/y")
    assert waited == [1.0]


@pytest.mark.parametrize(
    ("reply", "rule", "said"),
    [
        *(
            (Reply(b'{"label": "EXTRACTION_TOO_BIG"}', status), f"status {status}", "EXTRACTION_TOO_BIG")
            for status in (400, 404, 413)
        ),
        (
            Reply(status=302, headers={"Location": "https://login.example.org/?next=x"}),
            "redirect elsewhere",
            "a redirect to https://login.example.org",
        ),
        (Reply(b"x" * 1_001), "too large", "more than 1,000 bytes"),
    ],
)
def test_what_no_repetition_mends_is_refused_at_once(
    site: Replay, transport: Transport, reply: Reply, rule: str, said: str
) -> None:
    site.route("/x", reply)
    with pytest.raises(Refused) as refused:
        transport.get(f"{site.base}/x")
    assert (refused.value.rule, said in refused.value.found, len(site.asked)) == (rule, True, 1)


@pytest.mark.parametrize(
    "reply",
    [
        OK,
        Reply(status=500),
        Reply(b"bad key " + SECRET.encode(), 401),
        Reply(reset=True),
        Reply(OK.body, cut=2),
        Reply(status=302, headers={"Location": f"https://elsewhere.example/?key={quote(SECRET)}"}),
        Reply(status=302, headers={"Location": f"/missing?key={quote(SECRET)}"}),
        Reply(b"x" * 2_000),
    ],
    ids=["answer", "500", "401", "reset", "truncated", "elsewhere", "redirect", "too large"],
)
def test_a_key_is_sent_and_is_in_no_message_log_or_answer(
    site: Replay, transport: Transport, reply: Reply, caplog: pytest.LogCaptureFixture
) -> None:
    site.route("/x", reply)
    site.route("/missing", Reply(b"<html>Missing Key</html>"))
    key = Key("key", SECRET)
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore", "httpcore.http11", "tidewaiter"):
        caplog.set_level(logging.DEBUG, logger=name)
    seen = [repr(key), str(key)]
    try:
        seen.append(repr(transport.get(f"{site.base}/x?time=2026", key=key)))
    except (Refused, Unreachable) as problem:
        hidden = (pickle.dumps(problem), problem.__cause__, problem.__context__)
        seen += [str(problem), repr(problem), *map(repr, hidden)]
    assert site.asked[0].query == {"time": ["2026"], "key": [SECRET]}
    told = "\n".join([*seen, caplog.text])
    assert not [written for written in (SECRET, quote(SECRET, safe=""), SECRET[:16]) if written in told]
    assert not [record for record in caplog.records if record.name.startswith("http")]
    transport.get(f"{site.base}/missing")
    assert {record.name for record in caplog.records} >= {"httpx", "httpcore.http11"}
