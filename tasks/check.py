"""Gate D: does the release as a whole make sense, by itself and beside what was published before?

Each check returns findings and changes nothing. Severity error means that a person must look before it is published;
warning and info are published with the release. To add a check: a function here, its line in CHECKS, a test in which it
speaks and one in which it is silent.
"""

from collections.abc import Callable, Iterator

import polars as pl
from pandera.typing.polars import DataFrame

from schemas.code_tables import code_table
from schemas.release import Finding
from tasks.calendar_grid import WORLD
from tasks.findings import finding, gather
from tasks.known import Known
from tasks.ledger import last_word
from tasks.normalise import Normalised
from tasks.scope import month_index
from tasks.sources import SOURCES

QUARANTINED_SHARE_MAX = 0.001
UNKNOWN_PARTNER_SHARE_MAX = 0.001
PARTNERS_SHARE_MIN = 0.95
BROAD_RELEASE_PRODUCTS = 50
UNIT_VALUE_FACTOR = 10
UNIT_VALUE_MONTHS_MIN = 3
EXAMPLES = 3

Rows = Iterator[dict[str, str]]
MONTH = pl.col("period_end").dt.strftime("%Y-%m")
PLACE = ("flow", "product", "partner", "measure", "month")


def check(release: Normalised, known: Known) -> DataFrame[Finding]:
    """Every doubt about `release`: those from reading it, and those of all checks here."""
    release_id = release.release["release_id"][0]
    before = known.observation.filter(pl.col("release_id") != release_id)
    raised = [row for ask in CHECKS for row in ask(release, known._replace(observation=before))]
    own = release.findings.drop("release_id").to_dicts()
    return gather(release_id, [*own, *raised])


def _row_cap(release: Normalised, known: Known) -> Rows:
    """A query download ends at a round number of records without a word."""
    row = release.release.row(0, named=True)
    cap = SOURCES[row["source"]].row_cap
    if cap and row["records"] % cap == 0:
        yield finding(
            "row_cap", "error", row["title"], observed=f"{row['records']:,} records",
            expected=f"a number that is no multiple of {cap:,}, where the site cuts a download off",
            advice="Download it in parts, by months or partners, and ingest the parts.",
        )


def _quarantined(release: Normalised, known: Known) -> Rows:
    row = release.release.row(0, named=True)
    share = row["records_quarantined"] / row["records"]
    watched = set(code_table("products")["product"])
    hit = [record for record, printed in release.quarantine.select("record", "printed").iter_rows()
           if any(f'"product": "{code}"' in printed for code in watched)]  # fmt: skip
    if row["records_quarantined"] == 0:
        return
    grave = share > QUARANTINED_SHARE_MAX or bool(hit)
    first = release.quarantine.row(0, named=True)
    yield finding(
        "quarantined", "error" if grave else "warning", row["title"],
        observed=f"{row['records_quarantined']} of {row['records']} records set aside"
        + (f", {len(hit)} of them of a watched product" if hit else "") + f"; record {first['record']}: {first['reasons'][0]}",
        expected=f"at most {QUARANTINED_SHARE_MAX:.1%} of the records and none of a watched product",
        advice="See the table quarantine; download again or approve without them.",
    )  # fmt: skip


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
        frame.filter(pl.col("measure").str.starts_with("quantity")).group_by(*key, "release_id").agg(pl.col("value").sum())
        for frame in (release.detail, other)
    ]
    differing = quantities[0].join(quantities[1], on=key).filter(pl.col("value") != pl.col("value_right")).sort(key)
    for found in differing.head(EXAMPLES).iter_rows(named=True):
        yield finding(
            "editions_disagree", "error", f"{found['product']} {found['partner']} {found['period_end']:%Y-%m} {found['measure']}",
            observed=f"{found['value']:,} ({differing.height} numbers differ)",
            expected=f"{found['value_right']:,} as in {found['release_id_right']} of the same day",
            advice="Download both editions again on one day.",
        )


