"""What an observation of SDMX says of a figure: its value, its state, why it is missing, and since when it stands."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from typer.testing import CliRunner

from flows.cli.app import app
from schemas.names import MISSING, STATUSES
from schemas.questions.read import Read
from tasks.answers.form.answer import AnswerOfSeveral
from tasks.answers.programs.sdmx import COLUMNS, csv_of, numbers, observations
from tasks.answers.trade.read import read
from tests.unit.corrected_store import CORRECTED, KNOWN, corrected_store
from tests.unit.customs import DAY, LATER, Store

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return corrected_store(tmp_path_factory.mktemp("corrected"))


def answer(store: Store, day: date | None = None, **asked: object) -> AnswerOfSeveral:
    return read(Read(as_of=day, names=False, store=store.store, **asked))  # type: ignore[arg-type]


def one(rows: pl.DataFrame, **keys: str) -> dict[str, str | None]:
    return rows.filter(**keys).row(0, named=True)


JUNE = {"PARTNER": "USA", "PRODUCT": "85051110", "INDICATORS": "QUANTITY_KG", "TIME_PERIOD": "2025-06"}


@pytest.mark.parametrize(
    ("day", "value", "begin"),
    [
        (DAY, 353_000.0, DAY),
        (date(2025, 8, 19), 353_000.0, DAY),
        (CORRECTED, 360_000.0, CORRECTED),
        # What was withdrawn counts no more, and the number before is the latest one again, from that day.
        (LATER, 353_000.0, LATER),
        (None, 353_000.0, LATER),
    ],
)
def test_an_observation_has_the_number_of_its_day_and_the_day_from_which_it_stands(
    store: Store, day: date | None, value: float, begin: date
) -> None:
    found = one(observations(answer(store, day).parts, ["level"]), **JUNE)
    assert (float(found["OBS_VALUE"] or 0), found["VALID_FROM"]) == (value, str(begin))
    assert found["OBS_STATUS"] in ("A", "U")
    assert found["KNOWN_ON"] == str(day or LATER)
    assert day not in KNOWN or KNOWN[day] == value  # type: ignore[index]


def test_the_observations_are_the_rows_of_read_and_each_missing_one_has_its_reason(store: Store) -> None:
    asked = answer(store)
    rows = observations(asked.parts, ["level", "mom_pct"])
    assert rows.columns == [*COLUMNS]
    assert rows.height == 2 * asked.rows.height
    assert not rows.select(COLUMNS[3:10]).is_duplicated().any()
    level = rows.filter(~pl.col("INDICATORS").str.ends_with("_MOM_PCT"))
    assert level["OBS_VALUE"].cast(pl.Float64).fill_nan(None).to_list() == asked.rows["level"].to_list()
    assert level["TIME_PERIOD"].to_list() == asked.rows["period"].dt.strftime("%Y-%m").to_list()
    growth = rows.filter(pl.col("INDICATORS").str.ends_with("_MOM_PCT"))
    assert growth["OBS_VALUE"].cast(pl.Float64).fill_nan(None).to_list() == asked.rows["mom_pct"].to_list()
    missing = rows.filter(OBS_VALUE="NaN")
    assert missing.height > 0
    assert {*missing["COMMENT_OBS"]} <= {*MISSING.values()}
    assert {*missing["OBS_STATUS"]} <= {"L", "M", "O", "K"}
    # Beside a value stands why it is not quoted as it is.
    of_values = rows.filter(pl.col("OBS_VALUE") != "NaN")["COMMENT_OBS"].drop_nulls()
    assert {*of_values} == {*asked.rows["mom_caveats"].drop_nulls()}
    assert {*growth["UNIT_MEASURE"]} == {"PC"}
    assert {*level["UNIT_MEASURE"]} == {"KG", "USD", "USD_PER_KG"}


def with_rows(asked: AnswerOfSeveral, **columns: object) -> AnswerOfSeveral:
    """The answer with other values in some columns; its parts are what observations are made of."""
    ((name, part),) = asked.parts.items()
    rows = part.rows.head(1).with_columns(**{key: pl.lit(value) for key, value in columns.items()})
    return replace(asked, parts={name: replace(part, rows=rows.cast({"level": pl.Float64}))})


@pytest.mark.parametrize(
    ("columns", "state"),
    [
        ({"level": 1.0, "level_status": "reported", "in_doubt": False}, "A"),
        ({"level": 1.0, "level_status": "sum", "in_doubt": False, "level_kinds": "preliminary"}, "P"),
        ({"level": 1.0, "level_status": "sum", "in_doubt": False, "comparable_from": date(2025, 5, 1)}, "B"),
        ({"level": None, "level_status": "not_covered"}, "L"),
        ({"level": None, "level_status": "combined_months"}, "K"),
        ({"level": None, "level_status": "other_unit"}, "M"),
        ({"level": None, "level_status": "definition_break"}, "O"),
    ],
)
def test_the_state_follows_from_our_statuses_and_flags(store: Store, columns: dict[str, object], state: str) -> None:
    asked = with_rows(answer(store, product="85051110", partner="USA", month="2025-05"), **columns)
    assert observations(asked.parts, ["level"])["OBS_STATUS"].to_list() == [state]


def test_every_status_becomes_a_state(store: Store) -> None:
    part = answer(store, product="85051110", partner="USA", month="2025-05")
    for made in STATUSES:
        asked = with_rows(part, level=None if made in MISSING else 1.0, level_status=made)
        ((status, comment),) = observations(asked.parts, ["level"]).select("OBS_STATUS", "COMMENT_OBS").rows()
        assert (status in "KLMO", comment) == (made in MISSING, MISSING.get(made))


def test_a_number_in_doubt_says_so_in_its_state_and_in_a_sentence(store: Store) -> None:
    rows = observations(answer(store).parts, ["share_pct"])
    shares = rows.filter(pl.col("OBS_VALUE") != "NaN", PARTNER="USA")
    assert {*shares["OBS_STATUS"]} == {"U"}
    assert "few partners for a file of all partners" in str(shares["DOUBT"][0])


def test_numbers_are_written_to_the_last_bit(store: Store) -> None:
    asked = answer(store, product="85051110", partner="USA", month="2025-05")
    for value in (0.1 + 0.2, 1e300, 5e-324, 123456789012345.67, -0.0):
        found = observations(with_rows(asked, level=value, level_status="computed").parts, ["level"])
        assert float(found["OBS_VALUE"][0]) == value


def test_a_key_with_a_colon_or_a_blank_becomes_an_id_of_its_own(sample_store: Path) -> None:
    asked = read(Read(product="basket:rare_earth_magnets", names=False, store=sample_store))
    assert {*observations(asked.parts, ["level"])["PRODUCT"]} == {"basket@rare_earth_magnets"}


@pytest.mark.parametrize(
    ("figures", "table", "says"),
    [
        (["highest_since"], "metric", "highest_since is a month, and an observation of SDMX is a number"),
        (["size"], "metric", "there is no figure 'size'; there are level, mom_pct"),
        (["level"], "release", "the table release has no form in SDMX; it is made of metric"),
    ],
)
def test_what_has_no_form_is_refused(store: Store, figures: list[str], table: str, says: str) -> None:
    with pytest.raises(ValueError, match=f"^{says}"):
        observations(read(Read(table=table, store=store.store)).parts, figures)


def test_the_command_prints_the_same_rows(store: Store) -> None:
    asked = ["read", "85051110", "--partner", "USA", "--measure", "quantity_kg", "--store", str(store.store)]
    done = CliRunner().invoke(app, [*asked, "--columns", "level", "--format", "sdmx"])
    parts = answer(store, product="85051110", partner="USA", measure="quantity_kg").parts
    assert done.stdout.encode() == csv_of(observations(parts, ["level"]))
    assert "level" in numbers()
    assert_frame_equal(
        pl.read_csv(done.stdout.encode(), infer_schema=False).select("TIME_PERIOD", "OBS_VALUE"),
        pl.DataFrame({"TIME_PERIOD": ["2025-05", "2025-06"], "OBS_VALUE": ["46000.0", "353000.0"]}),
    )
