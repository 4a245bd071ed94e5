"""The command that answers programs: a process of its own, which the client of the SDK asks as an analyst and as an
enemy would."""

import asyncio
import builtins
import hashlib
import json
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from typer.testing import CliRunner

import tidewaiter
from benchmarks.servers import free_port
from flows.cli.questions.mcp import commands
from schemas.figures import FIGURE_OF
from tasks.api.mcp import TOOLS
from tests.unit.sources.eurostat.comext_answers import MASS, VALUE, answer

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows", "wide_terminal")

PRINTED = "published_figures.csv (figures printed elsewhere)"
US = {"product": "magnets", "partner": "us", "measure": "quantity_kg", "reporter": "CHN"}
# A question, and what its answer must have somewhere.
ASKED: dict[str, tuple[str, dict[str, Any], tuple[str, ...]]] = {
    "which code": ("search", {"text": "稀土永磁", "reporter": "CHN"}, ('"basket:rare_earth_magnets"',)),
    "nothing of that name": ("search", {"text": "germny", "reporter": "CHN"},
        ("; contents with kind products and kind partners show all",)),
    "what is in it": ("contents", {"kind": "releases", "reporter": "CHN"}, ('"published_figures.csv"',)),
    "level and growth": ("read", {**US, "month": "June 2025"}, ('"level": 353000.0', '"mom_pct": 660.7758620689655')),
    "why no growth": ("read", {**US, "month": "2025-06", "columns": ["yoy_pct"]},
        ('"missing": {"yoy_pct": "no_base"}',)),
    "on a day before": ("read", {**US, "month": "2025-05", "as_of": "2025-07-01"},
        ('"level": 46400.0', "as known on 2025-07-01")),
    "largest buyers": ("read",
        {"month": "2025-06", "product": "magnets", "top": 3, "measure": "quantity_kg", "reporter": "CHN"}, ('"USA"',)),
    "where it is from": ("trace", {**US, "month": "2025-06", "metric": "mom_pct"},
        ('"agrees": true', '"published_figures.csv"')),
    "what it was": ("vintages", {**US, "month": "2025-05"}, ('"known_from": "2025-06-20"',)),
    "what moved": ("movers", {"month": "2025-06", "reporter": "CHN"}, ('"kind": "total"', '"change_pct": 157.5')),
    "both sides": ("mirror", {"product": "850511", "importer": "Germany"},
        ('"import_kg": 215000.0', '"missing": {', "snapshot 0")),
    "is it so": ("check_claim",
        {"commodity": "magnets", "partner": "us", "period": "2025-06", "metric": "level_t", "value": "353", "unit": "t",
            "reporter": "CHN"},
        ('"verdict": "supported"',)),
}  # fmt: skip
# What is no question, and the sentence that answers it.
REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "no reporter": ("read", {"product": "magnets"}, "has figures of CHN, DEU; name one of them as the reporter"),
    "a path": ("read", {"product": "../../etc/passwd", "reporter": "CHN"},
        "there is no product '../../etc/passwd' in this store"),
    "another store": ("read", {"product": "magnets", "reporter": "../other"},
        "no figures of the reporter '../other'; it has those of CHN, DEU"),
    "a store of its own": ("search", {"text": "magnets", "store": "/etc"},
        "there is no field 'store'; there are text, edition, reporter, rows"),
    "a table of files": ("read", {"table": "../raw", "reporter": "CHN"},
        "there is no table '../raw'; there are claim, "),
    "a negative month": ("read", {**US, "month": "-2025-06"}, "'-2025-06' is no month; write 2024-06"),
    "month 13": ("read", {**US, "month": "202413"}, "'202413' is no month"),
    "a number as month": ("read", {**US, "month": 202406}, "month is 202406: input should be a valid string"),
    "SQL": ("read", {**US, "product": "x'; DROP TABLE metric; --"}, 'there is no product "x\'; DROP TABLE metric; --"'),
    "an unknown column": ("read", {**US, "columns": ["nope"]}, "the table metric has no column nope; it has flow, "),
    "a day that is none": ("read", {**US, "as_of": "yesterday"}, "'yesterday' is no day"),
    "10 MB": ("search", {"text": "a" * 10_000_000}, "text has 10,000,000 characters; at most 300"),
    "many": ("read", {"product": ["a"] * 100_000}, "product has 100,000 values; at most 50"),
    "everything": ("read", {"reporter": "CHN"}, "the table metric is large; name a product, a partner or a month"),
    "too many rows": ("read", {**US, "rows": 10**9}, "rows is 1000000000: input should be less than or equal to 200"),
    "a negative row": ("read", {**US, "top": -1}, "top is -1: input should be greater than or equal to 1"),
    "an object": ("search", {"text": {"$ne": ""}}, "text is {'$ne': ''}: input should be a valid string"),
    "a secret of Python": ("vintages", {**US, "month": "2025-05", "metric": "__class__"},
        "there is no metric '__class__'"),
    "a terminal": ("search", {"text": "x", "kind\x1b[2J": "y"}, "there is no field 'kind\\\\x1b[2J'"),
    "what is missing": ("trace", {"month": "2025-06", "reporter": "CHN"}, "product is missing: field required"),
    "a tool that is none": ("delete", {}, "there is no tool 'delete'; there are check_claim, contents, detours"),
    "an unknown product": ("read", {**US, "product": "6910"}, "; see contents with kind products"),
    "a mirror of nobody": ("mirror", {"product": "850511", "importer": "Brazil"}, "there is no store of BRA"),
}  # fmt: skip

