"""What a store publishes release by release is what one computation over its whole ledger gives, row for row."""

from datetime import date
from pathlib import Path

from flows.release import release
from schemas.forms.request import ReleaseRequest
from tasks.ledger import merge as ledger
from tasks.metrics.derive import derive
from tasks.reports import query
from tasks.store.parquet import read_table
from tasks.store.snapshot import open_snapshot

SAMPLE = Path(__file__).parent.parent.parent / "flows" / "examples" / "published_figures.csv"


def test_the_sample_published_at_once_and_in_two_halves_equals_the_whole(tmp_path: Path) -> None:
    lines = SAMPLE.read_text(encoding="utf-8").splitlines(keepends=True)
    halves = [lines[:1] + lines[1::2], lines[:1] + lines[2::2]]
    for name, parts in (("once", [lines]), ("halves", halves)):
        store = tmp_path / name / "reporter=CHN"
        for number, part in enumerate(parts):
            file = tmp_path / f"{name}{number}.csv"
            file.write_text("".join(part), encoding="utf-8")
            release.fn(ReleaseRequest(file=file, source="published", store=store), date(2026, 11, 1))
        snapshot = open_snapshot(store)
        published = read_table(snapshot, "metric")
        whole = derive(
            ledger.current_statements(read_table(snapshot, "observation")),
            read_table(snapshot, "release"),
            all_records=False,
        )  # type: ignore[arg-type]
        assert published.equals(whole.select(published.columns))
        assert published.height > 300
        both = query.query(store, "metric", product="85051110", partner="WLD", month=(2026, 1)).filter(
            measure="quantity_kg"
        )
        assert both["level_status"].to_list() == ["combined_months"]


def test_a_folder_with_brackets_in_its_name_is_read_as_it_is_written(tmp_path: Path) -> None:
    """Readers of Parquet take such names for patterns."""
    store = tmp_path / "[/red] [a-z]*?" / "reporter=CHN"
    release.fn(ReleaseRequest(file=SAMPLE, source="published", store=store), date(2026, 11, 1))
    rows = query.query(store, "metric", product="85051110", partner="USA", month=(2025, 6))
    assert rows.filter(measure="quantity_kg")["level"].to_list() == [353_000]
