"""The code tables: how their files are read, refused and replaced, and what holds among their rows."""

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from flows.cli.app import app
from schemas import code_files, settings
from schemas.code_files import BrokenTable, read_texts, table_files
from schemas.reference import code_tables
from schemas.reference.code_tables import code_table, read_codes, require_valid_tables
from schemas.reference.models import TABLES
from schemas.reference.statement_terms import VALUATIONS, ZEROS
from schemas.table import schema_sha256
from tasks.domain.hashing import code_sha256
from tasks.sources.registry import SOURCES

ROOT = Path(__file__).parents[3]
WRONG_UNIT = "Dozen,en,no unit of ours,,12,nobody\n"
BROKEN_UNIT = r"^units\.csv, row \d+ below the header, column unit: 'no unit of ours' is not as"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of code tables of one's own."""
    named = tmp_path / "reference"
    named.mkdir()
    monkeypatch.setenv(settings.REFERENCE, str(named))
    return named


def copy(name: str, folder: Path, *, more: str = "") -> Path:
    file = Path(shutil.copy(code_files.FOLDER / name, folder))
    file.write_text(file.read_text(encoding="utf-8") + more, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("data", "rows"),
    [
        (b'code,name\n007,"a, b"\n,\n', [("007", "a, b"), ("", "")]),
        (b"code,name\n", []),
        (b"", None),
        (b"code,name\n1,2,3\n", None),
        (b"code\n\xff\xfe\n", None),
    ],
)
def test_every_cell_is_text_and_what_is_no_table_is_named_with_its_form(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, data: bytes, rows: list[tuple[str, ...]] | None
) -> None:
    (tmp_path / "made.csv").write_bytes(data)
    monkeypatch.setattr(code_files, "FOLDER", tmp_path)
    if rows is not None:
        assert read_texts("made").rows() == rows
        return
    with pytest.raises(BrokenTable, match=r"^made\.csv: .*\. It is UTF-8, with commas and a header line\.$"):
        read_texts("made")


@pytest.mark.parametrize("read_by_name", [read_texts, code_table])
def test_a_name_of_no_table_is_refused_with_the_tables_there_are(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, read_by_name: Callable[[str], object]
) -> None:
    for name in ("units", "baskets"):
        (tmp_path / f"{name}.csv").write_text("code,name\n")
    monkeypatch.setattr(code_files, "FOLDER", tmp_path)
    with pytest.raises(BrokenTable, match=r"^there is no code table 'nothing'; the tables are baskets, units$"):
        read_by_name("nothing")


