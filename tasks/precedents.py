"""Gate D, second half: does the release fit what was published before it?

The same rules as in `tasks/check.py`: a check returns findings and changes nothing. What trade does is none of these
checks' business; they look for what only a wrong file does, and their bounds are wide.
"""

from collections.abc import Callable

import polars as pl

from tasks.findings import Rows, finding
from tasks.known import Known
from tasks.ledger import last_word
from tasks.normalise import Normalised
from tasks.scope import WORLD, month_index

PARTNERS_SHARE_MIN = 0.95
BROAD_RELEASE_PRODUCTS = 50
UNIT_VALUE_FACTOR = 10
UNIT_VALUE_MONTHS_MIN = 3
# Below this a month of a product may be samples or repairs, whose price per kilogram means nothing.
SMALL_KG = 1_000
# A wrong unit is wrong by a thousand; trade itself is known to rise or fall by a factor of fifty within a month.
MAGNITUDE_FACTOR = 200
MAGNITUDE_MONTHS_MIN = 6
MAGNITUDE_MONTHS_BACK = 24
REVISED_SHARE_MAX = 0.01
EXAMPLES = 3

Check = Callable[[Normalised, Known], Rows]


def _editions(release: Normalised, known: Known) -> Rows:
    """Two editions of one query, in USD and CNY, count the same goods: their quantities must be equal."""
    row = release.release.row(0, named=True)
    same_day = known.releases.filter(
        (pl.col("released_on") == row["released_on"]) & (pl.col("source") == row["source"])
        & (pl.col("release_id") != row["release_id"])
    )["release_id"]  # fmt: skip
    key = ["flow", "product", "partner", "period_start", "period_end", "measure"]
    other = known.detail.filter(pl.col("release_id").is_in(same_day.to_list()))
    quantities = [
        frame.filter(pl.col("measure").str.starts_with("quantity"))
        .group_by(*key, "release_id")
        .agg(pl.col("value").sum())
        for frame in (release.detail, other)
    ]
    differing = quantities[0].join(quantities[1], on=key).filter(pl.col("value") != pl.col("value_right")).sort(key)
    for found in differing.head(EXAMPLES).iter_rows(named=True):
        yield finding(
            "editions_disagree",
            "error",
            f"{found['product']} {found['partner']} {found['period_end']:%Y-%m} {found['measure']}",
            observed=f"{found['value']:,} ({differing.height} numbers differ)",
            expected=f"{found['value_right']:,} as in {found['release_id_right']} of the same day",
            advice="Download both editions again on one day.",
        )


def _values_by_partner(frame: pl.DataFrame) -> pl.DataFrame:
    months = frame.filter(pl.col("period_start").dt.month_end() == pl.col("period_end"))
    money = months.filter(pl.col("measure").str.starts_with("value") & (pl.col("partner") != WORLD))
    return money.group_by("flow", "partner", "measure", month=month_index("period_end")).agg(pl.col("value").sum())


def _partners_missing(release: Normalised, known: Known) -> Rows:
    """A partner with much trade in the year before and no row now: for a broad release the file is incomplete; for a few
    products it may just have stopped."""
    if release.release["partners"][0] != "all":
        return
    products = release.detail["product"].unique()
    severity = "error" if products.len() >= BROAD_RELEASE_PRODUCTS else "info"
    now = _values_by_partner(release.detail)
    earlier = _values_by_partner(last_word(known.observation).filter(pl.col("product").is_in(products.to_list())))
    history = pl.concat([earlier.join(now, on=["flow", "partner", "measure", "month"], how="anti"), now])
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
        gone = year.filter(~pl.col("partner").is_in(present.to_list())).sort("value", descending=True)
        total, lost = int(year["value"].sum()), int(gone["value"].sum())
        if total and 1 - lost / total < PARTNERS_SHARE_MIN:
            yield finding(
                "partners_missing",
                severity,
                f"{flow} {measure} {month // 12}-{month % 12 + 1:02d}",
                observed=f"no row for {', '.join(gone['partner'][:EXAMPLES])}, {lost / total:.1%} of the twelve months before",
                expected=f"partners that make at least {PARTNERS_SHARE_MIN:.0%} of the twelve months before",
                advice="Compare with the site; if trade really stopped, approve.",
            )


