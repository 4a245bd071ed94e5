"""One query as downloaded on three days: the ledger and the revisions, against the workbooks themselves."""

import functools
import itertools
from datetime import date
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from flows.release import release
from schemas.forms.request import ReleaseRequest
from schemas.reference.code_tables import code_table
from tasks.reading import query
from tasks.store.files.snapshot import current_id
from tests.draws import some

pytestmark = [
    pytest.mark.usefixtures("nothing_is_watched", "nothing_follows", "experimental_sources_are_trusted"),
    pytest.mark.shared,
]
TODAY = date(2026, 7, 1)
Place = tuple[str, str, str]


@functools.cache
def workbook(path: Path) -> dict[Place, int]:
    """month, partner code, province code -> US dollars, by openpyxl."""
    rows = openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True)
    titles = next(rows)
    places = [titles.index(title) for title in ("数据年月", "贸易伙伴编码", "注册地编码", "美元")]
    read = {}
    for row in rows:
        month, partner, province, value = (row[place] for place in places)
        read[str(month), str(partner), str(province)] = int(value)
    return read


def day_of(path: Path) -> date:
    return date.fromisoformat(path.stem[-10:])


def ingest(files: list[Path], store: Path) -> str:
    for file in files:
        outcome = release.fn(
            ReleaseRequest(
                file=file, source="gacc_query", flow="export", partners="all", released_on=day_of(file), store=store
            ),
            TODAY,
        )
    return outcome.snapshot_id


@pytest.fixture(scope="module")
def files(shared_data: Path) -> list[Path]:
    found = sorted((shared_data / "gacc_vintages").glob("*.xlsx"))
    assert len(found) == 3
    return found


@pytest.fixture(scope="module")
def store(files: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("vintages") / "reporter=CHN"
    ingest(files, place)
    return place


def published_files(store: Path, snapshot_id: str) -> set[str]:
    folder = store / ".snapshots" / snapshot_id
    tables = ("observation", "trade_flow", "metric", "revision", "detail", "release")
    return {str(path.relative_to(folder)) for table in tables for path in (folder / f"_{table}").rglob("*.parquet")}


def test_every_order_of_arrival_publishes_the_same_bytes(files: list[Path], store: Path, tmp_path: Path) -> None:
    """Of the five others than that of the days two, the reverse one among them; all by `make search`."""
    made = published_files(store, current_id(store) or "")
    assert len(made) > 20
    orders = some([*itertools.permutations(files)][1:], 1)
    assert len(orders) > 1
    for number, order in enumerate(orders):
        place = tmp_path / str(number) / "reporter=CHN"
        assert published_files(place, ingest([*order], place)) == made, order


def test_the_revisions_are_those_that_a_comparison_of_the_workbooks_finds(files: list[Path], store: Path) -> None:
    partners = {row["gacc_code"]: row["partner"] for row in code_table("partners").to_dicts() if not row["valid_to"]}
    expected = set()
    for before, after in itertools.pairwise(files):
        old, new = workbook(before), workbook(after)
        last = max(month for month, _, _ in old)
        for place in old.keys() | {key for key in new if key[0] <= last}:
            if old.get(place) != new.get(place):
                month, partner, province = place
                expected.add((month, partners[partner], province, old.get(place), new.get(place), day_of(after)))
    assert len(expected) == 5
    rows = query.query(store, "revision")
    found = rows.select(
        pl.col("period_end").dt.strftime("%Y%m"), "partner", "province", "old_value", "new_value", "revised_on"
    )
    assert set(found.iter_rows()) == expected
    moved = rows.filter(pl.col("kind") == "moved")
    assert moved.height == 2
    assert (moved["new_value"].fill_null(0) - moved["old_value"].fill_null(0)).sum() == 0


def test_the_recipe_for_plain_files_gives_the_as_of_rows(store: Path) -> None:
    """The one-line recipe of the README, for Polars."""
    day = date(2026, 4, 1)
    plain = pl.scan_parquet(store / "current" / "observation").filter(
        (pl.col("known_from") <= day) & (pl.col("known_until").is_null() | (pl.col("known_until") > day))
    ).collect()  # fmt: skip
    own = query.query(store, "observation", as_of=day)
    key = ["period_end", "product", "partner", "measure"]
    assert plain.sort(key).select(own.columns).equals(own.sort(key))
