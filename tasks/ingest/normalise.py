"""Converts printed text to statements: text codes, dates, units converted once, ISO partners, null for missing.

Gate C: every record becomes statements or goes to quarantine with every rule that it broke; a contradiction within the
file refuses it, because no rule can choose. Other releases are not read here.
"""

import json
from typing import NamedTuple

import polars as pl

from schemas.forms.request import Landed
from schemas.frames import Detail, Finding, PrintedName, Quarantine, Release, Reported
from schemas.table import empty_frame, polars_schema
from tasks.domain.coverage import WORLD
from tasks.domain.doubt.findings import finding, gather, of_records
from tasks.domain.errors import Refused
from tasks.domain.precedence import too_large
from tasks.domain.precision import SUM_MAX
from tasks.domain.text import counted
from tasks.domain.units import LEVEL_MAX, MILLIGRAMS_PER_KG
from tasks.ingest import repeats
from tasks.ingest.codes import CODES, read_codes
from tasks.ingest.contradictions import doubt_file_name, refuse_contradictions
from tasks.ingest.editions import release_id_of
from tasks.ingest.quantities import MISSING_MARKS, NUMBERS, SILENT, UNIT_OF, hidden_numbers, read_amounts, tidy_numbers
from tasks.ingest.release_row import describe, doubt_months, months_of, places_of, printed_names
from tasks.sources.adapter.names import doubt_names, doubt_pairs
from tasks.sources.adapter.protocol import Parsed
from tasks.sources.formats.csv import with_plain_texts
from tasks.sources.registry import SOURCES

PROVEN = {"flow": pl.String, "product": pl.String, "measure": pl.String, "period_end": pl.Date}
# A printed year to date of a good and a partner: the last month is that of the release.
SO_FAR = {**dict.fromkeys(("flow", "product", "partner", "measure"), pl.String), "value": pl.Int64}


class Normalised(NamedTuple):
    """A normalised release: its statements, the records set aside, the findings, the release row, and its names.

    `proven` names the sums (PROVEN) that equal a world total printed in the file: no row of them is missing. `so_far`
    has the printed years to date that are only compared (SO_FAR).
    """

    detail: Detail
    quarantine: Quarantine
    findings: Finding
    release: Release
    names: PrintedName
    proven: pl.DataFrame = pl.DataFrame(schema=PROVEN)
    so_far: pl.DataFrame = pl.DataFrame(schema=SO_FAR)


def normalise(landed: Landed, parsed: Parsed) -> Normalised:
    """Statements of a parsed release. Raises Refused where the file as a whole cannot be understood."""
    where = landed.file.name
    refuse_contradictions(landed, parsed)
    release_id = release_id_of(landed)
    records, changes = _tidy(parsed.reported)
    codes, amounts = read_codes(records, landed, where), read_amounts(records)
    faults = pl.concat([codes.faults, amounts.faults])
    numbers = _without(amounts.read, faults["row"])
    _refuse_overflow(numbers, where)
    faults = pl.concat([faults, _too_large(numbers, codes.keys, landed)])
    numbers = _without(numbers, faults["row"])
    record = records["record"]
    twice = repeats.said_twice(numbers)
    alike = numbers.filter(repeats.has_same_key(numbers["row"], codes.keys) | twice)
    says_day = SOURCES[landed.source].says_day
    copies = repeats.find_copies(_as_detail(alike, codes.keys, record, landed, ""), record, where, says_day=says_day)
    once = numbers.unique(["row", "measure", "unit"], keep="first", maintain_order=True) if twice.any() else numbers
    doubled, numbers = numbers.height - once.height, once
    doubts = [*parsed.doubts, *codes.doubts, *doubt_names(parsed.reported, where), *doubt_pairs(parsed.reported, where)]
    doubts += _missing_marks(records, where)
    numbers = _without(numbers, copies)
    parts, numbers, incomplete = repeats.complete_sums(numbers, faults["row"], codes.keys, record, where)
    doubts += incomplete
    faults = pl.concat([faults, pl.DataFrame({"row": parts, "reason": repeats.PART}, schema=faults.schema)])
    # The numbers of a copy are elsewhere in the file; those of any other record set aside are lost.
    # So is the number of a record with a unit or a currency and no number, which is hidden and not zero.
    hidden = hidden_numbers(records)
    # A record that has no number but one that it hides, as where each measure has a record of its own, has lost that.
    is_hidden = (pl.col("reason") == SILENT) & pl.col("row").is_in(hidden["row"].implode())
    whole = faults.filter(~is_hidden).select("row", family=pl.lit(None, pl.String))
    lost = places_of(pl.concat([whole, hidden]), codes.keys)
    again = repeats.ECHO if says_day else repeats.COPY
    faults = pl.concat([faults, pl.DataFrame({"row": copies, "reason": again}, schema=faults.schema)])
    doubts += repeats.doubt_repeats(copies, doubled, record, where, says_day=says_day)
    doubts += [
        finding(
            "normalised",
            "info",
            where,
            observed=text,
            expected="the file as the source gives it",
            advice="Read all the same; nothing to do.",
        )
        for text in (*parsed.normalised, *changes)
    ]
    if not parsed.proof:
        doubts.append(_without_proof(landed.source, where))
    quarantine = _set_aside(parsed.reported, faults, release_id)
    if not numbers.height:
        raise _nothing_usable(quarantine, parsed, where)
    keys = codes.keys.filter(pl.col("row").is_in(numbers["row"].unique().implode()))
    doubts += doubt_months(landed, keys, where)
    if not says_day:
        says_months = parsed.reported["period"].null_count() == 0
        measures, flows = numbers["measure"].unique(), keys["flow"].cast(pl.String).unique()
        doubts += doubt_file_name(landed, measures, flows, *months_of(keys), says_months=says_months)
    detail = _as_detail(numbers, keys, record, landed, release_id)
    _refuse_growth_of_pieces(detail, where)
    release = describe(landed, parsed, keys, numbers["measure"], quarantine, lost, release_id)
    names = printed_names(parsed.reported, keys, landed)
    proven = _proven(detail, parsed, landed)
    so_far = _so_far(parsed, landed)
    findings = gather(release_id, of_records(doubts, detail), where)
    return Normalised(detail, quarantine, findings, release, names, proven, so_far)


