"""A group of reporters has no sum without all of its members, and its printed figure is compared with that sum."""

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from flows.cli.app import app
from schemas.forms.doubt import NumberDoubt
from tasks.domain.doubt.doubt_words import DOUBT
from tasks.domain.periods import month_number
from tasks.ledger.doubts import Doubts
from tasks.reading.groups import IN_PART, NO_STORE, NOT_ASKED, FigureOfReporters, ReporterFigure, group_month
from tests.copied_store import copied
from tests.unit.published_stores import publish
from tests.unit.sources.eurostat.comext_answers import MASS, VALUE, answer

JUNE = date(2025, 6, 1)
CODE = "84834030"
ASKED = FigureOfReporters("import", CODE, JUNE, "value_eur")
CODES = {"DEU": "DE", "FRA": "FR", "NLD": "NL"}
TRADE = {"DEU": "500", "FRA": "30", "NLD": "7"}


def ingested(
    root: Path, reporter: str, *, partners: str = "all", product: str = CODE, months: str | None = None, **of: str
) -> None:
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


@pytest.mark.parametrize(
    ("asked", "members", "status", "total", "parts"),
    [
        ({}, "DEU FRA", "complete", 501 + 31,
            (ReporterFigure("DEU", "complete", 501.0), ReporterFigure("FRA", "complete", 31.0))),
        ({"partner": "CHN"}, "DEU FRA", "complete", 530, ()),
        ({"measure": "quantity_kg"}, "DEU FRA", "complete", 100 * (501 + 31), ()),
        # A partner without a row is no trade where every partner was asked for.
        ({"partner": "JPN"}, "DEU FRA", "complete", 0, ()),
        # A member without a store is named, and there is no sum.
        ({}, "DEU FRA NLD", "partial", None, (ReporterFigure("NLD", "missing", None, NO_STORE),)),
        # Of these no member speaks.
        *((other, "DEU FRA", "missing", None,
            tuple(ReporterFigure(one, "missing", None, NOT_ASKED) for one in ("DEU", "FRA")))
            for other in ({"month": date(2025, 5, 1)}, {"flow": "export"}, {"product": "85051110"},
                {"measure": "value_usd"})),
    ],
)  # fmt: skip
def test_a_group_has_a_sum_where_all_of_its_members_speak(
    root: Path, asked: dict[str, Any], members: str, status: str, total: float | None, parts: tuple[ReporterFigure, ...]
) -> None:
    found = group_month(root, "EU27", ASKED._replace(**asked), members.split()[::-1])
    assert (found.status, found.total) == (status, total)
    assert {*parts} <= {*found.parts}
    assert [part.reporter for part in found.parts] == members.split()
    assert found.absent == ([] if total is not None else [part.reporter for part in parts])


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
    assert japan.parts == (ReporterFigure("DEU", "complete", 0.0), ReporterFigure("NLD", "partial", None, IN_PART))


def test_the_printed_figure_of_the_group_is_compared_with_the_sum_of_its_members(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.reading.groups.members_of", lambda group, month: ["DEU", "FRA"])
    monkeypatch.setitem(CODES, "EU27", "EU27_2020")
    asked = ["coverage", CODE, "--month", "2025-06", "--flow", "import", "--measure", "value_eur"]
    for printed, said, code in (
        ("533", "prints 533, the sum of its members", 0),
        ("534", "prints 534, not the sum of its members", 1),
        ("", "EU27 2025-06: complete\n", 0),
    ):
        group = copied(root, tmp_path / printed) if printed else root
        if printed:
            ingested(group, "EU27", CN=printed)
        found = group_month(group, "EU27", ASKED)
        assert (found.total, found.printed, found.differs) == (532, float(printed) if printed else None, bool(code))
        done = CliRunner().invoke(app, [*asked, "--store", str(group)], env={"COLUMNS": "200"})
        assert (done.exit_code, said in done.output, "532" in done.output) == (code, True, True), done.output


@pytest.mark.parametrize(("part", "in_doubt"), [(1.0, False), (100.0, True), (None, True)])
def test_a_doubt_of_a_member_is_one_of_the_group_where_it_weighs_in_the_sum(
    root: Path, part: float | None, in_doubt: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """France has 31 of 532: a hundredth of it is less than a thousandth of the sum."""
    june = month_number(JUNE)
    doubt = NumberDoubt("cut off", (), (), june, june, part_pct=part)._asdict()
    kinds = {"partner": pl.String, "month": pl.Int32, "part_pct": pl.Float64, "doubt": DOUBT}
    doubts = pl.DataFrame([("WLD", june, part, doubt)], kinds, orient="row")
    monkeypatch.setattr(
        Doubts, "parts", lambda self, *_, **__: doubts if "FRA" in str(self._snapshot.store) else doubts.clear()
    )
    of_group = group_month(root, "EU27", ASKED, ["DEU", "FRA"])
    assert [part.reason for part in of_group.parts] == ["", "in doubt: cut off, 2025-06"]
    assert of_group.doubts == ("FRA in doubt: cut off, 2025-06" if in_doubt else "")
