"""Made-up releases drawn at random: what customs, the press and a careless hand could have left in a store.

Small on purpose (few products, partners, months, days), so that releases meet on the same numbers all the time.
"""

import itertools
import re
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from schemas.names import NATIONAL
from tests.unit.builders import number, release

Row = dict[str, Any]
DAYS = ("2026-01-10", "2026-02-20", "2026-02-21", "2026-03-30")
SPANS = ("2025-01", "2025-02", "2025-03", "2025-01..2025-02", "2025-01..2025-03", "2025-02..2025-03")
HS8 = ("85051110", "85051190", "85059010")
HS6 = ("850511", "850590")
PARTNERS = ("USA", "DEU", "JPN", "WLD")


@st.composite
def releases(draw: st.DrawFn, name: str = "r") -> tuple[Row, list[Row]]:
    """A release and its numbers, with the scope that reading such a file gives."""
    if draw(st.integers(0, 4)) == 0:
        return _published(draw, name)
    by_month = draw(st.integers(0, 5)) > 0
    level = draw(st.sampled_from((HS8, HS8, HS8, HS6)))
    measures = (
        ("quantity_kg", "quantity_item", "value_usd", "value_cny") if level is HS8 else ("value_usd", "value_cny")
    )
    months = draw(st.sampled_from(SPANS))
    periods = [span for span in SPANS if len(span) == 7 and months[:7] <= span <= months[-7:]] if by_month else [months]
    partners = draw(st.sampled_from((PARTNERS[:3], PARTNERS[:3], ("WLD",))))
    keys = draw(
        st.dictionaries(
            st.tuples(
                st.sampled_from(level),
                st.sampled_from(partners),
                st.sampled_from(periods),
                st.sampled_from(measures),
                st.sampled_from((None, None, "11")),
            ),
            st.tuples(st.integers(0, 3), st.sampled_from((1, 1, 1, 10))),
            min_size=1,
            max_size=8,
        )
    )
    said = sorted({key[0] for key in keys})
    asked = draw(st.sampled_from((said, said, level, ("8505",), ("85",), ("*",))))
    row = release(
        name,
        draw(st.sampled_from(DAYS)),
        months,
        products=sorted(asked),
        by_month=by_month,
        partners=draw(st.sampled_from(("all", "listed"))),
        partner_list=sorted({key[1] for key in keys}),
        measures=sorted({"quantity" if key[3].startswith("quantity") else key[3] for key in keys}),
        level=f"HS{len(level[0])}",
        lost=draw(
            st.sampled_from(
                (
                    (),
                    (),
                    (),
                    ("85051110 2025-02",),
                    ("* 2025-01",),
                    ("85051190 *", "850590 2025-03 quantity"),
                    ("* * value_usd",),
                )
            )
        ),
    )
    return row, [
        number(row, partner, period, value, measure, product=product, province=province, resolution=step, record=record)
        for record, ((product, partner, period, measure, province), (value, step)) in enumerate(keys.items(), 1)
    ]


def _published(draw: st.DrawFn, name: str) -> tuple[Row, list[Row]]:
    keys = draw(
        st.dictionaries(
            st.tuples(st.sampled_from(HS8[:1]), st.sampled_from(PARTNERS), st.sampled_from(SPANS),
                      st.sampled_from(("quantity_kg", "quantity_kg_yoy")), st.sampled_from(DAYS)),
            st.tuples(st.integers(0, 3), st.sampled_from((1, 10))), min_size=1, max_size=6,
        )
    )  # fmt: skip
    row = release(
        name,
        max(key[4] for key in keys),
        SPANS[4],
        kind="published",
        flow=None,
        products=HS8[:1],
        partners="keys",
        measures=("quantity", "quantity_yoy"),
    )
    return row, [
        number(row, partner, period, value, measure, product=product, day=day, resolution=step, record=record)
        for record, ((product, partner, period, measure, day), (value, step)) in enumerate(keys.items(), 1)
    ]


@st.composite
def stores(draw: st.DrawFn, most: int = 4) -> list[tuple[Row, list[Row]]]:
    """Several releases with their numbers."""
    return [draw(releases(f"r{place}")) for place in range(draw(st.integers(1, most)))]


def of_list(national: str, row: Row, numbers: list[Row]) -> tuple[Row, list[Row]]:
    """A release with codes of another national list than China's, which have more digits."""

    def longer(text: str) -> str:
        return re.sub(r"^\d{8}", lambda code: code[0].ljust(NATIONAL[national], "0"), text)

    level = national if row["classification"] == "HS8" else row["classification"]
    places = {"products": [*map(longer, row["products"])], "lost": [*map(longer, row["lost"])]}
    levels = {"HS8": national}
    return row | {"classification": level} | places, [
        one
        | {
            "product": longer(one["product"]),
            "classification": levels.get(one["classification"], one["classification"]),
        }
        for one in numbers
    ]


DUTIES = {"value_cny": "value_usd_duty", "value_usd": "value_usd_consumption", "quantity_item": "value_usd_dutiable"}


