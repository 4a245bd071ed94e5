"""Watch rules: a file that is refused by its line, and what became of a rule by the first print, after a revision, and
why not."""

import os
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from bad_inputs.download import csv_bytes, magnets

from schemas.code_files import FOLDER
from schemas.forms.doubt import NumberDoubt
from schemas.forms.outcome import Outcome, WatchRule
from schemas.settings import WATCH_RULES
from tasks.analysis.after import watch_rules
from tasks.analysis.after.watch_rules import Grader, grade_rules, listed, read_rules
from tasks.domain.doubt.doubt_words import DOUBT
from tasks.domain.periods import month_number
from tasks.ledger.doubts import Doubts
from tasks.pages.release.release_page import pages
from tests.unit.customs import Store
from tests.unit.published_stores import china, publish, query_bytes

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")

RULE = """[[rule]]
name = "one"
flow = "export"
product = "85051110"
figure = "mom_pct"
at_least = 50
reason = "a test"
"""
# What is written in place of a line of the second of two rules, and the sentence that refuses it.
WRONG = {
    'flow = "exports"': "line 10, flow: 'exports' is not allowed; export or import",
    'figure = "rank"': (
        "line 12, figure: 'rank' is not allowed; level, mom_pct, yoy_pct or share_pct of the table metric"
    ),
    'at_least = "50"x': "(at line 13, column 16)",
    'at_least = "many"': "line 13, at_least: 'many' is not allowed; a number: the rule fires from it upwards",
    "at_least = 50\nat_most = 60": "line 8: a rule has either at_least or at_most",
    "at_leest = 50": "line 13, at_leest: no such field; a rule has name, reporter, flow, product",
    'product = "8505.11"': (
        "line 11, product: '8505.11' is not allowed; a code, or basket:, line:, list:, sitc: or isic: and its key"
    ),
    "product = 85051110": "line 11, product: 85051110 is not allowed; a code",
    'name = "zero"': "line 9, name: 'zero' is the name of another rule; each has its own",
    'reason = ""': "line 14, reason: '' is not allowed; why this is watched",
    'figure = "months_up"\nat_least = 2.5': "line 8: months_up needs at_least with a whole number of months, 1 to 1200",
    'figure = "months_up"\nat_least = 1000000000': "line 8: months_up needs at_least with a whole number",
    'figure = "months_down"\nat_least = inf': "line 13, at_least: inf is not allowed",
    "at_least = nan": "line 13, at_least: nan is not allowed",
    "at_least = true": "line 13, at_least: True is not allowed",
    "at_least = '50'": "line 13, at_least: '50' is not allowed; a number",
    # Nothing is wrong.
    "": "rules.toml",
}


@pytest.mark.parametrize("line", WRONG)
def test_a_wrong_file_is_refused_by_a_sentence_with_line_field_and_what_is_allowed(tmp_path: Path, line: str) -> None:
    field = line.partition(" ")[0].replace("at_leest", "at_least")
    own = RULE.splitlines()
    if "at_least" in line:
        own = [one for one in own if not one.startswith("at_least") or field == "at_least"]
    changed = "\n".join(line if field and one.startswith(f"{field} ") else one for one in own)
    told = refusal(tmp_path / "rules.toml", RULE.replace('"one"', '"zero"') + changed + "\n")
    assert (WRONG[line] in told) == bool(line), told
    assert "\n" not in told


def test_a_pipe_in_place_of_rules_makes_no_release_wait(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "rules.toml")
    with pytest.raises(ValueError, match=r"rules\.toml: a folder, a pipe or a device"):
        read_rules(tmp_path / "rules.toml")


def refusal(file: Path, text: str) -> str:
    """The sentence that refuses a file; nothing where it is read."""
    file.write_text(text, encoding="utf-8")
    try:
        read_rules(file)
    except ValueError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rules = 1", "'rules' is no list of rules"),
        ("rule = 1", "'rule' is no list of rules"),
        (f"rule = {'[' * 100_000}", "lists or tables in one another without end"),
        (f"{'.'.join('a' * 50_000)} = 1", "a key of 50,000 parts in line 1"),
        (RULE.replace("= 50", f"= {'9' * 400}"), "line 6, at_least"),
        (RULE.replace('flow = "export"\n', ""), "line 1, flow: missing; export or import"),
    ],
)
def test_a_file_of_another_form_is_refused(tmp_path: Path, text: str, said: str) -> None:
    told = refusal(tmp_path / "rules.toml", text)
    assert told.startswith("rules.toml")
    assert said in told


def test_the_packaged_rules_are_read_and_name_what_there_is() -> None:
    rules = read_rules(FOLDER / "watch_rules.toml")
    assert len(rules) == len(tomllib.loads((FOLDER / "watch_rules.toml").read_text(encoding="utf-8"))["rule"]) >= 3


