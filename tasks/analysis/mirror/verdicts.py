"""Compares both statements of a flow, month by month, and names the reason of a difference. It never reconciles them.

The importer counts cost, insurance and freight, later than the exporter, and by origin; the exporter counts free on
board and by the destination known then. So the importer's value becomes an interval free on board, by the margin of the
pair, and a shipment that one side counts in another month shows in sums of three months. Kilograms have no margin: they
decide where both sides report them.
"""

import polars as pl

# How far two reports of the same goods may differ: weights with and without packing, exchange rates within a month.
KG_TOLERANCE, VALUE_TOLERANCE = 0.10, 0.05
# The margins of a pair are of one year and of all goods.
MARGIN_POINTS = 2.0
# Beyond it, cost, insurance and freight explain nothing, nor what a hub adds to the price of what passes through.
MARGIN_MAX_PCT = 35.0
# The most by which a month alone may differ for goods under way: as much as three months of a steady trade.
MONTH_FACTOR_MAX = 3.0
# Sea freight takes 25 to 45 days, customs some more.
LAGS = (0, 1, 2)
# Sums of three months fit by chance now and then; a lag is told where most of the sums around a month fit with it.
FITS_MIN = 0.6
# The sums around a month: the same ones whichever months are asked for.
SUMS = 13
# Of one or two sums most would fit by chance.
SUMS_MIN = 3
# A verdict rests on so many months before and after its own.
REACH_BACK, REACH_AHEAD = SUMS // 2 + 1, SUMS // 2 + 1 + max(LAGS)
REASONS = {
    "agrees": "both sides agree, within freight and rounding",
    "lag": "the amounts differ as goods do that are under way at the end of a month",
    "margin": "the weights agree and the importer's value is above the usual freight and insurance",
    "hub": "the exporter counts at least as much to Hong Kong, the Netherlands or Singapore as is missing here",
    "weight_estimated": "the values do not tell, and a weight is an estimate, which is not compared",
    "units_differ": (
        "the values do not tell, and one side counts these goods, or a part of them, in another unit than kilograms"
    ),
    "suppressed": "one side hides its figure, or marks it as unreliable",
    "nomenclature": "one side has this trade by lines of its own, and by no code that customs share",
    "part": "one side has no total of the code, but figures of some national codes below it, which are not compared",
    "definition_break": "on one side alone the code, the unit or the partner has changed its meaning",
    "not_covered": "one side has no figure of the month",
    "not_comparable": (
        "the two sides have no measure in common: the exchange rate, the valuation or the margin is not known"
    ),
    "unexplained": "none of the known causes explains the difference",
}
# Why a figure is missing, as far as it says that somebody knows more; of two sides the first one is the reason.
TELLING = ("suppressed", "units_differ", "weight_estimated", "nomenclature")
STATUSES = ("kg_status", "value_status")
KEYS = ("product", "exporter", "importer")


