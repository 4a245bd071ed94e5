"""The drawn bulk file has the exact form of the real one, and all contenders agree with a plain reader."""

import csv
import io
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import polars as pl
import py7zr
import pytest
from comext_bulk import HEADER

from benchmarks import comext_generate
from benchmarks.comext_contenders import CONTENDERS, FLOWS, KEY

ROWS = 3_000


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("comext") / "full_v2_202506.7z"
    made = comext_generate.write(target, ROWS, "202506")
    assert made > ROWS
    return target


def unpacked(archive: Path, folder: Path) -> str:
    with py7zr.SevenZipFile(archive) as packed:
        assert packed.namelist() == ["full_202506.dat"]
        packed.extractall(folder)
    return (folder / "full_202506.dat").read_bytes().decode("ascii")


def test_the_form_is_that_of_the_source(archive: Path, tmp_path: Path) -> None:
    text = unpacked(archive, tmp_path)
    assert text.startswith(f"{HEADER}\r\n")
    assert text.endswith("\r\n")
    assert '"' not in text
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert {row["REPORTER"] for row in rows} == {*comext_generate.SHARES}
    assert len(comext_generate.SHARES) == 27
    assert {row["STAT_PROCEDURE"] for row in rows} == {"1", "2", "3", "9"}
    assert any("." in row["VALUE_EUR"] for row in rows)
    assert {"TOTAL", *comext_generate.HIDDEN} & {row["PRODUCT_NC"] for row in rows} >= {"TOTAL"}
    assert comext_generate.write(tmp_path / "again.7z", ROWS, "202506") == len(rows)
    assert unpacked(archive, tmp_path) == text


def test_all_contenders_make_the_sums_of_a_plain_reader(archive: Path, tmp_path: Path) -> None:
    of_members: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    kilograms: dict[tuple[str, ...], int] = defaultdict(int)
    for row in csv.DictReader(io.StringIO(unpacked(archive, tmp_path), newline="")):
        if row["PRODUCT_NC"] == "TOTAL":
            continue
        code = row["PRODUCT_NC"] if row["PRODUCT_NC"].isdigit() else f"line:cn8_{row['PRODUCT_NC'].lower()}"
        key = (FLOWS[row["FLOW"]], code, row["PARTNER"])
        of_members[*key, row["REPORTER"]] += Decimal(row["VALUE_EUR"])
        kilograms[key] += int(row["QUANTITY_KG"])
    euros: dict[tuple[str, ...], int] = defaultdict(int)
    for (*key, _), value in of_members.items():
        euros[tuple(key)] += int(value + Decimal("0.5"))
    wanted = sorted((*key, euros[key], kilograms[key]) for key in euros)
    assert len(wanted) > ROWS // 2
    for name, contender in CONTENDERS.items():
        output = tmp_path / f"{name}.parquet"
        contender(archive, output)
        rows = pl.read_parquet(output).select(pl.col(*KEY).cast(pl.String), "eur", "kg").rows()
        assert sorted(rows) == wanted, name
