"""HMRC's API: sums over ports, pages, suppression, and what is no answer."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from schemas.forms.request import ReleaseRequest
from tasks.domain.errors import Refused
from tasks.ingest.corrections import correct
from tasks.ingest.declaration import locate
from tasks.ingest.normalise import Normalised, normalise
from tasks.ingest.parse import parse
from tasks.ingest.raw_store import land
from tasks.sources import hmrc_ots

Row = dict[str, Any]
DELETED = "deleted"
COUNTRIES = {"CN": 720, "DE": 4, "JP": 732, "US": 400, "XS": 98}


def row(value: Any = 1000.0, mass: Any = 100.0, *, flow: int = 3, country: str = "CN", code: str | None = "85051110", port: int = 1,
        commodity: int | None = None, suppression: int = 0, month: int = 202606, **other: Any) -> Row:  # fmt: skip
    made: Row = {
        "MonthId": month, "FlowTypeId": flow, "SuppressionIndex": suppression, "CommodityId": commodity or int(code or 0), "CommoditySitcId": 77881,
        "CountryId": COUNTRIES[country], "PortId": port, "Value": value, "NetMass": mass, "SuppUnit": 0.0,
        "Commodity": {"Cn8Code": code} if code else None, **other,
    }  # fmt: skip
    return {name: text for name, text in made.items() if text != DELETED}


def page(*rows: Row) -> bytes:
    return json.dumps({"@odata.context": "https://api.uktradeinfo.com/$metadata#OTS", "value": rows}).encode()


def read(data: bytes, folder: Path, **declared: Any) -> Normalised:
    folder.mkdir(exist_ok=True)
    (folder / "ots.json").write_bytes(data)
    given = {"source": "hmrc_ots", "partners": "all", "released_on": date(2026, 8, 13), **declared}
    landed = land(locate(ReleaseRequest(file=folder / "ots.json", **given)), folder / "store", date(2026, 8, 20))
    return normalise(landed, correct(landed, parse(landed), date(2026, 8, 20)))


def numbers(release: Normalised) -> dict[tuple[str, str, str], int]:
    rows = release.detail.select("product", "partner", "measure", "value").rows()
    return {(product, partner, measure): value for product, partner, measure, value in rows}


def test_the_ports_of_a_partner_are_added_up_in_pounds_and_kilograms(tmp_path: Path) -> None:
    release = read(
        page(
            row(1000.0, 100.0, port=1),
            row(7.0, 2.0, country="XS"),
            row(500.0, 50.0, port=2),
            row(1.0, 1.0, flow=1, country="DE"),
        ),
        tmp_path,
    )
    assert numbers(release) == {
        ("85051110", "CHN", "value_gbp"): 1500, ("85051110", "CHN", "quantity_kg"): 150, ("85051110", "SRB", "value_gbp"): 7,
        ("85051110", "SRB", "quantity_kg"): 2, ("85051110", "DEU", "value_gbp"): 1, ("85051110", "DEU", "quantity_kg"): 1,
    }  # fmt: skip
    row_of_china = release.detail.filter(partner="CHN").row(0, named=True)
    assert (row_of_china["reporter"], row_of_china["flow"], row_of_china["classification"], row_of_china["record"]) == (
        "GBR",
        "import",
        "CN8",
        1,
    )
    notes = (
        hmrc_ots.parse(page(row(port=1), row(port=2), row(country="US")), "f")
        .reported["note"]
        .cast(pl.String)
        .to_list()
    )
    assert notes == ["sum of records 1, 2", "sum of records 3"]


def test_countries_are_kept_apart_by_their_number(tmp_path: Path) -> None:
    """Estimates and low value trade with the EU share their letters in the API, as do 400 and 902; the others have none."""
    ids = (400, 902, 959, 962, 977, *range(1001, 1008))
    release = read(page(*(row(float(place), 1.0, CountryId=number) for place, number in enumerate(ids, 1))), tmp_path)
    found = {partner: value for (_, partner, measure), value in numbers(release).items() if measure == "value_gbp"}
    assert found == {"USA": 1} | {f"hmrc:{number}": place for place, number in enumerate(ids[1:], 2)}
    assert not release.findings.filter(check="unknown_partner").height
    assert not release.quarantine.height


def test_a_leading_zero_is_in_the_code_and_not_in_the_number(tmp_path: Path) -> None:
    assert ("01012100", "CHN", "value_gbp") in numbers(read(page(row(code="01012100", commodity=1012100)), tmp_path))


def test_trade_without_detail_is_a_line_of_its_own(tmp_path: Path) -> None:
    found = numbers(
        read(
            page(row(5.0), row(6.0, code=None, commodity=-990, mass=None), row(7.0, code="05", commodity=5, mass=None)),
            tmp_path,
        )
    )
    assert found == {
        ("85051110", "CHN", "value_gbp"): 5, ("85051110", "CHN", "quantity_kg"): 100,
        ("line:hmrc_990", "CHN", "value_gbp"): 6, ("line:cn8_05", "CHN", "value_gbp"): 7,
    }  # fmt: skip


def test_a_quantity_that_is_hidden_or_missing_in_one_port_is_not_known_of_the_sum(tmp_path: Path) -> None:
    hidden = read(page(row(10.0, 5.0), row(10.0, 0.0, port=2, suppression=3)), tmp_path)
    assert numbers(hidden) == {("85051110", "CHN", "value_gbp"): 20}
    assert hidden.findings.filter(check="suppressed")["severity"].to_list() == ["warning"]
    assert hidden.release["lost"].to_list() == [["85051110 2026-06"]]
    missing = read(page(row(10.0, 5.0), row(10.0, None, port=2)), tmp_path / "missing")
    assert numbers(missing) == {("85051110", "CHN", "value_gbp"): 20}
    assert not missing.findings.filter(check="suppressed").height
    assert missing.release["lost"].to_list() == [["85051110 2026-06"]]
    assert read(page(row(10.0, 0.0)), tmp_path / "zero").release["lost"].to_list() == [[]]


def test_pages_one_after_another_are_one_answer(tmp_path: Path) -> None:
    pages = b"\n".join((page(*(row(float(port), 1.0, port=port) for port in range(5))), page(row(100.0, 1.0, port=9))))
    release = read(pages, tmp_path)
    assert numbers(release) == {("85051110", "CHN", "value_gbp"): 110, ("85051110", "CHN", "quantity_kg"): 6}
    assert set(release.findings["severity"]) == {"info"}


@pytest.mark.parametrize("pages", [(1000,), (3, 3)])
def test_an_answer_that_may_go_on_is_held(tmp_path: Path, pages: tuple[int, ...]) -> None:
    ports = iter(range(10_000))
    data = b"".join(page(*(row(1.0, 1.0, port=next(ports)) for _ in range(count))) for count in pages)
    assert read(data, tmp_path).findings.filter(check="no_last_page")["severity"].to_list() == ["error"]


def test_imports_and_exports_are_asked_for_apart(tmp_path: Path) -> None:
    assert set(read(page(row(flow=2), row(flow=4, country="US")), tmp_path).detail["flow"]) == {"export"}
    with pytest.raises(Refused, match="exports and imports"):
        read(page(row(flow=3), row(flow=4)), tmp_path / "both")


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (page(), "no records"),
        (page(row())[:-5], "no whole JSON"),
        (page(row()) * 2, "page twice"),
        (page(row(PortId=DELETED)), "columns"),
        (page(row(CountryId=None)), "no codes"),
        (page(row(CountryId="CN")), "no codes"),
        (page(row(Commodity=DELETED)), "no codes"),
        (page(row(flow=5)), "unknown flow"),
        (page(row("many")), "no number"),
        (page(row()).replace(b"1000.0", b"NaN"), "unclear JSON"),
        (page(row()).replace(b'"PortId"', b'"Value"'), "unclear JSON"),
        (b'{"error": {"code": "403", "message": "rejected"}}', "no answer"),
        (b"[1, 2]", "no answer"),
        (b"rejected", "not JSON"),
        (b"<html>Service unavailable</html>", "not JSON"),
        (b"comcode,sitc,record_type,cod_seq\n610442000,84424,000,740\n", "other download"),
        (b"000000000|SMKE19|JUNE 2026\n610442000|84424|000|740\n", "other download"),
        (b"", "empty file"), (b" \n", "empty file"),
        (b"\xff\xfe", "undecodable"),
        (b"[" * 100_000, "unclear JSON"),
    ],
    ids=lambda case: case if isinstance(case, str) else "",
)  # fmt: skip
def test_what_is_no_whole_answer_is_refused_by_name(data: bytes, rule: str) -> None:
    with pytest.raises(Refused) as refused:
        hmrc_ots.parse(data, "ots.json")
    assert refused.value.rule == rule
    assert "ots.json" in refused.value.where
    assert refused.value.advice.endswith(".")
