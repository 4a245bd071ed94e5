"""A store of China with imports of soybeans in three months, in three codes, and exports of magnets in one."""

from datetime import date
from pathlib import Path

from bad_inputs.download import csv_bytes

from tests.unit.published_stores import publish

SEEDS, GM, BLACK, MAGNETS = "12011000", "12019019", "12019020", "85051110"
NAMES = {SEEDS: "种用大豆", GM: "转基因黄大豆", BLACK: "黑大豆，种用除外", MAGNETS: "稀土的永磁铁"}
PARTNERS = {"410": "巴西", "502": "美国\n", "402": "阿根廷", "999": "某地"}
# Month, product, partner, tonnes, thousand dollars.
IMPORTS = [
    ("202405", GM, "410", 8_800, 4_100), ("202405", GM, "502", 1_200, 640), ("202406", GM, "410", 9_700, 4_500),
    ("202406", GM, "502", 1_300, 700), ("202406", GM, "402", 40, 21), ("202406", SEEDS, "402", 5, 9),
    ("202404", BLACK, "502", 7, 6),
]  # fmt: skip
NO_TOTAL = (
    "1201 has no total in this store, which has 3 of its codes; a total needs all codes of 1201, in the same month"
)
EXPORTS = [("202406", MAGNETS, "502", 353, 20_000), ("202406", MAGNETS, "999", 11, 700)]


def bytes_of(rows: list[tuple[str, str, str, int, int]]) -> bytes:
    return csv_bytes(
        [
            (
                month,
                product,
                NAMES[product],
                partner,
                PARTNERS[partner],
                str(tonnes * 1000),
                "千克",
                "0",
                "?",
                f"{dollars * 1000:,}",
            )
            for month, product, partner, tonnes, dollars in rows
        ]
    )


def soybean_store(folder: Path) -> Path:
    """The store of both files, made in this folder."""
    for flow, rows in (("import", IMPORTS), ("export", EXPORTS)):
        publish(folder, "CHN", f"{flow}.csv", bytes_of(rows), flow=flow, released_on=date(2024, 7, 20))
    return folder / "store" / "reporter=CHN"
