"""Imports the packages of the extra `catalog`, or says how to install it."""

import importlib
from typing import Any

INSTALL = "pip install 'tidewaiter[catalog]'"


class MissingExtra(ValueError):
    """A package is not installed that only few users need."""


def extra(module: str, use: str) -> Any:
    """Return a module of an optional package. Raises MissingExtra, with the way to install it, where there is none."""
    package = module.partition(".")[0]
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] != package:
            raise
        raise MissingExtra(f"{use} needs the package {package}, which is not installed: {INSTALL}") from missing
