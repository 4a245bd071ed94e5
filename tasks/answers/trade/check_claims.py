"""Answers whether printed figures agree with the ledger: those of a file, of rows, or a single one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

import polars as pl

from schemas.names import INPUT
from schemas.questions.claims import CheckClaim, CheckClaims
from tasks.answers.form.answer import Answer, store_of
from tasks.claims import check
from tasks.claims.parse import ONE_CODE, UnknownWord, named_goods, read_product
from tasks.claims.verdict import IN_DOUBT
from tasks.domain.classification import members
from tasks.domain.errors import Unclear
from tasks.domain.name_match import Unresolved
from tasks.domain.nomenclature import CHINAS
from tasks.domain.reporter import Reporter
from tasks.reading.citation import stated_by
from tasks.reading.query import open_published, reporter_of
from tasks.reading.resolver import Resolver
from tasks.store.files.snapshot import Snapshot

COLUMNS = (*INPUT, "qualifier", "published")


@dataclass(frozen=True)
class ClaimsAnswer(Answer):
    """Claims with their verdicts."""

    claims: check.ClaimsFile = field(kw_only=True)

    @property
    def in_doubt(self) -> bool:
        """Whether a claim is not checkable because of what is in doubt."""
        return bool(self.rows["reason"].str.contains(IN_DOUBT, literal=True).any())

    def release_ids(self, first: int) -> set[str]:
        """Return the ids of the releases that print the months of the first claims; of claims that no one can read,
        those of all releases."""
        months = check.months_of(self.claims.understood[:first], Reporter.of(self.releases).nomenclature)
        stated = stated_by(months, self.snapshot)
        return {*(self.releases if stated is None else stated)["release_id"]}


def check_claims(question: CheckClaims) -> ClaimsAnswer:
    """Return the claims with their verdicts. Raises ValueError where a column is missing or the file is no CSV."""
    given = question.claims
    claims = check.read_claims(Path(given)) if isinstance(given, str | Path) else _rows(given)
    snapshot = open_published(store_of(question))
    claims = understood(snapshot, claims)
    return ClaimsAnswer(check.check_claims(snapshot, claims), snapshot, table="checked_claim", claims=claims)


def understood(snapshot: Snapshot, claims: check.ClaimsFile) -> check.ClaimsFile:
    """Return the claims with what their goods are called in a store, by every name that `read` knows."""
    resolver = Resolver(snapshot)
    rows = ({name: text or "" for name, text in row.items()} for row in claims.rows.iter_rows(named=True))
    return replace(claims, meant=tuple(_meant(row, resolver) for row in rows))


def _meant(row: dict[str, str], resolver: Resolver) -> check.Meant | None:
    """What the goods of a claim are called in a store; None where the words of the claim say it, or an outlet counts
    what no product of ours is."""
    text = named_goods(row)
    try:
        product = read_product(row, reporter_of(resolver.snapshot).nomenclature)
    except UnknownWord:
        product = ""
    except Unclear:
        return None
    if not {product, *members(product)}.isdisjoint(resolver.products):
        return None
    is_word = product and not ONE_CODE.fullmatch(text)
    try:
        # The words are of China's codes.
        meant = resolver.same_goods(text, members(product), CHINAS) if is_word else resolver.product_keys(text)
    except Unresolved as unresolved:
        return None if product else check.Meant("", str(unresolved))
    return check.Meant(meant.keys[0] if len(meant.keys) == 1 else "", meant.note)


def check_claim(question: CheckClaim) -> ClaimsAnswer:
    """Return one claim with its verdict."""
    claim = {one.name: str(getattr(question, one.name)) for one in fields(question) if one.name in COLUMNS}
    return check_claims(CheckClaims([claim], store=question.store, reporter=question.reporter))


def _rows(claims: Iterable[Mapping[str, object]]) -> check.ClaimsFile:
    rows = pl.DataFrame([*claims], infer_schema_length=None)
    if missing := [name for name in INPUT if name not in rows.columns]:
        raise ValueError(f"a claim without {', '.join(missing)}; it has {', '.join(INPUT)}, and may have qualifier")
    return check.ClaimsFile("", "", rows.cast(pl.String))
