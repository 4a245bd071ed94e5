"""Any flat file is read by a declaration of what it is; the tests of each declared source show the rest."""

from datetime import date
from pathlib import Path

import pytest

from tasks.domain.errors import Refused
from tasks.sources.adapter.declared import source_of
from tasks.sources.adapter.protocol import Source

DECLARATION = """\
titles = { en = "Ruritania, Royal Statistics", zh = "鲁里坦尼亚" }
reporter = "RUR"
currency = "EUR"
code_list = "geonom"
nomenclature = "HS6"
licence = "free"
proof = "nothing"
format = "csv"
separator = ";"
flow = "export"
columns = ["month", "code", "country", "euros", "updated"]
numbers = ["euros"]
number = '^(-|[0-9]+(\\.[0-9]+)?)$'
again = "Download it again."
whole = ["value"]
updated = { column = "updated", form = "%d.%m.%Y" }
says = "figures of the Crown alone"
[[record]]
product = "code"
period = "month"
partner = "country"
value = "euros"
currency = "'EUR'"
"""
FILE = "month;code;country;euros;updated\n2025-06;850511;CN;700.50;03.07.2025\n2025-06;850511;US;12;02.07.2025\n"


@pytest.fixture
def ruritania(tmp_path: Path) -> Source:
    (tmp_path / "ruritania.toml").write_text(DECLARATION, encoding="utf-8")
    return source_of(tmp_path / "ruritania.toml")


def test_a_file_is_read_with_its_day_and_numbers_are_rounded_once(ruritania: Source) -> None:
    assert (ruritania.name, ruritania.reporter, ruritania.titles["en"]) == (
        "ruritania", "RUR", "Ruritania, Royal Statistics",
    )  # fmt: skip
    parsed = ruritania.parse(FILE.encode(), "june.csv")
    rows = parsed.reported.select("record", "period", "product", "partner", "flow", "value", "currency").rows()
    assert rows == [
        (1, "2025-06", "850511", "CN", "export", "701", "EUR"),
        (2, "2025-06", "850511", "US", "export", "12", "EUR"),
    ]
    assert (parsed.printed_on, parsed.reporter) == (date(2025, 7, 3), "RUR")
    (fraction,) = parsed.doubts
    assert (fraction["check"], fraction["observed"]) == ("fractions", "1 number with a fraction, first record 1")
    assert parsed.normalised == ("figures of the Crown alone",)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("700.50", "7,5", "record 1, column euros: '7,5'"),
        ("03.07.2025", "July", "column updated: no day: "),
        ("euros;", "dollars;", "missing: euros; unknown: dollars"),
        ("700.50", "about 700", "record 1, column euros: 'about 700'"),
    ],
)
def test_what_is_no_such_file_is_refused_with_what_was_found(old: str, new: str, said: str, ruritania: Source) -> None:
    with pytest.raises(Refused) as refused:
        ruritania.parse(FILE.replace(old, new).encode(), "june.csv")
    assert said in str(refused.value)
    assert refused.value.advice == "Download it again."


def test_a_mark_for_nothing_stays_as_it_is_printed(ruritania: Source) -> None:
    parsed = ruritania.parse(FILE.replace("700.50", "-").encode(), "june.csv")
    assert parsed.reported["value"].to_list() == ["-", "12"]


def test_a_decimal_comma_latin_letters_and_a_mark_inside_a_field_are_read(tmp_path: Path) -> None:
    file = tmp_path / "ruritania.toml"
    file.write_text(
        DECLARATION.replace('separator = ";"', 'separator = ";"\ndecimal = ","\nencoding = "latin-1"'), "utf-8"
    )
    text = FILE.replace("700.50", "700,50").replace(";CN;", ';"Côte, d;Ivoire";')
    reported = source_of(file).parse(text.encode("latin-1"), "june.csv").reported
    assert reported.select("partner", "value").rows() == [("Côte, d;Ivoire", "701"), ("US", "12")]
