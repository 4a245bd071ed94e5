"""Where the extra is not installed, the refusal says how to install it."""

import json
import sys
from typing import Any

import pytest

from tasks.catalogs.extra import MissingExtra, extra


def test_a_package_that_is_there_is_returned_and_one_that_is_not_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert extra("json", "a file") is json
    with pytest.raises(MissingExtra) as refused:
        extra("no_such_package.part", "a DuckDB file")
    assert str(refused.value) == (
        "a DuckDB file needs the package no_such_package, which is not installed: pip install 'tidewaiter[catalog]'"
    )


def test_a_package_that_lacks_another_one_is_an_error_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def find_spec(self, name: str, *_: Any) -> None:
            if name == "broken_package":
                raise ModuleNotFoundError(name="another_one")

    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    with pytest.raises(ModuleNotFoundError) as error:
        extra("broken_package", "a DuckDB file")
    assert error.value.name == "another_one"
