"""What a bulk archive of the Census Bureau costs: the same sums of a month by code and country, by three contenders.

    python -m benchmarks.us_census [--records 2200000] [--keep FOLDER] [--record]
    python -m benchmarks.us_census polars ARCHIVE OUTPUT.parquet

Writes a synthetic archive at the size of a real one, and lets Tidewaiter, Polars and DuckDB add it up, each in a
process of its own: customs value, value with freight and insurance, first quantity. No time counts unless all three
are equal. Polars and DuckDB unpack the detail to the disk, read its lines as one column and cut out their fields, and
do no more than that; Tidewaiter also proves that each number is one, compares each with the sums of codes, countries
and districts in the archive, and keeps units and the records of each sum. The result is a section of RESULTS.md with
`--record`.
"""

import argparse
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import polars as pl

from benchmarks import results, us_census_generate
from benchmarks.measure import run
from tasks.sources.experimental.census_archives import IMPORTS
from tasks.sources.registry import SOURCES

ROOT = Path(__file__).parent.parent
MIB = 2**20
SECTION = "A bulk archive of the Census Bureau, synthetic"
KEY = ["product", "partner"]
FIELDS = {"value": "gen_val_mo", "cif": "gen_cif_mo", "quantity": "gen_qy1_mo"}
PLACES = {name: IMPORTS.layout[field] for name, field in FIELDS.items()}
PRODUCT, PARTNER = IMPORTS.layout["commodity"], IMPORTS.layout["cty_code"]


def tidewaiter(archive: Path, output: Path) -> None:
    """The records of the adapter; a quantity whose code has no unit stands with the other two as printed."""
    parsed = SOURCES["us_census_bulk"].parse(archive.read_bytes(), archive.name)
    if bad := [doubt for doubt in parsed.doubts if doubt["severity"] == "error"]:
        raise SystemExit(f"{archive.name}: {bad[0]}")
    rows = parsed.reported.select(pl.col(*KEY, "currency").cast(pl.String), pl.col("value", "quantity").cast(pl.Int64))
    values = rows.filter(currency="USD").drop("currency")
    cif = rows.filter(currency="USD CIF").select(*KEY, cif="value")
    values.join(cif, on=KEY).select(*KEY, *FIELDS).sort(KEY).write_parquet(output)


def polars(archive: Path, output: Path) -> None:
    """Unpack, scan the lines, slice, group."""
    with tempfile.TemporaryDirectory(dir=output.parent) as folder:
        lines = pl.scan_csv(
            _unpacked(archive, Path(folder)),
            has_header=False,
            separator="\x01",
            quote_char=None,
            schema={"line": pl.String},
        )
        line = pl.col("line")
        cut = {name: line.str.slice(*place).str.strip_chars_start(" ").cast(pl.Int64) for name, place in PLACES.items()}
        fields = lines.select(product=line.str.slice(*PRODUCT), partner=line.str.slice(*PARTNER), **cut)
        sums = fields.group_by(KEY).agg(pl.col(*FIELDS).sum()).filter(pl.any_horizontal(pl.col(*FIELDS) != 0))
        sums.sort(KEY).collect(engine="streaming").write_parquet(output)


def by_duckdb(archive: Path, output: Path) -> None:
    """Unpack, one query."""

    def cut(place: tuple[int, int]) -> str:
        return f"substr(line, {place[0] + 1}, {place[1]})"

    with tempfile.TemporaryDirectory(dir=output.parent) as folder:
        sums = ", ".join(f"sum(ltrim({cut(place)})::bigint)::bigint as {name}" for name, place in PLACES.items())
        duckdb.sql(f"""
            copy (
                select * from (
                    select {cut(PRODUCT)} as product, {cut(PARTNER)} as partner, {sums}
                    from read_csv('{_unpacked(archive, Path(folder))}', header = false, columns = {{'line': 'varchar'}},
                        delim = '\x01', quote = '', escape = '')
                    group by all
                ) where value <> 0 or cif <> 0 or quantity <> 0 order by all
            ) to '{output}'
        """)


def _unpacked(archive: Path, folder: Path) -> Path:
    with zipfile.ZipFile(archive) as packed:
        return Path(packed.extract("IMP_DETL.TXT", folder))


CONTENDERS: dict[str, Callable[[Path, Path], None]] = {"tidewaiter": tidewaiter, "polars": polars, "duckdb": by_duckdb}


def main() -> None:
    """Read the arguments, measure, print."""
    if len(sys.argv) > 1 and sys.argv[1] in CONTENDERS:
        CONTENDERS[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
        return
    parser = argparse.ArgumentParser(description="What a bulk archive of the Census Bureau costs.")
    parser.add_argument("--records", type=int, default=us_census_generate.RECORDS)
    parser.add_argument("--keep", type=Path, help="folder for the archive; none: a temporary one")
    parser.add_argument("--record", action="store_true", help="replace the section of RESULTS.md")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tidewaiter-census-") as temporary:
        folder = (given.keep or Path(temporary)).resolve()
        archive = folder / "IMDB2606.ZIP"
        if not archive.exists():
            us_census_generate.write(archive, given.records)
        machine = results.machine()
        text = f"{machine}\n\n`python -m benchmarks.us_census --records {given.records}`\n\n{_contest(folder, archive)}"
    print(text)
    if given.record:
        results.put(f"{SECTION}, {given.records:,} records", text)


def _contest(folder: Path, archive: Path) -> str:
    shown, tables = [], []
    for name in CONTENDERS:
        output = folder / f"{name}.parquet"
        command = [sys.executable, "-m", "benchmarks.us_census", name, str(archive), str(output)]
        cost = run(command, ROOT, folder / f"{name}.log")
        if cost.ended:
            raise SystemExit((folder / f"{name}.log").read_text())
        shown.append([name, f"{cost.wall_seconds:.1f}", f"{cost.cpu_seconds:.1f}", f"{cost.peak_bytes / MIB:,.0f}"])
        tables.append(pl.read_parquet(output))
    values, others = tables[0], tables[1:]
    for other in others:
        # A code whose unit is X has no quantity, whatever stands in its place.
        known = other.with_columns(pl.when(values["quantity"].is_not_null()).then("quantity"))
        if not values.equals(known):
            raise SystemExit("the contenders do not agree; no time counts")
    with zipfile.ZipFile(archive) as packed:
        size = sum(entry.file_size for entry in packed.infolist())
    head = (
        f"{archive.stat().st_size / MIB:,.0f} MiB that unpack to {size / MIB:,.0f} MiB of text, added up to"
        f" {values.height:,} sums of a code and a country, equal in all three:"
    )
    return f"{head}\n\n{results.table(['', 'wall, s', 'cpu, s', 'peak, MiB'], shown)}"


if __name__ == "__main__":
    main()
