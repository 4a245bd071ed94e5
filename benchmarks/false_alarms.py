"""What the checks say of real files: which are published, held or refused, rightly or not, and how often a check
speaks.

    python -m benchmarks.false_alarms [--data FOLDER] [--monthly] [--findings] [--all] [SOURCE ...]

Ingests every file below FOLDER (by default the shared files next to the project) that `benchmarks/real_files.csv`
lists, as somebody declares it who trusts it; those of one folder and source go into one store, in the order of the
table. A release that is held is approved, so that the next one has a past. The answers of the Census Bureau for a year
come again month by month, as they would be fetched. With --monthly the downloads of `bench` come once more, too, split
by month.

`verdict` of the table is what a person who read the file says: `publish`, `hold` or `refuse`, with the reason. A hold
or a refusal where it says `publish` is false, and so is the reverse. `given` is `whole` where the file is as its source
gives it. With --findings every finding of the checks of quantities, values, partners and months that are missing is
listed, and of other directions and months; with --all every one. The exit status is 1 where more than 3 % of the files
are held falsely, or one that is whole, or where the table lacks a file.
"""

import argparse
import csv
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import polars as pl

from benchmarks.monthly import split_by_month
from flows.release import release
from schemas.forms.outcome import Hold
from schemas.forms.request import ReleaseRequest
from tasks.domain.errors import Refused
from tasks.inbox import held as held_releases
from tasks.reading import query
from tasks.sources.registry import SOURCES

DATA = Path(__file__).parent.parent / ".." / "shared" / "data"
TABLE = Path(__file__).parent / "real_files.csv"
FIRST_DAY, TODAY = date(2026, 8, 20), date(2026, 11, 28)
FALSE_HOLDS_MAX = 0.03
# What is no file of a source: notes, code lists, and folders of what another institution publishes or a project
# derived.
NO_FILES = ("PROVENANCE.md",)
NO_FOLDERS = (
    "comtrade",
    "gacc_reference",
    "hs_reference",
    "mirror_pairs",
    "openlineage_spec",
    "published",
)
# Months of `bench` that end in the middle of a product, at a record 10,000 of the download.
CUT_OFF = ("202212", "202311", "202410")
LOOKED_AT = (
    "another_month",
    "few_partners",
    "magnitude",
    "month_without_records",
    "numbers_of_other_flow",
    "other_currency",
    "partners_missing",
    "pasted_records",
    "product_without_records",
    "unit_value",
    "zero_number",
)


class Case(NamedTuple):
    """A file, the store that it goes into, its row of the table, and what came of it."""

    file: Path
    store: str
    row: dict[str, str]

    @property
    def name(self) -> str:
        """Folder and file."""
        return f"{self.file.parent.name}/{self.file.name}"


class Result(NamedTuple):
    """`published`, `held` or `refused`, the checks that held it or the message, and the release."""

    outcome: str
    said: str
    release_id: str | None


