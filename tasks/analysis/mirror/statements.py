"""Compares both statements of a flow out of the stores of the exporter and of the importer, month by month.

Equal national codes of two customs are other goods, so products are HS codes of two, four or six digits. Each store is
read as it is published, or as it was known on a day; a figure that one of them does not have is null, and its status
says why.
"""

from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import polars as pl

from schemas.names import VALUES
from schemas.reference.code_tables import code_table
from schemas.store_address import S3Url
from schemas.table import polars_schema
from tasks.analysis.mirror.sides import (
    HS6,
    HUBS,
    KG,
    Side,
    by_parts,
    every_month,
    hubs,
    months_of,
    passed_on,
    read_side,
    statements,
)
from tasks.analysis.mirror.verdicts import REACH_AHEAD, REACH_BACK, judge
from tasks.domain.classification import members
from tasks.domain.comparability import changes_of_texts
from tasks.domain.doubt.doubt_words import as_text, together
from tasks.domain.errors import NoFigure, NothingPublished
from tasks.domain.exchange_rates import rates
from tasks.domain.name_match import partner_key
from tasks.domain.nomenclature import SHARED
from tasks.domain.period_words import read_months
from tasks.domain.periods import first_day, month_index, month_name, month_number
from tasks.reading import query
from tasks.reading.series import NO_TOTAL
from tasks.sources.registry import collectors
from tasks.store.bucket.working_copy import address_of, at_hand
from tasks.store.files.snapshot import Snapshot
from tasks.store.places.reporters import named, root_of, stores_of

# Values at the exporter's border: no freight to the importer is in them.
FREE_ON_BOARD = ("FOB", "FAS", "customs value")
# Values without a currency in common are compared in this one.
COMMON = "value_usd"
KEYS = ("product", "period")
NAMES = ("export", "import")
# A month as 2025-06.
MONTH = pl.col("period").dt.strftime("%Y-%m")
# Why a figure is missing, in words.
WORDS = {
    "not_covered": "not covered",
    "suppressed": "hidden or marked as unreliable",
    "units_differ": "counted in another unit",
    "weight_estimated": "an estimate",
    "nomenclature": "by lines of its own",
    "combined_months": "January and February together",
    "definition_break": "with another meaning",
}


class BothSides(NamedTuple):
    """Both sides of a flow: `rows` as in the table `mirror`, both published states, and the releases that cover the
    months."""

    rows: pl.DataFrame
    states: tuple[Snapshot, Snapshot]
    releases: pl.DataFrame

    @property
    def snapshots(self) -> tuple[str, ...]:
        """The ids of both states."""
        return tuple(state.id for state in self.states)


def between(
    root: Path | S3Url, product: str, exporter: str, importer: str, month: str | None, as_of: date | None = None
) -> BothSides:
    """Return the mirror of texts that a person writes: names of goods and countries, a month or a range of months.

    Of goods with a longer code it is the mirror of the HS code of six digits that they are in, which has other goods
    too.
    """
    first, last = read_months(month) if month else (None, None)
    return mirror(root, shared_code(product), *pair_of(exporter, importer), first, last, as_of)


def shared_code(product: str) -> str:
    """Return the HS code that customs share of goods that a person names. Raises ValueError where it is not one."""
    from tasks.reading.resolver import known_product

    code = known_product(product)
    shared = sorted({one[:HS6] for one in members(code) or [code]})
    if len(shared) > 1:
        raise ValueError(f"{product} has several HS codes; name one of them: {', '.join(shared)}")
    if len(shared[0]) not in SHARED or not shared[0].isdecimal():
        raise ValueError(f"{product} has no HS code of 2, 4 or 6 digits, which customs share; name one, such as 850511")
    return shared[0]


def pair_of(exporter: str, importer: str) -> tuple[str, str]:
    """Return the keys of two countries that a person names."""
    return partner_key(exporter) or exporter, partner_key(importer) or importer


