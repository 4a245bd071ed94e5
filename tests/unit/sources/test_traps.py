"""The traps of the sources, and the test of each. What is named here exists; what no other file tests is tested here."""

import gzip
import re
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from comext_bulk import Row as BulkRow
from comext_bulk import text
from release_pages import GOODS, SPANS, TITLE, goods

from schemas.reference.code_tables import code_table
from schemas.tables.observation import Detail
from schemas.tables.release import Release
from tasks.domain.errors import Refused
from tasks.ingest.normalise import Normalised
from tasks.ledger.merge import merge
from tasks.sources.gacc_site import linked
from tasks.sources.registry import SOURCES
from tests.unit.sources.test_eurostat_bulk import read as read_bulk
from tests.unit.sources.test_eurostat_comext import VALUE, answer
from tests.unit.sources.test_eurostat_comext import read as read_comext
from tests.unit.sources.test_gacc_pages import read as read_page
from tests.unit.sources.test_gacc_site import index

TESTS = Path(__file__).parents[2]
OF = {
    "comext": "unit/sources/test_eurostat_comext.py", "census": "unit/sources/test_us_census.py", "hmrc": "unit/sources/test_hmrc_ots.py",
    "japan": "unit/sources/test_japan_estat.py", "gacc": "unit/sources/test_gacc_pages.py", "codes": "unit/sources/test_source_codes.py",
    "query": "unit/sources/test_sources.py", "fetch": "unit/fetch/test_fetch.py", "flow": "integration/test_fetch_flow.py",
    "vintages": "integration/test_comext_vintages.py", "reporters": "integration/test_reporters.py", "here": "unit/sources/test_traps.py",
    "comtrade": "unit/sources/test_un_comtrade.py",
    "bulk": "unit/sources/test_eurostat_bulk.py", "fetch_bulk": "unit/sources/test_eurostat_archive.py",
    "tables": "unit/sources/test_gacc_tables.py", "lines": "unit/sources/test_gacc_lines.py", "index": "unit/sources/test_gacc_site.py", "groups": "unit/reports/test_groups.py",
    "members": "integration/test_members_fetched.py", "due": "unit/reports/test_sources.py", "quotable": "unit/reports/test_quotable.py",
    "month": "unit/checks/test_bulk_month.py", "zeros": "unit/checks/test_magnitudes.py", "terms": "unit/sources/test_value_terms_of_files.py",
    "transport": "unit/fetch/test_transport.py", "fetch_comtrade": "unit/sources/test_un_comtrade_questions.py", "merge": "unit/ledger/test_precedence.py",
}  # fmt: skip
TRAPS = {
    "the partners do not add up to the printed total": (
        "comext:test_a_printed_total_that_is_not_the_sum_of_its_parts_holds_the_release",
        "comext:test_a_partner_that_is_missing_from_the_answer_is_found_by_the_total",
        "census:test_a_total_that_is_not_the_sum_of_the_countries_holds_the_release",
        "census:test_twelve_months_of_two_codes_add_up_to_their_totals",
        "japan:test_a_year_that_its_months_do_not_add_up_to_holds_the_release",
    ),
    "groups and totals among the partners are added up": (
        "comext:test_no_total_or_group_is_a_statement_and_that_is_noted",
        "census:test_the_real_answer_to_the_last_unit", "codes:test_groups_and_totals_have_no_key_of_a_country",
    ),
    "a header has a name twice": ("census:test_what_was_asked_for_by_value_comes_back_as_one_more_column",),
    "a page or nothing comes with a success status": (
        "fetch:test_what_is_no_answer_is_named_and_nothing_is_dropped", "fetch:test_a_gate_for_browsers_is_not_worked_around",
    ),
    "there is no key, or the key is kept somewhere": (
        "fetch:test_census_without_a_key_is_skipped_and_nothing_is_asked",
        "fetch:test_a_key_is_sent_with_each_call_and_lies_in_no_file",
        "flow:test_a_fetch_is_a_run_with_a_name_and_its_key_is_in_nothing_that_is_kept",
    ),
    "an answer was cut at the limit of the source": (
        "query:test_a_download_that_reached_the_cap_is_held", "hmrc:test_an_answer_that_may_go_on_is_held",
        "fetch:test_hmrc_is_asked_page_by_page_until_one_is_short",
    ),
    "UN Comtrade: cut answers, invented weights, breakdown rows for totals": (
        "here:test_no_other_adapter_reads_a_file_of_comtrade", "comtrade:test_what_is_no_whole_answer_is_refused",
        "comtrade:test_an_estimated_weight_is_unknown_and_one_unit_value_for_ten_partners_is_an_estimate",
        "comtrade:test_rows_of_a_breakdown_and_of_re_exports_are_left_out",
    ),
    "Northern Ireland and Great Britain double the United Kingdom": (
        "comext:test_northern_ireland_and_great_britain_do_not_double_the_united_kingdom",
        "bulk:test_real_rows_of_the_united_kingdom_are_not_doubled",
    ),
    "a 52nd month is a year": ("comext:test_a_year_or_a_quarter_is_no_month",),
    "the bulk file of Comext: procedures, other columns, duplicates, cents, totals of all codes": (
        "bulk:test_procedures_are_added_up_and_the_record_says_which_rows", "bulk:test_a_row_that_is_there_twice_holds_the_release",
        "bulk:test_cents_are_added_exactly_and_rounded_once", "bulk:test_a_total_of_all_codes_is_compared_and_not_published",
        "bulk:test_what_is_no_part_is_refused_by_name", "here:test_a_part_of_the_bulk_file_is_refused_by_all_other_adapters",
    ),
    "a month of the bulk file that is not out is a page with a success status": (
        "fetch_bulk:test_a_month_that_is_not_out_is_a_page_and_is_asked_for_again",
    ),
    "trade without a published code: a missing row is not no trade": (
        "bulk:test_trade_without_a_published_code_is_a_line_and_makes_silence_say_nothing",
    ),
    "the column of units is missing": (
        "gacc:test_what_cannot_be_read_right_is_refused_by_name",
        "fetch:test_the_attachment_is_taken_where_the_page_has_lost_its_units",
    ),
    "a printed unit is wrong by a factor": ("gacc:test_a_unit_that_is_wrong_by_a_factor_leaves_the_quantity_out_and_says_so",),
    "January and February come as one": ("gacc:test_a_page_of_january_and_february_has_no_month",),
    "the label of a line drifts": (
        "gacc:test_a_line_whose_label_changed_is_the_same_line", "here:test_a_line_whose_label_changed_has_a_definition_break",
    ),
    "line ends differ": (
        "comext:test_line_ends_make_no_difference_to_what_is_read", "japan:test_line_ends_make_no_difference",
    ),
    "only the stamp or the order of an answer is new": ("fetch:test_the_same_bytes_the_same_records_and_304_are_nothing_new",),
    "equal digits of two nomenclatures": (
        "codes:test_equal_digits_of_two_lists_of_goods_never_meet", "codes:test_a_store_of_one_list_of_goods_refuses_codes_of_another",
        "reporters:test_figures_of_all_reporters_in_one_query_are_those_of_the_files",
    ),
    "yen are cut off and not rounded": ("japan:test_a_value_in_thousands_of_yen_is_cut_off_and_so_one_sided",),
    "months to come are zeros": (
        "japan:test_a_zero_is_a_zero_but_not_in_the_months_to_come", "japan:test_months_that_have_no_columns_are_not_there",
    ),
    "months long past are published again": (
        "vintages:test_each_day_has_the_figures_of_its_download", "vintages:test_the_downloads_may_come_in_either_order",
        "here:test_a_late_issue_changes_only_the_months_that_it_has",
    ),
    "the day of a figure is that of the source's own clock": (
        "fetch:test_the_day_of_a_release_is_the_later_of_the_printed_one_and_the_first_sight",
        "here:test_eleven_in_luxembourg_is_that_day_in_summer_and_winter",
    ),
    "the official days of a year are not the usual one": (
        "here:test_the_calendar_has_the_official_days_of_the_preliminary_release", "due:test_due_days_are_those_of_the_calendar_and_else_of_the_usual_delay",
    ),
    "a member state that is missing lowers the sum of the EU": (
        "groups:test_a_member_without_a_store_is_named_and_there_is_no_sum", "groups:test_the_printed_figure_of_the_group_is_compared_with_the_sum_of_its_members",
        "members:test_a_month_of_the_union_is_partial_until_its_last_member_has_reported",
    ),
    "residual and secret partners are lost or counted twice": (
        "comext:test_partners_residual_and_secret_ones_count_once_whatever_totals_are_printed",
        "comext:test_a_new_country_code_counts_in_the_printed_total_and_is_a_warning", "month:test_sums_of_partners_and_secret_ones_are_the_printed_totals",
    ),
    "flagged numbers: estimated, suppressed, or a true zero": (
        "comext:test_a_number_that_is_estimated_or_hidden_is_not_known_and_not_zero", "census:test_a_quantity_without_a_unit_is_none_and_one_with_a_flag_is_not_known",
        "census:test_countries_with_both_valuations_and_true_zeros", "hmrc:test_a_quantity_that_is_hidden_or_missing_in_one_port_is_not_known_of_the_sum",
    ),
    "values of two sources mean different things: FOB, CIF, customs value, FAS": (
        "terms:test_each_value_of_a_real_file_has_its_terms", "terms:test_each_value_of_an_answer_in_the_form_of_the_source_has_its_terms",
    ),
    "goods that weigh nothing": (
        "month:test_a_month_with_electricity_and_goods_that_are_only_counted_is_not_held", "zeros:test_electrical_energy_weighs_nothing",
        "zeros:test_goods_that_are_never_weighed_hold_no_broad_release_and_a_lost_weight_does",
    ),
    "a code has lost its leading zero": ("here:test_a_code_without_its_leading_zero_is_set_aside", "hmrc:test_a_leading_zero_is_in_the_code_and_not_in_the_number"),
    "re-exports are a third direction": (
        "here:test_re_exports_of_the_api_are_no_exports", "census:test_domestic_and_foreign_exports_are_added_up_and_their_records_kept",
    ),
    "a file has fields that its header has not": ("comext:test_real_downloads_of_another_form_are_refused_with_the_right_one",),
    "the title of a page says yuan over dollars": ("tables:test_headings_that_cannot_be_read_or_name_two_currencies_are_refused",),
    "columns move from month to month": (
        "tables:test_columns_are_known_by_their_titles_and_not_by_their_place", "gacc:test_columns_that_have_changed_places_hold_the_page",
        "gacc:test_the_column_of_a_year_that_is_not_the_year_before_is_not_read",
    ),
    "two rows of a page have one label": ("lines:test_a_new_label_is_a_line_of_its_own_and_one_that_would_be_another_line_is_set_aside",),
    "a page of countries is not whole": ("gacc:test_a_page_of_countries_that_is_not_whole_is_refused",),
    "a page in two currencies is one release": ("gacc:test_both_currencies_are_one_release_twice_and_the_quantity_counts_once", "merge:test_two_currencies_of_one_query_count_the_quantity_once"),
    "what was revised stands in the column of the year before": ("here:test_a_changed_column_of_the_year_before_is_a_revision_of_that_year",),
    "links change, are unquoted, or have backslashes": (
        "fetch:test_a_gacc_page_at_another_address_is_new_only_where_it_says_something_else", "index:test_backslashes_and_chinese_letters_become_an_address",
        "here:test_an_index_without_quotes_around_its_links_is_read",
    ),
    "a gap behind the newest month": (
        "fetch:test_gacc_pages_are_found_on_the_index_and_a_gap_behind_the_newest_is_filled", "due:test_a_gap_behind_the_newest_month_is_overdue",
    ),
    "a page that cannot be read is an alarm each day": ("fetch:test_an_answer_that_the_adapter_refuses_is_dropped_once_and_refused_where_people_look",),
    "a source publishes last year again": ("fetch:test_census_is_asked_for_two_years_before_with_the_june_issue",),
    "a source asks for patience, or rejects in plain words": (
        "transport:test_the_wait_that_a_source_asks_for_is_kept", "fetch:test_hmrc_that_rejects_for_a_moment_is_asked_again_and_a_month_that_is_not_out_is_said",
        "fetch_comtrade:test_a_quota_under_403_is_a_refusal_without_the_key",
    ),
    "a growth from nearly nothing": ("quotable:test_nearly_nothing_is_less_than_a_hundred_steps_of_the_last_digit",),
}  # fmt: skip


