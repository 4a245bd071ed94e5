"""One request: when it is tried again, how long it waits, what it never follows, and that a key is nowhere."""

import logging
import pickle
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import quote

import pytest

from tasks.domain.errors import Refused
from tasks.fetch.transport import Policy, Transport, Unreachable
from tasks.sources.protocol import Key
from tests.replay.server import Replay, Reply

NOW = datetime(2026, 8, 14, 9, 5, tzinfo=UTC)
SECRET = "0123456789abcdef+/=0123456789abcdef"
OK = Reply(b"a,b\n1,2\n", headers={"Content-Type": "text/csv"})


@pytest.fixture
def source() -> Iterator[Replay]:
    replay = Replay()
    yield replay
    replay.close()


@pytest.fixture
def waited() -> list[float]:
    return []


@pytest.fixture
def transport(waited: list[float]) -> Iterator[Transport]:
    made = Transport(Policy(read=1.0, connect=2.0, whole=5.0, bytes_max=1_000), sleep=waited.append, clock=lambda: NOW)
    yield made
    made.close()


def test_an_answer_has_the_bytes_the_time_of_the_source_and_what_the_next_request_needs(
    source: Replay, transport: Transport
) -> None:
    source.route(
        "/x",
        Reply(
            b"a,b\n",
            headers={"ETag": '"1"', "Last-Modified": "Fri, 14 Aug 2026 09:00:00 GMT"},
        ),
    )
    answer = transport.get(f"{source.base}/x?y=1")
    assert answer is not None
    assert (answer.body, answer.answered_at, answer.etag) == (b"a,b\n", NOW, '"1"')
    assert transport.get(f"{source.base}/x?y=1", etag='"1"') is None
    assert transport.get(f"{source.base}/x?y=1", last_modified="Fri, 14 Aug 2026 09:00:00 GMT") is None
    assert transport.get(f"{source.base}/x?y=1", etag='"0"') is not None


@pytest.mark.parametrize(
    "fault",
    [Reply(status=500), Reply(status=503), Reply(status=429), Reply(OK.body * 50, cut=20), Reply(reset=True), Reply(OK.body, slow=1.5)],
    ids=["500", "503", "429", "truncated", "reset", "slow"],
)  # fmt: skip
def test_a_fault_that_passes_is_tried_again(
    source: Replay, transport: Transport, waited: list[float], fault: Reply
) -> None:
    source.route("/x", [fault, OK])
    answer = transport.get(f"{source.base}/x")
    assert answer is not None
    assert answer.body == OK.body
    assert len(source.asked) == 2
    assert waited == [2.0, 1.0]


@pytest.mark.parametrize(
    "fault", [Reply(status=500), Reply(reset=True), Reply(OK.body, cut=3)], ids=["500", "reset", "truncated"]
)
def test_a_fault_that_stays_ends_after_a_few_attempts(
    source: Replay, transport: Transport, waited: list[float], fault: Reply
) -> None:
    source.route("/x", fault)
    with pytest.raises(Unreachable, match="after 4 attempts") as problem:
        transport.get(f"{source.base}/x")
    assert isinstance(problem.value, OSError)
    assert len(source.asked) == 4
    assert waited[::2] == [2.0, 10.0, 30.0]


@pytest.mark.parametrize(
    "text", ["40", format_datetime(NOW + timedelta(seconds=40), usegmt=True)], ids=["seconds", "date"]
)
def test_the_wait_that_a_source_asks_for_is_kept(
    source: Replay, transport: Transport, waited: list[float], text: str
) -> None:
    source.route("/x", [Reply(status=429, headers={"Retry-After": text}), OK])
    assert transport.get(f"{source.base}/x") is not None
    assert waited[0] == 40.0


