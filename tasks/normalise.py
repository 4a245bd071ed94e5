"""Text as printed to statements: codes text, months dates, units converted once, partners ISO, missing null.

Gate C: every record becomes statements or goes to quarantine with every rule that it broke; a contradiction within the
file refuses it, because no rule can choose. Nothing here looks at other releases.
"""

import hashlib
import json
from datetime import date
from typing import NamedTuple

import polars as pl
from pandera.typing.polars import DataFrame

from schemas.code_tables import code_table, valid_in
from schemas.observation import Detail
from schemas.release import Finding, Quarantine, Release
from schemas.reported import Reported
from schemas.request import Landed
from schemas.table import empty_frame, polars_schema
from tasks.findings import finding, gather
from tasks.lexer import INVISIBLE
from tasks.numbers import tidy_numbers, whole_number
from tasks.periods import month_end, month_start, read_period
from tasks.refusal import Refused, clip
from tasks.sources import SOURCES
from tasks.sources.protocol import Parsed

CURRENCIES = {
    "USD": ("USD", 1), "USD million": ("USD", 10**6), "CNY": ("CNY", 1), "CNY million": ("CNY", 10**6),
    "CNY 100 million": ("CNY", 10**8),
}  # fmt: skip
PERCENT_IN_BASIS_POINTS = 100
COPIES_SHARE_MAX = 0.001
CODES = ("product", "partner", "regime", "province", "period", "flow", "published_on")
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
    tidied = _tidy(parsed.reported)
    coded, code_faults, doubts = _read_codes(tidied, landed, where)
    numbers = _read_numbers(tidied)
    faults = pl.concat([code_faults, numbers.filter(pl.col("reason").is_not_null()).select("record", "reason")])
    good = numbers.filter(pl.col("value").is_not_null()).join(faults, on="record", how="anti")
    empty = tidied.select("record").join(numbers.filter(pl.col("value").is_not_null() | pl.col("reason").is_not_null()),
                                         on="record", how="anti")
    faults = pl.concat([faults, empty.select("record", reason=pl.lit("has no number at all"))])
    detail = _as_detail(good.join(coded, on="record"), landed, release_id)
    copies = _find_copies(detail, parsed.reported.height, where)
    if copies.height:
        detail = DataFrame[Detail](detail.join(copies, on="record", how="anti"))
        faults = pl.concat([faults, copies.select("record", reason=pl.lit("is an exact copy of an earlier record"))])
        doubts.append(
            finding("copies", "warning", where, observed=f"{copies.height} exact copies, first record {copies['record'].min()}",
                    expected="each key once", advice="The copies are set aside; nothing to do.")
        )
    doubts += _missing_marks(tidied, where) + _normalisations(parsed, where)
    quarantine = _set_aside(parsed.reported, faults, release_id)
    return Normalised(
        detail, quarantine, gather(release_id, doubts), _describe(landed, parsed, detail, quarantine, release_id)
    )


def release_id_of(landed: Landed) -> str:
    """Name of a release: the same bytes with the same declaration are the same release, whenever they come."""
    said = [landed.raw_sha256, landed.reporter, landed.flow, landed.partners, landed.products, str(landed.first_month),
            str(landed.last_month)]  # fmt: skip
    return f"{landed.source}-{hashlib.sha256(json.dumps(said).encode()).hexdigest()[:12]}"


def _tidy(reported: DataFrame[Reported]) -> pl.DataFrame:
    """Codes and units without blanks and invisible characters and in NFKC, once per distinct text; numbers likewise."""
    columns = []
    for name in (*CODES, "quantity_unit", "supplementary_unit", "currency"):
        distinct = reported[name].unique().drop_nulls()
        clean = distinct.cast(pl.String).str.replace_all(f"[{INVISIBLE}]", "").str.normalize("NFKC").str.strip_chars()
        if (clean != distinct.cast(pl.String)).any():
            mapping = pl.DataFrame({name: distinct, "clean": clean.cast(pl.Categorical)})
            columns.append(reported.select(name).join(mapping, on=name, how="left", maintain_order="left")["clean"].alias(name))
    for name in ("quantity", "supplementary_quantity", "value", "quantity_yoy"):
        columns.append(tidy_numbers(reported[name]))
    return reported.with_columns(columns)