def judge(months: pl.DataFrame) -> pl.DataFrame:
    """Return the months with what follows from both statements, in the order given.

    `months` has a row for each KEYS and `period`, without gaps, and the columns `export_kg`, `import_kg` (kilograms),
    `export_value`, `import_value` (one currency), `hub_kg`, `hub_value` (what the exporter counts to the hubs), null
    where it is not known, and `margin_pct`, by how much the importer's valuation is above free on board; null: not
    known. `export_kg_status`, `export_value_status` and those of the importer say why a figure is null, as in TELLING.
    Added are `fob_low` and `fob_high`, the importer's value free on board, and `kg_low` and `kg_high`, its kilograms,
    more or less as much as packing makes; `value_ratio`, `kg_ratio`, importer by exporter, and `value_ratio_low` and so
    on, of these intervals; `lag`, months by which three-month sums fit best, where at least SUMS_MIN of the SUMS around
    the month are whole; `reason`, one of REASONS.
    """
    judged = months.with_row_index("_order").sort(*KEYS, "period")
    low, high = ((pl.col("margin_pct") + points) / 100 + 1 for points in (MARGIN_POINTS, -MARGIN_POINTS))
    is_fob = pl.col("margin_pct") == 0
    judged = judged.with_columns(
        fob_low=pl.col("import_value") / pl.when(is_fob).then(1.0).otherwise(low),
        fob_high=pl.col("import_value") / pl.when(is_fob).then(1.0).otherwise(high),
        kg_low=pl.col("import_kg") * (1 - KG_TOLERANCE),
        kg_high=pl.col("import_kg") * (1 + KG_TOLERANCE),
        value_ratio=_ratio("import_value", "export_value"),
        kg_ratio=_ratio("import_kg", "export_kg"),
    )
    judged = judged.with_columns(
        _ratio(f"{over}_{end}", f"export_{under}").alias(f"{under}_ratio_{end}")
        for over, under in (("fob", "value"), ("kg", "kg"))
        for end in ("low", "high")
    )
    judged = judged.with_columns(
        _sums(name) for name in ("export_kg", "export_value", "import_kg", "fob_low", "fob_high")
    )
    judged = judged.with_columns(_fit(lag).alias(f"_fit_{lag}") for lag in LAGS)
    judged = judged.with_columns(_share(lag).alias(f"_share_{lag}") for lag in LAGS)
    fits, shares = ([f"{name}_{lag}" for lag in LAGS] for name in ("_fit", "_share"))
    # Of equal shares the shortest lag.
    judged = judged.with_columns(_best=pl.concat_list(shares).list.arg_max(), _share=pl.max_horizontal(shares))
    judged = judged.with_columns(_fit=pl.concat_list(fits).list.get("_best"))
    is_lag = (pl.col("_fit") <= 0) & (pl.col("_share") >= FITS_MIN)
    judged = judged.with_columns(lag=pl.when(is_lag).then("_best").cast(pl.Int8), reason=_reason(is_lag))
    return judged.sort("_order").select(
        *months.columns,
        "fob_low",
        "fob_high",
        "kg_low",
        "kg_high",
        "value_ratio",
        "value_ratio_low",
        "value_ratio_high",
        "kg_ratio",
        "kg_ratio_low",
        "kg_ratio_high",
        "lag",
        "reason",
    )


def _reason(is_lag: pl.Expr) -> pl.Expr:
    """One of REASONS, the first that holds."""
    is_weighed, is_valued = _both("kg"), _both("value") & pl.col("margin_pct").is_not_null()
    same_weight = _distance(pl.col("export_kg"), pl.col("import_kg"), pl.col("import_kg"), KG_TOLERANCE) <= 0
    same_value = _distance(pl.col("export_value"), pl.col("fob_low"), pl.col("fob_high"), VALUE_TOLERANCE) <= 0
    agrees = pl.when(is_weighed).then(same_weight & (same_value | ~is_valued)).otherwise(same_value)
    is_at_hubs = (
        pl.when(is_weighed)
        .then(~same_weight & (_missing("kg") <= pl.col("hub_kg")) & (_priced_as_at_hubs() | ~is_valued))
        .otherwise(_missing("value") <= pl.col("hub_value"))
    )
    not_known = _telling(("export", "import"), "unexplained")
    return (
        pl.when(_lacks("export"))
        .then(_telling(("export",), "not_covered"))
        .when(_lacks("import"))
        .then(_telling(("import",), "not_covered"))
        .when(~is_weighed & ~is_valued)
        .then(_telling(("export", "import"), "not_comparable"))
        .when(agrees)
        .then(pl.lit("agrees"))
        .when(same_weight & _is_dear())
        .then(pl.lit("margin"))
        .when(_is_under_way(is_lag, same_weight))
        .then(pl.lit("lag"))
        .when(is_at_hubs)
        .then(pl.lit("hub"))
        .otherwise(pl.when(is_weighed).then(pl.lit("unexplained")).otherwise(not_known))
    )


def _lacks(side: str) -> pl.Expr:
    """Whether a side has no number of the month, and says why."""
    is_nothing = pl.col(f"{side}_kg").is_null() & pl.col(f"{side}_value").is_null()
    return is_nothing & pl.col(f"{side}_value_status").is_not_null()


def _price() -> pl.Expr:
    """The importer's unit value by the exporter's."""
    return pl.col("value_ratio") / pl.col("kg_ratio")


def _usual_price() -> pl.Expr:
    """The most that freight and insurance make of it."""
    return 1 + (pl.col("margin_pct") + MARGIN_POINTS) / 100


def _is_dear() -> pl.Expr:
    return (_price() > _usual_price() * (1 + VALUE_TOLERANCE)) & (_price() <= 1 + MARGIN_MAX_PCT / 100)


