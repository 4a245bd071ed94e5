"""Defines each figure of `metric` once: its titles, unit and meaning, and how it follows from its operands.

Columns, titles, formulas, windows, kinds of release behind a figure and the months that it looks back on follow from
the entry. No library is loaded for it.
"""

from typing import NamedTuple

OF_MEASURE, PER_CENT, POINTS = "see measure", "%", "percentage points"


class Figure(NamedTuple):
    """A figure: `title` above a column, `line` where a line has room, `unit`, and what it is, for the dictionary.

    `formula` is the name of a function of `tasks/metrics/figures/figures.py` and its operands; empty for those that are
    no formula. Operands are numbers of the month: `level`, `ytd`, `rolling_<n>m` (n months added up), with `before_`
    those of the month before, with `ago_` those of a year before, with `world_` those of all partners together, with
    `consumption_` those of imports for consumption of the same goods and partner, and with `printed_` a growth that a
    source prints, and `place_by_` a number of the month the place among the partners by it. `of_partners`: a value per
    kilogram does not have it.

    `place` is its place in tables that show as many figures as there is room for; 0: shown where it is asked for.
    `is_short`: short answers and pages of a release have it. `months_back`, of a growth, is where its base lies, and
    `against` the word for that base, by which movers compare. `is_quotable`: a verdict says whether it may be quoted.
    `is_ruled`: rules may compare it. `words` are what people call it in claims, and `title_zh` is its title in Chinese.
    """

    title: str
    unit: str | None
    meaning: str
    formula: tuple[str, ...] = ()
    line: str = ""
    dtype: str = "Float64"
    of_partners: bool = False
    place: int = 0
    is_short: bool = False
    months_back: int = 0
    against: str = ""
    is_quotable: bool = False
    is_ruled: bool = False
    words: tuple[str, ...] = ()
    title_zh: str = ""

    @property
    def is_so_far(self) -> bool:
        """Whether it is of the year so far."""
        return self.formula[1:2] == ("ytd",)


