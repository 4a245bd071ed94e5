"""Gathers what a reader of a brief must know apart from its own numbers: what other reporters say of the trade, from
the other stores of the same root, and the releases that were withdrawn.

Customs share HS codes of six digits, so the partner of a longer code counts other goods too; the page says so.
"""

from collections.abc import Collection, Iterable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from schemas import settings
from schemas.forms.brief import MirrorPart
from tasks.analysis.mirror import statements
from tasks.analysis.mirror.sides import HS6
from tasks.answers.trade import mirror as shown
from tasks.domain.classification import members
from tasks.domain.coverage import TOTALS
from tasks.domain.errors import NoFigure, NothingPublished
from tasks.domain.periods import month_index, month_number
from tasks.sources.registry import restricted
from tasks.store.files.snapshot import Snapshot
from tasks.store.snapshots.parquet import read_table

PARTNERS_MAX = 6
# The growth on the year before and the year to date look back as far.
MONTHS_BACK = 12


def is_withheld(sources: Collection[str]) -> bool:
    """Whether pages for others must leave out numbers of these sources: one of them asks for its permission, and none
    was given."""
    return any(not settings.text(source.permission) for source in restricted(sources))


def mirrored_code(product: str) -> str | None:
    """Return the code of a product that customs share, of six digits at most; None where it has several or none.

    >>> mirrored_code("85051110"), mirrored_code("8505"), mirrored_code("line:rare_earths")
    ('850511', '8505', None)
    """
    codes = {code[:HS6] for code in members(product)}
    return codes.pop() if len(codes) == 1 and all(map(str.isdecimal, codes)) else None


def mirrored(store: Path, product: str, flow: str, month: date, first: date | None = None) -> list[MirrorPart]:
    """Return the months from `first`, by default a year before, of each pair of this reporter with another that has a
    store, the largest first; none where the page is of several HS codes.
    """
    root, reporter, others = statements.partners_of(store, TOTALS)
    if (code := mirrored_code(product)) is None:
        return []
    first = first or date(month.year - 1, month.month, 1)
    parts = []
    for other in others:
        pair = (reporter, other) if flow == "export" else (other, reporter)
        try:
            both_sides = statements.mirror(root, code, *pair, first, month)
        except (NoFigure, NothingPublished):
            continue
        largest = pl.max_horizontal("export_kg", "import_kg", "export_stated", "import_stated")
        if both_sides.rows.filter(largest > 0).height:
            parts.append(_part(both_sides, other))
    parts.sort(key=lambda part: (-max((value or 0 for value in part.sold), default=0), part.partner))
    return parts[:PARTNERS_MAX]


def _part(both_sides: statements.BothSides, partner: str) -> MirrorPart:
    rows = both_sides.rows
    plain = {"partner": partner, "product": rows["product"][0], "snapshots": list(both_sides.snapshots)}
    if is_withheld(both_sides.releases["source"].to_list()):
        return MirrorPart(**plain, withheld=True)
    is_weighed = rows.filter(pl.col("export_kg").is_not_null(), pl.col("import_kg").is_not_null()).height > 0
    names = (
        ("export_kg", "import_kg", "kg_low", "kg_high")
        if is_weighed
        else ("export_value", "import_value", "fob_low", "fob_high")
    )
    columns = zip(("sold", "bought", "low", "high"), names, strict=True)
    return MirrorPart(
        **plain,
        measure="quantity_kg" if is_weighed else f"value_{rows['currency'][0].lower()}",
        months=rows["period"].to_list(),
        **{field: rows[name].to_list() for field, name in columns},
        reasons=rows["reason"].to_list(),
        whys=rows["why"].to_list(),
        sources=both_sides.releases["source"].unique().sort().to_list(),
        terms=[] if is_weighed else shown.terms(rows),
    )


def decided(
    snapshot: Snapshot, product: str, flow: str, month: date, since: date | None = None
) -> list[dict[str, Any]]:
    """Return the last decision of a person about each release that covers the product in the year up to the month, a
    row with the title of the release, if it was made after the day `since`; the newest first.
    """
    decisions = read_table(snapshot, "decision").filter(pl.col("kind") != "replaced")
    if not decisions.height:
        return []
    number = month_number(month)
    releases = read_table(snapshot, "release").filter(
        month_index("first_month") <= number,
        month_index("last_month") >= number - MONTHS_BACK,
        pl.col("flow").is_null() | (pl.col("flow") == flow),
    )
    titles = {
        row["release_id"]: row["title"]
        for row in releases.iter_rows(named=True)
        if covers_product(product, row["products"])
    }
    last = decisions.sort("number").group_by("release_id", maintain_order=True).last()
    about_product = last.filter(pl.col("release_id").is_in([*titles])).sort(
        "decided_on", "release_id", descending=[True, False]
    )
    return [
        {**row, "title": titles[row["release_id"]]}
        for row in about_product.iter_rows(named=True)
        if since is None or row["decided_on"] > since
    ]


def covers_product(product: str, scope: Iterable[str]) -> bool:
    """Whether the codes that were asked for have one in common with a product.

    >>> covers_product("85051110", ["8505"]), covers_product("12019019", ["8505", "*"])
    (True, True)
    >>> covers_product("1201", ["8505"])
    False
    """
    codes = (product, *members(product))
    return any(
        in_scope == "*" or code.startswith(in_scope) or in_scope.startswith(code)
        for in_scope in scope
        for code in codes
    )
