"""A member's year of Comext as a competent user would make its figures, without Tidewaiter.

    python -m benchmarks.comext_year polars|duckdb DEU OUTPUT ARCHIVE...

Unpacks each bulk file, takes the rows of the member, adds up procedures, and makes the figures of `rival_polars` and
`rival_duckdb` in kilograms and euros, into OUTPUT/flow=…/year=…/month=…/*.parquet. Totals and codes without detail are
left out. Nothing is checked or kept.
"""

import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb
import polars as pl
import py7zr

from benchmarks import compare, rival_duckdb, rival_polars
from benchmarks.comext_generate import HIDDEN
from schemas.reference.code_tables import partner_codes

FLOWS = {"1": "import", "2": "export"}
MEASURES = ("quantity_kg", "value_eur", "unit_value_eur_per_kg")
DIGITS = "^[0-9]{8}$"


def unpacked(archive: Path, folder: Path) -> Path:
    """The text of an archive."""
    with py7zr.SevenZipFile(archive) as packed:
        packed.extractall(folder)
    (text,) = folder.glob("*.dat")
    return text


def partners() -> pl.DataFrame:
    """The keys of the partner codes that are valid today."""
    valid = partner_codes("geonom").filter(
        pl.col("valid_to") == "", pl.col("kind") != "group", pl.col("kind") != "total"
    )
    return valid.select("code", "partner").unique("code")


def polars(member: str, output: Path, archives: Sequence[Path]) -> None:
    """Month by month into memory, then the figures of each direction."""
    records = []
    for archive in archives:
        with tempfile.TemporaryDirectory(dir=output.parent) as folder:
            rows = pl.scan_csv(unpacked(archive, Path(folder)), infer_schema=False)
            mine = rows.filter(pl.col("REPORTER") == member, pl.col("PRODUCT_NC").str.contains(DIGITS))
            period = pl.col("PERIOD").cast(pl.Int32)
            records.append(
                mine.select(
                    "FLOW",
                    product="PRODUCT_NC",
                    code="PARTNER",
                    month=period // 100 * 12 + period % 100 - 1,
                    quantity_kg=pl.col("QUANTITY_KG").cast(pl.Int64),
                    value_eur=pl.col("VALUE_EUR").cast(pl.Int64),
                )
                .collect(engine="streaming")
                .join(partners(), on="code")
                .drop("code")
            )
    both = pl.concat(records)
    months = range(both["month"].min(), both["month"].max() + 1)  # type: ignore[operator, arg-type]
    for number, flow in FLOWS.items():
        rival_polars.write(both.filter(FLOW=number).drop("FLOW"), months, output / f"flow={flow}", MEASURES)


def by_duckdb(member: str, output: Path, archives: Sequence[Path]) -> None:
    """Month by month into a table, then the figures of each direction."""
    with tempfile.TemporaryDirectory(dir=output.parent) as folder:
        connection = duckdb.connect(str(Path(folder) / "work.duckdb"))
        keys = partners().rename({"partner": "key"})
        connection.register("partners", keys.to_arrow())
        connection.execute(
            "create table both_flows (flow varchar, product varchar, partner varchar, month integer, quantity_kg"
            " bigint, value_eur bigint)"
        )
        for count, archive in enumerate(archives):
            place = Path(folder) / str(count)
            text = unpacked(archive, place)
            connection.execute(f"""
                insert into both_flows
                select FLOW, PRODUCT_NC, key, PERIOD::integer // 100 * 12 + PERIOD::integer % 100 - 1,
                    QUANTITY_KG::bigint, VALUE_EUR::bigint
                from read_csv('{text}', all_varchar = true, header = true) as rows join partners on code = rows.PARTNER
                where REPORTER = '{member}' and regexp_matches(PRODUCT_NC, '{DIGITS}')
            """)
            text.unlink()
        for number, flow in FLOWS.items():
            connection.execute(
                f"create or replace table records as select * exclude (flow) from both_flows where flow = '{number}'"
            )
            rival_duckdb.write(connection, output, flow, "eur")


CONTENDERS: dict[str, Callable[[str, Path, Sequence[Path]], None]] = {"polars": polars, "duckdb": by_duckdb}


def difference(store: Path, reporter: str, output: Path) -> tuple[compare.Difference | None, int]:
    """The first figure of a contender that differs from the published one, and how many rows were compared: those of
    chapters without hidden trade, because in the others a missing row is not zero and the store has no sums.
    """
    rows: list[int] = []
    found = compare.difference(
        store / f"reporter={reporter}" / "current" / "metric",
        output,
        rows.append,
        MEASURES,
        sorted({code[:2] for code in HIDDEN}),
    )
    return found, sum(rows)


if __name__ == "__main__":
    Path(sys.argv[3]).mkdir(parents=True)
    CONTENDERS[sys.argv[1]](sys.argv[2], Path(sys.argv[3]), [Path(one) for one in sys.argv[4:]])
