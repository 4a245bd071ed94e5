"""What the checks say of sound files and of files with a planted error: held rightly or not, found or missed.

    python -m benchmarks.false_alarms [--data FOLDER] [--findings] [--write] [--half HALF] [--seed N] [--drawn]
        [--world N] [--before FILE] [--keep FILE] [SOURCE ...]

Reads every file below FOLDER (by default the shared files next to the project) that `benchmarks/real_files.csv` lists,
as somebody declares it who trusts it; those of one folder and source go into one store, in the order of the table, and
what is held is published all the same, so that the next one has a past. `verdict` of the table is what a person who
read the file says: `publish`, `hold` or `refuse`, with the reason. Each large product of these files comes once more by
itself, as a query for it alone would. With --drawn there are also drawn files (`drawn_files`: synthetic) and two drawn
years of 10,000 codes; --world draws others of the same natures. Into the files that are sound, errors are planted one
at a time (`planted_errors`), at places and of kinds that --seed draws.

Bounds are set on one half of the folders and sources and judged on the other one: `half` of the table is `setting` or
`reporting`, one for each folder and source; --half reads one of them.

A hold or a refusal of a sound file is false. Two figures count. An error is without a word where no new finding is at
a number that the error changed, or at the month of the goods that lacks it: a finding is there where its flow, product,
partner, month and measure are, as far as it names them. A sound number is in doubt where an open finding of a sound
file is about it, a sum over partners also where a tenth of a per cent of it is. `missed` are errors that change the
month of a product by 1 % or more, as much as customs' own revisions, and are neither held nor refused. With
--findings every error and warning about a sound file is printed. --keep writes all results as JSON;
--before reads such a file, of a run at an earlier commit; --write replaces the section of RESULTS.md. The exit status
is 1 where more than 1 % of the sound files are held, a real one is judged otherwise than in the table, or the table
lacks a file.
"""

import argparse
import csv
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from benchmarks import drawn_files, measure, results
from benchmarks.light_store import LightStore
from benchmarks.planted_errors import NEIGHBOURS, PLANTS, neighbourhoods, place_of, places
from schemas.forms.request import Landed, ReleaseRequest
from schemas.frames import Finding
from tasks.checks.frame.registry import check_release
from tasks.domain.coverage import EVERYTHING, TOTALS, WORLD
from tasks.domain.errors import Refused
from tasks.domain.periods import month_index, month_number
from tasks.domain.thresholds import threshold
from tasks.ingest.normalise import Normalised, normalise
from tasks.ledger.doubts import concerned, open_doubts
from tasks.sources.adapter.protocol import Parsed

DATA = Path(__file__).parent.parent / ".." / "shared" / "data"
TABLE = Path(__file__).parent / "real_files.csv"
SECTION = "Sound files and planted errors"
FIRST_DAY, TODAY = date(2026, 8, 20), date(2026, 11, 28)
FALSE_HOLDS_MAX = 0.01
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
PRODUCTS_BY_THEMSELVES, PLANTED_BY_THEMSELVES = 4, 2
REAL, ALONE = "real", "real, a product alone"
# An error that changes the month of a product by less is no larger than a revision.
MATTERS = 0.01
# Each file gets one in ONE_IN of the errors, so that the run stays within minutes.
ONE_IN = 6
# For each file the run draws this many errors of each kind that the neighbours of a number can show.
DRAWN_OF_EACH = 4
MUCH = 0.1
FILES_KEPT = 30
HOLDS = ("held", "refused")


class Case(NamedTuple):
    """A file, the set and the store that it belongs to, its row of the table, and the product that is read of it."""

    set: str
    store: str
    file: Path
    row: dict[str, str]
    product: str | None = None

    @property
    def verdict(self) -> str:
        """What a person says who read the file."""
        return self.row.get("verdict", "publish")

    @property
    def request(self) -> ReleaseRequest:
        """The file as somebody declares it who trusts it."""
        row = self.row
        return ReleaseRequest(
            file=self.file,
            source=row["source"],
            **{name: row[name] or None for name in ("flow", "partners", "months", "reporter")},
        )


