"""Each question has one answer: its rows, and what must be said beside them. The numbers are those of the sample."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from schemas.forms.doubt import NumberDoubt
from schemas.questions.claims import CheckClaim, CheckClaims
from schemas.questions.contents import Contents
from schemas.questions.coverage import Coverage
from schemas.questions.mirror import MirrorTrade
from schemas.questions.movers import Movers
from schemas.questions.read import Read
from schemas.questions.revisions import Revisions
from schemas.questions.search import Search
from schemas.questions.trace import Trace
from schemas.questions.vintages import Vintages
from tasks.answers.form.answer import AnswerOfSeveral, day_of, folder_of, store_of
from tasks.answers.inventory.contents import contents
from tasks.answers.inventory.coverage import coverage, rows_of
from tasks.answers.inventory.search import search
from tasks.answers.trade.check_claims import check_claim, check_claims
from tasks.answers.trade.mirror import mirror
from tasks.answers.trade.movers import movers
from tasks.answers.trade.read import read
from tasks.answers.trade.revisions import revisions
from tasks.answers.trade.series import series_of
from tasks.answers.trade.trace import trace
from tasks.claims.verdict import IN_DOUBT
from tasks.sources.registry import SOURCES

FILE = "published_figures.csv (figures printed elsewhere)"
US = {"partner": "us", "month": "2025-06"}


def test_an_answer_names_its_source_its_day_and_its_state(sample_store: Path) -> None:
    answer = read(Read("magnets", **US, measure="quantity_kg", store=sample_store))
    state = answer.snapshot.id
    assert answer.rows["level"].to_list() == [353_000]
    assert answer.citation == f"China customs, as known on 2026-06-10, snapshot {state}"
    assert answer.cite_rows() == f"China customs via {FILE}, as known on 2026-06-10, snapshot {state}"
    assert (answer.reporters, str(answer.known_on), answer.licence, answer.remarks) == (
        ("CHN",),
        "2026-06-10",
        None,
        (),
    )
    older = read(Read("magnets", **US, as_of="2025-07-25", measure="quantity_kg", store=sample_store))
    assert older.citation == f"China customs, as known on 2025-07-25, snapshot {state}"
    assert read(Read(table="release", store=sample_store)).cite_rows() is None


def test_what_may_not_be_passed_on_is_said(sample_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SOURCES, "published", replace(SOURCES["published"], forbids="Not for others."))
    assert read(Read("magnets", store=sample_store)).licence == "Not for others."


def test_a_question_finds_its_store_and_its_day(sample_store: Path) -> None:
    assert store_of(Search("a", store=sample_store)) == folder_of(Read(store=str(sample_store)), "CHN") == sample_store
    assert (day_of(None), day_of("2025-07-01"), day_of(date(2025, 7, 1))) == (None, *[date(2025, 7, 1)] * 2)
    with pytest.raises(ValueError, match="no figures of the reporter 'USA'; it has those of CHN"):
        store_of(Search("a", store=sample_store, reporter="USA"))


def test_a_list_of_one_reporter_has_its_column_too(sample_store: Path) -> None:
    one = read(Read("magnets", **US, columns="level", reporter="CHN", store=sample_store))
    several = read(Read("magnets", **US, columns="level", reporter=["CHN"], store=sample_store))
    assert (one.rows.columns, several.rows.columns) == (["level"], ["reporter", "level"])
    assert "product" in several.parts["CHN"].rows.columns
    with pytest.raises(ValueError, match="no reporter is named"):
        read(Read(reporter=[], store=sample_store))


def test_a_figure_is_traced_and_names_its_series(sample_store: Path) -> None:
    """Its vintages, and the refusal where there are none: `tests/golden/said/vintages.txt` and `refused.session`."""
    traced = trace(Trace("magnets", **US, metric="mom_pct", store=sample_store))
    assert (traced.trace.agrees, traced.rows["value"].to_list()) == (True, [353_000, 46_400])
    question = Vintages("magnets", partner="us", month="2025-05", store=sample_store)
    assert series_of(question)[1:4] == ("export", "basket:rare_earth_magnets", "USA")


def test_what_moved_is_named_and_adds_up(sample_store: Path) -> None:
    rows = movers(Movers("2025-06", store=sample_store)).rows
    total = rows.filter(kind="total").row(0, named=True)
    assert (total["level"], total["before"], total["change"]) == (3_188_000, 1_238_000, 1_950_000)
    assert rows.filter(kind="partner")["change"].sum() == pytest.approx(total["change"])
    assert "United States" in rows["partner_name"].to_list()


def test_claims_are_checked_alone_and_together(sample_store: Path) -> None:
    claim = {"commodity": "magnets", "period": "2025-06", "metric": "level_t", "value": "353", "unit": "t"}
    alone = check_claim(CheckClaim(**claim, partner="us", store=sample_store)).rows
    assert alone["verdict"].to_list() == ["supported"]
    rows = [{**claim, "flow": "export", "partner": "us", "value": value} for value in ("353", 999)]
    both = check_claims(CheckClaims(rows, store=sample_store)).rows
    assert both["verdict"].to_list() == ["supported", "contradicted"]
    with pytest.raises(ValueError, match="a claim without flow, partner; it has commodity, flow"):
        check_claims(CheckClaims([claim], store=sample_store))


def test_what_is_in_a_store_is_found_and_listed(sample_store: Path) -> None:
    assert search(Search("Germany", store=sample_store)).rows["code"].to_list() == ["DEU"]
    nothing = search(Search("magnetts", store=sample_store))
    assert (nothing.rows.height, "the nearest: " in nothing.notes[0]) == (0, True)
    assert contents(Contents("releases", store=sample_store)).rows["title"].to_list() == ["published_figures.csv"]


def test_revisions_are_those_of_the_releases_that_are_named(sample_store: Path) -> None:
    every = revisions(Revisions(store=sample_store))
    assert every.chosen["release_id"].to_list() == every.releases["release_id"].to_list()
    with pytest.raises(ValueError, match="no release nobody; there are published-"):
        revisions(Revisions("nobody", store=sample_store))


def test_a_group_without_its_members_has_no_sum(sample_store: Path) -> None:
    found = coverage(Coverage("850511", "2025-06", store=sample_store))
    rows = rows_of(found)
    assert (rows.height, rows.row(-1)) == (28, ("EU27", "missing", None, ""))
    with pytest.raises(ValueError, match="'soon' is no month; write 2024-06"):
        coverage(Coverage("850511", "soon", store=sample_store))
    with pytest.raises(ValueError, match="2199-06 has not begun yet; nobody has reported it"):
        coverage(Coverage("850511", "2199-06", store=sample_store))


def test_a_mirror_needs_the_stores_of_both(sample_store: Path) -> None:
    with pytest.raises(ValueError, match="there is no store of DEU; there are those of CHN"):
        mirror(MirrorTrade("850511", "Germany", store=sample_store))


def test_an_answer_is_in_doubt_by_its_doubts_its_rows_or_the_verdict_on_a_claim(sample_store: Path) -> None:
    whole = read(Read("magnets", **US, measure="quantity_kg", store=sample_store))
    assert isinstance(whole, AnswerOfSeveral)
    (plain,) = whole.parts.values()
    marked = plain.rows.with_columns(doubt=pl.lit("unit values differ"))
    claim = {"commodity": "magnets", "period": "2025-06", "metric": "level_t", "value": "353", "unit": "t"}
    checked = check_claim(CheckClaim(**claim, partner="us", store=sample_store))
    unclear = checked.rows.with_columns(reason=pl.lit(f"Not checkable: {IN_DOUBT} (a). b"), commodity=pl.lit("?"))
    answers = (
        (plain, False),
        (replace(plain, doubts=(NumberDoubt("a", (), (), 0, 0),)), True),
        (replace(plain, rows=marked), True),
        (whole, False),
        (replace(whole, parts={"CHN": plain, "DEU": replace(plain, rows=marked)}), True),
        (checked, False),
        (replace(checked, rows=unclear), True),
    )
    every = {*plain.releases["release_id"]}
    for answer, is_doubted in answers:
        assert (answer.in_doubt, answer.release_ids(20)) == (is_doubted, every)
