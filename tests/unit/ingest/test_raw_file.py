"""A raw file read again: texts, sums and corrections of its records."""

import hashlib
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from bad_inputs.download import CLEAN_RECORDS, csv_bytes, magnets

from tasks.domain.errors import BrokenStore
from tasks.ingest import raw_file
from tasks.ingest.raw_file import RawFile, read_excerpt, read_raw
from tasks.ingest.raw_store import raw_path
from tests.unit.ingest.file_codes import GERMANY, reported

MAY, JUNE = (date(2025, 5, 1), date(2025, 5, 31)), (date(2025, 6, 1), date(2025, 6, 30))
CORRECTION = {"id": "c1", "record": "2", "field": "value", "expect": "20", "value": "25", "reason": "cut off"}
USD = {"currency": "USD"}


def test_a_record_has_its_text_without_empty_columns_and_records_are_added_up_by_measure() -> None:
    printed = reported(
        {"value": "10", **USD, "quantity": "1,500", "quantity_unit": "千克"},
        {"value": "20", **USD, "partner": GERMANY},
        {"value": "40", "currency": "CNY"},
    )
    one = RawFile(printed, printed, [])
    assert one.text(2, "value_usd", JUNE) == {
        "record": 2,
        "period": "202506",
        "product": "85051110",
        "partner": GERMANY,
        "value": "20",
        "currency": "USD",
    }
    sums = [
        ([1, 2], "value_usd", 30),
        ([1, 2, 3], "value_usd", 30),
        ([3], "value_cny", 40),
        ([1], "quantity_kg", 1500),
        ([2], "quantity_kg", 0),
        ([1], "quantity_item", 0),
        ([], "value_usd", 0),
    ]
    assert [one.total(records, measure, JUNE) for records, measure, _ in sums] == [total for *_, total in sums]


def test_a_record_of_several_months_and_valuations_has_a_place_for_each() -> None:
    """One record of May and June, and June in yuan as well."""
    printed = reported(
        {"value": "10", **USD, "period": "202505"}, {"value": "20", **USD}, {"value": "140", "currency": "CNY"}
    )
    printed = printed.with_columns(record=pl.lit(7, printed.schema["record"]))
    one = RawFile(printed, printed, [])
    assert [one.total([7], "value_usd", span) for span in (MAY, JUNE)] == [10, 20]
    assert [one.total([7], "value_cny", span) for span in (MAY, JUNE)] == [0, 140]
    assert (one.text(7, "value_cny", JUNE)["value"], one.text(7, "value_usd", JUNE)["value"]) == ("140", "20")


def kept(store: Path, data: bytes) -> dict[str, Any]:
    sha256 = hashlib.sha256(data).hexdigest()
    place = raw_path(store, sha256)
    place.parent.mkdir(parents=True)
    place.write_bytes(data)
    return {
        "raw_sha256": sha256,
        "source": "gacc_query",
        "title": "june.csv",
        "release_id": "gacc_query-0",
        "partners": "listed",
    }


def test_a_release_is_read_from_its_bytes_with_its_corrections(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = kept(tmp_path, csv_bytes([magnets("502", "1", "10"), magnets("304", "2", "20")]))
    assert read_raw(tmp_path, row).total([1, 2], "value_usd", JUNE) == 30
    monkeypatch.setattr(raw_file, "corrections_in", lambda _: [CORRECTION])
    mended = read_raw(tmp_path, row)
    assert (mended.total([1, 2], "value_usd", JUNE), mended.text(2, "value_usd", JUNE)["value"]) == (35, "20")
    place = raw_path(tmp_path, row["raw_sha256"])
    place.write_bytes(b"other")
    with pytest.raises(ValueError, match="the raw bytes are not those that were landed; restore the file from a copy"):
        read_raw(tmp_path, row)
    place.unlink()
    with pytest.raises(BrokenStore, match="no such file"):
        read_raw(tmp_path, row)


@pytest.mark.parametrize("eol", ["\r\n", "\n"])
def test_records_read_alone_are_those_of_the_whole_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, eol: str
) -> None:
    """One of them has a line feed in its name."""
    count = len(CLEAN_RECORDS)
    assert csv_bytes(eol=eol).count(b"\n") == count + 2
    row, asked = kept(tmp_path, csv_bytes(eol=eol)) | {"records": count}, pl.Series([2, *range(5, count + 1)])
    whole, alone = read_raw(tmp_path, row).of(asked), read_excerpt(tmp_path, row, asked)
    assert alone is not None
    assert alone.reported.equals(whole.reported)
    assert alone.total([2], "value_usd", JUNE) == 43_548_120
    assert read_excerpt(tmp_path, row | {"records": count + 1}, asked) is None
    monkeypatch.setattr(raw_file, "corrections_in", lambda _: [CORRECTION])
    assert read_excerpt(tmp_path, row, asked) is None