class Trial(NamedTuple):
    """What came of a file, as it is (`error` empty) or with a planted error; `goods` is how much of a month of a
    product the error changed at most. A file with an error is `held` or `doubted` by what is found at the numbers that
    the error changed. Of the `numbers` of a file and of its `sums` over partners some are doubted."""

    set: str
    source: str
    file: str
    error: str
    goods: float
    verdict: str
    outcome: str
    checks: list[str]
    findings: list[str]
    half: str = ""
    numbers: int = 0
    doubted: int = 0
    sums: int = 0
    doubted_sums: int = 0

    @property
    def is_right(self) -> bool:
        """Whether it came as a person who read the file says."""
        verdict = {"published": "publish", "held": "hold", "refused": "refuse"}[self.outcome]
        return verdict in self.verdict.split(" or ")


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
    """The files to ingest. Rows of the Census Bureau that a project saved as CSV are written as its API writes them,
    and come again month by month, as they would be fetched."""
    for row in rows:
        if row["given"] == "none":
            continue
        file = data / row["file"]
        store = f"{file.parent.name}-{row['source']}-{row['reporter']}"
        if row["source"] == "un_comtrade":
            answer = json.loads(file.read_text(encoding="utf-8"))
            # A project kept the answer in an envelope of its own.
            yield Case(REAL, store, _written(work / store / file.name, answer.get("payload", answer)), row)
            continue
        if row["source"] != "us_census" or "MONTH" not in file.read_text(encoding="utf-8"):
            yield Case(REAL, store, file, row)
            continue
        header, *records = _census_rows(file)
        yield Case(REAL, store, _written(work / store / f"{file.stem}.json", [header, *records]), row)
        month = header.index("MONTH")
        for number in sorted({record[month] for record in records}):
            answer = [header, *(record for record in records if record[month] == number)]
            target = work / f"{store}-by-month" / f"{file.stem}_{number}.json"
            yield Case(REAL, f"{store}-by-month", _written(target, answer), row)


def _census_rows(file: Path) -> list[list[str]]:
    text = file.read_text(encoding="utf-8")
    return list(csv.reader(text.splitlines())) if file.suffix == ".csv" else json.loads(text)


def _written(target: Path, answer: object) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(answer), encoding="utf-8")
    return target


def alone(cases: list[Case], work: Path) -> Iterator[Case]:
    """The largest products of the files of a store, each by itself. Of a file that is held the product of its last
    record is left out: there the file was cut off."""
    store, worth, cut = LightStore(work, TODAY), Counter[str](), set[str]()
    readable = list[Case]()
    for case in cases:
        if "refuse" in case.verdict:
            continue
        try:
            _, parsed = _read(store, case, None)
        except Refused:
            continue
        products = parsed.reported.select(
            pl.col("product").cast(pl.String),
            worth=pl.col("value").str.replace_all(",", "").cast(pl.Float64, strict=False).fill_null(0),
        ).filter(pl.col("product").is_not_null())
        if products.is_empty() or products["product"][0].startswith("line:"):
            return
        worth.update(dict(products.group_by("product").agg(pl.col("worth").sum()).iter_rows()))
        cut |= {products["product"][-1]} if case.verdict == "hold" else set()
        readable.append(case)
    if len(worth) > 1:
        for product, _ in worth.most_common(PRODUCTS_BY_THEMSELVES):
            if product not in cut:
                for case in readable:
                    sound = case.row | {"verdict": "publish"}
                    yield case._replace(set=ALONE, store=f"{case.store} {product}", row=sound, product=product)


def _of_product(parsed: Parsed, product: str | None) -> Parsed | None:
    if product is None:
        return parsed
    of_it = pl.col("product").cast(pl.String) == product
    reported = parsed.reported.filter(of_it)
    totals = None if parsed.totals is None else parsed.totals.filter(of_it)
    return parsed._replace(reported=reported, totals=totals, doubts=(), short=()) if reported.height else None


