"""Makes the structure of an SDMX data set: dimensions, attributes, and code lists in English and Chinese, as SDMX-ML
3.0, or 2.1 with the observations.

Belongs here: what the columns of `sdmx` are, and the names of their codes. The library writes names in one language, so
the Chinese ones are added to what it has written.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

import polars as pl

from schemas.figures import FIGURE_OF
from schemas.names import MISSING, ORIGINS
from schemas.questions.export import Export
from schemas.questions.question import texts
from schemas.questions.read import Read
from tasks.answers.form.answer import Answer
from tasks.answers.programs.sdmx import (
    AGENCY,
    FLOW_CODES,
    FLOW_ID,
    SIGNS,
    VERSION,
    code_of,
    csv_of,
    indicator,
    observations,
)
from tasks.answers.trade.read import read
from tasks.catalogs.extra import extra
from tasks.domain.labels import country
from tasks.reading.resolver import Resolver

DATA, STRUCTURE, DATA_ML = "data.csv", "structure.xml", "data.xml"
# Code -> English and Chinese name; without a Chinese one None.
Names = Mapping[str, tuple[str, str | None]]
SCHEME = "CS_TRADE"
CONCEPT_URN = f"urn:sdmx:org.sdmx.infomodel.conceptscheme.Concept={AGENCY}:{SCHEME}({VERSION})."
USE = "the structure of a data set in SDMX"
# Column -> its name and type; those of CODED take codes of a list of their own.
DIMENSIONS = {
    "FREQ": "frequency",
    "REPORTER": "who reports",
    "PARTNER": "with whom goods are traded",
    "PRODUCT": "goods: a code of the reporter's nomenclature, a basket or a line",
    "FLOW": "direction",
    "INDICATORS": "measure, or a figure of one",
    "TIME_PERIOD": "month",
}
ATTRIBUTES = {
    "OBS_STATUS": ("state of the value, as in CL_OBS_STATUS of SDMX", "STRING"),
    "COMMENT_OBS": ("why a value is missing, or a growth is not quoted as it is", "STRING"),
    "MADE": ("how a value was made, or why it is missing", "STRING"),
    "DOUBT": ("open findings about what the value rests on", "STRING"),
    "COMPARABLE_FROM": ("month since which code, unit, basket and partner have meant the same", "DATE"),
    "KINDS": ("kind of release that the value rests on", "STRING"),
    "VALID_FROM": ("day from which a printed value of a month is the latest one", "DATE"),
    "UNIT_MEASURE": ("unit: a currency, KG, another unit, PC per cent, PP percentage points", "STRING"),
    "KNOWN_ON": ("day up to which everything published is in the data set", "DATE"),
}
# What is the same for a whole data set, or for all values of an indicator; the rest is of an observation.
ATTACHED = {"KNOWN_ON": "D", "UNIT_MEASURE": "INDICATORS"}
STATUS_NAMES: Names = {
    "A": ("Normal value", "正常值"),
    "B": ("Time series break", "序列中断"),
    "K": ("Data included in another category", "数据并入其他类别"),
    "L": ("Missing value; data exist but were not collected", "缺失值：存在但未采集"),
    "M": ("Missing value; data cannot exist", "缺失值：不可能存在"),
    "O": ("Missing value", "缺失值"),
    "P": ("Provisional value", "初步值"),
    "U": ("Low reliability", "可靠性低"),
}


class DataSet(NamedTuple):
    """Observations, the files of the data set by name, and what is said beside them."""

    rows: pl.DataFrame
    files: dict[str, bytes]
    remarks: tuple[str, ...]


def data_set(question: Export) -> DataSet:
    """Return figures of one reporter as observations with their structure.

    Raises ValueError for names that there are not and no rows, MissingExtra where the library is not installed, or in
    SDMX-ML 2.1 pandas, by which it writes observations.
    """
    extra("pysdmx.io", USE, "sdmx")
    figures = tuple(name.strip() for text in texts(question.figure) for name in text.split(","))
    read_question = Read(
        table="metric",
        product=question.product,
        partner=question.partner,
        month=question.month,
        measure=question.measure,
        flow=question.flow,
        as_of=question.as_of,
        reporter=question.reporter,
        names=False,
        store=question.store,
    )
    answer = read(read_question)
    ((reporter, part),) = answer.parts.items()
    rows = observations({reporter: part}, figures)
    if not rows.height:
        raise ValueError("; ".join(answer.remarks) or "there are no figures of this in the store")
    structure = Structure(rows, part, figures, question.sdmx_ml)
    files = {DATA: csv_of(rows), STRUCTURE: structure.file}
    files |= {DATA_ML: structure.data_file(rows)} if question.sdmx_ml == "2.1" else {}
    return DataSet(rows, files, (*answer.remarks, *([part.licence] if part.licence else [])))


class Structure:
    """The structure of the observations of one reporter in an edition of SDMX-ML, 3.0 or 2.1. Raises MissingExtra where
    the library is not installed."""

    def __init__(self, rows: pl.DataFrame, answer: Answer, figures: Iterable[str], edition: str) -> None:
        self.lists, self.edition = code_lists(rows, answer, figures), edition
        about = f"{answer.citation}{f' {answer.licence}' if answer.licence else ''}"
        self.objects = _objects(extra("pysdmx.model", USE, "sdmx"), self.lists, about, edition)
        # The same data set has the same structure to the byte.
        known = answer.as_of or answer.known_on
        self.day = known if isinstance(known, date) else date.fromisoformat(known)
        self.id = f"{AGENCY}-{answer.snapshot.id}"

    @property
    def file(self) -> bytes:
        """The structure as the bytes of a file."""
        written = self._written(self.objects, "STRUCTURE_SDMX_ML")
        return _with_chinese(written, {f"CL_{name}": codes for name, codes in self.lists.items()})

    def data_file(self, rows: pl.DataFrame) -> bytes:
        """Return observations as the bytes of a file; one without a value has none there, and its reason."""
        frames = extra("pysdmx.io.pd", "observations in SDMX-ML", "sdmx")
        (definition,) = (one for one in self.objects if hasattr(one, "to_schema"))
        values = rows.select(*DIMENSIONS, pl.col("OBS_VALUE").replace("NaN", None), *ATTRIBUTES)
        data = frames.PandasDataset(structure=definition.to_schema(), data=values.to_pandas())
        return self._written([data], "DATA_SDMX_ML", "_STR").encode()

    def _written(self, objects: list[Any], what: str, suffix: str = "") -> str:
        model, message = extra("pysdmx.model", USE, "sdmx"), extra("pysdmx.model.message", USE, "sdmx")
        io, forms = extra("pysdmx.io", USE, "sdmx"), extra("pysdmx.io.format", USE, "sdmx")
        header = message.Header(
            id=self.id,
            prepared=datetime(self.day.year, self.day.month, self.day.day, tzinfo=UTC),
            sender=model.Organisation(id=AGENCY),
        )
        form = forms.Format[f"{what}_{self.edition.replace('.', '_')}{suffix}"]
        written: str = io.write_sdmx(objects, form, header=header)
        return written


def code_lists(rows: pl.DataFrame, answer: Answer, figures: Iterable[str]) -> dict[str, Names]:
    """Return the codes of each column that has a list, with their names: those that the observations have."""
    names = Resolver(answer.snapshot).names
    present = {column: rows[column].unique().drop_nulls().sort().to_list() for column in rows.columns}
    measures = [] if not answer.rows.height else answer.rows["measure"].cast(pl.String).unique().sort().to_list()
    of_figures = {
        indicator(measure, figure): _indicator_names(measure, figure) for measure in measures for figure in figures
    }
    every: dict[str, Names] = {
        "FREQ": {"M": ("Monthly", "月度")},
        "REPORTER": {code: (country(code), country(code, "zh")) for code in present["REPORTER"]},
        "PARTNER": _names_of(names.partner, "partner"),
        "PRODUCT": _names_of(names.product, "product"),
        "FLOW": {FLOW_CODES["import"]: ("Import", "进口"), FLOW_CODES["export"]: ("Export", "出口")},
        "INDICATORS": of_figures,
        "OBS_STATUS": STATUS_NAMES,
        "MADE": {origin: (words, None) for origin, words in (ORIGINS | MISSING).items()},
    }
    return {
        column: {code: names_of.get(code, (_key(code), None)) for code in present[column]}
        for column, names_of in every.items()
    }


def _names_of(table: pl.DataFrame, key: str) -> Names:
    named = table.select(
        code_of(pl.col(key)),
        pl.coalesce("reference_en", "printed_en", "name", key),
        pl.coalesce("printed_zh", "reference_zh").alias("zh"),
    )
    return {code: (english, chinese) for code, english, chinese in named.iter_rows()}


def _indicator_names(measure: str, figure: str) -> tuple[str, str]:
    kind, _, unit = measure.removeprefix("unit_").partition("_")
    is_price = measure.startswith("unit_")
    unit = (unit.upper() if kind == "value" and not is_price else unit).replace("_", " ")
    english, chinese = (
        f"{'unit ' if is_price else ''}{kind}, {unit}",
        {"quantity": "数量", "value": "金额"}.get(kind, kind),
    )
    chinese = f"{'单价' if is_price else chinese}（{unit}）"
    if figure == "level":
        return english, chinese
    return f"{english}: {FIGURE_OF[figure].meaning}", f"{chinese}：{FIGURE_OF[figure].title_zh}"


def _key(code: str) -> str:
    """The key of an id."""
    for sign, written in SIGNS.items():
        code = code.replace(written, sign)
    return code


def _objects(model: Any, lists: Mapping[str, Names], about: str, edition: str) -> list[Any]:
    ours: dict[str, Any] = {"agency": AGENCY, "version": VERSION}
    columns = {**DIMENSIONS, "OBS_VALUE": "value", **{name: words for name, (words, _) in ATTRIBUTES.items()}}
    concepts = {name: model.Concept(id=name, name=words, urn=CONCEPT_URN + name) for name, words in columns.items()}
    codes = {
        name: model.Codelist(
            id=f"CL_{name}",
            name=columns[name],
            items=[model.Code(id=code, name=english) for code, (english, _) in names.items()],
            **ours,
        )
        for name, names in lists.items()
    }
    kinds, role = model.DataType, model.Role

    def component(name: str, of: Any, kind: Any, *, required: bool = True, **more: Any) -> Any:
        return model.Component(name, required, of, concepts[name], kind, local_codes=codes.get(name), **more)

    components = [
        component(name, role.DIMENSION, kinds.PERIOD if name == "TIME_PERIOD" else kinds.STRING) for name in DIMENSIONS
    ]
    components.append(component("OBS_VALUE", role.MEASURE, kinds.DOUBLE, required=False))
    for name, (_, kind) in ATTRIBUTES.items():
        # sdmx1 reads attributes of observations alone.
        required, level = name in ("OBS_STATUS", "MADE"), ATTACHED.get(name, "O") if edition == "3.0" else "O"
        components.append(
            component(name, role.ATTRIBUTE, getattr(kinds, kind), required=required, attachment_level=level)
        )
    definition = model.DataStructureDefinition(
        id=FLOW_ID, name="Trade by partner, product and month", components=model.Components(components), **ours
    )
    flow = model.Dataflow(id=FLOW_ID, name="Trade", description=about, structure=definition, **ours)
    scheme = model.ConceptScheme(id=SCHEME, name="Concepts of trade", items=[*concepts.values()], **ours)
    return [*codes.values(), scheme, definition, flow]


def _with_chinese(written: str, lists: Mapping[str, Names]) -> bytes:
    """Add the Chinese name of each code after its English one."""
    etree = extra("lxml.etree", USE, "sdmx")
    tree = etree.fromstring(written.encode())
    language = "{http://www.w3.org/XML/1998/namespace}lang"
    for code in tree.iterfind(".//{*}Codelist/{*}Code"):
        chinese = lists[code.getparent().get("id")][code.get("id")][1]
        name = code.find("{*}Name")
        if chinese:
            other = etree.Element(name.tag, {language: "zh"})
            other.text, other.tail = chinese, name.tail
            name.addnext(other)
    document: bytes = etree.tostring(tree, xml_declaration=True, encoding="UTF-8")
    return document
