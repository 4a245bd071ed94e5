"""A doubt is put in words last, in either language, from what its finding says."""

import polars as pl
import pytest

from schemas.forms.doubt import NumberDoubt
from schemas.reference.code_tables import code_table
from tasks.domain.doubt.doubt_words import as_cells, as_text, doubt_sentences, doubt_text, doubts_in, once_each
from tasks.domain.labels import check_words

OCTOBER = 2025 * 12 + 9
CUT = NumberDoubt("row_cap", (), (), OCTOBER, OCTOBER, 10_000, None, "records")
OF_SUM = CUT._replace(of_sum=True)


def on(month: int, last: int | None = None, doubt: NumberDoubt = CUT) -> NumberDoubt:
    return doubt._replace(first=month, last=last or month)


@pytest.mark.parametrize(
    ("doubts", "months"),
    [
        # Months of one cause are one sentence, those that follow each other a span, the newest first.
        ([CUT, on(OCTOBER - 4), on(OCTOBER - 1)], ["2025-09 to 2025-10, 2025-06"]),
        ([on(OCTOBER - 10, OCTOBER - 1), CUT], ["2024-12 to 2025-10"]),
        # What was observed is part of the cause.
        ([CUT, CUT._replace(observed=20_000.0)], ["2025-10", "2025-10"]),
        # Of whichever release, one cause is said once.
        ([CUT._replace(finding="a 1"), CUT._replace(finding="b 7", part_pct=5.0)], ["2025-10"]),
    ],
)
def test_doubts_of_one_cause_are_one_sentence_with_all_its_months(doubts: list[NumberDoubt], months: list[str]) -> None:
    said = doubt_sentences(doubts)
    assert [one.removeprefix(f"{check_words()['row_cap']}, ").partition(":")[0] for one in said] == months


def test_a_share_leaves_out_the_months_in_which_its_number_is_in_doubt_itself() -> None:
    cut = check_words()["row_cap"]
    assert doubt_sentences([CUT, OF_SUM, on(OCTOBER - 2, doubt=OF_SUM)]) == [
        f"{cut}, 2025-10: 10,000 records",
        f"share, rank and contributions: {cut}, 2025-08: 10,000 records",
    ]
    assert doubt_text([OF_SUM], "zh") == f"占比、排名和贡献：{check_words('zh')['row_cap']}，2025-10：10,000条记录"


def test_names_of_partners_are_never_read_as_others() -> None:
    gone = NumberDoubt("partners_missing", ("BEL", "HKG", "IRN", "USA"), (), OCTOBER, OCTOBER, 0.033, None, "share")
    assert doubt_text([gone]).endswith(
        ": no row for Belgium; Hong Kong, China; Iran; 1 more, 3.3% of the twelve months before"
    )
    assert doubt_text([gone], "zh").endswith("：没有比利时、中国香港、伊朗和另外1个的记录，占此前十二个月的3.3%")


@pytest.mark.parametrize(
    ("observed", "expected", "said"),
    [(82_899, 400_000, "82,899 USD, where other months have at least 400,000 USD"), (5e6, 4e5, "at most 400,000 USD")],
)
def test_a_number_is_told_beside_what_others_are(observed: float, expected: float, said: str) -> None:
    far = NumberDoubt("magnitude", ("OMN",), (), OCTOBER, OCTOBER, observed, expected, "value_usd")
    assert doubt_text([far]).startswith("the number is far from those of other months, Oman, 2025-10: ")
    assert doubt_text([far]).endswith(said)
    assert "Oman" not in doubt_text([far], "zh")


def test_a_number_that_is_not_known_is_left_out() -> None:
    assert doubt_text([NumberDoubt("magnitude", (), (), OCTOBER, OCTOBER)]).endswith(", 2025-10")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_check_with_words_has_them_in_both_languages_with_the_same_names(language: str) -> None:
    rows = code_table("check_words").to_dicts()
    assert len(rows) > 50
    for row in rows:
        of_language = row[f"found_{language}"] or ""
        names = {
            name for name in ("observed", "expected", "partners", "listed", "bound") if f"{{{name}}}" in of_language
        }
        other = row["found_zh" if language == "en" else "found_en"] or ""
        assert names == {name for name in names if f"{{{name}}}" in other}, row["check"]


def test_doubts_go_through_a_column_and_back() -> None:
    cells = as_cells([[CUT, CUT], [], [OF_SUM]])
    assert [doubts_in(cell) for cell in cells] == [[CUT], [], [OF_SUM]]
    assert as_text(cells).to_list() == [doubt_text([CUT]), None, doubt_text([OF_SUM])]
    # A share leaves out the doubt that its number has.
    assert once_each(cells) == (CUT,)
    assert once_each(pl.Series("doubt", [None], cells.dtype)) == ()
