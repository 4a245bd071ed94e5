"""Gate D, second half: does the release fit what was published before it?

The same rules as in `tasks/check.py`: a check returns findings and changes nothing. What trade does is none of these
checks' business; they look for what only a wrong file does, and their bounds are wide.
"""

from datetime import date
from typing import Any

import polars as pl

from tasks.editions import MARK, release_of
from tasks.findings import Rows, finding
from tasks.history import CODED, RATED, with_codes
from tasks.judged import GROWTH, MONEY, QUANTITY, Check, Judged, values_by_partner
from tasks.numbers import has_fewer_digits
from tasks.periods import month_name
from tasks.scope import WORLD

PARTNERS_SHARE_MIN = 0.95
BROAD_RELEASE_PRODUCTS = 50
UNIT_VALUE_FACTOR = 10
UNIT_VALUE_MONTHS_MIN = 3
# Below this a month of a product may be samples or repairs, whose price per kilogram means nothing: both as weighed and as its value
# would weigh at the usual price, because tonnes taken for kilograms are light, too.
SMALL_KG = 1_000
# A wrong unit is wrong by a thousand; trade itself is known to rise or fall by a factor of fifty within a month.
MAGNITUDE_FACTOR = 200
MAGNITUDE_MONTHS_MIN = 6
MAGNITUDE_MONTHS_BACK = 24
REVISED_SHARE_MAX = 0.01
EXAMPLES = 3


def _editions(judged: Judged) -> Rows:
    """Two releases of one day cannot both be the word: what both say must be equal, as the quantities are of a query that was
    asked for in USD and in CNY; but in the number of digits papers may differ."""
    row, known = judged.row, judged.known
    same_day = known.releases.filter(
        (pl.col("released_on") == row["released_on"]) & (pl.col("source") == row["source"])
        & (release_of() != row["release_id"].partition(MARK)[0])
    )["release_id"]  # fmt: skip
    if not same_day.len():
        return
    key = ["flow", "product", "partner", "period_start", "period_end", "measure", "known_from"]
    other = with_codes(known.detail.filter(pl.col("release_id").is_in(same_day.to_list())))
    mine = judged.own.group_by(key).agg(pl.col("value").sum(), pl.col("resolution").max())
    theirs = other.group_by(*key, "release_id").agg(
        told=pl.col("value").sum(), told_resolution=pl.col("resolution").max()
    )
    said, told = [pl.col("value"), pl.col("resolution")], [pl.col("told"), pl.col("told_resolution")]
    is_same = (said[0] == told[0]) | has_fewer_digits(*said, *told) | has_fewer_digits(*told, *said)
    differing = mine.join(theirs, on=key).filter(~is_same).sort(*key, "release_id")
    for found in differing.head(EXAMPLES).iter_rows(named=True):
        yield finding(
            "editions_disagree",
            "error",
            f"{found['product']} {found['partner']} {found['period_end']:%Y-%m} {found['measure']}",
            observed=f"{found['value']:,} ({differing.height} numbers differ)",
            expected=f"{found['told']:,} as in {found['release_id']} of the same day",
            advice="If this one is the later, declare its day (released_on); if they are two editions, download both again on one "
            "day. Approved, of two numbers that of the later name stands.",
        )


def _known_again(judged: Judged) -> Rows:
    """A release that is published already changes nothing, whatever day it comes with now."""
    row, known = judged.row, judged.known
    before = known.releases.filter(release_id=row["release_id"])
    if not before.height:
        return
    published = before.row(0, named=True)
    if published["released_on"] != row["released_on"]:
        yield finding(
            "known_release", "warning", row["title"], observed=f"published already, as of {published['released_on']}",
            expected=f"a release of {row['released_on']}", advice="Its day stays, and what later releases say stands.",
        )  # fmt: skip
    columns = [name for name in judged.release.detail.columns if name not in {"known_from", "kind"}]
    mine = judged.release.detail.select(columns)
    theirs = known.detail.filter(release_id=row["release_id"]).select(columns)
    other = mine.height + theirs.height - 2 * mine.join(theirs, on=columns, how="semi", nulls_equal=True).height
    if other:
        yield finding(
            "known_release", "warning", row["title"], observed=f"{other} numbers are read otherwise than when they were published",
            expected="the numbers that are published", advice="The reading changed since. What is published stands; for the new "
            "numbers fill another store from raw/.",
        )  # fmt: skip