def _read_codes(
    tidied: pl.DataFrame, landed: Landed, where: str
) -> tuple[pl.DataFrame, pl.DataFrame, list[dict[str, str]]]:
    """What each record is about; faults by record; doubts. Each distinct combination is looked at once."""
    dimensions = list(CODES)
    combinations = tidied.select(dimensions).unique().with_columns(pl.col(dimensions).cast(pl.String))
    read = _read_periods(combinations, landed, where)
    read = _read_products(read)
    read, doubts = _read_partners(read, landed, where)
    read = _read_flow_and_day(read, landed)
    read = read.with_columns(
        pl.concat_list(
            pl.when(~pl.col(name).str.contains(r"^\d{2}$")).then(pl.format("{} '{}' is not two digits", pl.lit(name), name))
            for name in ("regime", "province")
        ).list.drop_nulls().alias("other_faults")
    )
    faults = ("period_fault", "product_fault", "partner_fault", "flow_fault", "day_fault")
    read = read.with_columns(
        pl.concat_list(pl.concat_list(faults).list.drop_nulls(), "other_faults").alias("faults")
    )
    _refuse_mixed_levels(read, landed, where)
    by_record = tidied.select("record", *dimensions).join(
        read.with_columns(pl.col(dimensions).cast(pl.Categorical)), on=dimensions, how="left", nulls_equal=True
    )
    bad = by_record.filter(pl.col("faults").list.len() > 0)
    broken = bad.select("record", "faults").explode("faults").select("record", reason="faults")
    kept = ("record", "flow_read", "product_read", "classification", "partner_read", "regime", "province", "period_start",
            "period_end", "known_from")  # fmt: skip
    coded = by_record.filter(pl.col("faults").list.len() == 0).select(kept).rename(
        {"flow_read": "flow", "product_read": "product", "partner_read": "partner"}
    )
    return coded, broken, doubts


def _read_periods(combinations: pl.DataFrame, landed: Landed, where: str) -> pl.DataFrame:
    texts = combinations["period"].unique().to_list()
    if None in texts and landed.first_month is None:
        raise Refused(
            "months not declared", where=where, found="the file has no month column and its months are nowhere declared",
            advice=f'Write months = "2025-01..2025-12" into {where}.toml beside it, or give --month 2025-01..2025-12.',
        )
    rows = []
    for text in texts:
        if text is None:
            span = (landed.first_month, month_end(landed.last_month or landed.first_month))  # type: ignore[arg-type]
        else:
            span = read_period(text)
        rows.append({"period": text, "period_start": span and span[0], "period_end": span and span[1],
                     "period_fault": None if span else f"period '{clip(text)}' is not a month"})  # fmt: skip
    kinds = {"period": pl.String, "period_start": pl.Date, "period_end": pl.Date, "period_fault": pl.String}
    read = pl.DataFrame(rows, schema=kinds)
    _refuse_other_months(read, landed, where)
    return combinations.join(read, on="period", how="left", nulls_equal=True)


def _refuse_other_months(read: pl.DataFrame, landed: Landed, where: str) -> None:
    """Months that had not ended when the file was made public, and months that were not asked for, refuse the file."""
    early = read.filter(pl.col("period_end") >= landed.released_on)
    if early.height and not SOURCES[landed.source].says_day:
        raise Refused(
            "future month", where=where, found=f"period {early['period'][0] or early['period_end'][0]} in a file of {landed.released_on}",
            advice="Correct released_on, or download again.",
        )
    if landed.first_month is not None and landed.last_month is not None:
        other = read.filter(
            (pl.col("period_start") < landed.first_month) | (pl.col("period_end") > month_end(landed.last_month))
        )
        if other.height:
            raise Refused(
                "other month", where=where, found=f"period {other['period'][0]}, declared are "
                f"{landed.first_month:%Y-%m} to {landed.last_month:%Y-%m}", advice="Correct months, or drop the right file.",
            )


def _read_products(combinations: pl.DataFrame) -> pl.DataFrame:
    code = pl.col("product")
    level = (
        pl.when(code.str.contains(r"^\d{2}(\d{2}){0,3}$")).then(pl.format("HS{}", code.str.len_chars()))
        .when(code.str.contains(r"^line:[a-z0-9_]+$")).then(pl.lit("line"))
    )  # fmt: skip
    return combinations.with_columns(
        level.alias("classification"),
        code.alias("product_read"),
        pl.when(level.is_null()).then(
            pl.format("product '{}' is no HS code of 2, 4, 6 or 8 digits", code.fill_null("").str.slice(0, 60))
        ).alias("product_fault"),
    )


def _refuse_mixed_levels(read: pl.DataFrame, landed: Landed, where: str) -> None:
    levels = read.filter(pl.col("classification").str.starts_with("HS"))["classification"].unique().sort().to_list()
    if len(levels) > 1 and not SOURCES[landed.source].says_day:
        raise Refused(
            "mixed levels", where=where, found=f"codes of several levels: {', '.join(levels)}; their sum would count twice",
            advice="Download each level by itself.",
        )


