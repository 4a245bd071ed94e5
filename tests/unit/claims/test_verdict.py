"""Verdicts on claims against a ledger of a few numbers, worked by hand: digits, readings, mix-ups, ranks, records and
streaks."""

from fractions import Fraction

import pytest

from tasks.claims.match import match, tolerance
from tasks.claims.misplaced import at_same_place, elsewhere
from tasks.claims.order import check_extreme
from tasks.claims.readings import known_months
from tasks.claims.verdict import check_claim
from tasks.domain.precision import Interval, Reading, printed
from tests.unit.claims.in_memory import Ledger, between, claim, exactly, spot

YES, NO, ELSEWHERE, OPEN, PERHAPS = (
    "supported",
    "contradicted",
    "right_number_wrong_place",
    "not_checkable",
    "not_excluded",
)
COLUMNS = ("partner", "period", "metric", "value", "unit", "qualifier")
AFGHANISTAN = Ledger({spot("6", partner="AFG"): 353, spot("5", partner="AFG"): 1432})
BREAK = "2022-01: 850511 lost goods to 8549 (UNSD HS2022-HS2017)"


def verdicts(ledger: Ledger, *claims: str, commodity: str = "85051110") -> list[tuple[str, str]]:
    """Verdict and reason of claims such as `US|2025-06|mom_pct|660|%|more than`."""
    rows = (dict(zip(COLUMNS, text.split("|"), strict=False)) for text in claims)
    return [check_claim(ledger, {"commodity": commodity, "flow": "export"} | row) for row in rows]


def magnets(
    levels: dict[tuple[str, str], int | str], growths: dict[tuple[str, str], str] | None = None, **other: str
) -> Ledger:
    """A ledger of magnets by partner and month."""
    keyed = (
        {
            spot(month, product="85051110", partner=partner, **other): number
            for (partner, month), number in numbers.items()
        }
        for numbers in (levels, growths or {})
    )
    return Ledger(*keyed)


@pytest.mark.parametrize(
    ("row", "commodity", "why"),
    [
        ("Afghanistan|2025-06|mood|353|t", "99999999", "there is no such metric as 'mood'"),
        ("Afghanistan|2025-06|level_t|353|t", "11111111", "no release at hand covers"),
        ("Afghanistan|2024-06|level_t|353|t", "99999999", "months of this series: 2025-05 to 2025-06, 2 months"),
        ("Afghanistan|2025-06|level_t|many|t", "99999999", "'many' is no number"),
    ],
)
def test_what_cannot_be_checked_says_why(row: str, commodity: str, why: str) -> None:
    ((verdict, reason),) = verdicts(AFGHANISTAN, row, commodity=commodity)
    assert verdict == OPEN
    assert why in reason


QUARTER = magnets({
    (partner, month): level for month, levels in {
        "1": {"USA": 100, "DEU": 500, "JPN": 200, "WLD": 800}, "2": {"USA": 100, "DEU": 500, "JPN": 0, "WLD": 600},
        "3": {"USA": 900, "DEU": 500, "JPN": 200, "WLD": 1600}}.items() for partner, level in levels.items()
})  # fmt: skip
FIRST_HALF = magnets({("DEU", "1-6"): "40", ("USA", "1-6"): "35", ("JPN", "1-6"): "3", ("WLD", "1-6"): "100"})
YEAR_OF_300 = {("USA", f"2024-{month:02d}"): "300" for month in range(1, 13)}
DIGITS = magnets(YEAR_OF_300 | {("USA", "2024-05"): "353.4", ("USA", "2024-06"): "353", ("USA", "2024-02"): "400"})


