"""Which export controls concern a product, on control tables made by hand."""

from collections.abc import Iterator

import polars as pl
import pytest

from schemas.reference.code_tables import code_table
from tasks.domain.export_controls import measures

# event, announced on, effective from
EVENTS = [
    ("late", "2025-10-09", "2025-11-08"),
    ("undated", "", "2019-01-01"),
    ("never", "2025-10-01", ""),
    ("hts", "2025-10-02", "2025-10-02"),
    ("early", "2025-04-04", "2025-04-04"),
]
CODES = [
    # event, code, coverage, note
    ("early", "85051110", "unknown_share", "free magnets share this code"),
    ("early", "28053011", "whole", ""),
    ("late", "26171010", "whole", ""),
    ("late", "28053011", "whole", ""),
    ("late", "28053011", "unknown_share", "twice"),
    ("never", "85051110", "whole", ""),
    # Of six digits: before the edition of 2022 and after it.
    ("undated", "020890", "whole", ""),
    ("undated", "850511", "unknown_share", "all magnets of metal"),
    ("hts", "020890", "whole", ""),
    ("hts", "8505110070", "whole", ""),
]


@pytest.fixture(autouse=True)
def tables(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    events = pl.DataFrame(EVENTS, schema=["event", "announced_on", "effective_from"], orient="row")
    reporter = pl.when(pl.col("event") == "undated").then(pl.lit("USA")).otherwise(pl.lit("CHN"))
    made = {
        "control_events": events.with_columns(reporter=reporter),
        "control_event_codes": pl.DataFrame(CODES, schema=["event", "hs8", "coverage", "note"], orient="row"),
    }
    monkeypatch.setattr(measures, "code_table", lambda name: made.get(name, code_table(name)))
    measures.codes_of.cache_clear()
    yield
    measures.codes_of.cache_clear()


def test_measures_of_all_products_or_of_one_are_in_order_of_the_day_they_became_public() -> None:
    """The day of effect counts where no announcement is there."""
    found = measures.events_of()
    assert found["event"].to_list() == ["undated", "early", "never", "hts", "late"]
    assert found["coverage"].to_list() == [None] * 5
    assert measures.events_of("28053011").select("event", "coverage").rows() == [
        ("early", "whole"),
        ("late", "unknown_share"),
    ]
    assert measures.events_of("85051110").select("event", "coverage").rows() == [
        ("undated", "unknown_share"),
        ("early", "unknown_share"),
        ("never", "whole"),
    ]
    assert measures.events_of("01012100").is_empty()


@pytest.mark.parametrize(
    ("event", "product", "covered"),
    [
        ("late", "26171010", "whole"), ("late", "2617", "some_codes"), ("late", "28053011", "unknown_share"),
        ("late", "2805", "unknown_share"), ("late", "85", None), ("early", "28053011", "whole"),
        ("late", "basket:antimony", "some_codes"), ("early", "basket:antimony", None), ("none such", "26171010", None),
        # A row of six digits is about each national code below it, of whatever list, and about the code itself.
        ("hts", "0208901000", "whole"), ("hts", "02089010", "whole"), ("hts", "020890", "whole"),
        ("hts", "0208", "some_codes"), ("hts", "0208100000", None), ("undated", "8505110070", "unknown_share"),
        # Since 2022 a part of 020890 is in 041010: what was controlled in 2019 is now a share of it.
        ("undated", "020890", "whole"), ("undated", "0410100000", "unknown_share"), ("hts", "0410100000", None),
        # National codes of ten digits have rows of their own.
        ("hts", "8505110070", "whole"), ("hts", "8505110090", None), ("hts", "850511", "some_codes"),
    ],
)  # fmt: skip
def test_coverage_of_codes_headings_and_baskets(event: str, product: str, covered: str | None) -> None:
    assert measures.coverage(event, product) == covered


def test_a_measure_touches_goods_of_its_reporter_alone_and_none_without_a_day_of_effect() -> None:
    assert [row["event"] for row in measures.measures("CHN")] == ["early", "hts", "late"]
    assert [code for code in ("85051110", "28053011", "26171010", "01012100") if measures.is_touched(code, "CHN")] == [
        "85051110",
        "28053011",
        "26171010",
    ]
    assert measures.events_of(reporter="USA")["event"].to_list() == ["undated"]
    assert measures.events_of("28053011", reporter="USA").is_empty()
    assert measures.is_touched("8505110070", "USA")
    assert not measures.is_touched("28053011", "USA")
    assert measures.mixed_note("8505110070", ["undated"]) == "850511: all magnets of metal"
    assert measures.measures("DEU") == []
    assert measures.mixed_words(["85", "85051110"], "CHN") == [measures.MIXED_WORDS]
    assert measures.mixed_words(["85", "85051110"], "DEU") == []
