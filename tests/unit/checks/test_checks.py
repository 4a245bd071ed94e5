"""Gate D: each check where it speaks and where it is silent. What it does about a whole file is also among the bad
inputs."""

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from bad_inputs.download import (
    CLEAN,
    CLEAN_RECORDS,
    PARTNER,
    PARTNER_NAME,
    QUANTITY,
    TITLES,
    UNIT,
    VALUE,
    Record,
    csv_bytes,
    distinct_records,
    each,
    figures,
    magnets,
    with_field,
    year_of_magnets,
)

from tasks.checks.declared import (
    declared_flow,
    declared_months,
    file_quality,
    lapsed_measures,
    printed_figures,
    same_numbers,
)
from tasks.checks.frame import registry
from tasks.checks.trade import absences, completeness, consistency, doubled_months, magnitudes, unit_values
from tasks.domain.doubt.findings import finding
from tests.unit.checks.found import PRINTED, Earlier, case, find, page_of, said
from tests.unit.sources.hmrc.ots_answers import page as ots_page
from tests.unit.sources.hmrc.ots_answers import row as ots_row

MODULES = (
    absences, completeness, consistency, declared_flow, declared_months, doubled_months, file_quality,
    lapsed_measures, magnitudes, printed_figures, same_numbers, unit_values,
)  # fmt: skip
ALL, JULY_18, JULY_20 = {"partners": "all"}, {"released_on": date(2025, 7, 18)}, {"released_on": date(2025, 7, 20)}
SIX, OTHER = CLEAN_RECORDS[:6], ("202506", "85051190", *magnets()[2:])
YUAN, WORLD = (*TITLES[:-1], "人民币"), (*TITLES[:3], *TITLES[5:])
YEAR, MANY = (csv_bytes(year_of_magnets()), ALL), distinct_records(2_000)
SPRING = ("202501", "202502", "202503", "202504", "202505")


def in_yuan(records: Sequence[Record], rate: float = 7) -> bytes:
    return csv_bytes(each(VALUE, lambda usd: f"{round(int(usd.replace(',', '')) * rate)}", records), YUAN)


def times(factor: float, records: Sequence[Record] = SIX) -> bytes:
    return csv_bytes(each(VALUE, lambda usd: f"{round(int(usd.replace(',', '')) * factor):,}", records))


def months_of(partner: str, quantity: int, *months: str) -> list[Record]:
    return [magnets(partner, str(quantity), f"{quantity * 57:,}", month) for month in months]


def of_partners(*months: str, without: str = "", **quantities: int) -> bytes:
    """Months of several partners, as `p502=900_000`."""
    return csv_bytes(
        [row for name, kg in quantities.items() if name[1:] != without for row in months_of(name[1:], kg, *months)]
    )


def without_value(quantity: float) -> bytes:
    return csv_bytes(with_field(VALUE, "-", records=[magnets(quantity=f"{quantity:.0f}")]))


def without_partner(code: str) -> bytes:
    return csv_bytes([record for record in SIX if record[PARTNER] != code])


def with_columns(records: Sequence[Record], titles: Sequence[str], *places: Sequence[str]) -> bytes:
    """The records with columns of their place, of which `places` are repeated in turn."""
    rows = [(*row[:5], *places[at % len(places)], *row[5:]) for at, row in enumerate(records)]
    return csv_bytes(rows, (*TITLES[:5], *titles, *TITLES[5:]))


def in_units(*units: tuple[str, str, str]) -> bytes:
    """A record for each partner: its unit, and number and unit of its second quantity."""
    return csv_bytes(
        [(*magnets(partner)[:UNIT], *unit, "1,000") for partner, unit in zip(("502", "304"), units, strict=True)]
    )


def comext(month: int, times: int = 0) -> tuple[bytes, dict[str, Any]]:
    """A product of the EU at 11 to 12 euros a kilogram, or at so many times that."""
    titles = "DATAFLOW,LAST UPDATE,freq,reporter,partner,product,flow,indicators,TIME_PERIOD,OBS_VALUE"
    lines = [
        f"ESTAT:DS-045409(1.0),14/08/25 11:00:00,M,EU27_2020,{partner},84834030,1,{name},2025-{month:02d},{value}"
        for partner in ("CN", "EXT_EU27_2020")
        for name, value in (
            ("VALUE_IN_EUROS", times * 1_066_047 or 1_000_000 + 7_919 * month),
            ("QUANTITY_IN_100KG", "900.28"),
        )
    ]
    declared = {
        "source": "eurostat_comext",
        "reporter": "EU27",
        "flow": "import",
        "partners": "all",
        "released_on": date(2025, 8, 20),
    }
    return "\r\n".join([titles, *lines, ""]).encode(), declared


