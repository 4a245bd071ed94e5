"""Answers whether printed figures agree with the ledger: those of a file, of rows, or a single one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import polars as pl

from schemas.names import INPUT
from schemas.questions.claims import CheckClaim, CheckClaims
from tasks.answers.form.answer import Answer, store_of
from tasks.claims import check
from tasks.claims.verdict import IN_DOUBT
from tasks.domain.reporter import Reporter
from tasks.reading.citation import stated_by
from tasks.reading.query import open_published

COLUMNS = (*INPUT, "qualifier", "published")


@dataclass(frozen=True)
class ClaimsAnswer(Answer):
    """Claims with their verdicts."""

    @property
    def in_doubt(self) -> bool:
        """Whether a claim is not checkable because of what is in doubt."""
        return bool(self.rows["reason"].str.contains(IN_DOUBT, literal=True).any())

    def release_ids(self, first: int) -> set[str]:
        """Return the ids of the releases that print the months of the first claims; of claims that no one can read,
        those of all releases."""
        months = check.months_of(self.rows.head(first), Reporter.of(self.releases).nomenclature)
        stated = stated_by(months, self.snapshot)
        return {*(self.releases if stated is None else stated)["release_id"]}


def check_claims(question: CheckClaims) -> ClaimsAnswer:
    """Return the claims with their verdicts. Raises ValueError where a column is missing or the file is no CSV."""
    given = question.claims
    claims = check.read_claims(Path(given)) if isinstance(given, str | Path) else _rows(given)
    snapshot = open_published(store_of(question))
    return ClaimsAnswer(check.check_claims(snapshot, claims), snapshot, table="checked_claim")


def check_claim(question: CheckClaim) -> ClaimsAnswer:
    """Return one claim with its verdict."""
    claim = {field.name: str(getattr(question, field.name)) for field in fields(question) if field.name in COLUMNS}
    return check_claims(CheckClaims([claim], store=question.store, reporter=question.reporter))


def _rows(claims: Iterable[Mapping[str, object]]) -> check.ClaimsFile:
    rows = pl.DataFrame([*claims], infer_schema_length=None)
    if missing := [name for name in INPUT if name not in rows.columns]:
        raise ValueError(f"a claim without {', '.join(missing)}; it has {', '.join(INPUT)}, and may have qualifier")
    return check.ClaimsFile("", "", rows.cast(pl.String))
