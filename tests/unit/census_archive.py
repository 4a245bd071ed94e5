"""Builds small bulk archives of the Census Bureau: lines by the places that the official descriptions state (from 1),
and the members around them."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

IMPORT_BYTES, EXPORT_BYTES = 688, 323
# First and last place of the fields that tests write.
DETAIL = {
    "commodity": (1, 10), "cty_code": (11, 14), "cty_subco": (15, 16), "dist_entry": (17, 18), "dist_unlad": (19, 20),
    "rate_prov": (21, 22), "year": (23, 26), "month": (27, 28), "cards_mo": (29, 43), "con_val_mo": (74, 88),
    "dut_val_mo": (89, 103), "cal_dut_mo": (104, 118), "con_cif_mo": (134, 148),
    "gen_qy1_mo": (149, 163), "gen_qy2_mo": (164, 178), "gen_val_mo": (179, 193), "gen_cha_mo": (194, 208),
    "gen_cif_mo": (209, 223), "gen_val_yr": (509, 523), "gen_cif_yr": (539, 553),
}  # fmt: skip
COMM = {
    "commodity": (1, 10), "name": (11, 60), "unit_qy1": (61, 63), "unit_qy2": (64, 66), "year": (67, 70),
    "con_val_mo": (118, 132), "dut_val_mo": (133, 147), "cal_dut_mo": (148, 162), "con_cif_mo": (178, 192),
    "month": (71, 72), "cards_mo": (73, 87), "gen_qy1_mo": (193, 207), "gen_qy2_mo": (208, 222),
    "gen_val_mo": (223, 237), "gen_cha_mo": (238, 252), "gen_cif_mo": (253, 267), "gen_val_yr": (553, 567),
}  # fmt: skip
CTY = {
    "cty_code": (1, 4), "name": (5, 34), "year": (35, 38), "month": (39, 40), "cards_mo": (41, 55),
    "con_val_mo": (56, 70), "dut_val_mo": (71, 85), "cal_dut_mo": (86, 100), "con_cif_mo": (116, 130),
    "gen_val_mo": (131, 145), "gen_cha_mo": (146, 160), "gen_cif_mo": (161, 175), "gen_val_yr": (401, 415),
}  # fmt: skip
DE = {
    "dist_entry": (1, 2), "name": (3, 32), "year": (33, 36), "month": (37, 38), "cards_mo": (39, 53),
    "con_val_mo": (54, 68), "dut_val_mo": (69, 83), "cal_dut_mo": (84, 98), "con_cif_mo": (114, 128),
    "gen_val_mo": (129, 143), "gen_cha_mo": (144, 158), "gen_cif_mo": (159, 173), "gen_val_yr": (399, 413),
}  # fmt: skip
EXPORT = {
    "df": (1, 1), "commodity": (2, 11), "cty_code": (12, 15), "district": (16, 17), "year": (18, 21), "month": (22, 23),
    "cards_mo": (24, 38), "qty_1_mo": (39, 53), "qty_2_mo": (54, 68), "all_val_mo": (69, 83), "all_val_yr": (219, 233),
}  # fmt: skip
EXPORT_COMM = {
    "df": (1, 1), "commodity": (2, 11), "name": (12, 61), "unit_qy1": (62, 64), "unit_qy2": (65, 67),
    "year": (68, 71), "month": (72, 73), "cards_mo": (74, 88), "qty_1_mo": (89, 103), "qty_2_mo": (104, 118),
    "all_val_mo": (119, 133), "all_val_yr": (269, 283),
}  # fmt: skip
EXPORT_CTY = {
    "cty_code": (1, 4), "name": (5, 34), "year": (35, 38), "month": (39, 40), "cards_mo": (41, 55),
    "all_val_mo": (56, 70), "all_val_yr": (176, 190),
}  # fmt: skip
EXPORT_DIST = {
    "district": (1, 2), "name": (3, 32), "year": (33, 36), "month": (37, 38), "cards_mo": (39, 53),
    "all_val_mo": (54, 68), "all_val_yr": (174, 188),
}  # fmt: skip
Place = Mapping[str, tuple[int, int]]


class Row(NamedTuple):
    """A record of imports; the year to date is that of the month where it is None."""

    code: str = "8505110070"
    country: str = "5700"
    value: int = 1_000
    charges: int = 50
    quantity: int = 10
    second: int = 0
    district: str = "27"
    year_value: int | None = None
    cards: int = 1
    consumption: int = 0
    duty: int = 0
    dutiable: int = 0
    # Of imports for consumption, where they are not those of general imports.
    consumption_charges: int | None = None

    def fields(self, period: str) -> dict[str, Any]:
        """The fields by their official names."""
        charges = self.charges if self.consumption_charges is None else self.consumption_charges
        return {
            "commodity": self.code, "cty_code": self.country, "cty_subco": "00", "dist_entry": self.district,
            "dist_unlad": self.district, "rate_prov": "10", "year": period[:4], "month": period[5:],
            "cards_mo": self.cards, "con_val_mo": self.consumption, "cal_dut_mo": self.duty,
            "dut_val_mo": self.dutiable,
            "con_cif_mo": self.consumption + (charges if self.consumption else 0),
            "gen_qy1_mo": self.quantity, "gen_qy2_mo": self.second, "gen_val_mo": self.value,
            "gen_cha_mo": self.charges, "gen_cif_mo": self.value + self.charges,
            "gen_val_yr": self.value if self.year_value is None else self.year_value,
        }  # fmt: skip


def line(places: Place, fields: Mapping[str, Any], width: int) -> str:
    """A record: texts from the left, numbers from the right, zero where a number is not given."""
    record = [" "] * width
    for name, (first, last) in places.items():
        text = fields.get(name, 0 if name.endswith(("_mo", "_yr")) else "")
        size = last - first + 1
        record[first - 1 : last] = f"{text:>{size}}" if isinstance(text, int) else f"{text:<{size}}"
    return "".join(record)


def sums(rows: Sequence[Mapping[str, Any]], key: str) -> list[dict[str, Any]]:
    """The rows of one key added up, number by number."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        sum_of = found.setdefault(str(row[key]), {**row, **{name: 0 for name in row if name[-3:] in ("_mo", "_yr")}})
        for name in row:
            if name.endswith(("_mo", "_yr")):
                sum_of[name] += row[name]
    return [found[code] for code in sorted(found)]


