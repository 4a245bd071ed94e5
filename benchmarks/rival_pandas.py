"""The same figures as a competent user of pandas would make them, without Tidewaiter.

    python -m benchmarks.rival_pandas FOLDER OUTPUT

Reads the query files of FOLDER and writes OUTPUT/flow=export/year=…/month=…/*.parquet, one row per product, partner,
month and measure with trade in it. Growth goes by the calendar: each series is a row of a matrix whose columns are the
months, and no record is no trade. The chapters go through in batches, because ten years would not fit into memory at
once.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

REFERENCE = Path(__file__).parent.parent / "schemas" / "reference"
COLUMNS = {
    "数据年月": "period",
    "商品编码": "product",
    "贸易伙伴编码": "partner",
    "第一数量": "first",
    "第一计量单位": "first_unit",
    "第二数量": "second",
    "美元": "value_usd",
}
RECORDS_A_BATCH = 2_500_000
SUMS = ["quantity_kg", "value_usd"]


def read(file: Path, partner_of: dict[str, str]) -> pd.DataFrame:
    """The records of one file: month index, product, partner, kilograms, dollars."""
    texts = dict.fromkeys(["数据年月", "商品编码", "贸易伙伴编码", "第一计量单位"], "category")
    rows = pd.read_csv(file, encoding="gb18030", usecols=list(COLUMNS), dtype=texts, thousands=",")
    rows = rows.rename(columns=COLUMNS)
    period = rows["period"].astype(int)
    return pd.DataFrame(
        {
            "month": period // 100 * 12 + period % 100 - 1,
            "product": rows["product"].astype(str),
            "partner": rows["partner"].map(partner_of).astype(str),
            "quantity_kg": rows["first"].where(rows["first_unit"] == "千克", rows["second"]),
            "value_usd": rows["value_usd"],
        }
    )


def union_members(months: list[int]) -> pd.DataFrame:
    """Partner and month: who was a member of the Union when."""
    table = pd.read_csv(REFERENCE / "partner_groups.csv", dtype=str, keep_default_na=False)
    members = table.merge(pd.DataFrame({"month": months}), how="cross")
    text = (members["month"] // 12).astype(str) + "-" + (members["month"] % 12 + 1).astype(str).str.zfill(2)
    is_member = (members["valid_from"] <= text) & ((members["valid_to"] == "") | (members["valid_to"] >= text))
    return members.loc[is_member, ["partner", "month"]]


def batches(records: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Whole chapters, so many that a batch is about as large as the others."""
    chapter = records["product"].str[:2]
    place = chapter.value_counts().sort_index().cumsum() // RECORDS_A_BATCH
    for _, batch in records.groupby(chapter.map(place)):
        yield batch