def tonnes(period: str, value: object, day: str = "07-20", partner: str = "WLD") -> str:
    return f"export,85051110,{partner},{period},quantity,{value},t,2025-{day}"


def printed(*lines: str) -> tuple[bytes, Any]:
    return figures(*lines), PRINTED


MAY, HALF = tonnes("2025-01..2025-05", 19132, "06-20"), tonnes("2025-01..2025-06", 22319)
FITS_NOT = printed(
    tonnes("2025-01..2025-05", 19.1, "06-20"),
    tonnes("2025-01..2025-06", 25.2, "07-18"),
    tonnes("2025-06", 9.9, "07-18"),
)
PRINTS = printed(tonnes("2025-05", 1238, "06-20"), tonnes("2025-06", 353.4, partner="USA"))
USA_SO_FAR = printed(tonnes("2025-01..2025-05", 2158, "06-20", "USA"), tonnes("2025-01..2025-06", 2511, "07-18", "USA"))
THREE = {"p502": 900_000, "p133": 100_000, "p408": 10_000}
GERMANY_OF_MAY = csv_bytes(
    [
        *(("202505", *row[1:]) for row in distinct_records(50)),
        *(("202505", *row[1:PARTNER], "304", "德国", *row[QUANTITY:]) for row in distinct_records(50)),
    ]
)
DEAR = csv_bytes([*year_of_magnets(), *((row[0], "85051190", *row[2:]) for row in
                 (magnets("502", "353000", "20,121,000,000", month) for month in SPRING))])  # fmt: skip
UNIT_VALUE, REMOVED, FEW = "unit_value error", "partner_removed error", "few_partners warning"
DOUBTED = "unit_value warning"
WORLD_OF_18 = csv_bytes([row[:3] + row[5:] for row in [magnets(quantity="1676122", value="95,539,074")]], WORLD)
SUM = sum(int(row[VALUE].replace(",", "")) for row in SIX)


def world_of(value: str, quantity: str = "1676122") -> bytes:
    return csv_bytes([(*row[:3], *row[5:9], value) for row in [magnets(quantity=quantity)]], WORLD)


