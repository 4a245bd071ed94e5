"""Defines the interface of an adapter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, NamedTuple, cast

import polars as pl

from schemas.table import DataFrame

if TYPE_CHECKING:
    from schemas.tables.reported import Reported


class Parsed(NamedTuple):
    """A file as read: its records as printed, the encoding, the normalisations made.

    `doubts` are findings that only the adapter can raise. `printed_on` and `reporter` come from the file; the declaration
    must agree with them. `totals` are the printed totals of the world and of groups, as records, and `short` the findings
    that the parts of one add up to less: see `declared`.
    """

    reported: DataFrame[Reported]
    encoding: str
    normalised: tuple[str, ...]
    doubts: tuple[dict[str, str], ...] = ()
    printed_on: date | None = None
    reporter: str | None = None
    totals: DataFrame[Reported] | None = None
    short: tuple[dict[str, str], ...] = ()

    def declared(self, partners: str) -> Parsed:
        """What the file says where these partners were asked for: `all`, or some of them.

        Of every partner a printed total is a check on the sum. Of some of them it is the only word on the total.
        """
        if partners == "all":
            return self._replace(doubts=(*self.doubts, *self.short))
        if self.totals is None:
            return self
        return self._replace(reported=cast("DataFrame[Reported]", pl.concat([self.reported, self.totals])))


@dataclass(frozen=True)
class Source:
    """An adapter: its name, the kind of release it reads, the required declarations, and how to read a file.

    `parse(raw, where)` returns the records or raises Refused. `says_day` means that each record has the day on which it
    was made public; otherwise the whole file has one day. A download that ends at a multiple of `row_cap` records was
    probably cut off by the site; None where no cap is known.

    `reporter` is the default reporter. `code_list` names the partner codes (`schemas/reference/partner_codes.csv`),
    `nomenclature` the national codes (`tasks/domain/nomenclature.py`). `has_lines`: products may be lines that only the
    source defines; `has_spans`: a record may cover several months together. `dated` gives the day from which the figures of a
    file were public, by what it prints, where no day is declared; None for a file that prints none. `experimental` says what
    was read of the source where that was no whole real file; its first release waits for approval.
    """

    name: str
    kind: str
    needs: tuple[str, ...]
    parse: Callable[[bytes, str], Parsed]
    says_day: bool = False
    row_cap: int | None = None
    reporter: str = "CHN"
    code_list: str = "gacc"
    nomenclature: str = "HS8"
    has_lines: bool = False
    has_spans: bool = False
    dated: Callable[[bytes], date | None] | None = None
    experimental: str = ""
