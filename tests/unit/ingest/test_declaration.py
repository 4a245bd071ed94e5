"""What a file does not say comes from the command line, the sidecar, the folder, in this order, or is refused."""

import json
import os
from datetime import date
from pathlib import Path

import pytest
from release_pages import goods

from schemas.forms.request import ReleaseRequest
from tasks.domain.errors import BrokenStore, Refused
from tasks.ingest.declaration import locate
from tasks.ingest.raw_store import expected, land

TODAY = date(2026, 1, 5)


def _drop(folder: Path, name: str = "file.csv") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(b"anything")
    return folder / name


def test_the_stronger_word_wins(tmp_path: Path) -> None:
    file = _drop(tmp_path / "inbox" / "gacc_query" / "export")
    (tmp_path / "inbox" / "defaults.toml").write_text('partners = "all"\nreleased_on = 2025-07-20\n')
    assert (locate(ReleaseRequest(file=file)).flow, locate(ReleaseRequest(file=file)).partners) == ("export", "all")
    file.with_name("file.csv.toml").write_text(
        'flow = "export"\npartners = "listed"\nproducts = ["0101"]\nmonths = "2025-01..2025-06"\n'
    )
    found = locate(ReleaseRequest(file=file, flow="import"))
    assert (found.flow, found.partners, found.products) == ("import", "listed", ("0101",))
    assert (found.first_month, found.last_month) == (date(2025, 1, 1), date(2025, 6, 1))
    assert found.released_on == date(2025, 7, 20)


def test_a_query_file_without_flow_is_refused_with_the_line_to_write(tmp_path: Path) -> None:
    file = _drop(tmp_path)
    with pytest.raises(Refused) as refused:
        locate(ReleaseRequest(file=file, source="gacc_query"))
    assert 'Write flow = "import" into a sidecar <its name>.toml' in str(refused.value)
    assert "--flow import|export" in str(refused.value)


@pytest.mark.parametrize(
    "title",
    ["a\x1b[31mred", "two\nlines", "nul\x00", os.fsdecode(b"\xff\xfe"), "x" * 300, "a\u202evsc"],
    ids=["escape", "lines", "nul", "bytes", "long", "turned"],
)
def test_a_title_that_no_terminal_should_print_is_refused(tmp_path: Path, title: str) -> None:
    """It is published, and comes to terminals, pages and file names from there."""
    file = _drop(tmp_path)
    with pytest.raises(Refused, match=r"file\.csv: title .* Give the release a title"):
        locate(ReleaseRequest(file=file, source="published", title=title))
    named = file.with_name(title[:200] + ".csv") if "\x00" not in title and len(title) < 255 else None
    if named:
        named.write_bytes(b"anything")
        with pytest.raises(Refused, match="title"):
            locate(ReleaseRequest(file=named, source="published"))
        assert locate(ReleaseRequest(file=named, source="published", title="稀土 [2025]")).title == "稀土 [2025]"


@pytest.mark.parametrize("months", ["0204-01..2024-12", "1900-01..2099-12", "2024-01..2204-12", "2027-01"])
def test_months_of_which_no_file_of_that_day_can_speak_are_refused(tmp_path: Path, months: str) -> None:
    file = _drop(tmp_path)
    with pytest.raises(Refused, match=r"months .* Declare the months that were asked for"):
        land(locate(ReleaseRequest(file=file, source="published", months=months)), tmp_path / "store", TODAY)


def test_a_name_beside_which_no_sidecar_can_lie_is_refused(tmp_path: Path) -> None:
    """It was told as a disk that fails."""
    file = _drop(tmp_path, "稀" * 83 + ".csv")
    with pytest.raises(Refused, match="Give the file a shorter name"):
        locate(ReleaseRequest(file=file, source="published"))
    assert locate(ReleaseRequest(file=_drop(tmp_path, "x" * 246 + ".csv"), source="published")).title.endswith(
        "xxx.csv"
    )


