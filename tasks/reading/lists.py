"""Finds the codes of control lists in a store, and adds up their trade, each code once.

Belongs here: which products of a store a list means, what is left out and why, and the total of a list by month. What a
list holds is in `tasks.domain.export_controls.control_lists`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from tasks.domain.classification import HS_DIGITS
from tasks.domain.doubt.doubt_words import DOUBT
from tasks.domain.export_controls.control_lists import (
    ListNote,
    Spec,
    about,
    codes_named,
    codes_of_lists,
    counted_in,
    is_broken,
    read_spec,
)
from tasks.domain.growth import growth_pct
from tasks.domain.nomenclature import ANY_LIST, CHINAS, TARIFFS
from tasks.domain.periods import month_name
from tasks.ledger.name_tables import names_in
from tasks.reading.query import doubts_of, open_published, reporter_of
from tasks.reading.series import KEYS, below_of, levels, national_codes, sums_of_parts
from tasks.store.files.snapshot import Snapshot

YEAR = 12
BREAK, NO_BASE, ZERO_BASE, COMPUTED = "definition_break", "no_base", "zero_base", "computed"


@dataclass(frozen=True)
class ListedProducts:
    """The codes of lists and the products of a store that they mean.

    `rows` are those of `codes_of_lists`; `products` has, by listed code, the products that have its trade: the code
    itself, or the national codes below it where the store has no total of it. No product is named twice.
    """

    specs: tuple[Spec, ...]
    rows: pl.DataFrame
    products: Mapping[str, tuple[str, ...]]
    absent: tuple[str, ...]
    other_lists: tuple[str, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """All products, each once."""
        return tuple(dict.fromkeys(key for keys in self.products.values() for key in keys))

    def keys_of(self, text: str) -> tuple[str, ...]:
        """The products of one of the lists; of a code that a heading of another list has, the heading."""
        codes = codes_of_lists(specs_of([text]))["code"].to_list()
        above = below_of(codes, self.products)
        return tuple(dict.fromkeys(key for one in above for key in self.products[one]))

    @cached_property
    def editions(self) -> dict[str, str]:
        """The edition of the HS of each listed code."""
        return dict(self.rows.select("code", "edition").iter_rows())

    def notes(self, language: str = "en", *, but: Collection[str] = ()) -> tuple[str, ...]:
        """What must be said of the lists and of what this store has of them, a sentence each, but for what is said
        beside it: words of `list_words`."""
        whole = [code for code, keys in self.products.items() if keys]
        count = self.rows.filter(~pl.col("is_below")).height
        of_codes = {
            "absent": self.absent,
            "below": self.rows.filter("is_below")["code"].to_list(),
            "other_list": self.other_lists,
            "twice": self.rows.filter(pl.col("lists").list.len() > 1)["code"].to_list(),
        }
        notes = [*about(self.specs), ListNote("held", {"held": len(whole), "count": count})]
        notes += [ListNote(kind, {"codes": codes_named(codes)}) for kind, codes in of_codes.items() if codes]
        return tuple(note.sentence(language) for note in notes if note.kind not in but)

    def coverage(self, language: str) -> dict[str, tuple[str, str]]:
        """How much of each code is on the lists, whole or part, and which goods of it, where that is said."""
        note = "note" if language == "en" else "note_zh"
        return {code: (much, goods) for code, much, goods in self.rows.select("code", "coverage", note).iter_rows()}

    def recoded(self, months: tuple[str, str]) -> list[str]:
        """Return the listed codes that mean other goods in one of two months (YYYY-MM) than in the other."""
        return [code for code, keys in self.products.items() if keys and is_broken(code, self.editions[code], months)]

    def is_there(self, code: str, month: str) -> bool:
        """Whether the edition of the HS of a month (YYYY-MM) has a listed code; the goods may be others all the same,
        which `recoded` says."""
        return any(one.code == code for one in counted_in(code, self.editions[code], month))


def specs_of(texts: Iterable[str]) -> tuple[Spec, ...]:
    """Return the lists of texts, with list: before the name or without."""
    return tuple(dict.fromkeys(map(read_spec, texts)))


def listed_products(specs: Sequence[Spec], products: Collection[str], national: str = CHINAS) -> ListedProducts:
    """Return what lists mean in a store with these products, whose codes are of the list `national`."""
    rows = codes_of_lists(specs)
    keys_of, absent, others = dict[str, tuple[str, ...]](), list[str](), list[str]()
    codes = [one for one in products if one.isdecimal()]
    held, below = set(codes), below_of([one for one in codes if len(one) > HS_DIGITS], set(rows["code"]))
    for code, nomenclature, is_below in rows.select("code", "nomenclature", "is_below").iter_rows():
        if is_below:
            continue
        if nomenclature not in ANY_LIST and TARIFFS.get(nomenclature, nomenclature) != national:
            others.append(code)
            continue
        keys_of[code] = (code,) if code in held else tuple(sorted(below.get(code, ())))
        if not keys_of[code]:
            absent.append(code)
    return ListedProducts(tuple(specs), rows, keys_of, tuple(absent), tuple(others))


def listed_in(snapshot: Snapshot, specs: Sequence[Spec]) -> ListedProducts:
    """Return what lists mean in a published state."""
    products = names_in(snapshot).product["product"].to_list()
    return listed_products(specs, products, reporter_of(snapshot).nomenclature)


def code_levels(
    store: Path,
    listed: ListedProducts,
    flow: str,
    partner: str,
    months: Collection[int],
    measure: str,
    day: date | None = None,
) -> pl.DataFrame:
    """Return code, month, `level` and `status` of each listed code that the store has: of one that is counted by
    national codes their sum, null where one of them is not known, and where the edition of the HS of the month does not
    have the code."""
    keys = listed.keys
    of_keys = levels(store, flow, keys, [partner], months, measure, day)
    if missing := [code for code, keys_of_code in listed.products.items() if keys_of_code == (code,)]:
        of_keys = _by_parts(store, listed, of_keys, missing, (flow, partner, months, measure, day))
    place = pl.DataFrame(
        [(code, key) for code, keys_of_code in listed.products.items() for key in keys_of_code],
        {"code": pl.String, "product": pl.String},
        orient="row",
    )
    rows = of_keys.join(place, on="product").group_by("code", "month", maintain_order=True)
    sums = rows.agg(
        level=pl.when(pl.col("level").is_null().any()).then(None).otherwise(pl.col("level").sum()),
        status=pl.col("status").filter(pl.col("level").is_null()).first().fill_null("sum"),
        period=pl.col("period").first(),
    )
    is_held = [listed.is_there(code, month_name(month)) for code, month in sums.select("code", "month").iter_rows()]
    is_there = pl.Series(is_held, dtype=pl.Boolean)
    return sums.with_columns(
        level=pl.when(is_there).then("level"),
        status=pl.when(is_there).then("status").otherwise(pl.lit(BREAK)),
    ).sort("code", "month")


def doubted_parts(
    snapshot: Snapshot,
    listed: ListedProducts,
    series: tuple[str, str, str],
    month: int,
    day: date | None = None,
) -> pl.DataFrame:
    """Return what is in doubt of the codes in a month (month number), a row for each number and finding: code,
    doubt, and the amount that it concerns, null where that is not known. `series` are flow, partner and measure. Of
    a heading of which the store has no total, the doubts are those of the national codes that are added up.
    """
    flow, partner, measure = series
    doubted = doubts_of(snapshot, day).of_month(flow, partner, measure, month)
    if not doubted.height:
        return pl.DataFrame(schema={"code": pl.String, "doubt": DOUBT, "amount": pl.Float64})
    below = [one for one in doubted["product"].unique().sort() if one.isdecimal() and len(one) > HS_DIGITS]
    known = levels(snapshot.store, flow, {*listed.keys, *below}, [partner], [month], measure, day).drop_nulls("level")
    level_of = dict(known.select("product", "level").iter_rows())
    place = [(code, key) for code, keys in listed.products.items() for key in keys]
    silent = {code for code, keys in listed.products.items() if keys == (code,) and code not in level_of}
    place += [(code, one) for code, ones in below_of(below, silent).items() for one in ones if one != code]
    places = pl.DataFrame(place, {"code": pl.String, "product": pl.String}, orient="row")
    weighed = doubted.join(places, on="product").join(known.select("product", "level"), on="product", how="left")
    return weighed.select("code", "doubt", amount=pl.col("level") * pl.col("part_pct") / 100)


def _by_parts(
    store: Path, listed: ListedProducts, of_keys: pl.DataFrame, codes: Collection[str], series: tuple[Any, ...]
) -> pl.DataFrame:
    """Fill the months in which the store has no total of a heading with the sum of the national codes that it has,
    where each of them is known; the status says that they may not be all."""
    flow, partner, months, measure, day = series
    silent = set(of_keys.filter(pl.col("level").is_null(), pl.col("product").is_in([*codes]))["product"])
    parts = national_codes(open_published(store), silent)
    sums = sums_of_parts(store, flow, parts, [partner], months, measure, day)
    joined = of_keys.join(sums, on=KEYS, how="left", maintain_order="left")
    is_filled = pl.col("level").is_null() & pl.col("part").is_not_null()
    return joined.with_columns(
        level=pl.when(is_filled).then("part").otherwise("level"),
        status=pl.when(is_filled).then("why").otherwise("status"),
    ).drop("part", "why")


def totals(rows: pl.DataFrame, listed: ListedProducts) -> dict[int, dict[str, Any]]:
    """Return the total of a list by month number, from `code_levels`: level, mom_pct and yoy_pct with a status each,
    and how many codes are known. A level is null where a code is not known, a growth where a code changed its
    goods."""
    by_month = {
        int(month): {str(row["code"]): row["level"] for row in some.iter_rows(named=True)}
        for (month,), some in rows.partition_by("month", as_dict=True).items()
    }
    every = {code for code, keys in listed.products.items() if keys}
    by_month_number = dict[int, dict[str, Any]]()
    for month, of_codes in sorted(by_month.items()):
        known = {code: level for code, level in of_codes.items() if level is not None}
        is_all = known.keys() == every
        moved = [code for code in every if not listed.is_there(code, month_name(month))]
        why = "sum" if is_all else BREAK if moved else "not_covered"
        row = {"level": sum(known.values()) if is_all else None, "level_status": why, "codes_known": len(known)}
        for name, back in (("mom", 1), ("yoy", YEAR)):
            before = by_month_number.get(month - back) or {}
            row |= _growth(name, row, before, listed, (month_name(month - back), month_name(month)))
        by_month_number[month] = row
    return by_month_number


def _growth(
    name: str, row: Mapping[str, Any], before: Mapping[str, Any], listed: ListedProducts, months: tuple[str, str]
) -> dict[str, Any]:
    base = before.get("level")
    growth, status = None, COMPUTED
    if row["level"] is None:
        status = row["level_status"]
    elif listed.recoded(months):
        status = BREAK
    elif base is None:
        status = NO_BASE
    elif base == 0:
        status = ZERO_BASE
    else:
        growth = growth_pct(row["level"], base)
    return {f"{name}_pct": growth, f"{name}_status": status}