CASES = (
    case("clean", "", CLEAN),
    case("the same again", "", CLEAN, YEAR, (CLEAN, ALL | JULY_20), **ALL | JULY_20),
    case("one lost record of another product", "quarantined warning",
        csv_bytes([*MANY, (*MANY[0][:1], "2501x", *MANY[0][2:])])),
    case("one of a watched product, however printed", "quarantined error",
        csv_bytes([*MANY, (*MANY[0][:1], "8505.11.10", *MANY[0][2:])])),
    case("one of few records", "quarantined error", csv_bytes([*MANY[:500], (*MANY[0][:1], "2501x", *MANY[0][2:])])),
    case("unknown partners with a twentieth", "unknown_partner warning, unknown_partners error",
        csv_bytes([*CLEAN_RECORDS, magnets("188", "105264", "6,000,000")])),
    case("an unspecified partner is a known one", "",
        csv_bytes(with_field(PARTNER_NAME, "不详", 0, with_field(PARTNER, "701", 0, SIX[:1])))),
    # A product of one month in two units; a second unit that only some records have is usual.
    case("one unit, no second", "", in_units(("千克", "0", "?"), ("千克", "0", "?"))),
    case("a second unit here and there", "", in_units(("千克", "5", "头"), ("千克", "0", "?"))),
    case("grams beside a second unit", "mixed_units error", in_units(("千克", "5", "头"), ("克", "5", "头"))),
    case("tonnes throughout", "", in_units(("吨", "0", "?"), ("吨", "0", "?"))),
    case("thousands of pieces", "mixed_units error", in_units(("个", "5", "千克"), ("千个", "5", "千克"))),
    case("other units in other months", "",
        csv_bytes([magnets(month="202412"), (*magnets(month="202501")[:UNIT], "个", *magnets()[UNIT + 1 :])])),
    *(case(f"{count} records of {len(places)} regimes and provinces", expected,
        with_columns(distinct_records(count), ("贸易方式编码", "注册地编码"), *places))
        for count, places, expected in ((50, ["10 44"], "one_province error, one_regime error"), (49, ["10 44"], ""),
            (50, ["10 44", "14 31"], ""), (50, ["10 44", "10 31"], "one_regime error"),
            (50, ["10 44", "14 44"], "one_province error")) for places in [[place.split() for place in places]]),
    case("one month alone", "", csv_bytes([magnets()])),
    case("a month missing of many products", "month_without_records error",
        csv_bytes(
            [(month, *row[1:VALUE], f"{int(row[VALUE].replace(',', '')) + int(month):,}")
                for row in distinct_records(50) for month in ("202504", "202506")])),
    case("a watched code in its first month", "", csv_bytes([("202201", "81129290", *magnets()[2:])])),
    # 22,319 - 19,132 = 3,187 t; each of the three is rounded to a tonne.
    *(case(f"a month of {june} t between two years so far", expected, figures(MAY, HALF, tonnes("2025-06", june)),
        **PRINTED) for june, expected in ((3185, ""), (3190, ""), (3194, "ytd_mismatch error"))),
    *(case(f"a month of {june} t after a published year so far", expected, figures(HALF, tonnes("2025-06", june)),
        printed(MAY), **PRINTED) for june, expected in ((3190, ""), (3194, "ytd_mismatch error"))),
    case("of a collected file the last word counts", "",
        figures(MAY, HALF, tonnes("2025-06", 3500, "07-18"), tonnes("2025-06", 3188)), **PRINTED),
    # Published figures that contradict one another hold no other figure.
    case("another product", "", figures(tonnes("2025-06", 9).replace("85051110", "85059010")), FITS_NOT, **PRINTED),
    case("another month", "", figures(tonnes("2025-04", 4)), FITS_NOT, **PRINTED),
    case("a year so far that is right", "ytd_mismatch error", figures(tonnes("2025-01..2025-06", 26)), FITS_NOT,
        **PRINTED),
    case("a month that is right", "prints_disagree error, revised warning", figures(tonnes("2025-06", 6)), FITS_NOT,
        **PRINTED),
    case("a month that is wrong", "prints_disagree error, revised warning, ytd_mismatch error",
        figures(tonnes("2025-06", 8)), FITS_NOT, **PRINTED),
    case("provinces that add up", "",
        with_columns([magnets(quantity="200,000"), magnets(quantity="153,000")], ["注册地编码"], ["11"], ["44"]),
        USA_SO_FAR),
    case("provinces that do not add up", "ytd_mismatch error",
        with_columns([magnets(quantity="200,000"), magnets(quantity="163,000")], ["注册地编码"], ["11"], ["44"]),
        USA_SO_FAR),
    case("partners that are all of the world", "",
        figures(
            *(tonnes("2025-06", value, partner=partner)
                for partner, value in (("WLD", 3188), ("USA", 353), ("DEU", 2_835)))),
        **PRINTED),
    case("the download in yuan of the same day", "", in_yuan(CLEAN_RECORDS), (CLEAN, JULY_20)),
    case(
        "a kilogram more in yuan", "editions_disagree error", in_yuan(with_field(QUANTITY, "353001")), (CLEAN, JULY_20)
    ),
    case("fewer digits in another paper", "", figures(tonnes("2025-06", 353, partner="USA")), PRINTS, **PRINTED),
    case("more digits in another paper", "", figures(tonnes("2025-06", 353.42, partner="USA")), PRINTS, **PRINTED),
    case("other digits in another paper", "editions_disagree error", figures(tonnes("2025-06", 354, partner="USA")),
        PRINTS, **PRINTED),
    case("other digits of another day", "", figures(tonnes("2025-05", 1239)), PRINTS, **PRINTED),
    case("a partner with nine tenths is missing", "partners_missing error",
        of_partners("202506", without="502", **THREE), (of_partners(*SPRING, **THREE), ALL), **ALL),
    case("a partner with a hundredth is missing", "", of_partners("202506", without="408", **THREE),
        (of_partners(*SPRING, **THREE), ALL), **ALL),
    case("not all partners were asked for", "", of_partners("202506", without="502", **THREE),
        (of_partners(*SPRING, **THREE), ALL)),
    case("a partner of 50 products is missing", "another_month error, partners_missing error",
        csv_bytes(distinct_records(50)), (GERMANY_OF_MAY, ALL), **ALL),
    case("a partner of 49 products is missing", "another_month error", csv_bytes(distinct_records(49)),
        (GERMANY_OF_MAY, ALL), **ALL),
    *(case(f"a partner of {month} is missing in June", expected, of_partners("202506", p502=100_000),
        (csv_bytes([*months_of("304", 900_000, month), *months_of("502", 100_000, "202505")]), ALL), **ALL)
        for month, expected in (("202405", ""), ("202406", ""))),
    case("one month before says of nobody that it is missing", "", of_partners("202505", "202506", p502=100_000),
        (csv_bytes([*months_of("304", 900_000, "202405"), *months_of("502", 100_000, "202504")]), ALL), **ALL),
    case("what is told anew is not counted as it was", "other_currency error, revised warning",
        csv_bytes([*months_of("304", 1_000, "202505"), *months_of("502", 100_000, "202505", "202506")]),
        (of_partners("202505", p304=900_000, p502=100_000), ALL), **ALL),
    case("a large partner of the same month is gone", REMOVED, without_partner("304"), (csv_bytes(SIX), ALL), **ALL),
    case("a small partner of the same month is gone", "", without_partner("408"), (csv_bytes(SIX), ALL), **ALL),
    case("a partner of other goods", "", without_partner("304"),
        (csv_bytes(with_field(VALUE, "61,500,000", records=CLEAN_RECORDS[6:])), ALL), **ALL),
    case("a partner of a later day", "", without_partner("304"), (csv_bytes(SIX), ALL | JULY_20), **ALL | JULY_18),
    # A price that is more than four times off those of the months around.
    case("as usual", "", csv_bytes(SIX), YEAR),
    case("three times dearer", "", times(3), YEAR),
    case("five times dearer", UNIT_VALUE, times(5), YEAR),
    case("samples", "", csv_bytes(each(QUANTITY, lambda _: "1", each(VALUE, lambda _: "9,000", SIX))), YEAR),
    case("tonnes after two months", "", csv_bytes([magnets(quantity="353")]),
        (of_partners(*SPRING[-2:], p502=353_000), ALL)),
    case("tonnes after three months", UNIT_VALUE, csv_bytes([magnets(quantity="353")]),
        (of_partners(*SPRING[-3:], p502=353_000), ALL)),
    # Next to months of 20 million dollars it is nothing to a reader.
    case("1,000 kg for 570 dollars", "", csv_bytes([magnets(quantity="1000", value="570")]), YEAR),
    # The dollars of a partner that is gone are published still; its kilograms the download in yuan has taken away.
    case(
        "a partner that is gone tells no price",
        # The others that are missing would be 6 % of the month.
        f"{REMOVED}, partners_missing error",
        csv_bytes([magnets()]),
        YEAR,
        (csv_bytes([magnets(), magnets("304", "9000000", "513,000,000")]), ALL | JULY_18),
        (in_yuan([magnets()]), ALL | JULY_20),
        **ALL | JULY_20,
    ),
    case("a dear product", "", csv_bytes([*SIX, (*OTHER[:-1], "20,121,000,000")]), (DEAR, ALL)),
    case("a dear product at the price of another", UNIT_VALUE, csv_bytes([*SIX, (*OTHER[:-1], "20,121,000")]),
        (DEAR, ALL)),
    *(case(f"{factor} times the price in euros", expected, comext(6, factor)[0], *map(comext, range(1, 6)),
        **comext(6)[1]) for factor, expected in ((1, ""), (3, ""), (5, DOUBTED), (11, DOUBTED))),
    case("prices in yuan", "", in_yuan(SIX), (in_yuan(year_of_magnets()), ALL)),
    case("tonnes in yuan", UNIT_VALUE, in_yuan(each(UNIT, lambda _: "吨", SIX)), (in_yuan(year_of_magnets()), ALL)),
    # A quantity without a value, against the median of 353 t; its bound is 200 times.
    *(case(f"{factor} times the usual quantity", f"{expected}missing_number info", without_value(353_000 * factor),
        YEAR) for factor, expected in ((1, ""), (199, ""), (201, "magnitude error, "), (1 / 199, ""),
            (1 / 201, "magnitude error, "))),
    *(case(f"{months} months that begin {begin} months ago", f"{expected}missing_number info",
        without_value(353_000_000),
        (
            of_partners(
                *(f"{at // 12}{at % 12 + 1:02d}"
                    for at in range(2025 * 12 + 5 - begin, 2025 * 12 + 5 - begin + months)),
                p502=353_000),
            ALL))
        for begin, months, expected in ((24, 6, "magnitude error, "), (25, 6, ""), (25, 7, "magnitude error, "),
            (6, 6, "magnitude error, "), (5, 5, ""))),
    # One per cent of the month's 1,676 t is 16.8 t.
    *(case(f"a revision to {quantity} kg", expected, csv_bytes(with_field(QUANTITY, quantity)), (CLEAN, JULY_18))
        for quantity, expected in (("369000", ""), ("371000", "revised warning"), ("335000", "revised warning"))),
    *(case(f"a printed world of {world} t", expected, CLEAN, printed(tonnes("2025-06", world)), **ALL)
        for world, expected in ((1677, ""), (1678, "world_total warning"))),
    case("a printed world where not all were asked for", "", CLEAN, printed(tonnes("2025-06", 1678))),
    # Customs revise a month between two downloads, by little; those of one day must agree.
    *(case(f"{name} {rule}", f"{landing}world_total {severity}", now, (before, ALL | JULY_18), **ALL | day)
        for quantity, day, severity, rule, landing in (("353030", JULY_20, "warning", "by little, later", ""),
            ("353030", JULY_18, "error", "by little, of one day", "later_landing info, "),
            ("53000", JULY_20, "error", "by much, later", ""))
        for parts in [csv_bytes(with_field(QUANTITY, quantity)[:6])]
        for name, before, now in (("partners that differ", WORLD_OF_18, parts),
            ("a world that differs", parts, WORLD_OF_18))),
    case("a world that is the sum of its partners", "", world_of(f"{SUM:,}"), (CLEAN, ALL), **ALL),
    case("a world that is not", "world_total error", world_of(f"{SUM - 1_000_000:,}"), (CLEAN, ALL), **ALL),
    case("a world beside listed partners", "", world_of("1,000,000"), (CLEAN, {}), **ALL),
    case("of one day, a partner under another code", "later_landing info, partner_removed error",
        csv_bytes((magnets("501"), *CLEAN_RECORDS[1:])), (CLEAN, ALL | JULY_20), **ALL | JULY_20),
    case("of one day, dearer", "editions_disagree error, later_landing info",
        csv_bytes(with_field(VALUE, "20,999,000")), (CLEAN, ALL | JULY_20), **ALL | JULY_20),
    case("the bytes of an export as an import", "other_flow error", CLEAN, (CLEAN, {"flow": "export"}), flow="import"),
    case("the same bytes on another day", "known_release warning", CLEAN, (CLEAN, {"flow": "export"}), flow="export"),
    # The same trade once more in yuan; at a rate of one its title is wrong, or that of the dollars was.
    *(
        case(
            f"{rate} yuan to the dollar",
            expected,
            in_yuan([magnets(), magnets("112", "48000", "2,736,000")], rate),
            csv_bytes([magnets(), magnets("112", "48000", "2,736,000")]),
        )
        for rate, expected in (
            (1, "exchange_rate error"),
            (4.9, "exchange_rate error"),
            # 7.18 in June 2025, and 7.21 in May.
            (6.9, "exchange_rate error"),
            (7.05, ""),
            (7.18, ""),
            (7.35, ""),
            (7.5, "exchange_rate error"),
            (10, "exchange_rate error"),
            (10.1, "exchange_rate error"),
        )
    ),
    case("a parcel tells no rate", "", in_yuan([magnets("502", "18", "999")], 1),
        csv_bytes([magnets("502", "18", "999")])),
    case("a little more tells one", "exchange_rate error", in_yuan([magnets("502", "18", "1000")], 1),
        csv_bytes([magnets("502", "18", "1000")])),
    # Asked for again under their heading, the magnets have no row at all: everything of them would be no trade.
    *(case(f"magnets are gone, asked for was {asked}", expected, csv_bytes([OTHER]), (CLEAN, ALL | JULY_18), **asked)
        for asked, expected in (({"products": ["8505"], **ALL}, f"{FEW}, product_removed error"),
            ({"products": ["*"], **ALL}, f"{FEW}, product_removed error"),
            ({"products": ["8505"]}, "product_removed error"), ({"products": ["85051190"], **ALL}, FEW), ({}, ""))),
    case("magnets of other partners", "", csv_bytes([OTHER]), (csv_bytes([magnets("304")]), ALL | JULY_18),
        products=["8505"]),
    case("magnets of a later day", FEW, csv_bytes([OTHER]), (CLEAN, ALL | JULY_20), products=["8505"], **ALL | JULY_18),
    case("a record that cannot be read is no missing one", f"{FEW}, quarantined error",
        csv_bytes([OTHER, magnets(quantity="-353000")]), (CLEAN, ALL | JULY_18), products=["8505"], **ALL),
    case("a sum of two months says of neither that it had none", FEW, csv_bytes([OTHER[1:]], TITLES[1:]),
        (CLEAN, ALL | JULY_18), products=["8505"], months="2025-05..2025-06", **ALL),
    case("nor is it missing in one", FEW, csv_bytes([OTHER]),
        (csv_bytes([magnets()[1:]], TITLES[1:]), {"months": "2025-05..2025-06", **ALL, **JULY_18}), products=["8505"],
        **ALL),
    # All magnets together are 98 million dollars.
    *(case(f"a product of {value} dollars is gone", expected, csv_bytes(SIX),
        (csv_bytes([*SIX, (*OTHER[:-1], value)]), ALL | JULY_18), products=["8505"], **ALL)
        for value, expected in (("12,000,000", "product_removed error"), ("2,000,000", ""))),
)  # fmt: skip


