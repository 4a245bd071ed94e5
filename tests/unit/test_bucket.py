"""How a bucket is asked for: what the environment may say of it, and what becomes of a request whose reply is lost."""

from collections.abc import Callable

import pytest
from obstore.exceptions import GenericError
from obstore.store import MemoryStore

from schemas.address import S3Url
from tasks import bucket
from tasks.bucket import Bucket, BucketError, Outpaced


@pytest.mark.parametrize("said", ["abc", "", "0", "-1", "nan", "inf"])
def test_a_patience_that_is_no_time_is_refused_by_its_name(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEWAITER_S3_TIMEOUT_SECONDS", said)
    with pytest.raises(BucketError, match=f"TIDEWAITER_S3_TIMEOUT_SECONDS is '{said}'.* 60"):
        Bucket(S3Url("s3://tides/store"))


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Bucket:
    monkeypatch.setattr(bucket, "PAUSES_SECONDS", (0.0, 0.0))
    made = Bucket(S3Url("s3://tides/store"))
    made._s3 = MemoryStore()  # type: ignore[assignment]
    return made


def _failing(place: Bucket, times: int, *, late: bool) -> Callable[..., None]:
    """A PUT of which so many fail: before the server wrote, or `late`, when its reply is lost."""
    put, left = place._put, [None] * times

    def failing(key: str, data: bytes, mode: object) -> None:
        if late or not left:
            put(key, data, mode)  # type: ignore[arg-type]
        if left:
            left.pop()
            raise GenericError("no reply")

    return failing


@pytest.mark.parametrize("late", [True, False])
def test_a_swap_whose_reply_is_lost_is_done_once_and_known_as_ours(place: Bucket, late: bool) -> None:
    place._put = _failing(place, 2, late=late)  # type: ignore[method-assign]
    place.swap("pointer", b"one", None)
    found = place.get("pointer")
    assert found is not None
    assert found[0] == b"one"
    place._put = _failing(place, 2, late=late)  # type: ignore[method-assign]
    place.swap("pointer", b"two", found[1])
    with pytest.raises(Outpaced):
        place.swap("pointer", b"three", found[1])
    with pytest.raises(Outpaced):
        place.swap("pointer", b"three", None)
    with pytest.raises(Outpaced):
        place.swap("nothing", b"three", found[1])
    assert [item.bytes for item in place.list("")] == [3]


def test_a_request_is_made_three_times_and_then_it_is_said_what_was_asked(place: Bucket) -> None:
    asked = _failing(place, 3, late=False)
    place._put = asked  # type: ignore[method-assign]
    with pytest.raises(BucketError, match="s3://tides/store/files/a: PUT failed: no reply"):
        place.keep("files/a", b"bytes")
    assert place.keep("files/a", b"bytes") is False
    assert place.keep("files/a", b"bytes") is True
    assert place.first("files/a", b"others") == b"bytes"
    assert place.keep("files/a", b"Bytes") is True
    assert place.first("files/a", b"others") == b"Bytes"


def test_no_credential_is_in_a_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "hush")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "")
    assert bucket.clean("a hush\n  and hush") == "a <AWS_SESSION_TOKEN> and <AWS_SESSION_TOKEN>"
