"""The questions to HMRC: one for each month and direction, the newest month first."""

from datetime import date
from urllib.parse import unquote

from schemas.forms.fetch import FetchRequest
from tasks.fetch.judge import AskedSite
from tasks.sources.hmrc_ots import questions

TODAY = date(2026, 8, 14)


def asked(**given: object) -> list:
    return list(questions(FetchRequest(source="hmrc_ots", **given), TODAY, AskedSite(None, has_key=False)))  # type: ignore[arg-type]


def test_a_question_for_each_month_and_direction() -> None:
    found = asked(products=["850511"], months="2026-05..2026-06")
    assert [one.name for one in found] == [
        "hmrc_export_850511_2026-06", "hmrc_import_850511_2026-06", "hmrc_export_850511_2026-05", "hmrc_import_850511_2026-05",
    ]  # fmt: skip
    assert found[1].declared == {"reporter": "GBR", "flow": "import", "partners": "all", "products": ["850511"], "months": "2026-06"}  # fmt: skip


def test_the_filter_names_month_flows_and_the_field_of_the_level() -> None:
    (one,) = asked(products=["85051110", "28053000"], months="2026-06", flows=["import"])
    query = unquote(one.address.partition("?")[2])
    assert query.startswith(
        "$filter=MonthId eq 202606 and (FlowTypeId eq 1 or FlowTypeId eq 3) and "
        "(Commodity/Cn8Code eq '28053000' or Commodity/Cn8Code eq '85051110')&"
    )
    assert query.endswith("&$top=10000")
    (other,) = asked(products=["8505"], months="2026-06", flows=["export"])
    assert "(FlowTypeId eq 2 or FlowTypeId eq 4) and (Commodity/Hs4Code eq '8505')" in unquote(other.address)


def test_an_address_has_no_blank_and_goes_to_the_source_or_to_the_given_one() -> None:
    (one,) = asked(products=["8505"], months="2026-06", flows=["export"])
    (local,) = asked(products=["8505"], months="2026-06", flows=["export"], base="http://127.0.0.1:99")
    assert " " not in one.address
    assert one.address.startswith("https://api.uktradeinfo.com/OTS?$filter=")
    assert local.address == one.address.replace("https://api.uktradeinfo.com", "http://127.0.0.1:99")


def test_pages_and_a_refusal_for_some_seconds() -> None:
    (one,) = asked(products=["8505"], months="2026-06", flows=["export"])
    assert (one.page_size, one.retry_on, one.form, one.again) == (10_000, frozenset({403}), "json", True)
