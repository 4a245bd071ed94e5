"""Two files that contradict one another: both numbers are in doubt in Parquet, for who reads, on a page, for a tool.

Each row of the table is a kind of contradiction: a file that is published, one that comes after it, what is found, and
the numbers of either side. The numbers that are published are in doubt while the other file is held and nobody has
decided.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pytest
from bad_inputs.download import QUANTITY, TITLES, VALUE, csv_bytes, each, figures, magnets
from release_pages import goods

from schemas.questions.read import Read
from tasks.answers.trade.read import read_store
from tasks.api.mcp import Answers
from tasks.domain.errors import Held
from tasks.domain.labels import check_words
from tasks.pages.series import data, page
from tasks.reading.resolver import Resolver
from tasks.store.snapshots.parquet import read_table
from tests.unit.census_archive import Row, archive
from tests.unit.customs import Store

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows", "experimental_sources_are_trusted")

CODE, JUNE, MAY, YEAR_AGO, HALF = "85051110", "2025-06", "2025-05", "2024-06", "2025-01..2025-06"
PRINTED: Mapping[str, Any] = {"source": "published", "flow": None, "partners": None, "products": None, "months": None}
LISTED: Mapping[str, Any] = {"partners": "listed", "months": None, "products": ["8505"]}
ALL = LISTED | {"partners": "all"}
# Asked for other goods, so that it takes nobody's place.
OTHER = LISTED | {"products": ["850511"]}
DAY = date(2025, 7, 25)
YUAN, WORLD = (*TITLES[:-1], "人民币"), (*TITLES[:3], *TITLES[5:])
File = tuple[bytes, Mapping[str, Any]]
# A figure: product, partner, measure, month.
Place = tuple[str, str, str, str]


class Kind(NamedTuple):
    """A kind of contradiction, and places in doubt: of what is published before a decision, more after it."""

    name: str
    check: str
    first: File
    second: File
    published: Sequence[Place]
    both: Sequence[Place] = ()
    flow: str = "export"
    names: tuple[str, str] = ("first.csv", "second.csv")
    reporter: str = "CHN"


def line(
    value: object,
    period: str = JUNE,
    day: int = 20,
    *,
    partner: str = "WLD",
    measure: str = "quantity",
    unit: str = "t",
) -> str:
    return f'export,{CODE},{partner},{period},{measure},"{value}",{unit},2025-07-{day}'


def printed(*lines: str) -> File:
    return figures(*lines), PRINTED


def at(partner: str = "WLD", month: str = JUNE, measure: str = "quantity_kg", product: str = CODE) -> Place:
    return product, partner, measure, month


USD = {"measure": "value", "unit": "USD million"}
GROWTH = {"measure": "quantity_yoy", "unit": "%"}
DOLLARS = [
    magnets(partner, f"{300_000 + 977 * place}", f"{57 * (300_000 + 977 * place):,}")
    for place, partner in enumerate(("502", "304", "133", "116", "344"))
]
USA_USD, GERMANY_USD = at("USA", measure="value_usd"), at("DEU", measure="value_usd")


def in_yuan(rate: float, quantity: str = "") -> bytes:
    rows = each(VALUE, lambda usd: f"{round(int(usd.replace(',', '')) * rate)}", DOLLARS)
    return csv_bytes(each(QUANTITY, lambda kg: quantity or kg, rows) if quantity else rows, YUAN)


EARTHS: File = (
    csv_bytes(
        [
            ("202505", code, "name", partner, "某国", str(kg), "千克", "0", "?", f"{4 * kg}")
            for code, kg in (("25309020", 120), ("28053011", 52_800), ("28461010", 800_000))
            for partner in ("502", "304", "133", "116", "344")
        ]
    ),
    ALL | {"products": ["25309020", "2805", "2846"], "months": "2025-05"},
)
LINE = at(product="line:rare_earths", month=MAY)
PAGE: Mapping[str, Any] = {
    "source": "gacc_preliminary",
    "partners": None,
    "products": None,
    "months": None,
    "flow": None,
}
API: Mapping[str, Any] = {"source": "us_census", "flow": "import", "partners": "all", "months": JUNE, "products": None}
BULK = API | {"source": "us_census_bulk", "flow": None, "partners": None, "months": None}
ANSWER = json.dumps(
    [
        ["CTY_CODE", "GEN_VAL_MO", "GEN_CIF_MO", "GEN_QY1_MO", "UNIT_QY1", "I_COMMODITY", "time", "COMM_LVL"],
        [Row().country, "1100", "1150", "10", "NO", Row().code, JUNE, "HS10"],
    ]
).encode()


def of_world(quantity: int, value: int) -> bytes:
    return csv_bytes([row[:3] + row[5:] for row in [magnets(quantity=str(quantity), value=f"{value:,}")]], WORLD)


KINDS = (
    # Prints of one figure.
    *(Kind(f"two prints of {name}", "prints_disagree", printed(line(one, **of)), printed(line(other, day=25, **of)),
         [place], [place]) for name, one, other, of, place in (("the world", "3188", "31880", {}, at()), ("a partner",
         "353", "3530", {"partner": "USA"}, at("USA")), ("dollars", "180", "1.8", USD, at(measure="value_usd")),
         ("a month of last year", "5150", "515", {"period": YEAR_AGO}, at(month=YEAR_AGO)))),
    Kind("an older print", "prints_disagree", printed(line("31880", day=25)), printed(line("3188")), [at()], [at()]),
    Kind("two papers of a day", "editions_disagree", printed(line("353.4", partner="USA")), printed(line("354",
         partner="USA")), [at("USA")], [at("USA")]),
    # Year to date, spans and months.
    Kind("a month and two years so far", "ytd_mismatch", printed(line("19132", "2025-01..2025-05"), line("22319",
         HALF)), printed(line("3194")), [at()], [at()]),
    Kind("a year so far and its month", "ytd_mismatch", printed(line("19132", "2025-01..2025-05"), line("3188")),
         printed(line("22329", HALF)), [at()], [at()]),
    Kind("a year so far and the one before", "ytd_mismatch", printed(line("22319", HALF), line("3188")),
         printed(line("19232", "2025-01..2025-05")), [at()], [at()]),
    Kind("a half year below its month", "prints_do_not_add_up", printed(line("3188")), printed(line("2231.9", HALF)),
         [at()], [at()]),
    Kind("a half year below five months", "prints_do_not_add_up", printed(line("19132", "2025-01..2025-05"),
         line("5150", YEAR_AGO)), printed(line("17319", HALF)), [at(month=MAY)], [at(month=MAY), at()]),
    Kind("a half year below two months", "prints_do_not_add_up", printed(line("3188", "2025-01"), line("3188",
         "2025-03")), printed(line("5000", HALF)), [at(month="2025-01"), at(month="2025-03")], [at(month="2025-01"),
         at(month="2025-03")]),
    Kind("months below their sum", "prints_do_not_add_up", printed(line("3000", MAY), line("3000")),
         printed(line("9000", f"{MAY}..{JUNE}")), [at(month=MAY), at()], [at(month=MAY), at()]),
    Kind("months and a download of their sum", "months_of_span", (csv_bytes([magnets(month="202505"), magnets()]),
         LISTED), (csv_bytes([row[1:] for row in [magnets(quantity="900000", value="51,300,000")]], TITLES[1:]),
         OTHER | {"months": f"{MAY}..{JUNE}"}), [at("USA", MAY), at("USA")], [at("USA", MAY), at("USA")]),
    # A growth and its levels.
    *(Kind(f"{name} and {of}", check, printed(line(base, YEAR_AGO, partner=partner)), printed(line(now,
         partner=partner), line(growth, partner=partner, **GROWTH)), [at(partner, YEAR_AGO)], [at(partner, YEAR_AGO),
         at(partner)]) for name, check, growth in (("a sign", "growth_sign", "38.1"), ("a growth", "implied_revision",
         "-36.0")) for of, partner, base, now in (("the world", "WLD", "5150", "3188"), ("a partner", "USA", "515",
         "318.8"))),
    # Two currencies.
    *(Kind(f"{rate} yuan for a dollar", "exchange_rate", (csv_bytes(DOLLARS), LISTED), (in_yuan(rate), OTHER),
         [USA_USD], [at("USA", measure="value_cny")]) for rate in (1, 4.9, 10)),
    Kind("dollars after yuan", "exchange_rate", (in_yuan(10), LISTED), (csv_bytes(DOLLARS), OTHER), [at("USA",
         measure="value_cny")], [USA_USD]),
    # Two releases of a day.
    *(Kind(f"two downloads of a day, {name}", "editions_disagree", (csv_bytes(DOLLARS[:1]), LISTED),
         (csv_bytes([magnets("502", *other)]), OTHER), [place]) for name, other, place in (("kilograms", ("300001",
         "17,100,000"), at("USA")), ("dollars", ("300000", "17,200,000"), USA_USD))),
    Kind("a download in yuan of the day", "editions_disagree", (csv_bytes(DOLLARS), LISTED), (in_yuan(7.18, "300001"),
         OTHER), [at("USA")]),
    # Two directions.
    Kind("the bytes of the other direction", "other_flow", (csv_bytes(DOLLARS), LISTED), (csv_bytes(DOLLARS),
         LISTED | {"flow": "import"}), [at("USA"), USA_USD]),
    Kind("the numbers of the other direction", "numbers_of_other_flow", (csv_bytes(DOLLARS), LISTED),
         (csv_bytes(DOLLARS[::-1]), LISTED | {"flow": "import"}), [at("USA"), USA_USD]),
    # Total and parts.
    Kind("a world after its partners", "world_total", (csv_bytes(DOLLARS), ALL), (of_world(1_509_770, 73_669_120),
         ALL | {"products": ["850511"]}), [at(measure="value_usd")]),
    Kind("partners after their world", "world_total", (of_world(1_509_770, 73_669_120), ALL), (csv_bytes(DOLLARS),
         ALL | {"products": ["850511"]}), [at(measure="value_usd")]),
    Kind("partners above a printed world", "world_total", printed(line("1400")), (csv_bytes(DOLLARS), ALL), [at()]),
    Kind("a line and its codes", "line_differs", (goods(), PAGE), EARTHS, [LINE], names=("page.html", "codes.csv")),
    Kind("codes and their line", "line_differs", EARTHS, (goods(), PAGE), [LINE], names=("codes.csv", "page.html")),
    # An answer that is corrected, and an archive that is not.
    Kind("an answer and an archive", "older_print", (ANSWER, API), (archive(Row()), BULK), [("8505110070", "CHN",
         "value_usd", JUNE)], flow="import", names=("first.json", "IMDB2506.ZIP"), reporter="USA"),
)  # fmt: skip


def in_doubt(store: Store, flow: str) -> set[Place]:
    """The places of which a figure is in doubt, in Parquet."""
    rows = read_table(store.snapshot, "metric").filter("in_doubt", flow=flow)
    names = [pl.col(name).cast(pl.String) for name in ("product", "partner", "measure")]
    return {*rows.select(*names, pl.col("period").dt.strftime("%Y-%m")).rows()}


def faces(store: Store, flow: str, place: Place) -> dict[str, str]:
    """What who reads, a tool and a page are told of a place."""
    product, partner, measure, month = place
    asked = {"product": product, "partner": partner, "month": month, "measure": measure, "flow": flow}
    [row] = read_store(Read(**asked), store.store).rows.to_dicts()
    [answer] = Answers(store.store).ask("read", **asked)["rows"]
    assert (row["in_doubt"], answer["in_doubt"]) == (True, True)
    if row["level"] is None:
        # A page of a series shows no year to date.
        return {"read": row["doubt"], "tool": answer["doubt"]}
    series = data.gather(Resolver(store.snapshot), product, flow, DAY)
    shown = [page.render(series, "en", page.PagePlace(), pl.DataFrame(), page.stem_of(series)), data.as_script(series)]
    return {"read": row["doubt"], "tool": answer["doubt"], "page": " ".join(shown)}


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.name) for kind in KINDS])
def test_both_numbers_of_a_contradiction_are_in_doubt_on_every_face(kind: Kind, tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.store = tmp_path / f"reporter={kind.reporter}"
    store.ingest(kind.first[0], DAY, kind.names[0], **kind.first[1])
    assert not in_doubt(store, kind.flow)
    words = check_words("en")[kind.check]
    try:
        store.ingest(kind.second[0], DAY, kind.names[1], **kind.second[1])
    except Held as held:
        assert {*kind.published} <= in_doubt(store, kind.flow)
        told = [faces(store, kind.flow, place) for place in kind.published]
        assert [face for of_place in told for face, text in of_place.items() if words not in text] == []
        store.approve(held.release_id, DAY)
    assert {*kind.published, *kind.both} <= in_doubt(store, kind.flow)
    told = [faces(store, kind.flow, place) for place in {*kind.published, *kind.both}]
    assert [face for of_place in told for face, text in of_place.items() if words not in text] == []
    assert kind.check in read_table(store.snapshot, "finding")["check"]


def test_the_table_has_thirty_kinds_of_contradiction() -> None:
    assert len({kind.name for kind in KINDS}) == len(KINDS) >= 30
