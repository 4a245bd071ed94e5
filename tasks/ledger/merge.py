"""Merges statements into the ledger: all statements of a number in order, each with the days on which it is current.

The ledger of a month is a function of the set of releases that cover it: any order of arrival, any repetition gives the
same rows. So it is not updated but rebuilt, from the `detail` of all those releases. A release replaces earlier
statements of its source inside its scope, also by leaving a number out: that number has no current statement then.
"""

from datetime import date

import polars as pl

from schemas.frames import Detail, Observation, Release
from schemas.table import empty_frame, polars_schema
from tasks.domain.coverage import asked_products, family, with_scope, without_lost
from tasks.domain.periods import month_index
from tasks.domain.precision import SUM_MAX, has_fewer_digits
from tasks.domain.release_ids import MARK, in_turns, release_of
from tasks.ledger.row_codes import coded, in_order_of, numbered

# The columns that identify a number, in the order of the ledger.
NUMBER = [
    "flow",
    "product",
    "partner",
    "measure",
    "period_start",
    "source",
    "period_end",
    "reporter",
    "classification",
    "unit",
]
CELL = ["source", "reporter", "flow", "product", "period_start", "period_end", "family"]
STATED = ("value", "resolution")


def merge(detail: Detail, releases: Release) -> Observation:
    """The ledger rows of some months, from every release's detail of those months and the releases they come from.

    Of several statements of a number on one day one is current, by these rules in order: a number before none; the same
    number with more digits before fewer; the release published later; the later id. The rules need no clock. A release
    that repeats a number adds no row, nor does a corrected edition if another release has stated the number since the
    release that it corrects.

    Raises OverflowError where a sum would not fit, and LookupError where a row is of none of the releases.
    """
    unknown = set(detail["release_id"].unique()) - set(releases["release_id"])
    if unknown:
        raise LookupError(
            f"numbers of the release {min(unknown)}, which is missing from `release`: the store is inconsistent; run"
            " tidewaiter audit"
        )
    apart = undisputed(detail, releases)
    columns, parts = [*polars_schema("observation")], list[pl.DataFrame]()
    if not apart.all():
        # The numbers in several releases: a row for each change of the current statement.
        statements, numbers, known = _stated(detail.filter(~apart), releases, NUMBER)
        repeats = pl.all_horizontal(pl.col(name).eq_missing(pl.col(name).shift(1)) for name in ("number", *STATED))
        until = pl.when(~_differs_from_next("number")).then(pl.col("known_from").shift(-1))
        turns = statements.filter(~repeats).with_columns(known_until=until).filter(pl.col("value").is_not_null())
        parts.append(turns.join(known, on="release").join(numbers, on="number").select(columns))
    if apart.any():
        alone = _summed(detail if apart.all() else detail.filter(apart), [*NUMBER, "kind"])
        parts.append(alone.with_columns(known_until=pl.lit(None, dtype=pl.Date)).select(columns))
    ledger = pl.concat(parts) if parts else empty_frame("observation")
    return in_order_of(coded([*NUMBER, "known_from"], ledger)[0], ledger)


def undisputed(detail: pl.DataFrame, releases: Release) -> pl.Series:
    """Rows of `detail` whose flow and month only one release covers, with each number once: they are the ledger
    already."""
    spans = releases.select(
        "release_id",
        scope=pl.col("flow"),
        says_day=pl.col("partners") == "keys",
        first=month_index("first_month"),
        last=month_index("last_month"),
    )
    place = coded(["flow", "period_end"], detail)[0]
    ends = detail.select("flow", "period_end", place.alias("place"))[place.arg_unique()]
    covered_by = (
        ends.with_columns(month=month_index("period_end"))
        .join(spans, how="cross")
        .filter(
            (pl.col("scope").is_null() | (pl.col("scope") == pl.col("flow")))
            & pl.col("month").is_between(pl.col("first"), pl.col("last"))
        )
    )
    alone = covered_by.group_by("place").agg(pl.len().alias("covered_by"), pl.col("says_day").any())
    alone = alone.filter((pl.col("covered_by") == 1) & ~pl.col("says_day"))
    return place.is_in(alone["place"].to_list()).alias("alone")


def statements_in_order(detail: pl.DataFrame, releases: Release, key: list[str]) -> pl.DataFrame:
    """Every statement of every number that has several, in order of number and day.

    Columns: number, `key`, release_id, known_from, value; a release that lacks a number of its scope has a row without
    a value. `key` is NUMBER, or NUMBER and finer dimensions with `grain`, which separates releases with different
    dimensions: between those, a missing number means nothing.
    """
    statements, numbers, known = _stated(detail, releases, key)
    return _named(statements.filter(pl.col("number").is_duplicated()), numbers, known, key)


def all_statements(detail: pl.DataFrame, releases: Release, key: list[str]) -> pl.DataFrame:
    """As `statements_in_order`, and also the statements of numbers that have only one."""
    return _named(*_stated(detail, releases, key), key)