@pytest.mark.parametrize("trap", TRAPS)
def test_each_trap_has_its_tests(trap: str) -> None:
    assert TRAPS[trap]
    for named in TRAPS[trap]:
        file, _, test = named.partition(":")
        text = (TESTS / OF[file]).read_text(encoding="utf-8")
        assert re.search(rf"^def {test}\(", text, re.M), named


def test_no_file_of_tests_is_named_for_nothing() -> None:
    named = {test.partition(":")[0] for tests in TRAPS.values() for test in tests}
    assert named == {*OF}
    assert len(TRAPS) >= 44


@pytest.mark.shared
@pytest.mark.parametrize("source", sorted({*SOURCES}))
def test_no_other_adapter_reads_a_file_of_comtrade(shared_data: Path, source: str) -> None:
    """Nor does its own where an answer is of a year or was cut off, or where a project has made a table of it."""
    files = [
        *(shared_data / "comtrade_api").glob("*_v1_*.json"),
        *(shared_data / "comtrade_api").glob("preview_*.json"),
    ]
    files += [*(shared_data / "comtrade").glob("*.gz"), *(shared_data / "mirror_pairs").glob("comtrade_*.csv")]
    assert len(files) >= 7
    for file in files:
        data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
        with pytest.raises(Refused) as refused:
            SOURCES[source].parse(data, file.name)
        assert file.name in refused.value.where


