"""Says what the files of a product rest on, as one hash, and keeps a record of those that were written.

A site keeps the files of a product whose ground is the same, so a release renews what it is about. Whatever could
change a letter on them is part of it: rows of the product and of its parts, the releases behind them with findings and
decisions, what others publish, which pages there are beside it, program, templates, code tables and settings. A line of
customs has codes of its own, so it rests on the whole store. Belongs here: the ground and the record. Does not belong
here: the files, which `product_pages` makes.

A page that is kept cites the state in which its figures were last written, as long as the store has that state.
"""

import functools
import hashlib
import importlib.metadata
import os
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from schemas import settings
from schemas.forms.site import NOTES, ProductRecord
from tasks.analysis.reporter.of_reporter import published_rows
from tasks.domain.classification import BASKET, HS_DIGITS, members, part_of
from tasks.domain.export_controls.control_lists import lists_with
from tasks.domain.hashing import code_sha256, frame_sha256, json_sha256, versions
from tasks.domain.nomenclature import national_lists
from tasks.domain.periods import month_number
from tasks.pages.brief.context import covers_product
from tasks.pages.brief.facts import events_in, held_of
from tasks.pages.series.page import PagePlace
from tasks.pages.site.other_sides import OtherSides
from tasks.pages.text.page_templates import FOLDER
from tasks.reading.query import reporter_of
from tasks.reading.resolver import Resolver
from tasks.store.files.snapshot import snapshot_ids
from tasks.store.snapshots.outside import outside, write_outside
from tasks.store.snapshots.parquet import read_table

# Tables with a row for each number of a product and its parts.
BY_PRODUCT = ("observation", "revision", "doubt")


class Around(NamedTuple):
    """What the files of all products of a direction have in common: what mirrors rest on, the day, and the products and
    partners with pages."""

    sides: OtherSides
    day: date
    place: PagePlace


@functools.cache
def program_sha256() -> str:
    """Hash of the program, its templates, and the libraries that shape a page."""
    files = {file.name: _sha256(file.read_bytes()) for file in FOLDER.iterdir() if file.is_file()}
    return json_sha256([code_sha256(), versions(), importlib.metadata.version("vl-convert-python"), files])


def ground(resolver: Resolver, flow: str, product: str, rows: pl.DataFrame, around: Around, **about: Any) -> str:
    """Return the hash of all that the files of a product rest on but the pages of single months that there are. `rows`
    are those of `metric`, `about` says which files are made."""
    snapshot, place = resolver.snapshot, around.place
    releases = read_table(snapshot, "release")
    headings = headings_of(product)
    compared = pl.any_horizontal(part_of(product), *(pl.col("product").str.starts_with(code) for code in headings))
    parts = {name: read_table(snapshot, name, lambda where: where[0] == flow, compared) for name in BY_PRODUCT}
    stating = parts["observation"]["release_id"].unique().to_list()
    covering = [any(covers_product(code, scope) for code in (product, *headings)) for scope in releases["products"]]
    of_product = pl.Series(covering, dtype=pl.Boolean)
    used = releases.filter(of_product | pl.col("release_id").is_in(stating))
    days = rows["period"].unique().sort().to_list()
    newest = (flow, days[-1].year, days[-1].month)
    code = reporter_of(snapshot).code
    # A page shows months before the first with a figure, and so the measures of these.
    events = events_in(product, flow, [date.min, days[-1]], around.day, code)
    frames = [
        rows,
        *parts.values(),
        read_table(snapshot, "metric", newest.__eq__, part_of(product)),
        used,
        read_table(snapshot, "finding", where=pl.col("release_id").is_in(used["release_id"].implode())),
        read_table(snapshot, "decision", where=pl.col("release_id").is_in(used["release_id"].implode())),
        published_rows(snapshot, "expectation", flow, [*map(month_number, days)]).filter(product=product),
        resolver.names.product.filter(part_of(product)),
    ]
    pages = {
        "products": sorted(one for one in place.products if _is_beside(one, product)),
        "partners": sorted(place.partners),
        "address": place.address,
    }
    beyond = {
        "program": program_sha256(),
        "permission": settings.text(settings.COMTRADE_PERMISSION),
        "national": [code, *national_lists(releases)],
        "mirrors": around.sides.rest_on(product, days),
        "whole": snapshot.id if product.startswith("line:") else "",
        "lists": [note.sentence() for note in lists_with(product)],
        "events": events,
        # A page with measures says on which day they have their states.
        "day": str(around.day) if events else "",
        "held": held_of(snapshot.store, snapshot, flow, [product, *members(product)]),
    }
    return json_sha256([product, flow, about, pages, beyond, *map(frame_sha256, frames)])