def _partners_removed(release: Normalised, known: Known) -> Rows:
    """A month that was published with a partner and comes again without it, although all partners were asked for."""
    if release.release["partners"][0] != "all":
        return
    row = release.release.row(0, named=True)
    products = release.detail["product"].unique().to_list()
    first, last = (row[name].year * 12 + row[name].month - 1 for name in ("first_month", "last_month"))
    before = last_word(known.observation).filter(
        month_index("period_end").is_between(first, last)
        & (pl.col("source") == row["source"])
        & pl.col("product").is_in(products)
        & (pl.col("known_from") < row["released_on"])
    )
    old = _values_by_partner(before).filter(pl.col("month").is_between(first, last))
    now = _values_by_partner(release.detail)
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
            f"{found['partner']} {found['measure']} {found['month'] // 12}-{found['month'] % 12 + 1:02d}",
            observed=f"no row, where {found['value']:,} was published ({found['value'] / found['total']:.1%} of the month)",
            expected="the partner, with its old or a revised number",
            advice="Compare with the site; if it was really removed, approve.",
        )


def _unit_values(release: Normalised, known: Known) -> Rows:
    """Value per kilogram of a product far from its other months: shifted columns, tonnes for kilograms, wrong currency."""
    release_id = release.release["release_id"][0]
    shared = ["flow", "product", "partner", "period_start", "period_end", "measure", "value", "kind"]
    mine = release.detail.select(shared).with_columns(new=pl.lit(True))
    theirs = last_word(known.observation).select(shared).with_columns(new=pl.lit(False))
    months = pl.concat([mine, theirs.join(mine, on=shared[:6], how="anti")]).filter(
        (pl.col("period_start").dt.month_end() == pl.col("period_end")) & (pl.col("kind") != "published")
    )
    totals = months.group_by("flow", "product", "period_end").agg(
        pl.col("new").any(),
        kg=pl.col("value").filter(pl.col("measure") == "quantity_kg").sum(),
        **{money: pl.col("value").filter(pl.col("measure") == money).sum() for money in ("value_usd", "value_cny")},
    )
    for money in ("value_usd", "value_cny"):
        rated = totals.filter((pl.col("kg") > 0) & (pl.col(money) > 0)).with_columns(rate=pl.col(money) / pl.col("kg"))
        rated = rated.with_columns(
            usual=pl.col("rate").median().over("flow", "product"), months=pl.len().over("flow", "product")
        )
        strange = rated.filter(
            pl.col("new") & (pl.col("months") > UNIT_VALUE_MONTHS_MIN)
            & ~(pl.col("rate") / pl.col("usual")).is_between(1 / UNIT_VALUE_FACTOR, UNIT_VALUE_FACTOR)
            & (pl.col("kg") >= SMALL_KG)
        ).sort("product", "period_end")  # fmt: skip
        for found in strange.iter_rows(named=True):
            yield finding(
                "unit_value",
                "error",
                f"{found['flow']} {found['product']} {found['period_end']:%Y-%m}",
                observed=f"{found['rate']:,.4g} {money.removeprefix('value_').upper()}/kg",
                expected=f"within {UNIT_VALUE_FACTOR} times {found['usual']:,.4g}, the median of {found['months']} months",
                advice=f"Check units and columns of {release_id}; if the mix of goods really changed, approve.",
            )


def _unit_changed(release: Normalised, known: Known) -> Rows:
    """A product that was always counted in one unit comes in another."""
    units = [
        frame.filter(pl.col("measure").str.starts_with("quantity") & ~pl.col("measure").str.ends_with("_yoy"))
        .group_by("flow", "product").agg(pl.col("measure").unique().sort())
        for frame in (release.detail, last_word(known.observation))
    ]  # fmt: skip
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


