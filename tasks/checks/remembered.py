"""Finds out which doubts about a release a person has already answered, about an earlier release of the same query.

A doubt about trade is asked once: the same partners are few, the same month of the same partner is many times the
others. It is the same doubt as long as its check, its subject and what was observed of the trade are the same; what it
was compared with may have grown by a month. A doubt about a file (cut off, pasted, of the other direction) is a new one
with each file. The memory is the published table `finding`, so it is there wherever the store is.
"""

import re
from typing import NamedTuple

import polars as pl

from schemas.forms.request import Landed
from tasks.domain.decisions import withdrawn_on
from tasks.domain.release_ids import MARK
from tasks.ledger.published_state import Known
from tasks.store.parquet import read_table

APPROVED = "approved"
# Checks about trade, each with the part of `observed` that is no observation of it: counts of a file, what was compared.
ABOUT_TRADE = {
    "few_partners": r"^\b$", "magnitude": r"[,;] .*", "mixed_units": r"^\b$",
    "month_without_records": r"^\b$", "one_province": r"^all [0-9,]+ records", "one_regime": r"^all [0-9,]+ records",
    "partners_missing": r", [0-9.]+% of .*", "product_without_records": r", where .*", "total_differs": r" in .*(?= add up)",
    "unit_value": r" \([0-9,]+ such .*\)", "unknown_partners": r"^[0-9.]+% of", "zero_number": r" \([0-9,]+ such .*\)",
}  # fmt: skip
SAME_QUERY = ("source", "reporter", "flow", "partners")


class Doubt(NamedTuple):
    """What makes two findings the same: check, subject, and what was observed of the trade."""

    check: str
    subject: str
    observed: str


class Answer(NamedTuple):
    """The approval of a doubt: what was said, and of which release."""

    said: str
    release_id: str


def doubt_of(check: str, subject: str, observed: str, title: str) -> Doubt:
    """The doubt behind a finding about the release of this title.

    >>> doubt_of("magnitude", "import 030111 JPN 2020-12 value_usd", "2,206,866, 3.4 times the most of 4 other months", "")
    Doubt(check='magnitude', subject='import 030111 JPN 2020-12 value_usd', observed='2,206,866')
    """
    apart = ABOUT_TRADE.get(check)
    return Doubt(
        check, subject.replace(title, "") if title else subject, re.sub(apart, "", observed) if apart else observed
    )


def answered(errors: pl.DataFrame, landed: Landed, known: Known) -> dict[Doubt, Answer]:
    """The doubts among these errors that a person approved with an earlier release of the same query, each with the answer.

    The last such release decides: after it was withdrawn the doubt is a new one.
    """
    trade = errors.filter(pl.col("check").is_in([*ABOUT_TRADE]))
    if trade.is_empty() or known.snapshot is None:
        return {}
    earlier = known.releases.filter(pl.col(name).eq_missing(getattr(landed, name)) for name in SAME_QUERY).select(
        "release_id", "title", "released_on"
    )
    findings = read_table(known.snapshot, "finding").join(earlier, on="release_id")
    said = dict(findings.filter(check=APPROVED).select("release_id", "observed").iter_rows())
    findings = findings.filter(pl.col("severity") == "error", pl.col("release_id").is_in([*said]))
    wanted = {
        doubt_of(row["check"], row["subject"], row["observed"], landed.title) for row in trade.iter_rows(named=True)
    }
    withdrawn, found = withdrawn_on(known.decisions), dict[Doubt, Answer | None]()
    for row in findings.sort("released_on", "release_id").iter_rows(named=True):
        doubt = doubt_of(row["check"], row["subject"], row["observed"], row["title"])
        if doubt in wanted:
            is_out = row["release_id"].partition(MARK)[0] in withdrawn
            found[doubt] = None if is_out else Answer(said[row["release_id"]], row["release_id"])
    return {doubt: answer for doubt, answer in found.items() if answer is not None}
