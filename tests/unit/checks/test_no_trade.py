"""A total of nothing is a number: nothing divides by it, and nothing that is said of it is `nan` or `inf`."""

import datetime
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from bad_inputs.case import Case, Publish, read
from bad_inputs.download import QUANTITY, Record, csv_bytes, magnets
from hypothesis import given
from hypothesis import strategies as st

from tests.draws import draws

ALL = {"partners": "all"}
JULY_18 = datetime.date(2025, 7, 18)
NO_NUMBER = re.compile(r"\b(nan|inf|NaN|Infinity)\b", re.IGNORECASE)
OTHER = "85051190"


def nothing(partner: str = "502", month: str = "202506", product: str = "85051110") -> Record:
    record = magnets(partner, "0", "0", month)
    return (month, product, *record[2:])


def raised(folder: Path, now: Sequence[Record], before: Sequence[Record], **declared: object) -> list[tuple[str, str]]:
    """Check and severity of each finding about a release after another one; none of them says what is no number."""
    case = Case(
        "", csv_bytes(now), Publish(), declared={**ALL, **declared},
        before=((csv_bytes(before), {**ALL, **declared, "released_on": JULY_18}),),
    )  # fmt: skip
    _, findings = read(case, folder)
    rows = findings.filter(findings["check"] != "normalised")
    for text in [*rows["observed"], *rows["expected"]]:
        assert not NO_NUMBER.search(text), text
    return rows.select("check", "severity").rows()


def test_a_partner_of_a_month_in_which_nothing_was_traded_is_not_missed(tmp_path: Path) -> None:
    """Nothing of nothing is gone; what follows is no crash either."""
    assert raised(tmp_path, [magnets("304", "0", "0")], [nothing("502"), nothing("304")]) == []


def test_a_product_of_which_nothing_was_traded_is_not_missed(tmp_path: Path) -> None:
    found = raised(tmp_path, [nothing(product=OTHER)], [nothing()], products=("8505",))
    assert found == []


@pytest.mark.shared
def test_the_real_month_of_nothing_may_be_told_again_without_its_row(tmp_path: Path, shared_data: Path) -> None:
    """Soybeans for sowing, exports of July 2024: one row, to Brazil, of 0 kg and 0 yuan."""
    real = (shared_data / "gacc_query" / "soybeans_export_2024_cny.csv").read_bytes()
    titles, *lines = real.splitlines(keepends=True)
    lines = [line for line in lines if b'"12011000"' in line]
    row = [line for line in lines if line.startswith(b'"202407","410",')]
    assert [line.count(b'"0"') for line in row] == [3]
    declared = {
        "months": "2024-01..2024-12",
        "products": ("12011000",),
        "released_on": datetime.date(2025, 1, 20),
        **ALL,
    }
    earlier = (b"".join([titles, *lines]), declared | {"released_on": datetime.date(2025, 1, 18)})
    now = b"".join([titles, *(line for line in lines if line not in row)])
    case = Case("", now, Publish(), declared=declared, before=(earlier,))
    _, findings = read(case, tmp_path)
    assert not {"partner_removed", "product_removed"} & {*findings["check"]}


records = st.lists(
    st.builds(
        lambda month, product, partner, amounts: (
            month, product, *magnets(partner)[2:QUANTITY], amounts[0], "千克", "0", "?", amounts[1],
        ),
        st.sampled_from(("202404", "202504", "202505", "202506")), st.sampled_from(("85051110", OTHER)),
        st.sampled_from(("502", "304", "116")),
        st.tuples(st.sampled_from(("0", "0", "1", "353000")), st.sampled_from(("0", "0", "1", "20,121,000"))),
    ),
    min_size=1, max_size=8, unique_by=lambda record: record[:4],
)  # fmt: skip


@draws(25)
@given(now=records, before=records, partners=st.sampled_from(("all", "listed")))
def test_no_check_divides_by_nothing(
    tmp_path_factory: pytest.TempPathFactory, now: list[Record], before: list[Record], partners: str
) -> None:
    raised(tmp_path_factory.mktemp("zeros"), now, before, products=("8505",), partners=partners)


prints = st.lists(
    st.builds(
        lambda period, measure, amount, day: (
            f"export,85051110,USA,{period},{measure[0]},{amount[measure[2]]},{measure[1]},{day},A,https://a.example,"
        ),
        st.sampled_from(("2024-05", "2024-06", "2024-01..2024-06", "2025-05", "2025-06", "2025-01..2025-06")),
        st.sampled_from((("quantity", "t", 0), ("quantity_yoy", "%", 1))),
        st.tuples(st.sampled_from(("0", "0.001", "353")), st.sampled_from(("-100", "-99.5", "-99", "0", "660"))),
        st.sampled_from(("2025-07-18", "2025-07-20")),
    ),
    min_size=1, max_size=6, unique_by=lambda line: (*line.split(",")[3:5], line.split(",")[7]),
)  # fmt: skip


@draws(25)
@given(now=prints, before=prints)
def test_no_check_of_printed_figures_divides_by_nothing(
    tmp_path_factory: pytest.TempPathFactory, now: list[str], before: list[str]
) -> None:
    titles = "flow,product,partner,period,measure,value,unit,published_on,publisher,address,note"
    new, old = ("".join(f"{line}\n" for line in (titles, *lines)).encode() for lines in (now, before))
    declared = {"source": "published", "flow": None, "released_on": None}
    case = Case("", new, Publish(), declared=declared, before=((old, declared),))
    _, findings = read(case, tmp_path_factory.mktemp("zeros"))
    for text in [*findings["observed"], *findings["expected"]]:
        assert not NO_NUMBER.search(text), text