def _named(statements: pl.DataFrame, numbers: pl.DataFrame, known: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    named = statements.join(known, on="release").join(numbers, on="number").sort("number", "known_from")
    return named.select("number", *key, "release_id", "known_from", "value")


def _stated(detail: pl.DataFrame, releases: Release, key: list[str]) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The current statement of each number at the end of each day, missing ones included; the numbers; the releases."""
    is_edition = releases["release_id"].str.contains(MARK, literal=True).any()
    if is_edition:
        detail, releases = _without_replaced(detail, releases)
    known = releases.select("release_id", "kind", "released_on").unique().sort("released_on", "release_id")
    known = known.with_row_index("release")
    number, firsts = numbered(key, detail)
    numbers = detail.select(key)[firsts].with_row_index("number").cast({"number": pl.Int64})
    detail = detail.with_columns(number)
    statements = (
        _summed(detail, ["number"])
        .join(known, on="release_id")
        .select("number", "release", "known_from", *STATED, "record")
    )
    stated = pl.concat([statements, _missing_numbers(statements, numbers, releases, known)], how="diagonal")
    stated = stated.sort("number", "known_from", pl.col("value").is_not_null(), "release")
    if is_edition:
        stated = _without_overtaken(stated, known)
    stated = _without_coarser_echoes(stated, ["number", "known_from"])
    last_of_day = stated.filter(_differs_from_next("number") | _differs_from_next("known_from"))
    return _without_coarser_echoes(last_of_day, ["number"]), numbers, known


def _without_replaced(detail: pl.DataFrame, releases: Release) -> tuple[pl.DataFrame, Release]:
    """Details and releases without editions that another edition of the same day replaces."""
    one = releases.select("release_id", "released_on", name=release_of())
    last = one.filter(pl.col("release_id") == pl.col("release_id").max().over("name", "released_on"))["release_id"]
    is_last = pl.col("release_id").is_in(last.implode())
    return detail.filter(is_last), releases.filter(is_last)


def _without_overtaken(statements: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """The statements without late corrections of a release that another one has overtaken: they correct their own
    release alone."""
    # A repeated publication starts a new turn.
    editions = (
        in_turns(known)
        .select("release", "name", "first_day", first=pl.col("release").min().over("name", "turn"))
        .with_columns(is_later=pl.col("release") > pl.col("first"))
    )
    stated = statements.with_row_index("statement").join(editions, on="release")
    others = stated.filter(~pl.col("is_later")).select("number", other="release", of="name", other_day="known_from")
    since = (pl.col("other_day") > pl.col("first_day")) | (
        (pl.col("other_day") == pl.col("first_day")) & (pl.col("other") > pl.col("first"))
    )
    overtaken = (
        stated.filter("is_later")
        .join(others, on="number")
        .filter(pl.col("of") != pl.col("name"), since, pl.col("other_day") <= pl.col("known_from"))["statement"]
    )
    return statements.filter(~pl.int_range(pl.len(), dtype=pl.UInt32).is_in(overtaken.unique().implode()))


def _without_coarser_echoes(statements: pl.DataFrame, one: list[str]) -> pl.DataFrame:
    """The statements of `one` number, or number and day, in order, without coarser repetitions of the statement before.

    A coarser repetition has the same number with fewer digits, rounded or truncated: 46 t after 46.4 t is not a
    revision, and would turn +660 % into +667 %. Which statement is current depends on the one before it, so each round
    removes only repetitions whose predecessor is kept.
    """
    while True:
        priority = [pl.col(name).shift(1).over(one) for name in STATED]
        is_echo = has_fewer_digits(*map(pl.col, STATED), *priority).fill_null(False)
        first = is_echo & ~is_echo.shift(1).over(one).fill_null(False)
        kept = statements.filter(~first) if statements["resolution"].drop_nulls().n_unique() > 1 else statements
        if kept.height == statements.height:
            return statements
        statements = kept


def as_of(observation: pl.DataFrame, day: date) -> pl.DataFrame:
    """The rows of the ledger that were current on `day`."""
    return observation.filter(was_last_on(day))


def was_last_on(day: date) -> pl.Expr:
    """Whether a row of the ledger was current on `day`."""
    return (pl.col("known_from") <= day) & (pl.col("known_until").is_null() | (pl.col("known_until") > day))


def stood_for_a_day() -> pl.Expr:
    """Whether a row of the ledger was current at the end of a day, and not for a part of one alone."""
    return pl.col("known_until").is_null() | (pl.col("known_from") < pl.col("known_until"))


def current_statements(observation: pl.DataFrame) -> pl.DataFrame:
    """The rows of the ledger that are current now."""
    return observation.filter(pl.col("known_until").is_null())


def _differs_from_next(name: str) -> pl.Expr:
    return pl.col(name).ne_missing(pl.col(name).shift(-1))


def _summed(detail: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """The number of each release for each key: `key`, release_id, known_from, STATED, record."""
    rows = detail.select(*key, "release_id", "known_from", *STATED, "record")
    if detail["regime"].null_count() == detail["province"].null_count() == detail.height:
        # At partner grain a file has each number once, or it is refused: there is nothing to add up.
        return rows
    place = [*key, "release_id", "known_from"]
    statements = (
        rows.with_columns(coded(place, rows)[0].alias("place"))
        .group_by("place")
        .agg(
            pl.col(place).first(),
            pl.col("value").sum(),
            # Whole numbers add up exactly, so the sum has the resolution of its coarsest part.
            pl.col("resolution").max(),
            pl.when(pl.len() == 1).then(pl.col("record").first()).alias("record"),
            pl.col("value").cast(pl.Float64).sum().abs().alias("about"),
        )
    )
    if statements.height and statements["about"].max() > SUM_MAX:  # type: ignore[operator]
        raise OverflowError("values that add up to more than 64 bits hold; check the units of the release")
    return statements.drop("place", "about")


def _missing_numbers(
    statements: pl.DataFrame, numbers: pl.DataFrame, releases: Release, known: pl.DataFrame
) -> pl.DataFrame:
    """Numbers that a release lacks although its scope covers them: rows like statements, without a value. Both are
    joined by cells (a product, a period, a measure family); where only the release with the numbers covers one, there
    is nothing to compare.
    """
    if known.height == 1:
        return statements.clear().select("number", "release", "known_from")
    # Without numbers, which editions of the same day can take away, both ends are null and no release is near.
    first, last = (pl.lit(end, dtype=pl.Date) for end in (numbers["period_end"].min(), numbers["period_end"].max()))
    is_in_months = (pl.col("first_month") <= last) & (pl.col("last_month").dt.month_end() >= first)
    scopes = with_scope(releases.filter(is_in_months)).join(known.select("release_id", "release"), on="release_id")
    cell = [*CELL, "grain"] if "grain" in numbers.columns else CELL
    celled = numbers.with_columns(family())
    cell_of, firsts = numbered(cell, celled)
    cells = celled.select(cell)[firsts].with_row_index("cell").cast({"cell": pl.Int64})
    products_asked = asked_products(scopes, cells["product"], roll_up=False)
    scopes = scopes.select(
        "release_id",
        "lost",
        "release",
        "source",
        "reporter",
        "flow",
        "everyone",
        "lists",
        "by_month",
        "first_month",
        last_day=pl.col("last_month").dt.month_end(),
        known_from="released_on",
        family="measures",
    ).explode("family")
    alike = ["release_id", "source", "reporter", "flow", "family"]
    if "grain" in numbers.columns:
        grains = statements.join(numbers.select("number", "grain"), on="number").select("release", "grain").unique()
        # A release without any number in these months lacks them in all dimensions of the others.
        mute = scopes.select("release").unique().join(grains, on="release", how="anti")
        grains = pl.concat([grains, mute.join(grains.select("grain").unique(), how="cross")])
        scopes, alike = scopes.join(grains, on="release"), [*alike, "grain"]
    # A release by month covers each single month of its range; one without months covers its range as a whole.
    is_month = pl.col("period_start").dt.month_end() == pl.col("period_end")
    inside = (pl.col("period_start") >= pl.col("first_month")) & (pl.col("period_end") <= pl.col("last_day"))
    whole = (pl.col("period_start") == pl.col("first_month")) & (pl.col("period_end") == pl.col("last_day"))
    meeting = cells.join(products_asked, on="product").join(scopes, on=alike)
    meeting = meeting.filter(pl.when("by_month").then(is_month & inside).otherwise(whole))
    meeting = meeting.with_columns(month=month_index("period_end"))
    meeting = without_lost(meeting, scopes).select("cell", "release", "everyone", "lists", "known_from")
    # Pairs of a cell and a release as one integer: hundreds of thousands of them are compared.
    pairs = known.height
    holders = (cell_of.gather(statements["number"]) * pairs + statements["release"]).unique()
    covered_by = pl.concat([holders, meeting["cell"] * pairs + meeting["release"]]).unique() // pairs
    several = covered_by.filter(covered_by.is_duplicated()).unique()
    lacking = (
        pl.DataFrame({"number": numbers["number"], "cell": cell_of, "partner": numbers["partner"]})
        .join(meeting.filter(pl.col("cell").is_in(several.implode())), on="cell")
        .join(statements, on=["number", "release"], how="anti")
    )
    partners = scopes.select("lists").unique().with_columns(partner=pl.col("lists").str.split(",")).explode("partner")
    listed = lacking.filter(~pl.col("everyone")).join(partners, on=["lists", "partner"], how="semi")
    return pl.concat([lacking.filter("everyone"), listed]).select("number", "release", "known_from")