def _without_proof(source: str, where: str) -> dict[str, str]:
    return finding(
        "no_proof",
        "info",
        where,
        observed="no count and no printed sum that its records agree with",
        expected=f"what proves that a file of {source} is whole: {SOURCES[source].proof}",
        advice="Where all depends on it, compare the sum of a month with the site.",
    )


def _so_far(parsed: Parsed, landed: Landed) -> pl.DataFrame:
    """Return the printed years to date (SO_FAR) whose code and partner are known."""
    if parsed.so_far is None:
        return pl.DataFrame(schema=SO_FAR)
    records, _ = _tidy(parsed.so_far)
    codes, numbers = read_codes(records, landed, landed.file.name), read_amounts(records).read
    known = _as_detail(_without(numbers, codes.faults["row"]), codes.keys, records["record"], landed, "")
    texts = [pl.col(name).cast(pl.String) for name in SO_FAR if name != "value"]
    return known.select(*texts, pl.col("value").cast(pl.Int64))


def _proven(detail: Detail, parsed: Parsed, landed: Landed) -> pl.DataFrame:
    """Return the sums of all partners (PROVEN) that are the printed total of the world, up to a step for each part."""
    if parsed.totals is None or landed.partners != "all":
        return pl.DataFrame(schema=PROVEN)
    records, _ = _tidy(parsed.totals)
    codes, numbers = read_codes(records, landed, landed.file.name), read_amounts(records).read
    once = numbers.unique(["row", "measure", "unit"], keep="first", maintain_order=True)
    printed = _as_detail(_without(once, codes.faults["row"]), codes.keys, records["record"], landed, "")
    key = [*PROVEN, "period_start"]
    texts = [pl.col(name).cast(pl.String) for name in ("flow", "product", "measure")]
    world, parts = printed.filter(partner=WORLD).with_columns(texts), detail.with_columns(texts)
    sums = parts.group_by(key).agg(pl.col("value").sum(), slack=pl.col("resolution").sum())
    both = world.group_by(key).agg(total=pl.col("value").first(), totals=pl.len()).join(sums, on=key)
    is_met = (pl.col("value") - pl.col("total")).abs() <= pl.col("slack")
    return both.filter(is_met, totals=1).select(*PROVEN).sort(*PROVEN)


def numbers_of(reported: Reported) -> pl.DataFrame:
    """The numbers of a file as read: row, measure and value of each."""
    records, _ = _tidy(reported)
    return read_amounts(records).read.unique(["row", "measure", "unit"]).select("row", "measure", "value")


def _tidy(reported: Reported) -> tuple[pl.DataFrame, list[str]]:
    """The records with their rows and their codes, units and numbers as plain texts; and the changes in words."""
    texts, notes = with_plain_texts(reported.select(pl.col(*CODES, *UNIT_OF.values()).cast(pl.String)))
    numbers = dict[str, pl.Series]()
    for name in NUMBERS:
        numbers[name] = tidy_numbers(reported[name].cast(pl.String))
        if changed := int((numbers[name] != reported[name].cast(pl.String)).sum()):
            notes.append(f"column {name}: blanks, invisible or full-width characters in {counted(changed, 'text')}")
    rows = pl.int_range(reported.height, dtype=pl.Int64, eager=True)
    return pl.DataFrame({"row": rows, "record": reported["record"], **texts.to_dict(), **numbers}), notes


def _without(numbers: pl.DataFrame, rows: pl.Series) -> pl.DataFrame:
    return numbers.join(rows.unique().to_frame("row"), on="row", how="anti") if rows.len() else numbers