# Bounds, values, and how they are printed: never on the other side of the bound.
PRINTED = [
    ({"at_least": 50}, 960.7843137254902, "960.8"),
    ({"at_most": -50}, -52.874000762, "-52.9"),
    ({"at_least": 50}, 49.96, "49.96"),
    ({"at_least": 50}, 50.04, "50.0"),
    ({"at_most": 0.0001}, 0.0000562, "0.000056"),
    ({"at_least": 50}, 46_400.0, "46,400"),
    ({"at_least": 1}, 1 - 1e-12, "0.999999999999"),
    ({"at_least": 1}, 4.5e-12, "4.5e-12"),
    ({"at_least": 1}, -0.0, "0"),
]


@pytest.mark.parametrize(("bound", "value", "printed"), PRINTED)
def test_a_value_is_printed_with_one_decimal_and_stays_on_its_side_of_the_bound(
    bound: dict[str, float], value: float, printed: str
) -> None:
    rule = WatchRule(name="r", flow="export", product="85051110", figure="yoy_pct", reason="test", **bound)  # type: ignore[arg-type]
    assert watch_rules.shown(rule, value) == printed


JUNE = month_number(date(2025, 6, 1))
# Months up to June, the oldest first, and what becomes of "two months down in a row".
RUNS = [
    ([(-5.0), (-1.0)], "fired", 2),
    ([-5.0, -5.0, -5.0], "fired", 3),
    ([3.0, -1.0], "quiet", 1),
    ([-5.0, 0.0], "quiet", 0),
    ([None, -1.0], "not evaluable", None),
    ([-1.0, None], "not evaluable", None),
    ([None, -1.0, -1.0], "fired", 2),
    ([-1.0], "not evaluable", None),
]


@pytest.mark.parametrize(("growths", "outcome", "value"), RUNS)
def test_a_run_is_counted_by_the_calendar_and_a_gap_in_it_is_no_end(
    growths: list[float | None], outcome: str, value: float | None
) -> None:
    rule = WatchRule(name="r", flow="export", product="85051110", figure="months_down", at_least=2, reason="test")
    rows = {
        JUNE - back: {
            "level": 1.0,
            "level_status": "reported",
            "mom_pct": growth,
            "mom_status": "no_base" if growth is None else "computed",
        }
        for back, growth in enumerate(reversed(growths))
    }
    found = watch_rules._run(rule, rows, JUNE)
    assert found[:2] == (outcome, value)
    assert ("no mom_pct of" in found[2]) == (outcome == "not evaluable")


def published(folder: Path, usa: int, germany: int, month: str, day: date) -> Outcome:
    """Publish magnets of a month to two partners, in tonnes."""
    rows = [(month, "85051110", "USA", usa * 1000, 900), (month, "85051110", "DEU", germany * 1000, 900)]
    return publish(
        folder, "CHN", f"{day}.csv", query_bytes(rows), flow="export", products=["85051110"], released_on=day
    )


def test_a_rule_is_graded_on_the_first_print_and_again_after_a_revision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = tmp_path / "rules.toml"
    share = RULE.replace('"one"', '"share"').replace("mom_pct", "share_pct").replace("= 50", "= 60")
    share = share.replace("figure", 'partner = "USA"\nfigure')
    other = RULE.replace('"one"', '"of-another"').replace("figure", 'reporter = "JPN"\nfigure')
    rules.write_text(RULE + share + other, encoding="utf-8")
    monkeypatch.setenv(WATCH_RULES, str(rules))
    first = published(tmp_path, 100, 100, "202505", date(2025, 6, 20))
    assert [(one.rule, one.month, one.outcome, one.value, one.before) for one in first.rules] == [
        ("one", "2025-05", "not evaluable", None, "not evaluable"), ("share", "2025-05", "quiet", 50.0, ""),
    ]  # fmt: skip
    assert "no mom_pct: the figure to compare with is not covered" in first.rules[0].why
    second = published(tmp_path, 140, 140, "202506", date(2025, 7, 20))
    assert [(one.rule, one.month, one.outcome, one.value, one.before) for one in second.rules] == [
        ("one", "2025-06", "quiet", pytest.approx(40.0), ""), ("share", "2025-06", "quiet", 50.0, ""),
    ]  # fmt: skip
    # The numbers of May fall, so June has risen by more than half.
    third = published(tmp_path, 85, 85, "202505", date(2025, 8, 20))
    (again,) = third.rules
    names = ("rule", "month", "outcome", "before", "is_news")
    assert [getattr(again, name) for name in names] == ["one", "2025-06", "fired", "quiet", True]
    assert "mom_pct (quantity_kg) is 64.7" in again.why
    assert "watched: at least 50" in again.why
    store = tmp_path / "store" / "reporter=CHN"
    page = pages(store, third, pictures=False).summary
    assert "## Watch rules\n\n- **one**, 2025-06: **fired**, before this release quiet. China's exports of" in page
    assert "## Watch rules" not in pages(store, third.model_copy(update={"rules": []}), pictures=False).summary
    table = listed(store, JUNE)
    assert table.select("rule", "month", "first", "now").rows() == [
        ("one", "2025-06", "quiet", "fired"), ("share", "2025-06", "quiet", "quiet"),
    ]  # fmt: skip
    assert table["first_value"][0] == pytest.approx(40.0)
    assert listed(store).equals(table)
    assert listed(store, JUNE + 1).select("first", "now").rows() == [(None, "not evaluable")] * 2
    # Of the release's own products alone.
    untouched = grade_rules(third.model_copy(update={"products": ["01012100"], "rules": []}), store)
    assert untouched.rules == []
    rules.write_text("rule = 1", encoding="utf-8")
    warned = grade_rules(third, store)
    assert warned.warnings[-1].startswith("watch rules: not graded, ValueError: rules.toml: 'rule' is no list of rules")