def of_duties(row: Row, numbers: list[Row]) -> tuple[Row, list[Row]]:
    """A release that states imports for consumption, their dutiable value and the duty in the place of others."""

    def named(text: str) -> str:
        head, _, family = text.rpartition(" ")
        return f"{head} {DUTIES.get(family, family)}".strip()

    scope = {"measures": sorted({DUTIES.get(one, one) for one in row["measures"]} | {*DUTIES.values()})}
    return row | scope | {"lost": [named(one) for one in row["lost"]]}, [
        one | ({"measure": DUTIES[one["measure"]], "unit": "USD"} if one["measure"] in DUTIES else {})
        for one in numbers
    ]


def all_days() -> list[date]:
    """Each day on which something may change, and the one before it."""
    days = [date.fromisoformat(text) for text in DAYS]
    return sorted({*days, *(day - timedelta(days=1) for day in days)})


EPOCHS = ("2024-01", "2019-03", "2012-09", "2021-03")
BASKET_CODES = ("81129290", "81129990")
MEASURES = ("quantity_kg", "quantity_g", "quantity_item", "value_usd", "value_cny")


def month_after(epoch: str, months: int) -> str:
    index = int(epoch[:4]) * 12 + int(epoch[5:]) - 1 + months
    return f"{index // 12}-{index % 12 + 1:02d}"


@st.composite
def histories(draw: st.DrawFn, most: int = 3) -> list[tuple[Row, list[Row]]]:
    """Releases of the same goods over two years and a half, with the press speaking in between.

    The epochs lie where Croatia joined the Union, where Britain left it, and where a basket begins and the HS was
    revised.
    """
    epoch = draw(st.sampled_from(EPOCHS))
    return [draw(releases_of(epoch, f"r{place}")) for place in range(draw(st.integers(1, most)))]


@st.composite
def decades(draw: st.DrawFn) -> list[tuple[Row, list[Row]]]:
    """Releases of the same goods from years far apart, so that a look back may end before the first of them."""
    epochs = [
        f"{year}-{month:02d}"
        for year, month in draw(
            st.lists(st.tuples(st.integers(2012, 2024), st.integers(1, 12)), min_size=2, max_size=4)
        )
    ]
    return [draw(releases_of(epoch, f"r{place}")) for place, epoch in enumerate(epochs)]


def releases_of(epoch: str, name: str) -> st.SearchStrategy[tuple[Row, list[Row]]]:
    return st.one_of(queries(name, epoch), queries(name, epoch), papers(name, epoch))


@st.composite
def queries(draw: st.DrawFn, name: str, epoch: str) -> tuple[Row, list[Row]]:
    level: tuple[str, ...] = draw(st.sampled_from((("85051110",), BASKET_CODES, (*HS8, *BASKET_CODES), HS6)))
    measures = draw(st.sampled_from((MEASURES[:1] + MEASURES[3:4], MEASURES[:4], MEASURES[3:], MEASURES)))
    measures = measures if level is not HS6 else ("value_usd",)
    begin, length = draw(st.integers(0, 14)), draw(st.sampled_from((1, 2, 3, 13, 26)))
    by_month = draw(st.integers(0, 6)) > 0
    months = (
        f"{month_after(epoch, begin)}..{month_after(epoch, begin + length - 1)}"
        if length > 1
        else month_after(epoch, begin)
    )
    partners: tuple[str, ...] = draw(
        st.sampled_from((("USA",), ("USA", "DEU", "GBR", "HRV", "JPN"), ("USA", "DEU"), ("WLD",)))
    )
    said = {}
    for key in draw(
        st.lists(
            st.tuples(st.sampled_from(level), st.sampled_from(partners), st.sampled_from(measures)),
            min_size=1,
            max_size=6,
            unique=True,
        )
    ):
        pattern = draw(st.lists(st.sampled_from((None, 0, 1, 2, 5, 1000)), min_size=1, max_size=5))
        for place in range(length):
            value = pattern[place % len(pattern)]
            if value is not None:
                said[(*key, month_after(epoch, begin + place) if by_month else months)] = value
    said = said or {(level[0], partners[0], measures[0], month_after(epoch, begin) if by_month else months): 1}
    codes = sorted({key[0] for key in said})
    row = release(
        name,
        draw(st.sampled_from(DAYS)),
        months,
        products=draw(st.sampled_from((codes, list(level), ["85", "81"], ["*"]))),
        partners=draw(st.sampled_from(("all", "all", "listed"))),
        partner_list=sorted({key[1] for key in said}),
        by_month=by_month,
        measures=sorted({"quantity" if key[2].startswith("quantity") else key[2] for key in said}),
        level=f"HS{len(level[0])}",
        lost=draw(
            st.sampled_from(
                (
                    (),
                    (),
                    (),
                    (f"{codes[0]} {months[:7]}",),
                    (f"* {months[-7:]}", f"{codes[-1]} *", f"{codes[0]} {months[:7]} value_usd"),
                )
            )
        ),
    )
    return row, [number(row, partner, period, value, measure, product=product)
                 for (product, partner, measure, period), value in said.items()]  # fmt: skip


