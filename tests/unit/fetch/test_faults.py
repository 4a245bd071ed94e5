"""Faults of a source, one a line of a table: none ends in a traceback, a hang, another host asked, or a question not
asked.

A server on the loopback sends what a case says, byte by byte, to one question of two or to a list page; the other
question must be answered all the same.
"""

import gzip
import json
import re
import socket
import struct
import threading
import time
import tomllib
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

import pytest

from schemas.forms.fetch import FetchReport, FetchRequest
from tasks.fetch.fetch import fetch
from tasks.fetch.transport import Policy, Transport
from tasks.sources.registry import SOURCES
from tests.unit.sources.census.us_census_answers import NAMES, answer, line
from tests.unit.sources.hmrc.ots_answers import page, row
from tests.unit.sources.offices.estat_files import JAN_TO_MAR
from tests.unit.sources.offices.estat_files import file as japan_file
from tests.unit.sources.offices.estat_files import line as japan_line

NOW = datetime(2026, 8, 14, 9, 5, tzinfo=UTC)
TODAY = NOW.date()
# The deadline of one exchange, and the longest time of a case: two exchanges of it, and what the machine takes.
WHOLE_SECONDS, CASE_SECONDS = 0.6, 12.0
MEGABYTE = 1_000_000
Send = Callable[[Callable[[bytes], None]], None]


class Site:
    """Listens on the loopback; `reply` says what to send for a path. `asked` has the paths."""

    def __init__(self, reply: Callable[[str], bytes | Send | None]) -> None:
        self.asked: list[str] = []
        self._reply, self._is_open = reply, True
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.base = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while self._is_open:
            with suppress(OSError):
                connection, _ = self._socket.accept()
                threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            connection.settimeout(5)
            head = b""
            while b"\r\n\r\n" not in head:
                head += connection.recv(65_536) or b"\r\n\r\n"
            path = unquote(head.split(b" ")[1].decode("latin-1"))
            self.asked.append(path)
            reply = self._reply(path)
            if reply is None:
                # Reset: the connection goes with what it has not sent.
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            elif isinstance(reply, bytes):
                connection.sendall(reply)
            else:
                reply(connection.sendall)

    def close(self) -> None:
        """Stop listening."""
        self._is_open = False
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


def http(body: bytes = b"", status: str = "200 OK", **headers: str) -> bytes:
    """An answer as bytes; names of headers have `_` for `-`, and an empty one is left out."""
    given = {"Date": "Fri, 14 Aug 2026 09:05:00 GMT", "Content-Length": str(len(body)), "Connection": "close"}
    given |= {name.replace("_", "-"): text for name, text in headers.items()}
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {text}" for name, text in given.items() if text)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def drip(first: bytes, piece: bytes = b"a", seconds: float = 0.05) -> Send:
    """Sends a beginning, and then a piece again and again."""

    def send(out: Callable[[bytes], None]) -> None:
        out(first)
        end = time.monotonic() + CASE_SECONDS
        while time.monotonic() < end:
            out(piece)
            time.sleep(seconds)

    return send


def silent(out: Callable[[bytes], None]) -> None:
    time.sleep(2 * WHOLE_SECONDS)


GOOD = page(row())
LONG = "9" * 5_000


