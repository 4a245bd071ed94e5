"""Writes the input of JDemetra+, tables and a script of its R packages, and reads its result.

Belongs here: the tables, which its graphical interface and its packages read alike, and a script that does with
rjd3x13 what the specification for X-13 does.
"""

import csv
import io
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import polars as pl

from tasks.answers.programs.adjust import Handed, Result, numbers_by_month
from tasks.domain.doubt.doubt_words import doubt_text
from tasks.domain.periods import first_day

DOUBTS = "doubts.csv"
SERIES, REGRESSORS, INTERVENTIONS, SCRIPT, RESULT = (
    "series.csv",
    "regressors.csv",
    "interventions.csv",
    "adjust.R",
    "result.csv",
)
COLUMNS = ("date", "y", "sa")
_SCRIPT = """# Run in this folder: Rscript adjust.R. Needs the packages rjd3toolkit and rjd3x13 of JDemetra+ 3.
library(rjd3toolkit)
library(rjd3x13)

series <- read.csv("series.csv")
regressors <- read.csv("regressors.csv")
interventions <- read.csv("interventions.csv", colClasses = "character")
start <- as.integer(strsplit(series$date[1], "-")[[1]][1:2])
y <- ts(series$y, start = start, frequency = 12)
holiday <- ts(regressors$lunar_new_year, start = start, frequency = 12)

context <- modelling_context(variables = list(calendar = list(lunar_new_year = holiday)))
spec <- x13_spec("rsa3")
spec <- set_transform(spec, fun = if (all(y > 0, na.rm = TRUE)) "Log" else "None")
spec <- set_tradingdays(spec, option = "UserDefined", uservariable = "calendar.lunar_new_year", test = "None")
for (i in seq_len(nrow(interventions))) {
  spec <- add_outlier(spec, type = interventions$type[i], date = interventions$date[i])
}
model <- x13(y, spec, context = context)

sa <- model$result$final$d11final
version <- paste("rjd3x13", packageVersion("rjd3x13"))
write.csv(data.frame(date = series$date, y = series$y, sa = as.numeric(sa)[seq_along(series$date)], version = version),
  "result.csv", row.names = FALSE, na = "")
"""
METHOD = "JDemetra+, X-13 (d11final)"


def files_of(series: Handed) -> dict[str, bytes]:
    """Return the files of a series by name; that of its doubts has a header alone where there is none."""
    months = [series.month(place) for place in range(len(series.new_year))]
    levels = zip(months, series.levels, strict=False)
    doubts = _table(
        ("date", "doubt"), ((first_day(month), doubt_text(doubts)) for month, doubts in series.doubt_of.items())
    )
    return {
        DOUBTS: doubts,
        SERIES: _table(("date", "y"), ((day, "" if level is None else repr(level)) for day, level in levels)),
        REGRESSORS: _table(("date", "lunar_new_year"), zip(months, map(repr, series.new_year), strict=True)),
        INTERVENTIONS: _table(
            ("type", "date", "reason"), (("LS", first_day(one.month), one.reason) for one in series.interventions)
        ),
        SCRIPT: _SCRIPT.encode(),
    }


def result_of(folder: Path) -> Result:
    """Return what the tool made of `files_of`: a table with the columns `date` and `sa`, and, where they are there, `y`
    and `version`. Raises ValueError where it is not in the folder, or is another table."""
    file = folder / RESULT
    if not file.is_file():
        raise ValueError(f"{folder}: there is no {RESULT}, which {SCRIPT} writes (Rscript {SCRIPT}, in this folder)")
    rows = pl.read_csv(file, infer_schema=False)
    if not {"date", "sa"} <= {*rows.columns}:
        raise ValueError(f"{file}: it has the columns {', '.join(rows.columns)}; it needs date and sa")
    month = pl.col("date").str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False).dt.month_start()
    read = rows.with_columns(month.alias("date"))
    if read["date"].null_count():
        raise ValueError(f"{file}: {rows['date'][read['date'].is_null().arg_true()[0]]!r} is no day; write 2025-06-01")
    versions = rows["version"].drop_nulls().unique().to_list() if "version" in rows.columns else []
    adjusted, given = (
        numbers_by_month(
            ((f"{day:%Y}", f"{day:%m}", text) for day, text in read.select("date", name).drop_nulls().iter_rows()), file
        )
        if name in read.columns
        else {}
        for name in ("sa", "y")
    )
    return Result(
        adjusted,
        given,
        METHOD,
        versions[0] if len(versions) == 1 else None,
    )


def _table(columns: Iterable[str], rows: Iterable[tuple[date | str, ...]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode()
