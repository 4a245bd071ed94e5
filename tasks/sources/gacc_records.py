"""Makes records of the rows of China customs' pages: lines of goods with their units, partners with exports and
imports.

Labels change while the line stays (`Rare earth`, `Rare-earth ore, metals, compounds`); `page_lines.csv` says which are
one line. A label that it lacks is published as a line of its own, named by the label, and a finding says so; where its
name would be that of another line, and where two labels of a page mean one line, the rows are set aside. A partner's
name that nobody knows is set aside too.

A quantity whose unit is known to be wrong is left out. Groups of partners are left out; continents have to add up to
the world.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import polars as pl

from schemas.reference.code_tables import GACC_NAMES, code_table, partner_codes, valid_in
from tasks.domain.errors import Refused
from tasks.domain.findings import finding
from tasks.domain.name_match import Unresolved, folded, partner_key
from tasks.domain.text import clip, counted
from tasks.domain.units import printed_unit
from tasks.sources import gacc_rows
from tasks.sources.gacc_rows import NUMBER, Row, doubt_balance, doubt_growth, place
from tasks.sources.gacc_tables import GROWTHS, UNITS, Column, Heading, plain

GROUP, TOTAL = "group", "total"
NAMED_MAX, CODE_LENGTH = 300, 3
LISTED_SHARE_MIN = 0.5
ALL_GOODS = "line:all_goods"
LINES_MIN, PARTNERS_MIN = 10, 20
# Partners whom nobody knows are beside the continents in the world total; they have less than this.
CONTINENTS_SHARE_MIN = Fraction(99, 100)
Columns = Sequence[Column | None]
Made = tuple[list[dict[str, Any]], list[dict[str, str]]]


def goods(rows: Sequence[Row], columns: Columns, heading: Heading, where: str, topic: str) -> Made:
    """The records of a table with a row a line, and findings. Raises Refused."""
    _refuse_few(rows, LINES_MIN, "line", where)
    gacc_rows.refuse_unread(rows, where)
    named, products, units, doubts = lines_of(rows, heading, where)
    doubts += doubt_growth(named, columns, heading, where)
    has_units = any(column and column.months == UNITS for column in columns)
    if not has_units:
        doubts.append(
            finding(
                "no_units",
                "warning",
                where,
                observed="no column of units",
                expected="a column 'Quantity Unit'",
                advice="The quantities are left out: nobody knows their units. The values are published.",
            )
        )
    records: list[dict[str, Any]] = []
    for row, product, expected in zip(named, products, units, strict=True):
        printed = "" if row.fault else gacc_rows.unit_of(row.cells, columns)
        is_wrong = (
            bool(expected) and printed not in ("", "-") and printed_unit(printed) not in (None, printed_unit(expected))
        )
        if is_wrong:
            doubts.append(
                finding(
                    "printed_unit",
                    "warning",
                    f"{where}, row {row.number}, {row.label}",
                    observed=f"unit '{clip(printed)}'",
                    expected=f"'{expected}'",
                    advice=(
                        "Its quantities are left out: by the printed unit they would be wrong by a factor. The values"
                        " are published."
                    ),
                )
            )
        words = ("quantity", "value") if has_units and not is_wrong else ("value",)
        common = {"flow": topic.removesuffix("s"), "product": product, "product_name": row.label}
        records += gacc_rows.records_of(row, columns, heading, words, **common)
    doubts += _doubt_labels(named, rows, where)
    return records, doubts


def countries(rows: Sequence[Row], columns: Columns, heading: Heading, where: str, _: str) -> Made:
    """The records of a table with a row a partner: exports and imports of all goods, and findings. Raises Refused."""
    gacc_rows.refuse_unread(rows, where)
    named, codes, kinds = partners_of(rows)
    continents = [row for row in named if row.label.endswith((":", "："))]
    _refuse_few(rows, 1 if continents else PARTNERS_MIN, "partner", where)
    _refuse_small_total(named, kinds, columns, where)
    doubts = [*doubt_balance(named, columns, where), *_doubt_continents(named, kinds, continents, columns, where)]
    doubts += _doubt_labels(named, rows, where)
    groups = [row.label.rstrip(":：") for row, kind in zip(named, kinds, strict=True) if kind == GROUP]
    if groups:
        doubts.append(
            finding(
                "groups_left_out",
                "info",
                where,
                observed=f"{counted(len(groups), 'group')} of partners: {clip(', '.join(groups), 300)}",
                expected="single partners and the world",
                advice="Groups are not published; nothing to do.",
            )
        )
    records: list[dict[str, Any]] = []
    for row, code, kind in zip(named, codes, kinds, strict=True):
        if kind == GROUP:
            continue
        for flow in ("export", "import"):
            common = {"flow": flow, "product": ALL_GOODS, "partner": code or row.label, "partner_name": row.label}
            records += gacc_rows.records_of(row, columns, heading, (flow,), **common)
    return records, doubts


def _refuse_few(rows: Sequence[Row], least: int, noun: str, where: str) -> None:
    if len(rows) < least:
        raise Refused(
            f"too few {noun}s",
            where,
            counted(len(rows), noun),
            f"A table has at least {least}, so this one is not whole. The .xls attachment of the page may be.",
        )


def _doubt_labels(named: Sequence[Row], read: Sequence[Row], where: str) -> list[dict[str, str]]:
    """A finding for each row that is set aside for its label."""
    faults = [row for row, before in zip(named, read, strict=True) if row.fault and not before.fault]
    return [
        finding(
            "label_not_read",
            "warning",
            place(row, where),
            observed=row.fault,
            expected="a label that means one thing",
            advice=(
                "The row is in the table quarantine; the others are published. Add the name to the code table, and"
                " ingest again."
            ),
        )
        for row in faults
    ]


def _figures(row: Row, at: int) -> Fraction | None:
    text = "" if row.fault else row.cells[at]
    return Fraction(text.replace(",", "")) if NUMBER.match(text) else None


def _places(columns: Columns) -> list[int]:
    return [at for at, column in enumerate(columns) if column and column.months not in (GROWTHS, UNITS)]


def _refuse_small_total(rows: Sequence[Row], kinds: Sequence[str], columns: Columns, where: str) -> None:
    """Raises Refused where the world trades less than one of its parts: rows slipped, or the table is another one."""
    for at in _places(columns):
        values = {row.label: value for row in rows if (value := _figures(row, at)) is not None}
        total = next((values.get(row.label) for row, kind in zip(rows, kinds, strict=True) if kind == TOTAL), None)
        largest = max(values, key=values.__getitem__, default="")
        if total is None or values[largest] > total:
            raise Refused(
                "total too small",
                f"{where}, column {at + 2}",
                f"total {total}, '{clip(largest)}' {values.get(largest)}",
                "The rows have slipped or the total is missing, so no row can be told. Look at the page.",
            )


def _doubt_continents(
    rows: Sequence[Row], kinds: Sequence[str], continents: Sequence[Row], columns: Columns, where: str
) -> list[dict[str, str]]:
    """An error where the continents of a table that prints them do not add up to the world."""
    world = next(row for row, kind in zip(rows, kinds, strict=True) if kind == TOTAL)
    for at in _places(columns) if continents else ():
        total, parts = _figures(world, at), sum(_figures(row, at) or 0 for row in continents)
        if total and not CONTINENTS_SHARE_MIN * total <= parts <= total + len(continents):
            return [
                finding(
                    "continents_differ",
                    "error",
                    f"{where}, column {at + 2}",
                    observed=f"{counted(len(continents), 'continent')} with {float(parts):,} of {float(total):,}",
                    expected="continents that add up to the world",
                    advice=(
                        "Rows are missing, or have slipped. Approve if what is there is right: it is published as"
                        " printed."
                    ),
                )
            ]
    return []


def lines_of(
    rows: Sequence[Row], heading: Heading, where: str
) -> tuple[list[Row], list[str], list[str], list[dict[str, str]]]:
    """The rows with what is wrong with their labels; product and expected unit (empty: any) of each; findings."""
    table = code_table("page_lines").filter(valid_in(pl.lit(f"{heading.year}-{heading.last:02d}")))
    known = {_slug(row["label"]): (row["product"], row["unit"]) for row in table.iter_rows(named=True)}
    taken = {product for product, _ in known.values()}
    slugs = [_slug(row.label) for row in rows]
    found = [known.get(slug, (f"line:{slug}", "")) for slug in slugs]
    times = Counter(product for product, _ in found)
    marked = []
    for row, slug, (product, _) in zip(rows, slugs, found, strict=True):
        fault = row.fault
        if times[product] > 1:
            fault = fault or f"another row of the page means the same line, {product}"
        elif slug not in known and (product in taken or not slug):
            fault = fault or f"the label is not known, and {product} is another line"
        marked.append(row._replace(fault=fault))
    new = [row.label for row, slug in zip(marked, slugs, strict=True) if slug not in known and not row.fault]
    # Most lines of the bulletin are not in the table, and their labels are no news.
    severity = "warning" if len(new) < len(rows) * LISTED_SHARE_MIN else "info"
    doubts = (
        [
            finding(
                "new_label",
                severity,
                where,
                observed=f"{counted(len(new), 'label')}: {clip('; '.join(new), NAMED_MAX)}",
                expected="labels of schemas/reference/page_lines.csv",
                advice=(
                    "Published as lines of their own, named by the label. If one is a line that customs have renamed,"
                    " add a row to the table."
                ),
            )
        ]
        if new
        else []
    )
    return marked, [product for product, _ in found], [unit for _, unit in found], doubts


def _slug(label: str) -> str:
    """Letters and digits of a label, by which labels are compared; a star, which marks a line that includes others,
    counts."""
    name = re.sub(r"[^a-z0-9]+", "_", plain(label)).strip("_")
    return f"{name}_all" if label.rstrip().endswith("*") else name


def partners_of(rows: Sequence[Row]) -> tuple[list[Row], list[str], list[str]]:
    """The rows with what is wrong with their names; the code of the list `gacc_en` and the kind of each (empty:
    unknown)."""
    codes = partner_codes(GACC_NAMES).select("code", "partner", "kind").rows()
    by_name = {_folded(code): (code, kind) for code, _, kind in codes}
    by_key = {partner: (code, kind) for code, partner, kind in reversed(codes)}
    keys = {code: partner for code, partner, _ in codes}
    found = []
    for row in rows:
        name = re.sub(r"^of which:\s*", "", plain(row.label))
        code, kind = by_name.get(_folded(name)) or by_key.get(_key(name), ("", ""))
        # A colon ends the name of a continent, whose partners follow.
        found.append((code or row.label, GROUP) if name.endswith(":") else (code, kind))
    times = Counter(keys.get(code) for code, kind in found if kind != GROUP)
    marked = []
    for row, (code, kind) in zip(rows, found, strict=True):
        fault = "" if code else "no partner of schemas/reference/partner_codes.csv, list gacc_en"
        if code and kind != GROUP and times[keys[code]] > 1:
            fault = f"another row of the page means the same partner, {keys[code]}"
        marked.append(row._replace(fault=row.fault or fault))
    return marked, [code for code, _ in found], [kind for _, kind in found]


def _folded(name: str) -> str:
    """A name without marks, accents and plurals."""
    return folded(unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode())


def _key(name: str) -> str:
    """The key of a partner by a name that no list of customs has; letters of a code are no name."""
    try:
        return (len(name) > CODE_LENGTH and partner_key(name)) or ""
    except Unresolved:
        return ""
