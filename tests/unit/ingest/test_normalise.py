"""Gate C: texts to statements, exactly, or to quarantine with every reason."""

import json
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from bad_inputs.download import (
    CLEAN_RECORDS,
    PARTNER,
    PRODUCT,
    QUANTITY,
    SECOND,
    SECOND_UNIT,
    TITLES,
    VALUE,
    csv_bytes,
    distinct_records,
    magnets,
    with_field,
)
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from schemas.forms.request import Landed
from tasks.domain.errors import Refused
from tasks.domain.periods import read_period
from tasks.domain.precision import VALUE_MAX
from tasks.ingest.editions import release_id_of
from tasks.ingest.normalise import Normalised, normalise
from tasks.ingest.numbers import DIGITS_MAX, tidy_numbers, whole_number
from tasks.sources.csv import plain_texts
from tasks.sources.registry import SOURCES
from tests.draws import draws

LANDED = Landed(
    file=Path("f.csv"), source="gacc_query", reporter="CHN", flow="export", partners="listed", products=None, first_month=None,
    last_month=None, released_on=date(2025, 7, 20), title="f.csv", raw=Path("raw"), raw_sha256="0" * 64, raw_bytes=0,
)  # fmt: skip
PUBLISHED = LANDED.model_copy(update={"source": "published", "flow": None})
PLACES = ("贸易方式编码", "贸易方式名称", "注册地编码", "注册地名称")


def _normalised(records: Any = CLEAN_RECORDS, titles: Any = TITLES, landed: Landed = LANDED) -> Normalised:
    return normalise(landed, SOURCES["gacc_query"].parse(csv_bytes(records, titles), "f.csv"))


def _published(*lines: str) -> Normalised:
    titles = "flow,product,partner,period,measure,value,unit,published_on,publisher,address,note"
    data = "".join(f"{line}\n" for line in (titles, *(f"{line},A,https://a.example," for line in lines))).encode()
    return normalise(PUBLISHED, SOURCES["published"].parse(data, "f.csv"))


def _refused(records: Any, titles: Any = TITLES, landed: Landed = LANDED) -> Refused:
    with pytest.raises(Refused) as refused:
        _normalised(records, titles, landed)
    return refused.value


def _read_number(text: str, factor: int = 1) -> tuple[int | None, int | None, str | None]:
    frame = pl.DataFrame({"printed": [text], "factor": [factor]}, schema={"printed": pl.String, "factor": pl.Int64})
    frame = frame.with_columns(tidy_numbers(frame["printed"]))
    return frame.select(whole_number("printed", "factor")).row(0)


