"""A file of claims against a snapshot of the ledger: one verdict a row."""

import io
from pathlib import Path

import polars as pl
from pandera.typing.polars import DataFrame

from schemas.claim import INPUT, VERDICTS, Claim
from tasks.claim_check import check_claim
from tasks.claim_readings import Readings
from tasks.snapshot import Snapshot


def check_claims(snapshot: Snapshot, claims: pl.DataFrame) -> DataFrame[Claim]:
    """Every row of `claims` (all text) with all its columns, then verdict and reason; in the order given."""
    readings = Readings(snapshot)
    found = [check_claim(readings, row) for row in claims.iter_rows(named=True)]
    verdicts = pl.DataFrame(
        {"verdict": [verdict for verdict, _ in found], "reason": [reason for _, reason in found]},
        schema={"verdict": pl.String, "reason": pl.String},
    )
    kept = claims.drop("verdict", "reason", strict=False).with_columns(pl.col(INPUT).fill_null(""))
    return DataFrame[Claim](Claim.validate(pl.concat([kept, verdicts], how="horizontal"), lazy=True))


def read_claims(file: Path) -> pl.DataFrame:
    """The rows of a claims file as text. Raises ValueError where it is none."""
    if not file.is_file():
        raise ValueError(f"{file}: there is no such file; give a CSV with the columns {', '.join(INPUT)}")
    try:
        rows = pl.read_csv(io.BytesIO(file.read_bytes()), infer_schema=False, encoding="utf8")
    except (pl.exceptions.PolarsError, UnicodeDecodeError) as error:
        raise ValueError(f"{file}: not a CSV in UTF-8 ({str(error).splitlines()[0]}); save it as one") from error
    rows = rows.rename({name: name.strip().lstrip("\ufeff") for name in rows.columns})
    if missing := [name for name in INPUT if name not in rows.columns]:
        raise ValueError(
            f"{file}: the columns {', '.join(missing)} are missing; a claims file has {', '.join(INPUT)}, and may have qualifier, hs_code_if_stated and others"
        )
    return rows


def summary(checked: pl.DataFrame) -> str:
    """How many of each verdict, in a line."""
    counts = dict(checked["verdict"].value_counts().iter_rows())
    return f"{checked.height} claims: " + ", ".join(f"{counts.get(name, 0)} {name}" for name in VERDICTS)
