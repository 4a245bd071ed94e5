"""One module reads the environment, and the page of settings has each variable that it reads, and no other."""

import re
from pathlib import Path

import pytest

from schemas import settings

ROOT = Path(__file__).parents[3]
NAMES = {text for name, text in vars(settings).items() if name.isupper()}
OURS = re.compile(r"\bTIDEWAITER_[A-Z0-9_]*[A-Z0-9]\b")
# `os.environ.get`, `os.environ[…]`, `os.getenv`; setting or deleting a variable is no reading.
READING = re.compile(r"os\.(environ\.(get|items)|getenv)\b|(?<!del )os\.environ\[[^]]*\](?! = )")
# A fallback that another program prescribes, and spellings of one address that obstore takes.
NOT_ON_THE_PAGE = {settings.XDG_CACHE_HOME, settings.AWS_ENDPOINT_URL_S3, settings.AWS_ENDPOINT}


def test_the_settings_alone_read_the_environment() -> None:
    files = [file for folder in ("tasks", "flows", "schemas", "tidewaiter") for file in (ROOT / folder).rglob("*.py")]
    found = {file.name for file in files if READING.search(file.read_text(encoding="utf-8"))}
    assert len(files) > 150
    assert found == {"settings.py"}


@pytest.mark.parametrize(
    "text", ["os.environ.get('A')", "os.environ['A']", "os.getenv('A')", "x = dict(os.environ.items())"]
)
def test_a_reading_is_found(text: str) -> None:
    assert READING.search(text)
    assert not READING.search("os.environ['A'] = 'b'\nos.environ.setdefault('A', 'b')\ndel os.environ['A']")


def test_the_page_has_each_variable_and_no_other() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    rows = {
        name
        for line in page.splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`([A-Z0-9_]+)`", line.split("|")[1])
    }
    assert len(NAMES) > 20
    assert rows == NAMES - NOT_ON_THE_PAGE
    recipes = {
        name
        for file in (ROOT / "deployments").rglob("*")
        if file.is_file() and file.suffix != ".md"
        for name in OURS.findall(file.read_text(encoding="utf-8"))
    }
    assert {*OURS.findall(page)} == recipes | {name for name in NAMES if OURS.fullmatch(name)}


def test_an_empty_variable_is_set_and_blanks_around_a_text_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(settings.CONTACT, " ")
    assert (settings.value(settings.CONTACT), settings.text(settings.CONTACT)) == (" ", "")
    monkeypatch.delenv(settings.CONTACT)
    assert (settings.value(settings.CONTACT), settings.text(settings.CONTACT)) == (None, "")