def trials(cases: list[Case], work: Path, seed: int, *, plant: bool) -> Iterator[Trial]:
    """What came of the files of a store, one after another, and of the last sound ones with errors."""
    store = LightStore(work, TODAY)
    sound = [case for case in cases if case.verdict == "publish"]
    hit = sound[-1:] if plant else []
    for number, case in enumerate(cases):
        day = FIRST_DAY + timedelta(days=number)
        of_day = None if case.row["source"] == "published" else day
        try:
            landed, whole = _read(store, case, of_day)
            parsed = _of_product(whole, case.product)
            if parsed is None:
                continue
            clean = normalise(landed, parsed)
            plain = check_release(clean, store.known(clean))
            yield _judged(case, "", 0, clean, plain)
        except Refused as refused:
            yield _trial(case, "", 0, "refused", [refused.rule], [f"{refused.rule}: {refused}"])
            continue
        if case in hit:
            yield from _planted(case, landed, parsed, clean, plain, store, seed)
        store.publish(clean)


_READ: dict[Path, tuple[Landed, Parsed]] = {}


def _read(store: LightStore, case: Case, day: date | None) -> tuple[Landed, Parsed]:
    """A file as read; the products of one file come one after another. Raises Refused."""
    if case.file not in _READ:
        if len(_READ) > FILES_KEPT:
            _READ.clear()
        _READ[case.file] = store.read(case.request.model_copy(update={"released_on": day}))
    landed, parsed = _READ[case.file]
    return (landed if day is None else landed.model_copy(update={"released_on": day})), parsed


