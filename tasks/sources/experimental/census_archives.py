"""Adds up the records of a monthly archive of the United States Census Bureau, which `us_census_bulk.toml` declares.

Layout: fixed width, no header, CRLF, numbers right-aligned in fifteen columns. `IMP_DETL.TXT` has a row for each code,
country, country subcode (a preference that was claimed), district of entry and of unlading, and rate provision;
`EXP_DETL.TXT` one for each code, country, district, and domestic (1) or foreign goods (2). Each has the numbers of the
month and those of the year to date. `Documentation/*.lay` describes the layout: where it names the fields, its places
count; otherwise those below. Names of members change their case from month to month.

`COMM` has the sum of each code, `CTY` of each country, `DE` or `DIST` of each district: each number that is read is
compared with them in every one, and a difference holds the release. There are no rows of groups or totals, and an
archive with one is refused. A row stands once, and so does each sum: where all stand twice, they would still agree.
Units of quantity stand in `COMM`, or in `CONCORD`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import polars as pl

from schemas.frames import Reported
from schemas.reference.code_tables import partner_codes
from tasks.domain.doubt.findings import finding
from tasks.domain.errors import Refused
from tasks.domain.text import clip, counted
from tasks.sources.adapter.declaration import Spec
from tasks.sources.adapter.json_rows import FileRead
from tasks.sources.adapter.records import as_reported, doubt_copies
from tasks.sources.formats.fixed_width import Layout, Member, layout_of, members_of, read_blocks, stated_layout, text_of

AGAIN = "Download the archive of the month again, and give it as it is."
# Kinds of members: those of imports, of exports, and the list of codes of both.
STEM = re.compile(r"(?<![a-z])(?:imp_(?:detl|comm|cty|de)|exp_(?:detl|comm|cty|dist)|concord)(?![a-z])")
LAYOUT = ".lay"
DIGITS = 15
JANUARY = "01"
UNITS = ("unit_qy1", "unit_qy2")
MONTH = (("year", 4), ("month", 2))
NAMED = (("comm_desc", 50), ("unit_qy1", 3), ("unit_qy2", 3))
CONCORD = layout_of([("commodity", 10), ("descriptn", 150), ("abbreviatn", 50), ("unit_qy1", 3), ("unit_qy2", 3)])
IMPORT_NUMBERS = (
    "cards", "con_qy1", "con_qy2", "con_val", "dut_val", "cal_dut", "con_cha", "con_cif", "gen_qy1", "gen_qy2",
    "gen_val", "gen_cha", "gen_cif", "air_val", "air_wgt", "air_cha", "ves_val", "ves_wgt", "ves_cha", "cnt_val",
    "cnt_wgt", "cnt_cha",
)  # fmt: skip
EXPORT_NUMBERS = (
    "cards", "qty_1", "qty_2", "all_val", "air_val", "air_wgt", "ves_val", "ves_wgt", "cnt_val", "cnt_wgt",
)  # fmt: skip
QUANTITIES = ("con_qy1", "con_qy2", "gen_qy1", "gen_qy2", "qty_1", "qty_2")


def _layout(keys: Sequence[tuple[str, int]], numbers: Sequence[str], *, has_quantities: bool = True) -> Layout:
    """The places of keys, month and numbers, with the names that the descriptions of the layouts have for them."""
    present = [name for name in numbers if has_quantities or name not in QUANTITIES]
    named = [f"{name}_{span}" for span in ("mo", "yr") for name in present]
    return layout_of([*keys, *MONTH, *((name, DIGITS) for name in named)])


class Control(NamedTuple):
    """A member that has the sums of the detail over one key: its name without an ending, the key, its layout."""

    member: str
    key: str
    layout: Layout


class Database(NamedTuple):
    """One of the two archives: its direction, the layout of its detail, and the numbers that are read and compared with
    the `controls`; the first of them is the value that has a year to date."""

    flow: str
    detail: str
    layout: Layout
    numbers: tuple[str, ...]
    controls: tuple[Control, ...]


IMPORTS = Database(
    flow="import",
    detail="imp_detl",
    layout=_layout(
        [("commodity", 10), ("cty_code", 4), ("cty_subco", 2), ("dist_entry", 2), ("dist_unlad", 2), ("rate_prov", 2)],
        IMPORT_NUMBERS,
    ),
    numbers=(
        "gen_val_mo", "gen_cif_mo", "con_val_mo", "con_cif_mo", "dut_val_mo", "cal_dut_mo", "gen_qy1_mo", "gen_qy2_mo",
        "cards_mo", "gen_cha_mo", "gen_val_yr",
    ),
    controls=(
        Control("imp_comm", "commodity", _layout([("commodity", 10), *NAMED], IMPORT_NUMBERS)),
        Control(
            "imp_cty", "cty_code", _layout([("cty_code", 4), ("cty_name", 30)], IMPORT_NUMBERS, has_quantities=False)
        ),
        Control(
            "imp_de",
            "dist_entry",
            _layout([("dist_entry", 2), ("dist_name", 30)], IMPORT_NUMBERS, has_quantities=False),
        ),
    ),
)  # fmt: skip
EXPORTS = Database(
    flow="export",
    detail="exp_detl",
    layout=_layout([("df", 1), ("commodity", 10), ("cty_code", 4), ("district", 2)], EXPORT_NUMBERS),
    numbers=("all_val_mo", "qty_1_mo", "qty_2_mo", "cards_mo", "all_val_yr"),
    controls=(
        Control("exp_comm", "commodity", _layout([("df", 1), ("commodity", 10), *NAMED], EXPORT_NUMBERS)),
        Control(
            "exp_cty", "cty_code", _layout([("cty_code", 4), ("cty_name", 30)], EXPORT_NUMBERS, has_quantities=False)
        ),
        Control(
            "exp_dist", "district", _layout([("district", 2), ("dist_name", 30)], EXPORT_NUMBERS, has_quantities=False)
        ),
    ),
)
CELL = ("commodity", "cty_code")


def read(spec: Spec, raw: bytes, where: str) -> FileRead:
    """The sums of a month by code and country, in order of their first record: numbers as whole numbers, with the units
    of their code. Raises Refused; `where` names the archive."""
    files = members_of(raw, where)
    members = _by_stem(files, where)
    base = _database(members, files, where)
    detail = _read_detail(base, members, where)
    _refuse_groups(detail.cells, spec["code_list"], where)
    controls = [*_doubt_rows_twice(detail, base, where), *_doubt_controls(base, detail, members, where)]
    units, unit_doubts = _units(base, members, where)
    cells = detail.cells.join(units, on="commodity", how="left", maintain_order="left")
    return FileRead(
        cells.with_columns(year=pl.lit(detail.year), month=pl.lit(detail.month)),
        "ascii",
        [f"{counted(int(cells['parts'].sum()), 'record')} of districts and rate provisions"],
        [*controls, *unit_doubts],
        "" if controls else f"the sums of {', '.join(control.member.upper() for control in base.controls)}",
        _so_far(base, detail) if detail.month != JANUARY else None,
    )


class MonthDetail(NamedTuple):
    """The detail of a month, added up: by code and country (with `record`, `last_record` and `parts`), and the sums by
    each key of the control members; how many records stand twice, throughout."""

    year: str
    month: str
    cells: pl.DataFrame
    by_key: Mapping[str, pl.DataFrame]
    copies: int


def _by_stem(members: Mapping[str, Member], where: str) -> dict[str, Member]:
    """Texts by the word that their name has, descriptions of layouts by that word and `.lay`. Raises Refused for two of
    one word."""
    by_stem = dict[str, Member]()
    for name, member in members.items():
        if match := STEM.search(name):
            stem = match[0] + (LAYOUT if name.endswith(LAYOUT) else "")
            if stem in by_stem:
                other = f"{clip(by_stem[stem].name)} and {clip(member.name)}"
                raise Refused("archive", where, f"two files of one kind: {other}", AGAIN)
            by_stem[stem] = member
    return by_stem


def _database(members: Mapping[str, Member], files: Mapping[str, Member], where: str) -> Database:
    bases = [base for base in (IMPORTS, EXPORTS) if base.detail in members]
    if len(bases) != 1:
        names = ", ".join(clip(member.name) for member in [*files.values()][:8]) or "nothing"
        raise Refused(
            "both flows" if bases else "no detail",
            where,
            f"{'both' if bases else 'neither'} of IMP_DETL.TXT and EXP_DETL.TXT, but {names}",
            "Give IMDByymm.ZIP for imports or EXDByymm.ZIP for exports, as the Census Bureau packs them.",
        )
    return bases[0]


def _read(
    members: Mapping[str, Member], stem: str, layout: Layout, texts: Sequence[str], numbers: Sequence[str], where: str
) -> Iterator[pl.DataFrame]:
    """Blocks of a member, by the layout that the archive states for it, otherwise by ours."""
    if description := members.get(stem + LAYOUT):
        stated = stated_layout(text_of(description, where))
        if {*texts, *numbers} <= stated.keys():
            layout = stated
    return read_blocks(members[stem], layout, texts, numbers, where)


def _read_detail(base: Database, members: Mapping[str, Member], where: str) -> MonthDetail:
    keys = list(dict.fromkeys([*CELL, *(control.key for control in base.controls)]))
    others = [key for key in keys if key not in CELL]
    sums = [pl.col(name).sum() for name in base.numbers]
    cells, of_others = list[pl.DataFrame](), {key: list[pl.DataFrame]() for key in others}
    months, prints = set[tuple[str, str]](), list[pl.Series]()
    texts = [name for name, (_, width) in base.layout.items() if width != DIGITS]
    for block in _read(members, base.detail, base.layout, texts, base.numbers, where):
        # Some bytes of each of millions of records tell whether it came before.
        prints.append(block.drop("record").hash_rows())
        months |= {*block.select("year", "month").unique().iter_rows()}
        place = pl.col("record").min(), pl.col("record").max().alias("last_record"), pl.len().alias("parts")
        cells.append(block.group_by(CELL, maintain_order=True).agg(*place, *sums))
        for key in others:
            of_others[key].append(block.group_by(key).agg(sums))
    year, month = _the_month(months, where)
    place = pl.col("record").min(), pl.col("last_record").max(), pl.col("parts").sum()
    whole = pl.concat(cells).group_by(CELL, maintain_order=True).agg(*place, *sums).sort("record")
    by_key = {key: whole.group_by(key).agg(sums) for key in CELL}
    by_key |= {key: pl.concat(frames).group_by(key).agg(sums) for key, frames in of_others.items()}
    every = pl.concat(prints)
    return MonthDetail(year, month, whole, by_key, every.len() - every.n_unique())


def _the_month(months: set[tuple[str, str]], where: str) -> tuple[str, str]:
    if len(months) != 1:
        shown = ", ".join(f"{clip(year)}-{clip(month)}" for year, month in sorted(months)[:4])
        raise Refused("several months", where, f"months {shown} in one archive", AGAIN)
    return months.pop()


def _refuse_groups(cells: pl.DataFrame, code_list: str, where: str) -> None:
    """Raises Refused for a country that is a group or a total in the list of codes: its trade would count twice."""
    whole = partner_codes(code_list).filter(pl.col("kind").is_in(["group", "total"]))
    groups = cells.filter(pl.col("cty_code").is_in(whole["code"].implode()))
    if groups.height:
        raise Refused(
            "group among countries",
            f"{where}, record {groups['record'][0]}",
            f"country {groups['cty_code'][0]}, which is {whole.filter(code=groups['cty_code'][0])['name_en'][-1]}",
            f"An archive has single countries alone; with it their trade would count twice. {AGAIN}",
        )


def _doubt_rows_twice(detail: MonthDetail, base: Database, where: str) -> Iterator[dict[str, str]]:
    if detail.copies:
        yield finding(
            "row_twice",
            "error",
            f"{where}, {base.detail.upper()}.TXT",
            observed=f"{counted(detail.copies, 'record')} that agree with another one throughout",
            expected="each record once",
            advice=f"Their sum would count trade twice. {AGAIN}",
        )


def _units(base: Database, members: Mapping[str, Member], where: str) -> tuple[pl.DataFrame, list[dict[str, str]]]:
    """The units of each code (commodity, unit_qy1, unit_qy2), empty where it has none."""
    comm = base.controls[0]
    for stem, layout in ((comm.member, comm.layout), ("concord", CONCORD)):
        if stem in members:
            frames = _read(members, stem, layout, ["commodity", *UNITS], [], where)
            units = pl.concat(frames).unique(["commodity", *UNITS], maintain_order=True)
            # A code has one row for domestic and one for foreign goods, and the same units in both.
            twice = units.filter(pl.col("commodity").is_duplicated())
            doubts = _doubt_two_units(twice, stem, where) if twice.height else []
            return units.unique("commodity", keep="none").select("commodity", *UNITS), doubts
    return pl.DataFrame(schema=dict.fromkeys(("commodity", *UNITS), pl.String)), []


def _doubt_two_units(twice: pl.DataFrame, stem: str, where: str) -> list[dict[str, str]]:
    return [
        finding(
            "unit_differs",
            "error",
            f"{where}, {stem.upper()}",
            observed=f"{counted(twice['commodity'].n_unique(), 'code')} with two units, first {twice['commodity'][0]}",
            expected="one unit of each quantity of a code",
            advice=f"Their quantities are not known. {AGAIN}",
        )
    ]


def _doubt_controls(
    base: Database, detail: MonthDetail, members: Mapping[str, Member], where: str
) -> Iterator[dict[str, str]]:
    """Finds numbers that differ from the sums that the archive itself prints, and sums that are not there."""
    for control in base.controls:
        if control.member not in members:
            yield finding(
                "no_control_total",
                "error" if control.key == "commodity" else "warning",
                f"{where}, {control.member.upper()}.TXT",
                observed="no such file in the archive",
                expected=f"the sums of each {control.key}, to compare the records with",
                advice=f"{AGAIN} If it has none there, compare some numbers with the site, and approve.",
            )
            continue
        numbers = [name for name in base.numbers if name in control.layout]
        texts = [name for name in (control.key, "df", "year", "month") if name in control.layout]
        read = _read(members, control.member, control.layout, texts, numbers, where)
        printed = pl.concat(read)
        yield from _doubt_month(printed, detail, control, where)
        place = f"{where}, {control.member.upper()}.TXT"
        yield from doubt_copies(printed, [control.key, *(["df"] if "df" in control.layout else [])], place)
        sums = printed.group_by(control.key).agg(pl.col(name).sum() for name in numbers)
        yield from _differences(sums, detail, control, numbers, where)


def _doubt_month(printed: pl.DataFrame, detail: MonthDetail, control: Control, where: str) -> Iterator[dict[str, str]]:
    other = printed.filter((pl.col("year") != detail.year) | (pl.col("month") != detail.month))
    if other.height:
        yield finding(
            "other_month",
            "error",
            f"{where}, {control.member.upper()}.TXT",
            observed=f"{clip(other['year'][0])}-{clip(other['month'][0])} in record {other['record'][0]}",
            expected=f"{detail.year}-{detail.month}, as in the detail",
            advice=AGAIN,
        )


def _differences(
    printed: pl.DataFrame, detail: MonthDetail, control: Control, numbers: Sequence[str], where: str
) -> Iterator[dict[str, str]]:
    sums = detail.by_key[control.key]
    both = printed.join(sums, on=control.key, how="full", coalesce=True, suffix="_sum").fill_null(0)
    for name in numbers:
        wrong = both.filter(pl.col(name) != pl.col(f"{name}_sum")).sort(control.key)
        if wrong.height:
            row = wrong.row(0, named=True)
            yield finding(
                "total_differs",
                "error",
                f"{where}, {control.member.upper()}.TXT, {name}",
                records=_records_of(detail.cells, wrong, control.key),
                of_trade=True,
                values=(row[name], row[f"{name}_sum"], None),
                observed=(
                    f"{counted(wrong.height, 'sum')} of {both.height:,} that differ; the first, {control.key}"
                    f" {clip(str(row[control.key]))}, is printed as {row[name]:,}, its records add up to"
                    f" {row[f'{name}_sum']:,}; in all {int(both[name].sum()):,} and {int(both[f'{name}_sum'].sum()):,}"
                ),
                expected="a printed sum that is the sum of its records",
                advice=f"{AGAIN} Where the source itself differs, approve, and it is published as the records say.",
            )


def _records_of(cells: pl.DataFrame, wrong: pl.DataFrame, key: str) -> list[int]:
    """The first records of the cells of these sums; none of sums by what is no part of a number, such as districts."""
    return cells.join(wrong, on=key, how="semi")["record"].to_list() if key in cells.columns else []


def _so_far(base: Database, detail: MonthDetail) -> Reported:
    """The year to date of each code and country, as a record of the month: also of those without trade in it."""
    number = base.numbers[0].replace("_mo", "_yr")
    return as_reported(
        detail.cells.select(
            "record",
            flow=pl.lit(base.flow),
            period=pl.lit(f"{detail.year}-{detail.month}"),
            product="commodity",
            partner="cty_code",
            value=pl.col(number).cast(pl.String),
            currency=pl.lit("USD"),
        )
    )