BULK = (
    "REPORTER,PARTNER,TRADE_TYPE,PRODUCT_NC,PRODUCT_SITC,PRODUCT_CPA21,PRODUCT_CPA22,PRODUCT_BEC,PRODUCT_BEC5,PRODUCT_SECTION,FLOW,STAT_PROCEDURE,"
    "SUPPL_UNIT,PERIOD,VALUE_EUR,VALUE_NAC,QUANTITY_KG,QUANTITY_SUPPL_UNIT\r\n"
    "DE,CN,E,85051110,77881,27.90,27.90,42,0,16,1,1,-,202605,1000,1000,100,0\r\n"
    "DE,CN,E,85051110,77881,27.90,27.90,42,0,16,1,2,-,202605,500,500,50,0\r\n"
)


@pytest.mark.parametrize("source", sorted({*SOURCES} - {"eurostat_bulk"}))
def test_a_part_of_the_bulk_file_is_refused_by_all_other_adapters(source: str) -> None:
    """It has a row for each procedure; an adapter that took the first one of a cell would lose trade."""
    with pytest.raises(Refused) as refused:
        SOURCES[source].parse(BULK.encode(), "full_202605.dat")
    assert "full_202605.dat" in refused.value.where


def test_a_line_whose_label_changed_has_a_definition_break() -> None:
    rows = code_table("definition_breaks").filter(pl.col("what").str.contains("the label Rare earth became"))
    assert rows.height == 1
    row = rows.row(0, named=True)
    assert "line:rare_earths" in row.values()
    assert "2026-02" in row.values()


