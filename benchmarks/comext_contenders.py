"""The same sums from one bulk file of Comext, by three contenders: what the EU imports and exports by code and partner.

    python -m benchmarks.comext_contenders tidewaiter|polars|duckdb ARCHIVE OUTPUT.parquet

Each reads the archive, leaves out the rows of TOTAL, and adds up reporters and procedures: euros rounded once a
reporter, kilograms. Polars and DuckDB do no more than that; Tidewaiter also splits by reporter, checks each row, each
total and copies, and keeps the records of each sum.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import polars as pl
import py7zr

from tasks.sources.adapter.questions import wanted
from tasks.sources.experimental.eurostat_archive import API, split
from tasks.sources.registry import SOURCES

KEY = ["flow", "product", "partner"]
FLOWS = {"1": "import", "2": "export"}


def tidewaiter(archive: Path, output: Path) -> None:
    """Split, read each part with its checks, add up the records of the parts."""
    with tempfile.TemporaryDirectory(dir=output.parent) as folder:
        sums: list[pl.DataFrame] = []
        for part in split(archive, archive.name, Path(folder), wanted(API, []), ("import", "export"))[0]:
            parsed = SOURCES["eurostat_bulk"].parse(part.file.read_bytes(), part.file.name)
            if bad := [doubt for doubt in parsed.doubts if doubt["severity"] == "error"]:
                raise SystemExit(f"{part.file.name}: {bad[0]}")
            part.file.unlink()
            sums.append(
                _added(
                    parsed.reported.select(
                        pl.col(*KEY).cast(pl.String),
                        eur=pl.col("value").cast(pl.Int64),
                        kg=pl.col("quantity").cast(pl.Int64),
                    )
                )
            )
            sums = [_added(pl.concat(sums))]
    sums[0].sort(KEY).write_parquet(output)


def _added(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.group_by(KEY).agg(pl.col("eur", "kg").sum())


def polars(archive: Path, output: Path) -> None:
    """Unpack, scan, group."""
    with tempfile.TemporaryDirectory(dir=output.parent) as folder:
        text = _unpacked(archive, Path(folder))
        rows = pl.scan_csv(text, infer_schema=False).filter(pl.col("PRODUCT_NC") != "TOTAL")
        product = pl.col("PRODUCT_NC")
        cents = pl.col("VALUE_EUR").cast(pl.Decimal(18, 2))
        of_members = rows.group_by(
            "REPORTER",
            flow=pl.col("FLOW").replace_strict(FLOWS),
            product=pl.when(product.str.contains("[A-Z]"))
            .then("line:cn8_" + product.str.to_lowercase())
            .otherwise(product),
            partner="PARTNER",
        ).agg(cents=(cents * 100).cast(pl.Int64).sum(), kg=pl.col("QUANTITY_KG").cast(pl.Int64).sum())
        sums = of_members.group_by(KEY).agg(((pl.col("cents") + 50) // 100).sum().alias("eur"), pl.col("kg").sum())
        sums.sort(KEY).select(*KEY, "eur", "kg").collect(engine="streaming").write_parquet(output)


def by_duckdb(archive: Path, output: Path) -> None:
    """Unpack, one query."""
    with tempfile.TemporaryDirectory(dir=output.parent) as folder:
        text = _unpacked(archive, Path(folder))
        duckdb.sql(f"""
            copy (
                select flow, product, partner, sum((cents + 50) // 100)::bigint as eur, sum(kg)::bigint as kg from (
                    select REPORTER, if(FLOW = '1', 'import', 'export') as flow, PARTNER as partner,
                        if(regexp_matches(PRODUCT_NC, '[A-Z]'), 'line:cn8_' || lower(PRODUCT_NC), PRODUCT_NC)
                            as product,
                        sum((VALUE_EUR::decimal(18, 2) * 100)::bigint) as cents, sum(QUANTITY_KG::bigint) as kg
                    from read_csv('{text}', all_varchar = true, header = true) where PRODUCT_NC <> 'TOTAL' group by all
                ) group by all order by all
            ) to '{output}'
        """)


def _unpacked(archive: Path, folder: Path) -> Path:
    with py7zr.SevenZipFile(archive) as packed:
        packed.extractall(folder)
    (text,) = folder.iterdir()
    return text


CONTENDERS: dict[str, Callable[[Path, Path], None]] = {"tidewaiter": tidewaiter, "polars": polars, "duckdb": by_duckdb}

if __name__ == "__main__":
    CONTENDERS[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
