"""Partner codes, currencies and lists of goods of all sources: one meaning a code, and none that meets another by
accident."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import polars as pl
import pytest

from schemas.reference.code_tables import code_table, partner_codes
from tasks.domain.errors import Refused
from tasks.publication import open_published
from tests.unit.builders import MAGNETS, release, release_table

LISTS = ("gacc", *code_table("partner_codes")["code_list"].unique().sort())


@pytest.mark.parametrize("code_list", LISTS)
def test_a_code_means_one_partner_in_every_month_and_is_part_of_one_of_its_list(code_list: str) -> None:
    rows = partner_codes(code_list).to_dicts()
    for month in (f"{year}-{at}" for year in range(2000, 2031) for at in ("01", "12")):
        valid = [
            row["code"]
            for row in rows
            if (not row["valid_from"] or row["valid_from"] <= month)
            and (not row["valid_to"] or row["valid_to"] >= month)
        ]
        assert valid
        assert len(set(valid)) == len(valid), month
    assert {row["part_of"] for row in rows} <= {row["code"] for row in rows} | {"", None}


def test_groups_and_totals_have_no_key_of_a_country() -> None:
    sums = code_table("partner_codes").filter(pl.col("kind").is_in(["group", "total"]))["partner"]
    assert sums.len() > 20
    assert sums.filter(sums.str.contains("^[A-Z]{3}$") & (sums != "WLD")).to_list() == []


def test_the_union_is_its_27_members_and_trade_inside_it_without_a_country() -> None:
    now = partner_codes("geonom").filter(part_of="INT_EU27_2020", valid_to="")
    members = code_table("partner_groups").filter(
        pl.col("partner").str.contains("^([A-Z]{3}|geonom:.*)$"), group="EU27", valid_to=""
    )
    assert sorted(now["partner"]) == sorted(members["partner"])
    assert now.filter(kind="country").height == 27
    assert set(now.filter(pl.col("kind") != "country")["code"]) == {"QR", "QV", "QY"}


@pytest.mark.parametrize("code_list", ["schedule_c", "japan", "hmrc", "geonom"])
def test_every_list_has_every_member_of_the_union(code_list: str) -> None:
    members = code_table("partner_groups").filter(~pl.col("partner").str.contains(":"), group="EU27")["partner"]
    assert set(members) - set(partner_codes(code_list)["partner"]) == set()


@pytest.mark.shared
@pytest.mark.parametrize(
    ("code_list", "file", "code", "count"),
    [
        ("schedule_c", "census_real/schedule_c_country_codes.txt", r"^(\d{4})\s*\|", 240),
        ("japan", "japan_real/country_codes.csv", r"^(\d{3}),", 235),
        ("hmrc", "hmrc_real/country_table_of_the_api.csv", r"^(\d+),", 263),
        ("geonom", "comext_bulk/full_v2_dictionary.txt", r"^\s*((?!ZZ)[A-Z]{2})\t\d\d/\d\d/\d{4}\t", 274),
    ],
)
def test_every_code_that_a_source_lists_is_in_the_table(
    shared_data: Path, code_list: str, file: str, code: str, count: int
) -> None:
    text = (shared_data / file).read_text(encoding="utf-8", errors="replace")
    codes = set(re.findall(code, text, re.MULTILINE))
    assert len(codes) == count
    assert codes - set(partner_codes(code_list)["code"]) == set()


def test_a_list_of_nobody_is_an_error() -> None:
    with pytest.raises(KeyError, match="no such list"):
        partner_codes("nobody")


def test_each_label_of_a_value_is_one_measure_and_only_yen_are_cut_off() -> None:
    labels = code_table("currencies")
    assert labels["printed"].is_unique().all()
    units = labels.select("measure", "unit").unique()
    assert units["measure"].is_unique().all()
    assert labels.filter(rounding="down")["measure"].to_list() == ["value_jpy"]


def test_a_store_of_one_list_of_goods_refuses_codes_of_another(tmp_path: Path) -> None:
    chinas, unions = (
        release_table(release(reporter="EU27", products=[MAGNETS], level=level)) for level in ("HS8", "CN8")
    )
    known = cast("Any", SimpleNamespace(release=unions))
    with pytest.raises(Refused, match=r"codes of CN8, and .* holds codes of HS8"):
        open_published._refuse_another_list(chinas, known, tmp_path)
    open_published._refuse_another_list(unions, known, tmp_path)