def _read_partners(
    combinations: pl.DataFrame, landed: Landed, where: str
) -> tuple[pl.DataFrame, list[dict[str, str]]]:
    """Partner keys: by the code that is valid in the period's last month; unknown codes are kept and reported."""
    partners = code_table("partners")
    pairs = combinations.select("partner", month=pl.col("period_end").dt.strftime("%Y-%m")).unique()
    known = (
        pairs.join(partners.select("gacc_code", key="partner", valid_from="valid_from", valid_to="valid_to"),
                   left_on="partner", right_on="gacc_code", how="inner")
        .filter(valid_in(pl.col("month")))
        .select("partner", "month", "key")
    )  # fmt: skip
    keys = pl.col("partner").is_in(partners["partner"].unique().to_list() + ["WLD"])
    read = combinations.with_columns(month=pl.col("period_end").dt.strftime("%Y-%m")).join(
        known, on=["partner", "month"], how="left"
    )
    is_code = pl.col("partner").str.contains(r"^\d{3}$")
    read = read.with_columns(
        pl.when(pl.col("partner").is_null()).then(pl.lit("WLD"))
        .when(pl.col("key").is_not_null()).then(pl.col("key"))
        .when(is_code).then("gacc:" + pl.col("partner"))
        .when(keys).then(pl.col("partner")).alias("partner_read")
    )  # fmt: skip
    read = read.with_columns(
        pl.when(pl.col("partner_read").is_null())
        .then(pl.format("partner '{}' is no partner code", pl.col("partner").str.slice(0, 60)))
        .alias("partner_fault")
    )
    unknown = read.filter(is_code & pl.col("key").is_null())
    doubts = [
        finding("unknown_partner", "warning", f"partner {code}", observed=f"code {code} in {months[0]}",
                expected="a code of schemas/reference/partners.csv that holds in that month",
                advice="It is published as it stands; add the code to the table.")
        for code, months in unknown.group_by("partner").agg(pl.col("month").sort()).sort("partner").iter_rows()
    ]  # fmt: skip
    return read, doubts


def _read_flow_and_day(combinations: pl.DataFrame, landed: Landed) -> pl.DataFrame:
    flow = pl.coalesce("flow", pl.lit(landed.flow, dtype=pl.String))
    printed = pl.col("published_on")
    day = printed.str.to_date("%Y-%m-%d", strict=False)
    says_day = SOURCES[landed.source].says_day
    return combinations.with_columns(
        flow.alias("flow_read"),
        pl.when(~flow.is_in(["export", "import"]) | flow.is_null())
        .then(pl.format("flow '{}' is neither export nor import", flow.fill_null(""))).alias("flow_fault"),
        (day if says_day else pl.lit(landed.released_on, dtype=pl.Date)).alias("known_from"),
        pl.when(pl.lit(says_day) & (day.is_null() | (day <= pl.col("period_end"))))
        .then(pl.format("published_on '{}' is no day after the period", printed.fill_null(""))).alias("day_fault"),
    )


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
        "record", printed_number="quantity_yoy", printed_unit=pl.lit("%").cast(pl.Categorical),
        unit=pl.lit("basis_point"), factor=pl.lit(PERCENT_IN_BASIS_POINTS, dtype=pl.Int64),
    )
    parts.append(_whole(growth, "quantity_yoy", pl.lit("quantity_kg_yoy")))
    return pl.concat(parts)


def _whole(part: pl.DataFrame, name: str, measure: pl.Expr) -> pl.DataFrame:
    signed = name == "quantity_yoy"
    negative = pl.lit(not signed) & (pl.col("value") < 0)
    reason = (
        pl.when(pl.col("number_reason").is_not_null())
        .then(pl.format("{} '{}' {}", pl.lit(name), pl.col("printed_number").str.slice(0, 60), "number_reason"))
        .when(pl.col("unit").is_null() & pl.col("value").is_null() & pl.col("printed_number").str.contains(r"\d"))
        .then(pl.format("{} has the unknown unit '{}'", pl.lit(name), pl.col("printed_unit").cast(pl.String).fill_null("")))
        .when(negative).then(pl.format("{} '{}' is negative", pl.lit(name), "printed_number"))
    )
    return part.with_columns(whole_number("printed_number", "factor")).select(
        "record", measure.alias("measure"), "value", "unit", "resolution", reason.alias("reason")
    )


def _as_detail(numbers: pl.DataFrame, landed: Landed, release_id: str) -> DataFrame[Detail]:
    texts = [name for name, kind in polars_schema(Detail).items() if kind == pl.String]
    return DataFrame[Detail](
        numbers.with_columns(
            source=pl.lit(landed.source), kind=pl.lit(SOURCES[landed.source].kind), reporter=pl.lit(landed.reporter),
            release_id=pl.lit(release_id),
        ).with_columns(pl.col(texts).cast(pl.String)).select(*polars_schema(Detail))
    )  # fmt: skip


