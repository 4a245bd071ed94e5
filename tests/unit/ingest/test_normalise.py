"""Gate C: texts to statements, exactly, or to quarantine with every reason."""

import json
from datetime import date
from typing import Any

import polars as pl
import pytest
from bad_inputs.download import (
    CLEAN_RECORDS,
    PARTNER,
    PRODUCT,
    QUANTITY,
    SECOND,
    SECOND_UNIT,
    VALUE,
    csv_bytes,
    figures,
    with_field,
)
from polars.testing import assert_frame_equal

from tasks.domain.errors import Refused
from tasks.ingest.editions import release_id_of
from tasks.ingest.normalise import Normalised, normalise
from tasks.sources.registry import SOURCES
from tests.unit.ingest.file_codes import COLLECTED, landed

FIGURE = "export,85051110,{},2025-06,quantity,{},t,2025-07-{}"


def read(records: Any = CLEAN_RECORDS, **of: Any) -> Normalised:
    return normalise(landed(**of), SOURCES["gacc_query"].parse(csv_bytes(records), "f.csv"))


def read_figures(*lines: str) -> Normalised:
    return normalise(COLLECTED, SOURCES["published"].parse(figures(*lines), "f.csv"))


def reasons(release: Normalised) -> list[str]:
    return release.quarantine["reasons"].explode().to_list()


def test_every_reason_is_told() -> None:
    records: Any = CLEAN_RECORDS
    for place, text in ((PRODUCT, "x"), (PARTNER, "y"), (QUANTITY, "z"), (VALUE, "-1")):
        records = with_field(place, text, 2, records)
    release = read(records)
    assert release.quarantine["reasons"].to_list() == [[
        "partner 'y' is no partner code", "product 'x' is no HS code of 2, 4, 6 or 8 digits",
        "quantity 'z' is not a number as the source prints them", "value '-1' is negative",
    ]]  # fmt: skip
    assert json.loads(release.quarantine["printed"][0])["product"] == "x"
    assert release.detail.filter(pl.col("record") == 3).height == 0


def test_a_record_that_says_one_measure_twice_says_it_once_or_contradicts_itself() -> None:
    release = read(with_field(SECOND_UNIT, "千克", records=with_field(SECOND, "353000")))
    assert release.quarantine.height == 0
    assert release.detail.drop("release_id").equals(read().detail.drop("release_id"))
    (said,) = release.findings.filter(check="said_twice").to_dicts()
    assert (said["severity"], said["observed"]) == ("info", "1 record with one number in both quantities")
    with pytest.raises(Refused) as refused:
        read(with_field(SECOND_UNIT, "千克", records=with_field(SECOND, "5")))
    assert (refused.value.rule, refused.value.where[:20]) == ("contradiction", "f.csv, records 1, 1")


def test_a_minus_of_print_is_a_minus_and_a_mark_is_a_missing_number() -> None:
    fall = "export,85051110,{},2025-06,quantity_yoy,{},%,2025-07-20"
    release = read_figures(*(fall.format(partner, text) for partner, text in (("USA", "−38.1"), ("DEU", "－38.1"))))
    assert release.detail.select("partner", "value").rows() == [("DEU", -3_810), ("USA", -3_810)]
    assert reasons(read(with_field(QUANTITY, "−353000"))) == ["quantity '-353000' is negative"]
    missing = [
        read(records).findings.filter(check="missing_number")["observed"].to_list()
        for records in (with_field(QUANTITY, "-", 2, with_field(QUANTITY, "−", 4)), with_field(QUANTITY, "-", 4))
    ]
    assert missing == [["2 marks like '-', first in record 3"], ["1 mark like '-', first in record 5"]]


def test_a_growth_of_pieces_is_refused() -> None:
    growth = "export,87038000,WLD,2025-06,quantity_yoy,25,%,2025-07-20"
    with pytest.raises(Refused, match="growth of 87038000, partner WLD, whose quantity is no mass"):
        read_figures("export,87038000,WLD,2025-06,quantity,200000,辆,2025-07-20", growth)
    assert read_figures("export,87038000,WLD,2025-06,quantity,200000,kg,2025-07-20", growth).detail.height == 2


def test_units_of_one_thing_are_one_measure_in_both_languages() -> None:
    told = [
        read(with_field(SECOND_UNIT, unit, records=with_field(SECOND, "5"))).detail for unit in ("套", "Number of item")
    ]
    assert "quantity_item" in told[0]["measure"].cast(pl.String).to_list()
    assert told[0].drop("release_id").equals(told[1].drop("release_id"))


def test_papers_that_write_one_partner_in_two_ways_print_one_figure() -> None:
    usa, same, other = FIGURE.format("USA", 353, 20), FIGURE.format("502", 353, 20), FIGURE.format("502", 354, 20)
    release = read_figures(FIGURE.format("JPN", 12, 20), usa, same.replace("2025-06", "202506"))
    assert release.detail.select("partner", "value", "record").rows() == [("JPN", 12_000, 1), ("USA", 353_000, 2)]
    with pytest.raises(Refused, match=r"records 1, 2: quantity_kg of 85051110, partner USA.*Leave one of them out"):
        read_figures(usa, other)


@pytest.mark.parametrize(
    "change",
    [
        {"raw_sha256": "1" * 64},
        {"flow": "import"},
        {"partners": "all"},
        {"products": ("8505",)},
        {"first_month": date(2025, 6, 1)},
        {"reporter": "VNM"},
    ],
)
def test_a_release_is_its_bytes_and_its_scope(change: dict[str, Any]) -> None:
    assert release_id_of(landed(**change)) != release_id_of(landed())
    assert release_id_of(landed(released_on=date(2025, 8, 1), title="x")) == release_id_of(landed())


def test_normalising_is_told_column_by_column_and_what_is_read_is_plain() -> None:
    told = read(with_field(VALUE, "２０", 0, with_field(VALUE, "３０ ", 1, with_field(PARTNER, " 133", 2))))
    assert told.findings.select("check", "severity", "observed").rows() == [
        ("no_proof", "info", "no count and no printed sum that its records agree with"),
        ("normalised", "info", "column partner: blanks, invisible or full-width characters in 1 text"),
        ("normalised", "info", "column value: blanks, invisible or full-width characters in 2 texts"),
    ]
    assert "counts its rows" in told.findings["expected"][0]
    plain = read(with_field(VALUE, "20", 0, with_field(VALUE, "30", 1)))
    assert_frame_equal(told.detail, plain.detail)
