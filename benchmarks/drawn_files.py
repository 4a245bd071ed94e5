"""Synthetic files of trade that comes and goes, for sources of which few real files are at hand.

Everything in them is drawn, and the names say `synthetic`. The trade has what made checks speak of sound files: seasons
of a product and of a partner's harvest, partners that come now and then, one shipment that is many times the others, a
partner that fades out and stops. Where the source prints a world total, it is the sum of the rows.
"""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks import generate
from schemas.reference.code_tables import code_table, partner_codes

YEARS = (2023, 2024, 2025)
MONTHS = 12
# A year of the tariff in one file, twice: the second one has a past.
WHOLE_YEAR = generate.Size(date(2024, 1, 1), 24, 12, 8_000, 10_000, 100)
PARTNERS = (
    "CAN",
    "CHL",
    "NOR",
    "MEX",
    "JPN",
    "VNM",
    "IND",
    "THA",
    "ECU",
    "PER",
    "ZAF",
    "NZL",
    "AUS",
    "BRA",
    "IDN",
    "PHL",
    "ISL",
    "MAR",
    "TUR",
    "EGY",
    "KEN",
    "GTM",
    "CRI",
    "ARG",
)
FAR_SOUTH = ("CHL", "PER", "ZAF", "NZL", "AUS", "BRA", "ARG")


@dataclass(frozen=True)
class Nature:
    """How a set of products trades: how many products and partners, how many months of a year they are traded in, the
    least and the most dollars of a month."""

    products: int
    partners: tuple[int, int]
    season: tuple[int, int]
    dollars: tuple[float, float]


NATURES = {
    "fish": Nature(6, (4, 20), (6, 12), (3e4, 2e7)),
    "fruit": Nature(4, (3, 14), (3, 8), (5e4, 5e7)),
    "chapter": Nature(40, (1, 16), (8, 12), (2e3, 5e6)),
}


