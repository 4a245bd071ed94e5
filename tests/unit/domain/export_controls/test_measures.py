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
    ("pause", "2025-11-09", "2025-11-09"),
    ("firms", "2025-12-01", "2025-12-01"),
    ("bans", "2025-12-02", "2025-12-02"),
    ("steel", "2026-01-01", "2026-01-01"),
    ("vague", "2026-01-02", "2026-01-02"),
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


MORE_COLUMNS = ("kind", "users", "takes", "suspends", "missing", "may_touch")
MORE = [
    ("pause", "suspension", "", "", "late#2", "", ""),
    ("firms", "entities", "3 firms", "late", "", "", ""),
    ("bans", "prohibition", "", "7:late", "", "", ""),
    ("steel", "licence", "", "", "", "all of it", "72;7301"),
    ("vague", "licence", "", "", "", "some machines", ""),
]


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    events = pl.DataFrame(EVENTS, schema=["event", "announced_on", "effective_from"], orient="row")
    reporter = pl.when(pl.col("event") == "undated").then(pl.lit("USA")).otherwise(pl.lit("CHN"))
    words = {name: pl.lit("") for name in ("kind", "users", "takes", "suspends", "missing", "may_touch")}
    said = pl.DataFrame(MORE, schema=["event", *MORE_COLUMNS], orient="row")
    codes = pl.DataFrame(CODES, schema=["event", "hs8", "coverage", "note"], orient="row")
    made = {
        "control_events": events.with_columns(reporter=reporter, **words).update(said, on="event"),
        "control_event_codes": codes.with_columns(
            code_printed=pl.col("hs8").replace({"26171010": "2617101000", "28053011": "2805301110"}),
            paragraph=pl.when(pl.col("hs8") == "26171010").then(pl.lit("2")).otherwise(pl.lit("1")),
        ),
    }
    monkeypatch.setattr(measures, "code_table", lambda name: made.get(name, code_table(name)))
    cached = (measures.code_rows, measures._codes_since, measures._named_headings)
    for one in cached:
        one.cache_clear()
    yield
    for one in cached:
        one.cache_clear()


@pytest.mark.usefixtures("tables")
def test_measures_of_all_products_or_of_one_are_in_order_of_the_day_they_became_public() -> None:
    """The day of effect counts where no announcement is there."""
    found = measures.events_of()
    order = ["undated", "early", "never", "hts", "late", "pause", "firms", "bans", "steel", "vague"]
    assert found["event"].to_list() == order
    assert found["coverage"].to_list() == [None] * len(order)
    assert measures.events_of("28053011").select("event", "coverage").rows() == [
        ("early", "whole"),
        ("late", "unknown_share"),
        ("bans", "unknown_share"),
    ]
    assert measures.events_of("85051110").select("event", "coverage").rows() == [
        ("undated", "unknown_share"),
        ("early", "unknown_share"),
        ("never", "whole"),
    ]
    assert measures.events_of("01012100").is_empty()


@pytest.mark.usefixtures("tables")
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


@pytest.mark.usefixtures("tables")
def test_a_measure_names_goods_of_its_reporter_alone_and_a_placebo_is_of_no_heading_that_one_names() -> None:
    assert [row["event"] for row in measures.measures("CHN")] == [
        *("bans", "early", "firms", "hts", "late", "pause", "steel", "vague")
    ]
    named = ("85051110", "85051190", "28053011", "28051900", "26171010", "basket:antimony", "72081000", "73011000")
    free = ("01012100", "73021000", "28061000")
    assert [code for code in (*named, *free) if measures.is_named(code, "CHN")] == list(named)
    assert measures.events_of(reporter="USA")["event"].to_list() == ["undated"]
    assert measures.events_of("28053011", reporter="USA").is_empty()
    assert measures.is_named("8505110070", "USA")
    assert not measures.is_named("28053011", "USA")
    assert measures.mixed_note("8505110070", ["undated"]) == "850511: all magnets of metal"
    assert measures.measures("DEU") == []
    assert measures.mixed_words(["85", "85051110"], "CHN") == [measures.MIXED_WORDS]
    assert measures.mixed_words(["85", "85051110"], "DEU") == []


@pytest.mark.usefixtures("tables")
def test_a_measure_has_the_codes_of_what_it_takes_and_a_suspension_those_of_its_paragraph() -> None:
    assert measures.codes_of("bans") == measures.codes_of("firms") == measures.codes_of("late")
    assert measures.codes_of("pause") == {"26171010": "whole"}
    assert measures.codes_recorded("late") == 2
    found = measures.events_of("26171010").select("event", "paragraphs").rows()
    assert found == [("late", "2"), ("pause", "2"), ("bans", "7")]


@pytest.mark.usefixtures("tables")
def test_a_code_of_ten_digits_as_printed_names_its_measure_and_firms_are_told_on_request_alone() -> None:
    assert measures.events_of("2805301110")["event"].to_list() == ["early", "late", "bans"]
    assert measures.events_of("2805301190")["event"].to_list() == []
    assert measures.events_of_several(["28053011"])["event"].to_list() == ["early", "late", "firms", "bans"]
    assert measures.events_of_several(["28053011", "01012100"])["product"].unique().to_list() == ["28053011"]


@pytest.mark.usefixtures("tables")
def test_a_product_without_a_code_is_touched_by_none_only_where_the_texts_are_recorded_whole() -> None:
    assert measures.not_whole("72081000", "CHN")["event"].to_list() == ["steel", "vague"]
    assert measures.not_whole("01012100", "CHN")["event"].to_list() == ["vague"]
    assert measures.not_whole("7301", "CHN")["event"].to_list() == ["steel", "vague"]
    assert measures.not_whole("basket:antimony", "CHN")["event"].to_list() == ["vague"]
    assert measures.not_whole("01012100", "USA").is_empty()


