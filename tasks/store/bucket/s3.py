"""Sends single requests to an S3 server, and retries them.

Belongs here: single requests, when one is retried, what an error of the server means. Does not belong here: the layout
of a store in a bucket (`tasks.store.bucket.s3_store`). Credentials and endpoint come from the environment
(AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION, AWS_ENDPOINT_URL, AWS_ALLOW_HTTP, or the role
of the machine) and go nowhere else: they are removed from every message of the library.

A PUT is atomic and a listing is complete (S3 since 2020). The server checks conditions, so of two writers under one
condition exactly one succeeds. A lost reply leaves the result open: then the object is looked up.
"""

import math
import random
import re
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, GenericError, PreconditionError
from obstore.store import S3Store

from schemas import settings
from schemas.store_address import S3Url
from tasks.domain.errors import BucketError, Outpaced

if TYPE_CHECKING:
    from obstore.fsspec import FsspecStore
    from obstore.store import ClientConfig

T = TypeVar("T")
# The first of these that is set counts.
ENDPOINTS = (settings.AWS_ENDPOINT_URL_S3, settings.AWS_ENDPOINT_URL, settings.AWS_ENDPOINT)
SECRETS = (settings.AWS_SECRET_ACCESS_KEY, settings.AWS_SESSION_TOKEN, settings.AWS_ACCESS_KEY_ID)
# The library retries a request by itself (below); these are the pauses where it gave up on one that may have succeeded.
PAUSES_SECONDS = (0.5, 2.0)
RETRIES = 10
TIMEOUT_SECONDS = 60.0
# An older object might be deleted by a retention before a pointer refers to it, so it is written again.
FRESH_SECONDS = 24 * 3600

# No object has this etag: that of an object put whole is the MD5 of its bytes.
NO_ETAG = '"00000000000000000000000000000000"'

# What the library requests for the role of a machine.
ROLE = "/latest/api/token"
# In the library's details, the last of which is why no request reached the server: a text, or the name of a fault of
# TLS.
_REASON = re.compile(
    r'(?:message|error): "([^"]+)"|InvalidCertificate\([^A-Za-z]*(?:Other\(\s*OtherError\(\s*)?(\w+)|(InvalidMessage)'
)


class Bucket:
    """The objects below one `s3://bucket/prefix`; keys are relative to it."""

    def __init__(self, url: S3Url) -> None:
        self.url = url
        self._s3 = S3Store(
            url.bucket,
            prefix=url.prefix or None,
            client_options={"timeout": timedelta(seconds=_timeout_seconds()), "allow_http": _allows_http()},
            retry_config={
                "max_retries": RETRIES,
                "retry_timeout": timedelta(seconds=3 * _timeout_seconds()),
                "backoff": {
                    "init_backoff": timedelta(milliseconds=200),
                    "max_backoff": timedelta(seconds=15),
                    "base": 2,
                },
            },
        )

    def get(self, key: str) -> tuple[bytes, str] | None:
        """Bytes and etag, None where no such object exists."""
        stored = self._read(key)
        return (stored[0], str(stored[1]["e_tag"])) if stored else None

    def list(self, folder: str) -> "list[obstore.ObjectMeta]":
        """What the server says of everything below a folder, in the order of the keys (`path`)."""
        metas = self._reply("LIST", folder, lambda: [meta for page in obstore.list(self._s3, folder) for meta in page])
        return sorted(metas or (), key=lambda meta: meta["path"])

    def names(self) -> set[str]:
        """The names directly below the prefix, of objects and of folders."""

        def ask() -> set[str]:
            listing = obstore.list_with_delimiter(self._s3)
            paths = [*listing["common_prefixes"], *(meta["path"] for meta in listing["objects"])]
            return {path.rstrip("/").rpartition("/")[2] for path in paths}

        return self._reply("LIST", "", ask) or set()

    def keep(self, key: str, data: bytes) -> bool:
        """Put bytes under a key made of their hash; rewrites damaged or old objects. Returns whether an object was
        there."""

        def ask() -> bool:
            if self._puts(key, data, "create"):
                return False
            # Compares the bytes and not the metadata: a damaged object can have the right size.
            stored = self._read(key)
            age = datetime.now(UTC) - stored[1]["last_modified"] if stored else timedelta.max
            if stored is None or stored[0] != data or age > timedelta(seconds=FRESH_SECONDS):
                self._put(key, data, "overwrite")
            return True

        return self._tried("PUT", key, ask)

    def first(self, key: str, data: bytes) -> bytes:
        """The bytes of the first writer of this key: `data`, or the existing ones."""

        def ask() -> bytes:
            if self._puts(key, data, "create"):
                return data
            stored = self.get(key)
            if stored is None:
                raise GenericError(f"{key} was there and is gone")
            return stored[0]

        return self._tried("PUT", key, ask)

    def swap(self, key: str, data: bytes, etag: str | None) -> None:
        """Replace the object with this etag, or none, by `data`. Raises Outpaced where another object is there."""

        def ask() -> None:
            try:
                self._put(key, data, "create" if etag is None else {"e_tag": etag})
                return
            except (AlreadyExistsError, PreconditionError, GenericError) as error:
                stored = self.get(key)
                if stored is not None and stored[0] == data:
                    return  # ours: the server did it and its reply was lost
                if (stored[1] if stored else None) != etag:
                    raise Outpaced(f"{self.url}/{key}: somebody else wrote it meanwhile") from None
                # The old object is still there: the server did not execute the request, or two requests met.
                raise GenericError(str(error)) from None

        self._tried("PUT", key, ask)

    def require_conditions(self, key: str, data: bytes) -> None:
        """Raises BucketError where the server does not enforce conditions: of two writers at once one would lose its
        write."""
        modes: dict[str, obstore.PutMode] = {"If-None-Match": "create", "If-Match": {"e_tag": NO_ETAG}}
        for condition, mode in modes.items():
            if self._tried("PUT", key, lambda mode=mode: self._puts(key, data, mode)):  # type: ignore[misc]
                raise BucketError(
                    f"{self.url}: the server does not honour {condition} on PUT, so of two that publish at once the"
                    " work of one would be lost. Nothing was published. Use a server that honours If-Match and"
                    " If-None-Match, or a store in a folder."
                )

    def _puts(self, key: str, data: bytes, mode: "obstore.PutMode") -> bool:
        """Whether the server wrote, under the condition of `mode`."""
        try:
            self._put(key, data, mode)
        except (AlreadyExistsError, PreconditionError):
            return False
        return True

    def delete(self, keys: Iterable[str]) -> None:
        """Remove objects; objects that are already gone are not an error."""
        names = list(keys)
        if names:
            self._tried("DELETE", names[0], lambda: obstore.delete(self._s3, names))

    def _read(self, key: str) -> "tuple[bytes, obstore.ObjectMeta] | None":
        def ask() -> "tuple[bytes, obstore.ObjectMeta]":
            reply = obstore.get(self._s3, key)
            return bytes(reply.bytes()), reply.meta

        return self._reply("GET", key, ask)

    def _put(self, key: str, data: bytes, mode: "obstore.PutMode") -> None:
        obstore.put(self._s3, key, data, mode=mode, use_multipart=False)

    def _reply(self, verb: str, key: str, ask: Callable[[], T]) -> T | None:
        """The answer for a key; None where the object is missing. A missing bucket is an error."""
        try:
            return ask()
        except FileNotFoundError as error:
            if "NoSuchBucket" not in str(error):
                return None
            raise self._error(verb, key, error) from None
        except BaseError as error:
            raise self._error(verb, key, error) from None

    def _tried(self, verb: str, key: str, ask: Callable[[], T]) -> T:
        """The answer to a request that is safe to repeat, because the caller looks at the result."""
        for pause in (*PAUSES_SECONDS, None):
            try:
                return ask()
            except GenericError as error:
                if pause is None:
                    raise self._error(verb, key, error) from None
                time.sleep(pause * random.uniform(0.5, 1.5))
            except (BaseError, FileNotFoundError) as error:
                raise self._error(verb, key, error) from None
        raise AssertionError("the last pause is none")

    def _error(self, verb: str, key: str, error: Exception) -> BucketError:
        # For a reply its meaning; for anything else the first paragraph, below which the library repeats itself.
        text = str(error)
        reply = re.search(r"<Code>(.*?)</Code>.*?<Message>(.*?)</Message>", text, re.DOTALL)
        first, _, rest = text.partition("\n\nDebug source")
        message, why = clean(": ".join(reply.groups()) if reply else first), "" if reply else _unconnected(first, rest)
        return BucketError(
            f"{self.url}/{key}: {verb} failed: {message[:400]}{why}. Check the address, AWS_ENDPOINT_URL, AWS_REGION,"
            " SSL_CERT_FILE and the credentials in the environment; nothing is half published, so the same may be run"
            " again."
        )