def draw(nature: Nature, seed: int) -> pl.DataFrame:
    """The trade of some years: month (YYYY-MM), product (its number), partner, kg, usd."""
    rng = np.random.default_rng(seed)
    rows: list[tuple[str, int, str, int, int]] = []
    for product in range(nature.products):
        size = np.exp(rng.uniform(*np.log(nature.dollars)))
        partners = rng.permutation(PARTNERS)[: int(rng.integers(nature.partners[0], nature.partners[1] + 1))]
        length, begins = int(rng.integers(nature.season[0], nature.season[1] + 1)), int(rng.integers(0, MONTHS))
        price, growth = np.exp(rng.normal(1.5, 0.8)), rng.normal(0.003, 0.01)
        for rank, partner in enumerate(partners):
            share = (rank + 1) ** -1.3 * np.exp(rng.normal(0, 0.4)) / 2.2
            # As measured on sanitary ware and soybeans: of partners worth 100,000 dollars a month hardly a month is
            # without trade, of those worth 10,000 many are.
            usual = (size * share / 5_000) ** 1.5
            often = usual / (1 + usual)
            own_price, noise = price * np.exp(rng.normal(0, 0.3)), 0.3 + 0.6 * (1 - often)
            ends = int(rng.integers(8, 36)) if rng.random() < 0.12 else 99
            for number in range(len(YEARS) * MONTHS):
                place = (number - begins - (MONTHS // 2 if partner in FAR_SOUTH else 0)) % MONTHS
                # A partner that stops fades out for some months before.
                fading = np.exp(-1.2 * max(0, number - ends + 4))
                if place >= length or number >= ends or rng.random() > often:
                    continue
                shape = np.sin(np.pi * (place + 0.7) / (length + 0.4)) ** 2 if length < MONTHS else 1.0
                # A shipload in place of parcels; the months of large goods were never more than 2.5 times the others.
                lump = 6 if rng.random() < 0.02 and size * share < 100_000 else 1
                usd = size * share * shape * fading * lump * np.exp(rng.normal(growth * number, noise))
                paid = own_price * np.exp(rng.normal(0, 0.1 if usd > 1e5 else 0.5))
                if usd >= 250:
                    month = f"{YEARS[0] + number // MONTHS}-{number % MONTHS + 1:02d}"
                    rows.append((month, product, str(partner), max(1, round(usd / paid)), round(usd)))
    return pl.DataFrame(rows, ["month", "product", "partner", "kg", "usd"], orient="row").sort("month", "product")


def _code_of(code_list: str) -> dict[str, str]:
    codes = partner_codes(code_list).filter(pl.col("partner").is_in(PARTNERS), pl.col("valid_to") == "")
    return dict(codes.select("partner", "code").unique("partner", keep="first", maintain_order=True).iter_rows())


def census(trade: pl.DataFrame) -> bytes:
    """An answer of the Census Bureau with the total of all countries."""
    code = _code_of("schedule_c")
    header = ["CTY_CODE", "CTY_NAME", "GEN_VAL_MO", "GEN_QY1_MO", "UNIT_QY1", "time", "COMM_LVL", "I_COMMODITY"]
    rows = [header]
    for (month, product), part in trade.group_by("month", "product", maintain_order=True):
        of_it = [str(month), "HS10", f"03999{product}0000"]
        totals = [str(part["usd"].sum()), str(part["kg"].sum()), "KG"]
        rows.append(["-", "TOTAL FOR ALL COUNTRIES", *totals, *of_it])
        rows += [
            [code[partner], "synthetic", str(usd), str(kg), "KG", *of_it]
            for partner, kg, usd in part.select("partner", "kg", "usd").iter_rows()
        ]
    return json.dumps(rows).encode()


def hmrc(trade: pl.DataFrame) -> bytes:
    """An answer of HMRC, which prints no total."""
    code = _code_of("hmrc")
    rows = [
        {
            "MonthId": int(month.replace("-", "")),
            "FlowTypeId": 3,
            "SuppressionIndex": 0,
            "CommodityId": 6990000 + product,
            "Commodity": {"Cn8Code": f"0699{product:04d}"},
            "CountryId": int(code[partner]),
            "PortId": 131,
            "Value": float(usd),
            "NetMass": float(kg),
        }
        for month, product, partner, kg, usd in trade.iter_rows()
    ]
    return json.dumps({"@odata.context": "synthetic", "value": rows}).encode()


def query(trade: pl.DataFrame) -> bytes:
    """A download of China's query site."""
    names = code_table("partners").filter(pl.col("partner").is_in(PARTNERS)).unique("partner")
    by_key = {row["partner"]: (row["gacc_code"], row["name_zh"]) for row in names.to_dicts()}
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator=",\n")
    writer.writerow(generate.TITLES)
    for month, product, partner, kg, usd in trade.iter_rows():
        code, name = by_key[partner]
        writer.writerow(
            [
                month.replace("-", ""),
                f"0399{product:02d}00",
                "合成商品（测试数据）",
                code,
                name,
                kg,
                "千克",
                0,
                "?",
                f"{usd:,}",
            ]
        )
    return out.getvalue().encode("gb18030")


def files(folder: Path, world: int = 0) -> Iterator[tuple[str, Path, dict[str, str]]]:
    """Write the files of a world: the set each belongs to, its place, and its row as in `real_files.csv`."""
    writers = {
        "fish": ("us_census", census, ""),
        "fruit": ("us_census", census, ""),
        "chapter": ("hmrc_ots", hmrc, ""),
        "query": ("gacc_query", query, "export"),
    }
    for name, (source, write, flow) in writers.items():
        for seed in range(2):
            trade = draw(NATURES.get(name, NATURES["fish"]), 100 * seed + len(name) + 10_000 * world)
            by = pl.col("month").str.head(4 if name in ("fish", "query") or seed % 2 else 7)
            for (period,), part in trade.group_by(by, maintain_order=True):
                file = (
                    folder
                    / f"drawn {name} {seed}"
                    / f"synthetic_{str(period).replace('-', '')}.{'csv' if flow else 'json'}"
                )
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(write(part))
                row = {"source": source, "flow": flow, "partners": "all", "months": "", "reporter": ""}
                yield f"drawn {name}", file, row


def whole_year(folder: Path, world: int = 0) -> Iterator[tuple[str, Path, dict[str, str]]]:
    """Two files of a year of 10,000 codes each, the first only as the past of the second."""
    target = folder / "drawn year"
    generate.generate(replace(WHOLE_YEAR, world=world), target)
    for file in sorted(target.glob("*.csv")):
        yield (
            "drawn year of 10,000 codes",
            file,
            {"source": "gacc_query", "flow": "export", "partners": "all", "months": "", "reporter": ""},
        )