def test_a_late_issue_changes_only_the_months_that_it_has(tmp_path: Path) -> None:
    """A re-issue of a month of eighteen months ago speaks of that month alone."""
    release = read_comext(answer([("CN", VALUE, "5")], period="2025-02"), tmp_path)
    row = release.release.row(0, named=True)
    assert (row["first_month"], row["last_month"]) == (date(2025, 2, 1), date(2025, 2, 1))


@pytest.mark.parametrize(
    ("updated", "day"), [("14/08/26 11:00:00", date(2026, 8, 14)), ("13/02/26 11:00:00", date(2026, 2, 13)), ("14/08/26 23:59:59", date(2026, 8, 14))]
)  # fmt: skip
def test_eleven_in_luxembourg_is_that_day_in_summer_and_winter(tmp_path: Path, updated: str, day: date) -> None:
    """In Beijing it is 17 or 18 o'clock, and late in the evening the next day; the source's day counts."""

    def on(day: date) -> Normalised:
        return read_comext(answer([("CN", VALUE, "5")], period="2025-06", updated=updated), tmp_path, released_on=day)

    assert on(day).detail["known_from"].to_list() == [day]
    # No figure is known before the day that the source prints.
    with pytest.raises(Refused, match=str(day)):
        on(date.fromordinal(day.toordinal() - 1))