PROMPTS = {
    "check_a_claim": {"claim": "Exports to the US rose to 353 t", "printed_on": "2025-07-20"},
    "brief_of_a_product": {"product": "magnets", "month": "2025-06"},
    "who_took_the_share": {"product": "magnets", "period": "2025"},
}
OVER_HTTP = ("which code", "level and growth", "a path")


class Session(NamedTuple):
    """What a server answered, and the files of its stores before and after."""

    root: Path
    tools: dict[str, Any]
    answers: Mapping[str, Any]
    lists: Mapping[str, str]
    prompts: Mapping[str, str]
    before: dict[str, str]
    after: dict[str, str]


def files_of(root: Path) -> dict[str, str]:
    """The hash of every file, and where every link leads."""
    return {
        str(path.relative_to(root)): str(path.readlink())
        if path.is_symlink()
        else hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


async def ask(client: Client, names: Iterable[str]) -> tuple[dict[str, Any], ...]:
    """The tools of a server, what it answers to these questions, the texts of its resources and of its prompts."""
    async with client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        questions = {name: {**ASKED, **REFUSED}[name] for name in names}
        answers = {name: await client.call_tool(tool, given) for name, (tool, given, _) in questions.items()}
        addresses = [str(one.uri) for one in (await client.list_resources()).resources]
        lists = {one: (await client.read_resource(one)).contents[0].text for one in addresses}
        prompts = [one.name for one in (await client.list_prompts()).prompts]
        asked = {one: (await client.get_prompt(one, PROMPTS[one])).messages[0].content.text for one in prompts}
        return tools, answers, lists, asked


@pytest.fixture(scope="module")
def session(sample_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Session:
    """One process over the sample and what Germany bought, asked on its standard input."""
    root = tmp_path_factory.mktemp("asked") / "stores"
    shutil.copytree(sample_store, root / sample_store.name, symlinks=True)
    bought = root.parent / "germany.csv"
    bought.write_bytes(
        answer((("CN", VALUE, "50000"), ("CN", MASS, "2150")), reporter="DE", product="850511", period="2025-05")
    )
    done = tidewaiter.ingest(
        bought, source="eurostat_comext", partners="all", reporter="DEU", released_on="2026-08-14", store=root
    )
    assert done.status == "published"
    before = files_of(root)
    command = [sys.executable, "-m", "tidewaiter", "mcp", "--store", str(root)]
    asked = StdioServerParameters(command=command[0], args=command[1:], cwd=str(root.parent))
    told = asyncio.run(ask(Client(stdio_client(asked)), [*ASKED, *REFUSED]))
    return Session(root, *told, before, files_of(root))


def released(root: Path, reporter: str) -> list[str]:
    """The ids of the releases of a reporter."""
    return tidewaiter.list("releases", reporter=reporter, store=root)["release_id"].to_list()


def text_of(given: Any) -> str:
    return str(given.content[0].text)


@pytest.mark.parametrize("name", ASKED)
def test_an_analyst_gets_an_answer_that_can_be_cited(session: Session, name: str) -> None:
    given, wanted = session.answers[name], ASKED[name][2]
    assert not given.is_error, text_of(given)
    found = json.loads(text_of(given))
    assert found == given.structured_content
    assert len(text_of(given).encode()) < 4096
    said = json.dumps(found, ensure_ascii=False)
    assert [part for part in wanted if part not in said] == []
    snapshots = found["snapshot"] if isinstance(found["snapshot"], list) else [found["snapshot"]]
    assert all(f"snapshot {one}" in found["citation"] for one in snapshots)
    assert found["known_on"] in ("2026-06-10", "2026-08-14")
    releases = {f"{PRINTED}, release {one}" for one in released(session.root, "CHN")}
    releases |= {f"germany.csv, release {one}" for one in released(session.root, "DEU")}
    assert (found["in_doubt"], releases.issuperset(found["files"]), len(found["files"]) > 0) == (False, True, True)
    assert str(session.root) not in said


def test_what_there_is_can_be_read_before_it_is_asked(session: Session) -> None:
    reporters, metrics = (json.loads(session.lists[f"tidewaiter://{one}"]) for one in ("reporters", "metrics"))
    assert {row["reporter"] for row in reporters["rows"]} == {"CHN", "DEU"}
    assert [row["metric"] for row in metrics["metrics"]] == [*FIGURE_OF]
    assert metrics["missing"]["no_base"] == "the figure to compare with is not covered"
    assert max(len(text.encode()) for text in session.lists.values()) < 4096


def test_prompts_name_tools_that_there_are_and_what_was_given(session: Session) -> None:
    assert [*session.prompts] == [*PROMPTS]
    for name, text in session.prompts.items():
        assert set(re.findall("`(.+?)`", text)) <= {*TOOLS}, name
        assert [one for one in PROMPTS[name].values() if one not in text] == [], name


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_question_is_answered_in_a_sentence(session: Session, name: str) -> None:
    given, wanted = session.answers[name], REFUSED[name][2]
    said = text_of(given)
    assert given.is_error
    assert wanted in said
    assert (said.count("\n"), len(said) <= 750) == (0, True)
    assert [word for word in ("Traceback", "site-packages", ".py", str(session.root), "http") if word in said] == []


def test_every_tool_only_reads_and_the_stores_are_what_they_were(session: Session) -> None:
    assert [*session.tools] == [*TOOLS]
    assert len(TOOLS) > 10
    assert all(tool.annotations.read_only_hint for tool in session.tools.values())
    assert session.before == session.after
    assert len(session.before) > 100


def test_without_the_sdk_a_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch, sample_store: Path) -> None:
    real = builtins.__import__

    def absent(name: str, *others: Any) -> Any:
        if name.partition(".")[0] == "mcp":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(name, *others)

    monkeypatch.setattr(builtins, "__import__", absent)
    done = CliRunner().invoke(commands, ["--store", str(sample_store)])
    assert done.exit_code == 2
    assert "needs the package mcp, which is not installed: pip install 'tidewaiter[mcp]'" in done.output


def test_on_loopback_it_answers_this_machine_alone(session: Session) -> None:
    port = free_port()
    command = [sys.executable, "-m", "tidewaiter", "mcp", "--serve", "--port", str(port), "--store", str(session.root)]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as server:
        try:
            until = time.monotonic() + 60
            while time.monotonic() < until:
                with socket.socket() as waiting:
                    if waiting.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            _, answers, *_ = asyncio.run(ask(Client(f"http://127.0.0.1:{port}/mcp"), OVER_HTTP))
            codes = [
                httpx.post(f"http://127.0.0.1:{port}/mcp", json={}, headers=named).status_code
                for named in ({"Host": "evil.example"}, {"Origin": "http://evil.example"})
            ]
            listening = Path("/proc/net/tcp").read_text(encoding="ascii")
        finally:
            server.terminate()
    assert [name for name in OVER_HTTP if text_of(answers[name]) != text_of(session.answers[name])] == []
    assert codes == [421, 403]
    assert f"0100007F:{port:04X}" in listening
    assert f"00000000:{port:04X}" not in listening
