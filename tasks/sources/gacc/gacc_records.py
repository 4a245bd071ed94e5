"""Makes records of the rows of China customs' pages: lines of goods with their units, partners with exports and
imports.

Labels change while the line stays (`Rare earth`, `Rare-earth ore, metals, compounds`); `page_lines.csv` says which are
one line. A label that it lacks is published as a line of its own, named by the label, and a finding says so; where its
name would be that of another line, and where two labels of a page mean one line, the rows are set aside. A partner's
name that nobody knows is set aside too.

A quantity whose unit is known to be wrong is left out. Of groups of partners those are published whose members
`partner_groups.csv` names, the European Union; continents have to add up to the world. A row that is above the world is
set aside.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import polars as pl

from schemas.reference.code_tables import GACC_NAMES, code_table, partner_codes, valid_in
from tasks.domain.coverage import TOTALS
from tasks.domain.doubt.findings import finding
from tasks.domain.errors import Refused
from tasks.domain.name_match import Unresolved, folded, partner_key
from tasks.domain.text import clip, counted
from tasks.domain.units import printed_unit
from tasks.sources.gacc import gacc_rows
from tasks.sources.gacc.gacc_rows import NUMBER, WRONG_SHARE_MAX, Row, doubt_balance, doubt_growth, place
from tasks.sources.gacc.gacc_tables import GROWTHS, UNITS, Heading, PrintedColumn, plain

GROUP, TOTAL = "group", "total"
FLOWS = ("export", "import")
NAMED_MAX, CODE_LENGTH = 300, 3
LISTED_SHARE_MIN = 0.5
ALL_GOODS = "line:all_goods"
LINES_MIN, PARTNERS_MIN = 10, 20
# Partners whom nobody knows are beside the continents in the world total; they have less than this.
CONTINENTS_SHARE_MIN = Fraction(99, 100)
Columns = Sequence[PrintedColumn | None]
RecordsAndFindings = tuple[list[dict[str, Any]], list[dict[str, str]]]


def goods(rows: Sequence[Row], columns: Columns, heading: Heading, where: str, topic: str) -> RecordsAndFindings:
    """The records of a table with a row a line, and findings. Raises Refused."""
    _refuse_few(rows, LINES_MIN, "line", where)
    gacc_rows.refuse_unread(rows, where)
    named, products, units, doubts = lines_of(rows, heading, where)
    doubts += doubt_growth(named, columns, heading, where)
    doubts += gacc_rows.doubt_so_far(named, columns, heading, where)
    doubts += gacc_rows.doubt_cells(named, columns, ("quantity", "value"), where)
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
        doubt = "" if row.fault else _unit_doubt(row, columns, heading, expected)
        if doubt:
            doubts.append(
                finding(
                    "printed_unit",
                    "warning",
                    f"{where}, row {row.number}, {row.label}",
                    observed=f"unit '{clip(gacc_rows.unit_of(row.cells, columns))}'{doubt.rstrip()}",
                    expected=f"'{expected}'" if expected else "a unit in which a kilogram costs what goods cost",
                    advice=(
                        "Its quantities are left out: by the printed unit they would be wrong by a factor. The values"
                        " are published."
                    ),
                )
            )
        words = ("quantity", "value") if has_units and not doubt else ("value",)
        common = {"flow": topic.removesuffix("s"), "product": product, "product_name": row.label}
        records += gacc_rows.records_of(row, columns, heading, words, **common)
    doubts += _doubt_labels(named, rows, where)
    return records, doubts


def _unit_doubt(row: Row, columns: Columns, heading: Heading, expected: str) -> str:
    """Why the printed unit of a row is wrong, as words behind it: another one than that of its line, or the price that
    follows from it; empty where nothing speaks against it."""
    printed = gacc_rows.unit_of(row.cells, columns)
    unit = printed_unit(printed)
    if expected:
        return " " if unit not in (None, printed_unit(expected)) and printed not in ("", "-") else ""
    price = gacc_rows.price_doubt(row, columns, heading)
    return f", {price}" if price else ""


def countries(rows: Sequence[Row], columns: Columns, heading: Heading, where: str, _: str) -> RecordsAndFindings:
    """The records of a table with a row a partner: exports and imports of all goods, and findings. Raises Refused."""
    gacc_rows.refuse_unread(rows, where)
    named, codes, kinds = partners_of(rows)
    continents = [row for row in named if row.label.endswith((":", "："))]
    _refuse_few(rows, 1 if continents else PARTNERS_MIN, "partner", where)
    labelled, named = named, _set_aside_above_total(named, kinds, columns, where)
    doubts = [
        *gacc_rows.doubt_cells(named, columns, FLOWS, where),
        *doubt_balance(named, columns, where),
        *gacc_rows.doubt_so_far(named, columns, heading, where),
        *_doubt_continents(named, kinds, continents, columns, where),
    ]
    doubts += [*_doubt_labels(labelled, rows, where), *_doubt_above_total(named, labelled, where)]
    keys = dict(partner_codes(GACC_NAMES).select("code", "partner").rows())
    stated = [
        kind != GROUP or _is_union(row, keys.get(code)) for row, code, kind in zip(named, codes, kinds, strict=True)
    ]
    doubts += _doubt_unions(named, [keys.get(code, "") for code in codes], columns, heading, where)
    groups = [row.label.rstrip(":：") for row, is_stated in zip(named, stated, strict=True) if not is_stated]
    if groups:
        doubts.append(
            finding(
                "groups_left_out",
                "info",
                where,
                observed=f"{counted(len(groups), 'group')} of partners: {clip(', '.join(groups), 300)}",
                expected="single partners, the world, and groups of schemas/reference/partner_groups.csv",
                advice="Other groups are not published; nothing to do.",
            )
        )
    records: list[dict[str, Any]] = []
    for row, code, is_stated in zip(named, codes, stated, strict=True):
        for flow in FLOWS if is_stated else ():
            common = {"flow": flow, "product": ALL_GOODS, "partner": code or row.label, "partner_name": row.label}
            records += gacc_rows.records_of(row, columns, heading, (flow,), **common)
    return records, doubts


def _is_union(row: Row, key: str | None) -> bool:
    """Whether a row is of a group whose members the tables name: its figure is published, because a page that prints
    some of the members alone has no other. The name of a continent ends in a colon.
    """
    return key in TOTALS and not plain(row.label).endswith(":")


def _doubt_unions(
    rows: Sequence[Row], keys: Sequence[str], columns: Columns, heading: Heading, where: str
) -> list[dict[str, str]]:
    """A warning where the members of a printed group are all on the page and do not add up to it."""
    month = f"{heading.year}-{heading.last:02d}"
    # The table also names codes of other lists that are part of a member.
    keys_of_list = partner_codes(GACC_NAMES)["partner"].unique().to_list()
    groups = code_table("partner_groups").filter(valid_in(pl.lit(month)), pl.col("partner").is_in(keys_of_list))
    by_key = dict(zip(keys, rows, strict=True))
    doubts = []
    for row, key in zip(rows, keys, strict=True):
        keys_of_members = [*groups.filter(group=key)["partner"]] if _is_union(row, key) else []
        members = [by_key[member] for member in keys_of_members if member in by_key]
        for at in _places(columns) if members and len(members) == len(keys_of_members) else ():
            total, parts = _figures(row, at), _sum_of(members, at)
            if total is not None and parts is not None and abs(parts - total) > _step(row, at) * (len(members) + 1) / 2:
                doubts.append(
                    finding(
                        "group_differs",
                        "warning",
                        f"{where}, row {row.number}, {row.label}, column {at + 2}",
                        records=[row.number, *(member.number for member in members)],
                        flow=_flow_of(columns[at]),
                        values=(float(total), float(parts), None),
                        observed=f"{float(total):,}, its {counted(len(members), 'member')} have {float(parts):,}",
                        expected="members that add up to the group",
                        advice="The group is published as printed; a number of it or of a member is wrong.",
                    )
                )
    return doubts


def _flow_of(column: PrintedColumn | None) -> str | None:
    """The direction whose numbers a column holds; None: those of both."""
    return column.what if column and column.what in FLOWS else None


def _sum_of(rows: Sequence[Row], at: int) -> Fraction | None:
    """The sum of a column over rows; None where a number of one is lost, which is no zero."""
    numbers = [_figures(row, at) for row in rows]
    if any(number is None and (row.fault or row.cells[at] != "-") for row, number in zip(rows, numbers, strict=True)):
        return None
    return sum((number for number in numbers if number is not None), Fraction(0))


def _step(row: Row, at: int) -> Fraction:
    """One of the last digit that a number prints, to which it is rounded."""
    return Fraction(1, 10 ** len(row.cells[at].partition(".")[2]))


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


def _doubt_above_total(named: Sequence[Row], before: Sequence[Row], where: str) -> list[dict[str, str]]:
    """A finding for each row that is set aside for a number above that of the world."""
    return [
        finding(
            "above_the_world",
            "warning",
            place(row, where),
            observed=row.fault,
            expected="a part of the world",
            advice="The row is in the table quarantine; the others are published. A number of it is wrong.",
        )
        for row, was in zip(named, before, strict=True)
        if row.fault and not was.fault
    ]


def _figures(row: Row, at: int) -> Fraction | None:
    text = "" if row.fault else row.cells[at]
    return Fraction(text.replace(",", "")) if NUMBER.match(text) else None


def _places(columns: Columns, words: Sequence[str] = FLOWS) -> list[int]:
    return [at for at, column in enumerate(columns) if column and column.months != GROWTHS and column.what in words]


def _set_aside_above_total(rows: Sequence[Row], kinds: Sequence[str], columns: Columns, where: str) -> list[Row]:
    """The rows with a fault where a partner has more than the world in the same column.

    A column in which the number of the world is lost compares nothing. Raises Refused where the page has no row of the
    world, or where many rows are above it: then rows slipped, or the table is another one.
    """
    world = next((row for row, kind in zip(rows, kinds, strict=True) if kind == TOTAL), None)
    above: dict[int, str] = {}
    for at in _places(columns):
        values = {row.number: value for row in rows if (value := _figures(row, at)) is not None}
        total = _figures(world, at) if world else None
        larger = {number: value for number, value in values.items() if total is not None and value > total}
        if values and (world is None or len(larger) > WRONG_SHARE_MAX * len(values)):
            value, number = max((value, number) for number, value in values.items())
            label = next(row.label for row in rows if row.number == number)
            raise Refused(
                "total too small",
                f"{where}, column {at + 2}",
                f"total {total}, '{clip(label)}' {value}",
                "The rows have slipped or the total is missing, so no row can be told. Look at the page.",
            )
        above |= {
            number: f"{float(value):,} is more than the world's {float(total or 0):,}"
            for number, value in larger.items()
        }
    return [row._replace(fault=row.fault or above.get(row.number, "")) for row in rows]


def _doubt_continents(
    rows: Sequence[Row], kinds: Sequence[str], continents: Sequence[Row], columns: Columns, where: str
) -> list[dict[str, str]]:
    """An error where the continents of a table that prints them do not add up to the world."""
    world = next(row for row, kind in zip(rows, kinds, strict=True) if kind == TOTAL)
    for at in _places(columns, (*FLOWS, "both")) if continents else ():
        total, printed = _figures(world, at), [_figures(row, at) for row in continents]
        parts = sum(value or 0 for value in printed)
        # A number that is lost is no zero.
        is_lost = any(value is None and row.cells[at] != "-" for row, value in zip(continents, printed, strict=True))
        if total and not is_lost and not CONTINENTS_SHARE_MIN * total <= parts <= total + len(continents):
            return [
                finding(
                    "continents_differ",
                    "error",
                    f"{where}, column {at + 2}",
                    records=[world.number, *(row.number for row in continents)],
                    flow=_flow_of(columns[at]),
                    values=(float(parts), float(total), None),
                    observed=f"{counted(len(continents), 'continent')} with {float(parts):,} of {float(total):,}",
                    expected="continents that add up to the world",
                    advice=(
                        "Rows are missing, or have slipped. Approve if what is there is right: it is published as"
                        " printed."
                    ),
                )
            ]
    return []


# A name of goods has letters; `#REF!`, `n/a` and `1.2.3` are what is left of one.
NAME = re.compile(r"(?!\s*#)(?!\s*(?:n/?a|null|nan|none)\s*$).*[^\W\d_]", re.IGNORECASE)


def lines_of(
    rows: Sequence[Row], heading: Heading, where: str
) -> tuple[list[Row], list[str], list[str], list[dict[str, str]]]:
    """The rows with what is wrong with their labels; product and expected unit (empty: any) of each; findings."""
    known = _known_lines(heading)
    taken = {product for product, _ in known.values()}
    slugs = [_slug(row.label) for row in rows]
    pairs = [known.get(slug, (f"line:{slug}", "")) for slug in slugs]
    times = Counter(product for product, _ in pairs)
    marked = []
    for row, slug, (product, _) in zip(rows, slugs, pairs, strict=True):
        is_other = slug not in known and (product in taken or not slug)
        fault = row.fault or (
            "" if slug in known or NAME.match(row.label) else f"'{clip(row.label, 40)}' names no goods"
        )
        marked.append(row._replace(fault=fault or _fault_of_line(product, times[product], is_other=is_other)))
    new = [row.label for row, slug in zip(marked, slugs, strict=True) if slug not in known and not row.fault]
    products, units = ([*column] for column in zip(*pairs, strict=True)) if pairs else ([], [])
    return marked, products, units, _doubt_new_labels(new, len(rows), where)


def _known_lines(heading: Heading) -> dict[str, tuple[str, str]]:
    """Product and unit of each line of the table in the month of a page, by the slug of its label."""
    table = code_table("page_lines").filter(valid_in(pl.lit(f"{heading.year}-{heading.last:02d}")))
    return {_slug(row["label"]): (row["product"], row["unit"]) for row in table.iter_rows(named=True)}


def _fault_of_line(product: str, times: int, *, is_other: bool) -> str:
    """What is wrong with a label: it means a line that another row means, or that is another one; else empty."""
    if times > 1:
        return f"another row of the page means the same line, {product}"
    return f"the label is not known, and {product} is another line" if is_other else ""


def _doubt_new_labels(new: Sequence[str], count: int, where: str) -> list[dict[str, str]]:
    """A finding about labels that the table lacks. Most lines of the bulletin are not in it, and their labels are no
    news."""
    if not new:
        return []
    return [
        finding(
            "new_label",
            "warning" if len(new) < count * LISTED_SHARE_MIN else "info",
            where,
            observed=f"{counted(len(new), 'label')}: {clip('; '.join(new), NAMED_MAX)}",
            expected="labels of schemas/reference/page_lines.csv",
            advice=(
                "Published as lines of their own, named by the label. If one is a line that customs have renamed,"
                " add a row to the table."
            ),
        )
    ]


def _slug(label: str) -> str:
    """Letters and digits of a label, by which labels are compared; a star, which marks a line that includes others,
    counts."""
    name = re.sub(r"[^a-z0-9]+", "_", plain(label)).strip("_")
    return f"{name}_all" if label.rstrip().endswith("*") else name


def partners_of(rows: Sequence[Row]) -> tuple[list[Row], list[str], list[str]]:
    """The rows with what is wrong with their names; the code of the list `gacc_en` and the kind of each (empty:
    unknown)."""
    codes = partner_codes(GACC_NAMES).select("code", "partner", "kind").rows()
    keys = {code: partner for code, partner, _ in codes}
    pairs = _codes_and_kinds(rows, codes)
    single = [kind != GROUP or _is_union(row, keys.get(code)) for row, (code, kind) in zip(rows, pairs, strict=True)]
    times = Counter(keys.get(code) for (code, _), is_one in zip(pairs, single, strict=True) if is_one)
    marked = []
    for row, (code, _), is_one in zip(rows, pairs, single, strict=True):
        fault = "" if code else "no partner of schemas/reference/partner_codes.csv, list gacc_en"
        if code and is_one and times[keys[code]] > 1:
            fault = f"another row of the page means the same partner, {keys[code]}"
        marked.append(row._replace(fault=row.fault or fault))
    return marked, [code for code, _ in pairs], [kind for _, kind in pairs]


def _codes_and_kinds(rows: Sequence[Row], codes: Sequence[tuple[str, str, str]]) -> list[tuple[str, str]]:
    """The code and the kind of each row, by its name in the list of customs or by the name of its key."""
    by_name = {_folded(code): (code, kind) for code, _, kind in codes}
    by_key = {partner: (code, kind) for code, partner, kind in reversed(codes)}
    pairs = []
    for row in rows:
        name = re.sub(r"^of which:\s*", "", plain(row.label))
        code, kind = by_name.get(_folded(name)) or by_key.get(_key(name), ("", ""))
        # A colon ends the name of a continent, whose partners follow.
        pairs.append((code or row.label, GROUP) if name.endswith(":") else (code, kind))
    return pairs


def _folded(name: str) -> str:
    """A name without marks, accents and plurals."""
    return folded(unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode())


def _key(name: str) -> str:
    """The key of a partner by a name that no list of customs has; letters of a code are no name."""
    try:
        return (len(name) > CODE_LENGTH and partner_key(name)) or ""
    except Unresolved:
        return ""