PRELIMINARY_DAYS = {
    2025: "01-13 03-07 04-14 05-09 06-09 07-14 08-07 09-08 10-13 11-07 12-08",
    2026: "01-14 03-10 04-14 05-09 06-09 07-14 08-07 09-08 10-14 11-10 12-08",
}


@pytest.mark.parametrize("year", PRELIMINARY_DAYS)
def test_the_calendar_has_the_official_days_of_the_preliminary_release(year: int) -> None:
    """As announced for each year; January and February come in March."""
    rows = code_table("release_calendar").filter(
        pl.col("kind") == "preliminary", pl.col("expected_on").str.starts_with(f"{year}-")
    )
    assert rows["expected_on"].unique().sort().to_list() == [f"{year}-{day}" for day in PRELIMINARY_DAYS[year].split()]


def test_a_code_without_its_leading_zero_is_set_aside(tmp_path: Path) -> None:
    """Another program made the code a number; it might be any other one, so it is not guessed."""
    release = read_bulk(text([BulkRow(product="1012100"), BulkRow()]), tmp_path)
    assert {*release.detail["product"].cast(pl.String)} == {"85051110"}
    assert release.quarantine["record"].to_list() == [1]


def test_re_exports_of_the_api_are_no_exports(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="flow"):
        read_comext(answer([("CN", VALUE, "5")], flow="3"), tmp_path)


@pytest.mark.parametrize(
    "link", ["<a href=/a.html>Mar.</a>", "<a href='/a.html'>Mar.</a>", '<a  HREF="/a.html" >Mar.</a>']
)
def test_an_index_without_quotes_around_its_links_is_read(link: str) -> None:
    assert [address for *_, address in linked(index(link), 2026, "gacc_preliminary")] == [
        "http://english.customs.gov.cn/a.html"
    ]


def test_a_changed_column_of_the_year_before_is_a_revision_of_that_year(tmp_path: Path) -> None:
    """The page of May 2025 is not rewritten; that of May 2026 has another figure of January to May 2025."""
    first = read_page(goods(), tmp_path / "2025", released_on=date(2025, 6, 10))
    after = [[*row[:6], "24,827.1" if row[0].startswith("Rare earth") else row[4], row[5], *row[8:]] for row in GOODS]
    later = read_page(
        goods(after, title=TITLE.replace("2025", "2026"), day="2026/06/09", spans=[span.replace("2024", "2025") for span in SPANS]), tmp_path / "2026",
        released_on=date(2026, 6, 10),
    )  # fmt: skip
    ledger = merge(
        Detail.validate(pl.concat([first.detail, later.detail])),
        Release.validate(pl.concat([first.release, later.release])),
    )
    said = ledger.filter(
        product="line:rare_earths", measure="quantity_kg", period_start=date(2025, 1, 1), period_end=date(2025, 5, 31)
    )
    assert said.sort("known_from").select("value", "known_from", "known_until").rows() == [
        (24_827_000, date(2025, 6, 10), date(2026, 6, 10)), (24_827_100, date(2026, 6, 10), None),
    ]  # fmt: skip