def headings_of(product: str) -> list[str]:
    """Return the six-digit headings of a product, which a mirror compares.

    >>> headings_of("85051110"), headings_of("8505")
    (['850511'], [])
    """
    codes = (product, *members(product))
    return sorted({code[:HS_DIGITS] for code in codes if code.isdecimal() and len(code) >= HS_DIGITS})


def _is_beside(other: str, product: str) -> bool:
    """Whether the page of a product may lead to another: what is above it, below it, or in it."""
    codes = (product, *members(product))
    return other.startswith(BASKET) or any(other.startswith(code) or code.startswith(other) for code in codes)


def beside(place: Path) -> Path:
    """Return the folder beside the place of a site, for its states and notes: whoever serves or copies the site leaves
    it out."""
    absolute = Path(os.path.abspath(place))
    return absolute.parent / f".{absolute.name}"


def notes_of(place: Path) -> Path:
    """Return the folder with what is noted of the site in a place."""
    return beside(place) / NOTES


def write_note(notes: Path, name: str, text: str) -> None:
    """Keep a note for the next run, which only the user of this one may read. Where nothing may be written beside the
    site there is none, so the next run writes everything again."""
    place = notes / name
    with suppress(OSError, ValueError):
        outside(place)
        notes.mkdir(mode=0o700, parents=True, exist_ok=True)
        place.parent.mkdir(exist_ok=True)
        write_outside(place, text.encode())


def record_of(notes: Path, reporter: str, stem: str) -> ProductRecord | None:
    """Return the record of the files of a product; None where there is none that can be read."""
    try:
        return ProductRecord.model_validate_json((notes / reporter / f"{stem}.json").read_bytes())
    except (OSError, ValueError):
        return None


def is_whole(record: ProductRecord, folder: Path, months: Path, store: Path, sides: OtherSides) -> bool:
    """Whether all files of a record are as they were written, the folder `months` has the same pages of single months,
    and the stores have the states that they cite."""
    return (
        record.snapshot in snapshot_ids(store)
        and sides.have(record.others)
        and record.months == month_pages(months)
        and are_whole(record.files, folder)
    )


def are_whole(files: Mapping[str, str], folder: Path) -> bool:
    """Whether files of a site, by their names, have the content of these hashes."""
    try:
        return all(_sha256((folder / name).read_bytes()) == sha256 for name, sha256 in files.items())
    except OSError:
        return False


def hashes_of(folder: Path) -> dict[str, str]:
    """Return the hash of each file of a site, by its name."""
    files = sorted(one for one in folder.rglob("*") if one.is_file())
    return {file.relative_to(folder).as_posix(): _sha256(file.read_bytes()) for file in files}


def new_record(files: Mapping[str, bytes], months: Path, **known: Any) -> ProductRecord:
    """Return the record of files that are written, by their names below the site, with the pages that `months` has and
    what else is `known` of them, as ProductRecord has it."""
    hashes = {name: _sha256(content) for name, content in files.items()}
    return ProductRecord(files=hashes, months=month_pages(months), **known)


def month_pages(folder: Path) -> tuple[str, ...]:
    """Return the names of the pages of single months in a folder."""
    return tuple(sorted(file.name for file in folder.glob("????-??.??.html")))


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def pages_of(record: ProductRecord) -> Collection[str]:
    """Return the names of the pages among the files of a record."""
    return [name for name in record.files if name.endswith(".html")]