@pytest.mark.parametrize(
    ("ledger", "claims"),
    [
        # 10 t after 9 t is anything from no growth to a fourth more.
        (magnets({("USA", "4"): "9", ("USA", "5"): "10"}),
            {"US|2025-05|mom_pct|10|%": PERHAPS, "US|2025-05|mom_pct|12|%": PERHAPS,
                "US|2025-05|mom_pct|10|%|more than": PERHAPS, "US|2025-05|mom_pct|60|%|less than": YES,
                "US|2025-05|mom_pct|40|%": NO, "US|2025-05|level_t|10|t": YES, "US|2025-05|level_t|9.8|t": PERHAPS}),
        # 100 t, then 900 t: 增长8倍, ninefold, to nine times. What may mean either is not guessed.
        (QUARTER,
            {"US|2025-03|mom_pct|8|times|rose by": OPEN, "US|2025-03|mom_pct|9|times|rose by": OPEN,
                "US|2025-03|mom_pct|9|倍|增长": ELSEWHERE, "US|2025-03|mom_pct|9|fold|increased": YES,
                "US|2025-03|mom_pct|9|fold|fell": OPEN, "US|2025-03|mom_pct|9|times|rose to": YES,
                "US|2025-03|mom_pct|8|times|rose to": ELSEWHERE, "US|2025-03|mom_pct|8|倍|增长": YES,
                "US|2025-03|mom_pct|7|倍|增长逾": YES, "US|2025-03|mom_pct|9|倍|增长到": YES,
                "US|2025-03|mom_pct|9|times|rose": OPEN, "US|2025-03|mom_pct|9|times|fell by": OPEN,
                "US|2025-03|mom_pct|800|%|surged": YES, "Japan|2025-02|mom_pct|-100|%|up": OPEN,
                "Japan|2025-02|mom_pct|-100|%|down": YES, "US|2025-03|mom_pct|900|%|rose to": OPEN,
                "US|2025-03|share_pct|1.6|times": OPEN}),
        # 900 t and nine times 100 t exactly: the next number is not what is left when digits are cut off.
        (QUARTER,
            {"US|2025-03|level_t|899|t": NO, "US|2025-03|mom_pct|799|%": NO, "US|2025-03|mom_pct|8|times": ELSEWHERE,
                "US|2025-03|level_t|890|t": NO}),
        # The sum of three months, to the kilogram, is no silent revision.
        (QUARTER, {"US|2025-Q1|ytd_t|1100|t": YES, "US|2025-Q1|ytd_t|1102|t": NO}),
        # 1,500 t to Germany, 1,100 t to the United States, 400 t to Japan: the world's 3,000 t leave nothing to others.
        (QUARTER,
            {"Germany|2025-Q1|rank|1|rank": YES, "US|2025-Q1|rank|2|rank": YES, "US|2025-Q1|rank|3|rank": NO,
                "Japan|2025-Q1|rank|3|rank": YES, "World|2025-Q1|rank|1|rank": OPEN, "EU|2025-Q1|rank|1|rank": OPEN,
                "EU|2025-03|rank|1|rank": OPEN}),
        # Of 100 t the press names 40, 35 and 3: the other 22 may be one partner's.
        (FIRST_HALF,
            {"US|2025-H1|rank|2|rank": YES, "Germany|2025-H1|rank|1|rank": YES, "Japan|2025-H1|rank|3|rank": OPEN}),
        # 353 t may be more or less than 353.4 t.
        (DIGITS,
            {"US|2024-06|rank|2|rank within 2024": OPEN, "US|2024-06|rank|3|rank within 2024": OPEN,
                "US|2024-06|rank|1|rank within 2024": NO, "US|2024-06|since|2024-02|month": OPEN,
                "US|2024-05|since|2024-02|month": YES, "US|2024-06|streak|1|consecutive monthly rises": OPEN}),
    ],
)  # fmt: skip
def test_what_the_digits_leave_open_is_not_told(ledger: Ledger, claims: dict[str, str]) -> None:
    found = verdicts(ledger, *claims)
    assert [verdict for verdict, _ in found] == [*claims.values()], found