def mirror(
    root: Path | S3Url,
    product: str,
    exporter: str,
    importer: str,
    first: date | None = None,
    last: date | None = None,
    as_of: date | None = None,
) -> BothSides:
    """Return both statements of an HS code that customs share in the months that either store has, compared. Raises
    ValueError for a reporter without a store, or the same one twice; NoFigure where a side has no figure.

    A side whose store has no total of the code says the sum of its national codes, a part of the goods: `why` names
    them, and no verdict rests on it.
    """
    stores = pair(root, exporter, importer)
    known_months = sorted({*months_of(stores[0], "export"), *months_of(stores[1], "import")})
    if not known_months:
        raise NoFigure(
            f"neither {exporter} has a figure of an export nor {importer} of an import; fetch or ingest some"
        )
    span = range(
        month_number(first) if first else known_months[0], (month_number(last) if last else known_months[-1]) + 1
    )
    reach = range(span.start - REACH_BACK, span.stop + REACH_AHEAD)
    pair_read = read_pair(stores, (exporter, importer), span, product, as_of, hub_stores(root, exporter, importer))
    sold, bought = (by_parts(side, product, reach) for side in pair_read)
    rows = _with_parts(compare(sold, bought, span, pl.Series("product", [product])), (sold, bought))
    of_sides = {exporter: rows.filter(~_is_unknown("export")), importer: rows.filter(~_is_unknown("import"))}
    if silent := [whose for whose, numbers in of_sides.items() if not numbers.height]:
        raise NoFigure(
            f"there is no mirror of HS {product} from {exporter} to {importer}: {' and '.join(silent)} without a figure"
            f" ({rows['why'][0]}). tidewaiter list products --reporter {silent[0]} shows what it has"
        )
    if first is None:
        months = pl.concat(numbers["period"] for numbers in of_sides.values())
        rows = rows.filter(pl.col("period").is_between(months.min(), months.max()))
    ends = rows.select(first=pl.col("period").min(), last=pl.col("period").max())
    releases = (
        pl.concat(
            [
                side.releases.filter(pl.col("flow").is_null() | (pl.col("flow") == side.flow)).join(ends, how="cross")
                for side in (sold, bought)
            ]
        )
        .filter(pl.col("first_month") <= pl.col("last"), pl.col("last_month") >= pl.col("first"))
        .drop("first", "last")
    )
    return BothSides(rows, (sold.snapshot, bought.snapshot), releases)


def other_side(snapshot: Snapshot, flow: str, figures_here: pl.DataFrame) -> pl.DataFrame:
    """What partners with a store under the same root say of `figures_here` (product, partner, measure, period): these
    and `other_side`, in the unit of the measure; of HS codes that customs share. A figure that is not known has no row.
    """
    parts = [pl.DataFrame(schema={**figures_here.schema, "other_side": pl.Float64})]
    root, reporter, partners = partners_of(snapshot.store)
    is_shared = pl.col("product").str.contains(r"^\d+$") & pl.col("product").str.len_chars().is_in(SHARED)
    keys = figures_here.filter(is_shared, pl.col("partner").is_in(partners))
    side = "import" if flow == "export" else "export"
    # All goods of six digits of a partner are read at once, any other code by itself.
    is_six = keys["product"].str.len_chars() == HS6
    groups = [*keys.filter(is_six).group_by("partner"), *keys.filter(~is_six).group_by("partner", "product")]
    for (partner, *_), rows_of_partner in groups:
        names = (reporter, str(partner)) if flow == "export" else (str(partner), reporter)
        codes, months = rows_of_partner["product"].unique(), rows_of_partner.select(month_index("period"))["period"]
        span = range(int(months.min()), int(months.max()) + 1)
        try:
            sides = read_pair(pair(root, *names), names, span, codes[0] if codes.len() == 1 else None)
        except NothingPublished:
            continue
        rows = compare(*sides, span, codes).with_columns(partner=pl.lit(partner))
        money = pl.format("value_{}", pl.col("currency").str.to_lowercase())
        figures = [
            rows.select("product", "partner", "period", measure=measure, other_side=column)
            for measure, column in ((pl.lit(KG), f"{side}_kg"), (money, f"{side}_value"))
        ]
        parts.append(rows_of_partner.join(pl.concat(figures), on=figures_here.columns).drop_nulls())
    return pl.concat(parts)


def months_of_other_side(snapshot: Snapshot, flow: str, partner: str) -> list[int]:
    """The months (month numbers) of which a partner with a store under the same root has figures of the other
    direction."""
    root, _, partners = partners_of(snapshot.store)
    side = "import" if flow == "export" else "export"
    return months_of(at_hand(stores_of(root)[partner]), side) if partner in partners else []


def partners_of(store: Path, but: Collection[str] = ()) -> tuple[Path | S3Url, str, list[str]]:
    """The root of a store, whose it is, and who else has a store there, apart from some; nobody where its address does
    not say so."""
    address = address_of(store)
    root, reporter = root_of(address), named(address)
    if root is None or reporter is None:
        return address, "", []
    return root, reporter, [code for code in stores_of(root) if code != reporter and code not in but]


