"""Reads a store that another version wrote: what it has published, in which order, what was decided, what is held.

Every version has kept the bytes of a file in `raw/<ab>/<sha256>`, held releases in `held/`, and in the state that its
pointer names the tables `release`, `finding` and, since 0.2, `decision`. A release has the same name in each of them.
Nothing is written into such a store, not even a lock.
"""

import hashlib
import io
import itertools
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from schemas.forms.outcome import HeldRelease
from schemas.forms.request import ReleaseRequest
from schemas.frames import Decision
from schemas.small_files import read_json
from schemas.store_address import REPORTER_KEY
from schemas.table import polars_schema
from tasks.domain.carried import APPROVED, Carried, CarriedApproval
from tasks.domain.decisions import NOTHING_DECIDED
from tasks.domain.errors import BrokenStore, DamagedStore, Refused
from tasks.domain.periods import span_name
from tasks.domain.release_ids import EDITION, MARK
from tasks.domain.text import clip, counted
from tasks.inbox.held import FOLDER as HELD
from tasks.ingest.declaration import as_toml, locate
from tasks.ingest.editions import digest_of, name_of
from tasks.ingest.raw_store import RAW, as_download
from tasks.ledger.doubts import LIFTED

# Since 0.3 the pointer is hidden, and a folder of links has its name.
POINTERS = (".current", "current")
FORMATS = (1, 2, 3)
BEFORE = "published before, in a store that was carried over"


class OldRelease(NamedTuple):
    """A published release or edition: a file with its declaration beside it, and whether it was corrected."""

    release_id: str
    file: Path
    is_corrected: bool


class OldStore(NamedTuple):
    """What one store has: `releases` as they came, `decisions`, what is `carried` with them, the held releases, and a
    sentence for each thing that cannot be carried over."""

    folder: Path
    reporter: str
    releases: tuple[OldRelease, ...]
    decisions: Decision
    carried: Carried
    held: tuple[HeldRelease, ...]
    not_carried: tuple[str, ...]

    @property
    def turns(self) -> Iterator[OldRelease | Mapping[str, Any]]:
        """Releases and decisions of people, each after what it rests on."""
        ordered = self.decisions.filter(pl.col("kind") != "replaced").sort("decided_on", "number", "release_id")
        by_hand = ordered.to_dicts()
        for release in self.releases:
            name = release.release_id.partition(MARK)[0]
            ended = self.decisions.filter(replaced_by=name).select("release_id", "number").rows()
            for row in [*by_hand]:
                if any(row["release_id"] == other and row["number"] < number for other, number in ended):
                    by_hand.remove(row)
                    yield row
            yield release
        yield from by_hand


def old_stores(root: Path) -> list[Path]:
    """The stores of a root, or the one that it is. Raises Refused where there is none."""
    below = [path for path in sorted(root.glob(f"{REPORTER_KEY}*")) if _is_store(path)]
    if _is_store(root):
        return [root]
    if not below:
        raise Refused(
            "no store",
            where=str(root),
            found="no store of Tidewaiter, nor a folder of stores",
            advice="Give the folder that holds raw/ and the pointer, or the folder of reporter=…; copy a bucket into a"
            " folder first.",
        )
    return below


def _is_store(folder: Path) -> bool:
    return (folder / RAW).is_dir() or any((folder / name).is_symlink() for name in POINTERS)