@pytest.mark.parametrize("line", ['products = ["８５０５"]', 'months = "２０２５-06"'])
def test_digits_of_a_declaration_are_those_of_ascii(tmp_path: Path, line: str) -> None:
    file = _drop(tmp_path)
    file.with_name("file.csv.toml").write_text(f'source = "published"\n{line}\n', encoding="utf-8")
    with pytest.raises(Refused, match="is no"):
        locate(ReleaseRequest(file=file))


def test_months_that_end_before_they_begin_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"2025-06\.\.2025-01 ends before it begins"):
        locate(ReleaseRequest(file=_drop(tmp_path), source="published", months="2025-06..2025-01"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("flwo = 'export'", "'export': there is no such key"),
        ("months = 202501", 'Write months = "2025-01..2025-06"'),
        ("released_on = 20250120", "Write released_on = 2025-01-20"),
        ("products = [1012100]", "1012100: a text in quotes is needed"),
        ("products = ['101']", "'101' is no HS code"),
        ("products = []", "names no code"),
        ("months = '2025-13'", "key months: '2025-13' is no month or range; write 2025-06"),
        ("months = 'June 2025'", "is no month or range"),
        ("reporter = 'China'", "key reporter: 'China' is no code of a country"),
        ("flow = ", "no valid TOML"),
        (f"products = {'[' * 100_000}", "no valid TOML: lists or tables in one another without end"),
        (f"products = {'{a = ' * 50_000}", "no valid TOML: lists or tables in one another without end"),
        (f"{'.'.join('a' * 50_000)} = 1", "no valid TOML: a key of 50,000 parts in line 1"),
        (f"[{'.'.join('a' * 50_000)}]", "no valid TOML: a key of 50,000 parts in line 1"),
        (f"months = {'9' * 10_000}", "no valid TOML"),
        (f"title = '{'a' * 1_000_000}'", "no valid TOML: more than 1,000,000 bytes"),
        ("partners = 'some'", "'all' or 'listed'"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_wrong_sidecar_is_refused_by_name(tmp_path: Path, text: str, says: str) -> None:
    file = _drop(tmp_path)
    file.with_name("file.csv.toml").write_text(text)
    with pytest.raises(Refused, match=says) as refused:
        locate(ReleaseRequest(file=file, source="gacc_query", flow="export"))
    assert "file.csv.toml" in str(refused.value)


def test_what_the_folder_of_a_link_says_holds_for_the_file(tmp_path: Path) -> None:
    file = _drop(tmp_path / "archive" / "2025")
    (tmp_path / "archive" / "defaults.toml").write_text('partners = "listed"\nreleased_on = 2025-07-20\n')
    link = tmp_path / "inbox" / "gacc_query" / "export" / "june.csv"
    link.parent.mkdir(parents=True)
    link.symlink_to(file)
    (link.parent / "defaults.toml").write_text('partners = "all"\n')
    found = locate(ReleaseRequest(file=link))
    assert (found.partners, found.released_on) == ("all", date(2025, 7, 20))
    # A folder that a path only passes through is none above the file.
    (tmp_path / "inbox" / "defaults.toml").write_text('title = "not this"\n')
    assert (
        locate(
            ReleaseRequest(file=tmp_path / "inbox" / ".." / "archive" / "2025" / "file.csv", source="published")
        ).title
        == "file.csv"
    )


@pytest.mark.parametrize("name", ["june.toml", "june.TOML", "june.csv.TOML"])
def test_a_sidecar_under_another_name_is_not_passed_over(tmp_path: Path, name: str) -> None:
    file = _drop(tmp_path, "june.csv")
    (tmp_path / name).write_text('partners = "all"\n')
    with pytest.raises(Refused, match=r"june\.csv: .* Rename it to june\.csv\.toml"):
        locate(ReleaseRequest(file=file, source="gacc_query", flow="export"))
    (tmp_path / "june.csv.toml").write_text('partners = "all"\n')
    assert locate(ReleaseRequest(file=file, source="gacc_query", flow="export")).partners == "all"


def test_the_day_of_landing_is_the_first_and_stays(tmp_path: Path) -> None:
    file, store = _drop(tmp_path / "in"), tmp_path / "store"
    declared = locate(ReleaseRequest(file=file, source="gacc_query", flow="export"))
    first = land(declared, store, TODAY)
    before = {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in store.rglob("*") if path.is_file()}
    again = land(declared, store, date(2026, 3, 1))
    assert again.released_on == first.released_on == TODAY
    assert before == {
        path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in store.rglob("*") if path.is_file()
    }
    assert first.raw.read_bytes() == b"anything"
    assert json.loads(first.raw.with_name(f"{first.raw_sha256}.json").read_bytes())["landed_on"] == "2026-01-05"


@pytest.mark.parametrize(
    "damaged", [b"", b'{"landed_on": "20', b'{"landed_on": "2025-13-77"}', b"[]", b'{"name": "a"}']
)
def test_a_damaged_note_of_the_first_landing_is_named_with_what_to_do(tmp_path: Path, damaged: bytes) -> None:
    declared = locate(ReleaseRequest(file=_drop(tmp_path / "in"), source="gacc_query", flow="export"))
    landed = land(declared, tmp_path / "store", TODAY)
    note = landed.raw.with_name(f"{landed.raw_sha256}.json")
    note.chmod(0o644)
    note.write_bytes(damaged)
    with pytest.raises(BrokenStore, match=f"{note}: no note of a first landing .* delete it and declare released_on"):
        land(declared, tmp_path / "store", TODAY)
    note.unlink()
    assert land(declared, tmp_path / "store", TODAY) == landed


def test_a_release_day_after_today_is_refused(tmp_path: Path) -> None:
    file = _drop(tmp_path / "in")
    declared = locate(ReleaseRequest(file=file, source="gacc_query", flow="export", released_on=date(2026, 2, 1)))
    with pytest.raises(Refused, match="after today"):
        land(declared, tmp_path / "store", TODAY)


def test_of_a_clock_that_went_back_it_is_not_said_that_somebody_declared_the_day(tmp_path: Path) -> None:
    declared = locate(ReleaseRequest(file=_drop(tmp_path / "in"), source="gacc_query", flow="export"))
    land(declared, tmp_path / "store", TODAY)
    with pytest.raises(
        Refused, match=r"landed first on 2026-01-05, which is after today \(2026-01-02\)\. Set the clock"
    ):
        land(declared, tmp_path / "store", date(2026, 1, 2))


def test_a_damaged_raw_copy_is_replaced_by_the_right_bytes(tmp_path: Path) -> None:
    file, store = _drop(tmp_path / "in"), tmp_path / "store"
    declared = locate(ReleaseRequest(file=file, source="gacc_query", flow="export"))
    landed = land(declared, store, TODAY)
    landed.raw.chmod(0o644)
    landed.raw.write_bytes(b"anythinG")
    assert land(declared, store, TODAY).raw.read_bytes() == b"anything"


@pytest.mark.parametrize(
    ("declared", "today", "released_on"),
    [
        (None, date(2026, 1, 2), date(2025, 6, 10)), (date(2025, 7, 1), date(2026, 1, 2), date(2025, 7, 1)),
        # Landed before its printed day: the day is refused when it is compared, and not taken.
        (None, date(2025, 6, 9), date(2025, 6, 9)),
    ],
)  # fmt: skip
def test_the_day_of_a_page_is_the_one_that_it_prints(
    declared: date | None, today: date, released_on: date, tmp_path: Path
) -> None:
    file = tmp_path / "page.html"
    file.write_bytes(goods(day="2025/06/10"))
    asked = locate(ReleaseRequest(file=file, source="gacc_preliminary", released_on=declared))
    assert land(asked, tmp_path / "store", today).released_on == released_on
    assert expected(asked, file.read_bytes(), today).released_on == released_on