def pair(root: Path | S3Url, exporter: str, importer: str) -> tuple[Path, Path]:
    """Return the folders of the stores of both. Raises ValueError where one of them has none."""
    stores = stores_of(root)
    if exporter == importer:
        raise ValueError(f"{exporter} and {importer} are one reporter; name two")
    if absent := sorted({exporter, importer} - {*stores}):
        held = ", ".join(stores) or "nobody"
        raise ValueError(
            f"there is no store of {' and of '.join(absent)}; there are those of {held}."
            + "".join(f" {one.collector} has most others (tidewaiter fetch {one.name} -h)." for one in collectors())
        )
    return at_hand(stores[exporter]), at_hand(stores[importer])


def hub_stores(root: Path | S3Url, exporter: str, importer: str) -> dict[str, Path]:
    """The folders of the stores of hubs that are neither side."""
    stores = stores_of(root)
    return {hub: at_hand(stores[hub]) for hub in HUBS if hub in stores and hub not in (exporter, importer)}


def read_pair(
    stores: tuple[Path, Path],
    codes: tuple[str, str],
    months: range,
    product: str | None = None,
    as_of: date | None = None,
    through: Mapping[str, Path] = MappingProxyType({}),
) -> tuple[Side, Side]:
    """Read both sides, with the months beside `months` on which verdicts rest; `through` are the stores of hubs."""
    reach = range(months.start - REACH_BACK, months.stop + REACH_AHEAD)
    sold = read_side(stores[0], "export", codes[1], reach, product, as_of)
    books = [sold.onward]
    for hub, store in through.items():
        # A hub that has published nothing says nothing.
        with suppress(NothingPublished):
            books.append(passed_on(sold, hub, read_side(store, "export", codes[1], reach, product, as_of), reach))
    return sold._replace(onward=pl.concat(books)), read_side(stores[1], "import", codes[0], reach, product, as_of)


def compare(sold: Side, bought: Side, months: range, products: pl.Series | None = None) -> pl.DataFrame:
    """Return rows of the table `mirror` for each product and month: of `products`, or of all that either side
    trades."""
    if products is None:
        traded = (side.levels.filter(pl.col("level") > 0, partner=side.partner)["product"] for side in (sold, bought))
        products = pl.concat(traded)
    alike = _moneys(sold, bought, products.unique()).partition_by("sold", "bought")
    parts = [
        _compared(sold, bought, months, group["product"], (group["sold"][0], group["bought"][0])) for group in alike
    ]
    return pl.concat([pl.DataFrame(schema=polars_schema("mirror")), *parts]).sort(KEYS)


def _compared(sold: Side, bought: Side, months: range, products: pl.Series, moneys: tuple[str, str]) -> pl.DataFrame:
    """The rows of products of which each side has values in one measure, `moneys`."""
    exporter, importer = bought.partner, sold.partner
    names = {"export": exporter, "import": importer}
    reach = range(months.start - REACH_BACK, months.stop + REACH_AHEAD)
    wide = every_month(reach, products)
    for name, side, money in zip(names, (sold, bought), moneys, strict=True):
        side_rows = statements(side, wide.select(KEYS), money)
        named_own = side_rows.rename({column: f"{name}_{column}" for column in side_rows.columns if column not in KEYS})
        wide = wide.join(named_own, on=KEYS, how="left")
        wide = wide.with_columns(pl.lit(money.removeprefix("value_").upper()).alias(f"{name}_currency"))
    common = moneys[0] if moneys[0] == moneys[1] else COMMON
    wide = _in_one_currency(wide, common, sold, moneys[0])
    wide = wide.join(hubs(sold, KG, "hub_kg"), on=KEYS, how="left").join(_books(sold), on=KEYS, how="left")
    wide = _with_margins(wide, exporter, importer)
    judged = judge(wide.with_columns(flow=pl.lit("export"), exporter=pl.lit(exporter), importer=pl.lit(importer)))
    judged = judged.filter(pl.col("period").is_between(first_day(months.start), first_day(months.stop - 1)))
    judged = _with_breaks(judged, (sold, bought), moneys).with_columns(why=_why(names))
    doubt = _doubts((sold, bought), judged)
    judged = judged.with_columns(observed_margin_pct="import_observed_margin_pct", doubt=doubt)
    return judged.select(pl.col(name).cast(kind) for name, kind in polars_schema("mirror").items())


