"""Groups of SITC, the BEC and ISIC have the codes of their table, and say what the table does not have."""

import csv
from pathlib import Path

import pytest

from schemas.reference.code_tables import code_table
from tasks.domain.export_controls.control_lists import (
    Spec,
    UnknownList,
    about,
    codes_of_lists,
    codes_on,
    is_list,
    read_spec,
)
from tasks.domain.goods_classes import is_group, without_group
from tasks.domain.hs_editions import codes_today


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("sitc:776", Spec("sitc", "776")),
        ("sitc:778.81", Spec("sitc", "77881")),
        ("list:isic:2610", Spec("isic", "2610")),
        ("isic:2610@2024-05", Spec("isic", "2610", "2024-05")),
    ],
)
def test_a_group_is_named_with_dots_or_without(text: str, spec: Spec) -> None:
    assert is_list(text)
    assert read_spec(text) == spec


def test_a_classification_alone_and_other_texts_name_no_group() -> None:
    assert not any(is_group(text) for text in ("sitc", "sitc:", "8542", "line:soybeans", "magnets"))
    with pytest.raises(UnknownList, match=r"name a group of SITC Rev\. 4, for example sitc:001"):
        codes_on(Spec("sitc"))


def test_a_group_has_the_groups_below_it_and_each_code_once() -> None:
    # Semiconductors: the headings 8540 to 8542 of the HS and nothing else, which is how SITC 776 is defined.
    codes = codes_on(Spec("sitc", "776"))["code"].to_list()
    assert {code[:4] for code in codes} == {"8540", "8541", "8542"}
    below = [codes_on(Spec("sitc", f"776{digit}"))["code"].to_list() for digit in (1, 2, 3, 4, 8)]
    assert sorted(code for several in below for code in several) == sorted(codes)
    assert len(codes) == len({*codes})
    (magnets,) = {row["tier"] for row in codes_on(Spec("sitc", "7788")).filter(code="850511").iter_rows(named=True)}
    assert magnets == "77881"


def test_a_code_of_two_groups_is_in_each_in_part_and_in_the_group_above_as_a_whole() -> None:
    assert codes_of_lists([Spec("sitc", "51137")])["coverage"].to_list() == ["part"] * 3
    above = codes_of_lists([Spec("sitc", "511")]).filter(code="290361")
    assert above["coverage"].to_list() == ["whole"]
    (shared,) = (note.sentence() for note in about([Spec("sitc", "51137")]) if note.kind == "part_of_group")
    assert "only a part of these codes is in it, and the rest of their trade is of other goods: 290361" in shared


def test_codes_without_a_group_are_named_where_a_total_may_lack_them() -> None:
    lines = about([Spec("sitc", "51")])
    assert lines[0].sentence().startswith("sitc:51 may lack 293141, 293142")
    assert not [line for line in about([Spec("sitc", "776")]) if line.kind == "no_group"]
    table, today = code_table("goods_classes"), codes_today()
    lacking = {name: {*today} - {*table.filter(classification=name)["code"]} for name in ("sitc", "bec", "isic")}
    assert {name: len(codes) for name, codes in lacking.items()} == {"sitc": 35, "bec": 2, "isic": 122}
    assert {*without_group("sitc", today)} == lacking["sitc"]
    assert {*table["code"]} <= {*today}


def test_a_group_that_there_is_not_is_refused() -> None:
    with pytest.raises(UnknownList, match="sitc:999 has no code by the table goods_classes"):
        codes_on(Spec("sitc", "999"))
    with pytest.raises(UnknownList, match=r"sitc:776 has no code in 2019-01; SITC Rev\. 4 is by HS2022"):
        codes_on(Spec("sitc", "776", "2019-01"))


@pytest.mark.shared
def test_a_code_has_the_uses_that_the_table_of_the_un_gives_it(shared_data: Path) -> None:
    """By the HS of 2017: a code with one group there has this one, also where goods of other codes have come to it; a
    code of 2022 has those of what it was made of, in part where these are several."""
    own: dict[str, set[str]] = {}
    with (shared_data / "concordance_real" / "vnso_HS_SITC_BEC_correlation_2021.csv").open(encoding="latin-1") as lines:
        for row in csv.DictReader(lines):
            if row["HS07"] == row["HS12"] == row["HS17"] and row["BEC4"] != "NULL":
                own.setdefault(row["HS17"], set()).add(row["BEC4"])
    told = code_table("goods_classes").filter(classification="bec")
    groups = {str(code): {*part["group"]} for (code,), part in told.group_by("code")}
    compared = own.keys() & groups.keys()
    assert len(compared) > 4_000
    assert {code: groups[code] for code in compared} == {code: own[code] for code in compared}
    several = {code for code, found in groups.items() if len(found) > 1}
    assert several == {*told.filter(coverage="part")["code"]}
    assert codes_on(Spec("bec", "42")).filter(code="854231")["coverage"].to_list() == ["whole"]
    assert {"42", "22"} < groups["854151"], "sensors, once 854150, and goods of many other codes"


@pytest.mark.shared
def test_the_table_of_another_authority_agrees_in_every_code_at_hand(shared_data: Path) -> None:
    """Customs of the United Kingdom print the group of SITC Rev. 4 of each of their codes, zeros to the right."""
    groups = {row["code"]: row["group"] for row in code_table("goods_classes").filter(classification="sitc").to_dicts()}
    compared = 0
    with (shared_data / "hmrc_real" / "tradetools_sample_control.csv").open() as lines:
        for row in csv.DictReader(lines):
            if group := groups.get(row["comcode"][:6]):
                assert group.rstrip("0") == row["sitc_no"].zfill(5).rstrip("0"), row["comcode"]
                compared += 1
    with (shared_data / "comext_real" / "bulk_full_202402_AT_AD_export_first13.csv").open() as lines:
        for row in csv.DictReader(lines):
            if group := groups.get(row["PRODUCT_NC"][:6]):
                assert group.rstrip("0") == row["PRODUCT_SITC"].rstrip("0"), row["PRODUCT_NC"]
                compared += 1
    assert compared > 100
