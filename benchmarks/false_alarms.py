"""How often the checks speak of real downloads: every finding, by file and for 1,000 records.

    python -m benchmarks.false_alarms [--data FOLDER] [--monthly] [--all]

Ingests the real query downloads below FOLDER (by default the shared files next to the project) file by file, those of one folder into one store, in
the order of their names, each as a query for all partners, as it is declared by somebody who trusts it. A release that is held is
approved, so that the next one has a past. With --monthly the downloads of `bench` come once more, split by month, as they would
month after month. Whether a finding is a false alarm a person must judge: some of these files are truncated. The findings are those
of the checks of quantities, values, partners and months that are missing, and of other directions and months; with --all every one.
"""

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from benchmarks.monthly import publish, split_by_month
from schemas.forms.request import ReleaseRequest
from tasks.domain.errors import Refused
from tasks.reports import query

DATA = Path(__file__).parent.parent / ".." / "shared" / "data"
FOLDERS = ("gacc_query", "gacc_query_variants", "gacc_query_xlsx", "gacc_vintages", "bench")
TODAY = date(2026, 11, 1)
LOOKED_AT = (
    "another_month", "few_partners", "magnitude", "month_without_records", "numbers_of_other_flow", "other_currency", "partners_missing",
    "pasted_records", "product_without_records", "unit_value", "zero_number",
)  # fmt: skip


def ingest(file: Path, store: Path, day: date) -> str | None:
    """Ingest a download, and approve it where it is held; the release, or None where it was refused."""
    request = ReleaseRequest(
        file=file, store=store, source="gacc_query", flow="import" if "import" in file.name else "export", partners="all",
        months="2025-01..2025-12" if "no_month" in file.name else None, released_on=day,
    )  # fmt: skip
    try:
        return publish(request, TODAY).release_id
    except Refused as refused:
        print(f"{file.name}: {refused}")
        return None


def of_files(files: Iterable[Path], store: Path) -> tuple[pl.DataFrame, int]:
    """The findings about files that follow one another, and how many records these have."""
    days = {}
    for number, file in enumerate(files):
        found = ingest(file, store, date(2026, 7, 1) + timedelta(days=number))
        if found is not None:
            days[found] = f"{file.parent.name}/{file.name}"
    releases = query.query(store, "release")
    names = pl.DataFrame(
        {"release_id": list(days), "file": list(days.values())}, schema=dict.fromkeys(("release_id", "file"), pl.String)
    )
    findings = query.query(store, "finding").join(names, on="release_id")
    return findings, int(releases["records"].sum())


def main() -> int:
    """Ingest, list, count."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--data", type=Path, default=DATA)
    ask.add_argument("--monthly", action="store_true")
    ask.add_argument("--all", action="store_true")
    given = ask.parse_args()
    frames, total = [], 0
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        groups = {folder: sorted((given.data / folder).glob("*.*")) for folder in FOLDERS}
        if given.monthly:
            (work / "by_month").mkdir()
            groups = {"by_month": split_by_month(given.data / "bench", work / "by_month")}
        for folder, files in groups.items():
            findings, records = of_files(
                [file for file in files if file.suffix in {".csv", ".xlsx"}], work / "stores" / folder / "reporter=CHN"
            )
            frames.append(findings)
            total += records
    findings = pl.concat(frames).filter(pl.lit(given.all) | pl.col("check").is_in(LOOKED_AT))
    for row in findings.sort("file", "check", "subject").to_dicts():
        print(
            f"{row['file']}: {row['severity']} {row['check']} ({row['subject']}): {row['observed']}; expected {row['expected']}"
        )
    counts = Counter(findings.select("check", "severity").rows())
    for (check, severity), count in sorted(counts.items()):
        print(f"{check:24} {severity:8} {count:4}  {1000 * count / total:6.3f} for 1,000 records")
    print(f"{findings.height} findings in {total:,} records")
    return 0


if __name__ == "__main__":
    sys.exit(main())
