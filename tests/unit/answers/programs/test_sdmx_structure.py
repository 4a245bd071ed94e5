"""A data set in SDMX is read back by the library of the standard: structure and data joined, equal to what is read."""

import builtins
from pathlib import Path
from typing import Any, Literal

import polars as pl
import pytest
from bad_inputs.download import csv_bytes

from schemas.code_files import FOLDER
from schemas.figures import FIGURE_OF
from schemas.names import MISSING
from schemas.questions.export import Export
from tasks.answers.programs.sdmx import SCHEMA, SIGNS, numbers
from tasks.answers.programs.sdmx_structure import (
    ATTRIBUTES,
    DATA,
    DATA_ML,
    DIMENSIONS,
    STATUS_NAMES,
    STRUCTURE,
    DataSet,
    data_set,
)
from tasks.catalogs.extra import MissingExtra
from tasks.reading.query import query
from tests.unit.corrected_store import KNOWN, corrected_store
from tests.unit.customs import Store

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")

LISTED = ("FREQ", "REPORTER", "PARTNER", "PRODUCT", "FLOW", "INDICATORS", "OBS_STATUS", "MADE")
OBSERVATIONS = 100_000


def written(found: DataSet, folder: Path) -> tuple[Path, Path]:
    for name, data in found.files.items():
        (folder / name).write_bytes(data)
    return folder / DATA, folder / STRUCTURE


def read_back(found: DataSet, folder: Path, data: str = DATA) -> Any:
    """The data set as pysdmx reads it, with its structure, which it validates by the schemas of the standard."""
    from pysdmx.io import get_datasets

    written(found, folder)
    (dataset,) = get_datasets(folder / data, folder / STRUCTURE)
    return dataset


def level_rows(store: Store, **asked: Any) -> pl.DataFrame:
    """The keys and levels of `read`, as ids of SDMX."""
    rows = query(store.store, "metric", **asked)
    key = (
        pl.col(name).cast(pl.String).str.replace_many([*SIGNS], [*SIGNS.values()]) for name in ("partner", "product")
    )
    return rows.select(
        *key, pl.col("measure").cast(pl.String).str.to_uppercase(), pl.col("period").dt.strftime("%Y-%m"), "level"
    )


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return corrected_store(tmp_path_factory.mktemp("corrected"))


@pytest.mark.parametrize(
    ("edition", "data", "kind", "of_all"),
    [("3.0", DATA, "Dataflow", {"KNOWN_ON"}), ("2.1", DATA_ML, "DataStructure", set())],
)
def test_structure_and_data_are_joined_and_equal_to_what_is_read_on_each_day(
    store: Store, tmp_path: Path, edition: Literal["3.0", "2.1"], data: str, kind: str, of_all: set[str]
) -> None:
    for day in (None, *KNOWN):
        dataset = read_back(data_set(Export(as_of=day, store=store.store, sdmx_ml=edition)), tmp_path, data)
        assert dataset.structure.short_urn == f"{kind}=TIDEWAITER:TRADE(1.0.0)"
        assert {*dataset.attributes} == of_all
        columns = ["PARTNER", "PRODUCT", "INDICATORS", "TIME_PERIOD", "OBS_VALUE"]
        cells = dataset.data[columns].astype(object)
        found = [tuple(row) for row in cells.where(cells.notna(), None).itertuples(index=False)]
        wanted = level_rows(store, **({} if day is None else {"as_of": day})).rows()
        assert {row[:4]: row[4] for row in found} == {row[:4]: row[4] for row in wanted}
        assert len(found) == len(wanted)


def test_every_code_has_its_list_with_names_in_both_languages(sample_store: Path, tmp_path: Path) -> None:
    from lxml import etree
    from pysdmx.io import read_sdmx

    found = data_set(Export(figure=numbers(), store=sample_store))
    _, structure = written(found, tmp_path)
    lists = {one.id: one for one in read_sdmx(structure).get_codelists()}
    assert {*lists} == {f"CL_{name}" for name in LISTED}
    for name in LISTED:
        assert [code.id for code in lists[f"CL_{name}"]] == sorted({*found.rows[name]} - {None})
    names: dict[str, dict[str, str]] = {}
    xml = "{http://www.w3.org/XML/1998/namespace}lang"
    for code in etree.parse(structure).iterfind(".//{*}Codelist/{*}Code"):
        names[code.get("id")] = {one.get(xml): one.text for one in code.iterfind("{*}Name")}
    assert names["DEU"] == {"en": "Germany", "zh": "德国"}
    assert names["basket@rare_earth_magnets"] == {"en": "Rare earth magnets", "zh": "稀土永磁体"}
    assert names["VALUE_USD"] == {"en": "value, USD", "zh": "金额（USD）"}
    assert names["QUANTITY_KG_YOY_PCT"]["zh"] == "数量（kg）：同比，%"
    assert names["CHN"] == {"en": "China", "zh": "中国"}
    assert [
        code
        for name in ("PARTNER", "INDICATORS", "OBS_STATUS")
        for code in {*found.rows[name]}
        if "zh" not in names[code]
    ] == []


