"""The one seam between a store and a bucket: what an S3 server can do, and what it can be trusted for.

Belongs here: single requests, when one is tried again, what an error of the server means. Does not belong here: what a
store looks like there (`tasks.store.s3_store`). Credentials and endpoint come from the environment (AWS_ACCESS_KEY_ID,
AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION, AWS_ENDPOINT_URL, AWS_ALLOW_HTTP, or the role of the machine) and
go nowhere else: every message from below is cleaned of them.

A PUT is atomic and a listing is complete (S3 since 2020). A condition is checked by the server, so of two that write
under one condition just one is told that it did. A reply that is lost tells nothing: then one looks.
"""

import math
import os
import random
import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, GenericError, PreconditionError
from obstore.store import S3Store

from schemas.forms.address import S3Url
from tasks.domain.errors import BucketError, Outpaced

T = TypeVar("T")
SECRETS = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ACCESS_KEY_ID")
# The library tries a request again by itself (below); these are the pauses where it gave up on one that may have worked.
PAUSES_SECONDS = (0.5, 2.0)
RETRIES = 10
TIMEOUT_SECONDS = 60.0
# What is older than this might be deleted by a retention before a pointer refers to it, so it is written once more.
FRESH_SECONDS = 24 * 3600

# No object has it: the etag of one that was put whole is the MD5 of its bytes.
NO_ETAG = '"00000000000000000000000000000000"'

# What is asked for the role of a machine.
ROLE = "/latest/api/token"
# Why a certificate is refused, where the word of the library needs one of ours.
_DISTRUST = {
    "UnknownIssuer": "its authority is unknown here; SSL_CERT_FILE may name the file of another one",
    "NotValidForName": "it is for another name than that in AWS_ENDPOINT_URL",
    "NotValidForNameContext": "it is for another name than that in AWS_ENDPOINT_URL",
    "Expired": "it has expired, or the clock here is wrong",
    "ExpiredContext": "it has expired, or the clock here is wrong",
}


@dataclass(frozen=True)
class Item:
    """One object of a bucket, without its bytes."""

    key: str
    bytes: int
    etag: str
    modified: datetime


class Bucket:
    """The objects below one `s3://bucket/prefix`; keys are relative to it."""

    def __init__(self, url: S3Url) -> None:
        self.url = url
        self._s3 = S3Store(
            url.bucket, prefix=url.prefix or None,
            client_options={"timeout": timedelta(seconds=_timeout_seconds()), "allow_http": _allows_http()},
            retry_config={
                "max_retries": RETRIES,
                "retry_timeout": timedelta(seconds=3 * _timeout_seconds()),
                "backoff": {"init_backoff": timedelta(milliseconds=200), "max_backoff": timedelta(seconds=15), "base": 2},
            },
        )  # fmt: skip

    def get(self, key: str) -> tuple[bytes, str] | None:
        """Bytes and etag, None where there is no such object."""
        found = self._read(key)
        return (found[0], found[1].etag) if found else None

    def list(self, folder: str) -> Iterator[Item]:
        """Everything below a folder, in the order of the keys."""
        found = self._asked("LIST", folder, lambda: [meta for page in obstore.list(self._s3, folder) for meta in page])
        yield from sorted((_item(meta) for meta in found or ()), key=lambda item: item.key)

    def keep(self, key: str, data: bytes) -> bool:
        """Bytes under a key that is made of their hash: whoever was first wrote the same, or the bytes are put right. Whether
        something was there."""

        def ask() -> bool:
            try:
                self._put(key, data, "create")
            except (AlreadyExistsError, PreconditionError):
                # The bytes and not what is told of them: a damaged object has its size still.
                found = self._read(key)
                age = datetime.now(UTC) - found[1].modified if found else timedelta.max
                if found is None or found[0] != data or age > timedelta(seconds=FRESH_SECONDS):
                    self._put(key, data, "overwrite")
                return True
            return False

        return self._tried("PUT", key, ask)

    def first(self, key: str, data: bytes) -> bytes:
        """What the first to write this key wrote: `data`, or what was there."""

        def ask() -> bytes:
            try:
                self._put(key, data, "create")
            except (AlreadyExistsError, PreconditionError):
                found = self.get(key)
                if found is None:
                    raise GenericError(f"{key} was there and is gone") from None
                return found[0]
            return data

        return self._tried("PUT", key, ask)

    def swap(self, key: str, data: bytes, etag: str | None) -> None:
        """Put `data` in the place of what has this etag, or of nothing. Raises Outpaced where something else is there."""

        def ask() -> None:
            try:
                self._put(key, data, "create" if etag is None else {"e_tag": etag})
                return
            except (AlreadyExistsError, PreconditionError, GenericError) as error:
                found = self.get(key)
                if found is not None and found[0] == data:
                    return  # ours: the server did it and its reply was lost
                if (found[1] if found else None) != etag:
                    raise Outpaced(f"{self.url}/{key}: somebody else wrote it meanwhile") from None
                # What is there is what was there: the server did not get so far, or two requests met.
                raise GenericError(str(error)) from None

        self._tried("PUT", key, ask)

    def require_conditions(self, key: str, data: bytes) -> None:
        """Prove on an object that has these bytes that the server checks conditions. Raises BucketError where it does not: there two
        that write at once would both be told that they did, and the word of one is lost."""
        modes: dict[str, obstore.PutMode] = {"If-None-Match": "create", "If-Match": {"e_tag": NO_ETAG}}
        for condition, mode in modes.items():
            if self._tried("PUT", key, lambda mode=mode: self._puts(key, data, mode)):  # type: ignore[misc]
                raise BucketError(
                    f"{self.url}: the server does not honour {condition} on PUT, so of two that publish at once the work of one "
                    "would be lost. Nothing was published. Use a server that honours If-Match and If-None-Match, or a store in a "
                    "folder."
                )

    def _puts(self, key: str, data: bytes, mode: "obstore.PutMode") -> bool:
        """Whether the server wrote, under the condition of `mode`."""
        try:
            self._put(key, data, mode)
        except (AlreadyExistsError, PreconditionError):
            return False
        return True

    def delete(self, keys: Iterable[str]) -> None:
        """Remove objects; those that are gone already are no error."""
        names = list(keys)
        if names:
            self._tried("DELETE", names[0], lambda: obstore.delete(self._s3, names))

    def _read(self, key: str) -> tuple[bytes, Item] | None:
        def ask() -> tuple[bytes, Item]:
            found = obstore.get(self._s3, key)
            return bytes(found.bytes()), _item(found.meta)

        return self._asked("GET", key, ask)

    def _put(self, key: str, data: bytes, mode: "obstore.PutMode") -> None:
        obstore.put(self._s3, key, data, mode=mode, use_multipart=False)

    def _asked(self, verb: str, key: str, ask: Callable[[], T]) -> T | None:
        """An answer about a key; None where there is no such object, which is another thing than no such bucket."""
        try:
            return ask()
        except FileNotFoundError as error:
            if "NoSuchBucket" not in str(error):
                return None
            raise self._error(verb, key, error) from None
        except BaseError as error:
            raise self._error(verb, key, error) from None

    def _tried(self, verb: str, key: str, ask: Callable[[], T]) -> T:
        """The answer to a request that may be made again, because whoever asks looks at what is there."""
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
        # Of a reply what it means; of anything else the first paragraph, below which the library says all again, and why.
        text = str(error)
        reply = re.search(r"<Code>(.*?)</Code>.*?<Message>(.*?)</Message>", text, re.DOTALL)
        first, _, rest = text.partition("\n\nDebug source")
        said, why = clean(": ".join(reply.groups()) if reply else first), "" if reply else _unconnected(first, rest)
        return BucketError(
            f"{self.url}/{key}: {verb} failed: {said[:400]}{why}. Check the address, AWS_ENDPOINT_URL, AWS_REGION and the "
            "credentials in the environment; nothing is half published, so the same may be run again."
        )


