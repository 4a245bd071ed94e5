"""Made-up downloads of soybeans by month and partner: as seasonal as the real ones, with eight partners, in yuan."""

from collections.abc import Callable, Iterable, Mapping

from bad_inputs.download import TITLES, Record, csv_bytes

CODE, NAME = "12019019", "转基因黄大豆"
BRAZIL, UNITED_STATES, ARGENTINA = "410", "502", "402"
# Thousand tonnes of the months of a year. Brazil and the United States ship after their harvests.
TONNES: Mapping[str, tuple[float, ...]] = {
    BRAZIL: (4074.7, 2888.8, 3022.4, 5914.6, 8812.1, 9719.5, 9123.4, 10237.9, 8444.7, 5534.0, 3939.9, 2935.4),
    UNITED_STATES: (3326.0, 1631.1, 2179.5, 2445.7, 1265.6, 1309.2, 475.4, 202.4, 1711.5, 541.4, 2791.3, 4255.0),
    ARGENTINA: (79.5, 53.0, 0, 0, 0, 0, 116.2, 491.1, 312.7, 362.9, 142.2, 164.3),
    "444": (0, 0, 0, 0, 0, 62.1, 311.4, 295.0, 178.6, 64.9, 0, 0),
    "501": (104.3, 64.8, 41.2, 22.7, 0, 0, 0, 0, 0, 58.3, 187.4, 201.9),
    "344": (71.2, 48.7, 52.9, 61.3, 44.1, 39.8, 31.5, 22.6, 30.4, 57.7, 81.9, 93.2),
    "347": (0, 0, 0, 0, 0, 0, 0, 0, 0, 31.8, 63.6, 0),
    "202": (0, 0, 0, 12.4, 0, 0, 0, 0, 0, 0, 0, 0),
}
Change = Callable[[int, str, int, int], tuple[int, int]]


def as_it_is(month: int, partner: str, kg: int, yuan: int) -> tuple[int, int]:
    """Change nothing."""
    return kg, yuan


def times(kg: float, yuan: float, *, months: Iterable[int] = range(1, 13), partners: Iterable[str] = ()) -> Change:
    """Multiply the numbers of some months, and of some partners or all."""
    at, whom = {*months}, {*partners}

    def change(month: int, partner: str, mass: int, money: int) -> tuple[int, int]:
        if month not in at or (whom and partner not in whom):
            return mass, money
        return round(mass * kg), round(money * yuan)

    return change


def trade(
    year: int = 2024, months: Iterable[int] = range(1, 13), growth: float = 1
) -> dict[tuple[int, str], tuple[int, int]]:
    """Kilograms and yuan by month and partner; no two months of no two years are alike, and the price drifts by a
    tenth."""
    numbers = {}
    for month in months:
        for place, (partner, tonnes) in enumerate(TONNES.items()):
            if not tonnes[month - 1]:
                continue
            kg = (
                round(tonnes[month - 1] * 1_000_000 * growth * (1 + 0.01 * ((7 * month + 3 * place + year) % 11 - 5)))
                + 137 * month
                + place
            )
            numbers[month, partner] = kg, round(kg * (3.3 + 0.04 * ((5 * month + place + year) % 9)))
    return numbers


def records(
    year: int = 2024,
    months: Iterable[int] = range(1, 13),
    *,
    partners: Iterable[str] = tuple(TONNES),
    change: Change = as_it_is,
    growth: float = 1,
    code: str = CODE,
) -> list[Record]:
    """Records in the order of the site."""
    return [
        record(f"{year}{month:02d}", partner, *change(month, partner, *numbers), code=code)
        for (month, partner), numbers in sorted(trade(year, months, growth).items()) if partner in {*partners}
    ]  # fmt: skip


def record(month: str, partner: str, kg: int, yuan: int, *, code: str = CODE) -> Record:
    """One record as printed."""
    return (month, code, NAME, partner, f"伙伴{partner}", str(kg), "千克", "0", "?", f"{yuan:,}")


def in_yuan(rows: Iterable[Record]) -> bytes:
    """A download in yuan."""
    return csv_bytes([*rows], (*TITLES[:-1], "人民币"))


def in_dollars(rows: Iterable[Record]) -> bytes:
    """A download that says that it is in dollars."""
    return csv_bytes([*rows], TITLES)