def test_what_it_says_of_its_columns_is_whole() -> None:
    assert [name for name in numbers() if name != "level" and not FIGURE_OF[name].title_zh] == []
    assert {*SCHEMA} - {"STRUCTURE", "STRUCTURE_ID", "ACTION", "OBS_VALUE"} == {*DIMENSIONS, *ATTRIBUTES}
    assert {*STATUS_NAMES} == {"A", "B", "K", "L", "M", "O", "P", "U"}


def test_the_same_data_set_has_the_same_bytes(store: Store) -> None:
    first, second = (data_set(Export(store=store.store, sdmx_ml="2.1")).files for _ in range(2))
    assert first == second
    assert [*first] == [DATA, STRUCTURE, DATA_ML]
    assert b"sdmxml/schemas/v2_1/" in first[STRUCTURE]


def test_without_the_library_it_says_what_to_install(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def absent(name: str, *rest: Any) -> Any:
        if name.startswith("pysdmx"):
            raise ModuleNotFoundError(name="pysdmx")
        return real(name, *rest)

    monkeypatch.setattr("importlib.import_module", absent)
    with pytest.raises(MissingExtra, match=r"needs the package pysdmx, .* pip install 'tidewaiter\[sdmx\]'"):
        data_set(Export(store=store.store))


def many(codes: int, months: tuple[str, ...]) -> bytes:
    """A made-up query of many goods with all partners that customs number: synthetic."""
    partners = pl.read_csv(FOLDER / "partners.csv", infer_schema=False).filter(kind="country")
    numbers = partners.drop_nulls("gacc_code").unique("gacc_code", maintain_order=True)["gacc_code"].to_list()
    goods = [f"{chapter:02d}{heading:02d}1000" for chapter in range(1, 77) for heading in (1, 2)][:codes]
    return csv_bytes([
        (month, code, "商品", partner, "某国", str(1000 + 7 * place + at), "千克", "0", "?", f"{2000 + place + at:,}")
        for month in months
        for place, code in enumerate(goods)
        for at, partner in enumerate(numbers)
    ])  # fmt: skip


def test_a_hundred_thousand_observations_are_equal_to_what_is_read_and_each_missing_one_has_its_reason(
    tmp_path: Path,
) -> None:
    from pysdmx.io import read_sdmx

    store = Store(tmp_path / "many")
    store.ingest(many(44, ("202505", "202506")), products=None)
    found = data_set(Export(figure=["level", "mom_pct"], store=store.store))
    assert found.rows.height >= OBSERVATIONS
    dataset = read_back(found, tmp_path)
    data = dataset.data
    assert len(data) == found.rows.height
    values = data["OBS_VALUE"].astype(float)
    assert (values.isna() == data["COMMENT_OBS"].isin([*MISSING.values()])).all()
    assert 0 < values.isna().sum() < len(data)
    # The library guesses that codes of digits are numbers; the code list gives the zero back.
    lists = {one.id: one for one in read_sdmx(tmp_path / STRUCTURE).get_codelists()}
    whole = {code.id.lstrip("0"): code.id for code in lists["CL_PRODUCT"]}
    products = data["PRODUCT"].map(lambda code: whole[str(code).lstrip("0")])
    is_level = ~data["INDICATORS"].str.endswith("_MOM_PCT")
    keys = zip(
        data["PARTNER"][is_level], products[is_level], data["INDICATORS"][is_level], data["TIME_PERIOD"][is_level],
        strict=True,
    )  # fmt: skip
    of_level = values[is_level].astype(object)
    got = dict(zip(keys, of_level.where(of_level.notna(), None), strict=True))
    assert got == {row[:4]: row[4] for row in level_rows(store).rows()}
