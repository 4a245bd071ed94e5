"""Detours out of two published stores of a drawn trade (synthetic): the hub that carries them, and what cannot be
said."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from schemas.questions.detours import Detours
from tasks.analysis.mirror.statements import mirror
from tasks.answers.measures.detours import columns, detours, title, workbook_notes
from tasks.domain.errors import NoFigure
from tests.unit.detour_stores import PLACEBOS, detour_stores

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return detour_stores(tmp_path_factory.mktemp("detours"))


def asked(root: Path, product: str = "850511", **given: str) -> Detours:
    return Detours(product, **{"from_": "China", "to": "USA", "since": "2025-04"} | given, store=root)  # type: ignore[arg-type]


def test_the_hub_that_carries_the_goods_fires_and_no_other(root: Path) -> None:
    """60 t a month go by Korea, of 100 t that went direct: 330 t arrive from April to September 2025."""
    answer = detours(asked(root))
    assert answer.rows["hub"].to_list()[0] == "KOR"
    assert answer.rows.filter(pl.col("fires"))["hub"].to_list() == ["KOR"]
    row = answer.rows.row(0, named=True)
    assert (row["since"], row["until"], row["months"]) == (date(2025, 4, 1), date(2025, 9, 1), 6)
    assert (row["measure"], row["placebo_goods"]) == ("quantity_kg", len(PLACEBOS))
    assert 300_000 <= row["estimate"] <= 390_000
    assert row["low"] < row["estimate"] <= row["high"] <= row["ceiling"]
    assert row["low"] <= 330_000 <= row["high"]
    assert row["ceiling"] == min(row["first_after"], row["second_after"])
    assert row["as_high_pct"] == pytest.approx(100 / (len(PLACEBOS) + 1))
    assert row["direct_after"] / row["direct_before"] == pytest.approx(0.2, rel=0.1)
    assert row["direct_other_after"] == row["direct_after"], "both sides of the direct flow are known"
    assert row["first_said_before"] == pytest.approx(row["first_before"] / row["first_growth"])
    assert row["first_said_after"] == row["first_after"]
    assert row["second_said_before"] > 0
    assert (row["first_other_before"], row["second_other_before"]) == (None, None), "the hub has no store"
    assert (row["direct_usd_per_kg"], row["first_usd_per_kg"]) == (pytest.approx(10), pytest.approx(10))
    assert row["second_usd_per_kg"] == pytest.approx(11)
    assert row["placebo_goods_fired"] <= 1
    said = " ".join(answer.notes)
    assert "KOR fires: an estimate of" in said
    assert "where no detour can be, the screen fires on" in said
    assert "where others' makers sell half of what was lost by the hubs" in said
    assert row["placebo_goods_fired"] <= row["placebo_half_fired"] <= row["placebo_all_fired"] <= row["placebo_all"]
    assert "smuggl" not in said
    assert "China customs" in answer.citation
    assert "USA" in answer.reporters


def test_goods_whose_direct_flow_has_not_fallen_never_fire(root: Path) -> None:
    rows = detours(asked(root, PLACEBOS[0], since="2025-04")).rows
    if rows["direct_after"][0] < rows["direct_before"][0]:
        rows = detours(asked(root, PLACEBOS[1], since="2025-04")).rows
    assert not rows["fires"].fill_null(False).any()


def test_a_product_below_six_digits_is_named_as_what_is_counted(root: Path) -> None:
    answer = detours(asked(root, "85051110"))
    assert "85051110 is counted as HS 850511, which holds other goods too" in answer.notes


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        (
            {"since": "2026-01"},
            NoFigure,
            "no month since 2026-01 is known of both: the exporter's store ends with 2025-09",
        ),
        ({"to": "Germany"}, ValueError, "there is no store of DEU"),
        ({"measure": "value_eur"}, NoFigure, "in a measure that both stores have .value_eur."),
        ({"since": "soon"}, ValueError, "'soon' is no month"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_what_there_is(
    root: Path, given: dict[str, str], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        detours(asked(root, **given))


def test_the_table_the_notes_and_the_three_flows_are_those_of_the_rows(root: Path) -> None:
    answer = detours(asked(root))
    assert title(answer.rows).startswith(
        "HS 850511 from China to the United States by a third country, 2025-04 to 2025-09"
    )
    assert columns(answer.rows)["verdict"][0] == "fires"
    assert {*answer.flows["flow"]} == {"direct", "first", "second"}
    notes = workbook_notes(answer)
    assert notes.columns["column"].to_list() == answer.rows.columns
    assert {*notes.releases["reporter"]} == {"CHN", "USA"}


def test_as_of_a_day_nothing_later_is_known(root: Path) -> None:
    with pytest.raises(ValueError, match="nothing was known on 2025-10-01"):
        detours(asked(root, as_of="2025-10-01"))
    assert detours(asked(root, as_of="2025-11-05")).rows["hub"][0] == "KOR"


def test_with_few_placebo_goods_no_hub_fires_and_the_rows_say_why(tmp_path: Path) -> None:
    answer = detours(asked(detour_stores(tmp_path, placebos=3)))
    assert answer.rows["fires"].null_count() == answer.rows.height
    assert {*answer.rows["status"]} == {"too_few_placebos"}
    assert any("no hub can fire: 3 placebo goods, and 20 are needed" in note for note in answer.notes)


def test_national_codes_stand_for_a_code_without_a_total_in_detours_and_in_the_mirror(
    root: Path, tmp_path: Path
) -> None:
    national = detour_stores(tmp_path, national=True)
    answer, whole = detours(asked(national)), detours(asked(root))
    said = "CHN has no total of HS 850511: it stands for 85051110 alone"
    assert said in answer.notes
    assert said not in whole.notes
    assert answer.rows.select("hub", "direct_after").rows() == whole.rows.select("hub", "direct_after").rows()
    months = (date(2025, 4, 1), date(2025, 9, 1))
    parts, totals = (mirror(one, "850511", "CHN", "USA", *months).rows for one in (national, root))
    figures = ["period", "export_kg", "export_value", "import_kg", "import_value", "export_valuation"]
    assert parts.select(figures).equals(totals.select(figures))
    assert parts["export_kg"].sum() == answer.rows["direct_after"][0]
    # A part of the goods and all of them have no ratio.
    assert parts["kg_ratio"].null_count() == parts.height > totals["kg_ratio"].null_count()
    assert {*parts.select("reason", "why").rows()} == {("part", said)}
    assert "part" not in totals["reason"]
