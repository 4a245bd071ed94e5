"""Files and results of other programs that look whole and are not: each is refused, held or in doubt, by a rule with a
name and in a sentence; what is no file stays what it is; and a folder of thousands of broken files keeps nobody.
"""

import os
import re
import socket
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pytest
from bad_inputs.case import first
from typer.testing import CliRunner

from flows.cli.app import app
from flows.watch import watch
from schemas.forms.watch import WatchRequest
from tasks.answers.programs import jdemetra, x13
from tasks.catalogs.duckdb_file import write_duckdb
from tasks.checks.frame.registry import check_release
from tasks.domain.errors import Refused
from tests.copied_store import copied
from tests.unit.census_archive import Row, archive, export_members, members, packed
from tests.unit.dropped_files import download, inbox_in, month
from tests.unit.sources.census import us_census_answers as census_answers
from tests.unit.sources.eurostat import comext_answers
from tests.unit.sources.hmrc import hmrc_bulk_files as bulk
from tests.unit.sources.hmrc import ots_answers as ots
from tests.unit.sources.offices import hongkong_answers as hongkong
from tests.unit.sources.offices import india_pages as india
from tests.unit.sources.reading import read
from tests.unit.sources.samples import SAMPLES

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows", "experimental_sources_are_trusted")

REFUSED, HELD, DOUBTED = "refused", "held", "doubted"


class Lie(NamedTuple):
    """A file of a source, what becomes of it, by which rule or check, and words of the sentence."""

    what: str
    source: str
    data: bytes
    verdict: str
    rule: str
    says: str
    name: str = ""


def hmrc(what: str, verdict: str, rule: str, says: str, *records: str, **parts: Any) -> Lie:
    return Lie(what, "hmrc_bulk", bulk.file(*records, **parts), verdict, rule, says, bulk.NAME)


def census(what: str, verdict: str, rule: str, says: str, data: bytes, name: str = "IMDB2506.ZIP") -> Lie:
    return Lie(what, "us_census_bulk", data, verdict, rule, says, name)