def _partners_missing(judged: Judged) -> Rows:
    """A partner with much trade in the year before and no row now: for a broad release the file is incomplete; for a few
    products it may just have stopped, and that is published with a warning."""
    if judged.row["partners"] != "all":
        return
    severity = "error" if len(judged.products) >= BROAD_RELEASE_PRODUCTS else "warning"
    now = judged.by_partner
    met = values_by_partner(judged.beside.filter(pl.col("product").is_in(judged.products)))
    earlier = pl.concat([judged.sums.by_partner, met.select(judged.sums.by_partner.columns)])
    history = pl.concat([
        earlier.join(now, on=["flow", "partner", "measure", "month"], how="anti"), now.select(earlier.columns),
    ])  # fmt: skip
    for flow, measure, month in (
        now.select("flow", "measure", "month").unique().sort("flow", "measure", "month").iter_rows()
    ):
        place = (pl.col("flow") == flow) & (pl.col("measure") == measure)
        year = (
            history.filter(place & pl.col("month").is_between(month - 12, month - 1))
            .group_by("partner")
            .agg(pl.col("value").sum())
        )
        present = now.filter(place & (pl.col("month") == month))["partner"]
        gone = year.filter(~pl.col("partner").is_in(present.implode())).sort(
            "value", "partner", descending=[True, False]
        )
        total, lost = int(year["value"].sum()), int(gone["value"].sum())
        if total and 1 - lost / total < PARTNERS_SHARE_MIN:
            yield finding(
                "partners_missing",
                severity,
                f"{flow} {measure} {month_name(month)}",
                observed=f"no row for {', '.join(gone['partner'][:EXAMPLES])}, {lost / total:.1%} of the twelve months before",
                expected=f"partners that make at least {PARTNERS_SHARE_MIN:.0%} of the twelve months before",
                advice="Compare with the site: a missing row is published as no trade. If trade did not stop, download it again.",
            )


def _partners_removed(judged: Judged) -> Rows:
    """A month that was published with a partner and comes again without it, although all partners were asked for."""
    row = judged.row
    if row["partners"] != "all":
        return
    before = judged.beside.filter(
        pl.col("month").is_between(judged.first, judged.last)
        & (pl.col("source") == row["source"])
        & pl.col("product").is_in(judged.products)
        & (pl.col("known_from") <= row["released_on"])
    )
    old, now = values_by_partner(before), judged.by_partner
    old = old.join(now.select("flow", "measure", "month").unique(), on=["flow", "measure", "month"], how="semi")
    gone = old.join(now, on=["flow", "partner", "measure", "month"], how="anti").join(
        old.group_by("flow", "measure", "month").agg(total=pl.col("value").sum()), on=["flow", "measure", "month"]
    )
    for found in (
        gone.filter(pl.col("value") / pl.col("total") > 1 - PARTNERS_SHARE_MIN)
        .sort("month", "partner")
        .iter_rows(named=True)
    ):
        yield finding(
            "partner_removed",
            "error",
            f"{found['partner']} {found['measure']} {month_name(found['month'])}",
            observed=f"no row, where {found['value']:,} was published ({found['value'] / found['total']:.1%} of the month)",
            expected="the partner, with its old or a revised number",
            advice="Compare with the site; if it was really removed, approve.",
        )


def _unit_values(judged: Judged) -> Rows:
    """Value per kilogram of a product far from its other months: shifted columns, tonnes for kilograms, wrong currency."""
    row = judged.row
    if row["kind"] == "published":
        return
    key = ["flow", "product", "partner", "period_start", "period_end", "measure"]
    mine = judged.own.filter("single")
    theirs = judged.beside.filter("single", pl.col("kind") != "published").join(mine, on=key, how="anti")
    rows = pl.concat([frame.select(*key, "month", "value", new=pl.lit(frame is mine)) for frame in (mine, theirs)])
    sums = {name: pl.col("value").filter(measure=name).sum() for name in RATED}
    partners = rows.group_by("flow", "product", "month", "partner").agg(pl.col("new").any(), **sums)
    before = judged.sums.by_product.with_columns(new=pl.lit(False))
    for money in ("value_usd", "value_cny"):
        # A partner of whom one of the two is gone or not here yet would be in one sum and not in the other.
        both = partners.filter((pl.col("quantity_kg") > 0) & (pl.col(money) > 0)).group_by("flow", "product", "month")
        met = both.agg(pl.col("new").any(), pl.col("quantity_kg", money).sum())
        totals = pl.concat([met, before.select(met.columns)])
        rated = totals.filter((pl.col("quantity_kg") > 0) & (pl.col(money) > 0)).with_columns(
            rate=pl.col(money) / pl.col("quantity_kg")
        )
        rated = rated.with_columns(
            usual=pl.col("rate").median().over("flow", "product"), months=pl.len().over("flow", "product")
        )
        strange = rated.filter(
            pl.col("new") & (pl.col("months") > UNIT_VALUE_MONTHS_MIN)
            & ~(pl.col("rate") / pl.col("usual")).is_between(1 / UNIT_VALUE_FACTOR, UNIT_VALUE_FACTOR)
            & (pl.max_horizontal("quantity_kg", pl.col(money) / pl.col("usual")) >= SMALL_KG)
        ).sort("product", "month")  # fmt: skip
        for found in strange.iter_rows(named=True):
            yield finding(
                "unit_value",
                "error",
                f"{found['flow']} {found['product']} {month_name(found['month'])}",
                observed=f"{found['rate']:,.4g} {money.removeprefix('value_').upper()}/kg",
                expected=f"within {UNIT_VALUE_FACTOR} times {found['usual']:,.4g}, the median of {found['months']} months",
                advice=f"Check units and columns of {row['release_id']}; if the mix of goods really changed, approve.",
            )