def test_a_wait_that_is_too_long_is_left_for_another_run(
    source: Replay, transport: Transport, waited: list[float]
) -> None:
    source.route("/x", Reply(status=429, headers={"Retry-After": "86400"}))
    with pytest.raises(Unreachable, match="asks to wait 86400 s"):
        transport.get(f"{source.base}/x")
    assert (len(source.asked), waited) == (1, [])


def test_two_requests_to_one_host_have_a_pause_between(
    source: Replay, transport: Transport, waited: list[float]
) -> None:
    source.route("/", OK)
    transport.get(f"{source.base}/x")
    transport.get(f"{source.base}/y")
    assert waited == [1.0]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 412, 413])
def test_what_no_repetition_mends_is_refused_at_once_by_its_status(
    source: Replay, transport: Transport, status: int
) -> None:
    source.route("/x", Reply(b'{"label": "EXTRACTION_TOO_BIG"}', status))
    with pytest.raises(Refused) as refused:
        transport.get(f"{source.base}/x")
    assert refused.value.rule == f"status {status}"
    assert "EXTRACTION_TOO_BIG" in refused.value.found
    assert len(source.asked) == 1


def test_a_redirect_on_the_same_host_is_followed_a_few_times(source: Replay, transport: Transport) -> None:
    source.route("/old", Reply(status=302, headers={"Location": "/new"}))
    source.route("/new", OK)
    assert transport.get(f"{source.base}/old") is not None
    source.route("/round", Reply(status=302, headers={"Location": "/round"}))
    with pytest.raises(Refused, match="more than 3 redirects"):
        transport.get(f"{source.base}/round")


def test_a_redirect_to_another_host_is_not_followed(source: Replay, transport: Transport) -> None:
    source.route("/x", Reply(status=302, headers={"Location": "https://login.example.org/?next=x"}))
    with pytest.raises(Refused, match=r"redirect to https://login\.example\.org"):
        transport.get(f"{source.base}/x")
    assert len(source.asked) == 1


def test_more_bytes_than_a_release_has_are_not_read(source: Replay, transport: Transport) -> None:
    source.route("/x", Reply(b"x" * 1_001))
    with pytest.raises(Refused, match="more than 1,000 bytes"):
        transport.get(f"{source.base}/x")


@pytest.mark.parametrize(
    "reply",
    [OK, Reply(status=500), Reply(b"bad key " + SECRET.encode(), 401), Reply(reset=True), Reply(OK.body, cut=2),
     Reply(status=302, headers={"Location": f"https://elsewhere.example/?key={quote(SECRET)}"}), Reply(status=302, headers={"Location": f"/missing?key={quote(SECRET)}"}),
     Reply(b"x" * 2_000)],
    ids=["answer", "500", "401", "reset", "truncated", "elsewhere", "redirect", "too large"],
)  # fmt: skip
def test_a_key_is_sent_and_is_in_no_message_log_or_answer(
    source: Replay, transport: Transport, reply: Reply, caplog: pytest.LogCaptureFixture
) -> None:
    source.route("/x", reply)
    source.route("/missing", Reply(b"<html>Missing Key</html>"))
    key = Key("key", SECRET)
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore", "httpcore.http11", "tidewaiter"):
        caplog.set_level(logging.DEBUG, logger=name)
    seen = [repr(key), str(key)]
    try:
        seen.append(repr(transport.get(f"{source.base}/x?time=2026", key=key)))
    except (Refused, Unreachable) as problem:
        seen += [
            str(problem),
            repr(problem),
            repr(pickle.dumps(problem)),
            repr(problem.__cause__),
            repr(problem.__context__),
        ]
    assert source.asked[0].query == {"time": ["2026"], "key": [SECRET]}
    told = "\n".join([*seen, caplog.text])
    assert not [written for written in (SECRET, quote(SECRET, safe=""), SECRET[:16]) if written in told]
    assert not [record for record in caplog.records if record.name.startswith("http")]
    transport.get(f"{source.base}/missing")
    assert {record.name for record in caplog.records} >= {"httpx", "httpcore.http11"}