ONE, OTHER = bulk.record(), bulk.record(1, port="131FXT")
LONGER = ONE[:20] + "7" + ONE[20:]
SEVEN = [bulk.record(number, port=f"{number:03d}LHR") for number in range(1, 7)]
BOTH = members([Row(), Row(country="5880", district="53")])
TWICE = {name: data * 2 for name, data in BOTH.items()}
SUMS_TWICE = packed(BOTH | {"IMP_CTY.TXT": TWICE["IMP_CTY.TXT"]})
EXPORTED = export_members([("1", "1201900095", "5700", "53", 900, 400_000)])
EXPORTS_TWICE = packed({name: data * 2 for name, data in EXPORTED.items()})
FIELDS: list[tuple[str, Any]] = [
    ("Country", "CN"),
    ("Commodity", "85051110"),
    ("Port", [1]),
    ("Country", {"CountryId": 400, "CountryCodeAlpha": "US"}),
]
OF_US, OF_GB = (comext_answers.answer(reporter=code) for code in ("US", "GB"))
NAMED = hongkong.answer(hongkong.row(1, coDescEN={"a": 1}))
OF_NO_FLOW, BELOW_ZERO = (
    SAMPLES["un_comtrade"].data.replace(*of_row, 1)
    for of_row in ((b'"flowCode": "X"', b'"flowCode": "Z"'), (b'"netWgt": 100.0', b'"netWgt": -100.0'))
)
AS_EXPORTS = census_answers.answer().replace(b"I_COMMODITY", b"E_COMMODITY")
# A country without trade: the total stays what it is.
WITHOUT_ONE = re.sub(rb"<tr><td>2</td>.*?</tr>", b"", india.page())
# What was the month a year before stands in the column of the month.
EXCHANGED = india.page(tuple((name, now, before) for name, before, now in india.ROWS), "12.00").replace(
    b"<td>12.00</td><td>12.00</td><td></td>", b"<td>1,300.00</td><td>12.00</td><td>10,733.33</td>"
)
# Printed totals that are off by one, whose codes have a letter that nobody sees.
MARKED = {
    "eurostat_comext": comext_answers.answer(
        [*comext_answers.CELLS[:6], ("\ufeffEXT_EU27_2020", comext_answers.VALUE, "1066301")]
    ),
    "us_census": census_answers.answer(
        [*census_answers.ROWS[:3], census_answers.line("-\u200b", "2204733", "2280000", "27318")]
    ),
}
LIES = [
    hmrc("the first record is cut short", REFUSED, "damaged text", "header", ONE[:60], OTHER, header=""),
    hmrc("it is cut to nine letters", REFUSED, "damaged text", "header", ONE[:9], OTHER, header="", trailer=""),
    hmrc("it has lost its first letters", REFUSED, "damaged text", "header", ONE[5:], OTHER, header=""),
    hmrc("the header and a record are one line", REFUSED, "damaged text", "header", ONE, header=bulk.HEADER + OTHER),
    hmrc("a record is a letter too long", REFUSED, "row width", "record 2", ONE, OTHER[:20] + "7" + OTHER[20:]),
    hmrc("the first record is a letter too long", REFUSED, "row width", "record 2", LONGER, OTHER),
    hmrc("a number has lost its last digit", REFUSED, "no number", "record 1, field pounds", ONE[:55] + " " + ONE[56:]),
    hmrc("a code has lost its first digit", HELD, "quarantined", "set aside", ONE[:13] + " " + ONE[14:], OTHER),
    hmrc("all records are longer", HELD, "row_width", "88", ONE + "NEW"),
    hmrc("the trailer counts seven of six", HELD, "control_total", "7, and 6 records", *SEVEN,
        trailer=bulk.TRAILER.format(7)),
    hmrc("a header and no trailer", HELD, "control_total", "trailer none", ONE, trailer=""),
    hmrc("a header that is none", HELD, "unknown_header", "'MAY 2026', and", ONE, header="MAY 2026",
        trailer=bulk.TRAILER.format(3)),
    hmrc("a record twice", HELD, "row_twice", "agree with another one", ONE, ONE),
    hmrc("nothing counts its records", DOUBTED, "no_proof", "no count", ONE, header="", trailer=""),
    *(census(f"the group {code}", REFUSED, "group among countries", code, archive(Row(), Row(country=code, value=7)))
        for code in ("0003", "-", "5XXX", "0026")),
    census("every record and every sum twice", HELD, "row_twice", "agree with another one", packed(TWICE)),
    census("every record twice", HELD, "row_twice", "agree with another one", archive(Row(), Row())),
    census("the sums of countries twice", HELD, "total_differs row_twice", "agree with another one", SUMS_TWICE),
    census("exports twice", HELD, "row_twice", "agree with another one", EXPORTS_TWICE, "EXDB2506.ZIP"),
    census("no sum of districts", DOUBTED, "no_proof", "no count", archive(IMP_DE=None)),
    *(Lie("a NUL in a row", source, page.replace(b"<tr>", b"<t\0r>"), REFUSED, "NUL byte", "a NUL at byte")
        for source, (page, *_) in SAMPLES.items() if source in ("gacc_preliminary", "gacc_bulletin")),
    Lie("the reporter US", "eurostat_comext", OF_US, REFUSED, "unknown reporter", "US"),
    Lie("the reporter GB", "eurostat_comext", OF_GB, REFUSED, "unknown reporter", "GB"),
    *(Lie(f"{value!r} for the {field}", "hmrc_ots", ots.page(ots.row(**{field: value})), REFUSED, "columns", field)
        for field, value in FIELDS),
    Lie("a name that is an object", "hongkong_csd", NAMED, REFUSED, "columns", "coDescEN"),
    *(Lie("a row without a code", source, SAMPLES[source].data.replace(*of_row, 1), REFUSED, "columns", says)
        for source, of_row, says in (("hongkong_csd", (b'"ttype": 1', b'"ttype": null'), "record 1: no ttype"),
            ("un_comtrade", (b'"flowCode": "X"', b'"flowCode": null'), "record 1: no flowCode"),
            ("hmrc_ots", (b'"FlowTypeId": 3', b'"FlowTypeId": null'), "record 1: no FlowTypeId"))),
    *(Lie("a number without a unit", source, SAMPLES[source].data.replace(*unit, 1), HELD, "quarantined", "unit")
        for source, unit in (("newzealand_stats", (b",NMB,", b",,")), ("japan_estat", (b",  ,NO,", b",  ,,")),
            ("us_census", (b'"KG"', b'""')))),
    Lie("a flow that is none", "un_comtrade", OF_NO_FLOW, REFUSED, "unknown flow", "'Z'"),
    Lie("a weight below zero", "un_comtrade", BELOW_ZERO, REFUSED, "no number", "'-100.0'"),
    Lie("a code beside that of none", "hmrc_ots", ots.page(ots.row(CommodityId=-5)), REFUSED, "no codes", "-5"),
    Lie("exports with a value of imports", "us_census", AS_EXPORTS, REFUSED, "columns", "GEN_VAL_MO"),
    Lie("a country of zero is gone", "india_meidb", WITHOUT_ONE, REFUSED, "cut off", "2 rows, and numbers up to 3"),
    Lie("the columns have changed places", "india_meidb", EXCHANGED, HELD, "growth_differs", "10,733.33 %"),
    *(Lie("the name of another file", source, SAMPLES[source].data, DOUBTED, "file_name", said, name)
        for source, name, said in (("brazil_comexstat", "IMP_2026.csv", "import in the name"),
            ("chile_aduanas", "expo_sa_monto_0103_2025.xlsx", "export in the name"),
            ("newzealand_stats", "Feb_2025_Exports_HS10_by_Country.csv", "2025-02 in the name"),
            ("newzealand_stats", "Jan_2025_Imports_HS10_by_Country.csv", "import in the name"))),
    *(Lie("a total whose code has a mark", source, data, HELD, "total_differs", "add up to")
        for source, data in MARKED.items()),
]  # fmt: skip


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: f"{lie.source}: {lie.what}")
def test_a_file_that_looks_whole_is_refused_held_or_doubted_in_a_sentence(lie: Lie, tmp_path: Path) -> None:
    name = lie.name or SAMPLES[lie.source].name
    declared = {key: value for key, value in SAMPLES[lie.source].declared.items() if key != "reporter"}
    if lie.verdict == REFUSED:
        with pytest.raises(Refused) as refused:
            read(lie.data, tmp_path, lie.source, name, **declared)
        assert (refused.value.rule, lie.says in str(refused.value)) == (lie.rule, True), refused.value
        assert name in refused.value.where
        assert refused.value.advice.endswith(".")
        return
    release = read(lie.data, tmp_path, lie.source, name, **declared)
    found = check_release(release, first(release, tmp_path / "ledger"))
    held = found.filter(severity="error")["check"].unique().to_list()
    assert {*held} == ({*lie.rule.split()} if lie.verdict == HELD else set()), found.to_dicts()
    said = found.filter(check=lie.rule.split()[-1]).select(pl.concat_str("subject", "observed", separator=" "))
    assert any(lie.says in text for text in said.to_series()), said.to_series().to_list()