def _books(sold: Side) -> pl.DataFrame:
    """What hubs say in their own books, in words: `hub_books` by product and period."""
    words = pl.format("{} counts up to {} t to {} around this month", "hub", pl.col("kg") / 1000, pl.lit(sold.partner))
    return sold.onward.group_by(KEYS).agg(hub_books=words.sort_by("hub").str.join("; "))


def _with_parts(rows: pl.DataFrame, sides: tuple[Side, Side]) -> pl.DataFrame:
    """Say of a side that has national codes alone which these are: all goods and a part of them have no ratio and no
    lag."""
    is_compared = ~pl.any_horizontal(map(_is_unknown, NAMES))
    for name, side in zip(NAMES, sides, strict=True):
        if side.parts:
            is_part, codes = ~_is_unknown(name), pl.lit(", ".join(side.parts))
            no_total = pl.when(is_part).then(pl.format(NO_TOTAL, f"{name}er", "product", codes))
            rows = rows.with_columns(
                pl.when(~is_part).then(pl.col("^lag|.*_ratio.*$")),
                reason=pl.when(is_part & is_compared).then(pl.lit("part")).otherwise("reason"),
                why=pl.concat_str(pl.col("why").replace("", None), no_total, separator="; ", ignore_nulls=True),
            )
    return rows


def _is_unknown(side: str) -> pl.Expr:
    return pl.col(f"{side}_kg").is_null() & pl.col(f"{side}_stated").is_null()


def _moneys(sold: Side, bought: Side, products: pl.Series) -> pl.DataFrame:
    """The measure of each side's value of each product: `product`, `sold`, `bought`; one that both have, otherwise
    dollars or what there is. It hangs on the releases alone, so it is the same whichever rows are read."""
    by_product = products.to_frame("product")
    for name, side in (("sold", sold), ("bought", bought)):
        by_product = by_product.join(side.moneys(products).rename({"moneys": name}), on="product", how="left")
        by_product = by_product.with_columns(pl.col(name).fill_null([]))
    both = pl.coalesce(
        pl.when(pl.all_horizontal(pl.col("sold", "bought").list.contains(money))).then(pl.lit(money))
        for money in VALUES
    )
    # What a side does not value, it is asked for in dollars.
    return by_product.with_columns(
        pl.coalesce(both, pl.col(name).list.first(), pl.lit(COMMON)).alias(name) for name in ("sold", "bought")
    )


def _in_one_currency(wide: pl.DataFrame, common: str, sold: Side, money: str) -> pl.DataFrame:
    """Add the values in `common`, null in a month without an exchange rate, and the rates."""
    currency = common.removeprefix("value_").upper()
    known = rates(currency)
    wide = wide.with_columns(month=MONTH, currency=pl.lit(currency))
    for side in ("export", "import"):
        wide = wide.join(known.rename({"currency": f"{side}_currency"}), on=["month", f"{side}_currency"], how="left")
        is_same = pl.col(f"{side}_currency") == currency
        wide = wide.with_columns(pl.when(is_same).then(1.0).otherwise("rate").alias(f"{side}_rate")).drop("rate")
        wide = wide.with_columns((pl.col(f"{side}_stated") * pl.col(f"{side}_rate")).alias(f"{side}_value"))
    through = hubs(sold, money, "hub_value")
    wide = wide.join(through, on=KEYS, how="left").with_columns(pl.col("hub_value") * pl.col("export_rate"))
    return wide.drop("month")


def _with_margins(wide: pl.DataFrame, exporter: str, importer: str) -> pl.DataFrame:
    """Add by how many per cent the importer's values are above free on board, null where that is not known, and where
    that is from."""
    rows = code_table("import_margins").filter(pl.col("importer").is_in(["", importer]), exporter=exporter)
    rows = rows.sort("importer", "year", descending=True).head(1)
    known = rows.row(0, named=True) if rows.height else None
    is_fob = pl.col("import_valuation").is_in(FREE_ON_BOARD)
    is_known = pl.col("export_valuation").is_in(FREE_ON_BOARD)
    of_pair = is_known & (pl.col("import_valuation") == "CIF")
    margin, words = None, None
    if known:
        margin = float(known["margin_pct"])
        words = f"{known['source']}, {known['year']}{'' if known['importer'] else ', no row of the pair'}"
    no_freight = pl.when(is_known & is_fob).then(0.0)
    return wide.with_columns(
        margin_pct=no_freight.when(of_pair).then(pl.lit(margin, pl.Float64)),
        margin_source=pl.when(of_pair).then(pl.lit(words, pl.String)),
    )