def _is_under_way(is_lag: pl.Expr, same_weight: pl.Expr) -> pl.Expr:
    """Whether goods at sea explain it. Unit values of the same goods are alike, whatever part of them has arrived."""
    same_goods = _price().is_between(1 - KG_TOLERANCE, _usual_price() * (1 + KG_TOLERANCE))
    is_part = pl.col("kg_ratio").is_between(1 / MONTH_FACTOR_MAX, MONTH_FACTOR_MAX)
    # Months beside it, where they are at hand, have shown no lag.
    is_alone = pl.col("_fit").is_null() & (pl.col("_share").is_null() | (pl.col("_share") >= FITS_MIN))
    # Where the weights agree the values differ, and goods under way would have the same unit value.
    return (is_lag & (~same_weight.fill_null(False) | same_goods)) | (is_alone & same_goods & is_part)


def _telling(sides: tuple[str, ...], otherwise: str) -> pl.Expr:
    """The first reason of TELLING for which one of these sides lacks a figure."""
    statuses = [pl.col(f"{side}_{name}") for side in sides for name in STATUSES]
    return pl.coalesce(
        *(
            pl.when(pl.any_horizontal((one == reason).fill_null(False) for one in statuses)).then(pl.lit(reason))
            for reason in TELLING
        ),
        pl.lit(otherwise),
    )


def _both(measure: str) -> pl.Expr:
    return pl.col(f"export_{measure}").is_not_null() & pl.col(f"import_{measure}").is_not_null()


def _missing(measure: str) -> pl.Expr:
    """What the importer has and the exporter has not; null where it is nothing."""
    more = pl.col(f"import_{measure}") - pl.col(f"export_{measure}")
    return pl.when(more > 0).then(more)


def _priced_as_at_hubs() -> pl.Expr:
    """Whether the importer's value is what it would be if the missing goods had come through the hubs: at the price of
    what the exporter counts to them, or of what it counts to the importer where that is not known."""
    price = pl.coalesce(_ratio("hub_value", "hub_kg"), _ratio("export_value", "export_kg"))
    through, direct = _missing("kg") * price, pl.col("export_value")
    dearest = direct + through * (1 + MARGIN_MAX_PCT / 100)
    is_enough = pl.col("fob_high") >= (direct + through) * (1 - KG_TOLERANCE)
    return is_enough & (pl.col("fob_low") <= dearest * (1 + KG_TOLERANCE))


def _ratio(over: str, under: str) -> pl.Expr:
    return pl.when(pl.col(under) > 0).then(pl.col(over) / pl.col(under))


def _sums(name: str) -> pl.Expr:
    """The sum of the month and of those beside it; null where one of them is not known."""
    three = [pl.col(name).shift(by).over(*KEYS) for by in (-1, 0, 1)]
    return (three[0] + three[1] + three[2]).alias(f"_{name}")


def _share(lag: int) -> pl.Expr:
    """Which part of the sums around a month fits; null where fewer than SUMS_MIN of them are whole."""
    is_fitting = (pl.col(f"_fit_{lag}") <= 0).cast(pl.Float64)
    return is_fitting.rolling_mean(SUMS, min_samples=SUMS_MIN, center=True).over(*KEYS)


def _fit(lag: int) -> pl.Expr:
    """How far the exporter's three months are from the importer's, `lag` months later; at most 0 where they agree."""
    low, high, mass = (pl.col(name).shift(-lag).over(*KEYS) for name in ("_fob_low", "_fob_high", "_import_kg"))
    weight = _distance(pl.col("_export_kg"), mass, mass, KG_TOLERANCE)
    value = _distance(pl.col("_export_value"), low, high, VALUE_TOLERANCE)
    # Sums without trade on either side fit whatever the lag is: they tell nothing.
    weight, value = (
        pl.when(pl.max_horizontal(here, other) > 0).then(distance)
        for here, other, distance in (
            (pl.col("_export_kg"), mass, weight),
            (pl.col("_export_value"), high, value),
        )
    )
    # Kilograms decide where both sides have them.
    return pl.coalesce(weight, value)


def _distance(value: pl.Expr, low: pl.Expr, high: pl.Expr, tolerance: float) -> pl.Expr:
    """How far a value is outside an interval, as a part of it; at most 0 inside. Nothing traded on both sides is no
    distance; null where one of them is not known."""
    below, above = low * (1 - tolerance) - value, value - high * (1 + tolerance)
    scale = pl.max_horizontal(value, high)
    distance = pl.when(scale == 0).then(-tolerance).otherwise(pl.max_horizontal(below, above) / scale)
    return pl.when(value.is_not_null() & low.is_not_null() & high.is_not_null()).then(distance)
