"""HMRC's API: sums over ports, pages, suppression, what is no answer, and what is asked."""

from datetime import date
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import polars as pl
import pytest

from schemas.forms.fetch import FetchRequest
from tasks.sources.registry import SOURCES
from tests.unit.sources import reading
from tests.unit.sources.hmrc.ots_answers import DELETED, page, row
from tests.unit.sources.reading import doubts, numbers, rule_of

KEY = ("product", "partner", "measure")
CHINA, MASS = ("85051110", "CHN", "value_gbp"), ("85051110", "CHN", "quantity_kg")
read = partial(reading.read, source="hmrc_ots", name="ots.json", released_on=date(2026, 8, 13))


def test_the_ports_of_a_partner_are_added_up_in_pounds_and_kilograms(tmp_path: Path) -> None:
    data = page(row(port=1), row(7.0, 2.0, country="XS"), row(500.0, 50.0, port=2), row(1.0, 1.0, flow=1, country="DE"))
    release = read(data.replace(b'"PortId": 2', b'"Country": {"CountryId": 720}, "PortId": 2'), tmp_path)
    assert numbers(release, *KEY) == {
        CHINA: 1500, MASS: 150, ("85051110", "SRB", "value_gbp"): 7, ("85051110", "SRB", "quantity_kg"): 2,
        ("85051110", "DEU", "value_gbp"): 1, ("85051110", "DEU", "quantity_kg"): 1,
    }  # fmt: skip
    of_china = release.detail.filter(partner="CHN").row(0, named=True)
    assert [of_china[name] for name in ("reporter", "flow", "classification", "record")] == ["GBR", "import", "CN8", 1]
    notes = SOURCES["hmrc_ots"].parse(data, "f").reported["note"].cast(pl.String).to_list()
    assert notes == ["sum of records 1, 3", None, None]


def test_a_row_that_comes_twice_holds_the_release() -> None:
    (found,) = SOURCES["hmrc_ots"].parse(page(row(), row(port=2), row(7.0), row()), "f").doubts
    assert (found["check"], found["severity"], found["records"]) == ("row_twice", "error", [1])
    assert found["observed"] == "2 records that agree with another one in every field, first record 1"


def test_countries_are_kept_apart_by_their_number(tmp_path: Path) -> None:
    """Estimates and low value trade with the EU share their letters in the API, as do 400 and 902; the others have
    none."""
    ids = (400, 902, 959, 962, 977, *range(1001, 1008))
    release = read(page(*(row(float(place), None, CountryId=number) for place, number in enumerate(ids, 1))), tmp_path)
    found = {partner: value for (_, partner, _), value in numbers(release, *KEY).items()}
    assert found == {"USA": 1} | {f"hmrc:{number}": place for place, number in enumerate(ids[1:], 2)}
    assert (doubts(release), release.quarantine.height) == ([], 0)


def test_the_code_has_its_leading_zero_and_trade_without_detail_is_a_line_of_its_own(tmp_path: Path) -> None:
    rows = (
        row(5.0, code="01012100", commodity=1012100),
        row(6.0, None, code=None, commodity=-990),
        row(7.0, None, code="05", commodity=5),
    )
    assert numbers(read(page(*rows), tmp_path), *KEY) == {
        ("01012100", "CHN", "value_gbp"): 5, ("01012100", "CHN", "quantity_kg"): 100,
        ("line:hmrc_990", "CHN", "value_gbp"): 6, ("line:cn8_05", "CHN", "value_gbp"): 7,
    }  # fmt: skip


def test_a_negative_number_of_one_port_is_added_up_and_said(tmp_path: Path) -> None:
    release = read(page(row(10.0, 5.0), row(-4.0, -1.0, port=2)), tmp_path)
    assert numbers(release, *KEY) == {CHINA: 6, MASS: 4}
    assert doubts(release) == [("negative_part", "warning")]


@pytest.mark.parametrize(
    ("part", "said"),
    [({"mass": 0.0, "suppression": 3}, [("suppressed", "warning")]), ({"mass": None}, []), ({"mass": 0.0}, None)],
)
def test_a_quantity_that_is_hidden_or_missing_in_one_port_is_not_known_of_the_sum(
    tmp_path: Path, part: dict[str, Any], said: list[tuple[str, str]] | None
) -> None:
    release = read(page(row(10.0, 5.0), row(10.0, port=2, **part)), tmp_path)
    assert numbers(release, *KEY) == {CHINA: 20} | ({MASS: 5} if said is None else {})
    assert release.release["lost"].to_list() == [[] if said is None else ["85051110 2026-06 quantity"]]
    assert doubts(release) == (said or [])


def test_a_value_that_is_null_in_one_port_is_not_known_of_the_sum_and_a_finding_says_so(tmp_path: Path) -> None:
    release = read(page(row(10.0, 5.0), row(None, 5.0, port=2)), tmp_path)
    assert numbers(release, *KEY) == {MASS: 10}
    assert release.release["lost"].to_list() == [["85051110 2026-06 value_gbp"]]
    found = release.findings.filter(check="missing_number").select("subject", "observed").rows()
    assert [(subject.rpartition(" ")[2], observed) for subject, observed in found] == [
        ("Value", "1 null, first in record 2")
    ]


