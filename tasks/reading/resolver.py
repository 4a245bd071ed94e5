"""Resolves names of products, partners and months to the keys of a store, for every command and the Python API.

A text is accepted if it has one meaning: a code in any spelling, a name in English or Chinese, a press term. If it has
several, or its meaning is not in the store, `Unresolved` names what is available: a guess would be another series.
"""

import itertools
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import polars as pl

from schemas.layouts import FLOWS
from schemas.reference.code_tables import code_table
from tasks.domain.classification import BASKET, HS_DIGITS, is_heading, members
from tasks.domain.export_controls.control_lists import is_list
from tasks.domain.name_match import EXACT, NAME_MAX, NEAREST, Unresolved, code_digits, folded, nearest, partner_key
from tasks.domain.nomenclature import CHINAS, FINEST
from tasks.domain.period_words import is_latest, read_months
from tasks.domain.text import clip
from tasks.ledger.name_tables import NameTables, names_in, product_references
from tasks.reading.lists import ListedProducts, listed_products, specs_of
from tasks.reading.query import newest_month, reporter_of, scan_figures
from tasks.reading.search import HS8_DIGITS, search_names
from tasks.store.files.snapshot import Snapshot, open_snapshot

KEY = re.compile(r"(line|basket):[a-z0-9_]+|gacc:\d{3}")
CHOICES_MAX = 8
PARTNERS_NAMED = 12


@dataclass(frozen=True)
class Meaning:
    """The keys of a text, and a note on the interpretation if it is not obvious."""

    keys: tuple[str, ...]
    note: str = ""


