"""Text as printed to statements: codes text, months dates, units converted once, partners ISO, missing null.

Gate C: every record becomes statements or goes to quarantine with every rule that it broke; a contradiction within the
file refuses it, because no rule can choose. Nothing here looks at other releases.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple, cast

import polars as pl
from pandera.typing.polars import DataFrame

from schemas.code_tables import code_table
from schemas.observation import Detail
from schemas.release import Finding, Quarantine, Release
from schemas.reported import Reported
from schemas.request import Landed
from schemas.table import empty_frame, polars_schema
from tasks.codes import CODES, read_codes
from tasks.findings import finding, gather, shown
from tasks.names import doubt_names
from tasks.numbers import DIGIT, MISSING_MARKS, plain_texts, tidy_numbers, whole_number
from tasks.periods import month_start
from tasks.refusal import Refused
from tasks.scope import family, lost_place
from tasks.sources import SOURCES
from tasks.sources.protocol import Parsed

CURRENCIES = {
    "USD": ("USD", 1), "USD million": ("USD", 10**6), "CNY": ("CNY", 1), "CNY million": ("CNY", 10**6),
    "CNY 100 million": ("CNY", 10**8),
}  # fmt: skip
PERCENT_IN_BASIS_POINTS = 100
COPIES_SHARE_MAX = 0.001
SUM_MAX = 2**62
NUMBERS = ("quantity", "supplementary_quantity", "value", "quantity_yoy")
UNITS = ("quantity_unit", "supplementary_unit", "currency")
COPY = "is an exact copy of an earlier record"
KEY = ("flow", "product", "partner", "regime", "province", "period_start", "period_end", "measure", "known_from")


class Normalised(NamedTuple):
    """A release as understood: its statements, the records set aside, the doubts, and the release itself."""

    detail: DataFrame[Detail]
    quarantine: DataFrame[Quarantine]
    findings: DataFrame[Finding]
    release: DataFrame[Release]


def normalise(landed: Landed, parsed: Parsed) -> Normalised:
    """Statements of a parsed release. Raises Refused where the file as a whole cannot be understood."""
    where = landed.file.name
    release_id = release_id_of(landed)
    tidied, changes = _tidy(parsed.reported)
    codes = read_codes(tidied, landed, where)
    numbers = _read_numbers(tidied)
    faults = pl.concat([codes.faults, _number_faults(tidied, numbers)])
    good = numbers.filter(pl.col("value").is_not_null()).join(faults, on="record", how="anti")
    detail = _as_detail(good.join(codes.coded, on="record"), landed, release_id)
    _refuse_overflow(detail, where)
    copies = _find_copies(detail, parsed.reported.height, where)
    doubts = [*codes.doubts, *doubt_names(parsed.reported, where), *_missing_marks(tidied, where)]
    if copies.height:
        detail = cast("DataFrame[Detail]", detail.join(copies, on="record", how="anti"))
        faults = pl.concat([faults, copies.select("record", reason=pl.lit(COPY))])
        doubts.append(
            finding("copies", "warning", where, observed=f"{copies.height} exact copies, first record {copies['record'][0]}",
                    expected="each key once", advice="The copies are set aside; nothing to do.")
        )  # fmt: skip
    doubts += _normalisations((*parsed.normalised, *changes), where)
    quarantine = _set_aside(parsed.reported, faults, release_id)
    # A copy says nothing that is not said elsewhere in the file; what any other record set aside said is lost.
    lost = codes.places.join(faults.filter(pl.col("reason") != COPY), on="record", how="semi")
    _refuse_unusable(detail, quarantine, where)
    return Normalised(
        detail, quarantine, gather(release_id, doubts), _describe(landed, parsed, detail, quarantine, lost, release_id)
    )


def release_id_of(landed: Landed) -> str:
    """Name of a release: the same bytes with the same declaration are the same release, whenever they come."""
    said = [landed.raw_sha256, landed.reporter, landed.flow, landed.partners, landed.products, str(landed.first_month),
            str(landed.last_month)]  # fmt: skip
    return f"{landed.source}-{hashlib.sha256(json.dumps(said).encode()).hexdigest()[:12]}"


def _tidy(reported: DataFrame[Reported]) -> tuple[pl.DataFrame, list[str]]:
    """Codes, units and numbers as plain texts, once per distinct text, and what was changed."""
    columns, changes = [], []
    for name in (*CODES, *UNITS):
        distinct = reported[name].unique().drop_nulls()
        printed = distinct.cast(pl.String)
        clean = plain_texts(printed)
        if (clean != printed).any():
            mapping = pl.DataFrame({name: distinct, "clean": clean.cast(pl.Categorical)})
            tidied = reported.select(name).join(mapping, on=name, how="left", maintain_order="left")["clean"]
            columns.append(tidied.alias(name))
            changes.append((name, int((clean != printed).sum())))
    for name in NUMBERS:
        numbers = tidy_numbers(reported[name])
        if changed := int((numbers != reported[name]).sum()):
            columns.append(numbers)
            changes.append((name, changed))
    notes = [f"column {name}: blanks, invisible or full-width characters in {count} texts" for name, count in changes]
    return reported.with_columns(columns), notes


def _read_numbers(tidied: pl.DataFrame) -> pl.DataFrame:
    """A row for each number of each record: record, measure, value, unit, resolution, reason."""
    units = code_table("units").select("printed", "unit", factor=pl.col("to_unit_factor").cast(pl.Int64)).unique()
    money = pl.DataFrame(
        [(printed, unit, factor) for printed, (unit, factor) in CURRENCIES.items()], orient="row", schema=units.schema
    )
    parts = []
    for number, unit, table, measure in (
        ("quantity", "quantity_unit", units, "quantity_" + pl.col("unit")),
        ("supplementary_quantity", "supplementary_unit", units, "quantity_" + pl.col("unit")),
        ("value", "currency", money, "value_" + pl.col("unit").str.to_lowercase()),
    ):
        part = tidied.filter(pl.col(number).is_not_null()).select("record", printed_number=number, printed_unit=unit)
        labels = table.with_columns(pl.col("printed").cast(pl.Categorical))
        parts.append(_whole(part.join(labels, left_on="printed_unit", right_on="printed", how="left"), number, measure))
    growth = tidied.filter(pl.col("quantity_yoy").is_not_null()).select(
        "record",
        printed_number="quantity_yoy",
        printed_unit=pl.lit("%").cast(pl.Categorical),
        unit=pl.lit("basis_point"),
        factor=pl.lit(PERCENT_IN_BASIS_POINTS, dtype=pl.Int64),
    )
    parts.append(_whole(growth, "quantity_yoy", pl.lit("quantity_kg_yoy")))
    return pl.concat(parts)


def _whole(part: pl.DataFrame, name: str, measure: pl.Expr) -> pl.DataFrame:
    printed, unit = shown("printed_number"), shown("printed_unit")
    is_negative = (
        pl.lit(name != "quantity_yoy") & pl.col("value").is_not_null() & pl.col("printed_number").str.starts_with("-")
    )
    reason = (
        pl.when(pl.col("number_reason").is_not_null()).then(pl.format("{} '{}' {}", pl.lit(name), printed, "number_reason"))
        .when(pl.col("unit").is_null() & pl.col("printed_number").str.contains(DIGIT))
        .then(pl.format("{} '{}' has the unknown unit '{}'", pl.lit(name), printed, unit))
        .when(is_negative).then(pl.format("{} '{}' is negative", pl.lit(name), printed))
    )  # fmt: skip
    return part.with_columns(whole_number("printed_number", "factor")).select(
        "record", measure.alias("measure"), "value", "unit", "resolution", reason.alias("reason")
    )


def _number_faults(tidied: pl.DataFrame, numbers: pl.DataFrame) -> pl.DataFrame:
    """A row for each record and reason: numbers that are none, and records that have none."""
    said = numbers.filter(pl.col("value").is_not_null() | pl.col("reason").is_not_null())
    empty = tidied.select("record").join(said, on="record", how="anti")
    return pl.concat([
        numbers.filter(pl.col("reason").is_not_null()).select("record", "reason"),
        empty.select("record", reason=pl.lit("has no number at all")),
    ])  # fmt: skip


def _refuse_overflow(detail: DataFrame[Detail], where: str) -> None:
    """Sums are kept in 64 bits and wrap without a word, so a release whose numbers could do that is refused."""
    sums = detail.group_by("measure").agg(pl.col("value").cast(pl.Int128).abs().sum())
    over = sums.filter(pl.col("value") > SUM_MAX).sort("measure")
    if over.height:
        raise Refused(
            "sum too large",
            where=where,
            found=f"{over['measure'][0]} adds up to {over['value'][0]:,}, more than {SUM_MAX:,}",
            advice="Check the units of the file.",
        )


def _as_detail(numbers: pl.DataFrame, landed: Landed, release_id: str) -> DataFrame[Detail]:
    texts = [name for name, kind in polars_schema(Detail).items() if kind == pl.String]
    made = (
        numbers.with_columns(
            source=pl.lit(landed.source), kind=pl.lit(SOURCES[landed.source].kind), reporter=pl.lit(landed.reporter),
            release_id=pl.lit(release_id),
        ).with_columns(pl.col(texts).cast(pl.String)).select(*polars_schema(Detail))
    )  # fmt: skip
    return cast("DataFrame[Detail]", made)


def _find_copies(detail: DataFrame[Detail], records: int, where: str) -> pl.DataFrame:
    """Records that say what an earlier record says, number by number. Raises Refused where they say anything else."""
    groups = detail.group_by(KEY).agg(pl.col("value").n_unique().alias("values"), pl.col("record").sort(), pl.len())
    again = groups.filter(pl.col("len") > 1)
    _refuse_contradiction(again.filter(pl.col("values") > 1), "different values", where)
    # Records for one key must have the same numbers, or one that only one of them has would be lost with the copies.
    repeated = detail.join(again.select("record").explode("record").unique(), on="record", how="semi")
    place = [name for name in KEY if name != "measure"]
    sets = repeated.group_by(*place, "record").agg(pl.col("measure").sort().str.join(" and "))
    unlike = sets.group_by(place).agg(
        pl.col("measure").n_unique().alias("sets"), pl.col("measure").first(), pl.col("record").sort()
    )
    _refuse_contradiction(unlike.filter(pl.col("sets") > 1), "other numbers beside it", where)
    copies = again.select(pl.col("record").list.slice(1)).explode("record").unique().sort("record")
    if copies.height > max(1, COPIES_SHARE_MAX * records):
        raise Refused(
            "copies",
            where=f"{where}, record {copies['record'][0]}",
            found=f"{copies.height} of {records} records are exact copies: downloads joined together",
            advice="Ingest each download by itself.",
        )
    return copies


def _refuse_contradiction(against: pl.DataFrame, what: str, where: str) -> None:
    if not against.height:
        return
    row = against.sort("record").row(0, named=True)
    raise Refused(
        "contradiction",
        where=f"{where}, records {', '.join(map(str, row['record'][:4]))}",
        found=f"{row['measure']} of {row['product']}, partner {row['partner']}, {row['period_start']:%Y-%m} stands "
        f"there more than once with {what} ({against.height} such numbers)",
        advice="No rule can choose; download the query again.",
    )


def _missing_marks(tidied: pl.DataFrame, where: str) -> list[dict[str, str]]:
    """A dash or a star is no zero: the number is missing, and that is said."""
    doubts = []
    for name in NUMBERS:
        marked = tidied.filter(pl.col(name).is_in(list(MISSING_MARKS)))
        if marked.height:
            doubts.append(
                finding("missing_number", "info", f"{where}, column {name}",
                        observed=f"{marked.height} marks like '{marked[name][0]}', first in record {marked['record'][0]}",
                        expected="a number", advice="They are missing, not zero; nothing to do.")
            )  # fmt: skip
    return doubts


def _normalisations(notes: Sequence[str], where: str) -> list[dict[str, str]]:
    return [
        finding("normalised", "info", where, observed=text, expected="the file as the source gives it",
                advice="Read all the same; nothing to do.")
        for text in notes
    ]  # fmt: skip


def _set_aside(reported: DataFrame[Reported], faults: pl.DataFrame, release_id: str) -> DataFrame[Quarantine]:
    if not faults.height:
        return DataFrame[Quarantine](empty_frame(Quarantine))
    reasons = faults.group_by("record").agg(pl.col("reason").unique().sort().alias("reasons"))
    rows = reported.join(reasons, on="record").sort("record")
    printed = [
        json.dumps({key: value for key, value in row.items() if value is not None}, ensure_ascii=False)
        for row in rows.drop("record", "reasons").iter_rows(named=True)
    ]
    return DataFrame[Quarantine](
        rows.select(
            release_id=pl.lit(release_id),
            record="record",
            reasons="reasons",
            printed=pl.Series(printed, dtype=pl.String),
        )
    )


def _refuse_unusable(detail: pl.DataFrame, quarantine: pl.DataFrame, where: str) -> None:
    if not detail.height:
        raise Refused(
            "nothing usable",
            where=f"{where}, record {quarantine['record'][0]}",
            found=f"{quarantine['reasons'][0][0]}; none of {quarantine.height} records can be used",
            advice="Check that it is the file that was declared.",
        )


def _describe(
    landed: Landed,
    parsed: Parsed,
    detail: DataFrame[Detail],
    quarantine: DataFrame[Quarantine],
    lost: pl.DataFrame,
    release_id: str,
) -> DataFrame[Release]:
    """The release as a row, with its scope."""
    # The site takes one range of months, so the months between the first and the last in the file were asked for.
    first: date = landed.first_month or month_start(detail["period_start"].min())  # type: ignore[arg-type]
    last: date = month_start(landed.last_month or detail["period_end"].max())  # type: ignore[arg-type]
    says_day = SOURCES[landed.source].says_day
    row = {
        "release_id": release_id, "source": landed.source, "kind": SOURCES[landed.source].kind, "reporter": landed.reporter,
        "title": landed.title, "raw_sha256": landed.raw_sha256, "raw_bytes": landed.raw_bytes, "encoding": parsed.encoding,
        "released_on": detail["known_from"].max() if says_day else landed.released_on, "flow": landed.flow,
        "products": sorted(landed.products or detail["product"].unique()),
        "classification": None if says_day else detail["classification"][0],
        "partners": "keys" if says_day else landed.partners, "partner_list": detail["partner"].unique().sort().to_list(),
        "measures": detail.select(family().alias("family"))["family"].unique().sort().to_list(),
        "first_month": first, "last_month": last,
        "by_month": bool((detail["period_start"].dt.month_end() == detail["period_end"]).all()),
        "lost": lost.select(lost_place("product", "period_end")).to_series().unique().sort().to_list(),
        "records": parsed.reported.height, "records_observed": detail["record"].n_unique(),
        "records_quarantined": quarantine.height,
    }  # fmt: skip
    return DataFrame[Release](pl.DataFrame([row], schema=polars_schema(Release)))
