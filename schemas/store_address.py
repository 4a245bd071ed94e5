"""Parses the address of a store: a folder of this machine, or a bucket as `s3://bucket/prefix`.

An address is published, logged and shown in forms, so it never contains a secret: credentials come from the environment
alone. Importing this loads no library, because every command reads an address.
"""

import re
from pathlib import Path
from typing import Any

from schemas import settings

# The folder of the stores where neither a caller nor the environment names one.
DEFAULT = "store"
SCHEME = "s3://"
# A folder with this file is the working copy of a store in a bucket.
COPY_NOTE = "copy_of.json"
# The store of one reporter is a folder `reporter=CHN`, which readers of Parquet take for a partition.
REPORTER_KEY = "reporter="
_URL = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])((?:/[A-Za-z0-9._=-]+)*)/*")


class UnusableAddress(Exception):
    """What was given is no address of a store. No ValueError, because those are shown with what was given, and that may
    be a secret."""


class S3Url(str):
    """`s3://bucket/prefix`, in one spelling: no slash at the end. Raises UnusableAddress."""

    __slots__ = ()

    def __new__(cls, text: str) -> "S3Url":
        """The address in its one spelling."""
        if "@" in text:
            raise UnusableAddress(
                "an address of a store with a user or a password in it: it would be written into logs and lineage. "
                "Give s3://bucket/prefix, and the credentials as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
            )
        match = _URL.fullmatch(text)
        if match is None or {".", ".."} & set(match.group(2).split("/")):
            raise UnusableAddress(
                f"{text.split('?', maxsplit=1)[0]!r} is no address of a store. Write s3://bucket/prefix, the prefix of"
                " letters, digits and . _ = - /, without a query; endpoint and credentials come from the environment."
            )
        return super().__new__(cls, SCHEME + match.group(1) + match.group(2))

    @property
    def bucket(self) -> str:
        """Name of the bucket."""
        return self.removeprefix(SCHEME).partition("/")[0]

    @property
    def prefix(self) -> str:
        """What stands before every key, without slashes around it; may be empty."""
        return self.removeprefix(SCHEME).partition("/")[2]


def read_address(given: Any) -> "Path | S3Url":
    """The address that a person wrote. Raises UnusableAddress.

    >>> read_address("s3://customs/store/"), read_address("store").name
    ('s3://customs/store', 'store')
    """
    if isinstance(given, S3Url):
        return given
    if isinstance(given, Path):
        # A path made from an address has lost a slash, and would become a folder called `s3:`.
        return S3Url(SCHEME + "/".join(given.parts[1:])) if given.parts[:1] == ("s3:",) else given
    if not isinstance(given, str) or not given:
        raise ValueError("the address of a store is a folder or s3://bucket/prefix")
    if "://" in given or given.lower().startswith("s3:"):
        return S3Url(given)
    return Path(given)


def root_given(store: "str | Path | None") -> "Path | S3Url":
    """The address of the stores as a caller gives it; without one, that of the environment. Raises UnusableAddress."""
    return read_address(store if store is not None else settings.value(settings.STORE) or DEFAULT)
