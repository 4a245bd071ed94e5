"""Finds products and partners of a store by what they are called."""

from pathlib import Path

import polars as pl

from schemas.questions.search import Search
from tasks.answers.form.answer import Answer, of_each
from tasks.answers.inventory.contents import things
from tasks.domain.classification import members
from tasks.domain.hs_editions import revised
from tasks.domain.name_match import nearest
from tasks.domain.text import clip, named
from tasks.reading import query
from tasks.reading.resolver import Resolver
from tasks.reading.search import search_names, search_products

_SHOWN = tuple(map(pl.col, ("code", "name", "name_zh", "flows", "first_month", "last_month", "months")))


def search(question: Search) -> Answer:
    """Search products and partners of a store for a text, the best first: kind, code, name and Chinese name,
    directions, first and last month with a figure, number of months. Codes without a figure come last; where nothing is
    called so, a note has the nearest names. Raises NothingPublished.
    """
    if question.edition is not None:
        year = question.edition
        return of_each(question, lambda store: _revised(question.text, year, store))
    return of_each(question, lambda store: _search(question.text, store))


def _revised(text: str, year: str, store: Path) -> Answer:
    """What an edition of the HS makes of the codes that a text finds, with those of a basket, or of the code that it
    is; which codes it leaves as they are is a note."""
    snapshot = query.open_published(store)
    resolver = Resolver(snapshot)
    hits = [hit.code for hit in search_products(resolver.names.product, text)] or [text]
    codes = {code for hit in hits for code in members(hit)}
    if not codes:
        return Answer(revised((), year), snapshot, (_nothing(resolver, text),))
    rows = revised(codes, year)
    moved = tuple(rows["code"])
    kept = [code for code in codes if not any(one.startswith(code) for one in moved)]
    note = f"the HS of {year} leaves the goods of {named(kept)} as they were" if kept else ""
    return Answer(rows, snapshot, (note,) if note else ())


def _search(text: str, store: Path) -> Answer:
    snapshot = query.open_published(store)
    resolver = Resolver(snapshot)
    names = resolver.names
    parts = []
    for subject, table, find in (
        ("product", names.product, search_products),
        ("partner", names.partner, search_names),
    ):
        hits = [hit.code for hit in find(table, text)]
        order = pl.DataFrame({"code": hits, "place": range(len(hits))}, schema={"code": pl.String, "place": pl.Int64})
        listed = things(snapshot, names, subject, hits).rename({subject: "code"})
        parts.append(listed.join(order, on="code").select(*_SHOWN, kind=pl.lit(subject), place="place"))
    matches = pl.concat(parts)
    rows = matches.sort(pl.col("first_month").is_null(), pl.col("kind") == "partner", "place").drop("place")
    return Answer(rows, snapshot, () if rows.height else (_nothing(resolver, text),))


def nearest_names(resolver: Resolver, text: str) -> list[str]:
    """Return the names in a store, and the press terms for them, that are most similar to a text."""
    names, columns = resolver.names, ("name", "printed_zh", "printed_en")
    texts = (table.select(columns).unpivot()["value"].drop_nulls() for table in (names.product, names.partner))
    return nearest(text, (*(name for column in texts for name in column), *resolver.press_names))


def _nothing(resolver: Resolver, text: str) -> str:
    similar = nearest_names(resolver, text)
    close = f"; the nearest: {', '.join(similar)}" if similar else ""
    return f"nothing in this store is called {clip(text)!r}{close}; tidewaiter list products and list partners show all"