# Public lists of announcements: one of critical minerals, one of drones, and what other texts name beside them.
LISTED = (
    "mofcom-gacc-2023-23 mofcom-gacc-2023-27 mofcom-gacc-2023-28 mofcom-gacc-2023-39 mofcom-most-2023-57"
    " mofcom-gacc-2024-21 mofcom-gacc-2024-31 mofcom-gacc-2024-33 mofcom-2024-46 mofcom-2024-51 mofcom-gacc-2025-10"
    " mofcom-gacc-2025-18 mofcom-gacc-2025-55 mofcom-gacc-2025-56 mofcom-gacc-2025-57 mofcom-gacc-2025-58"
    " mofcom-2025-61 mofcom-2025-62 mofcom-gacc-2025-70 mofcom-2025-72 mofcom-2025-73 mofcom-gacc-2025-79"
)
# The codes that copies of the texts print, read from other pages than those behind the rows, where there are any: of
# mofcom-gacc-2025-10, 2023-39 and 2025-58 from the authority's own.
PRINTED = {
    "mofcom-gacc-2025-10": "2841801000 2825901200 2825901910 2825901920 2849902000 8101940001 8101991001 8101999001"
    " 7106919001 7106929001 2804500001 2842902000 3818009021 2842909025 2852100010 8106101091 8106101092 8106101099"
    " 8106109090 8106901019 8106901029 8106901099 8106909090 2841900041 2931900032 8102100001 2853904051",
    "mofcom-gacc-2023-39": "2504101000 2504109100 3801100030 3801901000 3801909010 6815190020 3824999940",
    "mofcom-gacc-2025-58": "85076000 84798999 28429040 28539030 28539050",
    "mofcom-gacc-2024-33": "2617101000 2617109001 2617109090 2830902000 8110101000 8110102000 8110200000 8110900000"
    " 2825800010 2931900032 2850009020",
    "mofcom-gacc-2025-55": "71051020 68042110 84798999",
    "mofcom-gacc-2025-57": "28053019",
    "mofcom-gacc-2025-18": "2805301910 3824999922 8486909110 2846901940 2846901993 2846901930 2846902810 2846902910"
    " 2846903910 2846904820 2846904910 2846909920",
    "mofcom-gacc-2023-23": "8110929010 8112929090 8112999000 2850001901 3818009001 3825690001 2825909001 3818009002"
    " 3825690002 2853904030 3818009003 3825690003 2853909026 3818009004 3825690004 2853909028 3818009005 3825690005"
    " 2842909024 3818009006 3825690006 2853909029 3818009007 3825690007 8112921010 8112921090 8112991000 2853904040"
    " 3818009008 3825690008 2825600002 3818009009 3825690009",
    "mofcom-gacc-2023-28": "8806100010 8806221011 8806229010 8806231011 8806239010 8806241011 8806249010 8806291011"
    " 8806299010 8806921011 8806929010 8806931011 8806939010 8806941011 8806949010 8806990010",
    "mofcom-gacc-2024-31": "8501200010 8501320010 8501330010 8501340010 8501400010 8501520010 8501530010 8407101010"
    " 8407102010 8408909230 8408909320 8411111010 8411119010 8411121010 8411129020 8411210010 8411221010 8411222010"
    " 8411223010 8411810002 8525891110 8525892110 8525893110 8526109011 9013200093",
}
WHOLE = {"mofcom-gacc-2025-10", "mofcom-gacc-2023-39"}
TECHNOLOGY = ["mofcom-2025-62", "mofcom-most-2023-57"]


def test_every_code_that_a_text_prints_names_its_measure() -> None:
    """Of each of the packaged rows, ten digits and the eight of the statistics, and of each code of PRINTED."""
    rows = code_table("control_event_codes").filter(pl.col("code_printed") != "")
    pairs = [
        (event, code) for event, *codes in rows.select("event", "code_printed", "hs8").iter_rows() for code in codes
    ]
    pairs += [(event, code) for event, codes in PRINTED.items() for code in codes.split()]
    assert len(pairs) > 1_500
    assert [(event, code) for event, code in {*pairs} if not measures.coverage(event, code)] == []
    assert measures.events_of("28259012")["event"].to_list()[0] == "mofcom-gacc-2025-10"


@pytest.mark.parametrize("event", LISTED.split())
def test_an_announcement_of_public_lists_is_recorded_with_the_codes_of_its_text_or_marked(event: str) -> None:
    (recorded,) = code_table("control_events").filter(event=event)["recorded"]
    printed, rows = {*PRINTED.get(event, "").split()}, measures.code_rows(event)
    assert printed <= {*rows["code_printed"]}
    assert (recorded == "whole") == (event in WHOLE), "every code of the text is among PRINTED, and is recorded"
    assert event not in WHOLE or printed == {*rows["code_printed"]}
    assert recorded or event in TECHNOLOGY


def test_a_measure_without_all_its_codes_says_what_its_text_names_more() -> None:
    events = code_table("control_events").filter(basis="measure", reporter="CHN")
    named = events.filter(pl.col("goods") != "", pl.col("recorded") == "")
    # What lists no goods: words on how to report, police, firms with a licence, a calendar, technology.
    assert {*named["kind"]} <= {"reporting", "enforcement", "general_licence", "statistics", "licence", "prohibition"}
    assert sorted(named.filter(pl.col("kind").is_in(["licence", "prohibition"]))["event"]) == TECHNOLOGY
    for event, recorded in events.select("event", "recorded").iter_rows():
        assert (measures.codes_recorded(event) > 0) == (recorded in ("whole", "part")) or not recorded, event