@draws(150)
@given(
    st.integers(0, 10**DIGITS_MAX - 1), st.integers(0, 4), st.booleans(), st.sampled_from((1, 100, 1000, 10**6, 10**8))
)
def test_numbers_are_those_of_exact_arithmetic(digits: int, decimals: int, grouped: bool, factor: int) -> None:
    exact = Decimal(digits).scaleb(-decimals)
    printed = f"{exact:,f}" if grouped else f"{exact:f}"
    value, resolution, reason = _read_number(printed, factor)
    whole = exact * factor
    is_long = len(re.sub("[^0-9]", "", printed)) > DIGITS_MAX
    # A point before three noughts may stand between thousands, and a unit without decimals has no other use for it.
    is_point_of_thousands = factor == 1 and re.fullmatch(r"[1-9][0-9]{0,2}\.000", printed)
    if is_long or is_point_of_thousands or whole != int(whole) or whole > VALUE_MAX:
        assert (value, resolution) == (None, None)
        assert reason
    else:
        assert (value, reason) == (int(whole), None)
        assert resolution == max(1, factor // 10**decimals)


@pytest.mark.parametrize(
    ("text", "factor", "value"),
    [("353.000", 1, None), ("20.000", 1, None), ("353.000", 1000, 353_000), ("0.000", 1, 0), ("3530.000", 1, 3_530), ("353.00", 1, 353),
     ("353,000", 1, 353_000), ("353,000.000", 1, 353_000)],
)  # fmt: skip
def test_a_point_that_may_stand_between_thousands_is_no_decimal_point(
    text: str, factor: int, value: int | None
) -> None:
    assert _read_number(text, factor)[0] == value


@draws(250)
@given(
    st.text(
        st.one_of(st.sampled_from("0123456789,.-+ eE()%０９，．²①٣"), st.characters(exclude_categories=["Cs"])),
        max_size=8,
    )
)
def test_no_other_text_is_a_number(text: str) -> None:
    """What comes out is what the digits say; a sign, a blank, an exponent or a digit of another kind is never dropped."""
    value, _, reason = _read_number(text)
    plain = plain_texts(pl.Series([text]))[0]
    if value is None:
        assert reason or plain in ("", "-", "--", "—", "…", "...", "*", "**")
    else:
        assert Decimal(plain.replace(",", "")) == value
        assert re.fullmatch(r"-?[0-9]+(\.0+)?|[0-9]{1,3}(,[0-9]{3})+(\.0+)?", plain)


@pytest.mark.parametrize(
    "text", ["353²", "①", "½", "٣٥٣", "３５３²", "Ⅷ", "1٬000", "1\u2009000", "1’000", "1_0", "0x1F", "1e5", "–5", "+5"]
)
def test_no_compatibility_form_becomes_a_digit(text: str) -> None:
    assert _read_number(text) == (None, None, "is not a number as the source prints them")


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("202506", (date(2025, 6, 1), date(2025, 6, 30))),
        ("2024-02", (date(2024, 2, 1), date(2024, 2, 29))),
        ("2024-12..2025-02", (date(2024, 12, 1), date(2025, 2, 28))),
        *((text, None) for text in ("202513", "202500", "190001", "2100-01", "2506", "20256", "2025-6", "٢٠٢٥٠٦", "202506\n", "2025-06..2025-05", "")),
    ],
)  # fmt: skip
def test_a_period_is_a_month_or_months_from_one_to_a_later_one(text: str, span: tuple[date, date] | None) -> None:
    assert read_period(text) == span


def test_a_record_becomes_a_statement_for_each_of_its_numbers() -> None:
    detail = _normalised().detail.filter(pl.col("record") == 7).sort("measure")
    assert detail.select("flow", "product", "classification", "partner", "period_start", "period_end", "measure", "value", "unit",
                         "resolution", "known_from").rows() == [
        ("export", "01012100", "HS8", "DEU", date(2025, 6, 1), date(2025, 6, 30), *number, 1, date(2025, 7, 20))
        for number in (("quantity_item", 2, "item"), ("quantity_kg", 1200, "kg"), ("value_usd", 61_500, "USD"))
    ]  # fmt: skip


def test_every_reason_is_told() -> None:
    records = with_field(
        PRODUCT, "x", 2, with_field(PARTNER, "y", 2, with_field(QUANTITY, "z", 2, with_field(VALUE, "-1", 2)))
    )
    release = _normalised(records)
    assert release.quarantine["reasons"].to_list() == [[
        "partner 'y' is no partner code", "product 'x' is no HS code of 2, 4, 6 or 8 digits",
        "quantity 'z' is not a number as the source prints them", "value '-1' is negative",
    ]]  # fmt: skip
    assert json.loads(release.quarantine["printed"][0])["product"] == "x"
    assert release.detail.filter(pl.col("record") == 3).height == 0


@pytest.mark.parametrize(
    ("code", "month", "partner"),
    [
        ("150", "202301", "GEO"), ("337", "202212", "GEO"), ("337", "202301", "gacc:337"), ("150", "202212", "gacc:150"),
        ("142", "202506", "CHN"), ("701", "202506", "gacc:701"), ("188", "202506", "gacc:188"),
    ],
)  # fmt: skip
def test_partner_codes_hold_for_their_months(code: str, month: str, partner: str) -> None:
    release = _normalised([magnets(code, month=month)])
    assert set(release.detail["partner"]) == {partner}
    assert ("unknown_partner" in release.findings["check"]) == (partner == f"gacc:{code}" and code != "701")


