"""Applies corrections of known source errors: each is a row with place, expected text and new text, and expires.

Corrections are applied to the printed text, before it is interpreted, so that a corrected record passes the same gates
as any other. A correction that matches nothing, or finds another text than expected, stops the release: either the
source fixed its error, or the correction has the wrong place. A published release is published again as an edition
(`editions`).
"""

from datetime import date

import polars as pl

from schemas.code_files import BrokenTable
from schemas.forms.request import Landed
from schemas.frames import Reported
from schemas.reference.code_tables import code_table
from schemas.table import polars_schema
from tasks.domain.carried import are_corrected
from tasks.domain.errors import Refused
from tasks.sources.adapter.protocol import Parsed


def corrections_of(source: str, raw_sha256: str) -> list[dict[str, str]]:
    """The corrections for some bytes of a source. Raises Refused where the table of corrections cannot be read."""
    if not are_corrected():
        return []
    try:
        corrections = code_table("corrections")
    except BrokenTable as error:
        raise Refused(
            "corrections",
            where="schemas/reference",
            found=str(error).removesuffix("."),
            advice="Mend the table: until then nobody knows what is corrected.",
        ) from error
    return corrections.filter(source=source, raw_sha256=raw_sha256).to_dicts()


def correct(landed: Landed, parsed: Parsed, today: date) -> Parsed:
    """The parsed release, corrected, with each correction in `normalised`. Raises Refused where one does not fit or has
    expired."""
    corrections = corrections_of(landed.source, landed.raw_sha256)
    if not corrections:
        return parsed
    for row in corrections:
        if date.fromisoformat(row["expires_on"]) < today:
            raise Refused(
                "correction expired",
                where=landed.file.name,
                found=f"correction {row['id']} expired on {row['expires_on']}",
                advice="Look at the source again; renew the row in corrections.csv or take it out.",
            )
    notes = (*parsed.normalised, *(f"record {row['record']}, {correction_text(row)}" for row in corrections))
    return parsed._replace(reported=corrected(parsed.reported, corrections, landed.file.name), normalised=notes)


def correction_text(row: dict[str, str]) -> str:
    """The change that a correction makes in its record, and its reason."""
    return f"{row['field']}: {row['expect']!r} corrected to {row['value']!r} ({row['reason']})"


def corrected(reported: pl.DataFrame, corrections: list[dict[str, str]], where: str) -> Reported:
    """The printed text with `corrections` applied. Raises Refused where one does not fit; `where` names the file."""
    kinds = polars_schema("reported")
    for row in corrections:
        field, place = row["field"], pl.col("record") == int(row["record"])
        record = reported.filter(place)
        text = record[field].cast(pl.String)[0] if field in kinds and record.height else None
        if text != row["expect"]:
            raise Refused(
                "correction does not fit",
                where=f"{where}, record {row['record']}, column {field}",
                found=f"{text!r} where correction {row['id']} expects {row['expect']!r}",
                advice="The source has changed or the correction is wrong: mend the row in corrections.csv.",
            )
        mended = pl.when(place).then(pl.lit(row["value"])).otherwise(pl.col(field).cast(pl.String))
        reported = reported.with_columns(mended.cast(kinds[field]).alias(field))
    return reported
