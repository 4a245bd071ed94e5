"""A control whose term has run out, and of which no successor is recorded: a finding, a line in the brief, a published
state."""

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from bad_inputs.download import csv_bytes, magnets

from flows.release import release
from schemas.forms.request import ReleaseRequest
from tasks.pages.brief import lists, render
from tasks.pages.brief.facts import gather
from tasks.pages.text.document import as_html, as_markdown, plain_text
from tasks.reading.query import open_published
from tasks.store.files.snapshot import Snapshot
from tests.unit.checks.found import find

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")

MAGNETS, GALLIUM, BEANS = "85051110", "81129290", "12019019"
ABROAD, SUSPENSION = "mofcom-2025-61", "mofcom-gacc-2025-70"
RAN_OUT = "ran out on 2026-11-10, and nothing that succeeds it is recorded"


def rows(months: tuple[str, ...], code: str) -> bytes:
    return csv_bytes([(month, code, *magnets("502", "1000", "2000")[2:]) for month in months])


def lapses(day: str, months: tuple[str, ...] = ("202610",), code: str = MAGNETS, flow: str = "export") -> pl.DataFrame:
    found = find(rows(months, code), flow=flow, released_on=date.fromisoformat(day))
    return found.filter(check="control_lapsed").sort("subject")


@pytest.fixture(autouse=True)
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bad_inputs.case.TODAY", date(2028, 6, 1))


def test_a_release_of_a_product_whose_control_has_lapsed_says_so() -> None:
    found = lapses("2026-11-18")
    assert found.select("subject", "severity", "observed").rows() == [
        (ABROAD, "warning", f"the suspension of it by {SUSPENSION} {RAN_OUT}; touched here: {MAGNETS}"),
        (SUSPENSION, "warning", f"its term {RAN_OUT}; touched here: {MAGNETS}"),
    ]
    assert "schemas/reference/control_events.csv" in found["advice"][0]
    paragraph = lapses("2026-12-18", ("202611",), GALLIUM)
    assert paragraph["subject"].to_list() == ["mofcom-2024-46", "mofcom-2025-72"]
    assert paragraph["observed"][0].startswith(
        "the suspension of its paragraph 2 by mofcom-2025-72 ran out on 2026-11-27"
    )


@pytest.mark.parametrize(
    ("day", "months", "code", "flow"),
    [
        ("2026-11-10", ("202610",), MAGNETS, "export"),
        ("2026-11-18", ("202610",), MAGNETS, "import"),
        ("2026-11-18", ("202610",), BEANS, "export"),
        # These months were over before either of the two began; announcement 72 runs through the 27th.
        ("2026-11-18", ("202508", "202509"), MAGNETS, "export"),
        ("2026-11-27", ("202610",), GALLIUM, "export"),
    ],
)
def test_where_no_term_has_run_out_nothing_is_said(day: str, months: tuple[str, ...], code: str, flow: str) -> None:
    assert lapses(day, months, code, flow).is_empty()


def taken(folder: Path, day: str, months: tuple[str, ...], code: str = MAGNETS) -> Snapshot:
    """The store in a folder, with a query of a product that came out on a day."""
    file = folder / f"{day}-{code}-{months[0]}.csv"
    file.write_bytes(rows(months, code))
    told: Any = {"source": "gacc_query", "flow": "export", "partners": "all", "released_on": day}
    release.fn(ReleaseRequest(file=file, store=folder / "reporter=CHN", **told), date(2028, 6, 1))
    return open_published(folder / "reporter=CHN")


ENGLISH, CHINESE = "MOFCOM: Announcement 61 of 2025", "商务部：2025年第61号公告"
BEFORE, AFTER = date(2026, 11, 10), date(2026, 11, 11)


def test_the_brief_says_on_which_day_a_control_has_which_state_and_what_lapsed(tmp_path: Path) -> None:
    december = taken(tmp_path, "2026-01-20", ("202511", "202512"))
    facts = {
        day: gather(december, december.store, MAGNETS, "export", date(2025, 12, 1), day)
        for day in (BEFORE, AFTER, None)
    }

    def said(day: date | None, language: str) -> dict[str, str]:
        # A line has the day, the title with its address, and goods with the state in brackets.
        lines = [[plain_text([run]) for run in line] for line in lists.event_lines(facts[day].events, language)]
        return {title: rest[:-1].rpartition("(" if language == "en" else "（")[2] for _, _, title, rest in lines}

    assert said(BEFORE, "en")[ENGLISH] == said(None, "en")[ENGLISH] == "suspended from 2025-11-07 to 2026-11-10"
    assert said(BEFORE, "zh")[CHINESE] == "2025-11-07至2026-11-10暂停"
    assert said(AFTER, "en")[ENGLISH] == "its suspension ran out on 2026-11-10; what followed is not recorded"
    assert said(AFTER, "zh")[CHINESE] == "暂停期已于2026-11-10届满，其后情况未见记录"
    assert (
        said(AFTER, "en")["MOFCOM and GACC: Announcement 70 of 2025"]
        == "its term ran out on 2026-11-10; what followed is not recorded"
    )
    assert said(AFTER, "zh")["商务部、海关总署：2025年第70号公告"] == "期限已于2026-11-10届满，其后情况未见记录"
    for language, always, lapsed in (
        (
            "en",
            "States of the measures on {}.",
            (
                "Of 2 of these measures a term has run out and no successor is recorded; whether they apply is not"
                " known here."
            ),
        ),
        ("zh", "各项措施的状态截至{}。", "其中2项期限已满而未见后续文件的记录，目前是否适用不详。"),
    ):
        for day in (BEFORE, AFTER):
            for page in (
                as_html(render.document_of(facts[day], language)),
                as_markdown(render.document_of(facts[day], language)),
            ):
                assert always.format(day) in page
                assert (lapsed in page) == (day == AFTER)
