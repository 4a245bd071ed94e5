"""What a measure of export control explains: falls and absences that begin with it, and nothing that a lost row, a lost
digit or a wrong unit does."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import polars as pl
import pytest
from bad_inputs.download import Record, csv_bytes

from tasks.checks.frame import context
from tasks.checks.frame.measures_begun import falls_explained, measures_begun, note_on
from tests.unit.checks.found import find

GRAPHITE, SAND, ANTIMONY, GALLIUM = "25041010", "25059000", "81101010", "81129290"
JAPAN, USA = "116", "502"
SHARES = {JAPAN: 30, "133": 10, USA: 25, "304": 10, "111": 8, "303": 7, "305": 6, "307": 4}
SMALL = ("304", "111", "303", "305", "307")
Sizes = Mapping[str, float]
AS_EVER: Sizes = dict.fromkeys(SHARES, 1.0)


def rows(code: str, month: str, sizes: Sizes, price: float = 2.0) -> list[Record]:
    later = int(month[:4]) * 12 + int(month[4:])
    return [
        (month, code, "某商品", partner, "某国", str(kg), "千克", "0", "?", f"{round(kg * price):,}")
        for partner, size in sizes.items()
        for kg in [round(size * SHARES[partner] * 100_000 * (1 + later % 7 / 50))]
    ]


def months_to(last: str, count: int) -> list[str]:
    end = int(last[:4]) * 12 + int(last[4:]) - 1
    return [f"{month // 12}{month % 12 + 1:02d}" for month in range(end - count, end + 1)]


def verdicts(
    sizes: Sizes, code: str = GRAPHITE, month: str = "202312", flow: str = "export", price: float = 2.0, check: str = ""
) -> list[tuple[str, str]]:
    """Severity and sentence of the findings on partners without a row, or of another check, after a steady year."""
    *before, last = months_to(month, 14)
    year, number = int(last[:4]), int(last[4:])
    days = date(year, number, 20), date(year + number // 12, number % 12 + 1, 20)
    earlier = [record for one in before for record in rows(code, one, AS_EVER)]
    declared = {"flow": flow, "partners": "all"}
    found = find(
        csv_bytes(rows(code, last, sizes, price)),
        (csv_bytes(earlier), {**declared, "released_on": days[0]}),
        released_on=days[1],
        **declared,
    )
    return found.filter(check=check or "partners_missing").select("severity", "observed").rows()


def _sizes(size: float, *gone: str) -> Sizes:
    return {partner: size for partner in SHARES if partner not in gone}


def test_partners_that_stop_where_the_others_fall_after_a_measure_are_a_warning_that_names_it() -> None:
    ((severity, sentence),) = verdicts(_sizes(0.15, *SMALL))
    assert severity == "warning"
    assert "no trade of DEU, IND, GBR" in sentence
    assert sentence.endswith(", where mofcom-gacc-2023-39 is in force since 2023-12-01")


@pytest.mark.parametrize(
    ("sizes", "given"),
    [
        (_sizes(0.15, *SMALL), {"code": SAND}),
        (_sizes(0.15, *SMALL), {"flow": "import"}),
        (_sizes(0.15, *SMALL), {"month": "202310"}),
        (_sizes(0.15, *SMALL), {"month": "202412"}),
        (_sizes(1.0, *SMALL), {}),
        (_sizes(0.15, JAPAN), {}),
        (_sizes(0.15, JAPAN, *SMALL), {}),
    ],
    ids=["other goods", "imports", "before it", "a year later", "others as ever", "the largest", "the largest, too"],
)
def test_what_no_measure_explains_holds_as_before(sizes: Sizes, given: dict[str, str]) -> None:
    found = verdicts(sizes, **given)
    assert [severity for severity, _ in found] == ["error"]


def test_a_measure_for_one_destination_explains_that_this_one_has_no_row() -> None:
    ((severity, sentence),) = verdicts(_sizes(1.0, USA, "305", "307"), ANTIMONY, "202501")
    assert severity == "error"
    assert "mofcom" not in sentence
    ((severity, sentence),) = verdicts(_sizes(1.0, USA), ANTIMONY, "202501")
    assert severity == "warning"
    assert sentence.endswith(", where mofcom-2024-46 is in force since 2024-12-03")
    assert [severity for severity, _ in verdicts(_sizes(1.0, JAPAN), ANTIMONY, "202501")] == ["error"]


def test_goods_that_stop_for_the_first_months_of_a_measure_are_a_warning() -> None:
    def gaps(code: str) -> list[tuple[str, str]]:
        year = months_to("202312", 35)
        some = [record for month in year if month not in ("202308", "202309") for record in rows(code, month, AS_EVER)]
        data = csv_bytes([*some, *(record for month in year for record in rows(SAND, month, AS_EVER))])
        found = find(data, partners="all", released_on=date(2024, 1, 20))
        return found.filter(check="product_without_records").select("severity", "observed").rows()

    ((severity, sentence),) = gaps(GALLIUM)
    assert severity == "warning"
    assert "where mofcom-gacc-2023-23 is in force since 2023-08-01" in sentence
    assert [severity for severity, _ in gaps("28369990")] == ["error"]


def test_a_finding_names_the_measure_or_nothing() -> None:
    named = pl.DataFrame({"event": ["a-measure", None], "since": ["2023-12-01", None]})
    assert named.select(note_on("event", "since")).to_series().to_list() == [
        ", where a-measure is in force since 2023-12-01",
        "",
    ]


def test_what_a_measure_explains_is_worked_out_once_for_all_checks_of_a_release(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Three checks ask for it: of partners, of values and of prices."""
    counts = {"begun": 0, "fell": 0}

    def counted(name: str, function: Callable[..., pl.DataFrame]) -> Callable[..., pl.DataFrame]:
        def count(*given: Any) -> pl.DataFrame:
            counts[name] += 1
            return function(*given)

        return count

    monkeypatch.setattr(context, "measures_begun", counted("begun", measures_begun))
    monkeypatch.setattr(context, "falls_explained", counted("fell", falls_explained))
    assert verdicts(_sizes(0.15, *SMALL))[0][0] == "warning"
    assert counts == {"begun": 1, "fell": 1}