SLOW, CUT = "no whole answer in 1 s", "after 2 attempts"
DEEP = b'{"value": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
MANY = b'{"value": [{' + b",".join(b'"a%d": 1' % number for number in range(60_000)) + b', "a59999": 2}]}'
LINK = "<a href='{}/stat-search/file-download?statInfId=1&amp;fileKind=1'>CSV</a>"
LISTED = "<!DOCTYPE html><html><h2>Export, Chapter 85</h2>{}</html>"
INDEX = (
    "<!DOCTYPE html><html><table><tr><td>(5) China's Major Exports by Quantity and Value (in"
    " CNY)</td><td>{}</td></tr></table></html>"
)
UPDATED = [*NAMES, "LAST_UPDATE"]
# By source: name, what is sent to a question, what comes of it, and what the reason says.
FAULTS: dict[str, list[tuple[str, Any, str, str]]] = {
    # Faults of HTTP and of JSON, sent to the first of two questions.
    "hmrc_ots": [
        ("headers drip", drip(b"HTTP/1.1 200 OK\r\nX: "), "failed", SLOW),
        ("early hints without end", drip(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"), "failed", SLOW),
        ("body drips", drip(http(b"", Content_Length="100000")), "failed", SLOW),
        ("body drips until the connection closes", drip(http(b"", Content_Length="")), "failed", SLOW),
        ("chunks drip", drip(http(b"", Content_Length="", Transfer_Encoding="chunked"), b"1\r\na\r\n"), "failed", SLOW),
        ("silence", silent, "failed", ""),
        ("nothing", b"", "failed", CUT),
        ("reset", None, "failed", CUT),
        ("no HTTP", b"SSH-2.0-OpenSSH\r\n", "failed", CUT),
        ("headers of a megabyte", b"HTTP/1.1 200 OK\r\nX: " + b"a" * MEGABYTE + b"\r\n\r\n", "failed", CUT),
        ("a status without a meaning", http(GOOD, "999 What"), "refused", "status 999"),
        ("cut off", http(GOOD, Content_Length=str(len(GOOD) + 9)), "failed", CUT),
        ("a chunk that is cut off", http(b"ff\r\na", Content_Length="", Transfer_Encoding="chunked"), "failed", CUT),
        ("a chunk without a size", http(b"x\r\na\r\n", Content_Length="", Transfer_Encoding="chunked"), "failed", CUT),
        ("a negative length", http(GOOD, Content_Length="-1"), "failed", CUT),
        ("a header without a colon", b"HTTP/1.1 200 OK\r\nwhat\r\n\r\n", "failed", CUT),
        ("a length of 5,000 digits", http(GOOD, Content_Length=LONG), "failed", CUT),
        ("plain text as gzip", http(GOOD, Content_Encoding="gzip"), "refused", "cannot be read"),
        (
            "a bomb",
            http(gzip.compress(b"0" * 20 * MEGABYTE), Content_Encoding="gzip"),
            "refused",
            "more than 5,000,000 bytes",
        ),
        ("no content", http(b"", "204 No Content", Content_Length=""), "not out", "without a byte"),
        ("a part", http(GOOD, "206 Partial Content"), "refused", "a part of an answer"),
        ("unchanged, unasked", http(b"", "304 Not Modified", Content_Length=""), "refused", "status 304"),
        ("a redirect nowhere", http(b"", "302 Found"), "refused", "status 302"),
        (
            "a redirect to another host",
            http(b"", "302 Found", Location="http://localhost:OTHER/x"),
            "refused",
            "redirect to",
        ),
        (
            "a redirect to another port",
            http(b"", "302 Found", Location="http://127.0.0.1:OTHER/x"),
            "refused",
            "redirect to",
        ),
        (
            "a redirect without a scheme",
            http(b"", "302 Found", Location="//localhost:OTHER/x"),
            "refused",
            "redirect to",
        ),
        (
            "a redirect with a user",
            http(b"", "302 Found", Location="http://user@127.0.0.1:ITSELF/x"),
            "refused",
            "redirect to",
        ),
        ("a redirect to a file", http(b"", "302 Found", Location="file:///etc/passwd"), "refused", "redirect to"),
        ("a redirect to no address", http(b"", "302 Found", Location="http://[::1"), "failed", CUT),
        (
            "a redirect in Latin letters",
            http(b"", "302 Found", Location="http://\xe9\xff.example/"),
            "refused",
            "redirect to",
        ),
        (
            "a redirect in a circle",
            http(b"", "302 Found", Location="/OTS-again FlowTypeId eq 1"),
            "refused",
            "3 redirects",
        ),
        ("no key", http(b"\xff\xfe\x1b[31m", "401 Unauthorized"), "refused", "status 401"),
        ("not there", http(b"", "404 Not Found"), "not out", "status 404"),
        ("gone for now", http(b"", "503 Service Unavailable"), "failed", "status 503"),
        (
            "a wait until 9999",
            http(b"", "429 x", Retry_After="Fri, 31 Dec 9999 23:59:59 GMT"),
            "failed",
            "asks to wait",
        ),
        ("a wait beyond 9999", http(b"", "429 x", Retry_After="Fri, 31 Dec 9999 23:59:59 -1200"), "failed", CUT),
        ("a wait of 5,000 digits", http(b"", "429 x", Retry_After=LONG), "failed", "asks to wait"),
        ("a wait of less than nothing", http(b"", "429 x", Retry_After="-5"), "failed", CUT),
        (
            "a clock beyond 9999",
            http(GOOD, Date="Fri, 31 Dec 9999 23:59:59 -1200"),
            "new",
            "the day is that of this machine",
        ),
        ("a clock in 2099", http(GOOD, Date="Thu, 01 Jan 2099 00:00:00 GMT"), "new", "the day is that of this machine"),
        (
            "a clock in the year 1",
            http(GOOD, Date="Mon, 01 Jan 0001 00:00:00 GMT"),
            "new",
            "the day is that of this machine",
        ),
        ("a clock that tells no time", http(GOOD, Date="yesterday \xff"), "new", "the day is that of this machine"),
        ("no clock", http(GOOD, Date=""), "new", "never seen before"),
        ("a tag of Latin letters", http(GOOD, ETag='"\xe9\xff"'), "new", ""),
        ("a tag of 50,000 letters", http(GOOD, ETag="a" * 50_000), "new", ""),
        ("a kind of no kind", http(GOOD, Content_Type="\xff; charset=what"), "new", ""),
        ("a page", http(b"<!DOCTYPE html><html>login</html>"), "refused", "a page where JSON was asked for"),
        # What the adapter cannot read lies in the inbox, where the release says what is wrong with it.
        ("a list", http(b"[1, 2]"), "new", ""),
        ("half of a letter", http(GOOD.replace(b'"CN"', b'"\\ud800"')), "new", ""),
        ("another encoding", http(GOOD.decode().encode("utf-16")), "refused", "where JSON was asked for"),
        ("a country that is a text", http(page(row(Country="CN"))), "new", ""),
        ("lists in lists", http(DEEP), "new", ""),
        ("one key twice among many", http(MANY), "new", ""),
        ("a direction that is a list", http(page(row(FlowTypeId=[]))), "new", ""),
        ("a code that is an object", http(page(row(Commodity={"Cn8Code": {}}))), "new", ""),
        ("a value of 10,000 digits", http(GOOD.replace(b"1000.0", LONG.encode() * 2)), "new", ""),
        ("a value beyond all numbers", http(GOOD.replace(b"1000.0", b"1e999999999")), "new", ""),
        ("no text", http(b"{\xff\xfe\x00}"), "new", ""),
        (
            "the same page again and again",
            http(page(*[row(port=port) for port in range(2)])),
            "refused",
            "5 full pages",
        ),
    ],
    # Faults of a list page; that of the year before is as it should be.
    "japan_estat": [("unchanged, unasked", http(b"", "304 Not Modified", Content_Length=""), "refused", "status 304"),
        ("headers drip", drip(b"HTTP/1.1 200 OK\r\nX: "), "failed", "no whole answer"),
        ("no link", http(LISTED.format("").encode()), "refused", "without a file"),
        ("a megabyte of links", http(b"<html>" + b"href=" * (MEGABYTE // 5)), "refused", "without a file"),
        ("a megabyte of tags before a link", http((LISTED.format("<a" * (MEGABYTE // 2) + LINK.format(""))).encode()),
            "new", ""),
        ("no text", http(b"<html>\xff\xfe" + b"&#xD800;"), "refused", "without a file"),
        ("a link to another host", http(LISTED.format(LINK.format("http://localhost:OTHER")).encode()), "refused",
            "another host"),
        ("a link to another port", http(LISTED.format(LINK.format("http://127.0.0.1:OTHER")).encode()), "refused",
            "another host"),
        ("a link to no address", http(LISTED.format(LINK.format("http://[::1")).encode()), "refused", "another host"),
        ("a link without a scheme", http(LISTED.format(LINK.format("//localhost:OTHER")).encode()), "refused",
            "another host"),
        ("a link to no port", http(LISTED.format(LINK.format("http://127.0.0.1:x")).encode()), "refused",
            "another host"),
        ("a megabyte of tags that do not end", http(b"<html>" + b"<" * MEGABYTE), "refused", "without a file")],
    # Faults of an index of China customs; that of the year before is one that is read, without a link.
    "gacc_preliminary": [
        ("unchanged, unasked", http(b"", "304 Not Modified", Content_Length=""), "refused", "status 304"),
        ("a megabyte of links", http(INDEX.format("<a href=" * (MEGABYTE // 8)).encode()), "", ""),
        ("a megabyte of options", http(b"<!DOCTYPE html><html>" + b"<option" * (MEGABYTE // 7) + b"</html>"), "refused",
            "without a title"),
        ("a link to another host", http(INDEX.format("<a href='http://localhost:OTHER/x'>Mar.</a>").encode()),
            "refused", "another host"),
        ("a link to no address", http(INDEX.format("<a href='http://[::1/x'>Mar.</a>").encode()), "refused",
            "another host"),
        ("a gate", http(b"<!DOCTYPE html><html><script>$_ts</script></html>"), "refused", "a browser or a person")],
    # Days and shapes that an adapter may trip over; the answer about exports is as it should be.
    "us_census": [("a day that is none", http(answer([[*line("5700", "1"), "2026-13-99"]], UPDATED)), "new", ""),
        ("a day in 2099", http(answer([[*line("5700", "1"), "2099-01-01"]], UPDATED)), "new", "it prints 2099-01-01"),
        ("objects as rows", http(json.dumps([{}, {}]).encode()), "new", ""),
        ("numbers as names", http(json.dumps([[1, 2], [3, 4]]).encode()), "new", ""),
        ("lists as cells", http(json.dumps([NAMES, [[] for _ in NAMES]]).encode()), "new", ""),
        ("no row", http(json.dumps([NAMES]).encode()), "not out", "")],
    # Faults of the list of one reporter; that of the other one is as it should be, and empty.
    "un_comtrade": [("unchanged, unasked", http(b"", "304 Not Modified", Content_Length=""), "refused", "status 304"),
        ("rows that are none", http(b'{"data": [1]}'), "refused", "in place of rows"),
        ("lists in lists", http(b'{"data": ' + b"[" * 100_000), "refused", ""),
        ("headers drip", drip(b"HTTP/1.1 200 OK\r\nX: "), "failed", "no whole answer")],
}  # fmt: skip
CASES = [(source, *row) for source, rows in FAULTS.items() for row in rows]


class Asked(NamedTuple):
    """What a source is asked for; what is in the address of the question that goes wrong; what the others are answered,
    and how many files come of it.
    """

    given: dict[str, Any]
    faulty: str
    answer: bytes
    others: int


JAPAN_LIST = LISTED.format("<a href='/stat-search/file-download?statInfId=2&amp;fileKind=1'>CSV</a>").encode()
BOTH = {"flows": ["import", "export"], "products": ["85051110"]}
ASKED = {
    "hmrc_ots": Asked({**BOTH, "months": "2026-06"}, "FlowTypeId eq 1", GOOD, 1),
    "us_census": Asked({**BOTH, "months": "2026-05"}, "/imports/", answer(), 1),
    "japan_estat": Asked(
        {"flows": ["export"], "products": ["852351"], "months": "2025-12..2026-05"}, "year=20260", JAPAN_LIST, 1
    ),
    "gacc_preliminary": Asked({"months": "2025-12..2026-05"}, "preliminary.html", INDEX.format("").encode(), 0),
    "un_comtrade": Asked(
        {**BOTH, "months": "2026-06", "reporters": ["KOR", "IND"]}, "reporterCode=410", b'{"data": []}', 0
    ),
}


def _fetched(
    source: str, sent: Any, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[FetchReport, list[str], float]:
    """The report of a fetch, what another host was asked, and how long it took."""
    monkeypatch.setattr("tasks.fetch.ask.PAGES_MAX", 5)
    asked = ASKED[source]
    stranger = Site(lambda _: http(GOOD))
    csv = http(japan_file(japan_line(JAN_TO_MAR)), Content_Type="text/csv")

    def reply(path: str) -> bytes | Send | None:
        if asked.faulty not in path:
            return csv if "file-download" in path else http(asked.answer)
        if not isinstance(sent, bytes):
            return sent  # type: ignore[no-any-return]
        # Five digits, as the words have letters: the length of an answer stays.
        other, itself = (one.base[-5:].encode() for one in (stranger, site))
        return sent.replace(b"OTHER", other).replace(b"ITSELF", itself)

    site = Site(reply)
    # Only what never ends meets the deadline: on a busy machine a good answer may take longer than that.
    read, whole = (0.3, WHOLE_SECONDS) if callable(sent) else (5, CASE_SECONDS / 3)
    policy = Policy(connect=5, read=read, whole=whole, waits=(0.0,), bytes_max=5 * MEGABYTE)
    transport = Transport(policy, sleep=lambda _: None, clock=lambda: NOW)
    request = FetchRequest.model_validate({"source": source, "inbox": inbox, "base": site.base, **asked.given})
    started = time.monotonic()
    try:
        return fetch(request, TODAY, transport, "secret"), stranger.asked, time.monotonic() - started
    finally:
        for opened in (transport, site, stranger):
            opened.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("source", "name", "sent", "outcome", "said"), CASES, ids=[f"{case[0]}, {case[1]}" for case in CASES]
)
def test_a_fault_costs_its_own_question_and_no_other(
    source: str, name: str, sent: Any, outcome: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "again and again" in name:
        monkeypatch.setitem(SOURCES["hmrc_ots"].questions.args[1]["fetch"], "page_size", 2)  # type: ignore[union-attr]
    report, elsewhere, seconds = _fetched(source, sent, tmp_path, monkeypatch)
    assert (elsewhere, seconds < CASE_SECONDS) == ([], True)
    expected = sorted(filter(None, [outcome, *["new"] * ASKED[source].others]))
    assert sorted(one.outcome for one in report.fetched) == expected, report
    if outcome:
        (one,) = [one for one in report.fetched if said in one.reason and one.outcome == outcome][:1]
        assert re.search(r"[\x00-\x1f\x7f-\x9f]", one.reason) is None
    days = [tomllib.loads(paper.read_text(encoding="utf-8"))["released_on"] for paper in tmp_path.rglob("*.toml")]
    assert all(day <= date(2026, 8, 15) for day in days), "it would wait unseen"


@pytest.mark.parametrize(
    "damage",
    ["{", "[]", '{"a": 1}', "[" * 200_000, "\xff", '{"hmrc": {"address": 1}}'],
    ids=["cut off", "list", "no entry", "deep", "no UTF-8", "other fields"],
)
def test_a_damaged_note_is_kept_aside_and_every_question_is_asked(
    damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    notes = tmp_path / ".fetch"
    notes.mkdir()
    (notes / "hmrc_ots.json").write_text(damage, encoding="latin-1")
    report, *_ = _fetched("hmrc_ots", http(GOOD), tmp_path, monkeypatch)
    assert [one.outcome for one in report.fetched] == ["new", "new"]
    (aside,) = notes.glob("*.damaged-*")
    assert aside.read_text(encoding="latin-1") == damage
    assert "each file is asked for once more" in caplog.text
    assert len(json.loads((notes / "hmrc_ots.json").read_bytes())) == 2


def test_what_a_note_has_that_no_header_may_have_is_not_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tagged = http(GOOD, ETag='"1"')
    _fetched("hmrc_ots", tagged, tmp_path, monkeypatch)
    note = tmp_path / ".fetch" / "hmrc_ots.json"
    note.write_text(note.read_text().replace('\\"1\\"', "\\u00e9\\r\\nHost: elsewhere"))
    report, *_ = _fetched("hmrc_ots", tagged, tmp_path, monkeypatch)
    assert {one.outcome for one in report.fetched} <= {"new", "unchanged"}