class Resolver:
    """The names of one published state, and the keys of texts among them."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        # How a name was understood, where it is only a part of what the text names.
        self.notes: list[str] = []

    @cached_property
    def _national(self) -> str:
        """The list of the national codes of the store; empty where it has none."""
        return reporter_of(self.snapshot).nomenclature

    @cached_property
    def names(self) -> NameTables:
        """The tables of names."""
        return names_in(self.snapshot)

    @cached_property
    def products(self) -> dict[str, str]:
        """Keys of products in the store and the name to show of each, empty if there is none."""
        return _shown(self.names.product)

    @cached_property
    def partners(self) -> dict[str, str]:
        """Keys of partners in the store and the name to show of each, empty if there is none."""
        return _shown(self.names.partner)

    def product(self, text: str) -> str:
        """Return the one product of a text; a note of the resolver says where it is only a part of what the text
        names. Raises Unresolved if there is none, or several.
        """
        meant = self.product_keys(text)
        if len(meant.keys) > 1:
            few = meant.keys[:CHOICES_MAX]
            more = f", and {len(meant.keys) - len(few)} more" if len(meant.keys) > len(few) else ""
            raise Unresolved(f"{meant.note}; choose one: {self._listed(few)}{more}", meant.keys)
        if meant.note:
            self.notes.append(meant.note)
        return meant.keys[0]

    def product_keys(self, text: str) -> Meaning:
        """Return the products of a text: several only if it names a heading or basket of which the store has only
        parts. A code is taken as it is, also if its rows have no figure and give the reason. Raises Unresolved.
        """
        text = _short(text)
        if text in self.products:
            return Meaning((text,))
        if is_list(text):
            listed = self.listed([text])
            return Meaning(listed.keys, ". ".join(listed.notes()))
        if (digits := code_digits(text)) is not None:
            return self._code(text, digits)
        if KEY.fullmatch(text):
            return self.same_goods(text, members(text), CHINAS)
        if (term := _press_name(text)) is not None:
            return self._press_term(text, *term)
        hits = search_names(self.names.product, text)
        same = [hit.code for hit in hits if hit.grade == EXACT]
        if len(same) == 1:
            return self._itself_or_parts(same[0], text)
        if hits:
            chosen = (same or [hit.code for hit in hits])[:CHOICES_MAX]
            more = f", and {len(hits) - CHOICES_MAX} more (tidewaiter search)" if len(hits) > CHOICES_MAX else ""
            raise Unresolved(f"{text!r} may mean several products; choose one: {self._listed(chosen)}{more}", chosen)
        raise self._absent(text, text)

    def same_goods(
        self, text: str, codes: Iterable[str], national: str | None = None, wanted: str = "", means: str = ""
    ) -> Meaning:
        """Return the codes of six digits above codes of another national list, which this store divides by its own.
        Raises Unresolved where it has none of them, and for codes of its own list."""
        shared = sorted({code[:HS_DIGITS] for code in codes})
        here = [code for code in shared if code in self.products]
        if not here or national == self._national:
            raise self._absent(text, wanted or text, means)
        meant = [self._itself_or_parts(code, text) for code in here]
        keys = tuple(dict.fromkeys(key for one in meant for key in one.keys))
        taken = f"{text}: taken is {self._listed(here)}, which holds these goods and may hold others"
        return Meaning(keys, "; ".join(filter(None, (taken, *(one.note for one in meant)))))

    def listed(self, texts: Iterable[str]) -> ListedProducts:
        """Return what control lists mean in this store, each code once. Raises Unresolved where it has none of their
        codes, UnknownList, and ValueError for a doubtful list beside another."""
        listed = listed_products(specs_of(texts), self.products, reporter_of(self.snapshot).nomenclature)
        if not listed.keys:
            raise Unresolved(f"this store has no code of {', '.join(texts)}; {'; '.join(listed.notes())}")
        return listed

    def _code(self, text: str, digits: str) -> Meaning:
        """Return the code with these digits, which the store must have; of one of another list the six digits that both
        have."""
        if digits in self.products:
            return Meaning((digits,))
        shorter = digits[:HS8_DIGITS]
        if len(digits) > HS8_DIGITS and shorter in self.products:
            raise Unresolved(
                f"{text!r} has {len(digits)} digits; the statistics have eight: {self._listed([shorter])}, which may"
                " hold other goods too",
                [shorter],
            )
        if "0" + digits in self.products:
            raise Unresolved(
                f"{text!r} is no code of this store; with its zero there is {self._listed(['0' + digits])}",
                ["0" + digits],
            )
        is_of_another = len(digits) > HS_DIGITS and len(digits) != FINEST.get(self._national)
        return self.same_goods(text, [digits], None if is_of_another else self._national, digits)

    def _press_term(self, text: str, product: str, means: str) -> Meaning:
        """Return the meaning of a press term."""
        if not product:
            similar = [hit.code for hit in search_names(self.names.product, text)][:CHOICES_MAX]
            choice = f"; choose one: {self._listed(similar)}" if similar else ""
            raise Unresolved(f"{text!r} is {means}: no product of ours is the same{choice}", similar)
        if product in self.products:
            return self._itself_or_parts(product, text)
        parts = [code for code in members(product) if code in self.products]
        if parts:
            return Meaning(tuple(parts), self._parts_note(text, product, parts))
        return self.same_goods(text, members(product), CHINAS, product, f" ({means})")

    def _itself_or_parts(self, product: str, text: str) -> Meaning:
        """Return a product that has figures; otherwise those of its parts that have some; otherwise itself, whose
        rows say why they have none.
        """
        is_sum = product.startswith(BASKET) or is_heading(product)
        if not is_sum or self._has((pl.col("product") == product) & pl.col("level").is_not_null()):
            return Meaning((product,))
        finest = FINEST.get(self._national, HS_DIGITS)
        below = [
            code
            for code in self.products
            if len(code) == finest and code.isdecimal() and (code.startswith(product) or code in members(product))
        ]
        if below in ([], [product]):
            return Meaning((product,))
        return Meaning(tuple(below), self._parts_note(text, product, below))

    def _parts_note(self, text: str, product: str, parts: list[str]) -> str:
        held = f"of it {self._listed(parts)}" if len(parts) == 1 else f"{len(parts)} of its codes"
        absent = [code for code in members(product) if code not in self.products and code != product]
        more = f" and {len(absent) - CHOICES_MAX} more" if len(absent) > CHOICES_MAX else ""
        listed = ", ".join(absent[:CHOICES_MAX]) + more
        needed = f"{listed} too" if absent else f"all codes of {product}, in the same month"
        return f"{text}: {product} has no total in this store, which has {held}; a total needs {needed}"

    def _has(self, where: pl.Expr, flow: str | None = None) -> bool:
        """Whether there is such a figure, in one direction or in any."""
        figures = scan_figures(self.snapshot, flow)
        return figures is not None and figures.filter(where).head(1).select("product").collect().height > 0

    def _absent(self, text: str, wanted: str, means: str = "") -> Unresolved:
        if wanted.isdecimal():
            similar = _nearest_codes(wanted, self.products)
        else:
            columns = ("name", "printed_zh", "printed_en", "reference_zh", "reference_en")
            pairs = (
                (name, row["product"])
                for row in self.names.product.iter_rows(named=True)
                for name in (row["product"].partition(":")[2], *(row[column] for column in columns))
                if name
            )
            code_of = dict(pairs) | self.press_names
            similar = list(dict.fromkeys(code_of[name] for name in nearest(text, code_of)))
        what = f"there is no product {text!r}{means} in this store"
        partner = None if wanted.isdecimal() else partner_key(text)
        also = f". As a partner it is {partner}" if partner is not None else ""
        if similar:
            return Unresolved(f"{what}; the nearest: {self._listed(similar)}{also}", similar)
        few = [code for code in self.products if not is_heading(code)][:NEAREST]
        return Unresolved(
            f"{what}, which has {self._listed(few) or 'no product'} …; see tidewaiter list products{also}"
        )

    @cached_property
    def press_names(self) -> dict[str, str]:
        """Press terms for products of the store."""
        rows = code_table("commodity_words").filter(agency="").select("word", "product")
        return {term: product for term, product in rows.iter_rows() if product in self.products}

    def _listed(self, codes: Iterable[str]) -> str:
        return ", ".join(f"{code} {self.products[code]}".strip() for code in codes)

    def partner(self, text: str) -> str:
        """Return the key of the partner of a text. Raises Unresolved."""
        text = _short(text)
        key_of_text = text if text in self.partners else partner_key(text)
        # A source may print another name than the code tables have.
        same = (
            {key for name, key in self._partner_names.items() if folded(name) == folded(text)}
            if not key_of_text
            else ()
        )
        key_of_text = same.pop() if len(same) == 1 else key_of_text
        if key_of_text in self.partners:
            return key_of_text
        if key_of_text is None:
            hits = [hit.code for hit in search_names(self.names.partner, text)]
            hits = hits or [self._partner_names[name] for name in nearest(text, self._partner_names)]
            similar = list(dict.fromkeys(hits))[:CHOICES_MAX]
            raise Unresolved(f"there is no partner {text!r}; {self._partners_listed(similar)}", similar)
        raise Unresolved(f"the partner {text!r} ({key_of_text}) is not in this store; {self._partners_listed([])}")

    def flow(self, products: Iterable[str], wanted_flow: str | None) -> str:
        """Return the direction asked for; otherwise the one in which the store has trade of most of the products, or
        rows that say why there is none, and exports if it has as many of both.
        """
        if wanted_flow:
            return wanted_flow
        wanted = pl.col("product").is_in([*products])
        for has in (wanted & (pl.col("level") > 0), wanted):
            count = {flow: self._count(has, flow) for flow in FLOWS}
            if any(count.values()):
                return max(FLOWS, key=count.__getitem__)
        return FLOWS[0]

    def _count(self, where: pl.Expr, flow: str) -> int:
        """How many products have such a figure in a direction."""
        figures = scan_figures(self.snapshot, flow)
        return (
            0 if figures is None else int(figures.filter(where).select(pl.col("product").n_unique()).collect().item())
        )

    def months(self, text: str, flow: str, products: Collection[str]) -> tuple[date, date]:
        """Return the first day of the first and of the last month of a text; `latest` is the newest in which one of the
        products has a figure. Raises ValueError.
        """
        if not is_latest(text):
            return read_months(text)
        is_known = pl.col("level").is_not_null() | pl.col("ytd").is_not_null()
        has_figure = pl.col("product").is_in([*products]) & is_known
        newest = newest_month(self.snapshot, flow, has_figure, ("product", "level", "ytd"))
        # Without a figure in any month the newest month says why.
        return read_months(text, newest or newest_month(self.snapshot, flow))

    def month(self, text: str, flow: str, products: Collection[str]) -> date:
        """Return the first day of the single month of a text, as `months` does. Raises ValueError."""
        first, last = self.months(text, flow, products)
        if first != last:
            raise ValueError(f"{text!r} is {first:%Y-%m} to {last:%Y-%m}; name one month")
        return first

    @cached_property
    def _partner_names(self) -> dict[str, str]:
        columns = ("name", "printed_zh", "printed_en", "reference_zh", "reference_en")
        rows = self.names.partner.iter_rows(named=True)
        return {row[column]: row["partner"] for row in rows for column in columns if row[column]}

    def _partners_listed(self, similar: list[str]) -> str:
        few = similar or [key for key in self.partners if not key.startswith("gacc:")][:PARTNERS_NAMED]
        listed = ", ".join(f"{key} {self.partners[key]}".strip() for key in few)
        if similar:
            return f"the nearest: {listed}"
        more = len(self.partners) - len(few)
        return f"there are {listed}" + (f" and {more} more (tidewaiter list partners)" if more > 0 else "")


def _shown(table: pl.DataFrame) -> dict[str, str]:
    return {code: name or "" for code, name in table.select(table.columns[0], "name").iter_rows()}


def reporter_alone(stores: Mapping[str, Path], texts: Iterable[str]) -> str | None:
    """Return the one of several reporters whose store has these very codes; None where none has, or several."""
    codes = [code_digits(text) or text for text in texts]
    having = list[str]()
    for name, store in stores.items():
        state = open_snapshot(store)
        if state is not None and codes and {*codes} <= Resolver(state).products.keys():
            having.append(name)
    return having[0] if len(having) == 1 else None


def known_product(text: str) -> str:
    """Return the key of a product by the code tables alone, without a store. Raises Unresolved."""
    plain = _short(text)
    if KEY.fullmatch(plain):
        return plain
    if (digits := code_digits(plain)) is not None:
        return digits
    term = _press_name(plain)
    if term is not None and term[0]:
        return term[0]
    same = [hit.code for hit in search_names(product_references(), plain) if hit.grade == EXACT]
    if len(same) == 1:
        return same[0]
    why = f"is {term[1]}: no product of ours is the same" if term else "is no product that the code tables know"
    raise Unresolved(f"{text!r} {why}; write a code, line:… or basket:…", same)


def _short(text: str) -> str:
    """The text without blanks around it. Raises Unresolved for one that is longer than any name."""
    if len(text) > NAME_MAX:
        raise Unresolved(
            f"{clip(text)!r} is longer than any name or code; write a name, a code, line:… or basket:…", []
        )
    return text.strip()


def _press_name(text: str) -> tuple[str, str] | None:
    """Return product and meaning of a press term, as used by outlets without a row of their own."""
    rows = code_table("commodity_words").filter(agency="")
    wanted = folded(text)
    for term, product, means in rows.select("word", "product", "means").iter_rows():
        if folded(term) == wanted:
            return product, means
    return None


def _nearest_codes(digits: str, codes: Iterable[str]) -> list[str]:
    """Return the codes that share most digits from the left, at least two; longer codes first."""

    def shared(code: str) -> int:
        same = (one == other for one, other in zip(code, digits, strict=False))
        return len([*itertools.takewhile(bool, same)])

    likely = (code for code in codes if code.isdecimal() and shared(code) >= 2)
    return sorted(likely, key=lambda code: (-shared(code), -len(code), code))[:NEAREST]
