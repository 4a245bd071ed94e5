"""A control whose term has run out, and of which no successor is recorded: a finding, a line in the brief, a published state."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from flows.release import release
from schemas.forms.brief import Facts
from schemas.forms.request import ReleaseRequest
from tasks.reports.brief import lists, render
from tasks.reports.brief.facts import gather
from tasks.reports.query import open_published
from tasks.store.parquet import read_table
from tasks.store.snapshot import Snapshot

TITLES = '"数据年月","商品编码","商品名称","贸易伙伴编码","贸易伙伴名称","第一数量","第一计量单位","第二数量","第二计量单位","美元",\n'  # fmt: skip
MAGNETS, GALLIUM, BEANS = "85051110", "81129290", "12019019"
ABROAD, SUSPENSION = "mofcom-2025-61", "mofcom-gacc-2025-70"


def taken(folder: Path, day: str, months: tuple[str, ...] = ("202610",), code: str = MAGNETS, **other: Any) -> Snapshot:
    """The store in a folder, with a query of a product that came out on a day."""
    lines = [f'"{month}","{code}","名称","502","美国","1000","千克","0","?","2000",\n' for month in months]
    file = folder / f"{day}-{code}-{months[0]}.csv"
    file.write_bytes((TITLES + "".join(lines)).encode("gb18030"))
    declared = {"source": "gacc_query", "flow": "export", "partners": "all", "released_on": day} | other
    release.fn(ReleaseRequest(file=file, store=folder / "reporter=CHN", **declared), date(2028, 6, 1))  # type: ignore[arg-type]
    return open_published(folder / "reporter=CHN")


def lapses(snapshot: Snapshot) -> list[tuple[str, str, str]]:
    found = read_table(snapshot, "finding").filter(check="control_lapsed").sort("subject")
    return found.select("subject", "severity", "observed").rows()


def test_a_release_of_a_product_whose_control_has_lapsed_says_so_and_is_published(tmp_path: Path) -> None:
    found = lapses(taken(tmp_path, "2026-11-18"))
    ran_out = "ran out on 2026-11-10, and nothing that succeeds it is recorded"
    assert found == [
        (ABROAD, "warning", f"the suspension of it by {SUSPENSION} {ran_out}; touched here: {MAGNETS}"),
        (SUSPENSION, "warning", f"its term {ran_out}; touched here: {MAGNETS}"),
    ]
    (advice, *_) = read_table(open_published(tmp_path / "reporter=CHN"), "finding").filter(check="control_lapsed")[
        "advice"
    ]
    assert "schemas/reference/control_events.csv" in advice
    assert "not known" in advice


@pytest.mark.parametrize(
    ("day", "months", "code", "flow"),
    [
        ("2026-11-10", ("202610",), MAGNETS, "export"),
        ("2026-11-18", ("202610",), MAGNETS, "import"),
        ("2026-11-18", ("202610",), BEANS, "export"),
        # These months were over before either of the two began.
        ("2026-11-18", ("202508", "202509"), MAGNETS, "export"),
        # Announcement 72 runs through the 27th.
        ("2026-11-27", ("202610",), GALLIUM, "export"),
    ],
)
def test_where_no_term_has_run_out_nothing_is_said(
    tmp_path: Path, day: str, months: tuple[str, ...], code: str, flow: str
) -> None:
    assert lapses(taken(tmp_path, day, months, code, flow=flow)) == []


def test_a_paragraph_whose_suspension_has_lapsed_is_named(tmp_path: Path) -> None:
    found = lapses(taken(tmp_path, "2026-12-18", ("202611",), GALLIUM))
    assert [subject for subject, _, _ in found] == ["mofcom-2024-46", "mofcom-2025-72"]
    assert found[0][2].startswith("the suspension of its paragraph 2 by mofcom-2025-72 ran out on 2026-11-27")


def _states(snapshot: Snapshot) -> dict[str, tuple[str, date, str | None, date | None]]:
    rows = read_table(snapshot, "control_event").select("event", "state", "state_on", "state_by", "state_until")
    return {event: tuple(rest) for event, *rest in rows.iter_rows()}  # type: ignore[misc]


def test_the_published_state_is_that_of_the_day_of_the_newest_release_in_whatever_order_they_came(
    tmp_path: Path,
) -> None:
    old, new = ("2026-06-18", ("202605",), MAGNETS), ("2026-11-18", ("202610",), BEANS)
    found = []
    for name, order in (("a", (old, new)), ("b", (new, old))):
        folder = tmp_path / name
        folder.mkdir()
        steps = [taken(folder, *one) for one in order]
        found.append([_states(one) for one in steps])
    day, term = date(2026, 11, 18), date(2026, 11, 10)
    assert found[0][0][ABROAD] == ("suspended", date(2026, 6, 18), SUSPENSION, term)
    assert found[0][0]["mofcom-gacc-2025-57"] == ("never_in_force", date(2026, 6, 18), SUSPENSION, term)
    assert found[0][0]["mofcom-gacc-2025-18"] == ("in_force", date(2026, 6, 18), None, None)
    for states in (found[0][1], *found[1]):
        assert states[ABROAD] == states["mofcom-gacc-2025-57"] == ("lapsed_unrecorded", day, SUSPENSION, term)
        assert states[SUSPENSION] == ("lapsed_unrecorded", day, SUSPENSION, term)
        assert states["mofcom-2025-72"] == ("in_force", day, None, None)
    both = [{entry.path for entry in open_published(tmp_path / name / "reporter=CHN").files if entry.table == "control_event"} for name in "ab"]  # fmt: skip
    assert both[0] == both[1]


@pytest.fixture(scope="module")
def december(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return taken(tmp_path_factory.mktemp("december"), "2026-01-20", ("202511", "202512"))


def facts_on(snapshot: Snapshot, day: date | None) -> Facts:
    return gather(snapshot, snapshot.store, MAGNETS, "export", date(2025, 12, 1), day)


def test_the_brief_says_on_which_day_a_control_has_which_state(december: Snapshot) -> None:
    def said(day: date | None, language: str) -> dict[str, str]:
        return {line["title"]: line["state"] for line in lists.event_lines(facts_on(december, day), language)}

    english, chinese = "MOFCOM: Announcement 61 of 2025", "商务部：2025年第61号公告"
    before, after = date(2026, 11, 10), date(2026, 11, 11)
    assert said(before, "en")[english] == "suspended from 2025-11-07 to 2026-11-10"
    assert said(before, "zh")[chinese] == "2025-11-07至2026-11-10暂停"
    assert said(after, "en")[english] == "its suspension ran out on 2026-11-10; what followed is not recorded"
    assert said(after, "zh")[chinese] == "暂停期已于2026-11-10届满，其后情况未见记录"
    assert said(after, "en")["MOFCOM and GACC: Announcement 70 of 2025"] == (
        "its term ran out on 2026-11-10; what followed is not recorded"
    )
    assert said(after, "zh")["商务部、海关总署：2025年第70号公告"] == "期限已于2026-11-10届满，其后情况未见记录"
    assert said(None, "en") == said(date(2026, 1, 20), "en"), "without a day it is that of the newest release"


@pytest.mark.parametrize(
    ("language", "always", "lapsed"),
    [
        (
            "en", "States of the measures on {day}.",
            "Of 2 of these measures a term has run out and no successor is recorded; whether they apply is not known here.",
        ),
        ("zh", "各项措施的状态截至{day}。", "其中2项期限已满而未见后续文件的记录，目前是否适用不详。"),
    ],
)  # fmt: skip
def test_the_brief_has_a_line_on_what_lapsed_in_both_languages_and_forms(
    december: Snapshot, language: str, always: str, lapsed: str
) -> None:
    for write in (render.page, render.markdown):
        for day, is_lapsed in ((date(2026, 11, 10), False), (date(2026, 11, 11), True)):
            page = write(facts_on(december, day), language)
            assert always.format(day=day) in page
            assert (lapsed in page) == is_lapsed