def test_regimes_and_provinces_are_kept_and_unknown_ones_reported() -> None:
    records = [(*magnets(partner)[:5], regime, "某", province, "某", *magnets(value=value)[5:])
               for partner, regime, province, value in
               (("502", "10", "44", "1"), ("502", "77", "44", "2"), ("502", "10", "99", "3"), ("304", "1", "4a", "4"))]  # fmt: skip
    release = _normalised(records, (*TITLES[:5], *PLACES, *TITLES[5:]))
    rows = (
        release.detail.filter(pl.col("measure") == "value_usd")
        .sort("record")
        .select("regime", "province", "value")
        .rows()
    )
    assert rows == [("10", "44", 1), ("77", "44", 2), ("10", "99", 3)]
    assert release.findings.select("check", "severity", "subject").rows() == [
        ("unknown_province", "warning", "province 99"), ("unknown_regime", "warning", "regime 77"),
    ]  # fmt: skip
    assert release.quarantine["reasons"].to_list() == [
        ["province '4a' is not two digits", "regime '1' is not two digits"]
    ]


def test_a_month_is_over_on_the_day_after_its_last() -> None:
    first_of_july = LANDED.model_copy(update={"released_on": date(2025, 7, 1)})
    assert _normalised(landed=first_of_july).quarantine.height == 0
    assert (
        _refused(CLEAN_RECORDS, landed=LANDED.model_copy(update={"released_on": date(2025, 6, 30)})).rule
        == "future month"
    )


def test_one_key_with_other_numbers_is_a_contradiction_in_either_order() -> None:
    half = (*magnets()[:QUANTITY], "-", *magnets()[QUANTITY + 1 :])
    for records in ([magnets(), half], [half, magnets()], [magnets(), magnets(), half]):
        refused = _refused(records)
        assert refused.rule == "contradiction"
        assert refused.where.startswith("f.csv, records 1, 2")


def test_a_record_that_says_one_measure_twice_contradicts_itself() -> None:
    refused = _refused(with_field(SECOND_UNIT, "千克", records=with_field(SECOND, "5")))
    assert refused.rule == "contradiction"
    assert refused.where.startswith("f.csv, records 1, 1")


def test_a_record_that_says_one_number_in_both_quantities_says_it_once() -> None:
    release = _normalised(with_field(SECOND_UNIT, "千克", records=with_field(SECOND, "353000")))
    assert release.quarantine.height == 0
    assert release.detail.drop("release_id").equals(_normalised().detail.drop("release_id"))
    (said,) = release.findings.filter(check="said_twice").to_dicts()
    assert (said["severity"], said["observed"]) == ("info", "1 record with one number in both quantities")


@pytest.mark.parametrize(
    ("day", "asked", "last"),
    [
        # Customs open a month on the 20th of the next; what has a record was open.
        (date(2025, 7, 19), "2025-12", "2025-06"), (date(2025, 8, 19), "2025-12", "2025-06"), (date(2025, 8, 20), "2025-12", "2025-07"),
        (date(2026, 2, 25), "2026-01", "2025-12"), (date(2026, 3, 20), "2026-02", "2026-02"), (date(2025, 7, 20), "2025-06", "2025-06"),
    ],
)  # fmt: skip
def test_a_month_that_was_not_open_yet_is_not_spoken_of(day: date, asked: str, last: str) -> None:
    landed = LANDED.model_copy(
        update={"first_month": date(2025, 1, 1), "last_month": date.fromisoformat(f"{asked}-01"), "released_on": day}
    )
    release = _normalised(landed=landed)
    assert f"{release.release['last_month'][0]:%Y-%m}" == last
    told = release.findings.filter(check="months_not_opened")["expected"].to_list()
    assert [text.split(",")[0] for text in told] == ([f"months to {last}"] if last < asked else [])


def test_a_fall_by_more_than_all_there_was_is_set_aside() -> None:
    release = _published(
        "export,85051110,USA,2025-06,quantity_yoy,-100,%,2025-07-20",
        "export,85051110,DEU,2025-06,quantity_yoy,-100.1,%,2025-07-20",
    )
    assert release.detail.select("partner", "value").rows() == [("USA", -10_000)]
    assert release.quarantine["reasons"].to_list() == [["quantity_yoy '-100.1' is a fall by more than all there was"]]