@pytest.fixture(scope="module")
def doubted(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """June and July of three partners that were declared as all."""
    store = Store(tmp_path_factory.mktemp("doubted"))
    rows = [
        magnets(partner, f"{900_000 + 1000 * month + place}", f"{90_000_000 + 1000 * month + place}", f"20250{month}")
        for month in (6, 7)
        for place, partner in enumerate(("502", "304", "133"))
    ]
    store.ingest(csv_bytes(rows), date(2025, 9, 1), months="2025-06..2025-07")
    return store


@pytest.mark.parametrize(
    ("of", "in_doubt"),
    [
        ({"figure": "level", "at_least": 1.0}, True),
        ({"figure": "mom_pct", "at_least": 0.0}, True),
        ({"figure": "months_up", "at_least": 1}, True),
        # A share rests on the sum over partners, and the number of a partner does not.
        ({"partner": "USA", "figure": "share_pct", "at_least": 1.0}, True),
        ({"partner": "USA", "figure": "level", "at_least": 1.0}, False),
        ({"partner": "USA", "figure": "mom_pct", "at_least": 0.0}, False),
    ],
)
def test_a_doubt_about_the_figure_is_said(of: dict[str, Any], in_doubt: bool, doubted: Store) -> None:
    rule = WatchRule(name="r", reason="test", flow="export", product="85051110", **of)
    graded = Grader(doubted.store).grade(rule, JUNE + 1)
    assert graded.outcome == "fired"
    said = "share, rank and contributions: few partners" if of.get("figure") == "share_pct" else "few partners"
    assert (f"; in doubt: {said}" in graded.why) == in_doubt
    assert ("in doubt" in graded.why) == in_doubt


@pytest.mark.parametrize(("part", "in_doubt"), [(5.0, False), (100.0, True), (None, True)])
def test_a_doubt_of_a_code_is_one_of_its_list_where_it_weighs_in_it(
    part: float | None, in_doubt: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """853224 is 1,000 of 90,000 dollars: a twentieth of it is less than a thousandth of the list."""
    rows = [("202506", "85423111", "USA", 1_500, 89_000), ("202506", "85322410", "USA", 200, 1_000)]
    asked = {"products": ["854231", "853224"], "months": "2025-06..2025-06"}
    snapshot = china(tmp_path, query_bytes(rows), **asked)
    doubts = pl.DataFrame(
        {"product": ["853224"], "part_pct": [part], "doubt": [NumberDoubt("row_cap", (), (), JUNE, JUNE)._asdict()]},
        {"product": pl.String, "part_pct": pl.Float64, "doubt": DOUBT},
    )
    monkeypatch.setattr(Doubts, "of_month", lambda *_: doubts)
    of = {"flow": "export", "product": "list:chpl", "measure": "value_usd", "figure": "level", "at_least": 1.0}
    graded = Grader(snapshot.store).grade(WatchRule(name="r", reason="test", **of), JUNE)
    assert graded.value == 90_000
    assert ("in doubt: the number of records is a multiple" in graded.why) == in_doubt


def test_a_rule_on_a_list_looks_at_its_codes_together(tmp_path: Path) -> None:
    """12 t of two listed codes in May and 6 t in June; magnets, which are on no such list, do not count."""
    rows = [
        ("202505", "85423111", "USA", 8_000, 80_000),
        ("202505", "85322410", "USA", 4_000, 40_000),
        ("202505", "85051110", "USA", 9_000, 90_000),
        ("202506", "85423111", "USA", 4_000, 40_000),
        ("202506", "85322410", "USA", 2_000, 20_000),
        ("202506", "85051110", "USA", 90_000, 900_000),
    ]
    scope = {"flow": "export", "products": ["854231", "853224", "850511"], "months": "2025-05..2025-06"}
    publish(tmp_path, "CHN", "june.csv", query_bytes(rows), released_on=date(2025, 7, 20), **scope)
    grader = Grader(tmp_path / "store" / "reporter=CHN")
    given = {"name": "chips", "flow": "export", "product": "list:chpl", "reason": "a test"}
    rule = WatchRule(**given, figure="mom_pct", at_most=-40)
    june = month_number(date(2025, 6, 1))
    assert grader.newest(rule) == june
    graded = grader.grade(rule, june)
    assert (graded.outcome, graded.value) == ("fired", pytest.approx(-50))
    level = WatchRule(**given | {"product": "list:chpl:1"}, figure="level", at_least=5_000)
    assert grader.grade(level, june).value == 4_000
    assert grader.first_print(rule, june) == grader.outcome(rule, june)
    share = WatchRule(**given, figure="share_pct", at_least=5)
    assert grader.grade(share, june).outcome == "not evaluable"
