"""Synthetic query downloads in the exact bytes of the site: ten years of one flow, the same on every machine.

    python -m benchmarks.generate --size XS|S|M|L [--folder build/bench/M]

What is real: the layout (GB18030, every field quoted, a trailing comma, thousands separators in the value alone, line
feeds inside some names, kilograms as first or second unit or as the only one), the partner codes and names, and how
trade is spread: few codes and few partners make most of it, and most pairs of them trade now and then. What is not: the
codes have the form of HS8 and are made up, and every product name says that it is synthetic. A pair comes and goes,
grows, has seasons and a price that drifts, so that a release looks to the checks like trade and not like a wrong file.

One file a month (thirteen months in XS), each with a sidecar that says on which day it was public; `defaults.toml` says
the rest.
"""

import argparse
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow
import pyarrow.compute

from schemas.reference.code_tables import code_table

SEED = 20250720
TITLES = (
    "数据年月",
    "商品编码",
    "商品名称",
    "贸易伙伴编码",
    "贸易伙伴名称",
    "第一数量",
    "第一计量单位",
    "第二数量",
    "第二计量单位",
    "美元",
)
ROW_CAP = 10_000
FOLDER = Path("build") / "bench"
# Units as they stand in the tariff, by how many codes have them; goods that are not counted in kilograms are left out.
UNITS = {
    ("千克", "?"): 5434,
    ("台", "千克"): 1146,
    ("个", "千克"): 396,
    ("米", "千克"): 328,
    ("辆", "千克"): 299,
    ("件", "千克"): 233,
    ("千克", "立方米"): 109,
    ("千克", "平方米"): 95,
    ("只", "千克"): 87,
    ("千克", "个"): 84,
    ("套", "千克"): 81,
    ("千克", "双"): 44,
}
# The largest first; the rest follow in an order that is drawn.
LARGEST = (
    "USA",
    "HKG",
    "JPN",
    "VNM",
    "KOR",
    "IND",
    "DEU",
    "NLD",
    "RUS",
    "MYS",
    "MEX",
    "GBR",
    "THA",
    "SGP",
    "TWN",
    "AUS",
    "IDN",
    "PHL",
    "BRA",
    "ARE",
    "ITA",
    "FRA",
    "CAN",
    "POL",
    "ESP",
    "SAU",
    "TUR",
    "BEL",
    "ZAF",
    "CHL",
    "NGA",
    "KAZ",
    "PAK",
    "BGD",
)
SUBDIVISIONS = ("10", "20", "30", "40", "50", "90", "11", "12", "19", "21", "29", "91", "99", "00", "60", "80")
# Codes that two countries had one after the other, and China itself, are no partners of this trade.
LEFT_OUT = ("449", "142")
SELDOM = 0.02
# How sharply pairs fall into those that trade nearly always and those that hardly ever do; so that about three quarters
# of the pairs of a month traded a year before too, and over 30 months there are twice as many as in one.
SHARPNESS = 3.0
CODES_A_HEADING = 7


@dataclass(frozen=True)
class Size:
    """How much: months from the first, months in one file, records in a month on average, codes, partners; `world` is
    another one of the same size."""

    first: date
    months: int
    months_a_file: int
    records_a_month: int
    products: int
    partners: int
    world: int = 0


SIZES = {
    "XS": Size(date(2023, 1, 1), 26, 13, 1_170, 90, 25),
    "S": Size(date(2025, 1, 1), 1, 1, 300_000, 8_000, 250),
    "M": Size(date(2023, 1, 1), 30, 1, 333_333, 8_000, 250),
    "L": Size(date(2016, 1, 1), 120, 1, 300_000, 8_000, 250),
}


@dataclass(frozen=True)
class Pairs:
    """Every pair of code and partner that may trade, with what stays the same of it: arrays of equal length."""

    product: np.ndarray
    partner: np.ndarray
    often: np.ndarray
    log_value: np.ndarray
    log_price: np.ndarray
    begins: np.ndarray
    ends: np.ndarray


