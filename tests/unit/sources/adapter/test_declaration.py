"""A declaration that is wrong is refused when it is loaded, with its line and the reason."""

from pathlib import Path

import pytest

from tasks.domain.errors import Refused
from tasks.sources.adapter import declaration

SOUND = """\
titles = { en = "Ruritania, Royal Statistics", zh = "鲁里坦尼亚" }
reporter = "RUR"
currency = "EUR"
code_list = "geonom"
nomenclature = "HS6"
licence = "free"
proof = "nothing"
base = "https://stat.example"
format = "csv"
flow = "export"
columns = ["month", "code", "country", "tonnes", "euros", "sent", "back"]
numbers = ["tonnes", "euros", "sent", "back"]
again = "Download it again."
copies = ["month", "code", "country"]
[forms]
code = '^[0-9]{6}$'
[[sums]]
total = "euros"
parts = ["sent", "back"]
[derived]
weight = "CASE WHEN tonnes <> '-' THEN tonnes END"
[[rules]]
rule = "estimated"
severity = "warning"
when = "back = 'e'"
found = "{count} rows"
expected = "no estimate"
advice = "Wait."
[[record]]
product = "code"
period = "month"
partner = "country"
value = "euros"
currency = "'EUR'"
quantity = "weight"
quantity_unit = "'t'"
[fetch]
zone = "Europe/Paris"
form = "csv"
about = "year"
flows = { export = "exp" }
address = "{base}/{flow}_{year}.csv"
title = "Ruritania {year}"
"""
WRONG = {
    "a JSON of which nobody knows the rows": ('format = "csv"', 'format = "json"', 9, "format: no table [json], which"),
    "an unknown kind": ('licence = "free"', 'kind = "rumour"', 6, "kind: 'rumour' is not one of "),
    "totals among no partners": (
        "[forms]", '[printed]\npartner = "land"\ncell = []\nmonth = "month"\nnumbers = []\n[forms]', 16,
        "printed.partner: no column 'land'",
    ),
    "a flag that is no column": (
        "[forms]", '[[flags]]\ncolumn = "mark"\nstands = "^$"\nof = "euros"\n[forms]', 16,
        "flags.0.column: no column 'mark'",
    ),
    "a null without a condition": ("[forms]", '[nulls]\neuros = "code"\n[forms]', 16, "nulls.euros: 'code' is no"),
    "a row left out, and no why": ("[forms]", "[[left_out]]\nwhen = \"code = ''\"\n[forms]", 15, "left_out.0: no why"),
    "a sum over no column": ("[forms]", '[sum]\nby = ["land"]\nof = "ports"\n[forms]', 16, "sum.by: no column 'land'"),
    "several expressions of which one is wrong": (
        '"CASE WHEN tonnes <> \'-\' THEN tonnes END"', '["tonnes", "tons"]', 21, "'tons' cannot be computed: ",
    ),
    "codes in an address without a sign between them": (
        'about = "year"', 'about = "year"\nproducts = { each = "{code}" }', 41, "fetch.products: no join",
    ),
    "no TOML": ('flow = "export"', "flow = export", 10, "no valid TOML"),
    "a table twice": ("[derived]", "[forms]", 20, "no valid TOML"),
    "an unknown key": ("again =", "agian =", 13, "agian: no such key; the keys are again, "),
    "a key that lacks": ('reporter = "RUR"\n', "", 1, "no reporter"),
    "a number for a text": ('licence = "free"', "licence = 7", 6, "licence: 7 is not a text"),
    "an unknown reporter": ('reporter = "RUR"', 'reporter = "Ruritania"', 2, "is not a country in three letters"),
    "a list without digits": ('"HS6"', '"HS"', 5, "nomenclature: 'HS' is not HS6, or a list of your own"),
    "a partner without a key": ("[forms]", '[partners]\nGermany = "DE"\n[forms]', 16, "partners.Germany: 'DE' is not"),
    "an unknown valuation": ("[forms]", '[[terms]]\nvaluation = "fob"\n[forms]', 16, "terms.0.valuation: 'fob' is not"),
    "an empty text": ('licence = "free"', 'licence = ""', 6, "licence: '' is not a text"),
    "a title without Chinese": (', zh = "鲁里坦尼亚"', "", 1, "titles: no zh"),
    "an unknown format": ('format = "csv"', 'format = "pdf"', 9, "format: 'pdf' is not one of csv, fixed"),
    "a width for some columns": ('format = "csv"', 'format = "fixed"\nwidths = [6, 8]', 10, "widths: a width for each"),
    "a file that nobody reads": ('format = "csv"', 'format = "hook"', 9, "format: no hook, which reads the file"),
    "a word of no name": ("back = 'e'", "of_month = 'e'", 25, "rules.0.when: \"of_month = 'e'\" cannot be computed"),
    "an unknown direction": ('flow = "export"', 'flow = "out"', 10, "flow: 'out' is not one of export, import"),
    "a text for a list": (' ["tonnes", "euros", "sent", "back"]\nagain', ' "euros"\nagain', 12, "is not a list"),
    "a number that is no column": ('"sent", "back"]\nagain', '"dollars"]\nagain', 12, "numbers.2: no column 'dollars'"),
    "a key of no column": ('"country"]\n[forms]', '"land"]\n[forms]', 14, "copies.2: no column 'land'"),
    "a form of no column": ("code = '^[0-9]{6}$'", "kode = '^[0-9]{6}$'", 16, "forms.kode: no column 'kode'"),
    "a pattern that is none": ("'^[0-9]{6}$'", "'^[0-9{6}$'", 16, "forms.code: '^[0-9{6}$' is not a pattern"),
    "no SQL": ("CASE WHEN tonnes <> '-' THEN tonnes END", "CASE WHEN tonnes", 21, "is not an SQL expression"),
    "an unknown function": ('"CASE WHEN tonnes <> \'-\' THEN tonnes END"', '"frob(tonnes)"', 21, "SQL expression"),
    "an unknown column": ("tonnes <> '-'", "tons <> '-'", 21, "cannot be computed: "),
    "arithmetic with a text": ("CASE WHEN tonnes <> '-' THEN tonnes END", "abs(tonnes)", 21, "cannot be computed"),
    "a rule that is no condition": ("when = \"back = 'e'\"", 'when = "back"', 25, "is no condition"),
    "a rule about no column": ("back = 'e'", "flag = 'e'", 25, "rules.0.when: \"flag = 'e'\" cannot be computed"),
    "a rule without a reason": ('found = "{count} rows"\n', "", 22, "rules.0: no found"),
    "an unknown severity": ('severity = "warning"', 'severity = "fatal"', 24, "not one of info, warning, error"),
    "a doubt that expects nothing": ('expected = "no estimate"\n', "", 22, "says what is expected"),
    "a record of no column": ("quantity_unit = \"'t'\"", "unit = \"'t'\"", 36, "record.0.unit: no column of"),
    "a record from no column": ('value = "euros"', 'value = "dollars"', 33, "record.0.value: 'dollars' cannot"),
    "a sum without a total": ('total = "euros"\n', "", 17, "sums.0: no total"),
    "a sum of no number": ('parts = ["sent", "back"]', 'parts = ["sent", "lost"]', 19, "parts.1: no number 'lost'"),
    "a total that is no number": ('total = "euros"', 'total = "dollars"', 18, "sums.0.total: no number 'dollars'"),
    "an address with a hole": ("{flow}_{year}.csv", "{flow}_{week}.csv", 42, "fetch.address: a text with {base}"),
    "a page without an address": ('address = "{base}/{flow}_{year}.csv"\n', "", 37, "fetch: no address, and no list"),
    "a list of files of which nobody knows the month": (
        'address = "{base}/{flow}_{year}.csv"', 'list = "{base}"\nlink = "(?P<year>2).csv"', 43,
        "fetch.link: a pattern without the groups address, year, month, or",
    ),
    "no time zone": ('"Europe/Paris"', '"Europe/Streslau"', 38, "fetch.zone: 'Europe/Streslau' is not a time zone"),
    "a question without a base": ('base = "https://stat.example"\n', "", 36, "fetch: an address needs a base"),
    "no columns": ('columns = ["month", "code", "country", "tonnes", "euros", "sent", "back"]\n', "", 1, "no columns"),
    "an unknown code list": ('"geonom"', '"geonomen"', 4, "code_list: 'geonomen' is not a list of partner codes"),
    "an unknown currency": ('"EUR"\ncode', '"EURO"\ncode', 3, "currency: 'EURO' is not three capital letters"),
}  # fmt: skip


def load(text: str, folder: Path) -> declaration.Spec:
    file = folder / "ruritania.toml"
    file.write_text(text, encoding="utf-8")
    return declaration.load(file)


def test_a_sound_declaration_is_loaded(tmp_path: Path) -> None:
    assert load(SOUND, tmp_path)["reporter"] == "RUR"
    with pytest.raises(Refused, match=r"declaration|no valid TOML"):
        declaration.load(tmp_path / "nothing.toml")


@pytest.mark.parametrize("mistake", WRONG)
def test_a_wrong_declaration_is_refused_with_its_line_and_the_reason(mistake: str, tmp_path: Path) -> None:
    before, after, line, said = WRONG[mistake]
    assert SOUND.count(before) >= 1
    text = SOUND.replace(before, after, 1)
    with pytest.raises(Refused) as refused:
        load(text, tmp_path)
    assert refused.value.rule == "declaration"
    assert refused.value.where == f"ruritania.toml, line {line}", refused.value
    assert said in refused.value.found
    assert len(WRONG) > 30