def _find_copies(detail: DataFrame[Detail], records: int, where: str) -> pl.DataFrame:
    """Records whose every number repeats an earlier record's. Raises Refused for one key with two values."""
    groups = detail.group_by(KEY).agg(pl.col("value").n_unique().alias("values"), pl.col("record").sort(), pl.len())
    again = groups.filter(pl.col("len") > 1)
    against = again.filter(pl.col("values") > 1).sort("record")
    if against.height:
        row = against.row(0, named=True)
        raise Refused(
            "contradiction", where=f"{where}, records {', '.join(map(str, row['record'][:4]))}",
            found=f"{row['measure']} of {row['product']}, partner {row['partner']}, {row['period_start']:%Y-%m} "
            f"has {row['values']} different values ({against.height} such keys)",
            advice="No rule can choose; download the query again.",
        )
    copies = again.select(pl.col("record").list.slice(1)).explode("record").unique().sort("record")
    if copies.height > max(1, COPIES_SHARE_MAX * records):
        raise Refused(
            "copies", where=where, found=f"{copies.height} of {records} records are exact copies: downloads joined together",
            advice="Ingest each download by itself.",
        )
    return copies


def _missing_marks(tidied: pl.DataFrame, where: str) -> list[dict[str, str]]:
    """A dash or a star is no zero: the number is missing, and that is said."""
    doubts = []
    for name in ("quantity", "supplementary_quantity", "value", "quantity_yoy"):
        marked = tidied.filter(pl.col(name).is_not_null() & ~pl.col(name).str.contains(r"[^\-—－….*]") & (pl.col(name) != "."))
        if marked.height:
            doubts.append(
                finding("missing_number", "info", f"{where}, column {name}",
                        observed=f"{marked.height} marks like '{marked[name][0]}', first in record {marked['record'][0]}",
                        expected="a number", advice="They are missing, not zero; nothing to do.")
            )  # fmt: skip
    return doubts


def _normalisations(parsed: Parsed, where: str) -> list[dict[str, str]]:
    return [
        finding("normalised", "info", where, observed=text, expected="the file as the source gives it",
                advice="Read all the same; nothing to do.")
        for text in parsed.normalised
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
        rows.select(release_id=pl.lit(release_id), record="record", reasons="reasons", printed=pl.Series(printed, dtype=pl.String))
    )


def _describe(
    landed: Landed, parsed: Parsed, detail: DataFrame[Detail], quarantine: DataFrame[Quarantine], release_id: str
) -> DataFrame[Release]:
    """The release as a row, with its scope. Raises Refused where nothing at all could be used."""
    if not detail.height:
        first = quarantine["reasons"][0][0] if quarantine.height else "no record"
        raise Refused(
            "nothing usable", where=landed.file.name, found=f"none of {parsed.reported.height} records can be used; record "
            f"{quarantine['record'][0]}: {first}", advice="Check that it is the file that was declared.",
        )
    # The site takes one range of months, so the months between the first and the last in the file were asked for.
    first: date = landed.first_month or month_start(detail["period_start"].min())  # type: ignore[arg-type]
    last: date = month_start(landed.last_month or detail["period_end"].max())  # type: ignore[arg-type]
    says_day = SOURCES[landed.source].says_day
    families = pl.when(detail["measure"].str.contains("_yoy$")).then(pl.lit("quantity_yoy")).when(
        detail["measure"].str.starts_with("quantity")).then(pl.lit("quantity")).otherwise(detail["measure"])
    row = {
        "release_id": release_id, "source": landed.source, "kind": SOURCES[landed.source].kind, "reporter": landed.reporter,
        "title": landed.title, "raw_sha256": landed.raw_sha256, "raw_bytes": landed.raw_bytes, "encoding": parsed.encoding,
        "released_on": detail["known_from"].max() if says_day else landed.released_on, "flow": landed.flow,
        "products": sorted(landed.products or detail["product"].unique()),
        "partners": "keys" if says_day else landed.partners, "partner_list": detail["partner"].unique().sort().to_list(),
        "measures": detail.select(families.alias("family"))["family"].unique().sort().to_list(),
        "first_month": first, "last_month": last,
        "by_month": bool((detail["period_start"].dt.month_end() == detail["period_end"]).all()),
        "records": parsed.reported.height, "records_observed": detail["record"].n_unique(),
        "records_quarantined": quarantine.height,
    }  # fmt: skip
    return DataFrame[Release](pl.DataFrame([row], schema=polars_schema(Release)))