@st.composite
def papers(draw: st.DrawFn, name: str, epoch: str) -> tuple[Row, list[Row]]:
    """Printed figures: single months, cumulated ones and growth rates, of a partner and of the world."""
    months = st.integers(0, 14).map(lambda place: month_after(epoch, place))
    periods = st.one_of(
        months, months.filter(lambda month: month[5:] != "01").map(lambda month: f"{month[:4]}-01..{month}")
    )
    keys = st.tuples(
        st.sampled_from(("85051110", "81129290", "850511")), st.sampled_from(("USA", "WLD", "DEU")), periods,
        st.sampled_from(("quantity_kg", "quantity_kg", "quantity_kg_yoy", "value_usd")),
    )  # fmt: skip
    said = draw(st.dictionaries(keys, st.integers(0, 40), min_size=1, max_size=12))
    if draw(st.booleans()):
        year = str(int(epoch[:4]) + draw(st.integers(0, 1)))
        product, partner = draw(st.tuples(st.sampled_from(("85051110", "850511")), st.sampled_from(("USA", "WLD"))))
        some = st.sampled_from((None, None, 0, 5, 10, 20))
        for month, (level, total) in enumerate(draw(st.lists(st.tuples(some, some), min_size=2, max_size=9)), 1):
            for value, period in (
                (level, f"{year}-{month:02d}"),
                (total and total * month, f"{year}-01..{year}-{month:02d}"),
            ):
                if value is not None and (month > 1 or len(period) == 7):
                    said[product, partner, period, "quantity_kg"] = value
    row = release(
        name, DAYS[-1], "2012-01..2026-02", kind="published", flow=None, partners="keys", products=["85051110"]
    )
    return row, [number(row, partner, period, value, measure, product=product, resolution=10)
                 for (product, partner, period, measure), value in said.items()]  # fmt: skip


@st.composite
def years_so_far(draw: st.DrawFn) -> list[tuple[Row, list[Row]]]:
    """Releases that give months of one year as one figure, and others that give them one by one, on a few days; some of
    them are corrected afterwards, or said again."""
    told: list[tuple[Row, list[Row]]] = []
    for place in range(draw(st.integers(2, 4))):
        first, last = sorted(draw(st.tuples(st.sampled_from((1, 1, 1, 2)), st.integers(2, 5))))
        months, is_whole = f"2025-{first:02d}..2025-{last:02d}", draw(st.booleans())
        partners = draw(st.sampled_from((("USA", "DEU"), ("USA",), ("WLD",), ("USA", "gacc:888"), ("DEU", "WLD"))))
        row = release(
            f"r{place}", f"2025-1{draw(st.integers(0, 2))}-01", months, by_month=not is_whole,
            partners=draw(st.sampled_from(("all", "all", "listed"))), partner_list=partners,
            kind=draw(st.sampled_from(("query", "query", "query", "bulletin"))), source="gacc_query",
            lost=draw(
                st.sampled_from(((), (), (), ("85051110 2025-02",), ("8505 2025-05",), ("85051110 2025-03 quantity",)))
            ),
            products=draw(st.sampled_from((["85051110"], ["8505"]))),
        )  # fmt: skip
        periods = [months] if is_whole else [f"2025-{month:02d}" for month in range(first, last + 1)]
        values = {key: draw(st.sampled_from((None, 1, 5, 20))) for key in itertools.product(partners, periods)}
        said = [number(row, *key, value) for key, value in values.items() if value is not None]
        told.append((row, said or [number(row, partners[0], periods[0], 1)]))
    for row, rows in told[: draw(st.integers(0, 2))]:
        edition = f"{row['release_id']}.01-{draw(st.sampled_from(('', 'ab')))}"
        day = max(row["released_on"], date(2025, 10 + draw(st.integers(0, 3)) % 3, 15))
        about = {"release_id": edition, "released_on": day}
        said = [each | {"release_id": edition, "known_from": day} for each in rows]
        told.append((row | about, [each | {"value": each["value"] + draw(st.integers(0, 1))} for each in said]))
    return told


def without_a_place(store: list[tuple[Row, list[Row]]]) -> list[tuple[Row, list[Row]]]:
    """The same store, with a code that no list names instead of the United States in every second release."""

    def named(partner: str) -> str:
        return "gacc:888" if partner == "USA" else partner

    changed = [*store]
    for place, (row, numbers) in [*enumerate(store)][::2]:
        months = {f"gacc:888 {each['period_end']:%Y-%m}" for each in numbers if each["partner"] == "USA"}
        about = {"partner_list": sorted(map(named, row["partner_list"])), "unlisted": sorted(months)}
        changed[place] = row | about, [each | {"partner": named(each["partner"])} for each in numbers]
    return changed
