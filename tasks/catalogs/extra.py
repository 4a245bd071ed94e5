"""Imports the packages of an extra, or says how to install it."""

import importlib
from typing import Any

CATALOG = "catalog"


class MissingExtra(ValueError):
    """A package is not installed that only few users need."""


def extra(module: str, use: str, name: str = CATALOG) -> Any:
    """Return a module of a package of the extra `name`. Raises MissingExtra, with the way to install it, where there is
    none."""
    package = module.partition(".")[0]
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] != package:
            raise
        install = f"pip install 'tidewaiter[{name}]'"
        raise MissingExtra(f"{use} needs the package {package}, which is not installed: {install}") from missing
