"""What a list of controlled goods holds, what is wrong with one, and by which codes its goods were counted before."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas import settings
from schemas.code_files import BrokenTable
from schemas.reference.code_tables import code_table
from tasks.domain.export_controls import control_lists as lists
from tasks.domain.export_controls.control_lists import (
    Counted,
    Spec,
    UnknownList,
    codes_of_lists,
    codes_on,
    counted_in,
    read_spec,
)

HEADER = "list,authority,code,digits,nomenclature,edition,tier,valid_from,valid_to,coverage,trust,note,source"
ROW = "mine,My desk,854231,6,HS6,HS2022,,2024-01,,whole,stated,,a memo"


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    lists.control_lists.cache_clear()
    yield
    lists.control_lists.cache_clear()


def own(folder: Path, monkeypatch: pytest.MonkeyPatch, *rows: str) -> None:
    file = folder / "own.csv"
    file.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    monkeypatch.setenv(settings.CONTROL_LISTS, str(file))


def test_the_common_high_priority_list_has_fifty_codes_in_six_tiers() -> None:
    rows = codes_on(Spec("chpl"))
    tiers = dict(rows.group_by("tier").len().sort("tier").rows())
    assert tiers == {"1": 4, "2": 5, "3.A": 16, "3.B": 9, "4.A": 11, "4.B": 5}
    assert codes_on(Spec("chpl", "1"))["code"].to_list() == ["854231", "854232", "854233", "854239"]
    assert codes_on(Spec("chpl", "3")).height == 25, "a tier has the tiers below it"
    assert {*rows["coverage"]} == {"whole"}


def test_a_measure_of_china_is_a_list_whose_shared_codes_are_on_it_in_part() -> None:
    rows = codes_on(Spec("mofcom-gacc-2025-18"))
    coverage = dict(rows.select("code", "coverage").iter_rows())
    assert (coverage["85051110"], coverage["28053012"]) == ("part", "whole")
    assert {*rows["nomenclature"]} <= {"HS8", "HS6", "HS4", "HS2"}
    assert rows["edition"].unique().to_list() == ["HS2022"]


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("list:chpl", Spec("chpl")),
        ("list:chpl:3.A", Spec("chpl", "3.A")),
        ("list:chpl@2024-05", Spec("chpl", "", "2024-05")),
        ("list:chpl:1@2024-05", Spec("chpl", "1", "2024-05")),
    ],
)
def test_a_name_may_have_a_tier_and_a_month(text: str, spec: Spec) -> None:
    assert read_spec(text) == spec


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("list:", "names no list"),
        ("list:Chpl", "names no list"),
        ("list:none", "there is no list 'none'; there are chpl"),
        ("list:chpl:9", "no tier '9'; it has 1, 2, 3.A, 3.B, 4.A, 4.B"),
        ("list:chpl@2023-01", "has no code in 2023-01; its first day or month is 2024-02"),
    ],
)
def test_another_name_is_refused_with_what_there_is(text: str, said: str) -> None:
    with pytest.raises(UnknownList, match=said):
        codes_on(read_spec(text))


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["mine,My desk,854291,6,HS6,HS2022,,,,whole,stated,,memo"], "row 1 .*'854291' is no code of HS2022"),
        ([ROW, "mine,My desk,854890,6,HS6,HS2022,,,,whole,stated,,memo"], "row 2 .*'854890' is no code of HS2022"),
        ([ROW, "mine,My desk,854800,6,HS6,HS2017,,,,whole,stated,,memo"], "row 2 .*'854800' is no code of HS2017"),
        (["mine,My desk,7701,4,HS4,HS2022,,,,whole,stated,,memo"], "row 1 .*'7701' is no code of HS2022"),
        (["mine,My desk,85423,5,HS6,HS2022,,,,whole,stated,,memo"], "row 1 .*column code: '85423' .*never a part of"),
        (["mine,My desk,ex 8542.31,6,HS6,HS2022,,,,whole,stated,,memo"], "row 1 .*column code: 'ex 8542.31'"),
        (["mine,My desk,8542,6,HS6,HS2022,,,,whole,stated,,memo"], "row 1 .*column digits: '6' .*lost a zero"),
        (["mine,My desk,8542310050,10,CN8,HS2022,,,,whole,stated,,memo"], "row 1 .*column nomenclature: 'CN8'"),
        ([ROW, ROW.replace("2024-01", "2025-03")], "row 2 .*column valid_from: '2025-03' overlaps row 1"),
        (["mine,My desk,854231,6,HS6,HS2022,,2024-05,2024-01,whole,stated,,memo"], "row 1 .*is before valid_from"),
        ([ROW, "mine,My desk,854232,6,HS6,HS2022,,,,whole,doubtful,,memo"], "row 2 .*column trust: 'doubtful' differs"),
        (["chpl,My desk,854231,6,HS6,HS2022,,,,whole,stated,,memo"], "row 1 .*column list: 'chpl' is a list already"),
        ([ROW, "mine,My desk,854232,6,HS6,HS2022,,,,some,stated,,memo"], "row 2 .*column coverage: 'some'"),
        ([ROW] * 20_001, "row 20001 below the header: the file has 20001 rows"),
    ],
)
def test_a_wrong_list_is_refused_with_its_row(
    rows: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own(tmp_path, monkeypatch, *rows)
    with pytest.raises(BrokenTable, match="own.csv, " + said):
        codes_on(Spec("chpl"))


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(settings.CONTROL_LISTS, str(tmp_path / "gone.csv"))
    with pytest.raises(BrokenTable, match=r"gone\.csv cannot be read"):
        codes_on(Spec("chpl"))


def test_validity_may_follow_on_and_the_list_is_what_it_is_now_or_in_its_month(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = ROW.replace("854231", "8542").replace(",6,HS6", ",4,HS4").replace("2024-01,", "2023-01,2023-12")
    own(tmp_path, monkeypatch, ended, ROW, ROW.replace("854231", "854232").replace("2024-01,", "2023-01,2024-06"))
    assert codes_on(Spec("mine"))["code"].to_list() == ["854231"]
    assert codes_on(Spec("mine", "", "2023-06"))["code"].to_list() == ["8542", "854232"]
    assert codes_on(Spec("mine", "", "2024-06"))["code"].to_list() == ["854231", "854232"]


def test_what_two_lists_share_is_one_code_and_a_code_below_a_listed_heading_is_marked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heading = ROW.replace("854231", "8532").replace(",6,HS6", ",4,HS4")
    own(tmp_path, monkeypatch, ROW.replace("whole", "part"), heading)
    rows = codes_of_lists([Spec("chpl"), Spec("mine")])
    assert rows.height == 51
    shared = rows.filter(code="854231").row(0, named=True)
    assert (shared["lists"], shared["coverage"]) == (["chpl", "mine"], "whole")
    assert rows.filter("is_below")["code"].to_list() == ["853221", "853224"]


def test_a_doubtful_list_is_said_to_be_so_and_never_counted_with_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own(tmp_path, monkeypatch, ROW.replace("stated", "doubtful"))
    assert "the list list:mine is DOUBTFUL: nobody who answers for it has confirmed it" in [
        note.sentence() for note in lists.about([Spec("mine")])
    ]
    assert codes_of_lists([Spec("mine")])["code"].to_list() == ["854231"]
    with pytest.raises(ValueError, match="list:mine is doubtful and is not counted with another list"):
        codes_of_lists([Spec("mine"), Spec("chpl")])


def test_goods_that_a_revision_moved_are_counted_by_other_codes_before_it() -> None:
    """854800 of 2022 has what was left of 854890; 282580 is the same in both editions."""
    assert counted_in("854800", "HS2022", "2021-12") == (Counted("854890", "part"),)
    assert counted_in("854800", "HS2022", "2022-01") == (Counted("854800", "whole"),)
    assert counted_in("282580", "HS2022", "2019-05") == (Counted("282580", "whole"),)
    after = counted_in("854890", "HS2017", "2022-01")
    assert Counted("8548", "part") in after, "and the headings that its goods went to"
    assert {*after} >= {Counted("8524", "part"), Counted("8549", "part")}
    assert lists.is_broken("854800", "HS2022", ("2021-12", "2022-01"))
    assert not lists.is_broken("854800", "HS2022", ("2022-01", "2022-02"))
    assert not lists.is_broken("282580", "HS2022", ("2021-12", "2022-01"))


def test_each_code_of_both_editions_is_in_the_table_of_revisions_where_it_is_in_one_alone() -> None:
    """Two tables by one correlation: a code that an edition lacks is a change in the other."""
    codes, revised = code_table("hs_codes"), {*code_table("hs_revisions")["code"]}
    alone = codes.filter((codes["valid_from"] != "2017-01") | (codes["valid_to"] != ""))
    assert alone.height > 500
    assert {*alone["code"]} <= revised


def test_a_product_is_said_to_be_on_the_lists_that_have_it() -> None:
    (note,) = lists.lists_with("85423111")
    authority = codes_on(Spec("chpl"))["authority"][0]
    assert note.sentence() == f"85423111 is on list:chpl:1 as a whole; {authority}"
    assert note.sentence("zh") == f"85423111全部在list:chpl:1内；{authority}"
    assert lists.lists_with("8542")[0].sentence().startswith("a part of the goods of 8542 is on list:chpl:")
    assert lists.lists_with("85051110") == lists.lists_with("basket:rare_earth_magnets") == []
