"""Which products the page of a release shows, and how little is read to know."""

import random
from collections.abc import Iterator

import polars as pl
import pytest

from tasks.summary import PRODUCTS_MAX, largest

COLUMNS = {"product": pl.String, "partner": pl.String, "level": pl.Float64}


def months_of(chance: random.Random) -> list[pl.DataFrame]:
    """Levels of a few products and months, the newest first."""
    products = [f"8505{number:04d}" for number in range(chance.randint(1, 8))]
    return [
        pl.DataFrame(
            [
                (product, partner, float(chance.randint(0, 5)))
                for product in products
                for partner in chance.sample(["WLD", "USA", "JPN", "DEU"], chance.choice([0, 0, 1, 2, 4]))
            ],
            schema=COLUMNS,
            orient="row",
        )
        for _ in range(chance.randint(1, 6))
    ]


def by_hand(months: list[pl.DataFrame]) -> list[str]:
    """The same in one pass over everything, in plain Python."""
    judged: dict[str, tuple[bool, int, float, str]] = {}
    for age, levels in enumerate(months):
        of_month: dict[str, list[tuple[str, float]]] = {}
        for product, partner, level in levels.iter_rows():
            of_month.setdefault(product, []).append((partner, level))
        for product, rows in of_month.items():
            one_partner = len({partner for partner, _ in rows}) < 2
            judged.setdefault(product, (one_partner, age, -max(level for _, level in rows), product))
    return [product for *_, product in sorted(judged.values())][:PRODUCTS_MAX]


@pytest.mark.parametrize("seed", range(40))
def test_the_newest_and_largest_with_several_partners_are_shown(seed: int) -> None:
    months = months_of(random.Random(seed))
    assert largest(months) == by_hand(months)


def test_of_a_broad_release_only_the_newest_month_is_read() -> None:
    """Twenty-five months of the full cube are sixty million figures."""
    asked: list[int] = []

    def months() -> Iterator[pl.DataFrame]:
        for age in range(25):
            asked.append(age)
            yield pl.DataFrame(
                [(product, partner, 1.0) for product in ("01", "02", "03", "04") for partner in ("WLD", "USA")],
                schema=COLUMNS, orient="row",
            )  # fmt: skip

    assert largest(months()) == ["01", "02", "03"]
    assert asked == [0]


def test_where_there_is_no_figure_nothing_is_shown() -> None:
    assert largest([]) == []
    assert largest([pl.DataFrame(schema=COLUMNS)] * 3) == []
