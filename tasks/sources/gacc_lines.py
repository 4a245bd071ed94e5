"""Names the rows of China customs' pages: the line that a label means, the partner that a name means.

Labels change while the line stays (`Rare earth`, `Rare-earth ore, metals, compounds`); `page_lines.csv` says which are one
line. A label that it lacks is published as a line of its own, named by the label, and a finding says so; where its name would
be that of another line, and where two labels of a page mean one line, the rows are set aside. A partner's name that nobody
knows is set aside too.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

import polars as pl

from schemas.reference.code_tables import GACC_NAMES, code_table, partner_codes, valid_in
from tasks.domain.findings import finding
from tasks.domain.name_match import folded
from tasks.domain.partner_key import Unresolved, partner_key
from tasks.domain.text import clip, counted
from tasks.sources.gacc_rows import Row
from tasks.sources.gacc_tables import Heading, plain

GROUP, TOTAL = "group", "total"
NAMED_MAX, CODE_LENGTH = 300, 3
LISTED_SHARE_MIN = 0.5


def lines_of(rows: Sequence[Row], heading: Heading, where: str) -> tuple[list[Row], list[str], list[str], list[dict[str, str]]]:  # fmt: skip
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
    doubts = [
        finding("new_label", severity, where, observed=f"{counted(len(new), 'label')}: {clip('; '.join(new), NAMED_MAX)}",
                expected="labels of schemas/reference/page_lines.csv",
                advice="Published as lines of their own, named by the label. If one is a line that customs have renamed, add a row to the table.")
    ] if new else []  # fmt: skip
    return marked, [product for product, _ in found], [unit for _, unit in found], doubts


def _slug(label: str) -> str:
    """Letters and digits of a label, by which labels are compared; a star, which marks a line that includes others, counts."""
    name = re.sub(r"[^a-z0-9]+", "_", plain(label)).strip("_")
    return f"{name}_all" if label.rstrip().endswith("*") else name


def partners_of(rows: Sequence[Row]) -> tuple[list[Row], list[str], list[str]]:
    """The rows with what is wrong with their names; the code of the list `gacc_en` and the kind of each (empty: unknown)."""
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
