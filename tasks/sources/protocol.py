"""What an adapter offers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from pandera.typing.polars import DataFrame

from schemas.reported import Reported


class Parsed(NamedTuple):
    """A file as read: its records as printed, the encoding, what was normalised on the way."""

    reported: DataFrame[Reported]
    encoding: str
    normalised: tuple[str, ...]


@dataclass(frozen=True)
class Source:
    """An adapter: its name, the kind of release it reads, what must be declared beside the file, and how to read it.

    `parse(raw, where)` returns the records or raises Refused. `fetch` gets the bytes from an address where that is
    lawful; None where a person must download the file. `says_day` tells that each record carries the day on which it
    was made public; otherwise the whole file has one day.
    """

    name: str
    kind: str
    needs: tuple[str, ...]
    parse: Callable[[bytes, str], Parsed]
    says_day: bool = False
    row_cap: int | None = None
    fetch: Callable[[str], bytes] | None = None