def test_what_a_change_of_definition_lies_between_is_not_compared() -> None:
    """Magnets over the revision of the HS in January 2022, when 850511 lost goods to 8549."""
    levels = {"2021-03": 100, "2021-11": 90, "2021-12": 80, "2022-01": 120, "2022-02": 130, "2022-03": 150}
    ledger = magnets(
        {(partner, month): level for month, level in levels.items() for partner in ("USA", "DEU")},
        {("DEU", "2022-03"): "21"},
    )
    claims = (
        "US|2022-03|yoy_pct|50|%",
        "US|2022-03|yoy_pct|-50|%",
        "US|2022-03|yoy_pct|1.5|times",
        "US|2022-01|mom_pct|50|%",
        "US|2022-03|vs_2021-12_pct|87.5|%",
        "US|2021-12..2022-02|level_t|330|t",
        "US|2022-03|since|2021-03|month",
        "US|2022-03|since|five-month high|",
        "US|2022-02|streak|2|consecutive monthly rises",
        "US|2022-01..2022-03|ytd_yoy_pct|300|%",
    )
    for one, (verdict, reason) in zip(claims, verdicts(ledger, *claims), strict=True):
        assert verdict == OPEN, (one, reason)
        assert BREAK in reason, (one, reason)
    # A printed growth over the change stands, and says so.
    right, wrong = verdicts(ledger, "Germany|2022-03|yoy_pct|21|%", "Germany|2022-03|yoy_pct|50|%")
    assert (right[0], wrong[0]) == (YES, NO)
    for _, reason in (right, wrong):
        assert "as a source prints it" in reason
        assert BREAK in reason
        assert "it would take" not in reason, "levels on two sides of a change say nothing of the growth"


def test_growth_and_price_in_yuan_are_held_against_yuan() -> None:
    """The same trade in dollars and in yuan, of which the dollar cost 7 in May and 8 in June."""
    levels = {
        ("quantity_kg", "5"): 200,
        ("quantity_kg", "6"): 200,
        ("value_usd", "5"): 100,
        ("value_usd", "6"): 200,
        ("value_cny", "5"): 700,
        ("value_cny", "6"): 1600,
    }
    ledger = Ledger(
        {
            spot(month, product="85051110", partner="USA", measure=measure): level
            for (measure, month), level in levels.items()
        }
    )
    claims = {
        "US|2025-06|value_mom_pct|100|%": YES,
        "US|2025-06|value_cny_mom_pct|128.6|%": YES,
        "US|2025-06|value_cny_mom_pct|114|%": NO,
        "US|2025-06|unit_value|8,000|元/吨": YES,
        "US|2025-06|unit_value|1,000|dollars per tonne": YES,
        "US|2025-06|unit_value|1,000|yuan per tonne": NO,
    }
    found = verdicts(ledger, *claims)
    assert [verdict for verdict, _ in found] == [*claims.values()], found
    assert "8,000 CNY/t" in found[3][1]


# 353 t as printed in tonnes.
TONNES = printed(Fraction(353_000), Fraction(1000), "353 t")
LEFT_OPEN = ", within what the printed digits behind it leave open"


@pytest.mark.parametrize(
    ("text", "reading", "words"),
    [
        ("353", TONNES, "agrees"),
        ("352", TONNES, f"agrees, cut off instead of rounded{LEFT_OPEN}"),
        ("354", TONNES, "agrees, if the figures behind it were cut off"),
        ("351", TONNES, None),
        ("355", TONNES, None),
        ("350", TONNES, "agrees, rounded to tens"),
        ("353.4", TONNES, f"agrees{LEFT_OPEN}"),
        # A growth is not cut off to tens.
        ("150", exactly("157.6"), None),
        ("157", exactly("157.6"), "agrees, cut off instead of rounded"),
        ("160", exactly("157.6"), "agrees, rounded to tens"),
    ],
)
def test_how_digits_agree(text: str, reading: Reading, words: str | None) -> None:
    found = match(claim(text) if reading is TONNES else claim(text, "%", "mom"), reading)
    assert (found and found.words) == words


QUOTIENT = Interval(Fraction(7496, 100), Fraction(7574, 100))
COMPUTED = Reading(QUOTIENT, QUOTIENT, Fraction(7535, 100), "computed", "+75.35 %")


