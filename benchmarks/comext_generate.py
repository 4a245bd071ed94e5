"""Writes a bulk file of Comext for a month, in its exact bytes: header, columns, codes, totals, an archive around it.

    python -m benchmarks.comext_generate build/bench/full_v2_202506.7z --rows 5000000

A real month has 4.9 million rows of 27 reporters. The shares of the reporters are those of their trade, roughly; every
seventh number of a cell has a second procedure; members such as Czechia print cents; a few codes are without detail;
each reporter has a row of TOTAL for each partner and direction, the exact sum of its rows. All numbers are drawn, the
same ones for the same seed; who trades what at which price is the same in every month. The text is written in pieces
and packed from the disk, so that any size can be made.
"""

import argparse
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import numpy
import polars as pl
import py7zr

from schemas.reference.code_tables import partner_codes

COLUMNS = (
    "REPORTER", "PARTNER", "TRADE_TYPE", "PRODUCT_NC", "PRODUCT_SITC", "PRODUCT_CPA21", "PRODUCT_CPA22", "PRODUCT_BEC",
    "PRODUCT_BEC5", "PRODUCT_SECTION", "FLOW", "STAT_PROCEDURE", "SUPPL_UNIT", "PERIOD", "VALUE_EUR", "VALUE_NAC",
    "QUANTITY_KG", "QUANTITY_SUPPL_UNIT",
)  # fmt: skip
# Of a thousand rows; Germany has most.
SHARES = {
    "AT": 45,
    "BE": 55,
    "BG": 25,
    "CY": 8,
    "CZ": 45,
    "DE": 110,
    "DK": 40,
    "EE": 18,
    "ES": 65,
    "FI": 30,
    "FR": 80,
    "GR": 28,
    "HR": 22,
    "HU": 32,
    "IE": 28,
    "IT": 75,
    "LT": 24,
    "LU": 15,
    "LV": 18,
    "MT": 6,
    "NL": 70,
    "PL": 50,
    "PT": 32,
    "RO": 32,
    "SE": 45,
    "SI": 25,
    "SK": 25,
}
WITH_CENTS = ("CZ", "SE")
SECOND_PROCEDURE = 7
HIDDEN = ("28XXXXXX", "29XXXXXX", "84MMMXXX")
FLOWS = 2
ROWS = 5_000_000


def write(target: Path, rows: int, period: str, seed: int = 2025, reporters: Collection[str] = SHARES) -> int:
    """Write an archive with about this many rows of all members, those of `reporters` alone; return how many there
    are."""
    target.parent.mkdir(parents=True, exist_ok=True)
    text = target.with_suffix(".dat")
    written = 0
    with text.open("wb") as sink:
        sink.write(f"{','.join(COLUMNS)}\r\n".encode())
        for piece in pieces(rows, period, seed, reporters):
            piece.write_csv(sink, include_header=False, line_terminator="\r\n", quote_style="never")
            written += piece.height
    with py7zr.SevenZipFile(target, "w", filters=[{"id": py7zr.FILTER_LZMA2, "preset": 1}]) as packed:
        packed.write(text, f"full_{period}.dat")
    text.unlink()
    return written


def pieces(rows: int, period: str, seed: int, reporters: Collection[str] = SHARES) -> Iterator[pl.DataFrame]:
    """The rows of each of `reporters`, those of TOTAL last."""
    products, partners, members = _products(), _partners(), _members()
    draw = numpy.random.default_rng(seed)
    for reporter in reporters:
        share = SHARES[reporter]
        cells = max(1, round(rows * share / sum(SHARES.values()) * SECOND_PROCEDURE / (SECOND_PROCEDURE + 1)))
        yield _of_reporter(reporter, cells, period, draw, products, partners, members)