def test_a_minus_of_print_is_a_minus() -> None:
    fall = "export,85051110,{},2025-06,quantity_yoy,{},%,2025-07-20"
    release = _published(*(fall.format(partner, text) for partner, text in (("USA", "−38.1"), ("DEU", "－38.1"))))
    assert release.detail.select("partner", "value").rows() == [("DEU", -3_810), ("USA", -3_810)]
    assert _normalised(with_field(QUANTITY, "−")).findings.filter(check="missing_number").height == 1
    twice = _normalised(with_field(QUANTITY, "-", 2, with_field(QUANTITY, "-", 4)))
    assert [missing.findings.filter(check="missing_number")["observed"].to_list()
            for missing in (twice, _normalised(with_field(QUANTITY, "-", 4)))] == [
        ["2 marks like '-', first in record 3"], ["1 mark like '-', first in record 5"],
    ]  # fmt: skip
    (reasons,) = _normalised(with_field(QUANTITY, "−353000")).quarantine["reasons"].to_list()
    assert reasons == ["quantity '-353000' is negative"]


def test_a_growth_of_pieces_is_refused() -> None:
    growth = "export,87038000,WLD,2025-06,quantity_yoy,25,%,2025-07-20"
    with pytest.raises(Refused, match="growth of 87038000, partner WLD, whose quantity is no mass"):
        _published("export,87038000,WLD,2025-06,quantity,200000,辆,2025-07-20", growth)
    assert _published("export,87038000,WLD,2025-06,quantity,200000,kg,2025-07-20", growth).detail.height == 2


def test_units_of_one_thing_are_one_measure_in_both_languages() -> None:
    told = [
        _normalised(with_field(SECOND_UNIT, unit, records=with_field(SECOND, "5"))) for unit in ("套", "Number of item")
    ]
    assert "quantity_item" in told[0].detail["measure"].cast(pl.String).to_list()
    assert told[0].detail.drop("release_id").equals(told[1].detail.drop("release_id"))


@pytest.mark.parametrize(("records", "is_slip"), [(1_998, True), (1_997, False)])
def test_one_copy_in_a_thousand_records_is_a_slip_and_more_are_downloads_joined_together(
    records: int, is_slip: bool
) -> None:
    with_copies = [*distinct_records(records), *distinct_records(2)]
    if is_slip:
        assert _normalised(with_copies).quarantine["record"].to_list() == [1_999, 2_000]
    else:
        assert "2 of 1999 records are exact copies" in str(_refused(with_copies))


def test_papers_may_print_one_figure_on_one_day() -> None:
    """The one with the most digits is kept, and of as many the first; another day is another word."""
    figures = [
        ("WLD", "3188", "19"),
        ("WLD", "3188.2", "19"),
        ("WLD", "3188.2", "19"),
        ("WLD", "3189", "20"),
        ("USA", "46.4", "20"),
        ("USA", "46", "20"),
    ]
    release = _published(
        *(f"export,85051110,{partner},2025-06,quantity,{text},t,2025-07-{day}" for partner, text, day in figures)
    )
    assert release.detail.select("partner", "value", "record").rows() == [
        ("USA", 46_400, 5), ("WLD", 3_188_200, 2), ("WLD", 3_189_000, 4),
    ]  # fmt: skip
    assert release.release["released_on"].to_list() == [date(2025, 7, 20)], "the day of the last of them"
    assert release.quarantine["record"].to_list() == [1, 3, 6]
    assert set(release.quarantine["reasons"].explode()) == {
        "prints a figure that another record has with as many digits or more"
    }
    assert release.release["lost"].to_list() == [[]]
    (said,) = release.findings.to_dicts()
    assert (said["check"], said["severity"], said["observed"]) == ("printed_again", "info", "3 figures, first record 1")


def test_papers_that_write_one_partner_in_two_ways_print_one_figure() -> None:
    figure = "export,85051110,{},{},quantity,{},t,2025-07-20"
    release = _published(
        figure.format("JPN", "2025-06", 12), figure.format("USA", "2025-06", 353), figure.format("502", "202506", 353)
    )
    assert release.detail.select("partner", "value", "record").rows() == [("JPN", 12_000, 1), ("USA", 353_000, 2)]
    assert release.quarantine["record"].to_list() == [3]
    with pytest.raises(Refused, match="records 1, 2: quantity_kg of 85051110, partner USA"):
        _published(figure.format("USA", "2025-06", 353), figure.format("502", "202506", 354))