@pytest.mark.parametrize(("expected", "data", "before", "declared"), CASES)
def test_a_check_speaks_of_what_only_a_wrong_file_does(
    expected: str, data: bytes, before: tuple[Earlier, ...], declared: dict[str, Any]
) -> None:
    assert said(find(data, *before, **declared)) == expected


def test_every_function_that_is_marked_is_asked_and_documented() -> None:
    marked = {
        f"{file.stem}.{name}"
        for file in Path(registry.__file__).parents[1].rglob("*.py")
        for name in re.findall(r"^@check\(severity=.*\)\ndef _?(\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert len(marked) > 40
    assert {module.__name__.rpartition(".")[2] for module in MODULES} <= {name.partition(".")[0] for name in marked}
    assert {one.name for one in registry.checks()} == marked
    assert all(one.find.__doc__ for one in registry.checks())


def test_a_check_raises_nothing_graver_than_it_declares(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_CHECKS", {})

    @registry.check(severity="warning")
    def _too_grave(judged: Any) -> Any:
        yield from (finding("too_grave", severity, observed="", expected="", advice="") for severity in judged)

    (one,) = registry._CHECKS.values()
    assert [row["severity"] for row in one(["info", "warning"])] == ["info", "warning"]  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="declares warning and raises error"):
        list(one(["error"]))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="a second check"):
        registry.check(severity="warning")(_too_grave)
    with pytest.raises(ValueError, match="no severity of"):
        registry.check(severity="grave")(lambda judged: iter(()))


@pytest.mark.parametrize(
    ("kind", "of_prints", "count"), [("published", False, 0), ("published", True, 1), ("query", False, 1)]
)
def test_a_check_of_parts_is_not_asked_about_printed_figures(kind: str, of_prints: bool, count: int) -> None:
    row = finding("mean", "info", observed="", expected="", advice="")
    asked = registry.Check("mean", "info", lambda judged: iter([row]), of_prints=of_prints)
    assert len([*asked(SimpleNamespace(row={"kind": kind}))]) == count  # type: ignore[arg-type]


def test_the_first_release_of_an_experimental_source_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the next ones only say so; a person who trusts the source is not asked."""
    may, june = (ots_page(ots_row(1000.0, 100.0, month=month)) for month in (202505, 202506))
    declared = {"source": "hmrc_ots", "flow": None, "released_on": date(2025, 8, 13)}
    monkeypatch.setenv("TIDEWAITER_EXPERIMENTAL", "japan_estat hmrc_ots")
    assert "experimental_source info" in said(find(may, **declared))
    monkeypatch.setenv("TIDEWAITER_EXPERIMENTAL", "japan_estat")
    assert "experimental_source error" in said(find(may, **declared))
    assert "experimental_source info" in said(find(june, (may, declared), **declared))


QUIET = [[f"Quiet {at}", *["-"] * 9] for at in range(10)]


@pytest.mark.parametrize(
    ("so_far", "others", "severity"),
    # one of few lines is much of the page
    [("1,662.0", 10, ""), ("1,663.5", 10, "warning"), ("1,400.0", 10, "warning"), ("1,663.5", 1, "error")],
)  # fmt: skip
def test_the_year_to_date_of_a_page_may_have_revisions_of_earlier_months_in_it(
    so_far: str, others: int, severity: str
) -> None:
    """Fertilizers: 1,283.8 x 10,000 t until May; 366.2 in June would give 1,650.0, and a hundredth of the former is
    12.8."""
    pages = [
        page_of(
            2025,
            month,
            [
                ["Fertilizers", "10,000 Tons", *numbers, *["-"] * 5],
                *([f"Line {at}", "-", "-", "1.0", "-", whole, "-", "5.0", "-", "0.0"] for at in range(others)),
                *QUIET,
            ],
        )
        for month, numbers, whole in ((5, ("314.4", "-", "1,283.8"), "5.0"), (6, ("366.2", "-", so_far), "6.0"))
    ]
    found = said(find(pages[1][0], pages[0], **pages[1][1]))
    assert found.count("ytd_mismatch") == bool(severity)
    assert not severity or f"ytd_mismatch {severity}" in found


def test_a_revised_year_before_and_another_unit_of_a_line_hold_no_page() -> None:
    """As the page of June 2026 does: 3,389 ships until June of the year before, whose pages had 2,934 until May and 689
    in June."""
    before = [
        page_of(2024, month, [["Ships", "Ship", number, "-", so_far, *["-"] * 5], *QUIET])
        for month, number, so_far in ((5, "590.0", "2,934.0"), (6, "689.0", "3,610.0"))
    ]
    data, declared = page_of(2025, 6, [["Ships", "Ship", "775.0", "-", "3,412.0", "-", "3,389.0", *["-"] * 3], *QUIET])
    assert "ytd_mismatch warning" in said(find(data, *before, **declared))
    data, declared = page_of(2025, 6, [["Ships", "Ton", "775.0", *["-"] * 7], *QUIET])
    assert "unit_changed error" not in said(find(data, *before, **declared))


PARTS = {"p502": 100_000, "p344": 50_000, "p304": 600_000, "p116": 100_000, "p133": 150_000}
LOST = [(*MANY[0][:1], f"250{number}x", *MANY[0][2:]) for number in range(5)]


@pytest.mark.parametrize(
    ("name", "data", "before", "words"),
    [
        (
            "quarantined",
            csv_bytes([*MANY, *LOST]),
            (),
            {
                "observed": "5 of 2,005 records set aside; "
                + "".join(
                    f"record {2001 + at}: product '250{at}x' is no HS code of 2, 4, 6 or 8 digits; " for at in range(3)
                )
                + "and 2 more",
                # A held release is not published, so nobody finds its records in a table.
                "advice": "Download again, or approve without them: the table quarantine lists them then.",
            },
        ),
        ("quarantined", csv_bytes([*MANY, *LOST[:3]]), (), {"severity": "error"}),
        ("quarantined", csv_bytes([*MANY, LOST[0]]), (),
            {"severity": "warning", "advice": "See the table quarantine."}),
        # Of 1,000 t the four that are gone had 900.
        ("partners_missing", of_partners("202506", p502=100_000), ((of_partners(*SPRING, **PARTS), ALL),),
            {"subject": "export 85051110 value_usd 2025-06",
                "observed": "no trade of DEU, KOR, JPN and 1 more, 90.0% of the twelve months before",
                "expected": "a row of each: of partners that came so regularly 2.78% have none a month later"}),
        ("unit_value", csv_bytes(each(UNIT, lambda _: "吨", SIX)), (YEAR,),
            {"subject": "export 85051110 2025-06", "observed": "0.057 USD/kg",
                "expected": "within 4 times 57, by 12 other prices of the same goods"}),
    ],
)  # fmt: skip
def test_a_finding_says_what_was_found_expected_and_to_be_done(
    name: str, data: bytes, before: tuple[Earlier, ...], words: dict[str, str]
) -> None:
    (row,) = find(data, *before, **ALL).filter(check=name).to_dicts()
    assert {column: row[column] for column in words} == words
    assert row["advice"].endswith(".")
