"""Brazil's Comex Stat: a file of a year and a direction, whose rows of states, modes and offices are added up."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from schemas.forms.fetch import FetchRequest
from schemas.forms.request import ReleaseRequest
from schemas.reference.code_tables import partner_codes
from tasks.domain.errors import Refused
from tasks.fetch.fetch import fetch
from tasks.fetch.transport import Policy, Transport
from tasks.ingest.declaration import locate
from tasks.ingest.normalise import Normalised, normalise
from tasks.ingest.parse import parse
from tasks.ingest.raw_store import land
from tasks.sources import brazil_comexstat
from tests.replay.server import Replay, Reply
from tests.unit.sources.test_value_terms_of_files import assert_terms

HEADER = '"CO_ANO";"CO_MES";"CO_NCM";"CO_UNID";"CO_PAIS";"SG_UF_NCM";"CO_VIA";"CO_URF";"QT_ESTAT";"KG_LIQUIDO";"VL_FOB"'
# Magnets to Germany from two states, to the United States and from Wake Island; one is counted in pieces.
JANUARY = (
    '"2026";"01";"85051100";"10";"023";"SP";"01";"0817800";40;40;3000', '"2026";"01";"85051100";"10";"023";"RS";"04";"0817700";2;2;500',
    '"2026";"01";"85051100";"10";"249";"SP";"01";"0817800";7;7;900', '"2026";"01";"85051100";"10";"873";"SP";"01";"0817800";1;1;10',
    '"2026";"01";"64039900";"13";"063";"RS";"07";"1017500";12;15;600',
)  # fmt: skip
FEBRUARY = '"2026";"02";"85051100";"10";"023";"SP";"01";"0817800";5;5;450'
BOUGHT = '"2026";"01";"85051100";"10";"160";"SP";"01";"0817800";100;100;2000;150;25'


def file(*rows: str, header: str = HEADER, eol: str = "\n") -> bytes:
    return "".join(f"{line}{eol}" for line in (header, *rows)).encode()


def read(data: bytes, folder: Path, **declared: Any) -> Normalised:
    folder.mkdir(exist_ok=True)
    (folder / "EXP_2026.csv").write_bytes(data)
    given = {
        "source": "brazil_comexstat",
        "partners": "all",
        "products": ["*"],
        "released_on": date(2026, 2, 4),
        **declared,
    }
    landed = land(locate(ReleaseRequest(file=folder / "EXP_2026.csv", **given)), folder / "store", date(2026, 2, 20))
    return normalise(landed, parse(landed))


def numbers(release: Normalised) -> dict[tuple[str, str, str], int]:
    rows = release.detail.select("product", "partner", "measure", "value").rows()
    return {(product, partner, measure): value for product, partner, measure, value in rows}


def test_states_modes_and_offices_are_added_up_and_a_second_code_of_a_country_keeps_its_own_key(tmp_path: Path) -> None:
    release = read(file(*JANUARY), tmp_path)
    assert numbers(release) == {
        ("85051100", "DEU", "value_usd"): 3500, ("85051100", "DEU", "quantity_kg"): 42, ("85051100", "USA", "value_usd"): 900,
        ("85051100", "USA", "quantity_kg"): 7, ("85051100", "brazil:873", "value_usd"): 10, ("85051100", "brazil:873", "quantity_kg"): 1,
        ("64039900", "ARG", "value_usd"): 600, ("64039900", "ARG", "quantity_kg"): 15, ("64039900", "ARG", "quantity_pair"): 12,
    }  # fmt: skip
    row = release.release.row(0, named=True)
    assert (row["reporter"], row["flow"], row["classification"], row["first_month"]) == (
        "BRA",
        "export",
        "NCM8",
        date(2026, 1, 1),
    )
    parsed = brazil_comexstat.parse(file(*JANUARY), "x.csv")
    assert parsed.reported["note"].to_list()[:2] == ["sum of records 1, 2", None]
    assert [doubt["check"] for doubt in parsed.doubts] == []


def test_imports_have_a_second_value_with_freight_and_insurance(tmp_path: Path) -> None:
    release = read(file(BOUGHT, header=f'{HEADER};"VL_FRETE";"VL_SEGURO"'), tmp_path)
    assert numbers(release) == {
        ("85051100", "CHN", "value_usd"): 2000, ("85051100", "CHN", "value_usd_cif"): 2175, ("85051100", "CHN", "quantity_kg"): 100,
    }  # fmt: skip
    assert release.release["flow"].to_list() == ["import"]
    assert_terms(release, {"value_usd": ("FOB", "origin", "nearest"), "value_usd_cif": ("CIF", "origin", "nearest")})


def test_quotes_and_line_ends_change_nothing(tmp_path: Path) -> None:
    plain = numbers(read(file(*JANUARY), tmp_path / "a"))
    without = file(*JANUARY).replace(b'"', b"")
    for place, data in enumerate((without, file(*JANUARY, eol="\r\n"), b"\xef\xbb\xbf" + file(*JANUARY))):
        assert numbers(read(data, tmp_path / str(place))) == plain
    assert "codes without quotes" in brazil_comexstat.parse(without, "x.csv").normalised


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (file(), "no record"), (file(*JANUARY, header=HEADER + ';"VL_FRETE"'), "row|width|fields"), (file(header="CO_ANO;CO_MES;SH4"), "CO_ANO, CO_MES, SH4"),
        (file(JANUARY[0].replace(";3000", ";3000,5")), "comma or a quote"), (file(JANUARY[0].replace('"023"', '"0"3"')), "comma or a quote"),
        (file(JANUARY[0].replace(";3000", ";-3")), "'-3'"), (file(JANUARY[0].replace('"01";"8505', '"13";"8505')), "column CO_MES"),
        (file(*JANUARY)[:-5], "cut off"), (b'{"data": {"list": []}, "success": true}', "web page or an error"),
        (b"<!DOCTYPE html><html></html>\n", "web page"),
    ],
)  # fmt: skip
def test_another_file_is_refused_by_name(data: bytes, said: str) -> None:
    with pytest.raises(Refused, match=said):
        brazil_comexstat.parse(data, "x.csv")


def test_a_row_twice_holds_it_and_a_unit_without_a_name_is_left_out() -> None:
    other = '"2026";"01";"28444100";"23";"063";"SP";"01";"0817800";3;1;600'
    doubts = brazil_comexstat.parse(file(*JANUARY, JANUARY[0], other), "x.csv").doubts
    assert [(doubt["check"], doubt["severity"]) for doubt in doubts] == [
        ("row_twice", "error"),
        ("unit_left_out", "info"),
    ]
    assert "first record 1" in doubts[0]["observed"]


@pytest.fixture
def site() -> Iterator[Replay]:
    replay = Replay()
    yield replay
    replay.close()


def test_a_year_is_asked_for_again_and_a_changed_file_is_a_new_release_of_all_its_months(
    site: Replay, tmp_path: Path
) -> None:
    """The file of a year grows, and may change its earlier months; what has not changed costs one conditional request."""
    tag = {"Content-Type": "text/csv", "ETag": '"1"'}
    grown = file(JANUARY[0].replace(";3000", ";3100"), *JANUARY[1:], FEBRUARY)
    path = "/balanca/bd/comexstat-bd/ncm/EXP_2026.csv"
    transport = Transport(Policy(), sleep=lambda seconds: None, clock=lambda: datetime(2026, 3, 4, 19, tzinfo=UTC))

    def ask(**given: Any) -> list[tuple[str, str]]:
        request = FetchRequest(
            source="brazil_comexstat",
            inbox=tmp_path / "inbox",
            base=site.base,
            flows=["export"],
            months="2026-01..2026-02",
            **given,
        )
        return [(one.name, one.outcome) for one in fetch(request, date(2026, 3, 4), transport).fetched]

    first = Reply(file(*JANUARY), headers=tag)
    site.route(path, [first, first, Reply(grown, headers={**tag, "ETag": '"2"'})])
    assert ask() == [("comexstat_export_2026", "new")]
    assert ask() == [("comexstat_export_2026", "unchanged")]
    assert site.asked[-1].headers["if-none-match"] == '"1"'
    assert ask() == [("comexstat_export_2026", "new")]
    transport.close()
    papers = sorted((tmp_path / "inbox").rglob("*.toml"))
    assert [line for paper in papers for line in paper.read_text().splitlines() if line.startswith("months")] == [
        'months = "2026-01..2026-01"', 'months = "2026-01..2026-02"',
    ]  # fmt: skip
    assert ask(products=["85051100"])[0][1] == "refused"


def test_the_newest_year_comes_first_and_each_direction_has_its_file() -> None:
    request = FetchRequest(source="brazil_comexstat")
    found = list(brazil_comexstat.questions(request, date(2026, 9, 4), None))  # type: ignore[arg-type]
    assert [one.address.rpartition("/")[2] for one in found] == [
        "EXP_2026.csv",
        "IMP_2026.csv",
        "EXP_2025.csv",
        "IMP_2025.csv",
    ]
    assert found[0].address == "https://balanca.economia.gov.br/balanca/bd/comexstat-bd/ncm/EXP_2026.csv"
    assert found[1].declared == {"reporter": "BRA", "flow": "import", "partners": "all", "products": ["*"]}


@pytest.mark.shared
def test_the_sums_of_a_real_file_are_those_of_its_lines(shared_data: Path, tmp_path: Path) -> None:
    data = (shared_data / "brazil_real" / "EXP_2024_soy_rows.csv").read_bytes()
    release = read(data, tmp_path, partners="listed", released_on=date(2024, 2, 6))
    weight, value = Counter[str](), Counter[str]()
    for line in data.decode("ascii").splitlines()[1:]:
        cells = line.split(";")
        weight[cells[4]] += int(cells[9])
        value[cells[4]] += int(cells[10])
    assert len(weight) == 7
    assert (sum(weight.values()), sum(value.values())) == (362_151_090, 182_934_861)
    found = numbers(release)
    for code, key in (
        ("160", "CHN"),
        ("776", "THA"),
        ("245", "ESP"),
        ("858", "VNM"),
        ("538", "NOR"),
        ("372", "IRN"),
        ("383", "ISR"),
    ):
        assert found.pop(("12019000", key, "quantity_kg")) == weight[code]
        assert found.pop(("12019000", key, "value_usd")) == value[code]
    assert found == {}


@pytest.mark.shared
def test_every_country_of_the_site_is_in_the_table(shared_data: Path) -> None:
    lines = (shared_data / "brazil_real" / "PAIS_2020.csv").read_bytes().decode("latin-1").split("\r\n")
    codes = {line[1:4] for line in lines if line[:1] == '"' and line[1:4].isdigit()}
    assert len(codes) == 281
    assert codes == set(partner_codes("brazil")["code"])
