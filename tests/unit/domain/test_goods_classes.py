"""Groups of SITC and ISIC have the codes of their table, and say what the table does not have."""

import csv
import re
from pathlib import Path

import pytest

from schemas import settings
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

SHARED = Path(__file__).parents[4] / "shared" / "data"


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
    assert "sitc:51137: only a part of 290361 is in it, its trade holds other goods too" in about(
        [Spec("sitc", "51137")]
    )


def test_codes_without_a_group_are_named_where_a_total_may_lack_them() -> None:
    lines = about([Spec("sitc", "51")])
    assert lines[0].startswith("sitc:51 may lack 293141, 293142")
    assert not [line for line in about([Spec("sitc", "776")]) if "may lack" in line]
    table, today = code_table("goods_classes"), code_table("hs_codes").filter(valid_to="")["code"]
    lacking = {name: {*today} - {*table.filter(classification=name)["code"]} for name in ("sitc", "isic")}
    assert {name: len(codes) for name, codes in lacking.items()} == {"sitc": 35, "isic": 122}
    assert {*without_group("sitc", today)} == lacking["sitc"]
    assert {*table["code"]} <= {*today}


def test_a_classification_without_a_table_and_a_group_that_there_is_not_are_refused() -> None:
    with pytest.raises(
        UnknownList,
        match=r"no correspondence of the HS and the BEC; make a goods_classes\.csv of your own from the table",
    ):
        codes_on(Spec("bec", "41"))
    with pytest.raises(UnknownList, match="sitc:999 has no code by the table goods_classes"):
        codes_on(Spec("sitc", "999"))
    with pytest.raises(UnknownList, match=r"sitc:776 has no code in 2019-01; SITC Rev\. 4 is by HS2022"):
        codes_on(Spec("sitc", "776", "2019-01"))


def test_a_table_of_the_bec_made_as_the_page_shows_is_used_like_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The table of the UN has a row for each pair of codes; these four stand for it."""
    page = (Path(__file__).parents[3] / "docs" / "controls.md").read_text(encoding="utf-8")
    (recipe,) = re.findall(r"```python\n(.*?)```", page.partition("### Groups of SITC, BEC and ISIC")[2], re.S)
    pairs = "HS 2022,BEC 4,Relationship\n010121,41,n:1\n010290,111,n:n\n010290,41,n:n\n850511,42,n:1\n"
    (tmp_path / "HS2022toBEC.csv").write_text(pairs)
    (tmp_path / "reference").mkdir()
    monkeypatch.chdir(tmp_path)
    exec(compile(recipe, "controls.md", "exec"), {})
    sitc = codes_on(Spec("sitc", "776"))
    monkeypatch.setenv(settings.REFERENCE, str(tmp_path / "reference"))
    code_table.cache_clear()
    try:
        kinds = {row["code"]: row["coverage"] for row in codes_on(Spec("bec", "41")).iter_rows(named=True)}
        assert kinds == {"010121": "whole", "010290": "part"}
        assert codes_on(Spec("bec", "4"))["code"].to_list() == ["010121", "010290", "850511"]
        assert codes_on(Spec("bec", "42"))["source"].to_list() == ["UN Statistics Division, HS2022 to BEC Rev. 4"]
        with pytest.raises(UnknownList, match="bec:63 has no code by the table goods_classes"):
            codes_on(Spec("bec", "63"))
        # Those of the packaged table are in it too.
        assert codes_on(Spec("sitc", "776")).equals(sitc)
    finally:
        code_table.cache_clear()


@pytest.mark.shared
def test_the_table_of_another_authority_agrees_in_every_code_at_hand() -> None:
    """Customs of the United Kingdom print the group of SITC Rev. 4 of each of their codes, zeros to the right."""
    groups = {row["code"]: row["group"] for row in code_table("goods_classes").filter(classification="sitc").to_dicts()}
    compared = 0
    with (SHARED / "hmrc_real" / "tradetools_sample_control.csv").open() as lines:
        for row in csv.DictReader(lines):
            if group := groups.get(row["comcode"][:6]):
                assert group.rstrip("0") == row["sitc_no"].zfill(5).rstrip("0"), row["comcode"]
                compared += 1
    with (SHARED / "comext_real" / "bulk_full_202402_AT_AD_export_first13.csv").open() as lines:
        for row in csv.DictReader(lines):
            if group := groups.get(row["PRODUCT_NC"][:6]):
                assert group.rstrip("0") == row["PRODUCT_SITC"].rstrip("0"), row["PRODUCT_NC"]
                compared += 1
    assert compared > 100