def growth(now: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Per cent, nothing where there is no base."""
    return np.where(before > 0, (now / np.where(before > 0, before, 1) - 1) * 100, np.nan)


def earlier(matrix: np.ndarray, months: int) -> np.ndarray:
    """Every month's figure of so many months before; nothing before the first month."""
    shifted = np.full(matrix.shape, np.nan)
    if months < matrix.shape[1]:
        shifted[:, months:] = matrix[:, :-months]
    return shifted


def figures(level: np.ndarray, ytd: np.ndarray, rolling: np.ndarray) -> dict[str, np.ndarray]:
    """What each measure has: the figure and its growth."""
    return {
        "level": level,
        "mom_pct": growth(level, earlier(level, 1)),
        "yoy_pct": growth(level, earlier(level, 12)),
        "ytd": ytd,
        "ytd_yoy_pct": growth(ytd, earlier(ytd, 12)),
        "rolling_12m": rolling,
        "rolling_12m_yoy_pct": growth(rolling, earlier(rolling, 12)),
    }


def metrics(sums: pd.DataFrame, months: list[int]) -> Iterator[pd.DataFrame]:
    """The rows of each measure, from the sums by product, partner and month."""
    keys = sums[["product", "partner"]].drop_duplicates().sort_values(["product", "partner"], ignore_index=True)
    row = sums.merge(keys.reset_index(names="row"), on=["product", "partner"])["row"].to_numpy()
    column = sums["month"].to_numpy() - months[0]
    world_row = keys["product"].map(
        pd.Series(keys.index[keys["partner"] == "WLD"], keys["product"][keys["partner"] == "WLD"])
    )
    of_world = world_row.to_numpy()
    january = np.array([place - month % 12 for place, month in enumerate(months)])
    made: dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]] = {}
    where = None
    for measure in SUMS:
        level = np.zeros((len(keys), len(months)), dtype=np.int64)
        level[row, column] = sums[measure]
        total = np.concatenate([np.zeros((len(keys), 1), dtype=np.int64), level.cumsum(axis=1)], axis=1)
        rolling = np.full(level.shape, np.nan)
        rolling[:, 11:] = total[:, 12:] - total[:, :-12]
        made[measure] = level, total[:, 1:] - total[:, january], rolling
        where = np.nonzero(level)
        found = keys.take(where[0]).reset_index(drop=True)
        found["month"] = np.array(months)[where[1]]
        found["measure"] = measure
        for name, matrix in figures(*made[measure]).items():
            found[name] = matrix[where].astype(float)
        world = level[of_world]
        found["share_pct"] = level[where] / world[where] * 100
        one = ~found["partner"].isin(["WLD", "EU27"])
        found["rank"] = found[one].groupby(["product", "month"])["level"].rank(method="min", ascending=False)
        for name, back in (("mom", 1), ("yoy", 12)):
            base = earlier(world, back)
            change = level - earlier(level, back)
            points = np.where(base > 0, change / np.where(base > 0, base, 1) * 100, np.nan)
            found[f"contribution_{name}_pp"] = points[where]
        yield found
    ratios = []
    for kilograms, dollars in zip(made["quantity_kg"], made["value_usd"], strict=True):
        ratios.append(np.where(kilograms > 0, dollars / np.where(kilograms > 0, kilograms, 1), np.nan))
    assert where is not None
    found = keys.take(where[0]).reset_index(drop=True)
    found["month"] = np.array(months)[where[1]]
    found["measure"] = "unit_value_usd_per_kg"
    for name, matrix in figures(*ratios).items():
        found[name] = matrix[where]
    yield found


def roll_up(records: pd.DataFrame, members: pd.DataFrame, digits: int) -> pd.DataFrame:
    """Sums by product of so many digits, for partners, the world and the Union."""
    by_partner = records.assign(product=records["product"].str[:digits])
    by_partner = by_partner.groupby(["product", "partner", "month"], as_index=False)[SUMS].sum()
    union = by_partner.merge(members, on=["partner", "month"])
    totals = [
        part.groupby(["product", "month"], as_index=False)[SUMS].sum().assign(partner=name)
        for name, part in (("WLD", by_partner), ("EU27", union))
    ]
    return pd.concat([by_partner, *totals], ignore_index=True)


def main() -> None:
    """Read, compute batch by batch, write."""
    folder, output = Path(sys.argv[1]), Path(sys.argv[2])
    codes = pd.read_csv(REFERENCE / "partners.csv", dtype=str, keep_default_na=False)
    partner_of = dict(zip(codes["gacc_code"], codes["partner"], strict=True))
    records = pd.concat([read(file, partner_of) for file in sorted(folder.glob("*.csv"))], ignore_index=True)
    months = list(range(records["month"].min(), records["month"].max() + 1))
    members = union_members(months)
    for number, batch in enumerate(batches(records)):
        parts = [part for digits in (8, 6, 4, 2) for part in metrics(roll_up(batch, members, digits), months)]
        rows = pd.concat(parts, ignore_index=True)
        rows = rows.sort_values(["product", "partner", "measure"])
        for month, part in rows.groupby("month"):
            place = output / "flow=export" / f"year={month // 12}" / f"month={month % 12 + 1}"
            place.mkdir(parents=True, exist_ok=True)
            part.drop(columns="month").to_parquet(place / f"{number}.parquet", index=False, compression="zstd")


if __name__ == "__main__":
    main()
