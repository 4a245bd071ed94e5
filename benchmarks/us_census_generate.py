"""Writes a synthetic bulk archive of the Census Bureau for a month, in the exact form of the source: all numbers are
drawn, the same ones for the same seed.

    python -m benchmarks.us_census_generate build/bench/IMDB2606.ZIP --records 2200000

A real archive of June 2026 has 2.2 million records of 18,506 codes in 1.5 GB of text. Here as there a code and a
country have several records, one for each district and rate provision, and half of them are there for their year to
date alone. The sums of codes, countries and districts stand in members of their own. The text is written in pieces, so
that any size can be made.
"""

import argparse
import io
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy
import polars as pl

from schemas.reference.code_tables import partner_codes
from tasks.sources.experimental.census_archives import EXPORTS, IMPORTS, Database

RECORDS, PIECE = 2_200_000, 100_000
# Chapter 77 is kept for later use, and no code has it.
CODES, DISTRICTS, UNITS = 18_500, 44, ("NO ", "KG ", "X  ", "DOZ", "L  ")
RECORDS_OF_A_CELL, SILENT_OF_TEN = 7, 5
PRICE_MAX = 2_000_000


def write(target: Path, records: int, base: Database = IMPORTS, period: str = "202606", seed: int = 2026) -> None:
    """Write an archive with so many records of the detail."""
    target.parent.mkdir(parents=True, exist_ok=True)
    names = {control.member: f"{control.member.upper()}.TXT" for control in base.controls}
    sums: dict[str, list[pl.DataFrame]] = {control.key: [] for control in base.controls}
    numbers = _numbers(base)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        with archive.open(f"{base.detail.upper()}.TXT", "w", force_zip64=True) as sink:
            for piece in pieces(records, base, period, seed):
                _write(piece, base.layout, sink)
                for key, parts in sums.items():
                    parts.append(piece.group_by(key).agg(pl.col(numbers).sum()))
        for control in base.controls:
            whole = pl.concat(sums[control.key]).group_by(control.key).agg(pl.col(numbers).sum()).sort(control.key)
            year, month = pl.lit(period[:4]), pl.lit(period[4:])
            units = {}
            if control.key == "commodity":
                unit = pl.col("commodity").str.tail(3).cast(pl.Int64) % len(UNITS)
                units = {"unit_qy1": unit.replace_strict(dict(enumerate(UNITS)), return_dtype=pl.String)}
            with archive.open(names[control.member], "w") as sink:
                _write(whole.with_columns(year=year, month=month, **units), control.layout, sink)


def pieces(records: int, base: Database, period: str, seed: int) -> Iterator[pl.DataFrame]:
    """The records of the detail, sorted by code and country, with the numbers as integers."""
    countries = partner_codes("schedule_c").filter(kind="country", valid_to="")["code"].unique().sort()
    draw = numpy.random.default_rng(seed)
    cells = max(records // RECORDS_OF_A_CELL, 1)
    place = numpy.sort(draw.integers(0, CODES * countries.len(), cells))
    of_record = numpy.sort(draw.integers(0, cells, records))
    for start in range(0, records, PIECE):
        cell = place[of_record[start : start + PIECE]]
        count = len(cell)
        value = draw.integers(1, PRICE_MAX, count)
        drawn = {name: draw.integers(0, 50_000, count) for name in _numbers(base) if name.endswith("_mo")}
        if base is IMPORTS:
            drawn |= {"gen_val_mo": value, "gen_cif_mo": value + drawn["gen_cha_mo"]}
        else:
            drawn |= {"all_val_mo": value}
        is_silent = cell % 10 < SILENT_OF_TEN
        months = {name: numpy.where(is_silent, 0, number) for name, number in drawn.items()}
        years = {name.replace("_mo", "_yr"): months[name] + number for name, number in drawn.items()}
        code, country = numpy.divmod(cell, countries.len())
        frame = pl.DataFrame({"code": code, "country": country, **months, **years}).with_columns(
            commodity=(101_000_000 + pl.col("code") * 460_000).cast(pl.String).str.zfill(10).str.replace("^77", "76"),
            cty_code=pl.lit(countries).gather("country"),
            year=pl.lit(period[:4]),
            month=pl.lit(period[4:]),
        )
        district = pl.Series(draw.integers(1, DISTRICTS + 1, count)).cast(pl.String).str.zfill(2)
        yield frame.with_columns(
            dist_entry=district,
            dist_unlad=district,
            district=district,
            cty_subco=pl.lit("00"),
            rate_prov=pl.lit("10"),
            df=pl.Series(draw.integers(1, 3, count)).cast(pl.String),
        )


def _numbers(base: Database) -> list[str]:
    return [name for name in base.layout if name.endswith(("_mo", "_yr"))]


def _write(rows: pl.DataFrame, layout: dict[str, tuple[int, int]], sink: BinaryIO) -> None:
    fields = [
        (pl.col(name).cast(pl.String) if name in rows.columns else pl.lit("")).pipe(
            lambda text, name=name, width=width: (
                text.str.pad_start(width) if name.endswith(("_mo", "_yr")) else text.str.pad_end(width)
            )
        )
        for name, (_, width) in layout.items()
    ]
    text = io.BytesIO()
    rows.select(pl.concat_str(fields)).write_csv(
        text, include_header=False, line_terminator="\r\n", quote_style="never"
    )
    sink.write(text.getvalue())


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the arguments, write the archive."""
    parser = argparse.ArgumentParser(description="Write a synthetic bulk archive of the Census Bureau.")
    parser.add_argument("target", type=Path)
    parser.add_argument("--records", type=int, default=RECORDS)
    parser.add_argument("--exports", action="store_true", help="exports instead of imports")
    given = parser.parse_args(arguments)
    write(given.target, given.records, EXPORTS if given.exports else IMPORTS)


if __name__ == "__main__":
    main()