def text(lines: Sequence[str], end: str = "\r\n") -> bytes:
    """Lines as a member has them."""
    return "".join(line + end for line in lines).encode("latin-1")


def members(
    rows: Sequence[Row] = (Row(),), period: str = "2025-06", units: Mapping[str, tuple[str, str]] | None = None
) -> dict[str, bytes]:
    """The members of an archive of imports, whose controls are the sums of these rows; a code without a unit has NO."""
    fields = [row.fields(period) for row in rows]
    units = units or {}
    coded = [
        {**row, "unit_qy1": units.get(row["commodity"], ("NO", ""))[0],
         "unit_qy2": units.get(row["commodity"], ("NO", ""))[1]}
        for row in sums(fields, "commodity")
    ]  # fmt: skip
    return {
        "IMP_DETL.TXT": text([line(DETAIL, row, IMPORT_BYTES) for row in fields]),
        "IMP_COMM.TXT": text([line(COMM, row, 732) for row in coded]),
        "IMP_CTY.TXT": text([line(CTY, row, 580) for row in sums(fields, "cty_code")]),
        "IMP_DE.TXT": text([line(DE, row, 578) for row in sums(fields, "dist_entry")]),
    }


def export_members(rows: Sequence[tuple[str, str, str, str, int, int]], period: str = "2025-06") -> dict[str, bytes]:
    """The members of an archive of exports: df, code, country, district, quantity and value of each record."""
    fields = [
        {"df": df, "commodity": code, "cty_code": country, "district": district, "year": period[:4],
         "month": period[5:], "cards_mo": 1, "qty_1_mo": quantity, "qty_2_mo": 0, "all_val_mo": value,
         "all_val_yr": value, "unit_qy1": "KG"}
        for df, code, country, district, quantity, value in rows
    ]  # fmt: skip
    coded = [row for df in ("1", "2") for row in sums([row for row in fields if row["df"] == df], "commodity")]
    return {
        "EXP_DETL.TXT": text([line(EXPORT, row, EXPORT_BYTES) for row in fields]),
        "EXP_COMM.TXT": text([line(EXPORT_COMM, row, 373) for row in coded]),
        "EXP_CTY.TXT": text([line(EXPORT_CTY, row, 280) for row in sums(fields, "cty_code")]),
        "EXP_DIST.TXT": text([line(EXPORT_DIST, row, 278) for row in sums(fields, "district")]),
    }


def packed(files: Mapping[str, bytes]) -> bytes:
    """A ZIP archive of these files."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, data in files.items():
            opened.writestr(name, data)
    return archive.getvalue()


def archive(*rows: Row, period: str = "2025-06", **changed: bytes | None) -> bytes:
    """An archive of imports of these records; `changed` replaces a member (IMP_COMM=…), or leaves it out."""
    files = members(rows or (Row(),), period)
    files |= {f"{name}.TXT": data for name, data in changed.items() if data is not None}
    return packed({name: data for name, data in files.items() if changed.get(name[:-4], data) is not None})