def read_old(folder: Path, aside: Path) -> OldStore:
    """What a store has published, decided and held. Each of its releases gets a link to its file in `aside`, with its
    declaration beside it. Raises BrokenStore or DamagedStore where the store cannot be trusted."""
    state = next(((folder / name).resolve() for name in POINTERS if (folder / name).is_symlink()), folder)
    manifest = _manifest(state) if state != folder else {"files": []}
    held, lost = _held(folder)
    rows = _table(state, manifest, "release")
    decisions = _table(state, manifest, "decision")
    decisions = (
        NOTHING_DECIDED
        if decisions is None
        else decisions.select(pl.col(name).cast(kind) for name, kind in polars_schema("decision").items())
    )
    releases, names = list[OldRelease](), set[str]()
    for row in _in_order(rows, decisions, state):
        try:
            releases.append(_release(row, folder, aside))
            names.add(row["release_id"].partition(MARK)[0])
        except Refused as refusal:
            lost.append(f"{row['release_id']} ({clip(str(row['title']))}): {refusal.found}. {refusal.advice}")
    is_carried = pl.col("release_id").is_in(sorted(names))
    lost += (f"{name}: its release is not carried over" for name in decisions.filter(~is_carried)["decision_id"])
    decisions = decisions.filter(is_carried)
    if state != folder:
        lost.append(
            f"the names of {counted(len([*state.parent.glob('*/manifest.json')]), 'published state')}: a state is named"
            " by its bytes, which this version writes otherwise; what was known on a day is read with --as-of"
        )
    if any(entry["table"] == "claim" for entry in manifest["files"]):
        lost.append("the table claim: check the printed figures again with tidewaiter claims check --publish")
    findings = _table(state, manifest, "finding")
    return OldStore(
        folder,
        _reporter(folder, rows, held),
        tuple(releases),
        decisions,
        Carried(_approvals(releases, findings), decisions),
        tuple(held),
        tuple(lost),
    )


def _manifest(state: Path) -> dict[str, Any]:
    """The manifest of a state, whose hash is in its name."""
    try:
        data = (state / "manifest.json").read_bytes()
    except OSError as error:
        raise BrokenStore(f"{state}/manifest.json: {error.strerror}. Restore it from a copy.") from error
    if not re.fullmatch(rf"\d+-{hashlib.sha256(data).hexdigest()[:12]}", state.name):
        raise BrokenStore(f"{state}/manifest.json: another hash than the name of its folder. Restore it from a copy.")
    content: dict[str, Any] = json.loads(data)
    if content["format"] not in FORMATS:
        raise BrokenStore(
            f"{state}/manifest.json: format {content['format']}; this version carries over {FORMATS[0]} to"
            f" {FORMATS[-1]}. A later version wrote it: install that one."
        )
    return content


def _table(state: Path, manifest: Mapping[str, Any], table: str) -> pl.DataFrame | None:
    """The rows of a table, whatever its columns were then; None where there is none."""
    frames = []
    for entry in manifest["files"]:
        if entry["table"] == table:
            data = (state / entry["path"]).read_bytes()
            if hashlib.sha256(data).hexdigest() != entry["sha256"]:
                raise DamagedStore(
                    f"{state}/{entry['path']}: other bytes than its manifest says. Restore it from a copy."
                )
            frames.append(pl.read_parquet(io.BytesIO(data), hive_partitioning=False))
    return pl.concat(frames, how="diagonal_relaxed") if frames else None


def _in_order(rows: pl.DataFrame | None, decisions: Decision, state: Path) -> Iterator[dict[str, Any]]:
    """The rows of releases as they came: by the first of the kept states that has them, then by day and name, and each
    before what took its place."""
    if rows is None:
        return
    came: dict[str, str] = {}
    for path in sorted(state.parent.glob("*/manifest.json")):
        for name in json.loads(path.read_bytes())["about"].get("releases", ()):
            came.setdefault(name, path.parent.name)
    after: dict[str, list[str]] = {}
    for before, by in decisions.filter(kind="replaced").select("release_id", "replaced_by").rows():
        after.setdefault(by, []).append(before)
    every = rows.sort(pl.col("release_id").replace_strict(came, default=""), "released_on", "release_id")
    waiting = {row["release_id"]: row for row in every.iter_rows(named=True)}

    def first(name: str) -> Iterator[dict[str, Any]]:
        row = waiting.pop(name, None)
        if row is not None:
            for other in after.get(name, ()):
                yield from first(other)
            yield row

    for name in [*waiting]:
        yield from first(name)