@pytest.mark.parametrize("text", ["3189", "3188.3", "3.2"])
def test_papers_that_print_different_figures_on_one_day_are_refused(text: str) -> None:
    figure = "export,85051110,WLD,2025-06,quantity,{},t,2025-07-20"
    with pytest.raises(Refused, match=r"records 1, 2: quantity_kg of 85051110.*Leave one of them out"):
        _published(figure.format("3188.2" if "." in text else "3188"), figure.format(text))


def test_published_days_lie_after_their_period_and_not_in_the_future() -> None:
    release = _published(
        "export,85051110,USA,2025-06,quantity,353,t,2025-07-20", "export,85051110,DEU,2025-06,quantity,764,t,2025-06-30",
        "export,85051110,KOR,2025-06,quantity,1,t,2025-07-21", "export,85051110,JPN,2025-06,quantity,1,t,20.07.2025",
        "both,85051110,IND,2025-06,quantity,1,t,2025-07-20",
    )  # fmt: skip
    assert release.detail.select("partner", "known_from").rows() == [("USA", date(2025, 7, 20))]
    assert [reasons[0].split("'")[0] for reasons in release.quarantine["reasons"]] == [
        "published_on ",
        "published_on ",
        "published_on ",
        "flow ",
    ]


def test_lines_spans_and_our_keys_are_for_collected_files_only() -> None:
    release = _published("export,line:rare_earth,WLD,2025-01..2025-06,quantity,1,t,2025-07-20")
    assert release.detail.select("product", "classification", "partner").rows() == [("line:rare_earth", "line", "WLD")]
    records = [(*magnets(value=str(place))[:VALUE], str(place)) for place in range(4)]
    records[0] = ("2025-01..2025-06", *records[0][1:])
    records[1] = (records[1][0], "line:rare_earth", *records[1][2:])
    records[2] = (*records[2][:PARTNER], "WLD", *records[2][PARTNER + 1 :])
    assert _normalised(records).quarantine["record"].to_list() == [1, 2, 3]


@pytest.mark.parametrize(
    "change",
    [{"raw_sha256": "1" * 64}, {"flow": "import"}, {"partners": "all"}, {"products": ("8505",)}, {"first_month": date(2025, 6, 1)}, {"reporter": "VNM"}],
)  # fmt: skip
def test_a_release_is_its_bytes_and_its_scope(change: dict[str, Any]) -> None:
    assert release_id_of(LANDED.model_copy(update=change)) != release_id_of(LANDED)
    assert release_id_of(
        LANDED.model_copy(update={"released_on": date(2025, 8, 1), "title": "x", "file": Path("y")})
    ) == release_id_of(LANDED)


def test_the_release_tells_its_scope() -> None:
    row = _normalised().release.row(0, named=True)
    assert (row["first_month"], row["last_month"], row["by_month"]) == (date(2025, 6, 1), date(2025, 6, 1), True)
    assert (row["records"], row["records_observed"], row["records_quarantined"]) == (7, 7, 0)
    assert row["products"] == ["01012100", "85051110"]
    assert row["partner_list"] == ["BOL", "DEU", "JPN", "KOR", "RUS", "USA"]
    assert row["measures"] == ["quantity", "value_usd"]
    assert (row["encoding"], row["partners"]) == ("gb18030", "listed")


def test_normalising_is_told_column_by_column_and_what_is_read_is_plain() -> None:
    records = with_field(VALUE, "２０", 0, with_field(VALUE, "３０ ", 1, with_field(PARTNER, " 133", 2)))
    read = _normalised(records)
    assert read.findings.select("check", "severity", "observed").rows() == [
        ("normalised", "info", "column partner: blanks, invisible or full-width characters in 1 text"),
        ("normalised", "info", "column value: blanks, invisible or full-width characters in 2 texts"),
    ]
    plain = _normalised(with_field(VALUE, "20", 0, with_field(VALUE, "30", 1)))
    assert CLEAN_RECORDS[2][PARTNER] == "133"
    assert_frame_equal(read.detail, plain.detail)