MONTHS = {
    "NaN": ("NaN", "2020-02 has NaN, which is no number of a series"),
    "beyond every number": ("1e999", "2020-02 has 1e999, which is no number of a series"),
    "minus infinity": ("-inf", "2020-02 has -inf, which is no number"),
    "a comma": ("1,5", "2020-02 with '1,5', no month with a number"),
    "no number": ("?", "2020-02 with '[?]', no month with a number"),
}


@pytest.mark.parametrize("kind", [*MONTHS, "a month twice"])
@pytest.mark.parametrize("program", ["X-13", "JDemetra+"])
def test_a_result_with_what_is_no_number_is_refused(program: str, kind: str, tmp_path: Path) -> None:
    number, says = MONTHS.get(kind, ("2", "2020-01 stands twice"))
    month_of_it = "01" if kind == "a month twice" else "02"
    if program == "X-13":
        (tmp_path / "adjust.d11").write_text(f"202001\t1\n2020{month_of_it}\t{number}\n", encoding="utf-8")
    else:
        (tmp_path / "result.csv").write_text(f'date,sa\n2020-01-01,1\n2020-{month_of_it}-28,"{number}"\n')
    with pytest.raises(ValueError, match=says):
        (x13 if program == "X-13" else jdemetra).result_of(tmp_path)


def pipe(place: Path) -> None:
    os.mkfifo(place)


def listening(place: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listens:
        listens.bind(str(place))


def device(place: Path) -> None:
    try:
        os.mknod(place, 0o600 | stat.S_IFCHR, os.makedev(1, 7))
    except OSError:
        pytest.skip("only root makes a device, and not in every container")


@pytest.mark.parametrize("made", [pipe, listening, device])
@pytest.mark.parametrize("command", ["catalog duckdb", "catalog odcs", "catalog dbt", "status"])
@pytest.mark.parametrize("is_linked", [False, True])
def test_what_is_no_file_is_refused_as_output_and_stays_what_it_is(
    made: Callable[[Path], None], command: str, is_linked: bool, tmp_path: Path, sample_store: Path
) -> None:
    """A file in the place of a device takes the device from the machine."""
    place, link = tmp_path / "place.csv", tmp_path / "link.csv"
    made(place)
    link.symlink_to(place)
    before = place.stat()
    given = [*command.split(), "--output", str(link if is_linked else place), "--store", str(sample_store)]
    done = CliRunner().invoke(app, given)
    said = " ".join((done.stdout + done.stderr).split())
    assert (done.exit_code, "a folder, a pipe or a device, and no file. Give another name" in said) == (2, True), said
    assert place.stat() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.csv", "place.csv"]


def test_duckdb_is_not_pointed_into_a_folder_whose_name_it_cannot_read(sample_store: Path, tmp_path: Path) -> None:
    copied(sample_store, tmp_path / "a\\b")
    with pytest.raises(ValueError, match=r"DuckDB takes the .* Give the folder another name"):
        write_duckdb(tmp_path / "a\\b", tmp_path / "trade.duckdb")


FILES = 300


def test_many_broken_files_links_and_sockets_keep_nobody_from_the_one_that_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = inbox_in(tmp_path)
    folder = download(home, "june.csv", month(6)).parent
    for number in range(FILES):
        (folder / f"{number}.csv").write_bytes(b"x")
    for number in range(20):
        (folder / f"to nothing {number}.csv").symlink_to(home / "nothing")
    # The address of a socket is shorter than most paths.
    monkeypatch.chdir(folder)
    listening(Path("socket.csv"))
    report = watch.fn(WatchRequest(inbox=home / "inbox", store=home / "reporter=CHN", settle_seconds=0))
    # Links to nothing and the socket are refused, too.
    assert report.headline == f"Refused {FILES + 21}, Published 2025-06"