def _too_large(numbers: pl.DataFrame, keys: pl.DataFrame, landed: Landed) -> pl.DataFrame:
    """The records with a number that fits no month: a wrong unit costs its record, and not the file."""
    candidates = numbers.filter(pl.col("value").abs() > LEVEL_MAX // MILLIGRAMS_PER_KG)
    periods = keys.select("row", "period_start", "period_end")
    placed = candidates.join(periods, on="row", maintain_order="left")
    large = too_large(placed.with_columns(kind=pl.lit(SOURCES[landed.source].kind)))
    reason = pl.format("{} {} {} is more than any month has; the unit is wrong", "measure", "value", "unit")
    return large.select("row", reason=reason)


def _refuse_overflow(numbers: pl.DataFrame, where: str) -> None:
    """Refuse a release whose sums could overflow 64 bits, which wrap without an error."""
    sums = numbers.group_by("measure", "unit").agg(pl.col("value").cast(pl.Int128).abs().sum())
    for measure, _, total in sums.filter(pl.col("value") > SUM_MAX).sort("measure", "unit").iter_rows():
        raise Refused(
            "sum too large",
            where=where,
            found=f"{measure} adds up to {total:,}, more than {SUM_MAX:,}",
            advice="Check the units of the file.",
        )


def _as_detail(numbers: pl.DataFrame, keys: pl.DataFrame, record: pl.Series, landed: Landed, release_id: str) -> Detail:
    """The numbers with the keys of their records, in the order of the table `detail`; those of one key by record."""
    rows = numbers.join(keys, on="row", how="left", maintain_order="left").with_columns(
        record.gather(numbers["row"]),
        source=pl.lit(landed.source),
        kind=pl.lit(SOURCES[landed.source].kind),
        reporter=pl.lit(landed.reporter),
        release_id=pl.lit(release_id),
    )
    # By the number of a text and not by the text, of which there are millions.
    ranks = (
        pl.col(name).cast(pl.Enum(rows[name].drop_nulls().unique().sort()))
        for name in ("product", "partner", "measure")
    )
    return rows.sort(*ranks, "period_start", "row").select(*polars_schema("detail"))


def _refuse_growth_of_pieces(detail: Detail, where: str) -> None:
    """Growth is kept as growth of a mass, so it is refused where the file counts the same goods in pieces."""
    measure = pl.col("measure").cast(pl.String)
    growth = detail.filter(measure.str.ends_with("_yoy"))
    if not growth.height:
        return
    other = measure.str.starts_with("quantity") & ~measure.str.ends_with("_yoy") & ~pl.col("unit").is_in(["kg", "g"])
    key = ["flow", "product", "partner", "period_start", "period_end"]
    against = growth.join(detail.filter(other), on=key, how="semi").sort(*key)
    if against.height:
        row = against.row(0, named=True)
        raise Refused(
            "growth of pieces",
            where=f"{where}, record {row['record']}",
            found=f"a growth of {row['product']}, partner {row['partner']}, whose quantity is no mass in this file",
            advice="Leave the growth out: it is kept of masses alone.",
        )


def _missing_marks(records: pl.DataFrame, where: str) -> list[dict[str, str]]:
    """A dash or a star is not zero: the number is missing, and the finding reports it."""
    marks = {name: records.filter(pl.col(name).is_in(MISSING_MARKS)).select("record", name) for name in NUMBERS}
    return [
        finding(
            "missing_number",
            "info",
            f"{where}, column {name}",
            observed=(
                f"{counted(marked.height, 'mark')} like '{marked[name][0]}', first in record {marked['record'][0]}"
            ),
            expected="a number",
            advice="They are missing, not zero; nothing to do.",
        )
        for name, marked in marks.items()
        if marked.height
    ]


def _nothing_usable(quarantine: Quarantine, parsed: Parsed, where: str) -> Refused:
    """The refusal of a file of which no number is left: why the first record was set aside; where none was, what its
    source left out of it."""
    if not quarantine.height:
        return Refused(
            "nothing usable",
            where=where,
            found="; ".join(("no record is left", *parsed.normalised)),
            advice="Download the query again with single partners and products, or declare that it lists only some.",
        )
    first = repeats.causes_first(quarantine).row(0, named=True)
    return Refused(
        "nothing usable",
        where=f"{where}, record {first['record']}",
        found=f"{first['reasons'][0]}; none of {counted(quarantine.height, 'record')} can be used",
        advice="Check that it is the file that was declared.",
    )


def _set_aside(reported: Reported, faults: pl.DataFrame, release_id: str) -> Quarantine:
    if not faults.height:
        return empty_frame("quarantine")
    # A record may have several rows: their order is that of the file.
    reasons = faults.group_by("row").agg(pl.col("reason").unique().sort().alias("reasons")).sort("row")
    rows = reported[reasons["row"]].with_columns(reasons["reasons"]).sort("record", maintain_order=True)
    printed = [
        json.dumps({key: value for key, value in row.items() if value is not None}, ensure_ascii=False)
        for row in rows.drop("record", "reasons").iter_rows(named=True)
    ]
    return rows.select(
        release_id=pl.lit(release_id),
        record="record",
        reasons="reasons",
        printed=pl.Series(printed, dtype=pl.String),
    )
