"""What a file does not say comes from the command line, the sidecar, the folder, in this order, or is refused; and
where it lands."""

import json
import os
from datetime import date
from pathlib import Path
from typing import Any

import comtrade_answers
import pytest
from release_pages import goods

from schemas.forms.request import OfFolder, ReleaseRequest
from tasks.domain.errors import BrokenStore, Refused
from tasks.ingest.declaration import locate
from tasks.ingest.raw_store import expected, land
from tasks.sources.registry import SOURCES
from tests.unit.dropped_files import drop
from tests.unit.published_stores import of_germany

TODAY = date(2026, 1, 5)
QUERY: Any = {"source": "gacc_query", "flow": "export"}
ENDLESS = "no valid TOML: lists or tables in one another without end"


def store_in(folder: Path) -> Path:
    """A store that is there: with these bytes, which no adapter reads, none would begin."""
    (folder / "store").mkdir(exist_ok=True)
    return folder / "store"


def test_the_stronger_word_wins(tmp_path: Path) -> None:
    file = drop(tmp_path / "inbox" / "gacc_query" / "export")
    (tmp_path / "inbox" / "defaults.toml").write_text('partners = "all"\nreleased_on = 2025-07-20\n')
    assert (locate(ReleaseRequest(file=file)).flow, locate(ReleaseRequest(file=file)).partners) == ("export", "all")
    drop(
        file.parent, sidecar='flow = "export"\npartners = "listed"\nproducts = ["0101"]\nmonths = "2025-01..2025-06"\n'
    )
    found = locate(ReleaseRequest(file=file, flow="import"))
    assert (found.flow, found.partners, found.products) == ("import", "listed", ("0101",))
    assert (found.first_month, found.last_month, found.released_on) == (
        date(2025, 1, 1),
        date(2025, 6, 1),
        date(2025, 7, 20),
    )