CORRECTION = f'c1,gacc_query,{"a" * 64},2,value,"2,000","2,500",misprint,us,2025-08-01,2026-08-01'
CORRECTIONS = f"{','.join(TABLES['corrections'].to_schema().columns)}\n{CORRECTION}\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (CORRECTIONS.replace(",", ";"), "with commas, a header line and the columns id, source, "),
        (CORRECTIONS.replace("misprint", "误印"), "invalid utf-8 sequence. It is UTF-8"),
        (f"{CORRECTIONS}\n", "row 2 below the header, column raw_sha256: ''"),
        (CORRECTIONS.replace("2026-08", "2026-13"), "row 1 below the header, column expires_on: '2026-13-01'"),
        (f"{CORRECTIONS.rstrip()},more\n", "more fields than"), ("", "empty CSV"), (f"{CORRECTION}\n", "a header line"),
    ],
)  # fmt: skip
def test_a_code_table_that_cannot_be_used_says_where_and_what_is_expected(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "corrections.csv"
    file.write_bytes(text.encode("gb18030"))
    with pytest.raises(BrokenTable) as broken:
        read_codes(file, "corrections")
    assert said in str(broken.value)
    assert (str(broken.value).partition(".")[0], "\n" in str(broken.value)) == ("corrections", False)


def test_code_tables_pass_their_models_and_have_rows() -> None:
    for name in TABLES:
        # The packaged files are read without their models.
        assert code_table(name).equals(read_codes(code_files.table_file(name), name)), name
        assert code_table(name).height > 0 or name == "corrections"


def test_a_run_that_makes_tables_refuses_a_packaged_file_that_breaks_its_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(code_files.FOLDER, tmp_path / "reference")
    monkeypatch.setattr(code_files, "FOLDER", tmp_path / "reference")
    with monkeypatch.context() as unread:
        # What has passed is known by its hash, and no model is imported for it.
        unread.setattr(code_tables, "read_codes", lambda *given: pytest.fail("it is unchanged"))
        require_valid_tables.__wrapped__()
    copy("units.csv", tmp_path, more=WRONG_UNIT).replace(tmp_path / "reference" / "units.csv")
    with pytest.raises(BrokenTable, match=BROKEN_UNIT):
        require_valid_tables.__wrapped__()


def test_a_file_of_ones_own_replaces_the_packaged_one_and_no_other_and_must_fit_its_model(folder: Path) -> None:
    before = code_table.__wrapped__("units")
    own = copy("units.csv", folder, more="Dozen,en,item,,12,nobody\n")
    assert code_files.table_files()["units"] == own
    after = code_table.__wrapped__("units")
    assert (after.height, after.row(-1)[0]) == (before.height + 1, "Dozen")
    assert code_files.table_files()["partners"] == code_files.FOLDER / "partners.csv"
    copy("units.csv", folder, more=WRONG_UNIT)
    with pytest.raises(BrokenTable, match=BROKEN_UNIT):
        code_table.__wrapped__("units")


def test_the_hashes_of_code_and_of_tables_follow(folder: Path) -> None:
    def hashes() -> list[str]:
        return [code_sha256.__wrapped__(), *(schema_sha256.__wrapped__(name) for name in ("metric", "release"))]

    before = hashes()
    own = copy("partner_groups.csv", folder)
    assert hashes() == before, "the same bytes from another folder"
    own.write_text("\n".join(own.read_text(encoding="utf-8").splitlines()[:-1]) + "\n", encoding="utf-8")
    assert [now != then for now, then in zip(hashes(), before, strict=True)] == [True, True, False]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("unitz.csv", "unitz.csv replaces no code table; the tables are absence_rates.csv, baskets.csv, "),
        ("units.csv", ": units.csv: "),
        ("", "and there is no such folder: create it, or unset the variable"),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_line_by_every_command(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, says: str
) -> None:
    (folder / name).write_text("no,table\n1\n") if name else folder.rmdir()
    monkeypatch.setattr(code_tables, "code_table", code_table.__wrapped__)
    done = CliRunner().invoke(app, ["held", "--store", str(folder.parent)])
    assert (done.exit_code, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"refused {settings.REFERENCE}")
    assert says in line


def test_a_partner_code_and_a_partner_key_mean_one_thing_in_every_month() -> None:
    partners = code_table("partners").to_dicts()
    compared = 0
    for month in (f"{year}-{number}" for year in range(1995, 2031) for number in ("01", "12")):
        valid = [row for row in partners if row["valid_from"] <= month <= (row["valid_to"] or "9")]
        assert len({row["gacc_code"] for row in valid}) == len({row["partner"] for row in valid}) == len(valid)
        compared += len(valid)
    assert compared > 10_000


def test_every_source_has_terms_for_each_measure_and_direction_once_and_each_word_is_used() -> None:
    table = code_table("statement_terms")
    assert ({*table["valuation"]}, {*table["zero"]}) == ({*VALUATIONS}, {*ZEROS})
    assert {*table["source"]} == {*SOURCES}
    for source in SOURCES:
        rows = table.filter(source=source)
        assert not rows.select("flow", "measure").is_duplicated().any()
        exports, imports = (set(rows.filter(flow=flow)["measure"]) for flow in ("export", "import"))
        # Further values are printed beside the first, and of imports alone.
        firsts = {measure for measure in imports if len(measure) == len("value_usd")}
        assert exports | firsts
        assert exports == firsts or not (exports and imports)
        assert {*rows["nomenclature"]} == {SOURCES[source].nomenclature}


def test_currency_and_rounding_are_those_of_the_printed_labels() -> None:
    labels, table = (
        code_table("currencies").select("measure", "unit", "rounding").unique(),
        code_table("statement_terms"),
    )
    of_customs = table.filter(pl.col("source") != "published")
    joined = of_customs.join(labels, on="measure", how="left")
    assert joined.height == of_customs.height
    wrong = (pl.col("currency") != pl.col("unit")) | (pl.col("rounding") != pl.col("rounding_right"))
    assert joined.filter(wrong).height == 0
    assert {*table.filter(pl.col("rounding") != "nearest")["zero"]} == {"less than a step"}
    assert {*labels["measure"]} == {*table["measure"]}


def test_the_page_about_sources_says_what_the_table_says() -> None:
    """Each line of the table in docs/sources.md: valuation and partner of both directions, and rounding."""
    page = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
    lines = page.partition("| source | exports | imports | rounding |")[2].split("\n\n")[0].splitlines()[2:]
    found = {
        name.strip(" `"): cells
        for sources, *cells in (line.strip("|").split("|") for line in lines)
        for name in sources.split(",")
    }
    assert {*found} == {*SOURCES}
    listed = page.partition("| source | reporter |")[2].split("\n\n")[0]
    assert {*re.findall(r"`(\w+)`", listed)} == {*SOURCES}
    for source, cells in found.items():
        for flow, cell in zip(("export", "import"), cells[:2], strict=True):
            rows = code_table("statement_terms").filter(
                pl.col("measure").str.len_chars() == len("value_usd"), source=source, flow=flow
            )
            if not rows.height:
                assert cell.strip() == "–", (source, flow)
                continue
            ((valuation, partner, rounding),) = rows.select("valuation", "partner_is", "rounding").unique().rows()
            words = (
                cell.strip()
                .replace("by origin, inside the EU by consignment", "origin, consignment inside the EU")
                .replace("by ", "")
                .replace("to the ", "")
            )
            assert words.startswith(valuation if valuation == partner else f"{valuation}, {partner}"), (source, flow)
            assert cells[2].strip().partition(",")[0] == rounding


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir])
def test_what_is_no_file_makes_no_command_wait(folder: Path, make: Callable[[Path], None]) -> None:
    place = folder / "units.csv"
    make(place)
    with pytest.raises(BrokenTable, match=r"units\.csv: a folder, a pipe or a device"):
        read_codes(place, "units")
    with pytest.raises(BrokenTable, match=r"units\.csv is a folder, a pipe, or a link to nothing"):
        table_files()
