"""Lists of tariff codes in the form in which they are published, with tiers, days, rates and revisions of any name."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas import settings
from schemas.code_files import BrokenTable
from tasks.domain.export_controls import control_lists as lists
from tasks.domain.export_controls.control_lists import UnknownList, codes_of_lists, control_lists, read_spec
from tasks.domain.export_controls.tariff_lists import rates_by_code

REVISIONS = "revision,effective_date,note\nbasic,2025-01-01,\nBiden_jan26,2026-01-01,\n"


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    lists.control_lists.cache_clear()
    yield
    lists.control_lists.cache_clear()


def folder(place: Path, monkeypatch: pytest.MonkeyPatch, **files: str) -> None:
    for name, text in files.items():
        (place / f"{name}.csv").write_text(text, encoding="utf-8")
    monkeypatch.setenv(settings.CONTROL_LISTS, str(place))


def codes(text: str) -> list[str]:
    return codes_of_lists([read_spec(text)])["code"].to_list()


def test_codes_of_mixed_lengths_with_dots_tiers_and_days_are_a_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = (
        "hts_prefix,derivative_type,effective_date,end_date\n8541.42.0010,solar cells,2025-03-12,\n"
        "85414300,solar cells,2026-01-01,\n7306,steel,2025-03-12,2025-12-31\n98020040,steel,,\n73063050,steel,,\n"
    )
    folder(tmp_path, monkeypatch, my_list=mine, revision_dates=REVISIONS)
    assert codes("list:my_list@2025-03") == ["7306", "73063050", "8541420010", "98020040"]
    assert codes("list:my_list@2025-03-11") == ["73063050", "98020040"]
    assert codes("list:my_list@2025-12-31") == ["7306", "73063050", "8541420010", "98020040"]
    assert codes("list:my_list@Biden_jan26") == ["73063050", "8541420010", "85414300", "98020040"]
    rows = codes_of_lists([read_spec("list:my_list@2025-03")])
    assert rows.filter("is_below")["code"].to_list() == ["73063050"]
    with pytest.raises(UnknownList, match=r"no month, no day and no revision; write .* one of Biden_jan26, basic"):
        codes("list:my_list@rev_1")
    with pytest.raises(UnknownList, match="no tier 'solar_cells'"):
        codes("list:my_list:solar_cells@basic")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hts8,list\n854142,1\n8541x300,1\n", r"row 2 below the header: '8541x300' is no code of four to ten digits"),
        ("hts8,effective_date\n85414200,March\n", "row 1 below the header: 'March' is no day"),
        ("hts8,rate_pct\n85414200,25%\n", "row 1 below the header, column rate_pct: '25%' is no rate"),
        ("name,list\nsolar,1\n", "no column of codes; a list has one of hts8"),
    ],
)
def test_a_file_that_is_no_list_is_refused_with_its_row(
    text: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder(tmp_path, monkeypatch, mine=text)
    with pytest.raises(BrokenTable, match="mine.csv.*" + said):
        control_lists()


def test_rates_keep_their_days_and_a_code_of_no_edition_is_kept_with_a_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder(
        tmp_path, monkeypatch, mine="hts8,effective_date,rate_pct\n85414200,2025-01-01,25\n94037700,2025-01-01,7.5\n"
    )
    rows = control_lists().filter(list="mine")
    assert rates_by_code(rows) == {"85414200": [("2025-01-01", "", 25.0)], "94037700": [("2025-01-01", "", 7.5)]}
    assert rows["note"].to_list() == ["", "no edition of the HS since HS2017 has 940377"]


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("s301_product_lists", "hts8"), ("s232_derivative_products", "hts_prefix"), ("s232_copper_products", "hts10"),
        ("s201_solar_products", "hts10"), ("fentanyl_carveout_products", "hts8"),
    ],
)  # fmt: skip
def test_the_real_lists_of_the_united_states_are_loaded_whole(
    name: str, column: str, shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = shared_data / "us_tariff_lists_real"
    monkeypatch.setenv(settings.CONTROL_LISTS, str(real))
    with (real / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        printed = {row[column] for row in csv.DictReader(file)}
    rows = control_lists().filter(list=name)
    assert set(rows["code"]) == printed
    if name == "s301_product_lists":
        assert len(codes("list:s301_product_lists:biden_jan26")) == 7