@pytest.mark.parametrize(("pages", "held"), [((5, 1), False), ((1000,), True), ((3, 3), True), ((3, 0), False)])
def test_pages_one_after_another_are_one_answer_and_one_that_may_go_on_is_held(
    tmp_path: Path, pages: tuple[int, ...], held: bool
) -> None:
    ports = iter(range(10_000))
    data = b"\n".join(page(*(row(1.0, 1.0, port=next(ports)) for _ in range(count))) for count in pages)
    release = read(data, tmp_path)
    assert numbers(release, *KEY) == {CHINA: sum(pages), MASS: sum(pages)}
    assert doubts(release) == [("no_last_page", "error")] * held


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (page(), "no records"),
        (page(row())[:-5], "no whole JSON"),
        (page(row()) * 2, "page twice"),
        (page(row(PortId=DELETED)), "columns"),
        (page(row(CountryId=None)), "columns"),
        (page(row(CountryId="CN")), "no codes"),
        (page(row(Commodity=DELETED)), "no codes"),
        (page(row(flow=5)), "unknown flow"),
        # A text for a record, and records of another country, port or product than their numbers.
        (page(row(commodity=1012100)), "no codes"),
        (page(row("many")), "no number"),
        # Python reads these as numbers.
        (page(row(True)), "no number"),
        (page(row(" 12 ")), "no number"),
        (page(row("١٢")), "no number"),
        (page(row("1_500_000")), "no number"),
        (page(row("0x10")), "no number"),
        (page(row(mass="Infinity")), "no number"),
        (page(row(mass=[1])), "columns"),
        (page(row(CountryId="٧٢٠")), "no codes"),
        (b'{"error": {"code": "403", "message": "rejected"}}', "no answer"),
        (b"[1, 2]", "no answer"),
        (b"rejected", "not JSON"),
        (b"comcode,sitc,record_type,cod_seq\n610442000,84424,000,740\n", "other download"),
        (b"000000000|SMKE19|JUNE 2026\n610442000|84424|000|740\n", "other download"),
    ],
    ids=lambda case: case if isinstance(case, str) else "",
)
def test_what_is_no_whole_answer_is_refused_by_name(data: bytes, rule: str) -> None:
    assert rule_of("hmrc_ots", data) == rule


MORE: list[dict[str, Any]] = [
    {"@odata.nextLink": "https://api.uktradeinfo.com/OTS?$skip=1"},
    {"odata.nextLink": "OTS?$skip=1"},
    {"@odata.count": 2},
    {"@odata.count": 2.0},
    {"odata.count": "1,234"},
    {"totalCount": "2"},
    {"next": "/OTS?page=2"},
    {"hasMore": True},
    {"pagination": {"total_records": 2}},
    {"links": [{"rel": "self", "href": "x"}, {"rel": "next", "href": "y"}]},
]


@pytest.mark.parametrize("marks", MORE, ids=str)
def test_an_answer_that_says_that_more_follows_is_cut_off(marks: dict[str, Any]) -> None:
    assert rule_of("hmrc_ots", page(row(), **marks)) == "cut off"
    assert rule_of("hmrc_ots", page(row()) + page(row(5.0, port=2), **marks | {"@odata.count": 9})) == "cut off"


def test_a_count_or_a_shorter_last_page_proves_that_an_answer_is_whole() -> None:
    one, other = page(row(), row(port=2)), page(row(port=3))
    said = [
        SOURCES["hmrc_ots"].parse(data, "f").proof for data in (one, one + other, page(row(), **{"@odata.count": 1}))
    ]
    assert said == ["", "2 pages, of which the last is shorter", "@odata.count 1, and as many rows"]
    assert SOURCES["hmrc_ots"].parse(page(row()) + other, "f").proof == ""


def test_an_answer_of_all_pages_says_so_itself(tmp_path: Path) -> None:
    first = page(row(1000.0), **{"@odata.nextLink": "OTS?$skip=1", "@odata.count": 2})
    last = page(row(5.0, port=2), **{"@odata.nextLink": None, "@odata.count": 2, "hasMore": False})
    assert numbers(read(first + last, tmp_path), *KEY) == {CHINA: 1005, MASS: 200}


def asked(**given: Any) -> list[Any]:
    request = FetchRequest(source="hmrc_ots", **{"months": "2026-06", "flows": ["import"], **given})
    return list(SOURCES["hmrc_ots"].questions(request, date(2026, 8, 14), None))  # type: ignore[arg-type]


def test_a_question_for_each_month_and_direction_the_newest_month_first() -> None:
    found = asked(products=["850511"], months="2026-05..2026-06", flows=["export", "import"])
    assert [one.name for one in found] == [
        f"hmrc_{flow}_850511_2026-{month}" for month in ("06", "05") for flow in ("export", "import")
    ]
    assert found[1].declared == {
        "reporter": "GBR",
        "flow": "import",
        "partners": "all",
        "products": ["850511"],
        "months": "2026-06",
    }
    assert (found[0].page_size, found[0].retry_on, found[0].form, found[0].again) == (
        10_000,
        frozenset({403}),
        "json",
        True,
    )


@pytest.mark.parametrize(
    ("flow", "products", "words"),
    [
        (
            "import",
            ["85051110", "28053000"],
            (
                "(FlowTypeId eq 1 or FlowTypeId eq 3) and (Commodity/Cn8Code eq '28053000' or Commodity/Cn8Code eq"
                " '85051110')"
            ),
        ),
        ("export", ["8505"], "(FlowTypeId eq 2 or FlowTypeId eq 4) and (Commodity/Hs4Code eq '8505')"),
    ],
)
def test_the_filter_names_month_flows_and_the_field_of_the_level(flow: str, products: list[str], words: str) -> None:
    """`in (…)` is answered with 403."""
    (one,) = asked(products=products, flows=[flow])
    address = unquote(one.address)
    assert " " not in one.address
    assert address.startswith(f"https://api.uktradeinfo.com/OTS?$filter=MonthId eq 202606 and {words}&")
    assert address.endswith("&$top=10000")