def _unit_changed(judged: Judged) -> Rows:
    """A product that was always counted in one unit comes in another."""
    key, is_unit = ["flow", "product"], QUANTITY & ~GROWTH
    mine = judged.own.filter(is_unit).select(*key, "measure").unique()
    # What is weighed now and was weighed before is done with; so little is left that it can be looked up.
    weighed = judged.sums.by_product.filter(pl.col("quantity_kg") > 0)
    settled = mine.filter(measure="quantity_kg").join(weighed, on=key, how="semi")
    open_ = mine.join(settled, on=key, how="anti")
    seen = pl.concat([judged.sums.by_product.select(key), judged.beside.select(key)]).unique()
    open_ = open_.join(seen, on=key, how="semi")
    if not open_.height:
        return
    told = judged.history.rows(
        judged.months, (*key, "measure"),
        pl.col("product").is_in(open_["product"].cast(pl.String).unique().to_list()), pl.col("measure").str.starts_with("quantity"),
    )  # fmt: skip
    units = [
        frame.filter(is_unit).group_by(key).agg(pl.col("measure").unique().sort().cast(pl.String))
        for frame in (open_, told)
    ]
    both = units[0].join(units[1], on=["flow", "product"]).sort("flow", "product")
    changed = both.filter(pl.col("measure").list.set_intersection("measure_right").list.len() == 0)
    for found in changed.iter_rows(named=True):
        yield finding(
            "unit_changed",
            "error",
            f"{found['flow']} {found['product']}",
            observed=", ".join(found["measure"]),
            expected=", ".join(found["measure_right"]),
            advice="Check the unit column; if the tariff unit changed, approve.",
        )


def _magnitude(judged: Judged) -> Rows:
    """A quantity that no value stands beside, far from that of the months before with the same partners."""
    key = ["flow", "product", "partner", "measure"]
    with_value = judged.own.filter(MONEY).select("flow", "product").unique()
    mine = judged.own.join(with_value, on=["flow", "product"], how="anti")
    if not mine.height:
        return
    of_those = pl.col("product").is_in(mine["product"].unique().cast(pl.String).to_list())
    theirs = judged.history.rows(
        judged.months, (*CODED, "value"), of_those, pl.col("measure").str.starts_with("quantity")
    )
    now, before = (
        frame.filter("single", QUANTITY & ~GROWTH).group_by(*key, "month").agg(pl.col("value").sum()) for frame in (mine, theirs)
    )  # fmt: skip
    asked = now.select(*key, asked="month")
    earlier = (
        asked.join(before, on=key).filter(pl.col("month").is_between(pl.col("asked") - MAGNITUDE_MONTHS_BACK, pl.col("asked") - 1))
        .group_by("flow", "product", "measure", "month", "asked").agg(pl.col("value").sum())
        .group_by("flow", "product", "measure", month="asked").agg(usual=pl.col("value").median(), months=pl.len())
    )  # fmt: skip
    totals = now.group_by("flow", "product", "measure", "month").agg(pl.col("value").sum())
    ratio = pl.col("value") / pl.col("usual")
    strange = totals.join(earlier, on=["flow", "product", "measure", "month"]).filter(
        (pl.col("months") >= MAGNITUDE_MONTHS_MIN) & (pl.col("usual") > 0) & (pl.col("value") > 0)
        & ~ratio.is_between(1 / MAGNITUDE_FACTOR, MAGNITUDE_FACTOR)
    )  # fmt: skip
    for found in strange.sort("flow", "product", "measure", "month").iter_rows(named=True):
        yield finding(
            "magnitude", "error", f"{found['flow']} {found['product']} {month_name(found['month'])} {found['measure']}",
            observed=f"{found['value']:,}", expected=f"within {MAGNITUDE_FACTOR} times {found['usual']:,.0f}, the median of "
            f"{found['months']} months before", advice="Check the unit; if trade really changed so much, approve.",
        )  # fmt: skip