@pytest.mark.parametrize(
    ("text", "reading", "is_sure"),
    [
        ("353", TONNES, True),
        ("350", TONNES, True),
        ("352", TONNES, False),
        ("354", TONNES, False),
        ("353.4", TONNES, False),
        # A source that prints 226 t does not print 227, though 226.5 t would round to either.
        ("227", printed(Fraction(226_000), Fraction(1000), "226 t"), False),
        ("225", printed(Fraction(226_000), Fraction(1000), "226 t"), False),
        ("6145.623", printed(Fraction(6_146_000), Fraction(1000), "6,146 t"), False),
        # Two whole tonnes agree with what is known, however little it leaves open.
        ("40", between(40_400, 40_700), False),
        ("41", between(40_400, 40_700), False),
        ("41", between(40_900, 41_000), True),
        ("41", between(41_100, 41_200), True),
        ("42", between(41_100, 41_200), None),
        # To tens there is but one.
        ("5150", between(5_146_000, 5_154_000), True),
        ("5151", between(5_146_000, 5_154_000), False),
        # The ledger's own quotient is what it is, and another one that its digits allow is not; a reading with three
        # such figures confirms none.
        ("75.35", exactly("75.354"), True),
        ("75", COMPUTED, True),
        ("76", COMPUTED, False),
        ("12", between(10, 14), False),
        ("12", between("12.1", "12.2"), True),
    ],
)
def test_a_figure_is_supported_if_no_other_one_with_its_digits_agrees(
    text: str, reading: Reading, is_sure: bool | None
) -> None:
    found = match(claim(text, "%", "yoy") if reading.point < 1000 else claim(text), reading)
    assert (found and found.is_sure) == is_sure, found


@pytest.mark.parametrize(
    ("text", "qualifier", "kilograms", "words"),
    [
        ("354", "below", 353_000, "the figure lies just below"),
        ("353", "below", 353_000, "the figure lies just below"),
        ("352", "below", 353_000, None),
        ("400", "below", 353_000, None),
        ("353", "above", 353_000, "the figure lies above"),
        ("354", "above", 353_000, None),
        ("235", "above", 353_000, "the figure lies above, and far above"),
        ("236", "above", 353_000, "the figure lies above"),
        ("350", "slightly above", 385_000, "the figure lies above"),
        ("350", "slightly above", 385_001, None),
        ("353", "under", 353_000, "the figure lies below"),
        ("352", "under", 353_000, None),
        ("350", "about", 368_000, "as a rough figure"),
        ("350", "about", 368_001, None),
        ("350", "about", 332_000, "as a rough figure"),
        ("350", "about", 331_999, None),
    ],
)
def test_qualified_levels_and_their_bounds(text: str, qualifier: str, kilograms: int, words: str | None) -> None:
    found = match(claim(text, qualifier=qualifier), exactly(kilograms))
    assert (found and found.words) == (words and f"agrees, {words}")


@pytest.mark.parametrize(
    ("one", "reading", "share"),
    [
        (claim("353"), exactly(353_000), 1),
        (claim("353"), between(352_000, 354_000), 2),
        (claim("5", "%", "yoy"), exactly(5), 2),
        (claim("353"), exactly(353_000, is_revisable=True), 25),
    ],
)
def test_silent_revisions_move_a_growth_twice_as_far_as_a_month(one: object, reading: Reading, share: int) -> None:
    assert tolerance(one, reading) == Fraction(share, 10_000)  # type: ignore[arg-type]


def test_partners_and_months_at_hand() -> None:
    ledger = Ledger(
        {
            "6": 250,
            "4": 1,
            "1-6": 5,
            **{spot("6", **one): 1 for one in ({"partner": "WLD"}, {"partner": "ABC"}, {"product": "1"})},
        }
    )
    assert ledger.partners(spot("6")) == ["ABC", "XXX"]
    assert known_months(ledger, spot("6")) == "2025-04 to 2025-06, 2 months"
    assert known_months(ledger, spot("6", partner="QQQ")) == "none"