def _unconnected(first: str, details: str) -> str:
    """Why no request got as far as the server, which the library tells in the last of its details alone; empty where it did."""
    if ROLE in first:
        return ", because AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set, and no role of this machine gives others"
    refused = re.search(r"InvalidCertificate\([^A-Za-z]*(?:Other\(\s*OtherError\(\s*)?(\w+)", details)
    if refused:
        name = refused.group(1)
        return f", because this machine does not trust the certificate of the server ({_DISTRUST.get(name, name)})"
    if "InvalidMessage" in details:
        return ", because the server speaks no TLS, which https needs"
    told = re.findall(r'(?:message|error): "([^"]+)"', details)
    return f", because of: {clean(told[-1])}" if told else ""


def clean(text: str) -> str:
    """A text in one line without any credential of this environment."""
    for name in SECRETS:
        secret = os.environ.get(name, "")
        if secret:
            text = text.replace(secret, f"<{name}>")
    return re.sub(r"\s+", " ", text)


def endpoint() -> str:
    """Address of the S3 server that the environment names; empty: Amazon's. Raises BucketError where it holds a secret."""
    found = (
        os.environ.get("AWS_ENDPOINT_URL_S3")
        or os.environ.get("AWS_ENDPOINT_URL")
        or os.environ.get("AWS_ENDPOINT", "")
    )
    if "@" in found:
        raise BucketError(
            "AWS_ENDPOINT_URL holds a user or a password; give credentials as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
        )
    return found


def _allows_http() -> bool:
    allowed = os.environ.get("AWS_ALLOW_HTTP", "").lower() in ("1", "true", "yes")
    if endpoint().startswith("http://") and not allowed:
        raise BucketError(
            "AWS_ENDPOINT_URL is not encrypted (http). Use https, or set AWS_ALLOW_HTTP=true if that is meant."
        )
    return allowed


def _timeout_seconds() -> float:
    said = os.environ.get("TIDEWAITER_S3_TIMEOUT_SECONDS", str(TIMEOUT_SECONDS))
    try:
        seconds = float(said)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise BucketError(
            f"TIDEWAITER_S3_TIMEOUT_SECONDS is {said!r}. Give seconds, such as 60, or leave it out for {TIMEOUT_SECONDS:g}."
        )
    return seconds


def _item(meta: "obstore.ObjectMeta") -> Item:
    return Item(meta["path"], meta["size"], str(meta["e_tag"]), meta["last_modified"])