@pytest.mark.parametrize(
    "title", ["a\x1b[31mred", "two\nlines", os.fsdecode(b"\xff\xfe"), "x" * 300, "a\u202evsc"],
    ids=["escape", "lines", "bytes", "long", "turned"],
)  # fmt: skip
def test_a_title_that_no_terminal_should_print_is_refused(tmp_path: Path, title: str) -> None:
    """It is published, and comes to terminals, pages and file names from there."""
    file = drop(tmp_path)
    with pytest.raises(Refused, match=r"file\.csv: title .* Give the release a title"):
        locate(ReleaseRequest(file=file, source="published", title=title))
    if len(title) < 255:
        named = drop(tmp_path, f"{title}.csv")
        with pytest.raises(Refused, match="title"):
            locate(ReleaseRequest(file=named, source="published"))
        assert locate(ReleaseRequest(file=named, source="published", title="稀土 [2025]")).title == "稀土 [2025]"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("flwo = 'export'", "'export': there is no such key"),
        ("months = 202501", 'Write months = "2025-01..2025-06"'),
        ("released_on = 20250120", "Write released_on = 2025-01-20"),
        ("products = [1012100]", "1012100: a text in quotes is needed"),
        ("products = ['101']", "'101' is no HS code"),
        ("products = ['８５０５']", "is no"),
        ("products = []", "names no code"),
        ("months = '2025-13'", "key months: '2025-13' is no month or range; write 2025-06"),
        ("months = 'June 2025'", "is no month or range"),
        ("months = '２０２５-06'", "is no"),
        ("reporter = 'China'", "key reporter: 'China' is no code of a country"),
        ("partners = 'some'", "'all' or 'listed'"),
        ("flow = ", "no valid TOML"),
        (f"products = {'[' * 100_000}", ENDLESS),
        (f"products = {'{a = ' * 50_000}", ENDLESS),
        (f"{'.'.join('a' * 50_000)} = 1", "no valid TOML: a key of 50,000 parts in line 1"),
        (f"[{'.'.join('a' * 50_000)}]", "no valid TOML: a key of 50,000 parts in line 1"),
        (f"months = {'9' * 10_000}", "no valid TOML"),
        (f"title = '{'a' * 1_000_000}'", "no valid TOML: more than 1,000,000 bytes"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_wrong_sidecar_is_refused_by_name(tmp_path: Path, text: str, says: str) -> None:
    file = drop(tmp_path, sidecar=text)
    with pytest.raises(Refused, match=says) as refused:
        locate(ReleaseRequest(file=file, **QUERY))
    assert "file.csv.toml" in str(refused.value)


@pytest.mark.parametrize(("reporter", "is_one"), [("WLD", False), ("XXX", False), ("USA", True), ("EU27", True)])
def test_collected_figures_are_about_a_country_or_a_group(tmp_path: Path, reporter: str, is_one: bool) -> None:
    file = drop(tmp_path)
    if is_one:
        assert locate(ReleaseRequest(file=file, source="published", reporter=reporter)).reporter == reporter
        return
    with pytest.raises(Refused, match=f"reporter {reporter}, which is no country") as refused:
        locate(ReleaseRequest(file=file, source="published", reporter=reporter))
    assert refused.value.advice.startswith("Write the code")


@pytest.mark.parametrize("place", ["file.csv.toml", "defaults.toml"])
def test_a_declaration_that_is_no_file_is_refused_and_not_passed_over(tmp_path: Path, place: str) -> None:
    file = drop(tmp_path)
    paper = file.with_name(place)
    for kind, make in {
        "a folder, a pipe or a device": lambda: os.mkfifo(paper),
        "a folder, a pipe": paper.mkdir,
        "No such file": lambda: paper.symlink_to("nowhere.toml"),
    }.items():
        make()
        with pytest.raises(Refused, match=kind) as refused:
            locate(ReleaseRequest(file=file, **QUERY))
        assert place in str(refused.value)
        paper.rmdir() if paper.is_dir() else paper.unlink()
    assert locate(ReleaseRequest(file=file, **QUERY)).source == QUERY["source"]


@pytest.mark.parametrize(
    ("name", "asked", "words"),
    [
        ("file.csv", {"source": "gacc_query"},
            r'Write flow = "import" into a sidecar <its name>.toml .*--flow import\|export'),
        # It was told as a disk that fails.
        ("稀" * 83 + ".csv", {"source": "published"}, "Give the file a shorter name"),
        ("file.csv", {"source": "published", "months": "2025-06..2025-01"},
            r"2025-06\.\.2025-01 ends before it begins"),
        # Months of which no file of that day can speak.
        *(("file.csv", {"source": "published", "months": months}, "months .* Declare the months that were asked for")
            for months in ("0204-01..2024-12", "1900-01..2099-12", "2024-01..2204-12", "2027-01")),
        ("file.csv", {**QUERY, "released_on": date(2026, 2, 1)}, "after today"),
    ],
)  # fmt: skip
def test_a_declaration_that_cannot_be_is_refused(tmp_path: Path, name: str, asked: dict[str, Any], words: str) -> None:
    with pytest.raises(Refused, match=words):
        land(locate(ReleaseRequest(file=drop(tmp_path, name), **asked)), store_in(tmp_path), TODAY)
    longest = drop(tmp_path, "x" * 246 + ".csv")
    assert locate(ReleaseRequest(file=longest, source="published")).title == longest.name


def test_what_the_folder_of_a_link_says_holds_for_the_file(tmp_path: Path) -> None:
    file = drop(tmp_path / "archive" / "2025")
    (tmp_path / "archive" / "defaults.toml").write_text('partners = "listed"\nreleased_on = 2025-07-20\n')
    link = tmp_path / "inbox" / "gacc_query" / "export" / "june.csv"
    link.parent.mkdir(parents=True)
    link.symlink_to(file)
    (link.parent / "defaults.toml").write_text('partners = "all"\n')
    found = locate(ReleaseRequest(file=link))
    assert (found.partners, found.released_on) == ("all", date(2025, 7, 20))
    # A folder that a path only passes through is none above the file.
    (tmp_path / "inbox" / "defaults.toml").write_text('title = "not this"\n')
    through = tmp_path / "inbox" / ".." / "archive" / "2025" / "file.csv"
    assert locate(ReleaseRequest(file=through, source="published")).title == "file.csv"


@pytest.mark.parametrize("name", ["june.toml", "june.TOML", "june.csv.TOML"])
def test_a_sidecar_under_another_name_is_not_passed_over(tmp_path: Path, name: str) -> None:
    file = drop(tmp_path, "june.csv")
    (tmp_path / name).write_text('partners = "all"\n')
    with pytest.raises(Refused, match=r"june\.csv: .* Rename it to june\.csv\.toml"):
        locate(ReleaseRequest(file=file, **QUERY))
    (tmp_path / "june.csv.toml").write_text('partners = "all"\n')
    assert locate(ReleaseRequest(file=file, **QUERY)).partners == "all"


def test_the_day_of_landing_is_the_first_and_stays_and_damaged_bytes_are_replaced(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    declared = locate(ReleaseRequest(file=drop(tmp_path / "in"), **QUERY))

    def state() -> dict[Path, tuple[int, int]]:
        return {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in store.rglob("*") if path.is_file()}

    first = land(declared, store, TODAY)
    before = state()
    assert land(declared, store, date(2026, 3, 1)).released_on == first.released_on == TODAY
    assert state() == before
    assert json.loads(first.raw.with_name(f"{first.raw_sha256}.json").read_bytes())["landed_on"] == "2026-01-05"
    first.raw.chmod(0o644)
    first.raw.write_bytes(b"anythinG")
    assert land(declared, store, TODAY).raw.read_bytes() == b"anything"
    # Of a clock that went back it is not said that somebody declared the day.
    with pytest.raises(
        Refused, match=r"landed first on 2026-01-05, which is after today \(2026-01-02\)\. Set the clock"
    ):
        land(declared, store, date(2026, 1, 2))


@pytest.mark.parametrize(
    "damaged", [b"", b'{"landed_on": "20', b'{"landed_on": "2025-13-77"}', b"[]", b'{"name": "a"}']
)
def test_a_damaged_note_of_the_first_landing_is_named_with_what_to_do(tmp_path: Path, damaged: bytes) -> None:
    declared = locate(ReleaseRequest(file=drop(tmp_path / "in"), **QUERY))
    landed = land(declared, store_in(tmp_path), TODAY)
    note = landed.raw.with_name(f"{landed.raw_sha256}.json")
    note.chmod(0o644)
    note.write_bytes(damaged)
    with pytest.raises(BrokenStore, match=f"{note}: no note of a first landing .* delete it and declare released_on"):
        land(declared, store_in(tmp_path), TODAY)
    note.unlink()
    assert land(declared, store_in(tmp_path), TODAY) == landed


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
    assert land(asked, store_in(tmp_path), today).released_on == released_on
    assert expected(asked, file.read_bytes(), today).released_on == released_on


@pytest.mark.parametrize("source", [name for name, source in SOURCES.items() if source.reporter])
@pytest.mark.parametrize("given", ["option", "sidecar", "defaults"])
def test_a_source_of_one_reporter_refuses_every_other(tmp_path: Path, source: str, given: str) -> None:
    """Its figures would be published as those of another country, in the store of that country."""
    own = SOURCES[source].reporter
    other = "DEU" if own != "DEU" else "CHN"
    papers = {} if given == "option" else {given: f'reporter = "{other}"\n'}
    asked = {"source": source, "flow": "import", "reporter": other if given == "option" else None}
    file = drop(tmp_path, **papers)
    if source == "published":
        assert locate(ReleaseRequest(file=file, **asked)).reporter == other
        return
    with pytest.raises(Refused) as refused:
        locate(ReleaseRequest(file=file, **asked))
    assert str(refused.value).startswith(f"{file}: reporter {other}, and {source} has figures of {own} alone. ")
    assert locate(ReleaseRequest(file=file, **{**asked, "reporter": own})).reporter == own


@pytest.mark.parametrize(
    ("source", "data", "reporter"),
    [
        ("eurostat_comext", of_germany("2025-06", ("US", "VALUE_IN_EUROS", "5")), "DEU"),
        ("eurostat_comext", of_germany("2025-06", ("US", "VALUE_IN_EUROS", "5"), reporter="EU27_2020"), "EU27"),
        ("un_comtrade", comtrade_answers.answer(comtrade_answers.row()), "CHN"),
        ("un_comtrade", comtrade_answers.answer(comtrade_answers.row(reporterCode=699)), "IND"),
    ],
)
def test_a_file_that_names_its_reporter_needs_no_declaration_of_it(
    tmp_path: Path, source: str, data: bytes, reporter: str
) -> None:
    file = drop(tmp_path)
    file.write_bytes(data)
    assert locate(ReleaseRequest(file=file, source=source)).reporter == reporter
    # Another file of that name is read anew.
    file.write_bytes(data + b"damaged")
    with pytest.raises(Refused, match=file.name):
        locate(ReleaseRequest(file=file, source=source))


def test_a_folder_with_the_name_of_a_source_says_the_source(tmp_path: Path) -> None:
    page = drop(tmp_path / "inbox" / "gacc_bulletin", "page.html")
    assert locate(ReleaseRequest(file=page)).source == "gacc_bulletin"
    with pytest.raises(Refused, match=r'the flow is not in the file .* Write flow = "import"'):
        locate(ReleaseRequest(file=drop(tmp_path / "inbox" / "gacc_query")))


def test_a_page_without_a_source_gets_no_advice_about_queries(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        locate(ReleaseRequest(file=drop(tmp_path, "page.HTML")))
    assert 'Write source = "gacc_bulletin" into a sidecar' in str(refused.value)
    assert str(refused.value).endswith("gacc_preliminary or gacc_bulletin, and says its flow itself.")
    assert "A query" not in str(refused.value)


@pytest.mark.parametrize(
    ("place", "day"),
    [
        ("6910_2026_0102_as_of_2026-03-23.csv", date(2026, 3, 23)),
        ("2026-03-23 soybeans.csv", date(2026, 3, 23)),
        ("20081110_asof_20260323.csv", date(2026, 3, 23)),
        ("2025-01-01_2025-12-31_released-2026.3.23.csv", date(2026, 3, 23)),
        ("大豆截至2026年3月23日.csv", date(2026, 3, 23)),
        ("as_of_2026-03-23/soybeans_2025.csv", date(2026, 3, 23)),
        ("as_of_2026-03-23/soybeans_as_of_2026-04-20.csv", date(2026, 4, 20)),
    ],
)
def test_the_day_of_release_is_taken_from_a_name_where_that_is_asked_for(tmp_path: Path, place: str, day: date) -> None:
    file = tmp_path / "downloads" / place
    file.parent.mkdir(parents=True)
    drop(file.parent, file.name)
    said = {"source": "gacc_query", "flow": "import"}
    asked = ReleaseRequest(file=file, otherwise=OfFolder(**said, day_in_name=True))
    assert locate(asked).released_on == day
    assert locate(ReleaseRequest(file=file, otherwise=OfFolder(**said))).released_on is None
    file.with_name(f"{file.name}.toml").write_text("released_on = 2026-05-01\n")
    assert locate(asked).released_on == date(2026, 5, 1), "what is declared is stronger"


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("soybeans_2025.csv", "no day in its name"),
        # Ground-nuts, and no tenth of November.
        ("20081110_2025.csv", "no day in its name"),
        ("as_of_2026-02-30.csv", "no day in its name"),
        ("as_of_2025-12.csv", "no day in its name"),
        ("as_of_202512.csv", "no day in its name"),
        ("released_2025_12.csv", "no day in its name"),
        ("截至2025年12月.csv", "no day in its name"),
        ("2025-01-01_2025-12-31.csv", "several days: 2025-01-01, 2025-12-31"),
    ],
)
def test_a_name_without_one_day_is_refused_and_no_day_is_guessed(tmp_path: Path, name: str, found: str) -> None:
    drop(tmp_path, name)
    given = OfFolder(source="gacc_query", flow="import", day_in_name=True)
    with pytest.raises(Refused, match=found):
        locate(ReleaseRequest(file=tmp_path / name, otherwise=given))


@pytest.mark.parametrize("months", ['"2025-01-01..2025-06-30"', '"2025-01..2025-06"', '"2025-01-31..2025-06"'])
def test_months_of_a_declaration_may_be_days(tmp_path: Path, months: str) -> None:
    file = drop(tmp_path, sidecar=f'source = "gacc_query"\nflow = "import"\nmonths = {months}\n')
    found = locate(ReleaseRequest(file=file))
    assert (found.first_month, found.last_month) == (date(2025, 1, 1), date(2025, 6, 1))
    drop(tmp_path, sidecar='source = "gacc_query"\nflow = "import"\nmonths = 2025-06-01\n')
    assert locate(ReleaseRequest(file=file)).last_month == date(2025, 6, 1)
    assert locate(ReleaseRequest(file=file, months="2025-05-31")).last_month == date(2025, 5, 1)