def _with_breaks(judged: pl.DataFrame, sides: tuple[Side, Side], moneys: tuple[str, str]) -> pl.DataFrame:
    """Name a change of definition on one side alone as the reason of what nothing else explains."""
    sold, bought = sides
    month = month_index("period").cast(pl.Int32)
    open_ones = judged.filter(reason="unexplained").select("product", "period", month=month)
    if not open_ones.height:
        return judged.with_columns(_break=pl.lit(None, pl.String))
    since = [
        pl.Series(
            name,
            pl.select(
                pl.max_horizontal(
                    *(
                        changes_of_texts(
                            open_ones.with_columns(partner=pl.lit(side.partner), measure=pl.lit(measure)), side.reporter
                        )
                        for measure in (KG, money)
                    )
                )
            ).to_series(),
        )
        for name, side, money in zip(("sold", "bought"), sides, moneys, strict=True)
    ]
    broken = open_ones.with_columns(since).filter(pl.col("sold").ne_missing(pl.col("bought")))
    words = [
        f"{bought.partner if (a or -1) > (b or -1) else sold.partner}: another meaning since"
        f" {month_name(max(a or -1, b or -1))}"
        for a, b in broken.select("sold", "bought").iter_rows()
    ]
    broken = broken.select(*KEYS, _break=pl.Series(words, dtype=pl.String))
    judged = judged.join(broken, on=KEYS, how="left", maintain_order="left")
    is_break = pl.col("_break").is_not_null()
    return judged.with_columns(reason=pl.when(is_break).then(pl.lit("definition_break")).otherwise("reason"))


def _why(names: dict[str, str]) -> pl.Expr:
    """Say in words which figure is missing on which side, and why values are not compared; empty where nothing is
    missing."""
    parts: list[pl.Expr] = []
    for side, name in names.items():
        for column, what in (("kg", "kilograms"), ("value", "value")):
            status = pl.col(f"{side}_{column}_status")
            words = status.replace(WORDS)
            parts.append(pl.when(status.is_not_null()).then(pl.format(f"{name} {what}: {{}}", words)))
        is_without = pl.col(f"{side}_stated").is_not_null() & pl.col(f"{side}_rate").is_null()
        currencies = pl.when(pl.col("currency") != "USD").then("currency").otherwise(f"{side}_currency")
        without = pl.format("no exchange rate for {} in {}", currencies, MONTH)
        parts.append(pl.when(is_without).then(without))
    both = pl.col("export_stated").is_not_null() & pl.col("import_stated").is_not_null()
    both &= pl.col("margin_pct").is_null()
    is_pair = (pl.col("import_valuation") == "CIF") & pl.col("export_valuation").is_in(FREE_ON_BOARD)
    exporter, importer = names.values()
    parts += [
        pl.when(both & is_pair).then(pl.lit(f"no margin from {exporter} to {importer} in import_margins")),
        pl.when(both & ~is_pair.fill_null(False)).then(
            pl.format(
                "values are not compared: {} and {}",
                *(pl.col(f"{side}_valuation").fill_null("valuation not known") for side in names),
            )
        ),
        pl.col("_break"),
        pl.when(
            pl.col("reason").is_in(["lag", "unexplained"]) & pl.col("export_kg").is_between("kg_low", "kg_high")
        ).then(
            pl.format(
                "the kilograms agree and the values do not: {} sold, {} to {} bought without freight, million {}",
                *((pl.col(name) / 1e6).round_sig_figs(3) for name in ("export_value", "fob_low", "fob_high")),
                "currency",
            )
        ),
        pl.when((pl.col("reason") == "lag") & pl.col("lag").is_null()).then(
            pl.lit("judged by this month alone: too few months beside it are known")
        ),
        pl.when(pl.col("reason").is_in(["hub", "unexplained"])).then("hub_books"),
    ]
    return pl.concat_str(parts, separator="; ", ignore_nulls=True)


def _doubts(sides: tuple[Side, Side], rows: pl.DataFrame) -> pl.Series:
    """The open findings about the figures of each row, in words; empty where there are none."""
    month = month_index("period")
    keys = rows.with_row_index("at").select("at", "product", begin=month, end=month)
    texts = [
        query.doubts_of(side.snapshot, side.day).each_of_keys(
            keys.with_columns(
                pl.concat_list("product", *map(pl.lit, side.parts)),
                flow=pl.lit(side.flow),
                partner=pl.lit(side.partner),
            ).explode("product"),
            rows.height,
        )
        for side in sides
    ]
    return as_text(together(texts)).fill_null("")
