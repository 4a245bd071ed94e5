"""How often partners without a row really had no trade, by how regular they had been: makes the code table.

    python -m benchmarks.absence_rates [--data FOLDER]

Reads the sound files of the half `setting` (`benchmarks/real_files.csv`) and writes
`schemas/reference/absence_rates.csv`: the partners of each month of each of their goods, the regularity that
`tasks/checks/trade/absences.py` says they had in the twelve months before, and how many of them have no row.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

import polars as pl

from benchmarks import measure
from benchmarks.false_alarms import DATA, TODAY, cases_of, rows_of_table
from benchmarks.light_store import LightStore
from schemas.code_files import FOLDER
from tasks.checks.trade.absences import regular_partners
from tasks.domain.coverage import TOTALS
from tasks.domain.periods import month_index
from tasks.ingest.normalise import normalise

TABLE = FOLDER / "absence_rates.csv"
KEY = ["flow", "product", "measure"]


def histories(data: Path, work: Path) -> list[pl.DataFrame]:
    """The values of partners of the sound files that set bounds, one frame for each folder and source: KEY, partner,
    month, value."""
    store, folders = LightStore(work, TODAY), dict[str, list[pl.DataFrame]]()
    rows = [row for row in rows_of_table() if row["half"] == "setting" and row["verdict"] == "publish"]
    for case in cases_of(rows, data, work):
        landed, parsed = store.read(case.request)
        detail = normalise(landed, parsed).detail
        is_month = pl.col("period_start") == pl.col("period_end").dt.month_start()
        texts = pl.col(*KEY, "partner").cast(pl.String)
        values = detail.filter(is_month, ~pl.col("partner").is_in([*TOTALS])).select(
            texts, "value", month=month_index("period_end").cast(pl.Int32)
        )
        money = values.filter(pl.col("measure").str.starts_with("value"), ~pl.col("measure").str.ends_with("_yoy"))
        folders.setdefault(case.store, []).append(money)
    names = [*KEY, "partner", "month"]
    return [
        pl.concat(frames).unique(names, keep="last", maintain_order=True).group_by(names).agg(pl.col("value").sum())
        for frames in folders.values()
    ]


def rates(frames: list[pl.DataFrame]) -> pl.DataFrame:
    """The rows of the code table."""
    counted = []
    for history in frames:
        traded = history.filter(pl.col("value") > 0).select("flow", "product", "partner", "month").unique()
        places = history.select(*KEY, "month").unique()
        counted.append(regular_partners(history, places, traded, KEY).select("regularity", "part_from", "is_absent"))
    sums = pl.concat(counted).group_by("regularity", "part_from").agg(partners=pl.len(), gone=pl.col("is_absent").sum())
    rate = ((pl.col("gone") + 1) / (pl.col("partners") + 2)).round(4)
    return sums.with_columns(rate=rate).sort("regularity", "part_from")


def main() -> int:
    """Count and write."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--data", type=Path, default=DATA)
    given = ask.parse_args()
    for name, sources in measure.trusted_sources().items():
        os.environ.setdefault(name, sources)
    with tempfile.TemporaryDirectory() as name:
        table = rates(histories(given.data, Path(name)))
    table.write_csv(TABLE)
    print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