def _unconnected(first: str, details: str) -> str:
    """Why no request reached the server, from the last of the library's details; empty where one did."""
    if ROLE in first:
        return (
            ", because AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set, and no role of this machine gives"
            " others"
        )
    reasons = [next(filter(None, groups)) for groups in _REASON.findall(details)]
    named = [reason for reason in reasons if reason.isidentifier()] or reasons
    return f", because of: {clean(named[-1])}" if named else ""


def clean(text: str) -> str:
    """A text in one line without any credential of this environment."""
    for name in SECRETS:
        secret = settings.text(name)
        if secret:
            text = text.replace(secret, f"<{name}>")
    return re.sub(r"\s+", " ", text)


def endpoint() -> str:
    """Address of the S3 server from the environment; empty: Amazon's. Raises BucketError where it contains a secret."""
    address = next(filter(None, map(settings.text, ENDPOINTS)), "")
    if "@" in address:
        raise BucketError(
            "AWS_ENDPOINT_URL holds a user or a password; give credentials as AWS_ACCESS_KEY_ID and"
            " AWS_SECRET_ACCESS_KEY."
        )
    return address


def _allows_http() -> bool:
    allowed = settings.text(settings.AWS_ALLOW_HTTP).lower() in ("1", "true", "yes")
    if endpoint().startswith("http://") and not allowed:
        raise BucketError(
            "AWS_ENDPOINT_URL is not encrypted (http). Use https, or set AWS_ALLOW_HTTP=true if that is meant."
        )
    return allowed


def file_system() -> "FsspecStore":
    """A file system of fsspec over buckets, read with the same settings, for libraries that open files by address."""
    from obstore.fsspec import FsspecStore

    options: ClientConfig = {"timeout": timedelta(seconds=_timeout_seconds()), "allow_http": _allows_http()}
    return FsspecStore("s3", client_options=options)


def _timeout_seconds() -> float:
    setting = settings.value(settings.S3_TIMEOUT_SECONDS)
    if setting is None:
        return TIMEOUT_SECONDS
    try:
        seconds = float(setting)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise BucketError(
            f"{settings.S3_TIMEOUT_SECONDS} is {setting!r}. Give seconds, such as 60, or leave it out for"
            f" {TIMEOUT_SECONDS:g}."
        )
    return seconds
