"""Brazil's Comex Stat: a file of a year and a direction, whose rows of states, modes and offices are added up by a
declaration; `brazil_quantities` finds wrong quantities."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date
from functools import partial
from pathlib import Path

import pytest

from schemas.forms.fetch import FetchRequest
from schemas.reference.code_tables import partner_codes
from tasks.domain.errors import Refused
from tasks.sources.registry import SOURCES
from tests.unit.sources import reading
from tests.unit.sources.offices.brazil_files import HEADER, JANUARY, file
from tests.unit.sources.reading import numbers
from tests.unit.sources.value_terms import assert_terms

BOUGHT = '"2026";"01";"85051100";"10";"160";"SP";"01";"0817800";100;100;2000;150;25'
KEY = ("product", "partner", "measure")
ROOT = Path(__file__).parents[4]
COMEXSTAT = SOURCES["brazil_comexstat"]
read = partial(
    reading.read, source="brazil_comexstat", name="EXP_2026.csv", products=["*"], released_on=date(2026, 2, 4)
)


# Synthetic: the titles are those of the page, in the language of its user; there is no line end at its end.
QUERY_PAGE = (
    "Fluxo;Ano;Mês;Código NCM;Descrição NCM;Países;Valor US$ FOB;Quilograma Líquido\n"
    "Exportação;2025;01. Janeiro;12019000;Soja, mesmo triturada;China;60269376;156250615"
)


def test_states_modes_and_offices_are_added_up_and_a_second_code_of_a_country_keeps_its_own_key(tmp_path: Path) -> None:
    release = read(file(*JANUARY), tmp_path)
    assert numbers(release, *KEY) == {
        ("85051100", "DEU", "value_usd"): 3500,
        ("85051100", "DEU", "quantity_kg"): 42,
        ("85051100", "USA", "value_usd"): 900,
        ("85051100", "USA", "quantity_kg"): 7,
        ("85051100", "brazil:873", "value_usd"): 10,
        ("85051100", "brazil:873", "quantity_kg"): 1,
        ("64039900", "ARG", "value_usd"): 600,
        ("64039900", "ARG", "quantity_kg"): 15,
        ("64039900", "ARG", "quantity_pair"): 12,
    }
    row = release.release.row(0, named=True)
    assert [row[name] for name in ("reporter", "flow", "classification", "first_month")] == [
        "BRA",
        "export",
        "NCM8",
        date(2026, 1, 1),
    ]
    parsed = COMEXSTAT.parse(file(*JANUARY), "x.csv")
    assert (parsed.reported["note"].to_list()[:2], parsed.doubts) == (["sum of records 1, 2", None], ())


def test_imports_have_a_second_value_with_freight_and_insurance(tmp_path: Path) -> None:
    release = read(file(BOUGHT, header=f'{HEADER};"VL_FRETE";"VL_SEGURO"'), tmp_path)
    assert numbers(release, *KEY) == {
        ("85051100", "CHN", "value_usd"): 2000,
        ("85051100", "CHN", "value_usd_cif"): 2175,
        ("85051100", "CHN", "quantity_kg"): 100,
    }
    assert release.release["flow"].to_list() == ["import"]
    assert_terms(release, {"value_usd": ("FOB", "origin", "nearest"), "value_usd_cif": ("CIF", "origin", "nearest")})


def test_quotes_and_line_ends_change_nothing() -> None:
    plain, without = COMEXSTAT.parse(file(*JANUARY), "x.csv").reported, file(*JANUARY).replace(b'"', b"")
    for data in (without, file(*JANUARY, eol="\r\n"), b"\xef\xbb\xbf" + file(*JANUARY)):
        assert COMEXSTAT.parse(data, "x.csv").reported.equals(plain)
    assert "codes without quotes" in COMEXSTAT.parse(without, "x.csv").normalised


@pytest.mark.parametrize("order", [range(10, -1, -1), (1, 0, *range(2, 11)), (8, 9, 10, *range(8))])
def test_columns_are_found_by_their_names_in_any_order(order: Sequence[int]) -> None:
    lines = [line.split(";") for line in (HEADER, *JANUARY)]
    moved = "".join(";".join(fields[place] for place in order) + "\n" for fields in lines).encode()
    assert COMEXSTAT.parse(moved, "x.csv").reported.equals(COMEXSTAT.parse(file(*JANUARY), "x.csv").reported)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (file(), "no record"),
        (file(*JANUARY, header=HEADER.lower()), "co_ano, co_mes"),
        (file(*(f'{row};"1"' for row in JANUARY), header=HEADER + ';"NOVO"'), "unknown: NOVO"),
        (file(*JANUARY, header=HEADER + ';"VL_FRETE"'), "row|width|fields"),
        (file(header="CO_ANO;CO_MES;SH4"), "unknown: SH4"),
        (file(JANUARY[0].replace(";3000", ";3000,5")), "comma or a quote"),
        (file(JANUARY[0].replace('"023"', '"0"3"')), "comma or a quote"),
        (file(JANUARY[0].replace(";3000", ";-3")), "'-3'"),
        (file(JANUARY[0].replace('"01";"8505', '"13";"8505')), "column CO_MES"),
        (file(*JANUARY)[:-5], "cut off"),
        (QUERY_PAGE.encode("utf-8-sig"), "download of the query page"),
        (QUERY_PAGE.replace(";", ",").encode("latin-1"), "download of the query page"),
        (file(*JANUARY).replace(b'"', b"").replace(b";", b","), "Another program saved it"),
        (b'{"data": {"list": []}, "success": true}', "web page or an error"),
    ],
)
def test_another_file_is_refused_by_name(data: bytes, said: str) -> None:
    with pytest.raises(Refused, match=said):
        COMEXSTAT.parse(data, "x.csv")


@pytest.mark.parametrize("again", [JANUARY[0], JANUARY[0].replace(";40;40;3000", ";41;41;3100")])
def test_a_key_twice_holds_it_also_where_the_numbers_differ(again: str) -> None:
    (found,) = COMEXSTAT.parse(file(*JANUARY, again), "x.csv").doubts
    assert (found["check"], found["severity"], found["records"]) == ("row_twice", "error", [1])
    assert found["observed"].startswith("2 records that agree with another one in CO_ANO, CO_MES, ")
    assert found["observed"].endswith("CO_VIA, CO_URF, first record 1")


@pytest.mark.parametrize(
    ("unit", "measure", "number"),
    [
        ("11", "quantity_item", 3),
        ("12", "quantity_item", 3_000),
        ("18", "quantity_kwh", 3_000),
        ("20", "quantity_item", 36),
        ("23", "quantity_international_unit", 3 * 10**9),
        ("24", "quantity_gross_kilogram", 3),
    ],
)
def test_each_unit_of_the_ministry_is_read(unit: str, measure: str, number: int, tmp_path: Path) -> None:
    row = f'"2026";"01";"28444100";"{unit}";"063";"SP";"01";"0817800";3;1;600'
    assert numbers(read(file(row), tmp_path), *KEY) == {
        ("28444100", "ARG", "value_usd"): 600,
        ("28444100", "ARG", "quantity_kg"): 1,
        ("28444100", "ARG", measure): number,
    }


def test_a_unit_without_a_name_is_left_out() -> None:
    other = '"2026";"01";"28444100";"25";"063";"SP";"01";"0817800";3;1;600'
    found = COMEXSTAT.parse(file(*JANUARY, other), "x.csv").doubts
    assert [(doubt["check"], doubt["severity"]) for doubt in found] == [("unit_left_out", "info")]


@pytest.mark.parametrize(
    ("quantity", "mass", "is_said"),
    [(20, 19_560, False), (19, 19_560, False), (360_019, 19_560, True), (0, 19_200, True), (0, 400, False),
     (1, 1_400, False), (19_560, 19_560, True), (39, 19_560, False), (40, 19_560, True)],
)  # fmt: skip
def test_a_quantity_that_repeats_the_weight_and_differs_by_a_factor_is_named(
    quantity: int, mass: int, *, is_said: bool, tmp_path: Path
) -> None:
    row = f'"2025";"02";"09011110";"21";"399";"ES";"01";"0817800";{quantity};{mass};140738'
    release = read(file(row), tmp_path, released_on=date(2025, 3, 6))
    assert numbers(release, *KEY)["09011110", "JPN", "quantity_kg"] == mass
    said = release.findings.filter(check="quantity_differs")
    assert said.height == is_said
    if is_said:
        assert said["severity"].to_list() == ["warning"]
        assert (
            f"record 1, 09011110, partner 399, 2025-02: {quantity:,} in unit 21 beside {mass:,} kg"
            in said["observed"][0]
        )


def _shoes(state: str, country: str, pairs: int, mass: int, dollars: int) -> str:
    return f'"2026";"01";"64039900";"13";"{country}";"{state}";"07";"1017500";{pairs};{mass};{dollars}'


@pytest.mark.parametrize(
    ("wrong", "is_left_out"),
    [
        # A pair weighs a kilogram and costs 20 dollars.
        ((1_000, 1_000, 20_000), False),
        ((1_000_000, 1_000, 20_000), True),
        ((1, 1_000, 20_000), True),
        ((0, 1_000, 20_000), True),
        ((0, 40, 800), False),
        # Weight and value do not agree with one another, so neither says that the pairs are wrong.
        ((10, 1_000, 200), False),
        ((1_000, 1_000, 2_000_000), False),
        ((1_000_000, 1_000, 20_000_000), False),
    ],
)
def test_a_quantity_that_fits_neither_weight_nor_value_is_not_published(
    wrong: tuple[int, int, int], *, is_left_out: bool, tmp_path: Path
) -> None:
    usual = [
        _shoes(state, "160", 100 + at, 100 + at, 2_000 + 20 * at) for at, state in enumerate(("SP", "RS", "CE", "BA"))
    ]
    others = [_shoes("MG", "160", 7, 7, 140), _shoes("SP", "063", *wrong), _shoes("RS", "063", 9, 9, 180)]
    release = read(file(*usual, *others), tmp_path)
    found = numbers(release, *KEY)
    assert found["64039900", "CHN", "quantity_pair"] == 413
    assert found["64039900", "ARG", "quantity_kg"] == wrong[1] + 9
    assert found["64039900", "ARG", "value_usd"] == wrong[2] + 180
    assert found.get(("64039900", "ARG", "quantity_pair")) == (None if is_left_out else wrong[0] + 9)
    assert release.findings.filter(check="quantity_differs").height == is_left_out


def test_the_newest_year_comes_first_and_each_direction_has_its_file() -> None:
    found = list(COMEXSTAT.questions(FetchRequest(source="brazil_comexstat"), date(2026, 9, 4), None))  # type: ignore[arg-type]
    assert [one.address.rpartition("/")[2] for one in found] == [
        f"{flow}_{year}.csv" for year in (2026, 2025) for flow in ("EXP", "IMP")
    ]
    assert found[0].address == "https://balanca.economia.gov.br/balanca/bd/comexstat-bd/ncm/EXP_2026.csv"
    assert found[1].declared == {"reporter": "BRA", "flow": "import", "partners": "all", "products": ["*"]}
    of_one = FetchRequest(source="brazil_comexstat", products=["8505"])
    with pytest.raises(Refused, match="Each file has every code"):
        next(COMEXSTAT.questions(of_one, date(2026, 9, 4), None))  # type: ignore[arg-type]


@pytest.mark.shared
def test_the_sums_of_a_real_file_are_those_of_its_lines(shared_data: Path, tmp_path: Path) -> None:
    data = (shared_data / "brazil_real" / "EXP_2024_soy_rows.csv").read_bytes()
    key = {"160": "CHN", "776": "THA", "245": "ESP", "858": "VNM", "538": "NOR", "372": "IRN", "383": "ISR"}
    expected = Counter[tuple[str, str, str]]()
    for line in data.decode("ascii").splitlines()[1:]:
        cells = line.split(";")
        for measure, at in (("quantity_kg", 9), ("value_usd", 10)):
            expected["12019000", key[cells[4]], measure] += int(cells[at])
    sums = [
        sum(value for (*_, measure), value in expected.items() if measure == name)
        for name in ("quantity_kg", "value_usd")
    ]
    assert sums == [362_151_090, 182_934_861]
    found = numbers(read(data, tmp_path, partners="listed", released_on=date(2024, 2, 6)), *KEY)
    assert found == expected


@pytest.mark.shared
def test_every_country_of_the_site_is_in_the_table(shared_data: Path) -> None:
    lines = (shared_data / "brazil_real" / "PAIS_2020.csv").read_bytes().decode("latin-1").split("\r\n")
    codes = {line[1:4] for line in lines if line[:1] == '"' and line[1:4].isdigit()}
    assert len(codes) == 281
    assert codes == set(partner_codes("brazil")["code"])


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "day", "rows", "kilograms", "dollars"),
    [
        ("EXP_2023_grains_RECONSTRUCTED.csv", date(2024, 1, 8), 19_816, 163_438_591_236, 75_489_698_913),
        ("EXP_2025_grains_RECONSTRUCTED.csv", date(2025, 7, 8), 9_803, 74_530_518_739, 34_713_988_602),
    ],
)
def test_every_number_of_real_rows_is_the_sum_of_its_lines(
    name: str, day: date, rows: int, kilograms: int, dollars: int, shared_data: Path, tmp_path: Path
) -> None:
    data = (shared_data / "brazil_rows_real" / name).read_bytes()
    codes = dict(partner_codes("brazil").select("code", "partner").rows())
    expected, lines = Counter[tuple[str, str, str, str]](), data.decode("ascii").splitlines()[1:]
    worst = 0.0
    for line in lines:
        year, month, code, unit, country, *_, quantity, mass, value = (text.strip('"') for text in line.split(";"))
        place = code, codes[country], f"{year}-{month}-01"
        expected[*place, "quantity_kg"] += int(mass)
        expected[*place, "value_usd"] += int(value)
        again = int(quantity) * {"10": 1, "21": 1000}[unit]
        if abs(again - int(mass)) > 1000:
            worst = max(worst, max(again, int(mass)) / max(min(again, int(mass)), 1))
    assert len(lines) == rows
    release = read(data, tmp_path, partners="listed", released_on=day)
    found = numbers(release, "product", "partner", "period_start", "measure")
    assert found == expected
    assert not release.quarantine.height
    assert {(check, severity) for check, severity in reading.doubts(release) if severity != "info"} == {
        ("quantity_differs", "warning")
    }
    assert worst > 10_000
    totals = [sum(v for (*_, measure), v in expected.items() if measure == one) for one in ("quantity_kg", "value_usd")]
    assert totals == [kilograms, dollars]


@pytest.mark.shared
@pytest.mark.parametrize("name", ["EXP_2023_grains_RESAVED.csv", "EXP_2025_jan-jun_grains_RESAVED.csv"])
def test_a_real_file_that_another_program_saved_is_refused_by_name(name: str, shared_data: Path) -> None:
    with pytest.raises(Refused, match="commas between the fields"):
        COMEXSTAT.parse((shared_data / "brazil_rows_real" / name).read_bytes(), name)


@pytest.mark.shared
def test_every_unit_of_the_ministry_has_a_name(shared_data: Path) -> None:
    text = (ROOT / "tasks" / "sources" / "experimental" / "brazil_comexstat.toml").read_text(encoding="utf-8")
    lines = (shared_data / "brazil_rows_real" / "NCM_UNIDADE.csv").read_text("latin-1").splitlines()[1:]
    assert {line[1:3] for line in lines} == {*re.findall("WHEN '([0-9]{2})'", text)}