def _release(row: Mapping[str, Any], folder: Path, aside: Path) -> OldRelease:
    """A release with its file and the declaration that gives it its name. Raises Refused where there is none."""
    match = re.fullmatch(EDITION, row["release_id"], re.DOTALL)
    assert match is not None, "each id has this form"
    name, digest, sha256 = match[1], match[3] or "", row["raw_sha256"]
    raw = folder / RAW / sha256[:2] / sha256
    if digest and digest != digest_of(row["source"], sha256):
        raise Refused(
            "old release", str(raw), "it was corrected by rows that corrections.csv does not have",
            "Put them there, or name the table that has them (TIDEWAITER_REFERENCE).",
        )  # fmt: skip
    if not raw.is_file():
        raise Refused("old release", str(raw), f"its file {raw} is gone", "Restore it from a copy.")
    landing = read_json(path) if (path := raw.with_name(f"{sha256}.json")).is_file() else {}
    for number, (file_name, declared) in enumerate(_declarations(row, raw, landing)):
        file = as_download(aside / f"{row['release_id']}-{number}", raw, file_name)
        file.with_name(f"{file.name}.toml").write_text(as_toml(declared), encoding="utf-8")
        if name_of(locate(ReleaseRequest(file=file)), sha256) == name:
            return OldRelease(row["release_id"], file, bool(digest))
    raise Refused(
        "old release", str(raw), f"nothing says how its file {raw} was declared", "Ingest it again into the new store."
    )


def _declarations(
    row: Mapping[str, Any], raw: Path, landing: Mapping[str, Any]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """What may have been declared about a file, each with its name: what was kept of it, and what its release says."""
    columns = {"released_on": row["released_on"], "title": row["title"]}
    columns |= {name: landing[name] for name in ("address", "answered_at") if landing.get(name)}
    says_day = row["partners"] == "keys"
    for note in sorted(raw.parent.glob(f"{raw.name}.*.json")):
        kept = read_json(note)
        yield kept["name"], kept["declared"] | ({} if says_day else columns)
    name, months = landing.get("name", raw.name), span_name(row["first_month"], row["last_month"])
    if says_day:
        columns["released_on"] = landing.get("landed_on", row["released_on"])
    partners = ("all", "listed") if says_day else (row["partners"],)
    choices = itertools.product((row["flow"], None), partners, (row["products"], None), (months, None))
    for flow, partners_asked, products, spoken in choices:
        given = {"flow": flow, "partners": partners_asked, "products": products, "months": spoken}
        yield name, {"source": row["source"], "reporter": row["reporter"], **given, **columns}


def _approvals(releases: list[OldRelease], findings: pl.DataFrame | None) -> dict[str, CarriedApproval]:
    """Why each release was published, in the words that stand among its findings."""
    words: dict[tuple[str, str], str] = {}
    if findings is not None:
        decided = findings.filter(pl.col("check").cast(pl.String).is_in([APPROVED, LIFTED]))
        for name, check, observed in decided.select("release_id", "check", "observed").rows():
            words[str(name), str(check)] = observed
    return {
        one.release_id: CarriedApproval(
            words.get((one.release_id, APPROVED), BEFORE), words.get((one.release_id, LIFTED))
        )
        for one in releases
    }


def _held(folder: Path) -> tuple[list[HeldRelease], list[str]]:
    """What is held or was, with the decisions about it; and a sentence for what cannot be read."""
    held, lost = list[HeldRelease](), list[str]()
    for path in sorted((folder / HELD).glob("*.json")):
        try:
            held.append(HeldRelease.model_validate(read_json(path)))
        except (ValueError, OSError) as error:
            lost.append(f"{path}: no release that was held ({clip(str(error).splitlines()[0])})")
    return held, lost


def _reporter(folder: Path, rows: pl.DataFrame | None, held: list[HeldRelease]) -> str:
    """Whose figures a store has. Raises Refused where nothing in it says so."""
    if folder.name.startswith(REPORTER_KEY):
        return folder.name.removeprefix(REPORTER_KEY)
    if rows is not None:
        return str(rows["reporter"][0])
    if held:
        return held[0].reporter
    raise Refused("no store", str(folder), "a store without a release", "There is nothing to carry over.")
