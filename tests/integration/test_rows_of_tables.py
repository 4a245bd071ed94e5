"""What one row of a code table is enough for: a currency, and a group of partners. The figures are invented."""

import csv
import io
import subprocess
import sys
from pathlib import Path

import pytest
from bad_inputs.download import csv_bytes, magnets
from commands import commands_with

from schemas.code_files import FOLDER

SEK = "SEK,Swedish kronor,瑞典克朗,瑞典克朗,sek|swedish kronor|kronor,,10,a test\n"
PRINTED = "flow,product,partner,period,measure,value,unit,published_on,publisher,address,note"
FIGURES = f"""{PRINTED}
export,85051110,USA,2025-05,value,4000000,SEK,2025-06-20,A test,https://example.org/a,
export,85051110,USA,2025-05,quantity,20000,kg,2025-06-20,A test,https://example.org/a,
export,85051110,USA,2025-06,value,5000000,SEK,2025-07-21,A test,https://example.org/b,
export,85051110,USA,2025-06,quantity,10000,kg,2025-07-21,A test,https://example.org/b,
"""
# The models are made from the packaged tables, so a folder stands in for the package before anything is imported.
PROGRAM = """
import sys
from datetime import date
from pathlib import Path
folder = Path(sys.argv[1])
from schemas import code_files
code_files.FOLDER = folder / "reference"
from schemas import dictionary, table
table.FILE = folder / "tables.json"
table.FILE.write_text(dictionary.tables(), encoding="utf-8")
from flows.release import release
from schemas.forms.request import ReleaseRequest
from schemas.questions.claims import CheckClaim
from schemas.questions.read import Read
from tasks.answers.trade.check_claims import check_claim
from tasks.answers.trade.read import read
from tasks.domain.numbers import money_text
store = folder / "store" / "reporter=CHN"
release.fn(ReleaseRequest(file=folder / "figures.csv", store=store, source="published"), date(2026, 6, 30))
print(*read(Read(table="trade_flow", store=store)).rows["value_sek"].drop_nulls())
of_us = {"partner": "us", "month": "2025-06", "store": store}
for measure in ("value_sek", "unit_value_sek_per_kg"):
    row = read(Read("85051110", measure=measure, **of_us)).rows.row(0, named=True)
    print(row["level"], row["mom_pct"])
claim = {"commodity": "85051110", "flow": "export", "partner": "us", "period": "2025-06", "store": store}
for metric, value, unit in (("level", "5", "million kronor"), ("unit_value", "500", "SEK/kg"), ("level", "6", "million SEK")):
    print(check_claim(CheckClaim(**claim, metric=metric, value=value, unit=unit)).rows["verdict"][0])
print(money_text(5e6, "value_sek", "zh"))
"""  # noqa: E501  (a program reads better as it is)


def test_another_currency_is_one_row(tmp_path: Path) -> None:
    """A column of `trade_flow`, measures of `metric`, units of claims, a name in both languages."""
    (tmp_path / "reference").mkdir()
    for file in FOLDER.iterdir():
        if file.suffix in (".csv", ".toml"):
            (tmp_path / "reference" / file.name).write_bytes(file.read_bytes())
    with (tmp_path / "reference" / "money.csv").open("a", encoding="utf-8") as rows:
        rows.write(SEK)
    (tmp_path / "figures.csv").write_text(FIGURES, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)], capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-7:] == [
        "4000000.0 5000000.0",
        "5000000.0 25.0",
        "500.0 150.0",
        "supported",
        "supported",
        "contradicted",
        "500.0万瑞典克朗",
    ]


RULE = """
[[rule]]
name = "magnets-of-two"
reporter = "CHN"
flow = "export"
product = "85051110"
partner = "AXIS"
measure = "quantity_kg"
figure = "level"
at_least = 1000
reason = "a test"
"""


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Code tables of one's own: a group of two partners, a row each."""
    folder = tmp_path_factory.mktemp("tables")
    groups = (FOLDER / "partner_groups.csv").read_text(encoding="utf-8")
    members = "".join(f"AXIS,Axis of Magnets,磁轴,{code},2000-01,,a test\n" for code in ("USA", "DEU"))
    (folder / "partner_groups.csv").write_text(groups + members, encoding="utf-8")
    return folder


def test_another_group_of_partners_is_its_members_alone(tables: Path, tmp_path: Path) -> None:
    """It is added up, read by key and by either name, allowed in forms and rules, and named in sentences."""
    file = tmp_path / "exports.csv"
    file.write_bytes(csv_bytes([magnets("502", "353000"), magnets("304", "764000"), magnets("133", "1000")]))
    (tmp_path / "rules.toml").write_text(RULE, encoding="utf-8")
    variables = {"TIDEWAITER_REFERENCE": str(tables), "TIDEWAITER_WATCH_RULES": str(tmp_path / "rules.toml")}

    declared = ("--source", "gacc_query", "--flow", "export", "--partners", "all", "--released-on", "2025-07-20")
    asked = ("read", "85051110", "--month", "2025-06", "--measure", "quantity_kg", "--format", "csv", "--partner")
    with commands_with(variables, tmp_path) as run:

        def command(*words: str) -> str:
            done = run(*words, "--store", str(tmp_path / "store"))
            assert done.code == 0, done.out + done.err
            return done.out

        command("ingest", str(file), *declared, "--no-prefect")
        for partner in ("AXIS", "Axis of Magnets", "磁轴"):
            (row,) = csv.DictReader(io.StringIO(command(*asked, partner)))
            assert (row["partner"], row["partner_name"]) == ("AXIS", "Axis of Magnets")
            assert float(row["level"]) == 353_000 + 764_000
        (rule,) = csv.DictReader(io.StringIO(command("watch-rules", "--format", "csv")))
    assert (rule["now"], "Axis of Magnets" in rule["why"]) == ("fired", True), rule["why"]
