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

    `parse(raw, where)` returns the records or raises Refused. `says_day` tells that each record carries the day on which
    it was made public; otherwise the whole file has one day. A download that ends at a multiple of `row_cap` records was
    probably cut off by the site; None where no cap is known.
    """

    name: str
    kind: str
    needs: tuple[str, ...]
    parse: Callable[[bytes, str], Parsed]
    says_day: bool = False
    row_cap: int | None = None
