"""How a bucket is asked for: what the environment may say of it, what becomes of a request whose reply is lost, and
what is said where no server can be asked."""

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from obstore.exceptions import GenericError, PermissionDeniedError
from obstore.store import MemoryStore

from schemas.store_address import S3Url
from tasks.domain.errors import BucketError, Outpaced
from tasks.store.bucket import s3
from tasks.store.bucket.s3 import Bucket

SECRET = "a-secret-that-must-not-be-seen"
URL = S3Url("s3://tides/store")


TIMEOUT = "TIDEWAITER_S3_TIMEOUT_SECONDS"


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        *((TIMEOUT, text, f"{TIMEOUT} is '{text}'.* 60") for text in ("abc", "", "0", "-1", "nan", "inf")),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1", "AWS_ALLOW_HTTP=true"),
        ("AWS_ENDPOINT_URL", f"https://user:{SECRET}@127.0.0.1:1", "AWS_ENDPOINT_URL holds"),
    ],
)
def test_what_the_environment_may_not_say_is_refused_by_its_name(
    name: str, given: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ALLOW_HTTP", raising=False)
    monkeypatch.setenv(name, given)
    with pytest.raises(BucketError, match=said) as refused:
        Bucket(URL)
    assert SECRET not in str(refused.value)


@contextmanager
def listening(certificate: Path | None = None) -> Iterator[int]:
    """The port of a server that answers 404 to everything: over TLS where it has a certificate, else without."""

    class Nothing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(404)

        def do_PUT(self) -> None:
            self.send_error(404)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Nothing) as server:
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server.server_port
        server.shutdown()


def certificate_of(folder: Path) -> Path:
    """A certificate for localhost, which is its own authority, with its key."""
    now, key = datetime.now(UTC), ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "an authority of the tests")])
    days = now, now + timedelta(days=9)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), *days)
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    pem = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    (folder / "server.pem").write_bytes(pem + key.private_bytes(serialization.Encoding.PEM, *form))
    return folder / "server.pem"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(s3, "RETRIES", 0)
    for name, value in (
        ("AWS_ACCESS_KEY_ID", "somebody"),
        ("AWS_SECRET_ACCESS_KEY", SECRET),
        ("AWS_REGION", "us-east-1"),
    ):
        monkeypatch.setenv(name, value)
    return monkeypatch


def said_of(endpoint: str, asked: pytest.MonkeyPatch) -> str:
    asked.setenv("AWS_ENDPOINT_URL", endpoint)
    with pytest.raises(BucketError) as error:
        Bucket(URL).get("current.json")
    assert SECRET not in str(error.value)
    return str(error.value)


def test_a_certificate_is_trusted_whose_authority_is_named_and_of_another_it_is_said_why(
    asked: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    certificate = certificate_of(tmp_path)
    with listening(certificate) as port:
        assert "because of: UnknownIssuer" in said_of(f"https://localhost:{port}", asked)
        asked.setenv("SSL_CERT_FILE", str(certificate))
        assert Bucket(URL).get("current.json") is None


def test_where_there_are_no_credentials_that_is_said(asked: pytest.MonkeyPatch) -> None:
    with listening() as port:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            asked.delenv(name)
        asked.setenv("AWS_METADATA_ENDPOINT", f"http://127.0.0.1:{port}")
        said = said_of(f"https://127.0.0.1:{port}", asked)
    assert (
        "because AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set, and no role of this machine gives others"
        in said
    )


def test_a_server_that_cannot_be_talked_to_is_said_why(asked: pytest.MonkeyPatch) -> None:
    with listening() as port:
        assert "because of: InvalidMessage" in said_of(f"https://127.0.0.1:{port}", asked)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        closed = probe.getsockname()[1]
    assert "because of: Connection refused. Check" in said_of(f"https://127.0.0.1:{closed}", asked)
    assert "because of: failed to lookup" in said_of("https://no.such.host.invalid", asked)


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Bucket:
    monkeypatch.setattr(s3, "PAUSES_SECONDS", (0.0, 0.0))
    made = Bucket(URL)
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
    assert [item["size"] for item in place.list("")] == [3]


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


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (FileNotFoundError("no such key"), None), (FileNotFoundError("<Code>NoSuchBucket</Code>"), "NoSuchBucket"),
        (PermissionDeniedError("forbidden"), "forbidden"), (GenericError("no reply"), "no reply"),
    ],
)  # fmt: skip
def test_only_an_object_that_is_not_there_is_missing(place: Bucket, error: Exception, answer: str | None) -> None:
    """What was refused or never answered is an error, or a store would be taken for an empty one."""

    def ask() -> bytes:
        raise error

    if answer is None:
        assert place._reply("GET", "pointer", ask) is None
        return
    asking = [place._reply] if isinstance(error, GenericError) else [place._reply, place._tried]
    for way in asking:
        with pytest.raises(BucketError, match=answer):
            way("GET", "pointer", ask)


def test_what_no_repetition_mends_is_asked_once(place: Bucket) -> None:
    asked: list[str] = []

    def refused(key: str, data: bytes, mode: object) -> None:
        asked.append(key)
        raise PermissionDeniedError("forbidden")

    place._put = refused  # type: ignore[method-assign]
    with pytest.raises(BucketError, match="PUT failed: forbidden"):
        place.keep("files/a", b"bytes")
    assert len(asked) == 1, "a refusal was asked for again"


def test_no_credential_is_in_a_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "hush")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "")
    assert s3.clean("a hush\n  and hush") == "a <AWS_SESSION_TOKEN> and <AWS_SESSION_TOKEN>"
