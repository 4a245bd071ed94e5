"""A picture of one product: the world by month, and the partners of the newest month."""

import io
from datetime import date

import polars as pl

WORLD_COLOUR, PARTNER_COLOURS = "#1f3a5f", ("#c8553d", "#e09f3e", "#5b8e7d", "#7f6a93", "#8a8d91")
INCHES, DOTS_PER_INCH = (8.4, 3.3), 110
PARTNERS_MAX = 5
GAP = float("nan")


def chart(rows: pl.DataFrame, names: dict[str, str], unit: str, scale: float) -> bytes:
    """A PNG of `rows` (columns period, partner, level; one product and measure); `names` says what a partner is called.

    Months without a figure are gaps, because a line across them would be a claim.
    """
    # Drawing costs a second of imports, and only a release that is shown to people needs it.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = rows.filter(pl.col("level").is_not_null()).with_columns(level=pl.col("level") * scale)
    figure = Figure(figsize=INCHES, dpi=DOTS_PER_INCH, layout="constrained")
    FigureCanvasAgg(figure)
    months = _months(rows)
    places = list(range(len(months)))
    world = dict(rows.filter(partner="WLD").select("period", "level").iter_rows())
    parts = rows.filter(pl.col("partner") != "WLD")
    newest = parts.filter(period=months[-1]).sort("level", "partner", descending=[True, False]).head(PARTNERS_MAX)
    # One bar compares nothing.
    left, *others = figure.subplots(1, 2, width_ratios=(3, 2)) if newest.height > 1 else (figure.subplots(),)
    if world:
        left.plot(
            places,
            [world.get(month, GAP) for month in months],
            color=WORLD_COLOUR,
            linewidth=2.2,
            marker="o",
            markersize=3,
            label="World",
        )
    for colour, partner in zip(PARTNER_COLOURS, newest["partner"], strict=False):
        levels = dict(parts.filter(partner=partner).select("period", "level").iter_rows())
        left.plot(
            places,
            [levels.get(month, GAP) for month in months],
            color=colour,
            linewidth=1.3,
            marker="o",
            markersize=2.2,
            label=names[partner],
        )
    # Room above the highest line, so that the legend covers none.
    left.set_ylim(0, left.get_ylim()[1] * 1.3)
    left.yaxis.set_major_formatter("{x:,.0f}")
    left.set_title(f"by month, {unit}", loc="left", fontsize=9)
    left.legend(fontsize=7, frameon=False, loc="upper left", ncols=3)
    shown = newest.reverse()
    for right in others:
        right.barh(
            [names[partner] for partner in shown["partner"]],
            shown["level"],
            height=0.6,
            color=list(PARTNER_COLOURS[: shown.height])[::-1],
        )
        right.set_title(f"largest partners in {months[-1]:%Y-%m}, {unit}", loc="left", fontsize=9)
    for axes in (left, *others):
        axes.tick_params(labelsize=7)
        axes.spines[["top", "right"]].set_visible(False)
    ticks = places[:: max(1, len(months) // 6)]
    left.set_xticks(ticks, [f"{months[place]:%Y-%m}" for place in ticks])
    picture = io.BytesIO()
    figure.savefig(picture, format="png")
    return picture.getvalue()


def _months(rows: pl.DataFrame) -> list[date]:
    """Every month from the first with a figure to the last."""
    first, last = rows["period"].min(), rows["period"].max()
    assert isinstance(first, date)
    assert isinstance(last, date)
    return pl.date_range(first, last, "1mo", eager=True).to_list()
