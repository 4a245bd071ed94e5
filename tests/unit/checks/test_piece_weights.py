"""What a piece weighs: a quantity in another unit than that of its other months is named."""

import random
from pathlib import Path

import pytest
from bad_inputs.case import Case, Publish, read
from bad_inputs.download import HORSES, Record, csv_bytes

from schemas.reference.code_tables import code_table
from tasks.checks import piece_weights
from tasks.checks.registry import checks

HORSE_KG = 450


def record(month: int, heads: str, kilograms: str, partner: str = "502") -> Record:
    return (f"2024{month:02d}", *HORSES, partner, "某国", heads, "头", kilograms, "千克", "900,000")


def year(change: tuple[int, str, str] | None = None, months: int = 12) -> bytes:
    """Horses to a partner, each month some more, by head and by weight; `change` gives both numbers of a month."""
    usual = {month: (str(100 + month), str((100 + month) * HORSE_KG)) for month in range(1, months + 1)}
    return csv_bytes(
        [record(month, *both) for month, both in (usual | ({change[0]: change[1:]} if change else {})).items()]
    )


def raised(data: bytes, folder: Path) -> list[tuple[str, str, str]]:
    _, findings = read(Case("", data, Publish(), declared={"partners": "listed"}), folder)
    return findings.filter(check="piece_weight").select("severity", "subject", "observed").rows()


@pytest.mark.parametrize(
    ("change", "observed"),
    [
        ((5, "105000", str(105 * HORSE_KG)), "0.45 kg per item"), ((5, "105", str(105 * HORSE_KG * 1000)), "4.5e+05 kg per item"),
        ((12, "112000", str(112 * HORSE_KG)), "0.45 kg per item"),
    ],
)  # fmt: skip
def test_pieces_in_thousands_and_tonnes_for_kilograms_are_named(
    change: tuple[int, str, str], observed: str, tmp_path: Path
) -> None:
    ((severity, subject, said),) = raised(year(change), tmp_path)
    assert (severity, subject) == ("warning", f"export 01012100 USA 2024-{change[0]:02d}")
    assert said.startswith(observed)


@pytest.mark.parametrize(
    ("change", "months"),
    [
        (None, 12), ((5, "5250", str(105 * HORSE_KG)), 12), ((5, "105000", "9"), 12), ((5, "105000", str(105 * HORSE_KG)), 6), ((5, "0", "0"), 12),
    ],
)  # fmt: skip
def test_heavier_goods_samples_and_short_histories_are_usual(
    change: tuple[int, str, str] | None, months: int, tmp_path: Path
) -> None:
    """A factor of fifty may be other goods; below a tonne a month is samples; of five other months nobody knows what is usual."""
    assert raised(year(change, months), tmp_path) == []


def test_a_thousand_months_whose_pieces_weigh_up_to_ten_times_as_much_raise_none(tmp_path: Path) -> None:
    weights = random.Random(7)
    partners = code_table("partners").filter(valid_to="", kind="country")["gacc_code"].head(84)
    rows = [
        record(month, str(heads := 100 + month), str(heads * round(HORSE_KG * weights.uniform(0.1, 1))), partner)
        for partner in partners
        for month in range(1, 13)
    ]
    assert len(rows) == 1008
    assert raised(csv_bytes(rows), tmp_path) == []


def test_it_is_registered() -> None:
    assert piece_weights.__name__.rpartition(".")[2] in {one.name.partition(".")[0] for one in checks()}