def _of_reporter(
    reporter: str,
    cells: int,
    period: str,
    draw: numpy.random.Generator,
    products: Sequence[str],
    partners: Sequence[str],
    members: Sequence[str],
) -> pl.DataFrame:
    # Who trades what, how much and at which price stays from month to month, as trade does; small trade comes and goes.
    lasting = numpy.random.default_rng(list(reporter.encode()))
    space = len(products) * len(partners) * FLOWS
    wanted = min(cells * 10 // 9, space // 2)
    place = numpy.unique(lasting.integers(0, space, wanted * 21 // 20))[:wanted]
    usual = numpy.exp(lasting.normal(11, 2.5, len(place)))
    price = numpy.exp(lasting.normal(2, 1, len(products)))[place // (len(partners) * FLOWS)]
    stays = (usual > numpy.median(usual)) | (draw.random(len(place)) < 0.8)
    place, usual, price = place[stays], usual[stays], price[stays]
    cell, usual, price = (numpy.concatenate([one, one[::SECOND_PROCEDURE]]) for one in (place, usual, price))
    count = len(cell)
    euros = usual * numpy.exp(draw.normal(0, 0.1, count)) + 1
    cents = euros.astype(numpy.int64) * 100 + (draw.integers(0, 100, count) if reporter in WITH_CENTS else 0)
    drawn = pl.DataFrame(
        {
            "product": pl.Series(products).gather(cell // (len(partners) * FLOWS)),
            "partner": pl.Series(partners).gather(cell // FLOWS % len(partners)),
            "flow": (cell % FLOWS + 1).astype(str),
            "cents": cents,
            "kg": numpy.maximum(1, euros / price / numpy.exp(draw.normal(0, 0.1, count))).astype(numpy.int64),
            "procedure": numpy.concatenate(
                [numpy.full(len(place), "1"), draw.choice(["2", "3", "9"], count - len(place))]
            ),
        }
    ).filter(pl.col("partner") != reporter)
    totals = (
        drawn.group_by("partner", "flow")
        .agg(pl.col("cents", "kg").sum(), product=pl.lit("TOTAL"), procedure=pl.lit("1"))
        .sort("partner", "flow")
    )
    both = pl.concat([drawn, totals.select(drawn.columns)])
    value = (pl.col("cents") // 100).cast(pl.String)
    if reporter in WITH_CENTS:
        value = pl.concat_str(value, pl.lit("."), (pl.col("cents") % 100).cast(pl.String).str.zfill(2))
    is_total = pl.col("product") == "TOTAL"
    section = pl.when(is_total).then(pl.lit("TO")).otherwise(pl.lit("16"))
    return both.select(
        REPORTER=pl.lit(reporter),
        PARTNER="partner",
        TRADE_TYPE=pl.when(pl.col("partner").is_in(members)).then(pl.lit("I")).otherwise(pl.lit("E")),
        PRODUCT_NC="product",
        PRODUCT_SITC=pl.when(is_total).then(pl.lit("TOTAL")).otherwise(pl.lit("77881")),
        PRODUCT_CPA21=pl.lit("27.90"),
        PRODUCT_CPA22=pl.lit("27.90"),
        PRODUCT_BEC=pl.lit("42"),
        PRODUCT_BEC5=pl.lit("112120"),
        PRODUCT_SECTION=section,
        FLOW="flow",
        STAT_PROCEDURE="procedure",
        SUPPL_UNIT=pl.lit("NO_SU"),
        PERIOD=pl.lit(period),
        VALUE_EUR=value,
        VALUE_NAC=value,
        QUANTITY_KG=pl.col("kg").cast(pl.String),
        QUANTITY_SUPPL_UNIT=pl.lit("0"),
    ).select(COLUMNS)


def _products() -> list[str]:
    """As many codes as the Combined Nomenclature has: those of the packaged list of eight digits, and some without
    detail."""
    names = pl.read_csv(Path(__file__).parent.parent / "schemas" / "reference" / "hs_names.csv", infer_schema=False)
    codes = next(column for column in names.iter_columns() if column.str.contains("^[0-9]{8}$").any())
    return [*codes.filter(codes.str.contains("^[0-9]{8}$")).unique().sort(), *HIDDEN]


def _partners() -> list[str]:
    known = partner_codes("geonom").filter(pl.col("valid_to") == "", pl.col("code").str.contains("^[A-Z]{2}$"))
    # The two parts of the United Kingdom repeat it.
    return (
        known.filter(pl.col("kind").is_in(["country", "residual", "secret"]), ~pl.col("code").is_in(["XI", "XU"]))[
            "code"
        ]
        .unique()
        .sort()
        .to_list()
    )


def _members() -> list[str]:
    return (
        partner_codes("geonom")
        .filter(pl.col("part_of") == "INT_EU27_2020", valid_to="")["code"]
        .unique()
        .sort()
        .to_list()
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description="Write a bulk file of Comext in its exact bytes; all numbers are drawn."
    )
    parser.add_argument("target", type=Path)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--period", default="202506")
    given = parser.parse_args()
    made = write(given.target, given.rows, given.period)
    print(f"{given.target}: {made:,} rows, {given.target.stat().st_size:,} bytes")
