"""Separates totals and groups from single partners, and compares totals with their parts.

Rows of totals, groups and parts of a country appear among the partners. A total is a check and not a statement: added
to its parts it would count everything twice. `schemas/reference/partner_codes.csv` classifies the codes. Belongs here:
separating such rows and comparing totals with the sums of their parts, exactly: those whose parts the list names
(`part_of`), and groups whose members `partner_groups.csv` names by month. The adapter reads the numbers; totals are
published only where some partners were asked for (`protocol.Parsed.declared`).
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from schemas.reference.code_tables import code_table, partner_codes, valid_in
from tasks.domain.coverage import TOTALS
from tasks.domain.doubt.findings import finding
from tasks.domain.text import counted

DECIMALS_MAX = 6
NUMBER = r"^-?[0-9]{1,18}(\.[0-9]{1,6})?$"
# Of the parts of a total; `again` is the first partner that has several rows in a cell.
SUM_OF_PARTS = (
    pl.col("amount").sum(),
    pl.len().alias("parts"),
    pl.col("amount").is_null().sum().alias("unread"),
    pl.col("partner").filter(pl.col("partner").is_duplicated()).first().alias("again"),
    pl.col("record").alias("records"),
)


class Parted(NamedTuple):
    """Which rows are statements of single partners (a mask), the doubts, and notes about the other rows.

    `doubts` are of totals below the sum of their parts, `short` of those above it: there the parts may not have been
    asked for. `totals` masks the rows of the world, and of groups that `partner_groups.csv` knows: one of each in a
    cell. `proof` says how many totals are the sums of their parts; it is empty where one differs or none was compared.
    """

    kept: pl.Series
    doubts: tuple[dict[str, str], ...]
    notes: tuple[str, ...]
    short: tuple[dict[str, str], ...]
    totals: pl.Series
    proof: str


def part_totals(
    rows: pl.DataFrame,
    code_list: str,
    cell: Sequence[str],
    where: str,
    unlisted: Mapping[str, str] | None = None,
    month: str = "period",
) -> Parted:
    """The statements among printed rows.

    Args:
        rows: columns `record`, `partner`, `number` (plain text) and those of `cell`, texts; the order is kept
        code_list: which codes the partners have
        cell: the columns that identify a number, without the partner; a total is compared inside one cell
        where: the file, for messages
        unlisted: for codes that the table lacks, a pattern and the total that codes of this form are part of
        month: which column of `cell` is the month, as text that begins with year and month
    """
    codes = _codes(code_list)
    whole = codes.select(part_of="code", kind_of_whole="kind")
    known = rows.with_row_index("row").join(
        codes.drop("key"), left_on="partner", right_on="code", how="left", maintain_order="left"
    )
    for pattern, total in (unlisted or {}).items():
        is_such = pl.col("kind").is_null() & pl.col("partner").str.contains(pattern)
        known = known.with_columns(part_of=pl.when(is_such).then(pl.lit(total)).otherwise("part_of"))
    known = known.with_columns(amount=exact("number"))
    printed = known.select(*cell, part_of="partner", total="amount").filter(pl.col("total").is_not_null())
    known = _in_printed(known, printed.select(*cell, "part_of").unique(), codes, cell)
    known = known.join(whole, on="part_of", how="left", maintain_order="left")
    summed = (
        known.filter(pl.col("part_of").fill_null("") != "")
        .group_by(*cell, "part_of", "kind_of_whole", maintain_order=True)
        .agg(SUM_OF_PARTS)
        .join(printed, on=[*cell, "part_of"], how="inner", maintain_order="left", nulls_equal=True)
    )
    # Northern Ireland and the United Kingdom: where the country has a row its parts repeat it.
    twice = summed.filter(pl.col("kind_of_whole").is_in(["country", "residual", "secret"])).select(
        *cell, "part_of", within=True
    )
    known = known.join(twice, on=[*cell, "part_of"], how="left", maintain_order="left", nulls_equal=True)
    aside = pl.col("kind").is_in(["total", "group"]).fill_null(False) | pl.col("within").fill_null(False)
    kept = known.select(~aside).to_series()
    checked = summed.filter(pl.col("kind_of_whole") != "group", pl.col("unread") == 0)
    checked = pl.concat([checked, _without_parts(known, kept, codes, cell)], how="diagonal_relaxed")
    keyed = _with_keys(known.select("partner", "kind", "amount", "record", *cell), code_list, month)
    groups = _sums_of_groups(keyed, cell)
    totals = keyed.select(pl.col("key").is_in(TOTALS).fill_null(False) & pl.struct(*cell, "key").is_first_distinct())
    left_out = known.filter(aside)["partner"]
    notes = []
    if left_out.len():
        names = ", ".join(left_out.unique(maintain_order=True).sort()[:12])
        notes.append(
            f"{counted(left_out.len(), 'record')} of {names} are totals, groups or parts of a country next to it, and"
            f" no partners; {counted(checked.height + groups.height, 'total')} compared with the sum of the parts"
        )
    bounded = checked.with_columns(least="amount", most="amount")
    compared = pl.concat([bounded.select(groups.columns), groups], how="vertical_relaxed")
    doubts, short = (
        tuple(_difference(row, cell, where) for row in compared.filter(is_wrong).iter_rows(named=True))
        for is_wrong in (pl.col("total") < pl.col("least"), pl.col("total") > pl.col("most"))
    )
    is_proven = compared.height and not (doubts or short)
    proof = f"{counted(compared.height, 'printed total')}, each the sum of its parts" if is_proven else ""
    return Parted(kept, doubts, tuple(notes), short, totals.to_series(), proof)


def _without_parts(known: pl.DataFrame, kept: pl.Series, codes: pl.DataFrame, cell: Sequence[str]) -> pl.DataFrame:
    """The printed totals none of whose parts has a row, in cells in which another partner has one: they add up to 0."""
    has_parts = pl.col("partner").is_in(codes["part_of"].drop_nulls().unique().implode())
    met = known.select(*cell, partner="part_of")
    alone = (
        known.filter(has_parts, pl.col("amount").is_not_null(), kind="total")
        .join(known.filter(kept), on=cell, how="semi", nulls_equal=True)
        .join(met, on=met.columns, how="anti", nulls_equal=True)
    )
    return alone.select(*cell, part_of="partner", total="amount", amount=pl.lit(0, pl.Int128), parts=pl.lit(0))


def _with_keys(rows: pl.DataFrame, code_list: str, month: str) -> pl.DataFrame:
    """The rows with the `key` of each partner in its month `of`, null for a code that no list names."""
    keys = partner_codes(code_list).select("code", "valid_from", "valid_to", key="partner")
    digits = pl.col(month).str.replace_all(r"[^0-9]", "")
    rows = rows.with_columns(of=digits.str.head(4) + "-" + digits.str.slice(4, 2))
    places = rows.select("partner", "of").unique()
    placed = places.join(keys, left_on="partner", right_on="code").filter(valid_in(pl.col("of")))
    return rows.join(placed.select("partner", "of", "key"), on=["partner", "of"], how="left", maintain_order="left")


def _sums_of_groups(rows: pl.DataFrame, cell: Sequence[str]) -> pl.DataFrame:
    """The printed groups that `partner_groups.csv` knows, each with the sum of its members of that month.

    `least` and `most` are the sums with the codes that no list names, each of which may be a member or not.
    """
    members = code_table("partner_groups").select("group", "valid_from", "valid_to", key="partner")
    printed = rows.filter(pl.col("amount").is_not_null(), kind="group")
    printed = printed.join(members.select(key="group").unique(), on="key", how="semi", maintain_order="left")
    at = [*cell, "group"]
    inside = rows.join(members, on="key").filter(valid_in(pl.col("of")))
    sums = inside.group_by(at).agg(SUM_OF_PARTS)
    unknown = pl.col("amount").filter(pl.col("key").is_null())
    loose = rows.group_by(cell).agg(
        below=unknown.clip(upper_bound=0).sum(), above=unknown.clip(lower_bound=0).sum(), lost=unknown.is_null().sum()
    )
    groups = printed.select(*cell, part_of="partner", group="key", total="amount")
    groups = groups.join(sums, on=at, how="left", maintain_order="left").join(
        loose, on=cell, how="left", maintain_order="left"
    )
    groups = groups.filter(pl.col("unread").fill_null(0) + pl.col("lost") == 0)
    amount = pl.col("amount").fill_null(0)
    return groups.select(
        *cell,
        "part_of",
        "total",
        "again",
        "records",
        amount=amount,
        parts=pl.col("parts").fill_null(0),
        least=amount + pl.col("below"),
        most=amount + pl.col("above"),
    )


def concerned(partners: pl.Series, code_list: str, unlisted: Mapping[str, str] | None = None) -> list[str]:
    """The codes among these with which `part_totals` has anything to do: totals and groups, and what is part of a
    printed one.

    In a file without totals hardly any row is concerned, so the others need no look.
    """
    codes = _codes(code_list)
    printed = partners.cast(pl.String).unique().drop_nulls()
    above = dict(codes.filter(pl.col("part_of").fill_null("") != "").select("code", "part_of").iter_rows())
    listed = set(codes["code"])
    for pattern, total in (unlisted or {}).items():
        above |= dict.fromkeys(set(printed.filter(printed.str.contains(pattern))) - listed, total)
    codes_here, chosen = (
        set(printed),
        set(codes.filter(pl.col("kind").is_in(["total", "group"]))["code"]) & set(printed),
    )
    if set(codes.filter(pl.col("kind") == "group", pl.col("key").is_in(TOTALS))["code"]) & codes_here:
        # Any of the others may be a member.
        return sorted(codes_here)
    for code in printed:
        whole = code
        for _ in above:
            if not (whole := above.get(whole, "")):
                break
            if whole in codes_here:
                chosen |= {code, whole}
    return sorted(chosen)


def _codes(code_list: str) -> pl.DataFrame:
    return partner_codes(code_list).select("code", "kind", "part_of", key="partner").unique("code", keep="last")


def _in_printed(known: pl.DataFrame, printed: pl.DataFrame, codes: pl.DataFrame, cell: Sequence[str]) -> pl.DataFrame:
    """The rows, each with the nearest printed total above it: without a total of the EU, that of the world."""
    above = codes.select(part_of="code", next="part_of")
    printed = printed.with_columns(there=True)
    # A table of one's own may go round in a circle; no way up is longer than there are codes.
    for _ in range(codes.height + 1):
        joined = known.join(printed, on=[*cell, "part_of"], how="left", maintain_order="left", nulls_equal=True)
        joined = joined.join(above, on="part_of", how="left", maintain_order="left")
        is_there = pl.col("there").fill_null(False) | (pl.col("next").fill_null("") == "")
        moved = joined.with_columns(part_of=pl.when(is_there).then("part_of").otherwise("next")).drop("there", "next")
        if moved["part_of"].equals(known["part_of"]):
            break
        known = moved
    return known


def exact(name: str) -> pl.Expr:
    """A printed number in millionths, exactly, as Int128; null for other text."""
    text = pl.col(name).cast(pl.String).str.replace_all(",", "", literal=True)
    millionths = pl.when(text.str.contains(NUMBER)).then(text).cast(pl.Decimal(38, DECIMALS_MAX)) * 10**DECIMALS_MAX
    return pl.Expr.cast(millionths, pl.Int128)


def _difference(row: dict[str, Any], cell: Sequence[str], where: str) -> dict[str, str]:
    total, amount = (shown(int(str(row[name]))) for name in ("total", "amount"))
    again = row["again"]
    return finding(
        "total_differs",
        "error",
        " ".join(str(row[name]) for name in cell),
        records=row["records"] or (),
        of_trade=True,
        values=(float(str(row["total"])) / 10**DECIMALS_MAX, float(str(row["amount"])) / 10**DECIMALS_MAX, None),
        observed=(
            f"{row['part_of']} prints {total}, its {counted(int(str(row['parts'])), 'part')} add up to"
            f" {amount}{f'; partner {again} comes more than once' if again else ''}"
        ),
        expected="a printed total that is the sum of its parts",
        advice=(
            "Ask again for every partner; where the source itself differs, approve, and it is published as the parts"
            " say."
        ),
    )


def shown(millionths: int) -> str:
    """An amount in millionths, as 1,234.5."""
    whole, rest = divmod(abs(millionths), 10**DECIMALS_MAX)
    decimals = f"{rest:06d}".rstrip("0")
    return f"{'-' if millionths < 0 else ''}{whole:,}{'.' + decimals if decimals else ''}"