def _magnitude(release: Normalised, known: Known) -> Rows:
    """A quantity that no value stands beside, far from that of the months before with the same partners."""
    key = ["flow", "product", "partner", "measure"]
    with_value = release.detail.filter(pl.col("measure").str.starts_with("value")).select("flow", "product").unique()
    if not release.detail.join(with_value, on=["flow", "product"], how="anti").height:
        return
    now, before = (
        _months(frame).filter(pl.col("measure").str.starts_with("quantity")).group_by(*key, "month").agg(pl.col("value").sum())
        for frame in (release.detail.join(with_value, on=["flow", "product"], how="anti"), last_word(known.observation))
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
            "magnitude", "error", f"{found['flow']} {found['product']} {_text(found['month'])} {found['measure']}",
            observed=f"{found['value']:,}", expected=f"within {MAGNITUDE_FACTOR} times {found['usual']:,.0f}, the median of "
            f"{found['months']} months before", advice="Check the unit; if trade really changed so much, approve.",
        )  # fmt: skip


def _revised(release: Normalised, known: Known) -> Rows:
    """Months of a product that were published by this source and now have other sums: revisions are small and rare."""
    row = release.release.row(0, named=True)
    key = ["flow", "product", "partner", "month", "measure"]
    first, last = release.detail.select(
        month_index("period_end").min().alias("a"), month_index("period_end").max().alias("b")
    ).row(0)
    published = last_word(known.observation).filter(
        month_index("period_end").is_between(first, last)
        & (pl.col("source") == row["source"])
        & (pl.col("known_from") < row["released_on"])
    )
    mine, old = (_months(frame).group_by(key).agg(pl.col("value").sum()) for frame in (release.detail, published))
    sums = mine.join(old, on=key).group_by("flow", "product", "measure", "month").agg(
        pl.col("value").sum(), before=pl.col("value_right").sum()
    )  # fmt: skip
    change = (pl.col("value") - pl.col("before")).abs() / pl.col("before")
    large = sums.filter((pl.col("before") > 0) & (change > REVISED_SHARE_MAX)).sort(change, descending=True)
    for found in large.head(EXAMPLES).iter_rows(named=True):
        yield finding(
            "revised",
            "warning",
            f"{found['flow']} {found['product']} {_text(found['month'])} {found['measure']}",
            observed=f"{found['value']:,} ({large.height} sums of a month changed so much)",
            expected=f"within {REVISED_SHARE_MAX:.0%} of {found['before']:,}, as published before",
            advice="The earlier figure stays readable as of its day; compare with the site.",
        )


def _world_total(release: Normalised, known: Known) -> Rows:
    """All partners together are the world that another download has, or that others printed, within its last digit."""
    row = release.release.row(0, named=True)
    if row["partners"] != "all":
        return
    key = ["flow", "product", "measure", "period_start", "period_end"]
    parts = release.detail.filter(pl.col("partner") != WORLD).group_by(key).agg(parts=pl.col("value").sum())
    world = last_word(known.observation).filter((pl.col("partner") == WORLD) & ~pl.col("measure").str.ends_with("_yoy"))
    other = world.join(parts, on=key).filter((pl.col("value") - pl.col("parts")).abs() > pl.col("resolution"))
    for found in other.sort(key).iter_rows(named=True):
        yield finding(
            "world_total", "error" if found["kind"] == row["kind"] else "warning",
            f"{found['flow']} {found['product']} {found['period_end']:%Y-%m} {found['measure']}",
            observed=f"all partners add up to {found['parts']:,}",
            expected=f"{found['value']:,} (± {found['resolution']:,}), the world of {found['release_id']}",
            advice="Partners are missing here, or one of the two was revised or is wrong; look at both.",
        )  # fmt: skip


def _months(frame: pl.DataFrame) -> pl.DataFrame:
    """The levels of single months, with `month` as a number."""
    is_month = pl.col("period_start").dt.month_end() == pl.col("period_end")
    is_level = ~pl.col("measure").str.ends_with("_yoy")
    return frame.filter(is_month & is_level).with_columns(month=month_index("period_end"))


def _text(month: int) -> str:
    return f"{month // 12}-{month % 12 + 1:02d}"


PRECEDENTS: tuple[Check, ...] = (
    _editions, _partners_missing, _partners_removed, _unit_values, _unit_changed, _magnitude, _revised, _world_total,
)  # fmt: skip