def _planted(
    case: Case, landed: Landed, parsed: Parsed, clean: Normalised, plain: Finding, store: LightStore, seed: int
) -> Iterator[Trial]:
    drawn = random.Random(f"{seed} {case.store}")
    planted = [(name, plant, place) for place in places(parsed.reported) for name, plant in PLANTS.items()]
    planted = drawn.sample(planted, len(planted) // ONE_IN)
    places_of = neighbourhoods(pl.concat([store.past(clean), clean.detail], how="diagonal"), clean.detail)
    for name, (plant, is_steady) in NEIGHBOURS.items():
        some = places_of.filter("steady") if is_steady else places_of
        for row in drawn.sample(range(some.height), min(DRAWN_OF_EACH, some.height)):
            planted.append((name, plant, place_of(parsed.reported, some.row(row, named=True))))
    for name, plant, place in planted:
        reported = plant(parsed.reported, place)
        if reported is None:
            continue
        try:
            wrong = normalise(landed, parsed._replace(reported=reported))
        except Refused as refused:
            yield _trial(case, name, 1, "refused", [refused.rule], [f"{refused.rule}: {refused}"])
            continue
        goods = changed(clean, wrong)
        if goods > 0:
            found = check_release(wrong, store.known(wrong)).join(
                plain, on=["check", "subject", "severity"], how="anti"
            )
            yield _judged(case, name, goods, wrong, found.filter(at_numbers(found, *changes(clean, wrong))))


def changes(clean: Normalised, wrong: Normalised) -> tuple[pl.DataFrame, bool]:
    """The numbers that an error changed or took away (flow, product, partner, measure, month), and whether these are
    most numbers of the file."""
    key = ["flow", "product", "partner", "measure"]
    numbers = [one.detail.select(*key, "period_start", "period_end", "value") for one in (clean, wrong)]
    every = [*numbers[0].columns]
    cells = pl.concat(one.join(other, on=every, how="anti") for one, other in (numbers, numbers[::-1]))
    cells = cells.select(pl.col(key).cast(pl.String), month=month_index("period_end")).unique()
    return cells, 2 * cells.height > numbers[0].height


def at_numbers(findings: pl.DataFrame, cells: pl.DataFrame, are_most: bool) -> pl.Series:
    """Which findings are at one of these numbers. One that names neither goods nor partners nor months is at them only
    where they are most of the file."""

    def is_there(row: dict[str, Any]) -> bool:
        if not (row["products"] or row["partners"] or row["first_month"]):
            return are_most
        codes = [pl.col("product").str.starts_with(code) for code in row["products"] if code != EVERYTHING]
        first, last = (month_number(row[name]) if row[name] else 0 for name in ("first_month", "last_month"))
        named = [
            *([pl.col("flow") == row["flow"]] if row["flow"] else []),
            *([pl.any_horizontal(codes)] if codes else []),
            *([pl.col("partner").is_in(row["partners"])] if row["partners"] else []),
            *([pl.col("measure").str.starts_with(row["measure"])] if row["measure"] else []),
            *([pl.col("month").is_between(first, last)] if row["first_month"] else []),
        ]
        return not cells.filter(*named).is_empty()

    return pl.Series([is_there(row) for row in findings.iter_rows(named=True)], dtype=pl.Boolean)


def changed(clean: Normalised, wrong: Normalised) -> float:
    """How much of a month of a product an error changed at most, as a part of what it was; at most 1."""
    key = ["flow", "product", "period_end", "measure"]
    sums = [
        one.detail.filter(~pl.col("partner").is_in([*TOTALS])).group_by(key).agg(pl.col("value").sum())
        for one in (clean, wrong)
    ]
    both = sums[0].join(sums[1], on=key, how="full", coalesce=True).fill_null(0)
    part = (pl.col("value") - pl.col("value_right")).abs() / pl.max_horizontal("value", pl.lit(1))
    return min(1.0, float(both.select(part.max()).item() or 0))


def _judged(case: Case, error: str, goods: float, release: Normalised, found: pl.DataFrame) -> Trial:
    grave = found.filter(pl.col("severity").is_in(["error", "warning"]))
    errors = grave.filter(severity="error")
    findings = [
        f"{row['severity']} {row['check']} ({row['subject']}): {row['observed']}; expected {row['expected']}"
        for row in grave.to_dicts()
    ]
    checks = (errors if errors.height else grave.filter(pl.lit(bool(error))))["check"].unique().sort().to_list()
    outcome = "held" if errors.height else "doubted" if error and grave.height else "published"
    trial = _trial(case, error, goods, outcome, checks, findings)
    return trial if error else _with_doubts(trial, release, found)


def _with_doubts(trial: Trial, release: Normalised, found: pl.DataFrame) -> Trial:
    """The trial of a file with how many numbers and sums over partners it has, and how many of them are in doubt."""
    doubts, key = open_doubts(found, release.release), ["flow", "product", "measure", "month", "release_id"]
    numbers = release.detail.with_columns(month=month_index("period_end"))
    numbers = numbers.with_columns(doubted=concerned(numbers, doubts))
    is_part = (pl.col("period_start") == pl.col("period_end").dt.month_start()) & ~pl.col("partner").is_in([*TOTALS])
    sums = (
        numbers.filter(is_part, pl.lit(release.release["partners"][0] == "all"))
        .group_by(key)
        .agg(total=pl.col("value").sum(), part=pl.col("value").filter("doubted").sum(), partner=pl.lit(WORLD))
    )
    least, is_whole = threshold("doubt_part_least"), pl.lit(False)
    of_sums = doubts.filter("of_sums", (pl.col("share") >= least) | pl.col("share").is_null())
    lacks = concerned(sums, of_sums.with_columns(of_sums=is_whole, of_totals=is_whole, partners=pl.lit([])))
    doubted = sums.filter(lacks | ((pl.col("part") > 0) & (pl.col("part") >= least * pl.col("total"))))
    return trial._replace(
        numbers=numbers.height,
        doubted=int(numbers["doubted"].sum()),
        sums=sums.height,
        doubted_sums=doubted.height,
    )


def _trial(case: Case, error: str, goods: float, outcome: str, checks: list[str], findings: list[str]) -> Trial:
    name, half = f"{case.store}/{case.file.name}", case.row.get("half", "drawn")
    return Trial(case.set, case.row["source"], name, error, goods, case.verdict, outcome, checks, findings, half)


def everything(given: argparse.Namespace, work: Path) -> Iterator[Trial]:
    """All trials, set by set."""
    rows = [row for row in rows_of_table() if not given.sources or row["source"] in given.sources]
    rows = [row for row in rows if given.half in (None, row["half"])]
    real = [*cases_of(rows, given.data, work)]
    stores = {
        name: [case for case in real if case.store == name] for name in dict.fromkeys(case.store for case in real)
    }
    for name, cases in stores.items():
        yield from trials(cases, work / "stores" / name, given.seed, plant=True)
    for cases in stores.values():
        products = [*alone(cases, work / "read")]
        for number, name in enumerate(dict.fromkeys(case.store for case in products)):
            of_store = [case for case in products if case.store == name]
            yield from trials(of_store, work / "stores" / name, given.seed, plant=number < PLANTED_BY_THEMSELVES)
    for write in (drawn_files.files, drawn_files.whole_year) if given.drawn else ():
        drawn = [Case(name, file.parent.name, file, row) for name, file, row in write(work / "drawn", given.world)]
        drawn = [case for case in drawn if not given.sources or case.row["source"] in given.sources]
        for name in dict.fromkeys(case.store for case in drawn):
            yield from trials(
                [case for case in drawn if case.store == name], work / "stores" / name, given.seed, plant=True
            )


def counted(of: list[Trial], error: str | None = None) -> dict[str, int]:
    """How many sound files were held falsely and files that a person holds were held, planted errors found and missed,
    and small ones, of these trials."""
    plain = [one for one in of if not one.error]
    sound = [one for one in plain if one.verdict == "publish"]
    doubtful = [one for one in plain if one.verdict != "publish"]
    planted = [one for one in of if one.error and error in (None, one.error)]
    large = [one for one in planted if one.goods >= MATTERS]
    small = [one for one in planted if one.goods < MATTERS]
    return {
        "sound": len(sound),
        "held wrongly": sum(one.outcome != "published" for one in sound),
        "doubtful": len(doubtful),
        "held rightly": sum(one.is_right for one in doubtful),
        "errors": len(large),
        "found": sum(one.outcome in HOLDS for one in large),
        "missed": sum(one.outcome not in HOLDS for one in large),
        "small errors": len(small),
        "of them held": sum(one.outcome in HOLDS for one in small),
        "in doubt": sum(one.outcome == "doubted" for one in large),
        "without a word": sum(one.outcome == "published" for one in large),
        "above 10 %": sum(one.outcome == "published" and one.goods > MUCH for one in large),
    }


def pair(now: list[Trial]) -> str:
    """The two figures that count, by half and source and by half and kind of error."""
    titles = ["sound files", "held", "numbers", "in doubt", "sums", "in doubt", "errors", "held", "in doubt"]
    titles += ["without a word", "above 10 %"]
    tables = []
    for title, some in (("source", lambda one: one.source), ("planted error", lambda one: one.error)):
        rows = []
        of_all = [
            (half, name)
            for half in dict.fromkeys(one.half for one in now)
            for name in ("all", *sorted({some(one) for one in now if one.half == half and some(one)}))
        ]
        for half, name in of_all:
            of_it = [one for one in now if one.half == half and name in ("all", some(one))]
            sound = [one for one in of_it if not one.error and one.verdict == "publish"]
            counts = counted(of_it)
            plain = [str(counts["sound"]), str(counts["held wrongly"])]
            for of, doubted in (("numbers", "doubted"), ("sums", "doubted_sums")):
                many, few = (sum(getattr(one, column) for one in sound) for column in (of, doubted))
                plain += [f"{many:,}", f"{few:,} ({few / many:.2%})" if many else "0"]
            errors = [str(counts[key]) for key in ("errors", "found", *titles[8:])]
            rows.append([f"{half}: {name}", *(plain if title == "source" else []), *errors])
        tables.append(results.table([f"half and {title}", *(titles if title == "source" else titles[6:])], rows))
    return "\n\n".join(tables)


def section(now: list[Trial], before: list[Trial] | None, seed: int) -> str:
    """The tables: by set and source, by planted error, by check."""
    olds = before or []

    def both(some: Any, of: Any, names: tuple[str, ...], titles: list[str]) -> str:
        rows = []
        for key in dict.fromkeys(map(some, filter(of, now))):
            after = counted([one for one in now if some(one) == key and of(one)])
            old = counted([one for one in olds if some(one) == key and of(one)])
            cells = [
                f"{old[name]} → {after[name]}" if before and name not in SIZES else str(after[name]) for name in names
            ]
            rows.append([str(key), *cells])
        return results.table([*titles, *names], rows)

    columns = (
        "sound",
        "held wrongly",
        "doubtful",
        "held rightly",
        "errors",
        "found",
        "missed",
        "small errors",
        "of them held",
    )
    kinds = ("errors", "found", "missed", "small errors", "of them held")
    by_check = []
    for name in sorted({check for one in [*now, *olds] for check in one.checks}):
        cells = []
        for is_meant in (
            lambda one: not one.error and one.verdict == "publish",
            lambda one: not one.error and one.verdict != "publish",
            lambda one: one.error and one.goods >= MATTERS,
            lambda one: one.error and one.goods < MATTERS,
        ):
            new, old = (sum(name in one.checks and bool(is_meant(one)) for one in of) for of in (now, olds))
            cells.append(f"{old} → {new}" if before else str(new))
        by_check.append([name, *cells])
    held = [one for one in now if not one.error and not one.is_right]
    reasons = "\n".join(
        f"- {one.file}: {one.outcome}; {'; '.join(s for s in one.findings if not s.startswith('warning'))[:300]}"
        for one in held
    )
    return "\n\n".join(
        [
            f"`python -m benchmarks.false_alarms`, seed {seed}: {results.machine()}",
            "Errors of 1 % or more of a month of their goods without a word, and sound numbers in doubt. Bounds are set"
            " on the half `setting`.",
            pair(now),
            "By set and source" + (" (at an earlier commit → now)" if before else "") + ". `drawn` is synthetic.",
            both(lambda one: f"{one.set}: {one.source}", lambda one: True, columns, ["files"]),
            "By planted error, over all files.",
            both(lambda one: one.error, lambda one: one.error, kinds, ["planted error"]),
            "By check: sound files it holds, files that a person holds too, planted errors of 1 % or more of a month of"
            " a product, and smaller ones.",
            results.table(["check", "sound", "doubtful", "errors", "small errors"], by_check),
            "Judged otherwise than by a person:",
            reasons or "- none",
        ]
    )


SIZES = ("sound", "doubtful", "errors", "small errors")


def main() -> int:
    """Read, check, count."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("sources", nargs="*", metavar="SOURCE", help="only files of these sources")
    ask.add_argument("--data", type=Path, default=DATA)
    for name in ("--findings", "--write", "--drawn"):
        ask.add_argument(name, action="store_true")
    for name in ("--before", "--keep"):
        ask.add_argument(name, type=Path)
    for name, number in (("--world", 0), ("--seed", 1)):
        ask.add_argument(name, type=int, default=number)
    ask.add_argument("--half", choices=("setting", "reporting"))
    given = ask.parse_args()
    for name, sources in measure.trusted_sources().items():
        os.environ.setdefault(name, sources)
    with tempfile.TemporaryDirectory() as name:
        now = list[Trial]()
        for one in everything(given, Path(name)):
            if not now or now[-1].file != one.file:
                print(f"{time.process_time():.0f} s {one.set} {one.file} {one.outcome}", file=sys.stderr, flush=True)
            now.append(one)
    before = [Trial(*one) for one in json.loads(given.before.read_text())] if given.before else None
    if given.keep:
        given.keep.write_text(json.dumps(now))
    if given.findings:
        print("\n".join(f"{one.file}: {text}" for one in now if not one.error for text in one.findings))
    text = section(now, before, given.seed)
    print(text)
    if given.write:
        results.put(SECTION, text)
    missing = unlisted(given.data, rows_of_table())
    for name in missing:
        print(f"{name}: not in {TABLE.name}")
    total, whole = counted(now), [one for one in now if one.set == REAL and not one.error and not one.is_right]
    return 1 if missing or whole or total["held wrongly"] > FALSE_HOLDS_MAX * total["sound"] else 0


if __name__ == "__main__":
    sys.exit(main())
