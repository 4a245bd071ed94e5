"""Coverage of a group of reporters: no sum without all of its members, and the absent ones are named."""

from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.cli.app import app
from tasks.reports.groups import IN_PART, NO_STORE, NOT_ASKED, Asked, Part, group_month
from tests.copied_store import copied
from tests.unit.reports.stores import publish
from tests.unit.sources.test_eurostat_comext import MASS, VALUE, answer

JUNE = date(2025, 6, 1)
CODE = "84834030"
ASKED = Asked("import", CODE, JUNE, "value_eur")
CODES = {"DEU": "DE", "FRA": "FR", "NLD": "NL"}
TRADE = {"DEU": "500", "FRA": "30", "NLD": "7"}


def ingested(root: Path, reporter: str, *, partners: str = "all", product: str = CODE, months: str | None = None, **of: str) -> None:  # fmt: skip
    """One answer of Eurostat about one member: what came from each partner."""
    cells = [(partner, indicator, value) for partner, value in of.items() for indicator in (VALUE, MASS)]
    data = answer(cells, reporter=CODES[reporter], product=product)
    name, asked = f"{reporter}-{product}-{partners}-{len(of)}.csv", {"products": [product], "months": months}
    publish(root.parent, reporter, name, data, "eurostat_comext", partners=partners, **asked)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Germany and France, each with two partners."""
    root = tmp_path_factory.mktemp("group") / "store"
    root.mkdir()
    for reporter in ("DEU", "FRA"):
        ingested(root, reporter, CN=TRADE[reporter], US="1")
    return root


def test_all_members_make_a_sum(root: Path) -> None:
    found = group_month(root, "EU27", ASKED, ["FRA", "DEU"])
    assert (found.status, found.total, found.absent) == ("complete", 501 + 31, [])
    assert found.parts == (Part("DEU", "complete", 501.0), Part("FRA", "complete", 31.0))
    china = group_month(root, "EU27", ASKED._replace(partner="CHN"), ["FRA", "DEU"])
    assert (china.status, china.total) == ("complete", 530)
    mass = group_month(root, "EU27", ASKED._replace(measure="quantity_kg"), ["FRA", "DEU"])
    assert mass.total == 100 * (501 + 31)


def test_a_partner_without_a_row_is_no_trade_where_every_partner_was_asked_for(root: Path) -> None:
    japan = group_month(root, "EU27", ASKED._replace(partner="JPN"), ["FRA", "DEU"])
    assert (japan.status, japan.total) == ("complete", 0)


def test_a_member_without_a_store_is_named_and_there_is_no_sum(root: Path) -> None:
    found = group_month(root, "EU27", ASKED, ["DEU", "FRA", "NLD"])
    assert (found.status, found.total, found.absent) == ("partial", None, ["NLD"])
    assert found.parts[-1] == Part("NLD", "missing", None, NO_STORE)


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (ASKED._replace(month=date(2025, 5, 1)), NOT_ASKED), (ASKED._replace(flow="export"), NOT_ASKED),
        (ASKED._replace(product="85051110"), NOT_ASKED), (ASKED._replace(measure="value_usd"), NOT_ASKED),
    ],
)  # fmt: skip
def test_what_no_member_speaks_of_is_missing(root: Path, asked: Asked, reason: str) -> None:
    found = group_month(root, "EU27", asked, ["DEU", "FRA"])
    assert (found.status, found.total, found.absent) == ("missing", None, ["DEU", "FRA"])
    assert {part.reason for part in found.parts} == {reason}


def test_a_member_of_whose_partners_only_some_were_asked_for_is_partial(root: Path, tmp_path: Path) -> None:
    root = copied(root, tmp_path)
    ingested(root, "NLD", partners="listed", CN="7")
    found = group_month(root, "EU27", ASKED, ["DEU", "NLD"])
    assert (found.status, found.total, found.absent) == ("partial", None, ["NLD"])
    assert found.parts[1].status == "partial"
    # Of China it says everything.
    china = group_month(root, "EU27", ASKED._replace(partner="CHN"), ["DEU", "NLD"])
    assert (china.status, china.total) == ("complete", 507)
    # Of Japan, nothing.
    japan = group_month(root, "EU27", ASKED._replace(partner="JPN"), ["DEU", "NLD"])
    assert japan.parts == (Part("DEU", "complete", 0.0), Part("NLD", "partial", None, IN_PART))


def test_the_printed_figure_of_the_group_is_compared_with_the_sum_of_its_members(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.reports.groups.members_of", lambda group, month: ["DEU", "FRA"])
    monkeypatch.setitem(CODES, "EU27", "EU27_2020")
    asked = ["coverage", CODE, "--month", "2025-06", "--flow", "import", "--measure", "value_eur"]
    for printed, said, code in (("533", "prints 533, the sum of its members", 0), ("534", "prints 534, not the sum of its members", 1)):  # fmt: skip
        group = copied(root, tmp_path / printed)
        ingested(group, "EU27", CN=printed)
        found = group_month(group, "EU27", ASKED)
        assert (found.total, found.printed, found.differs) == (532, float(printed), bool(code))
        done = CliRunner().invoke(app, [*asked, "--store", str(group)], env={"COLUMNS": "200"})
        assert (done.exit_code, said in done.output) == (code, True), done.output
