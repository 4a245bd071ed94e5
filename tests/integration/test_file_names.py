"""The same bytes have the same findings, the same doubts and the same sentences under any name."""

import random
import shutil
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from flows.ingestion import ingest
from schemas.forms.request import ReleaseRequest
from schemas.questions.read import Read
from tasks.answers.trade.read import read
from tasks.domain.errors import Held
from tasks.inbox.held import find
from tasks.reading.query import open_published
from tasks.store.places.reporters import stores_of
from tasks.store.snapshots.parquet import read_table
from tests.draws import some

pytestmark = [
    pytest.mark.shared,
    pytest.mark.usefixtures("nothing_is_watched", "nothing_follows", "experimental_sources_are_trusted"),
]

# Real files of four sources, how each is declared, and the year that its name may say.
FILES = {
    "gacc_query/soybeans_import_2024_cny.csv": ({"source": "gacc_query", "flow": "import", "partners": "all"}, 2024),
    "gacc_query/soybeans_export_2024_cny.csv": ({"source": "gacc_query", "flow": "export", "partners": "all"}, 2024),
    "comext_real/sdmx_csv2_EU27_2814_EG_RU_2023Q1.csv": ({"source": "eurostat_comext", "partners": "all"}, 2023),
    "comext_real/bulk_full_202402_AT_AD_export_first13.csv": ({"source": "eurostat_bulk", "partners": "listed"}, 2024),
    "census_real/imports_hs6_2018_030254_030235_030442.json": ({"source": "us_census", "partners": "all"}, 2018),
}
WORDS = ("soybeans", "final", "FINAL", "BRA", "USA", "WLD", "EU27", "Brazil", "others", "8505", "85051110", "12019019")
WORDS += ("value_usd", "quantity", "line:rare_earths", "中国", "大豆", "gacc:888", "few_partners", "a, b; c: d")
FORMS = ("{}", "({})", "[{}]", "{} ", " {}", "{}.v2")
NAMES_OF_EACH = 40


def names(file: str, year: int) -> list[str]:
    """Names of years, codes, words in capitals, blanks, Chinese and brackets, the same ones each time."""
    drawn, suffix = random.Random(file), Path(file).suffix
    parts = (
        [drawn.choice(FORMS).format(drawn.choice((*WORDS, str(year)))) for _ in range(drawn.randint(1, 5))]
        for _ in range(NAMES_OF_EACH)
    )
    return [f"{'_'.join(some_parts).replace('/', '-').strip()}{suffix}" for some_parts in parts]


def said(shared_data: Path, file: str, name: str, folder: Path) -> list[object]:
    """What a store says of the file under a name: findings, doubts, remarks, and the lines of a hold."""
    declared, _ = FILES[file]
    copy = folder / name
    folder.mkdir(parents=True)
    shutil.copyfile(shared_data / file, copy)
    root, held = folder / "store", []
    try:
        ingest(ReleaseRequest(file=copy, store=root, released_on=date(2026, 8, 1), **declared), date(2026, 8, 2))
    except Held as problem:
        kept = find(problem.store, problem.release_id)
        assert kept is not None
        # A name that says something else is what is found of it.
        held = [line for line in kept.lines if not line.startswith("file_name")]
    if held:
        return [*held]
    (place,) = stores_of(root).values()
    snapshot = open_published(place)
    tables = [read_table(snapshot, table) for table in ("finding", "doubt")]
    found = tables[0].filter(pl.col("check") != "file_name").drop("number")
    return [found.to_dicts(), tables[1].drop("number").to_dicts(), read(Read(store=root)).remarks]


@pytest.mark.parametrize("file", FILES)
def test_a_name_changes_nothing_that_is_said_of_the_bytes(shared_data: Path, tmp_path: Path, file: str) -> None:
    plain = said(shared_data, file, f"file{Path(file).suffix}", tmp_path / "plain")
    drawn = names(file, FILES[file][1])
    assert len({*drawn}) > NAMES_OF_EACH / 2
    for place, name in enumerate(some(drawn)):
        assert said(shared_data, file, name, tmp_path / f"{place}") == plain, name
