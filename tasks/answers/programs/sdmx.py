"""Writes figures as observations of SDMX-CSV 2.0, the form of statistical offices.

The dimensions are those of Comext, and their codes are ours; an indicator is a measure, or a figure of one. A missing
figure is an observation too: NaN with the reason. Belongs here: what an observation says. Which code lists and
attributes there are stands in `sdmx_structure`, which needs the library of the extra `sdmx`; this module needs none.
"""

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from schemas.figures import FIGURE_OF, PER_CENT, POINTS
from schemas.names import MISSING, caveats_of, quote, status
from tasks.answers.form.answer import Answer
from tasks.domain.doubt.doubt_words import as_text
from tasks.reading import query
from tasks.store.files.snapshot import Snapshot
from tasks.store.snapshots.parquet import read_table

AGENCY, FLOW_ID, VERSION = "TIDEWAITER", "TRADE", "1.0.0"
# Comext's.
FLOW_CODES = {"import": "1", "export": "2"}
# Why a value is missing, in the code list CL_OBS_STATUS of SDMX; what is not named here is O, missing.
STATUS_OF_MISSING = {
    "not_covered": "L",
    "combined_months": "K",
    "other_unit": "M",
    "zero_base": "M",
    "not_applicable": "M",
    "not_extreme": "M",
}
UNRELIABLE, BREAK, PROVISIONAL, NORMAL, ABSENT = "U", "B", "P", "A", "O"
# In an id of SDMX there is neither a colon nor a blank, and in our keys neither of these two.
SIGNS = {":": "@", " ": "$"}
PREFIXES = r"^(quantity|value|unit_value)_"
COLUMNS = (
    "STRUCTURE",
    "STRUCTURE_ID",
    "ACTION",
    "FREQ",
    "REPORTER",
    "PARTNER",
    "PRODUCT",
    "FLOW",
    "INDICATORS",
    "TIME_PERIOD",
    "OBS_VALUE",
    "OBS_STATUS",
    "COMMENT_OBS",
    "MADE",
    "DOUBT",
    "COMPARABLE_FROM",
    "KINDS",
    "VALID_FROM",
    "UNIT_MEASURE",
    "KNOWN_ON",
)
SCHEMA = dict.fromkeys(COLUMNS, pl.String())
_OF_SERIES = ["flow", "product", "partner", "measure", "period"]


def observations(parts: Mapping[str, Answer], figures: Sequence[str]) -> pl.DataFrame:
    """Return rows of `metric` of each reporter as observations, one for each row and figure: all columns are texts.

    Raises ValueError for rows of another table and a figure that is no number.
    """
    for figure in figures:
        if figure not in FIGURE_OF:
            raise ValueError(f"there is no figure {figure!r}; there are {', '.join(numbers())}")
        if figure not in numbers():
            raise ValueError(f"{figure} is a month, and an observation of SDMX is a number: leave it out")
    frames = [pl.DataFrame(schema=SCHEMA)]
    for reporter, answer in parts.items():
        if answer.table != "metric":
            raise ValueError(f"the table {answer.table} has no form in SDMX; it is made of metric")
        rows = answer.rows.join(valid_from(answer.snapshot, answer.as_of), on=[*_OF_SERIES, "level_kinds"], how="left")
        rows = rows.with_columns(reporter=pl.lit(reporter), known_on=pl.lit(str(answer.as_of or answer.known_on)))
        doubts = query.doubts_of(answer.snapshot, answer.as_of)
        frames += [
            _of_figure(rows.with_columns(as_text(doubts.each_of_rows(rows, [figure]))), figure) for figure in figures
        ]
    return pl.concat(frames)


def numbers() -> list[str]:
    """The figures that are numbers."""
    return [name for name, figure in FIGURE_OF.items() if figure.dtype != "Date"]


def indicator(measure: str, figure: str = "level") -> str:
    """Return the code of a figure of a measure.

    >>> indicator("quantity_kg"), indicator("value_usd", "yoy_pct")
    ('QUANTITY_KG', 'VALUE_USD_YOY_PCT')
    """
    return measure.upper() if figure == "level" else f"{measure}_{figure}".upper()


