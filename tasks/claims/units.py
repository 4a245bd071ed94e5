"""Defines the units of claims, as newspapers write them, and their size in the ledger's units."""

from schemas.code_files import money
from tasks.domain.errors import Unclear

SCALES = {"": 1, "thousand": 10**3, "million": 10**6, "billion": 10**9}
TONNES = ("t", "ton", "tons", "tonne", "tonnes", "mt", "metric ton", "metric tons", "metric tonnes")
# What people call the money of a measure, and the Chinese word. A yen sign may mean yuan, so it is none of them.
MONEY = {measure: (tuple(row["words"].split("|")), row["counted_zh"]) for measure, row in money().items()}
_, *_OTHERS = (row["currency"] for row in money().values())


def _scaled(names: tuple[str, ...], size: int) -> dict[str, int]:
    """Return the sizes of thousands, millions and billions of a unit; the scale may come before or after the name."""
    pairs = [(scale, name, size * times) for scale, times in SCALES.items() for name in names]
    return {" ".join(words).strip(): worth for one, other, worth in pairs for words in ((one, other), (other, one))}


# Size of one printed unit in kilograms or in whole money.
UNITS = {
    "quantity_kg": (
        _scaled(TONNES, 1000)
        | {
            "吨": 1000,
            "噸": 1000,
            "tonnen": 1000,
            "公吨": 1000,
            "톤": 1000,
            "トン": 1000,
            "kg": 1,
            "千克": 1,
            "公斤": 1,
            "kt": 10**6,
            "千吨": 10**6,
            "万吨": 10**7,
            "萬噸": 10**7,
            "mmt": 10**9,
        }
    ),
    **{
        measure: _scaled(names, 1) | {chinese: 1, f"万{chinese}": 10**4, f"亿{chinese}": 10**8}
        for measure, (names, chinese) in MONEY.items()
    },
}
# Upper and lower case make different units: MT and mt are metric tons.
MEGATONNE, MEGATONNE_KG = "Mt", 10**9
# Kilograms that a price refers to, and its currency.
PRICES = {
    f"{name}{per}": (kilograms, measure)
    for measure, (names, _) in MONEY.items()
    for name in names
    for per, kilograms in (
        ("/t", 1000),
        ("/tonne", 1000),
        ("/kg", 1),
        (" per tonne", 1000),
        (" per ton", 1000),
        (" per kg", 1),
    )
} | {
    f"{chinese}{per}": (kilograms, measure)
    for measure, (_, chinese) in MONEY.items()
    for per, kilograms in (("/吨", 1000), ("/千克", 1))
}
FOLD = "fold"
TIMES = ("times", "x", FOLD, "倍")


def read_unit(unit: str, kind: str, measure: str) -> tuple[int, str, str, str]:
    """Return the size of the unit in the ledger's, the kind of figure that it makes, its measure, the unit as shown.
    Raises Unclear.
    """
    if kind == "level":
        return _size(unit, measure), kind, measure, unit
    if kind == "unit_value":
        if unit.lower() not in PRICES:
            raise Unclear(
                f"the unit {unit!r} is none that we know; USD/t or USD/kg; the money may be {', '.join(_OTHERS[:-1])}"
                f" or {_OTHERS[-1]}"
            )
        return PRICES[unit.lower()][0], kind, PRICES[unit.lower()][1], unit
    if unit.lower() in TIMES and kind not in ("share", "duty", "tariff"):
        return 1, f"{kind}_times", measure, FOLD if unit.lower() == FOLD else "times"
    if unit.lower() not in ("%", "％", "per cent", "percent", "pct", ""):
        raise Unclear(f"the unit {unit!r} is none for a growth, a share or a rate; %, or times for a growth")
    return 1, kind, measure, unit


def _size(unit: str, measure: str) -> int:
    size = MEGATONNE_KG if (unit, measure) == (MEGATONNE, "quantity_kg") else UNITS[measure].get(unit.lower())
    if size is None and measure != "quantity_kg" and any(unit.lower() in names for names in UNITS.values()):
        raise Unclear(f"the unit {unit!r} is not the currency of the metric {measure}")
    if size is None:
        raise Unclear(
            f"the unit {unit!r} is none that we know for this figure; one of t, tons, kt, Mt, 万吨, kg, million USD,"
            f" {', '.join(_OTHERS)}, 亿元"
        )
    return size
