"""Files of several reporters in one inbox."""

from datetime import date
from pathlib import Path

from bad_inputs.download import csv_bytes, magnets

from tasks.store.files.snapshot import open_snapshot
from tasks.store.places.reporters import stores_of
from tests.unit.sources.census.us_census_answers import answer as census
from tests.unit.sources.census.us_census_answers import line
from tests.unit.sources.eurostat.comext_answers import CELLS
from tests.unit.sources.eurostat.comext_answers import answer as comext
from tests.unit.sources.hmrc.ots_answers import page, row

DAY = date(2026, 9, 1)
MAGNETS = "850511"
CENSUS_ROWS = [line("5700", "7000000", "7100000", "111000"), line("-", "7000000", "7100000", "111000")]
# One file each; all about magnets from or to China, in months of their own.
FILES = {
    "june.csv": (csv_bytes([magnets("502", "353000", "20,121,000"), magnets("304", "764000", "43,548,120")]),
                 'source = "gacc_query"\nflow = "export"\npartners = "all"\nreleased_on = 2025-07-20\n'),
    "comext.csv": (comext([cell for cell in CELLS if not cell[0].startswith(("EXT", "INT"))], product=MAGNETS),
                   'source = "eurostat_comext"\nreporter = "EU27"\npartners = "all"\nreleased_on = 2026-08-14\n'),
    "ots.json": (page(row(1000.0, 100.0), row(500.0, 50.0, port=2)),
                 'source = "hmrc_ots"\npartners = "all"\nreleased_on = 2026-08-13\n'),
    "census.json": (census(CENSUS_ROWS), 'source = "us_census"\npartners = "all"\nreleased_on = 2026-07-07\n'),
}  # fmt: skip


def dropped(folder: Path, *names: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name in names or FILES:
        data, sidecar = FILES[name]
        (folder / name).write_bytes(data)
        (folder / f"{name}.toml").write_text(sidecar, encoding="utf-8")
    return folder


def hashes(root: Path) -> dict[str, dict[str, str]]:
    """The published files of each reporter, by their hashes."""
    found = {}
    for reporter, store in stores_of(root).items():
        snapshot = open_snapshot(Path(store))
        assert snapshot is not None
        found[reporter] = {entry.path: entry.sha256 for entry in snapshot.files}
    return found