@pytest.mark.parametrize(
    ("text", "unit", "kind", "where"),
    [
        ("1432", "t", "level", "another month: China's exports of 99999999 to XXX, May 2025"),
        ("3188", "t", "level", "another partner: China's exports of 99999999, June 2025"),
        ("777", "t", "level", "another basket: China's exports of 88888888 to XXX, June 2025"),
        ("4321", "t", "level", "the other direction: China's imports of 99999999 from XXX, June 2025"),
        ("353261", "t", "level", "the figure in thousandths of this unit, as kilograms are of tonnes"),
        ("3532.61", "t", "level", "the figure with a zero too many"),
        # 353.261 t are 389.40 short tons of 907.18474 kg.
        ("389.4", "t", "level", "the figure in short tons"),
        ("555", "t", "level", None),
        # A number of few digits is found nowhere by accident.
        ("14", "t", "level", None),
        # 1.6 t on 1.4 t is 14.3 %; 2 t on 1 t is 100 %.
        (
            "100",
            "%",
            "mom",
            "the growth from figures that were rounded first; from the unrounded ones it is +14.29 %, 1.6 t against"
            " 1.4 t (the printed digits leave +6.90 % to +22.22 % open)",
        ),
    ],
)
def test_where_a_wrong_figure_would_be_right(text: str, unit: str, kind: str, where: str | None) -> None:
    levels = {
        "6": "353.261",
        "5": 1432,
        "4": 14,
        spot("6", partner="WLD"): 3188,
        spot("6", product="88888888"): 777,
        spot("6", flow="import"): 4321,
    }
    ledger, stated = Ledger(levels if unit == "t" else {"6": "1.6", "5": "1.4"}), claim(text, unit, kind)
    found = elsewhere(ledger, stated, ledger.figure(stated.spot, kind, exact=True), match)
    assert (found and found[0]) == where


def test_another_change_of_the_same_place_needs_few_digits() -> None:
    ledger = Ledger({"6": 150, "5": 100, "2024-06": 120})
    found = at_same_place(ledger, claim("50", "%", "yoy"), match)
    assert found is not None
    assert (
        found[0] == "the change on the month before of the same period, China's exports of 99999999 to XXX, June 2025"
    )
    for other in (claim("51", "%", "yoy"), claim("50", "%", "yoy", qualifier="about"), claim("150")):
        assert at_same_place(ledger, other, match) is None


YEAR = {
    "1": 100,
    "2": 200,
    "3": 300,
    "4": 250,
    "5": 50,
    "6": 280,
    "7": 20,
    "8": 30,
    "9": 40,
    "10": 60,
    "11": 70,
    "12": 80,
}


@pytest.mark.parametrize(
    ("kind", "text", "unit", "month", "expected"),
    [
        *(("rank", rank, "rank within 2025", month, expected)
            for month, rank, expected in (("3", "1", YES), ("6", "2", YES), ("6", "1", NO), ("6", "3", NO),
                ("7", "12", YES))),
        # June, 280, is below March, 300, and above April and May; May, 50, is the lowest of five months.
        *(("since", text, unit, month, expected)
            for text, unit, month, expected in (("2025-03", "highest", "6", YES), ("2025-02", "highest", "6", NO),
                ("2025-03", "lowest", "6", NO), ("2025-01", "lowest", "5", NO), ("three-month high", "", "6", YES),
                ("four-month high", "", "6", NO), ("five-month low", "", "5", YES), ("2024-12", "highest", "3", OPEN),
                ("2025-07", "highest", "6", OPEN))),
        # January to March rise, April and May fall, July to December rise.
        *(("streak", text, unit, month, expected)
            for text, unit, month, expected in (("2", "consecutive monthly rises", "3", YES),
                ("3", "consecutive monthly rises", "3", OPEN), ("3", "consecutive monthly rises", "4", NO),
                ("2", "consecutive monthly falls", "5", YES), ("3", "consecutive monthly declines", "5", NO),
                ("5", "consecutive monthly gains", "12", YES), ("0", "consecutive monthly gains", "12", OPEN),
                ("1000", "consecutive monthly gains", "12", OPEN), ("1", "wins", "12", OPEN))),
    ],
)  # fmt: skip
def test_ranks_records_and_streaks_of_a_year(kind: str, text: str, unit: str, month: str, expected: str) -> None:
    assert check_extreme(Ledger(YEAR), claim(text, unit, kind, spot(month)))[0] == expected


def test_a_missing_month_leaves_a_rank_open_but_a_higher_one_refutes_it() -> None:
    def rank(number: str, levels: dict[str, int]) -> tuple[str, str]:
        return check_extreme(Ledger(levels), claim(number, "rank within 2025", "rank"))

    most = {month: level for month, level in YEAR.items() if month != "12"}
    assert rank("2", most)[0] == OPEN
    assert rank("1", most)[0] == NO
    assert "at least 1 are higher" in rank("1", most)[1]
    assert (
        rank("1", {})[1]
        == "Not checkable: no release at hand gives the level of China's exports of 99999999 to XXX, June 2025."
    )
