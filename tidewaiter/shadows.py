"""Finds modules of other projects that hide the packages of Tidewaiter, whose names are common ones."""

import importlib.util
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

PACKAGES = ("flows", "tasks", "schemas")
ROOT = Path(__file__).resolve().parent.parent


def refuse_shadows() -> None:
    """Check that each of our packages is the one that Python finds.

    Raises:
        ImportError: Another module of that name comes first; the message names it and says what to do.
    """
    for package in PACKAGES:
        place = _place(importlib.util.find_spec(package))
        if place is None:
            raise ImportError(f"there is no package `{package}` of Tidewaiter in {ROOT}: install Tidewaiter again")
        if place.parent not in (ROOT, ROOT / package):
            raise ImportError(
                f"{place} hides the package `{package}` of Tidewaiter: run this from another folder, take that folder"
                " out of PYTHONPATH, or give that module another name"
            )


def refuse_shadows_in(folder: Path) -> None:
    """Check that a folder in which Prefect runs flows has no module with the name of one of our packages: Prefect
    imports from the current folder first.

    Raises:
        ValueError: It has one; the message names it and says what to do.
    """
    for package in PACKAGES:
        place = _place(PathFinder.find_spec(package, [str(folder.resolve())]))
        if place is not None and place.parent not in (ROOT, ROOT / package):
            raise ValueError(
                f"{place} hides the package `{package}` of Tidewaiter, because Prefect imports from the current folder"
                " first: run this from another folder"
            )


def _place(spec: ModuleSpec | None) -> Path | None:
    """The file of a module; None for a folder without `__init__.py`, which hides nothing."""
    return Path(spec.origin).resolve() if spec and spec.origin else None