FIGURE_OF: dict[str, Figure] = {
    "level": Figure(
        "month",
        OF_MEASURE,
        "the month's figure",
        place=1,
        is_short=True,
        is_ruled=True,
        words=("level", "quantity", "volume", "tonnage", "value", "worth", "数量", "金额"),
    ),
    "mom_pct": Figure(
        "m/m, %",
        PER_CENT,
        "change on the month before",
        ("growth", "level", "before_level"),
        "m/m",
        place=2,
        is_short=True,
        months_back=1,
        against="month",
        is_quotable=True,
        is_ruled=True,
        words=("m/m", "mom", "month on month", "环比"),
        title_zh="环比，%",
    ),
    "yoy_pct": Figure(
        "y/y, %",
        PER_CENT,
        "change on the same month a year before",
        ("growth", "level", "ago_level", "printed_yoy"),
        "y/y",
        place=3,
        is_short=True,
        months_back=12,
        against="year",
        is_quotable=True,
        is_ruled=True,
        words=("y/y", "yoy", "year on year", "同比"),
        title_zh="同比，%",
    ),
    "ytd": Figure(
        "year to date",
        OF_MEASURE,
        "January to this month",
        ("number", "ytd"),
        place=9,
        is_short=True,
        words=("ytd", "year to date", "cumulative", "累计"),
        title_zh="年初至今累计",
    ),
    "ytd_yoy_pct": Figure(
        "ytd y/y, %",
        PER_CENT,
        "change of ytd on a year before",
        ("growth", "ytd", "ago_ytd", "printed_ytd_yoy"),
        "year to date, y/y",
        place=10,
        is_short=True,
        months_back=12,
        against="ytd",
        is_quotable=True,
        words=("ytd y/y", "ytd yoy", "year to date y/y", "累计同比"),
        title_zh="年初至今累计同比，%",
    ),
    "rolling_12m": Figure(
        "12 months",
        OF_MEASURE,
        "sum of the twelve months that end here",
        ("number", "rolling_12m"),
        "last 12 months",
        title_zh="近12个月累计",
    ),
    "rolling_12m_yoy_pct": Figure(
        "12 months y/y, %",
        PER_CENT,
        "change of rolling_12m on a year before",
        ("growth", "rolling_12m", "ago_rolling_12m"),
        "last 12 months, y/y",
        months_back=12,
        against="12m",
        title_zh="近12个月累计同比，%",
    ),
    "average_3m": Figure(
        "3-month average",
        OF_MEASURE,
        "average of this month and the two before it; of a unit value: value by mass of the three",
        ("average", "rolling_3m"),
        "average of 3 months",
        title_zh="3个月平均",
    ),
    "average_3m_yoy_pct": Figure(
        "3-month y/y, %",
        PER_CENT,
        "change of average_3m on the same three months a year before: a holiday that moves between them changes"
        " nothing",
        ("growth", "rolling_3m", "ago_rolling_3m"),
        "average of 3 months, y/y",
        title_zh="3个月平均同比，%",
    ),
    "share_pct": Figure(
        "share, %",
        PER_CENT,
        "share in the world total of the month",
        ("share", "level", "world_level"),
        "share of all partners",
        of_partners=True,
        place=4,
        is_short=True,
        is_ruled=True,
        words=("share", "占比"),
        title_zh="占比，%",
    ),
    "rank": Figure(
        "rank",
        None,
        "place among the partners by level, 1 is the largest; equal levels share it",
        ("rank", "level", "place_by_level"),
        "place among partners",
        "UInt32",
        of_partners=True,
        place=5,
        words=("place", "position", "位次"),
        title_zh="排名",
    ),
    "contribution_mom_pp": Figure(
        "of m/m, pp",
        POINTS,
        "part of the world's m/m that this partner accounts for",
        ("contribution", "level", "before_level", "world_before_level"),
        "part of the total's m/m",
        of_partners=True,
        place=6,
        title_zh="对环比的拉动，百分点",
    ),
    "contribution_yoy_pp": Figure(
        "of y/y, pp",
        POINTS,
        "part of the world's y/y that this partner accounts for",
        ("contribution", "level", "ago_level", "world_ago_level"),
        "part of the total's y/y",
        of_partners=True,
        title_zh="对同比的拉动，百分点",
    ),
    "ytd_share_pct": Figure(
        "ytd share, %",
        PER_CENT,
        "share in the world total of January to this month",
        ("share", "ytd", "world_ytd"),
        "year to date, share of all partners",
        of_partners=True,
        title_zh="年初至今占比，%",
    ),
    "ytd_rank": Figure(
        "ytd rank",
        None,
        "place among the partners by ytd, 1 is the largest; equal numbers share it; known where those of the partners"
        " add up to that of the world",
        ("rank", "ytd", "place_by_ytd"),
        "year to date, place among partners",
        "UInt32",
        of_partners=True,
        title_zh="年初至今排名",
    ),
    "ytd_contribution_pp": Figure(
        "of ytd y/y, pp",
        POINTS,
        "part of the world's ytd_yoy_pct that this partner accounts for",
        ("contribution", "ytd", "ago_ytd", "world_ago_ytd"),
        "year to date, part of the total's y/y",
        of_partners=True,
        title_zh="对年初至今同比的拉动，百分点",
    ),
    "rolling_12m_share_pct": Figure(
        "12 months share, %",
        PER_CENT,
        "share in the world total of the twelve months that end here",
        ("share", "rolling_12m", "world_rolling_12m"),
        "last 12 months, share of all partners",
        of_partners=True,
        title_zh="近12个月占比，%",
    ),
    "rolling_12m_rank": Figure(
        "12 months rank",
        None,
        "place among the partners by rolling_12m, 1 is the largest; equal numbers share it; known where those of the"
        " partners add up to that of the world",
        ("rank", "rolling_12m", "place_by_rolling_12m"),
        "last 12 months, place among partners",
        "UInt32",
        of_partners=True,
        title_zh="近12个月排名",
    ),
    "rolling_12m_contribution_pp": Figure(
        "of 12 months y/y, pp",
        POINTS,
        "part of the world's rolling_12m_yoy_pct that this partner accounts for",
        ("contribution", "rolling_12m", "ago_rolling_12m", "world_ago_rolling_12m"),
        "last 12 months, part of the total's y/y",
        of_partners=True,
        title_zh="对近12个月同比的拉动，百分点",
    ),
    "of_consumption_pct": Figure(
        "of imports, %",
        PER_CENT,
        "level by imports for consumption of the same goods, partner and month: of value_usd_duty the rate that was"
        " assessed at entry, of value_usd_dutiable the part that was dutiable; nothing else has it. A rate that was"
        " assessed is no rate of a tariff, and not what was paid in the end",
        ("of_consumption", "level", "consumption_level"),
        "of imports for consumption",
        words=(
            "effective tariff",
            "effective tariff rate",
            "effective duty rate",
            "duty paid",
            "paid duty rate",
            "tariff paid",
            "importers paid",
            "实际关税",
            "实际税率",
            "实际关税税率",
            "实缴税率",
        ),
        title_zh="占消费进口额，%",
    ),
    "highest_since": Figure(
        "highest since", None, "latest earlier month that was at least as high", dtype="Date", place=7
    ),
    "lowest_since": Figure(
        "lowest since", None, "latest earlier month that was at least as low", dtype="Date", place=8
    ),
}


# In this order figures are shown as far as there is room; the short list; those that verdicts and rules are about.
_PLACED = [(figure.place, name) for name, figure in FIGURE_OF.items() if figure.place]
SHOWN = tuple(name for _, name in sorted(_PLACED))
SHORT = tuple(name for name, figure in FIGURE_OF.items() if figure.is_short)
QUOTABLE = tuple(name for name, figure in FIGURE_OF.items() if figure.is_quotable)
RULED = tuple(name for name, figure in FIGURE_OF.items() if figure.is_ruled)


def operands() -> list[str]:
    """The operands of all figures, each once."""
    return list(dict.fromkeys(name for figure in FIGURE_OF.values() for name in figure.formula[1:]))