def _unknown_partners(release: Normalised, known: Known) -> Rows:
    listed = ["gacc:" + code for code in code_table("partners")["gacc_code"]]
    values = release.detail.filter(pl.col("measure").str.starts_with("value"))
    unknown = values.filter(pl.col("partner").str.starts_with("gacc:") & ~pl.col("partner").is_in(listed))
    total, part = values["value"].sum(), unknown["value"].sum()
    if total and part / total > UNKNOWN_PARTNER_SHARE_MAX:
        yield finding(
            "unknown_partners", "error", ", ".join(unknown["partner"].unique().sort()[:EXAMPLES]),
            observed=f"{part / total:.2%} of the value", expected=f"at most {UNKNOWN_PARTNER_SHARE_MAX:.1%} with unknown codes",
            advice="Add the codes to schemas/reference/partners.csv, with their source.",
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
    for flow, measure, month in now.select("flow", "measure", "month").unique().sort("flow", "measure", "month").iter_rows():
        place = (pl.col("flow") == flow) & (pl.col("measure") == measure)
        year = history.filter(place & pl.col("month").is_between(month - 12, month - 1)).group_by("partner").agg(pl.col("value").sum())
        present = now.filter(place & (pl.col("month") == month))["partner"]
        gone = year.filter(~pl.col("partner").is_in(present.to_list())).sort("value", descending=True)
        total = year["value"].sum()
        if total and 1 - gone["value"].sum() / total < PARTNERS_SHARE_MIN:
            yield finding(
                "partners_missing", severity, f"{flow} {measure} {month // 12}-{month % 12 + 1:02d}",
                observed=f"no row for {', '.join(gone['partner'][:EXAMPLES])}, {gone['value'].sum() / total:.1%} of the twelve months before",
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
        (pl.col("source") == row["source"]) & pl.col("product").is_in(products) & (pl.col("known_from") < row["released_on"])
    )
    old = _values_by_partner(before).filter(pl.col("month").is_between(first, last))
    now = _values_by_partner(release.detail)
    old = old.join(now.select("flow", "measure", "month").unique(), on=["flow", "measure", "month"], how="semi")
    gone = old.join(now, on=["flow", "partner", "measure", "month"], how="anti").join(
        old.group_by("flow", "measure", "month").agg(total=pl.col("value").sum()), on=["flow", "measure", "month"]
    )
    for found in gone.filter(pl.col("value") / pl.col("total") > 1 - PARTNERS_SHARE_MIN).sort("month", "partner").iter_rows(named=True):
        yield finding(
            "partner_removed", "error", f"{found['partner']} {found['measure']} {found['month'] // 12}-{found['month'] % 12 + 1:02d}",
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
        rated = rated.with_columns(usual=pl.col("rate").median().over("flow", "product"), months=pl.len().over("flow", "product"))
        strange = rated.filter(
            pl.col("new") & (pl.col("months") > UNIT_VALUE_MONTHS_MIN)
            & ~(pl.col("rate") / pl.col("usual")).is_between(1 / UNIT_VALUE_FACTOR, UNIT_VALUE_FACTOR)
            & (pl.col("kg") >= SMALL_KG)
        ).sort("product", "period_end")  # fmt: skip
        for found in strange.iter_rows(named=True):
            yield finding(
                "unit_value", "error", f"{found['flow']} {found['product']} {found['period_end']:%Y-%m}",
                observed=f"{found['rate']:,.4g} {money.removeprefix('value_').upper()}/kg",
                expected=f"within {UNIT_VALUE_FACTOR} times {found['usual']:,.4g}, the median of {found['months']} months",
                advice=f"Check units and columns of {release_id}; if the mix of goods really changed, approve.",
            )


# Below this a month of a product may be samples or repairs, whose price per kilogram means nothing.
SMALL_KG = 1_000


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
            "unit_changed", "error", f"{found['flow']} {found['product']}", observed=", ".join(found["measure"]),
            expected=", ".join(found["measure_right"]), advice="Check the unit column; if the tariff unit changed, approve.",
        )


def _year_to_date(release: Normalised, known: Known) -> Rows:
    """A printed cumulative figure less the one before is the month, within the steps of the printed digits."""
    shared = ["flow", "product", "partner", "measure", "period_start", "period_end", "value", "resolution"]
    everything = pl.concat([release.detail.select(shared), last_word(known.observation).select(shared)])
    quantities = everything.filter(~pl.col("measure").str.ends_with("_yoy")).with_columns(month=month_index("period_end"))
    is_month = pl.col("period_start").dt.month_end() == pl.col("period_end")
    months = quantities.filter(is_month)
    january = (pl.col("period_start").dt.month() == 1) & (pl.col("period_start").dt.year() == pl.col("period_end").dt.year())
    ytd = quantities.filter(january)
    before = ytd.with_columns(pl.col("month") + 1).select(*PLACE, earlier="value", earlier_step="resolution")
    linked = (
        ytd.filter(~is_month).join(before, on=PLACE).join(months.select(*PLACE, own="value", own_step="resolution"), on=PLACE)
        .filter((pl.col("month") % 12) > 0)
    )  # fmt: skip
    gap = (pl.col("value") - pl.col("earlier") - pl.col("own")).abs()
    steps = pl.col("resolution") + pl.col("earlier_step") + pl.col("own_step")
    for found in linked.filter(gap > steps).sort(*PLACE).unique(PLACE, maintain_order=True).iter_rows(named=True):
        yield finding(
            "ytd_mismatch", "error", f"{found['product']} {found['partner']} {found['period_end']:%Y-%m} {found['measure']}",
            observed=f"{found['value'] - found['earlier']:,} by the cumulative figures", expected=f"{found['own']:,} by the month",
            advice="One of the three figures is wrong or revised; look at their sources.",
        )


def _world_total(release: Normalised, known: Known) -> Rows:
    """Partners together are at most the printed world total."""
    key = ["flow", "product", "measure", "period_start", "period_end"]
    rows = release.detail.filter(~pl.col("measure").str.ends_with("_yoy"))
    world = rows.filter(pl.col("partner") == WORLD).group_by(key).agg(total=pl.col("value").sum(), total_step=pl.col("resolution").max())
    parts = rows.filter(pl.col("partner") != WORLD).group_by(key).agg(
        parts=pl.col("value").sum(), steps=pl.col("resolution").sum(), partners=pl.col("partner").n_unique()
    )
    over = world.join(parts, on=key).filter(pl.col("parts") > pl.col("total") + pl.col("total_step") + pl.col("steps")).sort(key)
    for found in over.iter_rows(named=True):
        yield finding(
            "parts_exceed_total", "error", f"{found['product']} {found['period_end']:%Y-%m} {found['measure']}",
            observed=f"{found['partners']} partners add up to {found['parts']:,}", expected=f"at most the world total {found['total']:,}",
            advice="One of the figures is of another month, product or unit; look at their sources.",
        )


CHECKS: tuple[Callable[[Normalised, Known], Rows], ...] = (
    _row_cap, _quarantined, _editions, _unknown_partners, _partners_missing, _partners_removed, _unit_values, _unit_changed,
    _year_to_date, _world_total,
)  # fmt: skip