def _revised(judged: Judged) -> Rows:
    """Months of a product that were published by this source and now have other sums: revisions are small and rare."""
    row = judged.row
    key = ["flow", "product", "partner", "month", "measure"]
    published = judged.beside.filter(
        "single", ~GROWTH, (pl.col("source") == row["source"]) & (pl.col("known_from") <= row["released_on"])
    )
    if not published.height:
        return
    mine, old = (
        frame.filter("single", ~GROWTH).group_by(key).agg(pl.col("value").sum()) for frame in (judged.own, published)
    )
    sums = mine.join(old, on=key).group_by("flow", "product", "measure", "month").agg(
        pl.col("value").sum(), before=pl.col("value_right").sum()
    )  # fmt: skip
    change = (pl.col("value") - pl.col("before")).abs() / pl.col("before")
    large = sums.filter((pl.col("before") > 0) & (change > REVISED_SHARE_MAX)).sort(
        -change, "flow", "product", "measure", "month"
    )
    for found in large.head(EXAMPLES).iter_rows(named=True):
        yield finding(
            "revised",
            "warning",
            f"{found['flow']} {found['product']} {month_name(found['month'])} {found['measure']}",
            observed=f"{found['value']:,} ({large.height} sums of a month changed so much)",
            expected=f"within {REVISED_SHARE_MAX:.0%} of {found['before']:,}, as published before",
            advice="The earlier figure stays readable as of its day; compare with the site.",
        )


def _world_total(judged: Judged) -> Rows:
    """All partners together are the world that another download has, or that others printed, within its last digit."""
    row = judged.row
    if row["partners"] != "all":
        return
    yield from _world_of_others(judged)
    key = ["flow", "product", "measure", "period_start", "period_end"]
    world = judged.beside.filter(~GROWTH, partner=WORLD)
    parts = judged.own.filter(pl.col("partner") != WORLD).group_by(key).agg(parts=pl.col("value").sum())
    other = world.join(parts, on=key).filter((pl.col("value") - pl.col("parts")).abs() > pl.col("resolution"))
    for found in other.sort(key).iter_rows(named=True):
        yield finding(
            "world_total", _severity(found, row["released_on"]) if found["kind"] == row["kind"] else "warning",
            f"{found['flow']} {found['product']} {found['period_end']:%Y-%m} {found['measure']}",
            observed=f"all partners add up to {found['parts']:,}",
            expected=f"{found['value']:,} (± {found['resolution']:,}), the world of {found['release_id']}",
            advice="Partners are missing here, or one of the two was revised or is wrong; look at both.",
        )  # fmt: skip


def _world_of_others(judged: Judged) -> Rows:
    """The other way round: a world that this release prints is all partners of those that were asked for all."""
    row, key = judged.row, ["flow", "product", "measure", "period_start", "period_end"]
    asked = judged.known.releases.filter(
        pl.col("partners") == "all", pl.col("source") == row["source"], pl.col("partner_list") != [WORLD]
    )["release_id"]
    if row["partner_list"] != [WORLD] or not asked.len():
        return
    parts = (
        judged.beside.filter(~GROWTH, pl.col("partner") != WORLD, pl.col("release_id").is_in(asked.implode()))
        .group_by(key)
        .agg(parts=pl.col("value").sum(), release_id=pl.col("release_id").max(), known_from=pl.col("known_from").max())
    )
    world = judged.own.filter(partner=WORLD).drop("known_from")
    other = world.join(parts, on=key).filter((pl.col("value") - pl.col("parts")).abs() > pl.col("resolution"))
    for found in other.sort(key).head(EXAMPLES).iter_rows(named=True):
        yield finding(
            "world_total", _severity(found, row["released_on"]),
            f"{found['flow']} {found['product']} {found['period_end']:%Y-%m} {found['measure']}",
            observed=f"a world of {found['value']:,} ({other.height} such totals)",
            expected=f"{found['parts']:,} (± {found['resolution']:,}), all partners of {found['release_id']} together",
            advice="Partners are missing there, or one of the two was revised or is wrong; look at both.",
        )  # fmt: skip


def _severity(found: dict[str, Any], day: date) -> str:
    """Of another day a world and its partners may differ by a revision, and those are small."""
    is_small = abs(found["value"] - found["parts"]) <= REVISED_SHARE_MAX * found["value"]
    return "warning" if found["known_from"] != day and is_small else "error"


PRECEDENTS: tuple[Check, ...] = (
    _known_again, _editions, _partners_missing, _partners_removed, _unit_values, _unit_changed, _magnitude, _revised, _world_total,
)  # fmt: skip