def rows_of_table() -> list[dict[str, str]]:
    """The rows of `real_files.csv`, in their order."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def unlisted(data: Path, rows: list[dict[str, str]]) -> list[str]:
    """The files below `data` that the table should have and lacks."""
    listed = {row["file"] for row in rows}
    files = (path.relative_to(data) for path in sorted(data.rglob("*")) if path.is_file())
    return [
        path.as_posix()
        for path in files
        if path.name not in NO_FILES and path.parts[0] not in NO_FOLDERS and path.as_posix() not in listed
    ]


def cases_of(rows: list[dict[str, str]], data: Path, work: Path) -> Iterator[Case]:
    """The files to ingest. Rows of the Census Bureau that a project saved as CSV are written as its API writes them."""
    for row in rows:
        if row["given"] == "none":
            continue
        file = data / row["file"]
        store = f"{file.parent.name}-{row['source']}-{row['reporter']}"
        if row["source"] == "un_comtrade":
            answer = json.loads(file.read_text(encoding="utf-8"))
            # A project kept the answer in an envelope of its own.
            yield Case(_written(work / store / file.name, answer.get("payload", answer)), store, row)
            continue
        if row["source"] != "us_census" or "MONTH" not in file.read_text(encoding="utf-8"):
            yield Case(file, store, row)
            continue
        header, *records = _census_rows(file)
        yield Case(_written(work / store / f"{file.stem}.json", [header, *records]), store, row)
        month = header.index("MONTH")
        for number in sorted({record[month] for record in records}):
            answer = [header, *(record for record in records if record[month] == number)]
            target = work / f"{store}-by-month" / f"{file.stem}_{number}.json"
            yield Case(_written(target, answer), f"{store}-by-month", row)


def _census_rows(file: Path) -> list[list[str]]:
    text = file.read_text(encoding="utf-8")
    return list(csv.reader(text.splitlines())) if file.suffix == ".csv" else json.loads(text)


def _written(target: Path, answer: object) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(answer), encoding="utf-8")
    return target


def ingest(case: Case, store: Path, day: date) -> Result:
    """Ingest a file, and approve it where it is held."""
    row = case.row
    request = ReleaseRequest(
        file=case.file,
        store=store,
        source=row["source"],
        flow=row["flow"] or None,
        partners=row["partners"] or None,
        months=row["months"] or None,
        reporter=row["reporter"] or None,
        released_on=None if row["source"] == "published" else day,
    )
    try:
        ended = release.fn(request, TODAY)
    except Refused as refused:
        return Result("refused", f"{refused.rule}: {refused}", None)
    if not isinstance(ended, Hold):
        return Result("published", "", ended.release_id)
    held_releases.decide(store, ended.release_id, "approve", "benchmark", "measured as it is", datetime.now(UTC))
    release.fn(request, TODAY)
    return Result("held", "; ".join(ended.lines), ended.release_id)


def is_right(case: Case, result: Result) -> bool:
    """Whether it came as a person who read the file says."""
    verdict = {"published": "publish", "held": "hold", "refused": "refuse"}[result.outcome]
    return verdict in case.row["verdict"].split(" or ")


def findings_of(store: Path, cases: dict[str, Case]) -> tuple[pl.DataFrame, dict[str, int]]:
    """The findings in a store of a reporter with the names of their files, and how many records it has."""
    names = pl.DataFrame({"release_id": [*cases], "file": [case.name for case in cases.values()]})
    releases = query.query(store, "release")
    reporter = str(releases["reporter"][0])
    found = query.query(store, "finding").join(names, on="release_id").with_columns(reporter=pl.lit(reporter))
    return found, {reporter: int(releases["records"].sum())}


def main() -> int:
    """Ingest, list, count."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("sources", nargs="*", metavar="SOURCE", help="only files of these sources")
    ask.add_argument("--data", type=Path, default=DATA)
    for name in ("--monthly", "--findings", "--all"):
        ask.add_argument(name, action="store_true")
    given = ask.parse_args()
    rows = rows_of_table()
    results: list[tuple[Case, Result]] = []
    frames, total = [], Counter[str]()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        cases = [
            *cases_of([row for row in rows if not given.sources or row["source"] in given.sources], given.data, work)
        ]
        if given.monthly:
            (work / "by_month").mkdir()
            row = next(row for row in rows if row["file"].startswith("bench/"))
            months = split_by_month(given.data / "bench", work / "by_month")
            cases += [
                Case(file, "bench-by-month", row | {"verdict": "hold" if file.stem in CUT_OFF else "publish"})
                for file in months
            ]
        for store in dict.fromkeys(case.store for case in cases):
            of_store = [case for case in cases if case.store == store]
            root = (
                work
                / "stores"
                / store
                / f"reporter={of_store[0].row['reporter'] or SOURCES[of_store[0].row['source']].reporter}"
            )
            released: dict[str, Case] = {}
            for number, case in enumerate(of_store):
                result = ingest(case, root, FIRST_DAY + timedelta(days=number))
                results.append((case, result))
                if result.release_id:
                    released[result.release_id] = case
            if released:
                found, records = findings_of(root, released)
                frames.append(found)
                total.update(records)
    if given.findings or given.all:
        _list_findings(pl.concat(frames), total, all_checks=given.all)
    return _list_files(results, unlisted(given.data, rows))


def _list_findings(findings: pl.DataFrame, total: Counter[str], *, all_checks: bool) -> None:
    findings = findings.filter(pl.lit(all_checks) | pl.col("check").is_in(LOOKED_AT))
    for row in findings.sort("file", "check", "subject").to_dicts():
        print(
            f"{row['file']}: {row['severity']} {row['check']} ({row['subject']}): {row['observed']}; expected"
            f" {row['expected']}"
        )
    counts = Counter(findings.select("check", "severity", "reporter").rows())
    for (check, severity, reporter), count in sorted(counts.items()):
        rate = 1000 * count / total[reporter]
        print(f"{check:24} {severity:8} {reporter:5} {count:4}  {rate:6.3f} for 1,000 of {total[reporter]:,} records")
    print(f"{findings.height} findings in {total.total():,} records of {', '.join(sorted(total))}\n")


def _list_files(results: list[tuple[Case, Result]], missing: list[str]) -> int:
    for case, result in results:
        judged = "right" if is_right(case, result) else f"FALSE, should be {case.row['verdict']}"
        print(f"{case.name}: {case.row['given']}, {result.outcome}, {judged}")
        if result.said:
            print(f"    {result.said[:400]}")
    counts = Counter((result.outcome, is_right(case, result)) for case, result in results)
    for outcome in ("published", "held", "refused"):
        print(f"{outcome:10} right {counts[outcome, True]:3}  false {counts[outcome, False]:3}")
    false = [case for case, result in results if result.outcome == "held" and not is_right(case, result)]
    whole = [case.name for case in false if case.row["given"] == "whole"]
    print(
        f"{len(results)} files; held falsely {len(false)} ({len(false) / len(results):.1%}), {len(whole)} of them whole"
    )
    for name in missing:
        print(f"{name}: not in {TABLE.name}")
    return 1 if missing or whole or len(false) > FALSE_HOLDS_MAX * len(results) else 0


if __name__ == "__main__":
    sys.exit(main())
