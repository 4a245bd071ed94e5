"""The examples in docstrings give what they say."""

import doctest
import importlib
from pathlib import Path

import pytest

import tidewaiter

ROOT = Path(__file__).parents[2]
FILES = [
    file for package in ("tidewaiter", "tasks", "schemas", "flows") for file in sorted((ROOT / package).rglob("*.py"))
]
MODULES = [
    ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for file in FILES
    if ">>> " in file.read_text(encoding="utf-8")
]


def test_the_examples_are_found() -> None:
    assert {"tasks.api.python", "tasks.domain.periods", "schemas.store_address", "schemas.questions.read"} <= {*MODULES}


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_give_what_they_say(name: str, request: pytest.FixtureRequest) -> None:
    """`store` in the examples of the public interface is one with the sample; those of a question ask its function."""
    given = {}
    if name == "tasks.api.python" or name.startswith("schemas.questions."):
        functions = {name: getattr(tidewaiter, name) for name in tidewaiter.__all__}
        given = {**functions, "store": request.getfixturevalue("sample_store")}
    found = doctest.testmod(importlib.import_module(name), extraglobs=given)
    assert (found.failed, found.attempted > 0) == (0, True)