def code_of(key: pl.Expr) -> pl.Expr:
    """Return keys as ids of SDMX: `basket:rare_earth_magnets` is `basket@rare_earth_magnets`."""
    return key.cast(pl.String).str.replace_many([*SIGNS], [*SIGNS.values()])


def csv_of(rows: pl.DataFrame) -> bytes:
    """Return observations as the bytes of a file."""
    return rows.write_csv().encode()


def valid_from(snapshot: Snapshot, day: date | None = None) -> pl.DataFrame:
    """Return of each printed number of a single month the day from which it is the latest one; of several sources of
    one kind the newest day."""
    rows = (
        read_table(snapshot, "observation", where=pl.col("known_until").is_null())
        if day is None
        else query.table_on(snapshot, "observation", day, None)
    )
    month = pl.col("period_end").dt.month_start()
    return (
        rows.filter(pl.col("period_start").dt.month_start() == month)
        .group_by("flow", "product", "partner", "measure", month.alias("period"), level_kinds="kind")
        .agg(valid_from=pl.col("known_from").max())
    )


def _of_figure(rows: pl.DataFrame, figure: str) -> pl.DataFrame:
    value, why = pl.col(figure), pl.col(status(figure)).cast(pl.String)
    is_level = figure == "level"
    unit = {PER_CENT: "PC", POINTS: "PP", None: "1"}.get(FIGURE_OF[figure].unit)
    of_measure = pl.col("measure").str.replace(PREFIXES, "").str.to_uppercase()
    kinds = pl.col("level_kinds" if is_level else "kinds")
    is_judged = caveats_of(figure) in rows.columns
    caveats = pl.col(caveats_of(figure)) if is_judged else pl.lit(None, pl.String)
    is_unsure = pl.col("doubt").is_not_null() | (pl.col(quote(figure)) == "no" if is_judged else pl.lit(False))
    state = (
        pl.when(value.is_null())
        .then(why.replace_strict(STATUS_OF_MISSING, default=ABSENT))
        .when(is_unsure)
        .then(pl.lit(UNRELIABLE))
        .when(pl.col("comparable_from") == pl.col("period"))
        .then(pl.lit(BREAK))
        .when(kinds.cast(pl.String) == "preliminary")
        .then(pl.lit(PROVISIONAL))
        .otherwise(pl.lit(NORMAL))
    )
    day = "%Y-%m-%d"
    return rows.select(
        STRUCTURE=pl.lit("dataflow"),
        STRUCTURE_ID=pl.lit(f"{AGENCY}:{FLOW_ID}({VERSION})"),
        ACTION=pl.lit("I"),
        FREQ=pl.lit("M"),
        REPORTER=pl.col("reporter"),
        PARTNER=code_of(pl.col("partner")),
        PRODUCT=code_of(pl.col("product")),
        FLOW=pl.col("flow").replace_strict(FLOW_CODES, return_dtype=pl.String),
        INDICATORS=pl.col("measure").str.to_uppercase() + ("" if is_level else f"_{figure.upper()}"),
        TIME_PERIOD=pl.col("period").dt.strftime("%Y-%m"),
        OBS_VALUE=value.cast(pl.Float64).cast(pl.String).fill_null("NaN"),
        OBS_STATUS=state,
        COMMENT_OBS=pl.when(value.is_null()).then(why.replace_strict(MISSING, default=why)).otherwise(caveats),
        MADE=why,
        DOUBT=pl.col("doubt"),
        COMPARABLE_FROM=pl.col("comparable_from").dt.strftime(day),
        KINDS=kinds.cast(pl.String),
        # A sum, or a growth, rests on several numbers.
        VALID_FROM=pl.when(why == "reported").then(pl.col("valid_from").dt.strftime(day)) if is_level else None,
        UNIT_MEASURE=of_measure if unit is None else pl.lit(unit),
        KNOWN_ON=pl.col("known_on"),
    ).cast(SCHEMA)  # type: ignore[arg-type]