def draw_products(count: int, draw: np.random.Generator) -> pl.DataFrame:
    """Made-up codes of the form of HS8 below headings and subheadings: code, first and second unit."""
    chapters = [f"{number:02d}" for number in range(1, 98) if number != 77]
    possible = [f"{chapter}{number:02d}" for chapter in chapters for number in range(1, 2 + int(draw.integers(2, 24)))]
    headings = draw.permutation(possible)[: count // CODES_A_HEADING]
    watched = set(code_table("products")["product"])
    codes: set[str] = set()
    while len(codes) < count:
        heading = draw.choice(headings)
        last = "00" if draw.random() < 0.6 else draw.choice(SUBDIVISIONS)
        code = f"{heading}{draw.choice(SUBDIVISIONS)}{last}"
        if code not in watched:
            codes.add(code)
    shares = np.array(list(UNITS.values())) / sum(UNITS.values())
    units = [list(UNITS)[place] for place in draw.choice(len(UNITS), size=count, p=shares)]
    return pl.DataFrame(
        {
            "code": sorted(codes),
            "first": [first for first, _ in units],
            "second": [second for _, second in units],
        }
    )


def draw_partners(count: int, draw: np.random.Generator) -> pl.DataFrame:
    """Partners by size, the largest first: our key."""
    keys = code_table("partners").filter(~pl.col("gacc_code").is_in(LEFT_OUT))["partner"].unique().sort()
    rest = draw.permutation([key for key in keys if key not in LARGEST])
    return pl.DataFrame({"partner": [*LARGEST, *rest][:count]})


def _zipf(count: int, start: int, power: float) -> np.ndarray:
    return -power * np.log(np.arange(count) + start)


def draw_pairs(size: Size, draw: np.random.Generator) -> Pairs:
    """What trades with whom, how often, how much, at which price, from when to when."""
    by_product = draw.permutation(_zipf(size.products, 20, 1.0))
    by_partner = _zipf(size.partners, 4, 1.2)
    pull = (by_partner[:, None] + by_product[None, :]).ravel() + draw.normal(0, 1.3, size.partners * size.products)
    begins = np.where(draw.random(pull.size) < 0.15, draw.integers(0, size.months, pull.size), 0)
    ends = np.where(draw.random(pull.size) < 0.12, begins + 1 + draw.integers(0, size.months, pull.size), size.months)
    alive = np.minimum(ends, size.months) - begins
    wanted = size.records_a_month * size.months
    low, high = float(pull.min()) - 20, float(pull.max()) + 20
    for _ in range(60):
        middle = (low + high) / 2
        often = 1 / (1 + np.exp(SHARPNESS * (middle - pull)))
        often[often < SELDOM] = 0
        low, high = (middle, high) if float((often * alive).sum()) > wanted else (low, middle)
    kept = np.flatnonzero(often > 0)
    partner, product = np.divmod(kept, size.products)
    price = draw.normal(np.log(8), 1.4, size.products)
    return Pairs(
        product=product,
        partner=partner,
        often=often[kept],
        log_value=9.5 + 1.1 * (pull[kept] - low) + draw.normal(0, 0.8, kept.size),
        log_price=price[product] + draw.normal(0, 0.4, kept.size),
        begins=begins[kept],
        ends=ends[kept],
    )


def trade(size: Size) -> Iterator[tuple[date, pl.DataFrame]]:
    """Month after month the records: product and partner (their numbers), kg and usd, in the order of the file."""
    draw = np.random.default_rng(SEED + 1 + 1_000 * size.world)
    pairs = draw_pairs(size, draw)
    growth, drift = draw.normal(0.003, 0.008, size.products), draw.normal(0.001, 0.003, size.products)
    season = draw.random(size.products) * 12
    trading = draw.random(pairs.often.size) < pairs.often
    wave = draw.normal(0, 0.45, pairs.often.size)
    for number in range(size.months):
        month = month_after(size.first, number)
        # Who traded last month more likely does so again; in the long run each pair trades as often as it should.
        again = np.where(trading, 0.6, 0.0) + 0.4 * pairs.often
        trading = draw.random(again.size) < again
        wave = 0.7 * wave + draw.normal(0, 0.32, again.size)
        at = np.flatnonzero(trading & (pairs.begins <= number) & (number < pairs.ends))
        product = pairs.product[at]
        shape = 0.2 * np.cos(2 * np.pi * (month.month - season[product]) / 12) - (0.25 if month.month == 2 else 0)
        log_value = np.clip(pairs.log_value[at] + growth[product] * number + shape + wave[at], 1, 21)
        log_price = pairs.log_price[at] + drift[product] * number + draw.normal(0, 0.12, at.size)
        yield (
            month,
            pl.DataFrame(
                {
                    "product": product,
                    "partner": pairs.partner[at],
                    "kg": np.maximum(1, np.rint(np.exp(log_value - log_price))).astype(np.int64),
                    "usd": np.maximum(1, np.rint(np.exp(log_value))).astype(np.int64),
                }
            ),
        )


def month_after(first: date, months: int) -> date:
    """The first day of the month that many months later."""
    index = first.year * 12 + first.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def _pieces(texts: list[str]) -> pyarrow.Array:
    return pyarrow.array([text.encode("gb18030") for text in texts], pyarrow.large_binary())


def _digits(numbers: pl.Series) -> pyarrow.Array:
    return numbers.cast(pl.String).cast(pl.Binary).to_arrow().cast(pyarrow.large_binary())


def _with_thousands(numbers: pl.Series) -> pyarrow.Array:
    name, value = numbers.name, pl.col(numbers.name)

    def three(divisor: int) -> pl.Expr:
        return (value // divisor % 1000).cast(pl.String).str.zfill(3)

    groups = [three(10**power) for power in (9, 6, 3, 0)]
    text = pl.concat_str(groups, separator=",").str.strip_chars_start("0,")
    return _digits(numbers.to_frame().select(text.alias(name)).to_series())


class Printer:
    """Records as the bytes of the site. What is long is encoded once for each code and partner, not for each record."""

    def __init__(self, size: Size) -> None:
        draw = np.random.default_rng(SEED)
        self.products, partners = draw_products(size.products, draw), draw_partners(size.partners, draw)
        self.names = partners.with_row_index("number").join(
            code_table("partners").filter(~pl.col("gacc_code").is_in(LEFT_OUT)), on="partner", maintain_order="left"
        )
        # The site leaves a line feed at the end of some names, and now and then within one.
        self.by_product = _pieces(
            [
                f'{code}","合成商品{number:04d}（测试数据），{_feed(number, 97)}未列名{_feed(number, 41)}","'
                for number, code in enumerate(self.products["code"])
            ]
        )
        self.first_unit, self.second_unit = (
            _pieces([f'","{unit}","' for unit in self.products[name]]) for name in ("first", "second")
        )
        self.a_piece_kg = np.exp(draw.normal(0.5, 1.5, size.products))

    def records(self, month: date, rows: pl.DataFrame) -> memoryview:
        """The records of a month, without the header."""
        product = rows["product"].to_numpy()
        units = self.products[product]
        pieces = (rows["kg"] / self.a_piece_kg[product]).round().cast(pl.Int64).clip(1)
        first = rows["kg"].zip_with(units["first"] == "千克", pieces)
        second = pieces.zip_with(units["first"] == "千克", rows["kg"])
        second = second.zip_with(units["second"] != "?", pl.Series([0], dtype=pl.Int64))
        text = f"{month:%Y-%m}"
        valid = self.names.filter(
            ((pl.col("valid_from") == "") | (pl.col("valid_from") <= text))
            & ((pl.col("valid_to") == "") | (pl.col("valid_to") >= text))
        ).sort("number")
        by_partner = _pieces(
            [
                f'{code}","{name}{chr(10) if number % 29 == 13 else ""}","'
                for number, code, name in valid.select("number", "gacc_code", "name_zh").iter_rows()
            ]
        )
        joined = pyarrow.compute.binary_join_element_wise(
            pyarrow.scalar(f'"{month:%Y%m}","'.encode(), pyarrow.large_binary()),
            self.by_product.take(pyarrow.array(product)),
            by_partner.take(pyarrow.array(rows["partner"].to_numpy())),
            _digits(first),
            self.first_unit.take(pyarrow.array(product)),
            _digits(second),
            self.second_unit.take(pyarrow.array(product)),
            _with_thousands(rows["usd"]),
            pyarrow.scalar(b'",\n', pyarrow.large_binary()),
            pyarrow.scalar(b"", pyarrow.large_binary()),
        )
        # The texts lie one after the other in the buffer of the array: that is the file.
        return memoryview(joined.buffers()[2])


def generate(size: Size, folder: Path) -> int:
    """Write the files of a size into a new folder; how many records they have. Memory stays that of one month."""
    making = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    (making / "defaults.toml").write_text(
        'source = "gacc_query"\nflow = "export"\npartners = "all"\nproducts = ["*"]\n', encoding="utf-8"
    )
    printer = Printer(size)
    header = (",".join(f'"{title}"' for title in TITLES) + ",\n").encode("gb18030")
    in_file = total = 0
    for number, (month, rows) in enumerate(trade(size)):
        begins, ends = number % size.months_a_file == 0, (number + 1) % size.months_a_file == 0
        file = making / f"{month_after(size.first, number - number % size.months_a_file):%Y%m}.csv"
        in_file = rows.height + (0 if begins else in_file)
        if (ends or number + 1 == size.months) and in_file % ROW_CAP == 0:
            rows = rows.head(-1)  # noqa: PLW2901  # a file cut at the cap is what this one must not look like
        with file.open("wb" if begins else "ab") as out:
            if begins:
                out.write(header)
            out.write(printer.records(month, rows))
        total += rows.height
        public = month_after(month, 1).replace(day=20)
        file.with_name(f"{file.name}.toml").write_text(
            f'released_on = {public}\ntitle = "synthetic {file.stem}"\n', encoding="utf-8"
        )
    making.rename(folder)
    return total


def _feed(number: int, every: int) -> str:
    """A line feed in one of so many names."""
    return "" if number % every else "\n"


def ensure(name: str, folder: Path) -> Path:
    """The folder with the files of a size, made where it is absent."""
    if not folder.is_dir():
        begun = time.perf_counter()
        records = generate(SIZES[name], folder)
        megabytes = sum(file.stat().st_size for file in folder.glob("*.csv")) / 10**6
        print(
            f"{folder}: {records:,} records, {len(list(folder.glob('*.csv')))} files, {megabytes:,.0f} MB, "
            f"generated in {time.perf_counter() - begun:.0f} s"
        )
    return folder


def main() -> int:
    """Generate what is absent."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--size", choices=list(SIZES), default="S")
    ask.add_argument("--folder", type=Path)
    given = ask.parse_args()
    folder = ensure(given.size, given.folder or FOLDER / given.size)
    print(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
